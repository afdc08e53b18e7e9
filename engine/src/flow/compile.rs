//! From a definition to a flow that may be run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::definition::{ConnectionDefinition, FlowDefinition, NodeDefinition, NodeType};
use super::graph::{Edge, Flow, Node};
use super::node::NodeKind;
use super::node::action::Action;
use super::node::composite::Composite;
use super::node::condition::Condition;
use super::node::fields::Fields;
use super::node::message::Message;
use super::node::question::Question;
use super::node::request::Webhook;
use super::predicate::Predicate;
use super::target::Target;
use crate::check::{Code, Pointer, Report, Rules, Severity, check_graph};
use crate::extend::Extensions;
use crate::id::{FlowId, FlowRef, NodeId};

/// A compiled flow, and everything its author should know about it.
#[derive(Debug)]
pub struct Compiled {
    /// `None` exactly when the report has an error.
    pub flow: Option<Arc<Flow>>,
    /// What was found.
    pub report: Report,
}

impl Flow {
    /// Checks a definition and makes it runnable as the version `seq` of its flow.
    ///
    /// A definition without an id gets one that its seed key, else its content, stands for.
    ///
    /// ```
    /// use chatflow::{Flow, FlowDefinition};
    ///
    /// let (definition, report) = FlowDefinition::read_json(r#"{
    ///     "nodes": [{"id": "hi", "type": "message", "content": {"text": "Hello!"}}]
    /// }"#);
    /// assert!(!report.has_errors());
    /// let compiled = Flow::compile(&definition.ok_or("not a flow")?, 1);
    /// assert!(compiled.flow.is_some());
    /// # Ok::<(), &'static str>(())
    /// ```
    pub fn compile(definition: &FlowDefinition, seq: u32) -> Compiled {
        Compiler::default().compile(definition, seq)
    }
}

/// What flows are compiled with: the rules they must keep, and what a host adds to the language.
#[derive(Clone, Debug, Default)]
pub struct Compiler {
    /// The business rules that flows are held against.
    pub rules: Rules,
    /// Functions and node types of the host.
    pub extensions: Extensions,
}

impl Compiler {
    /// As [`Flow::compile`], by these rules and extensions.
    pub fn compile(&self, definition: &FlowDefinition, seq: u32) -> Compiled {
        let mut report = Report::default();
        check_graph(definition, &mut report);
        check_contract(definition, &mut report);
        let mut index = BTreeMap::new();
        let mut nodes = Vec::new();
        for node in &definition.nodes {
            if index.contains_key(&node.id) {
                continue;
            }
            index.insert(node.id.clone(), nodes.len());
            nodes.push((node.id.clone(), compile_node(node, &mut report), Vec::new()));
        }
        for connection in &definition.connections {
            let edge = compile_edge(connection, &index, &mut report);
            let source = index.get(&connection.source).and_then(|at| nodes.get_mut(*at));
            if let (Some((_, _, edges)), Some(edge)) = (source, edge) {
                edges.push(edge);
            }
        }
        let entry = definition.entry.as_ref().and_then(|entry| index.get(entry)).copied();
        let id = definition.id.unwrap_or_else(|| derived_id(definition));
        let links: BTreeSet<Arc<str>> =
            nodes.iter().filter_map(|(_, kind, _)| link(kind)).collect();
        let defaults = defaults(definition, &mut report);
        let flow = entry.filter(|_| !report.has_errors()).map(|entry| {
            Arc::new(Flow {
                version: FlowRef { id, seq },
                label: definition.version.as_str().into(),
                name: definition.name.as_str().into(),
                entry,
                nodes: nodes.into_iter().map(finish).collect(),
                index,
                defaults: defaults.into(),
                links: links.into_iter().collect(),
                digest: definition.graph_hash(),
            })
        });
        Compiled { flow, report }
    }
}

/// Contracts are documentation; enforcing one is not built (R9.34).
fn check_contract(definition: &FlowDefinition, report: &mut Report) {
    let strict = definition.contract.as_ref().and_then(|contract| contract.get("strict"));
    if strict == Some(&Value::Bool(true)) {
        let at = Pointer::root().push("contract").push("strict");
        report
            .add(Code::NodeNotBuilt, &at, "this version does not enforce contracts yet")
            .help("remove `strict`");
    }
}

/// The id that a flow without one gets.
fn derived_id(definition: &FlowDefinition) -> FlowId {
    let key = definition.seed_key.clone().unwrap_or_else(|| definition.graph_hash());
    FlowId::derived(&key)
}

fn link(kind: &NodeKind) -> Option<Arc<str>> {
    if let NodeKind::Composite(composite) = kind { Some(Arc::clone(&composite.link)) } else { None }
}

/// Orders the edges as they are tried: by `info.priority`, then in document order (R1.22).
fn finish((id, kind, mut edges): (NodeId, NodeKind, Vec<(i64, Edge)>)) -> Node {
    edges.sort_by_key(|(priority, _)| *priority);
    Node { id, kind, edges: edges.into_iter().map(|(_, edge)| edge).collect() }
}

fn compile_edge(
    connection: &ConnectionDefinition,
    index: &BTreeMap<NodeId, usize>,
    report: &mut Report,
) -> Option<(i64, Edge)> {
    let target = *index.get(&connection.target)?;
    let at = connection.at.push("conditions");
    let predicate = connection
        .predicate
        .as_ref()
        .map(|value| Predicate::compile(value, &at, Code::ConnectionPredicate, report));
    let priority = connection.info.get("priority").and_then(Value::as_i64).unwrap_or(0);
    Some((priority, Edge { kind: connection.kind.clone(), target, predicate }))
}

fn compile_node(node: &NodeDefinition, report: &mut Report) -> NodeKind {
    let at = node.at.push("content");
    let Some(map) = node.content.as_object() else {
        report
            .add(
                Code::NodeContentType,
                &at,
                format!("the content of `{}` must be an object", node.id),
            )
            .help("write `\"content\": {…}`");
        return NodeKind::Broken;
    };
    if map.is_empty() && !matches!(node.kind, NodeType::Unknown(_)) {
        report
            .add(Code::NodeContentEmpty, &at, format!("the content of `{}` is empty", node.id))
            .help(format!("say what this {} does", node.kind.as_str()));
        return NodeKind::Broken;
    }
    let fields = Fields { map, at: &at };
    match &node.kind {
        NodeType::Message => NodeKind::Message(Box::new(Message::compile(&fields, report))),
        NodeType::Question => NodeKind::Question(Box::new(Question::compile(&fields, report))),
        NodeType::Condition => NodeKind::Condition(Box::new(Condition::compile(&fields, report))),
        NodeType::Action => NodeKind::Action(Box::new(Action::compile(&fields, report))),
        NodeType::Webhook => Webhook::compile(&fields, report)
            .map_or(NodeKind::Broken, |hook| NodeKind::Webhook(Box::new(hook))),
        NodeType::Composite => Composite::compile(&fields, report)
            .map_or(NodeKind::Broken, |composite| NodeKind::Composite(Box::new(composite))),
        NodeType::Script => {
            report
                .add(Code::NodeNotBuilt, &node.at, "this version does not run script nodes yet")
                .help("use an action with `calculate`, or a condition");
            NodeKind::Broken
        }
        // Reported when the document was read.
        NodeType::Unknown(_) => NodeKind::Broken,
    }
}

/// The declared variables that have a default (R1.7, R1.8).
fn defaults(definition: &FlowDefinition, report: &mut Report) -> Vec<(Target, Value)> {
    let at = definition.data_at.push("variables");
    let (mut defaults, mut undeclared) = (Vec::new(), Vec::new());
    let mut declare = |name: &str, value: &Value, at: &Pointer| {
        if let Some(target) = Target::compile(name, at, Code::FlowVariable, report) {
            defaults.push((target, value.clone()));
        }
    };
    match definition.data_keys.get("variables") {
        Some(Value::Array(list)) => {
            for (i, entry) in list.iter().enumerate() {
                match (entry.get("name").and_then(Value::as_str), entry.get("default")) {
                    (Some(name), Some(value)) => declare(name, value, &at.push(i)),
                    (Some(_), None) => {}
                    (None, _) => undeclared.push(at.push(i)),
                }
            }
        }
        Some(Value::Object(scopes)) => {
            for (scope, names) in scopes {
                let Some(names) = names.as_object() else {
                    undeclared.push(at.push(scope));
                    continue;
                };
                for (name, value) in names {
                    if let Some(value) = default_of(value) {
                        declare(&format!("{scope}.{name}"), value, &at.push(scope).push(name));
                    }
                }
            }
        }
        None | Some(Value::Null) => {}
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) => undeclared.push(at),
    }
    for at in undeclared {
        report
            .add_as(Code::FlowVariable, Severity::Warning, &at, "this declares no variable")
            .help("write `{\"temp\": {\"score\": 0}}`, or `[{\"name\": \"temp.score\", \"default\": 0}]`");
    }
    defaults
}

/// A declaration's default, or the value itself when it is no declaration.
fn default_of(value: &Value) -> Option<&Value> {
    let is_declaration = |map: &Map<String, Value>| {
        ["type", "default", "description", "required"].iter().any(|key| map.contains_key(*key))
    };
    match value.as_object() {
        Some(map) if is_declaration(map) => map.get("default"),
        _ => Some(value),
    }
}
