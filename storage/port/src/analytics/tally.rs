//! The one place where facts become numbers, for the daily job and for those who read raw rows.

use std::collections::{BTreeMap, BTreeSet};

use chatflow::{FlowId, NodeId, TenantId, Timestamp};

use super::facts::{SessionFacts, SessionOutcome};
use super::metrics::{FlowMetrics, NodeMetrics};
use super::rollup::{Measure, Rollup, RollupPart};
use super::story::Story;
use crate::day::Day;
use crate::id::UserId;

/// A visitor who has been silent for longer has left (S5.6).
const PATIENCE: i64 = 1_800_000;

/// The numbers of a flow's sessions, and of its nodes, added up one session, or one stored row, after
/// the other.
///
/// The same sessions give the same numbers whichever of them came as rows, but for `unique_users`:
/// a user is counted once among the sessions, and once more in each row. Memory is taken for each
/// node and each user.
///
/// A node is one of the flow itself; nodes of sub-flows have no numbers here (S5.10).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Of the flow.
    pub flow: FlowMetrics,
    /// Of its nodes.
    pub nodes: BTreeMap<NodeId, NodeMetrics>,
    users: BTreeSet<UserId>,
}

impl Tally {
    /// Adds a session as it stands; `at` is the present.
    pub fn add(&mut self, session: &SessionFacts, at: Timestamp) {
        let story = session.story();
        let outcome = session.outcome();
        let is_new = session.user_id.is_some_and(|user| self.users.insert(user));
        let is = |fact: bool| u64::from(fact);
        let one = FlowMetrics {
            sessions: 1,
            completed: is(outcome == SessionOutcome::Completed),
            terminated: is(outcome == SessionOutcome::Terminated),
            failed: is(outcome == SessionOutcome::Failed),
            abandoned: is(outcome == SessionOutcome::Abandoned),
            active: is(outcome == SessionOutcome::Active),
            bounced: is(is_bounced(session, &story, at)),
            inputs: number(story.answers.len()),
            engaged: is(story.attempts > 0),
            anonymous: is(session.user_id.is_none()),
            unique_users: is(is_new),
            duration_sum: session.duration_ms().unwrap_or_default(),
            duration_count: is(session.ended_at.is_some()),
        };
        self.flow = self.flow.plus(one);
        self.add_nodes(session.flow.id, &story, outcome);
    }

    /// Adds a stored row.
    pub fn add_part(&mut self, part: &RollupPart) {
        match &part.measure {
            Measure::Flow(flow) => self.flow = self.flow.plus(*flow),
            Measure::Node(node, numbers) => self.add_node(node, *numbers),
        }
    }

    fn add_nodes(&mut self, flow: FlowId, story: &Story, outcome: SessionOutcome) {
        let is_complete = outcome == SessionOutcome::Completed;
        let mut seen = BTreeSet::new();
        for visit in story.visits.iter().filter(|visit| visit.flow == flow) {
            let is_first = seen.insert(&visit.node);
            let one = NodeMetrics {
                visitors: u64::from(is_first),
                views: 1,
                completions: u64::from(is_first && is_complete),
                time_sum: visit.stay_ms.unwrap_or_default(),
                time_count: u64::from(visit.stay_ms.is_some()),
                ..NodeMetrics::default()
            };
            self.add_node(&visit.node, one);
        }
        for answer in story.answers.iter().filter(|answer| answer.flow == flow) {
            let one = NodeMetrics {
                interactions: 1,
                response_sum: answer.after_ms.unwrap_or_default(),
                response_count: u64::from(answer.after_ms.is_some()),
                ..NodeMetrics::default()
            };
            self.add_node(&answer.node, one);
        }
        let last = story.visits.last().filter(|visit| visit.flow == flow && !is_complete);
        if let Some(last) = last {
            let drop_offs = u64::from(!story.is_last_answered);
            self.add_node(
                &last.node,
                NodeMetrics { last_seen: 1, drop_offs, ..NodeMetrics::default() },
            );
        }
    }

    fn add_node(&mut self, node: &NodeId, numbers: NodeMetrics) {
        let known = self.nodes.entry(node.clone()).or_default();
        *known = known.plus(numbers);
    }
}

/// Nothing was answered, and nobody is there any more (S5.6). Who ended a session without a word has
/// bounced as well: that is no completion (F50).
fn is_bounced(session: &SessionFacts, story: &Story, at: Timestamp) -> bool {
    let silence = at.as_millis().saturating_sub(session.last_activity_at.as_millis());
    let is_gone = match session.outcome() {
        SessionOutcome::Completed => false,
        SessionOutcome::Active => silence > PATIENCE,
        SessionOutcome::Terminated | SessionOutcome::Failed | SessionOutcome::Abandoned => true,
    };
    story.answers.is_empty() && is_gone
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Adds up a day of a flow: all sessions, and those of each school.
#[derive(Clone, Debug)]
pub struct DayTally {
    flow: FlowId,
    day: Day,
    at: Timestamp,
    tallies: BTreeMap<Option<TenantId>, Tally>,
}

impl DayTally {
    /// A day without sessions; `at` is the present.
    pub const fn new(flow: FlowId, day: Day, at: Timestamp) -> Self {
        Self { flow, day, at, tallies: BTreeMap::new() }
    }

    /// Adds a session, if it is of the flow and started on the day.
    pub fn add(&mut self, session: &SessionFacts) {
        if session.flow.id != self.flow || Day::of(session.started_at) != self.day {
            return;
        }
        self.tallies.entry(None).or_default().add(session, self.at);
        if session.school_id.is_some() {
            self.tallies.entry(session.school_id).or_default().add(session, self.at);
        }
    }

    /// What is to be kept.
    pub fn rollup(&self) -> Rollup {
        let parts = self.tallies.iter().flat_map(|(school, tally)| {
            let nodes = tally.nodes.iter().map(|(id, node)| Measure::Node(id.clone(), *node));
            let measures = std::iter::once(Measure::Flow(tally.flow)).chain(nodes);
            measures.map(|measure| RollupPart { school: *school, measure })
        });
        Rollup { flow: self.flow, day: self.day, at: self.at, parts: parts.collect() }
    }
}

#[cfg(test)]
mod tests {
    use chatflow::{FlowRef, SessionId};
    use uuid::Uuid;

    use super::*;
    use crate::analytics::RowFacts;
    use crate::session::{InteractionType, SessionStatus};

    const FLOW: FlowId = FlowId(Uuid::from_u128(1));
    const OTHER: FlowId = FlowId(Uuid::from_u128(2));

    fn session(
        status: SessionStatus,
        reason: Option<&str>,
        visits: &[(FlowId, &str)],
    ) -> SessionFacts {
        let at = Timestamp::default();
        let path: Vec<_> = visits.iter().map(|(flow, node)| (flow, node, "default")).collect();
        let row = RowFacts {
            flow_id: None,
            node_id: "a".into(),
            kind: InteractionType::Message,
            created_at: at,
            path: serde_json::to_string(&path).ok(),
            content: None,
        };
        SessionFacts {
            id: SessionId(Uuid::nil()),
            flow: FlowRef { id: FLOW, seq: 1 },
            flow_version: None,
            school_id: None,
            user_id: None,
            status,
            ended_reason: reason.map(Into::into),
            started_at: at,
            ended_at: (status != SessionStatus::Active).then_some(at),
            last_activity_at: at,
            rows: vec![row],
            audience: None,
        }
    }

    fn tally(session: &SessionFacts, now: i64) -> Tally {
        let mut tally = Tally::default();
        tally.add(session, Timestamp::from_millis(now));
        tally
    }

    #[test]
    fn a_session_comes_out_one_way_and_bounces_if_nobody_said_anything() {
        // S5.6, F50
        use SessionStatus::{Abandoned, Active, Completed};
        for (status, reason, now, came_out, bounced) in [
            (Completed, Some("completed"), 0, [1, 0, 0, 0, 0], 0),
            (Completed, Some("dead_end"), PATIENCE + 1, [1, 0, 0, 0, 0], 0),
            (Completed, Some("terminated"), 0, [0, 1, 0, 0, 0], 1),
            (Completed, Some("restarted"), 0, [0, 1, 0, 0, 0], 1),
            (Completed, None, 0, [0, 1, 0, 0, 0], 1),
            (Completed, Some("error"), 0, [0, 0, 1, 0, 0], 1),
            (Abandoned, Some("abandoned"), 0, [0, 0, 0, 1, 0], 1),
            (Active, None, PATIENCE, [0, 0, 0, 0, 1], 0),
            (Active, None, PATIENCE + 1, [0, 0, 0, 0, 1], 1),
        ] {
            let tally = tally(&session(status, reason, &[(FLOW, "a")]), now);
            let flow = tally.flow;
            let ways = [flow.completed, flow.terminated, flow.failed, flow.abandoned, flow.active];
            assert_eq!((ways, flow.bounced), (came_out, bounced), "{status:?} {reason:?} {now}");
            let node = tally.nodes["a"];
            assert_eq!((node.completions, node.drop_offs), (ways[0], 1 - ways[0]));
        }
    }

    #[test]
    fn nodes_of_sub_flows_are_not_the_flows_own() {
        // S5.10: one of the same name, and the last visit, lie elsewhere.
        let visits = [(FLOW, "a"), (OTHER, "a"), (FLOW, "b"), (FLOW, "a"), (OTHER, "c")];
        let tally = tally(&session(SessionStatus::Active, None, &visits), 0);
        let node = |id: &str| tally.nodes[id];
        let a = NodeMetrics { visitors: 1, views: 2, time_count: 2, ..NodeMetrics::default() };
        let b = NodeMetrics { visitors: 1, views: 1, time_count: 1, ..NodeMetrics::default() };
        assert_eq!((node("a"), node("b"), tally.nodes.len()), (a, b, 2));
    }
}
