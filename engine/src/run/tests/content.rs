//! Questions and messages that come from the library.

use serde_json::{Value, json};

use super::{ID, OTHER, World, message};

fn random(more: Value) -> Value {
    let mut content = json!({"source": "random", "source_config": {"type": "question"},
        "input_type": "choice", "variable": "temp.answer"});
    content.as_object_mut().unwrap().extend(super::object(more));
    json!([{"id": "q", "type": "question", "content": content}, message("end", "end {{temp.answer}}")])
}

fn onward() -> Value {
    json!([{"source": "q", "target": "end"}])
}

fn item(id: &str, content: &Value) -> Value {
    json!({"id": id, "type": "question", "content": content})
}

/// F8: whyever a drawn question is not asked, its variable is null.
#[test]
fn a_drawn_question_that_cannot_be_asked_leaves_no_stale_answer() {
    // R4.14.
    for content in [json!({"text": "Which?"}), json!({"info": 1})] {
        let world =
            World::of(&random(json!({})), &onward()).with_item(&item(ID, &content.clone()), &[]);
        let played = world.play(json!({"temp": {"answer": "old"}}), &[]);
        assert_eq!(played.said, ["end "], "{content}");
        assert_eq!(played.state["temp"]["answer"], Value::Null, "{content}");
    }
}

/// R2.41, R4.14: options alone are a question.
#[test]
fn a_question_may_consist_of_its_options() {
    let options = json!({"options": [], "answers": []});
    let content = json!({"answers": [], "options": ["a", "b"]});
    let world = World::of(&random(options), &onward()).with_item(&item(ID, &content), &[]);
    let request = world.play(json!({}), &[]).last["input_request"].clone();
    assert_eq!(request["question"]["text"], "");
    assert_eq!(request["options"].as_array().unwrap().len(), 2);
    let own =
        json!([{"id": "q", "type": "question", "content": {"question": "", "options": ["a"]}}]);
    assert_eq!(
        World::of(&own, &json!([])).play(json!({}), &[]).last["input_request"]["question"],
        json!({"text": ""})
    );
}

/// R4.14: the node's own prompt goes before a repeat.
#[test]
fn an_exhausted_pool_is_replaced_by_the_nodes_own_question() {
    let own = json!({"question": "Mine?", "options": ["a", "b"],
        "source_config": {"type": "question", "exclude_from": "temp.seen"}});
    let content = json!({"text": "Drawn?", "options": ["c", "d"]});
    let world = World::of(&random(own), &onward()).with_item(&item(ID, &content), &[]);
    let asked = |state| world.play(state, &[]).last["input_request"]["question"]["text"].clone();
    assert_eq!(asked(json!({})), "Drawn?");
    assert_eq!(asked(json!({"temp": {"seen": [ID]}})), "Mine?");
}

/// R3.9: the body of the item is shown without what its author keeps private.
#[test]
fn clients_do_not_learn_the_right_answer_from_the_body() {
    let content =
        json!({"text": "?", "answers": [{"value": 1, "label": "One", "_correct": true}, "b"]});
    let world = World::of(&random(json!({})), &onward()).with_item(&item(ID, &content), &[]);
    let played = world.play(json!({}), &[json!("One")]);
    assert!(!json!(played.rows).to_string().contains("\"content\":{\"answers\":[{\"_correct"));
    assert_eq!(played.state["temp"]["answer"]["_correct"], true);
    let asked = world.play(json!({}), &[]).last.to_string();
    assert!(!asked.contains("_correct"), "{asked}");
}

/// R2.41: a text goes before a content item.
#[test]
fn a_questions_own_text_goes_before_its_content() {
    let ask = |text: &str| json!([{"id": "q", "type": "question", "content": {"question": {"text": text, "content_id": ID}}}]);
    for (text, want) in [("Mine?", "Mine?"), ("", "Theirs?")] {
        let world = World::of(&ask(text), &json!([]))
            .with_item(&item(ID, &json!({"text": "Theirs?"})), &[]);
        assert_eq!(world.play(json!({}), &[]).last["input_request"]["question"]["text"], want);
    }
}

/// R4.4, R4.5: tags may be references, to one tag or many, chosen or plain.
#[test]
fn tags_may_be_references() {
    // R4.3.
    let nodes = |tags: Value| random(json!({"source_config": {"type": "question", "tags": tags}}));
    let sea = json!({"value": "sea", "label": "The sea"});
    for (tags, state, want, warned) in [
        (json!("${temp.tag}"), json!({"tag": "sea"}), "Sea?", false),
        (json!(["{{temp.tag}}"]), json!({"tag": sea}), "Sea?", false),
        (json!("${temp.tag}"), json!({"tag": [sea]}), "Sea?", false),
        (json!(["{{temp.tag}}"]), json!({}), "Air?", true),
    ] {
        let world = World::of(&nodes(tags.clone()), &onward())
            .with_item(&item(ID, &json!({"text": "Air?", "options": ["a", "b"]})), &["air"])
            .with_item(&item(OTHER, &json!({"text": "Sea?", "options": ["a", "b"]})), &["sea"]);
        let played = world.play(json!({"temp": state}), &[]);
        assert_eq!(played.warnings.contains(&"filter_unresolved".to_owned()), warned, "{tags}");
        if !warned {
            assert_eq!(played.last["input_request"]["question"]["text"], want, "{tags}");
        }
    }
}

/// R2.24: entries of an item may name items, one level deep, and keep their own delays.
#[test]
fn the_entries_of_a_content_item_are_shown_with_their_items_and_delays() {
    let outer = json!({"id": ID, "type": "message", "content": {"messages": [
        {"text": "one", "delay": 1.5}, {"content_id": OTHER}, {"content_id": ID, "text": "three"}]}});
    let inner = json!({"id": OTHER, "type": "joke", "content": {"setup": "two", "punchline": "!"}});
    let nodes =
        json!([{"id": "m", "type": "message", "content": {"messages": [{"content_id": ID}]}}]);
    let played = World::of(&nodes, &json!([]))
        .with_item(&outer, &[])
        .with_item(&inner, &[])
        .play(json!({}), &[]);
    assert_eq!(played.said, ["one", "two\n!", "three"]);
    assert_eq!(played.last["messages"][0]["delay_ms"], 1500);
    assert_eq!(played.last["messages"][1]["id"], OTHER);
}

/// R2.22: what stands beside `media`, and a caption, belong to the picture.
#[test]
fn pictures_keep_what_stands_beside_them() {
    let url = "https://a.example/x.png";
    let nodes = json!([{"id": "m", "type": "message", "content": {"messages": [
        {"type": "image", "media": {"url": url}, "alt": "fox"},
        {"type": "image", "url": url, "text": "A fox", "delay": 1}]}}]);
    let played = World::of(&nodes, &json!([])).play(json!({}), &[]);
    assert_eq!(played.last["messages"][0]["content"], json!({"url": url, "alt": "fox"}));
    assert_eq!(played.last["messages"][1]["content"], json!({"url": url, "text": "A fox"}));
}

/// R4.2, R4.3: the type in any case; every tag of `tags_all`, any of `tags`.
#[test]
fn a_draw_is_of_one_type_and_of_its_tags() {
    let drawn = |config: Value| {
        let world = World::of(&random(json!({"source_config": config})), &onward())
            .with_item(&item(ID, &json!({"text": "One?", "options": ["a", "b"]})), &["x"])
            .with_item(&item(OTHER, &json!({"text": "Two?", "options": ["a", "b"]})), &["x", "y"]);
        world.play(json!({}), &[]).last["input_request"]["question"]["text"].clone()
    };
    assert_eq!(drawn(json!({"type": "QUESTION", "tags": ["y", "z"]})), "Two?");
    assert_eq!(drawn(json!({"tags_all": ["x", "y"]})), "Two?");
    assert_eq!(drawn(json!({"type": "joke"})), Value::Null);
    assert_eq!(drawn(json!({"tags": ["z"]})), Value::Null);
}

#[test]
fn a_content_item_says_how_long_it_takes_to_type() {
    // R2.25.
    let body = json!({"text": "slow", "typing_delay": 1.25});
    let nodes = json!([{"id": "m", "type": "message", "content": {"messages": [{"content_id": ID}, {"text": "own"}]}}]);
    let item = json!({"id": ID, "type": "message", "content": body});
    let played = World::of(&nodes, &json!([])).with_item(&item, &[]).play(json!({}), &[]);
    assert_eq!(played.last["messages"][0]["typing_delay_ms"], 1250);
    assert_eq!(played.last["messages"][1].get("typing_delay_ms"), None);
}
