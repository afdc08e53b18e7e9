//! What was answered, by labels (S5.19).

use std::collections::{BTreeMap, BTreeSet};

use chatflow_storage::{SessionFacts, Story};
use serde_json::Value;

use super::node::Place;
use super::window::Window;

/// What a text is called that is long, or has lost something personal.
const FREE_TEXT: &str = "(free text)";

/// Longer texts are free texts, in characters.
const LONGEST: usize = 120;

/// So many labels are told apart; what is answered after that under another one only counts.
const MOST_LABELS: usize = 10_000;

/// So many ways to write a label are told apart: of letters in either case there may be any number.
const MOST_SPELLINGS: usize = 100;

/// What masking leaves behind (S7.13).
const MASKS: [&str; 9] = [
    "[MASKED:",
    "[EMAIL]",
    "[PHONE]",
    "[CARD]",
    "[IP]",
    "[TOKEN]",
    "[USER]",
    "[PASS]",
    "[REDACTED]",
];

/// Answers given at a node, by the sessions that gave them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    /// How many answers there were.
    total: u64,
    /// How many labels those had: one each, or one for each choice.
    labels: u64,
    sessions: u64,
    known: BTreeMap<String, Label>,
    /// Of each half of the window, how many answers there were.
    halves: [u64; 2],
    numbers: Vec<f64>,
}

/// A label and how often it was given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Label {
    pub(crate) count: u64,
    pub(crate) halves: [u64; 2],
    /// How often it was written each way.
    spellings: BTreeMap<String, u64>,
}

impl Answers {
    /// Takes what a session answered at a node. It belongs to the half of the window that it started in.
    pub(crate) fn add(&mut self, session: &SessionFacts, place: &Place, window: Window) {
        self.hear((session, &session.story()), place, window);
    }

    /// The same, of a session whose story is known.
    pub(crate) fn hear(
        &mut self,
        (session, story): (&SessionFacts, &Story),
        place: &Place,
        window: Window,
    ) {
        let middle = window.begins().as_millis().midpoint(window.ends().as_millis());
        let half = usize::from(session.started_at.as_millis() >= middle);
        let here = story.answers.iter();
        let here = here.filter(|answer| answer.flow == place.flow && answer.node == place.node);
        let before = self.total;
        for answer in here.filter(|answer| !answer.value.is_null()) {
            self.take(&answer.value, half);
        }
        self.sessions = self.sessions.saturating_add((self.total > before).into());
    }

    fn take(&mut self, value: &Value, half: usize) {
        self.total = self.total.saturating_add(1);
        if let Some(sum) = self.halves.get_mut(half) {
            *sum = sum.saturating_add(1);
        }
        // Of several choices each counts once.
        let mut seen = BTreeSet::new();
        for one in value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice) {
            self.numbers.extend(reduced(one).as_f64());
            let Some(text) = label(one) else { continue };
            let key = text.to_lowercase();
            if !seen.insert(key.clone()) {
                continue;
            }
            self.labels = self.labels.saturating_add(1);
            if self.known.len() >= MOST_LABELS && !self.known.contains_key(&key) {
                continue;
            }
            let label = self.known.entry(key).or_default();
            label.count = label.count.saturating_add(1);
            if let Some(count) = label.halves.get_mut(half) {
                *count = count.saturating_add(1);
            }
            if label.spellings.len() < MOST_SPELLINGS || label.spellings.contains_key(&text) {
                let spelled = label.spellings.entry(text).or_default();
                *spelled = spelled.saturating_add(1);
            }
        }
    }

    /// Makes an option known that may never have been chosen.
    pub(crate) fn offer(&mut self, option: &Value) {
        if let Some(text) = label(option) {
            let label = self.known.entry(text.to_lowercase()).or_default();
            label.spellings.entry(text).or_default();
        }
    }

    /// How many answers there were.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    /// How many labels those had.
    pub(crate) const fn labels(&self) -> u64 {
        self.labels
    }

    /// How many sessions answered.
    pub(crate) const fn sessions(&self) -> u64 {
        self.sessions
    }

    /// How many answers there were in each half of the window.
    pub(crate) const fn halves(&self) -> [u64; 2] {
        self.halves
    }

    /// The numbers that were answered.
    pub(crate) fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// The labels as they were mostly written, the most frequent first, then by their text.
    pub(crate) fn ranked(&self) -> Vec<(String, &Label)> {
        let shown = |(key, label): (&String, &Label)| {
            let most = label.spellings.values().max().copied();
            let spelled = label.spellings.iter().find(|(_, count)| Some(**count) == most);
            spelled.map_or_else(|| key.clone(), |(text, _)| text.clone())
        };
        let mut ranked: Vec<_> = self.known.iter().map(|entry| (shown(entry), entry.1)).collect();
        ranked.sort_by(|(a, x), (b, y)| y.count.cmp(&x.count).then_with(|| a.cmp(b)));
        ranked
    }

    /// The same, of those that were given, and how often.
    pub(crate) fn counts(&self) -> Vec<(String, u64)> {
        let given = self.ranked().into_iter().filter(|(_, label)| label.count > 0);
        given.map(|(text, label)| (text, label.count)).collect()
    }
}

/// An option stands for its value, or else for what it is called.
fn reduced(value: &Value) -> &Value {
    let Some(option) = value.as_object() else { return value };
    let names = ["value", "label", "text"];
    names.iter().find_map(|name| option.get(*name).filter(|own| !own.is_null())).unwrap_or(value)
}

/// What an answer is counted as; `None` for one that says nothing.
fn label(value: &Value) -> Option<String> {
    match reduced(value) {
        Value::Null => None,
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Number(number) => Some(shortest(number)),
        Value::String(text) => {
            let text = text.trim();
            let is_masked = MASKS.iter().any(|mask| text.contains(mask));
            let is_free = is_masked || text.chars().count() > LONGEST;
            (!text.is_empty()).then(|| if is_free { FREE_TEXT } else { text }.to_owned())
        }
        // Nobody can have meant it to be read.
        Value::Array(_) | Value::Object(_) => Some(FREE_TEXT.to_owned()),
    }
}

/// A number as people write it: `3`, not `3.0`.
fn shortest(number: &serde_json::Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(values: &[(Value, usize)]) -> Answers {
        let mut answers = Answers::default();
        for (value, half) in values {
            answers.take(value, *half);
        }
        answers
    }

    #[test]
    fn answers_are_told_by_their_labels() {
        // S5.19
        let long = "x".repeat(121);
        for (value, expected) in [
            (json!({"value": "cats", "label": "Cats!"}), Some("cats")),
            (json!({"value": null, "label": "Cats!", "text": "c"}), Some("Cats!")),
            (json!({"text": "c"}), Some("c")),
            (json!(3), Some("3")),
            (json!(3.0), Some("3")),
            (json!(0.25), Some("0.25")),
            (json!({"value": 7}), Some("7")),
            (json!(true), Some("true")),
            (json!("  Two words "), Some("Two words")),
            (json!(long), Some(FREE_TEXT)),
            (json!("mail [EMAIL] please"), Some(FREE_TEXT)),
            (json!("[MASKED:0a1b2c3d]"), Some(FREE_TEXT)),
            (json!({"other": 1}), Some(FREE_TEXT)),
            (json!("  "), None),
            (json!(null), None),
        ] {
            assert_eq!(label(&value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn labels_are_shown_as_they_were_mostly_written() {
        // S5.19
        let answers = of(&[
            (json!("cats"), 0),
            (json!("Cats"), 0),
            (json!(" Cats "), 1),
            (json!(["dogs", {"value": "cats"}, "dogs"]), 1),
            (json!("Birds"), 1),
        ]);
        assert_eq!((answers.total(), answers.labels(), answers.halves()), (5, 6, [2, 3]));
        let counts = answers.counts();
        let expected = [("Cats", 4), ("Birds", 1), ("dogs", 1)];
        assert_eq!(counts, expected.map(|(text, count)| (text.to_owned(), count)));
        let halves: Vec<_> = answers.ranked().iter().map(|(_, label)| label.halves).collect();
        assert_eq!(halves, [[2, 2], [0, 1], [0, 1]]);
    }

    #[test]
    fn labels_have_a_limit() {
        let mut answers = Answers::default();
        for n in 0..MOST_LABELS + 5 {
            answers.take(&json!(format!("t{n}")), 0);
        }
        answers.take(&json!("t0"), 0);
        assert_eq!(answers.known.len(), MOST_LABELS);
        assert_eq!((answers.total(), answers.counts()[0].1), (10_006, 2));
        let mut answers = Answers::default();
        for n in 0..1 << 8 {
            let letter = |bit: usize| if n >> bit & 1 == 1 { 'A' } else { 'a' };
            answers.take(&json!((0..8).map(letter).collect::<String>()), 0);
        }
        assert_eq!((answers.known.len(), answers.counts()[0].1), (1, 256));
        assert_eq!(answers.known["aaaaaaaa"].spellings.len(), MOST_SPELLINGS);
    }
}
