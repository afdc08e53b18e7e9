//! One option as it is presented, matched and stored.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::options::client_view;
use super::text::scalar;
use crate::from_json::{FromJson, misfit};
use crate::table::object;
use crate::value::option::plain_text;

/// An option of a question, with a `value` and a `label` (R3.5).
///
/// Most options are two texts. These are kept without a map around them, because a session reads and
/// writes the options of its open question in every turn.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerOption(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// An object of two texts.
    Plain { label: Box<str>, value: Box<str> },
    /// An object that has more, or other.
    Full(Map<String, Value>),
}

impl AnswerOption {
    /// The option of these fields.
    pub(crate) fn new(mut fields: Map<String, Value>) -> Self {
        let is_text = |key| fields.get(key).is_some_and(Value::is_string);
        if fields.len() != 2 || !is_text("label") || !is_text("value") {
            return Self(Kind::Full(fields));
        }
        let mut text = |key| match fields.remove(key) {
            Some(Value::String(text)) => text.into_boxed_str(),
            _ => Box::default(),
        };
        Self(Kind::Plain { label: text("label"), value: text("value") })
    }

    /// As it was presented, private keys included: what is stored when it is chosen.
    pub fn to_value(&self) -> Value {
        match &self.0 {
            Kind::Plain { label, value } => {
                let field = |key: &str, text: &str| (key.to_owned(), Value::from(text));
                Value::Object(object([field("label", label), field("value", value)]))
            }
            Kind::Full(fields) => Value::Object(fields.clone()),
        }
    }

    /// What clients see of it: nothing that its author keeps private (R3.9).
    pub fn public(&self) -> Value {
        match &self.0 {
            Kind::Plain { .. } => self.to_value(),
            Kind::Full(_) => client_view(&self.to_value()),
        }
    }

    /// What [`AnswerOption::public`] gives, copied only if it may have more than two texts.
    pub(crate) fn wire(&self) -> Cow<'_, Self> {
        match &self.0 {
            Kind::Plain { .. } => Cow::Borrowed(self),
            Kind::Full(_) => {
                let Value::Object(shown) = self.public() else { return Cow::Borrowed(self) };
                Cow::Owned(Self(Kind::Full(shown)))
            }
        }
    }

    /// What visitors read.
    pub fn label(&self) -> &str {
        match &self.0 {
            Kind::Plain { label, .. } => label,
            Kind::Full(fields) => fields.get("label").and_then(Value::as_str).unwrap_or_default(),
        }
    }

    /// What a reply may name it by, in the order in which it is compared (R3.30).
    pub(super) fn names(&self) -> impl Iterator<Item = Name<'_>> {
        let (texts, fields) = match &self.0 {
            Kind::Plain { label, value } => ([Some(&**value), Some(&**label)], None),
            Kind::Full(fields) => ([None; 2], Some(fields)),
        };
        let keys = ["value", "label", "text"].into_iter();
        let values = keys.filter_map(move |key| fields?.get(key)).map(Name::Value);
        texts.into_iter().flatten().map(Name::Text).chain(values)
    }
}

/// What a reply may name an option by.
#[derive(Clone, Copy)]
pub(super) enum Name<'a> {
    Text(&'a str),
    Value(&'a Value),
}

impl<'a> Name<'a> {
    /// The text of a scalar.
    pub(super) fn scalar(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Value(value) => scalar(value),
        }
    }

    /// Scalars by their text, anything else by its JSON.
    pub(super) fn is(self, other: &Value) -> bool {
        match (self, self.scalar(), scalar(other)) {
            (_, Some(own), Some(other)) => own == other,
            (Self::Value(own), None, None) => plain_text(own) == plain_text(other),
            _ => false,
        }
    }
}

impl Serialize for AnswerOption {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Kind::Plain { label, value } => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("label", label)?;
                map.serialize_entry("value", value)?;
                map.end()
            }
            Kind::Full(fields) => fields.serialize(serializer),
        }
    }
}

impl FromJson for AnswerOption {
    fn from_json(value: Value) -> Result<Self, serde_json::Error> {
        let Value::Object(fields) = value else {
            return Err(misfit(&value, "an option, which is an object"));
        };
        Ok(Self::new(fields))
    }
}

impl<'de> Deserialize<'de> for AnswerOption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = AnswerOption;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an option, which is an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<AnswerOption, A::Error> {
        let (mut label, mut value, mut rest) = (None, None, Map::new());
        while let Some(key) = access.next_key::<Key>()? {
            match key {
                Key::Label => label = Some(access.next_value()?),
                Key::Value => value = Some(access.next_value()?),
                Key::Other(key) => {
                    rest.insert(key, access.next_value()?);
                }
            }
        }
        match (label, value) {
            (Some(Value::String(label)), Some(Value::String(value))) if rest.is_empty() => {
                let (label, value) = (label.into_boxed_str(), value.into_boxed_str());
                Ok(AnswerOption(Kind::Plain { label, value }))
            }
            (label, value) => {
                let mut keep = |key: &str, field: Option<Value>| {
                    rest.extend(field.map(|field| (key.to_owned(), field)));
                };
                keep("label", label);
                keep("value", value);
                Ok(AnswerOption(Kind::Full(rest)))
            }
        }
    }
}

/// A key that is compared where it stands.
enum Key {
    Label,
    Value,
    Other(String),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(KeyText)
    }
}

struct KeyText;

impl Visitor<'_> for KeyText {
    type Value = Key;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Key, E> {
        Ok(match key {
            "label" => Key::Label,
            "value" => Key::Value,
            other => Key::Other(other.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{AnswerOption, Kind};

    fn option(value: &Value) -> AnswerOption {
        AnswerOption::new(value.as_object().unwrap().clone())
    }

    #[test]
    fn every_option_comes_back_as_it_was() {
        for (value, is_plain) in [
            (json!({"label": "Tea", "value": "t"}), true),
            (json!({"label": "", "value": "\u{0}\""}), true),
            (json!({"label": "Tea", "value": 1}), false),
            (json!({"label": {"label": "Tea", "value": "t"}, "value": "t"}), false),
            (json!({"label": "Tea", "value": "t", "_points": 3}), false),
            (json!({"label": "Tea", "text": "t"}), false),
            (json!({"value": null}), false),
            (json!({}), false),
        ] {
            let option = option(&value);
            assert_eq!(matches!(option.0, Kind::Plain { .. }), is_plain, "{value}");
            assert_eq!(option.to_value(), value);
            let text = serde_json::to_string(&option).unwrap();
            assert_eq!(text, value.to_string());
            assert_eq!(serde_json::from_str::<AnswerOption>(&text).unwrap(), option);
            assert_eq!(serde_json::from_value::<AnswerOption>(value).unwrap(), option);
        }
    }

    #[test]
    fn an_option_is_an_object() {
        for text in ["\"tea\"", "[]", "null", "{\"label\":", "{1:2}"] {
            assert!(serde_json::from_str::<AnswerOption>(text).is_err(), "{text}");
        }
    }
}
