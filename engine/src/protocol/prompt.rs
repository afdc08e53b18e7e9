//! A question put to the visitor.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::answer::{AnswerOption, InputType};
use crate::id::{ContentId, FlowId, NodeId};

/// A question as it was presented: what a client shows, and what the answer is matched against.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Prompt {
    /// The node that asks.
    pub node: NodeId,
    /// The flow that owns the node.
    pub flow: FlowId,
    /// What kind of answer is wanted; `continue` for an acknowledgement.
    pub input_type: InputType,
    /// Where the answer goes; empty for nowhere.
    pub variable: Arc<str>,
    /// `text`, and `id`, `type` and `content` when it came from a content item.
    pub question: Map<String, Value>,
    /// The options as presented, private keys included.
    #[serde(default, skip_serializing_if = "no_options")]
    pub options: Arc<[AnswerOption]>,
    /// The content item it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<ContentId>,
    /// `validation`, `slider_config`, `placeholder`, … when the question has them (R3.1).
    #[serde(default, skip_serializing_if = "no_more")]
    pub more: Arc<Map<String, Value>>,
}

fn no_options(options: &Arc<[AnswerOption]>) -> bool {
    options.is_empty()
}

fn no_more(more: &Map<String, Value>) -> bool {
    more.is_empty()
}

impl Prompt {
    /// The wait for an acknowledgement (R2.30), with the replies that are offered (R2.31).
    pub(crate) fn acknowledge(
        node: NodeId,
        flow: FlowId,
        variable: Arc<str>,
        options: Arc<[AnswerOption]>,
    ) -> Self {
        Self {
            node,
            flow,
            input_type: InputType::Continue,
            variable,
            question: Map::new(),
            options,
            content_id: None,
            more: Arc::default(),
        }
    }

    /// The options without what their author keeps private (R3.9).
    pub fn public_options(&self) -> Value {
        self.options.iter().map(AnswerOption::public).collect()
    }

    /// The `input_request` of the wire (R3.1).
    pub fn to_value(&self) -> Value {
        let mut request = json!({
            "input_type": self.input_type,
            "variable": self.variable,
            "question": self.question,
            "options": self.public_options(),
            "node_id": self.node,
            "validation": {},
        });
        if let Value::Object(map) = &mut request {
            if let Some(id) = self.content_id {
                map.insert("content_id".to_owned(), json!(id));
            }
            map.extend(self.more.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        request
    }
}
