//! What of analytics can be set.

use std::time::Duration;

/// How numbers are computed and kept (appendix A).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AnalyticsOptions {
    /// The numbers of so many days, today being one of them, come from the sessions themselves; those of days before
    /// from what was kept of them (F43).
    pub raw_days: u32,
    /// For so long an answer is repeated (S5.7); not at all if it is nothing.
    pub cache: Duration,
}

impl Default for AnalyticsOptions {
    fn default() -> Self {
        Self { raw_days: 3, cache: Duration::from_secs(30) }
    }
}
