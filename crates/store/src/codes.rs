//! Redeeming an authorization code: the code is spent and its tokens come to life in one transaction, so that of a
//! hundred uses at once exactly one has tokens, and every other one finds them to revoke.

use vestibule_model::{Digest, GrantId, Timestamp};

use crate::{
    Result, Store,
    engine::writer::Tx,
    grants,
    once::{self, Consumed, OnceKind},
    refresh::{self, RefreshRecord},
};

/// What a redeemed code brings to life.
#[derive(Clone, Debug)]
pub struct Redemption {
    /// The consent behind the code.
    pub grant: GrantId,
    /// Its end from here on: what the person chose.
    pub until: Timestamp,
    /// The first refresh token, for a client that may have one.
    pub refresh: Option<RefreshRecord>,
}

/// What became of the attempt. The code is spent after each of them.
#[derive(Debug)]
pub enum Redeemed {
    /// This caller, and nobody else ever: the grant lives on and the refresh token is stored.
    Won,
    /// Somebody was first; what the code stood for is given, to revoke what hangs off it.
    Lost {
        /// The sealed data, opened.
        data: Vec<u8>,
    },
    /// Never issued, or past its end.
    Unknown,
    /// The code was good, but its grant is revoked, over or gone.
    GrantOver,
}

impl Store {
    /// Spends the code ([`Store::consume`]'s compare-and-set), moves the end of its grant and stores the refresh token.
    pub async fn redeem_code(&self, code: Digest, redemption: Redemption) -> Result<Redeemed> {
        let key = (OnceKind::AuthorizationCode, code);
        let outcome = self.write((key, redemption), |tx, (key, new)| Box::pin(redeem(tx, key, new))).await?;
        match outcome {
            Redeemed::Lost { data } => Ok(Redeemed::Lost { data: self.open_once(key, &data)? }),
            other => Ok(other),
        }
    }
}

async fn redeem(tx: &mut Tx, key: &once::Key, new: &Redemption) -> Result<Redeemed> {
    match once::consume(tx, key).await? {
        Consumed::Won(_) => {}
        Consumed::Lost { data, .. } => return Ok(Redeemed::Lost { data }),
        Consumed::Unknown => return Ok(Redeemed::Unknown),
    }
    if !grants::extend(tx, &new.grant, new.until).await? {
        return Ok(Redeemed::GrantOver);
    }
    if let Some(refresh) = &new.refresh {
        refresh::insert(tx, refresh).await??;
    }
    Ok(Redeemed::Won)
}
