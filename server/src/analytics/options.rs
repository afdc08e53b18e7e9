//! What of analytics can be set.

use std::time::Duration;

use super::experiment::Demand;

/// How numbers are computed and kept (appendix A).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnalyticsOptions {
    /// The numbers of so many days, today being one of them, come from the sessions themselves; those of days before
    /// from what was kept of them (F43).
    pub raw_days: u32,
    /// For so long an answer is repeated (S5.7); not at all if it is nothing.
    pub cache: Duration,
    /// How sure the result of an A/B test has to be, from 0.5 to less than 1 (S5.32).
    pub ab_confidence: f64,
    /// How many conversations must have been shown each of two variants before one is called better (S5.32).
    pub ab_min_sample: u64,
    /// From so many impressions on an item counts among the best (S5.34), and a tag (S5.35).
    pub min_impressions: u64,
}

impl AnalyticsOptions {
    /// What is demanded of the result of an A/B test.
    pub(crate) const fn demand(&self) -> Demand {
        Demand { confidence: self.ab_confidence, min_sample: self.ab_min_sample }
    }
}

impl Default for AnalyticsOptions {
    fn default() -> Self {
        Self {
            raw_days: 3,
            cache: Duration::from_secs(30),
            ab_confidence: 0.95,
            ab_min_sample: 100,
            min_impressions: 5,
        }
    }
}
