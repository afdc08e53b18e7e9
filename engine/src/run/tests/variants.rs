//! Variants of content, and what is told of their showing.

use serde_json::{Value, json};

use super::{ID, Played, World, message};
use crate::id::{ImpressionId, SessionId, TenantId};
use crate::preview::LibraryItem;
use crate::protocol::{Event, Shown};

fn fact(variants: &Value) -> Value {
    json!({"id": ID, "type": "fact", "content": {"text": "base", "source": "s"},
        "info": {"control_weight": 0}, "variants": variants})
}

fn world(item: &Value) -> World {
    let nodes = json!([
        {"id": "m", "type": "message", "content": {"messages": [{"content_id": ID}], "wait_for_ack": true}},
        {"id": "again", "type": "message", "content": {"messages": [{"content_id": ID}]}},
        message("end", "end"),
    ]);
    World::of(
        &nodes,
        &json!([{"source": "m", "target": "again"}, {"source": "again", "target": "end"}]),
    )
    .with_item(item, &[])
}

fn impressions(played: &Played) -> Vec<Shown> {
    let events = played.turns.iter().flat_map(|turn| &turn.events);
    events
        .filter_map(
            |event| if let Event::Impression(shown) = event { Some(shown.clone()) } else { None },
        )
        .collect()
}

#[test]
fn a_variant_is_laid_over_the_body_and_named() {
    // R13.22, R2.16, R13.20.
    let b =
        json!([{"variant_key": "b", "variant_data": {"text": "new {{user.x}}", "source": null}}]);
    let item = world(&fact(&b)).play(json!({"user": {"x": "!"}}), &[]).last["messages"][0].clone();
    assert_eq!(item["content"], json!({"text": "new !"}));
    assert_eq!((&item["text"], &item["variant_key"]), (&json!("new !"), &json!("b")));
    let none = world(&fact(&json!([]))).play(json!({}), &[]).last["messages"][0].clone();
    assert_eq!((none["text"].as_str(), none.get("variant_key")), (Some("base"), None));
    let mut control = fact(&json!([{"variant_key": "b", "weight": 1}]));
    control["info"]["control_weight"] = json!(1_000_000);
    let shown = world(&control).play(json!({}), &[]).last["messages"][0].clone();
    assert_eq!((&shown["text"], &shown["variant_key"]), (&json!("base"), &json!("control")));
}

/// R13.23 as F31 has it; the conversation begins on 2026-01-01 in the flow of no tenant.
#[test]
fn conditions_decide_who_sees_a_variant() {
    let flow = world(&fact(&json!([]))).library.find("main").unwrap();
    for (conditions, holds) in [
        (json!({}), true),
        (json!({"date_range": ["2026-01-01", "2026-01-01"]}), true),
        (json!({"date_range": [null, "2025-12-31"]}), false),
        (json!({"date_range": ["2025-01-01", null]}), true),
        (json!({"date_range": ["2026-01-01T00:00:01Z", null]}), false),
        (json!({"date_range": ["soon", null]}), false),
        (json!({"date_range": []}), false),
        (json!({"cel": "user.age > 8 && temp.pick == 'r'"}), true),
        (json!({"cel": "user.age > "}), false),
        (json!({"cel": "user.gone > 1"}), false),
        (json!({"state": {"user.age": 9, "temp.pick": ["x", "r"]}}), true),
        (json!({"state": {"user.age": [1, 2]}}), false),
        (json!({"state": {"user.gone": null}}), false),
        (json!({"flow_ids": [flow]}), true),
        (json!({"flow_ids": [ID]}), false),
        (json!({"school_ids": [ID]}), false),
        (json!({"min_age": 9, "max_age": 9}), true),
        (json!({"min_age": 10}), false),
        (json!({"max_age": 8}), false),
        (json!({"min_age": 1, "weather": "fair"}), false),
        (json!({"locale": "en"}), false),
    ] {
        let item = fact(
            &json!([{"variant_key": "b", "variant_data": {"text": "b"}, "conditions": conditions}]),
        );
        let state = json!({"user": {"age": 9}, "temp": {"pick": {"value": "r", "label": "Red"}}});
        let shown = world(&item).play(state, &[]).last["messages"][0]["text"].clone();
        assert_eq!(shown, if holds { "b" } else { "base" }, "{conditions}");
    }
    let by_number = fact(
        &json!([{"variant_key": "b", "variant_data": {"text": "b"}, "conditions": {"max_age": 8}}]),
    );
    let state = json!({"user": {"age": "eight or so", "age_number": 8}});
    assert_eq!(world(&by_number).play(state, &[]).last["messages"][0]["text"], "b");
}

/// F14, F31: the tenant of the session is that of its flow here.
#[test]
fn schools_see_variants_of_their_own() {
    let school = "00000000-0000-4000-8000-00000000000a";
    for (owner, text) in [(school, "b"), (ID, "base")] {
        let item = fact(
            &json!([{"variant_key": "b", "variant_data": {"text": "b"}, "conditions": {"school_ids": [school]}}]),
        );
        let (definition, _) =
            super::read(&json!({"seed_key": "main", "school_id": owner, "nodes": [
            {"id": "m", "type": "message", "content": {"messages": [{"content_id": ID}]}}]}));
        let mut world = World::default();
        world.library.add_flow(&definition);
        let owner = Some(TenantId(owner.parse().unwrap()));
        let item = serde_json::from_value(item).unwrap();
        world.library.add_item(LibraryItem { item, tags: Vec::new(), owner });
        assert_eq!(world.play(json!({}), &[]).said, [text]);
    }
}

#[test]
fn a_session_keeps_the_variant_that_it_saw() {
    // R13.21: the condition no longer holds the second time.
    let item = fact(&json!([{"variant_key": "b", "variant_data": {"text": "b"},
        "conditions": {"date_range": [null, "2026-01-01T00:00:00Z"]}}]));
    assert_eq!(world(&item).play(json!({}), &[Value::Null]).said, ["b", "b", "end"]);
}

#[test]
fn what_is_shown_and_taken_up_is_told() {
    // R13.25, S5.21, S5.22, F32.
    let item = fact(&json!([{"variant_key": "b"}]));
    let played = world(&item).play(json!({}), &[json!("ok")]);
    let shown = impressions(&played);
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[0].variant_key.as_deref(), Some("b"));
    assert_ne!(shown[0].id, shown[1].id);
    let events = json!(played.turns.iter().map(|turn| &turn.events).collect::<Vec<_>>());
    let engaged: Vec<&Value> = events.as_array().unwrap()[1]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"] == "engagement")
        .collect();
    assert_eq!(engaged.len(), 1, "the second was shown last, and nobody has answered it");
    assert_eq!(engaged[0]["impression"]["id"], json!(shown[0].id));
    let flow = world(&item).library.find("main").unwrap();
    let session = SessionId::derived(&format!("{flow}:0:2026-01-01T00:00:00.000Z"));
    assert_eq!(shown[0].id, ImpressionId::derived(&format!("{session}:0:0")));
    assert_eq!(shown[1].id, ImpressionId::derived(&format!("{session}:1:0")));
}

#[test]
fn a_question_is_taken_up_by_its_first_valid_answer() {
    // S5.22: at most once an impression, and never by what was refused.
    let question = json!({"id": ID, "type": "question", "content": {"text": "?", "input_type": "number"},
        "variants": [{"variant_key": "control", "weight": 1}]});
    let nodes = json!([
        {"id": "m", "type": "message", "content": {"messages": [{"content_id": super::OTHER}]}},
        {"id": "q", "type": "question", "content": {"question": {"content_id": ID}, "sensitive": true}},
        message("end", "end"),
    ]);
    let world = World::of(
        &nodes,
        &json!([{"source": "m", "target": "q"}, {"source": "q", "target": "end"}]),
    )
    .with_item(&question, &[])
    .with_item(&json!({"id": super::OTHER, "type": "fact", "content": {"text": "f"}}), &[]);
    let asked = world.play(json!({}), &[]).last["input_request"]["question"].clone();
    assert_eq!(asked["variant_key"], "control");
    let engaged = |answers: &[Value]| {
        let played = world.play(json!({}), answers);
        let events = played.turns.iter().flat_map(|turn| &turn.events);
        let of = |event: &Event| {
            let event = json!(event);
            (event["type"] == "engagement")
                .then(|| (event["impression"]["content_id"].clone(), event["value"].clone()))
        };
        events.filter_map(of).collect::<Vec<_>>()
    };
    let hidden = || json!("[REDACTED]");
    assert_eq!(engaged(&[json!("x")]), []);
    assert_eq!(engaged(&[json!("x"), json!("5")]), [(json!(ID), hidden())]);
    assert_eq!(engaged(&[json!("5")]), [(json!(super::OTHER), hidden()), (json!(ID), hidden())]);
}
