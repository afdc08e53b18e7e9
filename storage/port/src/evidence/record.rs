//! What is written and read of content events and answered requests.

use chatflow::{ContentId, FlowId, ImpressionId, NodeId, Revision, SessionId, TenantId, Timestamp};
use uuid::{Builder, Uuid, Version};

use crate::id::UserId;
use crate::text_enum::text_enum;

text_enum! {
    /// What became of a content item (S1.58).
    ContentEventKind {
        /// It was shown.
        Impression = "impression",
        /// The visitor took it up.
        Interaction = "interaction",
        /// The session it was shown in reached its end.
        Conversion = "conversion",
    }
}

/// A content event of a turn. The store adds the session, its school and visitor, and the time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewContentEvent {
    /// Names the row: of an impression its own id, else what is derived from the impression's.
    pub id: Uuid,
    /// What happened.
    pub kind: ContentEventKind,
    /// The item.
    pub content_id: ContentId,
    /// The variant that was shown; `None` when the item has none.
    pub variant_key: Option<String>,
    /// The flow that owns the node.
    pub flow_id: Option<FlowId>,
    /// The node that showed it.
    pub node_id: Option<NodeId>,
    /// The impression that it belongs to; `None` for an impression.
    pub impression_id: Option<ImpressionId>,
    /// What was answered: JSON, masked.
    pub value: Option<String>,
}

/// A content event as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentEvent {
    /// As it was written.
    pub event: NewContentEvent,
    /// The session, as long as it is there.
    pub session_id: Option<SessionId>,
    /// The session's school.
    pub school_id: Option<TenantId>,
    /// Who talked, if somebody was signed in.
    pub user_id: Option<UserId>,
    /// The revision that the turn made.
    pub revision: Revision,
    /// Its place among the rows of its turn: 1, 2, 3, …
    pub ordinal: u32,
    /// When the turn was committed.
    pub created_at: Timestamp,
}

/// Asks for the content events of a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SessionEventQuery {
    /// The session.
    pub session: SessionId,
    /// How many to pass over.
    pub skip: u64,
    /// How many to return at most.
    pub limit: u64,
}

/// Asks for the events of a content item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ContentEventQuery {
    /// The item.
    pub content: ContentId,
    /// Only of this kind.
    pub kind: Option<ContentEventKind>,
    /// Only what happened then or later.
    pub from: Option<Timestamp>,
    /// Only what happened then or before.
    pub to: Option<Timestamp>,
    /// How many to pass over.
    pub skip: u64,
    /// How many to return at most.
    pub limit: u64,
}

/// A page of content events.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ContentEventPage {
    /// The events.
    pub rows: Vec<ContentEvent>,
    /// How many there are in all.
    pub total: u64,
}

/// The answer to a request that may be sent again (S1.56, S4.37). It holds the turn, never a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AnsweredRequest {
    /// The client's name for the request, unique in its session; 1 to 128 characters.
    pub request_key: String,
    /// SHA-256 of the request's body in lower-case hex.
    pub body_hash: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The answer's body: JSON.
    pub response: String,
    /// Until when it is repeated.
    pub expires_at: Timestamp,
}

/// An answer as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecalledRequest {
    /// The answer.
    pub answered: AnsweredRequest,
    /// When its turn was committed.
    pub created_at: Timestamp,
}

/// The row id of the interaction with an impression; there is at most one (S5.22).
pub fn interaction_id(impression: ImpressionId) -> Uuid {
    Uuid::new_v5(&impression.0, b"interaction")
}

/// The row id of the conversion of an impression: the same id as of version 8, which every store can
/// derive by itself while it writes.
pub fn conversion_id(impression: ImpressionId) -> Uuid {
    Builder::from_bytes(impression.0.into_bytes()).with_version(Version::Custom).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversion_has_the_id_of_its_impression_as_of_version_8() {
        let impression = ImpressionId::derived("shown");
        let (mut id, mut own) = (conversion_id(impression).to_string(), impression.0.to_string());
        assert_eq!((own.remove(14), id.remove(14)), ('5', '8'));
        assert_eq!(own, id);
        assert_ne!(interaction_id(impression), impression.0);
    }
}
