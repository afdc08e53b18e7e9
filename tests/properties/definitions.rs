//! What a report lets pass must run: a flow without an error never fails because of how it is drawn.

use chatflow::{Event, FlowDefinition, Handlers, Limits, Phase};
use chatflow_tests::conversation::World;
use chatflow_tests::strategies::{content, documents, handlers, json, replies};
use proptest::collection::vec;

use super::check;
use super::hostile::replace;
use super::talk::{Talk, some_state};

/// Codes of failures that only a mistake in the definition, or in the engine, can cause.
const OF_DEFINITION: [&str; 7] = [
    "node_gone",
    "node_invalid",
    "read_only_scope",
    "resume_mismatch",
    "subflow_entry_missing",
    "unknown_action_type",
    "unknown_function",
];

/// R2.2, R12.1.
#[test]
fn a_flow_without_errors_never_fails_for_a_reason_of_its_definition() {
    let damage = vec((vec(0_usize..16, 1..7), json()), 0..3);
    let strategy = (documents(), damage, replies());
    check("sound flows talked to", 50_000, &strategy, |(mut documents, damage, replies)| {
        for (i, (way, with)) in damage.into_iter().enumerate() {
            replace(&mut documents[i % 3], &way, with);
        }
        documents.retain(|document| {
            let (definition, report) = FlowDefinition::read(document);
            definition.is_some() && !report.has_errors()
        });
        let handlers = Handlers::read(&handlers()).unwrap();
        let world = World::of_documents(&documents, &content(), handlers);
        let Some(mut talk) = Talk::new(&world, Limits::default()) else { return };
        talk.start(some_state()).unwrap();
        replies.into_iter().all(|reply| talk.reply(reply));
        for event in talk.steps.iter().flat_map(|step| &step.events) {
            let Event::Failed { node, code, message } = event else { continue };
            let unknown = message.starts_with("unknown function")
                || message.starts_with("unknown method")
                || OF_DEFINITION.contains(&&**code);
            assert!(!unknown, "{code} at {node:?}: {message}");
        }
        if let Phase::Ended(ending) = talk.session.phase() {
            let code = ending.code.as_deref().unwrap_or_default();
            assert!(!OF_DEFINITION.contains(&code), "{ending:?}");
        }
    });
}
