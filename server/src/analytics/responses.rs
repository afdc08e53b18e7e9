//! Which answers a node gets (S5.19).

use std::collections::BTreeMap;

use chatflow::NodeId;
use chatflow_storage::NodeRow;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answers::{Answers, Label};
use super::rate::{number, percentage, rounded};
use super::reporter::ScopeEcho;
use super::window::{TimePeriod, Window};

/// A label with fewer answers has no trend.
const FEWEST: u64 = 5;

/// The answers given at a node, in sessions that are still there.
#[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Responses {
    node_id: String,
    /// Answers that were accepted and say something.
    total_responses: u64,
    /// By what was answered. Of several choices each counts, so that percentages may sum up to more than 100.
    response_breakdown: BTreeMap<String, Response>,
    #[schema(required)]
    most_popular_response: Option<String>,
    response_trends: ResponseTrends,
    /// Sessions in which it was answered.
    unique_respondents: u64,
    /// Null if no answer is a number.
    #[schema(required)]
    numeric_summary: Option<NumericSummary>,
    time_period: TimePeriod,
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

/// How often something was answered.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Response {
    count: u64,
    /// Of all answers, 0 to 100.
    percentage: f64,
}

/// What is answered more often, or less, in the later half of the window than in the earlier one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct ResponseTrends {
    trending_up: Vec<String>,
    trending_down: Vec<String>,
}

/// Answers that are numbers.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct NumericSummary {
    count: u64,
    min: f64,
    max: f64,
    mean: f64,
    median: f64,
    /// The smallest that nine of ten are not above.
    p90: f64,
}

impl Responses {
    /// What was answered at a node; of more than `limit` answers, the most frequent.
    pub(crate) fn of(
        id: &NodeId,
        answers: &Answers,
        (window, limit): (Window, usize),
        scope: Option<ScopeEcho>,
    ) -> Self {
        let ranked = answers.ranked();
        let total = answers.total();
        let response = |(text, label): &(String, &Label)| {
            let response =
                Response { count: label.count, percentage: percentage(label.count, total) };
            (text.clone(), response)
        };
        let most_popular = ranked.first().filter(|(_, label)| label.count > 0);
        Self {
            node_id: id.to_string(),
            total_responses: total,
            response_breakdown: ranked.iter().take(limit).map(response).collect(),
            most_popular_response: most_popular.map(|(text, _)| text.clone()),
            response_trends: trends(&ranked, answers.halves()),
            unique_respondents: answers.sessions(),
            numeric_summary: summary(answers.numbers()),
            time_period: window.echo(),
            scope,
        }
    }
}

fn trends(ranked: &[(String, &Label)], [before, after]: [u64; 2]) -> ResponseTrends {
    let mut trends = ResponseTrends::default();
    let wide = |a: u64, b: u64, scale: u64| {
        u128::from(a).saturating_mul(b.into()).saturating_mul(scale.into())
    };
    for (text, label) in ranked.iter().filter(|(_, label)| label.count >= FEWEST) {
        let [first, second] = label.halves;
        // Shares beside each other, by whole numbers. Of a half without answers every share is 0.
        let (now, then) = (wide(second, before.max(1), 10), wide(first, after.max(1), 1));
        if first == 0 || now >= then.saturating_mul(11) {
            trends.trending_up.push(text.clone());
        } else if now <= then.saturating_mul(9) {
            trends.trending_down.push(text.clone());
        }
    }
    trends
}

fn summary(numbers: &[f64]) -> Option<NumericSummary> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = u64::try_from(sorted.len()).unwrap_or(u64::MAX);
    let at = |place: usize| sorted.get(place).copied();
    let half = sorted.len().checked_div(2)?;
    let upper = at(half)?;
    let is_even = sorted.len().is_multiple_of(2);
    let lower = if is_even { at(half.checked_sub(1)?)? } else { upper };
    // The place that nine tenths come to, rounded up.
    let ninth = sorted.len().checked_mul(9)?.div_ceil(10).checked_sub(1)?;
    Some(NumericSummary {
        count,
        min: at(0)?,
        max: sorted.last().copied()?,
        mean: rounded(sorted.iter().sum::<f64>() / number(count)),
        median: rounded(f64::midpoint(lower, upper)),
        p90: at(ninth)?,
    })
}

/// The options that a question offers, as its author wrote them.
pub(crate) fn options(node: &NodeRow) -> Vec<Value> {
    let content: Value = serde_json::from_str(&node.content).unwrap_or_default();
    match content.get("options") {
        Some(Value::Array(options)) if node.node_type == "question" => options.clone(),
        Some(_) | None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(halves: [u64; 2]) -> Label {
        let mut label = Label::default();
        (label.count, label.halves) = (halves.iter().sum(), halves);
        label
    }

    #[test]
    fn a_trend_is_a_tenth_of_the_share_before() {
        // S5.19: of 100 answers before and 200 after.
        for (halves, expected) in [
            ([10, 22], "up"),
            ([10, 21], ""),
            ([10, 18], "down"),
            ([10, 19], ""),
            ([0, 5], "up"),
            ([0, 4], ""),
            ([5, 0], "down"),
        ] {
            let label = label(halves);
            let trends = trends(&[("a".to_owned(), &label)], [100, 200]);
            let found = match (trends.trending_up.len(), trends.trending_down.len()) {
                (1, 0) => "up",
                (0, 1) => "down",
                _ => "",
            };
            assert_eq!(found, expected, "{halves:?}");
        }
    }

    #[test]
    fn numbers_are_summed_up() {
        // S5.19
        assert_eq!(summary(&[]), None);
        let ten: Vec<f64> = (1..=10).rev().map(f64::from).collect();
        let expected =
            NumericSummary { count: 10, min: 1.0, max: 10.0, mean: 5.5, median: 5.5, p90: 9.0 };
        assert_eq!(summary(&ten), Some(expected));
        let three = summary(&[2.0, -1.0, 3.5]).unwrap();
        let expected =
            NumericSummary { count: 3, min: -1.0, max: 3.5, mean: 1.5, median: 2.0, p90: 3.5 };
        assert_eq!(three, expected);
    }
}
