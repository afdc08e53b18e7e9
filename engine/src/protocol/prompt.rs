//! A question put to the visitor.

use std::sync::Arc;

use serde::Deserialize;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::answer::{AnswerOption, InputType};
use crate::from_json::FromJson;
use crate::id::{ContentId, FlowId, NodeId};

/// A question as it was presented: what a client shows, and what the answer is matched against.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, serde::Serialize)]
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
        serde_json::to_value(self.wire()).unwrap_or_default()
    }

    /// What [`Prompt::to_value`] gives, to be written as text without a value in between.
    pub(super) fn wire(&self) -> impl Serialize {
        Wire(self)
    }
}

struct Wire<'a>(&'a Prompt);

/// What every prompt has.
const USUAL: [&str; 7] =
    ["content_id", "input_type", "node_id", "options", "question", "validation", "variable"];

impl Serialize for Wire<'_> {
    /// Its keys in order, as those of a value are; more than the usual goes before the usual.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Prompt { more, content_id, .. } = self.0;
        let is_usual =
            |key: &&str| !more.contains_key(*key) && (content_id.is_some() || *key != "content_id");
        let mut usual = USUAL.into_iter().filter(is_usual).peekable();
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in more.iter() {
            while let Some(before) = usual.next_if(|usual| *usual < key.as_str()) {
                self.write(before, &mut map)?;
            }
            map.serialize_entry(key, value)?;
        }
        for key in usual {
            self.write(key, &mut map)?;
        }
        map.end()
    }
}

impl Wire<'_> {
    fn write<M: SerializeMap>(&self, key: &'static str, map: &mut M) -> Result<(), M::Error> {
        let prompt = self.0;
        map.serialize_key(key)?;
        match key {
            "content_id" => map.serialize_value(&prompt.content_id),
            "input_type" => map.serialize_value(&prompt.input_type),
            "node_id" => map.serialize_value(&prompt.node),
            "options" => {
                let options: Vec<_> = prompt.options.iter().map(AnswerOption::wire).collect();
                map.serialize_value(&options)
            }
            "question" => map.serialize_value(&prompt.question),
            "variable" => map.serialize_value(&prompt.variable),
            _ => map.serialize_value(&Map::<String, Value>::new()),
        }
    }
}
