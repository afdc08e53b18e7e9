//! Conversations as they are stored, at times that a test knows.

use chatflow::{
    ContentId, FlowId, FlowRef, ImpressionId, Revision, SessionId, TenantId, Timestamp,
};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    Commit, ContentEventKind, InteractionType, NewContentEvent, NewHistoryRow, NewSession,
    SessionHead, SessionStatus, Snapshot, Turn, interaction_id,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::real::{Managed, school};

/// A conversation that is shown one item at the end of one of its turns.
#[derive(Clone)]
pub(super) struct Talk<'a> {
    pub(super) n: u128,
    pub(super) item: &'a str,
    pub(super) variant: Option<&'a str>,
    pub(super) flow: &'a str,
    /// 0 stands for no school.
    pub(super) school: u128,
    /// What its variables say of the visitor.
    pub(super) user: Value,
    /// When each turn was, and the nodes that it went along.
    pub(super) turns: Vec<(&'a str, &'a [&'a str])>,
    /// Which turn shows the item, from 0; it is at the last node of that.
    pub(super) shown: usize,
    /// What is said to the item with the next turn.
    pub(super) answer: Option<Value>,
    /// Whether the last turn is the end.
    pub(super) ends: bool,
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

fn id(text: &str) -> Uuid {
    text.parse().expect("an id")
}

impl Talk<'_> {
    /// Stores it turn by turn.
    #[expect(clippy::too_many_lines, reason = "records with many fields")]
    pub(super) fn hold(&self, managed: &Managed) {
        let (session, flow) = (SessionId(Uuid::from_u128(self.n)), FlowId(id(self.flow)));
        let last = self.turns.len() - 1;
        let shown = NewContentEvent {
            id: ImpressionId::derived(&format!("shown {}", self.n)).0,
            kind: ContentEventKind::Impression,
            content_id: ContentId(id(self.item)),
            variant_key: self.variant.map(Into::into),
            flow_id: Some(flow),
            node_id: self.turns[self.shown].1.last().map(|node| (*node).into()),
            impression_id: None,
            value: None,
        };
        for (n, (time, nodes)) in self.turns.iter().enumerate() {
            let path: Vec<_> = nodes.iter().map(|node| json!([flow, node, "default"])).collect();
            let mut events = Vec::new();
            if n == self.shown {
                events.push(shown.clone());
            }
            if let Some(answer) = self.answer.as_ref().filter(|_| n == self.shown + 1) {
                let impression = ImpressionId(shown.id);
                events.push(NewContentEvent {
                    id: interaction_id(impression),
                    kind: ContentEventKind::Interaction,
                    impression_id: Some(impression),
                    value: Some(answer.to_string()),
                    ..shown.clone()
                });
            }
            let has_ended = self.ends && n == last;
            let row = NewHistoryRow {
                flow_id: Some(flow),
                node_id: (*nodes.last().expect("a node")).into(),
                kind: InteractionType::Message,
                content: "{}".to_owned(),
                created_at: at(time),
                path: Some(json!(path).to_string()),
            };
            let turn = Turn {
                history: vec![row],
                content_events: events,
                converts: has_ended,
                ..Turn::default()
            };
            let snapshot = Snapshot {
                current_node_id: None,
                current_flow_id: None,
                state: json!({"user": self.user}).to_string(),
                engine: "{}".to_owned(),
                info: "{}".to_owned(),
                status: if has_ended { SessionStatus::Completed } else { SessionStatus::Active },
                state_hash: None,
                turn_hash: None,
                ended_at: has_ended.then(|| at(time)),
                ended_reason: has_ended.then(|| "completed".to_owned()),
            };
            if n == 0 {
                let head = self.head(session, flow, at(time));
                let new = NewSession { head, snapshot, turn, preview: None };
                managed.wait(managed.store.create_session(&new)).expect("it is stored");
            } else {
                let expected = Revision(u64::try_from(n).expect("it fits"));
                let at = at(time);
                let commit =
                    Commit { session, expected, lease: None, at, snapshot, turn, mark: None };
                managed.wait(managed.store.commit(&commit)).expect("it is stored");
            }
        }
    }

    fn head(&self, id: SessionId, flow: FlowId, started_at: Timestamp) -> SessionHead {
        let school_id: Option<TenantId> = (self.school > 0).then(|| school(self.school));
        SessionHead {
            id,
            user_id: None,
            flow: FlowRef { id: flow, seq: 1 },
            flow_version: None,
            token_digest: "d".repeat(64),
            token_hint: "abcdef".to_owned(),
            csrf_digest: "c".repeat(64),
            school_id,
            theme_id: None,
            trace_enabled: false,
            trace_level: None,
            started_at,
        }
    }
}

/// Six conversations about an item, in a week of March 2026 whose Monday is the 16th, and one after it.
///
/// | | arm | school | flow | shown | where | answered | ended | age |
/// |-|-|-|-|-|-|-|-|-|
/// | 1 | control | 1 | first | Mon 06:30 | 2nd of 3 visits | in words | yes | 6 |
/// | 2 | control | 1 | first | Mon 12:00 | 4th of 4 | no | no | 7 |
/// | 3 | b | 2 | first | Tue 17:00 | 4th of 5 | by a choice | yes | ? |
/// | 4 | b | | second | Sat 23:59:30 | 1st of 2 | in words, on Sunday | on Sunday | 18 |
/// | 5 | | 1 | second | Tue 03:00 | 4th of 4 | no | no | 13 |
/// | 6 | control | 2 | first | the 30th | 1st of 1 | no | no | ? |
#[expect(clippy::too_many_lines, reason = "data")]
pub(super) fn week<'a>(item: &'a str, first: &'a str, second: &'a str) -> Vec<Talk<'a>> {
    let talk = Talk {
        n: 1,
        item,
        variant: Some("control"),
        flow: first,
        school: 1,
        user: json!({"age": 6}),
        turns: vec![("2026-03-16T06:30:00Z", &["hello", "q"]), ("2026-03-16T06:31:00Z", &["bye"])],
        shown: 0,
        answer: Some(json!("I loved it!")),
        ends: true,
    };
    vec![
        talk.clone(),
        Talk {
            n: 2,
            user: json!({"age": "7"}),
            turns: vec![("2026-03-16T12:00:00Z", &["hello", "a", "b", "q"])],
            answer: None,
            ends: false,
            ..talk.clone()
        },
        Talk {
            n: 3,
            variant: Some("b"),
            school: 2,
            user: json!({}),
            turns: vec![
                ("2026-03-17T16:59:00Z", &["hello", "a"]),
                ("2026-03-17T17:00:00Z", &["b", "q"]),
                ("2026-03-17T17:01:00Z", &["bye"]),
            ],
            shown: 1,
            answer: Some(json!({"value": "great", "label": "Great!"})),
            ..talk.clone()
        },
        Talk {
            n: 4,
            variant: Some("b"),
            flow: second,
            school: 0,
            user: json!({"age_number": 18}),
            turns: vec![("2026-03-21T23:59:30Z", &["q"]), ("2026-03-22T00:00:10Z", &["bye"])],
            answer: Some(json!("It was boring")),
            ..talk.clone()
        },
        Talk {
            n: 5,
            variant: None,
            flow: second,
            user: json!({"age": {"value": 13, "label": "thirteen"}}),
            turns: vec![("2026-03-17T03:00:00Z", &["hello", "a", "b", "q"])],
            answer: None,
            ends: false,
            ..talk.clone()
        },
        Talk {
            n: 6,
            school: 2,
            user: json!({}),
            turns: vec![("2026-03-30T10:00:00Z", &["q"])],
            answer: None,
            ends: false,
            ..talk
        },
    ]
}

/// Holds the week with flows "Tour" and "Quiz"; answers with the item.
pub(super) fn hold_week(managed: &Managed) -> String {
    let item = super::item(managed, &["b"]);
    let (first, second) = (super::flow(managed, "Tour"), super::flow(managed, "Quiz"));
    for talk in week(&item, &first, &second) {
        talk.hold(managed);
    }
    item
}
