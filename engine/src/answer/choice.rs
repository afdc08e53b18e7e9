//! Which options a reply means (R3.26 to R3.31, F39, F64).

use std::borrow::Cow;

use serde_json::{Value, json};

use super::field::{COUNT, Fields};
use super::option::{AnswerOption, Name};
use super::refusal::plural;
use super::text::{clean, scalar};
use super::{Accepted, Refusal, RefusalCode};
use crate::check::Report;
use crate::table::{Set, sort_by_key};
use crate::unicode::{combining_class, decompose, fold_case, lowercase};

/// How many options may be chosen.
#[derive(Clone, Debug)]
pub(super) struct Selections {
    min: u64,
    max: Option<u64>,
}

/// A single option.
pub(crate) fn one(
    raw: &Value,
    options: &[AnswerOption],
    allow_other: bool,
) -> Result<Accepted, Refusal> {
    let picked = Matcher::new(options).pick(raw, allow_other).ok_or_else(not_an_option)?;
    Ok(match picked {
        Picked::Option(index) => chosen(options, index),
        Picked::Other(value) => Accepted::value(value),
    })
}

/// The answer that an option is.
pub(super) fn chosen(options: &[AnswerOption], index: usize) -> Accepted {
    let value = options.get(index).map(AnswerOption::to_value).unwrap_or_default();
    Accepted::Answer { value, option: Some(index) }
}

/// Yes is option 0, no is option 1.
pub(super) fn boolean(raw: &Value) -> Result<Accepted, Refusal> {
    let raw = subject(raw).unwrap_or(raw);
    let word = scalar(raw).map(|text| lowercase(text.trim()));
    let yes = match word.as_deref() {
        Some("yes" | "y" | "true" | "1" | "ok") => true,
        Some("no" | "n" | "false" | "0") => false,
        _ => return Err(Refusal::new(RefusalCode::Boolean, "Please answer yes or no.")),
    };
    Ok(Accepted::Answer { value: Value::Bool(yes), option: Some(usize::from(!yes)) })
}

impl Selections {
    pub(super) fn compile(validation: &Fields<'_>, report: &mut Report) -> Self {
        let min = validation.read(&["min_selections", "min"], &COUNT, report);
        let max = validation.read(&["max_selections", "max"], &COUNT, report);
        let (low, high) = (&["min_selections", "min"], &["max_selections", "max"]);
        validation.check_order((min, max), (low, high), report);
        // An empty selection never gets here, so that 0 and 1 are the same.
        Self { min: min.unwrap_or(0), max }
    }

    /// Several options; the list is not empty.
    pub(super) fn accept(
        &self,
        raw: &Value,
        options: &[AnswerOption],
        allow_other: bool,
    ) -> Result<Accepted, Refusal> {
        let mut matcher = Matcher::new(options);
        let picked: Option<Vec<Picked>> =
            items(raw).iter().map(|item| matcher.pick(item, allow_other)).collect();
        let picked = picked.ok_or_else(not_an_option)?;
        let mut seen = Set::new();
        if !picked.iter().all(|picked| seen.insert(picked.key())) {
            let message = "Please choose each option only once.";
            return Err(Refusal::new(RefusalCode::DuplicateSelection, message));
        }
        let count = picked.len() as u64;
        if count < self.min {
            let message = format!("Please choose at least {}.", plural(self.min, "option"));
            return Err(Refusal::new(RefusalCode::MinSelections, message));
        }
        if let Some(max) = self.max.filter(|max| count > *max) {
            let message = format!("Please choose at most {}.", plural(max, "option"));
            return Err(Refusal::new(RefusalCode::MaxSelections, message));
        }
        let stored = picked.into_iter().filter_map(|picked| match picked {
            Picked::Option(index) => options.get(index).map(AnswerOption::to_value),
            Picked::Other(value) => Some(value),
        });
        Ok(Accepted::value(stored.collect::<Vec<Value>>()))
    }
}

/// The single replies in a reply to several options: a list, a JSON list as text, or one (F64).
fn items(raw: &Value) -> Vec<Value> {
    match raw {
        Value::Array(items) => items.clone(),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(Value::Array(items)) => items,
            _ => vec![raw.clone()],
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => vec![raw.clone()],
    }
}

fn not_an_option() -> Refusal {
    Refusal::new(RefusalCode::NotAnOption, "Please choose one of the options.")
}

/// What a reply is matched by: a scalar itself, an object by its `value`.
fn subject(raw: &Value) -> Option<&Value> {
    match raw {
        Value::Object(fields) => fields.get("value"),
        Value::String(_) | Value::Number(_) | Value::Bool(_) => Some(raw),
        Value::Null | Value::Array(_) => None,
    }
}

enum Picked {
    Option(usize),
    /// An answer in the visitor's own words, as it is stored (R3.31).
    Other(Value),
}

impl Picked {
    /// Differs exactly between different answers.
    fn key(&self) -> (usize, String) {
        match self {
            Self::Option(index) => (*index, String::new()),
            Self::Other(value) => (usize::MAX, value.to_string()),
        }
    }
}

/// A text as the second and the third pass compare it.
#[derive(PartialEq)]
struct Folded {
    text: String,
    letters: String,
}

/// Options with their texts made comparable, once and only if needed.
struct Matcher<'a> {
    options: &'a [AnswerOption],
    folded: Option<Vec<Vec<Folded>>>,
}

impl<'a> Matcher<'a> {
    fn new(options: &'a [AnswerOption]) -> Self {
        Self { options, folded: None }
    }

    fn pick(&mut self, raw: &Value, allow_other: bool) -> Option<Picked> {
        let subject = subject(raw)?;
        let cleaned = match subject.as_str().map(clean) {
            Some(Cow::Owned(text)) => Some(Value::String(text)),
            Some(Cow::Borrowed(_)) | None => None,
        };
        let subject = cleaned.as_ref().unwrap_or(subject);
        let other = || {
            let text = scalar(subject).filter(|text| allow_other && !text.trim().is_empty())?;
            let value = if subject.is_string() { json!(text.trim()) } else { subject.clone() };
            Some(Picked::Other(json!({"value": value, "label": value, "other": true})))
        };
        self.find(subject).map(Picked::Option).or_else(other)
    }

    /// The first option that is equal, else the first that is equal but for case, accents' encoding
    /// and outer white space, else the only one with the same letters and digits (R3.30, F39).
    fn find(&mut self, subject: &Value) -> Option<usize> {
        let is_equal = |option: &AnswerOption| option.names().any(|name| name.is(subject));
        if let Some(index) = self.options.iter().position(is_equal) {
            return Some(index);
        }
        let wanted = Folded::new(&scalar(subject)?);
        let folded = self.folded();
        if let Some(index) = folded.iter().position(|texts| texts.contains(&wanted)) {
            return Some(index);
        }
        let is_alike = |texts: &[Folded]| texts.iter().any(|text| text.letters == wanted.letters);
        let mut alike = (0..).zip(folded).filter(|(_, texts)| is_alike(texts));
        match (alike.next(), alike.next()) {
            (Some((index, _)), None) if !wanted.letters.is_empty() => Some(index),
            _ => None,
        }
    }

    fn folded(&mut self) -> &[Vec<Folded>] {
        let fold = |option: &AnswerOption| {
            option.names().filter_map(Name::scalar).map(|text| Folded::new(&text)).collect()
        };
        self.folded.get_or_insert_with(|| self.options.iter().map(fold).collect())
    }
}

impl Folded {
    fn new(text: &str) -> Self {
        let text = fold(text);
        Self { letters: letters(&text), text }
    }
}

/// Trimmed, without case, and the same for texts that are canonically equivalent.
fn fold(text: &str) -> String {
    let mut decomposed: Vec<char> = Vec::with_capacity(text.len());
    for c in text.trim().chars() {
        fold_case(c, &mut |c| decompose(c, &mut |part| decomposed.push(part)));
    }
    let is_mark = |c: &char| combining_class(*c) != 0;
    for run in decomposed.chunk_by_mut(|a, b| is_mark(a) && is_mark(b)) {
        sort_by_key(run, |c| combining_class(*c));
    }
    decomposed.into_iter().collect()
}

/// Letters with their marks, digits and single spaces of a folded text.
fn letters(folded: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || combining_class(*c) != 0;
    let words = folded.split_whitespace().map(|word| word.chars().filter(kept).collect::<String>());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
