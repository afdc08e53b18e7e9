//! Sessions are plain data, steps are a function of them, and refusals change nothing.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use chatflow::{
    AsyncResolver, Effect, EffectId, EffectKind, InputKind, InputType, Limits, Next, Outcome,
    Resolver, Session, StepError, Timestamp, drive, drive_async, state_hash,
};
use chatflow_tests::conversation::World;
use chatflow_tests::strategies::{json, replies, text, world};
use proptest::collection::vec;
use proptest::strategy::Strategy;
use serde_json::{Map, Value, json};

use super::check;
use super::talk::{Talk, some_state};

fn restored(session: &Session) -> Session {
    Session::restore(&session.engine_json(), &session.state_json()).unwrap()
}

#[test]
fn a_session_is_the_same_after_it_was_stored_at_any_step() {
    check("sessions stored at every step", 20_000, &(world(), replies()), |(world, replies)| {
        let Some(mut whole) = Talk::new(&world, Limits::default()) else { return };
        let mut stored = whole.clone();
        let state = some_state().as_object().unwrap().clone();
        let store = |session: &mut Session| {
            let again = restored(session);
            assert_eq!(&again, session);
            *session = again;
        };
        whole.feed(InputKind::Start { state: state.clone().into() }).unwrap();
        stored.feed_and(InputKind::Start { state: state.into() }, store).unwrap();
        for reply in replies {
            let kind = InputKind::Reply { value: reply, hint: InputType::Text };
            let (a, b) = (whole.feed(kind.clone()), stored.feed_and(kind, store));
            assert_eq!(a, b);
        }
        assert_eq!(whole.steps, stored.steps);
        assert_eq!(whole.session, stored.session);
    });
}

#[test]
fn a_number_keeps_its_type_when_its_session_is_stored() {
    // F22: at and above 2^63 a number is a double, whatever its text looks like.
    let numbers = [
        json!(i64::MAX),
        json!(i64::MIN),
        json!(9_223_372_036_854_775_808_u64),
        json!(u64::MAX),
        json!(1e18),
        json!(1e19),
        json!(1e300),
        json!(-0.0),
        json!(0.1),
        json!(5e-324),
    ];
    let flow = json!({
        "seed_key": "main", "name": "Main", "version": "1.0.0", "entry_node_id": "q",
        "nodes": [{"id": "q", "type": "question", "content": {"question": "?"}}], "connections": [],
    });
    let world = World::of_documents(&[flow], &[], chatflow::Handlers::default());
    let mut talk = Talk::new(&world, Limits::default()).unwrap();
    talk.start(json!({"temp": {"numbers": numbers}})).unwrap();
    assert_eq!(restored(&talk.session), talk.session);
}

#[test]
fn replaying_the_inputs_gives_the_same_steps() {
    // R0.3.
    check("sessions replayed", 20_000, &(world(), replies()), |(world, replies)| {
        let Some(mut run) = Talk::new(&world, Limits::default()) else { return };
        let mut replay = run.clone();
        run.start(some_state()).unwrap();
        replies.into_iter().all(|reply| run.reply(reply));
        for (input, step) in run.inputs.iter().zip(&run.steps) {
            let again = replay.engine.step(&replay.catalog, &mut replay.session, input.clone());
            assert_eq!(again.as_ref(), Ok(step));
            if let Next::Resolve(effect) = &step.next
                && matches!(effect.kind, EffectKind::LoadFlow { .. })
            {
                let _ = replay.resolve(effect);
            }
        }
        assert_eq!(run.session, replay.session);
    });
}

/// Resolves at once, or only when polled again.
struct Host<'a> {
    world: &'a World,
}

impl Host<'_> {
    fn answer(&self, effect: &Effect) -> Outcome {
        match &effect.kind {
            EffectKind::LoadFlow { flow } => {
                let definition = self.world.definitions.iter().find(|it| it.id == Some(flow.id));
                Outcome::Done { value: definition.unwrap().to_value() }
            }
            kind => self.world.library.resolve(kind, None),
        }
    }
}

impl Resolver for Host<'_> {
    fn now(&mut self) -> Timestamp {
        Timestamp::from_millis(5)
    }

    fn resolve(&mut self, effect: &Effect) -> Outcome {
        self.answer(effect)
    }
}

impl AsyncResolver for Host<'_> {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(5)
    }

    async fn resolve(&self, effect: &Effect) -> Outcome {
        let mut polled = false;
        std::future::poll_fn(|context| {
            context.waker().wake_by_ref();
            if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        self.answer(effect)
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

#[test]
fn driving_with_and_without_blocking_is_the_same() {
    check("turns driven both ways", 20_000, &(world(), replies()), |(world, replies)| {
        let Some(mut a) = Talk::new(&world, Limits::default()) else { return };
        let mut b = a.clone();
        let state = some_state().as_object().unwrap().clone();
        let answer = |value| InputKind::Reply { value, hint: InputType::Text };
        let kinds = [InputKind::Start { state: state.into() }]
            .into_iter()
            .chain(replies.into_iter().map(answer));
        for (turn, kind) in kinds.enumerate() {
            let at = Timestamp::from_millis(i64::try_from(turn).unwrap());
            let input = chatflow::Input::new(at, kind);
            let mut host = Host { world: &world };
            let blocking =
                drive(&a.engine, &mut a.catalog, &mut a.session, input.clone(), &mut host);
            let waiting = drive_async(&b.engine, &mut b.catalog, &mut b.session, input, &host);
            assert_eq!(blocking, block_on(waiting));
            assert_eq!(a.session, b.session);
        }
    });
}

/// Inputs that do not fit, and some that may.
fn inputs() -> impl Strategy<Value = Vec<InputKind>> {
    let map = || vec((text(), json()), 0..3).prop_map(Map::from_iter);
    let hint = proptest::sample::select(InputType::ALL.to_vec());
    let input = proptest::prop_oneof![
        map().prop_map(|state| InputKind::Start { state: state.into() }),
        map().prop_map(|updates| InputKind::Patch { updates }),
        json().prop_map(|scope| InputKind::Patch {
            updates: Map::from_iter([("temp".into(), scope)])
        }),
        (json(), hint).prop_map(|(value, hint)| InputKind::Reply { value, hint }),
        (0_u32..3, json()).prop_map(|(effect, value)| InputKind::Resolved {
            effect: EffectId(effect),
            outcome: Outcome::Done { value },
        }),
        json().prop_map(|result| InputKind::ScriptResult { result }),
        proptest::strategy::Just(InputKind::End),
        proptest::strategy::Just(InputKind::Restart),
    ];
    vec(input, 0..6)
}

#[test]
fn a_refused_input_leaves_the_session_unchanged() {
    // R0.12.
    let strategy = (world(), replies(), inputs());
    check("sessions given wrong inputs", 20_000, &strategy, |(world, replies, inputs)| {
        let limits = Limits { input_bytes: 200, state_bytes: 400, ..Limits::default() };
        let Some(mut talk) = Talk::new(&world, limits) else { return };
        try_all(&talk, &inputs);
        talk.start(some_state()).unwrap();
        for reply in replies {
            try_all(&talk, &inputs);
            talk.reply(reply);
        }
        try_all(&talk, &inputs);
        // Also in the middle of a turn.
        let mut session = Talk::new(&world, limits).unwrap().session;
        let mut talk = Talk::new(&world, limits).unwrap();
        let state = some_state().as_object().unwrap().clone();
        let start =
            chatflow::Input::new(Timestamp::default(), InputKind::Start { state: state.into() });
        let step = talk.engine.step(&talk.catalog, &mut session, start).unwrap();
        if matches!(step.next, Next::Resolve(_)) {
            talk.session = session;
            try_all(&talk, &inputs);
        }
    });
}

/// Each input alone, against a copy: either it is taken, or nothing happens.
fn try_all(talk: &Talk<'_>, inputs: &[InputKind]) {
    let large = Value::from("x".repeat(1000));
    let wrong = [
        InputKind::Reply { value: large.clone(), hint: InputType::Text },
        InputKind::Reply { value: json!(1), hint: InputType::ScriptResult },
        InputKind::Patch { updates: Map::from_iter([("temp".into(), json!(3))]) },
        InputKind::Patch { updates: Map::from_iter([("large".into(), large)]) },
        InputKind::Resolved { effect: EffectId(99), outcome: Outcome::failed("late", "too late") },
    ];
    for kind in &wrong {
        assert!(refused(talk, kind).is_some(), "{kind:?} at {:?}", talk.session.phase());
    }
    for kind in inputs {
        refused(talk, kind);
    }
    let nothing = chatflow::Catalog::default();
    let mut session = talk.session.clone();
    let input = chatflow::Input::new(Timestamp::default(), InputKind::End);
    let refusal = talk.engine.step(&nothing, &mut session, input).unwrap_err();
    assert!(matches!(refusal, StepError::FlowNotLoaded { .. }), "{refusal}");
    assert_eq!(session, talk.session);
}

fn refused(talk: &Talk<'_>, kind: &InputKind) -> Option<StepError> {
    let mut session = talk.session.clone();
    let input = chatflow::Input::new(Timestamp::default(), kind.clone());
    let refusal = talk.engine.step(&talk.catalog, &mut session, input).err()?;
    assert_eq!(session, talk.session, "{kind:?} was refused ({refusal})");
    Some(refusal)
}

/// The same value as text, with the keys of every object in an order of its own.
fn shuffled(value: &Value, order: u64) -> String {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}:{}", json!(key), shuffled(value, order / 2)))
                .collect();
            let count = fields.len().max(1);
            fields.rotate_left(usize::try_from(order).unwrap_or(0) % count);
            if order.is_multiple_of(2) {
                fields.reverse();
            }
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| shuffled(item, order / 2)).collect();
            format!("[{}]", items.join(" , "))
        }
        scalar => scalar.to_string(),
    }
}

#[test]
fn the_hash_of_a_state_ignores_the_order_of_keys() {
    // R11.21, R11.22
    let states = vec((text(), json()), 0..6).prop_map(Map::from_iter);
    check("states hashed", 100_000, &(states, proptest::num::u64::ANY), |(state, order)| {
        let text = shuffled(&Value::Object(state.clone()), order);
        let again: Map<String, Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(state_hash(&again), state_hash(&state), "{text}");
    });
}
