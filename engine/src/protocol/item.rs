//! What a message shows.

use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::id::{ContentId, NodeId};
use crate::table::object;

/// One message item (R2.16).
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// `text`, `image`, `book_list`, … or the type of the content item.
    pub kind: Arc<str>,
    /// What is shown.
    pub content: Content,
    /// The node that says it.
    pub node: NodeId,
    /// The content item it came from, and that item's type.
    pub source: Option<(ContentId, Arc<str>)>,
    /// The variant of that item (R13.22).
    pub variant_key: Option<Arc<str>>,
    /// The author's delay, as written.
    pub delay: Option<Value>,
    /// The delay in milliseconds (R2.17).
    pub delay_ms: Option<u32>,
    /// How long to show that somebody types, in milliseconds.
    pub typing_delay_ms: Option<u32>,
    /// `validation_error` or `error` for what the engine itself says.
    pub level: Option<&'static str>,
}

/// The body of an [`Item`].
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// `{"text": …}`.
    Text(String),
    /// Anything else, with the text that stands for it (a joke's setup and punchline).
    Object {
        /// The body.
        body: Map<String, Value>,
        /// The text mirrored beside the body when the body has none of its own.
        text: Option<String>,
    },
}

impl Item {
    /// A plain text.
    pub fn text(text: String, node: NodeId) -> Self {
        Self::new("text".into(), Content::Text(text), node)
    }

    /// What a script shows; clients put it into a frame without scripts (F6).
    pub(crate) fn html(html: String, node: NodeId) -> Self {
        let body = object([("html".to_owned(), Value::from(html))]);
        Self::new("html".into(), Content::Object { body, text: None }, node)
    }

    pub(crate) fn new(kind: Arc<str>, content: Content, node: NodeId) -> Self {
        Self {
            kind,
            content,
            node,
            source: None,
            variant_key: None,
            delay: None,
            delay_ms: None,
            typing_delay_ms: None,
            level: None,
        }
    }

    /// The text that readers without support for the type show.
    pub fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            Content::Object { body, text } => {
                text.as_deref().or_else(|| body.get("text").and_then(Value::as_str))
            }
        }
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("text", text)?;
                map.end()
            }
            Self::Object { body, .. } => body.serialize(serializer),
        }
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.kind)?;
        map.serialize_entry("content", &self.content)?;
        if let Some(text) = self.as_text() {
            map.serialize_entry("text", text)?;
        }
        map.serialize_entry("node_id", &self.node)?;
        if let Some((id, kind)) = &self.source {
            map.serialize_entry("id", id)?;
            map.serialize_entry("content_type", kind)?;
        }
        if let Some(key) = &self.variant_key {
            map.serialize_entry("variant_key", key)?;
        }
        if let Some(delay) = &self.delay {
            map.serialize_entry("delay", delay)?;
        }
        if let Some(delay) = self.delay_ms {
            map.serialize_entry("delay_ms", &delay)?;
        }
        if let Some(delay) = self.typing_delay_ms {
            map.serialize_entry("typing_delay_ms", &delay)?;
        }
        if let Some(level) = self.level {
            map.serialize_entry("level", level)?;
        }
        map.end()
    }
}
