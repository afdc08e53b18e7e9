//! Answers to sensitive questions, wherever they show (R11.67, S7.19).

use serde_json::Value;

use super::changes::Changes;
use crate::mask::REDACTED;
use crate::session::Session;
use crate::table::sort_by;
use crate::value::path::{Path, get_in};

/// What must not be told, as texts.
#[derive(Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// The values of a session's sensitive variables: now, and before and after each of `changes`.
    pub(super) fn of(session: &Session, changes: &[&Changes]) -> Self {
        let mut secrets = Self::default();
        for path in &session.engine.sensitive {
            let Ok(path) = Path::parse(path) else { continue };
            let frame = session.frame();
            let now = match path.head() {
                "output" => frame.and_then(|frame| get_in(&frame.output, path.rest())),
                "local" => frame.and_then(|frame| get_in(&frame.local, path.rest())),
                head => session.state.get(head).and_then(|scope| get_in(scope, path.rest())),
            };
            let then = changes.iter().flat_map(|changes| changes.values_at(path.segments()));
            now.into_iter().chain(then).for_each(|value| secrets.add(value));
        }
        // The longest first: a part of one must not hide the rest of it.
        sort_by(&mut secrets.0, |a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.0.dedup();
        secrets
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) if !text.trim().is_empty() => self.0.push(text.trim().to_owned()),
            Value::Number(number) => self.0.push(number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(map) => map.values().for_each(|item| self.add(item)),
            // That something is true or empty tells nothing where it is found elsewhere.
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }

    /// Takes the secrets out of a value.
    pub(super) fn redact(&self, value: &mut Value) {
        if self.0.is_empty() {
            return;
        }
        match value {
            Value::String(text) => self.redact_text(text),
            Value::Number(number) => {
                let number = number.to_string();
                if self.0.contains(&number) {
                    *value = REDACTED.into();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact(item)),
            Value::Object(map) => map.values_mut().for_each(|item| self.redact(item)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Takes the secrets out of a text, where they stand as whole words.
    pub(super) fn redact_text(&self, text: &mut String) {
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                *text = without(text, secret);
            }
        }
    }
}

fn without(text: &str, secret: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut before) = (text, None);
    while let Some((gap, behind)) = rest.split_once(secret) {
        out.push_str(gap);
        before = gap.chars().next_back().or(before);
        let joined = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let inside = (joined(before) && joined(secret.chars().next()))
            || (joined(behind.chars().next()) && joined(secret.chars().next_back()));
        out.push_str(if inside { secret } else { REDACTED });
        before = secret.chars().next_back();
        rest = behind;
    }
    out.push_str(rest);
    out
}
