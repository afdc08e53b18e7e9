//! The nodes of a flow and of its inline composites as one graph of points.

use serde_json::{Map, Value};

use super::touch::{Frame, Touch};
use super::walk::Walk;
use super::{Known, declared};
use crate::check::composites::{children, reference_at};
use crate::check::contract;
use crate::check::report::{Pointer, Report};
use crate::extend::Extensions;
use crate::flow::{ConnectionDefinition, FlowDefinition, NodeDefinition, NodeType};
use crate::id::NodeId;
use crate::table::{Set, Table};

/// A place that a conversation passes, and what happens there, in order.
#[derive(Debug, Default)]
pub(super) struct Point {
    pub(super) touches: Vec<Touch>,
    pub(super) out: Vec<usize>,
}

/// The points. A conversation begins at the first.
#[derive(Debug, Default)]
pub(super) struct Network {
    pub(super) points: Vec<Point>,
}

/// Where a node is entered and left; they differ for inline composites.
#[derive(Clone, Copy)]
struct Doors {
    entered: usize,
    left: usize,
}

/// What is known of a composite's flow, asked with the node and the place of the reference.
type Asked<'a> = dyn Fn(&NodeDefinition, &Pointer) -> Known + 'a;

struct Builder<'a, 'r> {
    network: Network,
    known: &'a Asked<'a>,
    extensions: &'a Extensions,
    scopes: Set<String>,
    frames: usize,
    report: &'r mut Report,
}

impl Network {
    pub(super) fn of(
        definition: &FlowDefinition,
        known: &Asked<'_>,
        extensions: &Extensions,
        report: &mut Report,
    ) -> Self {
        let given = declared(definition);
        let scope = |path: &String| Some(path.split_once('.')?.0.to_owned());
        let scopes: Set<_> = given.iter().filter_map(scope).collect();
        let network = Self::default();
        let mut builder = Builder { network, known, extensions, scopes, frames: 0, report };
        let frame = builder.frame(Set::new(), Set::new());
        let promised = contract::entries(definition, contract::ENTRY);
        let promised = promised.filter_map(|(_, entry)| entry.as_str());
        let given = given.iter().map(String::as_str).chain(promised);
        let touches = given
            .filter_map(|text| Some((text, frame.written(text)?)))
            .map(|(text, keys)| {
                let at = Pointer::root();
                Touch::Write { keys, at, text: text.to_owned(), by_action: false }
            })
            .collect();
        let start = builder.point(touches);
        let doors = builder.graph(&definition.nodes, &definition.connections, &frame);
        let entry = definition.entry.as_ref().and_then(|entry| doors.get(entry));
        if let Some(entry) = entry {
            builder.link(start, entry.entered);
        }
        builder.network
    }
}

impl Builder<'_, '_> {
    fn frame(&mut self, inputs: Set<String>, outputs: Set<String>) -> Frame {
        let frame = Frame { number: self.frames, inputs, outputs, scopes: self.scopes.clone() };
        self.frames = self.frames.saturating_add(1);
        frame
    }

    fn point(&mut self, touches: Vec<Touch>) -> usize {
        self.network.points.push(Point { touches, out: Vec::new() });
        self.network.points.len().saturating_sub(1)
    }

    fn link(&mut self, from: usize, to: usize) {
        if let Some(point) = self.network.points.get_mut(from) {
            point.out.push(to);
        }
    }

    /// What happens when `act` runs in a frame.
    fn touches(&mut self, frame: &Frame, act: impl FnOnce(&mut Walk<'_>)) -> Vec<Touch> {
        let functions = &self.extensions.functions;
        let mut walk = Walk { frame, functions, touches: Vec::new(), report: self.report };
        act(&mut walk);
        walk.touches
    }

    /// Adds nodes with what joins them. Of nodes that share an id, the first counts.
    fn graph(
        &mut self,
        nodes: &[NodeDefinition],
        connections: &[ConnectionDefinition],
        frame: &Frame,
    ) -> Table<NodeId, Doors> {
        let mut doors: Table<NodeId, Doors> = Table::new();
        for node in nodes {
            if !doors.contains_key(&node.id) {
                let of_node = self.node(node, frame);
                doors.insert(node.id.clone(), of_node);
            }
        }
        for connection in connections {
            let ends = (doors.get(&connection.source), doors.get(&connection.target));
            let (Some(source), Some(target)) = ends else { continue };
            if let Some(predicate) = &connection.predicate {
                let at = connection.at.push("conditions");
                let touches = self.touches(frame, |walk| walk.predicate(predicate, &at));
                if let Some(point) = self.network.points.get_mut(source.left) {
                    point.touches.extend(touches);
                }
            }
            self.link(source.left, target.entered);
        }
        doors
    }

    fn node(&mut self, node: &NodeDefinition, frame: &Frame) -> Doors {
        let content = node.content.as_object().filter(|_| node.kind == NodeType::Composite);
        let Some(content) = content else {
            let touches = self.touches(frame, |walk| walk.node(node));
            let point = self.point(touches);
            return Doors { entered: point, left: point };
        };
        let mut touches = self.touches(frame, |walk| walk.inputs(content, &node.at));
        if let Some(at) = reference_at(node) {
            let known = (self.known)(node, &at);
            for requirement in known.requires {
                if let Some(keys) = frame.written(&requirement.path) {
                    touches.push(Touch::Require { keys, requirement });
                }
            }
            match known.sets {
                Some(sets) => touches.extend(sets.into_iter().filter_map(|text| {
                    let keys = Frame::top().written(&text)?;
                    Some(Touch::Write { keys, at: at.clone(), text, by_action: false })
                })),
                // The other flow may set whatever it shares with this one.
                None => touches.push(Touch::Everything),
            }
            touches.extend(self.touches(frame, |walk| walk.outputs(content, &node.at)));
            let point = self.point(touches);
            return Doors { entered: point, left: point };
        }
        let entered = self.point(touches);
        let children = self.children(node, content, entered);
        let touches = self.touches(frame, |walk| walk.outputs(content, &node.at));
        let left = self.point(touches);
        self.link(entered, left);
        // Any child may be the last.
        for child in children {
            self.link(child.left, left);
        }
        Doors { entered, left }
    }

    /// The children of an inline composite; the depth of documents bounds how deep they nest.
    fn children(
        &mut self,
        node: &NodeDefinition,
        content: &Map<String, Value>,
        entered: usize,
    ) -> Vec<Doors> {
        let (nodes, connections) = children(node);
        let outputs = match content.get("outputs") {
            Some(Value::Object(map)) => map.keys().map(String::as_str).collect(),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            Some(_) | None => Vec::new(),
        };
        let plain = |name: &str| name.strip_prefix("output.").unwrap_or(name).to_owned();
        let inputs = content.get("inputs").and_then(Value::as_object);
        let inputs = inputs.map(|map| map.keys().cloned().collect()).unwrap_or_default();
        let frame = self.frame(inputs, outputs.into_iter().map(plain).collect());
        let doors = self.graph(&nodes, &connections, &frame);
        let of = |node: &NodeDefinition| doors.get(&node.id).copied();
        if connections.is_empty() {
            let mut previous: Option<(&NodeDefinition, Doors)> = None;
            for node in &nodes {
                let Some(next) = of(node) else { continue };
                match previous {
                    // A condition may lead to any of its siblings (R9.13).
                    Some((before, from)) if before.kind == NodeType::Condition => {
                        for to in nodes.iter().filter_map(of) {
                            self.link(from.left, to.entered);
                        }
                    }
                    Some((_, from)) => self.link(from.left, next.entered),
                    None => self.link(entered, next.entered),
                }
                previous = Some((node, next));
            }
        } else {
            let named = content.get("entry_node_id").and_then(Value::as_str);
            let named = named.and_then(|id| doors.get(&NodeId::from(id)));
            let targets: Set<_> = connections.iter().map(|connection| &connection.target).collect();
            let is_first =
                |(i, node): &(usize, &NodeDefinition)| *i == 0 || !targets.contains(&node.id);
            let inferred: Vec<_> = nodes
                .iter()
                .enumerate()
                .filter(is_first)
                .filter_map(|(_, node)| of(node))
                .collect();
            match named {
                Some(first) => self.link(entered, first.entered),
                None => inferred.iter().for_each(|first| self.link(entered, first.entered)),
            }
        }
        doors.into_iter().map(|(_, doors)| doors).collect()
    }
}
