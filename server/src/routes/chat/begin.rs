//! What a conversation begins with: a published version, and the versions of what it may enter.

use std::collections::BTreeSet;

use chatflow::{Catalog, FlowId, TenantId};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, FlowTracing, LiveVersion, LookUp, Pin, UserId, VersionRecord};

use super::preview::Preview;
use super::turn::scope_of;
use crate::app::App;
use crate::authoring::adopt;
use crate::error::ApiError;
use crate::identity::Caller;

/// Sub-flows nest no deeper.
const MOST_ROUNDS: usize = 18;

/// A conversation before its first turn.
#[derive(Debug)]
pub(super) struct Begun {
    /// What it runs.
    pub(super) version: VersionRecord,
    /// How it is traced.
    pub(super) tracing: FlowTracing,
    /// The versions of what it may enter.
    pub(super) pins: Vec<Pin>,
    /// All of them, compiled.
    pub(super) catalog: Catalog,
    /// What it sees, and may do.
    pub(super) scope: AccessScope,
    /// The school of its visitor.
    pub(super) school: Option<TenantId>,
    /// The drafts in it, if it is a preview.
    pub(super) preview: Option<Preview>,
}

/// A conversation with what was published of a flow.
pub(super) async fn published(
    app: &App,
    caller: Option<&Caller>,
    flow: FlowId,
) -> Result<Begun, ApiError> {
    let LiveVersion { version, tracing, .. } = match startable(app, caller, flow).await? {
        Some(live) => live,
        // It may be marked as published without a version (S3.91).
        None if adopt(app, flow).await? => {
            startable(app, caller, flow).await?.ok_or_else(ApiError::flow_not_found)?
        }
        None => return Err(ApiError::flow_not_found()),
    };
    let school = school_of(caller, version.school_id);
    let scope = scope_of(version.school_id, school);
    let (pins, catalog) = pinned(app, &scope, &version).await?;
    Ok(Begun { version, tracing, pins, catalog, scope, school, preview: None })
}

/// The school that a session belongs to: the caller's only one, else the flow's (S4.16, F14).
pub(super) fn school_of(caller: Option<&Caller>, flow: Option<TenantId>) -> Option<TenantId> {
    match caller.map(|caller| caller.schools.as_slice()) {
        Some([school]) => Some(*school),
        _ => flow,
    }
}

/// The version that a caller starts (S2.25, S4.13).
pub(super) async fn startable(
    app: &App,
    caller: Option<&Caller>,
    flow: FlowId,
) -> Result<Option<LiveVersion>, ApiError> {
    let anonymous = AccessScope::anonymous();
    let scope = caller.map_or(&anonymous, |caller| &caller.scope);
    if let Some(version) = app.store.newest_version(scope, flow).await? {
        return Ok(Some(version));
    }
    // A private flow is its creator's, too.
    if let Some(creator) = caller.and_then(Caller::user_id) {
        let look_up = LookUp { id: Some(flow.0), ..LookUp::default() };
        let found = app.store.find_flow(scope, look_up).await?.map(|stored| stored.record);
        if let Some(own) = found.filter(|flow| flow.created_by == Some(UserId(creator))) {
            let scope = scope_of(own.school_id, None);
            return Ok(app.store.newest_version(&scope, flow).await?);
        }
    }
    Ok(None)
}

/// The pins of a version and the flows themselves. A reference that stands for nothing is looked at
/// again: it may be to a flow whose version is still to be made (S3.91).
async fn pinned(
    app: &App,
    scope: &AccessScope,
    version: &VersionRecord,
) -> Result<(Vec<Pin>, Catalog), ApiError> {
    let mut tried = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let pins = app.store.pins(scope, version.flow).await?;
        let mut catalog = Catalog::default();
        let mut open = BTreeSet::new();
        let pinned = pins.iter().map(|pin| pin.flow);
        for flow in std::iter::once(version.flow).chain(pinned) {
            if let Some(flow) = app.flows.version(&app.store, scope, flow).await? {
                let stands = |link: &str| pins.iter().any(|pin| pin.link == link);
                open.extend(flow.links().filter(|link| !stands(link)).map(ToString::to_string));
                catalog.insert(flow);
            }
        }
        if !adopt_linked(app, scope, &open, &mut tried).await? {
            return Ok((pins, catalog));
        }
    }
    Err(ApiError::internal(format!("the references of flow {} do not end", version.flow.id)))
}

/// Whether a flow that one of the links means has a version now that it lacked.
async fn adopt_linked(
    app: &App,
    scope: &AccessScope,
    links: &BTreeSet<String>,
    tried: &mut BTreeSet<FlowId>,
) -> Result<bool, ApiError> {
    if links.is_empty() {
        return Ok(false);
    }
    let links: Vec<String> = links.iter().cloned().collect();
    let mut is_changed = false;
    for linked in app.store.linked_flows(scope, &links).await? {
        let is_bare = linked.is_visible && linked.labels.is_empty();
        if is_bare && tried.insert(linked.id) && adopt(app, linked.id).await? {
            is_changed = true;
        }
    }
    Ok(is_changed)
}
