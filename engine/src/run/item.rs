//! Message items from an author's texts and from content items (R2.22 to R2.26).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::gather::Gather;
use super::scope::Scope;
use crate::check::{Pointer, Report};
use crate::content::ContentItem;
use crate::flow::node::media::{is_allowed_url, needs_url};
use crate::flow::node::message::{Body, ItemConfig, ListBody, Rich};
use crate::flow::node::timing::{Timing, milliseconds};
use crate::html::clean_within;
use crate::id::{ContentId, NodeId};
use crate::protocol::{Content, Item};
use crate::session::Gathered;
use crate::table;
use crate::value::Lookup;
use crate::value::shape::{Purpose, Shape};
use crate::value::template::Missing;

/// What rendering found out beside the items.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) missing: Missing,
    pub(super) warnings: Vec<(&'static str, Box<str>)>,
}

/// The items of one entry of `messages`, by its content item, named or drawn, if that is available.
pub(super) fn render(
    config: &ItemConfig,
    (id, gathered): (Option<ContentId>, &Gathered),
    node: &NodeId,
    scope: &Scope<'_>,
    notes: &mut Notes,
) -> Vec<Item> {
    let content_item = id.and_then(|id| gathered.item(id));
    let mut items = content_item
        .map_or_else(Vec::new, |found| render_content(found, gathered, node, scope, notes));
    // A draw that found nothing has been told.
    let drawn_in_vain = config.random.is_some() && config.body.is_none();
    if items.is_empty() && !drawn_in_vain {
        items.extend(render_own(config, node, scope, notes));
    }
    for item in &mut items {
        set_timing(item, &config.timing);
    }
    items
}

/// The item of an entry's own content.
fn render_own(
    config: &ItemConfig,
    node: &NodeId,
    scope: &Scope<'_>,
    notes: &mut Notes,
) -> Option<Item> {
    let content = match &config.body {
        None => None,
        Some(Body::Text(text)) => Some(Content::Text(text.show(scope, &mut notes.missing))),
        Some(Body::Rich(rich)) => Some(render_rich(rich, scope, notes)),
        Some(Body::Object(shape)) => object(shape.fill(scope, Purpose::Show, &mut notes.missing)),
        Some(Body::List(list)) => render_list(list, scope, notes),
    };
    let item = content.map(|content| Item::new(Arc::clone(&config.kind), content, node.clone()));
    let item = item.filter(|item| has_good_url(item, notes));
    if item.is_none() {
        notes.warnings.push(("empty_message", (&*config.kind).into()));
    }
    item
}

/// Markup, and the text that stands for it (R2.22, R2.27).
pub(super) fn render_rich(rich: &Rich, scope: &Scope<'_>, notes: &mut Notes) -> Content {
    let markup = rich.markup.html(scope, &mut notes.missing);
    let text = rich.text.as_ref().map(|text| text.show(scope, &mut notes.missing));
    let text = Value::from(text.unwrap_or_default());
    let body =
        table::object([("rich_text".to_owned(), Value::from(markup)), ("text".to_owned(), text)]);
    Content::Object { body, text: None }
}

fn set_timing(item: &mut Item, timing: &Timing) {
    // Entries of a content item have delays of their own.
    if timing.delay_ms.is_some() {
        item.delay.clone_from(&timing.delay);
        item.delay_ms = timing.delay_ms;
    }
    item.typing_delay_ms = timing.typing_delay_ms.or(item.typing_delay_ms);
}

fn object(value: Value) -> Option<Content> {
    if let Value::Object(body) = value { Some(Content::Object { body, text: None }) } else { None }
}

fn has_good_url(item: &Item, notes: &mut Notes) -> bool {
    if !needs_url(&item.kind) {
        return true;
    }
    let url = match &item.content {
        Content::Object { body, .. } => body.get("url").and_then(Value::as_str).unwrap_or_default(),
        Content::Text(_) => "",
    };
    let good = is_allowed_url(url);
    if !good {
        notes.warnings.push(("media_url", url.chars().take(200).collect::<String>().into()));
    }
    good
}

fn render_list(list: &ListBody, scope: &Scope<'_>, notes: &mut Notes) -> Option<Content> {
    let found = Lookup::get(scope, &list.source)?;
    let items = found.as_array().filter(|items| !items.is_empty())?;
    let limit = list.limit.unwrap_or(usize::MAX);
    let mut shown = Value::Array(items.iter().take(limit).cloned().collect());
    clean_within(&mut shown);
    let mut body = table::object([(list.key.to_owned(), shown)]);
    if let Some(title) = &list.title {
        body.insert("title".to_owned(), Value::from(title.show(scope, &mut notes.missing)));
    }
    Some(Content::Object { body, text: None })
}

/// The content items that a content item names in its `messages` (R2.24).
pub(super) fn nested_ids(found: &ContentItem) -> impl Iterator<Item = ContentId> {
    let entries = found.content.get("messages").and_then(Value::as_array);
    let id = |entry: &Value| entry.get("content_id")?.as_str()?.parse().ok().map(ContentId);
    entries.into_iter().flatten().filter_map(id)
}

/// A content item as message items (R2.24): one, or one per entry of its `messages`. An entry may
/// name another item, which is shown without entries of its own.
fn render_content(
    found: &ContentItem,
    gathered: &Gathered,
    node: &NodeId,
    scope: &Scope<'_>,
    notes: &mut Notes,
) -> Vec<Item> {
    let at = Pointer::root();
    if let Some(entries) = found.content.get("messages").and_then(Value::as_array) {
        let mut report = Report::default();
        let configs =
            entries.iter().filter_map(|entry| ItemConfig::compile(entry, &at, &mut report));
        let configs: Vec<ItemConfig> = configs.collect();
        let nothing = Gathered::default();
        let items = configs.iter().flat_map(|config| {
            let inner = config.content_id.and_then(|id| gathered.item(id));
            if let Some(inner) = inner.filter(|inner| !inner.content.contains_key("messages")) {
                let mut item = render_single(inner, node, scope, notes);
                set_timing(&mut item, &config.timing);
                return vec![item];
            }
            let items = render(config, (None, &nothing), node, scope, notes);
            items.into_iter().map(|item| sourced(item, found)).collect()
        });
        return items.collect();
    }
    vec![render_single(found, node, scope, notes)]
}

fn render_single(found: &ContentItem, node: &NodeId, scope: &Scope<'_>, notes: &mut Notes) -> Item {
    let body = filled(found, scope, notes);
    let text = text_of(&found.kind, &body);
    let typing = body.get("typing_delay").and_then(milliseconds);
    let kind: Arc<str> = found.kind.as_str().into();
    let mut item = Item::new(kind, Content::Object { body, text }, node.clone());
    item.typing_delay_ms = typing;
    sourced(item, found)
}

fn sourced(mut item: Item, found: &ContentItem) -> Item {
    item.source = Some((found.id, found.kind.as_str().into()));
    item
}

/// The body with its references replaced, and nested shapes unwrapped.
pub(super) fn filled(
    found: &ContentItem,
    scope: &Scope<'_>,
    notes: &mut Notes,
) -> Map<String, Value> {
    let body = Value::Object(unwrapped(found));
    let shape = Shape::compile(&body, &Pointer::root(), &mut Report::default());
    let filled = shape.fill(scope, Purpose::Show, &mut notes.missing);
    if let Value::Object(body) = filled { body } else { Map::new() }
}

/// `{"fact": {"text": …}}` is read as if the inner keys stood at the top (R2.24).
pub(super) fn unwrapped(found: &ContentItem) -> Map<String, Value> {
    let mut body = found.content.clone();
    if !body.contains_key("text")
        && let Some(Value::Object(inner)) = found.content.get(&found.kind)
    {
        for (key, value) in inner {
            body.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    body
}

fn text_of(kind: &str, body: &Map<String, Value>) -> Option<String> {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    match kind {
        "joke" => Some(format!("{}\n{}", text("setup")?, text("punchline")?)),
        "question" => text("text").or_else(|| text("question_text")).map(str::to_owned),
        _ => None,
    }
}
