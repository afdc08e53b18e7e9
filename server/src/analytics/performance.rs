//! How a flow does from day to day (S5.12 to S5.15).

use std::collections::BTreeMap;

use chatflow::{FlowId, Timestamp};
use chatflow_storage::{Day, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::rate::{number, rate, rounded, seconds};
use super::reporter::ScopeEcho;
use super::source::{Outcomes, Source};
use super::window::{TimePeriod, Window, date};

const HOUR: i64 = 3_600_000;

/// How long a bucket is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Granularity {
    Hourly,
    #[default]
    Daily,
    Weekly,
}

/// How a flow did, bucket by bucket.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Performance {
    flow_id: Uuid,
    granularity: Granularity,
    time_series: Vec<Bucket>,
    summary: Summary,
    time_period: TimePeriod,
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

/// An hour, a day, or a week.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Bucket {
    /// `2026-03-01`, of a week its Monday; `2026-03-01 10:00:00` for an hour.
    date: String,
    sessions: u64,
    completion_rate: f64,
    /// Of the sessions that have ended, in seconds.
    avg_duration: f64,
}

/// All buckets together.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Summary {
    total_sessions: u64,
    avg_completion_rate: f64,
    avg_duration: f64,
    trend: Trend,
    /// By how much the completion rate changes from one bucket to the next: least squares, weighted by sessions. 0 with
    /// fewer than two buckets.
    trend_slope: f64,
}

/// How the completion rate moves.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Trend {
    Improving,
    Declining,
    Stable,
}

/// The outcomes of a flow by the first moment of each bucket that has sessions.
pub(crate) async fn buckets(
    source: &Source,
    flow: FlowId,
    granularity: Granularity,
    window: Window,
) -> Result<BTreeMap<Timestamp, Outcomes>, StoreError> {
    if granularity == Granularity::Hourly {
        return source.by_hour(flow, window).await;
    }
    let mut found: BTreeMap<Timestamp, Outcomes> = BTreeMap::new();
    for ((_, day), outcomes) in source.by_day(&[flow], window).await? {
        let first = if granularity == Granularity::Weekly { monday(day) } else { day };
        found.entry(first.begins()).or_default().add(outcomes);
    }
    Ok(found)
}

impl Performance {
    /// What [`buckets`] found; those without sessions as well, if they are asked for, up to `now`.
    pub(crate) fn of(
        flow: FlowId,
        granularity: Granularity,
        (window, found): (Window, &BTreeMap<Timestamp, Outcomes>),
        (is_filled, now): (bool, Timestamp),
        scope: Option<ScopeEcho>,
    ) -> Self {
        let with_sessions: Vec<_> =
            found.iter().filter(|(_, outcomes)| outcomes.sessions > 0).collect();
        let time_series = if is_filled {
            let outcomes = |at: Timestamp| found.get(&at).copied().unwrap_or_default();
            granularity.all(window, now).map(|at| granularity.bucket(at, outcomes(at))).collect()
        } else {
            with_sessions
                .iter()
                .map(|(at, outcomes)| granularity.bucket(**at, **outcomes))
                .collect()
        };
        let mut sum = Outcomes::default();
        for outcomes in found.values() {
            sum.add(*outcomes);
        }
        let points: Vec<_> = with_sessions
            .iter()
            .map(|(at, outcomes)| (granularity.place(**at), **outcomes))
            .collect();
        Self {
            flow_id: flow.0,
            granularity,
            time_series,
            summary: Summary {
                total_sessions: sum.sessions,
                avg_completion_rate: rate(sum.completed, sum.sessions),
                avg_duration: seconds(sum.duration_ms, sum.ended),
                trend: trend(&points),
                trend_slope: rounded(slope(&points)),
            },
            time_period: window.echo(),
            scope,
        }
    }
}

impl Granularity {
    const fn length(self) -> i64 {
        match self {
            Self::Hourly => HOUR,
            Self::Daily => 24 * HOUR,
            Self::Weekly => 7 * 24 * HOUR,
        }
    }

    /// Which bucket of its kind one is.
    fn place(self, at: Timestamp) -> i64 {
        at.as_millis().div_euclid(self.length())
    }

    /// The first moments of all buckets of a window until now.
    fn all(self, window: Window, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        let first = if self == Self::Weekly { monday(window.first) } else { window.first };
        let end = window.ends().min(now);
        let next = move |at: &Timestamp| {
            Some(Timestamp::from_millis(at.as_millis().saturating_add(self.length())))
        };
        std::iter::successors(Some(first.begins()), next).take_while(move |at| *at <= end)
    }

    fn bucket(self, at: Timestamp, outcomes: Outcomes) -> Bucket {
        let day = date(Day::of(at));
        let hour = at.as_millis().rem_euclid(24 * HOUR).div_euclid(HOUR);
        Bucket {
            date: if self == Self::Hourly { format!("{day} {hour:02}:00:00") } else { day },
            sessions: outcomes.sessions,
            completion_rate: rate(outcomes.completed, outcomes.sessions),
            avg_duration: seconds(outcomes.duration_ms, outcomes.ended),
        }
    }
}

/// The first day of a day's week (ISO 8601).
pub(crate) fn monday(day: Day) -> Day {
    // The 1st of January 1970 was a Thursday.
    Day(day.0.saturating_sub(day.0.saturating_add(3).rem_euclid(7)))
}

/// S5.15: the first bucket beside the last one, exactly, by whole numbers: r > 1.05 q is 100 r > 105 q.
fn trend(points: &[(i64, Outcomes)]) -> Trend {
    let [(_, first), .., (_, last)] = points else { return Trend::Stable };
    let wide = |a: u64, b: u64, scale: u64| {
        u128::from(a).saturating_mul(b.into()).saturating_mul(scale.into())
    };
    let (before, after) = ((first.completed, last.sessions), (last.completed, first.sessions));
    let is_above = wide(after.0, after.1, 100) > wide(before.0, before.1, 105);
    let is_below = wide(after.0, after.1, 100) < wide(before.0, before.1, 95);
    match (is_above, is_below) {
        (true, _) => Trend::Improving,
        (false, true) => Trend::Declining,
        (false, false) => Trend::Stable,
    }
}

/// The least-squares slope of completion rates over buckets, weighted by sessions.
fn slope(points: &[(i64, Outcomes)]) -> f64 {
    let Some((begin, _)) = points.first() else { return 0.0 };
    let (mut weight, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
    let at = |place: i64| number(place.saturating_sub(*begin).unsigned_abs());
    for (place, outcomes) in points {
        weight += number(outcomes.sessions);
        x_sum += number(outcomes.sessions) * at(*place);
        y_sum += number(outcomes.completed);
    }
    let (x_mean, y_mean) = (x_sum / weight, y_sum / weight);
    let (mut over, mut under) = (0.0, 0.0);
    for (place, outcomes) in points {
        let x = at(*place) - x_mean;
        over += x * (number(outcomes.completed) - number(outcomes.sessions) * y_mean);
        under += number(outcomes.sessions) * x * x;
    }
    if under > 0.0 { over / under } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn of(sessions: u64, completed: u64) -> Outcomes {
        Outcomes {
            sessions,
            completed,
            ended: sessions,
            duration_ms: sessions.saturating_mul(1500),
        }
    }

    #[test]
    fn a_week_begins_on_monday() {
        // S5.13
        for (day, first) in [
            ("2026-03-01", "2026-02-23"),
            ("2026-03-02", "2026-03-02"),
            ("2026-03-08", "2026-03-02"),
            ("1969-12-31", "1969-12-29"),
        ] {
            let day = Day::of(at(&format!("{day}T00:00:00Z")));
            assert_eq!(date(monday(day)), first);
        }
    }

    #[test]
    fn a_trend_is_five_percent_of_the_first_rate() {
        // S5.15
        let trend_of = |points: &[(u64, u64)]| {
            let points: Vec<_> =
                points.iter().zip(0..).map(|((n, c), x)| (x, of(*n, *c))).collect();
            trend(&points)
        };
        for (points, expected) in [
            (&[][..], Trend::Stable),
            (&[(10, 1)], Trend::Stable),
            (&[(100, 40), (100, 42)], Trend::Stable),
            (&[(1000, 400), (1000, 421)], Trend::Improving),
            (&[(100, 40), (100, 38)], Trend::Stable),
            (&[(1000, 400), (1000, 379)], Trend::Declining),
            (&[(5, 0), (5, 1)], Trend::Improving),
            (&[(5, 0), (5, 0)], Trend::Stable),
            (&[(5, 1), (5, 5), (5, 1)], Trend::Stable),
        ] {
            assert_eq!(trend_of(points), expected, "{points:?}");
        }
    }

    #[test]
    fn a_slope_is_weighted_by_sessions() {
        // S5.15
        let even = [(7, of(10, 1)), (8, of(10, 2)), (9, of(10, 3))];
        assert!((slope(&even) - 0.1).abs() < 1e-12);
        // By hand: x 0, 1, 3 with weights 1, 2, 1 and rates 1, 0.5, 0: -3 / 9 of 4.75.
        let uneven = [(0, of(1, 1)), (1, of(2, 1)), (3, of(1, 0))];
        let (x_mean, y_mean) = (1.25, 0.5);
        let over: f64 = (0.0 - x_mean) * (1.0 - y_mean) + 0.0 + (3.0 - x_mean) * (0.0 - y_mean);
        let under: f64 = 1.25 * 1.25 + 2.0 * 0.25 * 0.25 + 1.75 * 1.75;
        assert!((slope(&uneven) - over / under).abs() < 1e-12);
        assert!(slope(&even[..1]).abs() < f64::EPSILON && slope(&[]).abs() < f64::EPSILON);
    }

    #[test]
    fn buckets_without_sessions_are_told_when_they_are_asked_for() {
        // S5.12, S5.13, S5.14
        let now = at("2026-03-05T01:30:00Z");
        let window = Window::of_last(2, now);
        let found = BTreeMap::from([
            (at("2026-03-03T00:00:00Z"), of(2, 1)),
            (at("2026-03-05T00:00:00Z"), of(3, 3)),
        ]);
        let read = |granularity, is_filled| {
            Performance::of(
                FlowId(Uuid::nil()),
                granularity,
                (window, &found),
                (is_filled, now),
                None,
            )
        };
        let dates = |performance: &Performance| {
            let bucket = |bucket: &Bucket| format!("{} {}", bucket.date, bucket.sessions);
            performance.time_series.iter().map(bucket).collect::<Vec<_>>()
        };
        let daily = read(Granularity::Daily, false);
        assert_eq!(dates(&daily), ["2026-03-03 2", "2026-03-05 3"]);
        assert_eq!((daily.summary.total_sessions, daily.summary.trend), (5, Trend::Improving));
        assert!((daily.summary.avg_completion_rate - 0.8).abs() < 1e-12);
        assert!((daily.summary.avg_duration - 1.5).abs() < 1e-12);
        assert!((daily.summary.trend_slope - 0.25).abs() < 1e-12);
        let filled = read(Granularity::Daily, true);
        assert_eq!(dates(&filled), ["2026-03-03 2", "2026-03-04 0", "2026-03-05 3"]);
        assert_eq!(filled.summary, daily.summary);
        let hours = read(Granularity::Hourly, true);
        assert_eq!(hours.time_series.len(), 50);
        assert_eq!(dates(&hours)[48..], ["2026-03-05 00:00:00 3", "2026-03-05 01:00:00 0"]);
        assert_eq!(dates(&read(Granularity::Weekly, true)), ["2026-03-02 0"]);
    }
}
