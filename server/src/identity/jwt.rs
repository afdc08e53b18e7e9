//! Tokens that name an account (S2.6 to S2.8).

use chatflow::{SessionId, Timestamp};
use chatflow_storage::UserId;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, TokenData, Validation, decode, decode_header,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::IdentityError;
use super::keys::KeySet;
use crate::outbound::Outbound;

/// How far clocks may differ, in seconds (S2.6).
const LEEWAY: u64 = 30;

/// The shortest secret of HS256, in bytes (S2.7).
const SHORTEST_SECRET: usize = 32;

/// Whom the credentials of flows' requests are for.
const FLOW_CALL: &str = "flow-call";

/// How long such a credential is good for; its request begins at once.
const FLOW_CALL_SECONDS: i64 = 60;

/// A key that cannot verify tokens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The secret can be guessed.
    #[error("the secret has {0} bytes; at least {SHORTEST_SECRET} are needed")]
    TooShort(usize),
    /// It is no key of the algorithm.
    #[error("the key is not a public key in PEM form for {algorithm}")]
    NotAKey {
        /// The algorithm it was given for.
        algorithm: &'static str,
    },
    /// Keys are fetched for signatures with a pair of keys only.
    #[error("a shared secret is not fetched: use rs256, es256 or eddsa")]
    NotFetched,
    /// Nobody knows the algorithm.
    #[error("`{0}` is not an algorithm: use hs256, rs256, es256 or eddsa")]
    UnknownAlgorithm(String),
}

/// What makes a token valid. The algorithm is fixed here, never taken from a token (S2.7).
#[derive(Clone)]
pub struct TokenRules {
    key: Keys,
    validation: Validation,
    prefix: String,
}

/// Where keys come from.
#[derive(Clone)]
enum Keys {
    Fixed(DecodingKey),
    Fetched(KeySet),
}

impl std::fmt::Debug for TokenRules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenRules(…)")
    }
}

/// The account that a token names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Subject {
    /// A person's.
    User(Uuid),
    /// A program's.
    Service(Uuid),
}

impl TokenRules {
    /// Tokens signed with a shared secret (HS256).
    ///
    /// # Errors
    /// [`KeyError::TooShort`].
    pub fn secret(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < SHORTEST_SECRET {
            return Err(KeyError::TooShort(secret.len()));
        }
        Ok(Self::new(Algorithm::HS256, Keys::Fixed(DecodingKey::from_secret(secret))))
    }

    /// Tokens signed with the private half of a key: `algorithm` is `rs256`, `es256` or `eddsa`, and
    /// `pem` the public half.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn public_key(algorithm: &str, pem: &[u8]) -> Result<Self, KeyError> {
        let (name, algorithm, key) = match algorithm {
            "rs256" => ("rs256", Algorithm::RS256, DecodingKey::from_rsa_pem(pem)),
            "es256" => ("es256", Algorithm::ES256, DecodingKey::from_ec_pem(pem)),
            "eddsa" => ("eddsa", Algorithm::EdDSA, DecodingKey::from_ed_pem(pem)),
            other => return Err(KeyError::UnknownAlgorithm(other.to_owned())),
        };
        let key = key.map_err(|_| KeyError::NotAKey { algorithm: name })?;
        Ok(Self::new(algorithm, Keys::Fixed(key)))
    }

    /// Tokens signed with one of the keys that an identity provider publishes at an address, as a JSON
    /// Web Key Set. They are fetched when they are needed, and again when ten minutes have passed or a
    /// token names a key that is not among them.
    ///
    /// # Errors
    /// [`KeyError::UnknownAlgorithm`], [`KeyError::NotFetched`].
    pub fn fetched(algorithm: &str, url: &str, outbound: Outbound) -> Result<Self, KeyError> {
        let algorithm = match algorithm {
            "rs256" => Algorithm::RS256,
            "es256" => Algorithm::ES256,
            "eddsa" => Algorithm::EdDSA,
            "hs256" => return Err(KeyError::NotFetched),
            other => return Err(KeyError::UnknownAlgorithm(other.to_owned())),
        };
        let keys = KeySet::new(url.to_owned(), outbound, algorithm);
        Ok(Self::new(algorithm, Keys::Fetched(keys)))
    }

    fn new(algorithm: Algorithm, key: Keys) -> Self {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["sub", "exp"]);
        Self { key, validation, prefix: "wriveted".to_owned() }
    }

    /// The issuer in front of `sub` (`auth.subject_prefix`).
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Demands this `iss`.
    #[must_use]
    pub fn with_issuer(mut self, issuer: &str) -> Self {
        self.validation.set_issuer(&[issuer]);
        self.validation.required_spec_claims.insert("iss".to_owned());
        self
    }

    /// Demands this `aud`.
    #[must_use]
    pub fn with_audience(mut self, audience: &str) -> Self {
        self.validation.validate_aud = true;
        self.validation.set_audience(&[audience]);
        self.validation.required_spec_claims.insert("aud".to_owned());
        self
    }

    /// Whether the issuer of a token is checked.
    pub fn checks_issuer(&self) -> bool {
        self.validation.iss.is_some()
    }

    /// The account that a token names, and all its claims.
    ///
    /// # Errors
    /// [`IdentityError::InvalidToken`]; [`IdentityError::KeysUnavailable`].
    pub async fn verify(
        &self,
        token: &[u8],
    ) -> Result<(Subject, Map<String, Value>), IdentityError> {
        let invalid = || IdentityError::InvalidToken;
        // The header is looked at before anything is computed with the token.
        let header = decode_header(token).map_err(|_| invalid())?;
        if !self.validation.algorithms.contains(&header.alg) {
            return Err(invalid());
        }
        let read = |key: &DecodingKey| -> Option<TokenData<Map<String, Value>>> {
            decode(token, key, &self.validation).ok()
        };
        let decoded = match &self.key {
            Keys::Fixed(key) => read(key),
            Keys::Fetched(keys) => keys.keys(header.kid.as_deref()).await?.iter().find_map(read),
        };
        let claims = decoded.ok_or_else(invalid)?.claims;
        // A credential of a flow's request is signed with the same secret, and is no account's (F13).
        let is_flow_call = |audience: &Value| audience.as_str() == Some(FLOW_CALL);
        let audiences = match claims.get("aud") {
            Some(Value::Array(many)) => many.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        if audiences.iter().any(is_flow_call) {
            return Err(invalid());
        }
        if !claims.get("iat").is_some_and(Value::is_number) {
            return Err(invalid());
        }
        let subject = claims.get("sub").and_then(Value::as_str);
        let subject = subject.and_then(|text| self.subject(text)).ok_or_else(invalid)?;
        Ok((subject, claims))
    }

    /// `<prefix>:user-account:<uuid>`, in any letter case.
    fn subject(&self, text: &str) -> Option<Subject> {
        let mut parts = text.split(':');
        let (prefix, kind, id) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || !prefix.eq_ignore_ascii_case(&self.prefix) {
            return None;
        }
        let id = Uuid::try_parse(id).ok()?;
        if kind.eq_ignore_ascii_case("user-account") {
            return Some(Subject::User(id));
        }
        kind.eq_ignore_ascii_case("service-account").then_some(Subject::Service(id))
    }
}

/// Signs the credential of a flow's request to a service of the operator's own: it names the session, and
/// the user if there is one, lives a minute, and is for such services only (F13, R7.41).
///
/// # Errors
/// [`KeyError::TooShort`].
pub(crate) fn sign_flow_call(
    secret: &[u8],
    prefix: &str,
    session: SessionId,
    user: Option<UserId>,
    at: Timestamp,
) -> Result<String, KeyError> {
    let issued = at.as_millis().div_euclid(1000);
    let claims = json!({
        "sub": format!("{prefix}:session:{session}"),
        "aud": FLOW_CALL,
        "iat": issued,
        "exp": issued.saturating_add(FLOW_CALL_SECONDS),
        "session_id": session.to_string(),
        "user_id": user.map(|user| user.0.to_string()),
    });
    encode(secret, &claims)
}

/// Signs a token with a shared secret, valid from `at` for so many seconds (S2.8); `more` are
/// further claims.
///
/// # Errors
/// [`KeyError::TooShort`].
#[expect(clippy::too_many_arguments, reason = "each is one claim, or the key")]
pub fn sign(
    secret: &[u8],
    prefix: &str,
    subject: Subject,
    at: Timestamp,
    seconds: i64,
    more: Map<String, Value>,
) -> Result<String, KeyError> {
    let issued = at.as_millis().div_euclid(1000);
    let subject = match subject {
        Subject::User(id) => format!("{prefix}:user-account:{id}"),
        Subject::Service(id) => format!("{prefix}:service-account:{id}"),
    };
    let mut claims = more;
    claims.insert("sub".to_owned(), json!(subject));
    claims.insert("iat".to_owned(), json!(issued));
    claims.insert("exp".to_owned(), json!(issued.saturating_add(seconds)));
    encode(secret, &Value::Object(claims))
}

fn encode(secret: &[u8], claims: &Value) -> Result<String, KeyError> {
    if secret.len() < SHORTEST_SECRET {
        return Err(KeyError::TooShort(secret.len()));
    }
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(secret))
        .map_err(|_| KeyError::NotAKey { algorithm: "hs256" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"a secret of thirty-two bytes or so";

    #[tokio::test]
    async fn a_credential_of_a_flow_is_nobodys_account() {
        // F13: whatever it names as its subject, and even where that audience is asked for.
        let at = crate::host::now();
        let user = Subject::User(Uuid::from_u128(1));
        let token = |audience: Value| {
            let more = Map::from_iter([("aud".to_owned(), audience)]);
            sign(SECRET, "wriveted", user, at, 60, more).unwrap()
        };
        let rules = TokenRules::secret(SECRET).unwrap();
        let strict = TokenRules::secret(SECRET).unwrap().with_audience(FLOW_CALL);
        assert!(rules.verify(token(json!("chatflow")).as_bytes()).await.is_ok());
        for audience in [json!("flow-call"), json!(["chatflow", "flow-call"])] {
            for rules in [&rules, &strict] {
                let refused = rules.verify(token(audience.clone()).as_bytes()).await;
                assert!(matches!(refused, Err(IdentityError::InvalidToken)), "{refused:?}");
            }
        }
        let session = SessionId(Uuid::from_u128(2));
        let own = sign_flow_call(SECRET, "wriveted", session, None, at).unwrap();
        assert!(rules.verify(own.as_bytes()).await.is_err());
    }
}
