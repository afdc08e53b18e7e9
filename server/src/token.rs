//! Session and CSRF tokens (S4.1 to S4.3, F44).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chatflow::SessionId;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("cannot read random bytes from the system")]
pub(crate) struct NoEntropy(#[source] getrandom::Error);

/// A secret that is given out once; stores keep its digest.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// A session's token: its id and 32 random bytes, 64 characters. The id in it is the key by
    /// which the session is found; the rest proves the right to it.
    ///
    /// # Errors
    ///
    /// [`NoEntropy`] if the system has no random bytes.
    pub(crate) fn for_session(id: SessionId) -> Result<Self, NoEntropy> {
        let mut bytes = id.0.as_bytes().to_vec();
        bytes.extend(random_bytes()?);
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A CSRF token: 32 random bytes, 43 characters.
    ///
    /// # Errors
    ///
    /// [`NoEntropy`] if the system has no random bytes.
    pub(crate) fn for_csrf() -> Result<Self, NoEntropy> {
        Ok(Self(URL_SAFE_NO_PAD.encode(random_bytes()?)))
    }

    /// The token as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The first characters, for support.
    pub(crate) fn hint(&self) -> String {
        // The beginning is the session's id; what follows must stay secret.
        self.0.chars().take(6).collect()
    }

    /// What a store keeps.
    pub(crate) fn digest(&self) -> String {
        digest(&self.0)
    }
}

/// The session that a token from a request names; `None` if it cannot be one (S4.2).
pub(crate) fn session_of(token: &str) -> Option<SessionId> {
    if token.len() != 64 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    bytes.get(..16).and_then(|id| Uuid::from_slice(id).ok()).map(SessionId)
}

/// Whether a token from a request has this digest, in constant time (S12.6).
pub(crate) fn matches(token: &str, kept: &str) -> bool {
    digest(token).as_bytes().ct_eq(kept.as_bytes()).into()
}

/// A new random id.
///
/// # Errors
///
/// [`NoEntropy`] if the system has no random bytes.
pub(crate) fn random_id() -> Result<Uuid, NoEntropy> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(NoEntropy)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

fn random_bytes() -> Result<[u8; 32], NoEntropy> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(NoEntropy)?;
    Ok(bytes)
}

/// SHA-256 of a text or of bytes, in hex.
pub(crate) fn digest(of: impl AsRef<[u8]>) -> String {
    let half = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    Sha256::digest(of).iter().flat_map(|byte| [half(byte >> 4), half(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::{Token, matches, random_id, session_of};
    use chatflow::SessionId;

    #[test]
    fn a_token_names_its_session_and_matches_its_digest_only() {
        let id = SessionId(random_id().unwrap());
        let (token, other) = (Token::for_session(id).unwrap(), Token::for_session(id).unwrap());
        assert_eq!(token.as_str().len(), 64);
        assert_eq!(session_of(token.as_str()), Some(id));
        assert!(matches(token.as_str(), &token.digest()));
        assert!(!matches(other.as_str(), &token.digest()));
        assert_eq!(Token::for_csrf().unwrap().as_str().len(), 43);
    }

    #[test]
    fn what_is_no_token_names_no_session() {
        for text in ["", "me", &"a".repeat(63), &"é".repeat(32), &"!".repeat(64), &"a".repeat(300)]
        {
            assert_eq!(session_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_never_shows_in_debug_output() {
        let token = Token::for_csrf().unwrap();
        assert!(!format!("{token:?}").contains(token.as_str()));
    }
}
