//! The reference store: every role in memory, in the fewest words.

mod account;
mod admin;
mod analytics;
mod audit;
mod catalog;
mod content;
mod effect;
mod engagement;
mod evidence;
mod export;
mod flow;
mod flow_catalog;
mod library;
mod month;
mod outbox;
mod performance;
mod reference;
mod session;
mod subscription;
mod theme;
mod trace;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chatflow::{ContentId, FlowId, FlowRef, SessionId, TenantId, Timestamp};
use uuid::Uuid;

use crate::account::{ServiceAccountRecord, UserRecord};
use crate::analytics::{RollupKey, RollupRow};
use crate::audit::{AuditCursor, AuditEntry};
use crate::changes::Observers;
use crate::evidence::{ContentEvent, RecalledRequest};
use crate::export::ExportCursor;
use crate::flow::VersionRecord;
use crate::flow_catalog::{GraphRows, VersionEntry};
use crate::id::{ServiceAccountId, SubscriptionId, ThemeId, UserId};
use crate::job::JobRecord;
use crate::library::{ContentRecord, FlowRecord, SchoolRecord, Stored, ThemeRecord};
use crate::outbox::StoredEvent;
use crate::performance::{ContentDay, Counters};
use crate::session::{HistoryRow, JournalRow, StoredSession};
use crate::subscription::{DeliveryRecord, StoredSubscription};
use crate::trace::{TraceAccess, TraceRow};

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
    content_events: Vec<ContentEvent>,
    accesses: Vec<TraceAccess>,
    /// The content events that are counted.
    counted: BTreeSet<Uuid>,
    counters: BTreeMap<(ContentId, String), Counters>,
    content_days: Vec<(ContentId, ContentDay)>,
    rollups: BTreeMap<RollupKey, RollupRow>,
    audit: BTreeMap<AuditCursor, AuditEntry>,
    exports: BTreeMap<ExportCursor, export::Export>,
    /// The number of the event that was written last.
    last_seq: u64,
    events: BTreeMap<u64, StoredEvent>,
    subscriptions: BTreeMap<SubscriptionId, StoredSubscription>,
    deliveries: Vec<DeliveryRecord>,
    users: BTreeMap<UserId, Stored<UserRecord>>,
    logins: BTreeMap<UserId, Timestamp>,
    service_accounts: BTreeMap<ServiceAccountId, Stored<ServiceAccountRecord>>,
    settings: BTreeMap<String, String>,
    jobs: BTreeMap<String, JobRecord>,
    effects: BTreeMap<String, effect::Effect>,
}

#[derive(Clone, Debug, Default)]
struct Library {
    schools: BTreeMap<TenantId, Stored<SchoolRecord>>,
    themes: BTreeMap<ThemeId, Stored<ThemeRecord>>,
    contents: BTreeMap<ContentId, Stored<ContentRecord>>,
    content_versions: BTreeMap<ContentId, u32>,
    variants: BTreeMap<(ContentId, String), catalog::VariantMark>,
    flows: BTreeMap<FlowId, Stored<FlowRecord>>,
    /// When, and by whom.
    published: BTreeMap<FlowId, (Timestamp, Option<UserId>)>,
    versions: BTreeMap<FlowRef, VersionRecord>,
    /// What the newest versions refer to.
    references: BTreeMap<FlowId, reference::References>,
    entries: BTreeMap<FlowRef, VersionEntry>,
    rows: BTreeMap<FlowId, GraphRows>,
}

#[derive(Clone, Debug)]
struct Conversation {
    session: StoredSession,
    history: Vec<HistoryRow>,
    journal: Vec<JournalRow>,
    traces: Vec<TraceRow>,
    answered: BTreeMap<String, RecalledRequest>,
    preview: Option<String>,
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
    fn engagement_holds_the_contract() {
        contract::engagement(MemoryStore::new);
    }

    #[test]
    fn the_catalog_holds_the_contract() {
        contract::catalog(MemoryStore::new);
    }

    #[test]
    fn the_library_holds_the_contract() {
        contract::library(MemoryStore::new);
    }

    #[test]
    fn references_hold_the_contract() {
        contract::references(MemoryStore::new);
    }

    #[test]
    fn events_hold_the_contract() {
        contract::events(MemoryStore::new);
    }

    #[test]
    fn sessions_hold_the_contract() {
        contract::sessions(MemoryStore::new);
    }

    #[test]
    fn accounts_hold_the_contract() {
        contract::accounts(MemoryStore::new);
    }

    #[test]
    fn settings_and_jobs_hold_the_contract() {
        contract::work(MemoryStore::new);
    }

    #[test]
    fn effects_hold_the_contract() {
        contract::effects(MemoryStore::new);
    }

    #[test]
    fn the_administration_of_sessions_holds_the_contract() {
        contract::session_admin(MemoryStore::new);
    }

    #[test]
    fn evidence_holds_the_contract() {
        contract::evidence(MemoryStore::new);
    }

    #[test]
    fn counters_hold_the_contract() {
        contract::performance(MemoryStore::new);
    }

    #[test]
    fn analytics_hold_the_contract() {
        contract::analytics(MemoryStore::new);
    }

    #[test]
    fn the_audit_log_holds_the_contract() {
        contract::audit(MemoryStore::new);
    }

    #[test]
    fn exports_hold_the_contract() {
        contract::exports(MemoryStore::new);
    }

    #[test]
    fn months_hold_the_contract() {
        contract::months(MemoryStore::new);
    }

    #[test]
    fn the_catalog_of_flows_holds_the_contract() {
        contract::flow_catalog(MemoryStore::new);
    }

    #[test]
    fn traces_hold_the_contract() {
        contract::traces(MemoryStore::new);
    }
}
