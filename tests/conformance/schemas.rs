//! The JSON Schemas of documents (`engine/schemas`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chatflow::{FlowDefinition, schemas};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::root;

/// Where the fields of a node type are read, beside the files of `engine/src/flow/node`.
const READERS: [(&str, &[&str]); 16] = [
    ("message.rs", &["message"]),
    ("question.rs", &["question"]),
    ("options.rs", &["question"]),
    ("random.rs", &["message", "question"]),
    ("media.rs", &["message"]),
    ("timing.rs", &["message"]),
    ("condition.rs", &["condition"]),
    ("action.rs", &["action"]),
    ("request.rs", &["action", "webhook"]),
    ("headers.rs", &["action", "webhook"]),
    ("mapping.rs", &["action", "webhook"]),
    ("policy.rs", &["action", "webhook"]),
    ("composite.rs", &["composite"]),
    ("script.rs", &["script"]),
    // The reader itself, and types of the host's own.
    ("fields.rs", &[]),
    ("custom.rs", &[]),
];

/// Keys of a host's answer or of one of two kinds of request, which the other lacks.
const ELSEWHERE: [(&str, &str); 8] = [
    ("webhook", "endpoint"),
    ("webhook", "auth_type"),
    ("webhook", "response_variable"),
    ("webhook", "store_full_response"),
    ("webhook", "config"),
    ("action", "auth"),
    ("action", "response_key"),
    ("action", "store_response"),
];

fn validators() -> BTreeMap<&'static str, Validator> {
    schemas()
        .into_iter()
        .map(|(name, schema)| (name, jsonschema::draft202012::new(&schema).expect(name)))
        .collect()
}

/// `UPDATE=1 cargo test -p chatflow-tests schemas` writes the files.
#[test]
fn the_shipped_schemas_are_those_of_the_types() {
    let folder = root().join("engine/schemas");
    let mut names = BTreeSet::new();
    for (name, schema) in schemas() {
        let file = format!("{name}.json");
        let (path, text) = (folder.join(&file), format!("{schema:#}\n"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let shipped = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            shipped == text,
            "{file} is stale: run `UPDATE=1 cargo test -p chatflow-tests schemas`"
        );
        names.insert(file);
    }
    let found = std::fs::read_dir(&folder).unwrap();
    let found: BTreeSet<_> =
        found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, names);
}

#[test]
fn every_schema_is_one_and_tells_an_editor_what_each_field_is() {
    for (name, schema) in schemas() {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        let mut count = 0;
        each_property(&schema, &mut |key, property| {
            count += 1;
            for word in ["title", "description"] {
                let text = property[word].as_str().unwrap_or_default();
                assert!(!text.is_empty(), "{name}: `{key}` has no {word}: {property}");
            }
            // A form is filled with a default that is allowed.
            if let Some(default) = property.get("default") {
                let mut alone = property.clone();
                alone["$defs"] = schema["$defs"].clone();
                if alone["$defs"].is_null() {
                    alone.as_object_mut().unwrap().remove("$defs");
                }
                assert!(jsonschema::is_valid(&alone, default), "{name}: `{key}`: {property}");
            }
        });
        assert!(count > 3, "{name}");
    }
}

/// R1.30: what nobody knows is kept, so it must not be refused.
#[test]
fn unknown_keys_are_allowed_everywhere() {
    for (name, schema) in schemas() {
        let text = schema.to_string();
        for word in ["additionalProperties\":false", "unevaluatedProperties\":false"] {
            assert!(!text.contains(word), "{name} has {word}");
        }
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        assert!(validator.is_valid(&json!({"x-mine": {"any": ["thing"]}})), "{name}");
    }
}

#[test]
fn every_document_of_transcripts_and_demo_fits() {
    let validators = validators();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, document) in documents() {
        let faults = |name: &str, value: &Value| {
            let found = validators[name].iter_errors(value);
            let found: Vec<_> =
                found.map(|fault| format!("{} at {}", fault, fault.instance_path())).collect();
            assert!(found.is_empty(), "{place}: {name}: {found:#?}\n{value:#}");
        };
        faults("flow", &document);
        let (definition, _) = FlowDefinition::read(&document);
        for node in definition.expect(&place).nodes {
            let Some(name) = validators.keys().find(|name| **name == node.kind.as_str()) else {
                continue;
            };
            faults(name, &node.content);
            *counts.entry(name).or_default() += 1;
        }
    }
    for name in ["message", "question", "condition", "action", "composite"] {
        assert!(counts.get(name).is_some_and(|count| *count >= 5), "{counts:?}");
    }
}

/// A schema that takes everything would pass the tests above.
#[test]
fn what_is_plainly_wrong_does_not_fit() {
    let validators = validators();
    for (name, content) in [
        ("flow", json!({"nodes": {}})),
        (
            "flow",
            json!({"flow_data": {"nodes": [{"id": "a", "type": "question",
            "content": {"input_type": "nmuber"}}]}}),
        ),
        ("message", json!({"messages": "Hello"})),
        ("message", json!({"typing_indicator": "yes"})),
        ("question", json!({"input_type": "nmuber"})),
        ("question", json!({"validation": {"max_retries": "three"}})),
        ("condition", json!({"conditions": [{"if": []}]})),
        ("action", json!({"actions": [{"type": "set"}]})),
        ("action", json!({"actions": [{"type": "api_call", "config": {"method": "FETCH"}}]})),
        ("webhook", json!({"url": 7})),
        ("webhook", json!({"response_key": "9 lives"})),
        ("composite", json!({"outputs": "temp.x"})),
        ("script", json!({"code": ""})),
    ] {
        assert!(!validators[name].is_valid(&content), "{name}: {content}");
    }
}

/// The documents of transcripts and demo, with where each comes from.
fn documents() -> Vec<(String, Value)> {
    let read = |path: &Path| -> Value {
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let files = |folder: &str| {
        let mut files: Vec<_> = std::fs::read_dir(root().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect();
        files.sort();
        files
    };
    let mut documents = Vec::new();
    for path in files("tests/transcripts") {
        let list = read(&path)["documents"].as_array().cloned().unwrap_or_default();
        documents.extend(list.into_iter().map(|document| (path.display().to_string(), document)));
    }
    for path in files("server/demo") {
        if path.to_string_lossy().ends_with("-flow.json") {
            documents.push((path.display().to_string(), read(&path)));
        }
    }
    assert!(documents.len() >= 20, "{}", documents.len());
    documents
}

/// Every property of a schema and of the schemas within it.
fn each_property(schema: &Value, look: &mut impl FnMut(&str, &Value)) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                // In the rules of nodes, `properties` only names where to look.
                if matches!(key.as_str(), "if" | "then") {
                    continue;
                }
                if let ("properties", Some(properties)) = (key.as_str(), value.as_object()) {
                    properties.iter().for_each(|(key, property)| look(key, property));
                }
                each_property(value, look);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_property(item, look)),
        _ => {}
    }
}

/// The keys that a source file asks its content for: the words in the calls that read a field.
fn keys_read(source: &str) -> BTreeSet<String> {
    let source = source.split("\nmod tests {").next().unwrap();
    let calls = [
        ".text(",
        ".flag(",
        ".list(",
        ".object(",
        ".first(",
        ".get(",
        ".is_set(",
        ".contains_key(",
        ".not_built(",
        ".read(",
        "variable(",
        "variable_of(",
        "target(",
        "tags(",
    ];
    let mut keys = BTreeSet::new();
    for call in calls {
        for (at, _) in source.match_indices(call) {
            let rest = &source[at + call.len()..];
            let arguments = &rest[..rest.find([')', ';']).unwrap_or(rest.len())];
            keys.extend(arguments.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    keys.retain(|key| {
        !key.is_empty()
            && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    });
    keys
}

#[test]
fn every_field_that_a_node_reads_is_in_its_schema() {
    let schemas: BTreeMap<_, _> = schemas().into_iter().collect();
    let properties = |name: &str| {
        let mut keys = BTreeSet::new();
        each_property(&schemas[name], &mut |key, _| {
            keys.insert(key.to_owned());
        });
        keys
    };
    let folder = root().join("engine/src/flow/node");
    let (mut faults, mut count) = (Vec::new(), 0);
    let within = |folder: &Path| std::fs::read_dir(folder).unwrap().collect::<Vec<_>>();
    for entry in within(&folder).into_iter().chain(within(&folder.join("request"))) {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(source) = std::fs::read_to_string(&path) else { continue };
        let Some((_, names)) = READERS.iter().find(|(reader, _)| *reader == file) else {
            faults.push(format!("{file}: say in READERS whose fields it reads"));
            continue;
        };
        for key in keys_read(&source) {
            for name in *names {
                count += 1;
                let is_elsewhere = ELSEWHERE.contains(&(*name, key.as_str()));
                if !is_elsewhere && !properties(name).contains(&key) {
                    faults.push(format!("{file}: `{key}` is not in the schema of {name}"));
                }
            }
        }
    }
    for key in answer_keys() {
        if !properties("question").contains(&key) {
            faults.push(format!("engine/src/answer: `{key}` is not in the schema of question"));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert!(count > 80, "only {count} fields were found");
}

/// The keys of the rules for answers.
fn answer_keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("engine/src/answer")).unwrap() {
        let path = entry.unwrap().path();
        if let Ok(source) = std::fs::read_to_string(&path) {
            for (at, _) in source.match_indices(".read(&[") {
                let rest = &source[at..];
                let list = &rest[..rest.find(']').unwrap()];
                keys.extend(list.split('"').skip(1).step_by(2).map(str::to_owned));
            }
        }
    }
    assert!(keys.len() >= 10, "{keys:?}");
    keys
}
