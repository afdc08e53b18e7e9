//! Role traits that every Chatflow store implements, the records they exchange, a reference store
//! in memory and the contract suite.
//!
//! Storage never interprets flow documents or session states and never draws at random: it keeps
//! opaque texts under keys, revisions and indexed columns, and lists candidates in id order.
//!
//! Each role is a blocking trait with an async twin. [`Blocking`] puts a blocking store behind the
//! twins, so that a server is written once; [`Waiting`] is the way back.
//!
//! ```
//! use chatflow_storage::{AccessScope, Batch, FlowStore, LibraryStore, MemoryStore};
//!
//! let store = MemoryStore::new();
//! store.apply(&AccessScope::system(), &Batch::default())?;
//! assert!(store.startable_flows(&AccessScope::anonymous())?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod admin;
mod analytics;
mod any;
mod audit;
mod blocking;
mod catalog;
mod changes;
mod content;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod day;
mod effect;
mod engagement;
mod error;
mod evidence;
mod export;
mod flow;
mod flow_catalog;
mod id;
mod inspect;
mod job;
mod library;
mod memory;
mod migration;
mod month;
mod outbox;
mod performance;
pub mod prelude;
mod reference;
mod role;
mod scope;
mod search;
mod session;
mod setting;
mod subscription;
mod text_enum;
mod theme;
mod trace;
mod waiting;

pub use account::{
    Account, AccountError, AccountId, AccountQuery, AccountRow, AccountStore, AsyncAccountStore,
    KnownServiceAccount, KnownUser, ServiceAccountQuery, ServiceAccountRecord, ServiceAccountType,
    UserKey, UserQuery, UserRecord, UserType, normal_email, scope_of, settle_account,
};
pub use admin::{
    AsyncSessionAdminStore, Departure, Forgotten, SessionAdminStore, SessionCursor, SessionPage,
    SessionQuery, SessionSummary, Total,
};
pub use analytics::{
    AnalyticsStore, Answer, AsyncAnalyticsStore, Audience, DayTally, FactQuery, FlowDay,
    FlowDayQuery, FlowMetrics, LiveFlow, LiveQuery, Measure, Measured, NodeMetrics, OpenSessions,
    OutcomeCount, OutcomeQuery, Reach, Rollup, RollupKey, RollupPart, RollupQuery, RollupRow,
    RowFacts, SessionFacts, SessionOutcome, Story, Tally, Visit,
};
pub use any::AnyStore;
pub use audit::{
    AsyncAuditStore, AuditCursor, AuditEntry, AuditQuery, AuditStore, InvalidAudit, check_audit,
};
pub use blocking::{AsyncStore, Blocking, Store};
pub use catalog::{
    AsyncContentCatalog, CatalogContent, CatalogVariant, ContentCatalog, ContentEdit, ContentOrder,
    ContentPage, ContentPageQuery, ContentSieve, ContentStep, ContentUse, ContentWork,
    CounterChange, EditError, Outcomes, VariantChange, VariantNotes, check_variant,
    refused_or_broken,
};
pub use changes::{
    AsyncChanges, CacheKind, ChangeNotice, Changes, LOOK_AGAIN, Observed, Observers, Watch,
};
pub use content::{AsyncContentStore, ContentStore};
pub use day::Day;
pub use effect::{AsyncEffectStore, Claim, EffectClaim, EffectStore, other_request_key};
pub use engagement::{
    AsyncEngagementStore, ContentArm, ContentAudience, ContentKindCount, ContentReach,
    ContentTotal, ContentTotalQuery, ContentWindow, EngagementStore, ImpressionCursor,
    ImpressionFacts, ImpressionPage, ImpressionQuery, ShownSession, TurnPath,
};
pub use error::StoreError;
pub use evidence::{
    AnsweredRequest, AsyncEvidenceStore, ContentEvent, ContentEventKind, ContentEventPage,
    ContentEventQuery, EvidenceStore, NewContentEvent, RecalledRequest, SessionEventQuery,
    conversion_id, interaction_id,
};
pub use export::{
    AsyncExportStore, EXPORT_ATTEMPTS, EXPORT_GIVEN_UP, ExportClaim, ExportCursor, ExportFile,
    ExportId, ExportKind, ExportLease, ExportOutcome, ExportProgress, ExportQuery, ExportRecord,
    ExportState, ExportStore, NewExport, NoExportId, OldExports, RemovedExports, check_export,
    check_export_outcome,
};
pub use flow::{
    AsyncFlowStore, FlowStore, FlowSummary, FlowTracing, LiveVersion, Pin, VersionRecord,
};
pub use flow_catalog::{
    AsyncFlowCatalog, ConnectionEntry, EmbeddingFlow, FlowCatalog, FlowDraft, FlowPage, FlowQuery,
    GraphRows, LinkedFlow, NewestVersion, NodeEntry, VersionEntry, VersionPage, finds_flow,
};
pub use id::{
    EventId, LeaseToken, ServiceAccountId, SubscriptionId, ThemeId, UserId, connection_row_id,
    history_row_id, node_row_id, variant_row_id,
};
pub use inspect::{
    AsyncInspect, Finding, Inspect, InspectError, InspectedPage, LostVersion, Numbers, Problem,
    SessionFigures, TABLES_OF_SESSIONS, Tell,
};
pub use job::{AsyncJobStore, JobRecord, JobRequest, JobStore};
pub use library::{
    Applied, ApplyError, AsyncLibraryStore, Batch, Change, ConnectionRow, ContentRecord,
    ContentStatus, FlowChange, FlowRecord, FlowStamp, LibraryStore, LookUp, NewVersion, NodeRow,
    Record, RecordKey, SchoolRecord, SchoolState, Stored, ThemeRecord, VariantRecord, Verdict,
    check_batch, may_edit, settle,
};
pub use memory::MemoryStore;
pub use migration::{Migration, Migrations, Misfit, SchemaState, Versions};
pub use month::{AsyncMonthStore, MonthStore, MonthlyTable};
pub use outbox::{
    AsyncOutboxStore, Attempt, CIRCUIT_OPENS_AT, DeliveryOutcome, Destination, EventClaim,
    EventLock, EventQuery, EventStatus, EventUpdate, InvalidEvent, Jitter, NewEvent, OldEvents,
    OutboxStore, Priority, RetryError, SUBSCRIPTION_ENDS_AT, Settled, Settlement, StoredEvent,
    StreamCursor, StreamEvent, StreamPage, StreamQuery, check_event, circuit_pause,
    reconnect_delay, retry_at, retry_delay,
};
pub use performance::{
    AsyncPerformanceStore, ContentDay, Counters, PerformanceData, PerformanceStore,
    VariantPerformance,
};
pub use reference::{
    AsyncReferenceStore, FlowReference, FlowUser, FlowUserCursor, FlowUserPage, FlowUserQuery,
    ReadReferences, ReferenceKind, ReferenceStore, check_references,
};
pub use scope::{AccessScope, RowAccess};
pub use search::{Phrase, SearchGroup, SearchQuery, search_words, words};
pub use session::{
    AsyncSessionStore, Commit, CommitError, Committed, CreateError, HistoryPage, HistoryQuery,
    HistoryRow, InteractionType, InteractionTypes, JournalEntry, JournalRow, LeaseMark,
    LeaseRequest, NewHistoryRow, NewSession, SessionHead, SessionMark, SessionStatus, SessionStore,
    Snapshot, StoredSession, TraceLevel, Turn,
};
pub use setting::{AsyncSettingStore, SettingStore};
pub use subscription::{
    AsyncSubscriptionStore, Circuit, DeliveryQuery, DeliveryRecord, EventFacts, Health, Match,
    SealedSecret, StoredSubscription, SubscriptionMethod, SubscriptionQuery, SubscriptionRecord,
    SubscriptionStatus, SubscriptionStore, check_subscription,
};
pub use theme::{AsyncThemeStore, ThemeCandidate, ThemePage, ThemeQuery, ThemeStore};
pub use trace::{
    AccessPage, AccessQuery, AccessType, AsyncTraceStore, FlowSession, FlowSessionPage,
    FlowSessionQuery, TraceAccess, TracePage, TraceQuery, TraceRow, TraceStats, TraceStore,
    TraceTotals, TraceTurn, TraceUsage,
};
pub use waiting::{BlockOn, Waiting};
