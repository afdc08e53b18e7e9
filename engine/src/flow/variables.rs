//! The variables that a flow declares (R1.7).

use serde_json::{Map, Value};

use super::definition::FlowDefinition;
use super::target::Target;
use crate::check::{Code, Pointer, Report, Severity};

/// The declared variables that have a default (R1.7, R1.8).
pub(super) fn defaults(definition: &FlowDefinition, report: &mut Report) -> Vec<(Target, Value)> {
    let at = definition.data_at.push("variables");
    let (mut defaults, mut undeclared) = (Vec::new(), Vec::new());
    let mut declare = |name: &str, value: &Value, at: &Pointer| {
        if let Some(target) = Target::compile(name, at, Code::FlowVariable, report) {
            defaults.push((target, value.clone()));
        }
    };
    match definition.data_keys.get("variables") {
        Some(Value::Array(list)) => {
            for (i, entry) in list.iter().enumerate() {
                match (entry.get("name").and_then(Value::as_str), entry.get("default")) {
                    (Some(name), Some(value)) => declare(name, value, &at.push(i)),
                    (Some(_), None) => {}
                    (None, _) => undeclared.push(at.push(i)),
                }
            }
        }
        Some(Value::Object(scopes)) => {
            for (scope, names) in scopes {
                let Some(names) = names.as_object() else {
                    undeclared.push(at.push(scope));
                    continue;
                };
                for (name, value) in names {
                    if let Some(value) = default_of(value) {
                        declare(&format!("{scope}.{name}"), value, &at.push(scope).push(name));
                    }
                }
            }
        }
        None | Some(Value::Null) => {}
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) => undeclared.push(at),
    }
    for at in undeclared {
        report
            .add_as(Code::FlowVariable, Severity::Warning, &at, "this declares no variable")
            .help("write `{\"temp\": {\"score\": 0}}`, or `[{\"name\": \"temp.score\", \"default\": 0}]`");
    }
    defaults
}

/// The scopes of its own that a flow declares variables in (R1.7, R5.1).
pub(super) fn declared_scopes(definition: &FlowDefinition) -> Vec<Box<str>> {
    match definition.data_keys.get("variables") {
        Some(Value::Array(list)) => {
            let names = list.iter().filter_map(|entry| entry.get("name")?.as_str());
            names.filter_map(|name| Some(name.split_once('.')?.0.into())).collect()
        }
        Some(Value::Object(scopes)) => scopes.keys().map(|scope| scope.as_str().into()).collect(),
        None | Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            Vec::new()
        }
    }
}

/// A declaration's default, or the value itself when it is no declaration.
fn default_of(value: &Value) -> Option<&Value> {
    let is_declaration = |map: &Map<String, Value>| {
        ["type", "default", "description", "required"].iter().any(|key| map.contains_key(*key))
    };
    match value.as_object() {
        Some(map) if is_declaration(map) => map.get("default"),
        _ => Some(value),
    }
}
