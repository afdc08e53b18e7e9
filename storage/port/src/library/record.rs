//! The records of the library.

use std::collections::BTreeSet;
use std::fmt;

use chatflow::{
    ContentId, ExecutionContext, FlowId, FlowRef, NodeId, TenantId, Timestamp, Visibility,
};
use uuid::Uuid;

use super::content::ContentRecord;
use crate::account::{ServiceAccountRecord, UserRecord};
use crate::audit::AuditEntry;
use crate::flow::{FlowTracing, VersionRecord};
use crate::id::{SubscriptionId, ThemeId, UserId};
use crate::outbox::NewEvent;
use crate::reference::FlowReference;
use crate::scope::RowAccess;
use crate::session::TraceLevel;
use crate::text_enum::text_enum;

text_enum! {
    /// Where a school stands (S1.27).
    SchoolState {
        /// It takes part.
        Active = "active",
        /// It does not.
        Inactive = "inactive",
        /// It is being set up.
        Pending = "pending",
    }
}

/// Names a record of any kind.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum RecordKey {
    /// A school.
    School(TenantId),
    /// A theme.
    Theme(ThemeId),
    /// A content item.
    Content(ContentId),
    /// A flow.
    Flow(FlowId),
    /// A subscription.
    Subscription(SubscriptionId),
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::School(id) => write!(f, "school {id}"),
            Self::Theme(id) => write!(f, "theme {}", id.0),
            Self::Content(id) => write!(f, "content {id}"),
            Self::Flow(id) => write!(f, "flow {id}"),
            Self::Subscription(id) => write!(f, "subscription {}", id.0),
        }
    }
}

/// What the records have in common.
pub trait Record: PartialEq {
    /// Its name.
    fn key(&self) -> RecordKey;
    /// The tenant it belongs to; a school belongs to itself.
    fn owner(&self) -> Option<TenantId>;
    /// What else decides who may change it; `None` if its tenant alone does.
    fn access(&self) -> Option<RowAccess>;
}

/// A tenant (S1.31).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SchoolRecord {
    /// The public identifier, which other tables point at.
    pub id: TenantId,
    /// The author's stable key.
    pub seed_key: Option<String>,
    /// 1 to 256 characters.
    pub name: String,
    /// Where it stands.
    pub state: SchoolState,
    /// Its theme.
    pub theme_id: Option<ThemeId>,
    /// A JSON object.
    pub info: String,
}

/// A theme of the chat window (S1.63).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ThemeRecord {
    /// Its id.
    pub id: ThemeId,
    /// The author's stable key.
    pub seed_key: Option<String>,
    /// 1 to 255 characters.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Its owner; `None` for everyone's.
    pub school_id: Option<TenantId>,
    /// A JSON object.
    pub config: String,
    /// An address.
    pub logo_url: Option<String>,
    /// An address.
    pub avatar_url: Option<String>,
    /// False once it is deleted.
    pub is_active: bool,
    /// Whether it is its owner's default.
    pub is_default: bool,
    /// A label.
    pub version: String,
    /// Who created it.
    pub created_by: Option<UserId>,
}

/// A flow with its graph: the draft that editors see (S1.42).
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns, independent of each other")]
pub struct FlowRecord {
    /// The flow.
    pub id: FlowId,
    /// The author's stable key.
    pub seed_key: Option<String>,
    /// 1 to 255 characters.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// A label of at most 50 characters.
    pub version: String,
    /// Where a session starts; `None` only in drafts.
    pub entry_node_id: Option<NodeId>,
    /// The snapshot that clients read: a JSON object (S1.47).
    pub flow_data: String,
    /// A JSON object.
    pub info: String,
    /// Who may see it.
    pub visibility: Visibility,
    /// Its owner.
    pub school_id: Option<TenantId>,
    /// Who created it.
    pub created_by: Option<UserId>,
    /// `info.allow_anonymous`, which decides who may start it (S2.25).
    pub allow_anonymous: bool,
    /// Whether new sessions may start.
    pub is_published: bool,
    /// False once it is deleted.
    pub is_active: bool,
    /// Its theme.
    pub theme_id: Option<ThemeId>,
    /// Days that traces are kept: 1 to 3650.
    pub retention_days: u32,
    /// Whether sessions are traced.
    pub trace_enabled: bool,
    /// How much of them.
    pub trace_level: TraceLevel,
    /// How many of them, in percent.
    pub trace_sample_rate: u32,
    /// SHA-256 of the canonical graph, in hex.
    pub graph_hash: String,
    /// The nodes in document order (F2).
    pub nodes: Vec<NodeRow>,
    /// The connections in document order (F2).
    pub connections: Vec<ConnectionRow>,
    /// What the graph refers to (F43); who saves a flow reads it from the document. A version that is published with
    /// it refers to the same.
    pub references: BTreeSet<FlowReference>,
}

impl FlowRecord {
    /// How its sessions are traced.
    pub const fn tracing(&self) -> FlowTracing {
        FlowTracing {
            enabled: self.trace_enabled,
            level: self.trace_level,
            sample_rate: self.trace_sample_rate,
        }
    }
}

/// A node of a flow (S1.43). Its row id is [`node_row_id`](crate::node_row_id).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeRow {
    /// Unique within the flow.
    pub node_id: NodeId,
    /// Its type as the document has it; a draft may hold types that nobody knows (F34).
    pub node_type: String,
    /// Where it may run.
    pub execution_context: ExecutionContext,
    /// The name of a template.
    pub template: Option<String>,
    /// JSON.
    pub content: String,
    /// A JSON object.
    pub position: String,
    /// A JSON object.
    pub info: String,
}

/// A connection of a flow (S1.45). Its row id is
/// [`connection_row_id`](crate::connection_row_id).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConnectionRow {
    /// The node it leaves.
    pub source: NodeId,
    /// The node it enters.
    pub target: NodeId,
    /// A connection type in canonical spelling (F1).
    pub connection_type: String,
    /// A JSON object.
    pub conditions: String,
    /// A JSON object.
    pub info: String,
}

/// A version that is to be published; the store gives it the next number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewVersion {
    /// See [`VersionRecord::label`].
    pub label: String,
    /// See [`VersionRecord::document`].
    pub document: String,
    /// See [`VersionRecord::links`].
    pub links: Vec<String>,
    /// What whoever publishes it says of it; at most 500 characters.
    pub note: Option<String>,
}

impl NewVersion {
    /// What becomes of it as version `seq` of `flow`, which is published `at`.
    pub fn record(&self, flow: &FlowRecord, seq: u32, at: Timestamp) -> VersionRecord {
        VersionRecord {
            flow: FlowRef { id: flow.id, seq },
            label: self.label.clone(),
            name: flow.name.clone(),
            document: self.document.clone(),
            graph_hash: flow.graph_hash.clone(),
            links: self.links.clone(),
            theme_id: flow.theme_id,
            school_id: flow.school_id,
            visibility: flow.visibility,
            allow_anonymous: flow.allow_anonymous,
            published_at: at,
        }
    }
}

/// A record as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stored<T> {
    /// The record.
    pub record: T,
    /// 1, and one more with every change.
    pub row_version: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A record that is to be written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change<T> {
    /// The version that was read, 0 for a record that must be new; `None` writes in any case.
    pub expected: Option<u64>,
    /// The record.
    pub record: T,
}

/// A flow that is to be written, and perhaps published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlowChange {
    /// The flow.
    pub flow: Change<FlowRecord>,
    /// The version to publish with it.
    pub publish: Option<NewVersion>,
}

/// What is written together or not at all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Batch {
    /// The present: the `created_at`, `updated_at` and `published_at` of what changes.
    pub at: Timestamp,
    /// Whose doing it is, if it is a person's: the `published_by` of what is published.
    pub by: Option<UserId>,
    /// Schools; they may name themes of this batch.
    pub schools: Vec<Change<SchoolRecord>>,
    /// Themes.
    pub themes: Vec<Change<ThemeRecord>>,
    /// Content items.
    pub contents: Vec<Change<ContentRecord>>,
    /// Flows.
    pub flows: Vec<FlowChange>,
    /// People; they may name schools of this batch.
    pub users: Vec<Change<UserRecord>>,
    /// Programs, alike.
    pub service_accounts: Vec<Change<ServiceAccountRecord>>,
    /// What tells of all that; written as given, in this order and whatever of the rest is stored
    /// already (S6.30).
    pub events: Vec<NewEvent>,
    /// Who did all that; written like the events (S1.68). One whose id is known is left alone.
    pub audit: Vec<AuditEntry>,
}

/// What a batch did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Applied {
    /// How many records are new.
    pub created: u64,
    /// How many records changed.
    pub updated: u64,
    /// Where each flow of the batch stands now, in the batch's order.
    pub flows: Vec<FlowStamp>,
}

/// Where a flow stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FlowStamp {
    /// The flow.
    pub id: FlowId,
    /// Its version as a row.
    pub row_version: u64,
    /// Its newest published version, if any.
    pub newest: Option<FlowRef>,
}

/// Which record is meant: the first found by seed key, then by id, then by name and school (S11.9).
///
/// Of several with the same key or name, the one with the lowest id.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LookUp<'a> {
    /// The author's stable key.
    pub seed_key: Option<&'a str>,
    /// The id.
    pub id: Option<Uuid>,
    /// The name, compared as it is.
    pub name: Option<&'a str>,
    /// The school within which the name counts; not looked at for schools themselves.
    pub school: Option<TenantId>,
}

impl Record for SchoolRecord {
    fn key(&self) -> RecordKey {
        RecordKey::School(self.id)
    }

    fn owner(&self) -> Option<TenantId> {
        Some(self.id)
    }

    fn access(&self) -> Option<RowAccess> {
        None
    }
}

impl Record for ThemeRecord {
    fn key(&self) -> RecordKey {
        RecordKey::Theme(self.id)
    }

    fn owner(&self) -> Option<TenantId> {
        self.school_id
    }

    fn access(&self) -> Option<RowAccess> {
        None
    }
}

impl Record for FlowRecord {
    fn key(&self) -> RecordKey {
        RecordKey::Flow(self.id)
    }

    fn owner(&self) -> Option<TenantId> {
        self.school_id
    }

    fn access(&self) -> Option<RowAccess> {
        Some(RowAccess {
            visibility: self.visibility,
            school_id: self.school_id,
            created_by: self.created_by,
            is_live: self.is_active && self.is_published,
        })
    }
}
