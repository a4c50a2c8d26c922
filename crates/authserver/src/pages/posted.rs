//! A form that our own page in this browser sent. Nothing else becomes a [`Posted`].

use std::sync::Arc;

use axum::{
    extract::{FromRequest, Request},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use vestibule_identity::browser::{csrf_matches, is_same_origin};
use vestibule_model::Secret;

use super::{guest::Guest, onward::Onward};
use crate::{AuthServer, endpoints::body::within_patience};

/// The largest form; ours are far smaller.
const LARGEST: usize = 16 * 1024;
const MOST_FIELDS: usize = 128;

/// A form and whoever sent it.
pub(crate) struct Posted {
    pub(crate) guest: Guest,
    fields: Vec<(String, Secret<String>)>,
}

impl Posted {
    /// The value of a field; `None` when it is absent or sent twice.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.all(name);
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }

    /// All values of a repeated field.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.expose().as_str())
    }

    /// A secret field; empty when it is absent.
    pub(crate) fn secret(&self, name: &str) -> Secret<String> {
        Secret::new(self.field(name).unwrap_or("").to_owned())
    }
}

impl FromRequest<Arc<AuthServer>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, server: &Arc<AuthServer>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let guest = Guest::of(&parts, server).await?;
        if !is_same_origin(&guest.headers, &server.settings.public_url) {
            return Err(foreign(&guest));
        }
        if !is_form(&guest.headers) {
            let sentence = "Only forms are accepted here.";
            return Err(guest.error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not a form", sentence, "not_a_form"));
        }
        let Some(read) = within_patience(axum::body::to_bytes(body, LARGEST)).await else {
            return Err(guest.error(
                StatusCode::REQUEST_TIMEOUT,
                "Too slow",
                "That form took too long to arrive.",
                "too_slow",
            ));
        };
        let Ok(bytes) = read else {
            return Err(guest.error(
                StatusCode::PAYLOAD_TOO_LARGE,
                "Too large",
                "That form is too large.",
                "too_large",
            ));
        };
        let Some(fields) = parse(&bytes) else {
            return Err(guest.error(
                StatusCode::BAD_REQUEST,
                "Malformed form",
                "That form cannot be read.",
                "malformed_form",
            ));
        };
        let mut posted = Self { fields, guest };
        let session = posted.guest.signed_in.as_ref().map(|who| &who.session);
        if !csrf_matches(posted.field("csrf").unwrap_or(""), posted.guest.browser.digest(), session) {
            return Err(outdated(&posted.guest));
        }
        posted.guest.onward = Onward::parse(posted.field("flow"), posted.field("return_to"));
        Ok(posted)
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// Strictly: UTF-8 only, no endless lists.
fn parse(bytes: &[u8]) -> Option<Vec<(String, Secret<String>)>> {
    let fields: Vec<_> = form_urlencoded::parse(bytes)
        .take(MOST_FIELDS + 1)
        .map(|(key, value)| (key.into_owned(), Secret::new(value.into_owned())))
        .collect();
    let clean =
        fields.iter().all(|(key, value)| !key.contains('\u{fffd}') && !value.expose().contains(['\u{fffd}', '\0']));
    (fields.len() <= MOST_FIELDS && clean).then_some(fields)
}

fn foreign(guest: &Guest) -> Response {
    guest.error(StatusCode::FORBIDDEN, "Refused", "That form came from another site.", "cross_site")
}

fn outdated(guest: &Guest) -> Response {
    let sentence =
        "That page was out of date, or your browser keeps no cookies for us. Go back, reload it and try again.";
    guest.error(StatusCode::FORBIDDEN, "Please try again", sentence, "form_token")
}
