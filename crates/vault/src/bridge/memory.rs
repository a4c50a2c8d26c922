//! What is remembered of a session of ours beyond its id, on this node: that it has ended, the level of log messages, and
//! the resources that its client wants to hear of. It tells less where it is forgotten, never more.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::watch::{self, Receiver, Sender},
    time::Instant,
};

use super::questions::Place;
use crate::dispatch::DispatchError;

/// The most sessions that something is remembered of, in all and of one caller. Beyond, the one that was unused for longest
/// is forgotten.
const MOST: (usize, usize) = (8192, 64);
/// The most resources in one session.
const MOST_RESOURCES: usize = 256;

/// All that is remembered.
#[derive(Default)]
pub(crate) struct Memory {
    all: Mutex<HashMap<Place, Remembered>>,
}

struct Remembered {
    used: Instant,
    ended: bool,
    level: Option<String>,
    resources: BTreeSet<String>,
    watcher: Option<Sender<Vec<String>>>,
}

impl Remembered {
    fn tell(&self) {
        if let Some(watcher) = &self.watcher {
            // Nobody may watch any more.
            let _ = watcher.send(self.resources.iter().cloned().collect());
        }
    }
}

impl Memory {
    /// The level that the client has set.
    pub(super) fn level(&self, place: &Place) -> Option<String> {
        let mut all = self.lock();
        let remembered = all.get_mut(place)?;
        remembered.used = Instant::now();
        remembered.level.clone()
    }

    /// The client sets a level.
    pub(super) fn set_level(&self, place: &Place, level: &str) {
        let mut all = self.lock();
        let level = Some(level.to_owned());
        of(&mut all, place).level = level;
    }

    /// The resources that the client wants to hear of, now and whenever they are others. Only the newest who watches goes
    /// on: the one before is closed, as all are when the session ends.
    pub(super) fn watch(&self, place: &Place) -> Receiver<Vec<String>> {
        let mut all = self.lock();
        let remembered = of(&mut all, place);
        let resources = remembered.resources.iter().cloned().collect();
        let (sender, receiver) = watch::channel(resources);
        remembered.watcher = Some(sender);
        receiver
    }

    /// The client wants to hear of a resource.
    pub(super) fn subscribe(&self, place: &Place, uri: &str) -> Result<(), DispatchError> {
        let mut all = self.lock();
        let remembered = of(&mut all, place);
        if remembered.resources.len() >= MOST_RESOURCES && !remembered.resources.contains(uri) {
            return Err(DispatchError::Busy);
        }
        if remembered.resources.insert(uri.to_owned()) {
            remembered.tell();
        }
        Ok(())
    }

    /// The client no longer wants to hear of a resource.
    pub(super) fn unsubscribe(&self, place: &Place, uri: &str) {
        let mut all = self.lock();
        if let Some(remembered) = all.get_mut(place)
            && remembered.resources.remove(uri)
        {
            remembered.tell();
        }
    }

    /// The client ends the session.
    pub(super) fn end(&self, place: &Place) {
        let mut all = self.lock();
        let remembered = of(&mut all, place);
        (remembered.ended, remembered.watcher) = (true, None);
    }

    /// Whether the client has ended the session.
    pub(super) fn has_ended(&self, place: &Place) -> bool {
        self.lock().get(place).is_some_and(|remembered| remembered.ended)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Remembered>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_oldest(all: &mut HashMap<Place, Remembered>, among: impl Fn(&Place) -> bool) {
    let some = all.iter().filter(|(place, _)| among(place));
    let oldest = some.min_by_key(|(_, remembered)| remembered.used).map(|(place, _)| place.clone());
    oldest.and_then(|oldest| all.remove(&oldest));
}

fn of<'a>(all: &'a mut HashMap<Place, Remembered>, place: &Place) -> &'a mut Remembered {
    if !all.contains_key(place) {
        let own = all.keys().filter(|other| other.is_of_caller(place)).count();
        if own >= MOST.1 {
            forget_oldest(all, |other| other.is_of_caller(place));
        } else if all.len() >= MOST.0 {
            forget_oldest(all, |_| true);
        }
    }
    let now = Instant::now();
    let fresh = || Remembered { used: now, ended: false, level: None, resources: BTreeSet::new(), watcher: None };
    let remembered = all.entry(place.clone()).or_insert_with(fresh);
    remembered.used = now;
    remembered
}
