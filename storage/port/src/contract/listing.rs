//! Lists of the library: what narrows them, their order, their totals.

use chatflow::Visibility;
use serde_json::{Value, json};

use super::Case;
use super::catalog::{edit, listed, one, save, system};
use super::fixture::{anyway, at, batch, content, content_id, fill, school_id, user_id};
use crate::blocking::Store;
use crate::catalog::{ContentOrder, ContentPageQuery};
use crate::library::{Batch, ContentRecord, ContentStatus};
use crate::search::SearchQuery;

pub(super) fn cases<S: Store>() -> Vec<Case<S>> {
    vec![
        a_list_is_narrowed,
        orders_have_their_ties_broken_by_id,
        info_filters_are_decided_like_those_of_draws,
        totals_are_counted_to_a_limit,
    ]
}

fn many<S: Store>(store: &S) {
    for n in 1..=6_u128 {
        let odd = !n.is_multiple_of(2);
        let record = ContentRecord {
            kind: if odd { "joke" } else { "fact" }.into(),
            content: json!({"text": format!("whale number{n}")}).to_string(),
            info: json!({"min_age": n, "level": {"of": n}}).to_string(),
            tags: vec![format!("tag {n}"), if odd { "odd" } else { "even" }.into()],
            is_active: n != 3,
            status: if n == 4 { ContentStatus::Archived } else { ContentStatus::Published },
            visibility: if n == 5 { Visibility::School } else { Visibility::Public },
            school_id: (n >= 5).then(|| school_id(1)),
            created_by: (n == 6).then(|| user_id(9)),
            ..content(n)
        };
        let millis = i64::try_from(n / 2).unwrap();
        fill(store, &Batch { at: at(millis), contents: vec![anyway(record)], ..batch() });
    }
}

/// S3.42, S3.43.
fn a_list_is_narrowed<S: Store>(store: &S) {
    many(store);
    let all = || ContentPageQuery::all(100);
    let list = |query: &ContentPageQuery| listed(store, &system(), query);
    let tags = |tags: &[&str]| tags.iter().map(ToString::to_string).collect::<Vec<_>>();
    let search = |text: &str| Some(SearchQuery::parse(text));
    // 2 and 3 were created together, and so were 4 and 5.
    for (query, expected) in [
        (all(), vec![6, 5, 4, 3, 2, 1]),
        (ContentPageQuery { kind: Some("fact".into()), ..all() }, vec![6, 4, 2]),
        (ContentPageQuery { kind: Some("none".into()), ..all() }, vec![]),
        (ContentPageQuery { tags: tags(&["tag 2", "odd"]), ..all() }, vec![5, 3, 2, 1]),
        (ContentPageQuery { tags: tags(&["Odd", "'"]), ..all() }, vec![]),
        (ContentPageQuery { is_active: Some(false), ..all() }, vec![3]),
        (ContentPageQuery { is_active: Some(true), ..all() }, vec![6, 5, 4, 2, 1]),
        (ContentPageQuery { status: Some(ContentStatus::Archived), ..all() }, vec![4]),
        (ContentPageQuery { visibility: Some(Visibility::School), ..all() }, vec![5]),
        (ContentPageQuery { school: Some(school_id(1)), ..all() }, vec![6, 5]),
        (ContentPageQuery { created_by: Some(user_id(9)), ..all() }, vec![6]),
        (ContentPageQuery { without_public: true, ..all() }, vec![5]),
        (ContentPageQuery { search: search("whales"), ..all() }, vec![6, 5, 4, 3, 2, 1]),
        (ContentPageQuery { search: search("number4 or number2"), ..all() }, vec![4, 2]),
        (ContentPageQuery { search: search("whale -number4 -odd"), ..all() }, vec![6, 2]),
        (ContentPageQuery { search: search("-odd"), ..all() }, vec![6, 4, 2]),
        (ContentPageQuery { search: search("the"), ..all() }, vec![]),
        (ContentPageQuery { search: search(""), ..all() }, vec![]),
        (ContentPageQuery { skip: 1, limit: 3, ..all() }, vec![5, 4, 3]),
        (ContentPageQuery { skip: 9, ..all() }, vec![]),
    ] {
        let page = ContentPageQuery { skip: 0, limit: 0, ..query.clone() };
        let page = store.content_page(&system(), &page).unwrap();
        assert_eq!((page.contents.len(), page.total.is_capped), (0, false));
        if query.skip > 0 {
            assert_eq!(page.total.count, 6);
            let page = store.content_page(&system(), &query).unwrap();
            let ids = page.contents.iter().map(|one| one.stored.record.id.0.as_u128());
            assert_eq!((ids.collect::<Vec<_>>(), page.total.count), (expected, 6), "{query:?}");
            continue;
        }
        assert_eq!(list(&query), expected, "{query:?}");
        assert_eq!(page.total.count, u64::try_from(expected.len()).unwrap(), "{query:?}");
    }
}

/// S3.14.
fn orders_have_their_ties_broken_by_id<S: Store>(store: &S) {
    many(store);
    let all = || ContentPageQuery::all(100);
    let list = |query: &ContentPageQuery| listed(store, &system(), query);
    edit(store, 50, save(ContentRecord { info: "{}".into(), ..one_of(store, 2) }, None, None))
        .unwrap();
    edit(store, 60, save(one_of(store, 4), None, Some(9))).unwrap();
    for (order, expected) in [
        (ContentOrder::Newest, [6, 5, 4, 3, 2, 1]),
        (ContentOrder::Oldest, [1, 2, 3, 4, 5, 6]),
        (ContentOrder::LastChanged, [4, 2, 6, 5, 3, 1]),
        (ContentOrder::FirstChanged, [1, 3, 5, 6, 2, 4]),
        (ContentOrder::Version, [1, 2, 3, 5, 6, 4]),
    ] {
        let query = ContentPageQuery { order, ..all() };
        assert_eq!(list(&query), expected, "{order:?}");
        let searched =
            ContentPageQuery { search: Some(SearchQuery::parse("whale")), ..query.clone() };
        assert_eq!(list(&searched), expected, "{order:?}");
        // The same through a filter that all pass.
        let info_filters = object(&json!({"none": {"exists": false}}));
        let sieved = ContentPageQuery { info_filters, ..query };
        assert_eq!(list(&sieved), expected, "{order:?}");
        let page = ContentPageQuery { skip: 2, limit: 2, ..sieved };
        let page = store.content_page(&system(), &page).unwrap();
        let ids: Vec<_> =
            page.contents.iter().map(|one| one.stored.record.id.0.as_u128()).collect();
        assert_eq!((&ids[..], page.total.count), (&expected[2..4], 6), "{order:?}");
    }
}

fn one_of<S: Store>(store: &S, n: u128) -> ContentRecord {
    one(store, n).unwrap().stored.record
}

fn object(value: &Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// F38, S3.54.
fn info_filters_are_decided_like_those_of_draws<S: Store>(store: &S) {
    many(store);
    for (filters, expected) in [
        (json!({"min_age": 3}), vec![3, 2, 1]),
        (json!({"max_age": 3}), vec![6, 5, 4, 3, 2, 1]),
        (json!({"level.of": "5"}), vec![5]),
        (json!({"min_age": {"gte": 3}, "level.of": {"lt": 5}}), vec![4, 3]),
        (json!({"nothing": "x"}), vec![]),
    ] {
        let info_filters = object(&filters);
        let query = ContentPageQuery { info_filters, ..ContentPageQuery::all(100) };
        assert_eq!(listed(store, &system(), &query), expected, "{filters}");
        let kind = Some("joke".into());
        let expected: Vec<u128> = expected.into_iter().filter(|n| n % 2 == 1).collect();
        let query = ContentPageQuery { kind, ..query };
        assert_eq!(listed(store, &system(), &query), expected, "{filters}");
    }
}

/// F43.
fn totals_are_counted_to_a_limit<S: Store>(store: &S) {
    let contents = (1..=10_002).map(|n| anyway(content(n))).collect();
    fill(store, &Batch { contents, ..batch() });
    let info_filters = object(&json!({"none": {"exists": false}}));
    for query in [
        ContentPageQuery { skip: 10_001, ..ContentPageQuery::all(5) },
        ContentPageQuery { skip: 10_001, info_filters, ..ContentPageQuery::all(5) },
    ] {
        let page = store.content_page(&system(), &query).unwrap();
        assert_eq!((page.total.count, page.total.is_capped), (10_000, true));
        assert_eq!(page.contents[0].stored.record.id, content_id(1));
    }
}
