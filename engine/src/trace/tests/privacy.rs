//! What must not be told, and what a turn tells besides its trace.

use serde_json::{Value, json};

use super::{quiz, traced};
use crate::id::FlowId;
use crate::mask::Masker;
use crate::protocol::{HistoryEntry, InteractionType, SessionChange, Turn};

#[test]
fn a_sensitive_answer_shows_nowhere() {
    // R11.67, S7.19, S7.13: whatever its key says, in every later step, and in history.
    for flag in ["sensitive", "pii"] {
        let graph = json!({
            "nodes": [
                {"id": "ask", "type": "question", "content": {"question": "Your wish?",
                    "variable": "temp.wish", flag: true}},
                {"id": "copy", "type": "action", "content": {"actions": [
                    {"type": "set_variable", "variable": "temp.copy", "value": "{{temp.wish}}"},
                    {"type": "set_variable", "variable": "temp.both", "value": "<{{temp.wish}}> Unicornish"}
                ]}},
                {"id": "say", "type": "message", "content": {"text": "You wish for {{temp.wish}}."}},
                {"id": "again", "type": "question", "content": {"question": "Really {{temp.wish}}?"}}
            ],
            "connections": [{"source": "ask", "target": "copy"}, {"source": "copy", "target": "say"},
                {"source": "say", "target": "again"}]
        });
        let played = traced(graph, &json!({"temp": {}}), &[json!("Unicorn"), json!("yes")]);
        assert_eq!(played.session.state()["temp"]["copy"], "Unicorn", "the session keeps it");
        let text = played.text().replace("Unicornish", "");
        assert!(!text.contains("Unicorn"), "{text}");
        assert_eq!(played.details("say")["rendered_message"], "You wish for [REDACTED].");
        assert_eq!(played.at("copy")[0].changed["temp.both"][1], "<[REDACTED]> Unicornish");
        let answered = &played.at("ask")[1];
        assert_eq!(answered.execution_details["user_response"], "[REDACTED]");
        assert_eq!(answered.changed["temp.wish"], [Value::Null, json!("[REDACTED]")]);
        let rows = played.turns[1].history(played.session.flow().id);
        let inputs = rows.iter().filter(|row| row.content.contains_key("input"));
        for row in inputs {
            assert!(!json!(row.content).to_string().contains("Unicorn"), "{row:?}");
        }
    }
}

#[test]
fn the_summary_of_an_action_is_masked() {
    // S7.13: history rows of actions; other rows are the conversation itself.
    let row = |interaction_type, content: Value| HistoryEntry {
        flow: FlowId::derived("f"),
        node: "n".into(),
        interaction_type,
        content: content.as_object().cloned().unwrap(),
    };
    let mut action = row(
        InteractionType::Action,
        json!({"type": "action_execution",
        "errors": ["action 0 (api_call): bo@x.io is unknown"], "variables_updated": ["user.email"]}),
    );
    action.mask(&Masker::new(b"test"));
    assert_eq!(
        json!(action.content),
        json!({"type": "action_execution",
        "errors": ["action 0 (api_call): [EMAIL] is unknown"], "variables_updated": ["user.email"]})
    );
    let said = row(InteractionType::Message, json!({"messages": [{"text": "Mail bo@x.io"}]}));
    let mut masked = said.clone();
    masked.mask(&Masker::new(b"test"));
    assert_eq!(masked, said);
}

#[test]
fn a_turn_is_told_by_what_changed_most() {
    // R11.40: status, then node, then revision.
    let played = traced(quiz(), &json!({"user": {"name": "Ada"}}), &[json!("x"), json!("9")]);
    let told: Vec<_> = played.turns.iter().map(Turn::change).collect();
    assert_eq!(
        told,
        [
            SessionChange::SessionStarted,
            SessionChange::SessionUpdated,
            SessionChange::SessionStatusChanged,
        ]
    );
    let graph = json!({"nodes": [
        {"id": "a", "type": "question", "content": {"question": "?"}},
        {"id": "b", "type": "question", "content": {"question": "?"}}],
        "connections": [{"source": "a", "target": "b"}]});
    let played = traced(graph, &json!({}), &[json!("x")]);
    assert_eq!(played.turns[1].change(), SessionChange::NodeChanged);
}
