//! Masks personal data before it leaves for logs, traces and previews (S7.13 to S7.18, R11.60).
//!
//! Two things are looked for: values under keys whose name tells what they are (`email`,
//! `parentName`), which become `[MASKED:…]` with a keyed hash so that equal values stay equal; and
//! patterns in all other texts, which become `[EMAIL]` and the like. Masking what is masked changes
//! nothing.

mod digits;
mod hmac;
mod scan;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;

use serde_json::{Map, Value};

use crate::table::object;
use crate::value::hex;
use hmac::Hmac;

/// What stands in place of a header, a query parameter or the answer to a sensitive question.
pub(crate) const REDACTED: &str = "[REDACTED]";

/// Headers that are never shown, whatever the words of their names are (S7.18).
const HEADERS: [&str; 7] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
];

/// Makes masked copies of JSON values and texts; what it is given stays as it is.
///
/// ```
/// use chatflow::Masker;
/// use serde_json::json;
///
/// let masker = Masker::new(b"the host's key");
/// let masked = masker.mask(&json!({"user": {"author": "Dahl"}, "note": "mail bo@x.io"}));
/// assert_eq!(masked, json!({"user": {"author": "Dahl"}, "note": "mail [EMAIL]"}));
///
/// let masked = masker.mask(&json!({"first_name": "Bo"}));
/// assert!(masked["first_name"].as_str().is_some_and(|text| text.starts_with("[MASKED:")));
/// ```
#[derive(Clone)]
pub struct Masker {
    hmac: Hmac,
    extra: Vec<Vec<String>>,
    allowed: Vec<Box<str>>,
    sensitive: Vec<Box<str>>,
    preserve_length: bool,
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Masker").finish_non_exhaustive()
    }
}

impl Masker {
    /// A masker whose hashes are keyed; values masked with another key cannot be compared.
    pub fn new(key: &[u8]) -> Self {
        Self {
            hmac: Hmac::new(key),
            extra: Vec::new(),
            allowed: Vec::new(),
            sensitive: Vec::new(),
            preserve_length: false,
        }
    }

    /// With further sensitive keys, such as `nick name`; they are split into words like any key.
    #[must_use]
    pub fn with_keys<'w>(mut self, keys: impl IntoIterator<Item = &'w str>) -> Self {
        let split = keys.into_iter().map(words::words);
        self.extra.extend(split.filter(|words| !words.is_empty()));
        self
    }

    /// With exceptions: full dotted paths, such as `temp.email_style`, whose key is not sensitive.
    /// An element of a list has the path of its list.
    #[must_use]
    pub fn without_paths<'p>(mut self, paths: impl IntoIterator<Item = &'p str>) -> Self {
        self.allowed.extend(paths.into_iter().map(Into::into));
        self
    }

    /// With full dotted paths that are sensitive whatever their key says (R11.67).
    #[must_use]
    pub fn with_paths<'p>(mut self, paths: impl IntoIterator<Item = &'p str>) -> Self {
        self.sensitive.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Masks values under sensitive keys by as many `*` as they have characters (R11.65).
    #[must_use]
    pub fn preserving_length(mut self) -> Self {
        self.preserve_length = true;
        self
    }

    /// Whether a key tells of personal data (S7.14).
    pub fn is_sensitive(&self, key: &str) -> bool {
        let words = words::words(key);
        words::is_listed(&words) || self.extra.iter().any(|extra| words::contains(&words, extra))
    }

    /// A masked copy; null stays null.
    pub fn mask(&self, value: &Value) -> Value {
        self.walk(value, &mut String::new(), None)
    }

    /// A masked copy of what stands at a dotted path, by the keys on the way there.
    pub fn mask_at(&self, path: &str, value: &Value) -> Value {
        let (mut at, mut key) = (String::new(), None);
        for name in path.split('.') {
            descend(&mut at, name);
            key = self.key(&at, name, key);
        }
        self.walk(value, &mut at, key)
    }

    /// A text without what looks like personal data (S7.16, S7.17).
    pub fn mask_text(&self, text: &str) -> String {
        scan::masked(text, self).unwrap_or_else(|| text.to_owned())
    }

    /// Headers without those that carry secrets (S7.18); other values are masked as texts.
    pub fn mask_headers(&self, headers: &Map<String, Value>) -> Map<String, Value> {
        let entry = |(name, value): (&String, &Value)| {
            let hidden = HEADERS.iter().any(|header| header.eq_ignore_ascii_case(name))
                || self.is_sensitive(name);
            let value = if hidden { Value::from(REDACTED) } else { self.mask(value) };
            (name.clone(), value)
        };
        object(headers.iter().map(entry))
    }

    /// The key that what stands at `path` under `name` is masked by, if any.
    fn key<'k>(&self, path: &str, name: &'k str, inherited: Option<&'k str>) -> Option<&'k str> {
        if self.allowed.iter().any(|allowed| **allowed == *path) {
            return None;
        }
        let listed = self.sensitive.iter().any(|sensitive| **sensitive == *path);
        if listed || self.is_sensitive(name) { Some(name) } else { inherited }
    }

    fn walk(&self, value: &Value, path: &mut String, key: Option<&str>) -> Value {
        match (value, key) {
            (Value::Object(map), _) => {
                let mut masked = Map::new();
                for (name, value) in map {
                    let length = path.len();
                    descend(path, name);
                    let key = self.key(path, name, key);
                    masked.insert(name.clone(), self.walk(value, path, key));
                    path.truncate(length);
                }
                Value::Object(masked)
            }
            (Value::Array(items), _) => {
                items.iter().map(|item| self.walk(item, path, key)).collect()
            }
            (Value::Null, _) => Value::Null,
            (Value::String(text), Some(key)) => Value::String(self.hidden(key, text)),
            (Value::String(text), None) => Value::String(self.mask_text(text)),
            (Value::Number(_) | Value::Bool(_), Some(key)) => {
                Value::String(self.hidden(key, &value.to_string()))
            }
            (Value::Number(_) | Value::Bool(_), None) => value.clone(),
        }
    }

    /// What stands for a value under a sensitive key (S7.15).
    fn hidden(&self, key: &str, text: &str) -> String {
        if text.is_empty() || is_hidden(text) {
            return text.to_owned();
        }
        if self.preserve_length {
            return "*".repeat(text.chars().count());
        }
        let digest = self.hmac.digest(&["key:", key, ":", text]);
        let mut masked = String::with_capacity(17);
        masked.push_str("[MASKED:");
        masked.push_str(&hex(digest.get(..4).unwrap_or_default()));
        masked.push(']');
        masked
    }
}

fn descend(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

/// Whether a text is `[MASKED:…]`, or stands for something redacted.
fn is_hidden(text: &str) -> bool {
    text == REDACTED || scan::masked_length(text) == Some(text.len())
}
