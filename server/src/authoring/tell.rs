//! What is told of a changed flow: which fields, which events, what the audit log keeps.

use chatflow_storage::{FlowDraft, FlowRecord, UserId};
use serde_json::{Map, Value, json};

use super::draft::Draft;
use super::save::Plan;

/// The names of the fields that differ (S6.8).
pub(super) fn differences(old: Option<&FlowRecord>, new: &FlowRecord) -> Vec<&'static str> {
    let Some(old) = old else { return Vec::new() };
    let pairs = [
        ("name", old.name != new.name),
        ("description", old.description != new.description),
        ("version", old.version != new.version),
        ("flow_data", old.flow_data != new.flow_data),
        ("entry_node_id", old.entry_node_id != new.entry_node_id),
        ("info", old.info != new.info),
        ("visibility", old.visibility != new.visibility),
        ("school_id", old.school_id != new.school_id),
        ("is_active", old.is_active != new.is_active),
        ("is_published", old.is_published != new.is_published),
        ("theme_id", old.theme_id != new.theme_id),
        ("retention_days", old.retention_days != new.retention_days),
        ("trace_enabled", old.trace_enabled != new.trace_enabled),
        ("trace_level", old.trace_level != new.trace_level),
        ("trace_sample_rate", old.trace_sample_rate != new.trace_sample_rate),
    ];
    pairs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// The events of a change, in their order (S3.86).
pub(super) fn told(
    draft: &Draft,
    before: Option<&FlowDraft>,
    after: &FlowRecord,
    plan: &Plan,
    (changes, by): (&[&str], Option<UserId>),
) -> Vec<(&'static str, Value)> {
    let mut told = Vec::new();
    match (&draft.event, before) {
        (Some((kind, data)), _) => {
            let mut data = data.clone();
            data.insert("flow_name".to_owned(), json!(after.name));
            told.push((*kind, data.into()));
        }
        (None, None) => {
            let data = json!({
                "flow_name": after.name, "created_by": after.created_by, "version": after.version,
            });
            told.push(("flow_created", data));
        }
        (None, Some(before)) if !changes.is_empty() => {
            let row_version = before.stored.row_version.saturating_add(1);
            let data =
                json!({"flow_name": after.name, "changes": changes, "row_version": row_version});
            told.push(("flow_updated", data));
        }
        (None, Some(_)) => {}
    }
    let was_published = before.is_some_and(|before| before.stored.record.is_published);
    if plan.is_published == Some(true) {
        let data = json!({
            "flow_name": after.name, "version": after.version, "seq": plan.seq,
            "republished": plan.is_republished, "published_by": by,
        });
        told.push(("flow_published", data));
    } else if was_published && !after.is_published && draft.event.is_none() {
        told.push(("flow_unpublished", json!({"flow_name": after.name})));
    }
    told
}

/// What the audit log keeps of a change: the names of all fields, and the values of those that are no
/// objects (S1.68).
pub(super) fn audited(
    old: Option<&FlowRecord>,
    new: &FlowRecord,
    changes: &[&'static str],
) -> Map<String, Value> {
    let scalars = |record: &FlowRecord| {
        let all = json!({
            "name": record.name, "description": record.description, "version": record.version,
            "entry_node_id": record.entry_node_id, "visibility": record.visibility,
            "school_id": record.school_id, "is_active": record.is_active,
            "is_published": record.is_published, "theme_id": record.theme_id,
            "retention_days": record.retention_days, "trace_enabled": record.trace_enabled,
            "trace_level": record.trace_level, "trace_sample_rate": record.trace_sample_rate,
        });
        let mut kept = Map::new();
        for name in changes {
            kept.extend(all.get(name).map(|value| ((*name).to_owned(), value.clone())));
        }
        kept
    };
    let mut audited = Map::new();
    audited.insert("changed".to_owned(), json!(changes));
    if let Some(old) = old {
        audited.insert("before".to_owned(), scalars(old).into());
        audited.insert("after".to_owned(), scalars(new).into());
    }
    audited
}
