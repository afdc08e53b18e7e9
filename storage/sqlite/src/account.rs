//! [`AccountStore`] on SQLite.

mod service;
mod user;

use chatflow::{TenantId, Timestamp};
use chatflow_storage::{
    AccessScope, AccountError, AccountId, AccountRow, AccountStore, Change, KnownServiceAccount,
    KnownUser, ServiceAccountId, ServiceAccountQuery, ServiceAccountRecord, StoreError, UserId,
    UserKey, UserQuery, UserRecord, Verdict, settle_account,
};
use rusqlite::{Connection, ffi, params};

use crate::column::{Id, Time, list};
use crate::fault::{Doing, boxed};
use crate::pool::SqliteStore;

impl AccountStore for SqliteStore {
    fn find_user(&self, key: UserKey<'_>) -> Result<Option<KnownUser>, StoreError> {
        self.read("look up a user", |connection| user::find(connection, key))
    }

    fn find_service_account(
        &self,
        id: ServiceAccountId,
    ) -> Result<Option<KnownServiceAccount>, StoreError> {
        self.read("look up a service account", |connection| service::find(connection, id))
    }

    fn save_user(
        &self,
        scope: &AccessScope,
        change: &Change<UserRecord>,
        at: Timestamp,
    ) -> Result<Verdict, AccountError> {
        self.write("save a user", |transaction| save_user(transaction, scope, change, at))
    }

    fn save_service_account(
        &self,
        scope: &AccessScope,
        change: &Change<ServiceAccountRecord>,
        at: Timestamp,
    ) -> Result<Verdict, AccountError> {
        self.write("save a service account", |transaction| {
            save_service(transaction, scope, change, at)
        })
    }

    fn list_users(
        &self,
        scope: &AccessScope,
        query: &UserQuery,
    ) -> Result<Vec<KnownUser>, StoreError> {
        let schools = query.schools(scope);
        self.read("list users", |connection| user::list(connection, query, schools.as_deref()))
    }

    fn list_service_accounts(
        &self,
        scope: &AccessScope,
        query: &ServiceAccountQuery,
    ) -> Result<Vec<KnownServiceAccount>, StoreError> {
        let schools = query.schools(scope);
        self.read("list service accounts", |connection| {
            service::list(connection, query, schools.as_deref())
        })
    }

    fn note_login(&self, id: UserId, at: Timestamp) -> Result<(), StoreError> {
        self.write("note a login", |transaction| {
            transaction
                .prepare_cached(
                    "UPDATE users SET last_login_at = max(coalesce(last_login_at, ?2), ?2)
                     WHERE id = ?1",
                )
                .and_then(|mut statement| statement.execute(params![Id(id.0), Time(at)]))
                .doing("note a login", transaction)?;
            Ok(())
        })
    }

    fn delete_account(&self, scope: &AccessScope, id: AccountId) -> Result<bool, AccountError> {
        if !scope.is_system() {
            return Err(AccountError::OutOfScope { account: id });
        }
        let (sql, id) = match id {
            AccountId::User(id) => ("DELETE FROM users WHERE id = ?1", id.0),
            AccountId::Service(id) => ("DELETE FROM service_accounts WHERE id = ?1", id.0),
        };
        self.write("delete an account", |transaction| {
            let deleted = transaction
                .prepare_cached(sql)
                .and_then(|mut statement| statement.execute([Id(id)]))
                .doing("delete an account", transaction)?;
            Ok(deleted > 0)
        })
    }
}

pub(crate) fn save_user(
    transaction: &Connection,
    scope: &AccessScope,
    change: &Change<UserRecord>,
    at: Timestamp,
) -> Result<Verdict, AccountError> {
    let stored = user::find(transaction, UserKey::Id(change.record.id))
        .doing("read a user", transaction)?
        .map(|known| known.stored);
    let (verdict, record) = settle_account(scope, stored.as_ref(), change)?;
    if !matches!(verdict, Verdict::Keep { .. }) {
        user::save(transaction, &record, verdict.row_version(), at)
            .map_err(|error| explain(transaction, &record, error))?;
    }
    Ok(verdict)
}

pub(crate) fn save_service(
    transaction: &Connection,
    scope: &AccessScope,
    change: &Change<ServiceAccountRecord>,
    at: Timestamp,
) -> Result<Verdict, AccountError> {
    let stored = service::find(transaction, change.record.id)
        .doing("read a service account", transaction)?
        .map(|known| known.stored);
    let (verdict, record) = settle_account(scope, stored.as_ref(), change)?;
    if !matches!(verdict, Verdict::Keep { .. }) {
        service::save(transaction, &record, verdict.row_version(), at)
            .map_err(|error| explain(transaction, &record, error))?;
    }
    Ok(verdict)
}

/// Schools as one parameter; nothing for all of them.
fn schools_asked(schools: Option<&[TenantId]>) -> Option<String> {
    schools.map(list)
}

/// Which rule of the tables an account broke.
fn explain(connection: &Connection, row: &impl AccountRow, error: rusqlite::Error) -> AccountError {
    let account = row.key();
    match error.sqlite_error().map(|error| error.extended_code) {
        Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => AccountError::UnknownSchool { account },
        // The only unique column but the id.
        Some(ffi::SQLITE_CONSTRAINT_UNIQUE) => AccountError::EmailTaken { account },
        _ => AccountError::Store(boxed("write an account", connection, error)),
    }
}
