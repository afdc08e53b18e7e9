//! Many items at once.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{CONTENT, made, place, shown};
use crate::real::{Answer, Managed};

fn bulk(managed: &Managed, who: &str, method: &str, body: &Value) -> Answer {
    managed.send(who, (method, &format!("{CONTENT}/bulk")), body)
}

/// S3.49.
#[expect(clippy::too_many_lines, reason = "one story of three requests")]
pub(super) fn items_of_a_bulk_stand_for_themselves(managed: &Managed) {
    let fact = |text: &str| json!({"type": "fact", "content": {"text": text}});
    let body = json!({"operation": "create", "items": [
        fact("one"), {"type": "poem", "content": {"text": "x"}}, fact("two"), 5,
        {"type": "fact", "content": {"text": "x"}, "visibility": "wriveted"},
        {"type": "fact", "content": {"text": "x", "rich_text": "<script>1</script>"}},
    ]});
    let answer = bulk(managed, "admin", "POST", &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        (&answer.body["success_count"], &answer.body["error_count"]),
        (&json!(2), &json!(4))
    );
    let errors: Vec<_> = answer.body["errors"].as_array().unwrap().iter().collect();
    let errors: Vec<_> = errors.iter().map(|error| (&error["index"], &error["code"])).collect();
    let expected = [
        (1, "validation_error"),
        (3, "validation_error"),
        (4, "visibility_not_allowed"),
        (5, "validation_error"),
    ]
    .map(|(index, code)| (json!(index), json!(code)));
    assert_eq!(errors, expected.iter().map(|(index, code)| (index, code)).collect::<Vec<_>>());
    let made_here = answer.body["results"].as_array().unwrap().clone();
    let [one, two] = &made_here[..] else { panic!("{answer:?}") };
    assert_eq!((&one["index"], &two["index"], &one["version"]), (&json!(0), &json!(2), &json!(1)));
    let foreign = made(managed, "other admin", &json!({"visibility": "public"}));
    let unknown = Uuid::from_u128(9);
    let change = |id: &Value, n: u64| json!({"id": id, "content": {"text": format!("{n}")}});
    let body = json!({"operation": "update", "items": [
        change(&one["id"], 1), change(&json!(unknown), 2), change(&one["id"], 3),
        change(&foreign["id"], 4), {"content": {"text": "x"}}, {"id": two["id"], "status": "published"},
    ]});
    let answer = bulk(managed, "admin", "POST", &body);
    let codes: Vec<_> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["code"].clone())
        .collect();
    assert_eq!(codes, ["content_not_found", "forbidden", "validation_error"], "{answer:?}");
    assert_eq!(answer.body["errors"][0]["id"], json!(unknown));
    // The later change of an item is one of the earlier one.
    let versions: Vec<_> = answer.body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|done| done["version"].clone())
        .collect();
    assert_eq!(versions, [2, 3, 2]);
    let found = shown(managed, one);
    assert_eq!((&found["content"]["text"], &found["version"]), (&json!("3"), &json!(3)));
    let body =
        json!({"operation": "delete", "items": [one["id"], {"id": two["id"]}, one["id"], "x"]});
    let answer = bulk(managed, "admin", "POST", &body);
    let codes: Vec<_> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["code"].clone())
        .collect();
    assert_eq!(codes, ["content_not_found", "validation_error"], "{answer:?}");
    assert_eq!(managed.get("admin", &place(one)).status, 404);
}

/// S3.49.
pub(super) fn an_atomic_bulk_is_done_or_not(managed: &Managed) {
    let item = made(managed, "admin", &json!({}));
    let change = |id: &Value, n: u64| json!({"id": id, "info": {"n": n}});
    let body = |items: Value| json!({"operation": "update", "items": items, "atomic": true});
    let broken = body(json!([change(&item["id"], 1), change(&json!(Uuid::from_u128(9)), 2)]));
    let answer = bulk(managed, "admin", "POST", &broken);
    assert_eq!((answer.status, &answer.body["code"]), (409, &json!("bulk_aborted")));
    let detail = &answer.body["detail"];
    assert_eq!((&detail["success_count"], &detail["error_count"]), (&json!(0), &json!(1)));
    assert_eq!(
        (&detail["errors"][0]["index"], &detail["errors"][0]["code"], &detail["results"]),
        (&json!(1), &json!("content_not_found"), &json!([]))
    );
    assert_eq!(shown(managed, &item)["info"], json!({}));
    // A school that does not exist is found out by the store.
    let nowhere = json!({"id": item["id"], "school_id": Uuid::from_u128(77)});
    let answer = bulk(managed, "platform", "POST", &body(json!([change(&item["id"], 1), nowhere])));
    assert_eq!(answer.status, 409, "{answer:?}");
    assert_eq!(shown(managed, &item)["info"], json!({}));
    let whole = body(json!([change(&item["id"], 1), change(&item["id"], 2)]));
    let answer = bulk(managed, "admin", "POST", &whole);
    assert_eq!((answer.status, &answer.body["success_count"]), (200, &json!(2)), "{answer:?}");
    assert_eq!(shown(managed, &item)["info"], json!({"n": 2}));
}

/// S3.50, S3.51.
pub(super) fn many_are_changed_and_deleted_at_once(managed: &Managed) {
    let items = [(); 3].map(|()| made(managed, "admin", &json!({})));
    let foreign = made(managed, "other admin", &json!({}));
    let unknown = json!(Uuid::from_u128(9));
    let ids = json!([items[0]["id"], items[1]["id"], items[0]["id"], foreign["id"], unknown]);
    let body = json!({"content_ids": ids, "updates": {"status": "approved", "tags": ["x"]}});
    let answer = bulk(managed, "admin", "PATCH", &body);
    assert_eq!((answer.status, &answer.body["updated_count"]), (200, &json!(2)), "{answer:?}");
    let errors = answer.body["errors"].as_array().unwrap();
    let refused: Vec<_> =
        errors.iter().map(|error| (&error["content_id"], &error["code"])).collect();
    let missing = json!("content_not_found");
    assert_eq!(refused, [(&foreign["id"], &missing), (&unknown, &missing)]);
    for (item, version) in items.iter().zip([2, 2, 1]) {
        assert_eq!(shown(managed, item)["version"], version);
    }
    let script = json!({"content": {"text": "x", "rich_text": "<script>1</script>"}});
    let body = json!({"content_ids": [items[2]["id"]], "updates": script});
    bulk(managed, "admin", "PATCH", &body).refuses(422, "validation_error", "a script");
    let answer = bulk(managed, "admin", "DELETE", &json!({"content_ids": ids}));
    assert_eq!((answer.status, &answer.body["deleted_count"]), (200, &json!(2)), "{answer:?}");
    assert_eq!(answer.body["errors"].as_array().unwrap().len(), 2);
    assert_eq!(managed.get("admin", &place(&items[0])).status, 404);
    assert_eq!(managed.get("admin", &place(&items[2])).status, 200);
}
