//! Events as they are written down.

use chatflow::{FlowId, SessionId, TenantId, Timestamp};
use chatflow_storage::{Destination, EventId, NewEvent, Priority, SubscriptionRecord, UserId};
use serde_json::{Map, Value, json};

use crate::token::{NoEntropy, random_id};

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

/// An event before it is known where it goes.
#[derive(Clone, Debug)]
pub(super) struct Told<'a> {
    pub(super) event_type: &'static str,
    pub(super) at: Timestamp,
    pub(super) session: Option<SessionId>,
    pub(super) flow: Option<FlowId>,
    pub(super) school: Option<TenantId>,
    pub(super) user: Option<UserId>,
    /// What the payload has beside `data` and what all payloads have.
    pub(super) more: Map<String, Value>,
    pub(super) data: Value,
    pub(super) service: &'a str,
}

impl Told<'_> {
    /// The event as a row (S6.1, S6.22).
    pub(super) fn row(&self, destination: Destination) -> Result<NewEvent, NoEntropy> {
        let id = random_id()?;
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
        Ok(NewEvent {
            id: EventId(id),
            event_type: self.event_type.to_owned(),
            event_version: VERSION.to_owned(),
            source_service: self.service.to_owned(),
            destination,
            routing_key: None,
            payload: Value::Object(payload).to_string(),
            headers: None,
            priority: Priority::Normal,
            max_retries: 0,
            // S6.42
            correlation_id: self.session.map(|session| format!("{session}:{}", self.event_type)),
            causation_id: None,
            user_id: self.user,
            session_id: self.session,
            flow_id: self.flow,
            school_id: self.school,
            created_at: self.at,
        })
    }
}

/// That a subscription is disabled (S6.46); none without randomness.
pub(crate) fn disabled_event(
    subscription: &SubscriptionRecord,
    service: &str,
    at: Timestamp,
) -> Option<NewEvent> {
    let more = json!({"subscription_id": subscription.id, "aggregate_id": subscription.id});
    let told = Told {
        event_type: "webhook_disabled",
        at,
        session: None,
        flow: None,
        school: subscription.school_id,
        user: None,
        more: more.as_object().cloned().unwrap_or_default(),
        data: json!({"name": subscription.name}),
        service,
    };
    told.row(Destination::Stream).ok()
}

/// What a test of a subscription sends (S6.47).
pub(crate) fn test_payload(
    subscription: &SubscriptionRecord,
    service: &str,
    at: Timestamp,
) -> Result<NewEvent, NoEntropy> {
    let told = Told {
        event_type: "webhook_test",
        at,
        session: None,
        flow: None,
        school: subscription.school_id,
        user: None,
        more: Map::from_iter([("subscription_id".to_owned(), json!(subscription.id))]),
        data: json!({"test": true}),
        service,
    };
    told.row(Destination::Webhook(subscription.id))
}

/// Unix seconds with their fraction.
fn seconds(at: Timestamp) -> Value {
    let (whole, millis) = (at.as_millis().div_euclid(1000), at.as_millis().rem_euclid(1000));
    // Written as text first, so that no sum is rounded twice.
    serde_json::from_str(&format!("{whole}.{millis:03}")).unwrap_or(Value::Null)
}
