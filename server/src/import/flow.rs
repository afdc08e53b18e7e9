//! Flows of a fixture: drafts with their graph, and the versions that are published.

use std::collections::BTreeMap;

use chatflow::{Code, Flow, FlowDefinition, FlowId, NodeType, Report};
use chatflow_storage::{
    AccessScope, Batch, Change, FlowChange, FlowRecord, LibraryStore, LookUp, StoreError, Stored,
    ThemeId,
};
use serde_json::json;

use super::ImportReport;
use super::library::{Ids, look_up};
use crate::authoring::{Standing, record, version};
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
            let record = record(
                &definition,
                Standing {
                    id,
                    created_by: stored.as_ref().and_then(|stored| stored.record.created_by),
                    is_published: flow.publish && links_hold && clean,
                    is_active: true,
                    theme_id: self.theme(flow),
                },
            );
            let [_, _, _, flows, ..] = &mut report.counts;
            flows.count(stored.as_ref().map(|stored| &stored.record), &record);
            let name = definition.seed_key.clone().unwrap_or_else(|| definition.name.clone());
            report.flows.push((name, id));
            let publish = record.is_published.then(|| {
                let compiled = Flow::compile(&definition, 1).flow;
                version(&definition, compiled.as_deref(), None)
            });
            let expected = Some(stored.map_or(0, |stored| stored.row_version));
            batch.flows.push(FlowChange { flow: Change { expected, record }, publish });
        }
        Ok(())
    }

    fn theme(&self, flow: &FixtureFlow) -> Option<ThemeId> {
        flow.theme.as_ref().and_then(|key| self.ids.themes.get(key)).copied()
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
