//! What a traced session tells beside the rest (R11.50 to R11.56). Each function does nothing for
//! other sessions, and changes nothing but the list of events.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Run;
use super::action::ActionError;
use super::question::target_of;
use crate::flow::graph::Node;
use crate::flow::node::NodeKind;
use crate::flow::node::action::{ActionStep, Op};
use crate::flow::node::message::{Body, Message};
use crate::flow::node::question::Question;
use crate::flow::node::request::Request;
use crate::flow::target::{Place, Target};
use crate::protocol::{Beginning, EffectKind, Event, Outcome, Prompt, Traced};
use crate::trace::TraceLevel;

/// Where a write begins to change something, and what was there.
pub(super) struct Spot {
    /// How many segments of the target's path lead there.
    depth: usize,
    old: Option<Value>,
}

impl<'a> Run<'a> {
    pub(super) fn is_traced(&self) -> bool {
        !self.session.engine.trace.is_off()
    }

    fn trace(&mut self, traced: Traced) {
        self.events.push(Event::Traced(Box::new(traced)));
    }

    /// A step of the trace begins at the position.
    pub(super) fn trace_step(&mut self, node: &Node, by: Beginning) {
        if !self.is_traced() {
            return;
        }
        let (at, depth, here) = (self.turn().now, self.session.depth(), self.here());
        let node_type = type_of(&node.kind);
        self.trace(Traced::Began { node: here, node_type, depth, at, by });
    }

    /// The node goes on after an effect.
    pub(super) fn trace_resumed(&mut self) {
        if self.is_traced() {
            let at = self.turn().now;
            self.trace(Traced::Resumed { at });
        }
    }

    /// Where a write to `target` will begin to change something; what is beside an object, such as
    /// an element of a list, changes with the list.
    pub(super) fn spot(&self, target: &Target) -> Option<Spot> {
        if !self.is_traced() {
            return None;
        }
        let at = self.at_spot(target, usize::MAX);
        Some(Spot { depth: at.0, old: at.1.cloned() })
    }

    /// How far objects lead towards a target, at most `depth` segments, and what is there.
    fn at_spot(&self, target: &Target, depth: usize) -> (usize, Option<&Value>) {
        let frame = self.session.frame();
        let segments = target.segments();
        let map = match target.place() {
            Place::State => Some(&self.session.state),
            Place::Output => frame.and_then(|frame| frame.output.as_object()),
            Place::Local => frame.and_then(|frame| frame.local.as_object()),
        };
        // The name of a frame's scope is part of the path.
        let scope = target.path().segments().len().saturating_sub(segments.len());
        let Some((first, rest)) = segments.split_first() else { return (scope, None) };
        let mut value = map.and_then(|map| map.get(&**first));
        let mut used = scope.saturating_add(1);
        for segment in rest {
            let Some(Value::Object(map)) = value else { break };
            if used >= depth {
                break;
            }
            value = map.get(&**segment);
            used = used.saturating_add(1);
        }
        (used, value)
    }

    /// A write went through.
    pub(super) fn trace_write(&mut self, target: &Target, spot: Option<Spot>) {
        let Some(Spot { depth, old }) = spot else { return };
        let new = self.at_spot(target, depth).1.cloned();
        if old.is_none() && new.is_none() {
            return;
        }
        let path = target.path().segments().iter().take(depth).cloned().collect();
        self.trace(Traced::Changed { path, old, new });
    }

    /// The state that a session starts with.
    pub(super) fn trace_start(&mut self) {
        if self.is_traced() {
            self.trace_changes(&Map::new());
        }
    }

    /// What a host changed, one variable at a time.
    pub(super) fn trace_patch(&mut self, before: &Map<String, Value>) {
        if !self.is_traced() {
            return;
        }
        let here = self.here();
        if let Some(node) = self.flow.find(&here.node) {
            self.trace_step(node, Beginning::Patched);
        }
        self.trace_changes(before);
    }

    fn trace_changes(&mut self, before: &Map<String, Value>) {
        let mut changes = Vec::new();
        for (scope, new) in &self.session.state {
            match (before.get(scope), new) {
                (Some(Value::Object(old)), Value::Object(new)) => {
                    for (name, new) in new {
                        let old = old.get(name);
                        if old != Some(new) {
                            let path = vec![scope.as_str().into(), name.as_str().into()];
                            changes.push((path, old.cloned(), new.clone()));
                        }
                    }
                }
                (old, new) if old == Some(new) => {}
                (old, new) => {
                    changes.push((vec![scope.as_str().into()], old.cloned(), new.clone()));
                }
            }
        }
        for (path, old, new) in changes {
            self.trace(Traced::Changed { path, old, new: Some(new) });
        }
    }

    /// Writes since `mark` were taken back.
    pub(super) fn trace_taken_back(&mut self, mark: usize) {
        if self.is_traced() {
            let mut index = 0_usize;
            self.events.retain(|event| {
                let later = index >= mark;
                index = index.saturating_add(1);
                !(later && is_change(event))
            });
        }
    }

    pub(super) fn trace_test(&mut self, index: usize, written: &str, holds: &Result<bool, String>) {
        if self.is_traced() {
            let (result, error) = match holds {
                Ok(result) => (*result, None),
                Err(error) => (false, Some(error.clone())),
            };
            self.trace(Traced::Tested { index, expression: written.into(), result, error });
        }
    }

    /// A question is presented; of a sensitive one, where its answer will be (R11.67).
    pub(super) fn trace_asked(&mut self, question: &Question, prompt: &Arc<Prompt>) {
        if !self.is_traced() {
            return;
        }
        if question.sensitive {
            let own = target_of(question, prompt);
            let targets = own.as_deref().into_iter().chain(question.append_to.as_ref());
            for name in targets.map(|target| self.name_of(target)).collect::<Vec<_>>() {
                let kept = &mut self.session.engine.sensitive;
                if !kept.contains(&name) {
                    kept.push(name);
                }
            }
        }
        self.trace_question(question, prompt, None, 0);
    }

    /// A question, as presented or, after `waited_ms`, answered for the time `attempt`.
    pub(super) fn trace_question(
        &mut self,
        question: &Question,
        prompt: &Arc<Prompt>,
        waited_ms: Option<i64>,
        attempt: u32,
    ) {
        if self.is_traced() {
            let template = question.text.as_ref().map(crate::value::template::Template::written);
            let prompt = Arc::clone(prompt);
            self.trace(Traced::Question { template, prompt, waited_ms, attempt });
        }
    }

    pub(super) fn trace_message(&mut self, message: &Message) {
        if self.is_traced() {
            let of_item = |config: &crate::flow::node::message::ItemConfig| match &config.body {
                Some(Body::Text(text)) => Some(text.written()),
                Some(Body::Rich(rich)) => Some(rich.markup.written()),
                Some(Body::Object(_) | Body::List(_)) | None => None,
            };
            let mut templates: Vec<String> = message.items.iter().filter_map(of_item).collect();
            if templates.is_empty() {
                templates
                    .extend(message.text.as_ref().map(crate::value::template::Template::written));
            }
            self.trace(Traced::Message { templates });
        }
    }

    pub(super) fn trace_action<T>(
        &mut self,
        step: &ActionStep,
        index: usize,
        result: &Result<T, ActionError>,
    ) {
        if self.is_traced() {
            let target = target_of_action(&step.op).map(|target| Arc::clone(target.text()));
            let error = result.as_ref().err().map(|error| error.reason.clone());
            self.trace(Traced::Did { index, action: step.name, target, error });
        }
    }

    pub(super) fn trace_request(&mut self, request: &'a Request, effect: Option<&EffectKind>) {
        if self.is_traced() {
            let headers = match effect {
                Some(EffectKind::CallWebhook { request }) => request.request.headers.clone(),
                _ => Map::new(),
            };
            let url = request.endpoint.written();
            self.trace(Traced::Requested { url, method: request.method, headers });
        }
    }

    pub(super) fn trace_outcome(&mut self, outcome: &Outcome) {
        if !self.is_traced() {
            return;
        }
        let verbose = self.session.engine.trace == TraceLevel::Verbose;
        let (body, attempts, error) = match outcome {
            Outcome::Failed(failure) => (None, None, Some(failure.reason.clone())),
            Outcome::Done { value } => {
                let body = value.get("body").filter(|_| verbose).cloned();
                (body, value.get("attempts").and_then(Value::as_u64), None)
            }
        };
        self.trace(Traced::Responded { body, attempts, error });
    }
}

fn is_change(event: &Event) -> bool {
    matches!(event, Event::Traced(traced) if matches!(**traced, Traced::Changed { .. }))
}

fn type_of(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Message(_) => "message",
        NodeKind::Question(_) => "question",
        NodeKind::Condition(_) => "condition",
        NodeKind::Action(_) => "action",
        NodeKind::Webhook(_) => "webhook",
        NodeKind::Composite(_) => "composite",
        NodeKind::Script(_) => "script",
        NodeKind::Custom(_) => "custom",
        NodeKind::Broken => "unknown",
    }
}

fn target_of_action(op: &Op) -> Option<&Target> {
    match op {
        Op::Set { target, .. }
        | Op::Add { target, .. }
        | Op::Append { target, .. }
        | Op::Remove { target, .. }
        | Op::Clear { target }
        | Op::Delete { target }
        | Op::Calculate { target, .. }
        | Op::Evaluate { target, .. }
        | Op::Aggregate { target, .. } => Some(target),
        Op::ApiCall(call) => call.store.as_ref(),
    }
}
