//! Writing a changed flow: all of it, with its events and its audit entry, or nothing.

use axum::http::StatusCode;
use chatflow::{
    Code, Diagnostic, FlowDefinition, FlowId, FlowRef, Report, Severity, Stage, Timestamp,
};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, ApplyError, AuditEntry, Batch, Change, FlowChange, FlowDraft, FlowRecord,
    NewEvent, NewVersion, NewestVersion, Record as _, ThemeId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::bump;
use super::cascade::publish_below;
use super::check::{Upcoming, check_with};
use super::draft::{Draft, Publishing};
use super::place::visibility_not_allowed;
use super::record::{Standing, record, version};
use super::tell::{audited, differences, told};
use crate::app::App;
use crate::author::Author;
use crate::error::{ApiError, FieldError};
use crate::events::Happening;
use crate::host::now;
use crate::trail::Deed;

/// How often a change is made anew because somebody else was faster.
const ATTEMPTS: usize = 8;

/// The most bytes of one node's content (S3.110).
const MOST_CONTENT: usize = 256 * 1024;

/// A flow that was written.
#[derive(Debug)]
pub(crate) struct Saved {
    /// How it is stored now.
    pub(crate) draft: FlowDraft,
    /// What its author should know.
    pub(crate) warnings: Vec<String>,
}

/// Why nothing was written.
enum Failed {
    /// Somebody else was faster.
    Late,
    Refused(ApiError),
}

impl<E: Into<ApiError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// A flow, if the caller may see it.
pub(crate) async fn load(
    app: &App,
    scope: &AccessScope,
    id: FlowId,
) -> Result<FlowDraft, ApiError> {
    app.store.flow_draft(scope, id).await?.ok_or_else(ApiError::flow_not_found)
}

/// A flow, if the caller may change it as they have read it.
pub(crate) async fn load_to_edit(
    app: &App,
    author: &Author,
    id: FlowId,
) -> Result<FlowDraft, ApiError> {
    let draft = load(app, author.scope(), id).await?;
    check_edit(author, &draft)?;
    Ok(draft)
}

/// Whether the caller may change a flow as they have read it.
pub(super) fn check_edit(author: &Author, draft: &FlowDraft) -> Result<(), ApiError> {
    let access = draft.stored.record.access();
    if !access.is_some_and(|row| author.scope().edits(&row)) {
        return Err(ApiError::forbidden());
    }
    author.condition.check(draft.stored.row_version)
}

/// Writes a new flow.
pub(crate) async fn create(app: &App, author: &Author, draft: Draft) -> Result<Saved, ApiError> {
    match write(app, author, None, draft).await {
        Ok(saved) => Ok(saved),
        Err(Failed::Refused(error)) => Err(error),
        Err(Failed::Late) => Err(ApiError::internal("a new flow's id is taken")),
    }
}

/// Changes a flow. If somebody else is faster the change is made again, to what they have written; with
/// `If-Match` it is refused.
pub(crate) async fn edit<T>(
    app: &App,
    author: &Author,
    id: FlowId,
    change: impl Fn(&FlowDraft, &mut Draft) -> Result<T, ApiError>,
) -> Result<(Saved, T), ApiError> {
    for _ in 0..ATTEMPTS {
        let before = load_to_edit(app, author, id).await?;
        let mut draft = Draft::of(&before)?;
        let told = change(&before, &mut draft)?;
        match write(app, author, Some(before), draft).await {
            Ok(saved) => return Ok((saved, told)),
            Err(Failed::Refused(error)) => return Err(error),
            Err(Failed::Late) => {}
        }
    }
    let detail = "Others keep changing this flow; nothing was stored";
    Err(ApiError::new(StatusCode::CONFLICT, "version_conflict", detail))
}

/// Flows that are written in one transaction.
#[derive(Debug)]
pub(super) struct Together {
    at: Timestamp,
    changes: Vec<FlowChange>,
    events: Vec<NewEvent>,
    audit: Vec<AuditEntry>,
    /// What will be published by then.
    upcoming: Upcoming,
}

async fn write(
    app: &App,
    author: &Author,
    before: Option<FlowDraft>,
    draft: Draft,
) -> Result<Saved, Failed> {
    let id = draft.id;
    let mut together = Together {
        at: now(),
        changes: Vec::new(),
        events: Vec::new(),
        audit: Vec::new(),
        upcoming: Upcoming::new(),
    };
    if draft.cascades {
        let flow = read(&mut draft.clone())?;
        publish_below(app, author, &flow, &mut together).await?;
    }
    let warnings = prepare(app, author, before.as_ref(), draft, &mut together).await?;
    let Together { at, changes, events, audit, .. } = together;
    if !changes.is_empty() {
        let by = author.user();
        let batch = Batch { at, by, flows: changes, events, audit, ..Batch::default() };
        match app.store.apply(author.scope(), &batch).await {
            Ok(_) => {}
            Err(ApplyError::Conflict { .. }) => return Err(Failed::Late),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Saved { draft: load(app, author.scope(), id).await?, warnings })
}

/// Adds a changed flow to what is written, with its events and its audit entry, unless it is as it was.
/// Says what its author should know.
pub(super) async fn prepare(
    app: &App,
    author: &Author,
    before: Option<&FlowDraft>,
    mut draft: Draft,
    together: &mut Together,
) -> Result<Vec<String>, ApiError> {
    let at = together.at;
    let mut definition = read(&mut draft)?;
    let theme_id = theme(app, &definition, &mut draft.warnings).await?;
    let standing = draft.standing(theme_id);
    draft.is_published = standing.is_published;
    let old = before.map(|before| &before.stored.record);
    let edited = record(&definition, standing);
    check_owner(author, old, &edited)?;
    let upcoming = &mut together.upcoming;
    let plan = plan(app, author, before, &draft, (&mut definition, upcoming)).await?;
    let is_published = plan.is_published.unwrap_or(draft.is_published);
    let after = record(&definition, Standing { is_published, ..standing });
    if is_published {
        let document = definition.to_value().to_string();
        upcoming.insert(draft.id, (document, definition.version.clone()));
    }
    if old.is_some_and(|old| *old == after) && plan.version.is_none() {
        return Ok(draft.warnings);
    }
    let changes = differences(old, &edited);
    let told = told(&draft, before, &after, &plan, (&changes, author.user()));
    together.events.extend(events(app, author, &after, told, at).await?);
    let action = match plan.is_published.filter(|_| changes.is_empty() && before.is_some()) {
        Some(true) => "flow.publish",
        Some(false) => "flow.unpublish",
        None => draft.action,
    };
    let all = differences(old, &after);
    let deed = Deed {
        action: action.to_owned(),
        resource_type: "flow",
        resource_id: after.id.to_string(),
        school_id: after.school_id,
        changes: audited(old, &after, &all).into(),
    };
    together.audit.push(author.entry(deed, at)?);
    let expected = Some(before.map_or(0, |before| before.stored.row_version));
    let flow = Change { expected, record: after };
    together.changes.push(FlowChange { flow, publish: plan.version });
    Ok(draft.warnings)
}

/// The rows that tell of a change (S6.7 to S6.14).
async fn events(
    app: &App,
    author: &Author,
    flow: &FlowRecord,
    told: Vec<(&'static str, Value)>,
    at: Timestamp,
) -> Result<Vec<NewEvent>, ApiError> {
    let mut events = Vec::new();
    for (kind, data) in told {
        let (row, by) = (("flow", flow.id.0), (&*author.caller, &author.trail, at));
        let happening = Happening::of_row(kind, row, flow.school_id, by, data);
        events.extend(app.emitter.tell(&app.store, &happening, None).await?);
    }
    Ok(events)
}

/// Reads the document as the engine does, and refuses what cannot be kept (F34).
pub(crate) fn read(draft: &mut Draft) -> Result<FlowDefinition, ApiError> {
    let text = Value::Object(draft.document.clone()).to_string();
    let (definition, report) = FlowDefinition::read_json(&text);
    refuse(&report)?;
    let mut definition =
        definition.ok_or_else(|| ApiError::internal("a document without a shape"))?;
    for node in &definition.nodes {
        let place = ["body", "flow_data", "nodes", node.id.as_str()];
        let id = node.id.as_str();
        // S1.44: it is a word of the interface.
        if id == "positions" || id.trim() != id {
            let message = "must not be `positions`, nor begin or end with white space";
            return Err(ApiError::field_as("invalid_node_id", &place, "value_error", message));
        }
        if node.content.to_string().len() > MOST_CONTENT {
            let message = "the content of a node may have at most 256 KiB";
            return Err(ApiError::field(&place, "value_error.size", message));
        }
    }
    let is_told = |found: &&Diagnostic| found.severity != Severity::Info;
    draft.warnings.extend(report.iter().filter(is_told).map(|found| found.message.clone()));
    if let Some(entry) = &definition.entry
        && !definition.nodes.iter().any(|node| node.id == *entry)
    {
        // S3.85
        draft.warnings.push(format!("Entry node '{entry}' does not exist"));
    }
    definition.id = Some(draft.id);
    // It stands beside `info`, and is put there when it is written.
    definition.info.remove("contract");
    Ok(definition)
}

fn refuse(report: &Report) -> Result<(), ApiError> {
    let blocking: Vec<(&'static str, &Diagnostic)> =
        report.errors().filter_map(|found| Some((code_of(found.code)?, found))).take(50).collect();
    let Some((code, _)) = blocking.first() else { return Ok(()) };
    let fields = blocking.iter().map(|(_, found)| {
        let steps = chatflow::Pointer::root().steps_to(&found.at).unwrap_or_default();
        let steps = steps
            .into_iter()
            .map(|step| step.parse::<u64>().map_or_else(|_| json!(step), |index| json!(index)));
        FieldError {
            loc: std::iter::once(json!("body")).chain(steps).collect(),
            msg: found.message.clone(),
            kind: found.id().to_owned(),
        }
    });
    Err(ApiError::fields_as(code, &fields.collect::<Vec<_>>()))
}

/// What is answered where a document cannot be kept; all else is kept with its report (F34).
fn code_of(code: Code) -> Option<&'static str> {
    let blocking = [
        (Code::NodeIdInvalid, "invalid_node_id"),
        (Code::NodeDuplicateId, "duplicate_node_id"),
        (Code::ConnectionDangling, "dangling_connection"),
        (Code::NodeIdMissing, "invalid_node_id"),
        (Code::ConnectionShape, "validation_error"),
        (Code::FlowShape, "validation_error"),
        (Code::FlowTooLarge, "validation_error"),
    ];
    blocking.into_iter().find(|(known, _)| *known == code).map(|(_, code)| code)
}

/// The theme that the document names, if its owner may use it (S1.42).
pub(super) async fn theme(
    app: &App,
    definition: &FlowDefinition,
    warnings: &mut Vec<String>,
) -> Result<Option<ThemeId>, ApiError> {
    let Some(name) = definition.theme_id() else { return Ok(None) };
    let scope = AccessScope::conversation(definition.school_id, None);
    let id = name.parse::<Uuid>().map(ThemeId).ok();
    let found = match id {
        Some(id) => app.store.theme(&scope, id).await?,
        None => None,
    };
    if found.is_none() {
        warnings.push(format!("There is no theme '{name}' for this flow"));
    }
    Ok(found.map(|theme| theme.id))
}

/// S2.19
fn check_owner(
    author: &Author,
    old: Option<&FlowRecord>,
    new: &FlowRecord,
) -> Result<(), ApiError> {
    let Some(old) = old else { return Ok(()) };
    let (Some(before), Some(after)) = (old.access(), new.access()) else { return Ok(()) };
    if author.scope().changes(&before, &after) {
        return Ok(());
    }
    if old.school_id == new.school_id {
        return Err(visibility_not_allowed());
    }
    let detail = "Only the platform moves flows between schools";
    Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_school", detail))
}

/// What becomes of a flow in the eyes of its visitors.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// None if it stays as it is.
    pub(super) is_published: Option<bool>,
    version: Option<NewVersion>,
    /// The number of the version that sessions run then.
    pub(super) seq: u32,
    pub(super) is_republished: bool,
}

/// Decides on publishing, and gives the definition its label (S3.87 to S3.90).
async fn plan(
    app: &App,
    author: &Author,
    before: Option<&FlowDraft>,
    draft: &Draft,
    (definition, upcoming): (&mut FlowDefinition, &Upcoming),
) -> Result<Plan, ApiError> {
    let (label, part, note) = match &draft.publishing {
        None => return Ok(Plan::default()),
        Some(Publishing::Withdraw) => {
            let is_published = draft.is_published.then_some(false);
            return Ok(Plan { is_published, ..Plan::default() });
        }
        Some(Publishing::Publish { label, part, note }) => (label, *part, note),
    };
    if !draft.is_active {
        let detail = "An inactive flow cannot be published";
        return Err(ApiError::new(StatusCode::CONFLICT, "flow_inactive", detail));
    }
    let checked = check_with(app, definition, Stage::Publish, upcoming).await?;
    if !checked.report.is_valid {
        return Err(ApiError::flow_validation_failed(&checked.report));
    }
    let newest = before.and_then(|before| before.newest.as_ref());
    let same_label =
        |newest: &&NewestVersion| label.as_ref().is_none_or(|label| *label == newest.label);
    if let Some(newest) = newest.filter(same_label) {
        let flow = FlowRef { id: draft.id, seq: newest.seq };
        let stored = app.store.version_entry(author.scope(), flow).await?;
        let document = stored.map(|(_, document)| document).unwrap_or_default();
        let published = FlowDefinition::read_json(&document).0;
        if published.is_some_and(|published| runs_alike(&published, definition)) {
            let is_published = (!draft.is_published).then_some(true);
            let is_republished = is_published.is_some();
            return Ok(Plan { is_published, seq: newest.seq, is_republished, version: None });
        }
    }
    if let Some(label) = label {
        definition.version.clone_from(label);
    } else if newest.is_some() || !app.options.keep_first_version {
        let page = app.store.list_versions(author.scope(), draft.id, 0, 10_000).await?;
        let versions = page.unwrap_or_default().versions;
        let taken = |label: &str| versions.iter().any(|version| version.label == label);
        definition.version = bump::next(&definition.version, part, taken);
    }
    if definition.version.chars().count() > 50 {
        let message = "the raised version would have more than 50 characters";
        return Err(ApiError::field(&["body", "version"], "value_error.length", message));
    }
    let seq = newest.map_or(0, |newest| newest.seq).saturating_add(1);
    let version = version(definition, checked.compiled.as_deref(), note.clone());
    let version = Some(version);
    Ok(Plan { is_published: Some(true), version, seq, is_republished: false })
}

/// Whether sessions of the one are sessions of the other: what they do, and who may start and embed
/// them (S3.88).
fn runs_alike(one: &FlowDefinition, other: &FlowDefinition) -> bool {
    let open = |flow: &FlowDefinition| flow.info.get("allow_anonymous").cloned();
    one.graph_hash() == other.graph_hash()
        && one.contract == other.contract
        && (one.visibility, one.school_id) == (other.visibility, other.school_id)
        && (open(one), one.theme_id()) == (open(other), other.theme_id())
}
