//! Flows, content and handlers that a preview runs on.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::handlers::Handlers;
use crate::check::{Neighbour, Neighbours, Report};
use crate::content::{ContentItem, ContentQuery, ContentVariant};
use crate::flow::{Catalog, Compiler, Flow, FlowDefinition};
use crate::from_json::FromJson;
use crate::id::{ContentId, FlowId, FlowRef, TenantId};
use crate::journal::JournalHead;
use crate::protocol::{EffectKind, Outcome};
use crate::table::Table;

/// The version of every flow in a preview: a draft.
const DRAFT: u32 = 0;

/// What a preview runs on. All items of it count as published.
#[derive(Clone, Debug, Default)]
pub struct Library {
    flows: Table<FlowId, Entry>,
    /// What is known of all flows, also of those with errors.
    neighbours: Table<FlowId, Neighbour>,
    keys: Table<String, FlowId>,
    items: BTreeMap<ContentId, LibraryItem>,
    compiler: Arc<Compiler>,
    /// Answers the requests of flows.
    pub handlers: Handlers,
}

#[derive(Clone, Debug)]
struct Entry {
    flow: Arc<Flow>,
    owner: Option<TenantId>,
    /// For journals of other versions.
    definition: Arc<FlowDefinition>,
}

/// A content item with what decides who may see it. In JSON all is on one level.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
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
#[derive(Deserialize, FromJson, Serialize)]
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
    /// An empty library whose flows are compiled with `compiler`.
    pub fn with_compiler(compiler: Arc<Compiler>) -> Self {
        Self { compiler, ..Self::default() }
    }

    /// Compiles a flow and adds it unless it has an error; an earlier flow of its id is replaced.
    pub fn add_flow(&mut self, definition: &FlowDefinition) -> Report {
        let compiled = self.compiler.compile(definition, DRAFT);
        let id = definition.own_id();
        let mut neighbour = Neighbour::of(id, definition);
        // A store may hold versions that were published before.
        neighbour.has_other_versions = true;
        if let Some(flow) = compiled.flow {
            if let Some(key) = &definition.seed_key {
                self.keys.insert(key.clone(), id);
            }
            neighbour.versions.push(definition.version.clone());
            let (owner, definition) = (definition.school_id, Arc::new(definition.clone()));
            self.flows.insert(id, Entry { flow, owner, definition });
        }
        self.know(neighbour, definition);
        compiled.report
    }

    /// Lets checks know of a flow that cannot be talked to.
    pub fn add_broken_flow(&mut self, definition: &FlowDefinition) {
        self.know(Neighbour::of(definition.own_id(), definition), definition);
    }

    fn know(&mut self, neighbour: Neighbour, definition: &FlowDefinition) {
        if self.flows.contains_key(&neighbour.id) && neighbour.versions.is_empty() {
            // An earlier flow of this id still runs.
            return;
        }
        if let Some(key) = &definition.seed_key {
            self.keys.or_insert_with(key.clone(), || neighbour.id);
        }
        self.neighbours.insert(neighbour.id, neighbour);
    }

    /// Adds a content item.
    pub fn add_item(&mut self, item: LibraryItem) {
        self.items.insert(item.item.id, item);
    }

    /// The flow of a seed key or, as text, an id.
    pub fn find(&self, name: &str) -> Option<FlowId> {
        let id = self.keys.get(name).copied().or_else(|| Some(FlowId(name.parse().ok()?)));
        id.filter(|id| self.flows.contains_key(id))
    }

    /// The flow, if there is but one.
    pub fn only_flow(&self) -> Option<FlowId> {
        let mut ids = self.flows.keys().copied();
        ids.next().filter(|_| ids.next().is_none())
    }

    /// A flow that can be talked to.
    pub(super) fn flow(&self, id: FlowId) -> Option<&Arc<Flow>> {
        self.flows.get(&id).map(|entry| &entry.flow)
    }

    /// The flows, by id.
    pub fn flows(&self) -> impl Iterator<Item = &Arc<Flow>> {
        self.flows.values().map(|entry| &entry.flow)
    }

    /// Marks a flow as not published: sessions of it still run, but it cannot be embedded.
    pub fn withdraw(&mut self, flow: FlowId) {
        if let Some(neighbour) = self.neighbours.get_mut(&flow) {
            neighbour.versions.clear();
        }
    }

    /// The flow of a link, if it is here in the version that the link names (R9.35).
    fn resolve_link(&self, link: &str, owner: Option<TenantId>) -> Option<FlowId> {
        let label = link.split_once(':')?.0.split_once('@').map(|(_, label)| label);
        let id = self.id_of(link)?;
        let entry = self.flows.get(&id)?;
        // Who may embed it (R9.31).
        let is_open = self.neighbours.get(&id)?.is_open_to(owner);
        (is_open && label.is_none_or(|label| label == entry.flow.label())).then_some(id)
    }

    /// The flow of a link, in whatever version.
    fn id_of(&self, link: &str) -> Option<FlowId> {
        let (kind, name) = link.split_once(':')?;
        match kind.split_once('@').map_or(kind, |(kind, _)| kind) {
            "id" => Some(FlowId(name.parse().ok()?)),
            "key" => self.keys.get(name).copied(),
            _ => None,
        }
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
        let mut catalog = Catalog::with_compiler(Arc::clone(&self.compiler));
        self.flows.values().for_each(|entry| catalog.insert(Arc::clone(&entry.flow)));
        catalog
    }

    /// All flows, and those of a journal in the versions that it names.
    pub(super) fn catalog_of(&self, head: &JournalHead) -> Catalog {
        let mut catalog = self.catalog();
        for version in std::iter::once(head.flow).chain(head.pins.values().copied()) {
            if catalog.get(version).is_none()
                && let Some(entry) = self.flows.get(&version.id)
                && let Some(flow) = self.compiler.load(&entry.definition, version.seq).flow
            {
                catalog.insert(flow);
            }
        }
        catalog
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

    /// The tenant that a flow belongs to.
    pub fn owner(&self, flow: FlowId) -> Option<TenantId> {
        self.flows.get(&flow)?.owner
    }
}

impl Neighbours for Library {
    fn flow(&self, link: &str) -> Option<Neighbour> {
        self.neighbours.get(&self.id_of(link)?).cloned()
    }

    fn has_content(&self, id: ContentId, tenant: Option<TenantId>) -> bool {
        self.items.get(&id).is_some_and(|item| item.is_visible(tenant))
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
