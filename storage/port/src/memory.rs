//! The reference store: every role in memory, in the fewest words.

mod content;
mod flow;
mod library;
mod outbox;
mod session;
mod subscription;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chatflow::{ContentId, FlowId, FlowRef, SessionId, TenantId, Timestamp};

use crate::changes::Observers;
use crate::flow::VersionRecord;
use crate::id::{SubscriptionId, ThemeId};
use crate::library::{ContentRecord, FlowRecord, SchoolRecord, Stored, ThemeRecord};
use crate::outbox::StoredEvent;
use crate::session::{HistoryRow, JournalRow, StoredSession};
use crate::subscription::{DeliveryRecord, StoredSubscription};

/// A store that lives as long as the process; for tests, examples and embedding.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
    observers: Observers,
    has_looked: AtomicBool,
}

#[derive(Clone, Debug, Default)]
struct Tables {
    library: Library,
    sessions: BTreeMap<SessionId, Conversation>,
    /// The number of the event that was written last.
    last_seq: u64,
    events: BTreeMap<u64, StoredEvent>,
    subscriptions: BTreeMap<SubscriptionId, StoredSubscription>,
    deliveries: Vec<DeliveryRecord>,
}

#[derive(Clone, Debug, Default)]
struct Library {
    schools: BTreeMap<TenantId, Stored<SchoolRecord>>,
    themes: BTreeMap<ThemeId, Stored<ThemeRecord>>,
    contents: BTreeMap<ContentId, Stored<ContentRecord>>,
    flows: BTreeMap<FlowId, Stored<FlowRecord>>,
    published_at: BTreeMap<FlowId, Timestamp>,
    versions: BTreeMap<FlowRef, VersionRecord>,
}

#[derive(Clone, Debug)]
struct Conversation {
    session: StoredSession,
    history: Vec<HistoryRow>,
    journal: Vec<JournalRow>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic elsewhere cannot leave the tables half-written: each write is checked first.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::MemoryStore;
    use crate::contract;

    #[test]
    fn flows_hold_the_contract() {
        contract::flows(MemoryStore::new);
    }

    /// R4.8, R13.30: what is not published, not active or of another tenant is neither listed nor shown.
    #[test]
    fn contents_hold_the_contract() {
        contract::contents(MemoryStore::new);
    }

    #[test]
    fn the_library_holds_the_contract() {
        contract::library(MemoryStore::new);
    }

    #[test]
    fn events_hold_the_contract() {
        contract::events(MemoryStore::new);
    }

    #[test]
    fn sessions_hold_the_contract() {
        contract::sessions(MemoryStore::new);
    }
}
