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
    pub(super) raw_days: Option<u32>,
    cache_seconds: Option<u32>,
    ab_confidence: Option<f64>,
    ab_min_sample: Option<u32>,
    min_impressions: Option<u32>,
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
            ab_confidence: match given.ab_confidence {
                Some(given) if !(0.5..1.0).contains(&given) => return Err(ConfigError::Confidence),
                given => given.unwrap_or(usual.ab_confidence),
            },
            ab_min_sample: given.ab_min_sample.map_or(usual.ab_min_sample, Into::into),
            min_impressions: given.min_impressions.map_or(usual.min_impressions, Into::into),
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
        let expected =
            AnalyticsOptions { raw_days: 7, cache: Duration::ZERO, ..AnalyticsOptions::default() };
        assert_eq!(set, expected);
        let text = "[analytics]\nab_confidence = 0.9\nab_min_sample = 50\nmin_impressions = 1\n";
        let set = read(text).analytics().unwrap();
        assert_eq!((set.ab_min_sample, set.min_impressions), (50, 1));
        assert!((set.ab_confidence - 0.9).abs() < 1e-12);
        for wrong in ["1", "1.0", "0.4", "95"] {
            let read = read(&format!("analytics.ab_confidence = {wrong}")).analytics();
            let error = read.unwrap_err().to_string();
            assert_eq!(error, "analytics.ab_confidence must be at least 0.5 and less than 1");
        }
        let error = read("analytics.raw_days = 0").analytics().unwrap_err().to_string();
        assert_eq!(error, "analytics.raw_days must be at least 1");
    }
}
