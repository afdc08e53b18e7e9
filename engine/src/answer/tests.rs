mod files;
mod hostile;
mod options;

use serde_json::{Value, json};

use super::options::normalise;
use super::{Accepted, AnswerOption, AnswerRules, InputType, OnMaxRetries, Today};
use crate::check::{Pointer, Report};
use crate::time::{Timestamp, parse_date};

fn compile(kind: &str, content: &Value) -> (AnswerRules, Report) {
    let (rules, _, report) = compile_all(kind, content);
    (rules, report)
}

/// The rules, the `validation` that clients get, and what is wrong.
fn compile_all(kind: &str, content: &Value) -> (AnswerRules, Value, Report) {
    let mut report = Report::default();
    let kind = InputType::parse(kind).unwrap();
    let (rules, validation) =
        AnswerRules::compile(kind, content.as_object().unwrap(), &Pointer::root(), &mut report);
    (rules, validation.into(), report)
}

fn normalised(options: &Value) -> Vec<AnswerOption> {
    options.as_array().into_iter().flatten().filter_map(normalise).map(AnswerOption::new).collect()
}

/// The stored value, or the code of the refusal as `"!code"`; `"-"` for an empty reply.
fn reply(kind: &str, content: &Value, raw: &Value) -> Value {
    let (rules, report) = compile(kind, content);
    assert!(report.is_empty(), "{kind} {content}: {report:?}");
    let options = normalised(content.get("options").unwrap_or(&Value::Null));
    let today = Today { days: parse_date("2026-01-31").unwrap() };
    match rules.accept(raw, &options, today) {
        Ok(Accepted::Empty) => json!("-"),
        Ok(Accepted::Answer { value, .. }) => value,
        Err(refusal) => {
            assert!(refusal.message.ends_with('.'), "{}", refusal.message);
            json!(format!("!{}", refusal.code.as_str()))
        }
    }
}

/// Rows of validation, reply, outcome.
fn check(kind: &str, rows: Value) {
    let Value::Array(rows) = rows else { panic!("rows") };
    for row in rows {
        let content = json!({"validation": row[0]});
        assert_eq!(reply(kind, &content, &row[1]), row[2], "{kind} {row}");
    }
}

/// Rows of content, reply, outcome.
fn check_content(kind: &str, rows: Value) {
    let Value::Array(rows) = rows else { panic!("rows") };
    for row in rows {
        assert_eq!(reply(kind, &row[0], &row[1]), row[2], "{kind} {row}");
    }
}

fn message(kind: &str, content: &Value, raw: &Value) -> String {
    let (rules, _) = compile(kind, content);
    let options = normalised(content.get("options").unwrap_or(&Value::Null));
    rules.accept(raw, &options, Today { days: 0 }).unwrap_err().message
}

#[test]
fn text_is_trimmed_and_bounded_and_matched() {
    // R3.2, R3.3, R3.4, R3.14, R3.17, R3.18, R3.20.
    check(
        "text",
        json!([
            [{}, "  O'Neil & <b> ", "O'Neil & <b>"],
            [{}, 5.0, "5"],
            [{}, true, "true"],
            [{}, "a\u{0}b\r\nc\td\u{7f}\u{85}\re", "ab\nc\tde"],
            [{"trim": false}, " a ", " a "],
            [{"trim": false}, "  ", "!required"],
            [{}, "\u{0}\u{7} ", "!required"],
            [{}, null, "!required"],
            [{}, [], "!not_text"],
            [{}, {"value": "x"}, "!not_text"],
            [{"required": false}, "  ", "-"],
            [{"required": false}, null, "-"],
            [{"min_length": 3}, "añ", "!min_length"],
            [{"min_length": 3}, "日本語", "日本語"],
            [{"maxLength": 2}, "👩‍👩", "!max_length"],
            [{"max_length": 3}, "👩‍👩", "👩‍👩"],
            [{"max_length": 1, "maxLength": 9}, "ab", "!max_length"],
            [{}, "é".repeat(10_000), "é".repeat(10_000)],
            [{}, "é".repeat(10_001), "!max_length"],
            [{"pattern": "^[A-Z]{2}$"}, " AB ", "AB"],
            [{"pattern": "^[A-Z]{2}$"}, "ab", "!pattern"],
            [{"pattern": "b"}, "abc", "abc"],
            [{"min_length": 2, "pattern": "^b"}, "a", "!min_length"],
            [{"type": "number"}, "4.5", 4.5],
            [{"type": "integer", "min": 5}, "4.5", "!not_an_integer"],
            [{"type": "boolean"}, "Yes", true],
            [{"type": "array"}, "x", "x"]
        ]),
    );
}

#[test]
fn numbers_are_read_checked_and_typed_by_their_value() {
    // R3.12, R3.21.
    check(
        "number",
        json!([
            [{"min": 1, "max": 12}, " 07 ", 7],
            [{"min": 1, "max": 12}, "12", 12],
            [{"min": 1, "max": 12}, "12.01", "!max"],
            [{"min": 1, "max": 12}, 0, "!min"],
            [{"integer": true}, "3.5", "!not_an_integer"],
            [{"integer": true, "min": 5}, "3.5", "!not_an_integer"],
            [{"integer": true}, "3.0", 3],
            [{}, 5.0, 5],
            [{}, "-0.0", 0],
            [{}, ".5", 0.5],
            [{}, "1e3", 1000],
            [{}, "9223372036854775808", 9_223_372_036_854_775_808.0],
            [{}, u64::MAX, 18_446_744_073_709_551_615.0],
            [{}, "1e999", "!not_a_number"],
            [{}, "NaN", "!not_a_number"],
            [{}, "1,5", "!not_a_number"],
            [{}, true, "!not_a_number"],
            [{}, [5], "!not_a_number"],
            [{}, "  ", "!required"],
            [{}, [], "!required"],
            [{"required": false}, "", "-"],
            [{"step": 0.1}, "0.3", 0.3],
            [{"step": 0.01}, "123456789.01", 123_456_789.01],
            [{"step": 5}, 7, "!step"],
            [{"step": 5, "min": 2}, 7, 7],
            [{"step": 0.000_001}, 1e300, 1e300],
            [{"step": 5, "max": 6}, 7, "!max"]
        ]),
    );
}

#[test]
fn sliders_keep_to_range_and_step() {
    // R3.28, R3.40, R3.41.
    let config = json!({"min": 0, "max": 10, "step": 2.5});
    check_content(
        "slider",
        json!([
            [{"slider_config": config}, "7.5", 7.5],
            [{"slider_config": config}, "8", "!step"],
            [{"slider_config": config}, "11", "!max"],
            [{"slider_config": config}, "-1", "!min"],
            [{"slider_config": config}, "", "!required"],
            [{"slider_config": config}, "x", "!not_a_number"],
            [{"slider_config": {"min": 1, "step": 2}}, 5.0, 5],
            [{"slider_config": {"min": 1, "step": 2}}, 4, "!step"],
            [{}, 100, 100],
            [{}, 100.5, "!max"],
            [{"validation": {"min": 3, "max": 200}}, 2, "!min"],
            [{"validation": {"min": 3, "max": 200}}, 101, "!max"],
            [{"slider_config": {"default": 5}}, null, "-"]
        ]),
    );
    let (rules, _) = compile("slider", &json!({"slider_config": {"default": 5.0}}));
    assert_eq!(rules.default_value(), Some(&json!(5)));
    let content = json!({"default_value": 7, "slider_config": {"default_value": 5}});
    assert_eq!(compile("slider", &content).0.default_value(), Some(&json!(7)));
}

#[test]
fn email_addresses_are_checked_by_part() {
    // R3.22.
    let long = format!("{}@example.org", "a".repeat(64));
    let too_long = format!("a{long}");
    let domain = format!("a@{}.org", ["b".repeat(63), "c".repeat(63), "d".repeat(63)].join("."));
    let whole = format!("{}{domain}", "x".repeat(60));
    check(
        "email",
        json!([
            [{}, "Bo@EXAMPLE.Org", "Bo@example.org"],
            [{}, " a.b+c@x-y.co.nz ", "a.b+c@x-y.co.nz"],
            [{}, long, long],
            [{}, too_long, "!email"],
            [{}, domain, domain],
            [{}, whole, "!email"],
            [{"pattern": "@example\\.org$"}, "a@example.org", "a@example.org"],
            [{"pattern": "@example\\.org$"}, "a@other.org", "!pattern"],
            [{"max_length": 9}, "abc@ex.org", "!max_length"],
            [{}, "", "!required"],
            [{}, 5, "!email"],
            [{}, ["a@b.cc"], "!email"]
        ]),
    );
    for bad in [
        "a",
        "@b.cc",
        "a@",
        "a@b",
        "a@b.c",
        "a@@b.cc",
        "a@b@c.dd",
        ".a@b.cc",
        "a.@b.cc",
        "a..b@c.dd",
        "a b@c.dd",
        "a@-b.cc",
        "a@b-.cc",
        "a@b..cc",
        "a@.cc",
        "a@b.c1",
        "é@b.cc",
        "a@é.cc",
        "a@b.cc.",
        "a@b_c.dd",
    ] {
        assert_eq!(reply("email", &json!({}), &json!(bad)), json!("!email"), "{bad}");
    }
}

#[test]
fn phone_numbers_lose_their_punctuation() {
    // R3.23.
    check(
        "phone",
        json!([
            [{}, "+64 (21) 123-45.67", "+64211234567"],
            [{}, 211_234_567, "211234567"],
            [{}, "021\u{a0}123 4567", "0211234567"],
            [{"pattern": "^\\+64 "}, "+64 211 234 567", "+64211234567"],
            [{"pattern": "^\\+64 "}, "+64211234567", "!pattern"],
            [{"min_length": 9}, "123 4567", "!min_length"],
            [{}, "123456", "!phone"],
            [{}, "1234567890123456", "!phone"],
            [{}, "12+34567890", "!phone"],
            [{}, "++64211234567", "!phone"],
            [{}, "call me", "!phone"],
            [{}, "٠٢١١٢٣٤٥٦٧", "!phone"],
            [{}, -211_234_567, "!phone"],
            [{}, true, "!phone"],
            [{}, " ", "!required"]
        ]),
    );
}

#[test]
fn web_addresses_are_absolute() {
    // R3.24.
    let long = format!("https://a.nz/{}", "x".repeat(2035));
    for good in [
        "https://example.org",
        "HTTP://EXAMPLE.org:8080/a?b=c#d",
        "http://localhost",
        "https://māori.nz/ā",
        "https://[::1]:80/",
        "https://10.0.0.1/",
        "https://a.nz./",
        "https://a.nz?x=@",
        &long,
    ] {
        assert_eq!(reply("url", &json!({}), &json!(format!(" {good} "))), json!(good), "{good}");
    }
    let too_long = format!("{long}x");
    for bad in [
        "example.org",
        "//example.org",
        "/a",
        "ftp://a.nz",
        "javascript:alert(1)",
        "https://",
        "https:///a",
        "https://u:p@a.nz",
        "https://u@a.nz/",
        "https://a b.nz",
        "https://a.nz/b c",
        "https://a.nz:x/",
        "https://a.nz:99999",
        "https://..",
        "https://[::1",
        "https://[x]/",
        "https://a.nz\\@b.nz",
        "https://a<b>.nz",
        "https://:80",
        &too_long,
    ] {
        assert_eq!(reply("url", &json!({}), &json!(bad)), json!("!url"), "{bad}");
    }
    check(
        "url",
        json!([
            [{"pattern": "\\.nz/"}, "https://a.org/", "!pattern"],
            [{}, {"url": "https://a.nz"}, "!url"],
            [{}, "", "!required"]
        ]),
    );
}

#[test]
fn dates_are_real_days_within_limits() {
    // R3.25.
    check(
        "date",
        json!([
            [{}, " 2024-02-29 ", "2024-02-29"],
            [{}, "2026-01-31T23:30:00+13:00", "2026-01-31"],
            [{}, "2026-01-31T25:30:00Z", "!date"],
            [{}, "2026-01-31 soon", "!date"],
            [{"min": "2020-01-01"}, "2019-02-30", "!date"],
            [{"min": "2020-01-01"}, "2019-12-31", "!date_min"],
            [{"min": "2020-01-01"}, "2020-01-01", "2020-01-01"],
            [{"max": "today"}, "2026-01-31", "2026-01-31"],
            [{"max": "today"}, "2026-02-01", "!date_max"],
            [{"min": "today-1y", "max": "today+7d"}, "2025-01-31", "2025-01-31"],
            [{"min": "today-1y", "max": "today+7d"}, "2025-01-30", "!date_min"],
            [{"min": "today-1y", "max": "today+7d"}, "2026-02-08", "!date_max"],
            [{}, "31/01/2026", "!date"],
            [{}, "2026-1-31", "!date"],
            [{}, "é026-01-31", "!date"],
            [{}, 20_260_131, "!date"],
            [{}, "", "!required"]
        ]),
    );
}

#[test]
fn messages_name_the_limits() {
    let number = json!({"validation": {"min": 1.5, "max": 10, "step": 0.5}});
    for (kind, content, raw, text) in [
        ("number", number.clone(), json!(11), "Please enter a number up to 10."),
        ("number", number.clone(), json!(1), "Please enter a number of at least 1.5."),
        ("number", number, json!(1.7), "Please enter a number in steps of 0.5, counted from 1.5."),
        (
            "text",
            json!({"validation": {"min_length": 2}}),
            json!("a"),
            "Please enter at least 2 characters.",
        ),
        (
            "text",
            json!({"validation": {"max_length": 1}}),
            json!("ab"),
            "Please enter at most 1 character.",
        ),
        (
            "date",
            json!({"validation": {"min": "today"}}),
            json!("1969-12-31"),
            "Please enter a date no earlier than 1970-01-01.",
        ),
        (
            "file",
            json!({"validation": {"max_size": 1_500_000}}),
            json!({"id": "x", "size": 2_000_000}),
            "Please choose a file of at most 1.5 MB.",
        ),
        (
            "file",
            json!({"validation": {"accept": [".pdf", "image/*"]}}),
            json!({"id": "x"}),
            "Please choose a file of type .pdf, image/*.",
        ),
        (
            "multiple_choice",
            json!({"options": ["a", "b"], "validation": {"min": 2}}),
            json!("a"),
            "Please choose at least 2 options.",
        ),
    ] {
        assert_eq!(message(kind, &content, &raw), text);
    }
}

#[test]
fn a_default_makes_an_answer_optional() {
    // R3.14.
    let content = json!({"default_value": "x", "validation": {"required": true}});
    assert_eq!(reply("text", &content, &json!(" ")), json!("-"));
    assert_eq!(compile("text", &content).0.default_value(), Some(&json!("x")));
    assert_eq!(compile("text", &json!({"default_value": null})).0.default_value(), None);
}

#[test]
fn rules_may_stand_in_three_places() {
    // R3.2.
    let content = json!({
        "required": false,
        "max_retries": 9,
        "retry": {
            "required": true, "retry_message": "Again", "error_message": "No", "max_retries": 8
        },
        "validation": {
            "max_retries": 2.0, "on_max_retries": "skip", "minLength": 2, "x-hint": "kept",
            "error_message": null
        }
    });
    let (rules, validation, report) = compile_all("text", &content);
    assert!(report.is_empty(), "{report:?}");
    assert!(!rules.required());
    assert_eq!(rules.max_retries(), Some(2));
    assert_eq!(rules.on_max_retries(), Some(OnMaxRetries::Skip));
    assert_eq!((rules.error_message(), rules.retry_message()), (Some("No"), Some("Again")));
    assert_eq!(
        validation,
        json!({
            "required": false, "max_retries": 2.0, "on_max_retries": "skip", "min_length": 2,
            "x-hint": "kept", "error_message": "No", "retry_message": "Again"
        })
    );
}

#[test]
fn clients_learn_that_an_answer_is_required_and_how_far_a_slider_goes() {
    // R3.40.
    assert_eq!(compile_all("choice", &json!({})).1, json!({"required": true}));
    let content = json!({"validation": {"max": 50}});
    let expected = json!({"required": true, "min": 0, "max": 50});
    assert_eq!(compile_all("slider", &content).1, expected);
}

/// Each row: the type, the content, and the code and place of what is wrong with it.
fn report(rows: &[(&str, Value, &str, &str)]) {
    for (kind, content, code, at) in rows {
        let (_, validation, report) = compile_all(kind, content);
        let found: Vec<_> = report.iter().map(|d| (d.code.as_str(), d.at.as_str())).collect();
        assert_eq!(found, [(*code, *at)], "{content}");
        assert!(validation.is_object());
    }
}

#[test]
fn what_is_wrong_is_reported_where_it_stands() {
    // R3.2, R3.4.
    // R12.22.
    report(&[
        ("text", json!({"validation": []}), "question.validation_type", "/validation"),
        (
            "text",
            json!({"validation": {"required": "yes"}}),
            "question.validation_type",
            "/validation/required",
        ),
        ("text", json!({"required": 1}), "question.validation_type", "/required"),
        (
            "text",
            json!({"retry": {"max_retries": -1}}),
            "question.max_retries",
            "/retry/max_retries",
        ),
        ("text", json!({"max_retries": 1.5}), "question.max_retries", "/max_retries"),
        (
            "text",
            json!({"validation": {"on_max_retries": "explode"}}),
            "question.validation_type",
            "/validation/on_max_retries",
        ),
        (
            "text",
            json!({"validation": {"error_message": {}}}),
            "question.validation_type",
            "/validation/error_message",
        ),
        (
            "text",
            json!({"validation": {"pattern": "("}}),
            "question.pattern",
            "/validation/pattern",
        ),
        (
            "text",
            json!({"validation": {"pattern": 5}}),
            "question.validation_type",
            "/validation/pattern",
        ),
        (
            "email",
            json!({"validation": {"maxLength": "9"}}),
            "question.validation_type",
            "/validation/maxLength",
        ),
        (
            "text",
            json!({"validation": {"min_length": 5, "max_length": 4}}),
            "question.validation_range",
            "/validation/min_length",
        ),
        (
            "text",
            json!({"validation": {"type": 1}}),
            "question.validation_type",
            "/validation/type",
        ),
    ]);
}

#[test]
fn wrong_measures_are_reported_where_they_stand() {
    // R12.22.
    report(&[
        (
            "number",
            json!({"validation": {"min": "1"}}),
            "question.validation_type",
            "/validation/min",
        ),
        (
            "number",
            json!({"validation": {"min": 2, "max": 1}}),
            "question.validation_range",
            "/validation/min",
        ),
        (
            "number",
            json!({"validation": {"step": 0}}),
            "question.validation_type",
            "/validation/step",
        ),
        ("date", json!({"validation": {"min": 5}}), "question.validation_type", "/validation/min"),
        (
            "date",
            json!({"validation": {"max": "tomorrow"}}),
            "question.validation_type",
            "/validation/max",
        ),
        (
            "date",
            json!({"validation": {"min": "2026-01-02", "max": "2026-01-01"}}),
            "question.validation_range",
            "/validation/min",
        ),
        (
            "slider",
            json!({"slider_config": {"min": 5, "max": 5}}),
            "question.slider_range",
            "/slider_config/min",
        ),
        (
            "slider",
            json!({"slider_config": {"step": -1}}),
            "question.slider_step",
            "/slider_config/step",
        ),
        (
            "slider",
            json!({"slider_config": {"default": 101}}),
            "question.slider_default",
            "/slider_config/default",
        ),
        (
            "multiple_choice",
            json!({"validation": {"min": 3, "max": 2}}),
            "question.validation_range",
            "/validation/min",
        ),
        (
            "file",
            json!({"validation": {"accept": "image/*"}}),
            "question.validation_type",
            "/validation/accept",
        ),
        ("choice", json!({"allow_other": "yes"}), "question.validation_type", "/allow_other"),
    ]);
}

#[test]
fn the_day_is_the_visitors_own() {
    // R3.25.
    let at = Timestamp::parse("1970-01-01T23:30:00Z").unwrap();
    assert_eq!(Today::new(at, 0).days, 0);
    assert_eq!(Today::new(at, 30).days, 1);
    assert_eq!(Today::new(Timestamp::from_millis(0), -1).days, -1);
    assert_eq!(Today::new(at, i32::MAX).days, 1_491_309);
}
