//! How numbers are computed, and how long what they are made of is kept (S5.7, S5.25, F43).

use std::time::Duration;

use serde::Deserialize;

use super::{Config, ConfigError};
use crate::analytics::AnalyticsOptions;

/// What of analytics can be set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AnalyticsConfig {
    /// Events of content, once they are counted.
    pub(super) events_retention_days: Option<u32>,
    raw_days: Option<u32>,
    cache_seconds: Option<u32>,
}

impl Config {
    /// How numbers are computed.
    pub(crate) fn analytics(&self) -> Result<AnalyticsOptions, ConfigError> {
        let usual = AnalyticsOptions::default();
        let given = &self.analytics;
        let cache = given.cache_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        Ok(AnalyticsOptions {
            raw_days: match given.raw_days {
                Some(0) => return Err(ConfigError::TooShort("analytics.raw_days")),
                given => given.unwrap_or(usual.raw_days),
            },
            cache: cache.unwrap_or(usual.cache),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn analytics_are_set_by_their_names_in_the_appendix() {
        // Appendix A
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatflow.toml");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Config::read(Some(&path)).unwrap()
        };
        assert_eq!(read("").analytics().unwrap(), AnalyticsOptions::default());
        let set = read("[analytics]\nraw_days = 7\ncache_seconds = 0\n").analytics().unwrap();
        assert_eq!(set, AnalyticsOptions { raw_days: 7, cache: Duration::ZERO });
        let error = read("analytics.raw_days = 0").analytics().unwrap_err().to_string();
        assert_eq!(error, "analytics.raw_days must be at least 1");
    }
}
