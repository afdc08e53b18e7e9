//! JSON values whose strings may hold references, parsed once (R5.24).

use serde_json::Value;

use super::Lookup;
use super::display::display;
use super::option::option_value;
use super::template::{Missing, Reference, Template, weight};
use crate::check::{Pointer, Report};
use crate::table::object;

/// A JSON value whose strings may hold references.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// Nothing to substitute.
    Constant(Value),
    /// A string that is one reference: keeps the type of what it finds (R5.24).
    Reference(Box<Single>),
    /// A string with references among text.
    Text(Template),
    /// Markup, which is cleaned before it is shown.
    Html(Template),
    /// A list with references inside.
    List(Box<[Self]>),
    /// An object with references in its values.
    Object(Box<[(Box<str>, Self)]>),
}

/// The one reference that a string consists of.
#[derive(Clone, Debug)]
pub(crate) struct Single(Reference);

/// What a substituted value is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// Stored in a variable or handed to a sub-flow: types and whole options are kept.
    Store,
    /// Shown: every string is a text.
    Show,
    /// Sent to a host: an option stands for its value (F27); a string with an unresolved reference
    /// is null as a whole (R7.44).
    Send,
}

impl Shape {
    /// Parses every string of `value`; `depth` bounds recursion by the document's own limit.
    pub(crate) fn compile(value: &Value, at: &Pointer, report: &mut Report) -> Self {
        Self::parse(value, at, None, report)
    }

    /// A part of a request: `place` is a JSON pointer to it within the request (R5.27).
    pub(crate) fn of_request(
        value: &Value,
        at: &Pointer,
        place: &Pointer,
        report: &mut Report,
    ) -> Self {
        Self::parse(value, at, Some(place), report)
    }

    fn parse(value: &Value, at: &Pointer, place: Option<&Pointer>, report: &mut Report) -> Self {
        // Most values are, and need neither their places nor a copy of each of their parts.
        if is_plain(value) {
            return Self::Constant(value.clone());
        }
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::Constant(value.clone()),
            Value::String(text) => {
                let template = match place {
                    None => Template::compile(text, at, report),
                    Some(place) => Template::of_request(text, at, place, report),
                };
                match (template.constant(), template.single()) {
                    (Some(text), _) => Self::Constant(Value::from(text)),
                    (None, Some(single)) => Self::Reference(Box::new(Single(single.clone()))),
                    (None, None) => Self::Text(template),
                }
            }
            Value::Array(items) => {
                let items: Box<[Self]> = items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| {
                        let place = place.map(|place| place.push(i));
                        Self::parse(item, &at.push(i), place.as_ref(), report)
                    })
                    .collect();
                if items.iter().all(Self::is_constant) {
                    return Self::Constant(Value::Array(
                        items.into_iter().filter_map(Self::into_constant).collect(),
                    ));
                }
                Self::List(items)
            }
            Value::Object(map) => {
                let entries: Box<[(Box<str>, Self)]> = map
                    .iter()
                    .map(|(key, item)| {
                        (key.as_str().into(), Self::of_key(key, item, at, place, report))
                    })
                    .collect();
                if entries.iter().all(|(_, item)| item.is_constant()) {
                    let entry =
                        |(key, item): (Box<str>, Self)| Some((key.into(), item.into_constant()?));
                    return Self::Constant(Value::Object(object(
                        entries.into_iter().filter_map(entry),
                    )));
                }
                Self::Object(entries)
            }
        }
    }

    /// The value of a key of an object; `rich_text` is markup at any depth, unless it is sent.
    fn of_key(
        key: &str,
        item: &Value,
        at: &Pointer,
        place: Option<&Pointer>,
        report: &mut Report,
    ) -> Self {
        let at = at.push(key);
        if let (Value::String(text), "rich_text", None) = (item, key, place) {
            return Self::Html(Template::compile(text, &at, report));
        }
        Self::parse(item, &at, place.map(|place| place.push(key)).as_ref(), report)
    }

    /// Whether there is nothing to substitute.
    pub(crate) fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
    }

    fn into_constant(self) -> Option<Value> {
        if let Self::Constant(value) = self { Some(value) } else { None }
    }

    /// The value with its references replaced.
    pub(crate) fn fill(
        &self,
        scope: &dyn Lookup,
        purpose: Purpose,
        missing: &mut Missing,
    ) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Reference(single) => single.fill(scope, purpose, missing),
            Self::Text(template) => match purpose {
                Purpose::Store | Purpose::Show => Value::String(template.show(scope, missing)),
                Purpose::Send => template.send(scope, missing).map_or(Value::Null, Value::String),
            },
            Self::Html(template) => match purpose {
                Purpose::Show => Value::String(template.html(scope, missing)),
                Purpose::Store => Value::String(template.show(scope, missing)),
                Purpose::Send => template.send(scope, missing).map_or(Value::Null, Value::String),
            },
            Self::List(items) => {
                Value::Array(items.iter().map(|item| item.fill(scope, purpose, missing)).collect())
            }
            Self::Object(entries) => {
                let entry = |(key, item): &(Box<str>, Self)| {
                    (key.to_string(), item.fill(scope, purpose, missing))
                };
                Value::Object(object(entries.iter().map(entry)))
            }
        }
    }
}

/// Whether nothing in a value can be a reference or markup: every text without a brace is what it says.
pub(crate) fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.contains('{'),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(map) => map
            .iter()
            .all(|(key, item)| is_plain(item) && !(item.is_string() && key == "rich_text")),
    }
}

impl Single {
    fn fill(&self, scope: &dyn Lookup, purpose: Purpose, missing: &mut Missing) -> Value {
        let found = self.0.find(scope);
        let Some(value) = found else {
            missing.push(self.0.written.clone());
            return if purpose == Purpose::Show { Value::from("") } else { Value::Null };
        };
        if !missing.take(weight(&value)) {
            return if purpose == Purpose::Show { Value::from("") } else { Value::Null };
        }
        match purpose {
            Purpose::Store => value.into_owned(),
            Purpose::Show => {
                let mut text = String::new();
                display(&value, &mut text);
                Value::String(text)
            }
            Purpose::Send => collapse(&value),
        }
    }
}

/// Options as their values, inside lists too (F27).
fn collapse(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(collapse).collect()),
        Value::Object(_) => option_value(value).unwrap_or(value).clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
