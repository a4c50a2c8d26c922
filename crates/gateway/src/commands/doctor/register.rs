//! Registration, as a client does that has no id yet (RFC 7591).

use serde_json::{Value, json};

use super::{Report, metadata::Server, probe::Probe};

/// A registered client; unused registrations end by themselves.
pub(super) struct Registered {
    pub(super) id: String,
}

/// Where the doctor would listen; nobody does, since it never gets that far.
pub(super) const REDIRECT: &str = "http://127.0.0.1:33418/callback";

pub(super) async fn examine(probe: &Probe, report: &mut Report, server: &Server) -> Option<Registered> {
    let endpoint = server.registration_endpoint.as_ref()?;
    let metadata = json!({
        "client_name": "vestibule doctor",
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    });
    let body = metadata.to_string();
    let seen = probe.post(endpoint, &[("content-type", "application/json")], body).await.ok()?;
    let id = seen.json().and_then(|answer| answer.get("client_id").and_then(Value::as_str).map(str::to_owned));
    match id {
        Some(id) if seen.status.is_success() => {
            report.good("a public client with a loopback redirect can register");
            Some(Registered { id })
        }
        _ => {
            report.bad(
                format!("registration is answered {}", seen.status),
                "accept public native clients with loopback redirect URIs (RFC 8252)",
            );
            None
        }
    }
}
