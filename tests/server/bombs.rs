//! Bodies that are small to send and large to hold: each operation refuses them, or takes them
//! within its limits, and the server's memory stays within bounds.

use std::fmt::Write as _;

use chatflow_tests::budget;
use serde_json::{Value, json};

use crate::real::{Account, Client, Place, Visitor};

/// Bytes that the server's memory may grow by: a body of the largest size as a tree of values, some
/// of them at the same time, and what the allocator keeps of it.
const GROWTH: u64 = 600 * 1024 * 1024;

const MIB: usize = 1024 * 1024;

/// So many zeros, packed: about a thousandth of them.
pub(super) fn gzip(zeros: usize) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let (mut bits, mut count) = (0_u32, 0_u32);
    let mut put = |value: u32, width: u32| {
        bits |= value << count;
        count += width;
        while count >= 8 {
            packed.push(u8::try_from(bits & 0xff).expect("a byte"));
            bits >>= 8;
            count -= 8;
        }
    };
    // RFC 1951: one block of the fixed code; a zero; then "258 bytes as the one before"; its end.
    put(0b011, 3);
    put(0b0000_1100, 8);
    for _ in 0..zeros / 258 {
        put(0b1010_0011, 8);
        put(0, 5);
    }
    put(0, 7 + 7);
    let length = u32::try_from(1 + zeros / 258 * 258).expect("it is small");
    // The sum is wrong, which whoever unpacks it learns at the end.
    packed.extend([0; 4].into_iter().chain(length.to_le_bytes()));
    packed
}

/// An array in an array, so deep.
pub(super) fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// As many items as fill so many bytes.
fn filled(
    begin: &str,
    bytes: usize,
    end: &str,
    mut item: impl FnMut(usize, &mut String),
) -> String {
    let mut text = begin.to_owned();
    for number in 0.. {
        if text.len() + 24 > bytes {
            break;
        }
        if number > 0 {
            text.push(',');
        }
        item(number, &mut text);
    }
    text + end
}

fn many_keys(bytes: usize) -> String {
    filled("{", bytes, "}", |number, text| {
        let _ = write!(text, "\"{number:x}\":0");
    })
}

fn zeros(bytes: usize) -> String {
    filled("[", bytes, "]", |_, text| text.push('0'))
}

/// Bodies of any operation.
fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let digits = "9".repeat(50_000);
    let names = ["name", "content", "info", "updates", "input", "type"];
    let twice: String = names.iter().map(|name| format!("\"{name}\":1,").repeat(1000)).collect();
    let wide: Vec<u8> = "{\"name\":\"x\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        ("arrays", format!("{{\"name\":{}}}", nested(100_000)).into()),
        ("open arrays", format!("{{\"name\":{}", "[".repeat(100_000)).into()),
        ("objects", format!("{}1{}", "{\"a\":".repeat(20_000), "}".repeat(20_000)).into()),
        ("an exponent", "{\"name\":1e999999999,\"limit\":-1e-999999999}".into()),
        (
            "digits",
            format!("{{\"name\":{digits},\"timeout_seconds\":{digits}.{digits}e{digits}}}").into(),
        ),
        ("a large number", "{\"skip\":1e308,\"count\":123456789012345678901234567890}".into()),
        ("keys again and again", format!("{{{twice}\"name\":1}}").into()),
        ("many keys", many_keys(60_000).into()),
        ("a long key", format!("{{\"{}\":1}}", "k".repeat(60_000)).into()),
        ("another encoding", wide),
        ("a mark", b"\xef\xbb\xbf{}".to_vec()),
        ("an array", zeros(60_000).into()),
    ]
}

/// Values of any field.
fn values() -> Vec<Value> {
    let deep = (0..50).fold(json!(1), |inner, _| json!([inner]));
    vec![
        json!(vec![0; 5000]),
        deep,
        json!("x".repeat(50_000)),
        json!(1e308),
        json!({"": {"": null}}),
    ]
}

struct Target<'a> {
    client: &'a Client,
    account: &'a Account,
    description: &'a Value,
    flow: String,
}

impl Target<'_> {
    /// The operations that take a body: method, path, the names of its fields.
    fn operations(&self) -> Vec<(String, String, Vec<String>)> {
        let mut found = Vec::new();
        for (path, operations) in self.description["paths"].as_object().expect("paths") {
            for (method, operation) in operations.as_object().expect("operations") {
                let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
                if schema.is_null() {
                    continue;
                }
                let name = schema["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
                let schema = name.and_then(|name| self.description.pointer(name)).unwrap_or(schema);
                let fields = schema["properties"].as_object();
                let fields = fields.into_iter().flat_map(|fields| fields.keys().cloned());
                found.push((method.to_uppercase(), path.clone(), fields.collect()));
            }
        }
        assert!(found.len() > 20, "{}", found.len());
        found
    }

    /// Sends a body; whatever comes of it is no fault of the service.
    fn send(&self, line: (&str, &str), kind: &[(&str, &str)], body: &[u8], what: &str) -> u16 {
        let visitor = line
            .1
            .contains("{session_token}")
            .then(|| Visitor::start(self.client, "counter", &json!({})));
        let (token, csrf) =
            visitor.map(|visitor| (visitor.token, visitor.csrf)).unwrap_or_default();
        let path = line.1.replace("{session_token}", &token).replace("{flow_id}", &self.flow);
        let mut path = path.replace("{seq}", "1");
        while let (Some(begin), Some(end)) = (path.find('{'), path.find('}')) {
            path.replace_range(begin..=end, "0b6f2c52-94f3-4f2e-8f0e-3a1f0f5b7c99");
        }
        let mut headers = vec![self.account.header(), ("content-type", "application/json")];
        if !csrf.is_empty() {
            // Somebody who signs in may not take over a visitor's session.
            headers = vec![("x-csrf-token", csrf.as_str()), headers[1]];
        }
        headers.extend(kind);
        let answer = self.client.send((line.0, &path), &headers, body);
        // What is not set up says so (appendix B).
        let is_fine = answer.status < 500 || answer.body["code"] == "not_configured";
        assert!(is_fine, "{what} at {line:?}: {} {}", answer.status, answer.text);
        assert!(answer.text.len() < 2 * MIB, "{what} at {line:?}: {} bytes", answer.text.len());
        answer.status
    }
}

#[test]
fn no_operation_fails_or_swells_by_what_it_is_sent() {
    // S12.1, S3.5, S3.7
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let account = place.user("wriveted", &[]);
    let description = client.get("/v1/openapi.json").body;
    let flow = client.flow("counter");
    let target = Target { client: &client, account: &account, description: &description, flow };
    let before = server.memory();
    let (shapes, values) = (shapes(), values());
    // In an ordinary run each operation takes some of them, in turn.
    let some = |usual, all: usize| usize::try_from(budget::cases(usual, 10 * 12)).unwrap().min(all);
    let mut encodings = ["gzip", "deflate", "br", "zstd", "gzip, gzip"].into_iter().cycle();
    let packed = gzip(8 * MIB);
    for (number, (method, path, fields)) in target.operations().into_iter().enumerate() {
        let line = (method.as_str(), path.as_str());
        let turn = |length: usize| number * 5 % length;
        for (what, body) in shapes.iter().cycle().skip(turn(shapes.len())).take(some(3, 12)) {
            target.send(line, &[], body, what);
        }
        for value in values.iter().cycle().skip(turn(values.len())).take(some(1, 5)) {
            let all = |field: &String| (field.clone(), value.clone());
            let body: serde_json::Map<_, _> = fields.iter().map(all).collect();
            let body = Value::Object(body).to_string();
            target.send(line, &[], body.as_bytes(), "a value in every field");
        }
        let encoding = encodings.next().expect("it goes round");
        let status = target.send(line, &[("content-encoding", encoding)], &packed, encoding);
        assert_eq!(status, 415, "{encoding} at {line:?}");
    }
    // At full size, where the most is taken.
    let flows = ("POST", "/v1/cms/flows");
    let talk = ("POST", "/v1/chat/sessions/{session_token}/interact");
    for (line, body) in [
        (flows, many_keys(8 * MIB - 64)),
        (flows, format!("{{\"flow_data\":{}}}", zeros(MIB))),
        (flows, format!("{{\"name\":\"{}\"}}", "n".repeat(MIB))),
        (talk, many_keys(MIB - 64)),
        (talk, format!("{{\"input\":{}}}", zeros(MIB - 64))),
    ] {
        target.send(line, &[], body.as_bytes(), "a body of the largest size");
    }
    expressions_end(&target);
    assert_eq!(client.get("/healthz").status, 200);
    if let (Some(before), Some(after)) = (before, server.memory()) {
        println!("memory: {} MiB before, {} MiB after", before >> 20, after >> 20);
        assert!(after < before + GROWTH, "{before} bytes before, {after} after");
    }
}

/// An expression that is deep or long, or that multiplies.
fn expressions_end(target: &Target<'_>) {
    for expression in [
        "(".repeat(4000),
        format!("{}1{}", "(".repeat(2000), ")".repeat(2000)),
        format!("{}1", "-".repeat(4000)),
        format!("{}true", "!".repeat(4000)),
        format!("1{}", "+1".repeat(2000)),
        format!("a{}", ".a".repeat(2000)),
        nested(2000),
        ["a", "b", "c", "d", "e", "f", "g", "h", "i"]
            .iter()
            .fold("1".to_owned(), |inner, name| format!("[1,2,3].map({name}, {inner})")),
        format!("'{}'.matches('(a+)+$')", "a".repeat(4000)),
    ] {
        let line = ("POST", "/v1/cms/flows/evaluate-cel");
        let body = json!({"expression": expression, "context": {"a": [1, 2, 3]}}).to_string();
        target.send(line, &[], body.as_bytes(), "an expression");
    }
}
