//! Flows that are marked as published and have no version: data from elsewhere (S3.91).

use chatflow::FlowId;
use chatflow_host::references_of;
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, ApplyError, Batch, Change, FlowChange, FlowRecord};

use super::record;
use crate::app::App;
use crate::cli::log;
use crate::error::ApiError;
use crate::host::now;

/// Makes the first version of such a flow from its tables; whether it has one now.
///
/// Nobody does this: it should have been there, and whoever comes first needs it. So it is no change of
/// the flow that anyone is told of.
pub(crate) async fn adopt(app: &App, id: FlowId) -> Result<bool, ApiError> {
    let scope = AccessScope::system();
    let Some(draft) = app.store.flow_draft(&scope, id).await? else { return Ok(false) };
    let stored = draft.stored;
    let is_live = stored.record.is_active && stored.record.is_published;
    if !is_live || draft.newest.is_some() {
        return Ok(is_live);
    }
    let mut definition = record::definition_by_rows(&stored.record)?;
    definition.id = Some(id);
    let Some(compiled) = app.flows.draft(&definition) else {
        log(format_args!("warning: flow {id} is marked as published, but cannot run"));
        return Ok(false);
    };
    let version = record::version(&definition, Some(&compiled), None);
    let record = FlowRecord {
        graph_hash: definition.graph_hash(),
        references: references_of(&definition),
        ..stored.record
    };
    let flow = Change { expected: Some(stored.row_version), record };
    let flows = vec![FlowChange { flow, publish: Some(version) }];
    let batch = Batch { at: now(), flows, ..Batch::default() };
    match app.store.apply(&scope, &batch).await {
        // Somebody else was faster, with this or with a change.
        Ok(_) | Err(ApplyError::Conflict { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
