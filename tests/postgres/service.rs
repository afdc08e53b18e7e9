//! Two servers on one database: whoever is asked, the conversation goes on.

use std::path::Path;

use chatflow_postgres::PostgresStore;
use chatflow_storage::AnyStore;
use chatflow_tests::budget;
use chatflow_tests::report::figure;
use serde_json::{Value, json};

use super::place::{Database, database};
use crate::real::{Client, Place, Served, Server, Visitor, chatflow, finish, runtime};
use crate::server::{demo, huey, races};

/// A service in this process, on a database.
pub(super) fn served(database: &Database) -> Served {
    let store = runtime().block_on(PostgresStore::connect(&database.url));
    Served::on(AnyStore::new(store.expect("it connects")))
}

/// Two servers on a database of their own.
pub(super) struct Pair {
    // In this order, which is the order in which they are dropped.
    pub(super) servers: [Server; 2],
    place: Place,
    pub(super) database: Database,
}

impl Pair {
    /// Serves a fixture, with these answers for the requests of flows.
    pub(super) fn with(database: Database, fixture: &Path, handlers: &Value) -> Self {
        import(&database, fixture);
        let place = Place::new();
        let handlers = place.file("handlers.json", handlers.to_string());
        let more = [Path::new("--handlers"), &handlers];
        let servers = [(); 2].map(|()| Server::start_on(&database.url, &more));
        Self { servers, place, database }
    }

    /// Serves the flows of `tests/real/seed.json` in development, where accounts sign in.
    pub(super) fn signed(database: Database) -> Self {
        import(&database, &seed());
        let more = [Path::new("--env"), Path::new("development")];
        let servers = [(); 2].map(|()| Server::start_on(&database.url, &more));
        Self { servers, place: Place::new(), database }
    }

    /// Serves the flows of `tests/real/seed.json`.
    pub(super) fn with_flows(database: Database) -> Self {
        Self::with(database, &seed(), &races::handlers())
    }

    /// A client of each server.
    pub(super) fn clients(&self) -> [Client; 2] {
        self.servers.each_ref().map(Server::client)
    }

    /// Stops the servers and keeps the database.
    pub(super) fn into_database(self) -> Database {
        let Self { servers, place, database } = self;
        drop((servers, place));
        database
    }

    /// A client that asks one after the other.
    fn client(&self) -> Client {
        let [one, other] = self.clients();
        one.in_turn(other)
    }
}

pub(super) fn seed() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("real/seed.json")
}

fn import(database: &Database, fixture: &Path) {
    let mut command = chatflow();
    command.env("CHATFLOW_DB", &database.url).arg("import").arg(fixture);
    let ran = finish(&mut command);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_conversation_goes_on_at_the_other_server() {
    let Some(database) = database() else { return };
    let pair = Pair::with_flows(database);
    for flow in ["counter", "caller"] {
        let mut visitor = Visitor::start(&pair.client(), flow, &json!({}));
        for count in 1..=20 {
            visitor.say(format!("word {count}"));
            assert_eq!(visitor.state()["temp"]["count"], count);
        }
        let [one, other] = pair.clients().map(|client| {
            let visitor = Visitor { client, ..visitor.clone() };
            (visitor.session(), visitor.history())
        });
        assert_eq!(one, other);
        assert_eq!(one.0["revision"], 21);
    }
}

#[test]
fn of_two_answers_at_two_servers_exactly_one_counts() {
    // G10, R11.12.
    let Some(database) = database() else { return };
    let rounds = budget::cases(50, 5_000);
    races::two_answers_race(&Pair::with_flows(database).clients(), rounds);
    figure("races of two answers at two servers on Postgres", 2 * rounds as usize);
}

#[test]
fn a_version_that_was_published_is_used_by_both_servers() {
    // R11.5: sessions under way keep theirs.
    let Some(database) = database() else { return };
    let pair = Pair::with_flows(database);
    let mut before = Visitor::start(&pair.client(), "counter", &json!({}));
    before.say("old");
    let mut fixture: Value = serde_json::from_slice(&std::fs::read(seed()).unwrap()).unwrap();
    let flow = &mut fixture["flows"][0];
    flow["version"] = json!("2.0.0");
    flow["flow_data"]["nodes"][1]["content"]["question"]["text"] = json!("Say another word.");
    import(&pair.database, &pair.place.file("seed.json", fixture.to_string()));
    for client in pair.clients() {
        let mut visitor = Visitor::start(&client, "counter", &json!({}));
        assert_eq!(visitor.question(), "Say another word.");
        visitor.say("new");
        assert_eq!(visitor.question(), "Say another word.");
        before.client = client;
        before.say("old");
        assert_eq!(before.question(), "Say a word.");
    }
}

#[test]
fn every_kind_of_guest_is_led_through_the_museum_by_two_servers() {
    if database().is_none() {
        return;
    }
    let ends = demo::museum_visits(serve);
    assert_eq!(ends.iter().sum::<usize>(), 72);
}

#[test]
fn the_book_conversation_of_the_corpus_runs_in_full_on_two_servers() {
    if database().is_none() {
        return;
    }
    huey::book_conversations(serve);
}

fn serve(fixture: &Path, handlers: &Value) -> (Client, Pair) {
    let database = database().expect("the server is still there");
    let pair = Pair::with(database, fixture, handlers);
    (pair.client(), pair)
}
