//! An event as JSON, byte for byte as serde would write it, in a part of the time: two are written for each call. What is
//! seldom there is left to serde.

use serde::Serialize;
use vestibule_model::AuditEvent;

/// Appends the event.
pub(super) fn write(out: &mut Vec<u8>, event: &AuditEvent) -> serde_json::Result<()> {
    let AuditEvent {
        at,
        kind,
        request,
        org,
        user,
        client,
        grant,
        session,
        scopes,
        server,
        action,
        target,
        subject,
        verdict,
        reason,
        policies,
        arguments,
        result,
        status,
        micros,
        address,
        detail,
        // Not written: how it is written.
        masking: _,
    } = event;
    let mut line = Line(out);
    line.value("{\"at\":", at)?;
    line.value(",\"kind\":", kind)?;
    line.text(",\"request\":", Some(request.as_str()))?;
    line.text(",\"org\":", org.as_ref().map(|id| id.as_str()))?;
    line.text(",\"user\":", user.as_ref().map(|id| id.as_str()))?;
    line.text(",\"client\":", client.as_ref().map(|id| id.as_str()))?;
    line.text(",\"grant\":", grant.as_ref().map(|id| id.as_str()))?;
    line.text(",\"session\":", session.as_ref().map(|id| id.as_str()))?;
    line.some(",\"scopes\":", scopes)?;
    line.text(",\"server\":", server.as_ref().map(|name| name.as_str()))?;
    line.text(",\"action\":", action.as_deref())?;
    line.text(",\"target\":", target.as_deref())?;
    line.text(",\"subject\":", subject.as_ref().map(|id| id.as_str()))?;
    line.some(",\"verdict\":", verdict)?;
    line.text(",\"reason\":", reason.as_deref())?;
    if !policies.is_empty() {
        line.key(",\"policies\":[");
        for (at, policy) in policies.iter().enumerate() {
            line.text(if at > 0 { "," } else { "" }, Some(policy))?;
        }
        line.key("]");
    }
    for (key, digest) in [(",\"arguments\":\"", arguments), (",\"result\":\"", result)] {
        if let Some(digest) = digest {
            line.key(key);
            line.0.extend_from_slice(&digest.hex());
            line.key("\"");
        }
    }
    line.some(",\"status\":", status)?;
    line.some(",\"micros\":", micros)?;
    line.some(",\"address\":", address)?;
    line.text(",\"detail\":", detail.as_deref())?;
    line.key("}");
    Ok(())
}

/// The line so far.
struct Line<'o>(&'o mut Vec<u8>);

impl Line<'_> {
    /// A key with all that stands around it.
    fn key(&mut self, key: &'static str) {
        self.0.extend_from_slice(key.as_bytes());
    }

    fn value(&mut self, key: &'static str, value: &impl Serialize) -> serde_json::Result<()> {
        self.key(key);
        serde_json::to_writer(&mut *self.0, value)
    }

    fn some(&mut self, key: &'static str, value: &Option<impl Serialize>) -> serde_json::Result<()> {
        value.as_ref().map_or(Ok(()), |value| self.value(key, value))
    }

    fn text(&mut self, key: &'static str, text: Option<&str>) -> serde_json::Result<()> {
        let Some(text) = text else { return Ok(()) };
        if !is_plain(text) {
            return self.value(key, &text);
        }
        self.key(key);
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
        Ok(())
    }
}

/// Whether the text is the same inside quotes. Every byte is looked at, without a branch: nearly every text is.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |all, byte| all & (byte >= b' ') & (byte != b'"') & (byte != b'\\'))
}

#[cfg(test)]
mod tests {
    use vestibule_model::{Digest, EventKind, RequestId, ScopeSet, Timestamp, Verdict};

    use super::*;

    fn written(event: &AuditEvent) -> String {
        let mut out = Vec::new();
        write(&mut out, event).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_event_is_written_as_serde_writes_it() {
        let mut event =
            AuditEvent::new(Timestamp::from_millis(1_764_426_419_123), EventKind::Call, RequestId::from("r"));
        assert_eq!(written(&event), serde_json::to_string(&event).unwrap());
        for text in ["plain", "", "\"quoted\" \\ \n \u{1} \u{7f} \u{2028} ü"] {
            event.request = text.into();
            event.org = Some(text.into());
            event.user = Some(text.into());
            event.client = Some(text.into());
            event.grant = Some(text.into());
            event.session = Some(text.into());
            event.scopes = Some(ScopeSet::parse("mcp tools:echo").unwrap());
            event.server = Some(text.into());
            event.action = Some(text.to_owned().into());
            event.target = Some(text.into());
            event.subject = Some(text.into());
            event.verdict = Some(Verdict::Deny);
            event.reason = Some(text.to_owned().into());
            event.policies = [text.into(), "second".into()].into();
            event.arguments = Some(Digest::of(b"a"));
            event.result = Some(Digest::of(b"b"));
            event.status = Some(200);
            event.micros = Some(u64::MAX);
            event.address = Some("2001:db8::1".parse().unwrap());
            event.detail = Some(text.to_owned().into());
            assert_eq!(written(&event), serde_json::to_string(&event).unwrap());
        }
    }
}
