//! `chatflow stats`, and what the service says of itself meanwhile.

use std::path::Path;

use serde_json::{Value, json};

use crate::real::{Place, Ran, Visitor, run};

/// Two conversations with a running service, one of which goes on; then the terminal tells what the service tells.
pub(crate) fn numbers_are_told_in_the_terminal(place: &Place) {
    let seed = format!("{}/real/seed.json", env!("CARGO_MANIFEST_DIR"));
    let words = [Path::new("import"), Path::new(&seed), Path::new("--db"), &place.database()];
    let ran = run(words);
    assert_eq!(ran.code, 0, "{ran:?}");
    let server = place.serve_signed();
    let client = server.client();
    Visitor::start(&client, "counter", &json!({})).say("word");
    Visitor::start(&client, "counter", &json!({}));
    let platform = place.user("wriveted", &[]);
    let get = |path: &str| client.send(("GET", path), &[platform.header()], b"");
    let flow = client.flow("counter");
    let told = |rest: &str| {
        let answer = get(&format!("/v1/cms/flows/{flow}/analytics{rest}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    };
    let (analytics, funnel) = (told(""), told("/funnel"));
    assert_eq!(analytics["total_sessions"], 2);
    assert_eq!(funnel["conversion_rates"], json!({"begin": 1.0, "ask": 1.0, "told": 0.5}));
    let stats = |words: &[&str]| {
        let database = place.database();
        let first = ["stats", "--db"].map(Path::new);
        run(first.into_iter().chain([database.as_path()]).chain(words.iter().map(Path::new)))
    };
    let of = |words: &[&str]| -> Value {
        let ran: Ran = stats(words);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.json()
    };
    let name = json!("Counter");
    let expected = json!({"name": name, "analytics": analytics, "funnel": funnel});
    assert_eq!(of(&["--flow", "counter", "--json"]), expected);
    assert_eq!(of(&["--flow", "Counter", "--json"]), expected);
    let all = of(&["--json"]);
    let counter =
        all["flows"].as_array().unwrap().iter().find(|flow| flow["name"] == name).unwrap();
    assert_eq!(counter["total_sessions"], 2);
    let past = of(&["--json", "--from", "2020-01-01", "--to", "2020-01-31"]);
    assert_eq!(past["time_period"]["days"], 30);
    let table = stats(&[]);
    assert!(table.out.contains("        2      0.0%      0.0%       0.0  Counter"), "{table:?}");
    let steps = stats(&["--flow", "counter"]);
    assert!(steps.out.contains("        1     50.0%  told"), "{steps:?}");
    for (words, why) in [
        (&["--flow", "nowhere"][..], "there is no flow `nowhere`"),
        (&["--from", "yesterday"], "must be a day"),
        (&["--from", "2026-02-01", "--to", "2026-01-01"], "must not be after"),
    ] {
        let ran = stats(words);
        assert!(ran.code == 2 && ran.err.contains(why), "{ran:?}");
    }
    settings_are_heeded(place, &stats, &table);
    // S5.37: of real requests, one of which was a turn.
    let lately = get("/v1/cms/analytics/real-time");
    assert_eq!(lately.status, 200, "{lately:?}");
    assert!(lately.body["response_time"].as_f64().unwrap() > 0.0, "{lately:?}");
    assert_eq!(lately.body["error_rate"], 0.0);
    let counts = ["active_sessions", "current_interactions", "sessions_last_hour"];
    assert_eq!(counts.map(|key| lately.body[key].as_u64()), [2, 1, 2].map(Some));
    // S5.7: the same answer again, for a while.
    let again = get(&format!("/v1/cms/flows/{flow}/analytics"));
    assert_eq!(again.headers["x-cache"], "hit", "{again:?}");
}

/// The settings of the service are those of the command.
fn settings_are_heeded(place: &Place, stats: &dyn Fn(&[&str]) -> Ran, table: &Ran) {
    let settings = place.file("settings.toml", "analytics.raw_days = 0");
    let ran = stats(&["--config", settings.to_str().unwrap()]);
    assert_eq!((ran.code, ran.err.contains("analytics.raw_days")), (2, true), "{ran:?}");
    place.file("settings.toml", "analytics.raw_days = 30");
    assert_eq!(stats(&["--config", settings.to_str().unwrap()]).out, table.out);
}

#[test]
fn numbers_are_told_of_a_file() {
    numbers_are_told_in_the_terminal(&Place::new());
}
