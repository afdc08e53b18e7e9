//! [`AccountStore`] in memory.

use std::collections::BTreeMap;

use chatflow::{TenantId, Timestamp};

use super::{MemoryStore, Tables};
use crate::account::{
    AccountError, AccountId, AccountRow, AccountStore, KnownServiceAccount, KnownUser,
    ServiceAccountQuery, ServiceAccountRecord, UserKey, UserQuery, UserRecord, normal_email,
    settle_account,
};
use crate::error::StoreError;
use crate::id::{ServiceAccountId, UserId};
use crate::library::{Change, Stored, Verdict};
use crate::scope::AccessScope;

impl AccountStore for MemoryStore {
    fn find_user(&self, key: UserKey<'_>) -> Result<Option<KnownUser>, StoreError> {
        let tables = self.tables();
        let found = match key {
            UserKey::Id(id) => tables.users.get(&id),
            UserKey::Email(email) => {
                let email = Some(normal_email(email));
                tables.users.values().find(|user| user.record.email == email)
            }
        };
        Ok(found.map(|user| tables.known_user(user)))
    }

    fn find_service_account(
        &self,
        id: ServiceAccountId,
    ) -> Result<Option<KnownServiceAccount>, StoreError> {
        let tables = self.tables();
        Ok(tables.service_accounts.get(&id).map(|account| tables.known_service(account)))
    }

    fn save_user(
        &self,
        scope: &AccessScope,
        change: &Change<UserRecord>,
        at: Timestamp,
    ) -> Result<Verdict, AccountError> {
        self.tables().save_user(scope, change, at)
    }

    fn save_service_account(
        &self,
        scope: &AccessScope,
        change: &Change<ServiceAccountRecord>,
        at: Timestamp,
    ) -> Result<Verdict, AccountError> {
        self.tables().save_service(scope, change, at)
    }

    fn list_users(
        &self,
        scope: &AccessScope,
        query: &UserQuery,
    ) -> Result<Vec<KnownUser>, StoreError> {
        let tables = self.tables();
        let schools = query.schools(scope);
        let is_asked = |user: &&Stored<UserRecord>| {
            let user = &user.record;
            let of =
                |schools: &Vec<TenantId>| user.school_id.is_some_and(|id| schools.contains(&id));
            query.kind.is_none_or(|kind| kind == user.kind)
                && query.after.is_none_or(|after| user.id > after)
                && schools.as_ref().is_none_or(of)
        };
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let users = tables.users.values().filter(is_asked).take(limit);
        Ok(users.map(|user| tables.known_user(user)).collect())
    }

    fn list_service_accounts(
        &self,
        scope: &AccessScope,
        query: &ServiceAccountQuery,
    ) -> Result<Vec<KnownServiceAccount>, StoreError> {
        let tables = self.tables();
        let schools = query.schools(scope);
        let is_asked = |account: &&Stored<ServiceAccountRecord>| {
            let account = &account.record;
            let of =
                |schools: &Vec<TenantId>| account.schools.iter().any(|id| schools.contains(id));
            query.kind.is_none_or(|kind| kind == account.kind)
                && query.after.is_none_or(|after| account.id > after)
                && schools.as_ref().is_none_or(of)
        };
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let accounts = tables.service_accounts.values().filter(is_asked).take(limit);
        Ok(accounts.map(|account| tables.known_service(account)).collect())
    }

    fn note_login(&self, id: UserId, at: Timestamp) -> Result<(), StoreError> {
        let mut tables = self.tables();
        if tables.users.contains_key(&id) {
            let last = tables.logins.entry(id).or_insert(at);
            *last = at.max(*last);
        }
        Ok(())
    }

    fn delete_account(&self, scope: &AccessScope, id: AccountId) -> Result<bool, AccountError> {
        if !scope.is_system() {
            return Err(AccountError::OutOfScope { account: id });
        }
        let mut tables = self.tables();
        Ok(match id {
            AccountId::User(id) => {
                tables.logins.remove(&id);
                tables.users.remove(&id).is_some()
            }
            AccountId::Service(id) => tables.service_accounts.remove(&id).is_some(),
        })
    }
}

impl Tables {
    pub(super) fn save_user(
        &mut self,
        scope: &AccessScope,
        change: &Change<UserRecord>,
        at: Timestamp,
    ) -> Result<Verdict, AccountError> {
        let (verdict, record) = settle_account(scope, self.users.get(&change.record.id), change)?;
        let account = record.key();
        let mut others = self.users.values().map(|user| &user.record);
        if record.email.is_some()
            && others.any(|other| other.id != record.id && other.email == record.email)
        {
            return Err(AccountError::EmailTaken { account });
        }
        self.check_schools(account, record.school_id.as_slice())?;
        write(&mut self.users, record.id, record, verdict, at);
        Ok(verdict)
    }

    pub(super) fn save_service(
        &mut self,
        scope: &AccessScope,
        change: &Change<ServiceAccountRecord>,
        at: Timestamp,
    ) -> Result<Verdict, AccountError> {
        let stored = self.service_accounts.get(&change.record.id);
        let (verdict, record) = settle_account(scope, stored, change)?;
        self.check_schools(record.key(), &record.schools)?;
        write(&mut self.service_accounts, record.id, record, verdict, at);
        Ok(verdict)
    }

    fn known_user(&self, user: &Stored<UserRecord>) -> KnownUser {
        let school = user.record.school_id.and_then(|id| self.library.schools.get(&id));
        KnownUser {
            stored: user.clone(),
            last_login_at: self.logins.get(&user.record.id).copied(),
            school_state: school.map(|school| school.record.state),
        }
    }

    fn known_service(&self, account: &Stored<ServiceAccountRecord>) -> KnownServiceAccount {
        let schools = account.record.schools.iter().filter_map(|id| self.library.schools.get(id));
        KnownServiceAccount {
            stored: account.clone(),
            school_states: schools.map(|school| school.record.state).collect(),
        }
    }

    fn check_schools(&self, account: AccountId, schools: &[TenantId]) -> Result<(), AccountError> {
        let known = schools.iter().all(|school| self.library.schools.contains_key(school));
        if known { Ok(()) } else { Err(AccountError::UnknownSchool { account }) }
    }
}

fn write<K: Ord, T>(
    table: &mut BTreeMap<K, Stored<T>>,
    key: K,
    record: T,
    verdict: Verdict,
    at: Timestamp,
) {
    if !matches!(verdict, Verdict::Keep { .. }) {
        let created_at = table.get(&key).map_or(at, |stored| stored.created_at);
        let row_version = verdict.row_version();
        table.insert(key, Stored { record, row_version, created_at, updated_at: at });
    }
}
