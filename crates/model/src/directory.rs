//! A snapshot of all users, for finding whose data a call touches.

use std::{collections::HashMap, sync::Arc};

use crate::{ids::UserId, user::User};

/// An immutable snapshot of the directory, swapped whole when users change.
#[derive(Debug, Default)]
pub struct Directory {
    epoch: u64,
    by_id: HashMap<UserId, Arc<User>>,
    /// Name, then value: looked up without making strings.
    by_attribute: HashMap<String, HashMap<String, Vec<Arc<User>>>>,
}

impl Directory {
    /// Indexes users by id and by each attribute. `epoch` tells snapshots apart in caches.
    pub fn new(epoch: u64, users: impl IntoIterator<Item = User>) -> Self {
        let mut directory = Self { epoch, ..Self::default() };
        for user in users {
            let user = Arc::new(user);
            for (name, value) in &user.attributes {
                let values = directory.by_attribute.entry(name.clone()).or_default();
                values.entry(value.clone()).or_default().push(Arc::clone(&user));
            }
            directory.by_id.insert(user.id.clone(), user);
        }
        directory
    }

    /// Which snapshot this is.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The user with this id.
    pub fn find(&self, id: &UserId) -> Option<&Arc<User>> {
        self.by_id.get(id)
    }

    /// The one user of an organization whose attribute has this value. Nobody when two share it: an
    /// ambiguous subject is an unknown one.
    pub fn find_by_attribute(&self, org: &str, name: &str, value: &str) -> Option<&Arc<User>> {
        let all = self.by_attribute.get(name)?.get(value)?;
        let mut inside = all.iter().filter(|user| user.org.as_str() == org);
        let first = inside.next()?;
        inside.next().is_none().then_some(first)
    }

    /// Everybody, in no order.
    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.by_id.values()
    }
}
