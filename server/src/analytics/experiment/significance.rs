//! Whether two arms convert alike (S5.30).

use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, Discrete as _, Hypergeometric, Normal};
use utoipa::ToSchema;

use super::Arm;
use crate::analytics::number;

/// Two tables are equally likely if they differ by no more than rounding.
const ALIKE: f64 = 1.0 + 1e-7;

/// Below so many expected in a cell, the normal distribution is no good.
const FEW: f64 = 5.0;

/// How two arms are compared: by the pooled test of two proportions, or exactly where few are expected in a cell.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Method {
    /// The pooled test of two proportions.
    TwoProportionZ,
    /// Fisher's exact test, where few are expected.
    FisherExact,
}

/// How likely a difference as great as this is if there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Test {
    pub(super) p_value: f64,
    pub(super) method: Method,
}

/// Compares two arms, in both directions.
pub(super) fn compare(arm: &Arm, control: &Arm) -> Test {
    let hits = arm.conversions.saturating_add(control.conversions);
    let all = arm.sample.saturating_add(control.sample);
    let pooled = if all == 0 { 0.0 } else { number(hits) / number(all) };
    let is_few = |arm: &Arm| {
        let n = number(arm.sample);
        n * pooled < FEW || n * (1.0 - pooled) < FEW
    };
    if is_few(arm) || is_few(control) {
        return Test { p_value: fisher(arm, control), method: Method::FisherExact };
    }
    let variance =
        pooled * (1.0 - pooled) * (1.0 / number(arm.sample) + 1.0 / number(control.sample));
    let z = (arm.rate() - control.rate()) / variance.sqrt();
    let p_value = (2.0 * Normal::standard().sf(z.abs())).min(1.0);
    Test { p_value, method: Method::TwoProportionZ }
}

/// The sum over all tables with these margins that are no likelier than this one.
fn fisher(arm: &Arm, control: &Arm) -> f64 {
    let hits = arm.conversions.saturating_add(control.conversions);
    let all = arm.sample.saturating_add(control.sample);
    // More hits than visitors, or more drawn than there are: no such table, and nothing to say.
    let Ok(tables) = Hypergeometric::new(all, hits, arm.sample) else { return 1.0 };
    let least = hits.saturating_sub(control.sample);
    let most = hits.min(arm.sample);
    let bound = tables.ln_pmf(arm.conversions).exp() * ALIKE;
    let likely = (least..=most).map(|hits| tables.ln_pmf(hits).exp());
    likely.filter(|likely| *likely <= bound).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::experiment::tests::arm;

    #[test]
    fn the_normal_distribution_is_exact_enough() {
        // S5.30: an error below 1e-7; the values are those of its series, to fifteen digits.
        for (z, expected) in [
            (0.0, 0.5),
            (0.5, 0.691_462_461_274_013),
            (1.0, 0.841_344_746_068_543),
            (1.96, 0.975_002_104_851_780),
            (2.0, 0.977_249_868_051_821),
            (3.0, 0.998_650_101_968_370),
            (5.0, 0.999_999_713_348_428),
        ] {
            let got = 1.0 - Normal::standard().sf(z);
            assert!((got - expected).abs() < 1e-9, "{z}: {got}");
        }
    }

    #[test]
    fn many_are_compared_by_the_normal_distribution() {
        // S5.30; z = 2.3764 (S5.32).
        let test = compare(&arm("b", 400, 72), &arm("control", 400, 48));
        assert_eq!(test.method, Method::TwoProportionZ);
        assert!((test.p_value - 0.017_482).abs() < 1e-5, "{}", test.p_value);
        let back = compare(&arm("control", 400, 48), &arm("b", 400, 72));
        assert!((test.p_value - back.p_value).abs() < 1e-12);
        let same = compare(&arm("b", 400, 48), &arm("control", 400, 48));
        assert!((same.p_value - 1.0).abs() < 1e-12);
    }

    #[test]
    fn few_are_compared_exactly() {
        // S5.30; the values are sums of exact fractions.
        for ((k, n), (k_c, n_c), expected) in [
            ((3, 4), (1, 4), 0.485_714_286),
            ((0, 5), (5, 5), 0.007_936_508),
            ((1, 12), (6, 12), 0.068_649_886),
            ((3, 15), (0, 60), 0.006_738_245),
            ((9, 300), (1, 290), 0.020_624_047),
            ((199, 200), (193, 200), 0.067_581_786),
            ((0, 100), (0, 100), 1.0),
            ((100, 100), (100, 100), 1.0),
            ((0, 0), (5, 10), 1.0),
            ((0, 0), (0, 0), 1.0),
        ] {
            let test = compare(&arm("b", n, k), &arm("control", n_c, k_c));
            assert_eq!(test.method, Method::FisherExact);
            assert!((test.p_value - expected).abs() < 1e-6, "{k}/{n}: {}", test.p_value);
        }
    }

    #[test]
    fn the_test_changes_where_fewer_than_five_are_expected() {
        // S5.30: 10 of 200 in all make 5 of each 100.
        let of = |hits| compare(&arm("b", 100, hits), &arm("control", 100, 5)).method;
        assert_eq!(of(5), Method::TwoProportionZ);
        assert_eq!(of(4), Method::FisherExact);
        let of = |hits| compare(&arm("b", 100, hits), &arm("control", 100, 95)).method;
        assert_eq!((of(95), of(96)), (Method::TwoProportionZ, Method::FisherExact));
    }
}
