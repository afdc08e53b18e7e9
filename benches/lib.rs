//! The conversation STD-1, written by hand and played by the engine, and what is measured of both.

pub mod clock;
pub mod engine;
pub mod goal;
pub mod hand;
pub mod hostile;
#[cfg(target_arch = "wasm32")]
pub mod module;
pub mod std1;

use serde_json::Value;

/// Fails unless both sides do the work that is about to be measured.
pub fn check_results() {
    let (hand, mut talk) = (hand::Hand::new(), engine::Talk::std1());
    let (state, said) = hand.in_memory();
    std1::check(&state, &said);
    let mut lines = Vec::new();
    let session = talk.in_memory(|turn| engine::read(&turn, &mut lines));
    std1::check(&Value::Object(session.state().clone()), &lines);
    let after_start = |lines: Vec<String>| [said[..2].to_vec(), lines].concat();
    let (text, lines) = hand.persisted();
    std1::check(&serde_json::from_str(&text).expect("JSON"), &after_start(lines));
    let mut lines = Vec::new();
    let stored = talk.persisted(|turn| engine::read(&turn, &mut lines));
    let state = serde_json::from_str(&stored.state).expect("JSON");
    std1::check(&state, &after_start(lines));
    assert_eq!(stored.state_hash, session.state_hash());
}
