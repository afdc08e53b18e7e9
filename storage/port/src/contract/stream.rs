//! Following the stream.

use std::time::{Duration, Instant};

use super::Case;
use super::fixture::{
    at, event, events_of, fill_events, flow_id, hook, school_id, session_id, user_id,
};
use crate::blocking::Store;
use crate::outbox::{NewEvent, OldEvents, StreamCursor, StreamPage, StreamQuery};
use crate::scope::AccessScope;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        a_reader_sees_each_event_once_and_in_order,
        a_reader_sees_what_it_asks_for_and_owns,
        a_position_that_is_none_of_this_database_is_lost,
        a_reader_passes_over_what_was_deleted,
    ]
}

fn all() -> StreamQuery {
    let after = Some(StreamCursor::default());
    StreamQuery { after, limit: 1000, at: at(77), ..StreamQuery::default() }
}

fn read<S: Store>(store: &S, query: &StreamQuery) -> StreamPage {
    store.stream_events(&AccessScope::system(), query).unwrap()
}

fn numbers(page: &StreamPage) -> Vec<u128> {
    page.events.iter().map(|event| event.event.id.0.as_u128()).collect()
}

/// Waits until as many events are in the stream as there should be: a store may hold them back
/// while others write, here or elsewhere in its database.
fn wait<S: Store>(store: &S, count: usize) {
    let since = Instant::now();
    while read(store, &all()).events.len() < count {
        assert!(since.elapsed() < Duration::from_mins(1), "the events do not come");
        std::thread::yield_now();
    }
}

fn a_reader_sees_each_event_once_and_in_order<S: Store>(store: &S) {
    // S6.49
    fill_events(store, vec![event(1), hook(50, 1, 1), event(2), event(3)]);
    wait(store, 3);
    let whole = read(store, &all());
    assert_eq!(numbers(&whole), [1, 2, 3]);
    let events = [event(1), event(2), event(3)];
    assert_eq!(whole.events.iter().map(|e| e.event.clone()).collect::<Vec<_>>(), events);
    assert!(whole.events.iter().all(|event| event.cursor.at == at(0)));
    assert!(whole.events.is_sorted_by(|one, next| one.cursor.place() < next.cursor.place()));
    assert!(!whole.is_lost);
    assert_eq!(whole.next.at, at(77));
    // Page by page, by way of a text.
    let mut seen = Vec::new();
    let mut query = StreamQuery { limit: 1, ..all() };
    for _ in 0..4 {
        let page = read(store, &query);
        seen.extend(numbers(&page));
        query.after = StreamCursor::parse(&page.next.to_string());
    }
    assert_eq!(seen, [1, 2, 3]);
    // From any event on, and from the end.
    let after = Some(whole.events[1].cursor);
    assert_eq!(numbers(&read(store, &StreamQuery { after, ..all() })), [3]);
    let end = read(store, &StreamQuery { after: None, ..all() });
    assert_eq!((end.events.as_slice(), end.is_lost), (&[][..], false));
    fill_events(store, vec![event(4)]);
    wait(store, 4);
    for after in [Some(end.next), query.after, Some(whole.next)] {
        assert_eq!(numbers(&read(store, &StreamQuery { after, ..all() })), [4]);
    }
}

fn a_reader_sees_what_it_asks_for_and_owns<S: Store>(store: &S) {
    let of = |n, school: Option<u128>| NewEvent { school_id: school.map(school_id), ..event(n) };
    let typed = NewEvent { event_type: "flow_created".into(), ..of(3, Some(1)) };
    let flow = NewEvent { flow_id: Some(flow_id(1)), ..of(4, Some(2)) };
    let session = NewEvent { session_id: Some(session_id(1)), ..of(5, None) };
    fill_events(store, vec![of(1, None), of(2, Some(1)), typed, flow, session]);
    wait(store, 5);
    let event_types = vec!["flow_created".to_owned(), "x".to_owned()];
    assert_eq!(numbers(&read(store, &StreamQuery { event_types, ..all() })), [3]);
    let flow = Some(flow_id(1));
    assert_eq!(numbers(&read(store, &StreamQuery { flow_id: flow, ..all() })), [4]);
    let session = Some(session_id(1));
    assert_eq!(numbers(&read(store, &StreamQuery { session_id: session, ..all() })), [5]);
    let of = |scope: &AccessScope| numbers(&store.stream_events(scope, &all()).unwrap());
    assert_eq!(of(&AccessScope::school_admin(None, vec![school_id(1)])), [2, 3]);
    let both = vec![school_id(1), school_id(2)];
    assert_eq!(of(&AccessScope::school_admin(None, both)), [2, 3, 4]);
    for nobody in [AccessScope::anonymous(), AccessScope::educator(user_id(1), school_id(1))] {
        assert_eq!(of(&nobody), []);
    }
    // A page without events goes on all the same.
    let event_types = vec!["x".to_owned()];
    let page = read(store, &StreamQuery { event_types, ..all() });
    let after = Some(page.next);
    assert_eq!(numbers(&read(store, &StreamQuery { after, ..all() })), []);
}

fn a_position_that_is_none_of_this_database_is_lost<S: Store>(store: &S) {
    fill_events(store, vec![event(1)]);
    wait(store, 1);
    let end = read(store, &all()).next;
    let beyond = u64::try_from(i64::MAX).unwrap();
    let after = StreamCursor { epoch: end.epoch.max(beyond - 1), seq: beyond, at: at(0) };
    let page = read(store, &StreamQuery { after: Some(after), ..all() });
    assert_eq!((page.events.as_slice(), page.is_lost), (&[][..], true));
    // The place that is given instead is a good one.
    fill_events(store, vec![event(2)]);
    wait(store, 2);
    assert_eq!(numbers(&read(store, &StreamQuery { after: Some(page.next), ..all() })), [2]);
}

fn a_reader_passes_over_what_was_deleted<S: Store>(store: &S) {
    fill_events(store, vec![event(1), event(2)]);
    wait(store, 2);
    let end = read(store, &all()).next;
    let (published_before, dead_before) = (at(1), at(1));
    let old = OldEvents { published_before, dead_before, limit: 9 };
    assert_eq!(store.delete_events(&old).unwrap(), 2);
    assert_eq!(events_of(store), []);
    let page = read(store, &StreamQuery { after: Some(end), ..all() });
    assert_eq!((page.events.as_slice(), page.is_lost), (&[][..], false));
    fill_events(store, vec![event(3)]);
    wait(store, 1);
    assert_eq!(numbers(&read(store, &StreamQuery { after: Some(end), ..all() })), [3]);
}
