//! What actions and requests read and write.

use serde_json::{Map, Value};

use super::Walk;
use crate::check::report::Pointer;
use crate::expr::Dialect;

/// Keys of a request that are not substituted.
const REQUEST_KEYS: [&str; 12] = [
    "type",
    "name",
    "if",
    "method",
    "response_mapping",
    "response_variable",
    "response_key",
    "error_variable",
    "fallback_response",
    "retry",
    "circuit_breaker",
    "params",
];

impl Walk<'_> {
    pub(super) fn action(&mut self, content: &Map<String, Value>, at: &Pointer) {
        if !content.contains_key("actions") && content.contains_key("type") {
            return self.step(content, at);
        }
        let list_at = at.push("actions");
        let list = content.get("actions").and_then(Value::as_array);
        for (i, action) in list.into_iter().flatten().enumerate() {
            if let Some(action) = action.as_object() {
                self.step(action, &list_at.push(i));
            }
        }
        if let Some(text) = content.get("error_variable").and_then(Value::as_str) {
            self.write(text, &at.push("error_variable"), false);
        }
    }

    fn step(&mut self, action: &Map<String, Value>, at: &Pointer) {
        if let Some(guard) = action.get("if") {
            self.predicate(guard, &at.push("if"));
        }
        // Parameters in `params` go before those beside `type` (R7.1).
        let params = action.get("params").and_then(Value::as_object);
        let params_at = at.push("params");
        let find = |name: &str| {
            let inner = params.and_then(|map| Some((map.get(name)?, params_at.push(name))));
            inner
                .or_else(|| Some((action.get(name)?, at.push(name))))
                .filter(|(value, _)| !value.is_null())
        };
        let targets: &[&str] = match action.get("type").and_then(Value::as_str) {
            Some("set_variable" | "append" | "increment" | "decrement" | "remove") => {
                for name in ["value", "amount", "increment", "by"] {
                    if let Some((value, at)) = find(name) {
                        self.templates(value, &at, false);
                    }
                }
                if action.get("type").is_some_and(|kind| kind == "remove") {
                    &[]
                } else {
                    &["variable"]
                }
            }
            Some("clear") => &["variable"],
            Some("calculate") => {
                if let Some((Value::String(source), at)) = find("expression") {
                    self.expression(source, Dialect::Calculate, &at, false);
                }
                &["result_variable", "target", "variable"]
            }
            Some("aggregate") => {
                if let Some((Value::String(source), at)) = find("expression") {
                    self.expression(source, Dialect::Condition, &at, false);
                } else if let Some((Value::String(source), at)) = find("source") {
                    self.path(source, &at, true);
                }
                &["target"]
            }
            Some("api_call") => {
                if let Some((Value::Object(config), at)) = find("config") {
                    self.api_call(config, &at);
                } else if let Some(params) = params {
                    self.api_call(params, &params_at);
                } else {
                    self.api_call(action, at);
                }
                &[]
            }
            _ => &[],
        };
        let target = targets.iter().find_map(|name| find(name));
        if let Some((Value::String(text), at)) = target {
            self.write(text, &at, true);
        }
    }

    fn api_call(&mut self, fields: &Map<String, Value>, at: &Pointer) {
        self.request(fields, at, "temp.api_error");
        let store = fields.get("response_variable").and_then(Value::as_str);
        self.write(store.unwrap_or("temp.api_response"), &at.push("response_variable"), false);
    }

    pub(super) fn webhook(&mut self, fields: &Map<String, Value>, at: &Pointer) {
        self.request(fields, at, "temp.webhook_error");
        // What stands in for an answer may set variables of its own (R8.23).
        let fallback_at = at.push("fallback_response");
        let fallback = fields.get("fallback_response").and_then(Value::as_object);
        for name in fallback.into_iter().flatten().map(|(name, _)| name) {
            self.write(name, &fallback_at.push(name), false);
        }
    }

    /// What both have; `error` is where the errors go unless the request says otherwise.
    fn request(&mut self, fields: &Map<String, Value>, at: &Pointer, error: &str) {
        for (name, value) in
            fields.iter().filter(|(name, _)| !REQUEST_KEYS.contains(&name.as_str()))
        {
            self.templates(value, &at.push(name), true);
        }
        let mapping_at = at.push("response_mapping");
        let mapping = fields.get("response_mapping").and_then(Value::as_object);
        for (key, value) in mapping.into_iter().flatten() {
            // Either side may be the variable (R7.49).
            for side in [key.as_str(), value.as_str().unwrap_or_default()] {
                if !side.starts_with('$') {
                    self.write(side, &mapping_at.push(key), false);
                }
            }
        }
        let own = fields.get("error_variable").and_then(Value::as_str);
        self.write(own.unwrap_or(error), &at.push("error_variable"), false);
    }
}
