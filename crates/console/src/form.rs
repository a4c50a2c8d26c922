//! A form that our own page sent for this administrator. Nothing else becomes an [`AdminForm`].

use std::sync::Arc;

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use vestibule_identity::browser::is_same_origin;

use crate::{Desk, administrator::Administrator, shell};

/// The largest form; ours are far smaller.
const LARGEST: usize = 4096;

/// A form and whoever sent it.
pub(crate) struct AdminForm {
    pub(crate) administrator: Administrator,
    fields: Vec<(String, String)>,
}

impl AdminForm {
    /// The value of a field; `None` when it is absent or sent twice.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }
}

impl FromRequest<Arc<Desk>> for AdminForm {
    type Rejection = Response;

    async fn from_request(request: Request, desk: &Arc<Desk>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let administrator = Administrator::from_request_parts(&mut parts, desk).await?;
        if !is_same_origin(&parts.headers, &desk.console.settings.public_url) {
            return Err(shell::problem(desk, StatusCode::FORBIDDEN, "Refused", "That form came from another site."));
        }
        if !is_form(&parts.headers) {
            let sentence = "Only forms are accepted here.";
            return Err(shell::problem(desk, StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not a form", sentence));
        }
        let Ok(bytes) = axum::body::to_bytes(body, LARGEST).await else {
            return Err(shell::problem(desk, StatusCode::PAYLOAD_TOO_LARGE, "Too large", "That form is too large."));
        };
        let fields = form_urlencoded::parse(&bytes).into_owned().collect();
        let form = Self { administrator, fields };
        if !form.administrator.csrf_matches(form.field("csrf").unwrap_or("")) {
            let sentence = "That page was out of date. Go back, reload it and try again.";
            return Err(shell::problem(desk, StatusCode::FORBIDDEN, "Please try again", sentence));
        }
        Ok(form)
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}
