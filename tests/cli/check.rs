//! `chatflow check`.

use std::path::Path;

use serde_json::{Value, json};

use crate::real::{Place, run};

/// A flow with faults of every severity, all but one of them with a fix.
fn faulty() -> Value {
    json!({
        "name": "Faulty",
        "nodes": [
            {"id": "a", "type": "massage", "content": {"text": "Hi"}},
            {"id": "b", "type": "question", "content": {"text": "Age?", "input_type": "nmuber"}},
            {"id": "c", "type": "message", "content": {"text": "Lonely"}},
        ],
        "entry_node_id": "a",
        "connections": [
            {"source": "a", "target": "gone"}, {"source": "a", "target": "b"},
            {"source": "b", "target": "gone"}, {"source": "gone", "target": "nowhere"},
        ],
        "info": {"waivers": [{"code": "node.orphan", "node": "c", "note": "for later"}]},
    })
}

#[test]
fn fixes_and_waivers_are_told_below_their_diagnostics() {
    let place = Place::new();
    let path = place.file("flow.json", faulty().to_string());
    let ran = run([Path::new("check"), &path]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for line in [
        "  fix: write \"message\" at /nodes/0/type",
        "  fix: remove /connections/0",
        "  fix: put \"1.0.0\" at /version",
        "  waived: for later",
        "1 waived",
    ] {
        assert!(ran.err.contains(line), "no `{line}` in {}", ran.err);
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), faulty().to_string());
}

#[test]
fn the_report_of_a_flow_is_that_of_the_wire() {
    // R12.4.
    let place = Place::new();
    let path = place.file("flow.json", faulty().to_string());
    let ran = run([Path::new("check"), &path, Path::new("--json")]);
    let report = ran.json()[0]["report"].take();
    assert_eq!(report["is_valid"], false);
    assert_eq!((&report["nodes_count"], &report["connections_count"]), (&json!(3), &json!(4)));
    assert_eq!(report["entry_node_id"], "a");
    assert_eq!(report["summary"]["waived"], 1);
    let count = |key: &str| json!(report[key].as_array().unwrap().len());
    assert_eq!(report["summary"]["errors"], count("validation_errors"));
    assert_eq!(report["summary"]["warnings"], count("validation_warnings"));
    let nodes: Vec<_> = report["nodes"].as_array().unwrap().iter().map(|n| &n["node_id"]).collect();
    assert_eq!(nodes, ["a", "b", "c"]);

    let path = place.file("none.json", "{\"nodes\": 3}");
    let ran = run([Path::new("check"), &path, Path::new("--json")]);
    assert_eq!(ran.code, 2);
    let report = ran.json()[0]["report"].take();
    assert_eq!((&report["is_valid"], &report["nodes_count"]), (&json!(false), &json!(0)));
    assert_eq!(report["validation_errors"].as_array().unwrap().len(), 1);
}

#[test]
fn fixing_writes_the_whole_file_and_a_second_time_nothing() {
    let place = Place::new();
    let path = place.file("flow.json", faulty().to_string());
    let ran = run([Path::new("check"), &path, Path::new("--fix")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("fixes applied"), "{ran:?}");
    let fixed = std::fs::read_to_string(&path).unwrap();
    let mut expected = faulty();
    expected["version"] = json!("1.0.0");
    expected["nodes"][0]["type"] = json!("message");
    expected["nodes"][1]["content"]["input_type"] = json!("number");
    expected["connections"] = json!([{"source": "a", "target": "b"}]);
    assert_eq!(serde_json::from_str::<Value>(&fixed).unwrap(), expected);
    // Nothing lies beside it.
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);

    let again = run([Path::new("check"), &path, Path::new("--fix")]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(!again.err.contains("applied"), "{again:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), fixed);
}
