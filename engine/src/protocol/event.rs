//! What happened during a step.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::item::Item;
use super::prompt::Prompt;
use super::script::ScriptRequest;
use super::traced::Traced;
use crate::answer::InputType;
use crate::flow::ConnectionType;
use crate::from_json::FromJson;
use crate::id::{ContentId, FlowId, FlowRef, ImpressionId, NodeId};

/// Something that happened, in order. A turn is the fold of its events.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A node was entered.
    Entered(Visited),
    /// The node was left by a connection of this type.
    Left {
        /// The type of the connection.
        connection: ConnectionType,
    },
    /// A message node said something; no items when it had nothing to say.
    Said {
        /// The node.
        node: Visited,
        /// What it said.
        items: Vec<Item>,
        /// Whether clients show that somebody types, when the node says so.
        typing: Option<bool>,
    },
    /// A question was presented.
    Asked {
        /// As presented.
        prompt: Arc<Prompt>,
    },
    /// A content item was shown (R13.25, S5.21).
    Impression(Shown),
    /// The visitor took up what a content item said or asked (R13.25, S5.22).
    Engagement {
        /// The impression that led to it.
        impression: Shown,
        /// What was stored, else what was sent; `"[REDACTED]"` for a sensitive question.
        value: Value,
    },
    /// The visitor gave a valid answer.
    Answered {
        /// The question's node.
        node: Visited,
        /// The raw input; `"[REDACTED]"` for a sensitive question.
        input: Value,
        /// What the client took it for.
        hint: InputType,
        /// What was stored; `"[REDACTED]"` for a sensitive question.
        value: Value,
        /// Where; empty for nowhere.
        variable: Arc<str>,
        /// The content item that asked.
        #[serde(skip_serializing_if = "Option::is_none")]
        content_id: Option<ContentId>,
    },
    /// The answer was not valid; the question stays open unless retries are exhausted.
    Refused(Refused),
    /// The visitor acknowledged a message.
    Acknowledged {
        /// The message's node.
        node: Visited,
        /// The raw input.
        input: Value,
        /// What the client took it for.
        hint: InputType,
    },
    /// An action node ran.
    Acted {
        /// The node.
        node: Visited,
        /// How many actions it has.
        actions: usize,
        /// The paths that were written, each once, sorted.
        variables: Vec<Arc<str>>,
        /// `action <index> (<type>): <reason>` for each that failed (R2.74).
        errors: Vec<String>,
        /// Whether the node succeeded.
        success: bool,
    },
    /// A webhook node ran (R2.80).
    Called {
        /// The node.
        node: Visited,
        /// Whether it succeeded, by fallback included.
        success: bool,
        /// The HTTP status, when there was an answer.
        status: Option<u16>,
        /// Whether the fallback was used.
        fallback_used: bool,
        /// The paths that were written, each once, sorted.
        variables: Vec<Arc<str>>,
        /// How long it took by the host's clock, in milliseconds.
        duration_ms: i64,
        /// How often it was sent, where the host tells.
        #[serde(skip_serializing_if = "Option::is_none")]
        attempts: Option<u64>,
    },
    /// A script was handed out.
    ScriptRequested {
        /// As handed out.
        request: Arc<ScriptRequest>,
    },
    /// The client told what came of a script.
    ScriptFinished {
        /// The script's node.
        node: Visited,
        /// The paths that its outputs were written to.
        variables: Vec<Arc<str>>,
        /// What went wrong, in the client's words.
        error: Option<String>,
        /// Whether the client gave up waiting.
        timed_out: bool,
        /// How long it ran by the client's clock, in milliseconds.
        execution_time_ms: Option<Number>,
        /// At most 100 lines of at most 500 characters.
        console_logs: Vec<String>,
        /// What it shows; in no history (F6).
        html: Option<Item>,
    },
    /// A node of the host's own type ran.
    Performed {
        /// The node.
        node: Visited,
        /// The name of its type, `x_…`.
        kind: Arc<str>,
        /// The paths that were written, each once, sorted.
        variables: Vec<Arc<str>>,
        /// Whether it succeeded.
        success: bool,
    },
    /// A composite entered another flow.
    SubflowEntered {
        /// The composite's node.
        node: Visited,
        /// The version entered.
        target: FlowRef,
        /// Its label.
        version: Arc<str>,
    },
    /// The sub-flow finished.
    SubflowReturned {
        /// The composite's node.
        node: Visited,
        /// The version that finished.
        target: FlowRef,
        /// Whether it finished well.
        success: bool,
        /// The paths that its outputs were written to.
        variables: Vec<Arc<str>>,
    },
    /// The host merged variables.
    Patched {
        /// The node at which the session waits.
        node: Visited,
        /// The top-level keys that were given.
        keys: Vec<String>,
    },
    /// A node failed (R2.10).
    Failed {
        /// The node.
        node: Visited,
        /// A stable code.
        code: Arc<str>,
        /// For the author.
        message: String,
    },
    /// Something an author should know; the flow goes on.
    Warned {
        /// The node.
        node: Visited,
        /// A stable code, e.g. `unresolved_reference`.
        code: &'static str,
        /// What it is about.
        about: Box<str>,
    },
    /// More, of a traced session only; see [`Turn::trace`](crate::Turn::trace).
    Traced(Box<Traced>),
}

/// One showing of a content item.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct Shown {
    /// Derived from the session, its revision when the turn began, and a count within the turn (F32).
    pub id: ImpressionId,
    /// The node that showed it.
    pub node: Visited,
    /// The item.
    pub content_id: ContentId,
    /// The variant, `control` for the body itself; absent when the item has no eligible variants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_key: Option<Arc<str>>,
    /// Whether a question showed it: the answer may come after invalid ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked: bool,
}

/// A node in its flow.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct Visited {
    /// The flow that owns the node.
    pub flow: FlowId,
    /// The node.
    pub node: NodeId,
}

/// An answer that was not valid (R3.10).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refused {
    /// The question's node.
    pub node: Visited,
    /// The raw input; `"[REDACTED]"` for a sensitive question.
    pub input: Value,
    /// What the client took it for.
    pub hint: InputType,
    /// Which check failed (R3.12).
    pub code: Arc<str>,
    /// What the visitor is told.
    pub message: String,
    /// The question's variable.
    pub field: Arc<str>,
    /// The content item that asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_id: Option<ContentId>,
    /// How many invalid answers there have been, this one included.
    pub attempt: u32,
    /// How many repeats are allowed.
    pub max_retries: Option<u32>,
    /// Whether the question stays open.
    pub asked_again: bool,
}
