//! Whether what a node decides leads somewhere (R12.72 to R12.80).

mod exits;

use serde_json::Value;

use super::{Graph, Vertex};
use crate::check::{Code, Pointer, Report, Severity};
use crate::flow::{ConnectionType, NodeType};
use crate::table::{Set, sort_by_key};
use crate::unicode::lowercase;

pub(super) fn check(vertex: &Vertex<'_>, graph: &Graph<'_>, report: &mut Report) {
    check_defaults(vertex, graph, report);
    exits::check(vertex, report);
    match vertex.node.kind {
        NodeType::Condition => {
            check_paths(vertex, report);
            check_unused(vertex, report);
        }
        NodeType::Question => {
            check_options(vertex, report);
            exits::check_question(vertex, report);
        }
        NodeType::Action | NodeType::Webhook => exits::check_failure(vertex, report),
        NodeType::Message
        | NodeType::Composite
        | NodeType::Script
        | NodeType::Custom(_)
        | NodeType::Unknown(_) => {}
    }
}

fn check_defaults(vertex: &Vertex<'_>, graph: &Graph<'_>, report: &mut Report) {
    let mut defaults: Vec<_> = vertex
        .out
        .iter()
        .map(|edge| edge.connection)
        .filter(|connection| {
            connection.kind == ConnectionType::Default && connection.predicate.is_none()
        })
        .collect();
    // Priority goes before document order (R1.22).
    sort_by_key(&mut defaults, |connection| {
        connection.info.get("priority").and_then(Value::as_i64).unwrap_or(0)
    });
    let mut defaults = defaults.into_iter();
    let Some(first) = defaults.next() else { return };
    let leads_on = vertex.out.iter().any(|e| e.to.is_some() && std::ptr::eq(e.connection, first));
    for surplus in defaults {
        let message = format!(
            "`{}` goes on to `{}` by default; this second unconditional default to `{}` is never taken",
            first.source, first.target, surplus.target
        );
        // A path of a condition may name the node that it leads to.
        let may_go = leads_on && vertex.node.kind != NodeType::Condition;
        // Without it nothing would lead to its target, which might then be taken for an entry.
        let target = graph.by_id.get(&surplus.target).and_then(|to| graph.vertices.get(*to));
        let is_spare = may_go && target.is_none_or(|target| target.ways_in > 1);
        report
            .add(Code::ConnectionMultipleDefault, &surplus.at, message)
            .help("give it a condition or another type, or remove it")
            .fix(is_spare.then(|| surplus.removal()));
    }
}

/// The ways out of a node.
struct Exits<'a> {
    kinds: Set<&'a ConnectionType>,
    targets: Set<&'a str>,
}

impl<'a> Exits<'a> {
    fn of(vertex: &Vertex<'a>) -> Self {
        let connections = || vertex.out.iter().map(|edge| edge.connection);
        Self {
            kinds: connections().map(|connection| &connection.kind).collect(),
            targets: connections().map(|connection| connection.target.as_str()).collect(),
        }
    }

    fn has_default(&self) -> bool {
        self.kinds.contains(&ConnectionType::Default)
    }

    /// Whether a path of a condition leads to a connection of its own (R2.62).
    fn has_path(&self, path: &str) -> bool {
        ConnectionType::parse_from(path, &NodeType::Condition)
            .is_some_and(|kind| self.kinds.contains(&kind))
            || self.targets.contains(path)
    }
}

fn check_paths(vertex: &Vertex<'_>, report: &mut Report) {
    let exits = Exits::of(vertex);
    let content = &vertex.node.content;
    let at = vertex.node.at.push("content");
    let mut tell = |path: &str, at: &Pointer| {
        let id = &vertex.node.id;
        let (severity, message) = if exits.has_default() {
            let message = format!("no connection of `{id}` is for `{path}`; its default is taken");
            (Severity::Warning, message)
        } else {
            let message = format!("no connection of `{id}` is for `{path}`, and it has no default");
            (Severity::Error, message)
        };
        report
            .add_as(Code::ConditionPath, severity, at, message)
            .help(format!("add a connection of type `{path}`, or correct the path"));
    };

    let entries = content.get("conditions").and_then(Value::as_array);
    for (index, entry) in entries.into_iter().flatten().enumerate() {
        let Some(then) = entry.get("then").and_then(path_text) else { continue };
        if !exits.has_path(&then) {
            tell(&then, &at.push("conditions").push(index).push("then"));
        }
    }
    let default_path = ["default_path", "else", "default"]
        .into_iter()
        .find_map(|key| Some((key, path_text(content.get(key)?).filter(|path| !path.is_empty())?)));
    let mut leads_on = exits.has_default();
    if let Some((key, path)) = &default_path {
        if exits.has_path(path) {
            leads_on = true;
        } else {
            tell(path, &at.push(key));
        }
    }
    if !leads_on {
        let message = format!(
            "when no entry of the condition `{}` holds, the conversation ends",
            vertex.node.id
        );
        report
            .add(Code::ConditionNoDefault, &vertex.node.at, message)
            .help("add a `default` connection");
    }
}

/// Connections that no path of the condition names (R12.74).
fn check_unused(vertex: &Vertex<'_>, report: &mut Report) {
    let content = &vertex.node.content;
    let entries = content.get("conditions").and_then(Value::as_array);
    let thens = entries.into_iter().flatten().filter_map(|entry| entry.get("then"));
    let default = ["default_path", "else", "default"].into_iter().find_map(|key| content.get(key));
    let paths: Vec<_> = thens.chain(default).filter_map(path_text).collect();
    let kinds: Set<_> = paths
        .iter()
        .filter_map(|path| ConnectionType::parse_from(path, &NodeType::Condition))
        .collect();
    let targets: Set<&str> = paths.iter().map(|path| path.trim()).collect();
    for edge in &vertex.out {
        let connection = edge.connection;
        let is_named =
            kinds.contains(&connection.kind) || targets.contains(connection.target.as_str());
        if connection.kind != ConnectionType::Default && !is_named {
            let (id, kind) = (&vertex.node.id, &connection.kind);
            let message = format!("no entry of the condition `{id}` leads to `{kind}`");
            report.add(Code::ConditionConnectionUnused, &connection.at, message).help(format!(
                "add an entry with `\"then\": \"{kind}\"`, or remove the connection"
            ));
        }
    }
}

/// A path as text; a number may be a node's id.
fn path_text(value: &Value) -> Option<String> {
    let number = || value.as_number().map(ToString::to_string);
    value.as_str().map(Into::into).or_else(number)
}

fn check_options(vertex: &Vertex<'_>, report: &mut Report) {
    let exits = Exits::of(vertex);
    let has_option_exit = exits.kinds.iter().any(|kind| matches!(kind, ConnectionType::Option(_)));
    if !has_option_exit || exits.has_default() {
        return;
    }
    for (index, at) in choices(vertex).into_iter().enumerate() {
        let kind = u8::try_from(index).ok().map(ConnectionType::Option);
        if kind.is_some_and(|kind| !exits.kinds.contains(&kind)) {
            let id = &vertex.node.id;
            let message = format!("no connection of `{id}` is for its option {index} (`${index}`)");
            report
                .add(Code::QuestionOptionWithoutPath, &at, message)
                .help(format!("add a `${index}` or a `default` connection"));
        }
    }
}

/// The places of the options that a question presents for sure, in order (R3.5, R3.29d).
fn choices(vertex: &Vertex<'_>) -> Vec<Pointer> {
    let content = &vertex.node.content;
    let options = content.get("options").and_then(Value::as_array);
    let input_type = content.get("input_type").and_then(Value::as_str).map(lowercase);
    let at = vertex.node.at.push("content");
    match input_type.as_deref() {
        Some("boolean" | "confirm" | "yes_no") => vec![at.push("input_type"); 2],
        Some("choice" | "button" | "image_choice" | "carousel") | None => {
            let at = at.push("options");
            let presented = options.into_iter().flatten().enumerate().filter(|(_, option)| {
                let keys = ["value", "text", "label"];
                keys.iter().any(|key| option.get(key).is_some())
                    || option.is_string()
                    || option.is_number()
                    || option.is_boolean()
            });
            presented.map(|(index, _)| at.push(index)).collect()
        }
        Some(_) => Vec::new(),
    }
}
