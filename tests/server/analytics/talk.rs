//! Sessions as they are stored, made without talking.

use chatflow::{FlowId, FlowRef, NodeId, Revision, SessionId, TenantId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    Commit, InteractionType, NewHistoryRow, NewSession, SessionHead, SessionStatus, Snapshot, Turn,
    UserId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::real::Managed;

pub(super) const SECOND: i64 = 1000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// What the visitor says and where it leads.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// Milliseconds after the start.
    pub(super) after: i64,
    /// The node that is answered, and the answer.
    pub(super) answer: Option<(String, Value)>,
    pub(super) visits: Vec<String>,
}

/// A session.
#[derive(Clone, Debug)]
pub(super) struct Talk {
    pub(super) n: u128,
    pub(super) flow: FlowId,
    pub(super) school: Option<TenantId>,
    pub(super) user: Option<Uuid>,
    pub(super) started: Timestamp,
    pub(super) said: Vec<Said>,
    /// How it ended, and how many milliseconds after the start.
    pub(super) ended: Option<(SessionStatus, &'static str, i64)>,
    pub(super) state: Value,
    pub(super) info: Value,
}

fn owned(nodes: &[&str]) -> Vec<String> {
    nodes.iter().map(|node| (*node).to_owned()).collect()
}

/// Session `n` of a flow, whose first turn comes to `visits`.
pub(super) fn talk(n: u128, flow: FlowId, started: Timestamp, visits: &[&str]) -> Talk {
    let said = vec![Said { after: 0, answer: None, visits: owned(visits) }];
    let (state, info) = (json!({}), json!({}));
    Talk { n, flow, school: None, user: None, started, said, ended: None, state, info }
}

impl Talk {
    pub(super) fn then(mut self, after: i64, node: &str, answer: Value, visits: &[&str]) -> Self {
        let answer = Some((node.to_owned(), answer));
        self.said.push(Said { after, answer, visits: owned(visits) });
        self
    }

    pub(super) fn ends(self, status: SessionStatus, reason: &'static str, after: i64) -> Self {
        Self { ended: Some((status, reason, after)), ..self }
    }

    pub(super) fn completes(self, after: i64) -> Self {
        self.ends(SessionStatus::Completed, "completed", after)
    }

    pub(super) const fn id(&self) -> SessionId {
        SessionId(Uuid::from_u128(self.n))
    }

    /// Stores it.
    pub(super) fn hold(&self, managed: &Managed) {
        for (n, said) in self.said.iter().enumerate() {
            let snapshot = self.snapshot(n);
            if n == 0 {
                let session = NewSession {
                    head: self.head(),
                    snapshot,
                    turn: self.turn(said),
                    preview: None,
                };
                managed.wait(managed.store.create_session(&session)).expect("it is stored");
                continue;
            }
            let commit = Commit {
                session: self.id(),
                expected: Revision(n as u64),
                lease: None,
                at: self.at(said.after),
                snapshot,
                turn: self.turn(said),
                mark: None,
            };
            managed.wait(managed.store.commit(&commit)).expect("it is stored");
        }
    }

    fn at(&self, after: i64) -> Timestamp {
        Timestamp::from_millis(self.started.as_millis() + after)
    }

    fn head(&self) -> SessionHead {
        SessionHead {
            id: self.id(),
            user_id: self.user.map(UserId),
            flow: FlowRef { id: self.flow, seq: 1 },
            flow_version: Some("1.0.0".to_owned()),
            token_digest: format!("{:064x}", self.n),
            token_hint: "abcdef".to_owned(),
            csrf_digest: "c".repeat(64),
            school_id: self.school,
            theme_id: None,
            trace_enabled: false,
            trace_level: None,
            started_at: self.started,
        }
    }

    /// After turn `n`.
    fn snapshot(&self, n: usize) -> Snapshot {
        let ended = self.ended.filter(|_| n + 1 == self.said.len());
        Snapshot {
            current_node_id: self.said[n].visits.last().map(|node| NodeId::from(node.as_str())),
            current_flow_id: None,
            state: self.state.to_string(),
            engine: "{}".to_owned(),
            info: self.info.to_string(),
            status: ended.map_or(SessionStatus::Active, |ended| ended.0),
            state_hash: None,
            turn_hash: None,
            ended_at: ended.map(|ended| self.at(ended.2)),
            ended_reason: ended.map(|ended| ended.1.to_owned()),
        }
    }

    fn turn(&self, said: &Said) -> Turn {
        let row = |node: &str, kind, content: Value| NewHistoryRow {
            flow_id: Some(self.flow),
            node_id: NodeId::from(node),
            kind,
            content: content.to_string(),
            created_at: self.at(said.after),
            path: None,
        };
        let answer = said.answer.iter().map(|(node, value)| {
            row(node, InteractionType::Input, json!({"input": value, "value": value}))
        });
        let message = json!({"messages": []});
        let messages =
            said.visits.iter().map(|node| row(node, InteractionType::Message, message.clone()));
        let mut history: Vec<_> = answer.chain(messages).collect();
        let left = said.answer.iter().map(|(node, _)| json!([self.flow, node, "default", "left"]));
        let visits = said.visits.iter().map(|node| json!([self.flow, node, "default"]));
        if let Some(first) = history.first_mut() {
            first.path = Some(left.chain(visits).collect::<Value>().to_string());
        }
        Turn { history, ..Turn::default() }
    }
}
