//! How a session ends.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::from_json::FromJson;
use crate::id::{FlowId, NodeId};

/// The end of a session.
#[derive(Clone, Debug, Deserialize, Eq, FromJson, PartialEq, Serialize)]
pub struct Ending {
    /// Why.
    pub reason: EndReason,
    /// The flow of the last node.
    pub flow: FlowId,
    /// The last node processed.
    pub node: NodeId,
    /// With [`EndReason::Error`]: a stable code such as `step_limit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// With [`EndReason::Error`]: what the visitor is told, when the host has words of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Arc<str>>,
}

/// Why a session ended (R2.13 to R2.15, R11.14).
#[derive(Clone, Copy, Debug, Deserialize, Eq, FromJson, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The last node has no connection out.
    Completed,
    /// The last node has connections, but none applied.
    DeadEnd,
    /// The flow could not go on.
    Error,
    /// The visitor or the host ended it.
    Terminated,
    /// The host ended it to begin it anew.
    Restarted,
}

impl EndReason {
    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::DeadEnd => "dead_end",
            Self::Error => "error",
            Self::Terminated => "terminated",
            Self::Restarted => "restarted",
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
