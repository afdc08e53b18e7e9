//! Where in a conversation an item was shown, and to whom (S5.33).

use chatflow_storage::{ImpressionFacts, SessionStatus, ShownSession};
use serde_json::Value;

use crate::analytics::age::age;

/// So many visits are the welcome, and so many the close.
const EDGE: usize = 2;

/// The part of a conversation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Context {
    /// Its first two visits.
    Welcome,
    /// What lies between.
    Main,
    /// Its last two visits, once it has ended.
    Closing,
}

/// Who is in a conversation, by age.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Segment {
    Under7,
    From7To12,
    From13To17,
    Adult,
    Unknown,
}

/// The parts of a conversation in which these impressions of it were, in their order. One that no visit is found for is in
/// none but the main one.
pub(super) fn contexts(session: &ShownSession, mut shown: Vec<&ImpressionFacts>) -> Vec<Context> {
    let visits = session.visits();
    shown.sort_unstable_by_key(|fact| (fact.revision, fact.ordinal));
    let has_ended = session.status != SessionStatus::Active;
    let mut next = 0_usize;
    let mut found = Vec::with_capacity(shown.len());
    for fact in shown {
        let is_there =
            |flow, node| fact.flow_id == Some(flow) && fact.node_id.as_ref() == Some(node);
        let behind = visits.iter().enumerate().skip(next);
        let then =
            behind.clone().find(|(_, (at, flow, node))| *at == fact.at && is_there(*flow, node));
        let later = || behind.clone().find(|(_, (_, flow, node))| is_there(*flow, node));
        let any = || visits.iter().enumerate().rfind(|(_, (_, flow, node))| is_there(*flow, node));
        let place = then.or_else(later).or_else(any).map(|(place, _)| place);
        next = place.map_or(next, |place| next.max(place.saturating_add(1)));
        found.push(match place {
            Some(place) if place < EDGE => Context::Welcome,
            Some(place) if has_ended && place.saturating_add(EDGE) >= visits.len() => {
                Context::Closing
            }
            _ => Context::Main,
        });
    }
    found
}

/// Who is in a conversation, by `user.age` or `user.age_number`.
pub(super) fn segment(state: &str) -> Segment {
    let state: Value = serde_json::from_str(state).unwrap_or_default();
    match age(state.get("user").unwrap_or(&Value::Null)) {
        Some(..7.0) => Segment::Under7,
        Some(7.0..13.0) => Segment::From7To12,
        Some(13.0..18.0) => Segment::From13To17,
        Some(_) => Segment::Adult,
        None => Segment::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use chatflow::{FlowId, ImpressionId, Revision, SessionId, Timestamp};
    use chatflow_storage::TurnPath;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    const FLOW: FlowId = FlowId(Uuid::from_u128(1));

    /// A session whose turns, a second apart, went along these nodes.
    fn session(turns: &[&[&str]], has_ended: bool) -> ShownSession {
        let turn = |(n, nodes): (usize, &&[&str])| {
            let path: Vec<_> = nodes.iter().map(|node| json!([FLOW, node, "default"])).collect();
            let at = Timestamp::from_millis(i64::try_from(n).unwrap().saturating_mul(1000));
            TurnPath { at, path: json!(path).to_string() }
        };
        ShownSession {
            id: SessionId(Uuid::nil()),
            status: if has_ended { SessionStatus::Completed } else { SessionStatus::Active },
            state: "{}".to_owned(),
            turns: turns.iter().enumerate().map(turn).collect(),
        }
    }

    fn shown(turn: u64, ordinal: u32, node: &str) -> ImpressionFacts {
        ImpressionFacts {
            id: ImpressionId::derived(&format!("{turn} {ordinal}")),
            at: Timestamp::from_millis(i64::try_from(turn).unwrap().saturating_mul(1000)),
            flow_id: Some(FLOW),
            node_id: Some(node.into()),
            session_id: Some(SessionId(Uuid::nil())),
            revision: Revision(turn.saturating_add(1)),
            ordinal,
        }
    }

    #[test]
    fn a_conversation_has_a_begin_a_middle_and_an_end() {
        use Context::{Closing, Main, Welcome};
        // S5.33
        let turns: &[&[&str]] = &[&["a", "b", "c"], &["d"], &["e", "f"]];
        let shown = [(0, "a"), (0, "b"), (0, "c"), (1, "d"), (2, "e"), (2, "f")]
            .map(|(turn, node)| shown(turn, 1, node));
        let of = |has_ended| contexts(&session(turns, has_ended), shown.iter().collect());
        assert_eq!(of(true), [Welcome, Welcome, Main, Main, Closing, Closing]);
        assert_eq!(of(false), [Welcome, Welcome, Main, Main, Main, Main]);
        // The welcome wins.
        let short = contexts(&session(&[&["a"]], true), vec![&shown[0]]);
        assert_eq!(short, [Welcome]);
    }

    #[test]
    fn an_impression_belongs_to_the_visit_of_its_turn() {
        use Context::{Closing, Main, Welcome};
        let turns: &[&[&str]] = &[&["a", "b"], &["b"], &["c", "b"]];
        let facts = [shown(0, 1, "b"), shown(1, 1, "b"), shown(2, 1, "b")];
        let of = |n: &[usize]| {
            contexts(&session(turns, true), n.iter().map(|n| &facts[*n]).collect::<Vec<_>>())
        };
        assert_eq!(of(&[2, 1, 0]), [Welcome, Main, Closing]);
        assert_eq!(of(&[2]), [Closing]);
        // Twice in one visit, and one that nothing is known of.
        let twice = [shown(2, 1, "b"), shown(2, 2, "b"), shown(2, 3, "z")];
        let of = contexts(&session(turns, true), twice.iter().collect());
        assert_eq!(of, [Closing, Closing, Main]);
        assert_eq!(contexts(&session(&[], true), vec![&facts[0]]), [Main]);
    }

    #[test]
    fn ages_are_read_as_they_are_answered() {
        // S5.33
        use Segment::{Adult, From7To12, From13To17, Under7, Unknown};
        for (user, expected) in [
            (json!({"age": 6}), Under7),
            (json!({"age": 6.9}), Under7),
            (json!({"age": 7}), From7To12),
            (json!({"age": "12"}), From7To12),
            (json!({"age": {"value": 13, "label": "13"}}), From13To17),
            (json!({"age_number": 17}), From13To17),
            (json!({"age": "a lot", "age_number": 18}), Adult),
            (json!({"age": 149}), Adult),
            (json!({"age": 150}), Unknown),
            (json!({"age": -1}), Unknown),
            (json!({"age": {"value": {"value": 7}}}), Unknown),
            (json!({"age": null}), Unknown),
            (json!("nobody"), Unknown),
        ] {
            assert_eq!(segment(&json!({ "user": user }).to_string()), expected, "{user}");
        }
        assert_eq!(segment("{}"), Unknown);
        assert_eq!(segment("no JSON"), Unknown);
    }
}
