//! Rules about the graph as a whole (R12.60 to R12.80).

pub(super) mod components;
mod loops;
mod routes;

use super::code::Code;
use super::patch::Patch;
use super::report::{Report, Severity};
use crate::flow::{ConnectionDefinition, FlowDefinition, NodeDefinition, NodeType};
use crate::id::NodeId;
use crate::table::Table;

/// Checks entry, reachability, dead ends, routes and loops.
///
/// Takes time in proportion to the size of the graph, and no stack.
pub(super) fn check_graph(definition: &FlowDefinition, report: &mut Report) {
    if definition.nodes.is_empty() {
        report
            .add(Code::FlowNoNodes, &definition.data_at.push("nodes"), "the flow has no nodes")
            .help("add a message or a question to start with");
        return;
    }
    let graph = Graph::of(definition);
    let entry = check_entry(definition, &graph, report);
    check_reach(&graph, entry, report);
    for vertex in &graph.vertices {
        routes::check(vertex, &graph, report);
    }
    loops::check(&graph, report);
}

/// The nodes by index. Of nodes that share an id, the first is here (R1.14).
struct Graph<'a> {
    vertices: Vec<Vertex<'a>>,
    by_id: Table<&'a NodeId, usize>,
}

struct Vertex<'a> {
    node: &'a NodeDefinition,
    out: Vec<Edge<'a>>,
    /// Whether any connection leads here.
    is_entered: bool,
    /// How many connections lead here from nodes that exist.
    ways_in: usize,
}

struct Edge<'a> {
    /// `None` if the target does not exist.
    to: Option<usize>,
    connection: &'a ConnectionDefinition,
}

impl<'a> Graph<'a> {
    fn of(definition: &'a FlowDefinition) -> Self {
        let mut graph = Self { vertices: Vec::new(), by_id: Table::new() };
        for node in &definition.nodes {
            let index = graph.vertices.len();
            if *graph.by_id.or_insert_with(&node.id, || index) == index {
                graph.vertices.push(Vertex {
                    node,
                    out: Vec::new(),
                    is_entered: false,
                    ways_in: 0,
                });
            }
        }
        for connection in &definition.connections {
            let to = graph.by_id.get(&connection.target).copied();
            let from = graph.by_id.get(&connection.source).copied();
            if let Some(target) = to.and_then(|to| graph.vertices.get_mut(to)) {
                target.is_entered = true;
                target.ways_in = target.ways_in.saturating_add(usize::from(from.is_some()));
            }
            if let Some(source) = from.and_then(|from| graph.vertices.get_mut(from)) {
                source.out.push(Edge { to, connection });
            }
        }
        graph
    }

    /// Which nodes `entry` leads to, predicates notwithstanding.
    fn reached_from(&self, entry: usize) -> Vec<bool> {
        let mut reached = vec![false; self.vertices.len()];
        let mut rest = vec![entry];
        while let Some(index) = rest.pop() {
            let (Some(seen), Some(vertex)) = (reached.get_mut(index), self.vertices.get(index))
            else {
                continue;
            };
            if !*seen {
                *seen = true;
                rest.extend(vertex.out.iter().filter_map(|edge| edge.to));
            }
        }
        reached
    }
}

impl Edge<'_> {
    fn is_conditional(&self) -> bool {
        self.connection.predicate.is_some()
    }
}

fn check_entry(
    definition: &FlowDefinition,
    graph: &Graph<'_>,
    report: &mut Report,
) -> Option<usize> {
    let Some(entry) = &definition.entry else {
        let message = "the flow has no entry: more than one node, or none, is never entered";
        report
            .add(Code::FlowEntryMissing, &definition.entry_at, message)
            .help("name the first node in `entry_node_id`");
        return None;
    };
    let index = graph.by_id.get(entry).copied();
    if index.is_none() {
        let message = format!("the flow starts at `{entry}`, but there is no such node");
        report
            .add(Code::FlowEntryNotFound, &definition.entry_at, message)
            .help("name an existing node in `entry_node_id`");
    }
    index
}

fn check_reach(graph: &Graph<'_>, entry: Option<usize>, report: &mut Report) {
    let reached = entry.map(|entry| graph.reached_from(entry));
    for (index, vertex) in graph.vertices.iter().enumerate() {
        let (id, at) = (&vertex.node.id, &vertex.node.at);
        if !vertex.is_entered && vertex.out.is_empty() && entry != Some(index) {
            report
                .add(Code::NodeOrphan, at, format!("node `{id}` has no connections"))
                .help("connect it, or remove it")
                .fix(entry.map(|_| Patch::remove(at)));
            continue;
        }
        let is_lost = reached.as_ref().is_some_and(|all| all.get(index) == Some(&false));
        if is_lost {
            report
                .add(
                    Code::NodeUnreachable,
                    at,
                    format!("no path from the entry leads to node `{id}`"),
                )
                .help("connect it to a node that is reached, or remove it");
        }
        if vertex.out.is_empty()
            && let Some(severity) = severity_of_dead_end(&vertex.node.kind)
        {
            let kind = vertex.node.kind.as_str();
            let message = format!("the conversation ends after the {kind} `{id}`");
            report
                .add_as(Code::NodeDeadEnd, severity, at, message)
                .help("connect it to the next node, unless that is intended");
        }
    }
}

/// Types after which an end looks unintended (R12.70).
fn severity_of_dead_end(kind: &NodeType) -> Option<Severity> {
    match kind {
        NodeType::Condition => Some(Severity::Warning),
        NodeType::Question
        | NodeType::Action
        | NodeType::Webhook
        | NodeType::Script
        | NodeType::Custom(_) => Some(Severity::Info),
        NodeType::Message | NodeType::Composite | NodeType::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests;
