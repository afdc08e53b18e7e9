//! Questions that find out what somebody likes (S3.40).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::error::FieldError;

/// What an answer may say somebody likes.
const HUES: [&str; 13] = [
    "hue01_dark_suspense",
    "hue02_beautiful_whimsical",
    "hue03_dark_beautiful",
    "hue04_joyful_charming",
    "hue05_funny_comic",
    "hue06_dark_gritty",
    "hue07_silly_charming",
    "hue08_charming_courageous",
    "hue09_charming_playful",
    "hue10_inspiring",
    "hue11_realistic_hope",
    "hue12_funny_quirky",
    "hue13_informative",
];

/// Whether the body of a question is such a question (F57).
pub(super) fn is_meant(body: &Map<String, Value>) -> bool {
    let has = |key: &str| body.get(key).is_some_and(|value| !value.is_null());
    has("answers") && (has("question_text") || !(has("text") || has("question")))
}

/// Everything that is wrong with such a question.
pub(super) fn check(body: &Map<String, Value>) -> Vec<FieldError> {
    let mut found = Found(Vec::new());
    if !is_text(body.get("question_text")) {
        found.add(&[json!("question_text")], "must be a text that is not empty");
    }
    let min = found.age(body, "min_age", 0);
    let max = found.age(body, "max_age", 99);
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        found.add(&[json!("max_age")], "must not be less than min_age");
    }
    let Some(answers) = body.get("answers").and_then(Value::as_array) else {
        found.add(&[json!("answers")], "must be a list");
        return found.0;
    };
    if !(2..=6).contains(&answers.len()) {
        found.add(&[json!("answers")], "must have 2 to 6 items");
    }
    let mut texts = BTreeSet::new();
    for (i, answer) in answers.iter().enumerate() {
        let at = |key: &str| [json!("answers"), json!(i), json!(key)];
        match answer.get("text").and_then(Value::as_str).filter(|text| !text.trim().is_empty()) {
            None => found.add(&at("text"), "must be a text that is not empty"),
            Some(text) if !texts.insert(text) => {
                found.add(&at("text"), "is the text of another answer");
            }
            Some(_) => {}
        }
        let image = answer.get("image_url").filter(|image| !image.is_null());
        let is_short = |image: &Value| image.as_str().is_some_and(|url| url.chars().count() <= 512);
        if image.is_some_and(|image| !is_short(image)) {
            found.add(&at("image_url"), "must be a text of at most 512 characters");
        }
        match answer.get("hue_map").and_then(Value::as_object) {
            None => found.add(&at("hue_map"), "must be an object"),
            Some(hues) => {
                for (hue, weight) in hues {
                    let is_share = |weight: f64| (0.0..=1.0).contains(&weight);
                    let fits =
                        HUES.contains(&hue.as_str()) && weight.as_f64().is_some_and(is_share);
                    if !fits {
                        let [answers, i, map] = at("hue_map");
                        let place = [answers, i, map, json!(hue)];
                        found.add(&place, "must be one of the hues, with a number from 0 to 1");
                    }
                }
            }
        }
    }
    found.0
}

fn is_text(value: Option<&Value>) -> bool {
    value.and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
}

struct Found(Vec<FieldError>);

impl Found {
    fn add(&mut self, place: &[Value], message: &str) {
        let loc = [json!("body"), json!("content")].into_iter().chain(place.iter().cloned());
        let kind = "value_error.preference_question".to_owned();
        self.0.push(FieldError { loc: loc.collect(), msg: message.to_owned(), kind });
    }

    fn age(&mut self, body: &Map<String, Value>, key: &str, usual: u64) -> Option<u64> {
        let age = match body.get(key).filter(|age| !age.is_null()) {
            None => Some(usual),
            Some(age) => age.as_u64().filter(|age| *age <= 99),
        };
        if age.is_none() {
            self.add(&[json!(key)], "must be a whole number from 0 to 99");
        }
        age
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(body: &Value) -> Vec<String> {
        let found = check(body.as_object().unwrap());
        found.iter().map(|error| json!(error.loc[2..]).to_string()).collect()
    }

    #[test]
    fn a_question_is_held_against_the_rules_of_preference_questions() {
        // S3.40
        let answer = |text: &str| json!({"text": text, "hue_map": {"hue05_funny_comic": 1}});
        let good = json!({"question_text": "Pick", "answers": [answer("a"), answer("b")]});
        assert_eq!(places(&good), [""; 0]);
        let bad = json!({
            "question_text": " ", "min_age": 50, "max_age": 7,
            "answers": [
                answer("a"), answer("a"), {"hue_map": {}}, {"text": "c"},
                {"text": "d", "image_url": "u".repeat(513), "hue_map": {"hue99": 0.5, "hue10_inspiring": 1.1}},
            ],
        });
        assert_eq!(
            places(&bad),
            [
                "[\"question_text\"]",
                "[\"max_age\"]",
                "[\"answers\",1,\"text\"]",
                "[\"answers\",2,\"text\"]",
                "[\"answers\",3,\"hue_map\"]",
                "[\"answers\",4,\"image_url\"]",
                "[\"answers\",4,\"hue_map\",\"hue10_inspiring\"]",
                "[\"answers\",4,\"hue_map\",\"hue99\"]",
            ]
        );
        assert_eq!(
            places(&json!({"question_text": "x", "min_age": -1, "answers": []})),
            ["[\"min_age\"]", "[\"answers\"]"]
        );
    }
}
