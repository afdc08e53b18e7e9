//! Where a session stands between steps.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::content::ContentItem;
use crate::from_json::FromJson;
use crate::id::{ContentId, EffectId, FlowRef};
use crate::protocol::{Ending, Prompt, ScriptRequest};
use crate::time::Timestamp;

/// Where a session stands between steps.
// Content beside the tag is read as it comes; inside the tag's object it would be buffered first.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
#[serde(tag = "phase", content = "with", rename_all = "snake_case")]
pub enum Phase {
    /// Not started.
    New,
    /// Waiting for an answer.
    Asking {
        /// The question as presented.
        prompt: Arc<Prompt>,
        /// Invalid answers so far.
        attempts: u32,
        /// When it was presented.
        asked_at: Timestamp,
    },
    /// Waiting for an acknowledgement.
    Acknowledging {
        /// Names the node that waits.
        prompt: Arc<Prompt>,
    },
    /// Waiting for the result of a script.
    Scripting {
        /// As handed out.
        request: Arc<ScriptRequest>,
    },
    /// Waiting for the host.
    Resolving {
        /// The effect it needs.
        effect: EffectId,
        /// How to go on.
        resume: Resume,
    },
    /// Over.
    Ended(Ending),
}

/// How the node at the session's position goes on once its effect is resolved. Data, never code:
/// it may be stored and resumed elsewhere.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
#[serde(tag = "node", rename_all = "snake_case")]
pub enum Resume {
    /// A message or question that gathers content.
    Content(Gathered),
    /// An action node in the middle of its list.
    Action(Acting),
    /// A webhook node whose request was sent at this time.
    Webhook {
        /// When.
        sent_at: Timestamp,
    },
    /// A composite that waits for its flow.
    Composite {
        /// The version it enters.
        flow: FlowRef,
    },
}

/// What a node has gathered from the library so far.
#[derive(Clone, Debug, Default, Deserialize, FromJson, PartialEq, Serialize)]
pub struct Gathered {
    /// What the open effect asks for.
    pub(crate) asked: Asked,
    /// One entry per random source of the node that has been drawn: the item, or nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) drawn: Vec<Option<ContentId>>,
    /// The items fetched so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) items: Vec<ContentItem>,
    /// Ids that were asked for; those without an item are not available.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) fetched: Vec<ContentId>,
}

/// What the open effect of a [`Gathered`] asks for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, FromJson, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Asked {
    /// Nothing yet.
    #[default]
    Nothing,
    /// Candidates that were not shown before.
    Fresh,
    /// Candidates whether shown before or not (F8).
    Any,
    /// Items.
    Items,
}

/// How far an action node has come.
#[derive(Clone, Debug, Default, Deserialize, FromJson, PartialEq, Serialize)]
pub struct Acting {
    /// The action that is next, or whose effect is open.
    pub(crate) index: usize,
    /// The paths written so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) variables: Vec<Arc<str>>,
    /// What went wrong so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<String>,
    /// Whether an error counts as the node's failure.
    #[serde(default)]
    pub(crate) failed: bool,
}
