//! What conversations run on.

use std::rc::Rc;

use chatflow::{
    FromJson, Journal, LibraryFlow, LibrarySource, Place, Rehearsal, RehearsalOptions, Replayed,
};
use serde_json::{Map, Value, json};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::preview::Preview;
use crate::refusal::{Answer, argument, refuse, told};
use crate::{plain, read, write};

/// Flows, content and handlers.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Library {
    library: Rc<chatflow::Library>,
    flows: Vec<LibraryFlow>,
}

#[wasm_bindgen]
impl Library {
    /// Reads `{"documents", "content", "handlers"}`.
    ///
    /// # Errors
    ///
    /// That it is of another form.
    #[wasm_bindgen(constructor)]
    pub fn new(source: &str) -> Result<Self, JsValue> {
        let source: LibrarySource = read(source)?;
        let (library, flows) = source.read().map_err(|error| refuse("handlers", &error))?;
        Ok(Self { library: Rc::new(library), flows })
    }

    /// What became of the documents.
    ///
    /// # Errors
    ///
    /// None.
    pub fn flows(&self) -> Answer {
        plain(&self.flows)
    }

    /// A conversation that has not started.
    ///
    /// # Errors
    ///
    /// That there is no such flow.
    pub fn preview(&self, options: &str) -> Result<Preview, JsValue> {
        let mut options: Map<String, Value> = read(options)?;
        // Beside what the engine reads.
        let flow = options.remove("flow").map(Option::<String>::from_json);
        let flow = flow.transpose().map_err(|error| argument(&error))?.flatten();
        let id = match &flow {
            Some(name) => self.library.find(name).ok_or_else(|| {
                told("no_flow", &format!("there is no runnable flow `{name}`"), &[])
            }),
            None => self.library.only_flow().ok_or_else(|| {
                let count = self.library.flows().count();
                let message = format!("there are {count} runnable flows: name one as `flow`");
                told("flow_unnamed", &message, &[])
            }),
        };
        let options = RehearsalOptions::from_json(Value::Object(options));
        let options = options.map_err(|error| argument(&error))?;
        let rehearsal = Rehearsal::new(&self.library, id?, options);
        let rehearsal = rehearsal.map_err(|error| refuse(error.code(), &error))?;
        Ok(Preview::new(&self.library, rehearsal, None))
    }

    /// The conversation of a snapshot.
    ///
    /// # Errors
    ///
    /// That it is none, or of other flows.
    pub fn restore(&self, snapshot: &str) -> Result<Preview, JsValue> {
        let restored = Rehearsal::restore(&self.library, snapshot);
        let (rehearsal, turn) = restored.map_err(|error| refuse(error.code(), &error))?;
        Ok(Preview::new(&self.library, rehearsal, turn))
    }

    /// Runs a journal again.
    ///
    /// # Errors
    ///
    /// That it is none.
    pub fn replay(&self, journal: &str, turn: usize, step: usize) -> Answer {
        let replayed = self.library.replay(&read_journal(journal)?, Place { turn, step });
        write(&told_of(&replayed))
    }

    /// Runs a journal again and gives the conversation where it ended.
    ///
    /// # Errors
    ///
    /// That it is none.
    pub fn resume(&self, journal: &str, turn: usize, step: usize) -> Result<Preview, JsValue> {
        let (journal, until) = (read_journal(journal)?, Place { turn, step });
        let options = RehearsalOptions::default();
        let resumed = Rehearsal::resume(&self.library, &journal, until, &options);
        let (rehearsal, turn, _) = resumed.map_err(|error| refuse(error.code(), &error))?;
        Ok(Preview::new(&self.library, rehearsal, turn))
    }
}

fn read_journal(text: &str) -> Result<Journal, JsValue> {
    Journal::read(read(text)?).map_err(|error| refuse("journal", &error))
}

fn told_of(replayed: &Replayed) -> Value {
    let divergence = replayed.divergence.as_ref().map(|divergence| {
        let (at, difference) = (divergence.at, &divergence.difference);
        json!({"at": at, "difference": difference, "message": divergence.to_string()})
    });
    json!({
        "at": replayed.at,
        "divergence": divergence,
        "changed": replayed.changed,
        "state": replayed.session.state(),
        "state_hash": replayed.session.state_hash(),
    })
}
