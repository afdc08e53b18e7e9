//! Accounts of the database (S2.11, `database`): role and schools come from the row.

use async_trait::async_trait;
use axum::http::request::Parts;
use chatflow::TenantId;
use chatflow_storage::{
    Account, AnyStore, AsyncAccountStore as _, SchoolState, ServiceAccountId, UserId, UserKey,
    scope_of,
};

use super::jwt::{Subject, TokenRules};
use super::{Caller, CallerKind, IdentityError, IdentityProvider, Principal, bearer};

/// Verifies a token and loads the account that it names.
#[derive(Clone, Debug)]
pub struct DatabaseIdentity {
    store: AnyStore,
    rules: TokenRules,
}

impl DatabaseIdentity {
    /// Looks accounts up in `store`.
    pub const fn new(store: AnyStore, rules: TokenRules) -> Self {
        Self { store, rules }
    }

    async fn load(&self, subject: Subject) -> Result<Option<Caller>, IdentityError> {
        match subject {
            Subject::User(id) => {
                let found = self.store.find_user(UserKey::Id(UserId(id))).await?;
                Ok(found.and_then(|known| {
                    let scope = scope_of(Account::User(&known))?;
                    let user = known.stored.record;
                    let counts = |_: &TenantId| counts(known.school_state);
                    Some(Caller {
                        id,
                        kind: CallerKind::User(user.kind),
                        name: user.name,
                        schools: user.school_id.filter(counts).into_iter().collect(),
                        scope,
                    })
                }))
            }
            Subject::Service(id) => {
                let found = self.store.find_service_account(ServiceAccountId(id)).await?;
                Ok(found.and_then(|known| {
                    let scope = scope_of(Account::Service(&known))?;
                    let account = known.stored.record;
                    let schools = account.schools.iter().zip(&known.school_states);
                    let schools = schools.filter(|(_, state)| counts(Some(**state)));
                    Some(Caller {
                        id,
                        kind: CallerKind::Service(account.kind),
                        schools: schools.map(|(id, _)| *id).collect(),
                        name: account.name,
                        scope,
                    })
                }))
            }
        }
    }
}

/// Whether a school in this state counts for its people (S2.4).
fn counts(state: Option<SchoolState>) -> bool {
    matches!(state, Some(SchoolState::Active | SchoolState::Pending))
}

#[async_trait]
impl IdentityProvider for DatabaseIdentity {
    async fn identify(&self, parts: &Parts) -> Result<Principal, IdentityError> {
        let Some(token) = bearer(parts) else { return Ok(Principal::Anonymous) };
        let (subject, _) = self.rules.verify(token).await?;
        let caller = self.load(subject).await?.ok_or(IdentityError::InvalidAccount)?;
        Ok(Principal::Account(Box::new(caller)))
    }
}
