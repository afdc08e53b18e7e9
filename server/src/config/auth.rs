//! How callers are known, and the secrets that takes (S2.7, S2.11, S2.12).

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use chatflow::Masker;
use chatflow_storage::AnyStore;
use chatflow_storage::prelude::*;
use serde::Deserialize;
use serde_json::json;

use super::{Config, ConfigError, Environment};
use crate::identity::{
    ClaimNames, ClaimsIdentity, DatabaseIdentity, EveryoneIsPlatform, IdentityProvider,
    NobodySignsIn, TokenRules,
};
use crate::token::Token;

/// How callers are known (S2.7, S2.11, S2.12).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AuthConfig {
    identity: IdentityKind,
    mode: String,
    secret: Option<Secret>,
    secret_file: Option<PathBuf>,
    public_key_file: Option<PathBuf>,
    issuer: Option<String>,
    audience: Option<String>,
    pub(crate) subject_prefix: String,
    trust_admin_claim: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
enum IdentityKind {
    #[default]
    Database,
    Claims,
    None,
}

/// A text that is shown to nobody.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(pub(super) String);

impl Secret {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            identity: IdentityKind::default(),
            mode: "hs256".to_owned(),
            secret: None,
            secret_file: None,
            public_key_file: None,
            issuer: None,
            audience: None,
            subject_prefix: "wriveted".to_owned(),
            trust_admin_claim: None,
        }
    }
}

impl Config {
    /// Who tells callers apart.
    pub(crate) async fn identity(
        &self,
        store: &AnyStore,
        environment: Environment,
    ) -> Result<Arc<dyn IdentityProvider>, ConfigError> {
        let development = environment == Environment::Development;
        if self.auth.identity == IdentityKind::None {
            return if development {
                Ok(Arc::new(EveryoneIsPlatform))
            } else {
                Err(ConfigError::Open)
            };
        }
        let rules = match self.auth.rules()? {
            None if development => {
                Some(TokenRules::secret(settled_secret(store).await?.as_bytes())?)
            }
            rules => rules,
        };
        let is_database = self.auth.identity == IdentityKind::Database;
        let Some(rules) = rules.map(|rules| self.auth.complete(rules)) else {
            return if is_database {
                Ok(Arc::new(NobodySignsIn))
            } else {
                Err(ConfigError::NoClaims)
            };
        };
        if is_database {
            return Ok(Arc::new(DatabaseIdentity::new(store.clone(), rules)));
        }
        let identity = ClaimsIdentity::new(rules, ClaimNames::default());
        Ok(match self.auth.trust_admin_claim {
            Some(trusts) => Arc::new(identity.trusting_admins(trusts)),
            None => Arc::new(identity),
        })
    }
}

impl AuthConfig {
    /// The secret of HS256, if one is set.
    pub(crate) fn secret(&self) -> Result<Option<Secret>, ConfigError> {
        if let (None, Some(path)) = (&self.secret, &self.secret_file) {
            let text = fs::read_to_string(path);
            let text = text.map_err(|source| ConfigError::File { path: path.clone(), source })?;
            return Ok(Some(Secret(text.trim().to_owned())));
        }
        Ok(self.secret.clone())
    }

    /// What makes a token valid, if there is a key.
    fn rules(&self) -> Result<Option<TokenRules>, ConfigError> {
        let mode = self.mode.to_ascii_lowercase();
        if mode == "hs256" {
            let secret = self.secret()?;
            return Ok(secret.map(|secret| TokenRules::secret(secret.as_bytes())).transpose()?);
        }
        let path = self.public_key_file.as_ref();
        let path = path.ok_or_else(|| ConfigError::NoKey(mode.clone()))?;
        let pem = fs::read(path);
        let pem = pem.map_err(|source| ConfigError::File { path: path.clone(), source })?;
        Ok(Some(TokenRules::public_key(&mode, &pem)?))
    }

    fn complete(&self, rules: TokenRules) -> TokenRules {
        let rules = rules.with_prefix(self.subject_prefix.clone());
        let rules = match &self.issuer {
            Some(issuer) => rules.with_issuer(issuer),
            None => rules,
        };
        match &self.audience {
            Some(audience) => rules.with_audience(audience),
            None => rules,
        }
    }
}

/// The secret that a database in development signs with.
///
/// Production has none of its own: a database that leaks must not give the right to run the service.
pub(crate) async fn settled_secret(store: &AnyStore) -> Result<Secret, ConfigError> {
    settled(store, "auth.secret").await
}

/// The key that masks what traces and analyses keep (S7.15, F33).
pub(crate) async fn settled_masker(store: &AnyStore) -> Result<Masker, ConfigError> {
    settled(store, "pii.key").await.map(|key| Masker::new(key.as_bytes()))
}

/// A secret that is drawn once and kept by the database, the same for all its processes.
async fn settled(store: &AnyStore, name: &str) -> Result<Secret, ConfigError> {
    let drawn = Token::for_csrf()?;
    let kept = store.settle_setting(name, &json!(drawn.as_str()).to_string()).await?;
    Ok(Secret(kept.trim_matches('"').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::KeyError;

    #[test]
    fn a_secret_that_can_be_guessed_is_refused() {
        // S2.7
        let auth = AuthConfig { secret: Some(Secret("short".to_owned())), ..AuthConfig::default() };
        assert!(matches!(auth.rules(), Err(ConfigError::Key(KeyError::TooShort(5)))));
    }
}
