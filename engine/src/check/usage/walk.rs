//! What the content of a node reads and writes, in the order in which it does (R12.90).

mod action;

use serde_json::{Map, Value};

use super::touch::{Frame, Touch, Variable};
use crate::check::code::Code;
use crate::check::report::{Pointer, Report};
use crate::expr::{Dialect, HostFunctions, Program};
use crate::flow::node::random::reference;
use crate::flow::{NodeDefinition, NodeType};
use crate::value::path::Path;
use crate::value::template::Template;

/// Gathers what one node does. Hints on how variables are written go to `report`.
pub(super) struct Walk<'a> {
    pub(super) frame: &'a Frame,
    pub(super) functions: &'a HostFunctions,
    pub(super) touches: Vec<Touch>,
    pub(super) report: &'a mut Report,
}

/// Keys of a question that name variables or hold nothing that is substituted.
const QUESTION_KEYS: [&str; 9] = [
    "variable",
    "result_variable",
    "append_to",
    "track_shown_in",
    "source_config",
    "options_source",
    "items_source",
    "validation",
    "source",
];

impl Walk<'_> {
    /// All that a node does but for the children of a composite.
    pub(super) fn node(&mut self, node: &NodeDefinition) {
        let at = node.at.push("content");
        let Some(content) = node.content.as_object() else { return };
        match node.kind {
            NodeType::Message => self.message(content, &at),
            NodeType::Question => self.question(content, &at),
            NodeType::Condition => self.condition(content, &at),
            NodeType::Action => self.action(content, &at),
            NodeType::Webhook => self.webhook(content, &at),
            NodeType::Script => self.script(content, &at),
            NodeType::Custom(_) => {
                self.templates(&node.content, &at, false);
                // What the host does with variables is not known.
                self.touches.push(Touch::Everything);
            }
            NodeType::Composite | NodeType::Unknown(_) => {}
        }
    }

    fn message(&mut self, content: &Map<String, Value>, at: &Pointer) {
        for (name, value) in content {
            let at = at.push(name);
            let Some(items) = value.as_array().filter(|_| name == "messages") else {
                self.templates(value, &at, false);
                continue;
            };
            for (i, item) in items.iter().enumerate() {
                let at = at.push(i);
                let Some(map) = item.as_object() else {
                    self.templates(item, &at, false);
                    continue;
                };
                for (name, value) in map {
                    let at = at.push(name);
                    match (name.as_str(), value.as_str()) {
                        ("source", Some("random")) => {}
                        ("source", Some(path)) => self.path(path, &at, true),
                        ("source_config", _) => self.draw(value, &at),
                        ("track_shown_in", Some(path)) => self.write(path, &at, false),
                        _ => self.templates(value, &at, false),
                    }
                }
            }
        }
        // What was said was said before. A reply is kept only where there are replies to choose from (R2.31).
        let replies = content.get("quick_replies").and_then(Value::as_array);
        if replies.is_some_and(|replies| !replies.is_empty())
            && let Some(text) = content.get("variable").and_then(Value::as_str)
        {
            self.write(text, &at.push("variable"), false);
        }
    }

    fn question(&mut self, content: &Map<String, Value>, at: &Pointer) {
        for (name, value) in content.iter().filter(|(name, _)| !is_question_key(name)) {
            self.templates(value, &at.push(name), false);
        }
        for name in ["options_source", "items_source"] {
            if let Some(path) = content.get(name).and_then(Value::as_str) {
                self.path(path, &at.push(name), true);
            }
        }
        if let Some(config) = content.get("source_config") {
            self.draw(config, &at.push("source_config"));
        }
        let mut is_stored = false;
        for name in ["variable", "result_variable", "append_to", "track_shown_in"] {
            let Some(text) = content.get(name).and_then(Value::as_str) else { continue };
            is_stored |= name.ends_with("variable") && !text.is_empty();
            self.write(text, &at.push(name), false);
        }
        let drawn = content.get("source").is_some_and(|source| source == "random");
        let named = content
            .get("question")
            .is_some_and(|question| question.get("content_id").is_some_and(|id| !id.is_null()));
        // An item of the library may say where its answer goes (R2.44).
        if (drawn || named) && !is_stored {
            self.touches.push(Touch::Everything);
        }
    }

    /// What a random draw asks for (R4.4). What was shown before may never have been set.
    fn draw(&mut self, config: &Value, at: &Pointer) {
        match config {
            Value::String(text) => {
                if let Some(path) = reference(text) {
                    self.path(path, at, true);
                }
            }
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.draw(item, &at.push(i));
                }
            }
            Value::Object(map) => {
                for (name, value) in map {
                    let at = at.push(name);
                    match value.as_str().filter(|_| name == "exclude_from") {
                        Some(text) => self.path(reference(text).unwrap_or(text), &at, false),
                        None => self.draw(value, &at),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn condition(&mut self, content: &Map<String, Value>, at: &Pointer) {
        let at = at.push("conditions");
        let entries = content.get("conditions").and_then(Value::as_array);
        for (i, entry) in entries.into_iter().flatten().enumerate() {
            let found = ["if", "expression", "condition"]
                .into_iter()
                .find_map(|name| Some((name, entry.get(name).filter(|value| !value.is_null())?)));
            if let Some((name, value)) = found {
                self.predicate(value, &at.push(i).push(name));
            }
        }
    }

    fn script(&mut self, content: &Map<String, Value>, at: &Pointer) {
        let inputs_at = at.push("inputs");
        let inputs = content.get("inputs").and_then(Value::as_object);
        for (name, source) in inputs.into_iter().flatten() {
            self.source(source, &inputs_at.push(name));
        }
        let outputs_at = at.push("outputs");
        let outputs = content.get("outputs").and_then(Value::as_array);
        for (i, name) in outputs.into_iter().flatten().enumerate() {
            let Some(name) = name.as_str() else { continue };
            self.write(name, &outputs_at.push(i), false);
            // A plain name is both `output.name` and `temp.name` (F65).
            if !name.contains('.') {
                self.write(&format!("output.{name}"), &outputs_at.push(i), false);
            }
        }
    }

    /// The sources of a composite's inputs (R9.3).
    pub(super) fn inputs(&mut self, content: &Map<String, Value>, at: &Pointer) {
        let at = at.push("content").push("inputs");
        let inputs = content.get("inputs").and_then(Value::as_object);
        for (name, source) in inputs.into_iter().flatten() {
            self.source(source, &at.push(name));
        }
    }

    /// Where a composite's outputs go (R9.4).
    pub(super) fn outputs(&mut self, content: &Map<String, Value>, at: &Pointer) {
        let at = at.push("content").push("outputs");
        match content.get("outputs") {
            Some(Value::Object(map)) => {
                for (name, target) in map {
                    self.write(target.as_str().unwrap_or_default(), &at.push(name), false);
                }
            }
            Some(Value::Array(names)) => {
                for (i, name) in names.iter().enumerate() {
                    self.write(name.as_str().unwrap_or_default(), &at.push(i), false);
                }
            }
            Some(_) | None => {}
        }
    }

    fn source(&mut self, source: &Value, at: &Pointer) {
        match source {
            Value::String(text) if !text.contains("{{") => {
                let braced = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                self.path(braced.unwrap_or(text), at, true);
            }
            Value::Object(map) if map.len() == 1 && map.contains_key("value") => {}
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => self.templates(source, at, false),
        }
    }

    /// The references in all texts of a value; with `single` also `{scope.path}` (R5.27).
    pub(super) fn templates(&mut self, value: &Value, at: &Pointer, single: bool) {
        match value {
            Value::String(text) if text.contains("{{") => {
                let template = Template::compile(text, at, &mut Report::default());
                for (path, has_default) in template.references() {
                    self.read(path.segments(), path.text(), at, !has_default);
                }
            }
            Value::String(text) if single => {
                let inside = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                if let Some(path) = inside.filter(|path| path.contains('.')) {
                    self.path(path, at, true);
                }
            }
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.templates(item, &at.push(i), single);
                }
            }
            Value::Object(map) => {
                for (name, item) in map {
                    self.templates(item, &at.push(name), single);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// What decides a condition, a connection or whether an action runs.
    pub(super) fn predicate(&mut self, value: &Value, at: &Pointer) {
        match value {
            Value::String(source) => self.expression(source, Dialect::Condition, at, true),
            Value::Object(map) => self.json_condition(map, at),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
        }
    }

    pub(super) fn expression(
        &mut self,
        source: &str,
        dialect: Dialect,
        at: &Pointer,
        decides: bool,
    ) {
        let Ok(program) = Program::compile_with(source, dialect, self.functions) else { return };
        let found = program.references();
        for (path, guarded) in &found.variables {
            if decides && self.frame.is_unscoped(path) {
                self.unscoped(&path.join("."), at);
            }
            self.read(path, &path.join("."), at, !guarded);
        }
        for path in found.self_compared.iter().filter(|_| decides) {
            self.self_compared(&path.join("."), at);
        }
        for path in found.null_passes.iter().filter(|_| decides) {
            let path = path.join(".");
            self.report
                .add(
                    Code::ConditionNullPasses,
                    at,
                    format!("`has({path}) && {path} != ''` holds as well when `{path}` is null"),
                )
                .help(format!("add `&& {path} != null`"));
        }
    }

    /// The variables of a JSON condition (R6.30); its depth is bounded by that of documents.
    fn json_condition(&mut self, map: &Map<String, Value>, at: &Pointer) {
        for form in ["and", "or"] {
            if let Some(parts) = map.get(form) {
                let at = at.push(form);
                for (i, part) in parts.as_array().into_iter().flatten().enumerate() {
                    self.predicate(part, &at.push(i));
                }
                return;
            }
        }
        if let Some(part) = map.get("not") {
            return self.predicate(part, &at.push("not"));
        }
        let Some(path) = map.get("var").and_then(Value::as_str) else { return };
        let guarded = ["exists", "missing"].iter().any(|operator| map.contains_key(*operator));
        let var_at = at.push("var");
        if Path::parse(path).is_ok_and(|path| self.frame.is_unscoped(path.segments())) {
            self.unscoped(path, &var_at);
        }
        self.path(path, &var_at, !guarded);
        for (operator, operand) in map {
            let other = operand.as_object().filter(|other| other.len() == 1);
            let Some(other) = other.and_then(|other| other.get("var")?.as_str()) else { continue };
            let at = at.push(operator);
            if other == path {
                self.self_compared(path, &at);
            }
            self.path(other, &at.push("var"), true);
        }
    }

    fn unscoped(&mut self, path: &str, at: &Pointer) {
        self.report
            .add(Code::ConditionUnscoped, at, format!("`{path}` has no scope"))
            .help(format!("write `temp.{path}` or `user.{path}`"));
    }

    fn self_compared(&mut self, path: &str, at: &Pointer) {
        self.report
            .add(Code::ConditionSelfComparison, at, format!("`{path}` is compared with itself"))
            .help("compare it with another variable or a value");
    }

    /// A use of what a text names as a path.
    pub(super) fn path(&mut self, text: &str, at: &Pointer, checked: bool) {
        if let Ok(path) = Path::parse(text) {
            self.read(path.segments(), path.text(), at, checked);
        }
    }

    fn read(&mut self, path: &[Box<str>], text: &str, at: &Pointer, checked: bool) {
        if let Some((keys, ought)) = self.frame.read(path) {
            let variable = Variable { keys, text: text.to_owned() };
            self.touches.push(Touch::Read { variable, at: at.clone(), checked: checked && ought });
        } else {
            self.touches.push(Touch::Given { text: text.to_owned(), at: at.clone() });
        }
    }

    pub(super) fn write(&mut self, text: &str, at: &Pointer, by_action: bool) {
        let Some(keys) = self.frame.written(text) else { return };
        if text.trim().starts_with("context.") {
            self.report
                .add(
                    Code::VariableWriteContext,
                    at,
                    format!("`{text}` is written, but `context` is what the host says"),
                )
                .help("write to `temp` or `user` instead");
        }
        let (at, text) = (at.clone(), text.trim().to_owned());
        self.touches.push(Touch::Write { keys, at, text, by_action });
    }
}

fn is_question_key(name: &str) -> bool {
    QUESTION_KEYS.contains(&name)
}
