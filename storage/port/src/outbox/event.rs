//! An event on its way into the outbox.

use chatflow::{FlowId, SessionId, TenantId, Timestamp};
use serde::de::IgnoredAny;

use crate::id::{EventId, SubscriptionId, UserId};

/// Where an event goes (S6.31).
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Destination {
    /// The stream that readers follow; nobody delivers it, so it is published at once (S6.30).
    Stream,
    /// A subscription, whose address is read when the event is delivered.
    Webhook(SubscriptionId),
    /// A handler of the host's, named with its prefix: `internal:…`, `slack:…`. 1 to 600 characters,
    /// and not `stream`.
    Handler(String),
}

impl Destination {
    /// The column's text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stream => "stream",
            Self::Webhook(_) => "webhook",
            Self::Handler(name) => name,
        }
    }

    /// Whose subscription it is, if it is one's.
    pub fn subscription(&self) -> Option<SubscriptionId> {
        match self {
            Self::Webhook(id) => Some(*id),
            Self::Stream | Self::Handler(_) => None,
        }
    }

    /// What two columns say.
    pub fn parse(text: String, subscription: Option<SubscriptionId>) -> Self {
        match (text.as_str(), subscription) {
            ("stream", _) => Self::Stream,
            ("webhook", Some(id)) => Self::Webhook(id),
            _ => Self::Handler(text),
        }
    }
}

/// How urgent an event is; the more urgent are delivered first (S1.64).
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Priority {
    /// It may wait.
    Low,
    /// As most are.
    #[default]
    Normal,
    /// Before most others.
    High,
    /// Before all others.
    Critical,
}

impl Priority {
    /// The column's number: 0 to 3.
    pub const fn number(self) -> u8 {
        match self {
            Self::Low => 0,
            Self::Normal => 1,
            Self::High => 2,
            Self::Critical => 3,
        }
    }

    /// Reads the column; `None` if it is another number.
    pub fn from_number(number: i64) -> Option<Self> {
        let all = [Self::Low, Self::Normal, Self::High, Self::Critical];
        all.into_iter().find(|priority| i64::from(priority.number()) == number)
    }
}

/// An event that is to be written in the transaction of what it tells of (S6.30).
///
/// It is one row: an event for the stream and for two subscriptions is three of these.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewEvent {
    /// Its id, the same through all attempts to deliver it; drawn by the host.
    pub id: EventId,
    /// What happened (S6.2 to S6.21): 1 to 100 characters.
    pub event_type: String,
    /// The form of the payload: at most 20 characters.
    pub event_version: String,
    /// Which service it comes from: at most 50 characters.
    pub source_service: String,
    /// Where it goes.
    pub destination: Destination,
    /// A hint for handlers: at most 100 characters.
    pub routing_key: Option<String>,
    /// What is sent, byte for byte: JSON.
    pub payload: String,
    /// JSON, never with secrets.
    pub headers: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// How often delivery is tried again after the first attempt has failed; at most 1,000.
    pub max_retries: u32,
    /// What it belongs to: at most 100 characters.
    pub correlation_id: Option<String>,
    /// What caused it: at most 100 characters.
    pub causation_id: Option<String>,
    /// Whose doing it is.
    pub user_id: Option<UserId>,
    /// The session it tells of; events of one session reach one subscription in their order (S6.33).
    pub session_id: Option<SessionId>,
    /// The flow it tells of.
    pub flow_id: Option<FlowId>,
    /// The tenant of what it tells of; decides who may see it.
    pub school_id: Option<TenantId>,
    /// When it happened.
    pub created_at: Timestamp,
}

/// An event that breaks a rule of the table.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("event {}: {problem}", .event.0)]
pub struct InvalidEvent {
    /// Which.
    pub event: EventId,
    /// The rule, and how it is broken.
    pub problem: &'static str,
}

/// Checks the lengths of an event's texts and that its JSON is JSON; every store does before it
/// writes, so that all refuse the same.
///
/// # Errors
/// [`InvalidEvent`] for the first rule that is broken.
pub fn check_event(event: &NewEvent) -> Result<(), InvalidEvent> {
    let texts = [
        (Some(&event.event_type), 1, 100, "the type must have 1 to 100 characters"),
        (Some(&event.event_version), 0, 20, "the version must have at most 20 characters"),
        (Some(&event.source_service), 0, 50, "the source must have at most 50 characters"),
        (event.routing_key.as_ref(), 0, 100, "the routing key must have at most 100 characters"),
        (event.correlation_id.as_ref(), 0, 100, "an id must have at most 100 characters"),
        (event.causation_id.as_ref(), 0, 100, "an id must have at most 100 characters"),
    ];
    let fits = |text: &str, least: usize, most: usize| {
        (least..=most).contains(&text.chars().count()) && !text.contains('\0')
    };
    let broken = texts
        .into_iter()
        .find(|(text, least, most, _)| text.is_some_and(|text| !fits(text, *least, *most)))
        .map(|(_, _, _, problem)| problem);
    let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
    let handler = match &event.destination {
        Destination::Stream | Destination::Webhook(_) => None,
        Destination::Handler(name) => Some(name),
    };
    let problem = if broken.is_some() {
        broken
    } else if handler.is_some_and(|name| name == "stream" || !fits(name, 1, 600)) {
        Some("a handler's name must have 1 to 600 characters, and `stream` is none")
    } else if event.max_retries > 1000 {
        Some("there must be at most 1000 retries")
    } else if !is_json(&event.payload) || !event.headers.as_deref().is_none_or(is_json) {
        Some("the payload and the headers must be JSON")
    } else {
        None
    };
    problem.map_or(Ok(()), |problem| Err(InvalidEvent { event: event.id, problem }))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_destination_survives_its_columns() {
        let id = SubscriptionId(Uuid::from_u128(1));
        for destination in [
            Destination::Stream,
            Destination::Webhook(id),
            Destination::Handler("internal:mail".into()),
            Destination::Handler("webhook".into()),
        ] {
            let text = destination.as_str().to_owned();
            assert_eq!(Destination::parse(text, destination.subscription()), destination);
        }
    }

    #[test]
    fn a_priority_survives_its_column() {
        for number in 0..4 {
            let priority = Priority::from_number(number);
            assert_eq!(priority.map(|p| i64::from(p.number())), Some(number));
        }
        assert_eq!([-1, 4].map(Priority::from_number), [None, None]);
        assert!(Priority::Critical > Priority::default());
    }
}
