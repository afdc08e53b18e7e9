//! The museum guide of the demo, in full.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::pictures::{Pictures, Scores, best, scores};
use crate::real::{Client, Place, Visitor};

/// The demo's folder.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/demo")
}

/// A file of the demo.
pub(super) fn read(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder().join(name)).unwrap()).unwrap()
}

/// Who comes along.
#[derive(Clone, Copy, Debug)]
struct Guest {
    age: u64,
    /// Which answer they give to how long they stay, and the minutes of it.
    time: (&'static str, u64),
    step_free: bool,
    mood: &'static str,
}

const AGES: [u64; 6] = [4, 12, 13, 64, 65, 99];
const TIMES: [(&str, u64); 3] = [("quick", 15), ("hour", 60), ("afternoon", 180)];
const MOODS: [&str; 3] = ["calm", "curious", "lively"];
/// In three rounds a guest sees all nine pictures of their age.
const ROUNDS: usize = 4;

#[test]
fn every_kind_of_guest_is_led_through_the_museum() {
    let ends = museum_visits(|folder, handlers| {
        let place = Place::with(folder);
        let server = place.serve(handlers);
        let client = server.client();
        (client, (place, server))
    });
    // Which end a round has depends on the pictures that are drawn, here from the system's entropy. With fixed seeds
    // all three are reached by the demo's conversations in `conformance`.
    assert!(ends[0] > 0, "trail, favourites, nothing: {ends:?}");
}

/// Leads every kind of guest through the service that `serve` starts on a fixture, with these
/// answers for the requests of flows; how often that led to a trail, to favourites and to nothing.
pub(crate) fn museum_visits<T>(serve: impl Fn(&Path, &Value) -> (Client, T)) -> [usize; 3] {
    let handlers = read("handlers.json");
    let (client, _service) = serve(&folder(), &handlers);
    let seed = read("seed.json");
    let mut ends = [0; 3];
    for (i, age) in AGES.into_iter().enumerate() {
        let pictures = Pictures::read(&seed, ("museum-taste", age), "taste");
        for (j, mood) in MOODS.into_iter().enumerate() {
            let guest = Guest { age, time: TIMES[(i + j) % 3], step_free: (i + j) % 2 == 0, mood };
            let context = if j == 1 { json!({"group_name": "Room 7"}) } else { json!({}) };
            let mut visitor = Visitor::start(&client, "museum-guide", &json!({"context": context}));
            visitor.say("hello");
            assert_eq!(visitor.heard().iter().any(|text| text.contains("Room 7")), j == 1);
            introduce(&mut visitor, guest);
            let mut shown = Vec::new();
            for round in 1..=ROUNDS {
                let taste = pictures.answer_three(&mut visitor, &mut shown, i + j + round);
                ends[trail(&mut visitor, guest, &taste, &handlers)] += 1;
                visitor.say(if round < ROUNDS { "again" } else { "done" });
            }
            assert_eq!(visitor.turn["session_ended"], true);
            assert_eq!(visitor.turn["ended_reason"], "completed");
            assert!(visitor.heard()[0].starts_with("4 trails!"), "{:?}", visitor.heard());
        }
    }
    ends
}

/// Answers what is asked about the guest, with slips on the way.
fn introduce(visitor: &mut Visitor, guest: Guest) {
    slip(visitor, &json!("An extraordinarily long name, longer than any tag"));
    visitor.say("Ana");
    assert!(visitor.question().contains("Ana"), "{}", visitor.question());
    for age in [json!("three"), json!(3), json!("100"), json!(7.5)] {
        slip(visitor, &age);
    }
    visitor.say(guest.age);
    let cards = visitor.heard().iter().filter(|text| text.contains("stamp card")).count();
    let stools = visitor.heard().iter().filter(|text| text.contains("stools")).count();
    assert_eq!((cards == 1, stools == 1), (guest.age < 13, guest.age >= 65), "{guest:?}");
    visitor.say(guest.time.0);
    visitor.say(guest.step_free);
    let user = &visitor.state()["user"];
    let expected = json!({
        "name": "Ana", "age_number": guest.age, "minutes": guest.time.1, "step_free": guest.step_free,
    });
    assert_eq!(*user, expected);
}

/// An answer that is refused: the same question again, with what is wrong.
fn slip(visitor: &mut Visitor, input: &Value) {
    let kind = visitor.pending()["input_type"].clone();
    let answer = visitor.interact(&json!({"input": input, "input_type": kind}));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body["validation_error"]["message"].is_string(), "{input}: {answer:?}");
    assert_eq!(answer.body["input_request"]["question"], visitor.pending()["question"]);
    visitor.turn = answer.body;
}

/// Asks for a trail; which of the three ends it came to.
fn trail(visitor: &mut Visitor, guest: Guest, taste: &Scores, handlers: &Value) -> usize {
    let keys = best(taste, 3);
    assert_eq!(scores(&visitor.state()["temp"]["taste_profile"]), *taste);
    assert_eq!(visitor.state()["user"]["taste_keys"], json!(keys));
    visitor.say(guest.mood);
    assert_eq!(visitor.turn["wait_for_acknowledgment"], true);
    assert_eq!(visitor.pending()["input_type"], "continue");
    let mut body = json!({
        "age": guest.age, "minutes": guest.time.1, "step_free": guest.step_free, "mood": guest.mood,
        "taste": keys[0], "tastes": keys, "fallback": false,
    });
    let found = listed(handlers, &body);
    body["fallback"] = json!(true);
    body.as_object_mut().unwrap().retain(|key, _| !key.starts_with("taste"));
    let favourites = listed(handlers, &body);
    visitor.say("");
    let expected = [("show_trail", found), ("show_any", favourites), ("nothing_found", json!([]))];
    let lists = |list: &Value| list.as_array().is_some_and(|list| !list.is_empty());
    let end = expected.iter().position(|(_, list)| lists(list)).unwrap_or(2);
    let messages = visitor.turn["messages"].as_array().unwrap();
    assert_eq!(messages[0]["node_id"], expected[end].0, "{guest:?}: {}", visitor.turn);
    let list = messages.iter().find(|item| item["type"] == "item_list");
    assert_eq!(list.is_some(), end < 2);
    if let Some(list) = list {
        let list = &list["content"]["items"];
        assert_eq!(*list, expected[end].1, "{guest:?}");
        let count = list.as_array().unwrap().len().to_string();
        assert!(visitor.heard()[0].contains(&count), "{:?}", visitor.heard());
    }
    end
}

/// What the first rule that fits a body lists.
fn listed(handlers: &Value, body: &Value) -> Value {
    let fits = |rule: &&Value| {
        let when = rule["when"].as_object().into_iter().flatten();
        when.into_iter().all(|(key, want)| body.get(key) == Some(want))
    };
    let rules = handlers["/v1/demo/recommend"].as_array().expect("rules");
    rules.iter().find(fits).map(|rule| rule["answer"]["items"].clone()).unwrap_or_default()
}
