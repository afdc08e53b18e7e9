//! The datasets of flows: their numbers, those of their days and nodes, their sessions and answers.

use std::collections::BTreeMap;

use chatflow::NodeId;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    Day, FactQuery, FlowMetrics, NodeMetrics, SessionFacts, SessionOutcome, Story, Tally,
};

use super::super::cells::{Cell, Dataset};
use super::super::fault::Fault;
use super::super::pulse::Pulse;
use super::super::sheet::Sheets;
use super::{Reading, Subject};
use crate::analytics::{date, rate, seconds};

/// As S5.9 names and computes them.
pub(in crate::exports) const FLOWS: [&str; 20] = [
    "flow_id",
    "name",
    "version",
    "start_date",
    "end_date",
    "total_sessions",
    "completion_rate",
    "average_duration",
    "bounce_rate",
    "total_interactions",
    "unique_users",
    "completed_sessions",
    "abandoned_sessions",
    "active_sessions",
    "terminated_sessions",
    "failed_sessions",
    "anonymous_sessions",
    "engaged_sessions",
    "engagement_rate",
    "average_interactions",
];

pub(in crate::exports) const DAILY: [&str; 6] =
    ["flow_id", "date", "sessions", "completed", "bounced", "avg_duration"];

/// As S5.18 names and computes them.
pub(in crate::exports) const NODES: [&str; 9] = [
    "flow_id",
    "node_id",
    "visitors",
    "visits",
    "interactions",
    "bounce_rate",
    "average_time_spent",
    "engagement_rate",
    "avg_response_time_seconds",
];

/// As S5.40 names them.
pub(in crate::exports) const SESSIONS: [&str; 11] = [
    "session_id",
    "flow_id",
    "flow_name",
    "flow_version",
    "school_id",
    "status",
    "duration",
    "completed",
    "interactions",
    "started_at",
    "last_node_id",
];

/// As S5.19 names and computes them.
pub(in crate::exports) const RESPONSES: [&str; 5] =
    ["flow_id", "node_id", "label", "count", "percentage"];

/// The numbers of a flow, as a whole and by day.
#[derive(Debug, Default)]
struct Numbers {
    whole: Tally,
    days: BTreeMap<Day, Tally>,
}

impl Reading<'_> {
    /// Writes the rows of a flow.
    pub(super) async fn flow(
        &self,
        flow: &Subject,
        sheets: &mut Sheets,
        pulse: &mut Pulse,
    ) -> Result<(), Fault> {
        let numbers = self.read(flow, sheets, pulse).await?;
        sheets.add(Dataset::Flows, &self.flow_row(flow, &numbers.whole.flow))?;
        for (day, tally) in &numbers.days {
            sheets.add(Dataset::Daily, &day_row(flow, *day, &tally.flow))?;
        }
        for (node, metrics) in &numbers.whole.nodes {
            sheets.add(Dataset::Nodes, &node_row(flow, node, metrics))?;
        }
        Ok(())
    }

    async fn read(
        &self,
        flow: &Subject,
        sheets: &mut Sheets,
        pulse: &mut Pulse,
    ) -> Result<Numbers, Fault> {
        let mut numbers = Numbers::default();
        let window = self.window();
        let mut query = FactQuery::of(flow.id, window.begins(), window.ends().min(self.at));
        loop {
            let page = self.store.session_facts(&self.scope, &query).await?;
            let Some(last) = page.last() else { return Ok(numbers) };
            query.after = Some(last.cursor());
            for session in &page {
                numbers.whole.add(session, self.at);
                let day = Day::of(session.started_at);
                numbers.days.entry(day).or_default().add(session, self.at);
                if sheets.has(Dataset::Sessions) {
                    let story = session.story();
                    sheets.add(Dataset::Sessions, &session_row(flow, session, &story))?;
                }
            }
            pulse.still().await?;
        }
    }

    fn flow_row(&self, flow: &Subject, of: &FlowMetrics) -> [Cell; FLOWS.len()] {
        let window = self.window();
        [
            flow.id.to_string().into(),
            flow.name.as_str().into(),
            flow.version.as_str().into(),
            date(window.first).into(),
            date(window.last).into(),
            of.sessions.into(),
            rate(of.completed, of.sessions).into(),
            seconds(of.duration_sum, of.duration_count).into(),
            rate(of.bounced, of.sessions).into(),
            of.inputs.into(),
            of.unique_users.into(),
            of.completed.into(),
            of.abandoned.into(),
            of.active.into(),
            of.terminated.into(),
            of.failed.into(),
            of.anonymous.into(),
            of.engaged.into(),
            rate(of.engaged, of.sessions).into(),
            rate(of.inputs, of.sessions).into(),
        ]
    }
}

fn day_row(flow: &Subject, day: Day, of: &FlowMetrics) -> [Cell; DAILY.len()] {
    [
        flow.id.to_string().into(),
        date(day).into(),
        of.sessions.into(),
        of.completed.into(),
        of.bounced.into(),
        seconds(of.duration_sum, of.duration_count).into(),
    ]
}

fn node_row(flow: &Subject, node: &NodeId, of: &NodeMetrics) -> [Cell; NODES.len()] {
    [
        flow.id.to_string().into(),
        node.as_str().into(),
        of.visitors.into(),
        of.views.into(),
        of.interactions.into(),
        rate(of.drop_offs, of.visitors).into(),
        seconds(of.time_sum, of.time_count).into(),
        rate(of.interactions.min(of.views), of.views).into(),
        seconds(of.response_sum, of.response_count).into(),
    ]
}

fn session_row(flow: &Subject, session: &SessionFacts, story: &Story) -> [Cell; SESSIONS.len()] {
    let answers = u64::try_from(story.answers.len()).unwrap_or(u64::MAX);
    [
        session.id.to_string().into(),
        flow.id.to_string().into(),
        flow.name.as_str().into(),
        session.flow_version.clone().into(),
        session.school_id.map(|school| school.to_string()).into(),
        session.status.as_str().into(),
        session.duration_ms().map(|millis| seconds(millis, 1)).into(),
        (session.outcome() == SessionOutcome::Completed).into(),
        answers.into(),
        session.started_at.into(),
        story.visits.last().map(|visit| visit.node.as_str().to_owned()).into(),
    ]
}
