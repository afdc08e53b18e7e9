//! The records of subscriptions.

use std::fmt;

use chatflow::{FlowId, TenantId, Timestamp};
use uuid::Uuid;

use crate::id::{EventId, SubscriptionId, UserId};
use crate::library::{
    ApplyError, Record, RecordKey, Stored,
    check::{Problem, name_problem, object, plain, require, text},
};
use crate::outbox::{circuit_pause, later};
use crate::scope::RowAccess;
use crate::text_enum::text_enum;

text_enum! {
    /// Whether a subscription receives (S1.65).
    SubscriptionStatus {
        /// It does.
        Active = "active",
        /// Its owner has paused it.
        Paused = "paused",
        /// Its receiver failed too often, or is gone.
        Disabled = "disabled",
    }
}

text_enum! {
    /// How events are sent.
    SubscriptionMethod {
        /// By POST.
        Post = "POST",
        /// By PUT.
        Put = "PUT",
    }
}

/// The secret of a subscription, encrypted by the host: stores never see the key.
#[derive(Clone, Eq, PartialEq)]
pub struct SealedSecret(pub Vec<u8>);

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSecret(…)")
    }
}

/// A subscription as its owner writes it (S1.65).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SubscriptionRecord {
    /// Its id.
    pub id: SubscriptionId,
    /// 1 to 255 characters.
    pub name: String,
    /// Where events are sent: 1 to 500 characters.
    pub url: String,
    /// What signs them.
    pub secret: Option<SealedSecret>,
    /// How they are sent.
    pub method: SubscriptionMethod,
    /// What is sent along: a JSON object.
    pub headers: String,
    /// How long to wait for an answer: 1 to 60.
    pub timeout_seconds: u32,
    /// How often to try again: 0 to 10.
    pub max_retries: u32,
    /// What it receives; everything if it is empty or holds `*`.
    pub event_types: Vec<String>,
    /// The flow whose events it receives; `None` for those of all.
    pub flow_id: Option<FlowId>,
    /// Its owner; `None` for the platform, which receives events of every school.
    pub school_id: Option<TenantId>,
    /// Whether it receives.
    pub status: SubscriptionStatus,
    /// Who created it.
    pub created_by: Option<UserId>,
}

/// How a subscription's receiver has been doing; kept by settlements.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Health {
    /// How many attempts have failed since the last that did not.
    pub consecutive_failures: u32,
    /// When an attempt last went well.
    pub last_success_at: Option<Timestamp>,
    /// When an attempt last failed.
    pub last_failure_at: Option<Timestamp>,
    /// What went wrong then.
    pub last_error: Option<String>,
    /// Until when somebody is trying whether it does well again.
    pub probe_until: Option<Timestamp>,
}

/// Whether events are sent to a receiver (S6.46).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Circuit {
    /// They are.
    Closed,
    /// One may be, to see how it does, by whoever takes the probe.
    Probe,
    /// None is before this moment.
    Open {
        /// When.
        until: Timestamp,
    },
}

impl Health {
    /// Whether events are sent at this moment.
    pub fn circuit(&self, at: Timestamp) -> Circuit {
        let Some(pause) = circuit_pause(self.consecutive_failures) else {
            return Circuit::Closed;
        };
        let failed = self.last_failure_at.map(|failed_at| later(failed_at, pause));
        match failed.max(self.probe_until) {
            Some(until) if at < until => Circuit::Open { until },
            _ => Circuit::Probe,
        }
    }
}

/// A subscription as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredSubscription {
    /// What its owner wrote; its status may have been changed by settlements.
    pub record: SubscriptionRecord,
    /// How its receiver has been doing.
    pub health: Health,
    /// 1, and one more with every change of the record.
    pub row_version: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the record last changed.
    pub updated_at: Timestamp,
}

/// Asks for subscriptions.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SubscriptionQuery {
    /// Only those that stand so.
    pub status: Option<SubscriptionStatus>,
    /// Only those of this school.
    pub school_id: Option<TenantId>,
    /// Only those of this flow.
    pub flow_id: Option<FlowId>,
    /// Only those with a greater id.
    pub after: Option<SubscriptionId>,
    /// How many at most.
    pub limit: u32,
}

/// What of an event decides who receives it (S6.41).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventFacts {
    /// Its type.
    pub event_type: String,
    /// The flow it tells of.
    pub flow_id: Option<FlowId>,
    /// The schools of the session, flow or content that it tells of.
    pub schools: Vec<TenantId>,
}

/// A subscription that receives an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Match {
    /// Which.
    pub id: SubscriptionId,
    /// How often to try again.
    pub max_retries: u32,
}

/// One attempt to deliver an event (S1.66).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeliveryRecord {
    /// Its id.
    pub id: Uuid,
    /// The event, which may be deleted by now.
    pub event: EventId,
    /// To whom.
    pub subscription: SubscriptionId,
    /// 1, and one more for each failure of the event before.
    pub attempt: u32,
    /// What the receiver answered, if it did.
    pub status_code: Option<u16>,
    /// How long it took.
    pub duration_ms: u64,
    /// What went wrong.
    pub error: Option<String>,
    /// How the answer begins.
    pub response_preview: Option<String>,
    /// When it was settled.
    pub created_at: Timestamp,
}

/// Asks for deliveries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DeliveryQuery {
    /// To whom.
    pub subscription: SubscriptionId,
    /// Only those behind this one, by `created_at` and `id`.
    pub before: Option<(Timestamp, Uuid)>,
    /// How many at most.
    pub limit: u32,
}

impl StoredSubscription {
    /// What a change is compared with.
    pub fn comparable(&self) -> Stored<SubscriptionRecord> {
        Stored {
            record: self.record.clone(),
            row_version: self.row_version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// The health under a new record: a clean one if the subscription becomes active (S6.46).
    pub fn health_under(&self, record: &SubscriptionRecord) -> Health {
        let health = self.health.clone();
        let is_active = |record: &SubscriptionRecord| record.status == SubscriptionStatus::Active;
        if is_active(record) && !is_active(&self.record) {
            return Health { consecutive_failures: 0, probe_until: None, ..health };
        }
        health
    }
}

impl SubscriptionRecord {
    /// Whether it receives an event (S6.41).
    pub fn receives(&self, facts: &EventFacts) -> bool {
        let is_wanted = |kind: &String| kind == "*" || *kind == facts.event_type;
        self.status == SubscriptionStatus::Active
            && (self.event_types.is_empty() || self.event_types.iter().any(is_wanted))
            && (self.flow_id.is_none() || self.flow_id == facts.flow_id)
            && self.school_id.is_none_or(|school| facts.schools.contains(&school))
    }
}

impl Record for SubscriptionRecord {
    fn key(&self) -> RecordKey {
        RecordKey::Subscription(self.id)
    }

    fn owner(&self) -> Option<TenantId> {
        self.school_id
    }

    fn access(&self) -> Option<RowAccess> {
        None
    }
}

/// Checks a subscription by itself: JSON, lengths and ranges.
///
/// # Errors
/// [`ApplyError::Invalid`] for the first rule that is broken.
pub fn check_subscription(record: &SubscriptionRecord) -> Result<(), ApplyError> {
    name_problem(record, problem)
}

fn problem(record: &SubscriptionRecord) -> Problem {
    text(&record.name, 1, 255, "the name must have 1 to 255 characters")?;
    text(&record.url, 1, 500, "the address must have 1 to 500 characters")?;
    object(&record.headers, "`headers` must be a JSON object")?;
    let seconds = 1..=60;
    require(seconds.contains(&record.timeout_seconds), "the time-out must be 1 to 60 seconds")?;
    require(record.max_retries <= 10, "there must be at most 10 retries")?;
    record.event_types.iter().try_for_each(|kind| plain(Some(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circuit_opens_lets_one_probe_through_and_closes() {
        // S6.46
        let at = Timestamp::from_millis;
        let mut health = Health { consecutive_failures: 4, ..Health::default() };
        health.last_failure_at = Some(at(0));
        assert_eq!(health.circuit(at(1)), Circuit::Closed);
        health.consecutive_failures = 5;
        assert_eq!(health.circuit(at(59_999)), Circuit::Open { until: at(60_000) });
        assert_eq!(health.circuit(at(60_000)), Circuit::Probe);
        health.probe_until = Some(at(90_000));
        assert_eq!(health.circuit(at(60_000)), Circuit::Open { until: at(90_000) });
        assert_eq!(health.circuit(at(90_000)), Circuit::Probe);
        assert_eq!(Health::default().circuit(at(0)), Circuit::Closed);
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", SealedSecret(vec![1, 2])), "SealedSecret(…)");
    }
}
