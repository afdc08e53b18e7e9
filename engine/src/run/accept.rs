//! An input meets a phase: what is refused, and where the walk begins.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::answer::Open;
use super::script::read_result;
use super::{Engine, Limits, Move, Run};
use crate::answer::InputType;
use crate::flow::node::NodeKind;
use crate::flow::{Catalog, Flow};
use crate::id::{EffectId, FlowRef, NodeId};
use crate::protocol::{Beginning, EndReason, Event, Input, InputKind, Next, Outcome, Step};
use crate::session::{Phase, Session, TurnState};
use crate::value::path::merge_deep;
use crate::value::{canonical_len, clean, object_len};

/// How the host misused the engine; the session is unchanged.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// A flow that the session stands in is not in the catalog.
    #[error("flow `{flow}` is not in the catalog")]
    FlowNotLoaded {
        /// The version wanted.
        flow: FlowRef,
    },
    /// The session stands at a node that its flow does not have.
    #[error("flow `{flow}` has no node `{node}`")]
    NodeGone {
        /// The flow.
        flow: FlowRef,
        /// The node.
        node: NodeId,
    },
    /// The session is over.
    #[error("the session has ended")]
    SessionEnded,
    /// The input does not fit the phase.
    #[error("a session that is {phase} cannot take {input}")]
    UnexpectedInput {
        /// What came.
        input: &'static str,
        /// Where the session stands.
        phase: &'static str,
    },
    /// The outcome is of another effect than the open one.
    #[error("effect {given} was resolved, but effect {open} is open")]
    UnexpectedEffect {
        /// The effect that is open.
        open: EffectId,
        /// The effect that was resolved.
        given: EffectId,
    },
    /// A scope that must be an object is something else (R11.4).
    #[error("`{scope}` must be an object")]
    InvalidState {
        /// The scope.
        scope: String,
    },
    /// The variables would exceed [`Limits::state_bytes`].
    #[error("the state would have {bytes} bytes, {limit} are allowed")]
    StateTooLarge {
        /// How large it would be.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// One input exceeds [`Limits::input_bytes`].
    #[error("the input has {bytes} bytes, {limit} are allowed")]
    InputTooLarge {
        /// How large it is.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}

impl StepError {
    /// A stable code for hosts that have no Rust types, e.g. `session_ended`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::FlowNotLoaded { .. } => "flow_not_loaded",
            Self::NodeGone { .. } => "node_gone",
            Self::SessionEnded => "session_ended",
            Self::UnexpectedInput { .. } => "unexpected_input",
            Self::UnexpectedEffect { .. } => "unexpected_effect",
            Self::InvalidState { .. } => "invalid_state",
            Self::StateTooLarge { .. } => "state_too_large",
            Self::InputTooLarge { .. } => "input_too_large",
        }
    }
}

/// How many inputs' room the result of a script has.
const RESULT_INPUTS: usize = 4;
/// Scopes that only the engine fills.
const ENGINE_SCOPES: [&str; 7] =
    ["system", "input", "output", "local", "env", "secret", "webhook_responses"];
/// Scopes that must be objects.
const OBJECT_SCOPES: [&str; 4] = ["user", "temp", "context", "session"];

pub(super) fn step(
    engine: &Engine,
    catalog: &Catalog,
    session: &mut Session,
    mut input: Input,
) -> Result<Step, StepError> {
    let limits = &engine.limits;
    let mut flow: Option<&Flow> = None;
    for frame in &session.engine.frames {
        let version = frame.flow;
        let next = catalog.get(version).ok_or(StepError::FlowNotLoaded { flow: version })?;
        // Where it returns to must still be there (R9.22).
        if let (Some(below), Some(node)) = (flow, &frame.entered_from)
            && below.find(node).is_none()
        {
            return Err(StepError::NodeGone { flow: below.version, node: node.clone() });
        }
        flow = Some(next);
    }
    let flow = flow.ok_or_else(|| StepError::FlowNotLoaded { flow: session.flow() })?;
    if let Some(node) = &session.engine.position
        && flow.find(node).is_none()
    {
        return Err(StepError::NodeGone { flow: flow.version, node: node.clone() });
    }
    check(limits, session, &input.kind)?;
    if let Phase::Scripting { request } = &session.engine.phase
        && !is_for_script(&mut input.kind)
    {
        let next = Next::Script(Arc::clone(request));
        return Ok(Step { events: Vec::new(), next });
    }
    let (at, offset) = (input.at, input.utc_offset_minutes);
    match &mut session.engine.turn {
        Some(turn) => turn.now = at,
        None => {
            session.engine.turn =
                Some(TurnState { at, now: at, utc_offset_minutes: offset, ..TurnState::default() });
        }
    }
    // Enough for a round of question, condition, action and message, so that the list does not move.
    let events = Vec::with_capacity(16);
    let options = &engine.options;
    let mut run = Run { limits, options, catalog, session, flow, events };
    let next = run.begin(input.kind)?;
    Ok(run.walk(next))
}

/// Whether an input changes a session that waits for a script. A result becomes an object; what
/// cannot be read as one is like any other reply (R10.23).
fn is_for_script(kind: &mut InputKind) -> bool {
    match kind {
        InputKind::Reply { .. } => false,
        InputKind::ScriptResult { result } => match read_result(result.take()) {
            Some(map) => {
                *result = Value::Object(map);
                true
            }
            None => false,
        },
        InputKind::Start { .. }
        | InputKind::Resolved { .. }
        | InputKind::Patch { .. }
        | InputKind::End
        | InputKind::Restart => true,
    }
}

/// Refuses what does not fit, before anything is changed.
fn check(limits: &Limits, session: &Session, kind: &InputKind) -> Result<(), StepError> {
    let input = match kind {
        InputKind::Start { .. } => "a start",
        InputKind::Reply { .. } => "a reply",
        InputKind::Resolved { .. } => "an outcome",
        InputKind::Patch { .. } => "a patch",
        InputKind::ScriptResult { .. } => "a script's result",
        InputKind::End | InputKind::Restart => "an end",
    };
    let unexpected = |phase| Err(StepError::UnexpectedInput { input, phase });
    match (&session.engine.phase, kind) {
        (Phase::Ended(_), _) => Err(StepError::SessionEnded),
        (Phase::New, InputKind::Start { state }) => check_scopes(state),
        (Phase::New, _) => unexpected("not started"),
        (Phase::Resolving { effect, .. }, InputKind::Resolved { effect: given, .. })
            if effect != given =>
        {
            Err(StepError::UnexpectedEffect { open: *effect, given: *given })
        }
        (Phase::Resolving { .. }, InputKind::Resolved { .. }) => Ok(()),
        (Phase::Resolving { .. }, _) => unexpected("waiting for its host"),
        (Phase::Scripting { .. }, InputKind::ScriptResult { result }) => {
            // Outputs, what is shown and the console have bounds of their own (R10.21, R10.30).
            within(canonical_len(result), limits.input_bytes.saturating_mul(RESULT_INPUTS))
        }
        (Phase::Scripting { .. }, InputKind::Reply { hint: InputType::ScriptResult, .. }) => {
            unexpected("running a script")
        }
        (
            _,
            InputKind::Reply { hint: InputType::ScriptResult, .. } | InputKind::ScriptResult { .. },
        ) => unexpected("not running a script"),
        (_, InputKind::Reply { value, .. }) => within(canonical_len(value), limits.input_bytes),
        (_, InputKind::Patch { updates }) => check_scopes(updates),
        (_, InputKind::End | InputKind::Restart) => Ok(()),
        (Phase::Asking { .. }, _) => unexpected("waiting for an answer"),
        (Phase::Acknowledging { .. }, _) => unexpected("waiting for an acknowledgement"),
        (Phase::Scripting { .. }, _) => unexpected("waiting for a script"),
    }
}

fn within(bytes: usize, limit: usize) -> Result<(), StepError> {
    if bytes > limit { Err(StepError::InputTooLarge { bytes, limit }) } else { Ok(()) }
}

fn check_scopes(state: &Map<String, Value>) -> Result<(), StepError> {
    let wrong = |scope: &&str| state.get(*scope).is_some_and(|value| !value.is_object());
    match OBJECT_SCOPES.iter().find(|scope| wrong(scope)) {
        Some(scope) => Err(StepError::InvalidState { scope: (*scope).to_owned() }),
        None => Ok(()),
    }
}

impl Run<'_> {
    /// Where the walk begins. Errors come before the first change.
    fn begin(&mut self, kind: InputKind) -> Result<Move, StepError> {
        let phase = &self.session.engine.phase;
        match (phase, kind) {
            (_, InputKind::Start { state }) => self.start(Arc::unwrap_or_clone(state)),
            (_, InputKind::Patch { updates }) => self.patch(updates),
            (_, InputKind::End) => Ok(self.end(EndReason::Terminated, None)),
            (_, InputKind::Restart) => Ok(self.end(EndReason::Restarted, None)),
            (_, InputKind::ScriptResult { result }) => Ok(self.scripted(result)),
            (Phase::Resolving { .. }, InputKind::Resolved { outcome, .. }) => {
                Ok(self.resolved(outcome))
            }
            (_, InputKind::Reply { value, hint }) => Ok(self.reply(value, hint)),
            (_, InputKind::Resolved { .. }) => {
                Ok(self.end(EndReason::Error, Some("resume_mismatch")))
            }
        }
    }

    /// R11.4: what the host gives, without the engine's scopes, over the declared defaults.
    fn start(&mut self, mut state: Map<String, Value>) -> Result<Move, StepError> {
        for scope in ENGINE_SCOPES {
            state.remove(scope);
        }
        for scope in ["user", "context"] {
            // Null counts as present for `has`; given at the start it means "not known" (F42).
            if let Some(Value::Object(map)) = state.get_mut(scope) {
                map.retain(|_, value| !value.is_null());
            }
        }
        for value in state.values_mut() {
            let _ = clean(value);
        }
        let bytes = self.fits(object_len(&state))?;
        let flow = self.flow;
        let at = self.turn().at;
        let session = &mut *self.session;
        session.engine.started_at = at;
        session.engine.version = flow.label.clone();
        session.engine.bytes = bytes;
        session.state = state;
        self.trace_start();
        for (target, value) in &flow.defaults {
            if self.read(target).is_none() && self.write(target, value.clone()).is_err() {
                self.warn("default_not_written", &**target.text());
            }
        }
        self.check_requirements();
        Ok(Move::To(flow.entry))
    }

    /// R11.13: merges, runs no node, and leaves the session waiting as it was.
    fn patch(&mut self, mut updates: Map<String, Value>) -> Result<Move, StepError> {
        for scope in ENGINE_SCOPES {
            updates.remove(scope);
        }
        let keys: Vec<String> = updates.keys().cloned().collect();
        let mut state = self.session.state.clone();
        for value in updates.values_mut() {
            let _ = clean(value);
        }
        merge_deep(&mut state, updates);
        let bytes = self.fits(object_len(&state))?;
        let before = std::mem::replace(&mut self.session.state, state);
        self.session.engine.bytes = bytes;
        self.trace_patch(&before);
        let node = self.here();
        self.events.push(Event::Patched { node, keys });
        Ok(match &self.session.engine.phase {
            Phase::Acknowledging { prompt } => Move::Stop(Next::Acknowledge(prompt.clone())),
            Phase::Asking { prompt, .. } => Move::Stop(Next::Ask(prompt.clone())),
            Phase::Scripting { request } => Move::Stop(Next::Script(Arc::clone(request))),
            Phase::New | Phase::Resolving { .. } | Phase::Ended(_) => {
                self.end(EndReason::Error, Some("resume_mismatch"))
            }
        })
    }

    fn fits(&mut self, bytes: usize) -> Result<usize, StepError> {
        let limit = self.limits.state_bytes;
        if bytes <= limit {
            return Ok(bytes);
        }
        // The turn has not begun: leave no trace of it.
        self.session.engine.turn = None;
        Err(StepError::StateTooLarge { bytes, limit })
    }

    fn reply(&mut self, value: Value, hint: InputType) -> Move {
        let here = self.here();
        let Some(node) = self.flow.find(&here.node) else {
            return self.end(EndReason::Error, Some("node_gone"));
        };
        self.trace_step(node, Beginning::Replied);
        match std::mem::replace(&mut self.session.engine.phase, Phase::New) {
            Phase::Asking { prompt, attempts, asked_at } => {
                self.answer(node, Open { prompt, attempts, asked_at }, value, hint)
            }
            Phase::Acknowledging { prompt } => self.acknowledge(node, &prompt, value, hint),
            Phase::New | Phase::Scripting { .. } | Phase::Resolving { .. } | Phase::Ended(_) => {
                self.end(EndReason::Error, Some("resume_mismatch"))
            }
        }
    }

    fn scripted(&mut self, result: Value) -> Move {
        let here = self.here();
        self.session.engine.phase = Phase::New;
        let node = self.flow.find(&here.node);
        match (node.map(|node| (node, &node.kind)), result) {
            (Some((node, NodeKind::Script(script))), Value::Object(result)) => {
                self.trace_step(node, Beginning::Replied);
                self.take_result(node, script, result)
            }
            _ => self.end(EndReason::Error, Some("resume_mismatch")),
        }
    }

    fn resolved(&mut self, outcome: Outcome) -> Move {
        self.trace_resumed();
        let here = self.here();
        let phase = std::mem::replace(&mut self.session.engine.phase, Phase::New);
        match (self.flow.find(&here.node), phase) {
            (Some(node), Phase::Resolving { resume, .. }) => self.resume(node, resume, outcome),
            _ => self.end(EndReason::Error, Some("resume_mismatch")),
        }
    }
}
