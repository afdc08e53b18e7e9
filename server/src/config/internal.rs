//! Where flows without a school may call by relative endpoints (F13).

use chatflow_storage::AnyStore;
use serde::Deserialize;

use super::auth::settled_secret;
use super::{Config, ConfigError, Environment};
use crate::internal::InternalApi;
use crate::outbound::Outbound;

/// A service of the operator's own, and which of its paths may be called.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct InternalConfig {
    api_base: Option<String>,
    allow_paths: Vec<String>,
}

impl Config {
    /// What forwards relative endpoints, if anything is listed that it may forward.
    pub(crate) async fn internal(
        &self,
        store: &AnyStore,
        environment: Environment,
        outbound: &Outbound,
    ) -> Result<Option<InternalApi>, ConfigError> {
        let InternalConfig { api_base, allow_paths } = &self.internal;
        let Some(base) = api_base else {
            return if allow_paths.is_empty() {
                Ok(None)
            } else {
                Err(ConfigError::NoInternalBase)
            };
        };
        if allow_paths.is_empty() {
            return Ok(None);
        }
        let secret = match self.auth.secret()? {
            Some(secret) => secret,
            None if environment == Environment::Development => settled_secret(store).await?,
            None => return Err(ConfigError::NoInternalSecret),
        };
        let key = (secret.as_bytes(), self.auth.subject_prefix.as_str());
        Ok(Some(InternalApi::new(base, allow_paths, key, outbound)?))
    }
}
