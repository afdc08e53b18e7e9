//! Flows beside each other (S5.16).

use chatflow::FlowId;
use chatflow_storage::{FlowRecord, StoreError};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::rate::{number, rate, rounded, seconds};
use super::reporter::ScopeEcho;
use super::source::{Outcomes, Source};
use super::window::{TimePeriod, Window};

/// Flows beside each other.
#[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Comparison {
    /// In the order in which they were asked for.
    comparison: Vec<Compared>,
    /// Which does best: most sessions reached its end; of several the one with the larger rate, then the one that was
    /// named first. Null if none was completed.
    #[schema(required)]
    winner: Option<Uuid>,
    /// Null with one flow, without a winner, or if no other flow was completed.
    #[schema(required)]
    performance_delta: Option<Delta>,
    time_period: TimePeriod,
    /// Which numbers are bounds: `unique_users` where it is added up from days.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    approximate: Vec<&'static str>,
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Compared {
    flow_id: Uuid,
    name: String,
    version: String,
    sessions: u64,
    completion_rate: f64,
    /// Of the sessions that have ended, in seconds.
    avg_duration: f64,
    unique_users: u64,
}

/// By how much the winner is ahead.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Delta {
    best_performing: Uuid,
    /// By how many percent its completion rate is above the mean of the others' rates.
    improvement_percentage: f64,
}

/// What was counted of a flow.
pub(crate) struct Contender<'a> {
    pub(crate) flow: &'a FlowRecord,
    pub(crate) outcomes: Outcomes,
    pub(crate) users: u64,
    pub(crate) is_bound: bool,
}

impl<'a> Contender<'a> {
    /// Counts the sessions of flows, in their order.
    pub(crate) async fn all(
        source: &Source,
        flows: &[&'a FlowRecord],
        window: Window,
    ) -> Result<Vec<Self>, StoreError> {
        let ids: Vec<FlowId> = flows.iter().map(|flow| flow.id).collect();
        let heads = source.heads(&ids, window).await?;
        let one = |flow: &&'a FlowRecord| {
            let heads = heads.get(&flow.id).cloned().unwrap_or_default();
            let (users, is_bound) = (heads.users(), heads.is_bound());
            Self { flow, outcomes: heads.outcomes, users, is_bound }
        };
        Ok(flows.iter().map(one).collect())
    }

    fn rate(&self) -> f64 {
        let Outcomes { sessions, completed, .. } = self.outcomes;
        if sessions == 0 { 0.0 } else { number(completed) / number(sessions) }
    }
}

impl Comparison {
    /// Compares them.
    pub(crate) fn of(all: &[Contender<'_>], window: Window, scope: Option<ScopeEcho>) -> Self {
        let winner = winner(all);
        let one = |contender: &Contender<'_>| Compared {
            flow_id: contender.flow.id.0,
            name: contender.flow.name.clone(),
            version: contender.flow.version.clone(),
            sessions: contender.outcomes.sessions,
            completion_rate: rate(contender.outcomes.completed, contender.outcomes.sessions),
            avg_duration: seconds(contender.outcomes.duration_ms, contender.outcomes.ended),
            unique_users: contender.users,
        };
        let is_bound = all.iter().any(|contender| contender.is_bound);
        Self {
            comparison: all.iter().map(one).collect(),
            winner: winner.map(|(_, best)| best.flow.id.0),
            performance_delta: winner.and_then(|(place, best)| delta(all, place, best)),
            time_period: window.echo(),
            approximate: if is_bound { vec!["unique_users"] } else { Vec::new() },
            scope,
        }
    }
}

/// The rate times the sessions is how many were completed.
fn winner<'a, 'b>(all: &'a [Contender<'b>]) -> Option<(usize, &'a Contender<'b>)> {
    let score = |contender: &Contender<'_>| contender.outcomes.completed;
    let mut best: Option<(usize, &Contender<'_>)> = None;
    for (place, contender) in all.iter().enumerate().filter(|(_, each)| score(each) > 0) {
        let is_better = best.is_none_or(|(_, best)| {
            // Of equal scores the one with fewer sessions has the larger rate.
            let (new, old) = (&contender.outcomes, &best.outcomes);
            (new.completed, old.sessions) > (old.completed, new.sessions)
        });
        if is_better {
            best = Some((place, contender));
        }
    }
    best
}

fn delta(all: &[Contender<'_>], place: usize, best: &Contender<'_>) -> Option<Delta> {
    let others = all.iter().enumerate().filter(|(other, _)| *other != place);
    let rates: Vec<f64> = others.map(|(_, other)| other.rate()).collect();
    let count = u32::try_from(rates.len()).ok().filter(|count| *count > 0)?;
    let mean = rates.iter().sum::<f64>() / f64::from(count);
    (mean > 0.0).then(|| Delta {
        best_performing: best.flow.id.0,
        improvement_percentage: rounded((best.rate() - mean) / mean * 100.0),
    })
}
