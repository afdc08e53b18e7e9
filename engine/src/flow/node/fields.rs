//! Reads fields of a node's content, reporting what has the wrong kind.

use serde_json::{Map, Value};

use crate::check::{Code, Pointer, Report, Severity};
use crate::value::template::Template;

/// The content of one node, or a part of it, with its place in the document.
pub(crate) struct Fields<'a> {
    pub(crate) map: &'a Map<String, Value>,
    pub(crate) at: &'a Pointer,
}

impl<'a> Fields<'a> {
    /// The value of the first of `names` that is present and not null.
    pub(crate) fn first(&self, names: &[&'static str]) -> Option<(&'static str, &'a Value)> {
        names.iter().find_map(|name| {
            self.map.get(*name).filter(|value| !value.is_null()).map(|value| (*name, value))
        })
    }

    /// Whether a key has a value other than null, false, "", [] and {}.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.map.get(name).is_some_and(|value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Object(map) => !map.is_empty(),
            Value::Bool(true) | Value::Number(_) => true,
        })
    }

    /// A text; anything else than text or null is reported.
    pub(crate) fn text(&self, names: &[&'static str], report: &mut Report) -> Option<&'a str> {
        let (name, value) = self.first(names)?;
        self.expect(name, value.as_str(), "a text", report)
    }

    /// A text with references.
    pub(crate) fn template(&self, name: &'static str, report: &mut Report) -> Option<Template> {
        let text = self.text(&[name], report)?;
        Some(Template::compile(text, &self.at.push(name), report))
    }

    /// A boolean; anything else than a boolean or null is reported.
    pub(crate) fn flag(&self, names: &[&'static str], report: &mut Report) -> Option<bool> {
        let (name, value) = self.first(names)?;
        self.expect(name, value.as_bool(), "true or false", report)
    }

    /// A list; anything else than a list or null is reported.
    pub(crate) fn list(
        &self,
        names: &[&'static str],
        report: &mut Report,
    ) -> Option<&'a Vec<Value>> {
        let (name, value) = self.first(names)?;
        self.expect(name, value.as_array(), "a list", report)
    }

    /// An object; anything else than an object or null is reported.
    pub(crate) fn object(
        &self,
        names: &[&'static str],
        report: &mut Report,
    ) -> Option<&'a Map<String, Value>> {
        let (name, value) = self.first(names)?;
        self.expect(name, value.as_object(), "an object", report)
    }

    fn expect<T>(
        &self,
        name: &str,
        found: Option<T>,
        want: &str,
        report: &mut Report,
    ) -> Option<T> {
        if found.is_none() {
            let message = format!("`{name}` must be {want}");
            report
                .add(Code::NodeField, &self.at.push(name), message)
                .help(format!("correct `{name}`, or remove it"));
        }
        found
    }

    /// Warns of each of `names` that is set: the node runs as if it were not.
    pub(crate) fn not_built_yet(&self, names: &[&str], report: &mut Report) {
        self.tell_not_built(names, Severity::Warning, report);
    }

    /// Reports each of `names` that is set: the engine does not run them yet, and without them the
    /// node would mean something else.
    pub(crate) fn not_built(&self, names: &[&str], report: &mut Report) {
        self.tell_not_built(names, Severity::Error, report);
    }

    fn tell_not_built(&self, names: &[&str], severity: Severity, report: &mut Report) {
        for name in names.iter().filter(|name| self.is_set(name)) {
            let message = format!("`{name}` is specified but this version does not run it yet");
            report
                .add_as(Code::NodeNotBuilt, severity, &self.at.push(name), message)
                .help(format!("remove `{name}`, or wait for a version that runs it"));
        }
    }
}
