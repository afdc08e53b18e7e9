//! Canonical JSON and the hashes made of it (R11.21, R11.22).
//!
//! Keys are sorted by code point, which is the order of [`Map`]; text is ASCII, everything else is
//! escaped; a number that is integral is written as an integer. Equal values give equal bytes on
//! every machine and in every language, so other readers can check a hash.

use std::fmt::{self, Write};
use std::str;

use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

use crate::base64;

/// 2⁶³ and 2⁶⁴, the first doubles above `i64` and `u64`.
const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;
const TWO_POW_64: f64 = 18_446_744_073_709_551_616.0;

/// The canonical JSON of an object.
pub(crate) fn canonical(map: &Map<String, Value>) -> String {
    let mut out = String::with_capacity(2048);
    write_object(&mut out, map);
    out
}

/// The canonical JSON of any value.
pub(crate) fn canonical_value(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value);
    out
}

/// Appends the canonical JSON of a value.
pub(crate) fn push_value(out: &mut String, value: &Value) {
    write_value(out, value);
}

/// Appends the canonical JSON of an object.
pub(crate) fn push_object(out: &mut String, map: &Map<String, Value>) {
    write_object(out, map);
}

/// Appends the canonical JSON of a string.
pub(crate) fn push_string(out: &mut String, text: &str) {
    write_string(out, text);
}

/// How many bytes the canonical JSON of `value` has, without writing it.
pub(crate) fn canonical_len(value: &Value) -> usize {
    let mut length = Length(0);
    write_value(&mut length, value);
    length.0
}

/// [`canonical_len`] of an object.
pub(crate) fn object_len(map: &Map<String, Value>) -> usize {
    let mut length = Length(0);
    write_object(&mut length, map);
    length.0
}

/// [`canonical_len`] of a string, its quotes included.
pub(crate) fn string_len(text: &str) -> usize {
    let mut length = Length(0);
    write_string(&mut length, text);
    length.0
}

/// The hash of a state: base64 of SHA-256 over its canonical JSON, 44 characters (R11.21).
pub fn state_hash(state: &Map<String, Value>) -> String {
    state_hash_of_canonical(&canonical(state))
}

/// As [`state_hash`], of JSON that is canonical already.
pub(crate) fn state_hash_of_canonical(text: &str) -> String {
    base64::encode(Sha256::digest(text).as_slice())
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256_hex(text: &str) -> String {
    hex(Sha256::digest(text).as_slice())
}

/// Bytes in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        hex.push(char::from(hex_digit(byte >> 4)));
        hex.push(char::from(hex_digit(byte & 15)));
    }
    hex
}

/// Where canonical JSON goes: one code path writes it and measures it.
trait Sink {
    fn text(&mut self, text: &str);
}

impl Sink for String {
    fn text(&mut self, text: &str) {
        self.push_str(text);
    }
}

struct Length(usize);

impl Sink for Length {
    fn text(&mut self, text: &str) {
        self.0 = self.0.saturating_add(text.len());
    }
}

fn write_value(out: &mut impl Sink, value: &Value) {
    match value {
        Value::Null => out.text("null"),
        Value::Bool(true) => out.text("true"),
        Value::Bool(false) => out.text("false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            let mut separator = "[";
            for item in items {
                out.text(separator);
                write_value(out, item);
                separator = ",";
            }
            out.text(if items.is_empty() { "[]" } else { "]" });
        }
        Value::Object(map) => write_object(out, map),
    }
}

fn write_object(out: &mut impl Sink, map: &Map<String, Value>) {
    let mut separator = "{";
    for (key, value) in map {
        out.text(separator);
        write_string(out, key);
        out.text(":");
        write_value(out, value);
        separator = ",";
    }
    out.text(if map.is_empty() { "{}" } else { "}" });
}

fn write_string(out: &mut impl Sink, text: &str) {
    out.text("\"");
    if is_plain(text) {
        out.text(text);
    } else {
        for run in text.split_inclusive(needs_escape) {
            let mut chars = run.chars();
            match chars.next_back() {
                Some(last) if needs_escape(last) => {
                    out.text(chars.as_str());
                    write_escape(out, last);
                }
                Some(_) | None => out.text(run),
            }
        }
    }
    out.text("\"");
}

/// Whether nothing needs an escape; looks at eight bytes at a time.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (words, _) = bytes.as_chunks();
    match bytes.last_chunk() {
        // The last word overlaps the one before it.
        Some(last) => words.iter().chain([last]).all(|word| is_plain_word(*word)),
        None => bytes.iter().all(|byte| !needs_escape(char::from(*byte))),
    }
}

/// Each term has the high bit of a byte set that is not plain. A borrow or carry may set it in the
/// next byte too, but only from a byte that is not plain itself.
fn is_plain_word(bytes: [u8; 8]) -> bool {
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let word = u64::from_ne_bytes(bytes);
    let control = word.wrapping_sub(each(b' '));
    let quote = (word ^ each(b'"')).wrapping_sub(each(1));
    let backslash = (word ^ each(b'\\')).wrapping_sub(each(1));
    let delete = word.wrapping_add(each(1));
    (word | control | quote | backslash | delete) & each(0x80) == 0
}

fn needs_escape(c: char) -> bool {
    !matches!(c, ' '..='~') || c == '"' || c == '\\'
}

fn write_escape(out: &mut impl Sink, c: char) {
    match c {
        '"' => out.text("\\\""),
        '\\' => out.text("\\\\"),
        '\n' => out.text("\\n"),
        '\r' => out.text("\\r"),
        '\t' => out.text("\\t"),
        '\u{8}' => out.text("\\b"),
        '\u{c}' => out.text("\\f"),
        _ => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let [high, low] = unit.to_be_bytes();
                let mut escape = Scratch::default();
                escape.push(b'\\');
                escape.push(b'u');
                for nibble in [high >> 4, high & 15, low >> 4, low & 15] {
                    escape.push(hex_digit(nibble));
                }
                out.text(escape.as_str());
            }
        }
    }
}

fn write_number(out: &mut impl Sink, number: &Number) {
    let mut digits = Scratch::default();
    // Writing to a scratch buffer fails only when it is full, and no number is that long.
    let written = if let Some(integer) = number.as_i64() {
        digits.push_integer(integer);
        Ok(())
    } else if let Some(integer) = number.as_u64() {
        write!(digits, "{integer}")
    } else {
        number.as_f64().map_or(Ok(()), |double| write_double(&mut digits, double))
    };
    debug_assert!(written.is_ok(), "a number of more than {} characters", Scratch::SIZE);
    out.text(digits.as_str());
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked and nothing is cut off"
)]
fn write_double(out: &mut Scratch, double: f64) -> fmt::Result {
    if double.fract() == 0.0 && (-TWO_POW_63..TWO_POW_63).contains(&double) {
        return write!(out, "{}", double as i64);
    }
    if double.fract() == 0.0 && (TWO_POW_63..TWO_POW_64).contains(&double) {
        return write!(out, "{}", double as u64);
    }
    if (1e-4..1e16).contains(&double.abs()) {
        return write!(out, "{double}");
    }
    let mut plain = Scratch::default();
    write!(plain, "{double:e}")?;
    let (digits, exponent) = plain.as_str().split_once('e').unwrap_or((plain.as_str(), "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    write!(out, "{digits}e{sign}{exponent:0>2}")
}

/// A short piece of ASCII text on the stack.
#[derive(Default)]
struct Scratch {
    bytes: [u8; Self::SIZE],
    used: usize,
}

impl Scratch {
    /// The longest double is 24 characters.
    const SIZE: usize = 32;

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.used) {
            *place = byte;
            self.used = self.used.saturating_add(1);
        }
    }

    /// As `write!` does, without its machinery: most numbers of a state are small integers.
    fn push_integer(&mut self, integer: i64) {
        if integer < 0 {
            self.push(b'-');
        }
        let mut reversed = Self::default();
        let mut left = integer.unsigned_abs();
        loop {
            let digit = u8::try_from(left % 10).unwrap_or(0);
            reversed.push(b'0' | digit);
            left /= 10;
            if left == 0 {
                break;
            }
        }
        for digit in reversed.as_str().bytes().rev() {
            self.push(digit);
        }
    }

    fn as_str(&self) -> &str {
        self.bytes.get(..self.used).and_then(|used| str::from_utf8(used).ok()).unwrap_or_default()
    }
}

impl Write for Scratch {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.used.saturating_add(text.len());
        self.bytes.get_mut(self.used..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.used = end;
        Ok(())
    }
}

fn hex_digit(nibble: u8) -> u8 {
    b"0123456789abcdef".get(usize::from(nibble)).copied().unwrap_or(b'0')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::super::number::settle;
    use super::{
        canonical, canonical_len, canonical_value, is_plain, needs_escape, sha256_hex, state_hash,
    };

    fn object(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_published_vectors_hold() {
        // R11.21, R11.22, R11.23.
        for (state, text, hash) in [
            ("{}", "{}", "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="),
            (
                r#"{"temp":{"n":1,"a":[true,null,2.5]}}"#,
                r#"{"temp":{"a":[true,null,2.5],"n":1}}"#,
                "FeWPsdeiELCoSWqkvZMr0waRM9HHf00TuGSLaq+jcuY=",
            ),
            (
                r#"{"user":{"name":"Zoë 🐙"},"temp":{"ratio":0.1,"big":1e16,"small":1e-05,"one":1.0}}"#,
                r#"{"temp":{"big":10000000000000000,"one":1,"ratio":0.1,"small":1e-05},"user":{"name":"Zo\u00eb \ud83d\udc19"}}"#,
                "RmHeX9a9Y7fn5IpnE+iBL2my2Wovlzrsj9/LPIFOqbY=",
            ),
            (
                r#"{"b":1,"a":{"d":"q\"uote\\ /\n","c":"\u007f"}}"#,
                r#"{"a":{"c":"\u007f","d":"q\"uote\\ /\n"},"b":1}"#,
                "ubB9RR/+5Ia1m5DQB3y+OlkIGmAHz5TOJQNXHoruS+Y=",
            ),
            (
                r#"{"n":[1e20,-0.0,-3.0,2.5e-7]}"#,
                r#"{"n":[1e+20,0,-3,2.5e-07]}"#,
                "YokWAn4ao1B/aapSllkts7f5z7QFTMRzN2E0SBUYqXw=",
            ),
        ] {
            let state = object(state);
            assert_eq!(canonical(&state), text);
            assert_eq!(state_hash(&state), hash, "{text}");
        }
    }

    #[test]
    fn numbers_are_written_by_value() {
        // R11.22.
        for (number, text) in [
            (json!(0.0001), "0.0001"),
            (json!(0.000_012_5), "1.25e-05"),
            (json!(-1234.5), "-1234.5"),
            (json!(1.5e-300), "1.5e-300"),
            (json!(1e18), "1000000000000000000"),
            (json!(1e19), "10000000000000000000"),
            (json!(18_446_744_073_709_551_616.0), "1.8446744073709552e+19"),
            (json!(u64::MAX), "18446744073709551615"),
            (json!(i64::MIN), "-9223372036854775808"),
            (json!(-1.797_693_134_862_315_7e308), "-1.7976931348623157e+308"),
            (json!(5e-324), "5e-324"),
            (json!(4_503_599_627_370_495.5), "4503599627370495.5"),
        ] {
            assert_eq!(canonical_value(&number), text);
        }
    }

    #[test]
    fn a_character_is_plain_wherever_it_stands_exactly_if_it_needs_no_escape() {
        for c in (0..=0x2ff).filter_map(char::from_u32) {
            for before in 0..18 {
                let text = format!("{}{c}~~", " ".repeat(before));
                assert_eq!(is_plain(&text), !needs_escape(c), "{text:?}");
            }
        }
    }

    #[test]
    fn control_characters_have_their_short_escapes() {
        // R11.22.
        let text = canonical_value(&json!("\u{8}\u{c}\r\t\u{1}~\u{80}\u{ffff}\u{10ffff}"));
        assert_eq!(text, r#""\b\f\r\t\u0001~\u0080\uffff\udbff\udfff""#);
    }

    #[test]
    fn hex_agrees_with_its_standard() {
        assert_eq!(
            sha256_hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (-1e6..1e6).prop_map(Value::from),
            any::<i32>().prop_map(|n| Value::from(f64::from(n))),
            any::<String>().prop_map(Value::from),
            "[ -~]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_length_is_that_of_the_text(value in any_json()) {
            let text = canonical_value(&value);
            prop_assert!(text.is_ascii());
            prop_assert_eq!(canonical_len(&value), text.len());
        }

        #[test]
        fn the_text_reads_back_as_the_value_it_was_made_of(mut value in any_json()) {
            settle(&mut value);
            let text = canonical_value(&value);
            let mut read: Value = serde_json::from_str(&text).unwrap();
            settle(&mut read);
            prop_assert_eq!(&read, &value);
            prop_assert_eq!(canonical_value(&read), text);
        }

        #[test]
        fn the_order_of_insertion_does_not_matter(
            fields in prop::collection::btree_map("[a-zé\u{1f600}]{0,3}", any_json(), 0..8)
        ) {
            let forward: Map<_, _> = fields.clone().into_iter().collect();
            let backward: Map<_, _> = fields.into_iter().rev().collect();
            prop_assert_eq!(canonical(&forward), canonical(&backward));
        }
    }
}
