//! Message nodes (R2.20 to R2.30).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::check::{Code, Pointer, Report};
use crate::flow::predicate::compile_path;
use crate::id::ContentId;
use crate::value::path::Path;
use crate::value::shape::Shape;
use crate::value::template::Template;

/// Says something.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) items: Box<[ItemConfig]>,
    /// Said when no entry of `items` yields anything.
    pub(crate) text: Option<Template>,
    pub(crate) typing: Option<bool>,
    pub(crate) wait: bool,
}

/// One entry of `messages`.
#[derive(Debug)]
pub(crate) struct ItemConfig {
    pub(crate) kind: Arc<str>,
    pub(crate) content_id: Option<ContentId>,
    pub(crate) body: Option<Body>,
    pub(crate) timing: Timing,
}

/// What an entry shows when it has no content item, or that item is not available (R2.22).
#[derive(Debug)]
pub(crate) enum Body {
    Text(Template),
    Object(Shape),
    List(ListBody),
}

/// A list of things from the state (R2.26).
#[derive(Debug)]
pub(crate) struct ListBody {
    /// The key of the list in the item's content: `books` or `items`.
    pub(crate) key: &'static str,
    pub(crate) source: Path,
    pub(crate) limit: Option<usize>,
    pub(crate) title: Option<Template>,
}

/// The author's delays (R2.17).
#[derive(Debug, Default)]
pub(crate) struct Timing {
    pub(crate) delay: Option<Value>,
    pub(crate) delay_ms: Option<u32>,
    pub(crate) typing_delay_ms: Option<u32>,
}

const MEDIA: [&str; 6] = ["image", "gif", "video", "audio", "file", "link"];

impl Message {
    pub(crate) fn compile(fields: &Fields<'_>, report: &mut Report) -> Self {
        fields.not_built(&["rich_text", "quick_replies"], report);
        let list = fields.list(&["messages"], report);
        let items: Box<[ItemConfig]> = list
            .into_iter()
            .flatten()
            .enumerate()
            .filter_map(|(i, entry)| {
                ItemConfig::compile(entry, &fields.at.push("messages").push(i), report)
            })
            .collect();
        let text = fields
            .text(&["text"], report)
            .map(|text| Template::compile(text, &fields.at.push("text"), report));
        if list.is_none_or(Vec::is_empty) && text.is_none() && !fields.map.contains_key("rich_text")
        {
            report
                .add(Code::MessageNoContent, fields.at, "the message has nothing to say")
                .help("add `messages`, or a `text`");
        }
        let wait = ["wait_for_ack", "wait_for_acknowledgment", "wait_for_acknowledgement"];
        Self {
            items,
            text,
            typing: fields.flag(&["typing_indicator"], report),
            wait: fields.flag(&wait, report).unwrap_or(false),
        }
    }
}

impl ItemConfig {
    /// `None` for an entry that can never show anything; it has been reported.
    pub(crate) fn compile(entry: &Value, at: &Pointer, report: &mut Report) -> Option<Self> {
        if let Value::String(text) = entry {
            let body = Some(Body::Text(Template::compile(text, at, report)));
            return Some(Self {
                kind: "text".into(),
                content_id: None,
                body,
                timing: Timing::default(),
            });
        }
        let Some(map) = entry.as_object() else {
            report
                .add(Code::MessageItem, at, "an entry of `messages` must be an object or a text")
                .help("write e.g. `{\"type\": \"text\", \"text\": \"Hello!\"}`");
            return None;
        };
        let fields = Fields { map, at };
        fields.not_built(&["rich_text"], report);
        if map.get("source").and_then(Value::as_str) == Some("random") {
            report
                .add(Code::NodeNotBuilt, &at.push("source"), "random messages are not built yet")
                .help("draw in a question, or name the item by `content_id`");
        }
        let kind = fields.text(&["type"], report).unwrap_or("text");
        let kind = if kind == "gif" { "image" } else { kind };
        let content_id = content_id(&fields, report);
        let body = Body::compile(kind, &fields, report);
        if content_id.is_none() && body.is_none() && !map.contains_key("rich_text") {
            report
                .add(Code::MessageItem, at, "the entry has nothing to show")
                .help("give it `text`, `content`, `url` or a `content_id`");
        }
        Some(Self { kind: kind.into(), content_id, body, timing: Timing::compile(map, at, report) })
    }
}

/// The id of the content item that is named, if it is one.
pub(crate) fn content_id(fields: &Fields<'_>, report: &mut Report) -> Option<ContentId> {
    let text = fields.text(&["content_id"], report)?;
    let id = text.parse().ok().map(ContentId);
    if id.is_none() {
        report
            .add(
                Code::MessageItem,
                &fields.at.push("content_id"),
                format!("`{text}` is not a UUID"),
            )
            .help("give the id of a content item, or write the text itself");
    }
    id
}

impl Body {
    fn compile(kind: &str, fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        if let "book_list" | "item_list" = kind {
            return ListBody::compile(kind, fields, report).map(Self::List);
        }
        if kind == "divider" {
            return Some(Self::Object(Shape::Constant(Value::Object(Map::new()))));
        }
        let at = |name: &str| fields.at.push(name);
        match fields.map.get("content") {
            Some(content @ Value::Object(map)) => {
                check_media(kind, map, &at("content"), report);
                return Some(Self::Object(Shape::compile(content, &at("content"), report)));
            }
            Some(Value::Null) | None => {}
            Some(Value::String(text)) => {
                check_media(kind, &Map::new(), fields.at, report);
                return Some(Self::Text(Template::compile(text, &at("content"), report)));
            }
            Some(other) => {
                let text = other.to_string();
                check_media(kind, &Map::new(), fields.at, report);
                return Some(Self::Text(Template::compile(&text, &at("content"), report)));
            }
        }
        // A picture with a caption: the address makes it a picture (R2.23).
        let captioned = needs_url(kind) && (fields.is_set("url") || fields.is_set("media"));
        if let Some(text) = fields.text(&["text"], report).filter(|_| !captioned) {
            check_media(kind, &Map::new(), fields.at, report);
            return Some(Self::Text(Template::compile(text, &at("text"), report)));
        }
        let media = fields.object(&["media"], report);
        if !fields.is_set("url") && media.is_none() {
            return None;
        }
        let outside =
            ["type", "delay", "typing_delay", "delay_ms", "typing_delay_ms", "content_id", "media"];
        let entry = |(key, value): (&String, &Value)| (key.clone(), value.clone());
        // What stands beside `media` belongs to it (R2.22).
        let media = media.into_iter().flatten();
        let flat: Map<String, Value> = media
            .chain(fields.map)
            .filter(|(key, _)| !outside.contains(&key.as_str()))
            .map(entry)
            .collect();
        check_media(kind, &flat, fields.at, report);
        Some(Self::Object(Shape::compile(&Value::Object(flat), fields.at, report)))
    }
}

fn check_media(kind: &str, content: &Map<String, Value>, at: &Pointer, report: &mut Report) {
    if !MEDIA.contains(&kind) {
        return;
    }
    let url = content.get("url").and_then(Value::as_str).unwrap_or_default();
    if !url.contains("{{") && !is_allowed_url(url) {
        report
            .add(
                Code::MessageMediaUrl,
                &at.push("url"),
                format!("`{url}` is not an allowed address"),
            )
            .help("use an https URL, a path that begins with `/`, or a small data:image");
    }
}

/// Whether an item of this type needs an allowed `url` (R2.23).
pub(crate) fn needs_url(kind: &str) -> bool {
    MEDIA.contains(&kind)
}

/// R2.23: https, a root-relative path, or an image of at most 64 KiB.
pub(crate) fn is_allowed_url(url: &str) -> bool {
    let clean = !url.chars().any(|c| c.is_control() || c == '\\');
    let rooted = url.starts_with('/') && !url.starts_with("//");
    let image = url.starts_with("data:image/") && url.len() <= 64 * 1024;
    clean && (url.starts_with("https://") || rooted || image)
}

impl ListBody {
    fn compile(kind: &str, fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        let source = fields.text(&["source"], report);
        let source = source.and_then(|text| {
            compile_path(text, &fields.at.push("source"), Code::MessageItem, report)
        });
        if source.is_none() && !fields.is_set("source") {
            report
                .add(
                    Code::MessageItem,
                    fields.at,
                    format!("a `{kind}` needs `source`, the path of a list"),
                )
                .help("e.g. `\"source\": \"temp.results\"`");
        }
        let limit = fields.map.get("limit").and_then(Value::as_u64);
        Some(Self {
            key: if kind == "book_list" { "books" } else { "items" },
            source: source?,
            limit: limit.and_then(|n| usize::try_from(n.clamp(1, 100)).ok()),
            title: fields
                .text(&["title"], report)
                .map(|text| Template::compile(text, &fields.at.push("title"), report)),
        })
    }
}

impl Timing {
    pub(crate) fn compile(map: &Map<String, Value>, at: &Pointer, report: &mut Report) -> Self {
        let mut read = |name: &str, explicit: &str| -> Option<u32> {
            let is_set = |name: &&str| map.get(*name).is_some_and(|value| !value.is_null());
            let name = [explicit, name].into_iter().find(is_set)?;
            let value = map.get(name)?;
            let (ms, help) = if name == explicit {
                (value.as_f64().and_then(bounded), "write milliseconds, 0 or more (500)")
            } else {
                (milliseconds(value), "write seconds (1.5) or milliseconds (500)")
            };
            if ms.is_none() {
                let message = format!("`{name}` is not a delay");
                report.add(Code::MessageDelay, &at.push(name), message).help(help);
            }
            ms
        };
        let delay_ms = read("delay", "delay_ms");
        let typing_delay_ms = read("typing_delay", "typing_delay_ms");
        let delay = map.get("delay").filter(|_| delay_ms.is_some()).cloned();
        Self { delay, delay_ms, typing_delay_ms }
    }
}

/// R2.17: numbers below 60 are seconds, others milliseconds; `1.5s` and `500ms` are explicit.
pub(crate) fn milliseconds(value: &Value) -> Option<u32> {
    let number = |text: &str, factor: f64| text.trim().parse::<f64>().ok().map(|n| n * factor);
    let ms = match value {
        Value::Number(n) => n.as_f64().map(|n| if n < 60.0 { n * 1000.0 } else { n }),
        Value::String(text) => match (text.strip_suffix("ms"), text.strip_suffix('s')) {
            (Some(ms), _) => number(ms, 1.0),
            (None, Some(s)) => number(s, 1000.0),
            (None, None) => None,
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }?;
    bounded(ms)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0..=30000")]
fn bounded(ms: f64) -> Option<u32> {
    (ms.is_finite() && ms >= 0.0).then(|| ms.round().min(30_000.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::{Timing, is_allowed_url, milliseconds};
    use crate::check::{Pointer, Report};
    use serde_json::json;

    #[test]
    fn delays_are_read_in_seconds_and_milliseconds() {
        for (value, want) in [
            (json!(1.5), Some(1500)),
            (json!(59), Some(30_000)),
            (json!(60), Some(60)),
            (json!(500), Some(500)),
            (json!("1.5s"), Some(1500)),
            (json!("500ms"), Some(500)),
            (json!(-1), None),
            (json!("soon"), None),
            (json!([]), None),
        ] {
            assert_eq!(milliseconds(&value), want, "{value}");
        }
    }

    /// R2.17: what is no duration is told and dropped, never read as "at once".
    #[test]
    fn an_explicit_delay_is_in_milliseconds() {
        for (value, want) in [
            (json!(1.5), Some(2)),
            (json!(0), Some(0)),
            (json!(90_000), Some(30_000)),
            (json!(-1), None),
            (json!("500ms"), None),
        ] {
            let map = json!({"delay_ms": value, "delay": 3});
            let mut report = Report::default();
            let timing = Timing::compile(map.as_object().unwrap(), &Pointer::root(), &mut report);
            assert_eq!(timing.delay_ms, want, "{value}");
            assert_eq!(report.is_empty(), want.is_some(), "{value}");
        }
    }

    #[test]
    fn only_safe_addresses_are_shown() {
        for url in ["https://a.example/x.png", "/img/a.png", "data:image/svg+xml,x"] {
            assert!(is_allowed_url(url), "{url}");
        }
        for url in [
            "javascript:alert(1)",
            "http://a.example",
            "//a.example",
            "data:text/html,x",
            "",
            "/\\a.example",
        ] {
            assert!(!is_allowed_url(url), "{url}");
        }
    }
}
