//! The number rule: a number's type follows from its value alone (F22).

use serde_json::{Number, Value};

use crate::number;

/// Applies the number rule to every number in `value`.
///
/// Integral doubles that fit `i64` become integers (`-0.0` becomes `0`), integers above `i64`
/// become doubles. So a number keeps its type on its way through JSON, databases and JavaScript.
pub(crate) fn settle(value: &mut Value) {
    if let Value::Number(number) = value {
        settle_number(number);
    } else if let Value::Array(items) = value {
        items.iter_mut().for_each(settle);
    } else if let Value::Object(map) = value {
        map.values_mut().for_each(settle);
    }
}

/// Applies the number rule to one number.
pub(crate) fn settle_number(number: &mut Number) {
    if !number.is_i64() {
        *number = number::settle(number);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::settle;

    fn settled(mut value: Value) -> Value {
        settle(&mut value);
        value
    }

    #[test]
    fn integral_doubles_become_integers_wherever_they_stand() {
        let before = json!({"a": [1.0, -0.0, 2.5, {"b": 1e15}], "c": -3.0});
        assert_eq!(
            settled(before),
            json!({"a": [1, 0, 2.5, {"b": 1_000_000_000_000_000_i64}], "c": -3})
        );
    }

    #[test]
    fn what_does_not_fit_i64_becomes_a_double() {
        assert_eq!(settled(json!(u64::MAX)), json!(18_446_744_073_709_551_615_f64));
        assert_eq!(settled(json!(i64::MAX)), json!(i64::MAX));
        assert_eq!(settled(json!(i64::MIN)), json!(i64::MIN));
        assert_eq!(settled(json!(-9_223_372_036_854_775_808.0)), json!(i64::MIN));
        assert_eq!(settled(json!(9_223_372_036_854_775_808.0)), json!(9_223_372_036_854_775_808.0));
        assert_eq!(settled(json!(1e300)), json!(1e300));
    }
}
