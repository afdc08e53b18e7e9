//! Telling of changes.

use std::sync::{Arc, Mutex};

use super::Case;
use super::fixture::{
    anyway, at, batch, content, content_id, draft, event, fill, flow, subscription,
    subscription_id, theme,
};
use crate::blocking::Store;
use crate::changes::{CacheKind, ChangeNotice, Watch};
use crate::library::{Batch, Change};
use crate::scope::AccessScope;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        what_is_written_is_told_once_it_is_stored,
        what_is_refused_is_not_told,
        a_host_announces_the_rest,
    ]
}

type Heard = Arc<Mutex<Vec<ChangeNotice>>>;

fn listen<S: Store>(store: &S) -> (Heard, Watch) {
    let heard = Heard::default();
    let ear = Arc::clone(&heard);
    let watch = store.observers().watch(move |notice| ear.lock().unwrap().push(notice));
    (heard, watch)
}

fn take(heard: &Heard) -> Vec<ChangeNotice> {
    std::mem::take(&mut *heard.lock().unwrap())
}

fn what_is_written_is_told_once_it_is_stored<S: Store>(store: &S) {
    // S10.3
    let (heard, _watch) = listen(store);
    let batch = Batch {
        themes: vec![anyway(theme(1))],
        contents: vec![anyway(content(1))],
        flows: vec![draft(flow(1))],
        events: vec![event(1)],
        ..batch()
    };
    fill(store, &batch);
    let mut told = take(&heard);
    told.sort_unstable();
    let of = |kind, n| ChangeNotice::of(kind, uuid::Uuid::from_u128(n));
    let expected = [
        ChangeNotice::Outbox,
        of(CacheKind::Content, 1),
        of(CacheKind::Flow, 1),
        of(CacheKind::Theme, 1),
        of(CacheKind::School, 1),
        of(CacheKind::School, 2),
    ];
    assert_eq!(told, expected);
    // Many of a kind are told as all.
    let contents = (1..=60).map(content).map(anyway).collect();
    fill(store, &Batch { contents, ..Batch::default() });
    assert_eq!(take(&heard), [ChangeNotice::Cache { kind: CacheKind::Content, id: None }]);
    store.write_subscription(&AccessScope::system(), &anyway(subscription(1)), at(0)).unwrap();
    let of_subscription = [ChangeNotice::of(CacheKind::Subscription, subscription_id(1).0)];
    assert_eq!(take(&heard), of_subscription);
    store.delete_subscription(&AccessScope::system(), subscription_id(1)).unwrap();
    assert_eq!(take(&heard), of_subscription);
}

fn what_is_refused_is_not_told<S: Store>(store: &S) {
    let (heard, watch) = listen(store);
    let contents = vec![Change { expected: Some(3), record: content(1) }];
    let refused = Batch { contents, ..batch() };
    store.apply(&AccessScope::system(), &refused).unwrap_err();
    let change = Change { expected: Some(3), record: subscription(1) };
    store.write_subscription(&AccessScope::system(), &change, at(0)).unwrap_err();
    assert!(!store.delete_subscription(&AccessScope::system(), subscription_id(1)).unwrap());
    assert_eq!(take(&heard), []);
    // Whoever stopped watching hears nothing.
    drop(watch);
    fill(store, &batch());
    assert_eq!(take(&heard), []);
}

fn a_host_announces_the_rest<S: Store>(store: &S) {
    let (heard, _watch) = listen(store);
    let notices = [
        ChangeNotice::Outbox,
        ChangeNotice::of(CacheKind::Identity, content_id(1).0),
        ChangeNotice::Cache { kind: CacheKind::Flow, id: None },
    ];
    store.announce(&notices).unwrap();
    assert_eq!(take(&heard), notices);
}
