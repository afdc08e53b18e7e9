//! Outside effects, none of which is repeated once it is recorded (S1.59, F11).

use chatflow::{NodeId, Revision, SessionId, Timestamp};
use uuid::Uuid;

use crate::error::StoreError;
use crate::role::role;
use crate::session::{CommitError, LeaseRequest};

/// Asks for the right to send one request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EffectClaim {
    /// The effect's key: 1 to 255 characters (S9.1).
    pub key: String,
    /// SHA-256 of method, URL and body in hex, placeholders of secrets unresolved (F11).
    pub request_hash: String,
    /// The session.
    pub session: SessionId,
    /// The node.
    pub node_id: NodeId,
    /// The session's revision at the start of the turn; 0 for a start turn.
    pub revision: Revision,
    /// The present.
    pub at: Timestamp,
    /// The claim is live up to and including this moment.
    pub until: Timestamp,
    /// The record is kept until this moment.
    pub expires_at: Timestamp,
    /// The session's lease, if the turn does not hold it yet. It is taken in the same transaction
    /// and stands whatever the claim comes to (F9, F11).
    pub lease: Option<LeaseRequest>,
}

/// What a claim came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Claim {
    /// It is one's own: send the request, then complete or fail it.
    Run {
        /// 1, and one more for each claim before that failed or ran out; names this claim.
        attempt: u32,
    },
    /// It was sent before, and this is what came of it: JSON.
    Done {
        /// The result.
        result: Option<String>,
    },
    /// Somebody is sending it.
    InProgress {
        /// Their claim is live up to and including this moment.
        until: Timestamp,
    },
    /// The key belongs to another request: claim [`other_request_key`] instead.
    OtherRequest,
}

/// The key under which a second, different request runs where `key` is taken: `:~` and eight digits
/// of its hash behind it (F11). It has at most 255 characters.
pub fn other_request_key(key: &str, request_hash: &str) -> String {
    let digits: String = request_hash.chars().take(8).collect();
    if key.chars().count() <= 245 {
        return format!("{key}:~{digits}");
    }
    // The session stays in front; what is cut off is told apart by its hash.
    let front: String = key.chars().take(200).collect();
    let rest = Uuid::new_v5(&Uuid::NAMESPACE_OID, key.as_bytes());
    format!("{front}~{rest}:~{digits}")
}

role! {
    /// Keeps records of outside effects. They belong to sessions, so there is no scope here.
    EffectStore, async AsyncEffectStore, dyn DynEffectStore {
        /// Claims an effect, and takes the session's lease with it, in one transaction (S9.3, F11).
        ///
        /// New, expired, failed and run-out records are taken over. A refused lease claims nothing.
        ///
        /// # Errors
        /// [`CommitError`] as [`SessionStore::take_lease`](crate::SessionStore::take_lease); then
        /// nothing is stored.
        fn claim_effect(&self, claim: &EffectClaim) -> Result<Claim, CommitError>;

        /// Records what came of an effect; answers false, and records nothing, if `attempt` is not
        /// the claim that stands.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks or `result` is not JSON.
        fn complete_effect(
            &self, key: &str, attempt: u32, at: Timestamp, result: Option<&str>
        ) -> Result<bool, StoreError>;

        /// Records that an effect failed, so that it may be claimed again; answers as
        /// [`EffectStore::complete_effect`].
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn fail_effect(&self, key: &str, attempt: u32, error: &str) -> Result<bool, StoreError>;

        /// Deletes at most `limit` records that expired before `at`, save those with a live claim
        /// (S9.8); answers with their number.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn sweep_effects(&self, at: Timestamp, limit: u32) -> Result<u64, StoreError>;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_request_runs_under_a_key_of_its_own() {
        // F11, S9.1
        assert_eq!(other_request_key("s:n:3", "0123456789abcdef"), "s:n:3:~01234567");
        let long = |end: &str| "k".repeat(250) + end;
        let (a, b) = (
            other_request_key(&long("a"), "0123456789"),
            other_request_key(&long("b"), "0123456789"),
        );
        assert!(a.len() <= 255 && a != b && a.starts_with("kkk") && a.ends_with(":~01234567"));
        assert!(other_request_key(&"k".repeat(245), "0123456789").len() == 255);
    }
}
