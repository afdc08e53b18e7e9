//! Calendar dates (R3.25).

use serde_json::Value;

use super::field::{Fields, Reader};
use super::{Accepted, Refusal, RefusalCode, Today};
use crate::check::Report;
use crate::time::{Timestamp, civil_from_days, days_from_civil, parse_date};

/// What a date must be; both limits belong to the range.
#[derive(Clone, Debug)]
pub(super) struct DateRules {
    min: Option<Bound>,
    max: Option<Bound>,
}

/// A limit: a day, or so many days and months from today.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    Day(i64),
    FromToday { days: i64, months: i64 },
}

const BOUND: Reader<Bound> = Reader {
    expected: "a date such as `2026-01-31`, `today` or `today+7d` (days, weeks, months, years)",
    read: |value| Bound::parse(value.as_str()?),
};

impl DateRules {
    pub(super) fn compile(validation: &Fields<'_>, report: &mut Report) -> Self {
        let min = validation.read(&["min"], &BOUND, report);
        let max = validation.read(&["max"], &BOUND, report);
        if let (Some(Bound::Day(low)), Some(Bound::Day(high))) = (min, max) {
            validation.check_order((Some(low), Some(high)), (&["min"], &["max"]), report);
        }
        Self { min, max }
    }

    pub(super) fn accept(&self, raw: &Value, today: Today) -> Result<Accepted, Refusal> {
        let day = raw.as_str().map(str::trim).and_then(read_day).ok_or_else(|| {
            let message = "Please enter a date as year, month and day, such as 2026-01-31.";
            Refusal::new(RefusalCode::Date, message)
        })?;
        let limit = |bound: Option<Bound>| bound.map(|bound| bound.resolve(today));
        if let Some(min) = limit(self.min).filter(|min| day < *min) {
            let message = format!("Please enter a date no earlier than {}.", text(min));
            return Err(Refusal::new(RefusalCode::DateMin, message));
        }
        if let Some(max) = limit(self.max).filter(|max| day > *max) {
            let message = format!("Please enter a date no later than {}.", text(max));
            return Err(Refusal::new(RefusalCode::DateMax, message));
        }
        Ok(Accepted::value(text(day)))
    }
}

/// `YYYY-MM-DD`, or the date of an RFC 3339 time in its own offset.
fn read_day(text: &str) -> Option<i64> {
    let (date, clock) = text.split_at_checked(10)?;
    let whole = clock.is_empty() || Timestamp::parse(text).is_some();
    parse_date(date).filter(|_| whole)
}

fn text(day: i64) -> String {
    let (y, m, d) = civil_from_days(day);
    format!("{y:04}-{m:02}-{d:02}")
}

impl Bound {
    fn parse(text: &str) -> Option<Self> {
        let Some(offset) = text.strip_prefix("today") else {
            return parse_date(text).map(Self::Day);
        };
        if offset.is_empty() {
            return Some(Self::FromToday { days: 0, months: 0 });
        }
        let (sign, rest) = match offset.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, offset.strip_prefix('+')?),
        };
        let count = |unit: char| {
            let digits = rest.strip_suffix(unit)?;
            let plain =
                (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            digits.parse().ok().filter(|_| plain).map(|n: i64| n.saturating_mul(sign))
        };
        let days = count('d').or_else(|| Some(count('w')?.saturating_mul(7)));
        let months = count('m').or_else(|| Some(count('y')?.saturating_mul(12)));
        match (days, months) {
            (None, None) => None,
            (days, months) => {
                Some(Self::FromToday { days: days.unwrap_or(0), months: months.unwrap_or(0) })
            }
        }
    }

    /// Months keep the day of the month, or end at the month's last.
    fn resolve(self, today: Today) -> i64 {
        match self {
            Self::Day(day) => day,
            Self::FromToday { days, months } => {
                let (y, m, d) = civil_from_days(today.days);
                let first = |months: i64| {
                    let month = m.saturating_sub(1).saturating_add(months);
                    let year = y.saturating_add(month.div_euclid(12));
                    days_from_civil(year, month.rem_euclid(12).saturating_add(1), 1)
                };
                let last = first(months.saturating_add(1)).saturating_sub(1);
                let day = first(months).saturating_add(d.saturating_sub(1)).min(last);
                day.saturating_add(days)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bound, Today, text};
    use crate::time::parse_date;

    #[test]
    fn limits_may_move_with_the_day() {
        // R3.25.
        for (today, bound, day) in [
            ("2026-01-31", "2020-02-29", "2020-02-29"),
            ("2026-01-31", "today", "2026-01-31"),
            ("2026-01-31", "today+1d", "2026-02-01"),
            ("2026-01-31", "today-5w", "2025-12-27"),
            ("2026-01-31", "today+1m", "2026-02-28"),
            ("2026-01-31", "today-11m", "2025-02-28"),
            ("2024-02-29", "today-1y", "2023-02-28"),
            ("2024-02-29", "today+9999y", "12023-02-28"),
        ] {
            let today = Today { days: parse_date(today).unwrap() };
            let resolved = Bound::parse(bound).map(|bound| text(bound.resolve(today)));
            assert_eq!(resolved.as_deref(), Some(day), "{bound}");
        }
    }

    #[test]
    fn other_limits_are_refused() {
        for bound in
            ["", "Today", "today+", "today+d", "today+1", "today 1d", "today+1h", "today+-1d"]
        {
            assert_eq!(Bound::parse(bound), None, "{bound}");
        }
        for bound in ["today+10000d", "2026-02-30", "26-01-01", "today+١d"] {
            assert_eq!(Bound::parse(bound), None, "{bound}");
        }
    }
}
