//! What the statistics promise, tried on made visitors. The seed is published here, so that every run is the same.

use super::tests::{USUAL, arm};
use super::{Arm, CONTROL, judge, wilson};
use crate::analytics::number;

/// Of all simulations.
const SEED: u64 = 0x000c_4a7f_1037;

/// `SplitMix64` (Steele, Lea & Flood, OOPSLA 2014), the generator that conversations draw with (ADR 0004).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// How many of so many visitors convert, each with that probability.
    fn hits(&mut self, visitors: u64, probability: f64) -> u64 {
        // 2^53 is where a double still tells all numbers apart.
        let bound = probability * 9_007_199_254_740_992.0;
        (0..visitors).filter(|_| number(self.next() >> 11) < bound).count() as u64
    }
}

#[test]
fn the_draws_are_the_published_ones() {
    let mut draws = Draws(0);
    assert_eq!(draws.next(), 0xE220_A839_7B1D_CDAF);
    assert_eq!(draws.next(), 0x6E78_9E6A_A1B9_65F4);
}

#[test]
fn nineteen_of_twenty_intervals_hold_the_true_rate() {
    // S5.29, over n of 50, 100, 400, 1000 and p of 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.8: 400 samples each.
    let (mut draws, mut covered, mut all) = (Draws(SEED), 0_u32, 0_u32);
    for sample in [50, 100, 400, 1000] {
        for rate in [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.8] {
            let mut own = 0;
            for _ in 0..400 {
                let [low, high] = wilson::interval(draws.hits(sample, rate), sample, 0.95);
                own += u32::from((low..=high).contains(&rate));
            }
            assert!(own >= 360, "{own} of 400 hold {rate} of {sample}");
            (covered, all) = (covered + own, all + 400);
        }
    }
    let coverage = f64::from(covered) / f64::from(all);
    assert!((0.94..=0.97).contains(&coverage), "{coverage}");
}

/// In how many of 2,000 tests of arms that are all alike somebody wins.
fn false_winners(seed: u64, arms: &[&str], sample: u64, rate: f64) -> u32 {
    let mut draws = Draws(seed);
    let mut test = || {
        let shown: Vec<Arm> =
            arms.iter().map(|key| arm(key, sample, draws.hits(sample, rate))).collect();
        judge(&shown, USUAL).winner.is_some()
    };
    (0..2000).map(|_| u32::from(test())).sum()
}

#[test]
fn arms_that_are_alike_seldom_have_a_winner() {
    // S5.31, S5.32: at most 6 % at 95 %.
    for (seed, arms, sample, rate) in [
        (SEED, &[CONTROL, "b"][..], 400, 0.12),
        (SEED + 1, &[CONTROL, "b"], 200, 0.5),
        // Few are expected: Fisher's test.
        (SEED + 2, &[CONTROL, "b"], 120, 0.03),
        // Holm's correction.
        (SEED + 3, &[CONTROL, "b", "c", "d"], 200, 0.2),
    ] {
        let won = false_winners(seed, arms, sample, rate);
        assert!(won <= 120, "{won} of {arms:?} at {rate}");
    }
}

#[test]
fn arms_that_differ_have_a_winner() {
    // A difference of half as much again among 1,500 each is seldom missed.
    let mut draws = Draws(SEED + 4);
    let mut found = 0;
    for _ in 0..200 {
        let arms =
            [arm(CONTROL, 1500, draws.hits(1500, 0.12)), arm("b", 1500, draws.hits(1500, 0.18))];
        let winner = judge(&arms, USUAL).winner;
        assert_ne!(winner.as_deref(), Some(CONTROL));
        found += u32::from(winner.is_some());
    }
    assert!(found >= 190, "{found}");
}
