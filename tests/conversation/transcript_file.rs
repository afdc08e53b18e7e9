//! Golden conversations: one file each, the same for every host.
//!
//! ```json
//! {
//!   "name": "what it shows",
//!   "cites": ["R2.45"],
//!   "documents": [{"seed_key": "…", "nodes": […], "connections": […]}],
//!   "content": [{"id": "…", "type": "joke", "content": {…}, "info": {…}, "tags": […]}],
//!   "handlers": {"/endpoint": {"answer": {…}}},
//!   "flow": "seed key", "seed": "text", "at": "2026-01-01T00:00:00Z", "state": {},
//!   "answers": ["…"],
//!   "transcript": {"format": 1, …}
//! }
//! ```
//!
//! Instead of `documents`, `content` and `handlers` there may be a `fixture`: a folder of the
//! repository with a `seed.json` and a `handlers.json`.

use std::path::{Path, PathBuf};

use chatflow::{Handlers, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Opening, World};

/// A golden conversation.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TranscriptFile {
    /// What it shows.
    pub name: String,
    /// The rules that it proves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cites: Vec<String>,
    /// A folder of the repository that holds everything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixture: Option<String>,
    /// The flows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Value>,
    /// The content items, with their tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<Value>,
    /// The handlers.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub handlers: Map<String, Value>,
    /// The flow's seed key.
    pub flow: String,
    /// The seed of the draws.
    pub seed: String,
    /// When it begins.
    pub at: String,
    /// The variables to begin with.
    pub state: Map<String, Value>,
    /// What the visitor says.
    pub answers: Vec<Value>,
    /// What must come of it.
    #[serde(default)]
    pub transcript: Value,
}

impl TranscriptFile {
    /// What it runs on; `root` is the repository's folder.
    pub fn world(&self, root: &Path) -> World {
        if let Some(folder) = &self.fixture {
            return World::of_fixture(&root.join(folder));
        }
        let handlers = Handlers::read(&Value::Object(self.handlers.clone())).unwrap();
        World::of_documents(&self.documents, &self.content, handlers)
    }

    /// How it begins.
    pub fn opening(&self) -> Opening {
        Opening {
            flow: self.flow.clone(),
            seed: self.seed.clone(),
            at: Timestamp::parse(&self.at).expect("`at` is a time"),
            state: self.state.clone(),
        }
    }

    /// Writes it, with line breaks where people look.
    pub fn write(&self, path: &Path) {
        let text = serde_json::to_string_pretty(self).unwrap();
        // At once, since other tests may be reading it.
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, text + "\n").unwrap();
        std::fs::rename(&fresh, path).unwrap();
    }
}

/// Reads all golden conversations of a folder, by name of the file.
pub fn read_transcripts(folder: &Path) -> Vec<(PathBuf, TranscriptFile)> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let file = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, file)
    };
    paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .map(read)
        .collect()
}
