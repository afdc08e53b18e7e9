//! The days that numbers are asked for (S5.1).

use axum::http::StatusCode;
use chatflow::Timestamp;
use chatflow_storage::Day;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;

/// The usual window ends today and begins so many days before.
const USUAL: i64 = 30;

/// The longest window, in days.
const LONGEST: i64 = 730;

/// The days that are asked for, both included, in UTC.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Days {
    /// The first day, e.g. `2026-03-01`; 30 days before the last if nothing is said.
    #[param(pattern = r"^\d{4}-\d{2}-\d{2}$", format = Date)]
    start_date: Option<String>,
    /// The last day; today if nothing is said. At most 730 days after the first.
    #[param(pattern = r"^\d{4}-\d{2}-\d{2}$", format = Date)]
    end_date: Option<String>,
}

/// Days in a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Window {
    pub(crate) first: Day,
    pub(crate) last: Day,
}

/// The days that numbers are of.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub(crate) struct TimePeriod {
    #[schema(format = Date)]
    pub(crate) start_date: String,
    #[schema(format = Date)]
    pub(crate) end_date: String,
    /// How many days the last is after the first.
    days: i64,
}

impl Days {
    /// From one day to another.
    pub(crate) const fn of(start_date: Option<String>, end_date: Option<String>) -> Self {
        Self { start_date, end_date }
    }

    /// Whether nothing was said.
    pub(crate) fn is_usual(&self) -> bool {
        self.start_date.is_none() && self.end_date.is_none()
    }

    /// The window that is asked for at this moment.
    pub(crate) fn window(&self, now: Timestamp) -> Result<Window, ApiError> {
        Window::between((self.start_date.as_deref(), self.end_date.as_deref()), "query", now)
    }
}

impl Window {
    /// From one day to another, which a `place` of the request names; what is not named is as usual.
    pub(crate) fn between(
        (first, last): (Option<&str>, Option<&str>),
        place: &str,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let last = last.map(|text| day(text, [place, "end_date"])).transpose()?;
        let last = last.unwrap_or_else(|| Day::of(now));
        let first = first.map(|text| day(text, [place, "start_date"])).transpose()?;
        let first = first.unwrap_or_else(|| Day(last.0.saturating_sub(USUAL)));
        let window = Self { first, last };
        match window.days() {
            ..0 => Err(refused("start_date must not be after end_date")),
            0..=LONGEST => Ok(window),
            _ => Err(refused("end_date may be at most 730 days after start_date")),
        }
    }

    /// From so many days before today until today.
    pub(crate) fn of_last(days: u32, now: Timestamp) -> Self {
        let last = Day::of(now);
        Self { first: Day(last.0.saturating_sub(days.into())), last }
    }

    /// Its first moment.
    pub(crate) fn begins(self) -> Timestamp {
        self.first.begins()
    }

    /// The first moment behind it.
    pub(crate) fn ends(self) -> Timestamp {
        self.last.next().begins()
    }

    /// How many days the last is after the first.
    pub(crate) const fn days(self) -> i64 {
        self.last.0.saturating_sub(self.first.0)
    }

    /// As answers tell it.
    pub(crate) fn echo(self) -> TimePeriod {
        TimePeriod { start_date: date(self.first), end_date: date(self.last), days: self.days() }
    }
}

/// A day as text, e.g. `2026-03-01`.
pub(crate) fn date(day: Day) -> String {
    let mut text = day.begins().to_string();
    text.truncate(10);
    text
}

/// A day of a request, which its pattern has let through.
fn day(text: &str, place: [&str; 2]) -> Result<Day, ApiError> {
    let moment = Timestamp::parse(&format!("{text}T00:00:00Z"));
    moment.map(Day::of).ok_or_else(|| {
        let message = "must be a day of the calendar such as 2026-03-01";
        ApiError::field(&place, "value_error.date", message)
    })
}

fn refused(detail: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "invalid_date_range", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "2026-03-31T12:00:00Z";

    fn window(start: Option<&str>, end: Option<&str>) -> Result<String, &'static str> {
        let text = |day: &str| day.to_owned();
        let days = Days { start_date: start.map(text), end_date: end.map(text) };
        let window = days.window(Timestamp::parse(NOON).unwrap()).map_err(|error| error.code())?;
        let TimePeriod { start_date, end_date, days } = window.echo();
        Ok(format!("{start_date} {end_date} {days} {} {}", window.begins(), window.ends()))
    }

    #[test]
    fn a_window_holds_whole_days() {
        // S5.1
        let usual = "2026-03-01 2026-03-31 30 2026-03-01T00:00:00.000Z 2026-04-01T00:00:00.000Z";
        assert_eq!(window(None, None).unwrap(), usual);
        assert_eq!(window(Some("2026-03-01"), None).unwrap(), usual);
        let one = window(Some("2024-02-29"), Some("2024-02-29")).unwrap();
        assert_eq!(
            one,
            "2024-02-29 2024-02-29 0 2024-02-29T00:00:00.000Z 2024-03-01T00:00:00.000Z"
        );
        let before = window(None, Some("2026-01-31")).unwrap();
        assert!(before.starts_with("2026-01-01 2026-01-31 30 "), "{before}");
    }

    #[test]
    fn a_window_has_limits() {
        // S5.1
        for (start, end, expected) in [
            (Some("2026-03-02"), Some("2026-03-01"), Err("invalid_date_range")),
            (Some("2026-04-01"), None, Err("invalid_date_range")),
            (Some("2024-03-31"), Some("2026-04-01"), Err("invalid_date_range")),
            (Some("2026-02-31"), None, Err("validation_error")),
            (None, Some("2026-13-01"), Err("validation_error")),
        ] {
            assert_eq!(window(start, end).map(drop), expected, "{start:?} {end:?}");
        }
        assert!(window(Some("2024-04-01"), Some("2026-04-01")).is_ok());
        let week = Window::of_last(7, Timestamp::parse(NOON).unwrap());
        assert_eq!((date(week.first), week.days()), ("2026-03-24".to_owned(), 7));
    }
}
