//! A journal, replayed, is the conversation; anything changed in either is found where it is.

use chatflow::{
    Catalog, Difference, Engine, FlowRef, Input, Journal, JournalError, Limits, Outcome, Place,
    Replayed, Resolver, Session, StoredTurn, Timestamp, drive, replay, replay_to,
};
use chatflow_tests::conversation::World;
use chatflow_tests::strategies::{json as any_json, replies, world};
use proptest::sample::Index;
use serde_json::{Value, json};

use super::check;
use super::talk::{Talk, some_state};

/// A conversation with its journal, and the session after each step.
struct Told<'a> {
    talk: Talk<'a>,
    journal: Journal,
    sessions: Vec<Session>,
}

/// Talks, and journals it step by step.
fn told<'a>(world: &'a World, replies: &[Value]) -> Option<Told<'a>> {
    let mut talk = Talk::new(world, Limits::default())?;
    let mut again = talk.clone();
    let mut journal = Journal::new(&talk.session, &world.library.catalog());
    talk.start(some_state()).unwrap();
    replies.iter().all(|reply| talk.reply(reply.clone()));
    // A reply that a waiting script does not take changes nothing, and is not kept (R10.23).
    let kept =
        talk.inputs.iter().cloned().zip(talk.steps.iter().cloned()).filter(|(input, step)| {
            matches!(input.kind, chatflow::InputKind::Resolved { .. })
                || !step.events.is_empty()
                || !matches!(step.next, chatflow::Next::Script(_))
        });
    (talk.inputs, talk.steps) = kept.unzip();
    // Steps are the same for the flows that were loaded at their time: sub-flows go in again as
    // they are asked for.
    let mut sessions = Vec::new();
    for (input, step) in talk.inputs.iter().zip(&talk.steps) {
        let same = again.engine.step(&again.catalog, &mut again.session, input.clone()).unwrap();
        assert_eq!(&same, step);
        journal.add_step(input.clone(), step, &again.session);
        if let chatflow::Next::Resolve(effect) = &step.next {
            let _ = again.resolve(effect);
        }
        sessions.push(again.session.clone());
    }
    Some(Told { talk, journal, sessions })
}

fn replayed(told: &Told<'_>, journal: &Journal) -> Replayed {
    replay(&Engine::default(), &told.talk.world.library.catalog(), journal)
}

/// Every step of a journal.
fn places(journal: &Journal) -> Vec<Place> {
    let turns = journal.turns.iter().zip(1..);
    turns
        .flat_map(|(turn, n)| (1..=turn.steps.len()).map(move |step| Place { turn: n, step }))
        .collect()
}

#[test]
fn a_replay_is_the_conversation_at_every_step() {
    // R0.3, and F20: the journal has all that a conversation depends on.
    check("journals replayed", 20_000, &(world(), replies()), |(world, replies)| {
        let Some(told) = told(&world, &replies) else { return };
        let text = serde_json::to_string(&told.journal).unwrap();
        let journal = Journal::read_json(&text).unwrap();
        assert_eq!(journal, told.journal);
        let end = replayed(&told, &journal);
        assert_eq!(end.divergence, None);
        assert_eq!(end.changed, []);
        assert_eq!(end.turns.concat(), told.talk.steps);
        assert_eq!(end.session, told.talk.session);
        let catalog = world.library.catalog();
        let places = places(&journal);
        assert_eq!(places.len(), told.sessions.len());
        // From the start to each of some steps, so that the work does not grow with the square.
        let apart = places.len().div_ceil(6);
        for (place, session) in places.iter().zip(&told.sessions).step_by(apart) {
            let there = replay_to(&Engine::default(), &catalog, &journal, *place);
            assert_eq!((there.at, &there.divergence), (*place, &None));
            assert_eq!(&there.session, session);
        }
    });
}

/// Resolves with the library; documents of flows are given when they are asked for.
struct Host<'a>(&'a World, i64);

impl Resolver for Host<'_> {
    fn now(&mut self) -> Timestamp {
        self.1 += 1;
        Timestamp::from_millis(1_767_225_600_000 + self.1)
    }

    fn resolve(&mut self, effect: &chatflow::Effect) -> Outcome {
        if let chatflow::EffectKind::LoadFlow { flow } = &effect.kind {
            let found = self.0.definitions.iter().find(|it| it.id == Some(flow.id));
            return Outcome::Done { value: found.unwrap().to_value() };
        }
        self.0.library.resolve(&effect.kind, None)
    }
}

#[test]
fn stored_turns_of_a_driver_make_a_journal() {
    // R0.3, F3: by the driver's own journal and by the rows that stores keep, whether or not the
    // sub-flows had been loaded before.
    let strategy = (world(), replies(), proptest::bool::ANY);
    check("stored turns replayed", 20_000, &strategy, |(world, replies, warm)| {
        let Some(mut talk) = Talk::new(&world, Limits::default()) else { return };
        let all = world.library.catalog();
        if warm {
            talk.catalog = all.clone();
        }
        let mut journal = Journal::new(&talk.session, &all);
        let mut rows: Vec<StoredTurn> = Vec::new();
        let mut host = Host(&world, 0);
        let Value::Object(state) = some_state() else { return };
        let start = chatflow::InputKind::Start { state: state.into() };
        let answer = |value| chatflow::InputKind::Reply { value, hint: chatflow::InputType::Text };
        for kind in std::iter::once(start).chain(replies.into_iter().map(answer)) {
            let input = Input::new(host.now(), kind);
            let driven =
                drive(&talk.engine, &mut talk.catalog, &mut talk.session, input, &mut host);
            let Ok(driven) = driven else { break };
            journal.add(&driven, &talk.session);
            if !driven.turn.commits() {
                continue;
            }
            let previous = rows.last().map(|row| row.turn_hash.clone()).unwrap_or_default();
            rows.push(StoredTurn::of(&driven, &previous));
        }
        let hashes = |journal: &Journal| -> Vec<_> {
            journal.turns.iter().map(|turn| turn.turn_hash.clone()).collect()
        };
        let stored = Journal::from_stored(&talk.session, &all, rows.clone()).unwrap();
        assert_eq!(hashes(&journal), hashes(&stored));
        for journal in [journal, stored] {
            let end = replay(&talk.engine, &all, &journal);
            assert_eq!(end.divergence, None);
            assert_eq!(end.session, talk.session);
        }
        rows.pop();
        let error = Journal::from_stored(&talk.session, &all, rows).unwrap_err();
        assert!(matches!(error, JournalError::Incomplete { .. }), "{error}");
    });
}

/// The JSON pointers of all leaves below a value.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    let below = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Array(items) if !items.is_empty() => {
            items
                .iter()
                .enumerate()
                .for_each(|(i, item)| leaves(item, &below(&i.to_string()), found));
        }
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(key, item)| leaves(item, &below(key), found));
        }
        _ => found.push(at.to_owned()),
    }
}

/// Another value of the same kind.
fn forged(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let mut text = text.clone();
            // Another digit, so that ids, hashes and times stay readable.
            match text.pop() {
                Some('0') => text.push('1'),
                Some(last) if last.is_ascii_digit() => text.push('0'),
                Some(last) => text.extend([last, 'x']),
                None => text.push('x'),
            }
            Value::from(text)
        }
        Value::Number(n) => n.as_i64().map_or(json!(0.25), |n| json!(n ^ 1)),
        Value::Bool(b) => json!(!b),
        Value::Null => json!(0),
        Value::Array(_) => json!([1]),
        Value::Object(_) => json!({"forged": 1}),
    }
}

#[test]
fn a_forged_journal_is_found_out_at_the_place() {
    // R0.3, F3.
    let strategy = (world(), replies(), proptest::collection::vec(proptest::num::usize::ANY, 2));
    check("journals forged", 20_000, &strategy, |(world, replies, picks)| {
        let Some(told) = told(&world, &replies) else { return };
        let document = serde_json::to_value(&told.journal).unwrap();
        let mut all = Vec::new();
        leaves(&document, "", &mut all);
        for pick in picks {
            let path = &all[pick % all.len()];
            let mut document = document.clone();
            let place = document.pointer_mut(path).unwrap();
            *place = forged(place);
            let Ok(journal) = Journal::read_json(&document.to_string()) else { continue };
            if journal == told.journal {
                continue;
            }
            let end = replayed(&told, &journal);
            let found = end.divergence.unwrap_or_else(|| panic!("{path} was forged, unseen"));
            let parts: Vec<&str> = path.split('/').collect();
            let (turn, step) = match parts[1..] {
                ["turns", turn, "steps", step, ..] => {
                    (turn.parse::<usize>().unwrap() + 1, Some(step.parse::<usize>().unwrap() + 1))
                }
                ["turns", turn, ..] => (turn.parse::<usize>().unwrap() + 1, None),
                _ => (0, None),
            };
            assert_eq!(found.at.turn, turn, "{path}: {found}");
            if let (Some(step), true) = (step, path.contains("/led_to/")) {
                assert_eq!(found.at.step, step, "{path}: {found}");
            } else if let Some(step) = step {
                assert!(found.at.step >= step, "{path}: {found}");
            }
        }
    });
}

#[test]
fn a_changed_flow_is_found_at_the_first_step_that_differs() {
    // R0.3, F20.
    check("journals of changed flows", 20_000, &(world(), replies()), |(world, replies)| {
        let Some(told) = told(&world, &replies) else { return };
        // Every text of the main flow says something else.
        let main = world.library.find("main").unwrap();
        let definition = world.definitions.iter().find(|it| it.id == Some(main)).unwrap();
        let mut changed = definition.clone();
        for node in &mut changed.nodes {
            reword(&mut node.content);
        }
        let Some(flow) = chatflow::Flow::compile(&changed, 0).flow else { return };
        let same = flow.digest() == world.library.catalog().get(flow.version()).unwrap().digest();
        let mut catalog = world.library.catalog();
        catalog.insert(flow);
        let end = replay(&Engine::default(), &catalog, &told.journal);
        let reference = by_hand(&told, &catalog);
        assert_eq!(end.divergence.as_ref().map(|it| it.at), reference, "{:?}", end.divergence);
        assert_eq!(end.changed.is_empty(), same);
        let version = FlowRef { id: main, seq: 0 };
        assert!(end.changed.iter().all(|changed| changed.flow == version));
    });
}

fn reword(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(reword),
        Value::Object(map) => {
            for (key, value) in map {
                if let (true, Value::String(text)) =
                    (["text", "question"].contains(&&**key), &mut *value)
                {
                    text.push('!');
                } else {
                    reword(value);
                }
            }
        }
        _ => {}
    }
}

/// Where feeding the same inputs gives another step, or another state at the end of a turn.
fn by_hand(told: &Told<'_>, changed: &Catalog) -> Option<Place> {
    let mut again = Talk::new(told.talk.world, Limits::default()).unwrap();
    again.catalog = [changed.get(told.talk.session.flow()).unwrap().clone()].into_iter().collect();
    let places = places(&told.journal);
    for (i, place) in places.iter().enumerate() {
        let input = told.talk.inputs[i].clone();
        let Ok(step) = again.engine.step(&again.catalog, &mut again.session, input) else {
            return Some(*place);
        };
        let turn_ends = places.get(i + 1).is_none_or(|next| next.turn > place.turn);
        if step != told.talk.steps[i]
            || (turn_ends && again.session.state() != told.sessions[i].state())
        {
            return Some(*place);
        }
        if let chatflow::Next::Resolve(effect) = &step.next {
            let _ = again.resolve(effect);
        }
    }
    None
}

#[test]
fn any_document_is_a_journal_that_replays_or_none() {
    // R0.3: what a journal holds never panics, whoever wrote it.
    let strategy = (
        world(),
        replies(),
        proptest::collection::vec((proptest::prelude::any::<Index>(), any_json()), 1..4),
    );
    check("hostile journals", 20_000, &strategy, |(world, replies, changes)| {
        let Some(told) = told(&world, &replies) else { return };
        let mut document = serde_json::to_value(&told.journal).unwrap();
        for (index, value) in changes {
            assert!(Journal::read_json(&value.to_string()).is_err());
            let mut all = vec!["/turns".to_owned(), "/turns/0/steps".to_owned()];
            leaves(&document, "", &mut all);
            let path = index.get(&all).clone();
            if let Some(place) = document.pointer_mut(&path) {
                *place = value;
            }
        }
        if let Ok(journal) = Journal::read_json(&document.to_string()) {
            let end = replayed(&told, &journal);
            let place = end.divergence.as_ref().map(|it| it.at);
            assert!(place.is_none_or(|place| place == end.at));
            if let Some(divergence) = end.divergence {
                assert!(!divergence.to_string().is_empty());
                assert!(!matches!(divergence.difference, Difference::Format { .. }));
            }
        }
    });
}
