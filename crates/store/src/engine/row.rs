//! Reading columns: a value that does not fit its type is a damaged record, never a panic.

use serde::de::DeserializeOwned;
use sqlx::Row as _;
use vestibule_model::{Digest, ScopeSet, Timestamp};

use super::Row;
use crate::{Result, StoreError};

/// An id or other text.
pub(crate) fn id<T: From<String>>(row: &Row, column: &str) -> Result<T> {
    Ok(row.try_get::<String, _>(column)?.into())
}

/// An id or other text that may be absent.
pub(crate) fn maybe_id<T: From<String>>(row: &Row, column: &str) -> Result<Option<T>> {
    Ok(row.try_get::<Option<String>, _>(column)?.map(T::from))
}

/// A time.
pub(crate) fn time(row: &Row, column: &str) -> Result<Timestamp> {
    Ok(Timestamp::from_millis(row.try_get(column)?))
}

/// A time that may be absent.
pub(crate) fn maybe_time(row: &Row, column: &str) -> Result<Option<Timestamp>> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
}

/// A SHA-256.
pub(crate) fn digest(row: &Row, column: &str) -> Result<Digest> {
    Digest::from_slice(row.try_get(column)?).ok_or(StoreError::Damaged("digest"))
}

/// A SHA-256 that may be absent.
pub(crate) fn maybe_digest(row: &Row, column: &str) -> Result<Option<Digest>> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    bytes.map(|bytes| Digest::from_slice(bytes).ok_or(StoreError::Damaged("digest"))).transpose()
}

/// A set of scopes.
pub(crate) fn scopes(row: &Row, column: &str) -> Result<ScopeSet> {
    ScopeSet::parse(row.try_get(column)?).ok_or(StoreError::Damaged("scope set"))
}

/// A JSON column.
pub(crate) fn json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<T> {
    serde_json::from_str(row.try_get(column)?).map_err(|_| StoreError::Damaged("JSON column"))
}

/// A count, or a number of rows.
pub(crate) fn count(row: &Row, column: &str) -> Result<u64> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| StoreError::Damaged("count"))
}

/// Text for a JSON column.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|_| StoreError::Damaged("value"))
}
