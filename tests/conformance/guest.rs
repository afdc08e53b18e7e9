//! A visitor who follows a plan and remembers what was drawn.

use std::collections::{BTreeMap, VecDeque};

use chatflow_tests::conversation::{Visitor, World};
use serde_json::Value;

/// Answers questions by their variable, picture questions by a running number.
#[derive(Debug, Default)]
pub(crate) struct Guest {
    /// What to say, by variable; the last answer is said again.
    pub(crate) plan: BTreeMap<String, VecDeque<Say>>,
    /// Decides which picture is picked: its lowest bit, then the next, and so on.
    pub(crate) taste: usize,
    /// The pictures picked so far.
    pub(crate) picked: Vec<Picked>,
    /// The turns that waited for an acknowledgement.
    pub(crate) pauses: Vec<Value>,
    /// Everything that was said, for another host.
    pub(crate) said: Vec<Value>,
}

/// One answer.
#[derive(Clone, Debug)]
pub(crate) enum Say {
    /// The option of this index, by its value or, lacking one, its label.
    Option(usize),
    /// This.
    Plain(Value),
}

/// The answer to a question that was drawn.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Picked {
    /// The content item that asked.
    pub(crate) content: String,
    /// The index of the option.
    pub(crate) option: usize,
}

impl Guest {
    /// Plans the answers to one variable.
    pub(crate) fn plan(mut self, variable: &str, answers: &[Say]) -> Self {
        self.plan.insert(variable.to_owned(), answers.iter().cloned().collect());
        self
    }

    fn next(&mut self, told: &Value) -> Value {
        if told["wait_for_acknowledgment"] == true {
            self.pauses.push(told.clone());
            return Value::Null;
        }
        let request = &told["input_request"];
        let options = request["options"].as_array().unwrap();
        if let Some(content) = request["content_id"].as_str() {
            assert!(!options.is_empty(), "{request}");
            let option = self.taste % options.len();
            self.taste = self.taste.rotate_right(1);
            self.picked.push(Picked { content: content.to_owned(), option });
            return value_of(&options[option]);
        }
        let variable = request["variable"].as_str().unwrap();
        let plan = self.plan.get_mut(variable);
        let say = match plan {
            Some(plan) if plan.len() > 1 => plan.pop_front().unwrap(),
            Some(plan) => plan[0].clone(),
            // The only button of a greeting.
            None => Say::Option(0),
        };
        match say {
            Say::Option(index) => value_of(&options[index]),
            Say::Plain(value) => value,
        }
    }
}

impl Visitor for Guest {
    fn answer(&mut self, told: &Value) -> Option<Value> {
        if told["session_ended"] == true {
            return None;
        }
        let answer = self.next(told);
        self.said.push(answer.clone());
        Some(answer)
    }
}

fn value_of(option: &Value) -> Value {
    option.get("value").or_else(|| option.get("label")).unwrap().clone()
}

/// The scores that the picked answers carry under `field`, added up key by key in order.
pub(crate) fn sum_of_scores(
    world: &World,
    picked: &[Picked],
    field: &str,
) -> BTreeMap<String, f64> {
    let mut sum = BTreeMap::new();
    for pick in picked {
        let answers = world.item(&pick.content).content["answers"].as_array().unwrap();
        for (key, score) in answers[pick.option][field].as_object().unwrap() {
            *sum.entry(key.clone()).or_insert(0.0) += score.as_f64().unwrap();
        }
    }
    sum
}

/// The `n` keys with the greatest scores, ties in alphabetical order.
pub(crate) fn top(scores: &BTreeMap<String, f64>, n: usize) -> Vec<&str> {
    let mut keys: Vec<&str> = scores.keys().map(String::as_str).collect();
    keys.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    keys.truncate(n);
    keys
}

/// Fails unless `stored` has exactly these scores.
pub(crate) fn has_scores(stored: &Value, scores: &BTreeMap<String, f64>) {
    let stored: BTreeMap<String, f64> = stored
        .as_object()
        .unwrap_or_else(|| panic!("{stored} holds no scores"))
        .iter()
        .map(|(key, score)| (key.clone(), score.as_f64().unwrap()))
        .collect();
    assert_eq!(&stored, scores);
}

/// Nothing is drawn twice while there is something new; then what was shown longest ago comes
/// first (R4.7, F8).
pub(crate) fn draws_are_fair(picked: &[Picked], pool: usize) {
    for (i, pick) in picked.iter().enumerate() {
        let before = &picked[i.saturating_sub(pool - 1)..i];
        assert!(before.iter().all(|other| other.content != pick.content), "{picked:?}");
        if i >= pool {
            assert_eq!(pick.content, picked[i - pool].content, "{picked:?}");
        }
    }
}
