//! What a replay says about a journal that does not fit (R0.3, F3, F20).

use std::collections::BTreeMap;

use chatflow::{
    Catalog, Difference, Divergence, Effect, EffectKind, Engine, Flow, FlowDefinition, FlowRef,
    Input, InputKind, InputType, Journal, JournalStep, NewSession, Outcome, Place, Replayed,
    Resolver, Seed, Session, SessionId, StoredTurn, Timestamp, drive, replay, replay_to,
};
use serde_json::{Value, json};

/// Knows the sub-flow and one book.
struct Host(Value);

impl Resolver for Host {
    fn now(&mut self) -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000)
    }

    fn resolve(&mut self, effect: &Effect) -> Outcome {
        match effect.kind {
            EffectKind::LoadFlow { .. } => Outcome::Done { value: self.0.clone() },
            _ => Outcome::Done { value: json!({"title": "Dune"}) },
        }
    }
}

fn compiled(document: &Value) -> std::sync::Arc<Flow> {
    let (definition, report) = FlowDefinition::read(document);
    let compiled = Flow::compile(&definition.unwrap(), 1);
    compiled.flow.unwrap_or_else(|| panic!("{report:?} {:?}", compiled.report))
}

fn tail(text: &str) -> Value {
    json!({"seed_key": "tail", "nodes": [
        {"id": "bye", "type": "message", "content": {"text": text}},
    ]})
}

fn main_flow(endpoint: &str) -> Value {
    json!({
        "seed_key": "main",
        "nodes": [
            {"id": "name", "type": "question",
             "content": {"question": "Name?", "input_type": "text", "variable": "user.name"}},
            {"id": "book", "type": "action", "content": {"actions": [
                {"type": "api_call", "endpoint": endpoint, "method": "POST",
                 "body": {"for": "{{user.name}}"}, "response_variable": "temp.book"}]}},
            {"id": "pin", "type": "question", "content": {"question": "PIN for {{temp.book.title}}?",
             "input_type": "text", "sensitive": true, "variable": "user.pin"}},
            {"id": "end", "type": "composite", "content": {"composite_flow_seed_key": "tail"}},
        ],
        "connections": [{"source": "name", "target": "book"}, {"source": "book", "target": "pin"},
                        {"source": "pin", "target": "end"}],
    })
}

struct Told {
    journal: Journal,
    stored: Journal,
    end: Session,
}

/// Talks to the end, or before the sensitive question is answered.
fn told(to_the_end: bool) -> Told {
    let (main, sub) = (compiled(&main_flow("/v1/books")), compiled(&tail("Bye.")));
    let link = main.links().next().unwrap().clone();
    let mut session = Session::new(NewSession {
        id: SessionId::derived("journal"),
        flow: main.version(),
        pins: BTreeMap::from([(link, sub.version())]),
        seed: Seed(7),
        user_id: None,
        tenant: None,
        trace: chatflow::TraceLevel::Off,
    });
    let mut catalog: Catalog = [main].into_iter().collect();
    let mut journal = Journal::new(&session, &catalog);
    let mut rows: Vec<StoredTurn> = Vec::new();
    let mut host = Host(tail("Bye."));
    let reply = |text: &str| InputKind::Reply { value: json!(text), hint: InputType::Text };
    let mut kinds = vec![InputKind::Start { state: serde_json::Map::new().into() }, reply("Ada")];
    kinds.extend(to_the_end.then(|| reply("1234")));
    for kind in kinds {
        let input = Input::new(host.now(), kind);
        let driven =
            drive(&Engine::default(), &mut catalog, &mut session, input, &mut host).unwrap();
        journal.add(&driven, &session);
        let previous = rows.last().map(|row| row.turn_hash.clone()).unwrap_or_default();
        rows.push(StoredTurn::of(&driven, &previous));
    }
    let stored = Journal::from_stored(&session, &catalog, rows).unwrap();
    Told { journal, stored, end: session }
}

fn again(journal: &Journal, endpoint: &str) -> Replayed {
    let catalog: Catalog =
        [compiled(&main_flow(endpoint)), compiled(&tail("Bye."))].into_iter().collect();
    replay(&Engine::default(), &catalog, journal)
}

fn difference(journal: &Journal) -> (Place, Difference) {
    let Divergence { at, difference } =
        again(journal, "/v1/books").divergence.expect("a divergence");
    (at, difference)
}

fn at(turn: usize, step: usize) -> Place {
    Place { turn, step }
}

#[test]
fn an_untouched_journal_replays_whole() {
    // R0.3.
    let told = told(false);
    for journal in [&told.journal, &told.stored] {
        let end = again(journal, "/v1/books");
        assert_eq!(end.divergence, None);
        assert_eq!(end.session, told.end);
        assert_eq!(end.at, at(2, 2));
        assert_eq!(end.changed, []);
    }
}

#[test]
fn the_answer_to_a_sensitive_question_is_not_in_a_journal_and_a_replay_says_so() {
    // R0.3, F3.
    let told = told(true);
    for journal in [&told.journal, &told.stored] {
        let text = serde_json::to_string(journal).unwrap();
        assert!(!text.contains("1234"), "{text}");
        assert_eq!(difference(journal), (at(3, 1), Difference::Redacted));
    }
    // Nor is anything that it could be guessed from.
    let last = told.journal.turns.last().unwrap();
    assert_eq!(last.state, None);
    assert!(last.steps.iter().all(|step| step.led_to.is_none()));
    let before = replay_to(&Engine::default(), &Catalog::default(), &told.journal, at(0, 0));
    assert_eq!((before.at, before.divergence), (at(0, 0), None));
}

#[test]
fn a_changed_flow_is_named_with_the_effect_that_differs() {
    // R0.3, F20.
    let told = told(false);
    let end = again(&told.journal, "/v2/books");
    let main = told.end.flow();
    assert_eq!(end.changed.iter().map(|changed| changed.flow).collect::<Vec<_>>(), [main]);
    let divergence = end.divergence.unwrap();
    let text = divergence.to_string();
    assert!(text.contains("/v1/books") && text.contains("/v2/books"), "{text}");
    let Difference::Effect { recorded: Some(recorded), asked: Some(asked) } = divergence.difference
    else {
        panic!("{text}")
    };
    assert_eq!((divergence.at, recorded.id), (at(2, 1), asked.id));
    let gone = replay(&Engine::default(), &Catalog::default(), &told.journal);
    assert_eq!(gone.changed[0].found, None);
    assert!(matches!(gone.divergence.unwrap().difference, Difference::Refused { .. }));
}

#[test]
fn outcomes_that_are_missing_or_left_over_are_told() {
    // R0.3.
    let Told { journal, .. } = told(false);
    let mut missing = journal.clone();
    missing.turns[1].steps.pop();
    let (place, what) = difference(&missing);
    assert_eq!(place, at(2, 1));
    let Difference::OutcomeMissing { asked } = what else { panic!("{what:?}") };
    assert!(matches!(asked.kind, EffectKind::CallHandler { .. }));
    let mut surplus = journal.clone();
    let input = surplus.turns[1].steps[1].input.clone();
    surplus.turns[1].steps.push(JournalStep { input: input.clone(), led_to: None });
    let (place, what) = difference(&surplus);
    assert_eq!((place, what), (at(2, 2), Difference::OutcomeSurplus { input: Box::new(input) }));
    let mut empty = journal.clone();
    empty.turns[0].steps.clear();
    assert_eq!(difference(&empty), (at(1, 0), Difference::Empty));
}

#[test]
fn what_was_forged_is_told() {
    // R0.3, F3.
    let Told { journal, .. } = told(false);
    let forge = |change: fn(&mut Journal)| {
        let mut forged = journal.clone();
        change(&mut forged);
        difference(&forged)
    };
    assert_eq!(forge(|it| it.head.seed = Seed(8)), (at(0, 0), Difference::Head));
    assert_eq!(forge(|it| it.format = 9), (at(0, 0), Difference::Format { found: 9 }));
    let (place, what) = forge(|it| {
        it.turns[1].state.as_mut().unwrap().paths.insert("/user/name".into(), "0".into());
    });
    let found = Some(json!("Ada"));
    let path = "/user/name".to_owned();
    assert_eq!((place, what), (at(2, 2), Difference::State { path, recorded: true, found }));
    let (place, what) = forge(|it| {
        it.turns[1].state.as_mut().unwrap().paths.remove("/temp/book");
    });
    assert_eq!(place, at(2, 2));
    assert!(matches!(what, Difference::State { recorded: false, .. }), "{what:?}");
    // The time of an answer shows nowhere, but in the chain.
    let (place, what) =
        forge(|it| it.turns[1].steps[1].input.at = Timestamp::from_millis(1_767_225_600_001));
    assert_eq!((place, what), (at(2, 2), Difference::TurnHash));
    let (place, what) = forge(|it| it.turns[0].steps[0].input.kind = InputKind::End);
    assert!(place == at(1, 1) && matches!(what, Difference::Refused { .. }), "{what:?}");
    let (place, what) = forge(|it| {
        it.turns[0].steps[0].led_to.as_mut().unwrap().events.pop();
    });
    assert_eq!(place, at(1, 1));
    assert!(matches!(what, Difference::Event { recorded: None, found: Some(_), .. }), "{what:?}");
}

#[test]
fn a_conversation_goes_another_way_from_any_step() {
    // R0.3: time travel.
    let told = told(false);
    let catalog: Catalog = [compiled(&main_flow("/v1/books"))].into_iter().collect();
    let engine = Engine::default();
    let mut session = replay_to(&engine, &catalog, &told.journal, at(1, 1)).session;
    assert_eq!(session.revision().0, 1);
    let value = json!("Bo");
    let input = Input::new(Timestamp::default(), InputKind::Reply { value, hint: InputType::Text });
    let _ = engine.step(&catalog, &mut session, input).unwrap();
    assert_eq!(session.state()["user"]["name"], "Bo");
}

#[test]
fn a_sub_flow_that_is_gone_is_named() {
    // R0.3, F20. Without the sensitive question, so that the sub-flow is reached.
    let mut document = main_flow("/v1/books");
    document["nodes"][2]["content"]["sensitive"] = json!(false);
    let (main, sub) = (compiled(&document), compiled(&tail("Bye.")));
    let link = main.links().next().unwrap().clone();
    let pins = BTreeMap::from([(link, sub.version())]);
    let id = SessionId::derived("journal");
    let new = NewSession {
        id,
        flow: main.version(),
        pins,
        seed: Seed(7),
        user_id: None,
        tenant: None,
        trace: chatflow::TraceLevel::Off,
    };
    let mut session = Session::new(new);
    let mut catalog: Catalog = [main.clone()].into_iter().collect();
    let mut journal = Journal::new(&session, &catalog);
    let mut host = Host(tail("Bye."));
    let reply = |text: &str| InputKind::Reply { value: json!(text), hint: InputType::Text };
    let start = InputKind::Start { state: serde_json::Map::new().into() };
    for kind in [start, reply("Ada"), reply("1234")] {
        let input = Input::new(host.now(), kind);
        let driven =
            drive(&Engine::default(), &mut catalog, &mut session, input, &mut host).unwrap();
        journal.add(&driven, &session);
    }
    assert_eq!(replay(&Engine::default(), &catalog, &journal).divergence, None);
    let alone: Catalog = [main.clone()].into_iter().collect();
    let end = replay(&Engine::default(), &alone, &journal);
    let flow: FlowRef = sub.version();
    assert_eq!(end.changed.len(), 1);
    let what = end.divergence.unwrap();
    assert_eq!((what.at, what.difference), (at(3, 1), Difference::FlowMissing { flow }));
    // One that says something else is known by its digest, and met when it speaks.
    let changed: Catalog = [main, compiled(&tail("Farewell."))].into_iter().collect();
    let end = replay(&Engine::default(), &changed, &journal);
    assert_eq!(end.changed.iter().map(|it| it.flow).collect::<Vec<_>>(), [flow]);
    let what = end.divergence.unwrap();
    assert_eq!(what.at, at(3, 2));
    assert!(what.to_string().contains("Farewell."), "{what}");
}

#[test]
fn a_state_that_does_not_fit_its_hash_is_told() {
    // R11.24.
    let session = told(false).end;
    let texts = session.texts();
    let same = Session::restore(&texts.engine, &texts.state).unwrap();
    assert_eq!(same.verify_state(&texts.state_hash), Ok(()));
    assert_eq!(same.verify_restored(&texts.state, &texts.state_hash), Ok(()));
    // A store may write the same variables in its own way.
    let spaced = texts.state.replace("\":", "\" : ");
    assert_ne!(spaced, texts.state);
    let same = Session::restore(&texts.engine, &spaced).unwrap();
    assert_eq!(same.verify_restored(&spaced, &texts.state_hash), Ok(()));
    let forged = texts.state.replace("Ada", "Eve");
    let session = Session::restore(&texts.engine, &forged).unwrap();
    let mismatch = session.verify_state(&texts.state_hash).unwrap_err();
    assert_eq!(mismatch.stored, texts.state_hash);
    assert_eq!(mismatch.found, session.state_hash());
    assert_eq!(session.verify_restored(&forged, &texts.state_hash), Err(mismatch));
}
