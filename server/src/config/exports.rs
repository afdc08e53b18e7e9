//! Where files of analytics are kept (S5.46, S5.50, F60).

use std::path::{Path, PathBuf};

use chatflow_storage::AnyStore;
use serde::Deserialize;

use super::auth::settled;
use super::{Config, ConfigError};
use crate::delivery::SecretsKey;
use crate::exports::Exports;

/// Files of analytics.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ExportsConfig {
    dir: PathBuf,
    max_bytes: Option<u64>,
}

/// How long a file of the service may be unless the operator says otherwise.
const USUAL_MAX_BYTES: u64 = 512 << 20;

impl Default for ExportsConfig {
    fn default() -> Self {
        Self { dir: Path::new(".").join("exports"), max_bytes: None }
    }
}

impl Config {
    /// Where files are kept. Their links are signed with a key derived from that of secrets; a service without one
    /// draws a secret for them, which its database keeps.
    pub(crate) async fn exports(
        &self,
        store: &AnyStore,
        key: Option<&SecretsKey>,
    ) -> Result<Exports, ConfigError> {
        let dir = self.exports.dir.clone();
        let max_bytes = self.max_export_bytes()?.unwrap_or(USUAL_MAX_BYTES);
        if let Some(key) = key {
            return Ok(Exports::new(dir, max_bytes, key.as_bytes()));
        }
        let secret = settled(store, "exports.key").await?;
        Ok(Exports::new(dir, max_bytes, secret.as_bytes()))
    }

    /// How long a file may be, if the operator has said so.
    pub(crate) fn max_export_bytes(&self) -> Result<Option<u64>, ConfigError> {
        match self.exports.max_bytes {
            Some(0) => Err(ConfigError::TooShort("exports.max_bytes")),
            given => Ok(given),
        }
    }
}

#[cfg(test)]
mod tests {
    use chatflow_sqlite::SqliteStore;
    use chatflow_storage::Blocking;

    use super::*;

    #[tokio::test]
    async fn exports_are_set_by_their_names_in_the_appendix() {
        // Appendix A
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatflow.toml");
        let store = SqliteStore::open(folder.path().join("chatflow.db")).unwrap();
        let store = AnyStore::new(Blocking(store));
        let read = async |text: &str| {
            std::fs::write(&path, text).unwrap();
            Config::read(Some(&path)).unwrap().exports(&store, None).await
        };
        assert_eq!(read("").await.unwrap().max_bytes, 536_870_912);
        let set = read("[exports]\ndir = \"/srv/exports\"\nmax_bytes = 7\n").await.unwrap();
        assert_eq!(set.max_bytes, 7);
        assert!(format!("{:?}", set.folder).contains("/srv/exports"));
        let error = read("exports.max_bytes = 0").await.unwrap_err().to_string();
        assert_eq!(error, "exports.max_bytes must be at least 1");
    }
}
