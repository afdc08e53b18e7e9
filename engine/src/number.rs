//! JSON numbers: one type for each value, decimal text, comparison.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// One past the greatest `i64`, exact as a double.
const I64_END: f64 = 9_223_372_036_854_775_808.0;

/// The JSON number of a double; `None` if it is not finite.
///
/// Whole numbers that fit an `i64` are integers, so that the type follows from the value (F22).
pub(crate) fn from_f64(n: f64) -> Option<Number> {
    if n.fract() == 0.0 && (-I64_END..I64_END).contains(&n) {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within range")]
        return Some(Number::from(n as i64));
    }
    Number::from_f64(n)
}

/// The same number in the type that its value asks for (F22).
pub(crate) fn settle(n: &Number) -> Number {
    match n.as_i64() {
        Some(_) => n.clone(),
        None => from_f64(to_f64(n)).unwrap_or_else(|| n.clone()),
    }
}

/// The nearest double.
pub(crate) fn to_f64(n: &Number) -> f64 {
    n.as_f64().unwrap_or(f64::NAN)
}

/// Reads `[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?` (R3.21); `None` too if it is not finite.
pub(crate) fn parse(text: &str) -> Option<Number> {
    if !is_decimal(text) {
        return None;
    }
    text.parse().map(|n: i64| Number::from(n)).ok().or_else(|| from_f64(text.parse().ok()?))
}

/// A number, or text that is a number but for white space around it; settled.
pub(crate) fn of(value: &Value) -> Option<Number> {
    match value {
        Value::Number(n) => Some(settle(n)),
        Value::String(text) => parse(text.trim()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Compares by value across types.
pub(crate) fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => to_f64(a).partial_cmp(&to_f64(b)),
    }
}

/// Shortest decimal text; whole doubles without `.0` (R5.22).
pub(crate) fn text(n: &Number) -> String {
    settle(n).to_string()
}

fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let some_digits = |s: &str| !s.is_empty() && digits(s);
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|e| some_digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use serde_json::{Number, Value, json};

    use super::{compare, from_f64, parse, settle, text};

    #[test]
    fn the_type_of_a_number_follows_from_its_value() {
        for (n, expected) in [
            (json!(5.0), "5"),
            (json!(-0.0), "0"),
            (json!(2.5), "2.5"),
            (json!(u64::MAX), "1.8446744073709552e19"),
            (json!(i64::MIN), "-9223372036854775808"),
            (json!(9_223_372_036_854_775_808.0), "9.223372036854775808e18"),
            (json!(1e300), "1e300"),
        ] {
            let Value::Number(n) = n else { panic!("a number") };
            let again: f64 = expected.parse().unwrap();
            assert_eq!(super::to_f64(&settle(&n)).to_bits(), again.to_bits(), "{expected}");
            assert_eq!(settle(&n).is_i64(), text(&n).parse::<i64>().is_ok(), "{expected}");
        }
        assert_eq!(from_f64(f64::NAN), None);
        assert_eq!(from_f64(f64::INFINITY), None);
    }

    #[test]
    fn decimal_text_is_read_and_nothing_else() {
        // R3.21.
        for (text, n) in [
            ("07", json!(7)),
            ("+5", json!(5)),
            ("-.5", json!(-0.5)),
            ("5.", json!(5)),
            ("1e3", json!(1000)),
            ("1.5E-1", json!(0.15)),
            ("9223372036854775808", json!(9_223_372_036_854_775_808.0)),
        ] {
            assert_eq!(parse(text).map(Value::Number), Some(n), "{text}");
        }
        for text in [
            "", ".", "+", "e5", "1e", "1e+", "1,5", "1_0", "0x1", "inf", "NaN", "1e999", "٣", "1 2",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_compare_by_value() {
        let order = |a: Value, b: Value| match (a, b) {
            (Value::Number(a), Value::Number(b)) => compare(&a, &b),
            _ => None,
        };
        assert_eq!(order(json!(1), json!(1.0)), Some(Ordering::Equal));
        assert_eq!(order(json!(-1), json!(u64::MAX)), Some(Ordering::Less));
        assert_eq!(order(json!(2.5), json!(2)), Some(Ordering::Greater));
        assert_eq!(
            compare(&Number::from(i64::MAX), &Number::from(i64::MIN)),
            Some(Ordering::Greater)
        );
    }
}
