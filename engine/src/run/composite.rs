//! Sub-flows: entering and returning (R9.3 to R9.9, R9.20 to R9.23, F20, F36).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::scope::Scope;
use super::write::once_each;
use super::{Move, Run};
use crate::flow::ConnectionType;
use crate::flow::graph::Node;
use crate::flow::node::NodeKind;
use crate::flow::node::composite::{Composite, Source};
use crate::id::FlowRef;
use crate::protocol::{EffectKind, EndReason, Event};
use crate::session::{Frame, Resume};
use crate::value::Lookup;
use crate::value::shape::Purpose;
use crate::value::template::Missing;
use crate::value::{MAX_DEPTH, canonical_len, is_deeper_than};

impl<'a> Run<'a> {
    pub(super) fn enter_composite(&mut self, node: &'a Node, composite: &'a Composite) -> Move {
        if self.session.engine.frames.len() >= self.limits.subflow_depth {
            return self.fail(node, "subflow_depth_exceeded", "too many flows are entered");
        }
        let Some(flow) = self.session.engine.pins.get(&composite.link).copied() else {
            let message = format!("no published flow answers to `{}`", composite.link);
            return self.fail(node, "subflow_not_found", &message);
        };
        if self.catalog.get(flow).is_none() {
            return self.open(EffectKind::LoadFlow { flow }, Resume::Composite { flow });
        }
        self.push(node, composite, flow)
    }

    pub(super) fn resume_composite(
        &mut self,
        node: &'a Node,
        composite: &'a Composite,
        flow: FlowRef,
    ) -> Move {
        if self.catalog.get(flow).is_none() {
            return self.fail(
                node,
                "subflow_not_available",
                &format!("flow `{flow}` could not be loaded"),
            );
        }
        self.push(node, composite, flow)
    }

    fn push(&mut self, node: &'a Node, composite: &'a Composite, version: FlowRef) -> Move {
        let Some(flow) = self.catalog.get(version) else {
            return self.fail(node, "subflow_not_available", "the flow is not in the catalog");
        };
        if self.turn().visits >= self.limits.nodes_per_turn {
            // A frame in which no node was entered would have no position.
            return self.end(EndReason::Error, Some("step_limit"));
        }
        let mut missing = Missing::default();
        let mut room = self.limits.state_bytes;
        let scope = Scope::of(self.session);
        let mut input = Map::new();
        for (name, source) in &composite.inputs {
            let value = match source {
                Source::Path(path) => {
                    if let Some(value) = Lookup::get(&scope, path) {
                        value.into_owned()
                    } else {
                        missing.push(path.text().as_ref());
                        Value::Null
                    }
                }
                Source::Shape(shape) => shape.fill(&scope, Purpose::Store, &mut missing),
            };
            let fits = room.checked_sub(canonical_len(&value));
            // As for variables: what is too large or too deep could not be stored.
            let Some(left) = fits.filter(|_| !is_deeper_than(&value, MAX_DEPTH)) else {
                self.warn_missing(missing);
                return self.fail(node, "state_too_large", "the inputs are too large or too deep");
            };
            room = left;
            input.insert(name.to_string(), value);
        }
        self.warn_missing(missing);
        let here = self.here();
        self.events.push(Event::SubflowEntered {
            node: here,
            target: version,
            version: flow.label.clone(),
        });
        self.session.engine.frames.push(Frame::sub(version, node.id.clone(), input));
        self.flow = flow;
        Move::To(flow.entry)
    }

    /// The innermost flow has finished: its outputs go to the flow below, which goes on.
    pub(super) fn return_from(&mut self, reason: EndReason) -> Move {
        let Some(frame) = self.session.engine.frames.pop() else { return self.end(reason, None) };
        let below =
            self.session.engine.frames.last().and_then(|below| self.catalog.get(below.flow));
        let node = below
            .zip(frame.entered_from.as_ref())
            .and_then(|(flow, id)| Some((flow, flow.find(id)?)));
        // The flow below was in the catalog when the step began.
        let Some((flow, node)) = node else { return self.end(EndReason::Error, Some("node_gone")) };
        self.flow = flow;
        self.session.engine.position = Some(node.id.clone());
        let NodeKind::Composite(composite) = &node.kind else {
            return self.end(EndReason::Error, Some("resume_mismatch"));
        };
        let variables = self.map_outputs(composite, &frame.output);
        let success = reason != EndReason::Error;
        let here = self.here();
        self.events.push(Event::SubflowReturned {
            node: here,
            target: frame.flow,
            success,
            variables,
        });
        if success {
            return self.leave(node, &[ConnectionType::Success]);
        }
        self.fail(node, "subflow_failed", "the sub-flow ended with an error")
    }

    fn map_outputs(&mut self, composite: &'a Composite, output: &Value) -> Vec<Arc<str>> {
        let mut written = Vec::new();
        for (name, target) in &composite.outputs {
            let Some(value) = output.get(&**name).filter(|value| !value.is_null()) else {
                continue;
            };
            match self.write(target, value.clone()) {
                Ok(()) => written.push(target.text().clone()),
                Err(error) => self.warn("not_written", format!("{}: {error}", target.text())),
            }
        }
        once_each(written)
    }
}
