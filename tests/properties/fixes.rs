//! A fix cures what it is for.

use chatflow::check as report_of;
use chatflow_tests::strategies::{document, json as anything};
use proptest::collection::vec;
use serde_json::{Value, json};

use super::check;
use super::hostile::replace;
use crate::fixes::cures;

/// Does one thing wrong that has a mechanical cure; `false` where the document has no place for it.
fn damage(document: &mut Value, how: usize, place: usize) -> bool {
    let count = document["nodes"].as_array().unwrap().len();
    let id = |at: usize| json!(format!("n{}", at % count));
    let connections = document["connections"].as_array().unwrap().len();
    match how {
        0 => {
            let kind = &mut document["nodes"][place % count]["type"];
            let mut text = kind.as_str().unwrap().to_owned();
            text.remove(place % text.len());
            *kind = text.into();
        }
        1 => push(document, "connections", json!({"source": id(place), "target": "gone"})),
        2 => push(document, "connections", json!({"source": "gone", "target": id(place)})),
        3 => drop(document.as_object_mut().unwrap().remove("version")),
        4 => drop(document.as_object_mut().unwrap().remove("entry_node_id")),
        5 => document["edges"] = json!([{"source": id(place), "target": id(place + 1)}]),
        6 if connections > 0 => {
            document["connections"][place % connections]["type"] = json!("Option B!");
        }
        7 => {
            let more = json!({"source": id(place), "target": id(place + 1), "type": "default"});
            push(document, "connections", more);
        }
        8 if connections > 0 => {
            let mut again = document["connections"][place % connections].clone();
            again["conditions"] = json!({"if": format!("temp.again == {place}")});
            push(document, "connections", again);
        }
        9 => push(
            document,
            "nodes",
            json!({"id": "lonely", "type": "message", "content": {"text": "?"}}),
        ),
        10 => document["description"] = json!(["not", "a", "text"]),
        11 => document["nodes"][place % count]["execution_context"] = json!("backedn"),
        12 => document["nodes"][place % count]["info"] = json!(3),
        _ => return false,
    }
    true
}

fn push(document: &mut Value, list: &str, entry: Value) {
    document[list].as_array_mut().unwrap().push(entry);
}

#[test]
fn every_fix_cures_its_diagnostic_and_brings_no_error() {
    // R12.2, F35: a suggested fix is one that may be applied unseen.
    let strategy = (document("main"), 0_usize..13, 0_usize..64);
    let tried = std::cell::Cell::new(0_usize);
    check("fixes applied", 20_000, &strategy, |(mut document, how, place)| {
        if report_of(&document.to_string()).has_errors() || !damage(&mut document, how, place) {
            return;
        }
        tried.set(tried.get() + cures(&document).len());
    });
    assert!(tried.get() >= 100, "only {} fixes were tried", tried.get());
}

#[test]
fn a_fix_fits_the_document_whatever_stands_in_it() {
    // R12.2: pointers are into the document as it was given, not as it was read.
    let damage = vec((vec(0_usize..16, 1..7), anything()), 1..4);
    check(
        "fixes of damaged flows",
        50_000,
        &(document("main"), damage),
        |(mut document, damage)| {
            for (way, with) in damage {
                replace(&mut document, &way, with);
            }
            let text = document.to_string();
            // A key with U+0000 is read without it.
            if text.contains("\\u0000") {
                return;
            }
            for found in &report_of(&text) {
                if let Some(fix) = &found.fix {
                    let applied = fix.apply(&document);
                    assert!(applied.is_ok_and(|fixed| fixed != document), "{found:?}\n{document}");
                }
            }
        },
    );
}

#[test]
fn the_fix_of_an_expression_drops_its_braces_wherever_they_stand() {
    // R6.9.
    for (written, plain) in [
        ("{{temp.age}} >= 8", "temp.age >= 8"),
        ("8 <= {{ temp.age }}", "8 <= temp.age"),
        ("'{{x}}' == {{temp.x}}", "'{{x}}' == temp.x"),
        ("{{temp.a}}in {{temp.b}}", "temp.a in temp.b"),
    ] {
        let document = json!({
            "name": "x", "version": "1.0.0", "entry_node_id": "n0",
            "nodes": [
                {"id": "n0", "type": "condition",
                    "content": {"conditions": [{"if": written, "then": "default"}]}},
                {"id": "n1", "type": "message", "content": {"text": "!"}},
            ],
            "connections": [{"source": "n0", "target": "n1"}],
        });
        let report = report_of(&document.to_string());
        let fix = report.iter().find_map(|found| found.fix.clone()).expect(written);
        let fixed = fix.apply(&document).unwrap();
        assert_eq!(fixed["nodes"][0]["content"]["conditions"][0]["if"], plain);
        assert!(!cures(&document).is_empty());
    }
}

#[test]
fn a_fix_within_the_parameters_of_an_action_finds_them() {
    // R7.1.
    let action =
        json!({"type": "api_call", "params": {"endpoint": "http://a.example/x", "method": "GTE"}});
    let document = |action: &Value| {
        json!({
            "name": "x", "version": "1.0.0", "entry_node_id": "n0",
            "nodes": [{"id": "n0", "type": "action", "content": {"actions": [action]}}],
        })
    };
    assert_eq!(cures(&document(&action)).len(), 2);
    // Where parameters stand in both places, a fix could miss the one that it is for.
    let action = json!({
        "type": "api_call", "method": "GTE", "timeout": 5000, "params": {"endpoint": "/v1/x"},
    });
    assert_eq!(cures(&document(&action)).len(), 0);
}

#[test]
fn the_fix_of_a_surplus_connection_takes_its_copies_along() {
    // R1.20, R12.65, R12.80.
    let (plain, other) =
        (json!({"source": "n0", "target": "n1"}), json!({"source": "n0", "target": "n2"}));
    let mut again = plain.clone();
    again["conditions"] = json!({"if": "temp.again"});
    let node = |id| json!({"id": id, "type": "message", "content": {"text": "?"}});
    let on = json!({"source": "n1", "target": "n2"});
    for surplus in [other, again] {
        let document = json!({
            "name": "x", "version": "1.0.0", "entry_node_id": "n0",
            "nodes": [node("n0"), node("n1"), node("n2")],
            "connections": [plain, surplus, plain, surplus, surplus, on],
        });
        let report = report_of(&document.to_string());
        let told = report.iter().find(|found| found.at.as_str() == "/connections/1");
        let fix = told.and_then(|found| found.fix.as_ref()).unwrap_or_else(|| panic!("{report:?}"));
        assert_eq!(fix.apply(&document).unwrap()["connections"], json!([plain, plain, on]));
        assert!(!cures(&document).is_empty());
    }
}

#[test]
fn a_surplus_connection_stays_where_nothing_else_leads_to_its_target() {
    // R1.6, R12.80: without it the flow would have two nodes that may be its entry.
    let node = |id| json!({"id": id, "type": "message", "content": {"text": "?"}});
    let document = json!({
        "name": "x", "version": "1.0.0", "nodes": [node("n0"), node("n1"), node("n2")],
        "connections": [{"source": "n0", "target": "n1"}, {"source": "n0", "target": "n2"}],
    });
    let report = report_of(&document.to_string());
    let told = report.iter().find(|found| found.id() == "connection.multiple_default");
    assert!(told.is_some_and(|found| found.fix.is_none()), "{report:?}");
    assert!(!cures(&document).is_empty(), "that of the missing entry");
}
