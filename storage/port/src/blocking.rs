//! A blocking store behind the async twins.

use crate::account::{AccountStore, AsyncAccountStore};
use crate::admin::{AsyncSessionAdminStore, SessionAdminStore};
use crate::analytics::{AnalyticsStore, AsyncAnalyticsStore};
use crate::audit::{AsyncAuditStore, AuditStore};
use crate::catalog::{AsyncContentCatalog, ContentCatalog};
use crate::changes::{AsyncChanges, Changes, Observed};
use crate::content::{AsyncContentStore, ContentStore};
use crate::effect::{AsyncEffectStore, EffectStore};
use crate::engagement::{AsyncEngagementStore, EngagementStore};
use crate::evidence::{AsyncEvidenceStore, EvidenceStore};
use crate::export::{AsyncExportStore, ExportStore};
use crate::flow::{AsyncFlowStore, FlowStore};
use crate::flow_catalog::{AsyncFlowCatalog, FlowCatalog};
use crate::job::{AsyncJobStore, JobStore};
use crate::library::{AsyncLibraryStore, LibraryStore};
use crate::month::{AsyncMonthStore, MonthStore};
use crate::outbox::{AsyncOutboxStore, OutboxStore};
use crate::performance::{AsyncPerformanceStore, PerformanceStore};
use crate::reference::{AsyncReferenceStore, ReferenceStore};
use crate::session::{AsyncSessionStore, SessionStore};
use crate::setting::{AsyncSettingStore, SettingStore};
use crate::subscription::{AsyncSubscriptionStore, SubscriptionStore};
use crate::theme::{AsyncThemeStore, ThemeStore};
use crate::trace::{AsyncTraceStore, TraceStore};

/// A blocking store behind the async roles; its futures are ready at once.
///
/// Each call blocks its thread for as long as the store takes: microseconds for memory and for
/// SQLite's reads, one disk flush for its commits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Blocking<S>(pub S);

/// Declares a bound that is all of its roles.
macro_rules! all_of {
    ($(#[$doc:meta])* $vis:vis $bound:ident: $first:ident $(, $role:ident)*) => {
        $(#[$doc])*
        $vis trait $bound: $first $(+ $role)* + Send + Sync {}

        impl<S: $first $(+ $role)* + Send + Sync> $bound for S {}
    };
}

pub(crate) use all_of;

all_of!(
    /// All blocking roles in one bound.
    pub Store: FlowStore,
    FlowCatalog,
    ContentStore,
    ContentCatalog,
    LibraryStore,
    ReferenceStore,
    SessionStore,
    AccountStore,
    SettingStore,
    JobStore,
    EffectStore,
    SessionAdminStore,
    EvidenceStore,
    TraceStore,
    ThemeStore,
    PerformanceStore,
    EngagementStore,
    AnalyticsStore,
    AuditStore,
    ExportStore,
    MonthStore,
    OutboxStore,
    SubscriptionStore,
    Changes,
    Observed
);

all_of!(
    /// All async roles in one bound.
    pub AsyncStore: AsyncFlowStore,
    AsyncFlowCatalog,
    AsyncContentStore,
    AsyncContentCatalog,
    AsyncLibraryStore,
    AsyncReferenceStore,
    AsyncSessionStore,
    AsyncAccountStore,
    AsyncSettingStore,
    AsyncJobStore,
    AsyncEffectStore,
    AsyncSessionAdminStore,
    AsyncEvidenceStore,
    AsyncTraceStore,
    AsyncThemeStore,
    AsyncPerformanceStore,
    AsyncEngagementStore,
    AsyncAnalyticsStore,
    AsyncAuditStore,
    AsyncExportStore,
    AsyncMonthStore,
    AsyncOutboxStore,
    AsyncSubscriptionStore,
    AsyncChanges,
    Observed
);
