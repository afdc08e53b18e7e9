//! One conversation in memory, step by step or from a list of answers.

use serde::Serialize;
use serde_json::{Map, Value};

use super::handlers::HandlerProgress;
use super::library::Library;
use super::rehearsal::{Answers, Rehearsal, RehearsalOptions, When};
use crate::answer::InputType;
use crate::expr::ExpressionError;
use crate::id::FlowId;
use crate::protocol::{Next, Prompt, ScriptRequest, Turn};
use crate::run::StepError;
use crate::session::Session;
use crate::time::Timestamp;

/// A conversation with a flow of a [`Library`] that answers all it asks for; what its handlers do not
/// know fails with `no_handler`. Ids and times derive from the seed and the start: a second goes by
/// with each answer, also with one that changes nothing, as with a visitor of a stored conversation.
#[derive(Debug)]
pub struct Preview<'a> {
    library: &'a Library,
    rehearsal: Rehearsal,
    now: Timestamp,
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
    /// The conversation has no such step.
    #[error("the conversation has no such step")]
    NoPlace,
    /// The inputs of earlier turns were not kept.
    #[error("the conversation was begun without history")]
    NoHistory,
    /// A text is no expression.
    #[error("cannot explain the condition")]
    Expression(#[source] ExpressionError),
    /// The text is no snapshot.
    #[error("cannot read the snapshot")]
    Snapshot(#[source] serde_json::Error),
    /// It was taken by another version of the engine.
    #[error("the snapshot has format {found}, which this engine does not read")]
    SnapshotFormat {
        /// The format found.
        found: u32,
    },
    /// It ran on other flows than the library has.
    #[error("the flows are not those that the snapshot was taken with")]
    FlowChanged,
}

impl PreviewError {
    /// A stable code for hosts that have no Rust types: `no_flow`, `no_place`, `no_history`,
    /// `snapshot`, `flow_changed`, or as [`StepError::code`] and [`ExpressionError::code`].
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoFlow { .. } => "no_flow",
            Self::Step(error) => error.code(),
            Self::NoPlace => "no_place",
            Self::NoHistory => "no_history",
            Self::Expression(error) => error.code(),
            Self::Snapshot(_) | Self::SnapshotFormat { .. } => "snapshot",
            Self::FlowChanged => "flow_changed",
        }
    }
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
        let options = RehearsalOptions {
            seed: seed.to_owned(),
            at,
            state,
            effects: Answers::Library,
            history: false,
            ..RehearsalOptions::default()
        };
        let mut rehearsal = Rehearsal::new(library, flow, options)?;
        let turn = rehearsal.start(library, When::default())?;
        Ok((Self { library, rehearsal, now: at }, turn))
    }

    /// Answers the open prompt, acknowledges, or tells the result of the script; `U+0000` is dropped.
    ///
    /// # Errors
    ///
    /// [`PreviewError::Step`] if the conversation is over or the answer too large.
    pub fn reply(&mut self, value: Value) -> Result<Turn, PreviewError> {
        self.now = Timestamp::from_millis(self.now.as_millis().saturating_add(1000));
        let when = When { at: Some(self.now), ..When::default() };
        self.rehearsal.reply(self.library, value, when)
    }

    /// What the conversation asks; `None` while a script runs, and once it is over.
    pub fn prompt(&self) -> Option<&Prompt> {
        match self.rehearsal.next()? {
            Next::Ask(prompt) | Next::Acknowledge(prompt) => Some(prompt),
            Next::Script(_) | Next::Ended(_) | Next::Resolve(_) => None,
        }
    }

    /// The script whose result the conversation waits for.
    pub fn script(&self) -> Option<&ScriptRequest> {
        if let Next::Script(request) = self.rehearsal.next()? { Some(request) } else { None }
    }

    /// What became of the requests so far.
    pub fn requests(&self) -> &HandlerProgress {
        self.rehearsal.requests()
    }

    /// Why the conversation is over.
    pub fn ended(&self) -> Option<&'static str> {
        if let Next::Ended(ending) = self.rehearsal.next()? {
            Some(ending.reason.as_str())
        } else {
            None
        }
    }

    /// The session after the last turn.
    pub fn session(&self) -> &Session {
        self.rehearsal.session()
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
