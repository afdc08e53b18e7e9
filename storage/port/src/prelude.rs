//! The async roles by their methods, for programs that use many of them: `use chatflow_storage::prelude::*`.

pub use crate::account::AsyncAccountStore as _;
pub use crate::admin::AsyncSessionAdminStore as _;
pub use crate::analytics::AsyncAnalyticsStore as _;
pub use crate::audit::AsyncAuditStore as _;
pub use crate::catalog::AsyncContentCatalog as _;
pub use crate::changes::AsyncChanges as _;
pub use crate::content::AsyncContentStore as _;
pub use crate::effect::AsyncEffectStore as _;
pub use crate::engagement::AsyncEngagementStore as _;
pub use crate::evidence::AsyncEvidenceStore as _;
pub use crate::export::AsyncExportStore as _;
pub use crate::flow::AsyncFlowStore as _;
pub use crate::flow_catalog::AsyncFlowCatalog as _;
pub use crate::job::AsyncJobStore as _;
pub use crate::library::AsyncLibraryStore as _;
pub use crate::month::AsyncMonthStore as _;
pub use crate::outbox::AsyncOutboxStore as _;
pub use crate::performance::AsyncPerformanceStore as _;
pub use crate::reference::AsyncReferenceStore as _;
pub use crate::session::AsyncSessionStore as _;
pub use crate::setting::AsyncSettingStore as _;
pub use crate::subscription::AsyncSubscriptionStore as _;
pub use crate::theme::AsyncThemeStore as _;
pub use crate::trace::AsyncTraceStore as _;
