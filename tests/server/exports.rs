//! Files of analytics, made by the real program and read by another one (S5.41 to S5.51).

mod fetch;
mod lost;
mod rights;
mod scene;

use serde_json::{Map, Value, json};

use crate::real::{Place, Ran, chatflow, finish};

pub(crate) use lost::{files_survive_kills, idle, two_workers_share};
pub(crate) use scene::Scene;

/// Every dataset about flows.
const ALL: [&str; 5] = ["flows", "daily", "nodes", "sessions", "responses"];

/// What a dataset has in a column.
fn column<'a>(found: &'a Map<String, Value>, dataset: &str, name: &str) -> Vec<&'a Value> {
    let rows = found[dataset].as_array().unwrap_or_else(|| panic!("{dataset}: {found:?}"));
    rows.iter().map(|row| row.get(name).unwrap_or_else(|| panic!("{name}: {row}"))).collect()
}

/// A count to calculate with.
fn number(count: usize) -> f64 {
    u32::try_from(count).map(f64::from).expect("few")
}

fn sum(found: &Map<String, Value>, dataset: &str, name: &str) -> f64 {
    column(found, dataset, name).iter().filter_map(|value| value.as_f64()).sum()
}

/// S5.47 to S5.49, S2.30: each format tells the same, whoever reads it, and what the endpoints tell.
fn each_format_tells_the_same(scene: &Scene) {
    let Some(json) = scene.exported("platform", "json", &ALL) else { return };
    for format in ["csv", "ndjson", "xlsx"] {
        let found = scene.exported("platform", format, &ALL).expect("python is still there");
        for dataset in ALL {
            // A table without rows has no line.
            let rows = found.get(dataset).cloned().unwrap_or(json!([]));
            assert_eq!(Some(&rows), json.get(dataset), "{format} {dataset}");
        }
    }
    // One dataset is a file of its own.
    for dataset in ALL {
        let one = scene.exported("platform", "csv", &[dataset]).expect("python is still there");
        assert_eq!(one.get(""), json.get(dataset), "{dataset}");
    }
    assert_eq!(json["flows"].as_array().map(Vec::len), Some(2));
    let names = column(&json, "flows", "name");
    assert!(names.iter().any(|name| **name == scene::HOSTILE_NAME), "{names:?}");
    let sessions = number(scene.visitors);
    assert!((sum(&json, "flows", "total_sessions") - sessions).abs() < 1e-9);
    assert!((sum(&json, "daily", "sessions") - sessions).abs() < 1e-9);
    assert_eq!(json["sessions"].as_array().map(Vec::len), Some(scene.visitors));
    let completed = column(&json, "sessions", "completed");
    let completed = number(completed.iter().filter(|value| value.as_bool() == Some(true)).count());
    assert!((sum(&json, "flows", "completed_sessions") - completed).abs() < 1e-9);
    assert!((sum(&json, "daily", "completed") - completed).abs() < 1e-9);
    let answers = sum(&json, "sessions", "interactions");
    assert!((sum(&json, "flows", "total_interactions") - answers).abs() < 1e-9);
    assert!((sum(&json, "nodes", "interactions") - answers).abs() < 1e-9);
    // What visitors typed comes out as they did.
    let labels = column(&json, "responses", "label");
    for said in scene::HOSTILE {
        assert!(labels.iter().any(|label| **label == said), "{said} in {labels:?}");
    }
    assert!((sum(&json, "responses", "count") - answers).abs() < 1e-9);
    let keys: Vec<_> = json["sessions"][0].as_object().expect("a row").keys().collect();
    for secret in ["token", "state", "session_token"] {
        assert!(!keys.iter().any(|key| *key == secret), "S5.47: {keys:?}");
    }
    only_what_is_asked_for(scene, &json);
}

/// S5.9, S5.18, S5.26, S5.27: each number that an endpoint tells of the same days, it tells too.
fn numbers_are_those_of_the_endpoints(scene: &Scene) {
    let datasets = ["flows", "nodes", "sessions", "responses", "content", "variants"];
    for who in ["platform", "admin"] {
        let Some(found) = scene.exported(who, "json", &datasets) else { return };
        let rows = |dataset: &str| rows(&found, dataset);
        let told = |path: &str| told(scene, who, path);
        for row in rows("flows") {
            let flow = row["flow_id"].as_str().expect("an id");
            let body = told(&format!("/v1/cms/flows/{flow}/analytics"));
            agree(&row, &[&body, &body["engagement_metrics"], &body["time_period"]], 18);
        }
        for row in rows("nodes") {
            let (flow, node) = (row["flow_id"].as_str().unwrap(), row["node_id"].as_str().unwrap());
            let body = told(&format!("/v1/cms/flows/{flow}/nodes/{node}/analytics"));
            let of_answers = &body["response_distribution"];
            agree(&row, &[&body, of_answers, &body["time_period"]], 8);
            let said = found["responses"].as_array().expect("rows").iter();
            let said: Vec<_> = said.filter(|said| said["node_id"] == node).collect();
            let answers = told(&format!("/v1/cms/flows/{flow}/nodes/{node}/analytics/responses"));
            assert_eq!(answers["response_breakdown"].as_object().map(Map::len), Some(said.len()));
            for said in said {
                let label = said["label"].as_str().expect("a label");
                agree(said, &[&answers["response_breakdown"][label]], 2);
            }
        }
        let listed = told("/v1/cms/analytics/sessions?limit=200");
        let listed = listed["data"].as_array().expect("sessions");
        for row in rows("sessions") {
            let own = listed.iter().find(|own| own["session_id"] == row["session_id"]);
            agree(&row, &[own.unwrap_or_else(|| panic!("{row}"))], 8);
        }
        items_are_told_alike(scene, who, &found);
    }
    let usual = scene.made(
        "platform",
        "/v1/cms/content/analytics/export",
        &json!({"content_ids": scene::FACT}),
    );
    let usual = scene.read(&usual, "zip").expect("python is still there");
    assert_eq!(usual.keys().collect::<Vec<_>>(), ["content", "variants"], "S5.47");
}

fn rows(found: &Map<String, Value>, dataset: &str) -> Vec<Value> {
    found[dataset].as_array().expect("rows").clone()
}

fn told(scene: &Scene, who: &str, path: &str) -> Value {
    let answer = scene.get(who, path);
    assert_eq!(answer.status, 200, "{path} {answer:?}");
    answer.body
}

/// S5.26, S5.27
fn items_are_told_alike(scene: &Scene, who: &str, found: &Map<String, Value>) {
    let rows = |dataset: &str| rows(found, dataset);
    let told = |path: &str| told(scene, who, path);
    for row in rows("content") {
        let item = row["content_id"].as_str().expect("an id");
        let body = told(&format!("/v1/cms/content/{item}/analytics"));
        agree(&row, &[&body, &body["time_period"]], 9);
        assert_eq!(
            (&row["type"], &row["title"]),
            (&json!("fact"), &json!("@owls cannot move their eyes."))
        );
    }
    for row in rows("variants") {
        let (item, key) =
            (row["content_id"].as_str().unwrap(), row["variant_key"].as_str().unwrap());
        let days = format!(
            "start_date={}&end_date={}",
            row["start_date"].as_str().unwrap(),
            row["end_date"].as_str().unwrap()
        );
        let body = told(&format!("/v1/cms/content/{item}/analytics/ab-test?{days}"));
        agree(&row, &[&body, &body["test_results"][key], &body["time_period"]], 11);
        assert_eq!(row["confidence_low"], body["test_results"][key]["confidence_interval"][0]);
    }
    if who == "platform" {
        assert_eq!((rows("content").len(), rows("variants").len()), (1, 2), "{found:?}");
        assert!((sum(found, "content", "impressions") - 6.0).abs() < 1e-9);
    }
}

/// Each of at least so many columns is what one of these says under its name, numbers being numbers.
fn agree(row: &Value, told: &[&Value], least: usize) {
    let mut same = 0;
    for (name, value) in row.as_object().expect("a row") {
        let Some(told) = told.iter().find_map(|told| told.get(name)) else { continue };
        // A list of one name, where anything is a bound.
        let is_equal = match (value.as_f64(), told.as_f64()) {
            (Some(one), Some(other)) => (one - other).abs() < 1e-12,
            _ => value == told || told.as_array().is_some_and(|list| list.first() == Some(value)),
        };
        assert!(is_equal, "{name}: {value} and {told}");
        same += 1;
    }
    assert!(same >= least, "{same} columns of {row}");
}

/// S5.1, S5.41: flows and days that are asked for, and no others.
fn only_what_is_asked_for(scene: &Scene, all: &Map<String, Value>) {
    let flow = scene.flows["asks"].as_str();
    let body = json!({"format": "json", "flow_ids": flow, "include": ["flows", "nodes"]});
    let one = scene.made("platform", "/v1/cms/analytics/export", &body);
    let one = scene.read(&one, "json").expect("python is still there");
    let own = |dataset: &str| {
        let rows = all[dataset].as_array().expect("rows").iter().cloned();
        rows.filter(|row| row["flow_id"] == flow).collect::<Value>()
    };
    assert_eq!((&one["flows"], &one["nodes"]), (&own("flows"), &own("nodes")));
    let path = format!("/v1/cms/flows/{flow}/analytics/export");
    let of_flow = scene.made(
        "platform",
        &path,
        &json!({"format": "json", "flow_ids": [], "include": ["flows"]}),
    );
    assert_eq!(scene.read(&of_flow, "json").expect("python")["flows"], own("flows"));
    let body = json!({"format": "json", "start_date": "2020-01-01", "end_date": "2020-01-31", "include": ALL});
    let before = scene.made("platform", "/v1/cms/analytics/export", &body);
    let before = scene.read(&before, "json").expect("python is still there");
    assert_eq!(column(&before, "flows", "total_sessions"), [&json!(0.0), &json!(0.0)]);
    for dataset in ["daily", "nodes", "sessions", "responses"] {
        assert_eq!(before[dataset], json!([]), "{dataset}");
    }
}

/// The command writes what the service does.
fn the_command_writes_the_same(scene: &Scene) {
    let Some(served) = scene.exported("platform", "csv", &ALL) else { return };
    let folder = scene.place.file("out", "").with_file_name("files");
    std::fs::create_dir(&folder).expect("a folder is made");
    // What somebody else writes there.
    std::fs::write(folder.join("analytics.zip.old.part"), "x").expect("a file is written");
    let export = |words: &[&str]| {
        let mut command = chatflow();
        command.env("CHATFLOW_DB", scene.place.database()).arg("export").args(words);
        finish(&mut command)
    };
    let path = |name: &str| folder.join(name).to_str().expect("text").to_owned();
    let ran = export(&["--include", &ALL.join(","), "--out", &path("")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let read = scene::python(&folder.join("analytics.zip"), "zip").expect("python is still there");
    assert_eq!(read, served);
    let ran = export(&[
        "--format",
        "json",
        "--flow",
        "asks",
        "--include",
        "flows",
        "--out",
        &path("one.json"),
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("one.json records 1 bytes "), "{ran:?}");
    let one = scene::python(&folder.join("one.json"), "json").expect("python is still there");
    assert_eq!(column(&one, "flows", "flow_id"), [&json!(scene.flows["asks"])]);
    for (words, said) in [
        (vec!["--out", &path("all.csv")], "a zip"),
        (vec!["--out", &path("none/all.zip")], "no folder"),
        (vec!["--flow", "nowhere", "--out", &path("a.zip")], "no flow `nowhere`"),
        (vec!["--from", "2026-02-31", "--out", &path("a.zip")], "2026-03-01"),
        (
            vec!["--from", "2026-02-02", "--to", "2026-02-01", "--out", &path("a.zip")],
            "after end_date",
        ),
    ] {
        let ran = export(&words);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(said), "{ran:?}");
    }
    settings_are_heeded(scene, &export, &path);
    let mut left: Vec<_> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    left.sort();
    let expected = ["analytics.zip", "analytics.zip.old.part", "one.json"];
    assert_eq!(left, expected, "nothing is left of what was not written, and nothing else is gone");
}

/// The settings of the service are those of the command (S5.50).
fn settings_are_heeded(
    scene: &Scene,
    export: &dyn Fn(&[&str]) -> Ran,
    path: &dyn Fn(&str) -> String,
) {
    for (settings, code, said) in [
        ("exports.max_bytes = 100", 1, "longer than this service allows"),
        ("exports.max_bytes = 0", 2, "exports.max_bytes must be at least 1"),
        ("analytics.raw_days = 0", 2, "analytics.raw_days must be at least 1"),
    ] {
        let file = scene.place.file("settings.toml", settings);
        let file = file.to_str().expect("text");
        let ran = export(&["--config", file, "--out", &path("a.zip")]);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.err.contains(said), "{ran:?}");
    }
}

/// Everything that is the same on every store.
pub(crate) fn on_another_store(make: impl Fn() -> Place) {
    let scene = Scene::new(make(), &[]);
    each_format_tells_the_same(&scene);
    numbers_are_those_of_the_endpoints(&scene);
    the_command_writes_the_same(&scene);
    fetch::files_are_fetched(&scene);
    rights::each_sees_their_own(&scene);
    drop(scene);
    rights::requests_are_checked(&Scene::new(make(), &[]));
}

#[test]
fn files_tell_what_happened_to_whom_may_know_on_a_file() {
    on_another_store(Place::new);
}
