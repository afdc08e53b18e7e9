//! Picture questions, drawn at random and added up: what a conversation must come to, worked out
//! from the fixture alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::real::Visitor;

/// What an answer is worth, by key.
pub(super) type Scores = BTreeMap<String, f64>;

/// The scores of each answer, by the question's text and the answer's.
#[derive(Debug)]
pub(super) struct Pictures(BTreeMap<String, BTreeMap<String, Scores>>);

impl Pictures {
    /// Reads the questions of a seed fixture that have a tag and suit an age; `scores` is the key
    /// of an answer's scores.
    pub(super) fn read(seed: &Value, (tag, age): (&str, u64), scores: &str) -> Self {
        let mut questions = BTreeMap::new();
        for item in seed["cms_content"].as_array().expect("content") {
            let tagged = item["tags"].as_array().expect("tags").iter().any(|own| own == tag);
            let bound = |key: &str| item["info"][key].as_u64();
            let suits = bound("min_age") <= Some(age) && Some(age) <= bound("max_age");
            if !tagged || !suits {
                continue;
            }
            let answers = item["content"]["answers"].as_array().expect("answers").iter();
            let worth = |answer: &Value| {
                let scores = answer[scores].as_object().expect("scores").iter();
                scores.map(|(key, score)| (key.clone(), score.as_f64().unwrap())).collect()
            };
            let answers = answers.map(|answer| (text(&answer["text"]), worth(answer))).collect();
            questions.insert(text(&item["content"]["question_text"]), answers);
        }
        assert!(questions.len() > 3, "{questions:?}");
        Self(questions)
    }

    /// Answers the three questions of a round; what they are worth together.
    ///
    /// `shown` is what the visitor has seen, oldest first. A question is one that was not seen while
    /// there are any, then the one that was seen longest ago (F8).
    pub(super) fn answer_three(
        &self,
        visitor: &mut Visitor,
        shown: &mut Vec<String>,
        pick: usize,
    ) -> Scores {
        let mut total = Scores::new();
        let mut round = BTreeSet::new();
        for i in 0..3 {
            let question = visitor.question().to_owned();
            let answers = self.0.get(&question).unwrap_or_else(|| panic!("{}", visitor.turn));
            assert_eq!(visitor.pending()["input_type"], "image_choice");
            if shown.len() < self.0.len() {
                assert!(!shown.contains(&question), "{question} again: {shown:?}");
            } else {
                assert_eq!(question, shown.remove(0));
            }
            assert!(round.insert(question.clone()), "{question} twice in a round");
            shown.push(question);
            let options = visitor.pending()["options"].as_array().expect("options");
            let option = &options[(pick >> i) % options.len()];
            assert!(option["image_url"].is_string(), "{option}");
            let (label, value) = (text(&option["label"]), option["value"].clone());
            for (key, score) in &answers[&label] {
                *total.entry(key.clone()).or_default() += score;
            }
            visitor.say(value);
        }
        total
    }
}

/// The best keys: by score, then by name.
pub(super) fn best(scores: &Scores, count: usize) -> Vec<&str> {
    let mut keys: Vec<_> = scores.iter().collect();
    keys.sort_by(|(key, score), (other, than)| than.total_cmp(score).then(key.cmp(other)));
    keys.into_iter().take(count).map(|(key, _)| key.as_str()).collect()
}

/// A JSON object as scores.
pub(super) fn scores(value: &Value) -> Scores {
    let map = value.as_object().unwrap_or_else(|| panic!("no scores: {value}"));
    map.iter().map(|(key, score)| (key.clone(), score.as_f64().unwrap())).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
