//! Content for a node: fetched by id, or drawn (R4.1 to R4.15, F8, F38).

use serde_json::{Map, Value};

use super::scope::Scope;
use super::{Move, Run};
use crate::content::{ContentItem, ContentQuery};
use crate::draw::{draw, index_below};
use crate::flow::node::random::{Exhausted, Random, reference};
use crate::flow::target::Target;
use crate::from_json::FromJson;
use crate::id::ContentId;
use crate::protocol::EffectKind;
use crate::session::{Asked, Gathered, Resume};
use crate::table::object;
use crate::value::Lookup;
use crate::value::display::text_of;
use crate::value::option::{option_value, reduced};
use crate::value::path::Path;

/// Reads what has been gathered.
pub(super) trait Gather {
    /// The item of an id, if the host had it.
    fn item(&self, id: ContentId) -> Option<&ContentItem>;
}

impl Gather for Gathered {
    fn item(&self, id: ContentId) -> Option<&ContentItem> {
        self.items.iter().find(|item| item.id == id)
    }
}

impl Run<'_> {
    /// Asks the host for items.
    pub(super) fn fetch(&mut self, mut gathered: Gathered, ids: Vec<ContentId>) -> Move {
        gathered.asked = Asked::Items;
        gathered.fetched.extend(&ids);
        self.open(EffectKind::FetchContent { ids }, Resume::Content(gathered))
    }

    /// Asks the host what may be drawn; `fresh` leaves out what was shown before.
    pub(super) fn list(&mut self, random: &Random, mut gathered: Gathered, fresh: bool) -> Move {
        gathered.asked = if fresh { Asked::Fresh } else { Asked::Any };
        let query = self.query(random, fresh);
        self.open(EffectKind::ListCandidates { query }, Resume::Content(gathered))
    }

    /// Takes over the items that the host has fetched.
    pub(super) fn receive_items(&mut self, gathered: &mut Gathered, value: Value) {
        let found = Vec::<Option<ContentItem>>::from_json(value);
        match found {
            Ok(items) => {
                for mut item in items.into_iter().flatten() {
                    if !item.variants.is_empty() {
                        self.vary(&mut item);
                    }
                    gathered.items.push(item);
                }
            }
            Err(error) => self.warn("content_unavailable", error.to_string()),
        }
        let gone = gathered.fetched.iter().filter(|id| gathered.item(**id).is_none());
        for id in gone.map(ToString::to_string).collect::<Vec<_>>() {
            self.warn("content_unavailable", id);
        }
    }

    /// The ids of a candidate list.
    pub(super) fn candidates(&mut self, value: Value) -> Vec<ContentId> {
        Vec::from_json(value).unwrap_or_else(|error| {
            self.warn("content_unavailable", error.to_string());
            Vec::new()
        })
    }

    /// One of the candidates, by the session's next draw (R4.9).
    pub(super) fn draw(&mut self, candidates: &[ContentId]) -> Option<ContentId> {
        if candidates.is_empty() {
            return None;
        }
        if candidates.len() > ContentQuery::LIMIT {
            self.warn("pool_large", candidates.len().to_string());
        }
        let engine = &mut self.session.engine;
        let number = draw(engine.seed, engine.draws);
        engine.draws = engine.draws.saturating_add(1);
        candidates.get(index_below(number, candidates.len())).copied()
    }

    /// The ids at `exclude_from`, in the order in which they were shown (R4.7).
    pub(super) fn shown(&self, random: &Random) -> Vec<ContentId> {
        let scope = Scope::of(self.session);
        let list = random.exclude_from.as_ref().and_then(|path| Lookup::get(&scope, path));
        let ids = list.as_deref().and_then(Value::as_array).into_iter().flatten();
        ids.filter_map(|id| text_of(id).parse().ok().map(ContentId)).collect()
    }

    /// Remembers what was shown (R4.10); a reused item moves to the end (F8).
    pub(super) fn track(&mut self, random: &Random, id: ContentId) {
        let Some(target) = &random.track_in else { return };
        let id = Value::from(id.to_string());
        let mut shown = match self.read(target) {
            Some(Value::Array(items)) => items.clone(),
            _ => Vec::new(),
        };
        shown.retain(|item| *item != id);
        shown.push(id);
        self.store(target, Value::Array(shown));
    }

    /// What was shown longest ago, of what may be shown again (F8).
    pub(super) fn oldest(&self, random: &Random, candidates: &[ContentId]) -> Option<ContentId> {
        self.shown(random).into_iter().find(|id| candidates.contains(id))
    }

    /// Whether an empty pool may be due to its exclusions, and those may be lifted.
    pub(super) fn is_reusable(&self, random: &Random) -> bool {
        random.exhausted == Exhausted::Reuse && !self.shown(random).is_empty()
    }

    /// Writes what the engine itself keeps; a full state is only a warning.
    pub(super) fn store(&mut self, target: &Target, value: Value) {
        if let Err(error) = self.write(target, value) {
            self.warn("not_written", format!("{}: {error}", target.text()));
        }
    }

    fn query(&mut self, random: &Random, fresh: bool) -> ContentQuery {
        let mut unresolved = Vec::new();
        let scope = Scope::of(self.session);
        let mut info_filters = Map::new();
        for (key, value) in &random.filters {
            match resolve(value, &scope) {
                Some(value) => {
                    info_filters.insert(key.to_string(), value);
                }
                None => unresolved.push(key.clone()),
            }
        }
        let mut tags = |name: &str, tags: &Value| -> Vec<String> {
            let tag = |tag: &Value| text_of(reduced(tag)).to_string();
            match resolve(tags, &scope) {
                Some(Value::Array(list)) => list.iter().map(tag).collect(),
                Some(one) => vec![tag(&one)],
                None => {
                    unresolved.push(name.into());
                    Vec::new()
                }
            }
        };
        let query = ContentQuery {
            kind: random.kind.to_string(),
            tags: tags("tags", &random.tags),
            tags_all: tags("tags_all", &random.tags_all),
            info_filters,
            exclude: if fresh { self.shown(random) } else { Vec::new() },
        };
        for key in unresolved {
            self.warn("filter_unresolved", key);
        }
        query
    }
}

/// Replaces `${path}` and `{{path}}` at any depth; `None` when a reference finds nothing (R4.5).
fn resolve(value: &Value, scope: &Scope<'_>) -> Option<Value> {
    match value {
        Value::String(text) => match reference(text) {
            Some(path) => {
                let path = Path::parse(path).ok()?;
                let found = Lookup::get(scope, &path)?.into_owned();
                let found = option_value(&found).cloned().unwrap_or(found);
                (!found.is_null()).then_some(found)
            }
            None => Some(value.clone()),
        },
        Value::Array(items) => items.iter().map(|item| resolve(item, scope)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| Some((key.clone(), resolve(item, scope)?)))
            .collect::<Option<Vec<_>>>()
            .map(object)
            .map(Value::Object),
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(value.clone()),
    }
}
