use serde_json::{Value, json};

use super::super::{Accepted, Today};
use super::{check, check_content, compile, normalised, reply};

#[test]
fn a_choice_stores_the_whole_option() {
    // R3.26, R3.29, R3.29a, R3.29b, R3.30, R3.31.
    let options = json!([
        {"value": "tea", "label": "Tea", "_correct": true},
        {"value": "coffee", "label": "Coffee", "text": "A coffee"},
        {"value": 5, "label": "Five & more"}
    ]);
    let (tea, coffee, five) = (&options[0], &options[1], &options[2]);
    for kind in ["choice", "button", "image_choice", "carousel"] {
        check_content(
            kind,
            json!([
                [{"options": options}, "TEA", tea],
                [{"options": options}, {"value": "tea", "label": "x"}, tea],
                [{"options": options}, "A coffee", coffee],
                [{"options": options}, " cOFFEE ", coffee],
                [{"options": options}, 5, five],
                [{"options": options}, "5", five],
                [{"options": options}, 5.0, five],
                [{"options": options}, "Five & more", five],
                [{"options": options}, "five   more!", five],
                [{"options": options}, "milk", "!not_an_option"],
                [{"options": options}, ["tea"], "!not_an_option"],
                [{"options": options}, {"label": "Tea"}, "!not_an_option"],
                [{"options": options}, "!?", "!not_an_option"],
                [{"options": options}, "", "!required"],
                [{"options": options, "validation": {"required": false}}, [], "-"],
                [{"options": []}, "tea", "!not_an_option"]
            ]),
        );
    }
}

#[test]
fn ties_go_to_the_first_option_of_the_strictest_pass() {
    // R3.30.
    let index = |options: Value, raw: Value| {
        let (rules, _) = compile("choice", &json!({}));
        match rules.accept(&raw, &normalised(&options), Today { days: 0 }) {
            Ok(Accepted::Answer { option, .. }) => option,
            Ok(Accepted::Empty) | Err(_) => None,
        }
    };
    assert_eq!(
        index(json!([{"value": 1, "label": "b"}, {"value": "b", "label": "B"}]), json!("b")),
        Some(0)
    );
    assert_eq!(index(json!(["TEA", "Tea", "tea"]), json!("tea")), Some(2));
    assert_eq!(index(json!(["TEA", "Tea"]), json!("tea")), Some(0));
    assert_eq!(index(json!(["Yes!", "yes"]), json!("YES")), Some(1));
    // The third pass counts only where it leaves no doubt (F39).
    assert_eq!(index(json!(["tea!", "tea?"]), json!("tea")), None);
    assert_eq!(index(json!(["😀 Happy", "😢 Sad"]), json!("happy")), Some(0));
    assert_eq!(index(json!(["😀", "😢"]), json!("🙂")), None);
    // Composed and decomposed letters are one, with and without accent are two.
    assert_eq!(index(json!(["cafe", "Cafe\u{301}"]), json!("CAFÉ")), Some(1));
    assert_eq!(index(json!(["\u{1e09}", "x"]), json!("c\u{301}\u{327}")), Some(0));
    assert_eq!(index(json!(["kāhore", "āe"]), json!("kahore.")), None);
    assert_eq!(index(json!(["STRASSE", "ΣΟΦΟΣ"]), json!("straße")), Some(0));
    assert_eq!(index(json!(["STRASSE", "ΣΟΦΟΣ"]), json!("σοφος")), Some(1));
    assert_eq!(
        index(json!([{"value": null, "label": "Any"}, "x"]), json!({"value": null})),
        Some(0)
    );
    assert_eq!(index(json!([{"value": [1], "label": "A"}, "x"]), json!({"value": [1]})), Some(0));
}

#[test]
fn any_answer_takes_the_only_option() {
    // R3.30.
    let only = json!({"options": ["Go on"]});
    let go_on = json!({"value": "Go on", "label": "Go on"});
    for raw in [json!("ok"), json!(null), json!(""), json!([1]), json!({"a": 1}), json!(7)] {
        assert_eq!(reply("button", &only, &raw), go_on, "{raw}");
    }
    let other = json!({"options": ["Go on"], "allow_other": true});
    assert_eq!(reply("button", &other, &json!(null)), json!("!required"));
    let optional = json!({"options": ["Go on"], "required": false});
    assert_eq!(reply("button", &optional, &json!(null)), json!("-"));
    assert_eq!(reply("multiple_choice", &only, &json!("ok")), json!("!not_an_option"));
}

#[test]
fn other_answers_are_taken_where_they_may() {
    // R3.31.
    let content = json!({"options": ["a", "b"], "allow_other": true});
    check_content(
        "choice",
        json!([
            [content, "B ", {"value": "b", "label": "b"}],
            [content, " c\u{0} ", {"value": "c", "label": "c", "other": true}],
            [content, 7, {"value": 7, "label": 7, "other": true}],
            [content, {"value": "c"}, {"value": "c", "label": "c", "other": true}],
            [content, {"value": " "}, "!not_an_option"],
            [content, ["c"], "!not_an_option"]
        ]),
    );
    let (rules, _) = compile("choice", &content);
    let accepted = rules.accept(&json!("c"), &normalised(&content["options"]), Today { days: 0 });
    assert!(matches!(accepted, Ok(Accepted::Answer { option: None, .. })));
}

#[test]
fn several_options_may_be_chosen() {
    // R3.27.
    let of = |validation: Value| json!({"options": ["a", "b", "c, d"], "validation": validation});
    let option = |name: &str| json!({"value": name, "label": name});
    let two = json!({"min_selections": 2, "max_selections": 2});
    check_content(
        "multiple_choice",
        json!([
            [of(json!({"max_selections": 2})), ["c, d", "a"], [option("c, d"), option("a")]],
            [of(json!({})), "[\"a\", \"b\"]", [option("a"), option("b")]],
            [of(json!({})), "B", [option("b")]],
            [of(json!({})), {"value": "b"}, [option("b")]],
            [of(json!({})), [{"value": "b"}], [option("b")]],
            [of(json!({})), "c, d", [option("c, d")]],
            [of(json!({})), "a, b", "!not_an_option"],
            [of(json!({})), ["a", "x", "a"], "!not_an_option"],
            [of(json!({})), ["a", ["b"]], "!not_an_option"],
            [of(json!({})), ["a", "A"], "!duplicate_selection"],
            [of(two.clone()), ["a", "a", "a"], "!duplicate_selection"],
            [of(two.clone()), ["a"], "!min_selections"],
            [of(two), ["a", "b", "c, d"], "!max_selections"],
            [of(json!({"min": 2})), ["a"], "!min_selections"],
            [of(json!({"max": 1})), ["a", "b"], "!max_selections"],
            [of(json!({})), [], "!required"],
            [of(json!({})), "[ ]", "!required"],
            [of(json!({"min_selections": 0})), [], "!required"],
            [of(json!({"required": false, "min_selections": 2})), "[]", "-"],
            [of(json!({"required": false, "min_selections": 2})), ["a"], "!min_selections"]
        ]),
    );
    let content = json!({"options": ["a", "b"], "allow_other": true});
    let other = json!({"value": "x", "label": "x", "other": true});
    check_content(
        "multiple_choice",
        json!([
            [content, ["a", "x"], [option("a"), other]],
            [content, ["x", " x"], "!duplicate_selection"]
        ]),
    );
}

#[test]
fn yes_and_no_are_read_in_many_spellings() {
    // R3.29d.
    for (raw, yes) in [
        (json!(true), true),
        (json!("YES"), true),
        (json!(" y "), true),
        (json!("True"), true),
        (json!("1"), true),
        (json!(1), true),
        (json!("ok"), true),
        (json!({"value": true}), true),
        (json!(false), false),
        (json!("No"), false),
        (json!("n"), false),
        (json!("FALSE"), false),
        (json!(0), false),
    ] {
        let (rules, _) = compile("boolean", &json!({}));
        let option = Some(usize::from(!yes));
        let expected = Accepted::Answer { value: json!(yes), option };
        assert_eq!(rules.accept(&raw, &[], Today { days: 0 }), Ok(expected), "{raw}");
    }
    check(
        "boolean",
        json!([
            [{}, "maybe", "!boolean"],
            [{}, 2, "!boolean"],
            [{}, [true], "!boolean"],
            [{}, {}, "!boolean"],
            [{}, "", "!required"],
            [{"required": false}, null, "-"]
        ]),
    );
}
