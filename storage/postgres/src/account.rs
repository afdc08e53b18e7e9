//! [`AsyncAccountStore`] on Postgres.

mod service;
mod user;

use chatflow::{TenantId, Timestamp};
use chatflow_storage::{
    AccessScope, AccountError, AccountId, AccountRow, AsyncAccountStore, Change,
    KnownServiceAccount, KnownUser, ServiceAccountId, ServiceAccountQuery, ServiceAccountRecord,
    StoreError, UserId, UserKey, UserQuery, UserRecord, Verdict, settle_account,
};
use sqlx::PgConnection;
use sqlx::error::DatabaseError;
use uuid::Uuid;

use crate::column::{Time, tenants};
use crate::fault::{boxed, failed};
use crate::pool::{Lent, PostgresStore};

/// One account at a time: then what was read stays true until it is written. Readers do not wait.
const WRITE: &str = "BEGIN; SELECT pg_advisory_xact_lock(x'464C4F57'::integer, 2)";

/// The same within a transaction of other things.
pub(crate) const ALONE: &str = "SELECT pg_advisory_xact_lock(x'464C4F57'::integer, 2)";

const NOTE_LOGIN: &str = "
UPDATE users SET last_login_at = greatest(last_login_at, $2) WHERE id = $1";

const DELETE_USER: &str = "DELETE FROM users WHERE id = $1";

const DELETE_SERVICE: &str = "DELETE FROM service_accounts WHERE id = $1";

impl AsyncAccountStore for PostgresStore {
    async fn find_user(&self, key: UserKey<'_>) -> Result<Option<KnownUser>, StoreError> {
        let mut lent = self.lend("look up a user").await?;
        let found = user::find(lent.connection(), key).await;
        lent.read(found)
    }

    async fn find_service_account(
        &self,
        id: ServiceAccountId,
    ) -> Result<Option<KnownServiceAccount>, StoreError> {
        let mut lent = self.lend("look up a service account").await?;
        let found = service::find(lent.connection(), id).await;
        lent.read(found)
    }

    async fn save_user(
        &self,
        scope: &AccessScope,
        change: &Change<UserRecord>,
        at: Timestamp,
    ) -> Result<Verdict, AccountError> {
        let mut lent = self.lend("save a user").await?;
        lent.begin(WRITE).await?;
        let saved = save_user(lent.connection(), scope, change, at).await;
        end(lent, saved).await
    }

    async fn save_service_account(
        &self,
        scope: &AccessScope,
        change: &Change<ServiceAccountRecord>,
        at: Timestamp,
    ) -> Result<Verdict, AccountError> {
        let mut lent = self.lend("save a service account").await?;
        lent.begin(WRITE).await?;
        let saved = save_service(lent.connection(), scope, change, at).await;
        end(lent, saved).await
    }

    async fn list_users(
        &self,
        scope: &AccessScope,
        query: &UserQuery,
    ) -> Result<Vec<KnownUser>, StoreError> {
        let schools = query.schools(scope);
        let mut lent = self.lend("list users").await?;
        let found = user::list(lent.connection(), query, schools.as_deref()).await;
        lent.read(found)
    }

    async fn list_service_accounts(
        &self,
        scope: &AccessScope,
        query: &ServiceAccountQuery,
    ) -> Result<Vec<KnownServiceAccount>, StoreError> {
        let schools = query.schools(scope);
        let mut lent = self.lend("list service accounts").await?;
        let found = service::list(lent.connection(), query, schools.as_deref()).await;
        lent.read(found)
    }

    async fn note_login(&self, id: UserId, at: Timestamp) -> Result<(), StoreError> {
        let mut lent = self.lend("note a login").await?;
        let noted =
            sqlx::query(NOTE_LOGIN).bind(id.0).bind(Time(at)).execute(lent.connection()).await;
        lent.wrote(noted.map(drop))
    }

    async fn delete_account(
        &self,
        scope: &AccessScope,
        id: AccountId,
    ) -> Result<bool, AccountError> {
        if !scope.is_system() {
            return Err(AccountError::OutOfScope { account: id });
        }
        let (sql, id) = match id {
            AccountId::User(id) => (DELETE_USER, id.0),
            AccountId::Service(id) => (DELETE_SERVICE, id.0),
        };
        let mut lent = self.lend("delete an account").await?;
        let deleted = sqlx::query(sql).bind(id).execute(lent.connection()).await;
        Ok(lent.wrote(deleted)?.rows_affected() > 0)
    }
}

pub(crate) async fn save_user(
    connection: &mut PgConnection,
    scope: &AccessScope,
    change: &Change<UserRecord>,
    at: Timestamp,
) -> Result<Verdict, AccountError> {
    let stored = user::find(connection, UserKey::Id(change.record.id)).await;
    let stored = stored.map_err(|error| failed("read a user", error))?.map(|known| known.stored);
    let (verdict, record) = settle_account(scope, stored.as_ref(), change)?;
    if !matches!(verdict, Verdict::Keep { .. }) {
        let saved = user::save(connection, &record, verdict.row_version(), at).await;
        saved.map_err(|error| explain(&record, error))?;
    }
    Ok(verdict)
}

pub(crate) async fn save_service(
    connection: &mut PgConnection,
    scope: &AccessScope,
    change: &Change<ServiceAccountRecord>,
    at: Timestamp,
) -> Result<Verdict, AccountError> {
    let stored = service::find(connection, change.record.id).await;
    let stored = stored.map_err(|error| failed("read a service account", error))?;
    let stored = stored.map(|known| known.stored);
    let (verdict, record) = settle_account(scope, stored.as_ref(), change)?;
    if !matches!(verdict, Verdict::Keep { .. }) {
        let saved = service::save(connection, &record, verdict.row_version(), at).await;
        saved.map_err(|error| explain(&record, error))?;
    }
    Ok(verdict)
}

async fn end(
    lent: Lent<'_>,
    saved: Result<Verdict, AccountError>,
) -> Result<Verdict, AccountError> {
    match saved {
        Ok(verdict) => {
            lent.commit().await?;
            Ok(verdict)
        }
        Err(error) => {
            lent.roll_back().await;
            Err(error)
        }
    }
}

/// Schools as one parameter; nothing for all of them.
fn schools_asked(schools: Option<&[TenantId]>) -> Option<Vec<Uuid>> {
    schools.map(tenants)
}

/// Which rule of the tables an account broke.
fn explain(row: &impl AccountRow, error: sqlx::Error) -> AccountError {
    let account = row.key();
    let broken = error.as_database_error();
    if broken.is_some_and(DatabaseError::is_foreign_key_violation) {
        return AccountError::UnknownSchool { account };
    }
    match broken.and_then(|error| error.constraint()) {
        Some("users_email_key") => AccountError::EmailTaken { account },
        _ => AccountError::Store(boxed("write an account", error)),
    }
}
