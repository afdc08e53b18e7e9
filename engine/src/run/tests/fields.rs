//! What is reported about the fields of messages and questions, and where (R12.21, R12.22).

use serde_json::{Value, json};

use super::problems;

/// Content, and what is wrong with it: code, severity and place.
type Row<'a> = (Value, &'a [(&'a str, &'a str, &'a str)]);

pub(super) fn is_of_field(code: &str) -> bool {
    code != "node.null_field" && !code.starts_with("variable.") && !code.starts_with("rule.")
}

fn check(kind: &str, rows: &[Row<'_>]) {
    for (content, want) in rows {
        let report = problems(kind, content);
        // What is told of every type (R12.20), and what the whole flow and its rules have to say,
        // are not what a row is about.
        let found: Vec<(String, String, String)> = report
            .iter()
            .filter(|one| is_of_field(one.code.as_str()))
            .map(|one| {
                let severity = json!(one.severity).as_str().unwrap().to_owned();
                let at = one.at.as_str().replace("/nodes/0/content", "");
                (one.code.as_str().to_owned(), severity, at)
            })
            .collect();
        let found: Vec<_> =
            found.iter().map(|(code, severity, at)| (&**code, &**severity, &**at)).collect();
        assert_eq!(found, *want, "{content}");
    }
}

#[test]
fn messages() {
    // R12.21, F7.
    let one = |entry: Value| json!({"messages": [entry]});
    check(
        "message",
        &[
            (json!({"text": "x"}), &[]),
            (json!({"rich_text": "<p>x</p>"}), &[]),
            (json!({"messages": []}), &[("message.no_content", "error", "")]),
            (
                json!({"messages": "x"}),
                &[
                    ("message.messages_type", "error", "/messages"),
                    ("message.no_content", "error", ""),
                ],
            ),
            (one(json!(5)), &[("message.item_type", "error", "/messages/0")]),
            (one(json!({"delay": 1})), &[("message.item_empty", "error", "/messages/0")]),
            (one(json!({"type": "divider"})), &[]),
            (
                one(json!({"content_id": "x"})),
                &[("message.content_id", "error", "/messages/0/content_id")],
            ),
            (
                one(json!({"type": "book_list"})),
                &[("message.book_list_source", "error", "/messages/0")],
            ),
            (
                one(json!({"type": "item_list", "source": "a..b"})),
                &[("message.book_list_source", "error", "/messages/0/source")],
            ),
            (
                one(json!({"type": "image", "url": "http://x"})),
                &[("message.media_url", "error", "/messages/0/url")],
            ),
            (one(json!({"type": "image", "url": "{{temp.url}}"})), &[]),
        ],
    );
}

#[test]
fn entries_of_messages() {
    // R12.21, F7.
    let one = |entry: Value| json!({"messages": [entry]});
    check(
        "message",
        &[
            (
                one(json!({"text": "x", "delay": -1})),
                &[("message.delay", "warning", "/messages/0/delay")],
            ),
            (
                one(json!({"text": "x", "delay": 31})),
                &[("message.delay", "warning", "/messages/0/delay")],
            ),
            (one(json!({"text": "x", "delay": 30})), &[]),
            (
                one(json!({"rich_text": "<b>x</b>"})),
                &[("message.rich_text", "warning", "/messages/0/rich_text")],
            ),
            (
                one(json!({"content": {"rich_text": "<b>x</b>"}})),
                &[("message.rich_text", "warning", "/messages/0/content/rich_text")],
            ),
            (
                json!({"rich_text": "<p onclick='x'>x</p>"}),
                &[("message.rich_text", "error", "/rich_text")],
            ),
            (json!({"rich_text": "<a href=\"{{temp.url}}\">{{user.name}}</a>"}), &[]),
            (
                json!({"text": "x", "typing_indicator": "yes"}),
                &[("message.flag_type", "error", "/typing_indicator")],
            ),
            (
                json!({"text": "x", "wait_for_acknowledgment": 1}),
                &[("message.flag_type", "error", "/wait_for_acknowledgment")],
            ),
            (
                one(json!({"type": "confetti", "text": "x"})),
                &[("message.unknown_type", "info", "/messages/0/type")],
            ),
            (one(json!({"source": "random", "source_config": {"type": "joke"}})), &[]),
            (
                one(json!({"source": "random", "source_config": {"type": "poem"}})),
                &[("question.source_config", "error", "/messages/0/source_config/type")],
            ),
            (
                json!({"text": "x", "quick_replies": [[]]}),
                &[("question.option_type", "error", "/quick_replies/0")],
            ),
        ],
    );
}

#[test]
fn prompts_and_variables() {
    // R12.22.
    let ask = |more: Value| ask("text", more);
    check(
        "question",
        &[
            (ask(json!({})), &[]),
            (ask(json!({"question": null})), &[("question.prompt_missing", "error", "")]),
            (ask(json!({"question": ""})), &[("question.prompt_empty", "warning", "")]),
            (ask(json!({"question": null, "rich_text": "<p>?</p>"})), &[]),
            (
                ask(json!({"question": {"rich_text": "<b>?</b>"}})),
                &[("message.rich_text", "warning", "/question/rich_text")],
            ),
            (
                ask(json!({"input_type": "poem"})),
                &[("question.input_type", "error", "/input_type")],
            ),
            (ask(json!({"input_type": null})), &[("question.input_type_missing", "warning", "")]),
            (
                ask(json!({"variable": "session.id"})),
                &[("question.variable", "error", "/variable")],
            ),
            (ask(json!({"append_to": "input.x"})), &[("question.variable", "error", "/append_to")]),
            (ask(json!({"variable": null})), &[("question.variable_missing", "warning", "")]),
            (
                ask(json!({"variable": null, "result_variable": "score"})),
                &[("question.variable_unscoped", "info", "/result_variable")],
            ),
            (
                ask(json!({"timeout_seconds": 5})),
                &[("node.not_built", "warning", "/timeout_seconds")],
            ),
            (
                ask(json!({"question": {"text": "?", "media": {"url": "javascript:x"}}})),
                &[("message.media_url", "error", "/question/media/url")],
            ),
        ],
    );
}

fn ask(kind: &str, more: Value) -> Value {
    let mut content = json!({"question": "?", "input_type": kind, "variable": "temp.a"});
    content.as_object_mut().unwrap().extend(super::object(more));
    content
}

#[test]
fn options() {
    // R12.22.
    check(
        "question",
        &[
            (ask("choice", json!({})), &[("question.options_missing", "error", "")]),
            (
                ask("choice", json!({"options": ["a", []]})),
                &[("question.option_type", "error", "/options/1")],
            ),
            (
                ask("choice", json!({"options": ["a", {"points": 1}]})),
                &[("question.option_value", "error", "/options/1")],
            ),
            (
                ask(
                    "choice",
                    json!({"options": [{"value": 1, "label": "A"}, {"value": 2, "label": "A"}]}),
                ),
                &[("question.option_duplicate", "warning", "/options/1")],
            ),
            (ask("choice", json!({"options": [{"value": 1}, {"value": 2}]})), &[]),
            (
                ask(
                    "image_choice",
                    json!({"options": [{"value": 1, "image": "/a.png"}, {"value": 2}]}),
                ),
                &[("question.image_missing", "error", "/options/1")],
            ),
        ],
    );
}

#[test]
fn rules() {
    // R12.22.
    check(
        "question",
        &[
            (
                ask("slider", json!({"slider_config": {"step": 101}})),
                &[("question.slider_step", "warning", "/slider_config/step")],
            ),
            (
                ask("slider", json!({"slider_config": {"default_value": 101}})),
                &[("question.slider_default", "error", "/slider_config/default_value")],
            ),
            (
                ask(
                    "carousel",
                    json!({"options": ["a", "b"], "carousel_config": {"items_per_view": 0}}),
                ),
                &[("question.carousel_config", "warning", "/carousel_config/items_per_view")],
            ),
            (
                ask(
                    "multiple_choice",
                    json!({"options": ["a", "b"], "validation": {"min_selections": 3}}),
                ),
                &[("question.validation_range", "error", "/validation/min_selections")],
            ),
            (
                ask("text", json!({"validation": []})),
                &[("question.validation_type", "error", "/validation")],
            ),
            (
                ask("text", json!({"validation": {"pattern": "("}})),
                &[("question.pattern", "error", "/validation/pattern")],
            ),
            (
                ask("text", json!({"max_retries": -1})),
                &[("question.max_retries", "error", "/max_retries")],
            ),
        ],
    );
}

#[test]
fn draws() {
    // R12.22, R4.13.
    let draw = |more: Value| {
        let mut content = json!({"source": "random"});
        content.as_object_mut().unwrap().extend(super::object(more));
        content
    };
    let config = |config: Value| draw(json!({"source_config": config}));
    check(
        "question",
        &[
            (config(json!({})), &[]),
            (
                json!({"source": "luck", "question": "?", "input_type": "text", "variable": "temp.a"}),
                &[("question.source", "error", "/source")],
            ),
            (
                config(json!({"type": "poem"})),
                &[("question.source_config", "error", "/source_config/type")],
            ),
            (
                config(json!({"tags": 5})),
                &[("question.source_config", "error", "/source_config/tags")],
            ),
            (
                config(json!({"exclude_from": "a..b"})),
                &[
                    ("question.random_repeat", "info", ""),
                    ("question.source_config", "error", "/source_config/exclude_from"),
                ],
            ),
            (
                draw(json!({"track_shown_in": "temp.seen"})),
                &[("question.random_repeat", "info", "")],
            ),
            (
                draw(
                    json!({"track_shown_in": "temp.seen", "source_config": {"exclude_from": "temp.seen"}}),
                ),
                &[],
            ),
            (
                draw(
                    json!({"track_shown_in": "system.seen", "source_config": {"exclude_from": "temp.seen"}}),
                ),
                &[("question.variable", "error", "/track_shown_in")],
            ),
            (
                config(json!({"count": 2})),
                &[("question.source_config", "info", "/source_config/count")],
            ),
        ],
    );
}

#[test]
fn references() {
    // R12.28, R5.29.
    check(
        "message",
        &[
            (
                json!({"messages": [{"text": "{{game.x}}"}]}),
                &[("template.unknown_scope", "warning", "/messages/0/text")],
            ),
            (
                json!({"text": "{{name}}", "quick_replies": [{"label": "{{x}}"}]}),
                &[
                    ("template.unscoped", "warning", "/text"),
                    ("template.unscoped", "warning", "/quick_replies/0/label"),
                ],
            ),
            (json!({"text": "{{user.x"}), &[("template.malformed", "warning", "/text")]),
            (
                json!({"text": "{{user.x | upper}}"}),
                &[("template.unknown_filter", "warning", "/text")],
            ),
            (json!({"text": "{{secret:k}}"}), &[("secret.misplaced", "error", "/text")]),
        ],
    );
    let (definition, _) = super::read(&json!({
        "flow_data": {"variables": {"game": {"x": 1}}},
        "nodes": [{"id": "m", "type": "message", "content": {"text": "{{game.x}}"}}],
    }));
    let report = super::Library::default().add_flow(&definition);
    assert!(!report.iter().any(|one| one.code.as_str().starts_with("template.")), "{report:?}");
}
