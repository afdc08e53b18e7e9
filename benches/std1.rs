//! STD-1: five rounds of question, condition, action and message over about a kilobyte of state.

use serde_json::{Value, json};

/// What the visitor answers; one turn each.
pub const ANSWERS: [&str; 5] = ["b", "c", "a", "d", "b"];

/// The score from which on the visitor counts as advanced, by round.
pub const LIMITS: [i64; 5] = [1, 2, 4, 4, 6];

/// Turns of one conversation. Its start is counted in, but not as a turn.
pub const TURNS: f64 = 5.0;

/// The state that a conversation starts from, of the shape that sessions have.
pub fn initial_state() -> Value {
    json!({
        "context": {
            "channel": "web",
            "locale": "en-NZ",
            "ref": "https://example.org/library/kids?campaign=winter-reading",
            "started": "2026-01-01T00:00:00Z",
            "tags": ["reading", "winter", "kids", "onboarding"],
            "ab": {"greeting": "B", "cta": "A"},
        },
        "user": {
            "id": "6c1f9e6e-5b0f-4f1f-9a56-3a3c3c8d5f10",
            "name": "Ada",
            "age": 10,
            "school_id": "8d7a1a77-0d8b-4f7d-9d1a-90a8e1f0a1b2",
            "reading_level": "none",
            "interests": ["space", "dragons", "football", "mystery"],
            "email": "ada@example.org",
            "books": [
                {"isbn": "9780141366272", "title": "The BFG", "rating": 5},
                {"isbn": "9780439708180", "title": "Harry Potter and the Sorcerer's Stone", "rating": 4},
                {"isbn": "9780060256654", "title": "The Giving Tree", "rating": 3},
            ],
        },
        "temp": {
            "score": 0,
            "answer1": null,
            "answer2": null,
            "answer3": null,
            "answer4": null,
            "answer5": null,
            "notes": "This is a filler note that brings the state to about one kilobyte of JSON text for the measurement.",
        },
        "system": {
            "node": "greet",
            "flow": "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "stack": [],
            "rev": 1,
        },
    })
}

/// Rounds of STD-1 that make a flow of about 2000 nodes, the most a flow may have, and of about 200.
pub const WIDE: [usize; 2] = [399, 39];

/// How many nodes a flow of so many rounds has.
pub fn nodes_of(rounds: usize) -> f64 {
    f64::from(u32::try_from(rounds * 5 + 2).expect("few nodes"))
}

/// The flow of STD-1 for 5 rounds; with more of them WIDE-1, and `looped` LONG-1.
pub fn flow_doc(rounds: usize, looped: bool) -> Value {
    let mut nodes = vec![message("greet", "Hello {{user.name}}, welcome!")];
    let mut connections = vec![connection("greet", "q1", "default")];
    for round in 1..=rounds {
        let limit = match (looped, rounds) {
            (true, _) => 6,
            (false, 5) => LIMITS[round - 1],
            (false, _) => i64::try_from(round).expect("few rounds"),
        };
        let [ask, test, yes, no, tell] =
            ["q", "c", "t", "f", "m"].map(|kind| format!("{kind}{round}"));
        nodes.push(question(&ask, round));
        nodes.push(json!({"id": test, "type": "condition", "content": {
            "conditions": [{"if": format!("temp.score >= {limit}"), "then": "$0"}],
            "default_path": "$1",
        }}));
        nodes.push(action(&yes, "advanced", 1));
        nodes.push(action(&no, "basic", 2));
        nodes.push(message(&tell, "Level {{user.reading_level}}, score {{temp.score}}."));
        let next = match (round < rounds, looped) {
            (true, _) => format!("q{}", round + 1),
            (false, true) => "q1".to_owned(),
            (false, false) => "end".to_owned(),
        };
        connections.extend([
            connection(&ask, &test, "default"),
            connection(&test, &yes, "$0"),
            connection(&test, &no, "$1"),
            connection(&yes, &tell, "default"),
            connection(&no, &tell, "default"),
            connection(&tell, &next, "default"),
        ]);
    }
    nodes.push(message("end", "Goodbye!"));
    json!({"entry_node_id": "greet", "nodes": nodes, "connections": connections})
}

/// Fails unless a conversation ended as STD-1 must: the score, the level and what was said.
pub fn check(state: &Value, said: &[String]) {
    assert_eq!(state["temp"]["score"], 7);
    assert_eq!(state["user"]["reading_level"], "advanced");
    // The engine keeps the whole option, the bound its value only.
    let answer = &state["temp"]["answer5"];
    assert_eq!(answer.get("value").unwrap_or(answer), "b");
    let expected = [
        "Hello Ada, welcome!",
        "Question 1: pick one",
        "Level basic, score 2.",
        "Question 2: pick one",
        "Level advanced, score 3.",
        "Question 3: pick one",
        "Level basic, score 5.",
        "Question 4: pick one",
        "Level advanced, score 6.",
        "Question 5: pick one",
        "Level advanced, score 7.",
        "Goodbye!",
    ];
    assert_eq!(said, expected);
}

fn message(id: &str, text: &str) -> Value {
    json!({"id": id, "type": "message", "content": {"messages": [{"text": text}]}})
}

fn question(id: &str, round: usize) -> Value {
    let options =
        ["a", "b", "c", "d"].map(|name| json!({"label": format!("Option {name}"), "value": name}));
    json!({"id": id, "type": "question", "content": {
        "question": {"text": format!("Question {round}: pick one")},
        "input_type": "choice",
        "options": options,
        "variable": format!("temp.answer{}", (round - 1) % 5 + 1),
    }})
}

fn action(id: &str, level: &str, points: i64) -> Value {
    json!({"id": id, "type": "action", "content": {"actions": [
        {"type": "set_variable", "variable": "user.reading_level", "value": level},
        {"type": "increment", "variable": "temp.score", "amount": points},
    ]}})
}

fn connection(source: &str, target: &str, kind: &str) -> Value {
    json!({"source": source, "target": target, "type": kind})
}
