//! One conversation, step by step.

use std::rc::Rc;

use chatflow::{
    Effect, Library, Masker, Next, Place, PreviewError, Rehearsal, TraceStep, Turn, When,
};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::refusal::{Answer, refuse};
use crate::{plain, read, write};

/// A conversation.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Preview {
    library: Rc<Library>,
    rehearsal: Rehearsal,
    /// What it stood at when it was made, until that is told.
    first: Option<Turn>,
}

impl Preview {
    pub(crate) fn new(library: &Rc<Library>, rehearsal: Rehearsal, first: Option<Turn>) -> Self {
        Self { library: Rc::clone(library), rehearsal, first }
    }

    fn told(&self, turn: Result<Turn, PreviewError>) -> Answer {
        plain(&self.progress(&turn.map_err(|error| refused(&error))?))
    }

    fn progress<'a>(&'a self, turn: &'a Turn) -> impl Serialize + 'a {
        let session = self.rehearsal.session();
        let (waits_for, effect) = match &turn.next {
            Next::Resolve(effect) => (Some("effect"), Some(effect)),
            Next::Ask(_) => (Some("answer"), None),
            Next::Acknowledge(_) => (Some("acknowledgement"), None),
            Next::Script(_) => (Some("script"), None),
            Next::Ended(_) => (None, None),
        };
        Progress {
            effect,
            place: self.rehearsal.place(),
            steps: turn.trace(session, None),
            turn: turn.wire(session, self.rehearsal.options()),
            waits_for,
        }
    }
}

#[derive(Serialize)]
struct Progress<'a, T> {
    effect: Option<&'a Effect>,
    place: Place,
    steps: Vec<TraceStep>,
    turn: T,
    waits_for: Option<&'static str>,
}

#[wasm_bindgen]
impl Preview {
    /// Where it stood when it was made; `null` if it has not started.
    ///
    /// # Errors
    ///
    /// None.
    pub fn first(&mut self) -> Answer {
        let first = self.first.take();
        plain(&first.as_ref().map(|turn| self.progress(turn)))
    }

    /// Enters the flow.
    ///
    /// # Errors
    ///
    /// As [`Rehearsal::start`].
    pub fn start(&mut self, when: &str) -> Answer {
        let turn = self.rehearsal.start(&self.library, read(when)?);
        self.told(turn)
    }

    /// Answers, acknowledges or tells the result of a script.
    ///
    /// # Errors
    ///
    /// As [`Rehearsal::reply`].
    pub fn answer(&mut self, value: &str, when: &str) -> Answer {
        let turn = self.rehearsal.reply(&self.library, read(value)?, read(when)?);
        self.told(turn)
    }

    /// Tells what came of the open effect; `null` lets the library answer.
    ///
    /// # Errors
    ///
    /// As [`Rehearsal::resolve`].
    pub fn resolve(&mut self, outcome: &str, when: &str) -> Answer {
        let turn = self.rehearsal.resolve(&self.library, read(outcome)?, read(when)?);
        self.told(turn)
    }

    /// Merges variables.
    ///
    /// # Errors
    ///
    /// As [`Rehearsal::patch`].
    pub fn patch(&mut self, updates: &str, when: &str) -> Answer {
        let turn = self.rehearsal.patch(&self.library, read(updates)?, read(when)?);
        self.told(turn)
    }

    /// Ends it.
    ///
    /// # Errors
    ///
    /// As [`Rehearsal::end`].
    pub fn end(&mut self, when: &str) -> Answer {
        let when: When = read(when)?;
        let turn = self.rehearsal.end(&self.library, when);
        self.told(turn)
    }

    /// The variables.
    ///
    /// # Errors
    ///
    /// None.
    pub fn state(&self, scopes: bool, masked: bool) -> Answer {
        let session = self.rehearsal.session();
        if masked {
            write(&session.traced_state(&Masker::new(b"")))
        } else if scopes {
            write(&session.scopes())
        } else {
            write(session.state())
        }
    }

    /// The hash of the variables.
    pub fn hash(&self) -> String {
        self.rehearsal.session().state_hash()
    }

    /// All steps.
    ///
    /// # Errors
    ///
    /// That they were not kept.
    pub fn trace(&self) -> Answer {
        write(&self.rehearsal.trace().map_err(|error| refused(&error))?)
    }

    /// The variables around each step.
    ///
    /// # Errors
    ///
    /// That they were not kept.
    pub fn states(&self) -> Answer {
        let states = self.rehearsal.states().map_err(|error| refused(&error))?;
        write(&states)
    }

    /// Explains a condition: before a step, or now.
    ///
    /// # Errors
    ///
    /// As [`Rehearsal::explain`].
    pub fn explain(&self, condition: &str, step: Option<usize>, is_calculation: bool) -> Answer {
        let explained = self.rehearsal.explain(&read(condition)?, step, is_calculation);
        write(&explained.map_err(|error| refused(&error))?)
    }

    /// All of it as text.
    pub fn snapshot(&self) -> String {
        self.rehearsal.snapshot()
    }

    /// The journal.
    ///
    /// # Errors
    ///
    /// That the inputs were not kept.
    pub fn journal(&self) -> Answer {
        write(&self.rehearsal.journal().map_err(|error| refused(&error))?)
    }

    /// Another conversation that stands behind a step of this one.
    ///
    /// # Errors
    ///
    /// As [`Rehearsal::fork`].
    pub fn fork(&self, turn: usize, step: usize) -> Result<Self, JsValue> {
        let forked = self.rehearsal.fork(&self.library, Place { turn, step });
        let (rehearsal, turn) = forked.map_err(|error| refused(&error))?;
        Ok(Self::new(&self.library, rehearsal, turn))
    }
}

fn refused(error: &PreviewError) -> JsValue {
    refuse(error.code(), error)
}
