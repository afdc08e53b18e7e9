//! What tells of a change: its events (S6.7 to S6.22) and its audit entry (S1.68).

use chatflow::{FlowId, TenantId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{AuditEntry, Destination, EventFacts, EventId, NewEvent, Priority};
use serde_json::{Map, Value, json};

use super::author::Author;
use crate::app::App;
use crate::error::ApiError;
use crate::token::random_id;

/// A change by somebody, at some time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trail<'a> {
    pub(crate) author: &'a Author,
    pub(crate) at: Timestamp,
}

impl Trail<'_> {
    /// An event of a flow: for the stream, and for each subscription that receives it (S6.22, S6.41).
    pub(crate) async fn flow_event(
        &self,
        app: &App,
        (flow, school): (FlowId, Option<TenantId>),
        event_type: &str,
        data: Value,
    ) -> Result<Vec<NewEvent>, ApiError> {
        let millis = self.at.as_millis();
        let seconds = serde_json::Number::from_f64(seconds(millis));
        let payload = json!({
            "event_type": event_type, "timestamp": seconds, "flow_id": flow,
            "aggregate_id": flow, "school_id": school, "actor_id": self.author.caller.id,
            "data": data,
        });
        let facts = EventFacts {
            event_type: event_type.to_owned(),
            flow_id: Some(flow),
            schools: school.into_iter().collect(),
        };
        let receivers = app.store.matching_subscriptions(&facts).await?;
        let receivers = receivers.iter().map(|to| (Destination::Webhook(to.id), to.max_retries));
        std::iter::once((Destination::Stream, 0))
            .chain(receivers)
            .map(|(destination, max_retries)| {
                Ok(NewEvent {
                    id: EventId(random_id()?),
                    event_type: event_type.to_owned(),
                    event_version: "1.0".to_owned(),
                    source_service: "chatflow".to_owned(),
                    destination,
                    routing_key: None,
                    payload: payload.to_string(),
                    headers: None,
                    priority: Priority::Normal,
                    max_retries,
                    correlation_id: self.author.request_id.clone(),
                    causation_id: None,
                    user_id: self.author.user(),
                    session_id: None,
                    flow_id: Some(flow),
                    school_id: school,
                    created_at: self.at,
                })
            })
            .collect()
    }

    /// The entry of the audit log.
    pub(crate) fn audit(
        &self,
        action: &str,
        (kind, id): (&str, String),
        school_id: Option<TenantId>,
        changes: Map<String, Value>,
    ) -> Result<AuditEntry, ApiError> {
        let caller = &self.author.caller;
        Ok(AuditEntry {
            id: random_id()?,
            at: self.at,
            actor_type: caller.kind.account_type().to_owned(),
            actor_id: Some(caller.id),
            action: action.to_owned(),
            resource_type: kind.to_owned(),
            resource_id: id,
            school_id,
            changes: Value::Object(changes).to_string(),
            request_id: self.author.request_id.clone(),
            ip: None,
        })
    }
}

/// Unix seconds with their fraction (S6.1).
fn seconds(millis: i64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 are exact in a double for longer than anyone counts"
    )]
    let millis = millis as f64;
    millis / 1000.0
}
