//! Free text: cleaning, length and pattern (R3.18, R3.20).

use std::borrow::Cow;

use serde_json::Value;

use super::field::{COUNT, FLAG, Fields, TEXT};
use super::refusal::plural;
use super::{Accepted, Refusal, RefusalCode};
use crate::check::{Code, Report};
use crate::pattern::Pattern;
use crate::value::option::plain_text;

/// What text must be.
#[derive(Clone, Debug)]
pub(super) struct TextRules {
    trim: bool,
    min: u64,
    max: u64,
    pattern: Option<Pattern>,
}

impl TextRules {
    const MAX_LENGTH: u64 = 10_000;

    pub(super) fn compile(validation: &Fields<'_>, report: &mut Report) -> Self {
        let min = validation.read(&["min_length", "minLength"], &COUNT, report);
        let max = validation.read(&["max_length", "maxLength"], &COUNT, report);
        let (low, high) = (&["min_length", "minLength"], &["max_length", "maxLength"]);
        validation.check_order((min, max), (low, high), report);
        let pattern = validation.read(&["pattern"], &TEXT, report);
        let pattern = pattern.map(|text| Pattern::compile(&text)).transpose();
        Self {
            trim: validation.read(&["trim"], &FLAG, report).unwrap_or(true),
            min: min.unwrap_or(0),
            max: max.unwrap_or(Self::MAX_LENGTH),
            pattern: pattern.unwrap_or_else(|error| {
                let message = format!("`pattern` is not a regular expression: {error}");
                validation.refuse(Code::QuestionPattern, "pattern", message, report);
                None
            }),
        }
    }

    pub(super) fn accept(&self, raw: &Value) -> Result<Accepted, Refusal> {
        let text = scalar(raw).ok_or_else(|| {
            Refusal::new(RefusalCode::NotText, "Please answer in your own words.")
        })?;
        let text = if self.trim { text.trim() } else { &text };
        self.check(text, text)?;
        Ok(Accepted::value(text))
    }

    /// Checks the length of the converted text, and a text for the pattern.
    pub(super) fn check(&self, converted: &str, tested: &str) -> Result<(), Refusal> {
        let length = converted.chars().count() as u64;
        if length < self.min {
            let message = format!("Please enter at least {}.", plural(self.min, "character"));
            return Err(Refusal::new(RefusalCode::MinLength, message));
        }
        if length > self.max {
            let message = format!("Please enter at most {}.", plural(self.max, "character"));
            return Err(Refusal::new(RefusalCode::MaxLength, message));
        }
        if self.pattern.as_ref().is_some_and(|pattern| !pattern.is_in(tested)) {
            let message = "That does not look as expected. Please check it and try again.";
            return Err(Refusal::new(RefusalCode::Pattern, message));
        }
        Ok(())
    }
}

/// The text of a scalar.
pub(super) fn scalar(raw: &Value) -> Option<Cow<'_, str>> {
    match raw {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => Some(plain_text(raw)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Text without control characters other than line feed and tab; `\r\n` becomes `\n` (R3.18).
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    if text.chars().all(|c| kept(&c)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(kept).collect())
}
