//! Conversions between integers and doubles, each with its rounding in its name.

use serde_json::Number;

/// 2^63, the first double beyond `i64`.
const INT_END: f64 = 9_223_372_036_854_775_808.0;
/// 2^64, the first double beyond `u64`.
const UINT_END: f64 = 18_446_744_073_709_551_616.0;

/// The double nearest to an int, which is how CEL compares and mixes them.
#[expect(clippy::cast_precision_loss, reason = "CEL asks for the nearest double")]
pub(super) const fn nearest(int: i64) -> f64 {
    int as f64
}

/// The double nearest to a uint.
#[expect(clippy::cast_precision_loss, reason = "CEL asks for the nearest double")]
pub(super) const fn nearest_unsigned(uint: u64) -> f64 {
    uint as f64
}

/// The int of a double without its fraction; `None` outside `i64`.
///
/// The bounds themselves are refused: a double cannot tell them from their neighbours.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(super) fn truncate(double: f64) -> Option<i64> {
    (double > -INT_END && double < INT_END).then_some(double as i64)
}

/// The uint of a double without its fraction; `None` outside `u64`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
pub(super) fn truncate_unsigned(double: f64) -> Option<u64> {
    (double > -1.0 && double < UINT_END).then_some(double as u64)
}

/// The int that a double equals, if there is one (F22).
pub(super) fn whole(double: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    ((-INT_END..INT_END).contains(&double) && double.fract() == 0.0).then_some(double as i64)
}

/// The uint that a double equals, if there is one.
pub(super) fn whole_unsigned(double: f64) -> Option<u64> {
    if double < 0.0 || double.fract() != 0.0 { None } else { truncate_unsigned(double) }
}

/// A length as a CEL int.
pub(super) fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// A double as it is stored (F22): whole numbers that fit `i64` are integers, so that the type of a
/// number is a function of its value. `None` for infinities and NaN, which JSON does not have.
pub(super) fn stored(double: f64) -> Option<Number> {
    whole(double).map_or_else(|| Number::from_f64(double), |int| Some(Number::from(int)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Number, json};

    use super::{stored, truncate, truncate_unsigned, whole, whole_unsigned};

    #[test]
    fn whole_doubles_that_fit_are_stored_as_integers() {
        // F22
        for (double, want) in [
            (2.0, json!(2)),
            (-0.0, json!(0)),
            (0.5, json!(0.5)),
            (-9_223_372_036_854_775_808.0, json!(i64::MIN)),
            (9_223_372_036_854_775_808.0, json!(9_223_372_036_854_775_808.0)),
            (1e300, json!(1e300)),
        ] {
            assert_eq!(stored(double).map(Into::into), Some(want), "{double}");
        }
        assert_eq!(stored(f64::NAN), None::<Number>);
        assert_eq!(stored(f64::INFINITY), None);
    }

    #[test]
    fn truncation_refuses_what_does_not_fit() {
        assert_eq!((truncate(-1.9), truncate(9.3e18), truncate(f64::NAN)), (Some(-1), None, None));
        assert_eq!((truncate_unsigned(-0.5), truncate_unsigned(-1.0)), (Some(0), None));
        assert_eq!((whole(1.5), whole(-3.0)), (None, Some(-3)));
        assert_eq!((whole_unsigned(1e19), whole_unsigned(-1.0)), (Some(10_u64.pow(19)), None));
    }
}
