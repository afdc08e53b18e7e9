use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::options::{client_view, normalise};
use super::super::{Accepted, AnswerOption, AnswerRules, InputType, Today};
use super::compile;
use crate::check::{Pointer, Report};

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        "[-+0-9.eE]{0,8}",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}(T.{0,9})?",
        "(https?|data):.{0,20}",
        "[a-z.@-]{0,12}",
        "today[-+][0-9]{0,5}[dwmy]",
        "\\[.{0,6}\\]",
    ];
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from)
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        text.prop_map(Value::from)
    ];
    let key = prop_oneof!["[a-z_]{0,3}", "value|label|text|title|image|url|id|name|size"];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn any_content() -> impl Strategy<Value = Value> {
    const KEYS: [&str; 22] = [
        "required",
        "type",
        "min",
        "max",
        "min_length",
        "max_length",
        "pattern",
        "integer",
        "step",
        "min_selections",
        "max_selections",
        "accept",
        "max_size",
        "trim",
        "max_retries",
        "on_max_retries",
        "default",
        "default_value",
        "allow_other",
        "error_message",
        "minLength",
        "retry_message",
    ];
    let fields = || {
        prop::collection::btree_map(prop::sample::select(&KEYS[..]), any_json(), 0..6).prop_map(
            |fields| -> Value { fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect() },
        )
    };
    let part = || prop_oneof![3 => fields(), 1 => any_json()];
    (fields(), part(), part(), part()).prop_map(|(mut content, validation, retry, slider)| {
        content["validation"] = validation;
        content["retry"] = retry;
        content["slider_config"] = slider;
        content
    })
}

proptest! {
    #[test]
    fn no_reply_to_no_question_panics(
        kind in prop::sample::select(&InputType::ALL[..]),
        content in any_content(),
        raw in any_json(),
        options in prop::collection::vec(any_json(), 0..4),
        days in -800_000_i64..3_000_000,
    ) {
        let mut report = Report::default();
        let (rules, _) = AnswerRules::compile(
            kind, content.as_object().unwrap(), &Pointer::root(), &mut report,
        );
        let options: Vec<AnswerOption> =
            options.iter().filter_map(normalise).map(AnswerOption::new).collect();
        match rules.accept(&raw, &options, Today { days }) {
            Ok(Accepted::Answer { option: Some(index), .. }) => {
                prop_assert!(index < options.len().max(2));
            }
            Ok(Accepted::Answer { value, option: None }) => prop_assert!(!value.is_null()),
            Ok(Accepted::Empty) => {
                prop_assert!(!rules.required() || rules.default_value().is_some());
            }
            Err(refusal) => prop_assert!(!refusal.message.is_empty()),
        }
    }

    #[test]
    fn an_accepted_scalar_is_accepted_again_unchanged(
        kind in prop::sample::select(
            vec!["text", "number", "email", "phone", "url", "date", "boolean"]
        ),
        raw in any_json(),
    ) {
        let (rules, _) = compile(kind, &json!({}));
        let today = Today { days: 0 };
        if let Ok(Accepted::Answer { value, option }) = rules.accept(&raw, &[], today) {
            let again = rules.accept(&value, &[], today);
            prop_assert_eq!(again, Ok(Accepted::Answer { value, option }));
        }
    }

    #[test]
    fn normalising_is_idempotent_and_private_keys_vanish(option in any_json()) {
        // R3.9.
        let once = normalise(&option);
        prop_assert_eq!(once.clone().and_then(|once| normalise(&Value::Object(once))), once.clone());
        let seen = client_view(&option);
        prop_assert_eq!(client_view(&seen), seen);
    }
}
