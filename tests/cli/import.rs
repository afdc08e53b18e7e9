//! `chatflow import`.

use std::path::Path;

use chatflow_sqlite::SqliteStore;
use chatflow_storage::{AccessScope, LibraryStore as _, LookUp};
use serde_json::{Value, json};

use super::demo;
use crate::real::{HILLSIDE, Place, Ran, run};

fn import(path: &Path, database: &Path, more: &[&str]) -> Ran {
    let words = [Path::new("import"), path, Path::new("--db"), database];
    run(words.into_iter().chain(more.iter().map(Path::new)))
}

#[test]
fn a_second_import_changes_nothing() {
    let place = Place::new();
    let database = place.database();
    let first = import(&demo("seed.json"), &database, &["--json"]);
    assert_eq!(first.code, 0, "{first:?}");
    let (first, counts) = (
        first.json(),
        |created, unchanged| json!({"created": created, "updated": 0, "unchanged": unchanged}),
    );
    let of = |report: &Value, kind: &str| report["counts"][kind].clone();
    for (kind, count) in [("schools", 1), ("themes", 1), ("content", 11), ("flows", 5)] {
        assert_eq!(of(&first, kind), counts(count, 0), "{kind}");
    }
    let second = import(&demo("seed.json"), &database, &["--json"]).json();
    for (kind, count) in [("schools", 1), ("themes", 1), ("content", 11), ("flows", 5)] {
        assert_eq!(of(&second, kind), counts(0, count), "{kind}");
    }
    assert_eq!(second["flows"], first["flows"]);
    let told = import(&demo(""), &database, &[]);
    assert!(told.out.contains("flows: 0 created, 0 updated, 5 unchanged"), "{told:?}");
}

#[test]
fn what_is_left_out_is_told_and_refused_when_strict() {
    let place = Place::new();
    let flow = json!({
        "seed_key": "hello", "name": "Hello", "entry_node_id": "a",
        "flow_data": {"nodes": [{"id": "a", "type": "message", "content": {"messages": [{"type": "text", "text": "Hello."}]}}], "connections": []},
    });
    let fixture =
        json!({"seed_key": "x", "flows": [flow, {"flow_file": "missing-flow.json"}], "users": []});
    let path = place.file("fixture.json", fixture.to_string());
    let strict = import(&path, &place.database(), &["--strict"]);
    assert_eq!(strict.code, 2, "{strict:?}");
    for text in ["notice: ", "missing-flow.json", "/flows/1", "nothing was imported"] {
        assert!(strict.err.contains(text), "{text}: {strict:?}");
    }
    assert!(!place.database().exists(), "nothing was imported");
    let lenient = import(&path, &place.database(), &[]);
    assert_eq!(lenient.code, 0, "{lenient:?}");
    assert!(lenient.err.contains("missing-flow.json"), "{lenient:?}");
    assert!(lenient.out.contains("flows: 1 created"), "{lenient:?}");
}

#[test]
fn variants_are_imported_and_kept_where_a_fixture_says_nothing_of_them() {
    // S11.7, S11.10.
    let place = Place::new();
    let import_content = |more: Value| {
        let mut item = json!({
            "seed_key": "fact", "type": "fact", "status": "published", "content": {"text": "Base."},
        });
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let fixture = json!({"seed_key": "x", "cms_content": [item]});
        let path = place.file("fixture.json", fixture.to_string());
        import(&path, &place.database(), &["--json"])
    };
    let stored = || {
        let store = SqliteStore::open(place.database()).unwrap();
        let look_up = LookUp { seed_key: Some("fact"), ..LookUp::default() };
        store.find_content(&AccessScope::system(), look_up).unwrap().unwrap()
    };
    let keys = || stored().record.variants.into_iter().map(|one| one.key).collect::<Vec<_>>();
    let both = json!({"variants": [
        {"variant_key": "b", "weight": 3, "conditions": {"cel": "temp.x"}},
        {"variant_key": "a", "variant_data": {"text": "Other."}, "is_active": false},
    ]});
    assert_eq!(import_content(both.clone()).code, 0);
    assert_eq!(keys(), ["a", "b"]);
    let again = import_content(both).json();
    assert_eq!(again["counts"]["content"], json!({"created": 0, "updated": 0, "unchanged": 1}));
    assert_eq!(import_content(json!({"tags": ["sea"]})).code, 0);
    assert_eq!(
        (keys(), stored().record.tags),
        (vec!["a".to_owned(), "b".to_owned()], vec!["sea".to_owned()])
    );
    for (bad, place_of_it) in [
        (json!({"variants": {}}), "/cms_content/0/variants"),
        (json!({"variants": [{"weight": 1}]}), "/cms_content/0/variants/0"),
        (
            json!({"variants": [{"variant_key": "a"}, {"variant_key": "a"}]}),
            "/cms_content/0/variants/1",
        ),
        (
            json!({"variants": [{"variant_key": "a", "weight": 10_001}]}),
            "/cms_content/0/variants/0",
        ),
    ] {
        let ran = import_content(bad);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(place_of_it), "{place_of_it}: {ran:?}");
    }
    assert_eq!(import_content(json!({"variants": []})).code, 0);
    assert_eq!(keys(), [""; 0]);
}

#[test]
fn a_flow_with_errors_is_not_imported() {
    // R1.28, R1.33.
    let place = Place::new();
    let flow = json!({
        "seed_key": "bad", "name": "Bad", "entry_node_id": "a",
        "flow_data": {"nodes": [{"id": "a", "type": "action", "content": {"actions": []}}], "connections": []},
    });
    let path = place.file("bad-flow.json", flow.to_string());
    let ran = import(&path, &place.database(), &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for text in ["bad-flow.json", "/flow_data/nodes/0/content/actions", "nothing was imported"] {
        assert!(ran.err.contains(text), "{text}: {ran:?}");
    }
    assert!(import(&demo("seed.json"), &place.database(), &[]).out.contains("flows: 5 created"));
}

#[test]
fn a_file_that_is_no_database_stays_as_it_is() {
    let place = Place::new();
    let text = "This is a letter, not a database. ".repeat(100);
    let path = place.file("letter.txt", &text);
    let ran = import(&demo("seed.json"), &path, &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("letter.txt") && ran.err.contains("database"), "{ran:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    let nowhere = import(&demo("seed.json"), Path::new("no/such/folder/chatflow.db"), &[]);
    assert_eq!(nowhere.code, 1, "{nowhere:?}");
    let missing = import(Path::new("nowhere.json"), &place.database(), &[]);
    assert_eq!(missing.code, 2, "{missing:?}");
}

#[test]
fn accounts_are_imported_with_their_ids_and_a_second_time_changes_nothing() {
    // S11.7, S11.9, S11.10
    let place = Place::new();
    let id = "11111111-1111-4111-8111-111111111111";
    let seed = json!({
        "seed_key": "accounts",
        "school": {"seed_key": "hill", "name": "Hill", "wriveted_identifier": HILLSIDE},
        "users": [
            {"label": "boss", "type": "wriveted_admin", "email": "Boss@Example.test", "id": id},
            {"label": "teacher", "type": "educator", "name": "T.", "school_seed_key": "hill"},
        ],
        "service_accounts": [
            {"seed_key": "shelf", "name": "Shelf", "type": "kiosk", "school_seed_keys": ["hill"]},
        ],
    });
    let file = place.file("accounts.json", seed.to_string());
    let import = || run([Path::new("import"), &file, Path::new("--db"), &place.database()]);
    let told = import();
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.out.contains("users: 2 created, 0 updated, 0 unchanged"), "{told:?}");
    assert!(told.out.contains("service accounts: 1 created, 0 updated, 0 unchanged"), "{told:?}");
    let told = import();
    assert!(told.out.contains("users: 0 created, 0 updated, 2 unchanged"), "{told:?}");
    // Of a fixture with an account that is refused, nothing is imported.
    let mut more = seed.clone();
    more["flows"] = json!([{
        "seed_key": "late", "name": "Late", "visibility": "wriveted", "entry_node_id": "a",
        "flow_data": {"nodes": [{"id": "a", "type": "message", "content": {"messages": [{"type": "text", "text": "Hello."}]}}], "connections": []},
    }]);
    more["users"] = json!([{"label": "x", "type": "educator", "name": "n".repeat(257)}]);
    let refused = place.file("refused.json", more.to_string());
    let told = run([Path::new("import"), &refused, Path::new("--db"), &place.database()]);
    assert!(told.code == 1 && told.err.contains("nothing was imported"), "{told:?}");
    let store = SqliteStore::open(place.database()).unwrap();
    let late = LookUp { seed_key: Some("late"), ..LookUp::default() };
    assert_eq!(store.find_flow(&AccessScope::system(), late).unwrap(), None);
    drop(store);
    let server = place.serve_signed();
    let bearer = format!("Bearer {}", place.token(&["--user", id]));
    let me = server.client().send(("GET", "/v1/auth/me"), &[("authorization", &bearer)], b"");
    assert_eq!(me.body["roles"], json!(["platform"]), "{me:?}");
    for (name, entry) in [
        ("no type", json!({"label": "x"})),
        ("unknown type", json!({"label": "x", "type": "king"})),
        ("nameless", json!({"type": "educator"})),
        ("no school", json!({"label": "x", "type": "educator", "school_seed_key": "dale"})),
        ("no id", json!({"label": "x", "type": "educator", "id": "x"})),
    ] {
        let file = place.file(
            "wrong.json",
            json!({"seed_key": "w", "flows": [], "users": [entry]}).to_string(),
        );
        let told = run([Path::new("import"), &file, Path::new("--db"), &place.database()]);
        assert!(told.code == 2 && told.err.contains("/users/0"), "{name}: {told:?}");
    }
}
