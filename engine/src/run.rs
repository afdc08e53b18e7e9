//! The transition function: one input in, one step out.

mod accept;
mod action;
mod answer;
mod composite;
mod condition;
mod custom;
mod gather;
mod item;
mod item_rules;
mod message;
mod question;
mod request;
mod route;
mod scope;
mod script;
mod trace;
mod variant;
mod write;

#[cfg(test)]
mod tests;

pub use accept::StepError;

use std::sync::Arc;

use serde_json::json;

use crate::flow::Catalog;
use crate::flow::graph::{Flow, Node};
use crate::flow::node::NodeKind;
use crate::id::EffectId;
use crate::protocol::{
    Beginning, Effect, EffectKind, EndReason, Ending, Event, Failure, Input, Next, Outcome, Step,
    Visited,
};
use crate::session::{Phase, Resume, Session, TurnState};
use crate::value::object_len;
use crate::value::template::Missing;

/// Bounds on what a session may use; plain configuration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Nodes entered between two words of the visitor (R11.26).
    pub nodes_per_turn: u32,
    /// Effects opened between two words of the visitor.
    pub effects_per_turn: u32,
    /// Message items between two words of the visitor; more are dropped (R11.28).
    pub items_per_turn: u32,
    /// Milliseconds that all effects of a turn may take together (F25).
    pub effect_budget_ms: u64,
    /// Flows that may be entered at a time (R9.38).
    pub subflow_depth: usize,
    /// Bytes of the canonical state (R11.25).
    pub state_bytes: usize,
    /// Bytes of one input (R3.16).
    pub input_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nodes_per_turn: 100,
            effects_per_turn: 100,
            items_per_turn: 200,
            effect_budget_ms: 45_000,
            subflow_depth: 16,
            state_bytes: 1024 * 1024,
            input_bytes: 64 * 1024,
        }
    }
}

/// What a host decides for all its sessions, beside [`Limits`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Options {
    /// What the visitor is told when a session ends with an error (R2.15); the usual words when
    /// there are none.
    pub error_message: Option<Arc<str>>,
    /// Whether a sub-flow whose contract is not met fails, strict or not (R9.34).
    pub enforce_contracts: bool,
    /// Whether `temp` and `system` go when a session ends (R11.16).
    pub purge_temp_on_end: bool,
    /// Whether turns tell clients the variables (R0.9); see `Turn::to_value_with`.
    pub expose_state: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            error_message: None,
            enforce_contracts: false,
            purge_temp_on_end: false,
            expose_state: true,
        }
    }
}

/// Runs flows. Holds configuration only; all state is in the [`Session`].
#[derive(Clone, Debug, Default)]
pub struct Engine {
    limits: Limits,
    options: Options,
}

impl Engine {
    /// An engine with limits of its own.
    pub fn new(limits: Limits) -> Self {
        Self { limits, options: Options::default() }
    }

    /// An engine with limits and options of its own.
    pub fn with_options(limits: Limits, options: Options) -> Self {
        Self { limits, options }
    }

    /// The options it runs by.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Feeds one input to a session and says what it needs next.
    ///
    /// # Errors
    ///
    /// A [`StepError`] if the host broke the protocol; `session` is then as it was.
    pub fn step(
        &self,
        catalog: &Catalog,
        session: &mut Session,
        input: Input,
    ) -> Result<Step, StepError> {
        accept::step(self, catalog, session, input)
    }
}

/// One step under way. Everything that could be refused has been checked.
struct Run<'a> {
    limits: &'a Limits,
    options: &'a Options,
    catalog: &'a Catalog,
    session: &'a mut Session,
    /// The flow of the innermost frame.
    flow: &'a Flow,
    events: Vec<Event>,
}

/// Where the walk goes after a node.
enum Move {
    /// To a node of the running flow, by index.
    To(usize),
    /// The running flow has finished.
    Finish(EndReason, Option<&'static str>),
    /// The step is over.
    Stop(Next),
}

impl<'a> Run<'a> {
    /// Walks until the step is over.
    fn walk(mut self, mut next: Move) -> Step {
        loop {
            next = match next {
                Move::To(index) => self.enter(index),
                Move::Finish(reason, code) => self.finish(reason, code),
                Move::Stop(next) => return self.close(next),
            };
        }
    }

    /// Ends the visitor's turn unless an effect is open.
    fn close(self, next: Next) -> Step {
        if !matches!(next, Next::Resolve(_)) {
            self.session.engine.turn = None;
            self.session.engine.revision = self.session.engine.revision.next();
        }
        Step { events: self.events, next }
    }

    fn enter(&mut self, index: usize) -> Move {
        let Some(node) = self.flow.node(index) else {
            return self.end(EndReason::Error, Some("node_gone"));
        };
        let limit = self.limits.nodes_per_turn;
        let turn = self.turn();
        if turn.visits >= limit {
            return self.end(EndReason::Error, Some("step_limit"));
        }
        turn.visits = turn.visits.saturating_add(1);
        self.session.engine.position = Some(node.id.clone());
        self.events
            .push(Event::Entered(Visited { flow: self.flow.version.id, node: node.id.clone() }));
        self.trace_step(node, Beginning::Entered);
        match &node.kind {
            NodeKind::Message(message) => self.enter_message(node, message),
            NodeKind::Question(question) => self.enter_question(node, question),
            NodeKind::Condition(condition) => self.enter_condition(node, condition),
            NodeKind::Action(action) => self.enter_action(node, action),
            NodeKind::Webhook(webhook) => self.enter_webhook(node, webhook),
            NodeKind::Composite(composite) => self.enter_composite(node, composite),
            NodeKind::Script(script) => self.enter_script(node, script),
            NodeKind::Custom(custom) => self.enter_custom(node, custom),
            NodeKind::Broken => self.fail(node, "node_invalid", "the node's content is not valid"),
        }
    }

    /// Goes on at the node whose effect has been resolved.
    fn resume(&mut self, node: &'a Node, resume: Resume, outcome: Outcome) -> Move {
        match (resume, &node.kind) {
            (Resume::Content(gathered), NodeKind::Message(message)) => {
                self.resume_message(node, message, gathered, outcome)
            }
            (Resume::Content(gathered), NodeKind::Question(question)) => {
                self.resume_question(node, question, gathered, outcome)
            }
            (Resume::Action(acting), NodeKind::Action(action)) => {
                self.resume_action(node, action, acting, outcome)
            }
            (Resume::Webhook { sent_at }, NodeKind::Webhook(webhook)) => {
                self.resume_webhook(node, webhook, sent_at, outcome)
            }
            (Resume::Composite { flow }, NodeKind::Composite(composite)) => {
                self.resume_composite(node, composite, flow)
            }
            _ => self.end(EndReason::Error, Some("resume_mismatch")),
        }
    }

    /// The running flow is over: return to the one that entered it, or end the session.
    fn finish(&mut self, reason: EndReason, code: Option<&'static str>) -> Move {
        if self.session.engine.frames.len() > 1 {
            self.return_from(reason)
        } else {
            self.end(reason, code)
        }
    }

    fn end(&mut self, reason: EndReason, code: Option<&'static str>) -> Move {
        let node = self.here();
        let message = self.options.error_message.clone().filter(|_| reason == EndReason::Error);
        let code = code.map(str::to_owned);
        let ending = Ending { reason, flow: node.flow, node: node.node, code, message };
        if self.options.purge_temp_on_end {
            self.session.state.remove("temp");
            self.session.engine.bytes = object_len(&self.session.state);
            self.session.engine.last_error = None;
        }
        self.session.engine.phase = Phase::Ended(ending.clone());
        Move::Stop(Next::Ended(ending))
    }

    /// Opens an effect; `resume` says how the node at the position goes on after it.
    fn open(&mut self, kind: EffectKind, resume: Resume) -> Move {
        let limit = self.limits.effects_per_turn;
        let turn = self.turn();
        if turn.effects >= limit {
            return self.end(EndReason::Error, Some("step_limit"));
        }
        turn.effects = turn.effects.saturating_add(1);
        let id = EffectId(self.session.engine.effects);
        self.session.engine.effects = self.session.engine.effects.saturating_add(1);
        self.session.engine.phase = Phase::Resolving { effect: id, resume };
        Move::Stop(Next::Resolve(Effect { id, kind }))
    }

    /// What is left of the turn's budget for effects, in milliseconds.
    fn budget_left(&mut self) -> u64 {
        let budget = self.limits.effect_budget_ms;
        let turn = self.turn();
        let spent = turn.now.as_millis().saturating_sub(turn.at.as_millis());
        budget.saturating_sub(u64::try_from(spent).unwrap_or(0))
    }

    /// What is counted in the running turn.
    fn turn(&mut self) -> &mut TurnState {
        self.session.engine.turn.get_or_insert_with(TurnState::default)
    }

    /// The node at the session's position.
    fn here(&self) -> Visited {
        let node = self.session.engine.position.clone();
        let node = node.or_else(|| self.flow.node(self.flow.entry).map(|node| node.id.clone()));
        Visited { flow: self.flow.version.id, node: node.unwrap_or_else(|| "".into()) }
    }

    fn warn(&mut self, code: &'static str, about: impl Into<Box<str>>) {
        let node = self.here();
        self.events.push(Event::Warned { node, code, about: about.into() });
    }

    fn warn_missing(&mut self, missing: Missing) {
        let (references, too_large) = missing.finish();
        for reference in references {
            self.warn("unresolved_reference", reference);
        }
        if too_large {
            self.warn("substitution_too_large", "some references are left out");
        }
    }

    /// Records a failure (R2.10) without routing it.
    fn record_failure(&mut self, code: impl Into<Arc<str>>, message: impl Into<String>) {
        let (node, code, message) = (self.here(), code.into(), message.into());
        let at = self.turn().now;
        self.session.engine.last_error =
            Some(json!({"node_id": node.node, "code": code, "message": message, "at": at}));
        self.events.push(Event::Failed { node, code, message });
    }
}

/// The failure of an effect, or its value.
fn value_of(outcome: Outcome) -> Result<serde_json::Value, Failure> {
    match outcome {
        Outcome::Done { value } => Ok(value),
        Outcome::Failed(failure) => Err(failure),
    }
}
