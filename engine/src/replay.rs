//! Runs a journal again and says where, if anywhere, it goes another way.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::flow::Catalog;
use crate::flow::node::NodeKind;
use crate::id::FlowRef;
use crate::journal::{
    FORMAT, Journal, JournalStep, JournalTurn, LedTo, Mark, REDACTED, StateMark, variables,
};
use crate::protocol::{Effect, EffectKind, Input, InputKind, Next, Outcome, Step};
use crate::run::Engine;
use crate::session::{Phase, Session};

/// A step of a conversation. Turns and steps are counted from 1; before the first both are 0.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Place {
    /// The turn: the revision that it makes.
    pub turn: usize,
    /// The step within the turn.
    pub step: usize,
}

/// What a replay came to.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The session after the last step that ran. It may be fed further inputs.
    pub session: Session,
    /// The last step that ran; the session stands behind it.
    pub at: Place,
    /// The steps of each turn, as they came out now.
    pub turns: Vec<Vec<Step>>,
    /// The flows that are not what they were, met so far. A conversation may be the same all the
    /// same.
    pub changed: Vec<ChangedFlow>,
    /// Where it first went another way; nothing after it was run.
    pub divergence: Option<Divergence>,
}

/// A flow whose digest differs from the one that was journalled.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ChangedFlow {
    /// The version.
    pub flow: FlowRef,
    /// The digest then.
    pub recorded: String,
    /// The digest now; `None` if the catalog does not have it.
    pub found: Option<String>,
}

/// The first thing that is not as it was journalled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Divergence {
    /// Where.
    pub at: Place,
    /// What.
    pub difference: Difference,
}

/// What differs from the journal.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Difference {
    /// The journal is of another format.
    Format {
        /// The format found.
        found: u32,
    },
    /// The head was changed after it was written.
    Head,
    /// A turn has no steps.
    Empty,
    /// The answer to a sensitive question was not kept, so that nothing after it can be replayed.
    Redacted,
    /// A flow that the conversation enters is not in the catalog.
    FlowMissing {
        /// The version.
        flow: FlowRef,
    },
    /// The engine refuses the input.
    Refused {
        /// Why.
        reason: String,
    },
    /// An event is another one, missing or too many.
    Event {
        /// Its number within the step, from 0.
        index: usize,
        /// What was recorded there.
        recorded: Option<Mark>,
        /// What is there now.
        found: Option<Value>,
    },
    /// Another effect is asked for, or only one of both asks for any.
    Effect {
        /// What was asked for then.
        recorded: Option<Box<Effect>>,
        /// What is asked for now.
        asked: Option<Box<Effect>>,
    },
    /// The session needs something else.
    Next {
        /// What was recorded.
        recorded: Mark,
        /// What it needs now.
        found: Value,
    },
    /// The journal lacks the outcome of an effect.
    OutcomeMissing {
        /// The effect.
        asked: Box<Effect>,
    },
    /// The journal has an outcome where no effect is open.
    OutcomeSurplus {
        /// The outcome.
        input: Box<Input>,
    },
    /// A variable has another value.
    State {
        /// Its JSON pointer; empty for the state as a whole.
        path: String,
        /// Whether the journal has it.
        recorded: bool,
        /// What it is now; `None` if it is absent.
        found: Option<Value>,
    },
    /// The inputs of the turn were changed after they were written, to no visible effect.
    TurnHash,
}

/// Runs a journal again to its end or to the first divergence.
///
/// `catalog` has the flows of the conversation, sub-flows included; a flow that the conversation
/// had its host load is met at the step at which it was loaded then.
///
/// ```
/// use chatflow::{Catalog, Engine, Journal, replay};
///
/// let text = r#"{"format": 1, "turns": [], "head_hash": "", "head": {"seed": "7",
///     "session": "00000000-0000-0000-0000-000000000001",
///     "flow": {"id": "00000000-0000-0000-0000-000000000002", "seq": 1}}}"#;
/// let journal = Journal::read_json(text)?;
/// let replayed = replay(&Engine::default(), &Catalog::default(), &journal);
/// let divergence = replayed.divergence.ok_or("nobody forged the head")?;
/// assert_eq!(divergence.to_string(), "before the first turn: the head of the journal was changed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn replay(engine: &Engine, catalog: &Catalog, journal: &Journal) -> Replayed {
    replay_to(engine, catalog, journal, Place { turn: usize::MAX, step: usize::MAX })
}

/// As [`replay`], but stops behind the step `until`, or at the end if there is no such step. The
/// session may then go on with other inputs than it did.
pub fn replay_to(engine: &Engine, catalog: &Catalog, journal: &Journal, until: Place) -> Replayed {
    let mut loaded = catalog.emptied();
    if let Some(flow) = catalog.get(journal.head.flow) {
        loaded.insert(flow.clone());
    }
    let session = journal.head.session();
    let replayed = Replayed {
        session,
        at: Place::default(),
        turns: Vec::new(),
        changed: Vec::new(),
        divergence: None,
    };
    let mut replay = Replay { engine, catalog, loaded, replayed };
    if let Err(difference) = replay.run(journal, until) {
        let at = replay.replayed.at;
        replay.replayed.divergence = Some(Divergence { at, difference });
    }
    replay.replayed
}

struct Replay<'a> {
    engine: &'a Engine,
    catalog: &'a Catalog,
    /// The flows that the host had loaded so far.
    loaded: Catalog,
    replayed: Replayed,
}

impl Replay<'_> {
    fn run(&mut self, journal: &Journal, until: Place) -> Result<(), Difference> {
        if journal.format != FORMAT {
            return Err(Difference::Format { found: journal.format });
        }
        if journal.head.hash() != journal.head_hash {
            return Err(Difference::Head);
        }
        self.compare_flows(journal);
        let mut previous = "";
        for (turn, number) in journal.turns.iter().zip(1..) {
            if number > until.turn {
                break;
            }
            self.replayed.turns.push(Vec::new());
            for (index, step) in turn.steps.iter().enumerate() {
                let at = Place { turn: number, step: index.saturating_add(1) };
                if at > until {
                    return Ok(());
                }
                self.replayed.at = at;
                self.step(step, turn.steps.get(index.saturating_add(1)))?;
            }
            if turn.steps.is_empty() {
                self.replayed.at = Place { turn: number, step: 0 };
                return Err(Difference::Empty);
            }
            self.compare_turn(turn, previous)?;
            previous = &turn.turn_hash;
        }
        Ok(())
    }

    fn compare_flows(&mut self, journal: &Journal) {
        let head = &journal.head;
        for flow in std::iter::once(head.flow).chain(head.pins.values().copied()) {
            if let Some(recorded) = head.digests.get(&flow.to_string()) {
                self.compare_flow(flow, recorded);
            }
        }
    }

    fn compare_flow(&mut self, flow: FlowRef, recorded: &str) {
        let found = self.catalog.get(flow).map(|flow| flow.digest());
        let known = self.replayed.changed.iter().any(|changed| changed.flow == flow);
        if found != Some(recorded) && !known {
            let (recorded, found) = (recorded.to_owned(), found.map(str::to_owned));
            self.replayed.changed.push(ChangedFlow { flow, recorded, found });
        }
    }

    /// Runs one step and holds it against what was recorded; `after` is the turn's next step.
    fn step(&mut self, step: &JournalStep, after: Option<&JournalStep>) -> Result<(), Difference> {
        if self.is_redacted(&step.input) {
            return Err(Difference::Redacted);
        }
        let new = self.take(step, after)?;
        let compared = compare(step.led_to.as_ref(), after, &new);
        if let Some(turn) = self.replayed.turns.last_mut() {
            turn.push(new);
        }
        compared
    }

    /// Takes the step. A flow that the host then had in its catalog is put there, and the step
    /// taken again.
    fn take(
        &mut self,
        step: &JournalStep,
        after: Option<&JournalStep>,
    ) -> Result<Step, Difference> {
        loop {
            // Copied only while there is a flow that the step may turn out to need.
            let before =
                (!self.loaded.has_all_of(self.catalog)).then(|| self.replayed.session.clone());
            let taken =
                self.engine.step(&self.loaded, &mut self.replayed.session, step.input.clone());
            let taken = taken.map_err(|error| Difference::Refused { reason: error.to_string() })?;
            let Next::Resolve(Effect { kind: EffectKind::LoadFlow { flow }, .. }) = &taken.next
            else {
                return Ok(taken);
            };
            let flow = *flow;
            let found = self.catalog.get(flow).cloned();
            match loaded_by(step, after) {
                Loaded::AsDigest(recorded) => {
                    self.compare_flow(flow, recorded);
                    self.loaded.insert(found.ok_or(Difference::FlowMissing { flow })?);
                    return Ok(taken);
                }
                Loaded::InVain => return Ok(taken),
                Loaded::Before => {
                    self.loaded.insert(found.ok_or(Difference::FlowMissing { flow })?);
                    self.replayed.session = before.ok_or(Difference::FlowMissing { flow })?;
                }
            }
        }
    }

    /// Whether the input is a blank for the answer that was given to a sensitive question.
    fn is_redacted(&self, input: &Input) -> bool {
        let InputKind::Reply { value, .. } = &input.kind else { return false };
        let session = &self.replayed.session;
        let flow = session.frame().and_then(|frame| self.loaded.get(frame.flow));
        let node = flow.zip(session.engine.position.as_ref()).and_then(|(flow, id)| flow.find(id));
        matches!(session.phase(), Phase::Asking { .. })
            && value == REDACTED
            && node.is_some_and(|node| {
                if let NodeKind::Question(question) = &node.kind {
                    question.sensitive
                } else {
                    false
                }
            })
    }

    /// Holds what a turn left behind against what was recorded.
    fn compare_turn(&self, turn: &JournalTurn, previous: &str) -> Result<(), Difference> {
        if let Some(recorded) = &turn.state {
            compare_state(recorded, &self.replayed.session)?;
        }
        if turn.chained(previous) != turn.turn_hash {
            return Err(Difference::TurnHash);
        }
        Ok(())
    }
}

/// What the host did about a flow that a step enters.
enum Loaded<'j> {
    /// It had loaded it earlier, and was not asked.
    Before,
    /// It loaded the flow of this digest.
    AsDigest(&'j str),
    /// It was asked and failed.
    InVain,
}

/// Journals of stored turns do not tell the effect, but its outcome does.
fn loaded_by<'j>(step: &'j JournalStep, after: Option<&'j JournalStep>) -> Loaded<'j> {
    let effect = step.led_to.as_ref().map(|led_to| led_to.effect.as_ref().map(|it| &it.kind));
    let is_load = effect.map(|kind| matches!(kind, Some(EffectKind::LoadFlow { .. })));
    let Some(InputKind::Resolved { outcome, .. }) = after.map(|after| &after.input.kind) else {
        return Loaded::Before;
    };
    match outcome {
        Outcome::Done { value } => match value.as_str().filter(|text| is_digest(text)) {
            Some(digest) if is_load != Some(false) => Loaded::AsDigest(digest),
            None if is_load == Some(true) => Loaded::InVain,
            Some(_) | None => Loaded::Before,
        },
        Outcome::Failed(failure) => {
            let named = || failure.code.starts_with("flow_");
            if is_load.unwrap_or_else(named) { Loaded::InVain } else { Loaded::Before }
        }
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn compare(
    recorded: Option<&LedTo>,
    after: Option<&JournalStep>,
    new: &Step,
) -> Result<(), Difference> {
    let asked = if let Next::Resolve(effect) = &new.next { Some(effect) } else { None };
    if let Some(recorded) = recorded {
        compare_events(recorded, new)?;
        if recorded.effect.as_ref() != asked {
            return Err(Difference::Effect {
                recorded: recorded.effect.clone().map(Box::new),
                asked: asked.cloned().map(Box::new),
            });
        }
        let found = json!(new.next);
        if Mark::of(&found) != recorded.next {
            return Err(Difference::Next { recorded: recorded.next.clone(), found });
        }
    }
    match (asked, after) {
        (Some(asked), None) => Err(Difference::OutcomeMissing { asked: Box::new(asked.clone()) }),
        (None, Some(after)) => {
            Err(Difference::OutcomeSurplus { input: Box::new(after.input.clone()) })
        }
        (Some(_), Some(_)) | (None, None) => Ok(()),
    }
}

fn compare_events(recorded: &LedTo, new: &Step) -> Result<(), Difference> {
    let count = recorded.events.len().max(new.events.len());
    for index in 0..count {
        let (recorded, found) = (recorded.events.get(index), new.events.get(index));
        let found = found.map(|event| json!(event));
        if found.as_ref().map(Mark::of).as_ref() != recorded {
            return Err(Difference::Event { index, recorded: recorded.cloned(), found });
        }
    }
    Ok(())
}

fn compare_state(recorded: &StateMark, session: &Session) -> Result<(), Difference> {
    let found = StateMark::of(session);
    let paths = recorded.paths.iter().chain(&found.paths);
    let differs = |path: &str| recorded.paths.get(path) != found.paths.get(path);
    let first = paths.map(|(path, _)| path).filter(|path| differs(path)).min();
    if let Some(path) = first {
        let value = variables(&session.state).find(|(at, _)| at == path);
        return Err(Difference::State {
            path: path.clone(),
            recorded: recorded.paths.contains_key(path),
            found: value.map(|(_, value)| value.clone()),
        });
    }
    if recorded.hash != found.hash {
        let path = String::new();
        return Err(Difference::State { path, recorded: true, found: Some(json!(session.state)) });
    }
    Ok(())
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { turn: 0, .. } => f.write_str("before the first turn"),
            Self { turn, step } => write!(f, "turn {turn}, step {step}"),
        }
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.difference)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format { found } => write!(f, "the journal has format {found}, not {FORMAT}"),
            Self::Head => f.write_str("the head of the journal was changed"),
            Self::Empty => f.write_str("the turn has no steps"),
            Self::Redacted => f.write_str(
                "the answer to a sensitive question was not kept; nothing after it can be replayed",
            ),
            Self::FlowMissing { flow } => write!(f, "flow `{flow}` is not in the catalog"),
            Self::Refused { reason } => write!(f, "the input is refused: {reason}"),
            Self::Event { index, recorded, found } => {
                let recorded = recorded.as_ref().map_or("nothing", |mark| mark.what.as_str());
                write!(f, "event {index}: recorded was `{recorded}`, now it is {}", shown(found))
            }
            Self::Effect { recorded, asked } => {
                let (recorded, asked) = (shown(&json!(recorded)), shown(&json!(asked)));
                write!(f, "the effect: recorded was {recorded}, asked for is {asked}")
            }
            Self::Next { recorded, found } => {
                write!(f, "the next need: recorded was `{}`, now it is {found}", recorded.what)
            }
            Self::OutcomeMissing { asked } => {
                write!(f, "the outcome of {} is missing", shown(&json!(asked)))
            }
            Self::OutcomeSurplus { input } => {
                write!(f, "an outcome is left over: {}", json!(input))
            }
            Self::State { path, recorded, found } => {
                let was = if *recorded { "had another value" } else { "did not exist" };
                write!(f, "the variable `{path}` {was}, now it is {}", shown(&json!(found)))
            }
            Self::TurnHash => f.write_str("the inputs of the turn were changed"),
        }
    }
}

fn shown(value: &impl Serialize) -> String {
    let text = json!(value).to_string();
    if text == "null" { "nothing".to_owned() } else { text }
}
