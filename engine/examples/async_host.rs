//! A host that must not block: effects are resolved by futures.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use chatflow::{
    AsyncResolver, Catalog, Effect, EffectKind, Engine, Flow, FlowDefinition, Input, InputKind,
    NewSession, Next, Outcome, Seed, Session, SessionId, Timestamp, drive_async,
};
use serde_json::json;

const FLOW: &str = r#"{
    "seed_key": "weather", "name": "Weather", "version": "1.0.0", "entry_node_id": "ask",
    "nodes": [
        {"id": "ask", "type": "webhook", "content": {
            "url": "https://weather.example/today", "method": "GET",
            "response_mapping": {"temp.sky": "sky"}}},
        {"id": "tell", "type": "message", "content": {"text": "It is {{temp.sky}}."}}
    ],
    "connections": [{"source": "ask", "target": "tell", "connection_type": "success"}]
}"#;

/// A host whose network answers at the second poll.
struct Network;
impl AsyncResolver for Network {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000)
    }

    async fn resolve(&self, effect: &Effect) -> Outcome {
        let EffectKind::CallWebhook { request } = &effect.kind else {
            return Outcome::failed("no_handler", "this host sends requests only");
        };
        println!("sent to {}", request.url);
        let mut polls = 0_u32;
        std::future::poll_fn(|context| {
            polls = polls.saturating_add(1);
            context.waker().wake_by_ref();
            if polls < 2 { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        println!("answered at poll {polls}");
        Outcome::Done { value: json!({"status": 200, "headers": {}, "body": {"sky": "blue"}}) }
    }
}

/// What an async runtime does, for one future.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let definition = FlowDefinition::read_json(FLOW).0.ok_or("not a flow")?;
    let flow = Flow::compile(&definition, 1).flow.ok_or("it has errors")?;
    let mut session = Session::new(NewSession {
        id: SessionId::derived("async"),
        flow: flow.version(),
        pins: BTreeMap::new(),
        seed: Seed::from_text("async"),
        user_id: None,
        tenant: None,
        trace: chatflow::TraceLevel::Off,
    });
    let (engine, mut catalog) = (Engine::default(), Catalog::from_iter([flow]));
    let start = InputKind::Start { state: serde_json::Map::new().into() };
    let input = Input::new(Network.now(), start);
    let turn = drive_async(&engine, &mut catalog, &mut session, input, &Network);
    let turn = block_on(turn)?.turn;
    for item in turn.messages() {
        println!("{}", item.as_text().unwrap_or_default());
    }
    assert!(matches!(turn.next, Next::Ended(_)));
    Ok(())
}
