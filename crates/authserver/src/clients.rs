//! From a `client_id` to a client: one we keep, or one that publishes a document about itself.

use std::{net::IpAddr, time::Duration};

use vestibule_egress::fetch::FetchError;
use vestibule_model::{Client, ClientId, ClientKind};
use vestibule_oauth::{
    client_metadata::{ClientMetadata, MetadataError},
    jwk::MAX_SET_BYTES,
    metadata_document::{self, DocumentUrl, MAX_BYTES},
};
use vestibule_store::StoreError;

use crate::{AuthServer, settings::MetadataDocuments};

/// Fetches of documents that one address may cause in an hour.
const FETCHES_PER_HOUR: u32 = 60;
/// The longest time a document is believed (SEP-991).
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody of that name, or disabled.
    #[error("the application is not known here")]
    Unknown,
    /// The document was not fetched or does not stand.
    #[error("the application's metadata document cannot be used: {0}")]
    Document(#[from] DocumentError),
    /// Too many documents for this address.
    #[error("too many application documents were asked for; try again later")]
    TooMany,
    /// 503.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a document cannot be used. The sentences may be shown: they speak of the client's own URL.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It could not be fetched.
    #[error("{0}")]
    Fetch(#[from] FetchError),
    /// It breaks a rule.
    #[error("{0}")]
    Metadata(#[from] MetadataError),
}

/// The client of this id, if it may act. A metadata document is fetched when we have none that is still fresh; its
/// URL is checked first, fetches per address are limited, and one fetch serves all who wait for it.
pub async fn resolve(server: &AuthServer, id: &ClientId, address: Option<IpAddr>) -> Result<Client, ClientError> {
    if let Some(client) = known(server, id).await? {
        return Ok(client);
    }
    let url = DocumentUrl::parse(id.as_str()).filter(|_| accepts_documents(server)).ok_or(ClientError::Unknown)?;
    let lock = server.limits.fetches.of(url.as_str());
    let _one_at_a_time = lock.lock().await;
    // Whoever waited finds what the first one fetched.
    if let Some(client) = known(server, id).await? {
        return Ok(client);
    }
    if !server.limits.documents.admit(address, FETCHES_PER_HOUR, server.clock.now()) {
        return Err(ClientError::TooMany);
    }
    fetch(server, &url).await
}

fn accepts_documents(server: &AuthServer) -> bool {
    server.settings.metadata_documents == MetadataDocuments::Accepted
}

/// A client that we keep. A document that was fetched before documents were switched off counts no more either.
async fn known(server: &AuthServer, id: &ClientId) -> Result<Option<Client>, ClientError> {
    let Some(client) = server.store.find_client(id).await? else { return Ok(None) };
    let switched_off = client.kind == ClientKind::MetadataDocument && !accepts_documents(server);
    if client.disabled || switched_off { Err(ClientError::Unknown) } else { Ok(Some(client)) }
}

/// Fetches and keeps a document. Errors are never kept (draft, section 4.4).
async fn fetch(server: &AuthServer, url: &DocumentUrl) -> Result<Client, ClientError> {
    let document = server.fetcher.json(url.as_str(), MAX_BYTES).await.map_err(DocumentError::from)?;
    let metadata = metadata_document::parse_document(url, &document.body, server.settings.private_use_schemes);
    let metadata = with_keys(server, metadata.map_err(DocumentError::from)?).await?;
    let now = server.clock.now();
    // At least as long as one sign-in takes: the document that was checked at its start stands until its end.
    let age = document.max_age.unwrap_or_default().clamp(server.settings.flow_life, MAX_AGE);
    let client = metadata.into_client(url.client_id(), ClientKind::MetadataDocument, now, Some(now + age));
    server.store.put_client(&client, None).await?;
    // An administrator may have disabled it before it expired; that stays.
    server.store.find_client(&client.id).await?.filter(|client| !client.disabled).ok_or(ClientError::Unknown)
}

/// Fetches the keys that a document only points to.
async fn with_keys(server: &AuthServer, mut metadata: ClientMetadata) -> Result<ClientMetadata, DocumentError> {
    let Some(uri) = metadata.jwks_uri.take().filter(|_| metadata.jwks.is_none()) else { return Ok(metadata) };
    let document = server.fetcher.json(&uri, MAX_SET_BYTES).await?;
    let text = String::from_utf8(document.body).map_err(|_| MetadataError::Keys)?;
    vestibule_oauth::jwk::KeySet::parse(&text).map_err(|_| MetadataError::Keys)?;
    metadata.jwks = Some(text);
    Ok(metadata)
}
