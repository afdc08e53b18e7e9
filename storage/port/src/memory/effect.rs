//! [`EffectStore`] in memory.

use std::collections::btree_map::Entry;

use chatflow::{SessionId, Timestamp};

use super::MemoryStore;
use super::session::{check, take_lease};
use crate::effect::{Claim, EffectClaim, EffectStore};
use crate::error::StoreError;
use crate::session::CommitError;

/// A record of an effect.
#[derive(Clone, Debug)]
pub(super) struct Effect {
    pub(super) session: SessionId,
    request_hash: String,
    state: State,
    attempt: u32,
    expires_at: Timestamp,
}

#[derive(Clone, Debug)]
enum State {
    Processing { until: Timestamp },
    Completed { result: Option<String> },
    Failed,
}

impl EffectStore for MemoryStore {
    fn claim_effect(&self, claim: &EffectClaim) -> Result<Claim, CommitError> {
        let mut tables = self.tables();
        if let Some(lease) = &claim.lease {
            take_lease(&mut tables, lease)?;
        }
        let mut new = Effect {
            session: claim.session,
            request_hash: claim.request_hash.clone(),
            state: State::Processing { until: claim.until },
            attempt: 1,
            expires_at: claim.expires_at,
        };
        let mut stored = match tables.effects.entry(claim.key.clone()) {
            Entry::Occupied(stored) => stored,
            Entry::Vacant(place) => {
                place.insert(new);
                return Ok(Claim::Run { attempt: 1 });
            }
        };
        let effect = stored.get();
        let has_expired = effect.expires_at < claim.at && !effect.is_live(claim.at);
        if !has_expired {
            if effect.request_hash != claim.request_hash {
                return Ok(Claim::OtherRequest);
            }
            match &effect.state {
                State::Completed { result } => return Ok(Claim::Done { result: result.clone() }),
                State::Processing { until } if *until >= claim.at => {
                    return Ok(Claim::InProgress { until: *until });
                }
                State::Processing { .. } | State::Failed => {}
            }
            new.attempt = effect.attempt.saturating_add(1);
        }
        let attempt = new.attempt;
        stored.insert(new);
        Ok(Claim::Run { attempt })
    }

    fn complete_effect(
        &self,
        key: &str,
        attempt: u32,
        _at: Timestamp,
        result: Option<&str>,
    ) -> Result<bool, StoreError> {
        result.map_or(Ok(()), check)?;
        let result = result.map(ToOwned::to_owned);
        Ok(self.end_effect(key, attempt, State::Completed { result }))
    }

    fn fail_effect(&self, key: &str, attempt: u32, _error: &str) -> Result<bool, StoreError> {
        Ok(self.end_effect(key, attempt, State::Failed))
    }

    fn sweep_effects(&self, at: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let mut swept = 0;
        tables.effects.retain(|_, effect| {
            let goes = swept < u64::from(limit) && effect.expires_at < at && !effect.is_live(at);
            swept = swept.saturating_add(u64::from(goes));
            !goes
        });
        Ok(swept)
    }
}

impl Effect {
    fn is_live(&self, at: Timestamp) -> bool {
        matches!(self.state, State::Processing { until } if until >= at)
    }
}

impl MemoryStore {
    fn end_effect(&self, key: &str, attempt: u32, state: State) -> bool {
        let mut tables = self.tables();
        let own = tables.effects.get_mut(key).filter(|effect| {
            effect.attempt == attempt && matches!(effect.state, State::Processing { .. })
        });
        own.map(|effect| effect.state = state).is_some()
    }
}
