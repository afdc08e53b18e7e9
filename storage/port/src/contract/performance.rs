//! Counters of variants and the days of content.

use std::thread;

use serde_json::{Map, Value};

use super::Case;
use super::fixture::{
    at, commit, content, content_id, fill_contents, impression, interaction, new_session,
    school_id, session_id, turn, user_id, variant,
};
use crate::blocking::Store;
use crate::day::Day;
use crate::engagement::ContentWindow;
use crate::evidence::ContentEventQuery;
use crate::library::ContentRecord;
use crate::performance::{ContentDay, Counters, PerformanceData};
use crate::scope::AccessScope;
use crate::session::{Commit, NewSession, Turn};

const DAY: i64 = 86_400_000;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        counters_are_events_and_increments,
        what_an_author_keeps_goes_with_the_variant,
        keys_that_are_added_at_once_are_all_kept,
        a_variant_that_comes_back_has_its_counters,
        only_who_may_change_an_item_raises_its_counters,
        nothing_is_lost_or_counted_twice,
        only_counted_events_are_deleted,
    ]
}

fn of(impressions: u64, engagements: u64, conversions: u64) -> Counters {
    Counters { impressions, engagements, conversions }
}

/// Item 7 with variants a and b.
fn item() -> ContentRecord {
    ContentRecord { variants: vec![variant("a"), variant("b")], ..content(7) }
}

/// Session `n`, of school `n` modulo 3, which was shown variant a of item 7, and item 8, on its day
/// and took the first up the next day, when it ended.
fn talk<S: Store>(store: &S, n: u128, day: i64) {
    let shown = impression(n, 7, Some("a"));
    let mut new = new_session(n);
    new.head.started_at = at(day * DAY);
    new.head.school_id = (!n.is_multiple_of(3)).then(|| school_id(n % 3));
    let content_events = vec![shown.clone(), impression(n + 100_000, 8, None)];
    let first = Turn { content_events, ..turn("x", 1) };
    store.create_session(&NewSession { turn: first, ..new }).unwrap();
    let content_events = vec![interaction(&shown, "1")];
    let last = Turn { content_events, converts: true, ..turn("x", 1) };
    store.commit(&Commit { at: at((day + 1) * DAY), ..commit(n, 1, "x").with(last) }).unwrap();
}

fn counters<S: Store>(store: &S) -> Vec<(String, Counters)> {
    let found = store.performance(&AccessScope::system(), content_id(7)).unwrap();
    assert!(found.iter().all(|variant| variant.data == "{}"));
    found.into_iter().map(|variant| (variant.variant_key, variant.counters)).collect()
}

fn expected(a: Counters, b: Counters) -> Vec<(String, Counters)> {
    vec![("a".into(), a), ("b".into(), b)]
}

fn count_all<S: Store>(store: &S) -> u64 {
    let mut all = 0;
    loop {
        match store.count_content_events(3).unwrap() {
            0 => return all,
            counted => all += counted,
        }
    }
}

fn counters_are_events_and_increments<S: Store>(store: &S) {
    // S3.59, S5.24, F17, F32
    let scope = AccessScope::system();
    fill_contents(store, vec![item()]);
    assert_eq!(counters(store), expected(of(0, 0, 0), of(0, 0, 0)));
    let add = |key, by| store.add_performance(&scope, content_id(7), key, by).unwrap();
    assert_eq!(add("a", of(5, 3, 0)), Some(of(5, 3, 0)));
    assert_eq!(add("a", of(1, 0, 1_000_000)), Some(of(6, 3, 1_000_000)));
    assert_eq!(add("c", of(1, 0, 0)), None);
    assert_eq!(store.add_performance(&scope, content_id(9), "a", of(1, 0, 0)).unwrap(), None);
    talk(store, 1, 0);
    talk(store, 2, 0);
    // No turn touches a counter.
    assert_eq!(counters(store), expected(of(6, 3, 1_000_000), of(0, 0, 0)));
    assert_eq!(count_all(store), 10);
    assert_eq!(count_all(store), 0);
    assert_eq!(counters(store), expected(of(8, 5, 1_000_002), of(0, 0, 0)));
    assert_eq!(add("b", of(0, 0, 2)), Some(of(0, 0, 2)));
    assert_eq!(store.delete_content_events(at(9 * DAY), 100).unwrap(), 10);
    talk(store, 3, 0);
    assert_eq!(count_all(store), 5);
    assert_eq!(counters(store), expected(of(9, 6, 1_000_003), of(0, 0, 2)));
}

fn what_an_author_keeps_goes_with_the_variant<S: Store>(store: &S) {
    // S3.58
    let (all, none) = (AccessScope::system(), AccessScope::anonymous());
    let change = |key, expected, data| {
        let change = PerformanceData { content: content_id(7), variant_key: key, expected, data };
        store.write_performance_data(&all, change).unwrap()
    };
    let data = || -> Vec<String> {
        let found = store.performance(&all, content_id(7)).unwrap();
        found.into_iter().map(|variant| variant.data).collect()
    };
    assert!(!change("a", None, "{}"), "there is no item yet");
    fill_contents(store, vec![item()]);
    assert!(change("a", Some("{}"), "{ \"note\": \"ünïcode\" }"));
    assert!(!change("a", Some("{}"), "{\"late\":1}"));
    assert!(!change("c", None, "{}"));
    // To the letter as it was written, and only there.
    assert_eq!(data(), ["{ \"note\": \"ünïcode\" }", "{}"]);
    assert!(change("b", None, "{\"n\":1}"));
    for bad in ["", "[]", "{"] {
        let variant_key = "a";
        let change =
            PerformanceData { content: content_id(7), variant_key, expected: None, data: bad };
        store.write_performance_data(&all, change).unwrap_err();
    }
    let hidden = PerformanceData {
        content: content_id(7),
        variant_key: "a",
        expected: None,
        data: "{\"mine\":1}",
    };
    assert!(!store.write_performance_data(&none, hidden).unwrap());
    // Saving an item changes nothing of it, and neither do counters.
    fill_contents(store, vec![item()]);
    store.add_performance(&all, content_id(7), "a", of(1, 0, 0)).unwrap().unwrap();
    assert_eq!(data(), ["{ \"note\": \"ünïcode\" }", "{\"n\":1}"]);
    fill_contents(store, vec![ContentRecord { variants: vec![variant("b")], ..content(7) }]);
    fill_contents(store, vec![item()]);
    assert_eq!(data(), ["{}", "{\"n\":1}"]);
}

fn keys_that_are_added_at_once_are_all_kept<S: Store>(store: &S) {
    // S3.58: PATCH merges.
    fill_contents(store, vec![item()]);
    let scope = AccessScope::system();
    let add = |key: String| loop {
        let found = store.performance(&scope, content_id(7)).unwrap();
        let mut data: Map<String, Value> = serde_json::from_str(&found[0].data).unwrap();
        data.insert(key.clone(), Value::Null);
        let change = PerformanceData {
            content: content_id(7),
            variant_key: "a",
            expected: Some(&found[0].data),
            data: &Value::Object(data).to_string(),
        };
        if store.write_performance_data(&scope, change).unwrap() {
            break;
        }
    };
    thread::scope(|threads| {
        for writer in 0..3 {
            let add = &add;
            threads.spawn(move || (0..10).for_each(|n| add(format!("{writer}-{n}"))));
        }
    });
    let found = store.performance(&scope, content_id(7)).unwrap();
    let data: Map<String, Value> = serde_json::from_str(&found[0].data).unwrap();
    assert_eq!(data.len(), 30);
}

fn a_variant_that_comes_back_has_its_counters<S: Store>(store: &S) {
    fill_contents(store, vec![item()]);
    talk(store, 1, 0);
    fill_contents(store, vec![ContentRecord { variants: vec![variant("b")], ..content(7) }]);
    assert_eq!(count_all(store), 5);
    assert_eq!(counters(store), [("b".into(), of(0, 0, 0))]);
    fill_contents(store, vec![item()]);
    assert_eq!(counters(store), expected(of(1, 1, 1), of(0, 0, 0)));
}

fn only_who_may_change_an_item_raises_its_counters<S: Store>(store: &S) {
    // S2.15, S2.16
    let record = ContentRecord {
        visibility: chatflow::Visibility::School,
        school_id: Some(school_id(1)),
        ..item()
    };
    fill_contents(store, vec![record]);
    let (one, two) = (school_id(1), school_id(2));
    for (scope, raises, sees) in [
        (AccessScope::system(), true, 2),
        (AccessScope::school_admin(None, vec![one]), true, 2),
        (AccessScope::school_admin(None, vec![two]), false, 0),
        (AccessScope::educator(user_id(1), one), false, 2),
        (AccessScope::anonymous(), false, 0),
    ] {
        let raised = store.add_performance(&scope, content_id(7), "a", of(1, 0, 0)).unwrap();
        assert_eq!(raised.is_some(), raises, "{scope:?}");
        let seen = store.performance(&scope, content_id(7)).unwrap();
        assert_eq!(seen.len(), sees, "{scope:?}");
    }
    assert_eq!(counters(store), expected(of(2, 0, 0), of(0, 0, 0)));
}

fn nothing_is_lost_or_counted_twice<S: Store>(store: &S) {
    // F17: increments at once with jobs at once with turns at once with deletions.
    fill_contents(store, vec![item()]);
    let scope = AccessScope::system();
    let counted: u64 = thread::scope(|threads| {
        for writer in 0..2 {
            threads.spawn(move || (0..20).for_each(|n| talk(store, 1 + writer * 20 + n, 0)));
        }
        for _ in 0..2 {
            threads.spawn(|| {
                for _ in 0..20 {
                    store
                        .add_performance(&scope, content_id(7), "a", of(1, 2, 3))
                        .unwrap()
                        .unwrap();
                }
            });
        }
        let job = || (0..40).map(|_| store.count_content_events(5).unwrap()).sum::<u64>();
        let jobs = [threads.spawn(job), threads.spawn(job)];
        threads.spawn(|| (0..20).for_each(|_| drop(store.delete_content_events(at(DAY), 3))));
        jobs.into_iter().map(|job| job.join().unwrap()).sum()
    });
    let all = counted + count_all(store);
    let left: usize = [7, 8].map(|item| left(store, item)).iter().sum();
    let deleted = store.delete_content_events(at(9 * DAY), 1000).unwrap();
    assert_eq!(deleted, u64::try_from(left).unwrap());
    // An impression that is deleted before its session ends converts no more.
    let found = counters(store);
    let a = found[0].1;
    assert_eq!((a.impressions, a.engagements), (40 + 40, 40 + 80));
    let days = days(store, &scope, 7, -1, 9);
    let of_days = days.iter().fold(of(0, 0, 0), |sum, day| sum.plus(day.counters));
    assert_eq!(of_days.plus(of(40, 80, 120)), a);
    let of_days = self::days(store, &scope, 8, -1, 9);
    let other = of_days.iter().fold(of(0, 0, 0), |sum, day| sum.plus(day.counters));
    assert_eq!(other.impressions, 40);
    assert_eq!(all, 40 + 40 + (a.conversions - 120) + 40 + other.conversions);
}

/// How many events of an item are there.
fn left<S: Store>(store: &S, item: u128) -> usize {
    let content = content_id(item);
    let query =
        ContentEventQuery { content, kind: None, from: None, to: None, skip: 0, limit: 999 };
    store.content_events(&AccessScope::system(), &query).unwrap().rows.len()
}

fn days<S: Store>(
    store: &S,
    scope: &AccessScope,
    item: u128,
    from: i64,
    to: i64,
) -> Vec<ContentDay> {
    let first = Day::of(at(0)).0;
    let (from, to) = (Day(first + from), Day(first + to));
    store.content_days(scope, ContentWindow { content: content_id(item), from, to }).unwrap()
}

fn only_counted_events_are_deleted<S: Store>(store: &S) {
    talk(store, 1, 0);
    assert_eq!(store.delete_content_events(at(9 * DAY), 100).unwrap(), 0);
    assert_eq!(count_all(store), 5);
    talk(store, 2, 0);
    let days_before = days(store, &AccessScope::system(), 7, 0, 9);
    // Those of the first day: two impressions.
    assert_eq!(store.delete_content_events(at(DAY), 1).unwrap(), 1);
    assert_eq!(store.delete_content_events(at(DAY), 9).unwrap(), 1);
    assert_eq!(store.delete_content_events(at(DAY), 9).unwrap(), 0);
    assert_eq!(left(store, 7) + left(store, 8), 3 + 5);
    assert_eq!(days(store, &AccessScope::system(), 7, 0, 9), days_before);
    let rest = store.load_session(session_id(1)).unwrap();
    assert!(rest.is_some(), "sessions stay");
}
