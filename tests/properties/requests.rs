//! Secrets: what is planted never comes back, and what is typed is never resolved.

use std::collections::BTreeMap;

use chatflow::{
    Catalog, Effect, EffectKind, Engine, Flow, FlowDefinition, HttpRequest, Input, InputKind,
    NewSession, Next, Outcome, Seed, Session, SessionId, Timestamp, redact_outcome,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::check;

/// The alphabet of base64, three bytes at a time.
fn base64(bytes: &[u8]) -> String {
    let letter = |sextet: u8| {
        char::from(match sextet {
            0..=25 => b'A' + sextet,
            26..=51 => b'a' + sextet - 26,
            52..=61 => b'0' + sextet - 52,
            62 => b'+',
            _ => b'/',
        })
    };
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte));
        let group = group << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            out.push(letter(u8::try_from(group >> (18 - 6 * place) & 63).unwrap()));
        }
    }
    out
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| {
        if byte.is_ascii_alphanumeric() {
            out + &char::from(byte).to_string()
        } else {
            out + &format!("%{byte:02X}")
        }
    })
}

#[test]
fn a_planted_value_never_survives_redaction() {
    // R8.34, F12.
    // Without brackets: what stands for a value cannot be part of one.
    let value = "[ -Z^-~é]{6,24}";
    let around = "[ -Z^-~é]{0,9}";
    let strategy = (value, prop::collection::vec((around, 0..5_u8), 1..5), around);
    check("values planted and redacted", 20_000, &strategy, |(value, places, end)| {
        let mut planted = Vec::new();
        for (before, how) in &places {
            let text = match how {
                0 => format!("{before}{value}{end}"),
                1 => format!("{before}{}{end}", percent(&value)),
                2 => base64(format!("{before}{value}{end}").as_bytes()),
                3 => base64(format!("{before}{value}").as_bytes())
                    .replace('+', "-")
                    .replace('/', "_"),
                _ => json!(format!("{before}{value}")).to_string(),
            };
            planted.push(text);
        }
        let keyed = json!({ format!("x{value}"): planted });
        let values = BTreeMap::from([("k".to_owned(), value.clone())]);
        let mut outcome = Outcome::Done { value: json!({"status": 200, "body": keyed}) };
        redact_outcome(&mut outcome, &values);
        let mut failed = Outcome::failed("network", &places[0].0);
        redact_outcome(&mut failed, &values);
        let Outcome::Done { value: kept } = &outcome else { panic!() };
        let mut texts = Vec::new();
        gather(kept, &mut texts);
        let plain = texts.concat();
        assert!(!plain.contains(&value), "{value:?} in {plain:?}");
        for text in &texts {
            assert!(!text.contains(&percent(&value)), "{value:?} in {text:?}");
        }
        // However much stands before it, base64 of the value has this in it.
        let core = |skip: usize| {
            let coded = base64(&[&vec![0; skip], value.as_bytes()].concat());
            coded[(8 * skip).div_ceil(6)..8 * (skip + value.len()) / 6].to_owned()
        };
        for skip in 0..3 {
            let core = core(skip);
            let url_safe = core.replace('+', "-").replace('/', "_");
            assert!(texts.iter().all(|text| !text.contains(&core) && !text.contains(&url_safe)));
        }
    });
}

fn gather(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(map) => {
            for (key, item) in map {
                texts.push(key.clone());
                gather(item, texts);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A request whose texts hold what the visitor typed, then a secret, then the same again.
fn request(flow: &Flow, catalog: &Catalog, typed: &str) -> HttpRequest {
    let mut session = Session::new(NewSession {
        id: SessionId::derived("x"),
        flow: flow.version(),
        pins: BTreeMap::new(),
        seed: Seed::from_text("0"),
        user_id: None,
        tenant: None,
        trace: chatflow::TraceLevel::Off,
    });
    let state = json!({"temp": {"t": typed}}).as_object().unwrap().clone();
    let start = Input::new(Timestamp::default(), InputKind::Start { state: state.into() });
    let step = Engine::default().step(catalog, &mut session, start).unwrap();
    let Next::Resolve(Effect { kind: EffectKind::CallWebhook { request }, .. }) = step.next else {
        panic!("{:?}", step.next)
    };
    *request
}

#[test]
fn what_a_visitor_types_is_never_resolved() {
    // R5.26, R5.29, R8.33, F12.
    let around = "{{temp.t}}{{secret:k}}{{temp.t}}{secret:k}";
    let (definition, _) =
        FlowDefinition::read(&json!({"nodes": [{"id": "h", "type": "webhook", "content": {
            "url": format!("https://a.example/{around}"), "query_params": {"q": around},
            "headers": {"X": around}, "body": {"b": [around], "typed": "{{temp.t}}"},
        }}]}));
    let flow = Flow::compile(&definition.unwrap(), 1).flow.unwrap();
    let catalog: Catalog = [flow.clone()].into_iter().collect();
    let pieces = prop::sample::select(vec![
        "{{secret:k}}",
        "{secret:k}",
        "{{",
        "}}",
        "{",
        "secret:k",
        "\n",
        "\r",
        "%7B%7Bsecret:k%7D%7D",
        "#",
        "?",
        "&",
        "é",
        "a",
    ]);
    let typed = prop::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat());
    check("texts of visitors beside secrets", 20_000, &typed, |typed| {
        let request = request(&flow, &catalog, &typed);
        let value = "V/V";
        let sent = request.resolve(&BTreeMap::from([("k".to_owned(), value.to_owned())])).unwrap();
        let inside = percent_unreserved(&typed);
        let part = format!("{inside}V%2FV{inside}V%2FV");
        assert_eq!(sent.url, format!("https://a.example/{part}?q={part}"));
        let line: String = typed.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
        assert_eq!(sent.headers["X"], format!("{line}{value}{line}{value}"));
        let body: Value = serde_json::from_str(sent.body.as_deref().unwrap()).unwrap();
        let text = format!("{typed}{value}{typed}{value}");
        assert_eq!(body, json!({"b": [text], "typed": typed}));
    });
}

fn percent_unreserved(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out + &char::from(byte).to_string()
        } else {
            out + &format!("%{byte:02X}")
        }
    })
}
