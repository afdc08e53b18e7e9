//! A rehearsal as text.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Rehearsal, Settings};
use crate::from_json::FromJson;
use crate::journal::JournalHead;
use crate::preview::handlers::HandlerProgress;
use crate::preview::library::Library;
use crate::preview::play::PreviewError;
use crate::protocol::{Input, Turn};
use crate::session::Session;
use crate::time::Timestamp;

/// The version of the form; snapshots of another version are refused.
const FORMAT: u32 = 1;

/// The last turn is kept as its inputs, so that it can be told again, messages and all.
#[derive(Deserialize, FromJson, Serialize)]
struct Snapshot {
    format: u32,
    head: JournalHead,
    settings: Settings,
    given: Map<String, Value>,
    now: Timestamp,
    /// The session before the last turn.
    before: Session,
    /// The inputs of the last turn; none before the start.
    last: Vec<Input>,
    past: Vec<Vec<Input>>,
    progress: HandlerProgress,
}

impl Rehearsal {
    /// All of it as text; [`Rehearsal::restore`] goes on with it.
    pub fn snapshot(&self) -> String {
        let session = self.last.as_ref().map_or(&self.session, |last| &last.before);
        let snapshot = Snapshot {
            format: FORMAT,
            head: self.head.clone(),
            settings: self.settings,
            given: self.given.clone(),
            now: self.now,
            before: session.clone(),
            last: self.last.as_ref().map(|last| last.inputs.clone()).unwrap_or_default(),
            past: self.past.clone(),
            progress: self.progress.clone(),
        };
        // Through values in both directions: a second way to write and read each of these types would be
        // much of a WebAssembly module.
        json!(snapshot).to_string()
    }

    /// The conversation of a snapshot, and its last turn as it was told; none if it has not started.
    ///
    /// # Errors
    ///
    /// [`PreviewError::Snapshot`] or [`PreviewError::SnapshotFormat`] if the text is none,
    /// [`PreviewError::FlowChanged`] if it ran on other flows than the library has.
    pub fn restore(library: &Library, text: &str) -> Result<(Self, Option<Turn>), PreviewError> {
        let snapshot = Snapshot::from_text(text).map_err(PreviewError::Snapshot)?;
        let Snapshot { format, head, settings, given, now, before, last, past, progress } =
            snapshot;
        if format != FORMAT {
            return Err(PreviewError::SnapshotFormat { found: format });
        }
        let mut restored = Self::of(library.catalog_of(&head), head.session(), settings, now);
        if restored.head != head {
            return Err(PreviewError::FlowChanged);
        }
        restored.session = before;
        (restored.past, restored.given) = (past, given);
        let turn = restored.follow(library, last.iter())?;
        (restored.now, restored.progress) = (now, progress);
        Ok((restored, turn))
    }
}
