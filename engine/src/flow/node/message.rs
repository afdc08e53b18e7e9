//! Message nodes (R2.20 to R2.31).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::fields::Fields;
use super::media::{check_media, needs_url};
use super::options::Options;
use super::question::variable;
use super::random::Random;
use super::timing::Timing;
use crate::answer::InputType;
use crate::check::{Code, Patch, Pointer, Report};
use crate::flow::predicate::compile_path;
use crate::flow::target::Target;
use crate::id::ContentId;
use crate::table::object;
use crate::value::path::Path;
use crate::value::shape::Shape;
use crate::value::template::Template;

/// Says something.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) items: Box<[ItemConfig]>,
    /// Said when no entry of `items` yields anything.
    pub(crate) text: Option<Template>,
    /// Said before `text` would be (R2.27).
    pub(crate) rich: Option<Rich>,
    pub(crate) typing: Option<bool>,
    pub(crate) wait: bool,
    pub(crate) replies: Option<Box<Replies>>,
}

/// Markup, and the text for those who cannot show it.
#[derive(Debug)]
pub(crate) struct Rich {
    pub(crate) markup: Template,
    pub(crate) text: Option<Template>,
}

/// One entry of `messages`.
#[derive(Debug)]
pub(crate) struct ItemConfig {
    pub(crate) kind: Arc<str>,
    pub(crate) content_id: Option<ContentId>,
    /// Draws the content item (R4.16).
    pub(crate) random: Option<Box<Random>>,
    pub(crate) body: Option<Body>,
    pub(crate) timing: Timing,
}

/// What an entry shows when it has no content item, or that item is not available (R2.22).
#[derive(Debug)]
pub(crate) enum Body {
    Text(Template),
    Rich(Rich),
    Object(Shape),
    List(Box<ListBody>),
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

/// Options that a message offers (R2.31).
#[derive(Debug)]
pub(crate) struct Replies {
    pub(crate) options: Options,
    pub(crate) variable: Option<Target>,
    /// The variable as the author wrote it, for clients.
    pub(crate) written: Arc<str>,
}

impl Message {
    pub(crate) fn compile(fields: &Fields<'_>, report: &mut Report) -> Self {
        let list = messages(fields, report);
        let items: Box<[ItemConfig]> = list
            .into_iter()
            .flatten()
            .enumerate()
            .filter_map(|(i, entry)| {
                ItemConfig::compile(entry, &fields.at.push("messages").push(i), report)
            })
            .collect();
        let text = fields.template("text", report);
        let rich = Rich::compile(fields, &["fallback_text"], report);
        if list.is_none_or(Vec::is_empty) && text.is_none() && rich.is_none() {
            report
                .add(Code::MessageNoContent, fields.at, "the message has nothing to say")
                .help("add `messages`, or a `text`");
        }
        let wait = ["wait_for_ack", "wait_for_acknowledgment", "wait_for_acknowledgement"];
        Self {
            items,
            text,
            rich,
            typing: flag(fields, &["typing_indicator"], report),
            wait: flag(fields, &wait, report).unwrap_or(false),
            replies: Replies::compile(fields, report).map(Box::new),
        }
    }
}

fn messages<'a>(fields: &Fields<'a>, report: &mut Report) -> Option<&'a Vec<Value>> {
    let (name, value) = fields.first(&["messages"])?;
    if !value.is_array() {
        report
            .add(Code::MessageMessagesType, &fields.at.push(name), "`messages` must be a list")
            .help("write `[{\"text\": \"Hello!\"}]`, or use `text`");
    }
    value.as_array()
}

fn flag(fields: &Fields<'_>, names: &[&'static str], report: &mut Report) -> Option<bool> {
    let (name, value) = fields.first(names)?;
    if !value.is_boolean() {
        let (at, message) = (fields.at.push(name), format!("`{name}` must be true or false"));
        let meant = value.as_str().and_then(|text| text.parse::<bool>().ok());
        report
            .add(Code::MessageFlagType, &at, message)
            .help(format!("correct `{name}`, or remove it"))
            .fix(meant.map(|flag| Patch::replace(&at, flag)));
    }
    value.as_bool()
}

impl Replies {
    fn compile(fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        let options = Options::compile_list("quick_replies", InputType::Choice, fields, report);
        if options.is_empty() {
            return None;
        }
        let (variable, written) = variable(fields, &["variable"], report);
        Some(Self { options, variable, written })
    }
}

impl Rich {
    /// Markup with the first of `beside` as the text that stands for it.
    fn compile(fields: &Fields<'_>, beside: &[&'static str], report: &mut Report) -> Option<Self> {
        let markup = fields.template("rich_text", report)?;
        markup.check_html(&fields.at.push("rich_text"), report);
        let text = fields.first(beside).and_then(|(name, _)| fields.template(name, report));
        Some(Self { markup, text })
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
                random: None,
                body,
                timing: Timing::default(),
            });
        }
        let Some(map) = entry.as_object() else {
            report
                .add(
                    Code::MessageItemType,
                    at,
                    "an entry of `messages` must be an object or a text",
                )
                .help("write e.g. `{\"type\": \"text\", \"text\": \"Hello!\"}`");
            return None;
        };
        let fields = Fields { map, at };
        let kind = fields.text(&["type"], report).unwrap_or("text");
        let kind = if kind == "gif" { "image" } else { kind };
        if !KNOWN.contains(&kind) && !needs_url(kind) {
            report
                .add(
                    Code::MessageUnknownType,
                    &at.push("type"),
                    format!("`{kind}` is passed on as it is"),
                )
                .help("clients must know what to do with it");
        }
        let content_id = content_id(&fields, report);
        // The `source` of a list is the path of that list.
        let is_random =
            !is_list(kind) && map.get("source").is_some_and(|source| source == "random");
        let random = is_random.then(|| Box::new(Random::compile(&fields, report)));
        let body = Body::compile(kind, &fields, report);
        let said = ["content_id", "content", "text", "rich_text", "url", "media"];
        let says_nothing = body.is_none() && !is_random && fields.first(&said).is_none();
        if says_nothing && !is_list(kind) {
            report
                .add(Code::MessageItemEmpty, at, "the entry has nothing to show")
                .help("give it `text`, `content`, `url` or a `content_id`");
        }
        let timing = Timing::compile(map, at, report);
        Some(Self { kind: kind.into(), content_id, random, body, timing })
    }
}

/// The types of R2.23 that need no address.
const KNOWN: [&str; 4] = ["text", "book_list", "item_list", "divider"];

fn is_list(kind: &str) -> bool {
    matches!(kind, "book_list" | "item_list")
}

/// The id of the content item that is named, if it is one.
pub(crate) fn content_id(fields: &Fields<'_>, report: &mut Report) -> Option<ContentId> {
    let text = fields.text(&["content_id"], report)?;
    let id = text.parse().ok().map(ContentId);
    if id.is_none() {
        report
            .add(
                Code::MessageContentId,
                &fields.at.push("content_id"),
                format!("`{text}` is not a UUID"),
            )
            .help("give the id of a content item, or write the text itself");
    }
    id
}

impl Body {
    fn compile(kind: &str, fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        if is_list(kind) {
            return ListBody::compile(kind, fields, report).map(Box::new).map(Self::List);
        }
        if kind == "divider" {
            return Some(Self::Object(Shape::Constant(Value::Object(Map::new()))));
        }
        let at = |name: &str| fields.at.push(name);
        match fields.map.get("content") {
            Some(content @ Value::Object(map)) => {
                check_media(kind, map, &at("content"), report);
                if let Some(markup) = map.get("rich_text").and_then(Value::as_str) {
                    let at = at("content").push("rich_text");
                    // What is wrong with its references is told below.
                    Template::compile(markup, &at, &mut Report::default()).check_html(&at, report);
                }
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
        if let Some(rich) = Rich::compile(fields, &["text", "fallback_text"], report) {
            check_media(kind, &Map::new(), fields.at, report);
            return Some(Self::Rich(rich));
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
        let kept = media.chain(fields.map).filter(|(key, _)| !outside.contains(&key.as_str()));
        let flat = object(kept.map(entry));
        let media_at = at("media");
        let url_at = if fields.map.contains_key("url") { fields.at } else { &media_at };
        check_media(kind, &flat, url_at, report);
        Some(Self::Object(Shape::compile(&Value::Object(flat), fields.at, report)))
    }
}

impl ListBody {
    fn compile(kind: &str, fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        let source = fields.text(&["source"], report);
        let source = source.and_then(|text| {
            compile_path(text, &fields.at.push("source"), Code::MessageListSource, report)
        });
        if source.is_none() && !fields.is_set("source") {
            report
                .add(
                    Code::MessageListSource,
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
            title: fields.template("title", report),
        })
    }
}
