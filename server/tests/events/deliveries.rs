//! What receivers hear, and what becomes of what they do not hear (S6.23 to S6.48).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use chatflow::FlowId;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::{ADMIN, HEAD, World, code, serve};

/// What a receiver heard: headers and body.
type Heard = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// A receiver on a socket of its own.
async fn receiver() -> (String, Heard) {
    let heard = Heard::default();
    let ear = Arc::clone(&heard);
    let service = Router::new().fallback(move |headers: HeaderMap, body: String| async move {
        ear.lock().unwrap().push((headers, body));
        StatusCode::NO_CONTENT
    });
    (serve(service).await, heard)
}

async fn wait_for(heard: &Heard, count: usize) -> Vec<(HeaderMap, String)> {
    let until = tokio::time::Instant::now() + Duration::from_secs(20);
    while heard.lock().unwrap().len() < count {
        assert!(tokio::time::Instant::now() < until, "{} of {count}", heard.lock().unwrap().len());
        tokio::task::yield_now().await;
    }
    heard.lock().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn turns_reach_those_who_subscribe_in_their_order() {
    // S6.1 to S6.5, S6.23, S6.33, S6.41, S6.48
    let world = World::new().await;
    let (url, heard) = receiver().await;
    let made = world.subscribe(ADMIN, json!({"url": url})).await;
    let other = world.subscribe(HEAD, json!({"url": url, "name": "Another school's"})).await;
    let sessions = [world.talk(&["a", "b", "c"]).await, world.talk(&["d", "e", "f"]).await];
    let heard = wait_for(&heard, 8).await;
    for session in sessions {
        let of_session: Vec<Value> = heard
            .iter()
            .map(|(_, body)| serde_json::from_str::<Value>(body).unwrap())
            .filter(|payload| payload["session_id"] == *session)
            .collect();
        let told: Vec<_> = of_session
            .iter()
            .map(|payload| (payload["event_type"].as_str().unwrap(), &payload["data"]["revision"]))
            .collect();
        let (start, turn) = ("session_started", "session_updated");
        let [one, two, three, four] = [1, 2, 3, 4].map(|revision| json!(revision));
        assert_eq!(told, [(start, &one), (turn, &two), (turn, &three), (turn, &four)]);
        let last = &of_session[3];
        assert_eq!(
            last["data"],
            json!({"current_node": "ask", "previous_node": "ask", "status": "active",
                "previous_status": "active", "revision": 4, "previous_revision": 3})
        );
        assert!(last["timestamp"].is_f64() || last["timestamp"].is_u64(), "{last}");
        assert_eq!(last["flow_id"], json!(FlowId::derived("counter")));
        assert_eq!((&last["user_id"], &last["school_id"]), (&json!(null), &json!(null)));
    }
    let path = |webhook: &Value| {
        format!("/v1/cms/webhooks/{}/deliveries?limit=3", webhook["id"].as_str().unwrap())
    };
    let page = loop {
        let (_, page) = world.ask(ADMIN, "GET", &path(&made), None).await;
        if page["pagination"]["total_capped"] == true && page["data"].as_array().unwrap().len() == 3
        {
            break page;
        }
    };
    assert_eq!(page["data"][0]["status_code"], 204, "{page}");
    assert_eq!(page["pagination"]["total"], 3, "there are more than that");
    let (_, page) = world.ask(HEAD, "GET", &path(&other), None).await;
    assert_eq!(page["data"], json!([]), "sessions of no school are none of its business");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_test_is_sent_at_once_and_signed() {
    // S6.43, S6.47
    let world = World::without_worker().await;
    let (url, heard) = receiver().await;
    let made = world.subscribe(ADMIN, json!({"url": url, "secret": "0123456789abcdef"})).await;
    let path = format!("/v1/cms/webhooks/{}", made["id"].as_str().unwrap());
    let (status, tested) = world.ask(ADMIN, "POST", &format!("{path}/test"), None).await;
    assert_eq!(
        (status, &tested["success"], &tested["status_code"]),
        (200, &json!(true), &json!(204))
    );
    world.ask(ADMIN, "POST", &format!("{path}/rotate-secret"), None).await;
    world.ask(ADMIN, "POST", &format!("{path}/test"), None).await;
    let heard = wait_for(&heard, 2).await;
    let signatures = heard.iter().map(|(headers, body)| {
        assert_eq!(headers["x-event-type"], "webhook_test", "{body}");
        headers["x-webhook-signature-v2"].to_str().unwrap().matches("v1=").count()
    });
    assert_eq!(signatures.collect::<Vec<_>>(), [1, 2], "both secrets count during a rotation");
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let body = json!({"url": format!("http://{closed}/")});
    world.ask(ADMIN, "PUT", &path, Some(body)).await;
    let (status, tested) = world.ask(ADMIN, "POST", &format!("{path}/test"), None).await;
    assert_eq!(
        (status, &tested["success"], &tested["status_code"]),
        (200, &json!(false), &json!(null))
    );
    assert!(tested["error"].as_str().unwrap().starts_with("network"), "{tested}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_did_not_arrive_is_listed_and_tried_again() {
    // S3.183, S3.184, S6.38
    let world = World::new().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let with = json!({"url": format!("http://{closed}/"), "max_retries": 0});
    let made = world.subscribe(ADMIN, with).await;
    world.talk(&[]).await;
    let row = loop {
        let (_, page) = world.ask(ADMIN, "GET", "/v1/cms/outbox", None).await;
        if let Some(row) = page["data"].get(0) {
            break row.clone();
        }
    };
    assert_eq!((&row["status"], &row["webhook_id"]), (&json!("dead_letter"), &made["id"]));
    assert_eq!(row["event_type"], "session_started");
    let (_, page) = world.ask(ADMIN, "GET", "/v1/cms/outbox?status=failed", None).await;
    assert_eq!(page["data"], json!([]));
    let (status, _) = world.ask(ADMIN, "GET", "/v1/cms/outbox?status=published", None).await;
    assert_eq!(status, 422);
    let (url, heard) = receiver().await;
    let webhook = format!("/v1/cms/webhooks/{}", made["id"].as_str().unwrap());
    world.ask(ADMIN, "PUT", &webhook, Some(json!({"url": url}))).await;
    let retry = format!("/v1/cms/outbox/{}/retry", row["id"].as_str().unwrap());
    let (status, answer) = world.ask(HEAD, "POST", &retry, None).await;
    assert_eq!((status, code(&answer)), (403, "forbidden"));
    let (status, answer) = world.ask(ADMIN, "POST", &retry, None).await;
    assert_eq!((status, &answer["id"]), (200, &row["id"]), "{answer}");
    let heard = wait_for(&heard, 1).await;
    assert_eq!(heard[0].0["x-event-id"], row["id"].as_str().unwrap());
    let again = loop {
        let again = world.ask(ADMIN, "POST", &retry, None).await;
        if again.0 == 409 {
            break again;
        }
    };
    assert_eq!(code(&again.1), "not_retryable");
    let nobody = format!("/v1/cms/outbox/{}/retry", Uuid::from_u128(99));
    let (status, answer) = world.ask(ADMIN, "POST", &nobody, None).await;
    assert_eq!((status, code(&answer)), (404, "event_not_found"));
}
