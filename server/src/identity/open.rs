//! Services without accounts: nobody signs in, or everyone runs them.

use async_trait::async_trait;
use axum::http::request::Parts;
use chatflow_storage::{AccessScope, ServiceAccountType};
use uuid::Uuid;

use super::{Caller, CallerKind, IdentityError, IdentityProvider, Principal, bearer};

/// Knows no tokens: there is no key to verify them with.
#[derive(Clone, Copy, Debug, Default)]
pub struct NobodySignsIn;

#[async_trait]
impl IdentityProvider for NobodySignsIn {
    async fn identify(&self, parts: &Parts) -> Result<Principal, IdentityError> {
        match bearer(parts) {
            None => Ok(Principal::Anonymous),
            Some(_) => Err(IdentityError::InvalidToken),
        }
    }
}

/// Lets everyone run the platform: for development only (S2.11, `none`).
#[derive(Clone, Copy, Debug, Default)]
pub struct EveryoneIsPlatform;

#[async_trait]
impl IdentityProvider for EveryoneIsPlatform {
    async fn identify(&self, _: &Parts) -> Result<Principal, IdentityError> {
        Ok(Principal::Account(Box::new(Caller {
            id: Uuid::nil(),
            kind: CallerKind::Service(ServiceAccountType::Backend),
            name: "development".to_owned(),
            schools: Vec::new(),
            scope: AccessScope::platform(None),
        })))
    }
}
