//! Keeps the values of secrets out of what comes back (R8.34, F12).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::base64;
use crate::protocol::Outcome;
use crate::table::{object, sort_by};

/// What stands for a value.
const SECRET: &str = "[SECRET]";
/// Shorter values are not looked for: they occur everywhere.
const CHARS: usize = 6;

/// Replaces the values of secrets, by key, in everything that an outcome says: as they are,
/// percent-encoded, escaped as in JSON, or within something encoded in base64. Values of fewer than
/// six characters are left.
///
/// ```
/// use chatflow::{Outcome, redact_outcome};
///
/// let values = [("k".to_owned(), "s3cr3t-value".to_owned())].into();
/// let mut outcome = Outcome::Done { value: serde_json::json!({"echo": "Bearer s3cr3t-value"}) };
/// redact_outcome(&mut outcome, &values);
/// assert_eq!(outcome, Outcome::Done { value: serde_json::json!({"echo": "Bearer [SECRET]"}) });
/// ```
pub fn redact_outcome(outcome: &mut Outcome, values: &BTreeMap<String, String>) {
    let needles = Needles::of(values);
    if needles.0.is_empty() {
        return;
    }
    match outcome {
        Outcome::Done { value } => needles.remove_from(value),
        Outcome::Failed(failure) => {
            needles.remove_from_text(&mut failure.reason);
        }
    }
}

/// As [`redact_outcome`], for one text: what a host logs.
pub fn redact(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    Needles::of(values).remove_from_text(&mut text);
    text
}

/// What is looked for: the longest first, so that nothing of it is left by a shorter one.
struct Needles(Vec<String>);

/// How a text may write a needle.
#[derive(Clone, Copy)]
enum Writing {
    Plain,
    Percent,
    Json,
}

impl Needles {
    fn of(values: &BTreeMap<String, String>) -> Self {
        let mut needles = Vec::new();
        for value in values.values().filter(|value| value.chars().count() >= CHARS) {
            needles.push(value.clone());
            for before in 0..3 {
                let core = encoded_core(value, before);
                needles.push(core.replace('+', "-").replace('/', "_"));
                needles.push(core);
            }
        }
        sort_by(&mut needles, |a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        needles.dedup();
        Self(needles)
    }

    fn remove_from(&self, value: &mut Value) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let mut text = number.to_string();
                if self.remove_from_text(&mut text) {
                    *value = Value::String(text);
                }
            }
            Value::String(text) => {
                self.remove_from_text(text);
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.remove_from(item)),
            Value::Object(map) => {
                let entries = std::mem::take(map).into_iter();
                let clean = entries.map(|(mut key, mut item)| {
                    self.remove_from_text(&mut key);
                    self.remove_from(&mut item);
                    (key, item)
                });
                *map = object(clean);
            }
        }
    }

    /// Says whether there was anything to remove.
    fn remove_from_text(&self, text: &mut String) -> bool {
        let mut found = false;
        for needle in &self.0 {
            for writing in [Writing::Plain, Writing::Percent, Writing::Json] {
                if writing.may_be_in(text)
                    && let Some(clean) = writing.without(text, needle)
                {
                    *text = clean;
                    found = true;
                }
            }
        }
        found
    }
}

impl Writing {
    fn may_be_in(self, text: &str) -> bool {
        match self {
            Self::Plain => true,
            Self::Percent => text.contains(['%', '+']),
            Self::Json => text.contains('\\'),
        }
    }

    /// The text without the needle; `None` if it does not hold it.
    fn without(self, text: &str, needle: &str) -> Option<String> {
        let mut out = String::new();
        let (mut rest, mut kept) = (text, text);
        while !rest.is_empty() {
            if let Some(after) = self.strip(rest, needle) {
                let before = kept.len().saturating_sub(rest.len());
                out.push_str(kept.get(..before).unwrap_or_default());
                out.push_str(SECRET);
                (rest, kept) = (after, after);
            } else {
                let mut chars = rest.chars();
                chars.next();
                rest = chars.as_str();
            }
        }
        if out.is_empty() {
            return None;
        }
        out.push_str(kept);
        Some(out)
    }

    /// What follows the needle, if the text begins with it.
    fn strip<'t>(self, text: &'t str, needle: &str) -> Option<&'t str> {
        if matches!(self, Self::Plain) {
            return text.strip_prefix(needle);
        }
        let mut rest = text.as_bytes();
        for want in needle.bytes() {
            let (have, after) = self.next(rest)?;
            if have != want && !(matches!(self, Self::Percent) && (have, want) == (b'+', b' ')) {
                return None;
            }
            rest = after;
        }
        // Whole characters were compared, so this is where one begins.
        text.get(text.len().saturating_sub(rest.len())..)
    }

    /// The next byte that the text stands for, and what follows it.
    fn next(self, text: &[u8]) -> Option<(u8, &[u8])> {
        let (first, after) = text.split_first()?;
        let coded = match self {
            Self::Plain => None,
            Self::Percent => percent(text),
            Self::Json => escaped(text),
        };
        Some(coded.unwrap_or((*first, after)))
    }
}

/// The byte that `%XX` stands for, and what follows.
pub(super) fn percent(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, after @ ..] = text else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let byte = digit(high)? << 4 | digit(low)?;
    Some((u8::try_from(byte).ok()?, after))
}

/// The byte that an escape of one character stands for, and what follows.
fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'\\', byte, after @ ..] = text else { return None };
    let byte = match byte {
        b'"' | b'\\' | b'/' => *byte,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    };
    Some((byte, after))
}

/// What base64 makes of a value whatever follows it, when `before` bytes, modulo three, go before it.
fn encoded_core(value: &str, before: usize) -> String {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(value.as_bytes());
    let sextets = bytes.len().saturating_mul(8).checked_div(6).unwrap_or(0);
    let skip = before.saturating_mul(8).div_ceil(6);
    base64::encode(&bytes).get(skip..sextets).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{redact, redact_outcome};
    use crate::base64;
    use crate::protocol::Outcome;

    fn values(values: &[&str]) -> std::collections::BTreeMap<String, String> {
        values.iter().enumerate().map(|(i, value)| (i.to_string(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_value_is_found_however_it_is_written() {
        // R8.34, F12.
        let secret = "pä ss/\"%wörd";
        let basic = base64::encode(format!("user:{secret}").as_bytes());
        for text in [
            secret.to_owned(),
            "p%C3%A4%20ss%2F%22%25w%c3%b6rd".to_owned(),
            "p%C3%A4+ss/\"%25w%C3%B6rd".to_owned(),
            serde_json::to_string(secret).unwrap(),
            base64::encode(secret.as_bytes()),
            basic.replace('+', "-").replace('/', "_"),
            basic.replace('/', "%2F"),
        ] {
            let clean = redact(&format!("a {text} b"), &values(&[secret]));
            assert!(clean.contains("[SECRET]"), "{text}: {clean}");
            assert!(clean.len() < text.len() + 12, "{text}: {clean}");
        }
        assert_eq!(redact("xx-123456-yy", &values(&["123456"])), "xx-[SECRET]-yy");
        assert_eq!(redact("12345", &values(&["12345"])), "12345");
        // The longer value goes first, so that no tail of it is left.
        assert_eq!(redact("abcdefghij", &values(&["abcdef", "abcdefghij"])), "[SECRET]");
    }

    #[test]
    fn everything_that_an_outcome_says_is_looked_through() {
        // R8.34.
        let mut outcome = Outcome::Done {
            value: json!({"status": 200, "body": {"s3cr3t": ["s3cr3ts3cr3t", 1_234_567]}}),
        };
        redact_outcome(&mut outcome, &values(&["s3cr3t", "123456"]));
        let want = json!({"status": 200, "body": {"[SECRET]": ["[SECRET][SECRET]", "[SECRET]7"]}});
        assert_eq!(outcome, Outcome::Done { value: want });
        let mut failed = Outcome::failed("network", "cannot connect to s3cr3t.example");
        redact_outcome(&mut failed, &values(&["s3cr3t"]));
        assert_eq!(failed, Outcome::failed("network", "cannot connect to [SECRET].example"));
    }
}
