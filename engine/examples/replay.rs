//! A journal of a conversation: replayed, travelled in, and held against a flow that was changed.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;
use std::sync::Arc;

use chatflow::{
    Catalog, Effect, Engine, Flow, FlowDefinition, Input, InputKind, InputType, Journal,
    NewSession, Outcome, Place, Resolver, Seed, Session, SessionId, Timestamp, drive, replay,
    replay_to,
};
use serde_json::{Value, json};

fn till(bill: &str) -> Result<Arc<Flow>, &'static str> {
    let document = json!({
        "seed_key": "till", "name": "Till", "version": "1.0.0", "entry_node_id": "cups",
        "nodes": [
            {"id": "cups", "type": "question", "content": {
                "question": "How many cups?", "input_type": "number", "variable": "temp.cups"}},
            {"id": "sum", "type": "action", "content": {"actions": [
                {"type": "calculate", "target": "temp.sum", "expression": "temp.cups * 3"}]}},
            {"id": "bill", "type": "message", "content": {"text": bill}},
            {"id": "more", "type": "question", "content": {
                "question": "More?", "input_type": "text", "variable": "temp.more"}}
        ],
        "connections": [{"source": "cups", "target": "sum"}, {"source": "sum", "target": "bill"},
                        {"source": "bill", "target": "more"}]
    });
    let definition = FlowDefinition::read(&document).0.ok_or("not a flow")?;
    Flow::compile(&definition, 1).flow.ok_or("it has errors")
}

/// The flow asks nothing of its host but the time.
struct Clock(i64);
impl Resolver for Clock {
    fn now(&mut self) -> Timestamp {
        self.0 = self.0.saturating_add(1000);
        Timestamp::from_millis(self.0)
    }
    fn resolve(&mut self, effect: &Effect) -> Outcome {
        Outcome::failed("no_handler", format!("nothing resolves {effect:?}"))
    }
}

fn reply(value: Value) -> InputKind {
    InputKind::Reply { value, hint: InputType::Text }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let flow = till("{{temp.sum}} euros.")?;
    let version = flow.version();
    let (engine, mut flows) = (Engine::default(), Catalog::from_iter([flow]));
    let mut session = Session::new(NewSession {
        id: SessionId::derived("replay"),
        flow: version,
        pins: BTreeMap::new(),
        seed: Seed::from_text("replay"),
        user_id: None,
        tenant: None,
        trace: chatflow::TraceLevel::Off,
    });
    let mut journal = Journal::new(&session, &flows);
    let mut clock = Clock(1_767_225_600_000);
    let start = InputKind::Start { state: serde_json::Map::new().into() };
    for kind in [start, reply(json!(2)), reply(json!("No"))] {
        let input = Input::new(clock.now(), kind);
        let driven = drive(&engine, &mut flows, &mut session, input, &mut clock)?;
        journal.add(&driven, &session);
    }
    let text = serde_json::to_string(&journal)?;
    let journal = Journal::read_json(&text)?;

    let again = replay(&engine, &flows, &journal);
    assert!(again.divergence.is_none() && again.session == session);
    println!("The replay is the conversation: {}", again.session.state_json());

    // Back to the first question, and another way from there.
    let mut other = replay_to(&engine, &flows, &journal, Place { turn: 1, step: 1 }).session;
    let input = Input::new(clock.now(), reply(json!(5)));
    let turn = drive(&engine, &mut flows, &mut other, input, &mut clock)?.turn;
    assert_eq!(turn.messages().len(), 1);
    println!("With five cups it had been: {}", other.state_json());

    // The same conversation on a flow that words the bill differently.
    let reworded = Catalog::from_iter([till("That is {{temp.sum}} euros.")?]);
    let changed = replay(&engine, &reworded, &journal);
    println!("Changed flows: {}", changed.changed.len());
    println!("{}", changed.divergence.ok_or("the change went unseen")?);
    Ok(())
}
