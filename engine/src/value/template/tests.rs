//! What templates show, keep and send.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::super::Lookup;
use super::super::path::{Path, get_in};
use super::super::shape::{Purpose, Shape};
use super::{Missing, Template};
use crate::check::{Pointer, Report};

struct State(Value);

impl Lookup for State {
    fn get(&self, path: &Path) -> Option<Cow<'_, Value>> {
        get_in(&self.0, path.segments()).map(Cow::Borrowed)
    }
}

fn state() -> State {
    State(json!({
        "user": {"n": "Ana", "tags": ["a", "b"], "blank": ""},
        "temp": {"pick": {"value": "r", "label": "Red", "pts": 3}, "half": 2, "none": null, "yes": true,
            "picks": [{"value": 1, "label": "One"}, {"value": 2, "text": "Two"}], "deep": {"a": [1]}},
    }))
}

fn show(text: &str) -> String {
    Template::compile(text, &Pointer::root(), &mut Report::default())
        .show(&state(), &mut Missing::default())
}

fn fill(value: &Value, purpose: Purpose) -> Value {
    Shape::compile(value, &Pointer::root(), &mut Report::default()).fill(
        &state(),
        purpose,
        &mut Missing::default(),
    )
}

/// The table of section 5.3, with rulings 4 and F22.
#[test]
fn texts_show_what_a_reader_expects() {
    // R5.20, R5.21, R5.22, R5.28.
    for (text, want) in [
        ("Hi {{user.n}}!", "Hi Ana!"),
        ("{{temp.pick}}", "Red"),
        ("{{temp.pick.pts}}", "3"),
        ("{{ user.tags.1 }}", "b"),
        ("{{temp.half}}", "2"),
        ("[{{temp.none}}]", "[]"),
        ("x{{temp.gone}}", "x"),
        ("{{user.tags}}", "a, b"),
        ("{{temp.picks}}", "One, Two"),
        ("{{temp.yes}}", "true"),
        ("{{temp.deep}}", r#"{"a":[1]}"#),
        (r"\{{user.n}}", "{{user.n}}"),
        ("{{user.gone | default: \"friend\"}}", "friend"),
        ("{{user.blank | default: 'you'}}", "you"),
        ("{{user.n | default: 'you'}}", "Ana"),
        ("{{user.n | shout}}", ""),
        ("{{", "{{"),
        ("{{}} {{ a..b }} {{x", "{{}} {{ a..b }} {{x"),
        ("", ""),
    ] {
        assert_eq!(show(text), want, "{text}");
    }
}

#[test]
fn a_lone_reference_keeps_its_type() {
    // R5.23, R5.24, R5.25, R7.44.
    for (text, store, send) in [
        ("{{temp.pick}}", json!({"value": "r", "label": "Red", "pts": 3}), json!("r")),
        (
            "{{temp.picks}}",
            json!([{"value": 1, "label": "One"}, {"value": 2, "text": "Two"}]),
            json!([1, 2]),
        ),
        (" {{ temp.half }} ", json!(2), json!(2)),
        ("{{temp.gone}}", Value::Null, Value::Null),
        ("x {{temp.gone}}", json!("x "), Value::Null),
        ("x {{temp.pick}}", json!("x Red"), json!("x r")),
        ("{{user.tags}}", json!(["a", "b"]), json!(["a", "b"])),
    ] {
        assert_eq!(fill(&json!(text), Purpose::Store), store, "{text}");
        assert_eq!(fill(&json!(text), Purpose::Send), send, "{text}");
    }
    let nested = json!({"a": ["{{user.n}}", 1], "{{user.n}}": {"b": "{{temp.yes}}"}});
    assert_eq!(fill(&nested, Purpose::Store), json!({"a": ["Ana", 1], "{{user.n}}": {"b": true}}));
}

#[test]
fn references_inside_a_url_are_encoded() {
    // R5.42.
    let state = State(
        json!({"temp": {"base": "https://a.example/x", "q": "a/b c&d?", "pick": {"value": "é", "label": "E"}}}),
    );
    let url = |text: &str| {
        let template = Template::compile(text, &Pointer::root(), &mut Report::default());
        template.url(&state, &mut Missing::default())
    };
    assert_eq!(
        url("/v1/{{temp.q}}?x={{temp.pick}}").as_deref(),
        Some("/v1/a%2Fb%20c%26d%3F?x=%C3%A9")
    );
    assert_eq!(url("{{temp.base}}/{{temp.pick}}").as_deref(), Some("https://a.example/x/%C3%A9"));
    assert_eq!(url("/v1/{{temp.gone}}"), None);
}

#[test]
fn substituted_text_is_not_scanned_again() {
    // R5.26, R8.35.
    let state = State(json!({"temp": {"evil": "{{secret:k}} {{temp.evil}}"}}));
    let template = Template::compile("{{temp.evil}}", &Pointer::root(), &mut Report::default());
    assert_eq!(template.show(&state, &mut Missing::default()), "{{secret:k}} {{temp.evil}}");
}

/// A text of 1 MiB named a thousand times would otherwise be a text of 1 GiB.
#[test]
fn references_cannot_multiply_a_large_variable_without_end() {
    let state = State(json!({"temp": {"big": "x".repeat(1 << 20)}}));
    let at = Pointer::root();
    let texts = "{{temp.big}}".repeat(1000);
    let mut missing = Missing::default();
    let shown = Template::compile(&texts, &at, &mut Report::default()).show(&state, &mut missing);
    assert_eq!(shown.len(), 1 << 20);
    assert!(missing.finish().1);
    for purpose in [Purpose::Store, Purpose::Show, Purpose::Send] {
        let list = Value::from(vec!["{{temp.big}}"; 1000]);
        let mut missing = Missing::default();
        let shape = Shape::compile(&list, &at, &mut Report::default());
        let filled = shape.fill(&state, purpose, &mut missing);
        assert!(filled.to_string().len() < 2 << 20);
        assert!(missing.finish().1);
    }
}

/// Looking for the missing `}}` at each `{{` would take hours.
#[test]
fn a_text_of_nothing_but_open_braces_is_read_in_one_go() {
    let mut report = Report::default();
    let text = "{{".repeat(2_000_000);
    let template = Template::compile(&text, &Pointer::root(), &mut report);
    assert_eq!(template.constant(), Some(&*text));
    assert_eq!(report.iter().count(), 1);
}

#[test]
fn what_cannot_be_read_is_reported() {
    // R5.28, R5.29, R12.28.
    let codes = |text: &str| {
        let mut report = Report::default();
        Template::compile(text, &Pointer::root(), &mut report);
        report.iter().map(|d| d.code.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(codes("{{a"), ["template.malformed"]);
    assert_eq!(codes("{{}}"), ["template.malformed"]);
    // R12.28.
    assert_eq!(codes("{{user.a | upper}}"), ["template.unknown_filter"]);
    assert_eq!(codes("{{secret:k}}"), ["secret.misplaced"]);
    assert_eq!(codes("{{a.b}}"), ["template.unknown_scope"]);
    assert_eq!(codes("{{a}} {{temp.b}}"), ["template.unscoped"]);
    for known in ["{{user.a}}", "{{temp}}", "{{input.x}}", "{{session.id}}", "{{env.x}}"] {
        assert_eq!(codes(known), [""; 0], "{known}");
    }
}
