//! The audit log.

use uuid::Uuid;

use super::Case;
use super::fixture::{anyway, at, batch, content, fill, library_of, school_id};
use crate::audit::{AuditEntry, AuditQuery};
use crate::blocking::Store;
use crate::library::{ApplyError, Batch, Change};
use crate::scope::AccessScope;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        entries_are_listed_as_they_were_written,
        a_batch_and_its_entries_are_written_together,
        entries_are_filtered_and_paged,
        a_school_reads_its_own_entries,
        entries_that_break_a_rule_are_refused,
        old_entries_are_deleted_in_batches,
    ]
}

/// Entry `n`, at second `n`, of school `n` modulo 3, by account `n` modulo 2.
fn entry(n: u128) -> AuditEntry {
    AuditEntry {
        id: Uuid::from_u128(n),
        at: at(i64::try_from(n).unwrap() * 1000),
        actor_type: "school_admin".into(),
        actor_id: Some(Uuid::from_u128(n % 2)),
        action: "content.update".into(),
        resource_type: "content".into(),
        resource_id: format!("item {}", n % 4),
        school_id: (!n.is_multiple_of(3)).then(|| school_id(n % 3)),
        changes: "{\"b\": [1, 2],  \"a\": null}".into(),
        request_id: Some("request".into()),
        ip: Some("2001:db8::1".into()),
    }
}

fn everything() -> AuditQuery {
    AuditQuery { limit: 100, ..AuditQuery::default() }
}

fn log<S: Store>(store: &S, query: &AuditQuery) -> Vec<u128> {
    let entries = store.audit_log(&AccessScope::system(), query).unwrap();
    entries.iter().map(|entry| entry.id.as_u128()).collect()
}

fn entries_are_listed_as_they_were_written<S: Store>(store: &S) {
    let bare =
        AuditEntry { actor_id: None, school_id: None, request_id: None, ip: None, ..entry(2) };
    store.append_audit(&[entry(1), bare.clone()]).unwrap();
    store.append_audit(&[]).unwrap();
    // One that is known is left alone.
    store.append_audit(&[AuditEntry { action: "other".into(), ..entry(1) }, entry(3)]).unwrap();
    let all = store.audit_log(&AccessScope::system(), &everything()).unwrap();
    assert_eq!(all, [entry(3), bare, entry(1)]);
}

fn a_batch_and_its_entries_are_written_together<S: Store>(store: &S) {
    // S1.68, S3.123
    fill(store, &Batch { contents: vec![anyway(content(1))], audit: vec![entry(1)], ..batch() });
    assert_eq!(log(store, &everything()), [1]);
    let before = library_of(store);
    let stale = Change { expected: Some(7), record: content(1) };
    let refused = Batch { contents: vec![stale], audit: vec![entry(2)], ..batch() };
    assert!(store.apply(&AccessScope::system(), &refused).is_err());
    let invalid = AuditEntry { action: String::new(), ..entry(3) };
    let refused = Batch { contents: vec![anyway(content(2))], audit: vec![invalid], ..batch() };
    let error = store.apply(&AccessScope::system(), &refused).unwrap_err();
    assert!(matches!(error, ApplyError::InvalidAudit(_)), "{error:?}");
    assert_eq!(log(store, &everything()), [1]);
    assert_eq!(library_of(store), before);
}

fn entries_are_filtered_and_paged<S: Store>(store: &S) {
    let mut entries: Vec<_> = (1..13).map(entry).collect();
    // Of one moment: the id decides.
    entries.extend((20..24).map(|n| AuditEntry { at: at(5000), ..entry(n) }));
    store.append_audit(&entries).unwrap();
    let newest_first = [12, 11, 10, 9, 8, 7, 6, 23, 22, 21, 20, 5, 4, 3, 2, 1];
    assert_eq!(log(store, &everything()), newest_first);
    let mut query = AuditQuery { limit: 3, ..everything() };
    let mut paged = Vec::new();
    loop {
        let page = store.audit_log(&AccessScope::system(), &query).unwrap();
        let Some(last) = page.last() else { break };
        query.after = Some(last.cursor());
        paged.extend(page.iter().map(|entry| entry.id.as_u128()));
    }
    assert_eq!(paged, newest_first);
    let one = AuditQuery { resource_id: Some("item 1".into()), ..everything() };
    assert_eq!(log(store, &one), [9, 21, 5, 1]);
    let both = AuditQuery { resource_type: Some("content".into()), ..one.clone() };
    assert_eq!(log(store, &both), [9, 21, 5, 1]);
    let other = AuditQuery { resource_type: Some("flow".into()), ..one };
    assert_eq!(log(store, &other), []);
    let by = AuditQuery { actor: Some(Uuid::from_u128(1)), to: Some(at(4000)), ..everything() };
    assert_eq!(log(store, &by), [3, 1]);
    let between = AuditQuery { from: Some(at(3000)), to: Some(at(4000)), ..everything() };
    assert_eq!(log(store, &between), [4, 3]);
}

fn a_school_reads_its_own_entries<S: Store>(store: &S) {
    store.append_audit(&(1..7).map(entry).collect::<Vec<_>>()).unwrap();
    let (one, two) = (school_id(1), school_id(2));
    for (scope, expected) in [
        (AccessScope::system(), vec![6, 5, 4, 3, 2, 1]),
        (AccessScope::school_admin(None, vec![one]), vec![4, 1]),
        (AccessScope::school_admin(None, vec![one, two]), vec![5, 4, 2, 1]),
        (AccessScope::educator(super::fixture::user_id(1), one), vec![]),
        (AccessScope::reader(vec![one]), vec![]),
        (AccessScope::anonymous(), vec![]),
    ] {
        let entries = store.audit_log(&scope, &everything()).unwrap();
        let ids: Vec<_> = entries.iter().map(|entry| entry.id.as_u128()).collect();
        assert_eq!(ids, expected, "{scope:?}");
    }
}

fn entries_that_break_a_rule_are_refused<S: Store>(store: &S) {
    for broken in [
        AuditEntry { actor_type: "x".repeat(21), ..entry(2) },
        AuditEntry { action: String::new(), ..entry(2) },
        AuditEntry { action: "x".repeat(61), ..entry(2) },
        AuditEntry { resource_type: "x".repeat(31), ..entry(2) },
        AuditEntry { resource_id: "x\0".into(), ..entry(2) },
        AuditEntry { changes: "[]".into(), ..entry(2) },
        AuditEntry { request_id: Some("x".repeat(65)), ..entry(2) },
        AuditEntry { ip: Some("x".repeat(46)), ..entry(2) },
    ] {
        assert!(store.append_audit(&[entry(1), broken.clone()]).is_err(), "{broken:?}");
    }
    assert_eq!(log(store, &everything()), []);
}

fn old_entries_are_deleted_in_batches<S: Store>(store: &S) {
    store.append_audit(&(1..7).map(entry).collect::<Vec<_>>()).unwrap();
    assert_eq!(store.delete_old_audit(at(5000), 3).unwrap(), 3);
    assert_eq!(log(store, &everything()), [6, 5, 4]);
    assert_eq!(store.delete_old_audit(at(5000), 3).unwrap(), 1);
    assert_eq!(store.delete_old_audit(at(5000), 3).unwrap(), 0);
    assert_eq!(log(store, &everything()), [6, 5]);
}
