//! `--db` with an address, and `CHATFLOW_DB`.

use std::path::Path;

use serde_json::Value;

use super::place::database;
use crate::real::{Place, Ran, Server, Visitor, chatflow, finish, run};

/// Runs a verb on the database at `address`, which the environment names.
fn on(address: &str, words: &[&str]) -> Ran {
    finish(chatflow().env("CHATFLOW_DB", address).args(words))
}

fn seed() -> String {
    format!("{}/real/seed.json", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_fixture_is_imported_served_and_replayed() {
    let Some(database) = database() else { return };
    // Once by the option and once by the environment.
    let first = run(["import", &seed(), "--db", &database.url]);
    assert_eq!(first.code, 0, "{first:?}");
    let second = on(&database.url, &["import", &seed(), "--json"]);
    let counts = &second.json()["counts"]["flows"];
    assert_eq!((&counts["created"], &counts["unchanged"]), (&Value::from(0), &Value::from(6)));
    let server = Server::start_on(&database.url, &[]);
    let mut visitor = Visitor::start(&server.client(), "counter", &serde_json::json!({}));
    visitor.say("hello");
    let replayed = on(&database.url, &["replay", "--session", &visitor.id]);
    assert_eq!(replayed.code, 0, "{replayed:?}");
    assert!(replayed.out.contains("same: 2 turns"), "{replayed:?}");
    let journal = on(&database.url, &["replay", "--session", &visitor.id, "--export"]);
    let place = Place::new();
    let journal = place.file("journal.json", journal.out);
    let again = on(&database.url, &["replay", journal.to_str().unwrap(), "--json"]);
    assert_eq!((again.code, &again.json()["divergence"]), (0, &Value::Null), "{again:?}");
}

#[test]
fn what_the_option_names_wins_over_the_environment() {
    let place = Place::with_flows();
    let words = ["import".into(), seed(), "--json".into(), "--db".into()];
    let mut command = chatflow();
    command.env("CHATFLOW_DB", "postgres://nobody@localhost:1/none").args(words);
    let ran = finish(command.arg(place.database()));
    assert_eq!(ran.json()["counts"]["flows"]["unchanged"], 6, "{ran:?}");
    let file = place.database();
    let ran = on(file.to_str().unwrap(), &["import", &seed(), "--json"]);
    assert_eq!(ran.json()["counts"]["flows"]["unchanged"], 6, "{ran:?}");
}

#[test]
fn an_address_that_does_not_work_is_told_without_its_password() {
    let seed = seed();
    for (address, told) in [
        ("postgres://me:tulip@localhost:1/chat", "cannot reach Postgres at `localhost:1/chat`"),
        ("postgres://me:tulip@localhost:port/chat", "this is no address of a Postgres database"),
        ("mysql://me:tulip@localhost/chat", "write `postgres://"),
    ] {
        for verb in [
            &["import", &seed][..],
            &["serve", "--listen", "127.0.0.1:0"],
            &["replay", "--session", "6f1c4b1e-6a4e-4c86-9d0e-0a4c5a1f7b11"],
            &["db", "check"],
            &["migrate"],
        ] {
            let ran = on(address, verb);
            assert_eq!(ran.code, 1, "{ran:?}");
            // A service listens before it opens its database.
            let out = ran.out.lines().filter(|line| !line.starts_with("Chatflow listens on "));
            assert!(ran.err.contains(told) && out.count() == 0, "{ran:?}");
            assert!(!format!("{ran:?}").contains("tulip"), "{ran:?}");
        }
    }
    // No connection is needed to say how to copy a database.
    let ran = on("postgres://me:tulip@localhost/chat", &["backup", "copy.dump"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let command = "pg_dump --format=custom --host=localhost --port=5432 --username=me \
                   --dbname=chat --file=copy.dump";
    assert!(ran.err.contains(command) && !ran.err.contains("tulip"), "{ran:?}");
    let help = on("postgres://me:tulip@localhost/chat", &["serve", "--help"]);
    assert!(help.out.contains("CHATFLOW_DB") && !help.out.contains("tulip"), "{help:?}");
}

#[test]
fn nothing_that_a_server_prints_shows_the_password() {
    let Some(database) = database() else { return };
    // Where the server trusts everybody, a password that is not needed is as good as any.
    let (scheme, rest) = database.url.split_once("://").unwrap();
    let (user, rest) = rest.split_once('@').expect("an address with a user");
    let user = user.split(':').next().unwrap();
    let address = format!("{scheme}://{user}:tulip@{rest}");
    if on(&address, &["import", &seed()]).code != 0 {
        return; // This server asks for passwords, and `tulip` is not it.
    }
    let mut server = Server::start_on(&address, &[Path::new("--env"), Path::new("development")]);
    Visitor::start(&server.client(), "counter", &serde_json::json!({})).say("hello");
    assert!(!server.kill().contains("tulip"));
}
