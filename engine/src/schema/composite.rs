//! Composites (R9.1 to R9.4).

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::flow::{Connection, Node};

/// Runs another flow, or nodes of its own.
#[derive(JsonSchema)]
pub(super) struct Composite {
    /// The id of the flow.
    #[schemars(extend("format" = "uuid"))]
    composite_flow_id: Option<String>,
    /// Same as `composite_flow_id`.
    #[schemars(extend("format" = "uuid", "x-alias-of" = "composite_flow_id"))]
    flow_id: Option<String>,
    /// The seed key of the flow; goes before its id.
    composite_flow_seed_key: Option<String>,
    /// Same as `composite_flow_seed_key`.
    #[schemars(extend("x-alias-of" = "composite_flow_seed_key"))]
    composite_flow_key: Option<String>,
    /// Id or key of the flow in an object of their own.
    flow_ref: Option<FlowRef>,
    /// A name for people.
    composite_name: Option<String>,
    /// Names and where their values come from: a path, a template, `{"value": …}` or any JSON.
    #[schemars(extend("default" = {}))]
    inputs: Option<Map<String, Value>>,
    /// What the sub-flow leaves behind and the variables that get it.
    #[schemars(extend("default" = {}))]
    outputs: Option<Outputs>,
    /// Nodes of its own, run in order unless `connections` says otherwise.
    nodes: Option<Vec<Node>>,
    /// Connections of its own nodes.
    connections: Option<Vec<Connection>>,
    /// Same as `connections`.
    #[schemars(extend("x-alias-of" = "connections"))]
    edges: Option<Vec<Connection>>,
    /// Which of its own nodes is first.
    entry_node_id: Option<String>,
    /// Whether the sub-flow has a `temp` of its own.
    #[schemars(extend("default" = false))]
    isolate: Option<bool>,
    /// Which versions of the flow will do.
    version: Option<String>,
    /// Same as `version`.
    #[schemars(extend("x-alias-of" = "version"))]
    version_constraint: Option<String>,
    /// A copy of the flow, as it was.
    snapshot: Option<Value>,
}

/// A reference to a flow.
#[derive(JsonSchema)]
struct FlowRef {
    /// Its id.
    #[schemars(extend("format" = "uuid"))]
    id: Option<String>,
    /// Its seed key.
    key: Option<String>,
    /// Which versions will do.
    version: Option<String>,
}

/// Names and variables, or names that are stored in `temp`.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Outputs {
    /// `{"output.score": "temp.score"}`.
    Named(Map<String, Value>),
    /// `["score"]`.
    Listed(Vec<String>),
}
