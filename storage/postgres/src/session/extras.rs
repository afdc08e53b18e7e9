//! What some turns write beside history and journal: lists as one JSON parameter each, in which
//! opaque JSON stands as text, so that it stays as it is byte for byte.

use chatflow_storage::{Destination, NewContentEvent, NewEvent, Turn};
use serde_json::{Value, json};
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use crate::column::{Json, Time, number, small_number};

/// Binds what the statements' `extras!` names, in its order.
pub(super) fn bind<'q>(
    query: Query<'q, Postgres, PgArguments>,
    turn: &'q Turn,
) -> Query<'q, Postgres, PgArguments> {
    let trace = turn.trace.as_ref();
    let answered = turn.answered.as_ref();
    query
        .bind(Json(list(&turn.content_events, content)))
        .bind(turn.converts)
        .bind(trace.map(|trace| trace.flow_id.0))
        .bind(trace.map(|trace| small_number(trace.steps_taken)))
        .bind(trace.map(|trace| small_number(trace.errors)))
        .bind(trace.map(|trace| number(trace.duration_ms)))
        .bind(trace.map(|trace| Json(trace.steps.as_str())))
        .bind(trace.and_then(|trace| trace.state.as_deref()).map(Json))
        .bind(answered.map(|answered| answered.request_key.as_str()))
        .bind(answered.map(|answered| answered.body_hash.as_str()))
        .bind(answered.map(|answered| i32::from(answered.status)))
        .bind(answered.map(|answered| Json(answered.response.as_str())))
        .bind(answered.map(|answered| Time(answered.expires_at)))
        .bind(Json(list(&turn.events, event)))
        .bind(turn.events.iter().map(|event| Time(event.created_at)).collect::<Vec<_>>())
}

fn list<T>(items: &[T], of: impl Fn(&T) -> Value) -> String {
    Value::Array(items.iter().map(of).collect()).to_string()
}

fn content(event: &NewContentEvent) -> Value {
    json!({
        "id": event.id,
        "kind": event.kind.as_str(),
        "content_id": event.content_id,
        "variant_key": event.variant_key,
        "flow_id": event.flow_id,
        "node_id": event.node_id,
        "impression_id": event.impression_id,
        "value": event.value,
    })
}

fn event(event: &NewEvent) -> Value {
    json!({
        "id": event.id.0,
        "event_type": event.event_type,
        "event_version": event.event_version,
        "source_service": event.source_service,
        "destination": event.destination.as_str(),
        "is_stream": event.destination == Destination::Stream,
        "routing_key": event.routing_key,
        "payload": event.payload,
        "headers": event.headers,
        "subscription_id": event.destination.subscription().map(|id| id.0),
        "priority": event.priority.number(),
        "max_retries": event.max_retries,
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "user_id": event.user_id,
        "flow_id": event.flow_id,
        "school_id": event.school_id,
    })
}
