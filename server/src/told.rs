//! What is told of changes that a caller makes: events (S6.22, S6.30) and the audit log (S1.68).

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use chatflow::{FlowId, TenantId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AnyStore, AuditEntry, Destination, EventFacts, EventId, Match, NewEvent, Priority, UserId,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::error::ApiError;
use crate::host::now;
use crate::identity::Caller;
use crate::token::random_id;

/// How often an event for the stream would be delivered again; nobody delivers those.
const STREAM_RETRIES: u32 = 3;

/// What an event or an entry is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    /// `content`, `flow` and the like: the word in the log, and before `_id` in payloads.
    pub(crate) kind: &'static str,
    pub(crate) id: Uuid,
    pub(crate) school: Option<TenantId>,
}

/// What decides who receives an event: its type, the school and the flow.
type Facts = (&'static str, Option<TenantId>, Option<FlowId>);

/// Writes down what one request changes.
#[derive(Debug)]
pub(crate) struct Teller<'a> {
    store: &'a AnyStore,
    caller: &'a Caller,
    request: Option<String>,
    pub(crate) at: Timestamp,
    /// Who receives events of a type and a school; asked for once.
    receivers: BTreeMap<Facts, Vec<Match>>,
}

impl<'a> Teller<'a> {
    pub(crate) fn new(store: &'a AnyStore, caller: &'a Caller, headers: &HeaderMap) -> Self {
        // Every request has an id by now.
        let request = headers.get("x-request-id").and_then(|id| id.to_str().ok());
        let receivers = BTreeMap::new();
        Self { store, caller, request: request.map(str::to_owned), at: now(), receivers }
    }

    /// An entry of the audit log; `action` is what is done to the kind of subject.
    pub(crate) fn entry(
        &self,
        subject: Subject,
        action: &str,
        changes: &Value,
    ) -> Result<AuditEntry, ApiError> {
        Ok(AuditEntry {
            id: random_id()?,
            at: self.at,
            actor_type: self.caller.kind.account_type().to_owned(),
            actor_id: Some(self.caller.id),
            action: format!("{}.{action}", subject.kind),
            resource_type: subject.kind.to_owned(),
            resource_id: subject.id.to_string(),
            school_id: subject.school,
            changes: changes.to_string(),
            request_id: self.request.clone(),
            ip: None,
        })
    }

    /// An event: a row for the stream and one for each subscription. With a `once`, their ids are
    /// derived from it, so that who writes each id once tells once.
    pub(crate) async fn events(
        &mut self,
        subject: Subject,
        event_type: &'static str,
        data: Map<String, Value>,
        once: Option<&str>,
    ) -> Result<Vec<NewEvent>, ApiError> {
        let subscribed = self.receivers(subject, event_type).await?.into_iter().map(Some);
        let told = Told { subject, event_type, data, once };
        std::iter::once(None).chain(subscribed).map(|to| self.event(&told, to)).collect()
    }

    async fn receivers(
        &mut self,
        subject: Subject,
        event_type: &'static str,
    ) -> Result<Vec<Match>, ApiError> {
        let flow_id = flow_of(subject);
        let key = (event_type, subject.school, flow_id);
        if let Some(known) = self.receivers.get(&key) {
            return Ok(known.clone());
        }
        let facts = EventFacts {
            event_type: event_type.to_owned(),
            flow_id,
            schools: subject.school.into_iter().collect(),
        };
        let found = self.store.matching_subscriptions(&facts).await?;
        self.receivers.insert(key, found.clone());
        Ok(found)
    }

    fn event(&self, told: &Told<'_>, receiver: Option<Match>) -> Result<NewEvent, ApiError> {
        let Told { subject, event_type, data, once } = told;
        let id = match once {
            Some(once) => {
                let to = receiver.map_or(Uuid::nil(), |receiver| receiver.id.0);
                Uuid::new_v5(&subject.id, format!("{event_type}:{once}:{to}").as_bytes())
            }
            None => random_id()?,
        };
        let seconds = Value::from(self.at.as_millis())
            .as_f64()
            .map_or(Value::Null, |millis| json!(millis / 1000.0));
        let mut payload = json!({
            "event_id": id, "event_type": event_type, "event_version": "1.0",
            "timestamp": seconds, "aggregate_id": subject.id, "school_id": subject.school,
            "actor_id": self.caller.id, "data": data,
        });
        if let Some(payload) = payload.as_object_mut() {
            payload.insert(format!("{}_id", subject.kind), json!(subject.id));
        }
        Ok(NewEvent {
            id: EventId(id),
            event_type: (*event_type).to_owned(),
            event_version: "1.0".to_owned(),
            source_service: "chatflow".to_owned(),
            destination: receiver
                .map_or(Destination::Stream, |receiver| Destination::Webhook(receiver.id)),
            routing_key: None,
            payload: payload.to_string(),
            headers: None,
            priority: Priority::Normal,
            max_retries: receiver.map_or(STREAM_RETRIES, |receiver| receiver.max_retries),
            correlation_id: None,
            causation_id: self.request.clone(),
            user_id: self.caller.user_id().map(UserId),
            session_id: None,
            flow_id: flow_of(*subject),
            school_id: subject.school,
            created_at: self.at,
        })
    }
}

/// What is told, whoever receives it.
struct Told<'a> {
    subject: Subject,
    event_type: &'static str,
    data: Map<String, Value>,
    once: Option<&'a str>,
}

fn flow_of(subject: Subject) -> Option<FlowId> {
    (subject.kind == "flow").then_some(FlowId(subject.id))
}
