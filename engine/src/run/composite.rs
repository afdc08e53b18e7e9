//! Sub-flows: entering and returning (R9.3 to R9.15, R9.20 to R9.23, R9.34, F20, F36).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::scope::Scope;
use super::write::once_each;
use super::{Move, Run};
use crate::flow::ConnectionType;
use crate::flow::contract::Contract;
use crate::flow::graph::{Flow, Node};
use crate::flow::node::NodeKind;
use crate::flow::node::composite::{Body, Composite, Source};
use crate::id::FlowRef;
use crate::protocol::{Beginning, EffectKind, EndReason, Event, Visited};
use crate::session::{Frame, Resume};
use crate::value::Lookup;
use crate::value::path::Path;
use crate::value::shape::Purpose;
use crate::value::template::Missing;
use crate::value::{MAX_DEPTH, canonical_len, is_deeper_than};

impl<'a> Run<'a> {
    pub(super) fn enter_composite(&mut self, node: &'a Node, composite: &'a Composite) -> Move {
        let link = match &composite.body {
            Body::Flow(link) => Some(link),
            Body::Inline(None) => return self.leave(node, &[ConnectionType::Success]),
            Body::Inline(Some(_)) => None,
        };
        if self.session.engine.frames.len() >= self.limits.subflow_depth {
            return self.fail(node, "subflow_depth_exceeded", "too many flows are entered");
        }
        let Some(link) = link else { return self.push(node, composite, self.flow) };
        let Some(flow) = self.session.engine.pins.get(link).copied() else {
            let detail = if link.contains('@') { " (no_matching_version)" } else { "" };
            let message = format!("no published flow answers to `{link}`{detail}");
            return self.fail_unresolved(node, &message);
        };
        match self.catalog.get(flow) {
            Some(flow) => self.push(node, composite, flow),
            None => self.open(EffectKind::LoadFlow { flow }, Resume::Composite { flow }),
        }
    }

    pub(super) fn resume_composite(
        &mut self,
        node: &'a Node,
        composite: &'a Composite,
        flow: FlowRef,
    ) -> Move {
        match self.catalog.get(flow) {
            Some(flow) => self.push(node, composite, flow),
            None => self.fail(
                node,
                "subflow_not_available",
                &format!("flow `{flow}` could not be loaded"),
            ),
        }
    }

    /// What should have run is gone: going on as if it had run would mislead (F36).
    fn fail_unresolved(&mut self, node: &'a Node, message: &str) -> Move {
        self.record_failure("subflow_not_found", message);
        for kind in [ConnectionType::Failure, ConnectionType::Error] {
            if let Some(edge) = self.pick_one(node, &kind) {
                return self.take(node, Some(edge));
            }
        }
        Move::Finish(EndReason::Error, Some("node_failed"))
    }

    fn push(&mut self, node: &'a Node, composite: &'a Composite, flow: &'a Flow) -> Move {
        if self.turn().visits >= self.limits.nodes_per_turn {
            // A frame in which no node was entered would have no position.
            return self.end(EndReason::Error, Some("step_limit"));
        }
        let Some(input) = self.inputs(composite) else {
            return self.fail(node, "state_too_large", "the inputs are too large or too deep");
        };
        let (version, here) = (flow.version, self.here());
        let mut frame = Frame::sub(version, node.id.clone(), input);
        let entry = if let Body::Inline(entry) = composite.body { entry } else { None };
        frame.inline = entry.is_some();
        self.session.engine.frames.push(frame);
        if !self.meets_contract(entry.map_or(flow.contract.as_deref(), |_| None), &here) {
            self.session.engine.frames.pop();
            return self.fail(
                node,
                "contract_unmet",
                "the flow needs variables that are not there",
            );
        }
        let label = flow.label.clone();
        self.events.push(Event::SubflowEntered { node: here, target: version, version: label });
        self.flow = flow;
        Move::To(entry.unwrap_or(flow.entry))
    }

    /// The values of the inputs (R9.3); none when they are too large or too deep to be stored.
    fn inputs(&mut self, composite: &'a Composite) -> Option<Map<String, Value>> {
        let mut missing = Missing::default();
        let mut room = Some(self.limits.state_bytes);
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
            let fits = room.and_then(|room| room.checked_sub(canonical_len(&value)));
            // As for variables: what is too large or too deep could not be stored.
            room = fits.filter(|_| !is_deeper_than(&value, MAX_DEPTH));
            if room.is_none() {
                break;
            }
            input.insert(name.to_string(), value);
        }
        self.warn_missing(missing);
        room.map(|_| input)
    }

    /// Warns of what the entered flow needs and does not find (R9.34). False where that is a
    /// failure of the composite.
    fn meets_contract(&mut self, contract: Option<&Contract>, at: &Visited) -> bool {
        let Some(contract) = contract else { return true };
        let missing = self.absent(&contract.required);
        let met = missing.is_empty() || !(contract.strict || self.options.enforce_contracts);
        self.warn_absent("contract_missing_input", missing, at);
        met
    }

    /// A flow that is started directly needs the same, but only warns (R9.34).
    pub(super) fn check_requirements(&mut self) {
        if let Some(contract) = &self.flow.contract {
            let (missing, here) = (self.absent(&contract.required), self.here());
            self.warn_absent("contract_missing_input", missing, &here);
        }
    }

    /// Those of `paths` that are absent or null.
    fn absent(&self, paths: &'a [Path]) -> Vec<&'a Path> {
        let scope = Scope::of(self.session);
        let is_absent =
            |path: &&Path| Lookup::get(&scope, path).is_none_or(|value| value.is_null());
        paths.iter().filter(is_absent).collect()
    }

    fn warn_absent(&mut self, code: &'static str, paths: Vec<&Path>, at: &Visited) {
        for path in paths {
            let about = (**path.text()).into();
            self.events.push(Event::Warned { node: at.clone(), code, about });
        }
    }

    /// The innermost flow has finished: its outputs go to the flow below, which goes on.
    pub(super) fn return_from(&mut self, reason: EndReason) -> Move {
        let success = reason != EndReason::Error;
        let is_inline = self.session.frame().is_some_and(|frame| frame.inline);
        let contract = self.flow.contract.as_deref().filter(|_| success && !is_inline);
        let missing = contract.map(|contract| self.absent(&contract.returned));
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
        self.trace_step(node, Beginning::Returned);
        let variables = self.map_outputs(composite, &frame.output);
        let here = self.here();
        self.warn_absent("contract_missing_output", missing.unwrap_or_default(), &here);
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
                Ok(()) => written.push(self.name_of(target)),
                Err(error) => self.warn("not_written", format!("{}: {error}", target.text())),
            }
        }
        once_each(written)
    }
}
