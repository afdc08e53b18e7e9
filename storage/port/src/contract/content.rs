//! Reading content.

use chatflow::{ContentId, ContentQuery, Visibility};

use super::Case;
use super::fixture::{HOSTILE, content, content_id, fill_contents, json, school_id};
use crate::blocking::Store;
use crate::library::{ContentRecord, ContentStatus};
use crate::scope::AccessScope;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        contents_come_in_the_order_asked,
        content_that_is_not_in_use_is_hidden,
        each_scope_sees_the_content_that_it_may_show,
        candidates_come_in_ascending_id_order,
        candidates_are_narrowed_by_type,
        tags_match_any_and_tags_all_match_all,
        info_filters_are_asked_of_the_engine,
        two_thousand_items_can_be_excluded,
        no_more_than_the_limit_is_listed,
        hostile_texts_are_only_texts,
    ]
}

fn jokes() -> ContentQuery {
    ContentQuery { kind: "joke".into(), ..ContentQuery::default() }
}

fn candidates<S: Store>(store: &S, scope: &AccessScope, query: &ContentQuery) -> Vec<u128> {
    let ids = store.candidates(scope, query).unwrap();
    ids.into_iter().map(|id| id.0.as_u128()).collect()
}

fn contents_come_in_the_order_asked<S: Store>(store: &S) {
    fill_contents(store, vec![content(1), content(2), content(3)]);
    let scope = AccessScope::anonymous();
    let asked = [3, 9, 1, 3].map(content_id);
    let found = store.contents(&scope, &asked).unwrap();
    let ids: Vec<_> = found.iter().map(|item| item.as_ref().map(|item| item.id)).collect();
    assert_eq!(ids, [Some(asked[0]), None, Some(asked[2]), Some(asked[3])]);
    let item = found[2].as_ref().unwrap();
    assert_eq!((item.kind.as_str(), &item.content["text"]), ("joke", &"Joke 1".into()));
    assert_eq!(store.contents(&scope, &[]).unwrap(), []);
}

fn content_that_is_not_in_use_is_hidden<S: Store>(store: &S) {
    use ContentStatus::{Approved, Archived, Draft, PendingReview, Published};
    let all = [Draft, PendingReview, Approved, Archived, Published];
    let mut contents: Vec<_> =
        (1..).zip(all).map(|(n, status)| ContentRecord { status, ..content(n) }).collect();
    contents.push(ContentRecord { is_active: false, ..content(6) });
    fill_contents(store, contents);
    for scope in [AccessScope::anonymous(), AccessScope::system()] {
        assert_eq!(candidates(store, &scope, &jokes()), [5]);
        let ids: Vec<_> = (1..7).map(content_id).collect();
        let found = store.contents(&scope, &ids).unwrap();
        let shown: Vec<_> = found.iter().flatten().map(|item| item.id).collect();
        assert_eq!(shown, [content_id(5)]);
        // R4.8, R4.15: a preview shows what is still being worked on, too.
        let trying = scope.with_drafts();
        assert_eq!(candidates(store, &trying, &jokes()), [1, 2, 3, 5]);
        let found = store.contents(&trying, &ids).unwrap();
        let shown: Vec<_> = found.iter().flatten().map(|item| item.id).collect();
        assert_eq!(shown, [1, 2, 3, 5].map(content_id));
    }
}

fn each_scope_sees_the_content_that_it_may_show<S: Store>(store: &S) {
    use Visibility::{Private, Public, School, Wriveted};
    let mut all = vec![content(1)];
    for (n, visibility) in (2..).zip([Wriveted, Public, School, Private]) {
        all.push(ContentRecord { visibility, school_id: Some(school_id(1)), ..content(n) });
    }
    for (n, visibility) in (6..).zip([School, Private]) {
        all.push(ContentRecord { visibility, school_id: Some(school_id(2)), ..content(n) });
    }
    all.push(ContentRecord { visibility: Private, ..content(8) });
    fill_contents(store, all);
    let (one, two) = (school_id(1), school_id(2));
    for (scope, expected) in [
        (AccessScope::system(), vec![1, 2, 3, 4, 5, 6, 7, 8]),
        (AccessScope::anonymous(), vec![1, 2, 3]),
        (AccessScope::learner(None, None), vec![1, 2, 3]),
        (AccessScope::learner(None, Some(one)), vec![1, 2, 3, 4]),
        (AccessScope::school_admin(None, vec![one]), vec![1, 2, 3, 4, 5]),
        (AccessScope::school_admin(None, vec![two]), vec![1, 2, 3, 6, 7]),
        // S2.26
        (AccessScope::conversation(Some(one), Some(two)), vec![1, 2, 3, 4, 5, 6]),
        (AccessScope::conversation(None, Some(two)), vec![1, 2, 3, 6]),
        (AccessScope::conversation(None, None), vec![1, 2, 3]),
    ] {
        assert_eq!(candidates(store, &scope, &jokes()), expected, "{scope:?}");
        let ids: Vec<_> = (1..9).map(content_id).collect();
        let found = store.contents(&scope, &ids).unwrap();
        let shown: Vec<_> = found.iter().flatten().map(|item| item.id.0.as_u128()).collect();
        assert_eq!(shown, expected, "{scope:?}");
    }
}

fn candidates_come_in_ascending_id_order<S: Store>(store: &S) {
    let high = u128::MAX >> 1;
    let order = [high, 7, 1 << 64, 300, 2, u128::MAX];
    fill_contents(store, order.map(content).into());
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    assert_eq!(candidates(store, &AccessScope::anonymous(), &jokes()), sorted);
}

fn candidates_are_narrowed_by_type<S: Store>(store: &S) {
    let kinds = ["joke", "fact", "question", "quote", "message", "prompt"];
    let of = |(n, kind): (u128, &str)| ContentRecord { kind: kind.into(), ..content(n) };
    fill_contents(store, (1..).zip(kinds).map(of).collect());
    for (n, kind) in (1..).zip(kinds) {
        let query = ContentQuery { kind: kind.into(), ..ContentQuery::default() };
        assert_eq!(candidates(store, &AccessScope::anonymous(), &query), [n]);
    }
    for kind in ["", "song", "Joke", "joke' OR '1'='1"] {
        let query = ContentQuery { kind: kind.into(), ..ContentQuery::default() };
        assert_eq!(candidates(store, &AccessScope::anonymous(), &query), [], "{kind}");
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn tags_match_any_and_tags_all_match_all<S: Store>(store: &S) {
    let tagged = |n, tags: &[&str]| ContentRecord { tags: texts(tags), ..content(n) };
    fill_contents(
        store,
        vec![
            tagged(1, &[]),
            tagged(2, &["sea"]),
            tagged(3, &["sea", "sky", "sea"]),
            tagged(4, &["sky"]),
            tagged(5, &["Sea", "se", "sea "]),
        ],
    );
    for (any, all, expected) in [
        (&[][..], &[][..], vec![1, 2, 3, 4, 5]),
        (&["sea"], &[], vec![2, 3]),
        (&["sea", "sky"], &[], vec![2, 3, 4]),
        (&[], &["sea", "sky"], vec![3]),
        (&["sky"], &["sea"], vec![3]),
        (&[], &["sea", "sea"], vec![2, 3]),
        (&["mud"], &[], vec![]),
        (&["sea"], &["mud"], vec![]),
    ] {
        let query = ContentQuery { tags: texts(any), tags_all: texts(all), ..jokes() };
        let found = candidates(store, &AccessScope::anonymous(), &query);
        assert_eq!(found, expected, "{any:?} {all:?}");
    }
    // Tags follow their item.
    fill_contents(store, vec![tagged(2, &["mud"]), tagged(3, &[])]);
    let query = ContentQuery { tags: texts(&["sea", "sky", "mud"]), ..jokes() };
    assert_eq!(candidates(store, &AccessScope::anonymous(), &query), [2, 4]);
}

fn info_filters_are_asked_of_the_engine<S: Store>(store: &S) {
    // R4.6
    let of = |n, info: &str| ContentRecord { info: info.into(), ..content(n) };
    fill_contents(
        store,
        vec![
            of(1, r#"{"min_age":5,"max_age":8,"topic":"sea"}"#),
            of(2, r#"{"min_age":9,"topic":"sea"}"#),
            of(3, r#"{"topic":["sky","sea"]}"#),
            of(4, "{}"),
        ],
    );
    for (filters, expected) in [
        (serde_json::json!({ "topic": "sea" }), vec![1, 2, 3]),
        (serde_json::json!({ "min_age": 7, "max_age": 7 }), vec![1, 3, 4]),
        (serde_json::json!({ "min_age": 7, "topic": "sky" }), vec![3]),
        (serde_json::json!({ "topic": "' OR 1=1" }), vec![]),
    ] {
        let info_filters = filters.as_object().cloned().unwrap();
        let query = ContentQuery { info_filters, ..jokes() };
        assert_eq!(candidates(store, &AccessScope::anonymous(), &query), expected, "{filters}");
    }
}

fn two_thousand_items_can_be_excluded<S: Store>(store: &S) {
    fill_contents(store, (1..2011).map(content).collect());
    let exclude: Vec<ContentId> = (6..2006).map(content_id).collect();
    let query = ContentQuery { exclude, ..jokes() };
    let expected = [1, 2, 3, 4, 5, 2006, 2007, 2008, 2009, 2010];
    assert_eq!(candidates(store, &AccessScope::anonymous(), &query), expected);
}

fn no_more_than_the_limit_is_listed<S: Store>(store: &S) {
    fill_contents(store, (1..1012).rev().map(content).collect());
    let expected: Vec<u128> = (1..1001).collect();
    assert_eq!(candidates(store, &AccessScope::anonymous(), &jokes()), expected);
}

fn hostile_texts_are_only_texts<S: Store>(store: &S) {
    let of = |(n, text): (u128, &&str)| ContentRecord {
        tags: texts(&[text]),
        content: json(text),
        info: serde_json::json!({ *text: text }).to_string(),
        ..content(n)
    };
    fill_contents(store, (1..).zip(&HOSTILE).map(of).collect());
    let scope = AccessScope::anonymous();
    for (n, text) in (1..).zip(HOSTILE) {
        let any = ContentQuery { tags: texts(&[text]), ..jokes() };
        let all = ContentQuery { tags_all: texts(&[text]), ..jokes() };
        assert_eq!(candidates(store, &scope, &any), [n], "{text}");
        assert_eq!(candidates(store, &scope, &all), [n], "{text}");
        let item = store.contents(&scope, &[content_id(n)]).unwrap()[0].clone().unwrap();
        assert_eq!(item.content["text"], text);
        assert_eq!(item.info[text], text);
    }
}
