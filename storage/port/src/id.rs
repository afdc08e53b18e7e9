//! Ids that only storage and its callers know, and ids that are derived instead of stored.

use chatflow::{ContentId, FlowId, NodeId, SessionId};
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

/// Names a theme.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct ThemeId(pub Uuid);

/// Names a person who signed in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct UserId(pub Uuid);

/// Names an event in the outbox.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);

/// Names a subscription to events.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct SubscriptionId(pub Uuid);
/// Names a program that signs in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct ServiceAccountId(pub Uuid);

/// Names one holding of a session's lease; drawn by the host for each turn that needs it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct LeaseToken(pub Uuid);

/// The wire id of a history row: a version 8 UUID of the session and the row's number (F43).
pub fn history_row_id(session: SessionId, seq: u64) -> Uuid {
    let hash = Uuid::new_v5(&session.0, &seq.to_be_bytes());
    Builder::from_custom_bytes(hash.into_bytes()).into_uuid()
}

/// The row id of a node: the same whenever a node of that name stands in that flow (S1.48).
pub fn node_row_id(flow: FlowId, node: &NodeId) -> Uuid {
    Uuid::new_v5(&flow.0, format!("node:{node}").as_bytes())
}

/// The row id of a connection; source, target and type name it within its flow (S1.48).
pub fn connection_row_id(flow: FlowId, source: &NodeId, target: &NodeId, kind: &str) -> Uuid {
    // Lengths in front, because a node id may contain any separator.
    let (s, t) = (source.as_str().len(), target.as_str().len());
    Uuid::new_v5(&flow.0, format!("connection:{s}:{source}:{t}:{target}:{kind}").as_bytes())
}

/// The row id of a variant: the same whenever a variant of that key stands under that item.
pub fn variant_row_id(content: ContentId, key: &str) -> Uuid {
    Uuid::new_v5(&content.0, format!("variant:{key}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_row_has_a_stable_version_8_id() {
        let session = SessionId(Uuid::from_u128(7));
        let id = history_row_id(session, 1);
        assert_eq!(id.get_version_num(), 8);
        assert_eq!(id, history_row_id(session, 1));
        assert_ne!(id, history_row_id(session, 2));
        assert_ne!(id, history_row_id(SessionId(Uuid::from_u128(8)), 1));
    }

    #[test]
    fn connections_whose_names_run_together_keep_their_own_ids() {
        let flow = FlowId(Uuid::from_u128(1));
        let one = connection_row_id(flow, &"a:b".into(), &"c".into(), "default");
        let two = connection_row_id(flow, &"a".into(), &"b:c".into(), "default");
        assert_ne!(one, two);
    }
}
