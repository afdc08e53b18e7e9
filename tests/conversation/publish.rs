//! Putting a world into a store.

use chatflow::{Flow, FlowDefinition, Timestamp};
use chatflow_host::references_of;
use chatflow_storage::{
    AccessScope, Batch, Change, ContentRecord, ContentStatus, FlowChange, FlowRecord, NewVersion,
    SchoolRecord, SchoolState, Store, TraceLevel, VariantRecord,
};
use serde_json::json;

use super::{World, WorldItem};

/// Publishes all flows and content of `world` in one batch, the flows under the version 1.
pub fn publish(world: &World, store: &impl Store, at: Timestamp) {
    let schools = world.schools.iter().map(|id| SchoolRecord {
        id: *id,
        seed_key: None,
        name: "A school".to_owned(),
        state: SchoolState::Active,
        theme_id: None,
        info: "{}".to_owned(),
    });
    let batch = Batch {
        at,
        schools: schools.map(anyway).collect(),
        themes: Vec::new(),
        contents: world.items.iter().map(|item| anyway(content(item))).collect(),
        flows: world.definitions.iter().map(flow).collect(),
        ..Batch::default()
    };
    let applied = store.apply(&AccessScope::system(), &batch).unwrap();
    assert!(applied.flows.iter().all(|stamp| stamp.newest.is_some_and(|version| version.seq == 1)));
}

fn anyway<T>(record: T) -> Change<T> {
    Change { expected: None, record }
}

fn content(item: &WorldItem) -> ContentRecord {
    let mut variants: Vec<_> = item.item.variants.iter().map(VariantRecord::from).collect();
    variants.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    ContentRecord {
        id: item.item.id,
        seed_key: None,
        kind: item.item.kind.clone(),
        content: json!(item.item.content).to_string(),
        info: json!(item.item.info).to_string(),
        tags: item.tags.clone(),
        is_active: true,
        status: ContentStatus::Published,
        visibility: item.visibility,
        school_id: item.school,
        created_by: None,
        variants,
    }
}

/// The record of a flow. Its graph is stored in the published version only: conversations run that.
fn flow(definition: &FlowDefinition) -> FlowChange {
    let compiled = Flow::compile(definition, 1);
    let flow = compiled.flow.unwrap_or_else(|| panic!("{:?}", compiled.report));
    let record = FlowRecord {
        id: flow.version().id,
        seed_key: definition.seed_key.clone(),
        name: definition.name.clone(),
        description: definition.description.clone(),
        version: definition.version.clone(),
        entry_node_id: definition.entry.clone(),
        flow_data: "{}".to_owned(),
        info: "{}".to_owned(),
        visibility: definition.visibility,
        school_id: definition.school_id,
        created_by: None,
        allow_anonymous: false,
        is_published: true,
        is_active: true,
        theme_id: None,
        retention_days: 30,
        trace_enabled: false,
        trace_level: TraceLevel::Standard,
        trace_sample_rate: 100,
        graph_hash: definition.graph_hash(),
        nodes: Vec::new(),
        connections: Vec::new(),
        references: references_of(definition),
    };
    let publish = NewVersion {
        label: definition.version.clone(),
        document: definition.to_value().to_string(),
        links: flow.links().map(ToString::to_string).collect(),
        note: None,
    };
    FlowChange { flow: anyway(record), publish: Some(publish) }
}
