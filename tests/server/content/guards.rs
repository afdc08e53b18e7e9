//! Who may call, with which ids, and how much.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{CONTENT, made, place};
use crate::real::Managed;

/// The endpoints of one item and of its variants, with a body that each takes.
fn of_one() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("GET", "", Value::Null),
        ("PUT", "", json!({"info": {}})),
        ("DELETE", "", Value::Null),
        ("POST", "/status", json!({"status": "draft"})),
        ("GET", "/variants", Value::Null),
        ("POST", "/variants", json!({"variant_key": "a", "variant_data": {}})),
        ("PUT", "/variants/V", json!({"weight": 5})),
        ("PATCH", "/variants/V", json!({"weight": 5})),
        ("DELETE", "/variants/V", Value::Null),
        ("POST", "/variants/V/performance", json!({"impressions": 1})),
    ]
}

fn of_all() -> Vec<(&'static str, String, Value)> {
    let id = Uuid::from_u128(1);
    vec![
        ("GET", CONTENT.to_owned(), Value::Null),
        ("POST", CONTENT.to_owned(), json!({"type": "fact", "content": {"text": "x"}})),
        ("POST", format!("{CONTENT}/bulk"), json!({"operation": "delete", "items": [id]})),
        ("PATCH", format!("{CONTENT}/bulk"), json!({"content_ids": [id], "updates": {}})),
        ("DELETE", format!("{CONTENT}/bulk"), json!({"content_ids": [id]})),
    ]
}

/// S2.2, S2.9, S2.20.
pub(super) fn each_endpoint_asks_who_calls(managed: &Managed) {
    let item = made(managed, "admin", &json!({}));
    let of_item = of_one().into_iter().map(|(method, rest, body)| {
        let rest = rest.replace('V', &Uuid::from_u128(5).to_string());
        (method, format!("{}{rest}", place(&item)), body)
    });
    let mut endpoints: Vec<_> = of_item.collect();
    endpoints.extend(of_all());
    endpoints.push(("GET", format!("{CONTENT}/random?type=fact"), Value::Null));
    for (method, path, body) in &endpoints {
        let said = format!("{method} {path}");
        let nobody = managed.send("", (method, path), body);
        nobody.refuses(401, "authentication_required", &said);
        assert_eq!(nobody.header("www-authenticate"), "Bearer");
        let bearer = [("authorization", "Bearer nonsense")];
        let invalid = managed.send_with("", (method, path), &bearer, body);
        invalid.refuses(401, "invalid_token", &said);
        // Another school's private item does not exist for them.
        if path.starts_with(&place(&item)) {
            let other = managed.send("other admin", (method, path), body);
            other.refuses(404, "content_not_found", &said);
            let other = managed.send("reader", (method, path), body);
            other.refuses(404, "content_not_found", &said);
        }
        let is_read = path.contains("/random") || (*method == "GET" && *path == place(&item));
        let learner = managed.send("learner", (method, path), body);
        if path.contains("/random") {
            assert_eq!((learner.status, &learner.body), (200, &json!([])), "{said}");
        } else if is_read {
            learner.refuses(404, "content_not_found", &said);
        } else {
            learner.refuses(403, "forbidden", &said);
        }
    }
    // Seen, but not to be changed.
    let public = made(managed, "admin", &json!({"visibility": "public"}));
    for (method, rest, body) in of_one().into_iter().filter(|(method, ..)| *method != "GET") {
        let path =
            format!("{}{rest}", place(&public)).replace('V', &Uuid::from_u128(5).to_string());
        let refused = managed.send("other educator", (method, &path), &body);
        refused.refuses(403, "forbidden", &format!("{method} {path}"));
    }
    let wrong = managed.send("platform", ("PATCH", &place(&public)), &json!({}));
    wrong.refuses(405, "method_not_allowed", "PATCH");
    assert!(wrong.header("allow").contains("PUT"), "{wrong:?}");
}

/// S3.2, S3.3.
pub(super) fn ids_are_checked(managed: &Managed) {
    let item = made(managed, "platform", &json!({}));
    let unknown = Uuid::from_u128(99).to_string();
    for (method, rest, body) in of_one() {
        let said = format!("{method} {rest}");
        let send = |content: &str, variant: &str| {
            let path = format!("{CONTENT}/{content}{rest}").replace('V', variant);
            managed.send("platform", (method, &path), &body)
        };
        for malformed in ["x", "1", "%00", "00000000-0000-0000-0000-00000000000g"] {
            send(malformed, &unknown).refuses(422, "invalid_uuid", &said);
        }
        send(&unknown, &unknown).refuses(404, "content_not_found", &said);
        if rest.contains('V') {
            let own = item["id"].as_str().unwrap();
            send(own, "x").refuses(422, "invalid_uuid", &said);
            send(own, &unknown).refuses(404, "variant_not_found", &said);
        }
    }
    let own = item["id"].as_str().unwrap();
    for spelled in [own.to_uppercase(), own.replace('-', "")] {
        assert_eq!(managed.get("platform", &format!("{CONTENT}/{spelled}")).body["id"], own);
    }
    assert_eq!(managed.get("platform", &format!("{CONTENT}/{own}/")).status, 404);
}

/// S3.1, S3.5, S3.17.
pub(super) fn bodies_have_limits(managed: &Managed) {
    let body = json!({"type": "fact", "content": {"text": "x".repeat(1024 * 1024)}});
    let large = managed.send("platform", ("POST", CONTENT), &body);
    large.refuses(413, "body_too_large", "1 MiB");
    let bulk = format!("{CONTENT}/bulk");
    let many = json!({"operation": "create", "items": [body]});
    let large = managed.send("platform", ("POST", &bulk), &many);
    assert_eq!(
        (large.status, &large.body["success_count"]),
        (200, &json!(1)),
        "{:?}",
        large.status
    );
    let ids = vec![Uuid::from_u128(1); 501];
    for (method, body) in [
        ("POST", json!({})),
        ("POST", json!({"operation": "create"})),
        ("POST", json!({"operation": "create", "items": []})),
        ("POST", json!({"operation": "create", "items": vec![json!({}); 501]})),
        ("POST", json!({"operation": "burn", "items": [{}]})),
        ("POST", json!({"operation": "create", "items": [{}], "atomic": "yes"})),
        ("PATCH", json!({"content_ids": ids, "updates": {}})),
        ("PATCH", json!({"content_ids": [], "updates": {}})),
        ("PATCH", json!({"content_ids": ["x"], "updates": {}})),
        ("PATCH", json!({"content_ids": [ids[0]]})),
        ("PATCH", json!({"content_ids": [ids[0]], "updates": {"type": "poem"}})),
        ("PATCH", json!({"content_ids": [ids[0]], "updates": {"tags": ["x".repeat(101)]}})),
        ("DELETE", json!({"content_ids": ids})),
        ("DELETE", json!({})),
    ] {
        let refused = managed.send("platform", (method, &bulk), &body);
        let said = body.to_string().chars().take(80).collect::<String>();
        refused.refuses(422, "validation_error", &said);
    }
}
