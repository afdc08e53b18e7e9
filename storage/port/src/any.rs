//! A store of any kind behind one type.

use std::fmt;
use std::sync::Arc;

use crate::account::DynAccountStore;
use crate::admin::DynSessionAdminStore;
use crate::analytics::DynAnalyticsStore;
use crate::audit::DynAuditStore;
use crate::blocking::{AsyncStore, all_of};
use crate::catalog::DynContentCatalog;
use crate::changes::{DynChanges, Observed, Observers};
use crate::content::DynContentStore;
use crate::effect::DynEffectStore;
use crate::engagement::DynEngagementStore;
use crate::evidence::DynEvidenceStore;
use crate::export::DynExportStore;
use crate::flow::DynFlowStore;
use crate::flow_catalog::DynFlowCatalog;
use crate::job::DynJobStore;
use crate::library::DynLibraryStore;
use crate::month::DynMonthStore;
use crate::outbox::DynOutboxStore;
use crate::performance::DynPerformanceStore;
use crate::reference::DynReferenceStore;
use crate::session::DynSessionStore;
use crate::setting::DynSettingStore;
use crate::subscription::DynSubscriptionStore;
use crate::theme::DynThemeStore;
use crate::trace::DynTraceStore;

all_of!(
    /// All roles, as [`AnyStore`] calls them.
    pub(crate) ErasedStore: DynAccountStore,
    DynSessionAdminStore,
    DynAnalyticsStore,
    DynAuditStore,
    DynChanges,
    DynContentCatalog,
    DynContentStore,
    DynEffectStore,
    DynEngagementStore,
    DynEvidenceStore,
    DynExportStore,
    DynFlowCatalog,
    DynFlowStore,
    DynJobStore,
    DynLibraryStore,
    DynMonthStore,
    DynOutboxStore,
    DynPerformanceStore,
    DynReferenceStore,
    DynSessionStore,
    DynSettingStore,
    DynSubscriptionStore,
    DynThemeStore,
    DynTraceStore,
    Observed
);

/// A store whose kind is not known where it is used: one program serves a file and a server alike.
///
/// Each call costs an allocation beside what the store does. Clones share the store.
#[derive(Clone)]
pub struct AnyStore(Arc<dyn ErasedStore>);

impl AnyStore {
    /// Hides which store it is.
    pub fn new(store: impl AsyncStore + 'static) -> Self {
        Self(Arc::new(store))
    }

    pub(crate) fn erased(&self) -> &dyn ErasedStore {
        &*self.0
    }
}

impl Observed for AnyStore {
    fn observers(&self) -> &Observers {
        self.0.observers()
    }
}

impl fmt::Debug for AnyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyStore")
    }
}
