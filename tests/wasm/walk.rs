//! Walking through a flow that nobody wrote answers for.

use chatflow::{Case, InputType, Preview, Prompt};
use serde_json::{Value, json};

/// The most answers of a walk; flows may lead back to their start.
pub(crate) const MOST: usize = 60;

/// What is said where a text, or anything unforeseen, is wanted. One of them may pass where another is refused.
const SAYINGS: [&str; 5] = ["Pip 🏮", "9", "O'Neil & <söns>", "né\u{301}e {{user.name}}", "x"];

/// Answers whatever is asked, at most so often; each variant differently, and now and then with
/// nonsense.
pub(crate) fn answers(case: &Case, variant: usize, most: usize) -> Vec<Value> {
    let (library, _) = case.library().expect("the case is well-formed");
    let name = case.flow.as_deref().expect("the case names its flow");
    let flow = library.find(name).unwrap_or_else(|| panic!("`{name}` can be run"));
    let state = case.state.clone();
    let (mut preview, _) = Preview::start(&library, flow, &case.seed, case.at, state).unwrap();
    let mut given = Vec::new();
    while preview.ended().is_none() && given.len() < most {
        let answer = match preview.prompt() {
            Some(prompt) => answer(prompt, variant, given.len()),
            None => result(variant + given.len()),
        };
        let _turn = preview.reply(answer.clone()).unwrap();
        given.push(answer);
    }
    given
}

/// What came of a script; now and then nothing good.
fn result(pick: usize) -> Value {
    match pick % 5 {
        0 => json!({"timed_out": true}),
        1 => json!({"error": "unsupported"}),
        2 => json!("no result 🦊"),
        _ => {
            json!({"outputs": {"temp.x": 2.0, "x": "é", "output": {"o": [pick]}, "more": 1}, "html": "<p>1</p>"})
        }
    }
}

fn answer(prompt: &Prompt, variant: usize, turn: usize) -> Value {
    let pick = variant + turn;
    if pick % 5 == 4 {
        return json!("no such thing 🦊");
    }
    let option = prompt.options.get(pick % prompt.options.len().max(1));
    let option = option.map(|option| option.to_value()["value"].clone());
    match (option, prompt.input_type) {
        (Some(option), InputType::MultipleChoice) => json!([option]),
        (Some(option), _) => option,
        (None, InputType::Number | InputType::Slider) => json!(4 + pick * 7 % 60),
        (None, InputType::Email) => json!("pip@example.org"),
        (None, InputType::Date) => json!("2026-05-04"),
        (None, InputType::Boolean) => json!(pick.is_multiple_of(2)),
        (None, _) => json!(SAYINGS[pick % SAYINGS.len()]),
    }
}
