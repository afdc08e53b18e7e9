//! What flows refer to, so that one may ask who uses an item, a flow or a theme (F43, S3.47, S3.92).

use std::collections::BTreeSet;

use chatflow::{FlowDefinition, FlowId, NodeId, ReferenceTarget};

use serde_json::{Value, json};

use crate::error::StoreError;
use crate::flow::VersionRecord;
use crate::library::{FlowRecord, NodeRow, Stored};
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
    /// Everything that a flow refers to, as [`FlowRecord::references`](crate::FlowRecord) takes it.
    ///
    /// Seed keys that are longer than any flow's are left out, like those with U+0000.
    pub fn all_of(definition: &FlowDefinition) -> BTreeSet<Self> {
        let of = |found: chatflow::NodeReference| {
            let (kind, ref_id) = match found.target {
                ReferenceTarget::Content(id) => (ReferenceKind::Content, id.to_string()),
                ReferenceTarget::Flow(link) => (ReferenceKind::Flow, link),
                _ => return None,
            };
            let reference = Self { node_id: found.node, kind, ref_id };
            crate::library::check::reference(&reference).is_ok().then_some(reference)
        };
        definition.references().into_iter().filter_map(of).collect()
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

impl ReadReferences {
    /// Reads a flow as [`LibraryStore::find_flow`](crate::LibraryStore::find_flow) finds it, and its
    /// newest published version ([`FlowSummary::newest`](crate::FlowSummary::newest)) if it has one.
    pub fn of(flow: &Stored<FlowRecord>, newest: Option<&VersionRecord>) -> Self {
        let read = |document: &Value| FlowDefinition::read(document).0;
        let node = |row: &NodeRow| {
            let content: Value = serde_json::from_str(&row.content).unwrap_or_default();
            json!({ "id": row.node_id.as_str(), "type": row.node_type, "content": content })
        };
        let nodes: Vec<Value> = flow.record.nodes.iter().map(node).collect();
        let draft = read(&json!({ "nodes": nodes }));
        let version = newest.and_then(|newest| FlowDefinition::read_json(&newest.document).0);
        let references = |definition: Option<FlowDefinition>| {
            definition.map(|definition| FlowReference::all_of(&definition)).unwrap_or_default()
        };
        Self {
            flow_id: flow.record.id,
            row_version: flow.row_version,
            draft: references(draft),
            version: references(version),
        }
    }
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

#[cfg(test)]
mod tests {
    use chatflow::{ContentId, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::contract::reference_fixture;

    #[test]
    fn the_rows_of_a_draft_and_a_document_are_read_alike() {
        let (fact, at) = (ContentId(Uuid::from_u128(7)), Timestamp::default());
        let content = json!({ "messages": [{ "content_id": fact }] }).to_string();
        let (mut record, mut version) = reference_fixture();
        record.nodes.truncate(1);
        record.nodes[0].content = content.clone();
        let node = record.nodes[0].node_id.clone();
        version.document = format!(
            "{{\"nodes\": [{{\"id\": \"{node}\", \"type\": \"message\", \"content\": {content}}}]}}"
        );
        let stored = Stored { record, row_version: 3, created_at: at, updated_at: at };
        let read = ReadReferences::of(&stored, Some(&version));
        let ref_id = fact.to_string();
        let expected = [FlowReference { node_id: node, kind: ReferenceKind::Content, ref_id }];
        assert_eq!((read.draft, read.row_version), (expected.clone().into(), 3));
        assert_eq!(read.version, expected.into());
        assert_eq!(ReadReferences::of(&stored, None).version, BTreeSet::new());
    }
}
