//! One conversation in memory, step by step or from a list of answers.

use serde::Serialize;
use serde_json::{Map, Value};

use super::handlers::HandlerProgress;
use super::library::Library;
use crate::answer::InputType;
use crate::draw::Seed;
use crate::drive::{Resolver, drive};
use crate::flow::Catalog;
use crate::id::{FlowId, FlowRef, SessionId, TenantId};
use crate::protocol::{Effect, Input, InputKind, Next, Outcome, Prompt, ScriptRequest, Turn};
use crate::run::{Engine, StepError};
use crate::session::{NewSession, Session};
use crate::time::Timestamp;
use crate::trace::TraceLevel;
use crate::value::clean;

/// A conversation with a flow of a [`Library`]. Ids and times derive from the seed and the start.
#[derive(Debug)]
pub struct Preview<'a> {
    host: Host<'a>,
    engine: Engine,
    catalog: Catalog,
    session: Session,
    next: Option<Next>,
}

/// Why a preview could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreviewError {
    /// The library has no such flow, or it has errors.
    #[error("there is no runnable flow `{flow}`")]
    NoFlow {
        /// The flow asked for.
        flow: FlowId,
    },
    /// The engine refused an input.
    #[error("cannot play the turn")]
    Step(#[source] StepError),
}

/// A played conversation; what `chatflow chat --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transcript {
    /// 1.
    pub format: u32,
    /// The flow's seed key or id, as asked for.
    pub flow: String,
    /// The seed, as given.
    pub seed: String,
    /// The turns; the first has no input.
    pub turns: Vec<TranscriptTurn>,
    /// The variables at the end.
    pub state: Value,
    /// Their hash.
    pub state_hash: String,
    /// Why the session ended; null when it still waits.
    pub ended: Option<&'static str>,
    /// Why the engine did not take the answer after the last turn, when that is where it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// One turn of a [`Transcript`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TranscriptTurn {
    /// The answer; null for the start and for acknowledgements.
    pub input: Value,
    /// The turn on the wire.
    pub turn: Value,
}

/// The clock of a preview: one second a turn, none for effects.
#[derive(Debug)]
struct Host<'a> {
    library: &'a Library,
    tenant: Option<TenantId>,
    now: Timestamp,
    progress: HandlerProgress,
}

impl Resolver for Host<'_> {
    fn now(&mut self) -> Timestamp {
        self.now
    }

    fn resolve(&mut self, effect: &Effect) -> Outcome {
        let requested = self.library.handlers.perform(&effect.kind, &mut self.progress, self.now);
        let mut outcome =
            requested.unwrap_or_else(|| self.library.resolve(&effect.kind, self.tenant));
        if let Outcome::Done { value } = &mut outcome {
            let _ = clean(value);
        }
        outcome
    }
}

impl<'a> Preview<'a> {
    /// Starts a conversation and plays its first turn.
    ///
    /// # Errors
    ///
    /// [`PreviewError`] if there is no such flow, or `state` is none.
    pub fn start(
        library: &'a Library,
        flow: FlowId,
        seed: &str,
        at: Timestamp,
        state: Map<String, Value>,
    ) -> Result<(Self, Turn), PreviewError> {
        let catalog = library.catalog();
        let version = FlowRef { id: flow, seq: 0 };
        if catalog.get(version).is_none() {
            return Err(PreviewError::NoFlow { flow });
        }
        let tenant = library.owner(flow);
        let session = Session::new(NewSession {
            id: SessionId::derived(&format!("{flow}:{seed}:{at}")),
            flow: version,
            pins: library.pins(flow),
            seed: Seed::from_text(seed),
            user_id: None,
            tenant,
            trace: TraceLevel::Verbose,
        });
        let host = Host { library, tenant, now: at, progress: HandlerProgress::default() };
        let mut preview = Self { host, engine: Engine::default(), catalog, session, next: None };
        let turn = preview.feed(InputKind::Start { state: state.into() })?;
        Ok((preview, turn))
    }

    /// Answers the open prompt, acknowledges, or tells the result of the script; `U+0000` is dropped.
    ///
    /// # Errors
    ///
    /// [`PreviewError::Step`] if the conversation is over or the answer too large.
    pub fn reply(&mut self, mut value: Value) -> Result<Turn, PreviewError> {
        let _ = clean(&mut value);
        let hint = self.prompt().map_or(InputType::Text, |prompt| prompt.input_type);
        let now = self.host.now.as_millis().saturating_add(1000);
        self.host.now = Timestamp::from_millis(now);
        if self.script().is_some() {
            return self.feed(InputKind::ScriptResult { result: value });
        }
        self.feed(InputKind::Reply { value, hint })
    }

    /// What the conversation asks; `None` while a script runs, and once it is over.
    pub fn prompt(&self) -> Option<&Prompt> {
        match self.next.as_ref()? {
            Next::Ask(prompt) | Next::Acknowledge(prompt) => Some(prompt),
            Next::Script(_) | Next::Ended(_) | Next::Resolve(_) => None,
        }
    }

    /// The script whose result the conversation waits for.
    pub fn script(&self) -> Option<&ScriptRequest> {
        if let Some(Next::Script(request)) = &self.next { Some(request) } else { None }
    }

    /// What became of the requests so far.
    pub fn requests(&self) -> &HandlerProgress {
        &self.host.progress
    }

    /// Why the conversation is over.
    pub fn ended(&self) -> Option<&'static str> {
        if let Some(Next::Ended(ending)) = &self.next { Some(ending.reason.as_str()) } else { None }
    }

    /// The session after the last turn.
    pub fn session(&self) -> &Session {
        &self.session
    }

    fn feed(&mut self, kind: InputKind) -> Result<Turn, PreviewError> {
        let input = Input::new(self.host.now, kind);
        let driven =
            drive(&self.engine, &mut self.catalog, &mut self.session, input, &mut self.host);
        let turn = driven.map_err(PreviewError::Step)?.turn;
        self.next = Some(turn.next.clone());
        Ok(turn)
    }
}

/// Plays answers one after the other, until they or the conversation end, or one is refused. Says
/// how many were used.
///
/// # Errors
///
/// As [`Preview::start`].
pub fn play(
    library: &Library,
    (name, flow): (&str, FlowId),
    (seed, at): (&str, Timestamp),
    state: Map<String, Value>,
    answers: &[Value],
) -> Result<(Transcript, usize), PreviewError> {
    let (mut preview, turn) = Preview::start(library, flow, seed, at, state)?;
    let told = turn.to_value(preview.session());
    let mut turns = vec![TranscriptTurn { input: Value::Null, turn: told }];
    let mut used = 0_usize;
    let mut refused = None;
    for answer in answers {
        if preview.ended().is_some() {
            break;
        }
        // A message that offers replies may be given one.
        let continues = preview.prompt().is_some_and(|prompt| {
            prompt.input_type == InputType::Continue && prompt.options.is_empty()
        });
        let turn = match preview.reply(answer.clone()) {
            Ok(turn) => turn,
            Err(PreviewError::Step(error)) => {
                refused = Some(error.to_string());
                break;
            }
            Err(error) => return Err(error),
        };
        let input = if continues { Value::Null } else { answer.clone() };
        turns.push(TranscriptTurn { input, turn: turn.to_value(preview.session()) });
        used = used.saturating_add(1);
    }
    let session = preview.session();
    let transcript = Transcript {
        format: 1,
        flow: name.to_owned(),
        seed: seed.to_owned(),
        turns,
        state: Value::Object(session.state().clone()),
        state_hash: session.state_hash(),
        ended: preview.ended(),
        refused,
    };
    Ok((transcript, used))
}
