//! Files of cases: a conversation, what it runs on, and what is expected of it.

use std::path::{Path, PathBuf};

use chatflow::{Case, LibraryItem};
use chatflow_server::Fixture;
use serde_json::{Value, json};

/// The repository's root folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the root exists")
}

/// The JSON files of a folder, by name; none if there is no such folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "json"));
    files.sort();
    files
}

/// A JSON file.
pub fn json(path: &Path) -> Value {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads a case.
///
/// Instead of `documents` and `content` it may name a `fixture`, and as `handlers` a file; both are
/// paths from the repository's root.
pub fn read(path: &Path) -> Case {
    let mut case = json(path);
    if let Some(handlers) = case["handlers"].as_str() {
        case["handlers"] = json(&root().join(handlers));
    }
    if let Some(path) = case["fixture"].as_str() {
        let (documents, content) = expand(&root().join(path));
        case["documents"] = json!(documents);
        case["content"] = json!(content);
    }
    serde_json::from_value(case).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The flows and items of a fixture, as a case has them.
pub fn expand(path: &Path) -> (Vec<Value>, Vec<LibraryItem>) {
    let fixture = Fixture::read(path).unwrap_or_else(|error| panic!("{error}"));
    let flows = fixture.flows.iter().filter(|flow| !flow.report.has_errors());
    let documents = flows.filter_map(|flow| Some(flow.definition.as_ref()?.to_value())).collect();
    let items = fixture.contents.iter().filter(|content| content.status != "archived");
    let content = items.map(|content| LibraryItem {
        item: content.item.clone(),
        tags: content.tags.clone(),
        owner: content.school.filter(|_| ["school", "private"].contains(&&*content.visibility)),
    });
    (documents, content.collect())
}
