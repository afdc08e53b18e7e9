//! Running a rehearsal again: its journal, its trace, and other ways on from an earlier step.

use serde_json::{Map, Value};

use super::{LastTurn, Rehearsal, RehearsalOptions, Settings};
use crate::explain::{Explanation, explain, explain_calculation};
use crate::journal::Journal;
use crate::preview::library::Library;
use crate::preview::play::PreviewError;
use crate::protocol::{Input, InputKind, Next, Turn};
use crate::replay::{Place, Replayed, replay_to};
use crate::run::Engine;
use crate::session::{NewSession, Session};
use crate::trace::{StepStates, TraceLevel, TraceStep, trace_states};

impl Rehearsal {
    /// What it started from, what it was fed, and what each step led to.
    ///
    /// # Errors
    ///
    /// [`PreviewError::NoHistory`].
    pub fn journal(&self) -> Result<Journal, PreviewError> {
        let mut session = self.head.session();
        let mut journal = Journal::new(&session, &self.catalog);
        for input in self.turns()?.flatten() {
            let step = self.engine.step(&self.catalog, &mut session, input.clone());
            journal.add_step(input.clone(), &step.map_err(PreviewError::Step)?, &session);
        }
        Ok(journal)
    }

    /// All steps since the start; nothing in them is masked. None if nothing is traced.
    ///
    /// # Errors
    ///
    /// [`PreviewError::NoHistory`].
    pub fn trace(&self) -> Result<Vec<TraceStep>, PreviewError> {
        let mut again = self.begun();
        let mut steps = Vec::new();
        for inputs in self.turns()? {
            let mut turn = LastTurn::begin(&again.session);
            let mut next = None;
            for input in inputs {
                let step = again.step(&mut turn, input.clone());
                next = Some(step.map_err(PreviewError::Step)?);
            }
            if let Some(next) = next {
                steps.append(&mut turn.tell(&again.session, next).trace(&again.session, None));
            }
        }
        Ok(steps)
    }

    /// The variables before and after each step of [`Rehearsal::trace`].
    ///
    /// # Errors
    ///
    /// [`PreviewError::NoHistory`].
    pub fn states(&self) -> Result<Vec<StepStates>, PreviewError> {
        Ok(trace_states(&Map::new(), &self.trace()?))
    }

    /// Why a condition holds or does not: now, with all that expressions see, or with the variables
    /// as they were before a step of [`Rehearsal::trace`], counted from 1. `is_calculation` as in
    /// [`explain_calculation`].
    ///
    /// # Errors
    ///
    /// [`PreviewError::NoPlace`], [`PreviewError::NoHistory`], or [`PreviewError::Expression`] if a
    /// text is no expression.
    pub fn explain(
        &self,
        condition: &Value,
        step: Option<usize>,
        is_calculation: bool,
    ) -> Result<Explanation, PreviewError> {
        let mut steps = if self.settings.history { self.trace()? } else { Vec::new() };
        let context = match step {
            None => self.session.scopes(),
            Some(step) => {
                let at = step.checked_sub(1).ok_or(PreviewError::NoPlace)?;
                let states = trace_states(&Map::new(), &steps);
                let states = states.into_iter().nth(at).ok_or(PreviewError::NoPlace)?;
                steps.truncate(at);
                states.before
            }
        };
        let context = Value::Object(context);
        let explained = match condition.as_str() {
            Some(text) if is_calculation => explain_calculation(text, &context, &steps),
            Some(_) | None => explain(condition, &context, &steps),
        };
        explained.map_err(PreviewError::Expression)
    }

    /// Another conversation, which stands behind the step `at` of this one, or behind the whole turn
    /// if the turn has no such step, and its last turn. The place 0 is before the start.
    ///
    /// # Errors
    ///
    /// [`PreviewError::NoPlace`] or [`PreviewError::NoHistory`].
    pub fn fork(&self, library: &Library, at: Place) -> Result<(Self, Option<Turn>), PreviewError> {
        if at.turn > self.place().turn {
            return Err(PreviewError::NoPlace);
        }
        let (mut fork, mut told) = (self.begun(), None);
        for (inputs, number) in self.turns()?.zip(1..).take(at.turn) {
            let steps = if number == at.turn { at.step.max(1) } else { usize::MAX };
            told = fork.follow(library, inputs.iter().take(steps))?;
        }
        Ok((fork, told))
    }

    /// Runs a journal again, as [`replay_to`] does, and gives the conversation behind the last step
    /// that was as recorded, with its last turn. It is traced in full, however it was recorded.
    ///
    /// # Errors
    ///
    /// [`PreviewError::Step`] if the engine refuses now what it did not refuse in the replay.
    pub fn resume(
        library: &Library,
        journal: &Journal,
        until: Place,
        options: &RehearsalOptions,
    ) -> Result<(Self, Option<Turn>, Replayed), PreviewError> {
        let replayed = library.replay(journal, until);
        let head = &journal.head;
        let session = Session::new(NewSession {
            id: head.session,
            flow: head.flow,
            pins: head.pins.clone(),
            seed: head.seed,
            user_id: head.user_id.clone(),
            tenant: head.tenant,
            trace: TraceLevel::Verbose,
        });
        let RehearsalOptions { expose_state, effects, .. } = *options;
        let settings = Settings { expose_state, effects, history: true };
        let mut resumed = Self::of(library.catalog_of(head), session, settings, options.at);
        let Place { turn: last, step } = replayed.at;
        // The step that went another way is not taken.
        let step = if replayed.divergence.is_none() { step } else { step.saturating_sub(1) };
        let first = journal.turns.first().and_then(|turn| turn.steps.first());
        if let Some(InputKind::Start { state }) = first.map(|step| &step.input.kind) {
            resumed.given.clone_from(state);
        }
        let mut told = None;
        for (turn, number) in journal.turns.iter().zip(1..).take(last) {
            let steps = if number == last { step } else { usize::MAX };
            let inputs = turn.steps.iter().take(steps).map(|step| &step.input);
            told = resumed.follow(library, inputs)?.or(told);
        }
        Ok((resumed, told, replayed))
    }

    /// All inputs, by turn.
    fn turns(&self) -> Result<impl Iterator<Item = &Vec<Input>>, PreviewError> {
        let turns = self.past.iter().chain(self.last.iter().map(|last| &last.inputs));
        if turns.clone().count() < self.place().turn {
            return Err(PreviewError::NoHistory);
        }
        Ok(turns)
    }

    /// The same conversation before its start.
    fn begun(&self) -> Self {
        let (catalog, session) = (self.catalog.clone(), self.head.session());
        let begun = Self::of(catalog, session, self.settings, self.now);
        Self { given: self.given.clone(), ..begun }
    }

    /// Takes a turn whose inputs are known, or the beginning of it.
    pub(super) fn follow<'i>(
        &mut self,
        library: &Library,
        inputs: impl Iterator<Item = &'i Input>,
    ) -> Result<Option<Turn>, PreviewError> {
        let mut turn = LastTurn::begin(&self.session);
        let mut next = None;
        for input in inputs {
            // What handlers answered then they have answered: their sequences go on behind it.
            if let Some(Next::Resolve(effect)) = &next
                && effect.kind.is_outside()
            {
                let _ = self.answer(library, &effect.kind);
            }
            next = Some(self.step(&mut turn, input.clone()).map_err(PreviewError::Step)?);
        }
        Ok(next.map(|next| {
            let told = turn.tell(&self.session, next.clone());
            self.keep(turn, next, false);
            told
        }))
    }
}

impl Library {
    /// Runs a journal again with the flows that are here, in whatever version they were recorded;
    /// see [`replay_to`].
    pub fn replay(&self, journal: &Journal, until: Place) -> Replayed {
        replay_to(&Engine::default(), &self.catalog_of(&journal.head), journal, until)
    }
}
