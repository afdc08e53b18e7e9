//! Who signs in: people and programs (S1.32, S1.33).

mod check;
mod record;
mod rights;

use std::error::Error;
use std::fmt;

use chatflow::Timestamp;

use crate::error::StoreError;
use crate::id::{ServiceAccountId, UserId};
use crate::library::{Change, Verdict};
use crate::role::role;
use crate::scope::AccessScope;

pub(crate) use record::within;

pub use check::{AccountRow, normal_email, settle_account};
pub use record::{
    AccountQuery, KnownServiceAccount, KnownUser, ServiceAccountQuery, ServiceAccountRecord,
    ServiceAccountType, UserKey, UserQuery, UserRecord, UserType,
};
pub use rights::{Account, scope_of};

/// Names an account of either kind.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum AccountId {
    /// A person's.
    User(UserId),
    /// A program's.
    Service(ServiceAccountId),
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user {}", id.0),
            Self::Service(id) => write!(f, "service account {}", id.0),
        }
    }
}

/// Why an account was not written: nothing of the write is stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// Somebody changed it since it was read.
    #[error("{account} is at version {actual}, not {expected}")]
    Conflict {
        /// Which.
        account: AccountId,
        /// What the caller read; 0 if it expected none.
        expected: u64,
        /// What is stored; 0 if there is none.
        actual: u64,
    },
    /// The scope may not write accounts.
    #[error("{account} is outside the scope")]
    OutOfScope {
        /// Which.
        account: AccountId,
    },
    /// Another user has the address.
    #[error("another user has the e-mail address of {account}")]
    EmailTaken {
        /// Whose was to be written.
        account: AccountId,
    },
    /// It names a school that does not exist.
    #[error("{account} refers to a school that does not exist")]
    UnknownSchool {
        /// Which.
        account: AccountId,
    },
    /// It breaks a rule of its table.
    #[error("{account}: {problem}")]
    Invalid {
        /// Which.
        account: AccountId,
        /// The rule.
        problem: &'static str,
    },
    /// The store broke; the source says what it was doing.
    #[error("the store failed")]
    Store(#[source] Box<dyn Error + Send + Sync>),
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Store(source) => Self::Store(source),
        }
    }
}

role! {
    /// Keeps accounts.
    ///
    /// The finders and [`AccountStore::note_login`] take no scope: they are how a scope comes to be,
    /// and who calls them has seen a proof of identity. Nothing refers to accounts by foreign key, so
    /// that what an account created stays known when it is gone (S1.34).
    AccountStore, async AsyncAccountStore, dyn DynAccountStore {
        /// A user and the state of their school, in one round trip (S2.3).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn find_user(&self, key: UserKey<'_>) -> Result<Option<KnownUser>, StoreError>;

        /// A service account and the states of its schools, in one round trip (S2.3).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn find_service_account(
            &self, id: ServiceAccountId
        ) -> Result<Option<KnownServiceAccount>, StoreError>;

        /// Inserts or replaces a user, whose e-mail address is stored as [`normal_email`] has it.
        ///
        /// One that is stored already as given is left alone.
        ///
        /// # Errors
        /// [`AccountError`]; then nothing is stored. Rows of accounts give rights, so only a scope
        /// that may write everything writes them.
        fn save_user(
            &self, scope: &AccessScope, change: &Change<UserRecord>, at: Timestamp
        ) -> Result<Verdict, AccountError>;

        /// Inserts or replaces a service account together with its schools.
        ///
        /// # Errors
        /// As [`AccountStore::save_user`].
        fn save_service_account(
            &self, scope: &AccessScope, change: &Change<ServiceAccountRecord>, at: Timestamp
        ) -> Result<Verdict, AccountError>;

        /// Users in the order of their ids: all for the platform, for a school admin those of the
        /// own schools, none for others.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn list_users(
            &self, scope: &AccessScope, query: &UserQuery
        ) -> Result<Vec<KnownUser>, StoreError>;

        /// Service accounts in the order of their ids; a school admin sees those that have one of the
        /// own schools.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn list_service_accounts(
            &self, scope: &AccessScope, query: &ServiceAccountQuery
        ) -> Result<Vec<KnownServiceAccount>, StoreError>;

        /// Notes when a user signed in, unless a later time is noted; no new version of the row.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn note_login(&self, id: UserId, at: Timestamp) -> Result<(), StoreError>;

        /// Deletes an account and answers whether there was one; its id stays where it is named.
        ///
        /// # Errors
        /// [`AccountError::OutOfScope`] and [`AccountError::Store`].
        fn delete_account(&self, scope: &AccessScope, id: AccountId) -> Result<bool, AccountError>;
    }
}
