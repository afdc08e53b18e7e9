//! Flows, content and handlers that a preview runs on.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::handlers::Handlers;
use crate::check::{Code, Pointer, Report, Severity};
use crate::content::{ContentItem, ContentQuery, ContentVariant};
use crate::flow::{Catalog, Flow, FlowDefinition, Visibility};
use crate::id::{ContentId, FlowId, FlowRef, TenantId};
use crate::protocol::{EffectKind, Outcome};

/// The version of every flow in a preview: a draft.
const DRAFT: u32 = 0;

/// What a preview runs on. All items of it count as published.
#[derive(Clone, Debug, Default)]
pub struct Library {
    flows: BTreeMap<FlowId, Entry>,
    keys: BTreeMap<String, FlowId>,
    items: BTreeMap<ContentId, LibraryItem>,
    /// Answers the requests of flows.
    pub handlers: Handlers,
}

#[derive(Clone, Debug)]
struct Entry {
    flow: Arc<Flow>,
    owner: Option<TenantId>,
    visibility: Visibility,
}

/// A content item with what decides who may see it. In JSON all is on one level.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(from = "Written", into = "Written")]
pub struct LibraryItem {
    /// The item.
    pub item: ContentItem,
    /// Its tags.
    pub tags: Vec<String>,
    /// The tenant that alone may see it; everyone when absent.
    pub owner: Option<TenantId>,
}

/// A [`LibraryItem`] as it is written. (`flatten` would do, but weighs more in a wasm module.)
#[derive(Deserialize, Serialize)]
struct Written {
    id: ContentId,
    #[serde(rename = "type")]
    kind: String,
    content: Map<String, Value>,
    #[serde(default)]
    info: Map<String, Value>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<TenantId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    variants: Vec<ContentVariant>,
}

impl Library {
    /// Compiles a flow and adds it unless it has an error; an earlier flow of its id is replaced.
    pub fn add_flow(&mut self, definition: &FlowDefinition) -> Report {
        let compiled = Flow::compile(definition, DRAFT);
        if let Some(flow) = compiled.flow {
            let id = flow.version().id;
            if let Some(key) = &definition.seed_key {
                self.keys.insert(key.clone(), id);
            }
            let (owner, visibility) = (definition.school_id, definition.visibility);
            self.flows.insert(id, Entry { flow, owner, visibility });
        }
        compiled.report
    }

    /// Adds a content item.
    pub fn add_item(&mut self, item: LibraryItem) {
        self.items.insert(item.item.id, item);
    }

    /// The flow of a seed key or, as text, an id.
    pub fn find(&self, name: &str) -> Option<FlowId> {
        self.keys.get(name).copied().or_else(|| {
            let id = FlowId(name.parse().ok()?);
            self.flows.contains_key(&id).then_some(id)
        })
    }

    /// The flows, by id.
    pub fn flows(&self) -> impl Iterator<Item = &Arc<Flow>> {
        self.flows.values().map(|entry| &entry.flow)
    }

    /// Reports composites whose flow is not here, for each flow.
    pub fn check_links(&self, definition: &FlowDefinition, report: &mut Report) {
        let id = definition.id.or_else(|| self.find(definition.seed_key.as_deref()?));
        let Some(entry) = id.and_then(|id| self.flows.get(&id)) else { return };
        for link in entry.flow.links() {
            let target = self.flow_of_link(link, entry.owner);
            if target == id {
                report
                    .add(
                        Code::CompositeSelf,
                        &Pointer::root(),
                        format!("the flow embeds itself by `{link}`"),
                    )
                    .help("lead back to the flow\'s first node by a connection instead");
            } else if target.is_none() {
                report
                    .add(
                        Code::CompositeNotFound,
                        &Pointer::root(),
                        format!("no flow answers to `{link}`"),
                    )
                    .help("add the flow to this file, or correct the composite's reference");
            } else if self.resolve_link(link, entry.owner).is_none() {
                // Another version may have been published before.
                report
                    .add_as(
                        Code::CompositeNotFound,
                        Severity::Warning,
                        &Pointer::root(),
                        format!("the flow that `{link}` names has another version here"),
                    )
                    .help("make sure that the version is published, or name no version");
            }
        }
    }

    /// The flow of a link, if it is here in the version that the link names (R9.35).
    fn resolve_link(&self, link: &str, owner: Option<TenantId>) -> Option<FlowId> {
        let label = link.split_once(':')?.0.split_once('@').map(|(_, label)| label);
        let id = self.flow_of_link(link, owner)?;
        let entry = self.flows.get(&id)?;
        label.is_none_or(|label| label == entry.flow.label()).then_some(id)
    }

    /// The flow of a link, in whatever version.
    fn flow_of_link(&self, link: &str, owner: Option<TenantId>) -> Option<FlowId> {
        let (kind, name) = link.split_once(':')?;
        let id = match kind.split_once('@').map_or(kind, |(kind, _)| kind) {
            "id" => FlowId(name.parse().ok()?),
            "key" => *self.keys.get(name)?,
            _ => return None,
        };
        let entry = self.flows.get(&id)?;
        // Who may embed it (R9.31).
        let open = matches!(entry.visibility, Visibility::Public | Visibility::Wriveted);
        (open || entry.owner == owner).then_some(id)
    }

    /// The versions that a session of `root` is pinned to: all flows that it can reach (F20).
    pub fn pins(&self, root: FlowId) -> BTreeMap<Arc<str>, FlowRef> {
        let mut pins = BTreeMap::new();
        let mut open = vec![root];
        while let Some(entry) = open.pop().and_then(|id| self.flows.get(&id)) {
            for link in entry.flow.links() {
                if let Some(id) = self.resolve_link(link, entry.owner)
                    && pins.insert(Arc::clone(link), FlowRef { id, seq: DRAFT }).is_none()
                {
                    open.push(id);
                }
            }
        }
        pins
    }

    /// All flows, compiled.
    pub fn catalog(&self) -> Catalog {
        self.flows.values().map(|entry| Arc::clone(&entry.flow)).collect()
    }

    /// Answers an effect of a session whose flow belongs to `tenant`.
    pub fn resolve(&self, effect: &EffectKind, tenant: Option<TenantId>) -> Outcome {
        match effect {
            EffectKind::FetchContent { ids } => {
                let found = |id| self.items.get(id).filter(|item| item.is_visible(tenant));
                let items: Vec<_> = ids.iter().map(|id| found(id).map(|item| &item.item)).collect();
                Outcome::Done { value: json!(items) }
            }
            EffectKind::ListCandidates { query } => {
                let fits = |item: &&LibraryItem| item.is_visible(tenant) && item.fits(query);
                let ids = self.items.values().filter(fits).map(|item| item.item.id);
                Outcome::Done { value: json!(ids.take(ContentQuery::LIMIT).collect::<Vec<_>>()) }
            }
            EffectKind::LoadFlow { flow } => {
                Outcome::failed("flow_not_found", format!("there is no flow `{flow}`"))
            }
            EffectKind::CallHandler { .. } | EffectKind::CallWebhook { .. } => {
                self.handlers.resolve(effect).unwrap_or_else(|| {
                    Outcome::failed("no_handler", "no handler answers this request")
                })
            }
        }
    }

    pub(super) fn owner(&self, flow: FlowId) -> Option<TenantId> {
        self.flows.get(&flow)?.owner
    }
}

impl From<Written> for LibraryItem {
    fn from(Written { id, kind, content, info, tags, owner, variants }: Written) -> Self {
        Self { item: ContentItem { id, kind, content, info, variants }, tags, owner }
    }
}

impl From<LibraryItem> for Written {
    fn from(LibraryItem { item, tags, owner }: LibraryItem) -> Self {
        let ContentItem { id, kind, content, info, variants } = item;
        Self { id, kind, content, info, tags, owner, variants }
    }
}

impl LibraryItem {
    fn is_visible(&self, tenant: Option<TenantId>) -> bool {
        self.owner.is_none() || self.owner == tenant
    }

    fn fits(&self, query: &ContentQuery) -> bool {
        let tagged = |tag: &String| self.tags.contains(tag);
        self.item.kind == query.kind
            && (query.tags.is_empty() || query.tags.iter().any(tagged))
            && query.tags_all.iter().all(tagged)
            && !query.exclude.contains(&self.item.id)
            && query.admits(&self.item.info)
    }
}
