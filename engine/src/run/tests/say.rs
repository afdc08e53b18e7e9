//! Markup, quick replies and drawn messages.

use serde_json::{Value, json};

use super::{ID, OTHER, World, message, object};

fn say(content: &Value) -> World {
    World::of(&json!([{"id": "m", "type": "message", "content": content}]), &json!([]))
}

/// R5.41, R13.8: values are text in markup, and the whole is cleaned.
#[test]
fn values_cannot_bring_markup_into_a_rich_text() {
    let rich = "<p onclick=\"x\">Hi <b>{{user.name}}</b> <a href=\"{{user.url}}\">go</a></p>";
    let state = json!({"user": {"name": "<img src=x onerror=y>", "url": "javascript:x"}});
    let want = "<p>Hi &lt;img src=x onerror=y&gt; <a rel=\"noopener noreferrer\">go</a></p>";
    // An event attribute is an error of the check, so that it stands in the state here.
    let rich = rich.replace(" onclick=\"x\"", "");
    for content in [
        json!({"rich_text": rich, "fallback_text": "Hi {{user.name}}"}),
        json!({"messages": [{"rich_text": rich, "text": "Hi {{user.name}}"}]}),
        json!({"messages": [{"content": {"rich_text": rich, "text": "Hi {{user.name}}"}}]}),
    ] {
        let item = say(&content).play(state.clone(), &[]).last["messages"][0].clone();
        // R2.22, R2.27: the text beside it is plain.
        let text = "Hi <img src=x onerror=y>";
        assert_eq!(item["content"], json!({"rich_text": want, "text": text}));
        assert_eq!((&item["text"], &item["type"]), (&json!(text), &json!("text")));
    }
}

#[test]
fn rich_text_goes_before_text_and_after_messages() {
    // R2.20, R2.27, R2.28.
    let content = |more: Value| {
        let mut content = json!({"rich_text": "<p>r</p>", "text": "t"});
        content.as_object_mut().unwrap().extend(object(more));
        say(&content).play(json!({}), &[]).last["messages"].clone()
    };
    assert_eq!(content(json!({}))[0]["content"], json!({"rich_text": "<p>r</p>", "text": ""}));
    let messages = content(json!({"messages": ["m"]}));
    assert_eq!((messages.as_array().unwrap().len(), &messages[0]["text"]), (1, &json!("m")));
    // What yields nothing leaves room for the node's own (R2.27).
    let messages = content(json!({"messages": [{"content_id": ID}]}));
    assert_eq!(messages[0]["content"]["rich_text"], "<p>r</p>");
}

/// R13.8: content of the library and of the state is cleaned as well.
#[test]
fn markup_of_the_library_is_cleaned_at_emission() {
    let content = json!({"text": "t", "rich_text": "<p>{{user.x}}<script>x</script></p>",
        "cards": [{"rich_text": "<b>x</b>"}]});
    let item = json!({"id": ID, "type": "message", "content": content});
    let world = say(&json!({"messages": [{"content_id": ID}]})).with_item(&item, &[]);
    let shown = world.play(json!({"user": {"x": "&"}}), &[]).last["messages"][0].clone();
    assert_eq!(shown["content"]["rich_text"], "<p>&amp;</p>");
    assert_eq!(shown["content"]["cards"], json!([{"rich_text": "x"}]));
    let list = say(&json!({"messages": [{"type": "item_list", "source": "temp.hits"}]}));
    let state = json!({"temp": {"hits": [{"rich_text": "<svg onload=x>"}]}});
    let shown = list.play(state, &[]).last["messages"][0].clone();
    assert_eq!(shown["content"]["items"], json!([{"rich_text": ""}]));
}

#[test]
fn questions_show_markup_and_media() {
    // R2.41, R2.42, R2.23.
    let ask = |question: Value, more: Value| {
        let mut content = json!({"question": question, "input_type": "text", "variable": "temp.a"});
        content.as_object_mut().unwrap().extend(object(more));
        let nodes = json!([{"id": "q", "type": "question", "content": content}]);
        let world = World::of(&nodes, &json!([])).with_item(
            &json!({"id": ID, "type": "question", "content": {
                "text": "Theirs", "rich_text": "<p>{{temp.x}}</p>", "media": {"url": "/a.png", "alt": "{{temp.x}}"}}}),
            &[],
        );
        world.play(json!({"temp": {"x": "<"}}), &[]).last["input_request"]["question"].clone()
    };
    let media = json!({"url": "https://a.example/x.png", "type": "image"});
    assert_eq!(
        ask(
            json!({"text": "T {{temp.x}}", "rich_text": "<p>{{temp.x}}</p>", "media": media}),
            json!({})
        ),
        json!({"text": "T <", "rich_text": "<p>&lt;</p>", "media": media})
    );
    assert_eq!(
        ask(json!(null), json!({"rich_text": "<p>?</p>"})),
        json!({"text": "", "rich_text": "<p>?</p>"})
    );
    let theirs = ask(json!({"content_id": ID}), json!({}));
    assert_eq!(theirs["rich_text"], "<p>&lt;</p>");
    assert_eq!(theirs["media"], json!({"url": "/a.png", "alt": "<"}));
    let bad = ask(json!({"text": "x", "media": {"url": "{{temp.x}}"}}), json!({}));
    assert_eq!(bad, json!({"text": "x"}));
}

fn offers(more: Value, connections: &Value) -> World {
    let mut content = json!({"text": "Ready?", "quick_replies": ["Yes", {"label": "No, {{user.name}}", "value": "no", "points": 2}]});
    content.as_object_mut().unwrap().extend(object(more));
    let nodes = json!([
        {"id": "m", "type": "message", "content": content},
        message("yes", "yes"), message("no", "no"), message("on", "on"),
    ]);
    World::of(&nodes, connections)
}

fn routes() -> Value {
    json!([
        {"source": "m", "target": "yes", "type": "$0"},
        {"source": "m", "target": "no", "type": "$1"},
        {"source": "m", "target": "on", "type": "default"},
    ])
}

#[test]
fn a_quick_reply_is_kept_and_routes_like_a_choice() {
    // R2.31, R2.45, R3.30.
    let world = offers(json!({"variable": "temp.ready"}), &routes());
    let user = json!({"user": {"name": "Ana"}});
    let asked = world.play(user.clone(), &[]).last;
    assert_eq!(asked["wait_for_acknowledgment"], true);
    let request = &asked["input_request"];
    assert_eq!(request["input_type"], "continue");
    assert_eq!(request["variable"], "temp.ready");
    assert_eq!(request["options"][1]["label"], "No, Ana");
    for (answer, said, stored) in [
        (json!("yes"), "yes", json!({"value": "Yes", "label": "Yes"})),
        (json!("no, ana"), "no", json!({"value": "no", "label": "No, Ana", "points": 2})),
        (json!({"value": "no"}), "no", json!({"value": "no", "label": "No, Ana", "points": 2})),
        (json!("perhaps"), "on", Value::Null),
        (json!(null), "on", Value::Null),
    ] {
        let played = world.play(user.clone(), std::slice::from_ref(&answer));
        assert_eq!(played.said, ["Ready?", said], "{answer}");
        assert_eq!(played.state.pointer("/temp/ready").cloned().unwrap_or_default(), stored);
        let row = &played.rows[1];
        assert_eq!(row["input"], answer);
        assert_eq!(row.get("value").cloned().unwrap_or_default(), stored, "{row}");
    }
}

#[test]
fn quick_replies_wait_only_where_they_lead_somewhere() {
    // R2.30, R2.31: a reply that is kept nowhere and leads nowhere is not waited for.
    assert_eq!(offers(json!({}), &json!([])).play(json!({}), &[]).ended, Some("completed"));
    let kept = offers(json!({"variable": "temp.ready"}), &json!([]));
    assert_eq!(kept.play(json!({}), &[]).ended, None);
    let played = kept.play(json!({}), &[json!("Yes")]);
    assert_eq!(
        (&played.state["temp"]["ready"]["value"], played.ended),
        (&json!("Yes"), Some("completed"))
    );
    // R2.9: the connection of one reply does not serve another.
    let lone = offers(json!({}), &json!([{"source": "m", "target": "yes", "type": "$0"}]));
    assert_eq!(lone.play(json!({}), &[json!("no")]).ended, Some("dead_end"));
}

fn draws(entries: &Value) -> World {
    let fact = |id: &str, text: &str| json!({"id": id, "type": "fact", "content": {"text": text}});
    say(&json!({"messages": entries}))
        .with_item(&fact(ID, "one"), &[])
        .with_item(&fact(OTHER, "two"), &[])
}

fn draw(more: Value) -> Value {
    let mut entry = json!({"source": "random", "track_shown_in": "temp.seen",
        "source_config": {"type": "fact", "exclude_from": "temp.seen"}});
    entry.as_object_mut().unwrap().extend(object(more));
    entry
}

#[test]
fn messages_are_drawn_without_repeats() {
    // R4.16, R4.9, R4.10.
    let played = draws(&json!([draw(json!({})), "and", draw(json!({}))])).play(json!({}), &[]);
    let mut said = played.said.clone();
    assert_eq!(said.remove(1), "and");
    said.sort();
    assert_eq!(said, ["one", "two"]);
    assert_eq!(played.state["temp"]["seen"].as_array().unwrap().len(), 2);
    let first = &played.last["messages"][0];
    assert_eq!(
        (&first["content_type"], &first["id"]),
        (&json!("fact"), &played.state["temp"]["seen"][0])
    );
}

#[test]
fn an_exhausted_draw_emits_nothing_or_what_was_shown_longest_ago() {
    // R4.16, R4.14, F8.
    let fail = json!({"source_config": {"type": "joke"}});
    let played = draws(&json!([draw(fail.clone()), "on"])).play(json!({}), &[]);
    assert_eq!(played.said, ["on"]);
    assert_eq!(played.warnings, ["content_exhausted"]);
    assert_eq!(played.state.pointer("/temp/seen"), None);
    let own = draws(&json!([draw(json!({"source_config": {"type": "joke"}, "text": "own"}))]));
    assert_eq!(own.play(json!({}), &[]).said, ["own"]);
    let seen = json!({"temp": {"seen": [OTHER, ID]}});
    let again = draws(&json!([draw(json!({}))])).play(seen.clone(), &[]);
    assert_eq!(again.said, ["two"]);
    assert_eq!(again.state["temp"]["seen"], json!([ID, OTHER]));
    let skip = json!({"source_config": {"type": "fact", "exclude_from": "temp.seen", "on_exhausted": "skip"}});
    assert_eq!(draws(&json!([draw(skip)])).play(seen, &[]).said, [""; 0]);
}

/// R2.40, R2.43, R2.44, R13.2: what a node leaves open, its content item says.
#[test]
fn a_content_item_says_how_its_question_is_answered() {
    let ask = |own: Value, item: Value, answer: Value| {
        let mut content = json!({"question": {"content_id": ID}});
        content.as_object_mut().unwrap().extend(object(own));
        let nodes =
            json!([{"id": "q", "type": "question", "content": content}, message("end", "end")]);
        let world = World::of(&nodes, &json!([{"source": "q", "target": "end"}]))
            .with_item(&json!({"id": ID, "type": "question", "content": item}), &[]);
        let played = world.play(json!({}), &[answer]);
        let refused = played.last["validation_error"]["code"].as_str().map(str::to_owned);
        (world.play(json!({}), &[]).last["input_request"].clone(), played.state, refused)
    };
    let number = json!({"text": "?", "input_type": "number", "variable": "temp.n", "validation": {"max": 5}});
    let (request, state, _) = ask(json!({}), number.clone(), json!("4"));
    assert_eq!(
        (&request["input_type"], &request["validation"]["max"]),
        (&json!("number"), &json!(5))
    );
    assert_eq!(state["temp"]["n"], 4);
    assert_eq!(ask(json!({}), number.clone(), json!("6")).2.as_deref(), Some("max"));
    // The node's own word goes before the item's.
    let own = json!({"input_type": "text", "validation": {"max_length": 1}, "variable": "temp.t"});
    let (request, state, refused) = ask(own, number.clone(), json!("6"));
    assert_eq!((&request["input_type"], &state["temp"]["t"]), (&json!("text"), &json!("6")));
    assert_eq!((refused, request["validation"].get("max")), (None, None));
    // Options make a choice, and are followed as the item has them (R3.6, R4.11).
    let choice = json!({"text": "?", "options": ["a", "b"], "variable": "temp.c"});
    let (request, state, _) = ask(json!({}), choice.clone(), json!("B"));
    assert_eq!(request["input_type"], "choice");
    assert_eq!(state["temp"]["c"], json!({"value": "b", "label": "b"}));
    assert_eq!(ask(json!({}), choice, json!("z")).2.as_deref(), Some("not_an_option"));
    let nested = json!({"question": {"text": "?", "input_type": "number", "variable": "temp.n"}});
    assert_eq!(ask(json!({}), nested, json!("7")).1["temp"]["n"], 7);
    let retries = json!({"max_retries": 0, "on_max_retries": "skip", "variable": "temp.n"});
    assert_eq!(ask(retries, number, json!("x")).1["temp"]["n"], Value::Null);
}

/// X-5 is later: clients are told, and nothing else.
#[test]
fn a_timeout_is_passed_on() {
    let nodes = json!([{"id": "q", "type": "question", "content": {"question": "?", "input_type": "text",
        "variable": "temp.a", "timeout_seconds": 30}}]);
    let request = World::of(&nodes, &json!([])).play(json!({}), &[]).last["input_request"].clone();
    // R3.1.
    assert_eq!(request["timeout_seconds"], 30);
}
