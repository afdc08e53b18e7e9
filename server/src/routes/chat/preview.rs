//! Trying a draft (S4.14, F20, F69).

use std::collections::BTreeMap;
use std::sync::Arc;

use chatflow::{
    Catalog, Flow, FlowDefinition, FlowId, FlowRef, Handlers, Stage, TenantId, Timestamp,
    Visibility,
};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, FlowRecord, FlowTracing, LinkedFlow, Pin, Record as _, StoredSession, TraceLevel,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::begin::{Begun, school_of};
use super::turn::scope_of;
use crate::app::{AccessMode, App};
use crate::authoring::{check, definition, load, version};
use crate::error::ApiError;
use crate::events::is_preview;
use crate::flows::DRAFT;
use crate::host::Trial;
use crate::identity::{Caller, Role};

/// A preview that embeds more drafts than this leaves the rest out.
const MOST_DRAFTS: usize = 50;

/// Whether a draft is run, and what answers its requests.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum PreviewBody {
    /// Whether it is.
    Wanted(bool),
    /// It is, with these answers.
    With(PreviewSettings),
}

/// What a preview runs with.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct PreviewSettings {
    /// Answers for requests, by the id of the node that sends them, or by endpoint or URL; e.g.
    /// `{"look_up": {"status": 200, "body": {"count": 1}}}`.
    mocks: Option<Map<String, Value>>,
}

impl PreviewBody {
    /// What is wanted; none if it is no preview.
    pub(super) fn settings(wanted: Option<Self>) -> Option<PreviewSettings> {
        match wanted {
            None | Some(Self::Wanted(false)) => None,
            Some(Self::Wanted(true)) => Some(PreviewSettings::default()),
            Some(Self::With(settings)) => Some(settings),
        }
    }
}

/// What a preview runs, as its session keeps it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Preview {
    /// The drafts as they were when it was started, the one that it is of first.
    drafts: Vec<Draft>,
    #[serde(default)]
    mocks: Map<String, Value>,
    /// Whether requests without an answer go out.
    #[serde(default)]
    is_real: bool,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Draft {
    id: FlowId,
    document: Value,
}

impl Preview {
    /// That of a stored session, if it is one.
    pub(super) async fn of(app: &App, stored: &StoredSession) -> Result<Option<Self>, ApiError> {
        if !is_preview(&stored.snapshot.info) {
            return Ok(None);
        }
        let id = stored.head.id;
        let text = app.store.preview(id).await?;
        let text = text.ok_or_else(|| ApiError::internal(format!("preview {id} has no drafts")))?;
        serde_json::from_str(&text).map(Some).map_err(ApiError::internal)
    }

    /// As a store keeps it.
    pub(super) fn text(&self) -> Result<String, ApiError> {
        serde_json::to_string(self).map_err(ApiError::internal)
    }

    /// Puts the drafts beside the versions that are pinned.
    pub(super) fn add_to(&self, catalog: &mut Catalog, app: &App) -> Result<(), ApiError> {
        for Draft { id, document } in &self.drafts {
            let broken = || ApiError::internal(format!("the kept draft of {id} does not compile"));
            let mut definition = FlowDefinition::read(document).0.ok_or_else(broken)?;
            definition.id = Some(*id);
            catalog.insert(app.flows.draft(&definition).ok_or_else(broken)?);
        }
        Ok(())
    }

    /// What answers its requests.
    pub(super) fn trial(&self) -> Result<Trial, ApiError> {
        let mocks = Handlers::read(&Value::Object(self.mocks.clone())).map_err(|error| {
            let message = error.to_string();
            ApiError::field(&["body", "preview", "mocks"], "value_error", message)
        })?;
        Ok(Trial { mocks, is_real: self.is_real })
    }
}

/// A preview of a flow's draft.
pub(super) async fn tried(
    app: &App,
    caller: Option<&Caller>,
    flow: FlowId,
    (settings, is_real): (PreviewSettings, bool),
) -> Result<Begun, ApiError> {
    let (caller, record) = editable(app, caller, flow).await?;
    if is_real && caller.role() != Role::Platform {
        return Err(ApiError::forbidden());
    }
    let mocks = settings.mocks.unwrap_or_default();
    let mut found =
        Found { app, caller, drafts: Vec::new(), pins: BTreeMap::new(), flows: Vec::new() };
    let Some((root, compiled)) = found.take(&record)? else {
        let report = check(app, &definition(&record)?, Stage::Publish).await?.report;
        return Err(ApiError::flow_validation_failed(&report));
    };
    let links = compiled.links().map(ToString::to_string).collect();
    let conversation = AccessScope::conversation(record.school_id, None);
    found.follow(&conversation, (record.school_id, links)).await?;

    let Found { drafts, pins, flows, .. } = found;
    let school = school_of(Some(caller), record.school_id);
    let scope = scope_of(record.school_id, school).with_drafts();
    let versions = pins.values().copied();
    let mut catalog = app.flows.catalog(&app.store, &scope, versions).await?;
    for flow in flows {
        catalog.insert(flow);
    }
    let preview = Preview { drafts, mocks, is_real };
    preview.trial()?;
    let version =
        version(&root, Some(&compiled), None).record(&record, DRAFT, Timestamp::default());
    let pins = pins.into_iter().map(|(link, flow)| Pin { link, flow }).collect();
    let preview = Some(preview);
    Ok(Begun { version, tracing: WHOLE, pins, catalog, scope, school, preview })
}

/// R11.53
const WHOLE: FlowTracing =
    FlowTracing { enabled: true, level: TraceLevel::Verbose, sample_rate: 100 };

/// The draft, if the caller may change it; what they may not see is not there.
async fn editable<'a>(
    app: &App,
    caller: Option<&'a Caller>,
    flow: FlowId,
) -> Result<(&'a Caller, FlowRecord), ApiError> {
    let Some(caller) = caller else {
        let visible = app.store.newest_version(&AccessScope::anonymous(), flow).await?;
        return Err(visible.map_or_else(ApiError::flow_not_found, |_| ApiError::forbidden()));
    };
    let record = load(app, &caller.scope, flow).await?.stored.record;
    let edits = record.access().is_some_and(|row| caller.scope.edits(&row));
    let is_open = match app.options.access {
        AccessMode::Rules => true,
        AccessMode::AdminOnly => caller.role() == Role::Platform,
    };
    if edits && is_open { Ok((caller, record)) } else { Err(ApiError::forbidden()) }
}

/// What was found of a preview so far.
struct Found<'a> {
    app: &'a App,
    caller: &'a Caller,
    drafts: Vec<Draft>,
    pins: BTreeMap<String, FlowRef>,
    flows: Vec<Arc<Flow>>,
}

impl Found<'_> {
    /// Takes a draft in, if it can run.
    fn take(
        &mut self,
        record: &FlowRecord,
    ) -> Result<Option<(FlowDefinition, Arc<Flow>)>, ApiError> {
        let mut definition = definition(record)?;
        definition.id = Some(record.id);
        let Some(flow) = self.app.flows.draft(&definition) else { return Ok(None) };
        self.drafts.push(Draft { id: record.id, document: definition.to_value() });
        self.flows.push(Arc::clone(&flow));
        Ok(Some((definition, flow)))
    }

    /// Finds what the links of a flow of `school` stand for: the newest published versions with all that
    /// these may enter, and drafts of flows that were never published, where the caller sees them (R9.30).
    async fn follow(
        &mut self,
        scope: &AccessScope,
        begin: (Option<TenantId>, Vec<String>),
    ) -> Result<(), ApiError> {
        let mut open = vec![begin];
        while let Some((school, links)) = open.pop() {
            for linked in self.app.store.linked_flows(scope, &links).await? {
                if self.pins.contains_key(&linked.link) || !may_enter(school, &linked) {
                    continue;
                }
                if let Some(seq) = newest(&linked) {
                    let flow = FlowRef { id: linked.id, seq };
                    self.pins.insert(linked.link, flow);
                    for pin in self.app.store.pins(scope, flow).await? {
                        self.pins.entry(pin.link).or_insert(pin.flow);
                    }
                } else if linked.labels.is_empty() && label(&linked.link).is_none() {
                    open.extend(self.draft(linked).await?);
                }
            }
        }
        Ok(())
    }

    /// Takes the draft of a flow that was never published, and answers with its links.
    async fn draft(
        &mut self,
        linked: LinkedFlow,
    ) -> Result<Option<(Option<TenantId>, Vec<String>)>, ApiError> {
        let flow = FlowRef { id: linked.id, seq: DRAFT };
        if self.drafts.iter().any(|draft| draft.id == linked.id) {
            self.pins.insert(linked.link, flow);
            return Ok(None);
        }
        let found = self.app.store.flow_draft(&self.caller.scope, linked.id).await?;
        let found = found.filter(|_| self.drafts.len() < MOST_DRAFTS);
        let Some(record) = found.map(|draft| draft.stored.record) else { return Ok(None) };
        let Some((_, compiled)) = self.take(&record)? else { return Ok(None) };
        self.pins.insert(linked.link, flow);
        Ok(Some((record.school_id, compiled.links().map(ToString::to_string).collect())))
    }
}

/// S2.27
fn may_enter(school: Option<TenantId>, linked: &LinkedFlow) -> bool {
    let is_open = matches!(linked.visibility, Visibility::Public | Visibility::Wriveted);
    linked.is_visible && (is_open || (school.is_some() && linked.school_id == school))
}

/// The label that a link asks for (R9.35).
fn label(link: &str) -> Option<&str> {
    link.split_once(':')?.0.split_once('@').map(|(_, label)| label)
}

/// The number of the newest version that a link means: versions are numbered from 1, without gaps.
fn newest(linked: &LinkedFlow) -> Option<u32> {
    let is_meant = |known: &String| label(&linked.link).is_none_or(|label| label == known);
    let place = linked.labels.iter().rposition(is_meant)?;
    u32::try_from(place).ok()?.checked_add(1)
}

/// The steps of a turn, for the one who looks on (R11.53): whole, unmasked, and kept nowhere.
pub(super) fn trace(driven: &chatflow::Driven, session: &chatflow::Session) -> Value {
    serde_json::json!(driven.turn.trace(session, None))
}
