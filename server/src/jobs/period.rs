//! When jobs are due.

use std::fmt;

use chatflow::Timestamp;

use super::later;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// How often a job is done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Period {
    /// Each time that so many minutes have passed since it ended.
    Minutes(u16),
    /// Once a day, at so many minutes after midnight in UTC.
    Daily(u16),
}

impl Period {
    /// The first moment after `last` at which a job that ended then is due again.
    pub fn after(self, last: Timestamp) -> Timestamp {
        match self {
            Self::Minutes(minutes) => later(last, i64::from(minutes).saturating_mul(MINUTE)),
            Self::Daily(minutes) => {
                let offset = i64::from(minutes).saturating_mul(MINUTE);
                let days = last.as_millis().saturating_sub(offset).div_euclid(DAY);
                let day = days.saturating_add(1).saturating_mul(DAY);
                Timestamp::from_millis(day.saturating_add(offset))
            }
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minutes(1) => f.write_str("every minute"),
            Self::Minutes(60) => f.write_str("hourly"),
            Self::Minutes(minutes) => write!(f, "every {minutes} minutes"),
            Self::Daily(minutes) => {
                write!(f, "daily {:02}:{:02} UTC", minutes.div_euclid(60), minutes.rem_euclid(60))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_due_once_in_its_period() {
        // Appendix C
        for (period, last, due) in [
            (Period::Minutes(15), "2026-03-02T10:00:00Z", "2026-03-02T10:15:00Z"),
            (Period::Daily(120), "2026-03-02T01:59:59.999Z", "2026-03-02T02:00:00Z"),
            (Period::Daily(120), "2026-03-02T02:00:00Z", "2026-03-03T02:00:00Z"),
            (Period::Daily(120), "2026-03-02T23:30:00Z", "2026-03-03T02:00:00Z"),
            (Period::Daily(20), "2026-02-28T00:20:01Z", "2026-03-01T00:20:00Z"),
        ] {
            let at = |text| Timestamp::parse(text).unwrap();
            assert_eq!(period.after(at(last)), at(due), "{period} after {last}");
        }
        assert_eq!(Period::Daily(125).to_string(), "daily 02:05 UTC");
    }
}
