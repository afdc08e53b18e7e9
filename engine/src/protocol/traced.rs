//! What is told of a traced session beside what is told of all.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::event::Visited;
use super::prompt::Prompt;
use crate::time::Timestamp;

/// What only a traced session tells, in the order of its [`Event`](crate::Event)s (R11.50).
///
/// Nothing in it is masked yet: hosts keep what [`Turn::trace`](crate::Turn::trace) makes of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "traced", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Traced {
    /// A step of the trace begins.
    Began {
        /// The node.
        node: Visited,
        /// Its type.
        node_type: &'static str,
        /// How many flows are entered: 1 in the session's own.
        depth: usize,
        /// By the host's clock.
        at: Timestamp,
        /// What makes it a step.
        by: Beginning,
    },
    /// The node goes on after an effect.
    Resumed {
        /// By the host's clock.
        at: Timestamp,
    },
    /// A variable was written or removed.
    Changed {
        /// Its path, as deep as there are only objects on the way.
        path: Vec<Box<str>>,
        /// What was there; absent if nothing was.
        old: Option<Value>,
        /// What is there now; absent if nothing is.
        new: Option<Value>,
    },
    /// An entry of a condition node was evaluated.
    Tested {
        /// Which, from 0.
        index: usize,
        /// Its condition: the expression, or JSON.
        expression: Box<str>,
        /// Whether it holds.
        result: bool,
        /// Why it has no value.
        error: Option<String>,
    },
    /// A question that was presented or answered.
    Question {
        /// The text before its references were replaced, when the node has one of its own.
        template: Option<String>,
        /// As presented.
        prompt: Arc<Prompt>,
        /// How long the visitor took, in milliseconds; absent when presented.
        waited_ms: Option<i64>,
        /// How many answers there have been, this one included; 0 when presented.
        attempt: u32,
    },
    /// The texts of a message before their references were replaced.
    Message {
        /// In order.
        templates: Vec<String>,
    },
    /// An action was executed.
    Did {
        /// Which, from 0.
        index: usize,
        /// Its type.
        action: &'static str,
        /// What it writes to.
        target: Option<Arc<str>>,
        /// Why it failed.
        error: Option<String>,
    },
    /// A webhook node was about to send its request.
    Requested {
        /// The address before its references were replaced.
        url: String,
        /// The method.
        method: &'static str,
        /// The headers; none if the request could not be made.
        headers: Map<String, Value>,
    },
    /// What came of it.
    Responded {
        /// The body of the answer; verbose traces only.
        body: Option<Value>,
        /// How often the host tried, if it tells.
        attempts: Option<u64>,
        /// Why there is no answer.
        error: Option<String>,
    },
}

/// What begins a step.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Beginning {
    /// The node was entered.
    Entered,
    /// The visitor answered or acknowledged.
    Replied,
    /// The sub-flow that the node had entered is over.
    Returned,
    /// The host changed variables.
    Patched,
}
