//! A conversation in a preview.

use chatflow::{InputType, Preview, Prompt, Transcript, TranscriptTurn, Turn};
use serde_json::Value;

use super::{Opening, Played, Visitor, World, path_of, row};

/// Plays a conversation in memory.
pub fn play_in_memory(world: &World, opening: &Opening, visitor: &mut impl Visitor) -> Played {
    let flow = world.library.find(&opening.flow).unwrap_or_else(|| panic!("{:?}", world.reports));
    let (mut preview, turn) =
        Preview::start(&world.library, flow, &opening.seed, opening.at, opening.state.clone())
            .unwrap();
    let (mut turns, mut history, mut path) = (Vec::new(), Vec::new(), Vec::new());
    let mut keep = |preview: &Preview<'_>, input: Value, turn: &Turn| {
        history.extend(turn.history(flow).iter().map(row));
        path.extend(path_of(turn));
        let told = turn.to_value(preview.session());
        turns.push(TranscriptTurn { input, turn: told.clone() });
        told
    };
    let mut told = keep(&preview, Value::Null, &turn);
    while preview.ended().is_none() {
        let continues = preview.prompt().is_some_and(is_acknowledgement);
        let Some(answer) = visitor.answer(&told) else { break };
        let turn = preview.reply(answer.clone()).unwrap();
        told = keep(&preview, if continues { Value::Null } else { answer }, &turn);
    }
    let session = preview.session();
    let transcript = Transcript {
        format: 1,
        flow: opening.flow.clone(),
        seed: opening.seed.clone(),
        turns,
        state: Value::Object(session.state().clone()),
        state_hash: session.state_hash(),
        ended: preview.ended(),
        refused: None,
    };
    Played { transcript, history, path, requests: Vec::new() }
}

fn is_acknowledgement(prompt: &Prompt) -> bool {
    // A message that offers replies may be given one.
    prompt.input_type == InputType::Continue && prompt.options.is_empty()
}
