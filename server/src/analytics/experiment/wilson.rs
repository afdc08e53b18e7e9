//! Between which rates the true one lies (S5.29).

use statrs::distribution::{ContinuousCDF as _, Normal};

use crate::analytics::number;

/// Wilson's score interval of `hits` in `sample`; everything if there is no sample.
pub(super) fn interval(hits: u64, sample: u64, confidence: f64) -> [f64; 2] {
    if sample == 0 {
        return [0.0, 1.0];
    }
    let z = quantile(confidence);
    let (n, rate) = (number(sample), number(hits) / number(sample));
    let (square, scale) = (z * z, 1.0 + z * z / n);
    let centre = (rate + square / (2.0 * n)) / scale;
    let half = z / scale * (rate * (1.0 - rate) / n + square / (4.0 * n * n)).sqrt();
    [(centre - half).clamp(0.0, 1.0), (centre + half).clamp(0.0, 1.0)]
}

/// How many standard deviations around the mean hold that part of a normal distribution: 1.959964 for 95 %.
pub(super) fn quantile(confidence: f64) -> f64 {
    Normal::standard().inverse_cdf(f64::midpoint(1.0, confidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_as_wilson_has_it() {
        // S5.29; the values were computed apart.
        assert!((quantile(0.95) - 1.959_964).abs() < 1e-6, "{}", quantile(0.95));
        for (hits, sample, expected) in [
            (0, 0, [0.0, 1.0]),
            (0, 10, [0.0, 0.277_533]),
            (10, 10, [0.722_467, 1.0]),
            (1, 1, [0.206_543, 1.0]),
            (15, 148, [0.062_386, 0.160_487]),
            (48, 400, [0.091_724, 0.155_509]),
        ] {
            for (got, expected) in interval(hits, sample, 0.95).into_iter().zip(expected) {
                assert!(
                    (got - expected).abs() < 1e-5,
                    "{hits} of {sample}: {got} is not {expected}"
                );
            }
        }
    }

    #[test]
    fn who_wants_to_be_surer_gets_a_wider_interval() {
        let width = |confidence| {
            let [low, high] = interval(12, 100, confidence);
            high - low
        };
        assert!(width(0.8) < width(0.95) && width(0.95) < width(0.99));
    }
}
