//! Telling of changes, in this process and in others: wake-ups for deliverers, and what to drop
//! from caches (S6.27 to S6.29, S10.3).
//!
//! A notice is a hint. It may come twice or, while a connection is broken, not at all; after that
//! [`ChangeNotice::Resync`] comes.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use uuid::Uuid;

use crate::blocking::Blocking;
use crate::error::StoreError;
use crate::library::Batch;
use crate::role::role;
use crate::text_enum::text_enum;
use crate::waiting::Waiting;

/// How long to wait before looking again where nobody calls (S6.29, S10.3).
pub const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// More changes of one kind than this are told of as one of all.
const MOST: usize = 50;

text_enum! {
    /// What kind of row a cache holds (S10.3).
    CacheKind {
        /// Content items.
        Content = "content",
        /// Flows.
        Flow = "flow",
        /// Themes.
        Theme = "theme",
        /// Schools.
        School = "school",
        /// Accounts.
        Identity = "identity",
        /// Subscriptions.
        Subscription = "subscription",
    }
}

/// Something has changed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ChangeNotice {
    /// There are new events in the outbox.
    Outbox,
    /// A row, or any row of a kind, is no longer what it was.
    Cache {
        /// The kind.
        kind: CacheKind,
        /// Which; `None` for all.
        id: Option<Uuid>,
    },
    /// Notices may have been missed: drop every cache, and look into the outbox.
    Resync,
}

impl ChangeNotice {
    /// That one row has changed.
    pub const fn of(kind: CacheKind, id: Uuid) -> Self {
        Self::Cache { kind, id: Some(id) }
    }
}

role! {
    /// Carries notices from process to process; observers of each are told.
    Changes, async AsyncChanges, dyn DynChanges {
        /// Takes in what other processes have told since the last look, and says how long to wait
        /// before looking again. The first look tells to resync.
        ///
        /// To be called over and over by one task. It may wait until there is something, for half
        /// a minute; what it waits with is a connection of its own. After an error wait as
        /// [`reconnect_delay`](crate::reconnect_delay) says; the next look that succeeds tells to
        /// resync. It may be called off.
        ///
        /// # Errors
        /// [`StoreError`] if others cannot be heard.
        fn look(&self) -> Result<Duration, StoreError>;

        /// Tells observers here and, as they look, those of other processes. What a store writes of
        /// the library and of subscriptions it announces itself; the host announces new events of
        /// turns, together and not more often than it wants others to wake up, and the rest.
        ///
        /// # Errors
        /// [`StoreError`] if others cannot be told; observers here are told all the same.
        fn announce(&self, notices: &[ChangeNotice]) -> Result<(), StoreError>;
    }
}

/// Has observers.
pub trait Observed {
    /// Who is told of changes.
    fn observers(&self) -> &Observers;
}

impl<S: Observed> Observed for Blocking<S> {
    fn observers(&self) -> &Observers {
        self.0.observers()
    }
}

impl<S: Observed, R> Observed for Waiting<S, R> {
    fn observers(&self) -> &Observers {
        self.store.observers()
    }
}

type Observer = dyn Fn(ChangeNotice) + Send + Sync;

/// Those who are told of changes.
#[derive(Default)]
pub struct Observers {
    all: Mutex<Vec<Weak<Observer>>>,
}

/// Keeps an observer; dropping it ends the observation.
#[must_use = "the observation ends when this is dropped"]
pub struct Watch {
    _observer: Arc<Observer>,
}

impl Observers {
    /// Calls `observer` with each notice from now on, in the thread that brings it: it must be
    /// quick, and must not call the store.
    pub fn watch(&self, observer: impl Fn(ChangeNotice) + Send + Sync + 'static) -> Watch {
        let observer: Arc<Observer> = Arc::new(observer);
        let mut all = self.all();
        all.retain(|known| known.strong_count() > 0);
        all.push(Arc::downgrade(&observer));
        Watch { _observer: observer }
    }

    /// Tells everyone, even if some observer panics (S6.28).
    pub fn tell(&self, notices: &[ChangeNotice]) {
        let live: Vec<_> = self.all().iter().filter_map(Weak::upgrade).collect();
        for notice in notices {
            for observer in &live {
                // The panic was reported when it happened.
                let _ = catch_unwind(AssertUnwindSafe(|| observer(*notice)));
            }
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Weak<Observer>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observers").field("count", &self.all().len()).finish()
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

/// That rows of a kind have changed: each, or all if they are many.
pub(crate) fn changed(kind: CacheKind, ids: Vec<Uuid>) -> Vec<ChangeNotice> {
    if ids.len() > MOST {
        return vec![ChangeNotice::Cache { kind, id: None }];
    }
    ids.into_iter().map(|id| ChangeNotice::of(kind, id)).collect()
}

impl Batch {
    /// What to tell when the batch is written, each once and in order.
    pub fn notices(&self) -> Vec<ChangeNotice> {
        let outbox = (!self.events.is_empty()).then_some(ChangeNotice::Outbox);
        let schools = self.schools.iter().map(|change| change.record.id.0).collect();
        let themes = self.themes.iter().map(|change| change.record.id.0).collect();
        let contents = self.contents.iter().map(|change| change.record.id.0).collect();
        let flows = self.flows.iter().map(|change| change.flow.record.id.0).collect();
        let kinds = [
            (CacheKind::Content, contents),
            (CacheKind::Flow, flows),
            (CacheKind::Theme, themes),
            (CacheKind::School, schools),
        ];
        let of_kinds = kinds.into_iter().flat_map(|(kind, ids)| changed(kind, ids));
        outbox.into_iter().chain(of_kinds).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observer_that_panics_does_not_keep_others_from_hearing() {
        let observers = Observers::default();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let _broken = observers.watch(|_| panic!("a broken observer"));
        let ear = Arc::clone(&heard);
        let watch = observers.watch(move |notice| ear.lock().unwrap().push(notice));
        observers.tell(&[ChangeNotice::Outbox, ChangeNotice::Resync]);
        drop(watch);
        observers.tell(&[ChangeNotice::Outbox]);
        assert_eq!(*heard.lock().unwrap(), [ChangeNotice::Outbox, ChangeNotice::Resync]);
    }
}
