//! Flows of a fixture: drafts with their graph, and the versions that are published.

use std::collections::BTreeMap;

use chatflow::{
    Code, ConnectionDefinition, Flow, FlowDefinition, FlowId, NodeDefinition, NodeType, Report,
};
use chatflow_host::references_of;
use chatflow_storage::{
    AccessScope, Batch, Change, ConnectionRow, FlowChange, FlowRecord, LibraryStore, LookUp,
    NewVersion, NodeRow, StoreError, Stored, TraceLevel,
};
use serde_json::{Map, Value, json};

use super::ImportReport;
use super::library::{Ids, look_up};
use crate::fixture::{Fixture, FixtureFlow};

/// Whether a report stands in the way of publishing. An embedded flow or an item that is
/// not in the fixture may be in the database.
pub(super) fn forbids(report: &Report) -> bool {
    let may_be_stored = [Code::CompositeNotFound, Code::ContentMissing];
    report.errors().any(|diagnostic| !may_be_stored.contains(&diagnostic.code))
}

/// The flows of a fixture, on their way into a store.
pub(super) struct Importer<'a, S> {
    pub(super) store: &'a S,
    pub(super) scope: &'a AccessScope,
    pub(super) fixture: &'a Fixture,
    pub(super) reports: &'a [(usize, Report)],
    pub(super) ids: &'a Ids,
}

/// A flow as it is to be stored, and as it is.
struct Placed {
    definition: FlowDefinition,
    id: FlowId,
    stored: Option<Stored<FlowRecord>>,
}

impl<S: LibraryStore> Importer<'_, S> {
    pub(super) fn fill(
        &self,
        batch: &mut Batch,
        report: &mut ImportReport,
    ) -> Result<(), StoreError> {
        let mut placed = Vec::new();
        for (i, flow) in self.fixture.flows.iter().enumerate() {
            if let Some(definition) = &flow.definition {
                placed.push((i, flow, self.place(definition)?));
            }
        }
        let keys: BTreeMap<String, FlowId> = placed
            .iter()
            .filter_map(|(_, _, placed)| Some((placed.definition.seed_key.clone()?, placed.id)))
            .collect();
        for (i, flow, Placed { mut definition, id, stored }) in placed {
            definition.id = Some(id);
            set_theme(&mut definition, flow, self.ids, report);
            let links_hold = self.link_composites(&keys, &mut definition, report)?;
            let clean = self.reports.iter().all(|(at, found)| *at != i || !forbids(found));
            let mut record = record(&definition, self.ids, flow);
            record.is_published = flow.publish && links_hold && clean;
            record.created_by = stored.as_ref().and_then(|stored| stored.record.created_by);
            if let [_, _, _, flows, ..] = &mut report.counts {
                flows.count(stored.as_ref().map(|stored| &stored.record), &record);
            }
            let name = definition.seed_key.clone().unwrap_or_else(|| definition.name.clone());
            report.flows.push((name, id));
            let publish = record.is_published.then(|| version(&definition));
            let expected = Some(stored.map_or(0, |stored| stored.row_version));
            batch.flows.push(FlowChange { flow: Change { expected, record }, publish });
        }
        Ok(())
    }

    /// Finds the stored flow that a definition means (S11.9); a new one gets an id of its own.
    fn place(&self, definition: &FlowDefinition) -> Result<Placed, StoreError> {
        let mut definition = definition.clone();
        definition.school_id = definition.school_id.map(|id| self.ids.school(id));
        let look_up = LookUp {
            seed_key: definition.seed_key.as_deref(),
            id: definition.id.map(|id| id.0),
            name: Some(&definition.name),
            school: definition.school_id,
        };
        let stored = self.store.find_flow(self.scope, look_up)?;
        let id = stored.as_ref().map_or_else(|| fresh_id(&definition), |stored| stored.record.id);
        Ok(Placed { definition, id, stored })
    }

    /// S11.13: composites that name a seed key get the flow's id beside it. Says whether all were
    /// found.
    fn link_composites(
        &self,
        keys: &BTreeMap<String, FlowId>,
        definition: &mut FlowDefinition,
        report: &mut ImportReport,
    ) -> Result<bool, StoreError> {
        let mut all = true;
        for node in definition.nodes.iter_mut().filter(|node| node.kind == NodeType::Composite) {
            let Some(content) = node.content.as_object_mut() else { continue };
            let names = ["composite_flow_seed_key", "composite_flow_key"];
            let key = names.into_iter().find_map(|name| content.get(name)?.as_str());
            let Some(key) = key.map(str::to_owned) else { continue };
            let found = if let Some(id) = keys.get(&key) {
                Some(*id)
            } else {
                let stored = self.store.find_flow(self.scope, look_up(&key, None, None, None))?;
                stored.map(|stored| stored.record.id)
            };
            if let Some(id) = found {
                content.insert("composite_flow_id".to_owned(), json!(id));
            } else {
                all = false;
                report.warnings.push(format!(
                    "flow `{}`: node `{}` embeds `{key}`, which does not exist; the flow is stored \
                     but not published",
                    definition.name, node.id
                ));
            }
        }
        Ok(all)
    }
}

fn fresh_id(definition: &FlowDefinition) -> FlowId {
    definition.id.unwrap_or_else(|| {
        FlowId::derived(definition.seed_key.as_deref().unwrap_or(&definition.name))
    })
}

/// S11.12: the theme's id where clients look for it.
fn set_theme(
    definition: &mut FlowDefinition,
    flow: &FixtureFlow,
    ids: &Ids,
    report: &mut ImportReport,
) {
    let Some(key) = &flow.theme else { return };
    match ids.themes.get(key) {
        Some(id) => {
            definition.data_keys.insert("theme_id".to_owned(), json!(id));
        }
        None => {
            report.warnings.push(format!("flow `{}`: there is no theme `{key}`", definition.name));
        }
    }
}

fn record(definition: &FlowDefinition, ids: &Ids, flow: &FixtureFlow) -> FlowRecord {
    let document = definition.to_value();
    let data = document.get("flow_data").cloned().unwrap_or_else(|| json!({}));
    let mut info = definition.info.clone();
    if let Some(key) = &definition.seed_key {
        info.insert("seed_key".to_owned(), json!(key));
    }
    FlowRecord {
        id: fresh_id(definition),
        seed_key: definition.seed_key.clone(),
        name: definition.name.clone(),
        description: definition.description.clone(),
        version: definition.version.clone(),
        entry_node_id: definition.entry.clone(),
        flow_data: data.to_string(),
        allow_anonymous: info.get("allow_anonymous").and_then(Value::as_bool).unwrap_or(false),
        info: Value::Object(info).to_string(),
        visibility: definition.visibility,
        school_id: definition.school_id,
        created_by: None,
        is_published: false,
        is_active: true,
        theme_id: flow.theme.as_ref().and_then(|key| ids.themes.get(key)).copied(),
        retention_days: definition.retention_days.clamp(1, 3650),
        trace_enabled: definition.trace_enabled,
        trace_level: level_of(definition.trace_level),
        trace_sample_rate: percent_of(definition.trace_sample_rate),
        graph_hash: definition.graph_hash(),
        nodes: nodes(&definition.nodes),
        connections: connections(&definition.connections),
        references: references_of(definition),
    }
}

/// The first node of each id: what runs when an author repeats one (R1.14).
fn nodes(nodes: &[NodeDefinition]) -> Vec<NodeRow> {
    let mut rows: Vec<NodeRow> = Vec::new();
    for node in nodes {
        if rows.iter().any(|row| row.node_id == node.id) {
            continue;
        }
        let json = |map: &Map<String, Value>| Value::Object(map.clone()).to_string();
        rows.push(NodeRow {
            node_id: node.id.clone(),
            node_type: node.kind.as_str().to_owned(),
            execution_context: node.execution_context,
            template: node.template.clone(),
            content: node.content.to_string(),
            position: json(&node.written_position()),
            info: json(&node.info),
        });
    }
    rows
}

/// Tables hold one row per source, target and type: predicates of several are joined by `or` (R1.20).
fn connections(connections: &[ConnectionDefinition]) -> Vec<ConnectionRow> {
    let mut groups: Vec<(&ConnectionDefinition, Vec<Option<&Value>>)> = Vec::new();
    for connection in connections {
        let same = groups.iter_mut().find(|(first, _)| {
            (&first.source, &first.target, &first.kind)
                == (&connection.source, &connection.target, &connection.kind)
        });
        match same {
            Some((_, predicates)) => predicates.push(connection.predicate.as_ref()),
            None => groups.push((connection, vec![connection.predicate.as_ref()])),
        }
    }
    let row = |(connection, predicates): (&ConnectionDefinition, Vec<Option<&Value>>)| {
        let all: Option<Vec<&Value>> = predicates.into_iter().collect();
        let conditions = match all.as_deref() {
            None | Some([]) => json!({}),
            Some([one]) => json!({"if": one}),
            Some(several) => json!({"if": {"or": several}}),
        };
        ConnectionRow {
            source: connection.source.clone(),
            target: connection.target.clone(),
            connection_type: connection.kind.to_string(),
            conditions: conditions.to_string(),
            info: Value::Object(connection.info.clone()).to_string(),
        }
    };
    groups.into_iter().map(row).collect()
}

fn version(definition: &FlowDefinition) -> NewVersion {
    let compiled = Flow::compile(definition, 1);
    let links = compiled.flow.iter().flat_map(|flow| flow.links().map(ToString::to_string));
    NewVersion {
        label: definition.version.clone(),
        document: definition.to_value().to_string(),
        links: links.collect(),
    }
}

fn level_of(level: chatflow::TraceLevel) -> TraceLevel {
    match level {
        chatflow::TraceLevel::Minimal => TraceLevel::Minimal,
        chatflow::TraceLevel::Off | chatflow::TraceLevel::Standard => TraceLevel::Standard,
        chatflow::TraceLevel::Verbose => TraceLevel::Verbose,
    }
}

/// A percentage as it is stored: rounded, but what is not nothing is at least 1 (S7.22).
fn percent_of(rate: f64) -> u32 {
    let rounded = (0..=100_u32).rev().find(|percent| f64::from(*percent) <= rate + 0.5);
    let least = u32::from(rate > 0.0);
    rounded.unwrap_or(0).max(least)
}
