//! Events as they are written down.

use chatflow::{FlowId, SessionId, TenantId, Timestamp};
use chatflow_storage::{Destination, EventId, NewEvent, Priority, SubscriptionRecord, UserId};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::identity::Caller;
use crate::token::{NoEntropy, random_id};
use crate::trail::Trail;

/// The form of payloads (S6.1).
const VERSION: &str = "1.0";

/// The types that subscriptions may name (S6.2 to S6.21).
pub(crate) const EVENT_TYPES: [&str; 29] = [
    "session_started",
    "session_status_changed",
    "node_changed",
    "session_updated",
    "session_deleted",
    "flow_created",
    "flow_updated",
    "flow_published",
    "flow_unpublished",
    "flow_cloned",
    "flow_soft_deleted",
    "flow_restored",
    "flow_node_positions_updated",
    "content_created",
    "content_updated",
    "content_status_updated",
    "content_deleted",
    "content_variant_created",
    "content_variant_updated",
    "content_variant_deleted",
    "content_variant_performance_updated",
    "theme_created",
    "theme_updated",
    "theme_deleted",
    "export_completed",
    "export_failed",
    "webhook_disabled",
    "webhook_test",
    "*",
];

/// Something that happened, before it is known who is told.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    /// What (S6.2 to S6.21).
    pub(crate) event_type: &'static str,
    pub(crate) at: Timestamp,
    pub(crate) session: Option<SessionId>,
    pub(crate) flow: Option<FlowId>,
    /// Whose affair it is.
    pub(crate) school: Option<TenantId>,
    pub(crate) user: Option<UserId>,
    /// The request that made it happen.
    pub(crate) cause: Option<String>,
    /// What the payload has beside `data` and what all payloads have.
    pub(crate) more: Map<String, Value>,
    pub(crate) data: Value,
}

impl Happening {
    /// A change of a row of the library: of a `flow`, a `content` item or a `theme` (S6.22).
    pub(crate) fn of_row(
        event_type: &'static str,
        (kind, id): (&str, Uuid),
        school: Option<TenantId>,
        (caller, trail, at): (&Caller, &Trail, Timestamp),
        data: Value,
    ) -> Self {
        let more = [
            (format!("{kind}_id"), json!(id)),
            ("aggregate_id".to_owned(), json!(id)),
            ("actor_id".to_owned(), json!(caller.id)),
        ];
        Self {
            event_type,
            at,
            session: None,
            flow: (kind == "flow").then_some(FlowId(id)),
            school,
            user: caller.user_id().map(UserId),
            cause: trail.request_id.clone(),
            more: Map::from_iter(more),
            data,
        }
    }

    /// The event as a row (S6.1, S6.22).
    pub(super) fn row(&self, service: &str, id: Uuid, destination: Destination) -> NewEvent {
        let mut payload = self.more.clone();
        for (key, value) in [
            ("event_type", json!(self.event_type)),
            ("timestamp", seconds(self.at)),
            ("data", self.data.clone()),
            ("event_id", json!(id)),
            ("event_version", json!(VERSION)),
            ("school_id", json!(self.school)),
        ] {
            payload.insert(key.to_owned(), value);
        }
        NewEvent {
            id: EventId(id),
            event_type: self.event_type.to_owned(),
            event_version: VERSION.to_owned(),
            source_service: service.to_owned(),
            destination,
            routing_key: None,
            payload: Value::Object(payload).to_string(),
            headers: None,
            priority: Priority::Normal,
            max_retries: 0,
            // S6.42
            correlation_id: self.session.map(|session| format!("{session}:{}", self.event_type)),
            causation_id: self.cause.clone(),
            user_id: self.user,
            session_id: self.session,
            flow_id: self.flow,
            school_id: self.school,
            created_at: self.at,
        }
    }
}

/// That a subscription is disabled (S6.46); none without randomness.
pub(crate) fn disabled_event(
    subscription: &SubscriptionRecord,
    service: &str,
    at: Timestamp,
) -> Option<NewEvent> {
    let more = json!({"subscription_id": subscription.id, "aggregate_id": subscription.id});
    let happening = Happening {
        event_type: "webhook_disabled",
        at,
        session: None,
        flow: None,
        school: subscription.school_id,
        user: None,
        cause: None,
        more: more.as_object().cloned().unwrap_or_default(),
        data: json!({"name": subscription.name}),
    };
    Some(happening.row(service, random_id().ok()?, Destination::Stream))
}

/// What a test of a subscription sends (S6.47).
pub(crate) fn test_payload(
    subscription: &SubscriptionRecord,
    service: &str,
    at: Timestamp,
) -> Result<NewEvent, NoEntropy> {
    let happening = Happening {
        event_type: "webhook_test",
        at,
        session: None,
        flow: None,
        school: subscription.school_id,
        user: None,
        cause: None,
        more: Map::from_iter([("subscription_id".to_owned(), json!(subscription.id))]),
        data: json!({"test": true}),
    };
    Ok(happening.row(service, random_id()?, Destination::Webhook(subscription.id)))
}

/// Unix seconds with their fraction.
fn seconds(at: Timestamp) -> Value {
    let (whole, millis) = (at.as_millis().div_euclid(1000), at.as_millis().rem_euclid(1000));
    // Written as text first, so that no sum is rounded twice.
    serde_json::from_str(&format!("{whole}.{millis:03}")).unwrap_or(Value::Null)
}
