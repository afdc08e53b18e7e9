//! The book conversation of the corpus, its recommendations from a server of their own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::place::{Database, database};
use crate::real::{Client, Heard, Place, Reply, Server, Site, run};
use crate::server::huey;

/// What a conversation needs, in the order in which it goes.
struct Scene {
    _servers: [Server; 2],
    site: Site,
    _place: Place,
    _database: Database,
}

#[test]
fn the_book_conversation_asks_a_recommender_of_its_own() {
    // S3.201, R7.41, R8.23, S12.4
    if database().is_none() {
        return;
    }
    let asked = Arc::<AtomicUsize>::default();
    // Flows come from production, where nothing is http: where it goes is told at the start.
    let context = |scene: &Scene| json!({"recommender": scene.site.url("")});
    let serve = |folder: &Path, handlers: &Value| serve(folder, handlers, &asked);
    // No divisor of the numbers of schools, levels and searches, so that all of them come.
    huey::book_conversations_in(serve, 7, context);
    let is_there = chatflow_tests::report::corpus().is_some();
    assert_eq!(asked.load(Ordering::Relaxed) > 0, is_there);
}

/// Two servers whose flows ask the site; what `handlers` would answer, the site does.
fn serve(folder: &Path, handlers: &Value, asked: &Arc<AtomicUsize>) -> (Client, Scene) {
    let database = database().expect("the server is still there");
    let (rules, asked) = (handlers["/v1/recommend"].clone(), Arc::clone(asked));
    let site = Site::start(move |heard| {
        asked.fetch_add(1, Ordering::Relaxed);
        recommend(heard, &rules)
    });
    let place = Place::beside(&database.url);
    let mut main = None;
    for file in std::fs::read_dir(folder).expect("the corpus is a folder") {
        let path = file.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        let text = text.replace("\"/v1/recommend\"", "\"{{context.recommender}}/v1/recommend\"");
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        main = place.file(name, text).parent().map(Path::to_owned);
    }
    let folder = main.expect("the corpus has files");
    let ran = run([Path::new("import"), &folder, Path::new("--db"), &place.database()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let words = site.words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let servers = [(); 2].map(|()| Server::start_as(&place.database(), &words, &[]));
    let client = servers[0].client().in_turn(servers[1].client());
    (client, Scene { _servers: servers, site, _place: place, _database: database })
}

/// Answers as the contract says, with the books of the first rule that fits.
fn recommend(heard: &Heard, rules: &Value) -> Reply {
    let body = heard.body();
    let wrong = |what: &str| Reply::json(422, &json!({"detail": what}));
    if heard.header("content-type") != "application/json"
        || heard.header("idempotency-key").is_empty()
    {
        return wrong("headers");
    }
    let first = body["fallback"] == false;
    let path = if first { "/v1/recommend?limit=5" } else { "/v1/recommend" };
    let is_key = |key: &Value| key.as_str().is_some_and(|key| !key.is_empty());
    let keys = |name: &str| body[name].as_array().is_some_and(|keys| keys.iter().all(is_key));
    let school = &body["wriveted_identifier"];
    let is_school = school.is_null() || school.as_str().is_some_and(|id| id.len() == 36);
    let is_right = heard.path == path
        && body["age"].is_u64()
        && keys("reading_abilities")
        && (!first || keys("hues") && body["recommendable_only"] == true)
        && is_school;
    if !is_right {
        return wrong("the contract");
    }
    let fits = |rule: &&Value| {
        let when = rule["when"].as_object().expect("a condition");
        when.iter().all(|(key, value)| body[key] == *value)
    };
    let rule = rules.as_array().expect("rules").iter().find(fits);
    match rule {
        Some(rule) if rule["answer"].is_object() => Reply::json(200, &rule["answer"]),
        // No fault of the recommender, so that the breaker stays closed (R8.45).
        _ => wrong("no books"),
    }
}
