//! The numbers of a node (S5.18).

use std::collections::BTreeMap;

use chatflow::{FlowId, NodeId};
use chatflow_storage::NodeMetrics;
use serde::Serialize;
use utoipa::ToSchema;

use super::answers::Answers;
use super::rate::{rate, seconds};
use super::reporter::ScopeEcho;
use super::window::{TimePeriod, Window};

/// How many answers are told of with a node.
pub(crate) const MOST_ANSWERS: usize = 50;

/// The numbers of a node, over the sessions of its flow that started in a window.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct NodeAnalytics {
    node_id: String,
    visits: u64,
    /// Answers that it accepted.
    interactions: u64,
    /// The part of the sessions that visited it which ended here without a word.
    bounce_rate: f64,
    /// In seconds, of visits that something followed; half an hour counts at most.
    average_time_spent: f64,
    response_distribution: ResponseDistribution,
    time_period: TimePeriod,
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ResponseDistribution {
    /// The 50 most frequent answers, and how often each was given, in sessions that are still there.
    responses: BTreeMap<String, u64>,
    /// How often another was given.
    other: u64,
    /// Answers by visits, 1 at most.
    engagement_rate: f64,
    total_views: u64,
    /// From the visit before an answer to the answer.
    avg_response_time_seconds: f64,
}

impl NodeAnalytics {
    /// What was counted of a node, and what was answered there.
    pub(crate) fn of(
        id: &NodeId,
        window: Window,
        (numbers, answers): (&NodeMetrics, &Answers),
        scope: Option<ScopeEcho>,
    ) -> Self {
        let counts = answers.counts();
        let top = counts.iter().take(MOST_ANSWERS);
        let responses: BTreeMap<_, _> = top.cloned().collect();
        let shown = responses.values().fold(0_u64, |sum, count| sum.saturating_add(*count));
        let NodeMetrics { visitors, views, interactions, drop_offs, .. } = *numbers;
        Self {
            node_id: id.to_string(),
            visits: views,
            interactions,
            bounce_rate: rate(drop_offs, visitors),
            average_time_spent: seconds(numbers.time_sum, numbers.time_count),
            response_distribution: ResponseDistribution {
                responses,
                other: answers.labels().saturating_sub(shown),
                engagement_rate: rate(interactions.min(views), views),
                total_views: views,
                avg_response_time_seconds: seconds(numbers.response_sum, numbers.response_count),
            },
            time_period: window.echo(),
            scope,
        }
    }
}

/// A node of a flow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) flow: FlowId,
    pub(crate) node: NodeId,
}
