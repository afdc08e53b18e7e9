//! When, where and to whom an item is shown (S5.33).

use std::collections::BTreeMap;

use chatflow::SessionId;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, ContentWindow, Day, ImpressionFacts, ImpressionPage, ImpressionQuery,
    StoreError,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::context::{Context, Segment, contexts, segment};
use crate::analytics::{ScopeEcho, TimePeriod, Window, rate};

/// So many impressions, the newest, are looked at one by one.
const MOST: usize = 20_000;

/// So many at once.
const PAGE: u32 = 500;

/// When, where and to whom an item is shown. Each set of parts adds up to 1, or is all 0 without data.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ContentUsage {
    content_id: Uuid,
    /// How often it was shown.
    impressions: u64,
    /// The same for each day.
    usage_frequency: f64,
    time_patterns: TimePatterns,
    context_distribution: ContextDistribution,
    user_segments: UserSegments,
    /// Numbers that are not of everything: `context_distribution` and `user_segments` are of the newest 20,000
    /// impressions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    approximate: Vec<&'static str>,
    time_period: TimePeriod,
    /// On whose behalf it was computed; null for the platform.
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

/// When it was shown, in UTC: parts of the impressions.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct TimePatterns {
    hourly_distribution: Hours,
    /// Hour by hour.
    #[schema(min_items = 24, max_items = 24)]
    by_hour: Vec<f64>,
    daily_distribution: Weekdays,
}

/// Parts of a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Hours {
    /// From 5 to 12.
    morning: f64,
    /// From 12 to 17.
    afternoon: f64,
    /// From 17 to 21.
    evening: f64,
    /// The rest.
    night: f64,
}

/// Parts of a week.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Weekdays {
    weekdays: f64,
    weekends: f64,
}

/// Parts of a conversation; impressions of conversations that are gone are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ContextDistribution {
    /// Its first two visits.
    welcome_sequence: f64,
    main_conversation: f64,
    /// Its last two visits, if it has ended.
    closing_sequence: f64,
}

/// Who was shown it, by age; impressions of conversations that are gone are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct UserSegments {
    children_under_7: f64,
    children_7_12: f64,
    teens_13_17: f64,
    adults: f64,
    unknown: f64,
}

/// Impressions by where and to whom they were.
#[derive(Debug, Default)]
struct Placed {
    welcome: u64,
    main: u64,
    closing: u64,
    segments: [u64; 5],
}

impl ContentUsage {
    /// Of an item that the scope views.
    pub(crate) async fn read(
        store: &AnyStore,
        scope: &AccessScope,
        window: ContentWindow,
        echo: Option<ScopeEcho>,
    ) -> Result<Self, StoreError> {
        let days = store.content_days(scope, window).await?;
        let sum = |is: fn(Day) -> bool| {
            let days = days.iter().filter(|day| is(day.day));
            days.fold(0_u64, |sum, day| sum.saturating_add(day.counters.impressions))
        };
        let (weekdays, weekends) = (sum(|day| !is_weekend(day)), sum(is_weekend));
        let impressions = weekdays.saturating_add(weekends);
        let hours = store.content_audience(scope, window).await?.hours;
        let (placed, is_all) = Placed::read(store, scope, window).await?;
        let days = Window { first: window.from, last: window.to };
        let length = u64::try_from(days.days().saturating_add(1)).unwrap_or(1);
        let daily_distribution = Weekdays {
            weekdays: rate(weekdays, impressions),
            weekends: rate(weekends, impressions),
        };
        Ok(Self {
            content_id: window.content.0,
            impressions,
            usage_frequency: rate(impressions, length),
            time_patterns: TimePatterns::of(&hours, daily_distribution),
            context_distribution: placed.contexts(),
            user_segments: placed.segments(),
            approximate: if is_all {
                Vec::new()
            } else {
                vec!["context_distribution", "user_segments"]
            },
            time_period: days.echo(),
            scope: echo,
        })
    }
}

/// Whether a day is a Saturday or a Sunday. Day 0 was a Thursday.
fn is_weekend(day: Day) -> bool {
    matches!(day.0.rem_euclid(7), 2 | 3)
}

impl TimePatterns {
    fn of(hours: &[u64; 24], daily_distribution: Weekdays) -> Self {
        let all = hours.iter().copied().fold(0, u64::saturating_add);
        let part = |is: fn(usize) -> bool| {
            let hours = hours.iter().enumerate().filter(|(hour, _)| is(*hour));
            rate(hours.fold(0, |sum: u64, (_, shown)| sum.saturating_add(*shown)), all)
        };
        let hourly_distribution = Hours {
            morning: part(|hour| (5..12).contains(&hour)),
            afternoon: part(|hour| (12..17).contains(&hour)),
            evening: part(|hour| (17..21).contains(&hour)),
            night: part(|hour| !(5..21).contains(&hour)),
        };
        let by_hour = hours.iter().map(|shown| rate(*shown, all)).collect();
        Self { hourly_distribution, by_hour, daily_distribution }
    }
}

impl Placed {
    /// Of the newest impressions; says whether these are all.
    async fn read(
        store: &AnyStore,
        scope: &AccessScope,
        window: ContentWindow,
    ) -> Result<(Self, bool), StoreError> {
        let mut query = ImpressionQuery { window, before: None, limit: PAGE };
        let (mut placed, mut seen) = (Self::default(), 0_usize);
        loop {
            let page = store.content_impressions(scope, &query).await?;
            let Some(last) = page.impressions.last() else { return Ok((placed, true)) };
            if seen >= MOST {
                return Ok((placed, false));
            }
            query.before = Some(last.cursor());
            seen = seen.saturating_add(page.impressions.len());
            placed.add(&page);
        }
    }

    fn add(&mut self, page: &ImpressionPage) {
        let mut shown: BTreeMap<SessionId, Vec<&ImpressionFacts>> = BTreeMap::new();
        for fact in &page.impressions {
            if let Some(session) = fact.session_id {
                shown.entry(session).or_default().push(fact);
            }
        }
        for session in &page.sessions {
            let facts = shown.remove(&session.id).unwrap_or_default();
            let impressions = u64::try_from(facts.len()).unwrap_or(u64::MAX);
            for context in contexts(session, facts) {
                let count = match context {
                    Context::Welcome => &mut self.welcome,
                    Context::Main => &mut self.main,
                    Context::Closing => &mut self.closing,
                };
                *count = count.saturating_add(1);
            }
            let [under_7, from_7, from_13, adults, unknown] = &mut self.segments;
            let count = match segment(&session.state) {
                Segment::Under7 => under_7,
                Segment::From7To12 => from_7,
                Segment::From13To17 => from_13,
                Segment::Adult => adults,
                Segment::Unknown => unknown,
            };
            *count = count.saturating_add(impressions);
        }
    }

    fn contexts(&self) -> ContextDistribution {
        let all = self.welcome.saturating_add(self.main).saturating_add(self.closing);
        ContextDistribution {
            welcome_sequence: rate(self.welcome, all),
            main_conversation: rate(self.main, all),
            closing_sequence: rate(self.closing, all),
        }
    }

    fn segments(&self) -> UserSegments {
        let all = self.segments.iter().copied().fold(0, u64::saturating_add);
        let [under_7, from_7, from_13, adults, unknown] =
            self.segments.map(|impressions| rate(impressions, all));
        UserSegments {
            children_under_7: under_7,
            children_7_12: from_7,
            teens_13_17: from_13,
            adults,
            unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chatflow::Timestamp;

    #[test]
    fn a_week_ends_with_saturday_and_sunday() {
        // The 16th of March 2026 was a Monday.
        let monday = Day::of(Timestamp::parse("2026-03-16T12:00:00Z").unwrap());
        let week = (0..7).map(|n| is_weekend(Day(monday.0 + n))).collect::<Vec<_>>();
        assert_eq!(week, [false, false, false, false, false, true, true]);
        assert!(!is_weekend(Day(0)) && is_weekend(Day(-4)) && !is_weekend(Day(-3)));
    }

    #[test]
    fn a_day_has_four_parts() {
        // S5.33: 05-11, 12-16, 17-20, 21-04; hour h has h + 1 impressions of 300.
        let hours = std::array::from_fn(|hour| hour as u64 + 1);
        let daily = Weekdays { weekdays: 1.0, weekends: 0.0 };
        let found = TimePatterns::of(&hours, daily);
        let parts = found.hourly_distribution;
        let shown = [63, 75, 78, 84].map(|shown| rate(shown, 300).to_bits());
        let parts = [parts.morning, parts.afternoon, parts.evening, parts.night];
        assert_eq!(parts.map(f64::to_bits), shown);
        assert_eq!(found.by_hour[23].to_bits(), 0.08_f64.to_bits());
        let none = TimePatterns::of(&[0; 24], daily);
        assert!(none.by_hour.iter().all(|part| part.to_bits() == 0));
    }
}
