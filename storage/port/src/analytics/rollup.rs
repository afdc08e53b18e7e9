//! What is kept of a flow's day (S1.57, S5.8).

use chatflow::{FlowId, NodeId, TenantId, Timestamp};
use serde_json::Error;

use super::metrics::{FlowMetrics, NodeMetrics, parse};
use crate::day::Day;

/// The numbers of a flow's day: all there are, to be kept together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rollup {
    /// The flow.
    pub flow: FlowId,
    /// The day on which its sessions started.
    pub day: Day,
    /// When they were looked at.
    pub at: Timestamp,
    /// In any order; no two of one school and node.
    pub parts: Vec<RollupPart>,
}

/// One row of the numbers of a flow's day.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RollupPart {
    /// Only sessions of this school; `None` for all sessions, those of schools included.
    pub school: Option<TenantId>,
    /// What was counted.
    pub measure: Measure,
}

/// What was counted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Measure {
    /// Of the flow.
    Flow(FlowMetrics),
    /// Of one of its nodes.
    Node(NodeId, NodeMetrics),
}

/// A stored row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RollupRow {
    /// The flow.
    pub flow: FlowId,
    /// The day.
    pub day: Day,
    /// When its sessions were looked at.
    pub at: Timestamp,
    /// The numbers.
    pub part: RollupPart,
}

/// Names a stored row, and orders them.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct RollupKey {
    /// The flow.
    pub flow: FlowId,
    /// The node; `None` for the flow itself, which comes first.
    pub node: Option<NodeId>,
    /// The day.
    pub day: Day,
    /// The school; `None` for all sessions, which comes first.
    pub school: Option<TenantId>,
}

/// Which numbers are asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Measured {
    /// Those of flows.
    Flows,
    /// Those of this node.
    Node(NodeId),
    /// Those of flows and of all their nodes.
    All,
}

/// Asks for a page of the stored rows of flows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RollupQuery {
    /// The flows.
    pub flows: Vec<FlowId>,
    /// Only sessions of this school.
    pub school: Option<TenantId>,
    /// Which numbers.
    pub measured: Measured,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// Only those behind this one.
    pub after: Option<RollupKey>,
    /// How many to return at most.
    pub limit: u32,
}

/// Asks for days on which sessions of flows started.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FlowDayQuery {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// Only those behind this one.
    pub after: Option<(FlowId, Day)>,
    /// How many to return at most.
    pub limit: u32,
}

/// A day on which sessions of a flow started, previews or not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FlowDay {
    /// The flow.
    pub flow: FlowId,
    /// The day.
    pub day: Day,
    /// When its numbers were taken, and those of the flow; `None` if that has not happened.
    pub rolled: Option<(Timestamp, FlowMetrics)>,
}

impl FlowDay {
    /// For so many days numbers are taken again, whatever they were (S5.8).
    const AGAIN: i64 = 3;

    /// Whether its numbers should be taken on `today`: they never were, or not after the day's end,
    /// or the day is one of the last three, or a session went on when they were taken. So a session
    /// that ends late is counted as it ended, and a day is left alone once its sessions have ended.
    pub fn is_due(&self, today: Day) -> bool {
        let Some((at, flow)) = self.rolled else { return true };
        let is_recent = self.day.0 >= today.0.saturating_sub(Self::AGAIN);
        is_recent || flow.active > 0 || at < self.day.next().begins()
    }
}

impl RollupPart {
    /// The node; `None` for numbers of the flow.
    pub fn node(&self) -> Option<&NodeId> {
        match &self.measure {
            Measure::Flow(_) => None,
            Measure::Node(node, _) => Some(node),
        }
    }

    /// The numbers as they are stored: a JSON object (F55).
    pub fn metrics(&self) -> String {
        match &self.measure {
            Measure::Flow(flow) => flow.json(),
            Measure::Node(_, node) => node.json(),
        }
        .to_string()
    }

    /// Reads numbers as they are stored.
    ///
    /// # Errors
    /// If they are not a JSON object of counts.
    pub fn parse(
        school: Option<TenantId>,
        node: Option<NodeId>,
        metrics: &str,
    ) -> Result<Self, Error> {
        let measure = match node {
            None => Measure::Flow(parse(metrics)?),
            Some(node) => Measure::Node(node, parse(metrics)?),
        };
        Ok(Self { school, measure })
    }
}

impl FlowMetrics {
    /// Reads numbers of a flow as they are stored.
    ///
    /// # Errors
    /// If they are not a JSON object of counts.
    pub fn parse(metrics: &str) -> Result<Self, Error> {
        parse(metrics)
    }
}

impl RollupRow {
    /// Its name.
    pub fn key(&self) -> RollupKey {
        RollupKey {
            flow: self.flow,
            node: self.part.node().cloned(),
            day: self.day,
            school: self.part.school,
        }
    }
}

impl Rollup {
    /// Its rows, each with its name.
    pub fn rows(&self) -> impl Iterator<Item = RollupRow> {
        let row = |part: &RollupPart| RollupRow {
            flow: self.flow,
            day: self.day,
            at: self.at,
            part: part.clone(),
        };
        self.parts.iter().map(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_stored_as_ever() {
        // S5.8, F55
        let flow = FlowMetrics {
            sessions: 1,
            completed: 2,
            terminated: 3,
            failed: 4,
            abandoned: 5,
            active: 6,
            bounced: 7,
            inputs: 8,
            engaged: 9,
            anonymous: 10,
            unique_users: 11,
            duration_sum: 70_000,
            duration_count: 3,
        };
        let node = NodeMetrics {
            visitors: 1,
            views: 2,
            interactions: 3,
            completions: 4,
            drop_offs: 5,
            last_seen: 6,
            time_sum: 7,
            time_count: 2,
            response_sum: 9,
            response_count: 10,
        };
        let stored = |measure| RollupPart { school: None, measure };
        for (part, expected) in [
            (
                stored(Measure::Flow(flow)),
                "{\"abandoned\":5,\"active\":6,\"anonymous\":10,\"avg_time\":23.333,\"bounced\":7,\
                 \"completed\":2,\"duration_count\":3,\"duration_sum\":70000,\"engaged\":9,\
                 \"failed\":4,\"inputs\":8,\"sessions\":1,\"terminated\":3,\"unique_users\":11}",
            ),
            (
                stored(Measure::Node("n".into(), node)),
                "{\"avg_time\":0.004,\"completions\":4,\"drop_offs\":5,\"interactions\":3,\
                 \"last_seen\":6,\"response_count\":10,\"response_sum\":9,\"time_count\":2,\
                 \"time_sum\":7,\"views\":2,\"visitors\":1}",
            ),
        ] {
            assert_eq!(part.metrics(), expected);
            let read = RollupPart::parse(None, part.node().cloned(), expected);
            assert_eq!(read.ok(), Some(part));
        }
        let nothing = FlowMetrics::default();
        assert_eq!(FlowMetrics::parse("{}").ok(), Some(nothing));
        assert!(FlowMetrics::parse("{\"sessions\":-1}").is_err());
        assert!(nothing.avg_time().abs() < f64::EPSILON);
    }
}
