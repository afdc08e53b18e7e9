//! From an account to what it may touch (S2.2, S2.4).

use chatflow::TenantId;

use super::{KnownServiceAccount, KnownUser, ServiceAccountType, UserType};
use crate::library::SchoolState;
use crate::scope::AccessScope;

/// An account of either kind, as a finder answers with it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Account<'a> {
    /// A person's.
    User(&'a KnownUser),
    /// A program's.
    Service(&'a KnownServiceAccount),
}

/// The scope of an account; `None` if it is inactive, which is 401 (S2.3).
///
/// A school that is inactive counts as none (S2.4). An account whose type needs a school and that
/// has none is nobody's admin, educator or reader, so it is a learner without a school.
pub fn scope_of(account: Account<'_>) -> Option<AccessScope> {
    match account {
        Account::User(known) => {
            let user = &known.stored.record;
            let school = user.school_id.filter(|_| counts(known.school_state));
            user.is_active.then(|| scope_of_user(known, school))
        }
        Account::Service(known) => {
            let account = &known.stored.record;
            let schools = account.schools.iter().zip(&known.school_states);
            let schools = schools.filter(|(_, state)| counts(Some(**state))).map(|(id, _)| *id);
            account.is_active.then(|| scope_of_service(account.kind, schools.collect()))
        }
    }
}

fn scope_of_user(known: &KnownUser, school: Option<TenantId>) -> AccessScope {
    let id = known.stored.record.id;
    match (known.stored.record.kind, school) {
        (UserType::Wriveted, _) => AccessScope::platform(Some(id)),
        (UserType::SchoolAdmin, Some(school)) => AccessScope::school_admin(Some(id), vec![school]),
        (UserType::Educator, Some(school)) => AccessScope::educator(id, school),
        (UserType::SchoolAdmin | UserType::Educator, None) => AccessScope::learner(Some(id), None),
        (UserType::Student | UserType::Parent | UserType::Supporter | UserType::Public, school) => {
            AccessScope::learner(Some(id), school)
        }
    }
}

/// Programs create nothing in their own name: only a user is a creator (section 2.4).
fn scope_of_service(kind: ServiceAccountType, schools: Vec<TenantId>) -> AccessScope {
    match kind {
        ServiceAccountType::Backend => AccessScope::platform(None),
        ServiceAccountType::School if !schools.is_empty() => {
            AccessScope::school_admin(None, schools)
        }
        ServiceAccountType::Lms if !schools.is_empty() => AccessScope::reader(schools),
        ServiceAccountType::School | ServiceAccountType::Lms | ServiceAccountType::Kiosk => {
            AccessScope::kiosk(schools)
        }
    }
}

fn counts(state: Option<SchoolState>) -> bool {
    match state {
        Some(SchoolState::Active | SchoolState::Pending) => true,
        Some(SchoolState::Inactive) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use chatflow::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::account::{ServiceAccountRecord, UserRecord};
    use crate::id::{ServiceAccountId, UserId};
    use crate::library::Stored;

    const ME: UserId = UserId(Uuid::from_u128(7));
    const A: TenantId = TenantId(Uuid::from_u128(1));
    const B: TenantId = TenantId(Uuid::from_u128(2));

    const STATES: [SchoolState; 3] =
        [SchoolState::Active, SchoolState::Pending, SchoolState::Inactive];

    fn stored<T>(record: T) -> Stored<T> {
        let (created_at, updated_at) = (Timestamp::default(), Timestamp::default());
        Stored { record, row_version: 1, created_at, updated_at }
    }

    fn user(kind: UserType, school: Option<SchoolState>, is_active: bool) -> Option<AccessScope> {
        let record = UserRecord {
            id: ME,
            kind,
            is_active,
            email: None,
            name: "Me".into(),
            school_id: school.map(|_| A),
            info: "{}".into(),
        };
        let known = KnownUser { stored: stored(record), last_login_at: None, school_state: school };
        scope_of(Account::User(&known))
    }

    fn service(
        kind: ServiceAccountType,
        schools: &[(TenantId, SchoolState)],
        is_active: bool,
    ) -> Option<AccessScope> {
        let record = ServiceAccountRecord {
            id: ServiceAccountId(Uuid::from_u128(8)),
            kind,
            is_active,
            name: "It".into(),
            schools: schools.iter().map(|(id, _)| *id).collect(),
            info: "{}".into(),
        };
        let school_states = schools.iter().map(|(_, state)| *state).collect();
        scope_of(Account::Service(&KnownServiceAccount { stored: stored(record), school_states }))
    }

    #[test]
    fn each_type_of_user_has_the_rights_of_its_role() {
        // S2.2, S2.3, S2.4: with a school that counts, without one.
        let me = Some(ME);
        let learner = (AccessScope::learner(me, Some(A)), AccessScope::learner(me, None));
        let none = AccessScope::learner(me, None);
        for (kind, (with, without)) in [
            (UserType::Wriveted, (AccessScope::platform(me), AccessScope::platform(me))),
            (UserType::SchoolAdmin, (AccessScope::school_admin(me, vec![A]), none.clone())),
            (UserType::Educator, (AccessScope::educator(ME, A), none)),
            (UserType::Student, learner.clone()),
            (UserType::Parent, learner.clone()),
            (UserType::Supporter, learner.clone()),
            (UserType::Public, learner),
        ] {
            let expected = [&with, &with, &without];
            for (state, expected) in STATES.into_iter().zip(expected) {
                let found = user(kind, Some(state), true);
                assert_eq!(found.as_ref(), Some(expected), "{kind:?}, {state:?}");
                assert_eq!(user(kind, Some(state), false), None, "{kind:?}");
            }
            assert_eq!(user(kind, None, true), Some(without), "{kind:?}");
            assert_eq!(user(kind, None, false), None, "{kind:?}");
        }
    }

    #[test]
    fn each_type_of_service_account_has_the_rights_of_its_role() {
        // S2.2, S2.3, S2.4: with the schools that count, without any.
        let none = AccessScope::learner(None, None);
        for (kind, with, without) in [
            (
                ServiceAccountType::Backend,
                (|_| AccessScope::platform(None)) as fn(Vec<TenantId>) -> AccessScope,
                AccessScope::platform(None),
            ),
            (ServiceAccountType::Lms, AccessScope::reader, none.clone()),
            (ServiceAccountType::School, |ids| AccessScope::school_admin(None, ids), none.clone()),
            (ServiceAccountType::Kiosk, AccessScope::kiosk, none),
        ] {
            for other in STATES {
                let both = service(kind, &[(A, SchoolState::Active), (B, other)], true);
                let counts = other != SchoolState::Inactive;
                let ids = if counts { vec![A, B] } else { vec![A] };
                assert_eq!(both, Some(with(ids)), "{kind:?}, {other:?}");
            }
            let one = [(A, SchoolState::Inactive)];
            assert_eq!(service(kind, &one, true).as_ref(), Some(&without), "{kind:?}");
            assert_eq!(service(kind, &[], true), Some(without), "{kind:?}");
            assert_eq!(service(kind, &[(A, SchoolState::Active)], false), None, "{kind:?}");
        }
    }

    #[test]
    fn an_inactive_school_gives_no_rights_but_its_rows_stay_public() {
        // S2.4
        let scope = user(UserType::SchoolAdmin, Some(SchoolState::Inactive), true).unwrap();
        assert!(scope.is_signed_in() && scope.schools().is_empty() && !scope.owns(Some(A)));
    }
}
