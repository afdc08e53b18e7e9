//! Sessions to be counted.

use chatflow::{FlowRef, NodeId};
use serde_json::{Value, json};

use super::super::fixture::{at, commit, flow_id, new_session, school_id, snapshot, user_id};
use crate::blocking::Store;
use crate::session::{
    Commit, InteractionType, NewHistoryRow, NewSession, SessionStatus, Snapshot, Turn,
};

pub(super) const SECOND: i64 = 1000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// What the visitor says and where it leads.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// Milliseconds after the start.
    pub(super) after: i64,
    /// The node that is answered, and whether that is accepted.
    pub(super) answers: Option<(&'static str, bool)>,
    pub(super) visits: Vec<&'static str>,
}

/// A session.
#[derive(Clone, Debug)]
pub(super) struct Talk {
    pub(super) n: u128,
    pub(super) flow: u128,
    pub(super) school: Option<u128>,
    pub(super) user: Option<u128>,
    pub(super) started: i64,
    pub(super) said: Vec<Said>,
    /// How it ended, and how many milliseconds after the start.
    pub(super) ended: Option<(SessionStatus, Option<&'static str>, i64)>,
    pub(super) info: &'static str,
}

pub(super) fn said(
    after: i64,
    answers: Option<(&'static str, bool)>,
    visits: &[&'static str],
) -> Said {
    Said { after, answers, visits: visits.to_vec() }
}

/// Session `n` of flow 1, whose first turn comes to `visits`.
pub(super) fn talk(n: u128, started: i64, visits: &[&'static str]) -> Talk {
    let said = vec![said(0, None, visits)];
    Talk { n, flow: 1, school: None, user: None, started, said, ended: None, info: "{}" }
}

impl Talk {
    pub(super) fn then(mut self, after: i64, node: &'static str, visits: &[&'static str]) -> Self {
        self.said.push(said(after, Some((node, true)), visits));
        self
    }

    pub(super) fn ends(
        self,
        status: SessionStatus,
        reason: Option<&'static str>,
        after: i64,
    ) -> Self {
        Self { ended: Some((status, reason, after)), ..self }
    }

    pub(super) fn completes(self, after: i64) -> Self {
        self.ends(SessionStatus::Completed, Some("completed"), after)
    }

    /// Stores it.
    pub(super) fn hold(&self, store: &impl Store) {
        for (turn, revision) in self.said.iter().zip(0..) {
            self.hold_turn(store, turn, revision);
        }
    }

    pub(super) fn hold_turn(&self, store: &impl Store, said: &Said, revision: u64) {
        let last = u64::try_from(self.said.len()).unwrap() == revision + 1;
        let snapshot = self.snapshot(last);
        if revision == 0 {
            let mut new = new_session(self.n);
            new.head.flow = FlowRef { id: flow_id(self.flow), seq: 1 };
            new.head.started_at = at(self.started);
            new.head.school_id = self.school.map(school_id);
            new.head.user_id = self.user.map(user_id);
            store.create_session(&NewSession { snapshot, turn: self.turn(said), ..new }).unwrap();
        } else {
            let commit = Commit {
                at: at(self.started + said.after),
                snapshot,
                ..commit(self.n, revision, "x")
            };
            store.commit(&commit.with(self.turn(said))).unwrap();
        }
    }

    fn snapshot(&self, is_last: bool) -> Snapshot {
        let ended = self.ended.filter(|_| is_last);
        Snapshot {
            status: ended.map_or(SessionStatus::Active, |ended| ended.0),
            ended_reason: ended.and_then(|ended| ended.1).map(Into::into),
            ended_at: ended.map(|ended| at(self.started + ended.2)),
            info: self.info.into(),
            ..snapshot("x")
        }
    }

    fn turn(&self, said: &Said) -> Turn {
        let row = |node: &str, kind, content: Value| NewHistoryRow {
            flow_id: Some(flow_id(self.flow)),
            node_id: NodeId::from(node),
            kind,
            content: content.to_string(),
            created_at: at(self.started + said.after),
            path: None,
        };
        let answer = said.answers.iter().map(|(node, is_valid)| {
            let mut content = json!({"input": "Yes", "value": {"value": node}});
            if !is_valid {
                content["valid"] = json!(false);
            }
            row(node, InteractionType::Input, content)
        });
        let messages = said
            .visits
            .iter()
            .map(|node| row(node, InteractionType::Message, json!({"messages": ["Hello"]})));
        let mut history: Vec<_> = answer.chain(messages).collect();
        let from =
            said.answers.iter().map(|(node, _)| json!([flow_id(self.flow), node, null, "left"]));
        let visits = said.visits.iter().map(|node| json!([flow_id(self.flow), node, "default"]));
        history[0].path = Some(from.chain(visits).collect::<Value>().to_string());
        Turn { history, ..Turn::default() }
    }
}

/// The cohort of S5.17, which is looked at at noon of its day.
pub(super) fn worked_cohort() -> Vec<Talk> {
    let first = &["hello", "arms"];
    let both = |n, end| {
        talk(n, 0, first)
            .then(10 * SECOND, "arms", &["again"])
            .then(end, "again", &["bye"])
            .completes(end)
    };
    vec![
        both(1, 60 * SECOND),
        both(2, 120 * SECOND),
        talk(3, 0, first).ends(SessionStatus::Abandoned, Some("abandoned"), 30 * SECOND),
        talk(4, 0, first).then(2 * HOUR - 2 * MINUTE, "arms", &["again"]),
        talk(5, 0, first),
    ]
}

/// Two hours after the cohort has begun: noon, where the cohort was last seen at ten.
pub(super) const NOON: i64 = 2 * HOUR;
