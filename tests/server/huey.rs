//! The book conversation of the corpus, in full.

use std::path::Path;

use chatflow_tests::report;
use serde_json::{Value, json};

use super::pictures::{Pictures, best, scores};
use crate::real::{Client, Place, Visitor};

const SUITE: &str = "server: book conversations over HTTP";

/// How the search for books goes.
#[derive(Clone, Copy, Debug)]
enum Search {
    Found,
    OnlyFallback,
    Failed,
    Nothing,
}

/// The visitor of one conversation.
#[derive(Debug)]
struct Case {
    age: u64,
    /// The index of the reading level.
    level: usize,
    /// The context at the start, and the school's id and name when it names a school.
    context: Value,
    school: Option<(String, String)>,
    search: Search,
    rounds: usize,
}

#[test]
fn the_book_conversation_of_the_corpus_runs_in_full() {
    book_conversations(|folder, handlers| {
        let place = Place::with(folder);
        let server = place.serve(handlers);
        let client = server.client();
        (client, (place, server))
    });
}

/// Holds every conversation with the service that `serve` starts on a fixture, with these answers
/// for the requests of flows.
pub(crate) fn book_conversations<T>(serve: impl Fn(&Path, &Value) -> (Client, T)) {
    book_conversations_in(serve, 1, |_| json!({}));
}

/// The same, every so many of them, with more in the context of each.
pub(crate) fn book_conversations_in<T>(
    serve: impl Fn(&Path, &Value) -> (Client, T),
    every: usize,
    context: impl Fn(&T) -> Value,
) {
    let Some(corpus) = report::corpus() else {
        report::corpus_cases(SUITE, 0);
        return;
    };
    let folder = corpus.join("huey");
    let read = |name: &str| -> Value {
        let path = folder.join(name);
        let text = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    let (seed, found) = (read("seed.json"), read("recommend-response.json"));
    let abilities = abilities(&read("huey-profile-flow.json"));
    let cases = cases(&seed["school"], abilities.len());
    let (client, service) = serve(&folder, &handlers(&cases, &abilities, &found));
    let more = context(&service);
    for case in cases.iter().step_by(every) {
        let pictures = Pictures::read(&seed, ("huey-preference", case.age), "hue_map");
        let mut state = json!({"context": case.context});
        let context = state["context"].as_object_mut().expect("an object");
        context.extend(more.as_object().expect("an object").clone());
        let mut visitor = Visitor::start(&client, "huey-bookbot", &state);
        converse(case, &mut visitor, &abilities[case.level], &pictures, &found);
    }
    assert!(!cases.is_empty());
    report::corpus_cases(SUITE, cases.len().div_ceil(every));
}

/// The keys of the reading levels.
fn abilities(profile: &Value) -> Vec<String> {
    let nodes = profile["flow_data"]["nodes"].as_array().expect("nodes");
    let asked =
        nodes.iter().find(|node| node["id"] == "ask_reading_ability").expect("the question");
    let options = asked["content"]["options"].as_array().expect("options");
    options.iter().map(|option| option["ability_key"].as_str().unwrap().to_owned()).collect()
}

/// Every age with every level, each without a school, with one, and with only the id of one.
fn cases(school: &Value, levels: usize) -> Vec<Case> {
    let (id, name) = (school["wriveted_identifier"].clone(), school["name"].clone());
    let own = |name: &str| Some((id.as_str().unwrap().to_owned(), name.to_owned()));
    let contexts = [
        (json!({}), None),
        (json!({"school_wriveted_id": id, "school_name": "Elsewhere"}), own("Elsewhere")),
        (json!({"school_wriveted_id": id}), own(name.as_str().unwrap())),
    ];
    let searches = [Search::Found, Search::OnlyFallback, Search::Failed, Search::Nothing];
    let mut cases = Vec::new();
    for age in 5..=13 {
        for level in 0..levels {
            // Not by context: a service is not told the school's name.
            let search = searches[cases.len() / contexts.len() % searches.len()];
            for (i, (context, school)) in contexts.iter().enumerate() {
                let rounds = if level == i { 4 } else { 1 };
                let (context, school) = (context.clone(), school.clone());
                cases.push(Case { age, level, context, school, search, rounds });
            }
        }
    }
    cases
}

/// One rule for each search that a case makes. A body that is not exactly as expected has no rule
/// and fails, so that a conversation which expects books shows what was asked.
fn handlers(cases: &[Case], abilities: &[String], found: &Value) -> Value {
    let mut rules = Vec::new();
    for case in cases {
        let body = |fallback: bool| {
            json!({
                "age": case.age,
                "reading_abilities": [abilities[case.level]],
                "wriveted_identifier": case.school.as_ref().map(|(id, _)| id),
                "fallback": fallback,
            })
        };
        let answer = |fallback, answer: &Value| json!({"when": body(fallback), "answer": answer});
        let nothing = json!({"books": [], "count": 0});
        match case.search {
            Search::Found => rules.push(answer(false, found)),
            Search::OnlyFallback => rules.extend([answer(false, &nothing), answer(true, found)]),
            Search::Failed => {
                rules
                    .extend([json!({"when": body(false), "fail": "timeout"}), answer(true, found)]);
            }
            Search::Nothing => rules.push(answer(false, &nothing)),
        }
    }
    json!({"/v1/recommend": rules})
}

fn converse(case: &Case, visitor: &mut Visitor, ability: &str, pictures: &Pictures, found: &Value) {
    let mut shown = Vec::new();
    for round in 1..=case.rounds {
        at(visitor, "greeting_response");
        visitor.say("hello");
        if let Some((_, name)) = &case.school {
            at(visitor, "school_confirm");
            assert!(visitor.question().contains(name), "{}", visitor.turn);
            visitor.say("yes");
        }
        at(visitor, "ask_age");
        visitor.say(case.age.to_string());
        at(visitor, "ask_reading_ability");
        let level = visitor.pending()["options"][case.level]["value"].clone();
        visitor.say(level);
        let profile = pictures.answer_three(visitor, &mut shown, case.level + round);
        let user = &visitor.state()["user"];
        assert_eq!(scores(&user["hue_profile"]), profile, "{case:?}");
        assert_eq!(user["hue_keys"], json!(best(&profile, 5)), "{case:?}");
        assert_eq!(user["age_number"], case.age);
        assert_eq!(user["reading_ability_keys"], json!([ability]));
        at(visitor, "searching_msg");
        assert_eq!(visitor.turn["wait_for_acknowledgment"], true);
        assert_eq!(visitor.pending()["input_type"], "continue");
        visitor.say("");
        books(case, visitor, found);
        at(visitor, "restart_choice");
        visitor.say(if round < case.rounds { "restart" } else { "done" });
    }
    assert_eq!(visitor.turn["session_ended"], true);
    assert_eq!(visitor.turn["ended_reason"], "completed");
    let session = visitor.session();
    assert_eq!((&session["status"], &session["pending"]), (&json!("completed"), &Value::Null));
    let rows = visitor.history();
    assert!(rows.iter().zip(1_u64..).all(|(row, seq)| row["seq"] == seq), "{rows:?}");
}

/// The search was made as the case says, and its books are shown.
fn books(case: &Case, visitor: &Visitor, found: &Value) {
    let messages = visitor.turn["messages"].as_array().unwrap();
    let told: Vec<&str> = messages.iter().filter_map(|item| item["node_id"].as_str()).collect();
    let (node, shown) = match case.search {
        Search::Found => ("show_books", &found["books"]),
        Search::OnlyFallback | Search::Failed => ("show_fallback_books", &found["books"]),
        Search::Nothing => ("no_books_msg", &Value::Null),
    };
    let expected: &[&str] =
        if shown.is_null() { &[node, "end_msg"] } else { &[node, node, "end_msg"] };
    assert_eq!(told, expected, "{case:?}: {}", visitor.turn);
    if !shown.is_null() {
        let count = found["count"].to_string();
        assert!(visitor.heard()[0].contains(&count), "{:?}", visitor.heard());
        let list = messages.iter().find(|item| item["type"] == "book_list").expect("a list");
        assert_eq!(list["content"]["books"], *shown, "{list}");
    }
}

fn at(visitor: &Visitor, node: &str) {
    assert_eq!(visitor.turn["current_node_id"], node, "{}", visitor.turn);
}
