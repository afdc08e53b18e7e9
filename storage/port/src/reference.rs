//! What flows refer to, so that one may ask who uses an item, a flow or a theme (F43, S3.47, S3.92).

use std::collections::BTreeSet;

use chatflow::{FlowId, NodeId};

use crate::error::StoreError;
use crate::role::role;
use crate::scope::AccessScope;
use crate::text_enum::text_enum;

text_enum! {
    /// What a flow refers to.
    ReferenceKind {
        /// A content item, by its id.
        Content = "content",
        /// A flow: `id:<uuid>` (lower case) or `key:<seed key>`.
        Flow = "flow",
        /// A theme, by its id. The store takes it from the flow's `theme_id`.
        Theme = "theme",
    }
}

/// What one node of a flow refers to. Whoever saves a flow says so; stores do not read graphs.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct FlowReference {
    /// The node; one within an inline composite is no row of the graph.
    pub node_id: NodeId,
    /// What it refers to; a node refers to no theme.
    pub kind: ReferenceKind,
    /// Which one: 1 to 260 characters.
    pub ref_id: String,
}

impl FlowReference {
    /// Whether stores take it: those to names that are longer than any flow's, or hold U+0000, are to be
    /// left out.
    pub fn is_storable(&self) -> bool {
        crate::library::check::reference(self).is_ok()
    }
}

/// Asks who uses something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlowUserQuery {
    /// What it is.
    pub kind: ReferenceKind,
    /// Which one: its id, for flows as well.
    pub id: uuid::Uuid,
    /// Only active, published flows whose newest published version uses it (S3.47, S3.92).
    pub live_only: bool,
    /// Only what comes behind this one, which was the last of a page.
    pub after: Option<FlowUserCursor>,
    /// How many to return at most.
    pub limit: u32,
}

impl FlowUserQuery {
    /// The name by which it is referred to, for flows that of the id.
    pub fn ref_id(&self) -> String {
        match self.kind {
            ReferenceKind::Content | ReferenceKind::Theme => self.id.to_string(),
            ReferenceKind::Flow => format!("id:{}", self.id),
        }
    }
}

/// The place of a user in the list: by flow, then by node, then by the name it is used by.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct FlowUserCursor {
    /// The flow.
    pub flow_id: FlowId,
    /// The node; `None` for the flow itself.
    pub node_id: Option<NodeId>,
    /// See [`FlowUser::ref_id`].
    pub ref_id: String,
}

/// A node that uses something, or a flow that does as a whole.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlowUser {
    /// The flow.
    pub flow_id: FlowId,
    /// Its name.
    pub name: String,
    /// The node; `None` for the flow's theme.
    pub node_id: Option<NodeId>,
    /// As it is referred to: a flow by its id or by its seed key.
    pub ref_id: String,
    /// Whether the draft does.
    pub in_draft: bool,
    /// Whether the newest published version does.
    pub in_version: bool,
    /// Whether the flow is active and published.
    pub is_live: bool,
}

impl FlowUser {
    /// Its place in the list.
    pub fn cursor(&self) -> FlowUserCursor {
        FlowUserCursor {
            flow_id: self.flow_id,
            node_id: self.node_id.clone(),
            ref_id: self.ref_id.clone(),
        }
    }
}

/// A page of users.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FlowUserPage {
    /// The users.
    pub users: Vec<FlowUser>,
    /// False while the references of some flow are not known, see
    /// [`ReferenceStore::unread_flows`]: then there may be more users.
    pub is_complete: bool,
}

/// The references of a flow that was saved before references were kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReadReferences {
    /// The flow.
    pub flow_id: FlowId,
    /// Its version as a row when it was read.
    pub row_version: u64,
    /// What its draft refers to.
    pub draft: BTreeSet<FlowReference>,
    /// What its newest published version refers to; empty if it has none.
    pub version: BTreeSet<FlowReference>,
}

role! {
    /// Says who uses what. Saving a flow keeps its references in the same transaction
    /// ([`LibraryStore::apply`](crate::LibraryStore::apply)).
    ReferenceStore, async AsyncReferenceStore, dyn DynReferenceStore {
        /// The flows that use something, among those that the scope views (S2.15), by flow and node.
        ///
        /// A flow is used by its id or by its seed key. A seed key counts if the used flow has it and is
        /// of no school or of the user's; another flow with that key may be the one that runs (F20).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn flow_users(
            &self, scope: &AccessScope, query: &FlowUserQuery
        ) -> Result<FlowUserPage, StoreError>;

        /// At most `limit` flows whose references are not all known, by id: those that were saved before
        /// references were kept, until they are published again or [`ReferenceStore::fill_references`]
        /// tells what they refer to.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn unread_flows(&self, limit: u32) -> Result<Vec<FlowId>, StoreError>;

        /// Keeps the references of such a flow; false, and nothing changes, if the flow changed since
        /// it was read or its references are known.
        ///
        /// For jobs, which read with [`AccessScope::system`]; so there is no scope.
        ///
        /// # Errors
        /// [`StoreError`] if a reference breaks a rule of the table or the store breaks.
        fn fill_references(&self, read: &ReadReferences) -> Result<bool, StoreError>;
    }
}

/// Checks the references that a job has read.
///
/// # Errors
/// [`StoreError`] for the first rule that is broken.
pub fn check_references(read: &ReadReferences) -> Result<(), StoreError> {
    let check = |reference| crate::library::check::reference(reference);
    let mut all = read.draft.iter().chain(&read.version);
    all.try_for_each(check).map_err(|problem| StoreError::Store(problem.into()))
}
