//! How long things are kept, and whether this process looks after that (S4.43, S4.44, S6.39).

use serde::Deserialize;

use super::{Config, ConfigError};
use crate::jobs::JobSettings;

/// Whether this process does background work.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct JobsConfig {
    pub(crate) enabled: bool,
}

impl Default for JobsConfig {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// How long events are kept once they are delivered or given up (S6.39).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OutboxConfig {
    published_days: Option<u32>,
    dead_days: Option<u32>,
}

/// How long it is known who changed what (S1.68).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AuditConfig {
    retention_days: Option<u32>,
}

impl Config {
    /// How old things may become. Only conversations are kept for ever by 0 days.
    pub(crate) fn jobs(&self) -> Result<JobSettings, ConfigError> {
        let usual = JobSettings::default();
        let set = |given: Option<u32>, usual: u32, name: &'static str| match given {
            Some(0) => Err(ConfigError::TooShort(name)),
            given => Ok(given.unwrap_or(usual)),
        };
        Ok(JobSettings {
            abandon_after_hours: set(
                self.chat.abandon_after_hours,
                usual.abandon_after_hours,
                "chat.abandon_after_hours",
            )?,
            sessions: self.chat.retention_days.unwrap_or(usual.sessions),
            raw_days: set(self.analytics.raw_days, usual.raw_days, "analytics.raw_days")?,
            content_events: set(
                self.analytics.events_retention_days,
                usual.content_events,
                "analytics.events_retention_days",
            )?,
            published_events: set(
                self.outbox.published_days,
                usual.published_events,
                "outbox.published_days",
            )?,
            dead_events: set(self.outbox.dead_days, usual.dead_events, "outbox.dead_days")?,
            audit: set(self.audit.retention_days, usual.audit, "audit.retention_days")?,
            ..usual
        })
    }
}
