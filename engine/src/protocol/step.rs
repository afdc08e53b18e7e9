//! What one input led to.

use std::sync::Arc;

use serde::Serialize;

use super::effect::Effect;
use super::ending::Ending;
use super::event::Event;
use super::prompt::Prompt;
use super::script::ScriptRequest;

/// What one input led to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[must_use = "a step says what the host must do next"]
pub struct Step {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// What the session needs now.
    pub next: Next,
}

/// What a session needs before it can go on.
// Beside the tag, not among it: an effect has a `type` of its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
pub enum Next {
    /// The host must resolve this effect.
    Resolve(Effect),
    /// The visitor must answer this prompt.
    Ask(Arc<Prompt>),
    /// The visitor must acknowledge what was said.
    Acknowledge(Arc<Prompt>),
    /// The client must run this script and tell its result.
    Script(Arc<ScriptRequest>),
    /// Nothing: the session is over.
    Ended(Ending),
}
