//! `docs/nodes.md`, the reference of node types, is made of the schemas.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chatflow::schemas;
use serde_json::{Map, Value};

use super::root;

/// A section each: the type, what it is, and what it leaves in a session's history.
const NODES: [(&str, &str, &str); 7] = [
    (
        "message",
        "Says something: a text, or bubbles with pictures, lists and links one after the other. The \
         conversation goes on at once, unless it waits for an acknowledgement.",
        "a row of type `message` with the bubbles (`messages`); an acknowledgement is one of type `input`",
    ),
    (
        "question",
        "Asks something, checks the answer against the rules for its type and asks again if it has \
         to. The answer goes to a variable, and the option that was chosen may decide the connection.",
        "a row of type `message` with the prompt (`question`, `options`), and one of type `input` for \
         each answer; a refused one has `valid: false` and a `code`",
    ),
    (
        "condition",
        "Chooses a connection by the values of variables. The first entry that holds wins; the visitor \
         notices nothing.",
        "none; the path of the turn tells where it went",
    ),
    (
        "action",
        "Changes variables, computes and calls the host, in the order of the list. It leads on by \
         `success` or `failure`.",
        "a row of type `action` whose `type` is `action_execution`",
    ),
    (
        "webhook",
        "Calls a URL and stores parts of the answer in variables. It leads on by `success` or `failure`.",
        "a row of type `action` whose `type` is `webhook`",
    ),
    (
        "composite",
        "Runs another flow, or nodes of its own, as one step. Inputs go in by name, and outputs come \
         back to variables when it is over.",
        "rows of type `action` whose `type` is `subflow_enter` and `subflow_return`, and between them those \
         of the nodes that it runs",
    ),
    (
        "script",
        "Runs code in the visitor's client, never on the host. What the code returns under the declared \
         names goes to variables.",
        "a row of type `action` whose `type` is `script_request`, and one of type `input` with the \
         `outputs`",
    ),
];

const HEAD: &str = "# Node types

Written by `UPDATE=1 cargo test -p chatflow-tests nodes` from the JSON Schemas in `engine/schemas`, which editors can use as
they are. A node is `{\"id\": …, \"type\": …, \"content\": {…}}`; the tables list what `content` may hold. Every field may be
absent or null. Unknown fields are kept and have no effect. What a check says of wrong ones is in
[diagnostics.md](diagnostics.md).
";

/// The name of the schema that a property refers to, alone, in a list or as one of several.
fn referred(property: &Value, names: &mut Vec<String>) {
    if let Some(name) = property["$ref"].as_str() {
        names.push(name.trim_start_matches("#/$defs/").to_owned());
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        property[key].as_array().into_iter().flatten().for_each(|part| referred(part, names));
    }
    if property["items"].is_object() {
        referred(&property["items"], names);
    }
}

/// `text`, `list of Bubble`, `number or text`.
fn type_of(property: &Value, defs: &Map<String, Value>, seen: &mut BTreeSet<String>) -> String {
    let mut types = BTreeSet::new();
    gather_types(property, defs, &mut types, seen);
    types.remove("null");
    // Nothing is said where anything will do.
    if types.is_empty() { "any".into() } else { types.into_iter().collect::<Vec<_>>().join(" or ") }
}

fn gather_types(
    property: &Value,
    defs: &Map<String, Value>,
    types: &mut BTreeSet<String>,
    seen: &mut BTreeSet<String>,
) {
    if let Some(name) = property["$ref"].as_str() {
        let name = name.trim_start_matches("#/$defs/");
        let target = &defs[name];
        if target["properties"].is_object() {
            types.insert(format!("*{name}*"));
        } else if seen.insert(name.to_owned()) {
            gather_types(target, defs, types, seen);
            seen.remove(name);
        }
        return;
    }
    for key in ["anyOf", "oneOf"] {
        for part in property[key].as_array().into_iter().flatten() {
            match part["const"].as_str() {
                Some(word) => drop(types.insert(format!("`{word}`"))),
                None => gather_types(part, defs, types, seen),
            }
        }
    }
    if let Some(words) = property["enum"].as_array() {
        types.extend(words.iter().filter_map(|word| Some(format!("`{}`", word.as_str()?))));
        return;
    }
    let one = std::slice::from_ref(&property["type"]);
    for kind in property["type"].as_array().map_or(one, Vec::as_slice) {
        types.insert(match kind.as_str() {
            Some("string") if property["format"] == "uuid" => "UUID".into(),
            Some("string") => "text".into(),
            Some("boolean") => "true or false".into(),
            Some("integer") => "whole number".into(),
            Some("array") => match type_of(&property["items"], defs, seen).as_str() {
                "any" => "list".into(),
                inner => format!("list of {inner}"),
            },
            Some(other) => other.into(),
            None => continue,
        });
    }
}

/// The table of an object's properties, names for the same thing in one row.
fn table(object: &Value, defs: &Map<String, Value>, text: &mut String) {
    let properties = object["properties"].as_object().unwrap();
    let aliases = |name: &str| {
        let same = properties.iter().filter(|(_, other)| other["x-alias-of"] == name);
        let names: Vec<String> = same.map(|(alias, _)| format!("`{alias}`")).collect();
        names.join(", ")
    };
    text.push_str("| field | type | default | meaning | also called |\n|---|---|---|---|---|\n");
    for (name, property) in properties {
        if property.get("x-alias-of").is_some() {
            continue;
        }
        let default = property.get("default").filter(|value| !value.is_null());
        let default = default.map(|value| format!("`{value}`")).unwrap_or_default();
        let meaning = property["description"].as_str().unwrap_or_default().replace('\n', " ");
        let kind = type_of(property, defs, &mut BTreeSet::new());
        let cells = format!("`{name}` | {kind} | {default} | {meaning} | {}", aliases(name));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} |", cells.replace("||", "\\|\\|"));
    }
}

/// The objects within a schema, in the order in which they are met.
fn parts(schema: &Value, defs: &Map<String, Value>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = vec![schema.clone()];
    while let Some(schema) = rest.pop() {
        let mut names = Vec::new();
        referred(&schema, &mut names);
        for property in schema["properties"].as_object().into_iter().flatten() {
            referred(property.1, &mut names);
        }
        for name in names {
            // Nodes within a composite are those of this page.
            if !found.contains(&name) && !matches!(name.as_str(), "Node" | "Connection") {
                rest.push(defs[&name].clone());
                found.push(name);
            }
        }
    }
    found.retain(|name| defs[name]["properties"].is_object());
    found
}

fn page() -> String {
    let mut text = HEAD.to_owned();
    for (name, about, history) in NODES {
        let (_, schema) = schemas().into_iter().find(|(found, _)| *found == name).expect(name);
        let none = Map::new();
        let defs = schema["$defs"].as_object().unwrap_or(&none);
        // Writing to a String cannot fail.
        let _ = write!(text, "\n## `{name}`\n\n{about}\n\n*In the history:* {history}.\n\n");
        table(&schema, defs, &mut text);
        for part in parts(&schema, defs) {
            let about = defs[&part]["description"].as_str().unwrap_or_default();
            let _ = write!(text, "\n### {part}, in `{name}`\n\n{about}\n\n");
            table(&defs[&part], defs, &mut text);
        }
    }
    text
}

/// `UPDATE=1 cargo test -p chatflow-tests nodes` writes the page.
#[test]
fn the_reference_of_node_types_is_that_of_the_schemas() {
    let path = root().join("docs/nodes.md");
    let text = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "docs/nodes.md is stale: UPDATE=1 cargo test -p chatflow-tests nodes");
}

#[test]
fn the_reference_tells_of_every_node_type_and_all_its_fields() {
    let text = page();
    for (name, schema) in schemas().into_iter().filter(|(name, _)| *name != "flow") {
        let heading = format!("\n## `{name}`\n");
        let (_, section) = text.split_once(&heading).unwrap_or_else(|| panic!("{name} is missing"));
        let section = section.split("\n## ").next().unwrap();
        for field in schema["properties"].as_object().unwrap().keys() {
            assert!(section.contains(&format!("`{field}`")), "{name}: {field}");
        }
    }
}
