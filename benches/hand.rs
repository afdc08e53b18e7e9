//! STD-1 written by hand over the same JSON state: the bound that the engine is held against.
//!
//! It knows its flow by heart, checks nothing that cannot happen and records no history. What it
//! shares with the engine is what no engine can avoid: an open JSON state and its text.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::std1::{ANSWERS, LIMITS, initial_state};

/// The conversation by hand; holds what is made once and used by all.
#[derive(Debug)]
pub struct Hand {
    seed: Value,
    stored: String,
}

impl Hand {
    /// Prepares the state, and its text as it is after the start.
    pub fn new() -> Self {
        let seed = initial_state();
        let mut started = seed.clone();
        start(&mut started, &mut Vec::new());
        Self { stored: started.to_string(), seed }
    }

    /// A start and five turns in memory.
    pub fn in_memory(&self) -> (Value, Vec<String>) {
        let mut state = self.seed.clone();
        let mut said = Vec::with_capacity(12);
        start(&mut state, &mut said);
        for answer in ANSWERS {
            turn(&mut state, std::hint::black_box(answer), &mut said);
        }
        (state, said)
    }

    /// Five turns, each from the stored text to the stored text and its hash.
    pub fn persisted(&self) -> (String, Vec<String>) {
        let mut said = Vec::with_capacity(12);
        let mut text = self.stored.clone();
        for answer in ANSWERS {
            let mut state: Value = serde_json::from_str(&text).expect("it was written so");
            turn(&mut state, std::hint::black_box(answer), &mut said);
            text = state.to_string();
            std::hint::black_box(hash(&text));
        }
        (text, said)
    }
}

impl Default for Hand {
    fn default() -> Self {
        Self::new()
    }
}

fn start(state: &mut Value, said: &mut Vec<String>) {
    said.push(format!("Hello {}, welcome!", state["user"]["name"].as_str().expect("a name")));
    said.push("Question 1: pick one".to_owned());
    state["system"]["node"] = Value::from("q1");
}

fn turn(state: &mut Value, answer: &str, said: &mut Vec<String>) {
    let (limit, variable, next, text) = match state["system"]["node"].as_str().expect("a node") {
        "q1" => (LIMITS[0], "answer1", "q2", "Question 2: pick one"),
        "q2" => (LIMITS[1], "answer2", "q3", "Question 3: pick one"),
        "q3" => (LIMITS[2], "answer3", "q4", "Question 4: pick one"),
        "q4" => (LIMITS[3], "answer4", "q5", "Question 5: pick one"),
        "q5" => (LIMITS[4], "answer5", "end", "Goodbye!"),
        other => panic!("no node `{other}`"),
    };
    assert!(matches!(answer, "a" | "b" | "c" | "d"));
    state["temp"][variable] = Value::from(answer);
    let score = state["temp"]["score"].as_i64().expect("a score");
    let (level, score) =
        if score >= limit { ("advanced", score + 1) } else { ("basic", score + 2) };
    state["user"]["reading_level"] = Value::from(level);
    state["temp"]["score"] = Value::from(score);
    said.push(format!(
        "Level {}, score {}.",
        state["user"]["reading_level"].as_str().expect("a level"),
        state["temp"]["score"]
    ));
    said.push(text.to_owned());
    state["system"]["node"] = Value::from(next);
}

/// SHA-256 in hex.
fn hash(text: &str) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).expect("below 16");
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        hex.push(digit(byte >> 4));
        hex.push(digit(byte & 15));
    }
    hex
}
