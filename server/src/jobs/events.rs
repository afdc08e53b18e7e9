//! What jobs tell others.

use chatflow::Timestamp;
use chatflow_storage::{AnyStore, NewEvent, SessionSummary, StoreError};
use serde_json::json;

use crate::happening::{Happening, Unheard};

/// The events of a session that was abandoned, where somebody wants them (S6.3, F17).
pub(super) async fn abandoned(
    store: &AnyStore,
    session: &SessionSummary,
    at: Timestamp,
) -> Result<Vec<NewEvent>, StoreError> {
    let node = session.current_node_id.as_ref().map(ToString::to_string);
    let payload = json!({
        "session_id": session.id,
        "flow_id": session.flow.id,
        "user_id": session.user_id,
        "data": {
            "current_node": node, "previous_node": node,
            "status": "abandoned", "previous_status": "active",
            "revision": session.revision, "previous_revision": session.revision,
        },
    });
    let happening = Happening {
        kind: "session_status_changed",
        payload,
        school_id: session.school_id,
        flow_id: Some(session.flow.id),
        session_id: Some(session.id),
        user_id: session.user_id,
    };
    happening.rows(store, at, Unheard::Dropped).await
}
