//! What flows refer to, as stores keep it (F43).

use std::collections::BTreeSet;

use chatflow::{FlowDefinition, ReferenceTarget};
use chatflow_storage::{
    AccessScope, FlowRecord, FlowReference, FlowStore, LibraryStore, LookUp, NodeRow,
    ReadReferences, ReferenceKind, ReferenceStore, StoreError, Stored, VersionRecord,
};
use serde_json::{Value, json};

/// How many flows are looked at at once.
const BATCH: u32 = 100;

/// Everything that a flow refers to, as [`FlowRecord::references`](chatflow_storage::FlowRecord) takes it.
pub fn references_of(definition: &FlowDefinition) -> BTreeSet<FlowReference> {
    let of = |found: chatflow::NodeReference| {
        let (kind, ref_id) = match found.target {
            ReferenceTarget::Content(id) => (ReferenceKind::Content, id.to_string()),
            ReferenceTarget::Flow(link) => (ReferenceKind::Flow, link),
            _ => return None,
        };
        let reference = FlowReference { node_id: found.node, kind, ref_id };
        reference.is_storable().then_some(reference)
    };
    definition.references().into_iter().filter_map(of).collect()
}

/// The references of a flow that was saved before references were kept: of its draft, and of its newest
/// published version if it has one.
pub fn read_references(
    flow: &Stored<FlowRecord>,
    newest: Option<&VersionRecord>,
) -> ReadReferences {
    let node = |row: &NodeRow| {
        let content: Value = serde_json::from_str(&row.content).unwrap_or_default();
        json!({ "id": row.node_id.as_str(), "type": row.node_type, "content": content })
    };
    let nodes: Vec<Value> = flow.record.nodes.iter().map(node).collect();
    let draft = FlowDefinition::read(&json!({ "nodes": nodes })).0;
    let version = newest.and_then(|newest| FlowDefinition::read_json(&newest.document).0);
    let references = |definition: Option<FlowDefinition>| {
        definition.as_ref().map(references_of).unwrap_or_default()
    };
    ReadReferences {
        flow_id: flow.record.id,
        row_version: flow.row_version,
        draft: references(draft),
        version: references(version),
    }
}

/// Reads the references of all flows that were saved before references were kept, and says of how many.
/// It may be repeated, and run beside others.
///
/// # Errors
/// [`StoreError`] if the store breaks; what was read so far is kept.
pub fn fill_references<S>(store: &S) -> Result<u64, StoreError>
where
    S: FlowStore + LibraryStore + ReferenceStore,
{
    let scope = AccessScope::system();
    let mut filled = 0_u64;
    loop {
        let unread = store.unread_flows(BATCH)?;
        let before = filled;
        for id in unread {
            let look_up = LookUp { id: Some(id.0), ..LookUp::default() };
            let Some(flow) = store.find_flow(&scope, look_up)? else { continue };
            let newest = store.flow(&scope, id)?.and_then(|flow| flow.newest);
            let newest = match newest {
                Some(newest) => store.flow_version(&scope, newest)?,
                None => None,
            };
            let read = read_references(&flow, newest.as_ref());
            filled = filled.saturating_add(u64::from(store.fill_references(&read)?));
        }
        // Nothing left, or nothing that can be read at the moment.
        if filled == before {
            return Ok(filled);
        }
    }
}
