//! `chatflow replay`.

use std::path::Path;

use serde_json::json;

use crate::real::{Place, Visitor, run};

#[test]
fn a_conversation_in_the_database_is_replayed() {
    // R0.3, F3, R11.24.
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    visitor.say("one");
    visitor.say("two");
    let database = place.database();
    let words = ["replay", "--session", &visitor.id, "--db", database.to_str().unwrap()];
    let more = |more: &[&'static str]| run(words.iter().chain(more));
    let told = more(&[]);
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
    for text in ["turn 1\n", "turn 3\n", "two is word 2.", "same: 3 turns\n"] {
        assert!(told.out.contains(text), "{text} is not in {told:?}");
    }
    let came = more(&["--json"]).json();
    assert_eq!((&came["divergence"], &came["changed"]), (&json!(null), &json!([])));
    assert_eq!(came["at"], json!({"turn": 3, "step": 1}));
    assert_eq!(came["state_hash"], visitor.session()["state_hash"]);

    // A journal that was changed on its way, and a database that does not know the flow.
    let journal = more(&["--export"]).out;
    let again = |journal: &str, database: &Path| {
        let path = place.file("journal.json", journal);
        run([Path::new("replay"), &path, Path::new("--db"), database])
    };
    assert_eq!(again(&journal, &database).code, 0);
    let forged = again(&journal.replace("\"two\"", "\"ten\""), &database);
    assert_eq!(forged.code, 4, "{forged:?}");
    assert!(
        forged.out.contains("differs: turn 3, step 1: the variable `/temp/last`"),
        "{forged:?}"
    );
    let other = Place::with(&super::demo("seed.json"));
    let gone = again(&journal, &other.database());
    assert_eq!(gone.code, 4, "{gone:?}");
    assert!(gone.out.contains("is not in the catalog"), "{gone:?}");

    let nobody = "00000000-0000-4000-8000-000000000000";
    for (words, why) in [
        (["--session", nobody], "there is no session"),
        (["--session", "Ada"], "invalid"),
        (["nowhere.json", "--json"], "cannot read `nowhere.json`"),
    ] {
        let ran = run(["replay", "--db", database.to_str().unwrap()].into_iter().chain(words));
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(why), "{why} is not in {ran:?}");
    }
}

#[test]
fn a_database_that_is_not_there_is_not_made() {
    // R0.3.
    let place = Place::new();
    let database = place.database();
    let ran = run(["replay", "--session", "x", "--db", database.to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("there is no database"), "{ran:?}");
    assert!(!database.exists());
}
