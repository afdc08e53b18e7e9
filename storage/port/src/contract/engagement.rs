//! What became of content, for those who look at it.

use chatflow::Visibility;

use super::Case;
use super::fixture::{
    at, commit, content, content_id, fill_contents, flow_id, impression, interaction, json,
    new_session, school_id, session_id, snapshot, turn, user_id, variant,
};
use crate::admin::Departure;
use crate::blocking::Store;
use crate::day::Day;
use crate::engagement::{
    ContentArm, ContentKindCount, ContentTotalQuery, ContentWindow, ImpressionQuery,
};
use crate::library::ContentRecord;
use crate::performance::{ContentDay, Counters};
use crate::scope::AccessScope;
use crate::session::{Commit, NewSession, SessionStatus, Snapshot, Turn};

/// `at(0)` is 22:13:20 on day 0.
const DAY: i64 = 86_400_000;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        days_are_told_whether_counted_or_not,
        sessions_stand_by_the_variant_that_they_were_shown,
        what_was_added_by_hand_is_what_no_event_counted,
        hours_are_those_of_utc,
        impressions_come_in_pages_with_their_sessions,
        answers_come_the_newest_first,
        scopes_are_told_of_their_own_sessions,
        items_are_counted_by_type_and_by_what_became_of_them,
    ]
}

fn of(impressions: u64, engagements: u64, conversions: u64) -> Counters {
    Counters { impressions, engagements, conversions }
}

fn day(n: i64) -> Day {
    Day(Day::of(at(0)).0 + n)
}

fn window(item: u128, from: i64, to: i64) -> ContentWindow {
    ContentWindow { content: content_id(item), from: day(from), to: day(to) }
}

fn system() -> AccessScope {
    AccessScope::system()
}

/// Item 7 with variants a and b.
fn item() -> ContentRecord {
    ContentRecord { variants: vec![variant("a"), variant("b")], ..content(7) }
}

/// A session that is shown an item once, and what it does then.
#[derive(Clone, Copy)]
struct Talk {
    n: u128,
    item: u128,
    variant: Option<&'static str>,
    school: Option<u128>,
    at: i64,
    answer: Option<&'static str>,
    ends: bool,
}

fn talk(n: u128, variant: Option<&'static str>, at: i64) -> Talk {
    Talk { n, item: 7, variant, school: None, at, answer: None, ends: false }
}

impl Talk {
    fn answers(self, answer: &'static str) -> Self {
        Self { answer: Some(answer), ..self }
    }

    fn ends(self) -> Self {
        Self { ends: true, ..self }
    }

    /// What it was shown first; the answer and the end come with its next turn, a day later.
    fn hold<S: Store>(self, store: &S) {
        let shown = impression(self.n, self.item, self.variant);
        let mut new = new_session(self.n);
        new.head.started_at = at(self.at);
        new.head.school_id = self.school.map(school_id);
        let first = Turn { content_events: vec![shown.clone()], ..turn("x", 1) };
        store.create_session(&NewSession { turn: first, ..new }).unwrap();
        if self.answer.is_none() && !self.ends {
            return;
        }
        let content_events =
            self.answer.map(|answer| interaction(&shown, answer)).into_iter().collect();
        let last = Turn { content_events, converts: self.ends, ..turn("x", 1) };
        let status = if self.ends { SessionStatus::Completed } else { SessionStatus::Active };
        let ended_at = self.ends.then(|| at(self.at + DAY));
        let snapshot = Snapshot { status, ended_at, ..snapshot("x") };
        let later = Commit { at: at(self.at + DAY), snapshot, ..commit(self.n, 1, "x").with(last) };
        store.commit(&later).unwrap();
    }
}

fn delete<S: Store>(store: &S, n: u128) {
    let gone = [Departure::of(session_id(n))];
    assert_eq!(store.delete_sessions(&system(), &gone).unwrap(), [session_id(n)]);
}

fn count_all<S: Store>(store: &S) {
    while store.count_content_events(3).unwrap() > 0 {}
}

fn days_are_told_whether_counted_or_not<S: Store>(store: &S) {
    // S5.25, F17
    fill_contents(store, vec![item()]);
    for n in 1..5 {
        let school = (n % 3 > 0).then_some(n % 3);
        Talk { school, ..talk(n, Some("a"), 0).answers("1").ends() }.hold(store);
    }
    Talk { school: Some(2), ..talk(5, Some("a"), DAY).answers("1").ends() }.hold(store);
    talk(6, None, DAY).hold(store);
    Talk { item: 8, ..talk(7, None, DAY) }.hold(store);
    let day = |n: i64, school: u128, counters| ContentDay {
        day: day(n),
        variant_key: Some("a".into()),
        flow_id: Some(flow_id(9)),
        school_id: (school > 0).then(|| school_id(school)),
        counters,
    };
    let all = [
        day(0, 0, of(1, 0, 0)),
        day(0, 1, of(2, 0, 0)),
        day(0, 2, of(1, 0, 0)),
        ContentDay { variant_key: None, ..day(1, 0, of(1, 0, 0)) },
        day(1, 0, of(0, 1, 1)),
        day(1, 1, of(0, 2, 2)),
        day(1, 2, of(1, 1, 1)),
        day(2, 2, of(0, 1, 1)),
    ];
    loop {
        assert_eq!(store.content_days(&system(), window(7, 0, 9)).unwrap(), all);
        assert_eq!(store.content_days(&system(), window(7, 1, 1)).unwrap(), all[3..7]);
        assert_eq!(store.content_days(&system(), window(7, 3, 9)).unwrap(), []);
        if store.count_content_events(3).unwrap() == 0 {
            break;
        }
    }
    // What was counted stays when the events go.
    assert!(store.delete_content_events(at(9 * DAY), 100).unwrap() > 0);
    assert_eq!(store.content_days(&system(), window(7, 0, 9)).unwrap(), all);
}

/// Key, sessions, those that took it up and those that ended.
fn arms(arms: &[ContentArm]) -> Vec<(Option<&str>, u64, u64, u64)> {
    let arm = |arm: &'_ ContentArm| (arm.sessions, arm.engaged, arm.converted);
    arms.iter()
        .map(|one| (one.variant_key.as_deref(), arm(one).0, arm(one).1, arm(one).2))
        .collect()
}

fn sessions_stand_by_the_variant_that_they_were_shown<S: Store>(store: &S) {
    // S5.27
    fill_contents(store, vec![item()]);
    talk(1, Some("a"), 0).answers("1").ends().hold(store);
    talk(2, Some("a"), 0).answers("1").hold(store);
    talk(3, Some("b"), 0).ends().hold(store);
    talk(4, None, 0).hold(store);
    talk(5, Some("a"), 2 * DAY).hold(store);
    Talk { item: 8, ..talk(6, Some("a"), 0) }.hold(store);
    // Session 5 is shown it once more, and both variants; a session is counted once for each.
    let again = vec![impression(51, 7, Some("a")), impression(52, 7, Some("b"))];
    let again = Turn { content_events: again, ..turn("x", 1) };
    let later = Commit { at: at(2 * DAY), ..commit(5, 1, "x").with(again) };
    store.commit(&later).unwrap();
    let told = |from, to| {
        let found = store.content_arms(&system(), window(7, from, to)).unwrap();
        assert!(found.iter().all(|arm| arm.by_hand == Counters::default()));
        found
    };
    let whole = [(None, 1, 0, 0), (Some("a"), 3, 2, 1), (Some("b"), 2, 0, 1)];
    assert_eq!(arms(&told(0, 9)), whole);
    // What follows an impression counts whenever it is; before it is counted there are no counters.
    assert_eq!(arms(&told(0, 0)), [(None, 1, 0, 0), (Some("a"), 2, 2, 1), (Some("b"), 1, 0, 1)]);
    assert_eq!(arms(&told(1, 1)), []);
    assert_eq!(arms(&told(2, 2)), [(Some("a"), 1, 0, 0), (Some("b"), 1, 0, 0)]);
    count_all(store);
    assert_eq!(arms(&told(0, 9)), whole);
    assert_eq!(arms(&told(1, 1)), [(None, 0, 0, 0), (Some("a"), 0, 0, 0), (Some("b"), 0, 0, 0)]);
    // Sessions that are gone are told of no more.
    delete(store, 1);
    delete(store, 4);
    assert_eq!(arms(&told(0, 9)), [(None, 0, 0, 0), (Some("a"), 2, 1, 0), (Some("b"), 2, 0, 1)]);
}

fn what_was_added_by_hand_is_what_no_event_counted<S: Store>(store: &S) {
    // S5.27, S3.59
    fill_contents(store, vec![item()]);
    talk(1, Some("a"), 0).answers("1").ends().hold(store);
    let add = |key, by| store.add_performance(&system(), content_id(7), key, by).unwrap();
    assert!(add("a", of(10, 5, 2)).is_some() && add("b", of(3, 0, 0)).is_some());
    let by_hand = |scope: &AccessScope| -> Vec<_> {
        let found = store.content_arms(scope, window(7, 0, 9)).unwrap();
        found.into_iter().map(|arm| (arm.variant_key.unwrap(), arm.sessions, arm.by_hand)).collect()
    };
    let expected = [("a".to_owned(), 1, of(10, 5, 2)), ("b".to_owned(), 0, of(3, 0, 0))];
    assert_eq!(by_hand(&system()), expected);
    count_all(store);
    assert_eq!(by_hand(&system()), expected);
    // It is of no school, and counters are of all.
    let school = AccessScope::school_admin(None, vec![school_id(1)]);
    assert_eq!(by_hand(&school), []);
    Talk { school: Some(1), ..talk(2, Some("a"), 0) }.hold(store);
    assert_eq!(by_hand(&school), [("a".to_owned(), 1, of(0, 0, 0))]);
}

fn hours_are_those_of_utc<S: Store>(store: &S) {
    // S5.33
    fill_contents(store, vec![item()]);
    let hour = 3_600_000;
    talk(1, None, 0).answers("1").ends().hold(store);
    talk(2, Some("a"), hour).hold(store);
    // Past midnight: another day.
    talk(3, Some("a"), 2 * hour).hold(store);
    let told = |from, to| {
        let found = store.content_audience(&system(), window(7, from, to)).unwrap();
        let hours: Vec<_> =
            (0..24).filter(|n| found.hours[*n] > 0).map(|n| (n, found.hours[n])).collect();
        (found.sessions, hours)
    };
    assert_eq!(told(0, 0), (2, vec![(22, 1), (23, 1)]));
    assert_eq!(told(0, 1), (3, vec![(0, 1), (22, 1), (23, 1)]));
    assert_eq!(told(2, 3), (0, vec![]));
    delete(store, 1);
    assert_eq!(told(0, 0), (1, vec![(22, 1), (23, 1)]));
}

fn impressions_come_in_pages_with_their_sessions<S: Store>(store: &S) {
    // S5.33
    fill_contents(store, vec![item()]);
    talk(1, None, 0).answers("1").hold(store);
    talk(2, Some("a"), 0).ends().hold(store);
    talk(3, Some("a"), 5).hold(store);
    let again = vec![impression(31, 7, None), impression(32, 8, None), impression(33, 7, None)];
    let again = Turn { content_events: again, ..turn("x", 1) };
    store.commit(&Commit { at: at(9), ..commit(3, 1, "x").with(again) }).unwrap();
    talk(4, None, DAY).hold(store);
    let query = ImpressionQuery { window: window(7, 0, 0), before: None, limit: 10 };
    let whole = store.content_impressions(&system(), &query).unwrap();
    let of: Vec<_> = whole
        .impressions
        .iter()
        .map(|fact| (fact.session_id.unwrap().0.as_u128(), fact.revision.0, fact.ordinal))
        .collect();
    assert!(whole.impressions.is_sorted_by(|one, next| one.cursor() > next.cursor()));
    let mut sorted = of.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [(1, 1, 1), (2, 1, 1), (3, 1, 1), (3, 2, 1), (3, 2, 3)]);
    let fact = whole.impressions.iter().find(|fact| fact.session_id == Some(session_id(2)));
    let fact = fact.unwrap();
    assert_eq!((fact.flow_id, fact.at), (Some(flow_id(9)), at(0)));
    assert_eq!(fact.node_id.as_ref().map(chatflow::NodeId::as_str), Some("node 2"));
    assert_eq!(fact.id.0, impression(2, 7, None).id);
    let told: Vec<_> = whole
        .sessions
        .iter()
        .map(|session| (session.id.0.as_u128(), session.status, session.turns.len()))
        .collect();
    let (active, completed) = (SessionStatus::Active, SessionStatus::Completed);
    assert_eq!(told, [(1, active, 2), (2, completed, 2), (3, active, 2)]);
    assert_eq!(whole.sessions[1].state, json("x"));
    assert_eq!(whole.sessions[1].turns[0].path, "[[0,\"a\",1]]");
    assert_eq!(whole.sessions[1].turns[0].at, at(5));
    let (mut query, mut pages) = (ImpressionQuery { limit: 2, ..query }, Vec::new());
    loop {
        let page = store.content_impressions(&system(), &query).unwrap();
        let Some(last) = page.impressions.last() else { break };
        query.before = Some(last.cursor());
        assert!(page.sessions.len() <= 2);
        pages.extend(page.impressions);
    }
    assert_eq!(pages, whole.impressions);
    // An impression outlives its session.
    delete(store, 2);
    let query = ImpressionQuery { before: None, limit: 10, ..query };
    let page = store.content_impressions(&system(), &query).unwrap();
    assert_eq!((page.impressions.len(), page.sessions.len()), (5, 2));
    assert_eq!(page.impressions.iter().filter(|fact| fact.session_id.is_none()).count(), 1);
}

fn answers_come_the_newest_first<S: Store>(store: &S) {
    // S5.26
    fill_contents(store, vec![item()]);
    talk(1, None, 0).answers("\"Māori 👩‍👩‍👧‍👦 \\\"quoted\\\"\"").hold(store);
    talk(2, Some("a"), 1).answers("{\"value\":1}").ends().hold(store);
    talk(3, Some("a"), DAY).answers("\"late\"").hold(store);
    talk(4, Some("a"), 0).hold(store);
    let told =
        |from, to, limit| store.content_answers(&system(), window(7, from, to), limit).unwrap();
    let first = ["{\"value\":1}", "\"Māori 👩‍👩‍👧‍👦 \\\"quoted\\\"\""];
    // An answer has the day on which it was given.
    assert_eq!(told(1, 1, 9), first);
    assert_eq!(told(1, 1, 1), first[..1]);
    assert_eq!(told(0, 9, 9), ["\"late\"", first[0], first[1]]);
    assert_eq!(told(0, 0, 9), [""; 0]);
    assert_eq!(told(0, 9, 0), [""; 0]);
}

fn scopes_are_told_of_their_own_sessions<S: Store>(store: &S) {
    // S2.30: of what they may change all, of what they view their own schools'.
    let (one, two) = (school_id(1), school_id(2));
    let of_one = |n, visibility, created_by: Option<u128>| ContentRecord {
        visibility,
        school_id: Some(one),
        created_by: created_by.map(user_id),
        ..content(n)
    };
    let items = vec![
        of_one(1, Visibility::Public, None),
        of_one(2, Visibility::School, None),
        of_one(3, Visibility::Private, Some(1)),
        content(4),
    ];
    fill_contents(store, items);
    for item in [1, 2, 3, 4, 5] {
        for school in 0..3 {
            let n = item * 10 + school;
            let school = (school > 0).then_some(school);
            Talk { item, school, ..talk(n, None, 0).answers("1") }.hold(store);
        }
    }
    let everywhere = [3; 5];
    for (scope, told) in [
        (AccessScope::platform(None), everywhere),
        (AccessScope::school_admin(None, vec![one]), [3, 3, 3, 1, 0]),
        (AccessScope::school_admin(None, vec![two]), [1, 0, 0, 1, 0]),
        (AccessScope::school_admin(None, vec![one, two]), [3, 3, 3, 2, 0]),
        (AccessScope::educator(user_id(1), one), [1, 1, 3, 1, 0]),
        (AccessScope::educator(user_id(2), two), [1, 0, 0, 1, 0]),
        (AccessScope::reader(vec![one]), [0; 5]),
        (AccessScope::learner(Some(user_id(1)), Some(one)), [0; 5]),
        (AccessScope::anonymous(), [0; 5]),
    ] {
        for round in 0..2 {
            let totals = totals(store, &scope, &asked(0, 9));
            for (item, expected) in [1, 2, 3, 4, 5].into_iter().zip(told) {
                let window = window(item, 0, 9);
                let days = store.content_days(&scope, window).unwrap();
                let shown: u64 = days.iter().map(|day| day.counters.impressions).sum();
                assert_eq!(shown, expected, "{scope:?} {item}");
                let arms = store.content_arms(&scope, window).unwrap();
                let sessions: u64 = arms.iter().map(|arm| arm.sessions).sum();
                assert_eq!(sessions, expected, "{scope:?} {item}");
                let audience = store.content_audience(&scope, window).unwrap();
                assert_eq!(audience.sessions, expected, "{scope:?} {item}");
                let query = ImpressionQuery { window, before: None, limit: 9 };
                let page = store.content_impressions(&scope, &query).unwrap();
                let sizes = (page.impressions.len() as u64, page.sessions.len() as u64);
                assert_eq!(sizes, (expected, expected), "{scope:?} {item}");
                let answers = store.content_answers(&scope, window, 9).unwrap();
                assert_eq!(answers.len() as u64, expected, "{scope:?} {item}");
                // An item that is gone is in no list.
                let total = totals.iter().find(|(id, _)| *id == item).map_or(0, |(_, n)| *n);
                assert_eq!(total, if item == 5 { 0 } else { expected }, "{scope:?} {item} {round}");
            }
            count_all(store);
        }
    }
}

fn asked(from: i64, to: i64) -> ContentTotalQuery {
    ContentTotalQuery { kind: None, tags: Vec::new(), from: day(from), to: day(to) }
}

/// Items and how often they were shown.
fn totals<S: Store>(store: &S, scope: &AccessScope, query: &ContentTotalQuery) -> Vec<(u128, u64)> {
    let found = store.content_totals(scope, query).unwrap();
    found.iter().map(|total| (total.content.0.as_u128(), total.counters.impressions)).collect()
}

fn items_are_counted_by_type_and_by_what_became_of_them<S: Store>(store: &S) {
    // S5.34, S5.35
    let (one, two) = (school_id(1), school_id(2));
    let of = |n, kind: &str, tags: &[&str]| ContentRecord {
        kind: kind.into(),
        tags: tags.iter().map(ToString::to_string).collect(),
        ..content(n)
    };
    let private = ContentRecord {
        visibility: Visibility::Private,
        school_id: Some(two),
        ..of(4, "fact", &["b"])
    };
    let items = vec![
        of(1, "joke", &["a", "b"]),
        of(2, "fact", &["b"]),
        of(3, "joke", &[]),
        private,
        ContentRecord { is_active: false, ..of(5, "joke", &["a"]) },
        of(6, "quote", &["'; DROP TABLE cms_content; --"]),
    ];
    fill_contents(store, items);
    for (n, item) in [1, 1, 2, 4, 5].into_iter().enumerate() {
        let n = n as u128 + 1;
        Talk { item, school: Some(2), ..talk(n, None, 0).answers("1") }.hold(store);
    }
    Talk { item: 1, ..talk(9, None, 3 * DAY) }.hold(store);
    let kinds = |scope: &AccessScope, query: &ContentTotalQuery| -> Vec<_> {
        let found = store.content_kinds(scope, query).unwrap();
        found.into_iter().map(|ContentKindCount { kind, items }| (kind, items)).collect()
    };
    let kind = |kind: &str, items| (kind.to_owned(), items);
    let all = asked(0, 9);
    let jokes = ContentTotalQuery { kind: Some("joke".into()), ..all.clone() };
    let tagged =
        |tag: &str| ContentTotalQuery { tags: vec!["no".into(), tag.into()], ..all.clone() };
    let school = AccessScope::school_admin(None, vec![one]);
    let other = AccessScope::school_admin(None, vec![two]);
    assert_eq!(kinds(&system(), &all), [kind("fact", 2), kind("joke", 2), kind("quote", 1)]);
    assert_eq!(kinds(&school, &all), [kind("fact", 1), kind("joke", 2), kind("quote", 1)]);
    assert_eq!(kinds(&system(), &jokes), [kind("joke", 2)]);
    assert_eq!(kinds(&system(), &tagged("b")), [kind("fact", 2), kind("joke", 1)]);
    assert_eq!(kinds(&AccessScope::anonymous(), &all), []);
    for _ in 0..2 {
        let totals = |scope: &AccessScope, query: &ContentTotalQuery| totals(store, scope, query);
        assert_eq!(totals(&system(), &all), [(1, 3), (2, 1), (4, 1)]);
        assert_eq!(totals(&other, &all), [(1, 2), (2, 1), (4, 1)]);
        assert_eq!(totals(&school, &all), []);
        assert_eq!(totals(&system(), &jokes), [(1, 3)]);
        assert_eq!(totals(&system(), &tagged("b")), [(1, 3), (2, 1), (4, 1)]);
        assert_eq!(totals(&system(), &tagged("a")), [(1, 3)]);
        assert_eq!(totals(&system(), &asked(3, 3)), [(1, 1)]);
        assert_eq!(totals(&system(), &asked(2, 2)), []);
        let answered = store.content_totals(&system(), &asked(1, 1)).unwrap();
        let first = &answered[0];
        assert_eq!((answered.len(), first.counters), (3, self::of(0, 2, 0)));
        assert_eq!(
            (first.kind.as_str(), first.tags.as_slice()),
            ("joke", &["a", "b"].map(String::from)[..])
        );
        count_all(store);
    }
}
