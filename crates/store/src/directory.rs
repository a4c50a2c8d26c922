//! Users. Passwords are kept apart from the directory facts.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;
use vestibule_model::{Directory, OrgId, User, UserId};

use crate::{
    Result, Store, StoreError,
    changes::Change,
    engine::{Connection, Row, row, writer::Tx},
    factors, grants, sessions,
};

impl Store {
    /// `Conflict("email")` when the canonical e-mail is taken, `Conflict("user")` when the id was ever used. Makes the
    /// organization if it is missing.
    pub async fn create_user(&self, user: &User, password_phc: Option<&str>) -> Result<()> {
        let phc = password_phc.map(str::to_owned);
        let created =
            self.write((user.clone(), phc), |tx, (user, phc)| Box::pin(insert(tx, user, phc.as_deref()))).await?;
        created.map_err(StoreError::Conflict)
    }

    /// By id; `None` when unknown or deleted.
    pub async fn find_user(&self, id: &UserId) -> Result<Option<User>> {
        self.read(id.clone(), |connection, id| {
            Box::pin(async move {
                let row = sqlx::query("SELECT record FROM users WHERE id = $1 AND deleted_at IS NULL")
                    .bind(id.as_str())
                    .fetch_optional(connection)
                    .await?;
                row.map(|row| read(&row)).transpose()
            })
        })
        .await
    }

    /// By e-mail (canonicalised here).
    pub async fn find_user_by_email(&self, email: &str) -> Result<Option<User>> {
        self.read(Self::canonical_email(email), |connection, key| {
            Box::pin(async move {
                let row = sqlx::query("SELECT record FROM users WHERE email_key = $1 AND deleted_at IS NULL")
                    .bind(key)
                    .fetch_optional(connection)
                    .await?;
                row.map(|row| read(&row)).transpose()
            })
        })
        .await
    }

    /// Everybody, or everybody of one organization, oldest first.
    pub async fn list_users(&self, org: Option<&OrgId>) -> Result<Vec<User>> {
        let users = self.read((), |connection, ()| Box::pin(all_users(connection))).await?;
        Ok(users.into_iter().filter(|user| org.is_none_or(|org| *org == user.org)).collect())
    }

    /// Replaces the facts; false when unknown. `Conflict("email")` when the new e-mail is taken. A user never moves to
    /// another organization: `Conflict("org")`.
    pub async fn update_user(&self, user: &User) -> Result<bool> {
        let updated = self.write(user.clone(), |tx, user| Box::pin(update(tx, user))).await?;
        updated.map_err(StoreError::Conflict)
    }

    /// Soft delete: removes the facts, the e-mail binding, password and factors, ends sessions, revokes grants. The
    /// id stays behind, so that it is never given to another.
    pub async fn delete_user(&self, id: &UserId) -> Result<bool> {
        self.write(id.clone(), |tx, id| Box::pin(delete(tx, id))).await
    }

    /// The password hash in PHC form.
    pub async fn password_of(&self, id: &UserId) -> Result<Option<String>> {
        self.read(id.clone(), |connection, id| {
            Box::pin(async move {
                let row = sqlx::query("SELECT phc FROM passwords WHERE user_id = $1")
                    .bind(id.as_str())
                    .fetch_optional(connection)
                    .await?;
                row.map(|row| row::id(&row, "phc")).transpose()
            })
        })
        .await
    }

    /// Sets or replaces the password hash. `Missing("user")` when there is no such user.
    pub async fn set_password(&self, id: &UserId, phc: &str) -> Result<()> {
        let found = self
            .write((id.clone(), phc.to_owned()), |tx, (id, phc)| {
                Box::pin(async move {
                    let found = exists(tx, id).await?;
                    if found {
                        insert_password(tx, id, phc).await?;
                        tx.change(&Change::User(id.to_string())).await?;
                    }
                    Ok(found)
                })
            })
            .await?;
        found.then_some(()).ok_or(StoreError::Missing("user"))
    }

    /// The current directory: everybody who is not deleted. Renewed before a call that changes users returns; reading
    /// it takes no lock.
    pub fn directory(&self) -> Arc<Directory> {
        self.inner.feed.directory()
    }

    /// The form in which e-mail addresses are compared: NFKC, trimmed, lower case. The last step is repeated, because
    /// lower case can undo the normal form.
    pub fn canonical_email(email: &str) -> String {
        email.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect::<String>().trim().to_owned()
    }
}

/// Everybody who is not deleted.
pub(crate) async fn all_users(connection: &mut Connection) -> Result<Vec<User>> {
    let rows = sqlx::query("SELECT record FROM users WHERE deleted_at IS NULL ORDER BY created_at, id")
        .fetch_all(connection)
        .await?;
    rows.iter().map(read).collect()
}

/// Whether the user is there and not deleted.
pub(crate) async fn exists(tx: &mut Tx, id: &UserId) -> Result<bool> {
    let row = sqlx::query("SELECT 1 FROM users WHERE id = $1 AND deleted_at IS NULL")
        .bind(id.as_str())
        .fetch_optional(&mut tx.connection)
        .await?;
    Ok(row.is_some())
}

fn read(row: &Row) -> Result<User> {
    row::json(row, "record")
}

/// The outer result is the database's, the inner one tells which binding is taken; then nothing was written.
async fn insert(tx: &mut Tx, user: &User, phc: Option<&str>) -> Result<Result<(), &'static str>> {
    let key = Store::canonical_email(&user.email);
    if let Some(taken) = taken(tx, user, &key).await? {
        return Ok(Err(taken));
    }
    sqlx::query("INSERT INTO orgs (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING")
        .bind(user.org.as_str())
        .bind(tx.now.as_millis())
        .execute(&mut tx.connection)
        .await?;
    sqlx::query("INSERT INTO users (id, org_id, email_key, record, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(user.id.as_str())
        .bind(user.org.as_str())
        .bind(&key)
        .bind(row::to_json(user)?)
        .bind(tx.now.as_millis())
        .execute(&mut tx.connection)
        .await?;
    if let Some(phc) = phc {
        insert_password(tx, &user.id, phc).await?;
    }
    tx.change(&Change::User(user.id.to_string())).await?;
    Ok(Ok(()))
}

/// Which binding of a new user is taken: the id by anybody ever, the e-mail by somebody now.
async fn taken(tx: &mut Tx, user: &User, key: &str) -> Result<Option<&'static str>> {
    let row = sqlx::query("SELECT id FROM users WHERE id = $1 OR email_key = $2 ORDER BY id = $1 DESC")
        .bind(user.id.as_str())
        .bind(key)
        .fetch_optional(&mut tx.connection)
        .await?;
    let id: Option<UserId> = row.map(|row| row::id(&row, "id")).transpose()?;
    Ok(id.map(|id| if id == user.id { "user" } else { "email" }))
}

async fn insert_password(tx: &mut Tx, id: &UserId, phc: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO passwords (user_id, phc, changed_at) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id) DO UPDATE SET phc = excluded.phc, changed_at = excluded.changed_at",
    )
    .bind(id.as_str())
    .bind(phc)
    .bind(tx.now.as_millis())
    .execute(&mut tx.connection)
    .await?;
    Ok(())
}

async fn update(tx: &mut Tx, user: &User) -> Result<Result<bool, &'static str>> {
    let key = Store::canonical_email(&user.email);
    let rows = sqlx::query("SELECT id, org_id FROM users WHERE (id = $1 OR email_key = $2) AND deleted_at IS NULL")
        .bind(user.id.as_str())
        .bind(&key)
        .fetch_all(&mut tx.connection)
        .await?;
    let mut known = false;
    for row in &rows {
        if row::id::<UserId>(row, "id")? != user.id {
            return Ok(Err("email"));
        }
        if row::id::<OrgId>(row, "org_id")? != user.org {
            return Ok(Err("org"));
        }
        known = true;
    }
    if known {
        sqlx::query("UPDATE users SET email_key = $2, record = $3 WHERE id = $1")
            .bind(user.id.as_str())
            .bind(&key)
            .bind(row::to_json(user)?)
            .execute(&mut tx.connection)
            .await?;
        tx.change(&Change::User(user.id.to_string())).await?;
    }
    Ok(Ok(known))
}

async fn delete(tx: &mut Tx, id: &UserId) -> Result<bool> {
    let gone = sqlx::query(
        "UPDATE users SET deleted_at = $2, email_key = NULL, record = '{}' WHERE id = $1 AND deleted_at IS NULL",
    )
    .bind(id.as_str())
    .bind(tx.now.as_millis())
    .execute(&mut tx.connection)
    .await?;
    if gone.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("DELETE FROM passwords WHERE user_id = $1").bind(id.as_str()).execute(&mut tx.connection).await?;
    factors::delete_all(tx, id).await?;
    sessions::end_all(tx, id).await?;
    grants::revoke_all_of(tx, id, "user_deleted").await?;
    sqlx::query("DELETE FROM consents WHERE user_id = $1").bind(id.as_str()).execute(&mut tx.connection).await?;
    tx.change(&Change::User(id.to_string())).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_form() {
        for same in [" Ada@Example.COM ", "ada@example.com", "ａｄａ@example.com", "ADA@EXAMPLE.com\u{3000}"] {
            assert_eq!(Store::canonical_email(same), "ada@example.com", "{same}");
        }
        assert_ne!(
            Store::canonical_email("ad\u{430}@example.com"),
            "ada@example.com",
            "a Cyrillic a is another letter"
        );
    }

    #[test]
    fn the_form_is_stable() {
        for text in ["İstanbul@x.y", "\u{1E9E}@x.y", "ΑΣ@x.y", "\u{212B}@x.y", "\u{3D2}\u{301}@x"] {
            let once = Store::canonical_email(text);
            assert_eq!(Store::canonical_email(&once), once, "{text}");
        }
    }
}
