//! Between a flow's document and its rows.

use chatflow::{ConnectionDefinition, Flow, FlowDefinition, FlowId, NodeDefinition, NodeId};
use chatflow_host::references_of;
use chatflow_storage::{
    ConnectionRow, FlowRecord, NewVersion, NodeRow, ThemeId, TraceLevel, UserId,
};
use serde_json::{Map, Value, json};

use crate::error::ApiError;

/// What of a flow is not in its document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) id: FlowId,
    pub(crate) created_by: Option<UserId>,
    pub(crate) is_published: bool,
    pub(crate) is_active: bool,
    pub(crate) theme_id: Option<ThemeId>,
}

/// The row of a flow, and those of its graph.
pub(crate) fn record(definition: &FlowDefinition, standing: Standing) -> FlowRecord {
    let document = definition.to_value();
    let data = document.get("flow_data").cloned().unwrap_or_else(|| json!({}));
    let mut info = definition.info.clone();
    if let Some(key) = &definition.seed_key {
        info.insert("seed_key".to_owned(), json!(key));
    }
    // S3.83
    match &definition.contract {
        Some(contract) => info.insert("contract".to_owned(), contract.clone().into()),
        None => info.remove("contract"),
    };
    FlowRecord {
        id: standing.id,
        seed_key: definition.seed_key.clone(),
        name: definition.name.clone(),
        description: definition.description.clone(),
        version: definition.version.clone(),
        entry_node_id: definition.entry.clone(),
        flow_data: data.to_string(),
        allow_anonymous: info.get("allow_anonymous").and_then(Value::as_bool).unwrap_or(false),
        info: Value::Object(info).to_string(),
        visibility: definition.visibility,
        school_id: definition.school_id,
        created_by: standing.created_by,
        is_published: standing.is_published,
        is_active: standing.is_active,
        theme_id: standing.theme_id,
        retention_days: definition.retention_days.clamp(1, 3650),
        trace_enabled: definition.trace_enabled,
        trace_level: level_of(definition.trace_level),
        trace_sample_rate: percent_of(definition.trace_sample_rate),
        graph_hash: definition.graph_hash(),
        nodes: nodes(&definition.nodes),
        connections: connections(&definition.connections),
        references: references_of(definition),
    }
}

/// The document of a row: its snapshot and what stands around it.
pub(crate) fn definition(record: &FlowRecord) -> Result<FlowDefinition, ApiError> {
    let parse = |text: &str| serde_json::from_str::<Map<String, Value>>(text);
    let data = parse(&record.flow_data).map_err(ApiError::internal)?;
    around(record, &data.into())
}

/// The document of a row by the rows of its graph, which are the truth (R1.24, S1.46). Keys that only
/// the snapshot has are kept where the rest of a node or connection is as the rows say.
pub(crate) fn definition_by_rows(record: &FlowRecord) -> Result<FlowDefinition, ApiError> {
    let by_snapshot = definition(record)?;
    let is_true = nodes(&by_snapshot.nodes) == record.nodes
        && connections(&by_snapshot.connections) == record.connections;
    if is_true {
        return Ok(by_snapshot);
    }
    let value = |text: &str| serde_json::from_str::<Value>(text).map_err(ApiError::internal);
    let mut data = by_snapshot.data_keys;
    let nodes = record.nodes.iter().map(|row| {
        Ok(json!({
            "id": row.node_id, "type": row.node_type, "content": value(&row.content)?,
            "template": row.template, "position": value(&row.position)?,
            "info": value(&row.info)?, "execution_context": row.execution_context,
        }))
    });
    data.insert("nodes".to_owned(), nodes.collect::<Result<_, ApiError>>()?);
    let connections = record.connections.iter().map(|row| {
        Ok(json!({
            "source": row.source, "target": row.target, "type": row.connection_type,
            "conditions": value(&row.conditions)?, "info": value(&row.info)?,
        }))
    });
    data.insert("connections".to_owned(), connections.collect::<Result<_, ApiError>>()?);
    around(record, &data.into())
}

fn around(record: &FlowRecord, data: &Value) -> Result<FlowDefinition, ApiError> {
    let info: Value = serde_json::from_str(&record.info).map_err(ApiError::internal)?;
    let document = json!({
        "id": record.id, "seed_key": record.seed_key, "name": record.name,
        "description": record.description, "version": record.version,
        "entry_node_id": record.entry_node_id.as_ref().map(NodeId::as_str),
        "visibility": record.visibility, "school_id": record.school_id, "info": info,
        "trace_enabled": record.trace_enabled, "trace_level": record.trace_level,
        "trace_sample_rate": record.trace_sample_rate, "retention_days": record.retention_days,
        "flow_data": data,
    });
    let broken = || ApiError::internal(format!("the document of flow {} is broken", record.id));
    let mut definition = FlowDefinition::read(&document).0.ok_or_else(broken)?;
    // It stands beside `info`, and is put there when it is written.
    definition.info.remove("contract");
    Ok(definition)
}

/// The first node of each id: what runs when an author repeats one (R1.14).
fn nodes(nodes: &[NodeDefinition]) -> Vec<NodeRow> {
    let mut known = std::collections::BTreeSet::new();
    let mut rows = Vec::new();
    for node in nodes.iter().filter(|node| known.insert(&node.id)) {
        let json = |map: &Map<String, Value>| Value::Object(map.clone()).to_string();
        rows.push(NodeRow {
            node_id: node.id.clone(),
            node_type: node.kind.as_str().to_owned(),
            execution_context: node.execution_context,
            template: node.template.clone(),
            content: node.content.to_string(),
            position: json(&node.written_position()),
            info: json(&node.info),
        });
    }
    rows
}

/// Tables hold one row per source, target and type: predicates of several are joined by `or` (R1.20).
fn connections(connections: &[ConnectionDefinition]) -> Vec<ConnectionRow> {
    let mut groups: Vec<(&ConnectionDefinition, Vec<Option<&Value>>)> = Vec::new();
    for connection in connections {
        let same = groups.iter_mut().find(|(first, _)| {
            (&first.source, &first.target, &first.kind)
                == (&connection.source, &connection.target, &connection.kind)
        });
        match same {
            Some((_, predicates)) => predicates.push(connection.predicate.as_ref()),
            None => groups.push((connection, vec![connection.predicate.as_ref()])),
        }
    }
    let row = |(connection, predicates): (&ConnectionDefinition, Vec<Option<&Value>>)| {
        let all: Option<Vec<&Value>> = predicates.into_iter().collect();
        let conditions = match all.as_deref() {
            None | Some([]) => json!({}),
            Some([one]) => json!({"if": one}),
            Some(several) => json!({"if": {"or": several}}),
        };
        ConnectionRow {
            source: connection.source.clone(),
            target: connection.target.clone(),
            connection_type: connection.kind.to_string(),
            conditions: conditions.to_string(),
            info: Value::Object(connection.info.clone()).to_string(),
        }
    };
    groups.into_iter().map(row).collect()
}

/// The version of a flow that is published now.
pub(crate) fn version(
    definition: &FlowDefinition,
    compiled: Option<&Flow>,
    note: Option<String>,
) -> NewVersion {
    let links = compiled.into_iter().flat_map(|flow| flow.links().map(ToString::to_string));
    NewVersion {
        label: definition.version.clone(),
        document: definition.to_value().to_string(),
        links: links.collect(),
        note,
    }
}

fn level_of(level: chatflow::TraceLevel) -> TraceLevel {
    match level {
        chatflow::TraceLevel::Minimal => TraceLevel::Minimal,
        chatflow::TraceLevel::Off | chatflow::TraceLevel::Standard => TraceLevel::Standard,
        chatflow::TraceLevel::Verbose => TraceLevel::Verbose,
    }
}

/// A percentage as it is stored: rounded, but what is not nothing is at least 1 (S7.22).
fn percent_of(rate: f64) -> u32 {
    let rounded = (0..=100_u32).rev().find(|percent| f64::from(*percent) <= rate + 0.5);
    let least = u32::from(rate > 0.0);
    rounded.unwrap_or(0).max(least)
}
