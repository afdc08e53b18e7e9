//! `chatflow chat` and `chatflow check`.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::demo;
use crate::real::{Place, Ran, run};

/// Plays answers, one a line, to the ticket flow of the demo.
fn play(place: &Place, answers: &str, more: &[&str]) -> Ran {
    let answers = place.file("answers.txt", answers);
    let flow = demo("ticket-flow.json");
    let words = [Path::new("chat"), &flow, Path::new("--answers"), &answers];
    run(words.into_iter().chain(more.iter().map(Path::new)))
}

/// Ended with this code, and said all of these on stderr.
fn ended(ran: &Ran, code: i32, told: &[&str]) {
    assert_eq!(ran.code, code, "{ran:?}");
    for text in told {
        assert!(ran.err.contains(text), "`{text}` is not in {ran:?}");
    }
    assert_eq!(ran.err.is_empty(), told.is_empty() && code == 0, "{ran:?}");
}

#[test]
fn a_conversation_that_ends_with_its_answers_is_a_success() {
    let place = Place::new();
    let ran = play(&place, "family\n3\n", &[]);
    ended(&ran, 0, &[]);
    assert!(ran.out.contains("> 3\n") && ran.out.contains("One family ticket"), "{ran:?}");
    // Refused answers are asked again, and played on.
    ended(&play(&place, "family\nmany\n0\n7\n", &[]), 0, &[]);
}

#[test]
fn too_few_and_too_many_answers_are_told() {
    let place = Place::new();
    ended(&play(&place, "family\n", &[]), 3, &["the answers ended before the conversation"]);
    ended(&play(&place, "", &[]), 3, &["the answers ended"]);
    ended(&play(&place, "one\nagain\nand again\n", &[]), 3, &["2 answers left over"]);
}

#[test]
fn a_file_that_is_none_is_told_with_its_place() {
    let place = Place::new();
    let flow = |name: &str, text: &str| place.file(name, text);
    let chat = |path: &Path| run([Path::new("chat"), path, Path::new("--answers"), path]);
    ended(&chat(Path::new("nowhere.json")), 2, &["cannot read `nowhere.json`"]);
    let broken = flow("broken.json", "{\"nodes\": [\n  {\"id\": \"a\",}\n]}");
    ended(&chat(&broken), 2, &["broken.json", "line 2", "help"]);
    let list = flow("list.json", "[1, 2]");
    ended(&chat(&list), 2, &["list.json"]);
    let ran = run([
        Path::new("chat"),
        &demo("ticket-flow.json"),
        Path::new("--answers"),
        Path::new("none.txt"),
    ]);
    ended(&ran, 2, &["cannot read `none.txt`"]);
    let handlers = flow("handlers.json", "{\"/v1/x\": {\"anwser\": 1}}");
    let words = [Path::new("chat"), &demo("ticket-flow.json"), Path::new("--handlers"), &handlers];
    ended(&run(words), 2, &["handlers.json", "/~1v1~1x", "`answer`"]);
}

#[test]
fn options_that_mean_nothing_are_told() {
    let place = Place::new();
    ended(&play(&place, "one\n", &["--state", "{\"user\": "]), 2, &["--state", "JSON", "help"]);
    ended(&play(&place, "one\n", &["--state", "[]"]), 2, &["--state"]);
    ended(&play(&place, "one\n", &["--at", "noon"]), 2, &["--at `noon`", "help"]);
    ended(&play(&place, "one\n", &["--flow", "nobody"]), 2, &["nobody", "museum-tickets"]);
    let several =
        run([Path::new("chat"), &demo("seed.json"), Path::new("--answers"), &place.file("a", "")]);
    ended(&several, 2, &["--flow museum-guide", "--flow museum-tickets"]);
    assert_eq!(run(["chat"]).code, 2);
    assert_eq!(run(["sing"]).code, 2);
    assert_eq!(run(["--help"]).code, 0);
}

#[test]
fn a_transcript_is_one_json_document_and_always_the_same() {
    let place = Place::new();
    let json = |seed: &str| play(&place, "family\nmany\n5\n", &["--json", "--seed", seed]);
    let ran = json("7");
    ended(&ran, 0, &[]);
    let document = ran.json();
    let keys: BTreeSet<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["format", "flow", "seed", "turns", "state", "state_hash", "ended"];
    assert_eq!(keys, BTreeSet::from(expected));
    assert_eq!((&document["format"], &document["flow"]), (&json!(1), &json!("museum-tickets")));
    assert_eq!((&document["seed"], &document["ended"]), (&json!("7"), &json!("completed")));
    let state = document["state"].as_object().unwrap();
    assert_eq!(document["state_hash"], chatflow::state_hash(state));
    let turns = document["turns"].as_array().unwrap();
    let inputs: Vec<&Value> = turns.iter().map(|turn| &turn["input"]).collect();
    assert_eq!(inputs, [&Value::Null, &json!("family"), &json!("many"), &json!("5")]);
    for turn in turns {
        assert_eq!(turn.as_object().unwrap().len(), 2, "{turn}");
        assert!(turn["turn"]["messages"].is_array(), "{turn}");
    }
    assert_eq!(json("7").out, ran.out);
    assert_ne!(json("8").out, ran.out);
}

#[test]
fn a_drawn_conversation_is_the_same_each_time() {
    let place = Place::new();
    // Numbers of choices are no answers, so the pictures are asked again and again.
    let answers = place.file("answers.txt", "hello\nAna\n9\nquick\nyes\nfirst\n");
    let (seed, handlers) = (demo("seed.json"), demo("handlers.json"));
    let talk = |seed_text: &str| {
        let flow = ["--flow", "museum-guide", "--json", "--seed", seed_text].map(Path::new);
        let files = [Path::new("chat"), &seed, Path::new("--answers"), &answers];
        let handlers = [Path::new("--handlers"), &handlers];
        run(files.into_iter().chain(flow).chain(handlers))
    };
    let first = talk("one");
    assert_eq!(first.code, 3, "{}", first.err);
    assert_eq!(first.out, talk("one").out);
    let pictures = |ran: &Ran| ran.json()["turns"][5]["turn"]["input_request"].clone();
    assert_eq!(pictures(&first)["input_type"], "image_choice", "{}", first.out);
    let others: BTreeSet<String> =
        ["two", "three", "four", "five"].map(|seed| pictures(&talk(seed)).to_string()).into();
    assert!(others.len() > 1, "{others:?}");
}

#[test]
fn a_nul_in_an_answers_file_is_dropped() {
    let place = Place::new();
    let ran = play(&place, "fam\0ily\n\u{0}3\n", &["--json"]);
    ended(&ran, 0, &[]);
    assert_eq!(ran.json()["state"]["temp"]["children"], 3);
    assert!(!ran.json()["state"].to_string().contains("\\u0000"), "{}", ran.out);
}

#[test]
fn check_tells_file_place_and_help() {
    let good = run([Path::new("check"), &demo("seed.json")]);
    assert_eq!(good.code, 0, "{good:?}");
    assert!(good.err.contains("5 flows: 0 errors"), "{good:?}");
    let place = Place::new();
    let flow = json!({
        "name": "Broken", "entry_node_id": "ask",
        "nodes": [
            {"id": "ask", "type": "question", "content": {"question": {"text": "Well?"}, "input_type": "telepathy", "variable": "temp.x"}},
            {"id": "do", "type": "action", "content": {"actions": []}},
        ],
        "connections": [{"source": "ask", "target": "do", "type": "default"}],
    });
    let path = place.file("broken-flow.json", flow.to_string());
    let bad = run([Path::new("check"), &path]);
    ended(
        &bad,
        2,
        &["broken-flow.json: ", "/nodes/0/content/input_type", "/nodes/1/content/actions", "help"],
    );
    let listed = run([Path::new("check"), &path, Path::new("--json")]);
    assert_eq!(listed.code, 2);
    let found = listed.json()[0]["diagnostics"].as_array().unwrap().clone();
    assert!(found.len() >= 2, "{found:?}");
    for diagnostic in found {
        assert!(diagnostic["at"].as_str().unwrap().starts_with('/'), "{diagnostic}");
        assert!(
            diagnostic["code"].is_string() && diagnostic["message"].is_string(),
            "{diagnostic}"
        );
    }
    ended(&run(["check", "nowhere.json"]), 2, &["nowhere.json"]);
}
