//! Books for readers: a flow asks, or an account does (S3.195, S3.200, S3.201).

use std::path::Path;

use serde_json::{Value, json};

use crate::real::{Answer, Client, Place, Server, Visitor, run};

/// A flow that asks for a mood and tells of a book.
fn fixture() -> Value {
    let call = json!({"type": "api_call", "config": {
        "endpoint": "/v1/recommend/", "method": "POST", "query_params": {"limit": 2},
        "body": {"hues": ["{{temp.hue}}"], "age": "{{temp.nobody_said}}", "exclude_isbns": "[]"},
        "response_mapping": {"count": "temp.count", "books.0.title": "temp.title"},
        "error_variable": "temp.problem",
    }});
    let text = "{{temp.count}} with {{temp.title}}{{temp.problem.error}}";
    let told = json!({"messages": [{"type": "text", "text": text}]});
    json!({"seed_key": "books", "works": works(), "flows": [{
        "seed_key": "reader", "name": "Reader", "version": "1.0.0", "entry_node_id": "ask",
        "visibility": "wriveted",
        "flow_data": {
            "nodes": [
                {"id": "ask", "type": "question", "content": {
                    "question": {"text": "Which mood?"}, "input_type": "text", "variable": "temp.hue"}},
                {"id": "call", "type": "action", "content": {"actions": [call]}},
                {"id": "told", "type": "message", "content": told},
            ],
            "connections": [
                {"source": "ask", "target": "call", "type": "default"},
                {"source": "call", "target": "told", "type": "default"},
                {"source": "told", "target": "ask", "type": "default"},
            ],
        },
    }]})
}

fn works() -> Value {
    json!([
        {"title": "Tide", "authors": ["A. Marsh"], "isbn": "978-1", "hues": ["calm"], "min_age": 6,
         "max_age": 9, "reading_abilities": ["TREEHOUSE"], "pages": 90},
        {"title": "Tide Again", "authors": ["a. marsh"], "isbn": "9782", "hues": ["calm", "dark"]},
        {"title": "Storm", "authors": ["B. Reed"], "hues": ["dark"], "recommendable": false},
        {"title": "Fen", "hues": ["calm"], "min_age": 12},
    ])
}

fn serve(place: &Place, more: &[&str]) -> Server {
    let words: Vec<&Path> = ["--env", "development"].iter().chain(more).map(Path::new).collect();
    Server::start(&place.database(), &words)
}

/// A place with the flow, and the file with the books.
fn prepare() -> (Place, String) {
    let place = Place::new();
    let file = place.file("books.json", fixture().to_string());
    let ran = run([Path::new("import"), &file, Path::new("--db"), &place.database()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let file = file.to_str().expect("a path is text").to_owned();
    (place, file)
}

fn ask(client: &Client, bearer: (&str, &str), query: &str, body: &Value) -> Answer {
    client.send_json(("POST", &format!("/v1/recommend{query}")), &[bearer], body)
}

#[test]
fn a_flow_of_anybody_is_told_of_books() {
    let (place, file) = prepare();
    let server = serve(&place, &["--works", &file]);
    let mut visitor = Visitor::start(&server.client(), "reader", &json!({}));
    visitor.say("calm");
    // Two books of one author count as one.
    assert_eq!(visitor.heard(), ["2 with Tide"]);
    visitor.say("dark");
    assert_eq!(visitor.heard(), ["2 with Tide Again"]);
}

#[test]
fn without_a_platform_there_are_no_books() {
    let (place, _) = prepare();
    let server = serve(&place, &[]);
    let client = server.client();
    let mut visitor = Visitor::start(&client, "reader", &json!({}));
    visitor.say("calm");
    assert_eq!(visitor.heard(), [" with no reading platform is set up"]);
    let somebody = place.user("public", &[]);
    let refused = ask(&client, somebody.header(), "", &json!({}));
    assert_eq!((refused.status, &refused.body["code"]), (501, &json!("not_configured")));
    client.send_json(("POST", "/v1/recommend"), &[], &json!({})).refuses(
        401,
        "authentication_required",
        "nobody",
    );
    let ran = run(["serve", "--db", "x.db", "--works", "nowhere.json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn an_account_is_told_of_books_that_fit() {
    let (place, file) = prepare();
    let server = serve(&place, &["--works", &file]);
    let (client, somebody) = (server.client(), place.user("public", &[]));
    let titles = |query: &str, body: &Value| -> Vec<Value> {
        let answer = ask(&client, somebody.header(), query, body);
        assert_eq!(answer.status, 200, "{answer:?}");
        let books = answer.body["books"].as_array().expect("books").clone();
        assert_eq!(answer.body["count"], books.len());
        books.iter().map(|book| book["title"].clone()).collect()
    };
    for (query, body, expected) in [
        ("", json!({}), &["Tide", "Storm", "Fen"][..]),
        ("?limit=1", json!({}), &["Tide"]),
        ("", json!({"dedupe_authors": false, "age": 8}), &["Tide", "Tide Again", "Storm"]),
        ("", json!({"recommendable_only": true, "hues": ["dark"]}), &["Tide Again"]),
        ("", json!({"exclude_isbns": ["9781", "978-2"]}), &["Storm", "Fen"]),
        ("", json!({"reading_abilities": ["treehouse"]}), &["Tide"]),
        ("", json!({"reading_abilities": ["SPOT"]}), &[]),
        (
            "",
            json!({"reading_abilities": ["SPOT"], "fallback": true, "age": 13}),
            &["Tide Again", "Storm", "Fen"],
        ),
    ] {
        assert_eq!(titles(query, &body), expected, "{body}");
    }
    let answer =
        ask(&client, somebody.header(), "?limit=1", &json!({"age": "", "hues": "[\"calm\"]"}));
    let query = json!({
        "wriveted_identifier": null, "age": null, "reading_abilities": [], "hues": ["calm"],
        "recommendable_only": false, "exclude_isbns": [], "fallback": false,
        "dedupe_authors": true, "limit": 1,
    });
    assert_eq!(answer.body, json!({"count": 1, "query": query, "books": [works()[0]]}));
    for (query, body) in [
        ("?limit=0", json!({})),
        ("?limit=51", json!({})),
        ("", json!({"age": "eight"})),
        ("", json!({"reading_abilities": ["WELL"]})),
    ] {
        let refused = ask(&client, somebody.header(), query, &body);
        refused.refuses(422, "validation_error", &body.to_string());
    }
}
