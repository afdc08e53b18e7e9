//! No document and no reply makes anything panic.

use chatflow::{FlowDefinition, InputKind, InputType, Library, Limits, Phase, Report, Stage};
use chatflow_tests::conversation::World;
use chatflow_tests::fuzzed;
use chatflow_tests::strategies::{content, documents, handlers, json, replies, text, world};
use proptest::collection::vec;
use proptest::strategy::Strategy;
use serde_json::{Value, json};

use super::check;
use super::talk::{Talk, some_state};

#[test]
fn any_text_is_read_or_reported() {
    check("texts read as flows", 100_000, &text(), |text| {
        let (definition, report) = FlowDefinition::read_json(&text);
        assert!(definition.is_some() || report.has_errors(), "{text:?}");
    });
}

#[test]
fn any_json_is_read_and_compiled_or_reported() {
    let near = (json(), json(), json()).prop_map_into_flow();
    check("documents compiled", 100_000, &near, |document| {
        let (definition, mut report) = FlowDefinition::read(&document);
        let Some(definition) = definition else {
            assert!(report.has_errors(), "{document}");
            return;
        };
        let compiled = chatflow::Flow::compile(&definition, 1);
        assert_eq!(compiled.flow.is_none(), compiled.report.has_errors(), "{document}");
        report.append(compiled.report);
        // R12.90: the same document gives the same report, whatever it is.
        let again = chatflow::Flow::compile(&definition, 1).report;
        assert!(report.iter().rev().zip(again.iter().rev()).all(|(a, b)| a == b), "{document}");
        report.append(definition.check_links(&Library::default(), Stage::Publish));
        is_clear(&report);
    });
}

/// The shortest message that there is: found by the property below it.
#[test]
fn a_null_under_a_name_without_characters_is_told_in_a_sentence() {
    let nodes = json!([{"id": "a", "type": "message", "content": {"": null, "text": "x"}}]);
    let (definition, mut report) = FlowDefinition::read(&json!({ "nodes": nodes }));
    report.append(chatflow::Flow::compile(&definition.unwrap(), 1).report);
    assert!(report.iter().any(|found| found.id() == "node.null_field"), "{report:?}");
    is_clear(&report);
}

/// Every diagnostic says what is wrong and what to do.
fn is_clear(report: &Report) {
    for found in report {
        let helps = found.help.as_ref().is_some_and(|help| help.len() > 10);
        assert!(helps && found.message.len() > 10, "{found:?}");
    }
}

/// Any JSON where a flow has its nodes, connections and content.
trait IntoFlow {
    fn prop_map_into_flow(self) -> impl Strategy<Value = Value>;
}

impl<S: Strategy<Value = (Value, Value, Value)>> IntoFlow for S {
    fn prop_map_into_flow(self) -> impl Strategy<Value = Value> {
        let kinds =
            ["message", "question", "condition", "action", "webhook", "composite", "script"];
        self.prop_map(move |(a, b, c)| {
            let kind = kinds[a.to_string().len() % kinds.len()];
            match b.to_string().len() % 3 {
                0 => json!({"nodes": a, "connections": b, "variables": c}),
                1 => json!({"nodes": [{"id": "a", "type": kind, "content": a}], "connections": [b, c]}),
                _ => json!([a, b, c]),
            }
        })
    }
}

/// Replaces what stands at the end of `way`, an index into each level.
pub(super) fn replace(document: &mut Value, way: &[usize], with: Value) {
    let Some((first, rest)) = way.split_first() else {
        *document = with;
        return;
    };
    match document {
        Value::Array(items) if !items.is_empty() => {
            let at = first % items.len();
            replace(&mut items[at], rest, with);
        }
        Value::Object(map) if !map.is_empty() => {
            let at = first % map.len();
            replace(map.values_mut().nth(at).unwrap(), rest, with);
        }
        scalar => *scalar = with,
    }
}

#[test]
fn a_flow_with_anything_in_any_place_is_reported_or_runs() {
    // R12.7.
    let damage = vec((vec(0_usize..16, 1..7), json()), 1..4);
    let strategy = (documents(), damage, replies());
    check("flows damaged", 50_000, &strategy, |(mut documents, damage, replies)| {
        for (i, (way, with)) in damage.into_iter().enumerate() {
            replace(&mut documents[i % 3], &way, with);
        }
        documents.retain(|document| FlowDefinition::read(document).0.is_some());
        let handlers = chatflow::Handlers::read(&handlers()).unwrap();
        let world = World::of_documents(&documents, &content(), handlers);
        world.reports.iter().for_each(is_clear);
        let Some(mut talk) = Talk::new(&world, Limits::default()) else { return };
        talk.start(some_state()).unwrap();
        replies.into_iter().all(|reply| talk.reply(reply));
    });
}

/// R5.20 to R5.29: braces, pipes and paths in any order.
#[test]
fn any_template_is_filled_or_left_as_it_is() {
    let part = proptest::sample::select(vec![
        "{{",
        "}}",
        "{",
        "}",
        "|",
        "default:",
        "'x'",
        "\"y\"",
        "temp",
        ".",
        "n",
        "user.name",
        "[0]",
        "['a b']",
        "-1",
        "secret:k",
        "${",
        "\\",
        " ",
        "\n",
        "é",
        "<b>",
        "&",
    ]);
    let texts = proptest::prop_oneof![vec(part, 0..16).prop_map(|parts| parts.concat()), text()];
    check("templates filled", 50_000, &texts, |text| fuzzed::template(text.as_bytes()));
}

/// R6.1, R6.8: names, numbers, operators and brackets in any order.
#[test]
fn any_expression_has_a_value_or_an_error() {
    let part = proptest::sample::select(vec![
        "temp.n",
        "temp.list",
        "temp.pick",
        "user.tags",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "?",
        ":",
        ",",
        "+",
        "-",
        "*",
        "/",
        "%",
        "<",
        "==",
        "!",
        "&&",
        "||",
        "in",
        "1",
        "2.5",
        "10u",
        "'a'",
        "null",
        "true",
        "size(",
        "has(",
        ".all(x,",
        ".map(x,",
        ".exists(x,",
        "x",
        "sum(",
        "merge(",
        ".matches(",
        "{{temp.n}}",
        "9223372036854775807",
        ".a",
        "[0]",
        " ",
    ]);
    let texts = proptest::prop_oneof![vec(part, 0..14).prop_map(|parts| parts.concat()), text()];
    check("expressions evaluated", 50_000, &texts, |text| fuzzed::expression(text.as_bytes()));
}

#[test]
fn any_reply_with_any_hint_is_answered_or_refused() {
    let reply = (json(), proptest::sample::select(InputType::ALL.to_vec()));
    check("replies with any hint", 50_000, &(world(), vec(reply, 1..12)), |(world, replies)| {
        let Some(mut talk) = Talk::new(&world, Limits::default()) else { return };
        talk.start(some_state()).unwrap();
        for (value, hint) in replies {
            let before = talk.session.revision();
            // While a script runs, a reply is answered and changes nothing (R10.23).
            let runs = matches!(talk.session.phase(), Phase::Scripting { .. });
            let taken = talk.feed(InputKind::Reply { value, hint }).is_ok();
            assert_eq!(talk.session.revision() != before, taken && !runs);
        }
    });
}
