//! What happened to a session (S6.2 to S6.6, S6.23).

use chatflow::{FlowId, Revision, SessionId, TenantId, Timestamp};
use chatflow_storage::{SessionHead, SessionStatus, SessionSummary, Snapshot, UserId};
use serde_json::{Map, Value, json};

use super::payload::Happening;

/// Where a session stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Standing {
    status: SessionStatus,
    node: Option<String>,
    revision: Revision,
}

/// A turn of a session, as others hear of it.
#[derive(Clone, Debug)]
pub(crate) struct SessionChange {
    pub(crate) session: SessionId,
    pub(crate) flow: FlowId,
    pub(crate) school: Option<TenantId>,
    pub(crate) user: Option<UserId>,
    pub(crate) at: Timestamp,
    /// None for a start.
    pub(crate) before: Option<Standing>,
    /// None for its deletion.
    pub(crate) after: Option<Standing>,
}

/// Whether this is the `info` of a preview, of which nobody is told (S4.14).
pub(crate) fn is_preview(info: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Info {
        #[serde(default)]
        preview: Value,
    }
    serde_json::from_str(info).is_ok_and(|info: Info| info.preview == true)
}

impl Standing {
    pub(crate) fn of(snapshot: &Snapshot, revision: Revision) -> Self {
        let node = snapshot.current_node_id.as_ref().map(|node| node.as_str().to_owned());
        Self { status: snapshot.status, node, revision }
    }
}

impl SessionChange {
    /// What a turn did to the session that this is the head of.
    pub(crate) fn new(
        head: &SessionHead,
        at: Timestamp,
        before: Option<Standing>,
        after: Standing,
    ) -> Self {
        Self {
            session: head.id,
            flow: head.flow.id,
            school: head.school_id,
            user: head.user_id,
            at,
            before,
            after: Some(after),
        }
    }

    /// That a session is deleted.
    pub(crate) fn deleted(head: &SessionHead, at: Timestamp) -> Self {
        Self {
            session: head.id,
            flow: head.flow.id,
            school: head.school_id,
            user: head.user_id,
            at,
            before: None,
            after: None,
        }
    }

    /// The same, of one in a list.
    pub(crate) fn of_deleted(session: &SessionSummary, at: Timestamp) -> Self {
        Self { before: None, after: None, ..Self::abandoned(session, at) }
    }

    /// That a session was given up because nobody said anything any more (S4.43).
    pub(crate) fn abandoned(session: &SessionSummary, at: Timestamp) -> Self {
        let node = session.current_node_id.as_ref().map(|node| node.as_str().to_owned());
        let standing = |status| Standing { status, node: node.clone(), revision: session.revision };
        Self {
            session: session.id,
            flow: session.flow.id,
            school: session.school_id,
            user: session.user_id,
            at,
            before: Some(standing(SessionStatus::Active)),
            after: Some(standing(SessionStatus::Abandoned)),
        }
    }

    /// Of status, node and revision the first that differs.
    pub(crate) fn event_type(&self) -> &'static str {
        match (&self.before, &self.after) {
            (_, None) => "session_deleted",
            (None, Some(_)) => "session_started",
            (Some(before), Some(after)) if before.status != after.status => {
                "session_status_changed"
            }
            (Some(before), Some(after)) if before.node != after.node => "node_changed",
            (Some(_), Some(_)) => "session_updated",
        }
    }

    pub(super) fn happening(&self) -> Happening {
        let mut data = Map::new();
        if let Some(Standing { status, node, revision }) = &self.after {
            data.insert("current_node".to_owned(), json!(node));
            data.insert("status".to_owned(), json!(status.as_str()));
            data.insert("revision".to_owned(), json!(revision));
        }
        if let Some(before) = &self.before {
            data.insert("previous_node".to_owned(), json!(before.node));
            data.insert("previous_status".to_owned(), json!(before.status.as_str()));
            data.insert("previous_revision".to_owned(), json!(before.revision));
        }
        Happening {
            event_type: self.event_type(),
            at: self.at,
            session: Some(self.session),
            flow: Some(self.flow),
            school: self.school,
            user: self.user,
            cause: None,
            more: Map::from_iter([
                ("session_id".to_owned(), json!(self.session)),
                ("flow_id".to_owned(), json!(self.flow)),
                ("user_id".to_owned(), json!(self.user)),
            ]),
            data: Value::Object(data),
        }
    }
}
