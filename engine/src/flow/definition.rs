//! A flow as its author wrote it, in canonical form (R1.1 to R1.31).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::connection_type::ConnectionType;
use crate::check::{Patch, Pointer};
use crate::extend::is_custom_name;
use crate::from_json::FromJson;
use crate::id::{FlowId, NodeId, TenantId};
use crate::trace::TraceLevel;

/// A flow document in canonical form. Nodes and connections are in document order.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowDefinition {
    /// The id given by the document or the host.
    pub id: Option<FlowId>,
    /// The author's stable key, from `seed_key` or `info.seed_key`.
    pub seed_key: Option<String>,
    /// 1 to 255 characters.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// A label; `1.0.0` when the document has none.
    pub version: String,
    /// Where a session starts, after R1.6; it need not be one of `nodes`.
    pub entry: Option<NodeId>,
    /// Who may see and embed it.
    pub visibility: Visibility,
    /// The owning tenant.
    pub school_id: Option<TenantId>,
    /// Free metadata.
    pub info: Map<String, Value>,
    /// What the flow needs at entry and leaves behind (R9.33).
    pub contract: Option<Map<String, Value>>,
    /// Whether sessions are traced (R11.53).
    pub trace_enabled: bool,
    /// How much of a session is traced; never `Off`.
    pub trace_level: TraceLevel,
    /// Of a hundred sessions, how many are traced; 0 to 100.
    pub trace_sample_rate: f64,
    /// How long traces are kept, in days; at least 1.
    pub retention_days: u32,
    /// The nodes.
    pub nodes: Vec<NodeDefinition>,
    /// The connections.
    pub connections: Vec<ConnectionDefinition>,
    /// Keys of `flow_data` beside the graph: `variables`, `theme_id` and whatever else there was.
    pub data_keys: Map<String, Value>,
    /// Keys of the envelope that are none of the above, kept for the round trip (R1.30).
    pub extra: Map<String, Value>,
    /// Where the entry stands, or would stand, in the document that was read.
    pub entry_at: Pointer,
    /// Where the graph and `data_keys` stand in the document that was read.
    pub data_at: Pointer,
}

impl FlowDefinition {
    /// The theme that hosts show the flow in: that of the graph, else that of `info`. The engine
    /// does not look at it.
    ///
    /// ```
    /// use chatflow::FlowDefinition;
    /// use serde_json::json;
    ///
    /// let (definition, _) = FlowDefinition::read(&json!({"nodes": [], "theme_id": "sea"}));
    /// assert_eq!(definition.and_then(|flow| flow.theme_id().map(str::to_owned)).as_deref(), Some("sea"));
    /// ```
    pub fn theme_id(&self) -> Option<&str> {
        let of_graph = self.data_keys.get("theme_id").and_then(Value::as_str);
        of_graph.or_else(|| self.info.get("theme_id").and_then(Value::as_str))
    }
}

/// Who may see a flow (R1.1).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, FromJson, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Its owner.
    Private,
    /// Its school.
    School,
    /// Everyone signed in.
    Public,
    /// Everyone.
    #[default]
    Wriveted,
}

/// The kinds of node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NodeType {
    /// Says something.
    Message,
    /// Asks something.
    Question,
    /// Chooses a connection.
    Condition,
    /// Changes variables, calls the host.
    Action,
    /// Calls a URL.
    Webhook,
    /// Runs another flow, or nodes of its own.
    Composite,
    /// Runs code in the client.
    Script,
    /// A type of the host, `x_…`; what it does is registered with the compiler (X-23).
    Custom(String),
    /// A type this engine does not know, as written; empty when there was none.
    Unknown(String),
}

/// Where a node may run (R1.10).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, FromJson, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExecutionContext {
    /// In the client.
    Frontend,
    /// On the host.
    #[default]
    Backend,
    /// Either.
    Mixed,
}

/// One node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeDefinition {
    /// Unique within the flow.
    pub id: NodeId,
    /// Its type.
    pub kind: NodeType,
    /// What the type needs, as the author spelled it; an object unless the author erred.
    pub content: Value,
    /// The name of a template, for editors.
    pub template: Option<String>,
    /// Where editors draw it: `x`, `y` and whatever other keys there were (F34); empty at the origin.
    pub position: Map<String, Value>,
    /// Free metadata.
    pub info: Map<String, Value>,
    /// Where it may run.
    pub execution_context: ExecutionContext,
    /// Unlisted keys, kept for the round trip.
    pub extra: Map<String, Value>,
    /// Where the node stands in the document that was read.
    pub at: Pointer,
}

/// One connection.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionDefinition {
    /// The node it leaves.
    pub source: NodeId,
    /// The node it enters.
    pub target: NodeId,
    /// Which outcome it serves.
    pub kind: ConnectionType,
    /// What must hold: the value under `if` after R1.19, `None` when unconditional.
    pub predicate: Option<Value>,
    /// Free metadata.
    pub info: Map<String, Value>,
    /// Unlisted keys, kept for the round trip.
    pub extra: Map<String, Value>,
    /// Where the connection stands in the document that was read.
    pub at: Pointer,
    /// Where the same stands again, in document order; reading keeps the first (R1.20).
    pub copies: Vec<Pointer>,
}

/// The keys that every position has in a document.
pub(super) const AXES: [&str; 2] = ["x", "y"];

impl NodeDefinition {
    /// The position as documents have it, with `x` and `y` in any case.
    pub fn written_position(&self) -> Map<String, Value> {
        if self.position.is_empty() {
            return AXES.iter().map(|axis| ((*axis).to_owned(), 0.into())).collect();
        }
        self.position.clone()
    }
}

impl ConnectionDefinition {
    /// Takes it out of the document that was read, with all its copies.
    pub(crate) fn removal(&self) -> Patch {
        // What is taken out of a list moves those after it up.
        let copies = self.copies.iter().rev().map(Patch::remove);
        copies.chain([Patch::remove(&self.at)]).fold(Patch::default(), Patch::then)
    }
}

impl NodeType {
    /// The canonical names.
    pub(crate) const NAMES: [&str; 7] =
        ["message", "question", "condition", "action", "webhook", "composite", "script"];

    /// Reads a name in lower case, also an alias (R1.11).
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "message" | "text" => Self::Message,
            "question" | "input" | "buttons" => Self::Question,
            "condition" | "branch" => Self::Condition,
            "action" => Self::Action,
            "webhook" => Self::Webhook,
            "composite" => Self::Composite,
            "script" => Self::Script,
            _ if is_custom_name(name) => Self::Custom(name.to_owned()),
            _ => return None,
        })
    }

    /// Where nodes of this type run unless they say otherwise (R1.10).
    pub fn usual_context(&self) -> ExecutionContext {
        match self {
            Self::Script => ExecutionContext::Frontend,
            Self::Message
            | Self::Question
            | Self::Condition
            | Self::Action
            | Self::Webhook
            | Self::Composite
            | Self::Custom(_)
            | Self::Unknown(_) => ExecutionContext::Backend,
        }
    }

    /// The canonical name; what the author wrote for an unknown type.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Message => "message",
            Self::Question => "question",
            Self::Condition => "condition",
            Self::Action => "action",
            Self::Webhook => "webhook",
            Self::Composite => "composite",
            Self::Script => "script",
            Self::Custom(name) | Self::Unknown(name) => name,
        }
    }
}
