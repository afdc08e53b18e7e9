//! What the database tells programs that listen for sessions, once an operator wants it (S1.53, S6.25,
//! F17; appendix D 15).

use std::path::Path;

use chatflow_storage::BlockOn as _;
use serde_json::{Value, json};
use sqlx::postgres::PgListener;

use super::place::{Database, Wait, database};
use crate::real::{Place, Server, Visitor, chatflow, finish};

/// A program that listens.
struct Ear<'a> {
    database: &'a Database,
    /// Taken when it is dropped, which takes a runtime.
    listener: Option<PgListener>,
}

impl Drop for Ear<'_> {
    fn drop(&mut self) {
        let listener = self.listener.take();
        Wait.block_on(async { drop(listener) });
    }
}

impl<'a> Ear<'a> {
    fn new(database: &'a Database) -> Self {
        let listener = Wait.block_on(async {
            let mut listener = PgListener::connect(&database.url).await.expect("it connects");
            listener.listen("flow_events").await.expect("it can listen");
            listener
        });
        Self { database, listener: Some(listener) }
    }

    /// What it has heard since it was last asked. Notices come in the order of commits, so whatever was
    /// said stands before its own.
    fn heard(&mut self) -> Vec<Value> {
        self.database.execute("NOTIFY flow_events, 'null'");
        let listener = self.listener.as_mut().expect("nobody has taken it");
        let mut heard = Vec::new();
        loop {
            let notice = Wait.block_on(listener.recv()).expect("a notice");
            let notice: Value = serde_json::from_str(notice.payload()).expect("JSON");
            if notice.is_null() {
                return heard;
            }
            heard.push(notice);
        }
    }

    /// The one notice, without its time.
    fn one(&mut self) -> Value {
        let mut heard = self.heard();
        assert_eq!(heard.len(), 1, "{heard:?}");
        let mut notice = heard.remove(0);
        let at = notice.as_object_mut().and_then(|notice| notice.remove("timestamp"));
        assert!(at.as_ref().and_then(Value::as_f64).is_some_and(|at| at > 1.7e9), "{at:?}");
        notice
    }
}

fn switch(database: &Database, state: &str) -> String {
    let mut command = chatflow();
    command.env("CHATFLOW_DB", &database.url).args(["migrate", "--session-notify", state]);
    let ran = finish(&mut command);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out.lines().last().unwrap_or_default().to_owned()
}

fn with_flows() -> Option<Database> {
    let database = database()?;
    let seed = format!("{}/real/seed.json", env!("CARGO_MANIFEST_DIR"));
    let ran = finish(chatflow().env("CHATFLOW_DB", &database.url).args(["import", &seed]));
    assert_eq!(ran.code, 0, "{ran:?}");
    Some(database)
}

#[test]
fn a_program_hears_what_happens_to_sessions() {
    let Some(database) = with_flows() else { return };
    let mut ear = Ear::new(&database);
    let server = Server::start_on(&database.url, &[]);
    let client = server.client();
    let mut visitor = Visitor::start(&client, "counter", &json!({}));
    assert_eq!(ear.heard(), [] as [Value; 0], "nobody wanted it");
    // The service goes on meanwhile.
    assert_eq!(switch(&database, "on"), "notices of sessions are on");
    assert_eq!(switch(&database, "on"), "notices of sessions are already on");
    visitor.say("hello");
    let turn = ear.one();
    assert_eq!((&turn["session_id"], &turn["revision"]), (&json!(visitor.id), &json!(2)));

    let flow = client.flow("counter");
    let other = Visitor::start(&client, "counter", &json!({}));
    let mut started = ear.one();
    let node = started["current_node"].take();
    assert!(node.is_string(), "{started}");
    let of = json!({"session_id": other.id, "flow_id": flow, "user_id": null});
    let with = |more: Value| {
        let mut all = of.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let expected = json!({"event_type": "session_started", "current_node": null, "status": "active",
                          "revision": 1});
    assert_eq!(started, with(expected));

    let update = |set: &str| {
        let sql = format!("UPDATE conversation_sessions SET {set} WHERE id = '{}'", other.id);
        database.execute(&sql);
    };
    update("current_node_id = 'there', revision = 2");
    let changed = json!({
        "event_type": "node_changed", "current_node": "there", "previous_node": node,
        "status": "active", "previous_status": "active", "revision": 2, "previous_revision": 1,
    });
    assert_eq!(ear.one(), with(changed));
    update("revision = 3");
    assert_eq!(ear.one()["event_type"], "session_updated");
    // S6.23: what became of it goes before where it stands.
    update("current_node_id = NULL, status = 'completed', revision = 4");
    let changed = ear.one();
    assert_eq!(changed["event_type"], "session_status_changed");
    assert_eq!((&changed["current_node"], &changed["status"]), (&Value::Null, &json!("completed")));
    // A lease, a state and a time are no news; nor is what stays as it is.
    update("lease_token = gen_random_uuid(), lease_expires_at = now()");
    update("lease_token = NULL, lease_expires_at = NULL, state = '{}', last_activity_at = now()");
    update("revision = revision, status = status");
    assert_eq!(ear.heard(), [] as [Value; 0]);
    update("info = '{\"preview\": true}', revision = 5");
    assert_eq!(ear.one()["preview"], true);
    database.execute(&format!("DELETE FROM conversation_sessions WHERE id = '{}'", other.id));
    let deleted = json!({"event_type": "session_deleted", "preview": true});
    assert_eq!(ear.one(), with(deleted));

    assert_eq!(switch(&database, "off"), "notices of sessions are off");
    assert_eq!(switch(&database, "off"), "notices of sessions are already off");
    visitor.say("hello");
    assert_eq!(ear.heard(), [] as [Value; 0]);
}

#[test]
fn servers_switch_notices_as_they_are_configured() {
    let Some(database) = with_flows() else { return };
    let mut ear = Ear::new(&database);
    let place = Place::new();
    let serve = |text: &str| {
        let file = place.file("chatflow.toml", text);
        Server::start_on(&database.url, &[Path::new("--config"), &file])
    };
    let on = "pg.session_notify = true\n";
    let mut count = |server: &Server| {
        Visitor::start(&server.client(), "counter", &json!({}));
        ear.heard().len()
    };
    let one = serve(on);
    assert_eq!(count(&one), 1);
    // Several servers, and one that was told nothing.
    let [two, three] = [serve(on), serve("")];
    assert_eq!([count(&one), count(&two), count(&three)], [1, 1, 1]);
    // A function that an older program wrote is replaced.
    database.execute(
        "CREATE OR REPLACE FUNCTION notify_flow_event() RETURNS trigger LANGUAGE plpgsql
         AS 'BEGIN RETURN NULL; END'",
    );
    assert_eq!(count(&three), 0);
    let four = serve(on);
    assert_eq!(count(&four), 1);
    let off = serve("pg.session_notify = false\n");
    assert_eq!([count(&off), count(&one)], [0, 0]);
}

#[test]
fn a_file_notifies_nobody() {
    let place = Place::with_flows();
    let database = place.database();
    let words = ["migrate", "--session-notify", "on", "--db", database.to_str().unwrap()];
    let ran = crate::real::run(words);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("a file notifies nobody"), "{ran:?}");
}
