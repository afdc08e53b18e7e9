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
use crate::app::InvalidTokens;
use crate::identity::{
    ClaimNames, ClaimsIdentity, DatabaseIdentity, EveryoneIsPlatform, IdentityProvider,
    NobodySignsIn, TokenRules,
};
use crate::outbound::Outbound;
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
    jwks_url: Option<String>,
    issuer: Option<String>,
    audience: Option<String>,
    pub(crate) subject_prefix: String,
    trust_admin_claim: Option<bool>,
    invalid_token_status: u16,
    claims: ClaimsConfig,
}

/// How the claims are called that say what an account is (S2.12).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ClaimsConfig {
    role: String,
    school_id: String,
    school_ids: String,
    name: String,
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
            jwks_url: None,
            issuer: None,
            audience: None,
            subject_prefix: "wriveted".to_owned(),
            trust_admin_claim: None,
            invalid_token_status: 401,
            claims: ClaimsConfig::default(),
        }
    }
}

impl Default for ClaimsConfig {
    fn default() -> Self {
        let ClaimNames { role, school_id, school_ids, name } = ClaimNames::default();
        Self { role, school_id, school_ids, name }
    }
}

impl Config {
    /// Who tells callers apart; keys that are published are fetched through `outbound`.
    pub(crate) async fn identity(
        &self,
        store: &AnyStore,
        environment: Environment,
        outbound: &Outbound,
    ) -> Result<Arc<dyn IdentityProvider>, ConfigError> {
        let development = environment == Environment::Development;
        if self.auth.identity == IdentityKind::None {
            return if development {
                Ok(Arc::new(EveryoneIsPlatform))
            } else {
                Err(ConfigError::Open)
            };
        }
        let rules = match self.auth.rules(outbound)? {
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
        let ClaimsConfig { role, school_id, school_ids, name } = self.auth.claims.clone();
        let names = ClaimNames { role, school_id, school_ids, name };
        let identity = ClaimsIdentity::new(rules, names);
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

    /// The status with which a token that is not valid is refused.
    pub(super) const fn invalid_tokens(&self) -> Result<InvalidTokens, ConfigError> {
        match self.invalid_token_status {
            401 => Ok(InvalidTokens::Unauthorized),
            403 => Ok(InvalidTokens::Forbidden),
            other => Err(ConfigError::TokenStatus(other)),
        }
    }

    /// What makes a token valid, if there is a key.
    fn rules(&self, outbound: &Outbound) -> Result<Option<TokenRules>, ConfigError> {
        let mode = self.mode.to_ascii_lowercase();
        if let Some(url) = &self.jwks_url {
            if self.public_key_file.is_some() || self.secret.is_some() || self.secret_file.is_some()
            {
                return Err(ConfigError::TwoKeys);
            }
            // A slip is noticed now, not when the first token comes.
            outbound.rules().check(url).map_err(ConfigError::KeysAddress)?;
            return Ok(Some(TokenRules::fetched(&mode, url, outbound.clone())?));
        }
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
pub(super) async fn settled(store: &AnyStore, name: &str) -> Result<Secret, ConfigError> {
    let kept = if let Some(kept) = store.setting(name).await? {
        kept
    } else {
        let drawn = Token::for_csrf()?;
        store.settle_setting(name, &json!(drawn.as_str()).to_string()).await?
    };
    Ok(Secret(kept.trim_matches('"').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::KeyError;
    use crate::outbound::EgressRules;

    #[test]
    fn a_secret_that_can_be_guessed_is_refused() {
        // S2.7
        let outbound = Outbound::new(EgressRules::default()).unwrap();
        let auth = AuthConfig { secret: Some(Secret("short".to_owned())), ..AuthConfig::default() };
        assert!(matches!(auth.rules(&outbound), Err(ConfigError::Key(KeyError::TooShort(5)))));
    }

    #[test]
    fn published_keys_are_fetched_from_where_requests_may_go_and_are_no_secrets() {
        // S2.7, S12.4
        let outbound = Outbound::new(EgressRules::default()).unwrap();
        let rules = |mode: &str, url: &str, secret: Option<&str>| {
            let secret = secret.map(|text| Secret(text.to_owned()));
            let (mode, jwks_url) = (mode.to_owned(), Some(url.to_owned()));
            AuthConfig { mode, secret, jwks_url, ..AuthConfig::default() }.rules(&outbound)
        };
        let url = "https://id.example/keys";
        assert!(rules("RS256", url, None).unwrap().is_some());
        let refused = |mode, url, secret| rules(mode, url, secret).unwrap_err().to_string();
        assert!(refused("hs256", url, None).contains("a shared secret is not fetched"));
        assert!(refused("none", url, None).contains("`none` is not an algorithm"));
        assert!(refused("rs256", url, Some("x")).contains("one of"));
        for url in ["http://id.example/keys", "https://10.0.0.1/keys", "https://localhost/keys"] {
            assert!(refused("rs256", url, None).contains("auth.jwks_url"), "{url}");
        }
    }
}
