//! Nodes (R1.9 to R1.15).

use serde_json::{Map, Value};

use super::fields::{
    Fields, Found, id_text, into_object, into_text, is_empty, is_too_long, kind_of,
};
use crate::check::{Code, Patch, Pointer, Report, Severity, near_miss};
use crate::flow::definition::{AXES, ExecutionContext, NodeDefinition, NodeType};
use crate::id::NodeId;
use crate::unicode::lowercase;

const ID: &[&str] = &["id", "node_id", "node_key", "data.id"];
const KIND: &[&str] = &["node_type", "type", "data.nodeType", "data.node_type"];
const POSITION: &[&str] = &["position", "position_absolute", "positionAbsolute", "data.position"];

/// A node and the connections that it carried itself (R1.21).
pub(super) struct Read {
    pub(super) node: NodeDefinition,
    pub(super) connections: Map<String, Value>,
}

/// Reads a node; `None` if it has no id and there is no `fallback_id`.
pub(super) fn read(
    value: Value,
    at: &Pointer,
    fallback_id: Option<String>,
    report: &mut Report,
) -> Option<Read> {
    let map = match into_object(value) {
        Ok(map) => map,
        Err(other) => {
            let message = format!("this node is {}, not an object", kind_of(&other));
            report
                .add(Code::NodeIdMissing, at, message)
                .help("write it as `{\"id\": …, \"type\": …}`");
            return None;
        }
    };
    let mut fields = Fields::new(map);
    let id = read_id(&mut fields, at, fallback_id, report)?;
    let mut node = NodeReader { fields, id, at, report };
    let (kind, is_choice) = node.kind();
    let mut content = node.fields.take(&["content", "data.content"]).map(|found| found.value);
    if is_choice {
        default_to_choice(content.get_or_insert_with(|| Map::new().into()));
    }
    let content = content.unwrap_or_else(|| Map::new().into());
    let template = node.template();
    let position = node.position();
    let info = node.info();
    let execution_context = node.execution_context(&kind, &content, &info);
    let connections = node.connections();
    let NodeReader { fields, id, .. } = node;
    let extra = fields.rest();
    let node = NodeDefinition {
        id,
        kind,
        content,
        template,
        position,
        info,
        execution_context,
        extra,
        at: at.clone(),
    };
    Some(Read { node, connections })
}

/// Where a node runs by its content or metadata, when it does not say so itself (R1.10).
pub(in crate::flow) fn inherited_context(
    content: &Value,
    info: &Map<String, Value>,
) -> Option<ExecutionContext> {
    let named = [content.get("execution_context"), info.get("execution_context")];
    named.into_iter().flatten().find_map(read_context)
}

fn read_context(value: &Value) -> Option<ExecutionContext> {
    match lowercase(value.as_str()?.trim()).as_str() {
        "frontend" => Some(ExecutionContext::Frontend),
        "backend" => Some(ExecutionContext::Backend),
        "mixed" => Some(ExecutionContext::Mixed),
        _ => None,
    }
}

fn read_id(
    fields: &mut Fields,
    at: &Pointer,
    fallback: Option<String>,
    report: &mut Report,
) -> Option<NodeId> {
    let mut unusable = None;
    for found in fields.take_all(ID) {
        let Some(id) = id_text(&found.value) else {
            unusable = unusable.or(Some(found));
            continue;
        };
        if let Some(problem) = problem_of_id(&id, &found.value) {
            report
                .add(Code::NodeIdInvalid, &found.at(at), format!("the node id `{id}` {problem}"))
                .help("use 1 to 255 characters, without `/` and control characters");
        }
        return Some(id.into());
    }
    if let Some(found) = unusable {
        let message = format!("the node's id is {}, not a string", kind_of(&found.value));
        report
            .add(Code::NodeIdInvalid, &found.at(at), message)
            .help("write the id as a text, e.g. `\"ask_age\"`");
    } else if fallback.is_none() {
        report
            .add(Code::NodeIdMissing, at, "the node has no id and is left out")
            .help("give it an `id` that no other node has");
    }
    fallback.map(Into::into)
}

fn problem_of_id(id: &str, value: &Value) -> Option<&'static str> {
    if is_too_long(value) {
        Some("goes on beyond 255 characters, and is cut off there")
    } else if id.contains('/') {
        Some("holds a `/`")
    } else if id.chars().any(char::is_control) {
        Some("holds a control character")
    } else {
        None
    }
}

/// `buttons` is a question for one of its options (R1.11).
fn default_to_choice(content: &mut Value) {
    if let Some(content) = content.as_object_mut()
        && content.get("input_type").is_none_or(is_empty)
    {
        content.insert("input_type".into(), "choice".into());
    }
}

struct NodeReader<'a> {
    fields: Fields,
    id: NodeId,
    at: &'a Pointer,
    report: &'a mut Report,
}

impl NodeReader<'_> {
    /// The type, and whether it is a choice by its name.
    fn kind(&mut self) -> (NodeType, bool) {
        // React Flow calls every node of an application `custom`.
        let is_custom = |value: &Value| {
            value.as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case("custom"))
        };
        let mut all = self.fields.take_all(KIND).into_iter();
        let Some(found) = all.find(|found| !is_custom(&found.value)) else {
            let message = format!("node `{}` has no type", self.id);
            self.report.add(Code::NodeUnknownType, self.at, message).help(KNOWN_TYPES);
            return (NodeType::Unknown(String::new()), false);
        };
        let text = found.value.as_str().map_or_else(|| found.value.to_string(), Into::into);
        let token = lowercase(text.trim());
        if let Some(kind) = NodeType::parse(&token) {
            return (kind, token == "buttons");
        }
        let message = format!("node `{}` is of the unknown type `{text}`", self.id);
        let (at, meant) = (found.at(self.at), near_miss(&text, &NodeType::NAMES));
        self.report
            .add(Code::NodeUnknownType, &at, message)
            .help(KNOWN_TYPES)
            .fix(meant.map(|name| Patch::replace(&at, name)));
        (NodeType::Unknown(text), false)
    }

    fn template(&mut self) -> Option<String> {
        let found = self.fields.take(&["template", "data.template"])?;
        if !found.value.is_string() {
            self.wrong_kind(&found, "template", "a string; it is ignored");
        }
        into_text(found.value).ok()
    }

    /// Empty at the origin, where most nodes are that no editor has seen.
    fn position(&mut self) -> Map<String, Value> {
        let mut position = match self.fields.take(POSITION) {
            Some(Found { value: Value::Object(map), .. }) => map,
            Some(found) => {
                self.wrong_kind(&found, "position", "an object; the node is put at the origin");
                Map::new()
            }
            None => Map::new(),
        };
        if position.is_empty() {
            return position;
        }
        for axis in AXES {
            if !position.get(axis).is_some_and(Value::is_number) {
                position.insert(axis.into(), 0.into());
            }
        }
        let is_origin = position.len() == AXES.len() && position.values().all(|at| *at == 0);
        if is_origin { Map::new() } else { position }
    }

    fn info(&mut self) -> Map<String, Value> {
        match self.fields.take(&["info", "data.info", "data.meta_data"]) {
            Some(Found { value: Value::Object(map), .. }) => map,
            Some(found) => {
                self.wrong_kind(&found, "info", "an object; it is ignored");
                Map::new()
            }
            None => Map::new(),
        }
    }

    fn execution_context(
        &mut self,
        kind: &NodeType,
        content: &Value,
        info: &Map<String, Value>,
    ) -> ExecutionContext {
        if let Some(found) = self.fields.take(&["execution_context"]) {
            if let Some(context) = read_context(&found.value) {
                return context;
            }
            let message = format!(
                "node `{}`: `execution_context` is {}, which is unknown; it is ignored",
                self.id, found.value
            );
            let at = found.at(self.at);
            self.report
                .add_as(Code::NodeField, Severity::Warning, &at, message)
                .help("use `frontend`, `backend` or `mixed`")
                .fix(Patch::remove(&at));
        }
        inherited_context(content, info).unwrap_or_else(|| kind.usual_context())
    }

    /// The node's own connections; what is no object stays with the node.
    fn connections(&mut self) -> Map<String, Value> {
        let own = self.fields.get("connections");
        if own.is_some_and(|own| !own.is_object() && !is_empty(own)) {
            let message = format!("the connections of node `{}` are not an object", self.id);
            self.report
                .add(Code::ConnectionShape, &self.at.push("connections"), message)
                .help("write `{\"<type>\": \"<node id>\"}`, or use the flow's `connections`");
            return Map::new();
        }
        match self.fields.take(&["connections"]) {
            Some(Found { value: Value::Object(map), .. }) => map,
            Some(_) | None => Map::new(),
        }
    }

    fn wrong_kind(&mut self, found: &Found, field: &str, wanted: &str) {
        let kind = kind_of(&found.value);
        let message = format!("node `{}`: `{field}` is {kind}, not {wanted}", self.id);
        let at = found.at(self.at);
        self.report
            .add_as(Code::NodeField, Severity::Warning, &at, message)
            .help(format!("give {wanted}, or remove `{field}`"))
            .fix(Patch::remove(&at));
    }
}

pub(in crate::flow) const KNOWN_TYPES: &str =
    "use `message`, `question`, `condition`, `action`, `webhook`, `composite` or `script`";
