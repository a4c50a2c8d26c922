//! What a shortened name stands for: remembered, or looked up in the part's own list.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use vestibule_mcp::{Era, ListPage, Message};
use vestibule_model::{Server, federation};

use super::{
    every::{self, Came},
    part::{Errand, Part},
    visit::Visit,
};

/// As many pages as are looked through.
const MOST_PAGES: usize = 20;

/// The name at the part; `None` when it has none like it.
pub(super) async fn find(
    visit: &Visit,
    server: &Arc<Server>,
    message: &Message,
    outside: &str,
    list: &'static str,
) -> Option<String> {
    if let Some(own) = visit.proxy.memory.find(outside) {
        return Some(own);
    }
    let key = if list == "tools/list" { "tools" } else { "prompts" };
    let mut cursor = None;
    for page in 0..MOST_PAGES {
        let part = visit.part_or_late(server, &[]).await?;
        let errand = ask(visit, message, list, page, cursor.as_deref())?;
        let asked = every::ask(visit, vec![part], |_: &Part<'_>| Some(Errand::post(errand.clone()))).await;
        let Some(Came::Answer { body, .. }) = asked.into_iter().next().map(|asked| asked.came) else { return None };
        let page = ListPage::of(&body, key).ok()??;
        for entry in &page.entries {
            let entry: Value = serde_json::from_str(entry).ok()?;
            let Some(own) = entry.get("name").and_then(Value::as_str) else { continue };
            if federation::outside_name(&server.name, own) == outside {
                visit.proxy.memory.learn(outside, own);
                return Some(own.to_owned());
            }
        }
        cursor = Some(page.next_cursor?.into_owned());
    }
    None
}

/// A request of our own, on behalf of the client's and in its era.
fn ask(visit: &Visit, message: &Message, list: &str, page: usize, cursor: Option<&str>) -> Option<Message> {
    let mut params = Map::new();
    if visit.era() == Era::Stateless {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": message.meta_version()?,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        params.insert("_meta".to_owned(), meta);
    }
    if let Some(cursor) = cursor {
        params.insert("cursor".to_owned(), cursor.into());
    }
    let id = format!("{}-{page}", visit.door.request);
    let body = json!({ "jsonrpc": "2.0", "id": id, "method": list, "params": params });
    Message::parse(body.to_string().into()).ok()
}
