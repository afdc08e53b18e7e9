//! STD-1 as an ink story: `ink in-memory|persisted` prints CPU nanoseconds per turn.

#[path = "../clock.rs"]
#[expect(dead_code, reason = "it is shared with the benches, which use all of it")]
mod clock;
mod sample;

use bladeink::story::Story;

/// The options that the visitor takes: b, c, a, d, b.
const ANSWERS: [usize; 5] = [1, 2, 0, 3, 1];

fn main() {
    let mut story = Story::new(include_str!("std1.ink.json")).expect("a story");
    let lines: Vec<String> = converse(&mut story);
    assert_eq!(lines.len(), 12, "{lines:?}");
    assert_eq!(lines[2].trim(), "Level basic, score 2.");
    assert_eq!(lines[10].trim(), "Level advanced, score 7.");
    sample::print(
        || drop(std::hint::black_box(converse(&mut story))),
        || {
            let mut story = Story::new(include_str!("std1.ink.json")).expect("a story");
            tell(&mut story, &mut Vec::new());
            let begun = story.save_state().expect("a saved state");
            move || {
                let (mut saved, mut lines) = (begun.clone(), Vec::with_capacity(12));
                for answer in ANSWERS {
                    story.load_state(&saved).expect("it was saved so");
                    story.choose_choice_index(answer).expect("four options");
                    tell(&mut story, &mut lines);
                    saved = story.save_state().expect("a saved state");
                }
                drop(std::hint::black_box((saved, lines)));
            }
        },
    );
}

/// A start and five turns of a story that is used again.
fn converse(story: &mut Story) -> Vec<String> {
    story.reset_state().expect("it starts anew");
    let mut lines = Vec::with_capacity(12);
    tell(story, &mut lines);
    for answer in ANSWERS {
        std::hint::black_box(story.get_current_choices());
        story.choose_choice_index(answer).expect("four options");
        tell(story, &mut lines);
    }
    lines
}

fn tell(story: &mut Story, lines: &mut Vec<String>) {
    while story.can_continue() {
        lines.push(story.cont().expect("a line"));
    }
}
