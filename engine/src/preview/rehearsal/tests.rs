use serde_json::{Value, json};

use super::{Answers, Rehearsal, RehearsalOptions, When};
use crate::preview::{Library, LibrarySource, Preview, PreviewError};
use crate::protocol::{Next, Outcome};
use crate::replay::{Difference, Place};
use crate::time::Timestamp;
use crate::trace::TraceLevel;

const WHEN: When = When { at: None, utc_offset_minutes: 0 };

fn source(handlers: &Value) -> Value {
    json!({"handlers": handlers, "documents": [{"seed_key": "tea", "nodes": [
        {"id": "hello", "type": "message", "content": {"text": "Hello!"}},
        {"id": "ask", "type": "question", "content": {
            "question": "Which tea?", "options": ["green", "black"], "variable": "temp.tea"}},
        {"id": "wait", "type": "message", "content": {"text": "A moment."}},
        {"id": "brew", "type": "webhook", "content": {"url": "https://tea.example/brew",
            "method": "POST", "body": {"tea": "{{temp.tea}}"},
            "response_mapping": {"temp.minutes": "minutes"}}},
        {"id": "long", "type": "condition", "content": {
            "conditions": [{"if": "temp.minutes > 3", "then": "$0"}], "default_path": "$1"}},
        {"id": "sit", "type": "message", "content": {"text": "Sit down: {{temp.minutes}} minutes."}},
        {"id": "again", "type": "question", "content": {"question": "Another?", "variable": "temp.more"}}
    ], "connections": [
        {"source": "hello", "target": "ask"}, {"source": "ask", "target": "wait"},
        {"source": "wait", "target": "brew"}, {"source": "brew", "target": "long"},
        {"source": "long", "target": "sit", "type": "$0"},
        {"source": "long", "target": "again", "type": "$1"},
        {"source": "sit", "target": "again"}, {"source": "again", "target": "ask"}
    ]}]})
}

fn library(handlers: &Value) -> Library {
    let source: LibrarySource = serde_json::from_value(source(handlers)).unwrap();
    let (library, flows) = source.read().unwrap();
    assert!(flows[0].runnable, "{flows:?}");
    library
}

fn begin(library: &Library, options: RehearsalOptions) -> Rehearsal {
    let mut rehearsal = Rehearsal::new(library, library.find("tea").unwrap(), options).unwrap();
    let _ = rehearsal.start(library, WHEN).unwrap();
    rehearsal
}

fn minutes(minutes: i32) -> Outcome {
    Outcome::Done { value: json!({"status": 200, "headers": {}, "body": {"minutes": minutes}}) }
}

/// Two rounds, the second as far as its effect.
fn two_rounds(library: &Library) -> Rehearsal {
    let mut rehearsal = begin(library, RehearsalOptions::default());
    let _ = rehearsal.reply(library, json!("green"), WHEN).unwrap();
    let _ = rehearsal.resolve(library, Some(minutes(5)), WHEN).unwrap();
    let _ = rehearsal.reply(library, json!("yes"), WHEN).unwrap();
    let _ = rehearsal.reply(library, json!("black"), WHEN).unwrap();
    rehearsal
}

#[test]
fn a_turn_that_waits_for_its_host_tells_what_was_said_so_far() {
    let library = library(&json!({}));
    let mut rehearsal = begin(&library, RehearsalOptions::default());
    let turn = rehearsal.reply(&library, json!("green"), WHEN).unwrap();
    let texts = |turn: &crate::Turn| -> Vec<String> {
        turn.messages().iter().filter_map(|item| item.as_text().map(str::to_owned)).collect()
    };
    assert_eq!(texts(&turn), ["A moment."]);
    assert!(matches!(turn.next, Next::Resolve(_)));
    assert_eq!(rehearsal.place(), Place { turn: 2, step: 1 });
    let turn = rehearsal.resolve(&library, Some(minutes(5)), WHEN).unwrap();
    assert_eq!(texts(&turn), ["A moment.", "Sit down: 5 minutes."]);
    assert_eq!(rehearsal.place(), Place { turn: 2, step: 2 });
    assert_eq!(turn.trace(rehearsal.session(), None).len(), 6);
}

#[test]
fn what_is_refused_changes_nothing() {
    let library = library(&json!({}));
    let mut rehearsal = begin(&library, RehearsalOptions::default());
    let before = rehearsal.snapshot();
    let refused = rehearsal.resolve(&library, Some(minutes(5)), WHEN).unwrap_err();
    assert_eq!(refused.code(), "unexpected_input");
    assert_eq!(rehearsal.snapshot(), before);
    let _ = rehearsal.reply(&library, json!("green"), WHEN).unwrap();
    let before = rehearsal.snapshot();
    let refused = rehearsal.reply(&library, json!("black"), WHEN).unwrap_err();
    assert_eq!(refused.code(), "unexpected_input");
    let large = "x".repeat(100_000);
    assert!(rehearsal.reply(&library, json!(large), WHEN).is_err());
    assert_eq!(rehearsal.snapshot(), before);
}

#[test]
fn a_snapshot_goes_on_wherever_it_was_taken() {
    let library = library(&json!({}));
    let mut rehearsal = two_rounds(&library);
    let (mut restored, turn) = Rehearsal::restore(&library, &rehearsal.snapshot()).unwrap();
    assert_eq!(turn.unwrap().messages()[0].as_text(), Some("A moment."));
    assert_eq!(restored.snapshot(), rehearsal.snapshot());
    for each in [&mut rehearsal, &mut restored] {
        let _ = each.resolve(&library, Some(minutes(2)), WHEN).unwrap();
        let _ = each.reply(&library, json!("no"), WHEN).unwrap();
    }
    assert_eq!(restored.snapshot(), rehearsal.snapshot());
    assert_eq!(restored.journal().unwrap(), rehearsal.journal().unwrap());

    let changed = source(&json!({})).to_string().replace("Hello!", "Hi!");
    let (changed, _) = serde_json::from_str::<LibrarySource>(&changed).unwrap().read().unwrap();
    let refused = Rehearsal::restore(&changed, &rehearsal.snapshot()).unwrap_err();
    assert!(matches!(refused, PreviewError::FlowChanged));
}

#[test]
fn a_snapshot_before_the_start_keeps_what_it_starts_with() {
    let library = library(&json!({}));
    let state = json!({"user": {"name": "Ada"}}).as_object().unwrap().clone();
    let options = RehearsalOptions { state, ..RehearsalOptions::default() };
    let rehearsal = Rehearsal::new(&library, library.find("tea").unwrap(), options).unwrap();
    let (mut restored, turn) = Rehearsal::restore(&library, &rehearsal.snapshot()).unwrap();
    assert_eq!(turn, None);
    let _ = restored.start(&library, WHEN).unwrap();
    assert_eq!(restored.session().state()["user"]["name"], "Ada");
}

#[test]
fn a_journal_is_what_a_driven_conversation_would_keep() {
    let handlers = json!({"https://tea.example/brew": {"answer": {"minutes": 5}}});
    let library = library(&handlers);
    let flow = library.find("tea").unwrap();
    let at = Timestamp::from_millis(1_767_225_600_000);
    let (mut preview, _) = Preview::start(&library, flow, "0", at, serde_json::Map::new()).unwrap();
    let mut rehearsal = begin(&library, RehearsalOptions::default());
    for answer in ["green", "yes", "black"] {
        let _ = preview.reply(json!(answer)).unwrap();
        let _ = rehearsal.reply(&library, json!(answer), WHEN).unwrap();
    }
    assert_eq!(preview.session(), rehearsal.session());
    let replayed = library.replay(&rehearsal.journal().unwrap(), Place { turn: 9, step: 9 });
    assert_eq!((replayed.divergence, &replayed.session), (None, rehearsal.session()));
}

#[test]
fn a_fork_stands_at_its_place_and_goes_another_way() {
    let library = library(&json!({}));
    let rehearsal = two_rounds(&library);
    let (mut fork, turn) = rehearsal.fork(&library, Place { turn: 2, step: 1 }).unwrap();
    assert!(matches!(turn.unwrap().next, Next::Resolve(_)));
    let turn = fork.resolve(&library, Some(minutes(1)), WHEN).unwrap();
    assert_eq!(turn.messages().len(), 1);
    let (whole, _) = rehearsal.fork(&library, rehearsal.place()).unwrap();
    assert_eq!(whole.session(), rehearsal.session());
    assert_eq!(rehearsal.fork(&library, Place { turn: 0, step: 0 }).unwrap().0.next(), None);
    let refused = rehearsal.fork(&library, Place { turn: 9, step: 1 }).unwrap_err();
    assert_eq!(refused.code(), "no_place");
}

#[test]
fn a_journal_of_a_published_version_goes_on_here() {
    // As a server would have recorded it: of version 3, and without a trace.
    let library = library(&json!({}));
    let options = RehearsalOptions { trace: TraceLevel::Off, ..Default::default() };
    let draft = begin(&library, options);
    let mut head = draft.head.clone();
    head.flow.seq = 3;
    let catalog = library.catalog_of(&head);
    let mut recorded = Rehearsal::of(catalog, head.session(), draft.settings, draft.now);
    let _ = recorded.start(&library, WHEN).unwrap();
    let _ = recorded.reply(&library, json!("green"), WHEN).unwrap();
    let _ = recorded.resolve(&library, Some(minutes(5)), WHEN).unwrap();
    assert!(recorded.trace().unwrap().is_empty());
    let mut journal = recorded.journal().unwrap();

    let (end, options) = (Place { turn: 9, step: 9 }, RehearsalOptions::default());
    let (mut resumed, turn, replayed) =
        Rehearsal::resume(&library, &journal, end, &options).unwrap();
    assert_eq!((replayed.divergence, replayed.changed), (None, Vec::new()));
    assert_eq!((turn.unwrap().messages().len(), resumed.trace().unwrap().len()), (2, 8));
    assert_eq!(resumed.session().state(), recorded.session().state());
    let _ = resumed.reply(&library, json!("yes"), WHEN).unwrap();
    assert_eq!(resumed.place().turn, 3);

    // Where it goes another way, it stands before that.
    let led_to = journal.turns[1].steps[1].led_to.as_mut().unwrap();
    led_to.events[0].hash = "0".repeat(16);
    let (resumed, turn, replayed) = Rehearsal::resume(&library, &journal, end, &options).unwrap();
    assert!(matches!(replayed.divergence.unwrap().difference, Difference::Event { index: 0, .. }));
    assert_eq!(resumed.place(), Place { turn: 2, step: 1 });
    assert!(matches!(turn.unwrap().next, Next::Resolve(_)));
}

#[test]
fn handlers_answer_what_they_know_unless_the_host_wants_to() {
    let handlers = json!({"https://tea.example/brew": {"sequence": [
        {"answer": {"minutes": 5}}, {"answer": {"minutes": 1}}]}});
    let library = library(&handlers);
    let mut rehearsal = begin(&library, RehearsalOptions::default());
    let turn = rehearsal.reply(&library, json!("green"), WHEN).unwrap();
    assert!(matches!(turn.next, Next::Ask(_)));
    // The sequence goes on behind a fork and a snapshot alike.
    let (mut fork, _) = rehearsal.fork(&library, rehearsal.place()).unwrap();
    let (mut restored, _) = Rehearsal::restore(&library, &rehearsal.snapshot()).unwrap();
    for each in [&mut rehearsal, &mut fork, &mut restored] {
        let _ = each.reply(&library, json!("yes"), WHEN).unwrap();
        let _ = each.reply(&library, json!("black"), WHEN).unwrap();
        assert_eq!(each.session().state()["temp"]["minutes"], 1);
    }

    let options = RehearsalOptions { effects: Answers::Host, ..RehearsalOptions::default() };
    let mut asks = begin(&library, options);
    let turn = asks.reply(&library, json!("green"), WHEN).unwrap();
    assert!(matches!(turn.next, Next::Resolve(_)));
    let _ = asks.resolve(&library, None, WHEN).unwrap();
    assert_eq!(asks.session().state()["temp"]["minutes"], 5);
}

#[test]
fn nobody_reaches_outside_in_a_preview() {
    // F69.
    let library = library(&json!({}));
    let mut rehearsal = begin(&library, RehearsalOptions::default());
    let _ = rehearsal.reply(&library, json!("green"), WHEN).unwrap();
    let _ = rehearsal.resolve(&library, None, WHEN).unwrap();
    let told = rehearsal.snapshot();
    assert!(told.contains("not_in_preview"), "{told}");
}

#[test]
fn a_condition_is_explained_now_and_at_an_earlier_step() {
    let library = library(&json!({}));
    let rehearsal = two_rounds(&library);
    let condition = json!("temp.minutes > 3 && session.turn > 0");
    let now = rehearsal.explain(&condition, None, false).unwrap();
    assert!(now.holds);
    let steps = rehearsal.trace().unwrap();
    let set_by = now.variables[0].set_by.as_ref().unwrap();
    assert_eq!(steps[set_by.step - 1].node_id.as_str(), "brew");
    let before = rehearsal.explain(&json!("has(temp.minutes)"), Some(set_by.step), false).unwrap();
    assert!(!before.holds);
    let refused = rehearsal.explain(&condition, Some(steps.len() + 1), false).unwrap_err();
    assert_eq!(refused.code(), "no_place");
}

#[test]
fn without_history_there_is_no_journal_and_a_snapshot_stays_small() {
    let library = library(&json!({}));
    let options = RehearsalOptions { history: false, ..RehearsalOptions::default() };
    let mut rehearsal = begin(&library, options);
    let mut sizes = Vec::new();
    for _ in 0..20 {
        let _ = rehearsal.reply(&library, json!("green"), WHEN).unwrap();
        let _ = rehearsal.resolve(&library, Some(minutes(5)), WHEN).unwrap();
        let _ = rehearsal.reply(&library, json!("yes"), WHEN).unwrap();
        sizes.push(rehearsal.snapshot().len());
    }
    assert!(sizes[19] < sizes[2] + 200, "{sizes:?}");
    assert_eq!(rehearsal.journal().unwrap_err().code(), "no_history");
    assert_eq!(rehearsal.trace().unwrap_err().code(), "no_history");
    let (restored, _) = Rehearsal::restore(&library, &rehearsal.snapshot()).unwrap();
    assert_eq!(restored.session(), rehearsal.session());
}
