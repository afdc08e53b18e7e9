//! Cycles on which the visitor is never asked anything (R12.71).

use serde_json::Value;

use super::components::{Edges, cycle_in, cyclic_components};
use super::{Graph, Vertex};
use crate::check::{Code, Pointer, Report, Severity};
use crate::flow::{NodeDefinition, NodeType, read_children};
use crate::table::Set;

/// The most nodes of a cycle that a message names.
const NAMED: usize = 20;

/// Content keys by which a composite names another flow (R9.1).
const REFERENCES: [&str; 5] =
    ["composite_flow_id", "flow_id", "composite_flow_key", "composite_flow_seed_key", "flow_ref"];

/// Reports each set of nodes with a cycle that never waits, once: as an error if some cycle in it
/// cannot be left, else as a warning.
pub(super) fn check(graph: &Graph<'_>, report: &mut Report) {
    let waits: Vec<bool> = graph.vertices.iter().map(|vertex| may_wait(vertex.node)).collect();
    let is_silent = |index: usize| waits.get(index) == Some(&false);
    let silent = edges_where(graph, |from, _, to, _| is_silent(from) && is_silent(to));
    let loops = cyclic_components(&silent);
    let mut loop_of = vec![None; graph.vertices.len()];
    for (number, members) in loops.iter().enumerate() {
        for member in members {
            if let Some(place) = loop_of.get_mut(*member) {
                *place = Some(number);
            }
        }
    }
    let same_loop = |from: usize, to: usize| {
        let number = loop_of.get(from).copied().flatten();
        number.is_some() && number == loop_of.get(to).copied().flatten()
    };
    // A predicate on the way out may end the loop as well as one on the loop.
    let may_leave = |from: usize, vertex: &Vertex<'_>| {
        vertex
            .out
            .iter()
            .any(|edge| edge.is_conditional() && edge.to.is_some_and(|to| !same_loop(from, to)))
    };
    let is_certain: Vec<bool> = graph
        .vertices
        .iter()
        .enumerate()
        .map(|(index, vertex)| is_simple(&vertex.node.kind) && !may_leave(index, vertex))
        .collect();
    let certain = edges_where(graph, |from, _, to, is_conditional| {
        same_loop(from, to)
            && !is_conditional
            && is_certain.get(from) == Some(&true)
            && is_certain.get(to) == Some(&true)
    });

    let mut told = Set::new();
    for members in cyclic_components(&certain) {
        told.extend(members.first().and_then(|first| loop_of.get(*first).copied()).flatten());
        tell(graph, &cycle_in(&certain, &members), Severity::Error, report);
    }
    for (number, members) in loops.iter().enumerate() {
        if !told.contains(&number) {
            tell(graph, &cycle_in(&silent, members), Severity::Warning, report);
        }
    }
}

/// The edges between existing nodes that satisfy `holds(from, vertex, to, is_conditional)`.
fn edges_where(
    graph: &Graph<'_>,
    holds: impl Fn(usize, &Vertex<'_>, usize, bool) -> bool,
) -> Edges {
    let targets = |(from, vertex): (usize, &Vertex<'_>)| {
        let edges = vertex.out.iter().filter_map(|edge| Some((edge.to?, edge.is_conditional())));
        edges
            .filter(|(to, is_conditional)| holds(from, vertex, *to, *is_conditional))
            .map(|(to, _)| to)
            .collect()
    };
    graph.vertices.iter().enumerate().map(targets).collect()
}

fn tell(graph: &Graph<'_>, cycle: &[usize], severity: Severity, report: &mut Report) {
    let nodes: Vec<_> =
        cycle.iter().filter_map(|index| graph.vertices.get(*index)).map(|v| v.node).collect();
    let Some(first) = nodes.first() else { return };
    let more = nodes.len().saturating_sub(NAMED);
    let path: String = nodes
        .iter()
        .take(NAMED)
        .map(|node| format!("`{}` → ", node.id))
        .chain((more > 0).then(|| format!("{more} more → ")))
        .collect();
    let id = &first.id;
    let message = match severity {
        Severity::Error => format!("{path}`{id}` goes round for ever without asking the visitor"),
        Severity::Warning | Severity::Info => {
            format!("{path}`{id}` goes round without asking the visitor until a condition ends it")
        }
    };
    report
        .add_as(Code::FlowLoopWithoutInput, severity, &first.at, message)
        .help("put a question on the way, or a message with `wait_for_ack`");
}

/// Whether the visitor may be asked something at this node. A sub-flow elsewhere may do anything.
fn may_wait(node: &NodeDefinition) -> bool {
    match node.kind {
        NodeType::Question | NodeType::Script => true,
        NodeType::Message => {
            let flags = ["wait_for_ack", "wait_for_acknowledgment", "wait_for_acknowledgement"];
            flags.iter().any(|flag| node.content.get(flag) == Some(&Value::Bool(true)))
                || node
                    .content
                    .get("quick_replies")
                    .and_then(Value::as_array)
                    .is_some_and(|replies| !replies.is_empty())
        }
        NodeType::Composite => {
            let Some(content) = node.content.as_object() else { return false };
            let names_a_flow = REFERENCES
                .iter()
                .filter_map(|key| content.get(*key))
                .any(|reference| !reference.is_null() && reference != "");
            // Nesting is bounded by the depth of the document.
            names_a_flow
                || read_children(content, &Pointer::root(), &mut Report::default())
                    .0
                    .iter()
                    .any(may_wait)
        }
        NodeType::Condition
        | NodeType::Action
        | NodeType::Webhook
        | NodeType::Custom(_)
        | NodeType::Unknown(_) => false,
    }
}

/// Types that decide nothing.
fn is_simple(kind: &NodeType) -> bool {
    match kind {
        NodeType::Message | NodeType::Action | NodeType::Webhook | NodeType::Composite => true,
        NodeType::Question
        | NodeType::Condition
        | NodeType::Script
        | NodeType::Custom(_)
        | NodeType::Unknown(_) => false,
    }
}
