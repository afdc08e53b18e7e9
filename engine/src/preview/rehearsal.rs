//! One conversation in memory, step by step: what its library cannot answer is asked of the host.

mod again;
mod snapshot;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::handlers::HandlerProgress;
use super::library::Library;
use super::play::PreviewError;
use crate::answer::InputType;
use crate::draw::Seed;
use crate::flow::Catalog;
use crate::from_json::FromJson;
use crate::id::{EffectId, FlowId, FlowRef, SessionId};
use crate::journal::{Journal, JournalHead};
use crate::protocol::{EffectKind, Event, Input, InputKind, Next, Outcome, Turn, Visited};
use crate::replay::Place;
use crate::run::{Engine, Limits, Options, StepError};
use crate::session::{NewSession, Session};
use crate::time::Timestamp;
use crate::trace::TraceLevel;
use crate::value::clean;

/// A conversation with a flow of a [`Library`], which is given with each call and must stay the same.
///
/// It stops at each effect that reaches outside, unless the library's handlers know an answer;
/// [`Rehearsal::resolve`] goes on. Each call takes effect whole or, if it fails, not at all.
///
/// ```
/// use chatflow::{FlowDefinition, Library, Next, Outcome, Rehearsal, RehearsalOptions, When};
/// use serde_json::json;
///
/// let (definition, _) = FlowDefinition::read_json(r#"{"seed_key": "tea", "nodes": [
///     {"id": "ask", "type": "question", "content": {"question": "Sugar?", "variable": "temp.sugar"}},
///     {"id": "brew", "type": "webhook", "content": {"url": "https://tea.example/brew", "method": "POST",
///         "body": {"sugar": "{{temp.sugar}}"}, "response_mapping": {"temp.minutes": "minutes"}}},
///     {"id": "wait", "type": "message", "content": {"text": "{{temp.minutes}} minutes, please."}}
/// ], "connections": [{"source": "ask", "target": "brew"}, {"source": "brew", "target": "wait"}]}"#);
/// let mut library = Library::default();
/// let _ = library.add_flow(&definition.ok_or("not a flow")?);
/// let flow = library.find("tea").ok_or("it has errors")?;
///
/// let mut rehearsal = Rehearsal::new(&library, flow, RehearsalOptions::default())?;
/// let _ = rehearsal.start(&library, When::default())?;
/// let turn = rehearsal.reply(&library, json!("yes"), When::default())?;
/// assert!(matches!(turn.next, Next::Resolve(_)));
///
/// let tea = json!({"status": 200, "headers": {}, "body": {"minutes": 4}});
/// let turn = rehearsal.resolve(&library, Some(Outcome::Done { value: tea }), When::default())?;
/// assert_eq!(turn.messages()[0].as_text(), Some("4 minutes, please."));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rehearsal {
    engine: Engine,
    catalog: Catalog,
    head: JournalHead,
    settings: Settings,
    /// The variables to begin with.
    given: Map<String, Value>,
    session: Session,
    now: Timestamp,
    progress: HandlerProgress,
    /// The inputs of the turns before the last, if they are kept.
    past: Vec<Vec<Input>>,
    /// The turn that is open, or the last one.
    last: Option<LastTurn>,
    next: Option<Next>,
}

/// How a [`Rehearsal`] begins.
#[derive(Clone, Debug, Deserialize, FromJson)]
#[serde(default)]
pub struct RehearsalOptions {
    /// Seeds the draws.
    pub seed: String,
    /// When it begins.
    pub at: Timestamp,
    /// The variables to begin with, by scope.
    pub state: Map<String, Value>,
    /// The signed-in user.
    pub user_id: Option<String>,
    /// How much is traced.
    pub trace: TraceLevel,
    /// Whether turns tell clients the variables (R0.9).
    pub expose_state: bool,
    /// Who answers what reaches outside.
    pub effects: Answers,
    /// Whether all inputs are kept: for journals, traces and forks.
    pub history: bool,
}

impl Default for RehearsalOptions {
    fn default() -> Self {
        Self {
            seed: "0".to_owned(),
            at: Timestamp::from_millis(1_767_225_600_000),
            state: Map::new(),
            user_id: None,
            trace: TraceLevel::Verbose,
            expose_state: true,
            effects: Answers::Handlers,
            history: true,
        }
    }
}

/// Who answers the effects of a [`Rehearsal`] that reach outside.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, FromJson, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    /// The library's handlers as far as they know an answer, else the host.
    #[default]
    Handlers,
    /// The host.
    Host,
    /// The library's handlers; what they do not know fails with `no_handler`.
    Library,
}

/// When an input happened.
#[derive(Clone, Copy, Debug, Default, Deserialize, FromJson)]
#[serde(default)]
pub struct When {
    /// By the host's clock. If absent, a second after the input before; for the outcome of an effect, and a
    /// start, no time at all.
    pub at: Option<Timestamp>,
    /// The visitor's offset from UTC in minutes.
    pub utc_offset_minutes: i16,
}

/// What stays as it was at the beginning.
#[derive(Clone, Copy, Debug, Deserialize, FromJson, Serialize)]
struct Settings {
    expose_state: bool,
    effects: Answers,
    history: bool,
}

/// A turn with what it takes to run it again.
#[derive(Clone, Debug)]
struct LastTurn {
    /// The session before it.
    before: Session,
    /// As it will be journalled: the visitor's, then one for each effect.
    inputs: Vec<Input>,
    from: Option<Visited>,
    /// What happened; taken out once the turn is over.
    events: Vec<Event>,
}

impl Rehearsal {
    /// A conversation that has not started. Its id derives from flow, seed and time.
    ///
    /// # Errors
    ///
    /// [`PreviewError::NoFlow`].
    pub fn new(
        library: &Library,
        flow: FlowId,
        options: RehearsalOptions,
    ) -> Result<Self, PreviewError> {
        let RehearsalOptions { seed, at, user_id, trace, .. } = options;
        let catalog = library.catalog();
        let version = FlowRef { id: flow, seq: 0 };
        if catalog.get(version).is_none() {
            return Err(PreviewError::NoFlow { flow });
        }
        let session = Session::new(NewSession {
            id: SessionId::derived(&format!("{flow}:{seed}:{at}")),
            flow: version,
            pins: library.pins(flow),
            seed: Seed::from_text(&seed),
            user_id,
            tenant: library.owner(flow),
            trace,
        });
        let RehearsalOptions { expose_state, effects, history, .. } = options;
        let settings = Settings { expose_state, effects, history };
        Ok(Self { given: options.state, ..Self::of(catalog, session, settings, at) })
    }

    fn of(catalog: Catalog, session: Session, settings: Settings, now: Timestamp) -> Self {
        let options = Options { expose_state: settings.expose_state, ..Options::default() };
        Self {
            engine: Engine::with_options(Limits::default(), options),
            head: Journal::new(&session, &catalog).head,
            catalog,
            settings,
            given: Map::new(),
            session,
            now,
            progress: HandlerProgress::default(),
            past: Vec::new(),
            last: None,
            next: None,
        }
    }

    /// Enters the flow.
    ///
    /// # Errors
    ///
    /// [`PreviewError::Step`] if it has started, or the variables to begin with are none.
    pub fn start(&mut self, library: &Library, when: When) -> Result<Turn, PreviewError> {
        self.feed(library, InputKind::Start { state: self.given.clone().into() }, when, 0)
    }

    /// Answers the open prompt, acknowledges, or tells the result of the script; `U+0000` is dropped.
    ///
    /// # Errors
    ///
    /// [`PreviewError::Step`] if the conversation is over, waits for the outcome of an effect, or
    /// the answer is too large.
    pub fn reply(
        &mut self,
        library: &Library,
        mut value: Value,
        when: When,
    ) -> Result<Turn, PreviewError> {
        let _ = clean(&mut value);
        let kind = match self.next() {
            Some(Next::Script(_)) => InputKind::ScriptResult { result: value },
            Some(Next::Ask(prompt) | Next::Acknowledge(prompt)) => {
                InputKind::Reply { value, hint: prompt.input_type }
            }
            Some(Next::Resolve(_) | Next::Ended(_)) | None => {
                InputKind::Reply { value, hint: InputType::Text }
            }
        };
        self.feed(library, kind, when, 1000)
    }

    /// Tells what came of the open effect; `U+0000` is dropped. Without an outcome it is what the
    /// library's handlers answer, and else the failure `not_in_preview` (F69).
    ///
    /// # Errors
    ///
    /// [`PreviewError::Step`] if no effect is open.
    pub fn resolve(
        &mut self,
        library: &Library,
        outcome: Option<Outcome>,
        when: When,
    ) -> Result<Turn, PreviewError> {
        let open = self.next.as_ref().and_then(|next| {
            if let Next::Resolve(effect) = next { Some(effect.clone()) } else { None }
        });
        // If none is open, the engine says what the session waits for.
        let id = open.as_ref().map_or(EffectId(0), |effect| effect.id);
        let by_handlers = || {
            let effect = open.filter(|effect| library.handlers.knows(&effect.kind))?;
            library.handlers.perform(&effect.kind, &mut self.progress, self.now)
        };
        let outcome = outcome.or_else(by_handlers).unwrap_or_else(|| {
            Outcome::failed("not_in_preview", "a preview does not reach outside")
        });
        self.feed(library, resolved(id, outcome), when, 0)
    }

    /// Merges variables into the state; no node runs.
    ///
    /// # Errors
    ///
    /// [`PreviewError::Step`] if the conversation is over or waits for the outcome of an effect, or
    /// the variables are none.
    pub fn patch(
        &mut self,
        library: &Library,
        updates: Map<String, Value>,
        when: When,
    ) -> Result<Turn, PreviewError> {
        self.feed(library, InputKind::Patch { updates }, when, 1000)
    }

    /// Ends the conversation.
    ///
    /// # Errors
    ///
    /// [`PreviewError::Step`] if it is over, or waits for the outcome of an effect.
    pub fn end(&mut self, library: &Library, when: When) -> Result<Turn, PreviewError> {
        self.feed(library, InputKind::End, when, 1000)
    }

    /// What the conversation needs; `None` before its start.
    pub fn next(&self) -> Option<&Next> {
        self.next.as_ref()
    }

    /// The step just taken.
    pub fn place(&self) -> Place {
        let Some(last) = &self.last else { return Place::default() };
        let turn = usize::try_from(last.before.revision().0).unwrap_or(usize::MAX);
        Place { turn: turn.saturating_add(1), step: last.inputs.len() }
    }

    /// The session after the last step.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What it runs by.
    pub fn options(&self) -> &Options {
        self.engine.options()
    }

    /// What became of the requests that handlers answered.
    pub fn requests(&self) -> &HandlerProgress {
        &self.progress
    }

    /// Takes a turn, or what is left of it, as far as it goes without the host.
    fn feed(
        &mut self,
        library: &Library,
        kind: InputKind,
        when: When,
        pause: i64,
    ) -> Result<Turn, PreviewError> {
        let later = Timestamp::from_millis(self.now.as_millis().saturating_add(pause));
        let at = when.at.unwrap_or(later);
        let input = Input { at, utc_offset_minutes: when.utc_offset_minutes, kind };
        let goes_on = matches!(input.kind, InputKind::Resolved { .. });
        let mut turn = match &self.last {
            Some(last) if goes_on => last.clone(),
            Some(_) | None => LastTurn::begin(&self.session),
        };
        let session = goes_on.then(|| self.session.clone());
        let (now, progress) = (self.now, self.progress.clone());
        match self.run(library, &mut turn, input) {
            Ok(next) => {
                let told = turn.tell(&self.session, next.clone());
                // A turn that changes nothing is left out, as stores do (R10.23).
                if told.commits() {
                    self.keep(turn, next, goes_on);
                } else {
                    self.now = now;
                }
                Ok(told)
            }
            Err(error) => {
                self.session = session.unwrap_or(turn.before);
                (self.now, self.progress) = (now, progress);
                Err(PreviewError::Step(error))
            }
        }
    }

    fn run(
        &mut self,
        library: &Library,
        turn: &mut LastTurn,
        mut input: Input,
    ) -> Result<Next, StepError> {
        loop {
            let next = self.step(turn, input)?;
            let Next::Resolve(effect) = &next else { return Ok(next) };
            let Some(outcome) = self.answer(library, &effect.kind) else { return Ok(next) };
            input = Input::new(self.now, resolved(effect.id, outcome));
        }
    }

    /// Takes one step of a turn. The session is as before if it is refused.
    fn step(&mut self, turn: &mut LastTurn, input: Input) -> Result<Next, StepError> {
        let step = self.engine.step(&self.catalog, &mut self.session, input.clone())?;
        self.now = input.at;
        turn.inputs.push(input);
        if turn.events.is_empty() {
            turn.events = step.events;
        } else {
            turn.events.extend(step.events);
        }
        Ok(step.next)
    }

    fn keep(&mut self, turn: LastTurn, next: Next, goes_on: bool) {
        self.next = Some(next);
        let passed = self.last.replace(turn);
        if self.settings.history && !goes_on {
            self.past.extend(passed.map(|turn| turn.inputs));
        }
    }

    /// What answers an effect without the host.
    fn answer(&mut self, library: &Library, effect: &EffectKind) -> Option<Outcome> {
        if !effect.is_outside() {
            return Some(library.resolve(effect, self.head.tenant));
        }
        let by_handlers = match self.settings.effects {
            Answers::Handlers => library.handlers.knows(effect),
            Answers::Host => false,
            Answers::Library => true,
        };
        let perform = || library.handlers.perform(effect, &mut self.progress, self.now);
        by_handlers.then(perform).flatten()
    }
}

impl LastTurn {
    fn begin(session: &Session) -> Self {
        let (before, from) = (session.clone(), session.position());
        Self { before, from, inputs: Vec::with_capacity(1), events: Vec::new() }
    }

    /// The turn as far as it has come. Its events are taken out unless more of it will follow.
    fn tell(&mut self, session: &Session, next: Next) -> Turn {
        let at = self.inputs.first().map_or_else(Timestamp::default, |input| input.at);
        let (revision, from) = (session.revision(), self.from.clone());
        let events = match next {
            Next::Resolve(_) => self.events.clone(),
            Next::Ask(_) | Next::Acknowledge(_) | Next::Script(_) | Next::Ended(_) => {
                std::mem::take(&mut self.events)
            }
        };
        Turn { at, revision, from, events, next }
    }
}

/// The input that tells what came of an effect.
fn resolved(effect: EffectId, mut outcome: Outcome) -> InputKind {
    if let Outcome::Done { value } = &mut outcome {
        let _ = clean(value);
    }
    InputKind::Resolved { effect, outcome }
}
