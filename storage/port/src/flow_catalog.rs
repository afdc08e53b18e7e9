//! Flows as those who manage them see them (S3.63 to S3.123).

mod record;

use chatflow::{FlowId, FlowRef};

use crate::error::StoreError;
use crate::role::role;
use crate::scope::{AccessScope, RowAccess};

pub use record::{
    ConnectionEntry, EmbeddingFlow, FlowDraft, FlowPage, FlowQuery, GraphRows, LinkedFlow,
    NewestVersion, NodeEntry, VersionEntry, VersionPage,
};

/// Whether a scope finds a flow by its id: one that it views (S2.15), a deleted one only if it may edit
/// it (S3.81).
pub fn finds_flow(scope: &AccessScope, row: &RowAccess, is_active: bool) -> bool {
    scope.views(row) && (is_active || scope.edits(row))
}

role! {
    /// Reads flows for those who manage them: drafts, and what was published of them.
    ///
    /// A scope finds flows as [`finds_flow`] says; what it does not find is told of like what does not
    /// exist. They are written with [`LibraryStore::apply`](crate::LibraryStore::apply).
    FlowCatalog, async AsyncFlowCatalog, dyn DynFlowCatalog {
        /// A flow with its graph.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn flow_draft(
            &self, scope: &AccessScope, id: FlowId
        ) -> Result<Option<FlowDraft>, StoreError>;

        /// These flows with their graphs, each once, in the order of their ids.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn flow_drafts(
            &self, scope: &AccessScope, ids: &[FlowId]
        ) -> Result<Vec<FlowDraft>, StoreError>;

        /// A page of flows without their graphs, the newest first (S3.80, F43).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn list_flows(
            &self, scope: &AccessScope, query: &FlowQuery
        ) -> Result<FlowPage, StoreError>;

        /// The rows of a flow's graph in document order, with their times.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn flow_rows(
            &self, scope: &AccessScope, id: FlowId
        ) -> Result<Option<GraphRows>, StoreError>;

        /// A page of what was published of a flow, the newest first (S3.99).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn list_versions(
            &self, scope: &AccessScope, id: FlowId, skip: u32, limit: u32
        ) -> Result<Option<VersionPage>, StoreError>;

        /// One published version of a flow, with its document.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn version_entry(
            &self, scope: &AccessScope, flow: FlowRef
        ) -> Result<Option<(VersionEntry, String)>, StoreError>;

        /// What these links stand for, in their order; links that stand for nothing are absent.
        ///
        /// For checks of a flow that refers to others: the scope is that of a conversation with it
        /// ([`AccessScope::conversation`]). An id finds any active flow; a key is looked for in the
        /// schools of the scope, then among flows of no school. Of flows that the scope does not see only
        /// that they exist is told.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn linked_flows(
            &self, scope: &AccessScope, links: &[String]
        ) -> Result<Vec<LinkedFlow>, StoreError>;

        /// The published flows whose newest version refers to a flow, by id, in the order of their ids
        /// (S3.92). Those that the scope does not view are among them, without their names.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn embedding_flows(
            &self, scope: &AccessScope, id: FlowId
        ) -> Result<Vec<EmbeddingFlow>, StoreError>;
    }
}
