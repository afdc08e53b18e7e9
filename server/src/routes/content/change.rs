//! What a request means for an item: the item that comes of it, and what is told of it.

use axum::http::StatusCode;
use chatflow::{ContentId, TenantId};
use chatflow_storage::{
    CatalogContent, Change, ContentEdit, ContentRecord, ContentStatus, ContentStep, Record,
    RowAccess, Stored, UserId,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::{CreateContent, MOST_VERSION, UpdateContent};
use super::detail::visibility_text;
use super::teller::{Subject, Teller};
use super::{place, rules};
use crate::error::ApiError;
use crate::identity::{Caller, Role};
use crate::token::random_id;

/// An item as it will be, and the step that makes it so; no step if it is so already.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) after: CatalogContent,
    pub(super) warnings: Vec<String>,
    pub(super) step: Option<ContentStep>,
}

/// Names the item in events and in the audit log.
pub(super) fn subject(record: &ContentRecord) -> Subject {
    Subject { id: record.id, school: record.school_id }
}

pub(super) fn not_found() -> ApiError {
    ApiError::content_not_found()
}

fn access(record: &ContentRecord) -> Result<RowAccess, ApiError> {
    record.access().ok_or_else(|| ApiError::internal("an item belongs to nobody"))
}

fn shows(status: ContentStatus) -> bool {
    matches!(status, ContentStatus::Approved | ContentStatus::Published)
}

/// A new item (S3.37).
pub(super) async fn create(
    teller: &Teller<'_>,
    caller: &Caller,
    body: &CreateContent,
) -> Result<Planned, ApiError> {
    let visibility = body.visibility.map(|name| name.0);
    let school = body.school_id.map(TenantId);
    let (visibility, school_id) = place::of_new(caller, visibility, school)?;
    let status = body.status.map_or(ContentStatus::Draft, |name| name.0);
    let record = ContentRecord {
        id: ContentId(random_id()?),
        seed_key: None,
        kind: body.kind.0.to_owned(),
        content: Value::Object(body.content.clone()).to_string(),
        info: Value::Object(body.info.clone()).to_string(),
        tags: rules::tags(&body.tags)?,
        is_active: body.is_active,
        status,
        visibility,
        school_id,
        created_by: caller.user_id().map(UserId),
        variants: Vec::new(),
    };
    place::check_transition(caller, &access(&record)?, ContentStatus::Draft, status)?;
    let warnings = rules::check_body(&record.kind, &body.content, status)?;
    let about = subject(&record);
    let scalars = json!({"after": scalars(&record, 1)});
    let audit = vec![teller.entry(about, "create", &scalars)?];
    let data = told(&record, [("created_by", json!(record.created_by))]);
    let events = teller.events(about, "content_created", data, None).await?;
    let change = Change { expected: Some(0), record: record.clone() };
    let edit = ContentEdit::Save { change, version: None };
    let (created_at, updated_at) = (teller.at, teller.at);
    let stored = Stored { record, row_version: 1, created_at, updated_at };
    let step = Some(ContentStep { edit, events, audit });
    Ok(Planned { after: CatalogContent { stored, version: 1 }, warnings, step })
}

/// What is done to an item that is there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doing<'a> {
    /// S3.46
    Update(&'a UpdateContent),
    /// S3.48
    SetStatus(ContentStatus, Option<&'a str>),
}

pub(super) async fn update(
    teller: &Teller<'_>,
    caller: &Caller,
    old: &CatalogContent,
    doing: Doing<'_>,
) -> Result<Planned, ApiError> {
    let before = access(&old.stored.record)?;
    if !caller.scope.edits(&before) || caller.role() == Role::Reader {
        return Err(ApiError::forbidden());
    }
    let (record, version, warnings) = match doing {
        Doing::Update(update) => changed(caller, old, update)?,
        Doing::SetStatus(status, _) => moved(caller, old, status)?,
    };
    let is_same = record == old.stored.record && version == old.version;
    if is_same {
        return Ok(Planned { after: old.clone(), warnings, step: None });
    }
    place::check_move(caller, &before, &access(&record)?)?;
    let fields = differences(&old.stored.record, &record);
    let comment = match doing {
        Doing::SetStatus(_, comment) => comment,
        Doing::Update(_) => None,
    };
    let about = subject(&record);
    let changes = json!({
        "changed": fields,
        "before": picked(&fields, &scalars(&old.stored.record, old.version)),
        "after": picked(&fields, &scalars(&record, version)),
        "comment": comment,
    });
    let is_move = fields == ["status"];
    let audit = vec![teller.entry(about, if is_move { "status" } else { "update" }, &changes)?];
    let events = if is_move {
        let data = told(
            &record,
            [
                ("old_status", json!(old.stored.record.status.as_str())),
                ("new_status", json!(record.status.as_str())),
                ("comment", json!(comment)),
                ("updated_by", json!(caller.id)),
            ],
        );
        teller.events(about, "content_status_updated", data, None).await?
    } else {
        let data = told(&record, [("changes", json!(fields))]);
        teller.events(about, "content_updated", data, None).await?
    };
    let expected = Some(old.stored.row_version);
    let change = Change { expected, record: record.clone() };
    let edit = ContentEdit::Save { change, version: Some(version) };
    let stored = Stored {
        record,
        row_version: old.stored.row_version.saturating_add(1),
        created_at: old.stored.created_at,
        updated_at: teller.at,
    };
    let step = Some(ContentStep { edit, events, audit });
    Ok(Planned { after: CatalogContent { stored, version }, warnings, step })
}

/// The end of an item (S3.47).
pub(super) async fn delete(
    teller: &Teller<'_>,
    caller: &Caller,
    old: &CatalogContent,
    even_if_used: bool,
) -> Result<ContentStep, ApiError> {
    let record = &old.stored.record;
    if !caller.scope.edits(&access(record)?) {
        return Err(ApiError::forbidden());
    }
    let about = subject(record);
    let audit =
        vec![teller.entry(about, "delete", &json!({"before": scalars(record, old.version)}))?];
    let events = teller.events(about, "content_deleted", told(record, []), None).await?;
    let expected = Some(old.stored.row_version);
    let edit = ContentEdit::Delete { content: record.id, expected, even_if_used };
    Ok(ContentStep { edit, events, audit })
}

/// The record, its version and what to warn of.
type Next = (ContentRecord, u32, Vec<String>);

fn changed(
    caller: &Caller,
    old: &CatalogContent,
    update: &UpdateContent,
) -> Result<Next, ApiError> {
    if update.expected_version.is_some_and(|expected| expected != old.version) {
        let detail = format!("The version is {}", old.version);
        return Err(ApiError::new(StatusCode::CONFLICT, "version_conflict", detail));
    }
    let mut record = old.stored.record.clone();
    let mut version = update.version.unwrap_or(old.version);
    if let Some(kind) = update.kind {
        kind.0.clone_into(&mut record.kind);
    }
    if let Some(content) = &update.content {
        record.content = Value::Object(content.clone()).to_string();
        version = version.saturating_add(1);
    }
    if let Some(info) = &update.info {
        record.info = Value::Object(info.clone()).to_string();
    }
    if let Some(tags) = &update.tags {
        record.tags = rules::tags(tags)?;
    }
    record.is_active = update.is_active.unwrap_or(record.is_active);
    if let Some(school) = update.school_id {
        record.school_id = school.map(TenantId);
    }
    record.visibility = update.visibility.map_or(record.visibility, |name| name.0);
    if let Some(status) = update.status {
        let rises = shows(status.0) && status.0 != record.status && update.content.is_none();
        version = version.saturating_add(u32::from(rises));
        place::check_transition(caller, &access(&record)?, record.status, status.0)?;
        record.status = status.0;
    }
    let is_checked = update.content.is_some() || update.kind.is_some() || update.status.is_some();
    let warnings = if is_checked { check(&record)? } else { Vec::new() };
    Ok((record, version.min(MOST_VERSION), warnings))
}

fn moved(caller: &Caller, old: &CatalogContent, status: ContentStatus) -> Result<Next, ApiError> {
    let mut record = old.stored.record.clone();
    let from = record.status;
    if from == status {
        return Ok((record, old.version, Vec::new()));
    }
    place::check_transition(caller, &access(&record)?, from, status)?;
    record.status = status;
    let warnings = check(&record)?;
    let version = old.version.saturating_add(u32::from(shows(status)));
    Ok((record, version.min(MOST_VERSION), warnings))
}

fn check(record: &ContentRecord) -> Result<Vec<String>, ApiError> {
    let body: Map<String, Value> =
        serde_json::from_str(&record.content).map_err(ApiError::internal)?;
    rules::check_body(&record.kind, &body, record.status)
}

/// The data of an event (S6.15 to S6.18).
fn told<const N: usize>(
    record: &ContentRecord,
    more: [(&'static str, Value); N],
) -> Map<String, Value> {
    let mut data = Map::new();
    data.insert("content_id".to_owned(), json!(record.id));
    data.insert("content_type".to_owned(), json!(record.kind));
    data.extend(more.map(|(key, value)| (key.to_owned(), value)));
    data
}

/// The names of the fields that differ; a version that rises with the body or the status is none of
/// its own.
fn differences(old: &ContentRecord, new: &ContentRecord) -> Vec<&'static str> {
    let all = [
        ("type", old.kind != new.kind),
        ("content", old.content != new.content),
        ("info", old.info != new.info),
        ("tags", old.tags != new.tags),
        ("is_active", old.is_active != new.is_active),
        ("status", old.status != new.status),
        ("school_id", old.school_id != new.school_id),
        ("visibility", old.visibility != new.visibility),
    ];
    let differ: Vec<_> = all.into_iter().filter(|(_, differs)| *differs).collect();
    if differ.is_empty() {
        return vec!["version"];
    }
    differ.into_iter().map(|(name, _)| name).collect()
}

/// The fields that are kept as they were and are, for the audit log.
fn scalars(record: &ContentRecord, version: u32) -> Map<String, Value> {
    let all = [
        ("type", json!(record.kind)),
        ("is_active", json!(record.is_active)),
        ("status", json!(record.status.as_str())),
        ("school_id", json!(record.school_id)),
        ("visibility", json!(visibility_text(record.visibility))),
        ("version", json!(version)),
    ];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn picked(fields: &[&str], scalars: &Map<String, Value>) -> Map<String, Value> {
    let is_meant = |name: &str| name == "version" || fields.contains(&name);
    let meant = scalars.iter().filter(|(name, _)| is_meant(name));
    meant.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The id that an item of a request names.
pub(super) fn id_of(item: &Value) -> Result<Uuid, ApiError> {
    let text = item.as_str().or_else(|| item.get("id")?.as_str());
    let id = text.and_then(|text| Uuid::try_parse(text).ok());
    id.ok_or_else(|| ApiError::field(&["body", "id"], "type_error.uuid", "must be a UUID"))
}
