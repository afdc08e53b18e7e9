use proptest::prelude::{Strategy, any, prop};
use proptest::{prop_assert_eq, prop_oneof, proptest};
use serde_json::Value;

use super::read;

/// The value, or what is wrong and where.
fn told(read: Result<Value, serde_json::Error>) -> Result<String, (String, usize, usize)> {
    // By its text, as equality does not know minus zero.
    read.map(|value| format!("{value:?}"))
        .map_err(|error| (error.to_string(), error.line(), error.column()))
}

fn is_read_alike(text: &str) {
    assert_eq!(told(read(text)), told(serde_json::from_str(text)), "{text:?}");
}

const TEXTS: &[&str] = &[
    "",
    " ",
    "\n\n ",
    "null",
    "nul",
    "nulL",
    "true",
    "tru",
    "false ",
    "falsy",
    "n",
    "x",
    "nullx",
    "null x",
    "0",
    "-0",
    "-",
    "-x",
    "00",
    "01",
    "-01",
    "1.",
    "1.x",
    "1.5",
    "-1.5e3",
    "1e",
    "1e+",
    "1e+x",
    "1E-2",
    "0e5",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "1e308",
    "1e309",
    "-1e309",
    "1e99999999999 ",
    "1e-99999999999",
    "0e99999999999",
    "0.0e99999999999",
    "1e2147483647",
    "1e2147483648",
    "1e21474836470",
    "1e-2147483648",
    "123456789012345678901234567890.5e10",
    "0.1",
    "5e-324",
    "2.2250738585072011e-308",
    "0.30000000000000004",
    "1.7976931348623157e308",
    "1.7976931348623159e308",
    "9007199254740993",
    "9007199254740993.0",
    "1.",
    "1.e1",
    ".5",
    "+1",
    r#""a""#,
    r#""a"#,
    r#"""#,
    r#""\"#,
    r#""\x""#,
    r#""\"\\\/\b\f\n\r\t""#,
    "\"\u{1}\"",
    "\"a\nb\"",
    "\"é🐙\"",
    r#""\u00e9\ud83d\udc19""#,
    r#""\ud83d""#,
    r#""\ud83dx""#,
    r#""\ud83d\n""#,
    r#""\ud83d\u0041""#,
    r#""\udc19""#,
    r#""\u12""#,
    r#""\u12g4""#,
    r#""\u"#,
    r#""\ud83d\"#,
    r#""\ud83d\u"#,
    r#""\ud83d\ud83d\udc19""#,
    "\"\\u00é\"",
    "[]",
    "[ ]",
    "[1",
    "[1,",
    "[1,]",
    "[1 2]",
    "[1,2]",
    "[,1]",
    "[",
    "[\n1,\n2,\n,",
    "[1]]",
    "[[[]],{}]",
    "{}",
    "{ }",
    "{",
    "{1",
    r#"{"a"#,
    r#"{"a""#,
    r#"{"a" 1}"#,
    r#"{"a":"#,
    r#"{"a":1"#,
    r#"{"a":1,"#,
    r#"{"a":1,}"#,
    r#"{"a":1 "b":2}"#,
    r#"{"a":1,2}"#,
    r#"{"a":1,"b":[true,null]}"#,
    r#"{"a":1,"a":2}"#,
    r#"{"b":1,"a":{"c":{}}}"#,
    "{\"a\": 1,\n \"b\": }",
    "{,}",
    "\u{feff}{}",
    "{\"\\u0061\":1}",
];

#[test]
fn texts_are_read_as_by_serde_json() {
    for text in TEXTS {
        is_read_alike(text);
    }
}

#[test]
fn depth_is_bounded_as_by_serde_json() {
    for depth in [126, 127, 128, 129, 5000] {
        is_read_alike(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
        is_read_alike(&format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)));
    }
    is_read_alike(&format!("[{}1]", "[],{},".repeat(200)));
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[\\[\\]{},:]",
        "[ \n\t]",
        "-?[0-9]{1,25}",
        "-?[0-9]{1,20}\\.[0-9]{0,30}(e[+-]?[0-9]{1,4})?",
        "\"[a-z\\\\\"u0-9dD]{0,6}\"",
        "(null|true|false)",
        "\\PC",
        "\\\\u[dD][89abcdef][0-9a-f]{2}",
        "\"a\":",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_as_by_serde_json(text in pieces()) {
        prop_assert_eq!(told(read(&text)), told(serde_json::from_str(&text)));
    }

    #[test]
    fn any_double_is_read_as_by_serde_json(bits in any::<u64>(), digits in "[0-9]{1,40}\\.[0-9]{1,40}e-?[0-9]{1,3}") {
        for text in [format!("{:?}", f64::from_bits(bits)), format!("{:e}", f64::from_bits(bits)), digits] {
            prop_assert_eq!(told(read(&text)), told(serde_json::from_str(&text)));
        }
    }

    #[test]
    fn a_cut_text_is_refused_as_by_serde_json(at in 0_usize..200) {
        let text = r#"{"nodes": [{"id": "a\u00e9\ud83d\udc19", "n": -12.5e-3, "on": true}, null], "x": {"y": [1, 2]}}"#;
        let text = text.get(..at.min(text.len())).unwrap_or_default();
        prop_assert_eq!(told(read(text)), told(serde_json::from_str(text)));
    }
}
