//! Days of the calendar, all of them in UTC (S5.1).

use chatflow::Timestamp;

const MILLIS: i64 = 86_400_000;

/// A UTC day: how many there were since the 1st of January 1970.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Day(pub i64);

impl Day {
    /// The day that a time is on.
    pub fn of(time: Timestamp) -> Self {
        Self(time.as_millis().div_euclid(MILLIS))
    }

    /// Its first moment.
    pub fn begins(self) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_mul(MILLIS))
    }

    /// The day after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_goes_from_midnight_to_midnight() {
        for (millis, day) in [(0, 0), (86_399_999, 0), (86_400_000, 1), (-1, -1)] {
            assert_eq!(Day::of(Timestamp::from_millis(millis)), Day(day), "{millis}");
        }
        assert_eq!(Day(-1).next().begins(), Timestamp::from_millis(0));
    }
}
