//! Defects put into sound flows, one at a time: each must be found, by its code and in its place.

use std::path::Path;

use chatflow::{
    Compiler, Diagnostic, FlowDefinition, Library, LibraryItem, Report, Severity, Stage,
};
use chatflow_tests::conversation::{World, read_transcripts};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::root;

/// One defect: edits of a flow of the demo, and what must be told about it.
#[derive(Debug, Deserialize)]
struct Defect {
    name: String,
    /// What asks for it.
    rule: String,
    code: String,
    /// Where; `@id` stands for the index of a node, `@a>b` for that of a connection.
    at: String,
    #[serde(default)]
    severity: Option<Severity>,
    flow: String,
    edit: Vec<Edit>,
    /// Edits of other flows.
    #[serde(default)]
    others: Map<String, Value>,
}

/// An operation of JSON Patch.
#[derive(Debug, Deserialize)]
struct Edit {
    op: String,
    path: String,
    #[serde(default)]
    value: Value,
}

fn demo() -> Vec<Value> {
    let read = |name: &str| {
        let path = root().join("server/demo").join(format!("{name}-flow.json"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    ["profile", "tastes", "trail", "guide", "ticket"].map(read).to_vec()
}

/// A pointer with the indexes of the nodes and connections that it names.
fn resolved(document: &Value, pointer: &str) -> String {
    let list = |name: &str| document["flow_data"][name].as_array().cloned().unwrap_or_default();
    let segment = |segment: &str| {
        let Some(name) = segment.strip_prefix('@') else { return segment.to_owned() };
        let index = match name.split_once('>') {
            Some((source, target)) => list("connections")
                .iter()
                .position(|edge| edge["source"] == source && edge["target"] == target),
            None => list("nodes").iter().position(|node| node["id"] == name),
        };
        index.unwrap_or_else(|| panic!("no {segment}")).to_string()
    };
    pointer.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn apply(document: &mut Value, edit: &Edit) {
    let path = resolved(document, &edit.path);
    let (parent, key) = path.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"));
    match (edit.op.as_str(), parent) {
        ("add", Value::Array(items)) if key == "-" => items.push(edit.value.clone()),
        ("add" | "replace", Value::Object(map)) => {
            map.insert(key.to_owned(), edit.value.clone());
        }
        ("replace", Value::Array(items)) => {
            items[key.parse::<usize>().unwrap()] = edit.value.clone();
        }
        ("remove", Value::Object(map)) => assert!(map.remove(key).is_some(), "no {path}"),
        ("remove", Value::Array(items)) => {
            items.remove(key.parse().unwrap());
        }
        (op, _) => panic!("{op} at {path}"),
    }
}

/// What is told about each flow when all of them are published together.
fn told(documents: &[Value]) -> Vec<Report> {
    let world = World::of_fixture(&root().join("server/demo"));
    let mut library = Library::default();
    for item in &world.items {
        let (tags, item) = (item.tags.clone(), item.item.clone());
        library.add_item(LibraryItem { item, tags, owner: None });
    }
    let read = documents.iter().map(|document| {
        let (definition, mut report) = FlowDefinition::read(document);
        if let Some(definition) = &definition {
            report.append(library.add_flow(definition));
            if document["is_published"] == false {
                library.withdraw(library.find(definition.seed_key.as_ref().unwrap()).unwrap());
            }
        }
        (definition, report)
    });
    let read: Vec<_> = read.collect();
    let linked = read.into_iter().map(|(definition, mut report)| {
        if let Some(definition) = definition {
            report.append(definition.check_links(&library, Stage::Publish));
        }
        report
    });
    linked.collect()
}

fn defects() -> Vec<Defect> {
    let path = root().join("tests/conformance/defects/defects.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_seeded_defect_is_found_in_its_place() {
    // R12.23, R12.44, R12.60, R12.61, R12.62, R12.63, R12.64, R12.65, R12.66, R12.67, R12.68, R12.69,
    // R12.70, R12.71, R12.72, R12.73, R12.74, R12.75, R12.76, R12.77, R12.78, R12.79, R12.80, R12.81,
    // R12.82, R12.83, R12.84, R12.85, R12.86, R12.87, R12.88, R12.89, R12.90, R9.31, R9.32, F36, F42
    let demo = demo();
    let mut failed = Vec::new();
    let defects = defects();
    assert!(defects.len() >= 50, "{} defects", defects.len());
    for defect in &defects {
        let mut documents = demo.clone();
        let mut at = String::new();
        for document in &mut documents {
            let key = document["seed_key"].as_str().unwrap().to_owned();
            if key == defect.flow {
                for edit in &defect.edit {
                    apply(document, edit);
                }
                at = resolved(document, &defect.at);
            } else if let Some(edits) = defect.others.get(&key) {
                let edits: Vec<Edit> = serde_json::from_value(edits.clone()).unwrap();
                for edit in &edits {
                    apply(document, edit);
                }
            }
        }
        let number = documents.iter().position(|document| document["seed_key"] == defect.flow);
        let report = &told(&documents)[number.unwrap()];
        let is_it = |found: &&Diagnostic| found.id() == defect.code && found.at.as_str() == at;
        let found: Vec<_> = report.iter().filter(is_it).collect();
        let severity = found.first().map(|found| found.severity);
        if found.len() != 1 || defect.severity.is_some_and(|wanted| severity != Some(wanted)) {
            let all: Vec<_> = report.iter().map(ToString::to_string).collect();
            failed.push(format!(
                "{} ({}): {} at {at}\n  {}",
                defect.name,
                defect.rule,
                defect.code,
                all.join("\n  ")
            ));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_demo_has_nothing_to_warn_of() {
    // R12.91
    for report in told(&demo()) {
        let bad = report.iter().filter(|found| found.severity != Severity::Info);
        let bad: Vec<_> = bad.map(ToString::to_string).collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }
    let (_, reports) =
        chatflow_server::Fixture::read(&root().join("server/demo")).unwrap().library();
    for (_, report) in reports {
        assert!(report.iter().all(|found| found.severity == Severity::Info), "{report:?}");
    }
}

/// Warnings that golden conversations are meant to give.
const MEANT: [(&str, &str); 4] = [
    // Shows how the engine ends a loop that never asks (G8).
    ("endless-loop", "flow.loop_without_input"),
    // Show what a name without a scope means inside a composite (R5.4).
    ("inline-composites", "template.unscoped"),
    ("inline-end", "template.unscoped"),
    // Shows that markup is cleaned (R13.8).
    ("rich-text", "message.rich_text"),
];

#[test]
fn sound_golden_flows_have_nothing_to_warn_of() {
    let mut found = Vec::new();
    for (path, file) in read_transcripts(&root().join("tests/transcripts")) {
        let name = name_of(&path);
        let world = file.world(&root());
        for (definition, report) in world.definitions.iter().zip(&world.reports) {
            let linked = definition.check_links(&world.library, Stage::Publish);
            for told in report.iter().chain(&linked) {
                let is_meant = MEANT.contains(&(name.as_str(), told.id()));
                if told.severity != Severity::Info && !is_meant {
                    found.push(format!("{name}: {told}"));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

fn name_of(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

#[test]
fn checking_is_deterministic() {
    for document in demo() {
        let (definition, _) = FlowDefinition::read(&document);
        let definition = definition.unwrap();
        let first = Compiler::default().compile(&definition, 1).report;
        assert_eq!(first, Compiler::default().compile(&definition, 1).report);
    }
}
