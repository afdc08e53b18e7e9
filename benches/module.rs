//! STD-1 for JavaScript to time: no clock of CPU time can be read inside a module.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::engine::{Talk, unread};

/// Plays whole conversations in memory, or from text to text.
///
/// # Panics
///
/// On a case that is neither `in-memory` nor `persisted`.
#[wasm_bindgen]
pub fn converse(case: &str, conversations: u32) {
    thread_local!(static TALK: std::cell::RefCell<Talk> = std::cell::RefCell::new(Talk::std1()));
    TALK.with_borrow_mut(|talk| {
        for _ in 0..conversations {
            match case {
                "in-memory" => drop(std::hint::black_box(talk.in_memory(unread))),
                "persisted" => drop(std::hint::black_box(talk.persisted(unread))),
                other => panic!("no case `{other}`"),
            }
        }
    });
}
