//! Script nodes: handing a script out, and taking what it left behind (R10.1 to R10.23, F5, F6).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::scope::Scope;
use super::write::code_of;
use super::{Move, Run};
use crate::flow::ConnectionType;
use crate::flow::graph::Node;
use crate::flow::node::script::{Output, Script};
use crate::protocol::{Event, Item, Next, ScriptRequest, without_private};
use crate::session::Phase;
use crate::value::path::get_in;
use crate::value::{Lookup, MAX_DEPTH, canonical_len, clean, is_deeper_than};

/// The most bytes that a script leaves behind, and shows (R10.21, F6).
const MAX_BYTES: usize = 64 * 1024;
/// Console lines that are kept, and the characters of each (R10.30).
const CONSOLE: (usize, usize) = (100, 500);

/// The result of a script from what a client sent: an object, or its JSON text (R10.20).
pub(super) fn read_result(sent: Value) -> Option<Map<String, Value>> {
    let mut result = match sent.as_str() {
        Some(text) => serde_json::from_str(text).ok()?,
        None => sent,
    };
    let _ = clean(&mut result);
    if let Value::Object(result) = result { Some(result) } else { None }
}

impl<'a> Run<'a> {
    pub(super) fn enter_script(&mut self, node: &'a Node, script: &'a Script) -> Move {
        let scope = Scope::of(self.session);
        let mut inputs = Map::new();
        let mut missing = Vec::new();
        let mut room = self.limits.state_bytes;
        for (name, path) in &script.inputs {
            // What an author marks as private stays with the host (R0.9).
            let value = Lookup::get(&scope, path).map(|value| without_private(&value));
            if value.is_none() {
                missing.push(Arc::clone(path.text()));
            }
            let value = value.unwrap_or_default();
            let fits = room.checked_sub(canonical_len(&value));
            let Some(left) = fits.filter(|_| !is_deeper_than(&value, MAX_DEPTH)) else {
                return self.fail(node, "state_too_large", "the inputs are too large or too deep");
            };
            room = left;
            inputs.insert(name.to_string(), value);
        }
        for path in missing {
            self.warn("unresolved_reference", &*path);
        }
        let mut config = script.config.clone();
        config.insert("inputs".to_owned(), Value::Object(inputs));
        let request = Arc::new(ScriptRequest {
            node: node.id.clone(),
            flow: self.flow.version.id,
            execution_context: script.context,
            config,
        });
        self.session.engine.phase = Phase::Scripting { request: Arc::clone(&request) };
        self.events.push(Event::ScriptRequested { request: Arc::clone(&request) });
        Move::Stop(Next::Script(request))
    }

    /// The client has run the script.
    pub(super) fn take_result(
        &mut self,
        node: &'a Node,
        script: &'a Script,
        mut result: Map<String, Value>,
    ) -> Move {
        let outputs = result.remove("outputs").unwrap_or_default();
        let timed_out = result.get("timed_out") == Some(&Value::Bool(true));
        let mut error = match result.remove("error") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(other) => Some(other.to_string()),
        };
        if let Some(text) = &mut error
            && let Some((end, _)) = text.char_indices().nth(CONSOLE.1)
        {
            text.truncate(end);
        }
        let html = self.html_of(node, script, &mut result, &outputs);
        let written = if timed_out {
            let message = "the script did not finish in time".to_owned();
            Err(("script_timeout", error.clone().unwrap_or(message)))
        } else if let Some(error) = &error {
            Err(("script_error", error.clone()))
        } else {
            self.write_outputs(script, outputs)
        };
        let here = self.here();
        let (variables, failure) = match written {
            Ok(variables) => (variables, None),
            Err(failure) => (Vec::new(), Some(failure)),
        };
        self.events.push(Event::ScriptFinished {
            node: here,
            variables,
            error,
            timed_out,
            execution_time_ms: result.get("execution_time_ms").and_then(Value::as_number).cloned(),
            console_logs: console_of(&result),
            html,
        });
        let Some((code, message)) = failure else {
            return self.leave(node, &[ConnectionType::Success]);
        };
        self.record_failure(code, message);
        let first: &[ConnectionType] = if timed_out { &[ConnectionType::Timeout] } else { &[] };
        self.after_failure(node, first)
    }

    /// What the script shows: an item like any other, but kept nowhere (F6).
    fn html_of(
        &mut self,
        node: &Node,
        script: &Script,
        result: &mut Map<String, Value>,
        outputs: &Value,
    ) -> Option<Item> {
        let returned = || outputs.get("html").filter(|_| !script.declares("html")).cloned();
        let Some(Value::String(html)) = result.remove("html").or_else(returned) else {
            return None;
        };
        if html.len() > MAX_BYTES {
            self.warn("script_html_too_large", format!("{} bytes", html.len()));
            return None;
        }
        let mut items = vec![Item::html(html, node.id.clone())];
        self.keep_within_limit(&mut items);
        items.pop()
    }

    /// R10.21: declared outputs are written, all others dropped with a warning.
    fn write_outputs(
        &mut self,
        script: &'a Script,
        outputs: Value,
    ) -> Result<Vec<Arc<str>>, (&'static str, String)> {
        let outputs = match outputs {
            Value::Object(outputs) => outputs,
            Value::Null => Map::new(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                return Err(("script_error", "`outputs` is no object".to_owned()));
            }
        };
        let given = |output: &Output| {
            let flat = outputs.get(&**output.path.text());
            let nested = || {
                let below = outputs.get(output.path.head())?;
                get_in(below, output.path.rest())
            };
            flat.or_else(nested)
        };
        let declared = script.outputs.iter().filter_map(|output| Some((output, given(output)?)));
        let declared: Vec<_> = declared.collect();
        let bytes = declared.iter().map(|(_, value)| canonical_len(value));
        if bytes.fold(0, usize::saturating_add) > MAX_BYTES {
            let message = format!("the outputs have more than {MAX_BYTES} bytes");
            return Err(("script_output_too_large", message));
        }
        let known = |name: &str| {
            let used = |(output, _): &(&Output, _)| {
                &**output.path.text() == name || output.path.head() == name
            };
            matches!(name, "html" | "type") || declared.iter().any(used)
        };
        for name in outputs.keys().filter(|name| !known(name)) {
            self.warn("script_output_undeclared", name.as_str());
        }
        self.all_or_nothing(|run| {
            let mut written = Vec::new();
            for (output, value) in &declared {
                for target in &output.targets {
                    run.write(target, (*value).clone())
                        .map_err(|error| (code_of(error), format!("{}: {error}", target.text())))?;
                    written.push(Arc::clone(target.text()));
                }
            }
            Ok(written)
        })
    }
}

fn console_of(result: &Map<String, Value>) -> Vec<String> {
    let lines = result.get("console_logs").and_then(Value::as_array).into_iter().flatten();
    let text = |line: &Value| line.as_str().map(|line| line.chars().take(CONSOLE.1).collect());
    lines.filter_map(text).take(CONSOLE.0).collect()
}
