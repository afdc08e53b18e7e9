//! What an A/B test shows: intervals, p-values and a winner, of counts alone (S5.27 to S5.32).

mod holm;
mod significance;
#[cfg(test)]
mod simulation;
mod wilson;

pub(crate) use significance::Method;

/// The arm that the others are compared with: the item as it is without a variant.
pub(crate) const CONTROL: &str = "control";

/// One arm of a test.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Arm {
    /// The variant.
    pub(crate) key: String,
    /// How many were shown it (n).
    pub(crate) sample: u64,
    /// How many of them reached their end (k); never more than those.
    pub(crate) conversions: u64,
}

/// When a difference counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Demand {
    /// How sure one wants to be, e.g. 0.95.
    pub(crate) confidence: f64,
    /// How many must have been shown each of two arms that are compared.
    pub(crate) min_sample: u64,
}

/// What is said of all arms.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    /// In the order of the arms.
    pub(crate) arms: Vec<ArmVerdict>,
    /// What is said of the difference that matters most; `None` where there is nothing to compare.
    pub(crate) difference: Option<Difference>,
    /// The arm that is better than the others.
    pub(crate) winner: Option<String>,
}

/// What is said of one arm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ArmVerdict {
    /// Between which rates of conversion the true one lies (S5.29).
    pub(crate) interval: [f64; 2],
    /// What is said of its difference to the control; `None` for the control itself.
    pub(crate) difference: Option<Difference>,
    /// How much better it converts than the control, as a part of that; `None` if that never does.
    pub(crate) lift: Option<f64>,
}

/// What is said of the difference between an arm and the control.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Difference {
    /// Corrected if there are several arms beside the control (S5.31).
    pub(crate) p_value: f64,
    /// Whether it counts (S5.32).
    pub(crate) is_significant: bool,
    /// How it was tested (S5.30).
    pub(crate) method: Method,
    /// Whether it was corrected.
    pub(crate) is_corrected: bool,
}

impl Arm {
    /// The rate of conversion; 0 if nobody was shown it.
    pub(crate) fn rate(&self) -> f64 {
        if self.sample == 0 {
            return 0.0;
        }
        super::number(self.conversions) / super::number(self.sample)
    }
}

/// Compares every arm with the control.
pub(crate) fn judge(arms: &[Arm], demand: Demand) -> Verdict {
    let control = arms.iter().find(|arm| arm.key == CONTROL);
    let differences = differences(arms, control, demand);
    let verdict = |(arm, difference): (&Arm, &Option<Difference>)| ArmVerdict {
        interval: wilson::interval(arm.conversions, arm.sample, demand.confidence),
        difference: *difference,
        lift: control.filter(|_| arm.key != CONTROL).and_then(|control| lift(arm, control)),
    };
    let (winner, difference) = winner(arms, control, &differences);
    Verdict { arms: arms.iter().zip(&differences).map(verdict).collect(), difference, winner }
}

/// Of each arm its difference to the control (S5.30, S5.31). An arm that nobody was shown is no test, and does not
/// make the others harder.
fn differences(arms: &[Arm], control: Option<&Arm>, demand: Demand) -> Vec<Option<Difference>> {
    let Some(control) = control else { return vec![None; arms.len()] };
    let of = |arm: &Arm| (arm.key != CONTROL).then(|| significance::compare(arm, control));
    let tests: Vec<_> = arms.iter().map(of).collect();
    let is_tested = |arm: &Arm| arm.key != CONTROL && arm.sample > 0;
    let tested = arms.iter().zip(&tests).filter(|(arm, _)| is_tested(arm));
    let raw: Vec<f64> = tested.filter_map(|(_, test)| test.map(|test| test.p_value)).collect();
    let is_corrected = raw.len() > 1;
    let mut corrected = holm::corrected(&raw).into_iter();
    let has_sample = |arm: &Arm| arm.sample >= demand.min_sample;
    let difference = |(arm, test): (&Arm, Option<significance::Test>)| {
        let test = test?;
        let next = if is_tested(arm) { corrected.next() } else { None };
        let p_value = next.unwrap_or(test.p_value);
        let is_sure = p_value < 1.0 - demand.confidence;
        let is_significant = is_sure && has_sample(arm) && has_sample(control);
        Some(Difference { p_value, is_significant, method: test.method, is_corrected })
    };
    arms.iter().zip(tests).map(difference).collect()
}

fn lift(arm: &Arm, control: &Arm) -> Option<f64> {
    let base = control.rate();
    (control.conversions > 0).then(|| (arm.rate() - base) / base)
}

/// The best of the arms that are significantly better than the control; the control if it is significantly better
/// than every other that anybody was shown; or nobody (S5.32). With it goes the difference that decides: the winner's;
/// of a control that wins the least sure one; else the surest there is.
fn winner(
    arms: &[Arm],
    control: Option<&Arm>,
    differences: &[Option<Difference>],
) -> (Option<String>, Option<Difference>) {
    let Some(control) = control else { return (None, None) };
    let others: Vec<_> = arms
        .iter()
        .zip(differences)
        .filter_map(|(arm, difference)| difference.map(|difference| (arm, difference)))
        .collect();
    let is_better = |(arm, difference): &&(&Arm, Difference)| {
        difference.is_significant && arm.rate() > control.rate()
    };
    let by_rate = |one: &&(&Arm, Difference), next: &&(&Arm, Difference)| {
        // Of equals the first.
        one.0.rate().total_cmp(&next.0.rate()).then_with(|| next.0.key.cmp(&one.0.key))
    };
    if let Some((arm, difference)) = others.iter().filter(is_better).max_by(by_rate) {
        return (Some(arm.key.clone()), Some(*difference));
    }
    let shown = others.iter().filter(|(arm, _)| arm.sample > 0).collect::<Vec<_>>();
    let is_beaten = |(arm, difference): &&(&Arm, Difference)| {
        difference.is_significant && arm.rate() < control.rate()
    };
    let by_p = |one: &&Difference, next: &&Difference| one.p_value.total_cmp(&next.p_value);
    let told = shown.iter().map(|(_, difference)| difference);
    if !shown.is_empty() && shown.iter().all(is_beaten) {
        return (Some(CONTROL.to_owned()), told.max_by(by_p).copied());
    }
    let surest = told.min_by(by_p).or_else(|| others.iter().map(|(_, told)| told).min_by(by_p));
    (None, surest.copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const USUAL: Demand = Demand { confidence: 0.95, min_sample: 100 };

    pub(super) fn arm(key: &str, sample: u64, conversions: u64) -> Arm {
        Arm { key: key.to_owned(), sample, conversions }
    }

    fn is_near(got: f64, expected: f64) {
        assert!((got - expected).abs() < 5e-6, "{got} is not {expected}");
    }

    #[test]
    fn the_worked_example_has_its_numbers() {
        // S5.32
        let arms = [arm("B", 400, 72), arm(CONTROL, 400, 48)];
        let verdict = judge(&arms, USUAL);
        let [b, control] = [verdict.arms[0], verdict.arms[1]];
        [0.14545, 0.22064].into_iter().zip(b.interval).for_each(|(e, got)| is_near(got, e));
        [0.09172, 0.15551].into_iter().zip(control.interval).for_each(|(e, got)| is_near(got, e));
        let difference = b.difference.unwrap();
        is_near(difference.p_value, 0.01748);
        assert!(difference.is_significant && !difference.is_corrected);
        assert_eq!(difference.method, Method::TwoProportionZ);
        is_near(b.lift.unwrap(), 0.5);
        assert_eq!((control.difference, control.lift), (None, None));
        assert_eq!((verdict.winner.as_deref(), verdict.difference), (Some("B"), Some(difference)));
    }

    fn winner_of(arms: &[Arm]) -> (Option<String>, Option<f64>, Option<bool>) {
        let verdict = judge(arms, USUAL);
        let rounded = |p: f64| (p * 1e4).round() / 1e4;
        let difference = verdict.difference;
        (
            verdict.winner,
            difference.map(|d| rounded(d.p_value)),
            difference.map(|d| d.is_significant),
        )
    }

    #[test]
    fn the_best_wins_or_the_control_or_nobody() {
        // S5.32
        let control = arm(CONTROL, 400, 48);
        let (better, best) = (arm("B", 400, 80), arm("C", 400, 90));
        let worse = arm("D", 400, 16);
        let won = |arms: &[Arm]| winner_of(arms).0;
        assert_eq!(won(&[control.clone(), better.clone(), best]).as_deref(), Some("C"));
        let equal = arm("A", 400, 80);
        assert_eq!(won(&[control.clone(), better.clone(), equal]).as_deref(), Some("A"));
        assert_eq!(won(&[control.clone(), worse.clone()]).as_deref(), Some("control"));
        let (winner, p_value, is_significant) =
            winner_of(&[control.clone(), worse.clone(), arm("E", 400, 26)]);
        // The claim is as sure as its weakest part.
        assert_eq!((winner.as_deref(), is_significant), (Some("control"), Some(true)));
        assert_eq!(p_value, Some(0.0073));
        // One that is no worse keeps the control from winning, one that nobody was shown does not.
        let alike = arm("F", 400, 47);
        let (winner, _, is_significant) = winner_of(&[control.clone(), worse.clone(), alike]);
        assert_eq!((winner, is_significant), (None, Some(true)));
        assert_eq!(won(&[control.clone(), worse, arm("G", 0, 0)]).as_deref(), Some("control"));
        assert_eq!(won(&[control.clone(), better, arm("G", 0, 0)]).as_deref(), Some("B"));
        assert_eq!(winner_of(&[control]), (None, None, None));
        assert_eq!(winner_of(&[]), (None, None, None));
    }

    #[test]
    fn a_small_sample_decides_nothing() {
        // S5.32: both arms need a hundred.
        for (control, other, wins) in [(100, 100, true), (99, 100, false), (100, 99, false)] {
            let arms = [arm(CONTROL, control, 10), arm("B", other, 50)];
            let (winner, p_value, is_significant) = winner_of(&arms);
            assert_eq!((winner.is_some(), is_significant), (wins, Some(wins)));
            assert_eq!(p_value, Some(0.0));
        }
    }

    #[test]
    fn without_data_nothing_is_said() {
        let verdict = judge(&[arm(CONTROL, 0, 0), arm("B", 0, 0)], USUAL);
        let everything = [0.0_f64, 1.0].map(f64::to_bits);
        let says_nothing =
            |arm: &ArmVerdict| arm.interval.map(f64::to_bits) == everything && arm.lift.is_none();
        assert!(verdict.arms.iter().all(says_nothing));
        let difference = verdict.difference.unwrap();
        assert!(!difference.is_significant && !difference.is_corrected);
        assert_eq!((difference.p_value.to_bits(), verdict.winner), (1.0_f64.to_bits(), None));
        // Nothing is compared with what is not there.
        let verdict = judge(&[arm("A", 100, 10), arm("B", 100, 50)], USUAL);
        assert_eq!((verdict.difference, verdict.winner), (None, None));
        // A lift over nothing is none.
        let verdict = judge(&[arm(CONTROL, 200, 0), arm("B", 200, 50)], USUAL);
        assert_eq!((verdict.arms[1].lift, verdict.winner.as_deref()), (None, Some("B")));
    }
}
