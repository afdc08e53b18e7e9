//! The numbers of a flow (S5.9).

use chatflow::FlowId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::rate::{rate, seconds};
use super::reporter::ScopeEcho;
use super::source::Counted;
use super::window::{TimePeriod, Window};

/// The numbers of a flow's sessions that started in a window.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct FlowAnalytics {
    flow_id: Uuid,
    pub(crate) total_sessions: u64,
    /// The part of the sessions that reached the end of the flow.
    pub(crate) completion_rate: f64,
    /// Of the sessions that have ended, in seconds.
    pub(crate) average_duration: f64,
    /// The part of the sessions whose visitor left without a word.
    pub(crate) bounce_rate: f64,
    engagement_metrics: Engagement,
    time_period: TimePeriod,
    /// The same duration in minutes, for clients of the service that this one replaces.
    average_duration_minutes: f64,
    /// Which numbers are bounds: `unique_users` where it is added up from days.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    approximate: Vec<&'static str>,
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

/// What the visitors did.
#[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Engagement {
    /// Answers that were accepted.
    total_interactions: u64,
    unique_users: u64,
    completed_sessions: u64,
    abandoned_sessions: u64,
    active_sessions: u64,
    /// Those that somebody ended, or that began anew.
    terminated_sessions: u64,
    /// Those that an error ended.
    failed_sessions: u64,
    /// Those of nobody who is signed in.
    anonymous_sessions: u64,
    /// Those with an answer, accepted or not.
    engaged_sessions: u64,
    engagement_rate: f64,
    average_interactions: f64,
}

impl FlowAnalytics {
    /// What was counted of a flow.
    pub(crate) fn of(
        flow: FlowId,
        window: Window,
        counted: &Counted,
        scope: Option<ScopeEcho>,
    ) -> Self {
        let numbers = &counted.tally.flow;
        let sessions = numbers.sessions;
        Self {
            flow_id: flow.0,
            total_sessions: sessions,
            completion_rate: rate(numbers.completed, sessions),
            average_duration: seconds(numbers.duration_sum, numbers.duration_count),
            bounce_rate: rate(numbers.bounced, sessions),
            engagement_metrics: Engagement {
                total_interactions: numbers.inputs,
                unique_users: numbers.unique_users,
                completed_sessions: numbers.completed,
                abandoned_sessions: numbers.abandoned,
                active_sessions: numbers.active,
                terminated_sessions: numbers.terminated,
                failed_sessions: numbers.failed,
                anonymous_sessions: numbers.anonymous,
                engaged_sessions: numbers.engaged,
                engagement_rate: rate(numbers.engaged, sessions),
                average_interactions: rate(numbers.inputs, sessions),
            },
            time_period: window.echo(),
            average_duration_minutes: rate(
                numbers.duration_sum,
                numbers.duration_count.saturating_mul(60_000),
            ),
            approximate: counted.approximate(),
            scope,
        }
    }
}
