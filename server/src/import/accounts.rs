//! Accounts of a fixture. They are written after everything else, since they may name its schools.

use chatflow_storage::{
    AccessScope, AccountError, AccountStore, Change, ServiceAccountId, ServiceAccountRecord,
    UserId, UserKey, UserRecord, Verdict,
};

use super::library::Ids;
use super::{Counts, ImportReport};
use crate::fixture::Fixture;
use crate::host::now;

pub(super) fn save<S: AccountStore>(
    store: &S,
    scope: &AccessScope,
    fixture: &Fixture,
    ids: &Ids,
    report: &mut ImportReport,
) -> Result<(), AccountError> {
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
        let old = known.map(|known| known.stored.record);
        let record = UserRecord {
            id: old.as_ref().map_or(UserId(user.id), |old| old.id),
            kind: user.kind,
            is_active: old.as_ref().is_none_or(|old| old.is_active),
            email: user.email.clone(),
            name: user.name.clone(),
            school_id: user.school.map(|school| ids.school(school)),
            info: old.map_or_else(|| "{}".to_owned(), |old| old.info),
        };
        count(users, store.save_user(scope, &Change { expected: None, record }, now())?);
    }
    for service in &fixture.service_accounts {
        let id = ServiceAccountId(service.id);
        let old = store.find_service_account(id)?.map(|known| known.stored.record);
        let record = ServiceAccountRecord {
            id,
            kind: service.kind,
            is_active: old.as_ref().is_none_or(|old| old.is_active),
            name: service.name.clone(),
            schools: service.schools.iter().map(|school| ids.school(*school)).collect(),
            info: old.map_or_else(|| "{}".to_owned(), |old| old.info),
        };
        count(
            services,
            store.save_service_account(scope, &Change { expected: None, record }, now())?,
        );
    }
    Ok(())
}

fn count(counts: &mut Counts, verdict: Verdict) {
    let counter = match verdict {
        Verdict::Create => &mut counts.created,
        Verdict::Update { .. } => &mut counts.updated,
        Verdict::Keep { .. } => &mut counts.unchanged,
    };
    *counter = counter.saturating_add(1);
}
