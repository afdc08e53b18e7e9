//! Answers held against what the service says of itself (S3.19).

use std::collections::HashMap;
use std::sync::Mutex;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::client::Answer;

/// What a service says of itself.
pub(crate) struct Description {
    document: Value,
    /// Compiled schemas by path, method and status.
    known: Mutex<HashMap<String, Validator>>,
}

impl Description {
    pub(crate) fn of(document: Value) -> Self {
        assert!(document["paths"].is_object(), "there is no description: {document}");
        Self { document, known: Mutex::default() }
    }

    /// Demands that an answer is one of those described for its request.
    pub(crate) fn check(&self, (method, line): (&str, &str), answer: &Answer) {
        let path = line.split('?').next().unwrap_or(line);
        let Some((template, operations)) = self.find(path) else {
            return assert_eq!(answer.status, 404, "{method} {line} is not described");
        };
        let responses = &operations[method.to_lowercase()]["responses"];
        let status = answer.status.to_string();
        let response = responses.get(&status).unwrap_or(&responses["default"]);
        assert!(response.is_object(), "{method} {template}: {status} is not described");
        assert!(
            answer.status >= 400 || responses.get(&status).is_some(),
            "{method} {template}: {status} is not described"
        );
        let schema = &response["content"]["application/json"]["schema"];
        if schema.is_null() {
            return assert_eq!(answer.text, "", "{method} {template}: {status} has a body");
        }
        let mut known = self.known.lock().expect("no test panics while it holds this");
        let validator = known.entry(format!("{method} {template} {status}")).or_insert_with(|| {
            let components = &self.document["components"];
            let whole = json!({"allOf": [schema], "components": components});
            jsonschema::validator_for(&whole).expect("the description compiles")
        });
        let faults: Vec<_> = validator.iter_errors(&answer.body).map(|e| e.to_string()).collect();
        drop(known);
        assert!(faults.is_empty(), "{method} {template} {status}: {faults:?}\n{}", answer.text);
    }

    /// The described path that a path has the form of; one without parameters goes first.
    fn find(&self, path: &str) -> Option<(&str, &Value)> {
        let fits = |template: &str| {
            let mut parts = path.split('/');
            let fit = template
                .split('/')
                .all(|part| parts.next().is_some_and(|own| part.starts_with('{') || part == own));
            fit && parts.next().is_none()
        };
        let paths = self.document["paths"].as_object()?;
        let mut found: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
        found.sort_by_key(|(template, _)| template.matches('{').count());
        found.first().map(|(template, operations)| (template.as_str(), *operations))
    }
}
