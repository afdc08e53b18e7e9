//! What happened in a session, told by its history rows.

use chatflow::{FlowId, NodeId, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::facts::{RowFacts, SessionFacts, millis};
use crate::session::InteractionType;

/// One visit of a node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Visit {
    /// The flow that owns the node.
    pub flow: FlowId,
    /// The node.
    pub node: NodeId,
    /// When the turn was that came to it.
    pub at: Timestamp,
    /// For how many milliseconds, at most [`Visit::LONGEST_STAY`]; `None` if nothing followed
    /// (S5.18).
    pub stay_ms: Option<u64>,
}

impl Visit {
    /// The longest stay that counts: 1,800 seconds (S5.18).
    pub const LONGEST_STAY: u64 = 1_800_000;

    fn is_at(&self, flow: FlowId, node: &NodeId) -> bool {
        self.flow == flow && self.node == *node
    }
}

/// An answer that was accepted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The flow that owns the node.
    pub flow: FlowId,
    /// The node that asked.
    pub node: NodeId,
    /// When it was given.
    pub at: Timestamp,
    /// How many milliseconds after the node's last visit; `None` if there was none.
    pub after_ms: Option<u64>,
    /// The answer itself, as it was stored; null for an acknowledgement.
    pub value: Value,
}

/// The visits and answers of a session, in their order.
///
/// The visits are those that the paths of its turns tell (F45); an entry marked as left is none.
/// Visits have the time of their turn, so that of the visits of one turn all but the last take no
/// time, and that one lasts until the next turn's first row, of whatever kind (S5.18). What a script
/// hands back is no answer: nobody gave it. A path that is not of the known form tells nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    /// The visits.
    pub visits: Vec<Visit>,
    /// The answers that were accepted (S5.5).
    pub answers: Vec<Answer>,
    /// How many answers were given, refused ones included.
    pub attempts: u64,
    /// Whether an answer was given after the last visit, accepted or not.
    pub is_last_answered: bool,
}

/// What matters here of the content of an input row.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    value: Value,
    valid: Value,
    #[serde(rename = "input_type")]
    kind: Value,
}

impl SessionFacts {
    /// Tells what happened, from [`SessionFacts::rows`].
    pub fn story(&self) -> Story {
        let (mut story, mut rest) = (Story::default(), self.rows.as_slice());
        while let Some((first, others)) = rest.split_first() {
            // The first row of a turn is the one with a path.
            let next = others.iter().position(|row| row.path.is_some()).unwrap_or(others.len());
            let (turn, behind) = rest.split_at(next.saturating_add(1).min(rest.len()));
            story.tell(self.flow.id, first, turn);
            rest = behind;
        }
        story
    }
}

impl Story {
    /// A turn begins with what the visitor says to the last one, and goes on from there.
    fn tell(&mut self, root: FlowId, first: &RowFacts, turn: &[RowFacts]) {
        if let Some(last) = self.visits.last_mut() {
            let stay = millis(last.at, first.created_at).min(Visit::LONGEST_STAY);
            last.stay_ms.get_or_insert(stay);
        }
        for row in turn {
            if row.kind == InteractionType::Input {
                self.hear(root, row);
            }
        }
        let visits = visited(first.path.as_deref());
        let last = visits.len().saturating_sub(1);
        for (n, (flow, node)) in visits.into_iter().enumerate() {
            let stay_ms = (n < last).then_some(0);
            self.visits.push(Visit { flow, node, at: first.created_at, stay_ms });
            self.is_last_answered = false;
        }
    }

    fn hear(&mut self, root: FlowId, row: &RowFacts) {
        let text = row.content.as_deref().unwrap_or_default();
        let said: Said = serde_json::from_str(text).unwrap_or_default();
        if said.kind == "script_result" {
            return;
        }
        self.attempts = self.attempts.saturating_add(1);
        self.is_last_answered = true;
        if said.valid == false {
            return;
        }
        let (flow, node) = (row.flow_id.unwrap_or(root), row.node_id.clone());
        let visit = self.visits.iter().rev().find(|visit| visit.is_at(flow, &node));
        let after_ms = visit.map(|visit| millis(visit.at, row.created_at));
        let at = row.created_at;
        self.answers.push(Answer { flow, node, at, after_ms, value: said.value });
    }
}

/// The visits of a path: entries `[flow, node, edge]`, but not those with `"left"` behind.
pub(crate) fn visited(text: Option<&str>) -> Vec<(FlowId, NodeId)> {
    let entries: Vec<Vec<Option<String>>> =
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let visit = |entry: &Vec<Option<String>>| match entry.as_slice() {
        [Some(flow), Some(node), _] => {
            let flow = uuid::Uuid::parse_str(flow).ok()?;
            Some((FlowId(flow), NodeId::from(node.as_str())))
        }
        _ => None,
    };
    entries.iter().filter_map(visit).collect()
}

#[cfg(test)]
mod tests {
    use chatflow::{FlowRef, SessionId};
    use uuid::Uuid;

    use super::*;
    use crate::session::SessionStatus;

    const FLOW: FlowId = FlowId(Uuid::from_u128(1));
    const OTHER: FlowId = FlowId(Uuid::from_u128(2));

    fn row(
        second: i64,
        node: &str,
        kind: InteractionType,
        content: &str,
        path: Option<&str>,
    ) -> RowFacts {
        RowFacts {
            flow_id: None,
            node_id: node.into(),
            kind,
            created_at: Timestamp::from_millis(second.saturating_mul(1000)),
            path: path
                .map(|path| path.replace('F', &FLOW.to_string()).replace('O', &OTHER.to_string())),
            content: Some(content.to_owned()),
        }
    }

    fn session(rows: Vec<RowFacts>) -> SessionFacts {
        SessionFacts {
            id: SessionId(Uuid::nil()),
            flow: FlowRef { id: FLOW, seq: 1 },
            flow_version: None,
            school_id: None,
            user_id: None,
            status: SessionStatus::Active,
            ended_reason: None,
            started_at: Timestamp::default(),
            ended_at: None,
            last_activity_at: Timestamp::default(),
            rows,
            audience: None,
        }
    }

    /// Visits as `node at stay`, in seconds.
    fn visits(story: &Story) -> Vec<String> {
        let visit = |visit: &Visit| {
            let stay =
                visit.stay_ms.map_or_else(|| "-".to_owned(), |stay| (stay / 1000).to_string());
            let flow = if visit.flow == FLOW { "" } else { "other " };
            format!("{flow}{} {} {stay}", visit.node, visit.at.as_millis() / 1000)
        };
        story.visits.iter().map(visit).collect()
    }

    use InteractionType::{Action, Input, Message};

    #[test]
    fn visits_last_until_the_next_turn_and_no_longer_than_half_an_hour() {
        // S5.18, F45
        let story = session(vec![
            row(0, "a", Message, "", Some(r#"[["F","a","default"],["F","b",null]]"#)),
            row(0, "b", Message, "", None),
            // Asked again: no visit.
            row(7, "b", Input, r#"{"valid":false}"#, Some(r#"[["F","b",null,"left"]]"#)),
            row(
                9,
                "b",
                Input,
                r#"{"value":1}"#,
                Some(r#"[["F","b","$0","left"],["O","c","x"],["F","d",null]]"#),
            ),
            row(9, "d", Message, "", None),
            row(2_000, "d", Action, "", Some("[]")),
            row(3_000, "d", Input, "{}", Some(r#"[["F","d","default","left"],["F","a",null]]"#)),
            row(3_000, "a", Message, "", None),
        ])
        .story();
        let expected = ["a 0 0", "b 0 7", "other c 9 0", "d 9 1800", "a 3000 -"];
        assert_eq!(visits(&story), expected);
        let answers: Vec<_> =
            story.answers.iter().map(|a| (a.node.as_str(), a.after_ms, a.value.clone())).collect();
        let (one, none) = (serde_json::json!(1), Value::Null);
        assert_eq!(answers, [("b", Some(9_000), one), ("d", Some(2_991_000), none)]);
        assert_eq!((story.attempts, story.is_last_answered), (3, false));
    }

    #[test]
    fn what_a_script_hands_back_is_no_answer() {
        let result = r#"{"input_type":"script_result","outputs":["x"]}"#;
        let asked = row(0, "a", Action, "", Some(r#"[["F","a",null]]"#));
        let story = session(vec![asked.clone(), row(1, "a", Input, result, Some("[]"))]).story();
        assert_eq!((story.attempts, story.is_last_answered, story.answers.len()), (0, false, 0));
        assert_eq!(visits(&story), ["a 0 1"]);
        let refused = row(1, "a", Input, r#"{"valid":false}"#, Some("[]"));
        let story = session(vec![asked, refused]).story();
        assert_eq!((story.attempts, story.is_last_answered, story.answers.len()), (1, true, 0));
    }

    #[test]
    fn what_is_not_understood_tells_nothing() {
        for path in ["", "7", "{}", "[[1,\"a\",2]]", "[[\"F\"]]", "[[\"x\",\"a\",null]]", "[null]"]
        {
            let rows =
                vec![row(0, "a", Input, "no JSON", Some(path)), row(1, "a", Input, "[]", None)];
            let story = session(rows).story();
            assert_eq!((story.visits.len(), story.answers.len()), (0, 2), "{path}");
            assert!(story.answers.iter().all(|answer| answer.after_ms.is_none()));
        }
        assert_eq!(session(Vec::new()).story(), Story::default());
    }
}
