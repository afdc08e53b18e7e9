//! Who sends a request (S2.1 to S2.14).

mod claims;
mod database;
mod guard;
mod jwt;
mod keys;
mod open;

use std::fmt;

use async_trait::async_trait;
use axum::http::request::Parts;
use chatflow::TenantId;
use chatflow_storage::{AccessScope, ServiceAccountType, StoreError, UserType};
use uuid::Uuid;

pub use claims::{ClaimNames, ClaimsIdentity};
pub use database::DatabaseIdentity;
pub(crate) use guard::{IgnoredToken, Manager, MaybeSigned, Platform, Signed};
pub(crate) use jwt::sign_flow_call;
pub use jwt::{KeyError, Subject, TokenRules, sign};
pub use open::{EveryoneIsPlatform, NobodySignsIn};

/// Who sends a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Principal {
    /// Somebody nobody knows.
    Anonymous,
    /// An account.
    Account(Box<Caller>),
}

/// An account that sends a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// The account's id.
    pub id: Uuid,
    /// What it is.
    pub kind: CallerKind,
    /// How it is called.
    pub name: String,
    /// The schools that count for it (S2.4).
    pub schools: Vec<TenantId>,
    /// What it may touch.
    pub scope: AccessScope,
}

/// What an account is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallerKind {
    /// A person.
    User(UserType),
    /// A program.
    Service(ServiceAccountType),
}

impl CallerKind {
    /// `user` or `service_account`.
    pub const fn account_type(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Service(_) => "service_account",
        }
    }

    /// The type within its kind, e.g. `educator` or `lms`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User(kind) => kind.as_str(),
            Self::Service(kind) => kind.as_str(),
        }
    }
}

/// What an account may do, as the tables of endpoints name it (S2.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Runs the platform.
    Platform,
    /// Runs schools.
    SchoolAdmin,
    /// Teaches at a school.
    Educator,
    /// Reads what educators see.
    Reader,
    /// Everyone else.
    Learner,
}

impl Role {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::SchoolAdmin => "school_admin",
            Self::Educator => "educator",
            Self::Reader => "reader",
            Self::Learner => "learner",
        }
    }
}

impl Caller {
    /// Its role, as far as its schools let it have one.
    pub fn role(&self) -> Role {
        match self.kind {
            CallerKind::User(UserType::Wriveted)
            | CallerKind::Service(ServiceAccountType::Backend) => Role::Platform,
            CallerKind::User(UserType::SchoolAdmin)
            | CallerKind::Service(ServiceAccountType::School)
                if !self.schools.is_empty() =>
            {
                Role::SchoolAdmin
            }
            CallerKind::User(UserType::Educator) if !self.schools.is_empty() => Role::Educator,
            CallerKind::Service(ServiceAccountType::Lms) if !self.schools.is_empty() => {
                Role::Reader
            }
            CallerKind::User(_) | CallerKind::Service(_) => Role::Learner,
        }
    }

    /// The id of the person, if it is one.
    pub fn user_id(&self) -> Option<Uuid> {
        match self.kind {
            CallerKind::User(_) => Some(self.id),
            CallerKind::Service(_) => None,
        }
    }
}

/// Why nobody is known to send a request, though it claims to come from somebody.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The token is malformed, expired, or signed by somebody else.
    #[error("the token is not valid")]
    InvalidToken,
    /// The account of a valid token is inactive or does not exist (S2.3).
    #[error("the account does not exist or is not active")]
    InvalidAccount,
    /// The keys that tokens are checked with cannot be fetched.
    #[error("tokens cannot be checked at the moment")]
    KeysUnavailable,
    /// The store broke.
    #[error("the account cannot be looked up")]
    Store(#[from] StoreError),
}

/// Tells who sends a request (S2.11). Embedders may bring their own.
#[async_trait]
pub trait IdentityProvider: fmt::Debug + Send + Sync {
    /// Who sent the request with these parts; without any credentials that is
    /// [`Principal::Anonymous`].
    ///
    /// # Errors
    /// [`IdentityError`] for credentials that prove nothing.
    async fn identify(&self, parts: &Parts) -> Result<Principal, IdentityError>;
}

/// The bearer token of a request, perhaps an empty one; other ways to authorise are none of ours (S2.5).
pub(crate) fn bearer(parts: &Parts) -> Option<&[u8]> {
    let value = parts.headers.get(axum::http::header::AUTHORIZATION)?.as_bytes();
    let mut words = value.splitn(2, u8::is_ascii_whitespace);
    let scheme = words.next()?;
    scheme.eq_ignore_ascii_case(b"bearer").then(|| words.next().unwrap_or_default().trim_ascii())
}
