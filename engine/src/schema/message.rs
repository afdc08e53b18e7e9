//! Messages (R2.20 to R2.31).

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::loose::{Choice, Delay};

/// Says something.
#[derive(JsonSchema)]
pub(super) struct Message {
    /// What is said, one bubble after the other.
    #[schemars(extend("default" = []))]
    messages: Option<Vec<Entry>>,
    /// Said when `messages` yields nothing. May refer to variables: `{{user.name}}`.
    text: Option<String>,
    /// As `text`, with a part of HTML; goes before it.
    rich_text: Option<String>,
    /// Plain text for readers without HTML.
    #[schemars(extend("default" = ""))]
    fallback_text: Option<String>,
    /// Whether the client shows that something is being typed.
    #[schemars(extend("default" = true))]
    typing_indicator: Option<bool>,
    /// Whether the conversation waits until the visitor goes on.
    #[schemars(extend("default" = false))]
    wait_for_ack: Option<bool>,
    /// Same as `wait_for_ack`.
    #[schemars(extend("x-alias-of" = "wait_for_ack"))]
    wait_for_acknowledgment: Option<bool>,
    /// Same as `wait_for_ack`.
    #[schemars(extend("x-alias-of" = "wait_for_ack"))]
    wait_for_acknowledgement: Option<bool>,
    /// Buttons below the message that save typing; going on without one is allowed.
    quick_replies: Option<Vec<Choice>>,
    /// Where a quick reply is stored.
    variable: Option<String>,
}

/// One bubble: an object, or a text.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Entry {
    /// A text.
    Text(String),
    /// Anything.
    Object(Box<Bubble>),
}

/// One bubble. Other keys are kept.
#[derive(JsonSchema)]
struct Bubble {
    /// What it is; other types go through to the client.
    #[schemars(extend("default" = "text", "examples" = ["text", "image", "gif", "video", "audio", "file", "link", "book_list", "item_list", "divider"]))]
    r#type: Option<String>,
    /// An item of the content library; what stands beside is shown if it is not available.
    #[schemars(extend("format" = "uuid"))]
    content_id: Option<String>,
    /// The text, or the parts of other types.
    content: Option<Content>,
    /// The text, when there is no `content`.
    text: Option<String>,
    /// The text with a part of HTML.
    rich_text: Option<String>,
    /// Plain text for readers without HTML, when there is no `text`.
    fallback_text: Option<String>,
    /// For lists the path of the list, e.g. `temp.results`; `random` draws from the library.
    source: Option<String>,
    /// What is drawn, when `source` is `random`.
    source_config: Option<super::question::SourceConfig>,
    /// Receives the ids of what was drawn, e.g. `temp.seen`.
    track_shown_in: Option<String>,
    /// How many entries of a list are shown.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u64>,
    /// The heading of a list.
    title: Option<String>,
    /// The address of a picture, video, sound, file or link: https, or a path that begins with `/`.
    url: Option<String>,
    /// A picture in words.
    alt: Option<String>,
    /// The parts of a picture, video, sound, file or link in an object of their own.
    media: Option<Media>,
    /// How long to wait before it appears.
    delay: Option<Delay>,
    /// As `delay`, in milliseconds; goes before it.
    #[schemars(range(min = 0))]
    delay_ms: Option<f64>,
    /// How long the client shows that it is being typed.
    typing_delay: Option<Delay>,
    /// As `typing_delay`, in milliseconds; goes before it.
    #[schemars(range(min = 0))]
    typing_delay_ms: Option<f64>,
}

/// A text, the parts of a bubble, or a value that is shown as text.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Content {
    /// A text.
    Text(String),
    /// Its parts.
    Parts(Map<String, Value>),
    /// Shown as text.
    Number(f64),
    /// Shown as text.
    Flag(bool),
    /// Shown as text.
    List(Vec<Value>),
}

/// A picture, video, sound, file or link.
#[derive(JsonSchema)]
struct Media {
    /// Its address.
    url: Option<String>,
    /// It in words.
    alt: Option<String>,
}
