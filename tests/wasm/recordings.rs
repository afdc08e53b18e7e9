//! Calls of the bindings with what they must return, one JSON object a line:
//! `{"name", "call", "arguments": [TEXT…], "gives" or "throws": TEXT, "contains": [TEXT…]}`.
//!
//! The results come from the engine on this machine: `run.mjs` makes the same calls in WebAssembly and
//! demands the same bytes.

#![expect(clippy::print_stdout, reason = "the recordings are this program's output")]

mod generated;
mod hostile;
mod rehearsal;
mod walk;

use std::error::Error;
use std::path::Path;

use chatflow::{Case, CaseError, Timestamp};
use chatflow_tests::{case, report};
use serde::Deserialize;
use serde_json::{Map, Value, json};

fn main() {
    files();
    demo();
    corpus();
    hostile::record_all();
    generated::record_all();
}

/// The cases that are files. `contains` keeps a case about what its name says.
fn files() {
    let root = case::root();
    let mut files = case::files(&root.join("tests/wasm/cases"));
    assert!(!files.is_empty(), "there are no cases in tests/wasm/cases");
    files.extend(case::files(&root.join("tests/transcripts")));
    for file in files {
        let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        play(&name, &case::read(&file), &case::json(&file)["contains"]);
    }
}

/// The demo's flows, walked through in several ways, with its handlers and without.
fn demo() {
    let root = case::root();
    let handlers = case::json(&root.join("server/demo/handlers.json"));
    let handlers = handlers.as_object().expect("handlers are an object");
    assert!(walk_all("demo", &root.join("server/demo"), handlers) > 0);
}

/// The flows of the corpus, which are read where they are.
fn corpus() {
    let Some(folder) = report::corpus().map(|corpus| corpus.join("huey")) else {
        return note("CHATFLOW_CORPUS is not set; its flows are not played");
    };
    let mut handlers = Map::new();
    let answer = folder.join("recommend-response.json");
    if answer.exists() {
        handlers.insert("/v1/recommend".to_owned(), json!({"answer": case::json(&answer)}));
    }
    let walks = walk_all("corpus", &folder, &handlers);
    assert!(walks > 0, "no case found in {}", folder.display());
}

/// A line that `run.mjs` prints.
fn note(text: &str) {
    println!("{}", json!({ "note": text }));
}

/// Returns the number of cases.
fn walk_all(name: &str, folder: &Path, handlers: &Map<String, Value>) -> usize {
    let (documents, content) = case::expand(folder);
    let keys: Vec<_> = documents.iter().filter_map(|flow| flow["seed_key"].as_str()).collect();
    let mut walks = 0;
    for key in keys {
        let mut completed = 0;
        for variant in 0..4 {
            let mut case = Case {
                documents: documents.clone(),
                content: content.clone(),
                handlers: if variant == 3 { Map::new() } else { handlers.clone() },
                flow: Some(key.to_owned()),
                seed: format!("walk {variant}"),
                at: Timestamp::from_millis(1_767_225_600_000),
                state: Map::new(),
                answers: Vec::new(),
            };
            case.answers = walk::answers(&case, variant, walk::MOST);
            completed += usize::from(play(&format!("{name}/{key}/{variant}"), &case, &json!([])));
            walks += 1;
        }
        assert!(completed > 0, "no walk through `{key}` came to its end");
    }
    walks
}

/// Says whether the conversation completed.
fn play(name: &str, case: &Case, contains: &Value) -> bool {
    let written = serde_json::to_string(case).expect("a case can be written");
    // Read back, since that is what the module does.
    let played = played(&written);
    let completed = played.as_ref().is_ok_and(|text| text.ends_with(r#""ended":"completed"}"#));
    record(name, "play", &[&written], played, contains);
    completed
}

fn record(
    name: &str,
    call: &str,
    arguments: &[&str],
    outcome: Result<String, String>,
    contains: &Value,
) {
    let (key, text) = match outcome {
        Ok(text) => ("gives", text),
        Err(text) => ("throws", text),
    };
    let line = json!({
        "name": name, "call": call, "arguments": arguments, key: text, "contains": contains
    });
    println!("{line}");
}

/// The transcript's text, or the refusal.
fn played(case: &str) -> Result<String, String> {
    // By way of a value, as the bindings read.
    let read = serde_json::from_str(case).and_then(|value: Value| Case::deserialize(value));
    let played = read.map_err(CaseError::Shape).and_then(|case| case.play());
    let written = |(transcript, _)| serde_json::to_string(&transcript).expect("it can be written");
    played.map(written).map_err(|error| refusal(error.code(), &error))
}

/// As the bindings throw it.
fn refusal(code: &str, error: &dyn Error) -> String {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    json!({"code": code, "message": error.to_string(), "causes": causes}).to_string()
}
