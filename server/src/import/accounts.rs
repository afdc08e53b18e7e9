//! Accounts of a fixture.

use chatflow_storage::{
    AccountRow, AccountStore, Batch, Change, ServiceAccountId, ServiceAccountRecord, StoreError,
    Stored, UserId, UserKey, UserRecord,
};

use super::library::Ids;
use super::{Counts, ImportReport};
use crate::fixture::Fixture;

pub(super) fn fill<S: AccountStore>(
    store: &S,
    fixture: &Fixture,
    ids: &Ids,
    batch: &mut Batch,
    report: &mut ImportReport,
) -> Result<(), StoreError> {
    let [.., users, services] = &mut report.counts;
    for user in &fixture.users {
        let of_address = match &user.email {
            Some(email) => store.find_user(UserKey::Email(email))?,
            None => None,
        };
        let known = match of_address {
            Some(known) => Some(known),
            None => store.find_user(UserKey::Id(UserId(user.id)))?,
        };
        let old = known.as_ref().map(|known| &known.stored.record);
        let record = UserRecord {
            id: old.map_or(UserId(user.id), |old| old.id),
            kind: user.kind,
            is_active: old.is_none_or(|old| old.is_active),
            email: user.email.clone(),
            name: user.name.clone(),
            school_id: user.school.map(|school| ids.school(school)),
            info: old.map_or_else(|| "{}".to_owned(), |old| old.info.clone()),
        };
        batch.users.push(change(users, known.map(|known| known.stored), record));
    }
    for service in &fixture.service_accounts {
        let id = ServiceAccountId(service.id);
        let known = store.find_service_account(id)?;
        let old = known.as_ref().map(|known| &known.stored.record);
        let record = ServiceAccountRecord {
            id,
            kind: service.kind,
            is_active: old.is_none_or(|old| old.is_active),
            name: service.name.clone(),
            schools: service.schools.iter().map(|school| ids.school(*school)).collect(),
            info: old.map_or_else(|| "{}".to_owned(), |old| old.info.clone()),
        };
        batch.service_accounts.push(change(services, known.map(|known| known.stored), record));
    }
    Ok(())
}

/// How an account is written, which is counted.
fn change<T: AccountRow>(counts: &mut Counts, old: Option<Stored<T>>, new: T) -> Change<T> {
    let record = new.normal();
    counts.count(old.as_ref().map(|old| &old.record), &record);
    Change { expected: Some(old.map_or(0, |old| old.row_version)), record }
}
