//! A whole conversation as data: what it started from, what it was fed, and what each step led to.

mod mark;
mod stored;

pub(crate) use mark::variables;
pub use mark::{LedTo, Mark, StateMark};
pub use stored::StoredTurn;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::draw::Seed;
use crate::drive::Driven;
use crate::flow::Catalog;
use crate::from_json::FromJson;
use crate::id::{FlowRef, SessionId, TenantId};
use crate::protocol::{Event, Input, InputKind, Next, Step};
use crate::session::{NewSession, Session};
use crate::table::map;
use crate::trace::TraceLevel;
use crate::value::{canonical_value, sha256_hex};

/// The version of the journal's JSON form; a journal of another version is not replayed.
pub(crate) const FORMAT: u32 = 1;

/// What stands for the answer to a sensitive question.
pub(crate) const REDACTED: &str = "[REDACTED]";

/// A conversation that [`replay`](crate::replay) can run again, on any machine (R0.3).
///
/// In JSON: `{"format": 1, "head": {…}, "head_hash": …, "turns": [{"steps": [{"input": {…},
/// "led_to": {"events": […], "next": {…}, "effect": {…}}}, …], "state": {"hash", "paths"},
/// "turn_hash": …}]}`. It holds what visitors said and what hosts answered, but no answer to a
/// sensitive question: from such a turn on it keeps no marks, and a replay stops there.
///
/// Whoever uses [`drive`](crate::drive) adds each turn by [`Journal::add`]; whoever calls
/// [`Engine::step`](crate::Engine::step) adds each step by [`Journal::add_step`].
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct Journal {
    /// The version of this form: 1.
    pub format: u32,
    /// What the conversation started from.
    pub head: JournalHead,
    /// SHA-256 in hex over the canonical JSON of `head`.
    pub head_hash: String,
    /// The turns, in order.
    pub turns: Vec<JournalTurn>,
}

/// What a journalled conversation started from.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct JournalHead {
    /// The session's id; idempotency keys depend on it.
    pub session: SessionId,
    /// The version that it runs.
    pub flow: FlowRef,
    /// The versions that its sub-flows are pinned to, by link (F20).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pins: BTreeMap<Arc<str>, FlowRef>,
    /// Seeds its draws.
    pub seed: Seed,
    /// The signed-in user, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The tenant that it belongs to, if any; conditions of variants ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// How much of it was traced: a traced session has more events.
    #[serde(default, skip_serializing_if = "TraceLevel::is_off")]
    pub trace: TraceLevel,
    /// The digest of each flow above that was known, by version (`<id>@<seq>`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digests: BTreeMap<String, String>,
}

/// One turn: the visitor's input, and one more step for each effect.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct JournalTurn {
    /// At least one.
    pub steps: Vec<JournalStep>,
    /// The variables after it; absent where that is not known or not to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<StateMark>,
    /// SHA-256 in hex over the previous turn's hash and the inputs, as in a [`StoredTurn`].
    pub turn_hash: String,
}

/// One step.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct JournalStep {
    /// What was fed.
    pub input: Input,
    /// What came of it; absent where that is not known or not to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub led_to: Option<LedTo>,
}

/// Why something is not a journal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The text, or that of a stored turn, is not of this form.
    #[error("cannot read the journal")]
    Json(#[source] serde_json::Error),
    /// It was written by another version of the engine.
    #[error("the journal has format {found}, this engine reads format {FORMAT}")]
    Format {
        /// The format found.
        found: u32,
    },
    /// Not every turn of the session was kept.
    #[error("the session has {revision} turns, {kept} of them were kept")]
    Incomplete {
        /// How many turns there are.
        kept: usize,
        /// The session's revision.
        revision: u64,
    },
}

impl Journal {
    /// A journal without turns, of a session that has not started.
    pub fn new(session: &Session, catalog: &Catalog) -> Self {
        let engine = &session.engine;
        let flows = std::iter::once(engine.flow).chain(engine.pins.values().copied());
        let digest =
            |flow: FlowRef| Some((flow.to_string(), catalog.get(flow)?.digest().to_owned()));
        let head = JournalHead {
            session: engine.id,
            flow: engine.flow,
            pins: engine.pins.clone(),
            seed: engine.seed,
            user_id: engine.user_id.clone(),
            tenant: engine.tenant,
            trace: engine.trace,
            digests: map(flows.filter_map(digest)),
        };
        let head_hash = head.hash();
        Self { format: FORMAT, head, head_hash, turns: Vec::new() }
    }

    /// The journal of a session whose turns a store kept, oldest first. Their steps have no marks,
    /// but the last has those of the variables, so that a replay is held against `session`.
    ///
    /// # Errors
    ///
    /// [`JournalError`] if a turn cannot be read, or some are missing.
    pub fn from_stored(
        session: &Session,
        catalog: &Catalog,
        turns: impl IntoIterator<Item = StoredTurn>,
    ) -> Result<Self, JournalError> {
        let mut journal = Self::new(session, catalog);
        for turn in turns {
            let first = serde_json::from_str(&turn.input).map_err(JournalError::Json)?;
            let rest: Vec<Input> =
                serde_json::from_str(&turn.outcomes).map_err(JournalError::Json)?;
            let inputs = std::iter::once(first).chain(rest);
            let steps = inputs.map(|input| JournalStep { input, led_to: None }).collect();
            journal.turns.push(JournalTurn { steps, state: None, turn_hash: turn.turn_hash });
        }
        let (kept, revision) = (journal.turns.len(), session.revision().0);
        if kept as u64 != revision {
            return Err(JournalError::Incomplete { kept, revision });
        }
        if let Some(last) = journal.turns.last_mut() {
            last.state = Some(StateMark::of(session));
        }
        Ok(journal)
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    ///
    /// [`JournalError`] if it is not a journal of this format.
    pub fn read_json(text: &str) -> Result<Self, JournalError> {
        Self::known(serde_json::from_str(text).map_err(JournalError::Json)?)
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    ///
    /// As [`Journal::read_json`].
    pub fn read(value: Value) -> Result<Self, JournalError> {
        Self::known(Self::from_json(value).map_err(JournalError::Json)?)
    }

    fn known(journal: Self) -> Result<Self, JournalError> {
        if journal.format != FORMAT {
            return Err(JournalError::Format { found: journal.format });
        }
        Ok(journal)
    }

    /// Adds a turn of a driver; `session` is the session after it. A turn that changed nothing is
    /// left out, as stores do (R10.23).
    pub fn add(&mut self, driven: &Driven, session: &Session) {
        if !driven.turn.commits() {
            return;
        }
        let marked = !self.is_redacted() && !stored::is_sensitive(driven);
        let events = &driven.turn.events;
        let mut from = 0;
        let mut steps = Vec::with_capacity(driven.inputs.len());
        for (i, input) in driven.inputs.iter().enumerate() {
            let opened = driven.opened.get(i);
            let until = opened.map_or(events.len(), |opened| opened.events);
            let own = events.get(from..until).unwrap_or_default();
            from = until;
            let led_to = || match opened {
                Some(opened) => LedTo::of(own, &Next::Resolve(opened.effect.clone())),
                None => LedTo::of(own, &driven.turn.next),
            };
            steps.push(JournalStep { input: input.clone(), led_to: marked.then(led_to) });
        }
        if !marked && let Some(first) = steps.first_mut() {
            redact(&mut first.input, events);
        }
        self.turns.push(JournalTurn { steps, state: None, turn_hash: String::new() });
        self.close_turn(session, marked);
    }

    /// Adds one step; `session` is the session after it. An input that is no outcome of an effect
    /// begins a turn.
    pub fn add_step(&mut self, mut input: Input, step: &Step, session: &Session) {
        let begins = !matches!(input.kind, InputKind::Resolved { .. });
        if begins && step.events.is_empty() && matches!(step.next, Next::Script(_)) {
            return;
        }
        if begins || self.turns.is_empty() {
            let turn = JournalTurn { steps: Vec::new(), state: None, turn_hash: String::new() };
            self.turns.push(turn);
        }
        let marked = !self.is_redacted() && !redact(&mut input, &step.events);
        let led_to = marked.then(|| LedTo::of(&step.events, &step.next));
        if let Some(turn) = self.turns.last_mut() {
            turn.steps.push(JournalStep { input, led_to });
        }
        if !matches!(step.next, Next::Resolve(_)) {
            self.close_turn(session, marked);
        }
    }

    /// Whether a step has no marks, so that none may follow.
    fn is_redacted(&self) -> bool {
        let last = self.turns.iter().rev().find_map(|turn| turn.steps.last());
        last.is_some_and(|step| step.led_to.is_none())
    }

    fn close_turn(&mut self, session: &Session, marked: bool) {
        let before = self.turns.len().checked_sub(2).and_then(|at| self.turns.get(at));
        let previous = before.map(|turn| turn.turn_hash.clone()).unwrap_or_default();
        if let Some(turn) = self.turns.last_mut() {
            turn.turn_hash = turn.chained(&previous);
            turn.state = marked.then(|| StateMark::of(session));
        }
    }
}

impl JournalHead {
    /// The session as it was before its first step.
    pub(crate) fn session(&self) -> Session {
        Session::new(NewSession {
            id: self.session,
            flow: self.flow,
            pins: self.pins.clone(),
            seed: self.seed,
            user_id: self.user_id.clone(),
            tenant: self.tenant,
            trace: self.trace,
        })
    }

    pub(crate) fn hash(&self) -> String {
        sha256_hex(&canonical_value(&json!(self)))
    }
}

impl JournalTurn {
    /// What `turn_hash` is when nobody changed the inputs.
    pub(crate) fn chained(&self, previous: &str) -> String {
        let mut inputs = self.steps.iter().map(|step| json!(step.input));
        let first = inputs.next().unwrap_or(Value::Null).to_string();
        stored::chained(previous, &first, &Value::Array(inputs.collect()).to_string())
    }
}

/// Blanks a reply that the events do not tell either; whether it did.
fn redact(input: &mut Input, events: &[Event]) -> bool {
    let InputKind::Reply { value, .. } = &mut input.kind else { return false };
    let blank = stored::blanks(events, value);
    if blank {
        *value = Value::from(REDACTED);
    }
    blank
}
