//! `chatflow db check` and `chatflow migrate`.

use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use crate::real::{Place, Ran, Visitor, run};

fn check(database: &Path, more: &[&str]) -> Ran {
    let words = ["db", "check"].iter().chain(more).map(Path::new);
    run(words.chain([Path::new("--db"), database]))
}

/// A place where a visitor has talked.
fn talked() -> Place {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    visitor.say("one");
    visitor.say("two");
    drop(server);
    place
}

#[test]
fn a_sound_database_is_told_to_be_so_also_while_it_is_served() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    visitor.say("one");
    let told = check(&place.database(), &[]);
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
    assert!(told.out.ends_with("chatflow.db` is sound: 1 sessions, 0 faults\n"), "{told:?}");
    visitor.say("two");
    let report = check(&place.database(), &["--json"]).json();
    let expected = json!({"sound": true, "sessions": 1, "counts": {}, "findings": []});
    assert_eq!(report, expected);
}

#[test]
fn every_disorder_that_only_the_engine_sees_is_found() {
    let cases = [
        (
            "UPDATE conversation_sessions SET state = json_set(state, '$.temp.count', 9)",
            "state_changed",
        ),
        ("UPDATE conversation_sessions SET engine = '{\"format\": 9000}'", "session_unreadable"),
        ("UPDATE conversation_sessions SET state = '[]'", "session_unreadable"),
        ("DELETE FROM flow_versions", "version_missing"),
        ("DELETE FROM conversation_history WHERE seq = 1", "history_gap"),
    ];
    for (sql, code) in cases {
        let place = talked();
        let hand = Connection::open(place.database()).unwrap();
        hand.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        hand.execute_batch(sql).unwrap();
        hand.execute_batch("DELETE FROM flow_version_links").unwrap();
        drop(hand);
        let told = check(&place.database(), &[]);
        assert_eq!(told.code, 5, "{sql}: {told:?}");
        assert!(told.out.contains(code) && told.out.contains("(help: "), "{sql}: {told:?}");
        let report = check(&place.database(), &["--json"]).json();
        assert_eq!(
            (&report["sound"], &report["counts"][code]),
            (&json!(false), &json!(1)),
            "{report}"
        );
        let finding = &report["findings"][0];
        assert_eq!(finding["code"], code, "{report}");
        for key in ["place", "what", "help"] {
            assert!(finding[key].as_str().is_some_and(|text| !text.is_empty()), "{report}");
        }
    }
}

#[test]
fn what_is_wrong_a_thousand_times_is_listed_a_hundred_times() {
    let place = talked();
    let hand = Connection::open(place.database()).unwrap();
    let sql = "
      PRAGMA foreign_keys = OFF;
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
      INSERT INTO session_journal SELECT 'nobody-' || i, 1, '', '1', '[]', '' FROM n";
    hand.execute_batch(sql).unwrap();
    let told = check(&place.database(), &[]);
    assert_eq!(told.code, 5);
    assert_eq!(told.out.matches("session_missing: session nobody-").count(), 100, "{told:?}");
    assert!(told.out.contains("session_missing: 900 more of this kind"), "{told:?}");
    assert!(told.out.contains("is not sound: 1 sessions, 1000 faults"), "{told:?}");
}

#[test]
fn what_is_no_database_is_told_and_none_is_made() {
    let place = Place::new();
    let letter = place.file("letter.txt", "not a database ".repeat(100));
    for verb in [&["db", "check"][..], &["migrate"], &["backup", "copy.db"]] {
        let on = |path: &Path| run(verb.iter().map(Path::new).chain([Path::new("--db"), path]));
        let told = on(&place.database());
        assert_eq!(told.code, 2, "{told:?}");
        assert!(told.err.contains("there is no database"), "{told:?}");
        assert!(!place.database().exists());
        let told = on(&letter);
        assert_eq!(told.code, 1, "{told:?}");
        assert!(told.err.contains("letter.txt` is not an SQLite database"), "{told:?}");
    }
}

#[test]
fn a_migration_says_what_was_and_what_is() {
    // S1.10.
    let place = Place::new();
    let database = place.file("chatflow.db", "");
    let migrate = |database: &Path, more: &[&str]| {
        let words = ["migrate"].iter().chain(more).map(Path::new);
        run(words.chain([Path::new("--db"), database]))
    };
    let told = migrate(&database, &["--dry-run"]);
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
    assert!(told.out.starts_with("migration 1: initial\n"), "{told:?}");
    let (_, newest) = told.out.trim_end().rsplit_once(' ').unwrap();
    let told_to = |end: &str| end.replace("NEWEST", newest);
    let end = told_to("is at version 0 and would be at version NEWEST\n");
    assert!(told.out.ends_with(&end), "{told:?}");
    assert_eq!(std::fs::metadata(&database).unwrap().len(), 0);
    let told = check(&database, &[]);
    assert!(told.code == 5 && told.out.contains("schema_older"), "{told:?}");
    let told = migrate(&database, &[]);
    assert!(
        told.out.ends_with(&told_to("was at version 0 and is at version NEWEST\n")),
        "{told:?}"
    );
    let told = migrate(&database, &[]);
    let end = told_to("is at version NEWEST: nothing to do\n");
    assert!(told.code == 0 && told.out.ends_with(&end), "{told:?}");

    // As the first program left it.
    let hand = Connection::open(&database).unwrap();
    let text = |sql: &str| hand.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    let table = text("SELECT sql FROM sqlite_schema WHERE name = 'schema_migrations'");
    let sum = text("SELECT checksum FROM schema_migrations WHERE version = 1");
    let database = place.file("old.db", "");
    let hand = Connection::open(&database).unwrap();
    hand.execute_batch(include_str!("../../storage/sqlite/migrations/0001_initial.sql")).unwrap();
    hand.execute_batch(&table).unwrap();
    let record = "INSERT INTO schema_migrations VALUES (1, 'initial', ?1, '')";
    hand.execute(record, [sum]).unwrap();
    let told = check(&database, &[]);
    assert!(told.code == 5 && told.out.contains("schema_older"), "{told:?}");
    let told = migrate(&database, &[]);
    assert!(told.out.starts_with("migration 2: variants_and_search\n"), "{told:?}");
    assert!(
        told.out.ends_with(&told_to("was at version 1 and is at version NEWEST\n")),
        "{told:?}"
    );
    assert_eq!(check(&database, &[]).code, 0);

    let sql = "INSERT INTO schema_migrations VALUES (9000, 'later', hex(zeroblob(32)), '')";
    hand.execute_batch(sql).unwrap();
    for words in [&["--dry-run"][..], &[]] {
        let told = migrate(&database, words);
        assert_eq!(told.code, 1, "{told:?}");
        let text = told_to("at version 9000, this program knows NEWEST");
        assert!(told.err.contains(&text), "{told:?}");
    }
}

#[test]
fn what_flows_refer_to_is_read_from_flows_that_were_saved_before_it_was_kept() {
    // F43, S3.47: a change of tables cannot read graphs, so `migrate` does it afterwards.
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/demo/seed.json");
    let place = Place::with(&demo);
    let connection = Connection::open(place.database()).unwrap();
    let references = || -> Vec<[String; 4]> {
        let sql = "SELECT flow_id, node_id, kind, ref_id || in_draft || in_version FROM flow_refs
                   WHERE kind <> 'theme' ORDER BY 1, 2, 3, 4";
        let mut statement = connection.prepare(sql).unwrap();
        let row =
            |row: &rusqlite::Row<'_>| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]);
        statement.query_map([], row).unwrap().map(Result::unwrap).collect()
    };
    let kept = references();
    assert!(kept.len() >= 3, "{kept:?}");
    let forget = "DELETE FROM flow_refs WHERE kind <> 'theme';
                  INSERT INTO flow_refs_unread SELECT id FROM flow_definitions;";
    connection.execute_batch(forget).unwrap();
    let migrate = || run([Path::new("migrate"), Path::new("--db"), &place.database()]);
    let told = migrate();
    assert!(told.code == 0 && told.out.contains("read what 5 flows refer to"), "{told:?}");
    assert_eq!(references(), kept);
    assert!(!migrate().out.contains("refer to"), "nothing is left to read");
}
