//! A trace tells what happened and changes nothing of it (R11.51, F18).

use chatflow::{
    Event, InputKind, InputType, Limits, Masker, Next, Session, StepStates, TraceLevel, TraceStep,
    Turn, trace_states,
};
use chatflow_tests::strategies::{replies, world};
use proptest::sample::select;
use serde_json::{Map, Value};

use super::check;
use super::talk::{Talk, some_state};

/// The session without what tells that it is traced.
fn untraced(session: &Session) -> (Value, String) {
    let mut engine: Value = serde_json::from_str(&session.engine_json()).unwrap();
    for key in ["trace", "sensitive"] {
        engine.as_object_mut().unwrap().remove(key);
    }
    (engine, session.state_json())
}

#[test]
fn tracing_changes_nothing_else() {
    // R11.51: the same events but for those of the trace, the same needs, the same session.
    let level = select(vec![TraceLevel::Minimal, TraceLevel::Standard, TraceLevel::Verbose]);
    let limits = Limits { state_bytes: 600, ..Limits::default() };
    check("sessions with and without a trace", 20_000, &(world(), replies(), level), |case| {
        let (world, replies, level) = case;
        let Some(mut plain) = Talk::new(&world, limits) else { return };
        let mut traced = Talk::new(&world, limits).unwrap().at_level(level);
        assert_eq!(plain.start(some_state()), traced.start(some_state()));
        for reply in replies {
            assert_eq!(plain.reply(reply.clone()), traced.reply(reply));
        }
        assert_eq!(untraced(&plain.session), untraced(&traced.session));
        assert_eq!(plain.inputs, traced.inputs, "what a journal is made of");
        for (plain, traced) in plain.steps.iter().zip(&traced.steps) {
            let mut events = traced.events.clone();
            events.retain(|event| !matches!(event, Event::Traced(_)));
            assert_eq!((&plain.events, &plain.next), (&events, &traced.next));
        }
        let quiet = |event: &Event| !matches!(event, Event::Traced(_));
        assert!(plain.steps.iter().flat_map(|step| &step.events).all(quiet));
    });
}

/// Feeds one input; the session after each step, and the turn's steps of the trace up to there.
fn turn_by_turn(talk: &mut Talk<'_>, kind: InputKind) -> Option<Vec<(Session, Vec<TraceStep>)>> {
    let mut sessions = Vec::new();
    let first = talk.steps.len();
    talk.feed_and(kind, |session| sessions.push(session.clone())).ok()?;
    let mut events = Vec::new();
    let told = talk.steps[first..].iter().zip(sessions).map(|(step, session)| {
        events.extend(step.events.iter().cloned());
        let (revision, next) = (session.revision(), step.next.clone());
        let at = talk.inputs[first].at;
        let turn = Turn { at, revision, from: None, events: events.clone(), next };
        let steps = turn.trace(&session, None);
        (session, steps)
    });
    Some(told.collect())
}

#[test]
fn states_are_rebuilt_from_their_changes() {
    // F18, R11.50: after every step of the engine the last step's state is the session's own.
    check("states rebuilt from traces", 20_000, &(world(), replies()), |(world, replies)| {
        let limits = Limits { state_bytes: 600, ..Limits::default() };
        let Some(talk) = Talk::new(&world, limits) else { return };
        let mut talk = talk.at_level(TraceLevel::Verbose);
        let state = some_state().as_object().unwrap().clone();
        let start = InputKind::Start { state: state.into() };
        let replies = replies.into_iter().map(|mut value| {
            let _ = chatflow::clean(&mut value);
            InputKind::Reply { value, hint: InputType::Text }
        });
        let mut done: Vec<TraceStep> = Vec::new();
        for kind in std::iter::once(start).chain(replies) {
            let Some(told) = turn_by_turn(&mut talk, kind) else { break };
            let mut all = done.clone();
            for (session, steps) in told {
                all = done.iter().cloned().chain(steps).collect();
                let states = trace_states(&Map::new(), &all);
                assert_eq!(&states.last().unwrap().after, session.state());
                follow_each_other(&states, &all);
            }
            done = all;
            if matches!(talk.steps.last().unwrap().next, Next::Ended(_)) {
                break;
            }
        }
    });
}

/// Each state follows from the one before, and what is told as old was there.
fn follow_each_other(states: &[StepStates], steps: &[TraceStep]) {
    for (states, step) in states.iter().zip(steps) {
        for (path, [old, _]) in &step.changed {
            if path.starts_with("output.") || path.starts_with("local.") || path.contains('\\') {
                continue;
            }
            let mut names = path.split('.');
            let scope = states.before.get(names.next().unwrap());
            let found =
                scope.and_then(|scope| names.try_fold(scope, |value, name| value.get(name)));
            assert_eq!(found.unwrap_or(&Value::Null), old, "{path}");
        }
    }
}

#[test]
fn a_masked_trace_is_masked_for_good() {
    // R11.60, S7.16: what a trace holds has nothing left to mask.
    let masker = Masker::new(b"test");
    check("masked traces", 5_000, &(world(), replies()), |(world, replies)| {
        let Some(talk) = Talk::new(&world, Limits::default()) else { return };
        let mut talk = talk.at_level(TraceLevel::Verbose);
        talk.start(some_state()).unwrap();
        replies.into_iter().all(|reply| talk.reply(reply));
        let events = talk.steps.iter().flat_map(|step| step.events.iter().cloned()).collect();
        let (at, revision) = (talk.inputs[0].at, talk.session.revision());
        let next = talk.steps.last().unwrap().next.clone();
        let turn = Turn { at, revision, from: None, events, next };
        for step in turn.trace(&talk.session, Some(&masker)) {
            let told = Value::Object(step.execution_details);
            assert_eq!(masker.mask(&told), told);
            assert!(leaves(&told).iter().all(|text| !text.contains("a@example.org")));
        }
    });
}

fn leaves(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        Value::Object(map) => map.values().flat_map(leaves).collect(),
        _ => Vec::new(),
    }
}
