//! Where the composites of an imported document lead to (S11.5).

use std::collections::{BTreeMap, BTreeSet};

use chatflow::{FlowDefinition, FlowId, NodeType};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, LookUp};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::author::Author;
use crate::error::ApiError;

/// More entries than a document of one flow has.
const MOST: usize = 1000;

/// The flows that a document brings along, as far as they name those that are here.
#[derive(Debug)]
pub(super) struct Subflows(Vec<Known>);

/// One of them.
#[derive(Debug)]
struct Known {
    name: String,
    id: Option<String>,
    seed_key: Option<String>,
}

impl Subflows {
    pub(super) fn of(document: &Map<String, Value>) -> Self {
        let entries = document.get("subflows").and_then(Value::as_array).into_iter().flatten();
        let known = entries.take(MOST).filter_map(|entry| {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
            Some(Known { name: text("name")?, id: text("id"), seed_key: text("seed_key") })
        });
        Self(known.collect())
    }

    /// The name of the one that a composite means.
    fn name_of(&self, composite: &Composite) -> Option<&str> {
        let is_same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        let by_key = |known: &&Known| is_same(&known.seed_key, &composite.key);
        let by_id =
            |known: &&Known| is_same(&known.id.as_ref().map(|id| id.to_lowercase()), &composite.id);
        let by_name = |known: &&Known| Some(&known.name) == composite.name.as_ref();
        let found = self.0.iter().find(by_id).or_else(|| self.0.iter().find(by_key));
        found.or_else(|| self.0.iter().find(by_name)).map(|known| known.name.as_str())
    }
}

/// How a node says what it embeds.
#[derive(Debug)]
struct Composite {
    id: Option<String>,
    key: Option<String>,
    name: Option<String>,
}

impl Composite {
    /// What the content of a node names; none if it has its nodes in itself.
    fn of(content: &Value) -> Option<Self> {
        let text = |keys: [&str; 2]| {
            let mut found = keys.into_iter().filter_map(|key| content.get(key)?.as_str());
            found.find(|text| !text.is_empty()).map(str::to_owned)
        };
        let is_inline = content.get("nodes").is_some_and(Value::is_array);
        let this = Self {
            id: text(["composite_flow_id", "flow_id"]).map(|id| id.to_lowercase()),
            key: text(["composite_flow_seed_key", "composite_flow_key"]),
            name: text(["composite_name", "composite_flow_name"]),
        };
        // What the engine reads elsewhere is left to it.
        let is_other = content.get("flow_ref").is_some_and(|reference| !reference.is_null());
        (!is_inline && !is_other).then_some(this)
    }

    fn links(&self) -> impl Iterator<Item = String> {
        let id = self.id.as_ref().map(|id| format!("id:{id}"));
        id.into_iter().chain(self.key.as_ref().map(|key| format!("key:{key}")))
    }
}

/// Has each composite lead to a flow that is here and that this flow may embed: the one of its id, else
/// of its seed key, else of the name that it has in the document. Tells of those that lead nowhere, which
/// stand in the way of publishing.
pub(super) async fn relink(
    app: &App,
    author: &Author,
    (flow, subflows): (&mut FlowDefinition, &Subflows),
    warnings: &mut Vec<String>,
) -> Result<(), ApiError> {
    let is_composite = |kind: &NodeType| *kind == NodeType::Composite;
    let composites = flow.nodes.iter().filter(|node| is_composite(&node.kind));
    let links: BTreeSet<String> = composites
        .filter_map(|node| Composite::of(&node.content))
        .flat_map(|composite| composite.links().collect::<Vec<_>>())
        .collect();
    let mut known = visible(app, flow, links).await?;
    let school = flow.school_id;
    for place in 0..flow.nodes.len() {
        let Some(node) = flow.nodes.get(place).filter(|node| is_composite(&node.kind)) else {
            continue;
        };
        let Some(composite) = Composite::of(&node.content) else { continue };
        let mut found = composite.links().find_map(|link| known.get(&link).copied());
        if let (None, Some(name)) = (found, subflows.name_of(&composite)) {
            let look_up = LookUp { name: Some(name), school, ..LookUp::default() };
            let stored = app.store.find_flow(author.scope(), look_up).await?;
            if let Some(id) = stored.map(|stored| stored.record.id) {
                let link = format!("id:{id}");
                known.extend(visible(app, flow, BTreeSet::from([link.clone()])).await?);
                found = known.get(&link).copied();
            }
        }
        let Some(node) = flow.nodes.get_mut(place) else { continue };
        match (found, node.content.as_object_mut()) {
            (Some(id), Some(content)) => lead(content, &composite, id, &known),
            _ if composite.links().next().is_some() => warnings.push(format!(
                "Node '{}' embeds a flow that is not here; the flow cannot be published so",
                node.id
            )),
            _ => {}
        }
    }
    Ok(())
}

/// Names a flow so that the engine finds it: it takes a key before an id.
fn lead(
    content: &mut Map<String, Value>,
    composite: &Composite,
    id: FlowId,
    known: &BTreeMap<String, FlowId>,
) {
    let by_key = composite.key.as_ref().and_then(|key| known.get(&format!("key:{key}")));
    if by_key != Some(&id) {
        content.remove("composite_flow_seed_key");
        content.remove("composite_flow_key");
    }
    let is_named = composite.id.as_ref().is_some_and(|own| *own == id.to_string());
    if !is_named && (composite.id.is_some() || by_key != Some(&id)) {
        content.remove("flow_id");
        content.insert("composite_flow_id".to_owned(), json!(id));
    }
}

/// Which of these links lead to flows that the owner of a flow may embed.
async fn visible(
    app: &App,
    flow: &FlowDefinition,
    links: BTreeSet<String>,
) -> Result<BTreeMap<String, FlowId>, ApiError> {
    if links.is_empty() {
        return Ok(BTreeMap::new());
    }
    let links: Vec<String> = links.into_iter().collect();
    let scope = AccessScope::conversation(flow.school_id, None);
    let found = app.store.linked_flows(&scope, &links).await?;
    let seen = found.into_iter().filter(|linked| linked.is_visible);
    Ok(seen.map(|linked| (linked.link, linked.id)).collect())
}
