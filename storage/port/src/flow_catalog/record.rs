//! What is asked and told of flows.

use chatflow::{FlowId, FlowRef, NodeId, TenantId, Timestamp, Visibility};

use crate::admin::Total;
use crate::id::UserId;
use crate::library::{ConnectionRow, FlowRecord, NodeRow, Stored};

/// A flow as its editors see it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlowDraft {
    /// The flow; in lists without its nodes and connections.
    pub stored: Stored<FlowRecord>,
    /// When it was published last; `None` while it is not published.
    pub published_at: Option<Timestamp>,
    /// Who published it, if that was a person.
    pub published_by: Option<UserId>,
    /// The newest published version, if there ever was one.
    pub newest: Option<NewestVersion>,
}

/// What tells a draft from its newest published version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewestVersion {
    /// Its number.
    pub seq: u32,
    /// Its label.
    pub label: String,
    /// SHA-256 of its canonical graph, in hex.
    pub graph_hash: String,
}

impl FlowDraft {
    /// Whether the draft differs from what sessions run; so does one that was never published.
    pub fn has_unpublished_changes(&self) -> bool {
        let hash = &self.stored.record.graph_hash;
        self.newest.as_ref().is_none_or(|newest| newest.graph_hash != *hash)
    }
}

/// Asks for a page of flows (S3.80).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FlowQuery {
    /// Only published ones, or only the others.
    pub published: Option<bool>,
    /// Only active ones, or only the others.
    pub active: Option<bool>,
    /// Only those with this text in their name or description, in whatever case of its ASCII letters.
    pub search: Option<String>,
    /// Only those whose draft has this label.
    pub version: Option<String>,
    /// Only those of this school.
    pub school: Option<TenantId>,
    /// Only those with this visibility.
    pub visibility: Option<Visibility>,
    /// Only those whose `info.embeddable` is `true`, or only the others.
    pub embeddable: Option<bool>,
    /// Only those that this user created.
    pub created_by: Option<UserId>,
    /// Without those that are `public` (F56).
    pub without_public: bool,
    /// How many to pass over.
    pub skip: u32,
    /// How many to return at most.
    pub limit: u32,
}

/// A page of flows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FlowPage {
    /// The newest first; those created together in descending order of ids. Without graphs.
    pub flows: Vec<FlowDraft>,
    /// How many are asked for, on this page, before or after it.
    pub total: Total,
}

/// A node as a row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeEntry {
    /// What it holds; its id is [`node_row_id`](crate::node_row_id).
    pub row: NodeRow,
    /// When a node of that name came to stand in the flow.
    pub created_at: Timestamp,
    /// When it, or its place among the others, last changed.
    pub updated_at: Timestamp,
}

/// A connection as a row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConnectionEntry {
    /// What it holds; its id is [`connection_row_id`](crate::connection_row_id).
    pub row: ConnectionRow,
    /// When the two nodes were connected so.
    pub created_at: Timestamp,
}

/// The graph of a flow as rows, in document order (F2).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GraphRows {
    /// The nodes.
    pub nodes: Vec<NodeEntry>,
    /// The connections.
    pub connections: Vec<ConnectionEntry>,
}

/// A published version in a list (S3.99).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VersionEntry {
    /// Which.
    pub flow: FlowRef,
    /// The author's label.
    pub label: String,
    /// The flow's name at that time.
    pub name: String,
    /// Where sessions start.
    pub entry_node_id: Option<NodeId>,
    /// SHA-256 of the canonical graph, in hex.
    pub graph_hash: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// Who published it, if that was a person.
    pub published_by: Option<UserId>,
    /// What they said of it.
    pub note: Option<String>,
    /// How many nodes it has.
    pub nodes_count: u32,
    /// How many connections it has.
    pub connections_count: u32,
}

/// A page of what was published of a flow.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct VersionPage {
    /// The newest first.
    pub versions: Vec<VersionEntry>,
    /// How many there are.
    pub total: Total,
}

/// What a link of a flow stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkedFlow {
    /// The link that was asked for.
    pub link: String,
    /// The flow.
    pub id: FlowId,
    /// Its owner.
    pub school_id: Option<TenantId>,
    /// Who may see it.
    pub visibility: Visibility,
    /// Whether the scope sees it.
    pub is_visible: bool,
    /// The labels of its versions, the oldest first; none while it is not published, or not visible.
    pub labels: Vec<String>,
    /// The document of its newest version; none while it is not published, or not visible.
    pub document: Option<String>,
}

/// A flow that embeds another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EmbeddingFlow {
    /// Which.
    pub id: FlowId,
    /// Its name, if the scope views it.
    pub name: Option<String>,
}
