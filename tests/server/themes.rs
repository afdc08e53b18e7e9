//! Themes over HTTP (S3.124 to S3.129, section 8).

use chatflow_sqlite::SqliteStore;
use chatflow_storage::{AccessScope, AuditQuery, AuditStore as _, EventQuery, OutboxStore as _};
use serde_json::{Value, json};

use crate::real::{Account, Answer, Client, HILLSIDE, Place, Visitor, run};

const THEMES: &str = "/v1/cms/themes";
const SEASIDE: &str = "0b6f2c52-94f3-4f2e-8f0e-3a1f0f5b7c12";
const NOBODY: &str = "00000000-0000-4000-8000-000000000009";

/// Two schools, and a flow that everyone may start.
fn fill(place: Place) -> Place {
    let school = |key: &str, id: &str| json!({"seed_key": key, "name": key, "wriveted_identifier": id, "state": "active"});
    let flow = json!({
        "seed_key": "hello", "name": "Hello", "version": "1.0.0", "entry_node_id": "hello",
        "visibility": "wriveted", "info": {"theme_id": "the sea"},
        "flow_data": {"nodes": [{"id": "hello", "type": "message",
            "content": {"messages": [{"type": "text", "text": "Hello."}]}}], "connections": []}
    });
    let seed = json!({"seed_key": "themes", "flows": [flow],
        "schools": [school("hillside", HILLSIDE), school("seaside", SEASIDE)]});
    let file = place.file("themes.json", seed.to_string());
    let words = [std::path::Path::new("import"), &file, "--db".as_ref(), &place.database()];
    let ran = run(words);
    assert_eq!(ran.code, 0, "{ran:?}");
    place
}

/// Somebody who sends requests.
struct As<'a>(&'a Client, &'a Account);

impl As<'_> {
    fn get(&self, path: &str) -> Answer {
        self.0.send(("GET", path), &[self.1.header()], b"")
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.0.send_json((method, path), &[self.1.header()], body)
    }

    fn delete(&self, path: &str) -> Answer {
        self.0.send(("DELETE", path), &[self.1.header()], b"")
    }

    /// Makes a theme and answers with its path.
    fn make(&self, body: &Value) -> String {
        let made = self.send("POST", THEMES, body);
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.header("location"), format!("{THEMES}/{}", text(&made.body["id"])));
        made.header("location").to_owned()
    }

    fn names(&self, query: &str) -> Vec<String> {
        let page = self.get(&format!("{THEMES}{query}"));
        assert_eq!(page.status, 200, "{page:?}");
        let rows = page.body["data"].as_array().expect("rows");
        let mut names: Vec<String> = rows.iter().map(|row| text(&row["name"]).to_owned()).collect();
        names.sort_unstable();
        names
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

#[test]
fn themes_belong_to_everyone_or_to_a_school() {
    themes_belong_to_everyone_or_to_a_school_in(&fill(Place::new()));
}

fn themes_belong_to_everyone_or_to_a_school_in(place: &Place) {
    // S2.29, S8.6 to S8.8
    let server = place.serve_signed();
    let client = server.client();
    let (hillside, seaside) = (["--school", HILLSIDE], ["--school", SEASIDE]);
    let platform = place.user("wriveted", &[]);
    let (admin, other) =
        (place.user("school_admin", &hillside), place.user("school_admin", &seaside));
    let educator = place.user("educator", &hillside);
    let (platform, admin) = (As(&client, &platform), As(&client, &admin));
    let (other, educator) = (As(&client, &other), As(&client, &educator));

    let global = platform.make(&json!({"name": "Everyone's", "config": {}}));
    let own = admin.make(&json!({"name": "Hillside's", "config": {"bot": {"name": "Coral"}}}));
    let body = json!({"name": "x", "config": {}, "school_id": SEASIDE});
    admin.send("POST", THEMES, &body).refuses(403, "wrong_school", "another school's");
    let theirs = platform.make(&body);
    educator.send("POST", THEMES, &json!({"name": "x", "config": {}})).refuses(
        403,
        "forbidden",
        "an educator",
    );
    let lost = json!({"name": "x", "config": {}, "school_id": NOBODY});
    platform.send("POST", THEMES, &lost).refuses(422, "validation_error", "no such school");

    let read = educator.get(&own);
    assert_eq!((read.status, &read.body["school_id"]), (200, &json!(HILLSIDE)), "{read:?}");
    assert_eq!(read.body["config"]["bot"]["name"], "Coral");
    assert_eq!(read.body["config"]["bot"]["typingSpeed"], 50);
    other.get(&own).refuses(404, "theme_not_found", "another school's");
    assert_eq!(other.get(&global).status, 200);
    for (who, path, code) in
        [(&educator, &own, 403), (&admin, &global, 403), (&admin, &theirs, 404)]
    {
        let name = if code == 403 { "forbidden" } else { "theme_not_found" };
        who.send("PUT", path, &json!({"name": "y"})).refuses(code, name, path);
        who.delete(path).refuses(code, name, path);
    }

    assert_eq!(admin.names(""), ["Everyone's", "Hillside's"]);
    assert_eq!(admin.names("?include_global=false"), ["Hillside's"]);
    assert_eq!(platform.names(""), ["Everyone's", "Hillside's", "x"]);
    assert_eq!(platform.names(&format!("?school_id={HILLSIDE}")), ["Hillside's"]);
    let both = format!("?school_id={HILLSIDE}&include_global=true");
    assert_eq!(platform.names(&both), ["Everyone's", "Hillside's"]);
    let foreign = admin.get(&format!("{THEMES}?school_id={SEASIDE}"));
    foreign.refuses(403, "wrong_school", "another school's list");

    // S8.10, S3.12: deleted twice is deleted once.
    assert_eq!(admin.delete(&own).status, 204);
    let deleted = admin.get(&own);
    assert_eq!(deleted.body["is_active"], false);
    assert_eq!(admin.delete(&own).status, 204);
    assert_eq!(admin.get(&own).body["updated_at"], deleted.body["updated_at"]);
    assert_eq!(admin.names(""), ["Everyone's"]);
    assert_eq!(admin.names("?active=all"), ["Everyone's", "Hillside's"]);
    assert_eq!(admin.names("?active=false"), ["Hillside's"]);
}

#[test]
fn a_theme_is_changed_in_part() {
    // S3.9, S3.10, S8.4, S8.5
    let place = fill(Place::new());
    let server = place.serve_signed();
    let client = server.client();
    let account = place.user("wriveted", &[]);
    let platform = As(&client, &account);
    let path = platform.make(&json!({"name": "Sea", "config": {}, "description": "deep"}));
    let first = platform.get(&path);
    let tag = first.header("etag").to_owned();
    let same = client.send(("GET", &path), &[account.header(), ("if-none-match", &tag)], b"");
    assert_eq!((same.status, same.text.as_str()), (304, ""));
    let change = json!({"config": {"colors": {"primary": "#0b7285", "text": "#cccccc"}}, "logo_url": "/l.svg"});
    let changed = platform.send("PUT", &path, &change);
    assert_eq!(changed.status, 200, "{changed:?}");
    let mut expected = first.body.clone();
    expected["config"]["colors"]["primary"] = json!("#0b7285");
    expected["config"]["colors"]["text"] = json!("#cccccc");
    expected["logo_url"] = json!("/l.svg");
    expected["updated_at"] = changed.body["updated_at"].clone();
    expected["warnings"] = changed.body["warnings"].clone();
    assert_eq!(changed.body, expected);
    let warned = expected["warnings"].to_string();
    assert!(warned.contains("colors.text on colors.background"), "{warned}");
    // What was seen before is no longer what stands.
    let stale = [account.header(), ("if-match", tag.as_str())];
    let body = json!({"name": "Lake"});
    client.send_json(("PUT", &path), &stale, &body).refuses(
        412,
        "precondition_failed",
        "a stale tag",
    );
    let reset = json!({"config": {"colors": {"text": null}}, "description": null});
    let reset = platform.send("PUT", &path, &reset);
    assert_eq!(reset.body["config"]["colors"]["text"], "#262626");
    assert_eq!(reset.body["description"], Value::Null);
    // S1.68, S6.20: each change is told once, and who made it.
    let store = SqliteStore::open(place.database()).expect("the file opens");
    let system = AccessScope::system();
    let query = AuditQuery { limit: 10, ..AuditQuery::default() };
    let audit = store.audit_log(&system, &query).expect("an audit log");
    let actions: Vec<_> = audit.iter().rev().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["theme.create", "theme.update", "theme.update"]);
    assert_eq!(audit[0].actor_id.map(|id| id.to_string()).as_deref(), Some(account.id.as_str()));
    assert_eq!(audit[0].request_id.as_deref(), Some(reset.header("x-request-id")));
    assert_eq!(audit[0].ip.as_deref(), Some("127.0.0.1"));
    let differ: Value = serde_json::from_str(&audit[0].changes).expect("JSON");
    assert_eq!(differ, json!({"description": ["deep", null], "config": "changed"}));
    let query = EventQuery { limit: 10, ..EventQuery::default() };
    let events = store.events(&system, &query).expect("events");
    let kinds: Vec<_> =
        events.iter().rev().map(|stored| stored.event.event_type.as_str()).collect();
    assert_eq!(kinds, ["theme_created", "theme_updated", "theme_updated"]);
    let nothing = platform.send("PUT", &path, &json!({}));
    assert_eq!((nothing.status, &nothing.body["updated_at"]), (200, &reset.body["updated_at"]));
}

#[test]
fn what_no_theme_is_is_refused() {
    // S3.5, S3.9, S8.2, S8.3
    let place = fill(Place::new());
    let server = place.serve_signed();
    let client = server.client();
    let account = place.user("wriveted", &[]);
    let platform = As(&client, &account);
    let path = platform.make(&json!({"name": "Sea", "config": {}}));
    for (body, code) in [
        (json!({"name": null}), "validation_error"),
        (json!({"name": ""}), "validation_error"),
        (json!({"name": "n".repeat(256)}), "validation_error"),
        (json!({"config": null}), "validation_error"),
        (json!({"config": {"colours": {}}}), "unknown_theme_group"),
        (json!({"config": {"colors": {"primary": "red"}}}), "validation_error"),
        (json!({"config": {"customCSS": "@import 'x'"}}), "validation_error"),
        (json!({"logo_url": "javascript:alert(1)"}), "validation_error"),
        (json!({"school_id": HILLSIDE}), "validation_error"),
        (json!({"is_default": "yes"}), "validation_error"),
        (json!({"metadata": {}}), "unknown_field"),
    ] {
        platform.send("PUT", &path, &body).refuses(422, code, &body.to_string());
    }
    let several = json!({"config": {"colors": {"primary": 1, "link": 2}, "bot": {"name": ""}}});
    let answer = platform.send("PUT", &path, &several);
    assert_eq!(answer.body["detail"].as_array().map(Vec::len), Some(3), "{answer:?}");
    platform.send("POST", THEMES, &json!({"config": {}})).refuses(
        422,
        "validation_error",
        "no name",
    );
    let unknown = format!("{THEMES}/{NOBODY}");
    platform.get(&unknown).refuses(404, "theme_not_found", "unknown");
    platform.delete(&unknown).refuses(404, "theme_not_found", "unknown");
    platform.get(&format!("{THEMES}/7")).refuses(422, "invalid_uuid", "malformed");
    for (method, path) in
        [("GET", THEMES), ("GET", &path), ("POST", THEMES), ("PUT", &path), ("DELETE", &path)]
    {
        let answer = client.send_json((method, path), &[], &json!({}));
        answer.refuses(401, "authentication_required", path);
    }
}

#[test]
fn an_owner_has_one_default_however_many_want_to_be_it() {
    an_owner_has_one_default_however_many_want_to_be_it_in(&fill(Place::new()));
}

fn an_owner_has_one_default_however_many_want_to_be_it_in(place: &Place) {
    // S8.9
    let server = place.serve_signed();
    let client = server.client();
    let account = place.user("wriveted", &[]);
    let platform = As(&client, &account);
    let paths: Vec<String> = (0..4)
        .map(|n| platform.make(&json!({"name": n.to_string(), "config": {}, "is_default": n == 0})))
        .collect();
    let defaults = || {
        let is_default = |path: &&String| platform.get(path).body["is_default"] == true;
        paths.iter().filter(is_default).collect::<Vec<_>>()
    };
    assert_eq!(defaults(), [&paths[0]]);
    let made = platform.send("PUT", &paths[1], &json!({"is_default": true}));
    assert_eq!(made.status, 200, "{made:?}");
    assert_eq!(defaults(), [&paths[1]]);
    std::thread::scope(|threads| {
        for path in &paths {
            threads.spawn(|| As(&client, &account).send("PUT", path, &json!({"is_default": true})));
        }
    });
    assert_eq!(defaults().len(), 1);
    // What is not in use is nobody's default.
    let last = defaults()[0].clone();
    assert_eq!(platform.delete(&last).status, 204);
    assert_eq!(defaults(), Vec::<&String>::new());
    let back = platform.send("PUT", &last, &json!({"is_active": true}));
    assert_eq!((&back.body["is_active"], &back.body["is_default"]), (&json!(true), &json!(false)));
}

#[test]
fn a_conversation_has_the_theme_of_its_school_or_of_everyone() {
    a_conversation_has_the_theme_of_its_school_or_of_everyone_in(&fill(Place::new()));
}

fn a_conversation_has_the_theme_of_its_school_or_of_everyone_in(place: &Place) {
    // S8.11, S8.13, S3.129
    let server = place.serve_signed();
    let client = server.client();
    let hillside = ["--school", HILLSIDE];
    let platform = place.user("wriveted", &[]);
    let admin = place.user("school_admin", &hillside);
    let pupil = place.user("student", &hillside);
    let (platform, admin) = (As(&client, &platform), As(&client, &admin));
    let flow = json!({"flow_id": client.flow("hello")});
    let begin = || As(&client, &pupil).send("POST", "/v1/chat/start", &flow);
    let theme = || {
        let started = begin();
        assert_eq!(started.status, 201, "{started:?}");
        // The flow names a theme by something that is no id.
        assert!(started.body["warnings"].to_string().contains("the sea"), "{started:?}");
        started.body["theme"]["name"].as_str().map(str::to_owned)
    };
    assert_eq!(theme(), None);
    let body = |name: &str, is_default: bool| json!({"name": name, "config": {}, "is_default": is_default});
    platform.make(&body("everyone's", true));
    assert_eq!(theme().as_deref(), Some("everyone's"));
    let school_default = admin.make(&body("the school's", true));
    assert_eq!(theme().as_deref(), Some("the school's"));
    let visitor = Visitor::start(&client, "hello", &json!({}));
    assert_eq!(visitor.turn["theme"]["name"], "everyone's");
    assert_eq!(visitor.turn["theme"]["config"]["bot"]["name"], "Huey");
    // S8.13: a reload finds it again.
    let reload = client.get(&visitor.path("?include=theme"));
    assert_eq!(reload.body["theme"], visitor.turn["theme"], "{reload:?}");
    assert_eq!(client.get(&visitor.path("")).body.get("theme"), None);
    assert_eq!(client.get(&visitor.path("?include=all")).status, 422);
    named_schools(&client, &pupil);

    let chosen = admin.make(&body("chosen", false));
    let id = chosen.rsplit('/').next().expect("an id").to_owned();
    let place_of = |school: &str| format!("/v1/cms/schools/{school}/theme");
    let choose = json!({"theme_id": id});
    let assigned = admin.send("PUT", &place_of(HILLSIDE), &choose);
    assert_eq!(
        (assigned.status, &assigned.body),
        (200, &json!({"school_id": HILLSIDE, "theme_id": id}))
    );
    assert_eq!(theme().as_deref(), Some("chosen"));
    platform.send("PUT", &place_of(SEASIDE), &choose).refuses(
        422,
        "validation_error",
        "another's theme",
    );
    admin.send("PUT", &place_of(SEASIDE), &choose).refuses(404, "not_found", "another school");
    As(&client, &pupil).send("PUT", &place_of(HILLSIDE), &choose).refuses(
        403,
        "forbidden",
        "a pupil",
    );
    admin.send("PUT", &place_of(HILLSIDE), &json!({})).refuses(422, "validation_error", "no theme");
    // S8.10: a deleted theme is as if it were not set.
    assert_eq!(admin.delete(&chosen).status, 204);
    assert_eq!(theme().as_deref(), Some("the school's"));
    assert_eq!(admin.delete(&school_default).status, 204);
    assert_eq!(theme().as_deref(), Some("everyone's"));
    let none = admin.send("PUT", &place_of(HILLSIDE), &json!({"theme_id": null}));
    assert_eq!((none.status, &none.body["theme_id"]), (200, &Value::Null));
}

/// F14: a school that a visitor names gives its looks, unless an account says which school it is.
fn named_schools(client: &Client, pupil: &Account) {
    let from = |school: &str| json!({"context": {"school_wriveted_id": school}});
    let named = Visitor::start(client, "hello", &from(HILLSIDE));
    assert_eq!(named.turn["theme"]["name"], "the school's");
    let reload = client.get(&named.path("?include=theme"));
    assert_eq!(reload.body["theme"], named.turn["theme"], "{reload:?}");
    let elsewhere = Visitor::start(client, "hello", &from(SEASIDE));
    assert_eq!(elsewhere.turn["theme"]["name"], "everyone's");
    let body = json!({"flow_id": client.flow("hello"), "initial_state": from(SEASIDE)});
    let signed = As(client, pupil).send("POST", "/v1/chat/start", &body);
    assert_eq!(signed.body["theme"]["name"], "the school's");
}

#[test]
fn a_page_may_dress_its_chat_before_it_starts_one() {
    // S8.11, S4.13: by the flow's key or id.
    let place = fill(Place::new());
    let server = place.serve_signed();
    let client = server.client();
    let platform = place.user("wriveted", &[]);
    let body = json!({"name": "everyone's", "config": {}, "is_default": true});
    As(&client, &platform).make(&body);
    let visitor = Visitor::start(&client, "hello", &json!({}));
    let id = client.flow("hello");
    for named in ["hello", id.as_str()] {
        let look = client.get(&format!("/v1/chat/flows/{named}"));
        let expected = json!({"id": id, "name": "Hello", "theme": visitor.turn["theme"]});
        assert_eq!((look.status, &look.body), (200, &expected));
    }
    assert_eq!(visitor.turn["theme"]["name"], "everyone's");
    for named in ["nobody", NOBODY, "%FF"] {
        let look = client.get(&format!("/v1/chat/flows/{named}"));
        look.refuses(404, "flow_not_found", named);
    }
}

/// The same where the records are elsewhere; each in a database of its own.
pub(crate) fn on_another_store(make: impl Fn() -> Place) {
    themes_belong_to_everyone_or_to_a_school_in(&fill(make()));
    an_owner_has_one_default_however_many_want_to_be_it_in(&fill(make()));
    a_conversation_has_the_theme_of_its_school_or_of_everyone_in(&fill(make()));
}
