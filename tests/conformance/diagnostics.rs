//! `docs/diagnostics.md`: every code has an entry whose examples hold.

use std::collections::{BTreeMap, BTreeSet};

use chatflow::{
    Code, Compiler, FlowDefinition, Library, LibraryItem, Report, Rules, Severity, Stage, check,
};
use serde_json::{Value, json};

use crate::fixes::cures;

/// One entry of the page.
#[derive(Debug, Default)]
struct Entry {
    text: String,
    severities: BTreeSet<Severity>,
    blocks: Vec<Block>,
}

#[derive(Debug, Default)]
struct Block {
    is_good: bool,
    /// A node type, `library`, or empty for a whole document.
    kind: String,
    text: String,
}

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/diagnostics.md");
    std::fs::read_to_string(path).unwrap()
}

/// The entries in order, by the text in their headings.
fn entries(page: &str) -> Vec<(String, Entry)> {
    let mut entries: Vec<(String, Entry)> = Vec::new();
    let mut block: Option<Block> = None;
    for line in page.lines() {
        if let Some(code) = line.strip_prefix("### `").and_then(|rest| rest.strip_suffix('`')) {
            entries.push((code.to_owned(), Entry::default()));
            continue;
        }
        let Some((_, entry)) = entries.last_mut() else { continue };
        if let Some(open) = &mut block {
            if line == "```" {
                entry.blocks.extend(block.take());
            } else {
                open.text.push_str(line);
                open.text.push('\n');
            }
        } else if let Some(rest) = line.strip_prefix("```json ") {
            let (which, kind) = rest.split_once(' ').unwrap_or((rest, ""));
            assert!(matches!(which, "good" | "bad"), "{line}");
            block =
                Some(Block { is_good: which == "good", kind: kind.into(), text: String::new() });
        } else {
            if entry.severities.is_empty() && !line.is_empty() {
                entry.severities = severities(line);
            }
            entry.text.push_str(line);
            entry.text.push('\n');
        }
    }
    entries
}

/// The severities in `Error or warning. R12.71.`.
fn severities(line: &str) -> BTreeSet<Severity> {
    let (words, _) = line.split_once('.').unwrap_or_default();
    let word = |word: &str| match word.to_lowercase().as_str() {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        "info" => Severity::Info,
        other => panic!("`{other}` in `{line}` is no severity"),
    };
    words.split(" or ").map(word).collect()
}

/// The document that a block of a node's content stands for, as the page says.
fn wrapped(kind: &str, content: &Value) -> Value {
    json!({
        "name": "Example", "version": "1.0.0", "entry_node_id": "it",
        "nodes": [
            {"id": "it", "type": kind, "content": content},
            {"id": "next", "type": "message", "content": {"text": "Next."}},
        ],
        "connections": [{"source": "it", "target": "next"}],
    })
}

/// Everything that is told about documents that can look each other up.
fn check_together(library: &Value) -> Report {
    let mut all = Library::default();
    for item in library["content"].as_array().into_iter().flatten() {
        let item: LibraryItem = serde_json::from_value(item.clone()).unwrap();
        all.add_item(item);
    }
    let mut report = Report::default();
    let documents = library["documents"].as_array().expect("a library has documents");
    let definitions: Vec<_> = documents
        .iter()
        .map(|document| {
            let (definition, read) = FlowDefinition::read(document);
            report.append(read);
            let definition = definition.expect("a library holds flows");
            report.append(all.add_flow(&definition));
            definition
        })
        .collect();
    for key in library["unpublished"].as_array().into_iter().flatten() {
        let flow = all.find(key.as_str().unwrap()).expect("a flow of the library");
        all.withdraw(flow);
    }
    if let Some(rules) = library.get("rules") {
        let compiler = Compiler { rules: Rules::from_json(rules).unwrap(), ..Compiler::default() };
        for definition in &definitions {
            report.append(compiler.compile(definition, 0).report);
        }
    }
    for definition in &definitions {
        report.append(definition.check_links(&all, Stage::Publish));
    }
    report
}

/// `<3 times x>` as `xxx`.
fn written_out(text: &str) -> String {
    let Some((before, rest)) = text.split_once('<') else { return text.to_owned() };
    let long = rest.split_once(" times x>").and_then(|(count, after)| {
        let count: usize = count.parse().ok()?;
        Some(format!("{before}{}{after}", "x".repeat(count)))
    });
    long.unwrap_or_else(|| text.to_owned())
}

impl Block {
    fn report(&self) -> Report {
        let value: Value = serde_json::from_str(&written_out(&self.text))
            .unwrap_or_else(|error| panic!("{error} in\n{}", self.text));
        match self.kind.as_str() {
            "" => check(&value.to_string()),
            "library" => check_together(&value),
            kind => check(&wrapped(kind, &value).to_string()),
        }
    }

    /// The document of which the fixes are patches; none for several.
    fn document(&self) -> Option<Value> {
        let value: Value = serde_json::from_str(&self.text).unwrap();
        match self.kind.as_str() {
            "library" => None,
            "" => Some(value),
            kind => Some(wrapped(kind, &value)),
        }
    }
}

#[test]
fn every_code_has_one_entry_and_every_entry_a_code() {
    // R12.6: the codes and severities are what is stable, so they are what is written down.
    let entries = entries(&page());
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (code, _) in &entries {
        *counts.entry(code).or_default() += 1;
    }
    let missing: Vec<_> = known.iter().filter(|code| !counts.contains_key(*code)).collect();
    let unknown: Vec<_> = counts.keys().filter(|code| !known.contains(*code)).collect();
    let doubled: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(
        missing.is_empty() && unknown.is_empty() && doubled.is_empty(),
        "docs/diagnostics.md\nlacks {missing:#?}\nhas without need {unknown:#?}\nhas twice {doubled:#?}"
    );
    let mut families: Vec<&str> = Vec::new();
    for (code, _) in &entries {
        let family = code.split('.').next().unwrap();
        if families.last() != Some(&family) {
            families.push(family);
        }
    }
    let distinct: BTreeSet<&str> = families.iter().copied().collect();
    assert_eq!(distinct.len(), families.len(), "entries of a family stand together: {families:?}");
}

#[test]
fn entries_say_how_severe_it_is_why_it_matters_and_what_to_do() {
    let mut faults = Vec::new();
    for (name, entry) in entries(&page()) {
        let Some(code) = Code::ALL.iter().find(|code| code.as_str() == name) else { continue };
        if !entry.severities.contains(&code.severity()) {
            faults.push(format!("{name}: is usually {:?}", code.severity()));
        }
        for needed in ["\n\n", "*Why it matters:* ", "*What to do:* "] {
            if !entry.text.contains(needed) {
                faults.push(format!("{name}: lacks {needed:?}"));
            }
        }
        let has = |is_good| entry.blocks.iter().any(|block| block.is_good == is_good);
        let is_shown = has(true) && has(false);
        if !is_shown {
            faults.push(format!("{name}: lacks a good or a bad example"));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn bad_examples_have_the_code_and_good_ones_neither_it_nor_an_error() {
    let mut faults = Vec::new();
    for (name, entry) in entries(&page()) {
        for block in &entry.blocks {
            let report = block.report();
            let mut found = report.iter().filter(|found| found.code.as_str() == name);
            let told: Vec<String> = report.iter().map(ToString::to_string).collect();
            let fault = match (block.is_good, found.next()) {
                (true, Some(_)) => "a good example has the code",
                (true, None) if report.has_errors() => "a good example has an error",
                (false, None) => "a bad example does not have the code",
                (false, Some(found)) if !entry.severities.contains(&found.severity) => {
                    "a bad example has the code at another severity"
                }
                (true, None) | (false, Some(_)) => continue,
            };
            faults.push(format!("{name}: {fault}\n{}\n{}", block.text, told.join("\n")));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn fixes_of_bad_examples_cure_them() {
    let mut cured = BTreeSet::new();
    for (_, entry) in entries(&page()) {
        for document in entry.blocks.iter().filter_map(Block::document) {
            cured.extend(cures(&document));
        }
    }
    // What has a mechanical cure on this page; a code may have one in some cases only.
    for code in [
        Code::FlowEntryInferred,
        Code::FlowEntryConflict,
        Code::FlowEdgesIgnored,
        Code::FlowVersionMissing,
        Code::FlowField,
        Code::NodeUnknownType,
        Code::NodeNullField,
        Code::NodeOrphan,
        Code::ConnectionDangling,
        Code::ConnectionUnknownType,
        Code::ConnectionMultipleDefault,
        Code::MessageMediaUrl,
        Code::MessageDelay,
        Code::QuestionInputType,
        Code::CelTemplate,
        Code::ActionType,
        Code::ActionEndpoint,
        Code::ActionMethod,
        Code::ActionAsync,
        Code::WebhookHttps,
        Code::WebhookMethod,
        Code::WebhookTimeoutMs,
        Code::WebhookBodyAndPayload,
        Code::MessageFlagType,
        Code::QuestionInputTypeMissing,
        Code::QuestionVariableUnscoped,
    ] {
        assert!(cured.contains(&code), "the bad example of {code} has no fix");
    }
}
