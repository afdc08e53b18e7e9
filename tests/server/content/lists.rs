//! Lists, and items drawn at random.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{CONTENT, ids, made, place};
use crate::real::{Managed, account, school};

/// S3.13 to S3.16, S3.42 to S3.44, S3.54, F56.
#[expect(clippy::too_many_lines, reason = "its cases are data")]
pub(super) fn lists_are_narrowed(managed: &Managed) {
    let whale = json!({
        "type": "joke", "content": {"text": "A diving whale"}, "tags": ["a,b", "sea"],
        "info": {"min_age": 6, "series": {"name": "Tide"}}, "status": "published",
    });
    let items = [
        made(managed, "platform", &whale),
        made(
            managed,
            "admin",
            &json!({"visibility": "public", "tags": ["sky"], "info": {"min_age": 9}}),
        ),
        made(managed, "educator", &json!({"is_active": false, "tags": ["Sea"]})),
    ];
    let all: Vec<&Value> = items.iter().map(|item| &item["id"]).collect();
    let (one, two, three) = (all[0], all[1], all[2]);
    let educator = account("educator");
    for (query, expected) in [
        ("", vec![three, two, one]),
        ("?type=joke", vec![one]),
        ("?type=Joke&content_type=JOKE", vec![one]),
        ("?content_type=fact", vec![three, two]),
        ("?tags=sea,sky", vec![two, one]),
        ("?tags=sea&tags=Sea&tags=", vec![three, one]),
        ("?tags=a%252Cb", vec![one]),
        ("?search=dives", vec![one]),
        ("?search=octopuses+-sky", vec![three]),
        ("?search=%22", vec![]),
        ("?active=No", vec![three]),
        ("?active=1", vec![two, one]),
        ("?status=published", vec![one]),
        ("?visibility=GLOBAL", vec![one]),
        ("?include_public=false", vec![three, one]),
        ("?sort=created_at", vec![one, two, three]),
        ("?info.min_age=8", vec![three, one]),
        ("?info.series.name=Tide", vec![one]),
        ("?info.min_age__gte=7&type=fact", vec![two]),
        ("?skip=1&limit=1", vec![two]),
        ("?limit=0", vec![]),
        ("?skip=9", vec![]),
        ("?unknown=1", vec![three, two, one]),
    ] {
        let page = managed.get("platform", &format!("{CONTENT}{query}"));
        assert_eq!(page.status, 200, "{query}: {page:?}");
        assert_eq!(ids(&page.body).iter().collect::<Vec<_>>(), expected, "{query}");
    }
    for (query, expected) in [
        (format!("?school_id={}", school(1)), vec![three, two]),
        (format!("?created_by={educator}"), vec![three]),
    ] {
        let page = managed.get("platform", &format!("{CONTENT}{query}"));
        assert_eq!(ids(&page.body).iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let mine = managed.get("educator", &format!("{CONTENT}?created_by=me"));
    assert_eq!(ids(&mine.body).iter().collect::<Vec<_>>(), [three]);
    let page = managed.get("platform", &format!("{CONTENT}?skip=2&limit=2"));
    let expected = json!({"skip": 2, "limit": 2, "total": 3, "page": 2});
    assert_eq!(page.body["pagination"], expected);
    managed.send("platform", ("PUT", &place(&items[0])), &json!({"info": {}, "version": 5}));
    for (sort, expected) in [
        ("-updated_at", [one, three, two]),
        ("updated_at", [two, three, one]),
        ("version", [one, one, one]),
    ] {
        let page = managed.get("platform", &format!("{CONTENT}?sort={sort}"));
        let found = ids(&page.body);
        if sort == "version" {
            assert_eq!(&found[2], one);
        } else {
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{sort}");
        }
    }
}

/// S3.5, S3.42, S3.52, S3.54.
pub(super) fn queries_are_checked(managed: &Managed) {
    for query in [
        "?type=poem",
        "?type=joke&content_type=fact",
        "?status=live",
        "?visibility=secret",
        "?active=maybe",
        "?school_id=x",
        "?created_by=you",
        "?sort=name",
        "?skip=-1",
        "?limit=1001",
        "?limit=x",
        "?info.min_age=young",
        "?info.n__lt=x",
        "?info.=1",
        &format!("?search={}", "x".repeat(201)),
    ] {
        let refused = managed.get("platform", &format!("{CONTENT}{query}"));
        refused.refuses(422, "validation_error", query);
    }
    for query in [
        "",
        "?type=poem",
        "?type=fact&count=0",
        "?type=fact&count=21",
        "?type=fact&exclude_ids=x",
        "?type=fact&seed=x",
        "?type=fact&info.max_age=old",
        "?type=fact&include_public=perhaps",
    ] {
        let refused = managed.get("platform", &format!("{CONTENT}/random{query}"));
        refused.refuses(422, "validation_error", query);
    }
    // As many as may be, in the longest way of writing them.
    let most = format!("&exclude_ids={}", account("platform")).repeat(500);
    assert_eq!(managed.get("platform", &format!("{CONTENT}/random?type=fact{most}")).status, 200);
    let many = vec![account("platform").to_string(); 501].join(",");
    let refused =
        managed.get("platform", &format!("{CONTENT}/random?type=fact&exclude_ids={many}"));
    refused.refuses(422, "validation_error", "501 ids");
}

/// S2.24, S3.21, S3.52, F38.
pub(super) fn items_are_drawn_from_those_in_use(managed: &Managed) {
    let live = |who, more: Value| {
        let mut body = json!({"status": "published", "tags": ["quiz"], "info": {"min_age": 6}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        made(managed, who, &body)["id"].clone()
    };
    let global: Vec<Value> = (0..4).map(|_| live("platform", json!({}))).collect();
    let public = live("admin", json!({"visibility": "public"}));
    let school = live("admin", json!({"visibility": "school"}));
    live("platform", json!({"status": "draft"}));
    live("platform", json!({"is_active": false}));
    live("platform", json!({"type": "joke"}));
    let drawn = |who: &str, query: &str| {
        let path = format!("{CONTENT}/random?type=fact&count=20{query}");
        let answer = managed.get(who, &path);
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (200, "no-store"),
            "{answer:?}"
        );
        let items = answer.body.as_array().unwrap().clone();
        let drawn: BTreeSet<String> = items.iter().map(|item| item["id"].to_string()).collect();
        assert_eq!(drawn.len(), items.len(), "each once");
        drawn
    };
    let set = |lists: &[&[Value]]| {
        lists.iter().copied().flatten().map(ToString::to_string).collect::<BTreeSet<_>>()
    };
    let (public, school) = ([public], [school]);
    assert_eq!(drawn("learner", ""), set(&[&global, &public, &school]));
    assert_eq!(drawn("other learner", ""), set(&[&global, &public]));
    assert_eq!(drawn("other learner", "&include_public=0"), set(&[&global]));
    assert_eq!(drawn("platform", "&tags=quiz,x"), set(&[&global, &public, &school]));
    assert_eq!(drawn("platform", "&tags=x"), set(&[]));
    assert_eq!(drawn("platform", "&info.min_age=5"), set(&[]));
    let excluded = global[0].as_str().unwrap();
    let left = drawn("other learner", &format!("&exclude_ids={excluded}"));
    assert_eq!(left, set(&[&global[1..], &public]));
    let two = |seed: u32| {
        let path = format!("{CONTENT}/random?type=fact&count=2&seed={seed}");
        let answer = managed.get("platform", &path);
        answer.body.as_array().unwrap().iter().map(|item| item["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((two(7).len(), two(7)), (2, two(7)));
    let seeds: BTreeSet<String> = (0..20).map(|seed| format!("{:?}", two(seed))).collect();
    assert!(seeds.len() > 5, "{seeds:?}");
}
