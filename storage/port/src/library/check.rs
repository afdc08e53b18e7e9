//! The rules of the tables that every store refuses to break, checked before anything is written.

use std::collections::BTreeSet;

use chatflow::{ConnectionType, NodeId, Visibility};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::ApplyError;
use crate::reference::{FlowReference, ReferenceKind};

use super::content::{ContentRecord, VariantRecord};
use super::record::{
    Batch, ConnectionRow, FlowRecord, NewVersion, NodeRow, Record, RecordKey, SchoolRecord,
    ThemeRecord,
};
use crate::account::{AccountError, AccountRow as _};
use crate::audit::check_audit;
use crate::outbox::check_event;

pub(crate) type Problem = Result<(), &'static str>;

/// Checks every record, event and audit entry of a batch by itself: JSON, lengths, ranges and the shape of graphs.
///
/// # Errors
/// [`ApplyError::Invalid`] for the first rule that is broken. What is wrong with accounts is found when they
/// are settled, but that one comes twice.
pub fn check_batch(batch: &Batch) -> Result<(), ApplyError> {
    let mut seen = BTreeSet::new();
    for change in &batch.schools {
        once(&mut seen, &change.record)?;
        name_problem(&change.record, school)?;
    }
    for change in &batch.themes {
        once(&mut seen, &change.record)?;
        name_problem(&change.record, theme)?;
    }
    for change in &batch.contents {
        once(&mut seen, &change.record)?;
        name_problem(&change.record, content)?;
    }
    for change in &batch.flows {
        once(&mut seen, &change.flow.record)?;
        name_problem(&change.flow.record, flow)?;
        if let Some(new) = &change.publish {
            name_problem(&change.flow.record, |flow| version(flow, new))?;
        }
    }
    let mut seen = BTreeSet::new();
    let users = batch.users.iter().map(|change| change.record.key());
    let programs = batch.service_accounts.iter().map(|change| change.record.key());
    for account in users.chain(programs) {
        if !seen.insert(account) {
            let problem = "the batch holds it twice";
            return Err(AccountError::Invalid { account, problem }.into());
        }
    }
    batch.events.iter().try_for_each(check_event)?;
    batch.audit.iter().try_for_each(check_audit)?;
    Ok(())
}

fn once(seen: &mut BTreeSet<RecordKey>, record: &impl Record) -> Result<(), ApplyError> {
    let new = seen.insert(record.key());
    name_problem(record, |_| require(new, "the batch holds it twice"))
}

pub(crate) fn name_problem<T: Record>(
    record: &T,
    check: impl Fn(&T) -> Problem,
) -> Result<(), ApplyError> {
    check(record).map_err(|problem| ApplyError::Invalid { record: record.key(), problem })
}

fn school(school: &SchoolRecord) -> Problem {
    text(&school.name, 1, 256, "the name must have 1 to 256 characters")?;
    key(school.seed_key.as_deref())?;
    object(&school.info, "`info` must be a JSON object")
}

fn theme(theme: &ThemeRecord) -> Problem {
    text(&theme.name, 1, 255, "the name must have 1 to 255 characters")?;
    key(theme.seed_key.as_deref())?;
    plain(theme.description.as_deref())?;
    for url in [&theme.logo_url, &theme.avatar_url].into_iter().flatten() {
        text(url, 0, 512, "an address must have at most 512 characters")?;
    }
    text(&theme.version, 0, 50, "the version must have at most 50 characters")?;
    object(&theme.config, "`config` must be a JSON object")
}

pub(crate) fn content(content: &ContentRecord) -> Problem {
    // S1.12
    let kinds = ["joke", "fact", "question", "quote", "message", "prompt"];
    require(kinds.contains(&content.kind.as_str()), "unknown content type")?;
    key(content.seed_key.as_deref())?;
    object(&content.content, "`content` must be a JSON object")?;
    object(&content.info, "`info` must be a JSON object")?;
    content.tags.iter().try_for_each(|tag| plain(Some(tag)))?;
    content.variants.iter().try_for_each(variant)?;
    require(
        content.variants.is_sorted_by(|one, next| one.key < next.key),
        "the variants must be in the order of their keys, each once",
    )?;
    // S1.36
    let orphan = content.visibility == Visibility::School && content.school_id.is_none();
    require(!orphan, "visibility `school` needs a school")
}

pub(crate) fn variant(variant: &VariantRecord) -> Problem {
    text(&variant.key, 1, 100, "a variant's key must have 1 to 100 characters")?;
    object(&variant.data, "a variant's data must be a JSON object")?;
    object(&variant.conditions, "a variant's conditions must be a JSON object")?;
    require(variant.weight <= 10_000, "a variant's weight must be 0 to 10000")
}

fn flow(flow: &FlowRecord) -> Problem {
    text(&flow.name, 1, 255, "the name must have 1 to 255 characters")?;
    text(&flow.version, 0, 50, "the version must have at most 50 characters")?;
    text(&flow.graph_hash, 0, 64, "the graph hash must have at most 64 characters")?;
    key(flow.seed_key.as_deref())?;
    plain(flow.description.as_deref())?;
    object(&flow.flow_data, "`flow_data` must be a JSON object")?;
    object(&flow.info, "`info` must be a JSON object")?;
    require((1..=3650).contains(&flow.retention_days), "retention must be 1 to 3650 days")?;
    require(flow.trace_sample_rate <= 100, "the sample rate must be 0 to 100 percent")?;
    if let Some(entry) = &flow.entry_node_id {
        node_id(entry)?;
    }
    let mut nodes = BTreeSet::new();
    for row in &flow.nodes {
        node(row)?;
        require(nodes.insert(&row.node_id), "two nodes have the same id")?;
    }
    flow.references.iter().try_for_each(reference)?;
    let mut connections = BTreeSet::new();
    for row in &flow.connections {
        connection(row)?;
        let both = nodes.contains(&row.source) && nodes.contains(&row.target);
        require(both, "a connection names a node that does not exist")?;
        let new = connections.insert((&row.source, &row.target, &row.connection_type));
        require(new, "two connections have the same source, target and type")?;
    }
    Ok(())
}

pub(crate) fn reference(reference: &FlowReference) -> Problem {
    node_id(&reference.node_id)?;
    text(&reference.ref_id, 1, 260, "a reference must have 1 to 260 characters")?;
    require(reference.kind != ReferenceKind::Theme, "a theme is not referred to by a node")
}

fn node(node: &NodeRow) -> Problem {
    node_id(&node.node_id)?;
    text(&node.node_type, 0, 50, "a node type must have at most 50 characters")?;
    if let Some(template) = &node.template {
        text(template, 0, 100, "a template's name must have at most 100 characters")?;
    }
    json(&node.content, "a node's `content` must be JSON")?;
    object(&node.position, "a node's `position` must be a JSON object")?;
    object(&node.info, "a node's `info` must be a JSON object")
}

fn connection(connection: &ConnectionRow) -> Problem {
    let kind = ConnectionType::parse(&connection.connection_type);
    let canonical = kind.is_some_and(|kind| kind.to_string() == connection.connection_type);
    require(canonical, "a connection type is not in canonical form")?;
    object(&connection.conditions, "a connection's `conditions` must be a JSON object")?;
    object(&connection.info, "a connection's `info` must be a JSON object")
}

fn version(flow: &FlowRecord, version: &NewVersion) -> Problem {
    require(flow.is_published, "a version is published of a flow that is not")?;
    text(&version.label, 0, 50, "the version must have at most 50 characters")?;
    json(&version.document, "the document must be JSON")?;
    let note = version.note.as_deref().unwrap_or_default();
    text(note, 0, 500, "a note must have at most 500 characters")?;
    version.links.iter().try_for_each(|link| {
        plain(Some(link))?;
        let kind = link.split_once(':').map_or("", |(kind, _)| kind);
        let kind = kind.split_once('@').map_or(kind, |(kind, _)| kind);
        let known = matches!(kind, "id" | "key");
        require(known, "a link must start with `id:`, `key:`, `id@<label>:` or `key@<label>:`")
    })
}

pub(crate) fn require(holds: bool, problem: &'static str) -> Problem {
    if holds { Ok(()) } else { Err(problem) }
}

fn node_id(id: &NodeId) -> Problem {
    text(id.as_str(), 1, 255, "a node id must have 1 to 255 characters")
}

fn key(key: Option<&str>) -> Problem {
    key.map_or(Ok(()), |key| text(key, 1, 255, "a seed key must have 1 to 255 characters"))
}

pub(crate) fn text(text: &str, min: usize, max: usize, problem: &'static str) -> Problem {
    plain(Some(text))?;
    require((min..=max).contains(&text.chars().count()), problem)
}

/// Postgres cannot hold U+0000, and SQLite's functions stop at it.
pub(crate) fn plain(text: Option<&str>) -> Problem {
    require(!text.is_some_and(|text| text.contains('\0')), "a text contains U+0000")
}

fn json(text: &str, problem: &'static str) -> Problem {
    require(serde_json::from_str::<IgnoredAny>(text).is_ok(), problem)
}

pub(crate) fn object(text: &str, problem: &'static str) -> Problem {
    require(serde_json::from_str::<Map<String, Value>>(text).is_ok(), problem)
}
