//! Accounts.

use uuid::Uuid;

use super::Case;
use super::fixture::{
    HOSTILE, anyway, at, batch, fill, json, library_of, school, school_id, user_id,
};
use crate::account::{
    Account, AccountError, AccountId, KnownServiceAccount, KnownUser, ServiceAccountQuery,
    ServiceAccountRecord, ServiceAccountType, UserKey, UserQuery, UserRecord, UserType, scope_of,
};
use crate::blocking::Store;
use crate::id::ServiceAccountId;
use crate::library::{
    Applied, ApplyError, Batch, Change, SchoolRecord, SchoolState, Stored, Verdict,
};
use crate::scope::AccessScope;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        a_user_is_read_back_as_it_was_saved,
        a_service_account_is_read_back_with_its_schools,
        one_call_tells_all_that_rights_depend_on,
        an_address_in_any_letter_case_is_one_account,
        a_change_raises_the_version_and_a_stale_one_is_refused,
        an_unknown_school_is_refused,
        what_breaks_a_rule_is_refused,
        only_the_platform_writes_accounts,
        accounts_come_with_a_batch_or_nothing_does,
        a_list_shows_what_the_scope_may_see,
        a_list_is_filtered_and_paged_by_id,
        a_login_is_noted_beside_the_versions,
        a_deleted_account_is_gone_and_its_address_free,
        of_two_users_with_one_address_at_once_one_is_saved,
        of_two_changes_at_once_one_wins,
        hostile_texts_survive_in_accounts,
    ]
}

fn system() -> AccessScope {
    AccessScope::system()
}

fn service_id(n: u128) -> ServiceAccountId {
    ServiceAccountId(Uuid::from_u128(n))
}

fn user(n: u128) -> UserRecord {
    UserRecord {
        id: user_id(n),
        kind: UserType::Educator,
        is_active: true,
        email: Some(format!("user{n}@example.org")),
        name: format!("User {n}"),
        school_id: Some(school_id(1)),
        info: "{ \"a\" : 1 }".into(),
    }
}

fn service(n: u128) -> ServiceAccountRecord {
    ServiceAccountRecord {
        id: service_id(n),
        kind: ServiceAccountType::Lms,
        is_active: true,
        name: format!("Service {n}"),
        schools: vec![school_id(1), school_id(2)],
        info: "{}".into(),
    }
}

fn save<S: Store>(store: &S, user: UserRecord) -> Result<Verdict, AccountError> {
    store.save_user(&system(), &anyway(user), at(0))
}

fn save_service<S: Store>(
    store: &S,
    account: ServiceAccountRecord,
) -> Result<Verdict, AccountError> {
    store.save_service_account(&system(), &anyway(account), at(0))
}

fn found<S: Store>(store: &S, n: u128) -> Option<KnownUser> {
    store.find_user(UserKey::Id(user_id(n))).unwrap()
}

/// Every account there is, as text.
fn accounts_of<S: Store>(store: &S) -> String {
    let users = store.list_users(&system(), &UserQuery::all(100)).unwrap();
    let services = store.list_service_accounts(&system(), &ServiceAccountQuery::all(100)).unwrap();
    format!("{users:#?}\n{services:#?}")
}

fn a_user_is_read_back_as_it_was_saved<S: Store>(store: &S) {
    // S1.32
    fill(store, &batch());
    assert_eq!(found(store, 1), None);
    let bare = UserRecord { email: None, school_id: None, is_active: false, ..user(2) };
    for (record, school_state) in [(user(1), Some(SchoolState::Active)), (bare, None)] {
        assert_eq!(save(store, record.clone()).unwrap(), Verdict::Create);
        let stored = Stored { record, row_version: 1, created_at: at(0), updated_at: at(0) };
        let id = stored.record.id;
        let known = KnownUser { stored, last_login_at: None, school_state };
        assert_eq!(store.find_user(UserKey::Id(id)).unwrap(), Some(known));
    }
    for (n, kind) in (10..).zip([
        UserType::Wriveted,
        UserType::SchoolAdmin,
        UserType::Educator,
        UserType::Student,
        UserType::Parent,
        UserType::Supporter,
        UserType::Public,
    ]) {
        save(store, UserRecord { kind, ..user(n) }).unwrap();
        assert_eq!(found(store, n).unwrap().stored.record.kind, kind);
    }
}

fn a_service_account_is_read_back_with_its_schools<S: Store>(store: &S) {
    // S1.33
    fill(store, &batch());
    let find = |n| store.find_service_account(service_id(n)).unwrap();
    assert_eq!(find(1), None);
    let unsorted = vec![school_id(2), school_id(1), school_id(2)];
    let given = ServiceAccountRecord { schools: unsorted, ..service(1) };
    assert_eq!(save_service(store, given.clone()).unwrap(), Verdict::Create);
    let stored =
        Stored { record: service(1), row_version: 1, created_at: at(0), updated_at: at(0) };
    let school_states = vec![SchoolState::Active; 2];
    assert_eq!(find(1), Some(KnownServiceAccount { stored, school_states }));
    assert_eq!(save_service(store, given).unwrap(), Verdict::Keep { row_version: 1 });
    let fewer = ServiceAccountRecord { schools: vec![school_id(2)], ..service(1) };
    assert_eq!(save_service(store, fewer.clone()).unwrap(), Verdict::Update { row_version: 2 });
    assert_eq!(find(1).unwrap().stored.record, fewer);
    for (n, kind) in (10..).zip([
        ServiceAccountType::Backend,
        ServiceAccountType::Lms,
        ServiceAccountType::School,
        ServiceAccountType::Kiosk,
    ]) {
        let bare = ServiceAccountRecord { kind, schools: Vec::new(), ..service(n) };
        save_service(store, bare.clone()).unwrap();
        assert_eq!(find(n).unwrap().stored.record, bare);
    }
}

fn one_call_tells_all_that_rights_depend_on<S: Store>(store: &S) {
    // S2.2, S2.4
    fill(store, &batch());
    save(store, user(1)).unwrap();
    let both = ServiceAccountRecord { kind: ServiceAccountType::School, ..service(1) };
    save_service(store, both).unwrap();
    for (state, counts) in
        [(SchoolState::Pending, true), (SchoolState::Inactive, false), (SchoolState::Active, true)]
    {
        let schools = vec![anyway(SchoolRecord { state, ..school(1) })];
        fill(store, &Batch { schools, at: at(1), ..Batch::default() });
        let known = found(store, 1).unwrap();
        assert_eq!(known.school_state, Some(state));
        let expected = if counts {
            AccessScope::educator(user_id(1), school_id(1))
        } else {
            AccessScope::learner(Some(user_id(1)), None)
        };
        assert_eq!(scope_of(Account::User(&known)), Some(expected));
        let known = store.find_service_account(service_id(1)).unwrap().unwrap();
        assert_eq!(known.school_states, [state, SchoolState::Active]);
        let schools = if counts { vec![school_id(1), school_id(2)] } else { vec![school_id(2)] };
        let expected = AccessScope::school_admin(None, schools);
        assert_eq!(scope_of(Account::Service(&known)), Some(expected));
    }
}

fn an_address_in_any_letter_case_is_one_account<S: Store>(store: &S) {
    // S1.32
    fill(store, &batch());
    let shouting = UserRecord { email: Some("ĀnE@Example.ORG".into()), ..user(1) };
    save(store, shouting.clone()).unwrap();
    let known = found(store, 1);
    assert_eq!(known.as_ref().unwrap().stored.record.email.as_deref(), Some("āne@example.org"));
    for spelling in ["āne@example.org", "ĀNE@EXAMPLE.ORG"] {
        assert_eq!(store.find_user(UserKey::Email(spelling)).unwrap(), known);
        let before = accounts_of(store);
        let error = save(store, UserRecord { email: Some(spelling.into()), ..user(2) });
        let account = AccountId::User(user_id(2));
        assert!(
            matches!(error, Err(AccountError::EmailTaken { account: a }) if a == account),
            "{error:?}"
        );
        assert_eq!(accounts_of(store), before);
    }
    assert_eq!(store.find_user(UserKey::Email("ane@example.org")).unwrap(), None);
    assert_eq!(save(store, shouting).unwrap(), Verdict::Keep { row_version: 1 });
    // Any number have none.
    for n in [3, 4] {
        save(store, UserRecord { email: None, ..user(n) }).unwrap();
    }
}

fn a_change_raises_the_version_and_a_stale_one_is_refused<S: Store>(store: &S) {
    fill(store, &batch());
    let write = |expected, name: &str, now| {
        let record = UserRecord { name: name.into(), ..user(1) };
        store.save_user(&system(), &Change { expected, record }, at(now))
    };
    let stale = |expected: u64, actual: u64| {
        let before = accounts_of(store);
        match write(Some(expected), "stale", 99).unwrap_err() {
            AccountError::Conflict { expected: e, actual: a, .. } => {
                assert_eq!((e, a), (expected, actual));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(accounts_of(store), before);
    };
    stale(1, 0);
    assert_eq!(write(Some(0), "one", 1).unwrap(), Verdict::Create);
    stale(0, 1);
    assert_eq!(write(Some(1), "two", 2).unwrap(), Verdict::Update { row_version: 2 });
    assert_eq!(write(Some(2), "two", 3).unwrap(), Verdict::Keep { row_version: 2 });
    assert_eq!(write(None, "three", 4).unwrap(), Verdict::Update { row_version: 3 });
    stale(2, 3);
    let stored = found(store, 1).unwrap().stored;
    assert_eq!((stored.row_version, stored.created_at, stored.updated_at), (3, at(1), at(4)));
}

fn an_unknown_school_is_refused<S: Store>(store: &S) {
    fill(store, &batch());
    save(store, user(1)).unwrap();
    save_service(store, service(1)).unwrap();
    let before = accounts_of(store);
    for n in [1, 2] {
        let error = save(store, UserRecord { school_id: Some(school_id(9)), ..user(n) });
        assert!(matches!(error, Err(AccountError::UnknownSchool { .. })), "{error:?}");
        let schools = vec![school_id(2), school_id(9)];
        let error = save_service(store, ServiceAccountRecord { schools, ..service(n) });
        assert!(matches!(error, Err(AccountError::UnknownSchool { .. })), "{error:?}");
    }
    assert_eq!(accounts_of(store), before);
}

fn what_breaks_a_rule_is_refused<S: Store>(store: &S) {
    fill(store, &batch());
    let email = |email: &str| UserRecord { email: Some(email.into()), ..user(1) };
    for bad in [
        UserRecord { name: String::new(), ..user(1) },
        UserRecord { name: "ā".repeat(257), ..user(1) },
        UserRecord { name: "a\0b".into(), ..user(1) },
        UserRecord { info: "[]".into(), ..user(1) },
        UserRecord { info: "{".into(), ..user(1) },
        email(""),
        email("a\0b"),
        email(&"ā".repeat(321)),
    ] {
        let error = save(store, bad);
        assert!(matches!(error, Err(AccountError::Invalid { .. })), "{error:?}");
    }
    let error = save_service(store, ServiceAccountRecord { info: "1".into(), ..service(1) });
    assert!(matches!(error, Err(AccountError::Invalid { .. })), "{error:?}");
    assert_eq!(found(store, 1), None);
    let longest = UserRecord { name: "ā".repeat(256), ..email(&"ā".repeat(320)) };
    save(store, longest.clone()).unwrap();
    assert_eq!(found(store, 1).unwrap().stored.record, longest);
}

fn only_the_platform_writes_accounts<S: Store>(store: &S) {
    fill(store, &batch());
    save(store, user(1)).unwrap();
    save_service(store, service(1)).unwrap();
    let before = accounts_of(store);
    for scope in [
        AccessScope::anonymous(),
        AccessScope::learner(Some(user_id(1)), Some(school_id(1))),
        AccessScope::educator(user_id(1), school_id(1)),
        AccessScope::school_admin(Some(user_id(1)), vec![school_id(1), school_id(2)]),
        AccessScope::reader(vec![school_id(1)]),
        AccessScope::conversation(Some(school_id(1)), None),
    ] {
        let errors = [
            store.save_user(&scope, &anyway(user(2)), at(1)).map(drop),
            store.save_user(&scope, &anyway(user(1)), at(1)).map(drop),
            store.save_service_account(&scope, &anyway(service(2)), at(1)).map(drop),
            store.delete_account(&scope, AccountId::User(user_id(1))).map(drop),
            store.delete_account(&scope, AccountId::Service(service_id(1))).map(drop),
        ];
        for error in errors {
            assert!(matches!(error, Err(AccountError::OutOfScope { .. })), "{error:?}");
        }
    }
    assert_eq!(accounts_of(store), before);
    store.save_user(&AccessScope::platform(None), &anyway(user(2)), at(1)).unwrap();
}

fn accounts_come_with_a_batch_or_nothing_does<S: Store>(store: &S) {
    // S11.10: a school and those who sign in for it, in one transaction.
    let full = || Batch {
        at: at(1),
        users: vec![anyway(user(1)), anyway(user(2))],
        service_accounts: vec![anyway(service(1))],
        ..batch()
    };
    let refused = |change: &dyn Fn(&mut Batch)| {
        let before = (accounts_of(store), library_of(store));
        let mut batch = full();
        // What would be written if it were not for the account.
        batch.schools.push(anyway(school(3)));
        change(&mut batch);
        let error = store.apply(&system(), &batch).unwrap_err();
        assert_eq!((accounts_of(store), library_of(store)), before);
        match error {
            ApplyError::Account(error) => error,
            other => panic!("{other:?}"),
        }
    };
    let taken = |batch: &mut Batch| batch.users[1].record.email = Some("User1@Example.org".into());
    let unknown = |batch: &mut Batch| batch.service_accounts[0].record.schools = vec![school_id(9)];
    let stale = |batch: &mut Batch| batch.users[0].expected = Some(7);
    let nameless = |batch: &mut Batch| batch.users[1].record.name.clear();
    let twice = |batch: &mut Batch| batch.users.push(anyway(user(1)));
    let all_refused = || {
        assert!(matches!(refused(&taken), AccountError::EmailTaken { .. }));
        assert!(matches!(refused(&unknown), AccountError::UnknownSchool { .. }));
        assert!(matches!(refused(&stale), AccountError::Conflict { expected: 7, .. }));
        assert!(matches!(refused(&nameless), AccountError::Invalid { .. }));
        assert!(matches!(refused(&twice), AccountError::Invalid { .. }));
    };
    all_refused();
    let written = fill(store, &full());
    assert_eq!((written.created, written.updated), (5, 0));
    let stored = found(store, 1).unwrap().stored;
    assert_eq!((stored.record, stored.row_version, stored.created_at), (user(1), 1, at(1)));
    all_refused();
    let before = (accounts_of(store), library_of(store));
    assert_eq!(fill(store, &Batch { at: at(9), ..full() }), Applied::default());
    assert_eq!((accounts_of(store), library_of(store)), before);
    // Only who may write accounts may do so in a batch.
    let scope = AccessScope::school_admin(Some(user_id(1)), vec![school_id(1), school_id(2)]);
    let own = Batch { users: vec![anyway(user(3))], ..batch() };
    let error = store.apply(&scope, &own).unwrap_err();
    assert!(matches!(error, ApplyError::Account(AccountError::OutOfScope { .. })), "{error:?}");
}

fn users<S: Store>(store: &S, scope: &AccessScope, query: &UserQuery) -> Vec<u128> {
    let users = store.list_users(scope, query).unwrap();
    users.iter().map(|known| known.stored.record.id.0.as_u128()).collect()
}

fn services<S: Store>(store: &S, scope: &AccessScope, query: &ServiceAccountQuery) -> Vec<u128> {
    let found = store.list_service_accounts(scope, query).unwrap();
    found.iter().map(|known| known.stored.record.id.0.as_u128()).collect()
}

/// Users 1 and 3 of the first school, 2 of the second, 4 of none; service accounts alike.
fn fill_accounts<S: Store>(store: &S) {
    fill(store, &batch());
    let kinds = [UserType::Educator, UserType::Student, UserType::Student, UserType::Public];
    let schools = [Some(1), Some(2), Some(1), None];
    for (n, (kind, school)) in (1..).zip(kinds.into_iter().zip(schools)) {
        let school_id = school.map(school_id);
        save(store, UserRecord { kind, school_id, ..user(n) }).unwrap();
    }
    let kinds = [
        ServiceAccountType::Lms,
        ServiceAccountType::School,
        ServiceAccountType::Lms,
        ServiceAccountType::Backend,
    ];
    let schools =
        [vec![school_id(1)], vec![school_id(1), school_id(2)], vec![school_id(2)], vec![]];
    for (n, (kind, schools)) in (1..).zip(kinds.into_iter().zip(schools)) {
        save_service(store, ServiceAccountRecord { kind, schools, ..service(n) }).unwrap();
    }
}

fn a_list_shows_what_the_scope_may_see<S: Store>(store: &S) {
    fill_accounts(store);
    let (one, two) = (school_id(1), school_id(2));
    for (scope, expected, programs) in [
        (system(), vec![1, 2, 3, 4], vec![1, 2, 3, 4]),
        (AccessScope::platform(Some(user_id(1))), vec![1, 2, 3, 4], vec![1, 2, 3, 4]),
        (AccessScope::school_admin(None, vec![one]), vec![1, 3], vec![1, 2]),
        (AccessScope::school_admin(None, vec![one, two]), vec![1, 2, 3], vec![1, 2, 3]),
        (AccessScope::school_admin(None, vec![]), vec![], vec![]),
        (AccessScope::educator(user_id(1), one), vec![], vec![]),
        (AccessScope::reader(vec![one]), vec![], vec![]),
        (AccessScope::learner(Some(user_id(2)), Some(one)), vec![], vec![]),
        (AccessScope::conversation(Some(one), Some(two)), vec![], vec![]),
        (AccessScope::anonymous(), vec![], vec![]),
    ] {
        assert_eq!(users(store, &scope, &UserQuery::all(9)), expected, "{scope:?}");
        let found = services(store, &scope, &ServiceAccountQuery::all(9));
        assert_eq!(found, programs, "{scope:?}");
        let second = UserQuery { school: Some(two), ..UserQuery::all(9) };
        let expected: Vec<_> = expected.into_iter().filter(|n| *n == 2).collect();
        assert_eq!(users(store, &scope, &second), expected, "{scope:?}");
    }
}

fn a_list_is_filtered_and_paged_by_id<S: Store>(store: &S) {
    fill_accounts(store);
    let all = UserQuery::all(9);
    let student = Some(UserType::Student);
    for (query, expected) in [
        (UserQuery { kind: student, ..all }, vec![2, 3]),
        (UserQuery { kind: student, school: Some(school_id(1)), ..all }, vec![3]),
        (UserQuery { school: Some(school_id(1)), ..all }, vec![1, 3]),
        (UserQuery { school: Some(school_id(1)), after: Some(user_id(1)), ..all }, vec![3]),
        (UserQuery { school: Some(school_id(9)), ..all }, vec![]),
        (UserQuery { limit: 2, ..all }, vec![1, 2]),
        (UserQuery { limit: 2, after: Some(user_id(2)), ..all }, vec![3, 4]),
        (UserQuery { kind: student, after: Some(user_id(2)), ..all }, vec![3]),
        (UserQuery { after: Some(user_id(4)), ..all }, vec![]),
        (UserQuery { limit: 0, ..all }, vec![]),
    ] {
        assert_eq!(users(store, &system(), &query), expected, "{query:?}");
    }
    let all = ServiceAccountQuery::all(9);
    let lms = Some(ServiceAccountType::Lms);
    for (query, expected) in [
        (ServiceAccountQuery { kind: lms, ..all }, vec![1, 3]),
        (ServiceAccountQuery { school: Some(school_id(2)), ..all }, vec![2, 3]),
        (ServiceAccountQuery { kind: lms, school: Some(school_id(2)), ..all }, vec![3]),
        (ServiceAccountQuery { after: Some(service_id(2)), limit: 1, ..all }, vec![3]),
    ] {
        assert_eq!(services(store, &system(), &query), expected, "{query:?}");
    }
    let listed = store.list_users(&system(), &UserQuery::all(1)).unwrap();
    assert_eq!(listed, [found(store, 1).unwrap()]);
}

fn a_login_is_noted_beside_the_versions<S: Store>(store: &S) {
    fill(store, &batch());
    save(store, user(1)).unwrap();
    let before = found(store, 1).unwrap();
    for (now, noted) in [(5, 5), (9, 9), (7, 9)] {
        store.note_login(user_id(1), at(now)).unwrap();
        let expected = KnownUser { last_login_at: Some(at(noted)), ..before.clone() };
        assert_eq!(found(store, 1), Some(expected));
    }
    save(store, UserRecord { name: "New".into(), ..user(1) }).unwrap();
    assert_eq!(found(store, 1).unwrap().last_login_at, Some(at(9)));
    store.note_login(user_id(2), at(5)).unwrap();
    assert_eq!(found(store, 2), None);
}

fn a_deleted_account_is_gone_and_its_address_free<S: Store>(store: &S) {
    fill_accounts(store);
    store.note_login(user_id(1), at(5)).unwrap();
    let delete = |id| store.delete_account(&system(), id).unwrap();
    // One id may name an account of each kind.
    assert!(delete(AccountId::User(user_id(1))));
    assert!(!delete(AccountId::User(user_id(1))));
    assert_eq!(users(store, &system(), &UserQuery::all(9)), [2, 3, 4]);
    assert_eq!(services(store, &system(), &ServiceAccountQuery::all(9)), [1, 2, 3, 4]);
    assert!(delete(AccountId::Service(service_id(2))));
    assert!(!delete(AccountId::Service(service_id(2))));
    assert_eq!(services(store, &system(), &ServiceAccountQuery::all(9)), [1, 3, 4]);
    assert_eq!(
        save(store, UserRecord { email: user(1).email, ..user(5) }).unwrap(),
        Verdict::Create
    );
    // The same id again is a new account.
    save(store, UserRecord { email: None, ..user(1) }).unwrap();
    let again = found(store, 1).unwrap();
    assert_eq!((again.stored.row_version, again.last_login_at), (1, None));
    save_service(store, ServiceAccountRecord { schools: vec![], ..service(2) }).unwrap();
    let again = store.find_service_account(service_id(2)).unwrap().unwrap();
    assert_eq!(again.stored.record.schools, []);
}

fn of_two_users_with_one_address_at_once_one_is_saved<S: Store>(store: &S) {
    fill(store, &batch());
    for round in 0..5_u128 {
        let email = Some(format!("{round}@example.org"));
        let race = |n| save(store, UserRecord { email: email.clone(), ..user(n + 2 * round) });
        let (one, two) = std::thread::scope(|threads| {
            let one = threads.spawn(|| race(1));
            let two = threads.spawn(|| race(2));
            (one.join().unwrap(), two.join().unwrap())
        });
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let lost = one.err().or_else(|| two.err());
        assert!(matches!(lost, Some(AccountError::EmailTaken { .. })), "{lost:?}");
    }
    assert_eq!(users(store, &system(), &UserQuery::all(99)).len(), 5);
}

fn of_two_changes_at_once_one_wins<S: Store>(store: &S) {
    fill(store, &batch());
    for version in 0..8 {
        let race = |name: &str| {
            let record = UserRecord { name: format!("{name} {version}"), ..user(1) };
            store.save_user(&system(), &Change { expected: Some(version), record }, at(1))
        };
        let (one, two) = std::thread::scope(|threads| {
            let one = threads.spawn(|| race("one"));
            let two = threads.spawn(|| race("two"));
            (one.join().unwrap(), two.join().unwrap())
        });
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let lost = one.err().or_else(|| two.err());
        assert!(matches!(lost, Some(AccountError::Conflict { .. })), "{lost:?}");
        assert_eq!(found(store, 1).unwrap().stored.row_version, version + 1);
    }
}

fn hostile_texts_survive_in_accounts<S: Store>(store: &S) {
    fill(store, &batch());
    for (n, text) in (1..).zip(HOSTILE) {
        let email = Some(text.to_lowercase());
        let hostile = UserRecord { email, name: text.into(), info: json(text), ..user(n) };
        save(store, hostile.clone()).unwrap();
        let known = store.find_user(UserKey::Email(text)).unwrap();
        assert_eq!(known.unwrap().stored.record, hostile);
        let hostile = ServiceAccountRecord { name: text.into(), info: json(text), ..service(n) };
        save_service(store, hostile.clone()).unwrap();
        let known = store.find_service_account(service_id(n)).unwrap();
        assert_eq!(known.unwrap().stored.record, hostile);
    }
}
