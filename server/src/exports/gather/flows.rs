//! The datasets of flows: their numbers, those of their days and nodes, their sessions and answers.

use std::collections::{BTreeMap, BTreeSet};

use chatflow::{NodeId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    Day, FactQuery, FlowMetrics, Measure, Measured, NodeMetrics, RollupRow, SessionFacts,
    SessionOutcome, Story, Tally,
};
use serde_json::{Value, json};

use super::super::cells::{Cell, Dataset};
use super::super::fault::Fault;
use super::super::pick;
use super::super::pulse::Pulse;
use super::super::sheet::Sheets;
use super::{Reading, Subject};
use crate::analytics::{
    Answers, Counted, FlowAnalytics, NodeAnalytics, Place, Responses, Source, Window, date,
    options, seconds,
};

/// What the endpoint of a flow tells (S5.9), with the flow's name and version.
pub(in crate::exports) const FLOWS: [&str; 21] = [
    "flow_id",
    "name",
    "version",
    "time_period/start_date",
    "time_period/end_date",
    "total_sessions",
    "completion_rate",
    "average_duration",
    "bounce_rate",
    "engagement_metrics/total_interactions",
    "engagement_metrics/unique_users",
    "engagement_metrics/completed_sessions",
    "engagement_metrics/abandoned_sessions",
    "engagement_metrics/active_sessions",
    "engagement_metrics/terminated_sessions",
    "engagement_metrics/failed_sessions",
    "engagement_metrics/anonymous_sessions",
    "engagement_metrics/engaged_sessions",
    "engagement_metrics/engagement_rate",
    "engagement_metrics/average_interactions",
    "approximate",
];

pub(in crate::exports) const DAILY: [&str; 6] =
    ["flow_id", "date", "sessions", "completed", "bounced", "avg_duration"];

/// What the endpoint of a node tells (S5.18), its answers aside, with how many sessions visited it.
pub(in crate::exports) const NODES: [&str; 10] = [
    "flow_id",
    "node_id",
    "time_period/start_date",
    "time_period/end_date",
    "visitors",
    "visits",
    "interactions",
    "bounce_rate",
    "average_time_spent",
    "response_distribution/avg_response_time_seconds",
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

/// What the endpoint of a node's answers tells (S5.19) of each.
pub(in crate::exports) const RESPONSES: [&str; 5] =
    ["flow_id", "node_id", "label", "count", "percentage"];

/// The numbers of a flow, as a whole and by day.
#[derive(Debug, Default)]
struct Numbers {
    whole: Counted,
    days: BTreeMap<Day, Tally>,
    /// What was answered at each node, if somebody wants to know.
    answers: BTreeMap<NodeId, Answers>,
}

impl Reading<'_> {
    /// Writes the rows of a flow.
    pub(super) async fn flow(
        &self,
        (flow, source): (&Subject, &Source),
        sheets: &mut Sheets,
        pulse: &mut Pulse,
    ) -> Result<(), Fault> {
        let mut numbers = Numbers::default();
        if sheets.has(Dataset::Responses) {
            numbers.answers = self.questions(flow).await?;
        }
        let kept = |row: RollupRow| numbers.keep(&row);
        source.each_kept(&[flow.id], Measured::All, self.window(), kept).await?;
        self.sessions((flow, source), &mut numbers, sheets, pulse).await?;
        sheets.add(Dataset::Flows, &self.flow_row(flow, &numbers.whole))?;
        for (day, tally) in &numbers.days {
            sheets.add(Dataset::Daily, &day_row(flow, *day, &tally.flow))?;
        }
        for (node, metrics) in &numbers.whole.tally.nodes {
            sheets.add(Dataset::Nodes, &self.node_row(flow, node, metrics))?;
        }
        for told in &numbers.answers {
            self.responses(flow, told, sheets)?;
        }
        Ok(())
    }

    /// Goes through the sessions of a flow once: those of open days are counted, and all told of if somebody wants
    /// to know of each.
    async fn sessions(
        &self,
        (flow, source): (&Subject, &Source),
        numbers: &mut Numbers,
        sheets: &mut Sheets,
        pulse: &mut Pulse,
    ) -> Result<(), Fault> {
        let of_each = sheets.has(Dataset::Sessions) || sheets.has(Dataset::Responses);
        let window = Some(self.window());
        let window = if of_each { window } else { window.and_then(|all| source.raw(all)) };
        let Some(window) = window else { return Ok(()) };
        // Who comes later is not told of.
        let end = Timestamp::from_millis(self.at.as_millis().saturating_add(1));
        let mut query = FactQuery::of(flow.id, window.begins(), window.ends().min(end));
        loop {
            let page = self.store.session_facts(&self.scope, &query).await?;
            let Some(last) = page.last() else { return Ok(()) };
            query.after = Some(last.cursor());
            for session in &page {
                let day = Day::of(session.started_at);
                if source.is_open(day) {
                    numbers.whole.tally.add(session, self.at);
                    numbers.days.entry(day).or_default().add(session, self.at);
                }
                if of_each {
                    let story = session.story();
                    sheets.add(Dataset::Sessions, &session_row(flow, session, &story))?;
                    if sheets.has(Dataset::Responses) {
                        numbers.hear((session, &story), self.window());
                    }
                }
            }
            pulse.still().await?;
        }
    }

    /// The questions of a flow with all that they offer, chosen or not.
    async fn questions(&self, flow: &Subject) -> Result<BTreeMap<NodeId, Answers>, Fault> {
        let mut questions = BTreeMap::new();
        for draft in self.store.flow_drafts(&self.scope, &[flow.id]).await? {
            for node in &draft.stored.record.nodes {
                let mut answers = Answers::default();
                for option in &options(node) {
                    answers.offer(option);
                }
                questions.insert(node.node_id.clone(), answers);
            }
        }
        Ok(questions)
    }

    /// Writes the rows of what was answered at a node.
    fn responses(
        &self,
        flow: &Subject,
        (node, answers): (&NodeId, &Answers),
        sheets: &mut Sheets,
    ) -> Result<(), Fault> {
        let told = json!(Responses::of(node, answers, (self.window(), usize::MAX), None));
        let labels = told.get("response_breakdown").and_then(Value::as_object);
        for (label, response) in labels.into_iter().flatten() {
            let mut row = json!({"flow_id": flow.id, "node_id": node, "label": label});
            if let (Some(row), Some(response)) = (row.as_object_mut(), response.as_object()) {
                row.extend(response.clone());
            }
            sheets.add(Dataset::Responses, &pick::row(&row, &RESPONSES))?;
        }
        Ok(())
    }

    fn node_row(&self, flow: &Subject, node: &NodeId, numbers: &NodeMetrics) -> Vec<Cell> {
        // What was answered has a dataset of its own.
        let told = (numbers, &Answers::default());
        let mut answer = json!(NodeAnalytics::of(node, self.window(), told, None));
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("flow_id".to_owned(), json!(flow.id));
            answer.insert("visitors".to_owned(), json!(numbers.visitors));
        }
        pick::row(&answer, &NODES)
    }

    fn flow_row(&self, flow: &Subject, counted: &Counted) -> Vec<Cell> {
        let mut answer = json!(FlowAnalytics::of(flow.id, self.window(), counted, None));
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("name".to_owned(), json!(flow.name));
            answer.insert("version".to_owned(), json!(flow.version));
        }
        pick::row(&answer, &FLOWS)
    }
}

impl Numbers {
    /// Adds what a session answered at the nodes of its flow.
    fn hear(&mut self, (session, story): (&SessionFacts, &Story), window: Window) {
        let own = story.answers.iter().filter(|answer| answer.flow == session.flow.id);
        let nodes: BTreeSet<_> = own.map(|answer| &answer.node).collect();
        for node in nodes {
            let place = Place { flow: session.flow.id, node: node.clone() };
            self.answers.entry(node.clone()).or_default().hear((session, story), &place, window);
        }
    }

    /// Adds what is kept of a day.
    fn keep(&mut self, row: &RollupRow) {
        self.whole.add(row);
        if matches!(row.part.measure, Measure::Flow(_)) {
            self.days.entry(row.day).or_default().add_part(&row.part);
        }
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
