//! `chatflow db check` and `chatflow migrate` on Postgres: as on a file.

use serde_json::json;

use super::place::{Database, database};
use super::service::Pair;
use crate::real::{Client, Ran, Visitor, chatflow, finish};

/// Runs a verb on a database, which the environment names.
pub(super) fn on(address: &str, words: &[&str]) -> Ran {
    finish(chatflow().env("CHATFLOW_DB", address).args(words))
}

/// The database has nothing wrong with it, and this many sessions.
pub(super) fn is_sound(database: &Database, sessions: usize) {
    let told = on(&database.url, &["db", "check"]);
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
    let end = format!("{}` is sound: {sessions} sessions, 0 faults\n", database.name);
    assert!(told.out.ends_with(&end), "{told:?}");
}

/// A visitor who has said two words.
pub(super) fn talked(client: &Client) -> Visitor {
    let mut visitor = Visitor::start(client, "counter", &json!({}));
    visitor.say("one");
    visitor.say("two");
    visitor
}

/// A database in which visitors have talked.
fn with_talks(visitors: usize) -> Option<Database> {
    let pair = Pair::with_flows(database()?);
    for client in pair.clients().iter().cycle().take(visitors) {
        talked(client);
    }
    Some(pair.into_database())
}

#[test]
fn a_sound_database_is_told_to_be_so_also_while_it_is_served() {
    let Some(database) = database() else { return };
    let pair = Pair::with_flows(database);
    let [one, other] = pair.clients();
    talked(&one).say("three");
    talked(&other);
    is_sound(&pair.database, 2);
    let report = on(&pair.database.url, &["db", "check", "--json"]).json();
    assert_eq!((&report["sound"], &report["sessions"]), (&json!(true), &json!(2)), "{report}");
    // What could not be looked at is said.
    let notes = &report["findings"];
    assert_eq!(
        (notes.as_array().map(Vec::len), &notes[0]["code"]),
        (Some(1), &json!("pages_unchecked"))
    );
}

#[test]
fn every_disorder_that_only_the_engine_sees_is_found() {
    let cases = [
        ("UPDATE conversation_sessions SET state = '{\"temp\": {\"count\": 9}}'", "state_changed"),
        ("UPDATE conversation_sessions SET engine = '{\"format\": 9000}'", "session_unreadable"),
        ("UPDATE conversation_sessions SET state = '[]'", "session_unreadable"),
        ("DELETE FROM flow_versions", "version_missing"),
        ("DELETE FROM conversation_history WHERE seq = 1", "history_gap"),
        ("DELETE FROM session_journal WHERE revision = 2", "journal_gap"),
    ];
    if database().is_none() {
        return;
    }
    for (sql, code) in cases {
        let database = with_talks(1).expect("the server is still there");
        database.execute(&format!(
            "SET session_replication_role = replica; {sql}; DELETE FROM flow_version_links"
        ));
        let told = on(&database.url, &["db", "check"]);
        assert_eq!(told.code, 5, "{sql}: {told:?}");
        assert!(told.out.contains(code) && told.out.contains("(help: "), "{sql}: {told:?}");
        let report = on(&database.url, &["db", "check", "--json"]).json();
        assert_eq!(
            (&report["sound"], &report["counts"][code]),
            (&json!(false), &json!(1)),
            "{report}"
        );
    }
}

#[test]
fn sessions_of_several_pages_are_all_judged() {
    let Some(database) = with_talks(1) else { return };
    for (table, key) in [
        ("conversation_sessions", "id"),
        ("conversation_history", "session_id"),
        ("session_journal", "session_id"),
    ] {
        // Copies under other ids.
        database.execute(&format!(
            "INSERT INTO {table} SELECT (r.row).* FROM (
               SELECT json_populate_record(
                 t, json_build_object('{key}', lpad(to_hex(n), 32, '0')::uuid)) AS row
               FROM {table} AS t, generate_series(1, 250) AS n) AS r"
        ));
    }
    let told = on(&database.url, &["db", "check"]);
    // The copies have the id of the one in what the engine keeps, which it does not compare.
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.out.ends_with("is sound: 251 sessions, 0 faults\n"), "{told:?}");
    database.execute("UPDATE conversation_sessions SET state = '{}'");
    let told = on(&database.url, &["db", "check"]);
    assert_eq!(told.out.matches("state_changed: session ").count(), 100, "{told:?}");
    assert!(told.out.contains("state_changed: 151 more of this kind"), "{told:?}");
    assert!(told.out.contains("is not sound: 251 sessions, 251 faults"), "{told:?}");
}

#[test]
fn a_migration_says_what_was_and_what_is() {
    // S1.10.
    let Some(database) = database() else { return };
    let migrate = |more: &[&str]| on(&database.url, &[&["migrate"], more].concat());
    let told = migrate(&["--dry-run"]);
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
    assert!(told.out.starts_with("migration 1: initial\n"), "{told:?}");
    let (_, newest) = told.out.trim_end().rsplit_once(' ').unwrap();
    let ends = |told: &Ran, end: &str| {
        let end = format!("{}` {}\n", database.name, end.replace("NEWEST", newest));
        assert!(told.code == 0 && told.out.ends_with(&end), "{told:?}");
    };
    ends(&told, "is at version 0 and would be at version NEWEST");
    assert!(database.rows("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").is_empty());
    let told = on(&database.url, &["db", "check"]);
    assert!(told.code == 5 && told.out.contains("schema_older"), "{told:?}");
    ends(&migrate(&[]), "was at version 0 and is at version NEWEST");
    ends(&migrate(&[]), "is at version NEWEST: nothing to do");
    ends(&migrate(&["--dry-run"]), "is at version NEWEST: nothing to do");
    is_sound(&database, 0);
    database.execute(
        "INSERT INTO schema_migrations (version, name, checksum)
         VALUES (9000, 'later', repeat('0', 64))",
    );
    for words in [&["--dry-run"][..], &[]] {
        let told = migrate(words);
        assert_eq!(told.code, 1, "{told:?}");
        let text = format!("at version 9000, this program knows {newest}");
        assert!(told.err.contains(&text), "{told:?}");
    }
    let told = on(&database.url, &["db", "check"]);
    assert!(told.code == 5 && told.out.contains("schema_foreign"), "{told:?}");
}
