//! The sessions of all flows in one line (S5.39).

use serde::Serialize;
use utoipa::ToSchema;

use super::rate::{rate, seconds};
use super::reporter::ScopeEcho;
use super::source::Counted;
use super::window::{TimePeriod, Window, date};

/// The sessions of all flows.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct SessionSummaries {
    date_range: DateRange,
    filters: SummaryFilters,
    summary: SessionNumbers,
    time_period: TimePeriod,
    /// Which numbers are bounds: `unique_users` where it is added up from days and flows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    approximate: Vec<&'static str>,
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct DateRange {
    #[schema(format = Date)]
    start: String,
    #[schema(format = Date)]
    end: String,
}

/// What was asked for, as it was given.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct SummaryFilters {
    #[schema(required)]
    pub(crate) user_segment: Option<String>,
    #[schema(required)]
    pub(crate) age_range: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct SessionNumbers {
    total_sessions: u64,
    completion_rate: f64,
    /// The part of the sessions with an answer.
    engagement_rate: f64,
    bounce_rate: f64,
    average_duration: f64,
    unique_users: u64,
    total_interactions: u64,
}

impl SessionSummaries {
    /// What was counted.
    pub(crate) fn of(
        window: Window,
        filters: SummaryFilters,
        counted: &Counted,
        scope: Option<ScopeEcho>,
    ) -> Self {
        let numbers = &counted.tally.flow;
        Self {
            date_range: DateRange { start: date(window.first), end: date(window.last) },
            filters,
            summary: SessionNumbers {
                total_sessions: numbers.sessions,
                completion_rate: rate(numbers.completed, numbers.sessions),
                engagement_rate: rate(numbers.engaged, numbers.sessions),
                bounce_rate: rate(numbers.bounced, numbers.sessions),
                average_duration: seconds(numbers.duration_sum, numbers.duration_count),
                unique_users: numbers.unique_users,
                total_interactions: numbers.inputs,
            },
            time_period: window.echo(),
            approximate: counted.approximate(),
            scope,
        }
    }
}
