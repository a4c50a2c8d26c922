//! What lists say of tools whose results are masked: nothing that masking would break.

use serde_json::{Value, json};
use vestibule_testkit::{
    house::House,
    mcp::stateless,
    upstream::{Speaks, Upstream},
};

use crate::masking::Place;

const SERVER: &str = "[[server]]\nname = \"up\"\nurl = \"URL\"\npolicy = [\"policy.toml\", \"policy.cedar\"]\n";
const ALL: &str = "[[tool]]\nnames = [\"*\"]\nallow = { \"*\" = \"all\" }\n";

fn tools() -> Value {
    json!([{ "name": "read", "inputSchema": { "type": "object" }, "outputSchema": {
        "type": "object", "properties": { "card": { "type": "integer" }, "email": { "type": "string", "format": "email" } },
    } }])
}

/// What `tools/list` promises of the result of `read`, to a client of either era.
async fn promised(config: &str, table: &str, cedar: &str, header: Option<&str>) -> Value {
    let upstream =
        Upstream::start_with(|method, _| (method == "tools/list").then(|| json!({ "tools": tools() }))).await;
    upstream.speak(Speaks::Both);
    let config = config.replace("URL", &upstream.url());
    let house = House::of(&config, &[("policy.toml", table), ("policy.cedar", cedar)]).await;
    house.add_user("ana@example.net", &["staff"]).await;
    let place = Place { house, upstream };
    let (body, headers) = stateless("tools/list", json!({}));
    let mut headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    headers.extend(header.map(|value| ("x-mask-pii-before-llm", value)));
    let listed = place.caller().await.post(&body, &headers).await.json();
    assert_eq!(listed["result"]["tools"][0]["inputSchema"], json!({ "type": "object" }), "{listed}");
    listed["result"]["tools"][0]["outputSchema"].clone()
}

#[tokio::test]
async fn a_masked_result_breaks_no_promise_about_it() {
    let with = |masking: &str, server: &str| format!("[masking]\n{masking}\n{SERVER}{server}\n");
    let masked = format!("{ALL}mask = [\"EMAIL_ADDRESS\"]\n");
    let roles = "roles = [\"staff\", \"boss\"]\n";
    let other_role = format!("{roles}{}mask = {{ boss = true }}\n", ALL.replace("{ \"*\"", "{ boss = \"all\", \"*\""));
    let other_tool = format!("{ALL}[[tool]]\nnames = [\"write\"]\nallow = {{ \"*\" = \"all\" }}\nmask = \"partial\"\n");
    let cedar =
        "@id(\"masked\") @mask(\"CREDIT_CARD\")\npermit (principal, action == Action::\"callTool\", resource);\n";
    let rule_off = "[[masking.rule]]\nservers = [\"up\"]\naction = \"pass\"\n";
    for (config, table, cedar, header, opened) in [
        (with("before_llm = true", ""), ALL, "", None, true),
        (with("", "mask = true"), ALL, "", None, true),
        (with("", ""), ALL, "", Some("on"), true),
        // The list need not be masked; a call that says nothing is.
        (with("before_llm = true\nheaders = \"override\"", ""), ALL, "", Some("off"), true),
        (with("", ""), masked.as_str(), "", None, true),
        (with("", ""), &other_role, "", None, true),
        (with("", ""), &other_tool, "", None, true),
        (with("", ""), ALL, cedar, None, true),
        (with("", ""), ALL, "", None, false),
        (with("", ""), ALL, "", Some("off"), false),
        (with(&format!("before_llm = true\n{rule_off}"), ""), ALL, "", None, false),
        (with("before_llm = true", "mask = false"), ALL, "", None, false),
    ] {
        let schema = if opened { json!({ "type": "object" }) } else { tools()[0]["outputSchema"].clone() };
        assert_eq!(promised(&config, table, cedar, header).await, schema, "{config} {table} {cedar} {header:?}");
    }
}
