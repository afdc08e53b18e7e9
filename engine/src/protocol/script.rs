//! A script that the client is to run (R10.1, R10.10).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::flow::ExecutionContext;
use crate::from_json::FromJson;
use crate::id::{FlowId, NodeId};

/// A script as it was handed out. The engine never runs it; it waits for the result.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct ScriptRequest {
    /// The node that waits.
    pub node: NodeId,
    /// The flow that owns the node.
    pub flow: FlowId,
    /// Where it runs: in the client.
    pub execution_context: ExecutionContext,
    /// `code`, `language`, `sandbox`, `inputs` with their values, `outputs`, `dependencies`,
    /// `timeout` in milliseconds, `description`.
    pub config: Map<String, Value>,
}

impl ScriptRequest {
    /// The `script_request` of the wire.
    pub fn to_value(&self) -> Value {
        json!({
            "node_id": self.node,
            "execution_context": self.execution_context,
            "script_config": self.config,
        })
    }
}
