//! How numbers are rounded (S5.4): rates to six decimals, halves to even; durations to milliseconds; percentages to one
//! decimal. Nothing is divided by nothing: that is 0 (S5.3).

/// What part of `of` this is, 0 if there is nothing.
pub(crate) fn rate(part: u64, of: u64) -> f64 {
    number(quotient(part, 1_000_000, of)) / 1e6
}

/// The same in percent, to one decimal.
pub(crate) fn percentage(part: u64, of: u64) -> f64 {
    number(quotient(part, 1000, of)) / 10.0
}

/// The mean in seconds of so many milliseconds, to the millisecond.
pub(crate) fn seconds(millis: u64, count: u64) -> f64 {
    number(quotient(millis, 1, count)) / 1000.0
}

/// A number that is no rate of counts, to six decimals.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e6).round_ties_even() / 1e6
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "nobody counts 2^53 of anything here")]
pub(crate) const fn number(count: u64) -> f64 {
    count as f64
}

/// `part` times `scale`, divided by `of`; halves go to the even neighbour.
fn quotient(part: u64, scale: u64, of: u64) -> u64 {
    let (scaled, of) = (u128::from(part).saturating_mul(scale.into()), u128::from(of));
    let Some((down, rest)) = scaled.checked_div(of).zip(scaled.checked_rem(of)) else { return 0 };
    let is_up = match rest.saturating_mul(2).cmp(&of) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => down % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    u64::try_from(down.saturating_add(is_up.into())).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_six_decimals_and_halves_go_to_even() {
        // S5.3, S5.4
        let expect = |got: f64, text: &str| assert_eq!(serde_json::json!(got).to_string(), text);
        for (part, of, text) in [
            (0, 0, "0.0"),
            (7, 0, "0.0"),
            (2, 5, "0.4"),
            (1, 3, "0.333333"),
            (2, 3, "0.666667"),
            (1, 2_000_000, "0.0"),
            (3, 2_000_000, "2e-6"),
            (5, 5, "1.0"),
            (u64::MAX, u64::MAX, "1.0"),
        ] {
            expect(rate(part, of), text);
        }
        for (part, of, text) in [(1, 3, "33.3"), (2, 3, "66.7"), (1, 2000, "0.0"), (3, 2000, "0.2")]
        {
            expect(percentage(part, of), text);
        }
        for (millis, count, text) in [(210_000, 3, "70.0"), (1, 0, "0.0"), (5, 2, "0.002")] {
            expect(seconds(millis, count), text);
        }
        expect(rounded(1.0 / 3.0), "0.333333");
    }
}
