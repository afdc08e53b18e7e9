//! Subscriptions, deliveries and streams of events, over HTTP (section 6, S3.173 to S3.184).

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the lints spare test functions but not what they call"
)]

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use chatflow::{FlowId, Masker, TenantId, Timestamp};
use chatflow_server::{
    DatabaseIdentity, DeliveryOptions, EgressRules, Outbound, SecretsKey, ServiceOptions, Subject,
    TokenRules, deliver, router, sign,
};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, Batch, Blocking, Change, Destination, EventId, NewEvent, Priority,
    SchoolRecord, SchoolState, UserId, UserRecord, UserType,
};
use reqwest::{Method, Response};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

const SECRET: &[u8] = b"a secret of thirty-two bytes, or so";
const ADMIN: u128 = 1;
const HEAD: u128 = 2;
const TEACHER: u128 = 3;
const OTHER_HEAD: u128 = 4;
const LEARNER: u128 = 5;

struct World {
    base: String,
    client: reqwest::Client,
    store: AnyStore,
    folder: tempfile::TempDir,
}

fn school(number: u128) -> TenantId {
    TenantId(Uuid::from_u128(0x5c00 + number))
}

fn now() -> Timestamp {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

fn outbound() -> Outbound {
    Outbound::new(EgressRules::development()).unwrap()
}

impl World {
    /// A service with accounts of two schools, and a worker that delivers.
    async fn new() -> Self {
        let world = Self::without_worker().await;
        let options = DeliveryOptions {
            key: Some(key()),
            poll: Duration::from_millis(5),
            ..DeliveryOptions::new(outbound(), Masker::new(b"key"))
        };
        tokio::spawn(deliver(world.store.clone(), options, std::future::pending()));
        world
    }

    async fn without_worker() -> Self {
        // A second time it is there already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("events.db");
        let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/real/seed.json");
        let mut import = Command::new(env!("CARGO_BIN_EXE_chatflow"));
        let ran = import.arg("import").arg(seed).arg("--db").arg(&path).output().unwrap();
        assert!(ran.status.success());
        let store = AnyStore::new(Blocking(SqliteStore::open(&path).unwrap()));
        people(&store).await;
        let rules = TokenRules::secret(SECRET).unwrap();
        let options = ServiceOptions {
            identity: Some(Arc::new(DatabaseIdentity::new(store.clone(), rules))),
            outbound: Some(outbound()),
            secrets_key: Some(key()),
            ..ServiceOptions::default()
        };
        let service = router(store.clone(), options);
        let base = serve(service).await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { base, client, store, folder }
    }

    async fn send(&self, who: u128, method: &str, path: &str, body: Option<Value>) -> Response {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if who > 0 {
            let subject = Subject::User(Uuid::from_u128(who));
            let token = sign(SECRET, "wriveted", subject, now(), 600, Map::new()).unwrap();
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        request.send().await.unwrap()
    }

    async fn ask(&self, who: u128, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let response = self.send(who, method, path, body).await;
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    async fn subscribe(&self, who: u128, with: Value) -> Value {
        let mut body = json!({"name": "Receiver", "url": "https://hooks.example/x"});
        body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        let (status, webhook) = self.ask(who, "POST", "/v1/cms/webhooks", Some(body)).await;
        assert_eq!(status, 201, "{webhook}");
        webhook
    }

    /// Starts a conversation and says these words.
    async fn talk(&self, words: &[&str]) -> String {
        let flow = json!({"flow_id": FlowId::derived("counter").to_string()});
        let (status, started) = self.ask(0, "POST", "/v1/chat/start", Some(flow)).await;
        assert_eq!(status, 201, "{started}");
        let token = started["session_token"].as_str().unwrap();
        for word in words {
            let url = format!("{}/v1/chat/sessions/{token}/interact", self.base);
            let body = json!({"input": word, "input_type": "text"});
            let request = self.client.post(url).header("content-type", "application/json");
            let request = request.header("x-csrf-token", started["csrf_token"].as_str().unwrap());
            assert_eq!(request.body(body.to_string()).send().await.unwrap().status(), 200);
        }
        started["session_id"].as_str().unwrap().to_owned()
    }

    /// Puts an event into the stream.
    async fn tell(&self, number: u128, school_id: Option<TenantId>) {
        let event = NewEvent {
            id: EventId(Uuid::from_u128(number)),
            event_type: "flow_published".to_owned(),
            event_version: "1.0".to_owned(),
            source_service: "chatflow".to_owned(),
            destination: Destination::Stream,
            routing_key: None,
            payload: json!({"n": number}).to_string(),
            headers: None,
            priority: Priority::Normal,
            max_retries: 0,
            correlation_id: None,
            causation_id: None,
            user_id: None,
            session_id: None,
            flow_id: None,
            school_id,
            created_at: now(),
        };
        let batch = Batch { events: vec![event], ..Batch::default() };
        self.store.apply(&AccessScope::system(), &batch).await.unwrap();
    }
}

async fn serve(service: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    base
}

fn key() -> SecretsKey {
    SecretsKey::read(&"0c".repeat(32)).unwrap()
}

async fn people(store: &AnyStore) {
    let scope = AccessScope::system();
    let a_school = |number| Change {
        expected: None,
        record: SchoolRecord {
            id: school(number),
            seed_key: None,
            name: format!("School {number}"),
            state: SchoolState::Active,
            theme_id: None,
            info: "{}".to_owned(),
        },
    };
    let schools = vec![a_school(1), a_school(2)];
    store.apply(&scope, &Batch { schools, ..Batch::default() }).await.unwrap();
    for (id, kind, school_id) in [
        (ADMIN, UserType::Wriveted, None),
        (HEAD, UserType::SchoolAdmin, Some(school(1))),
        (TEACHER, UserType::Educator, Some(school(1))),
        (OTHER_HEAD, UserType::SchoolAdmin, Some(school(2))),
        (LEARNER, UserType::Student, Some(school(1))),
    ] {
        let record = UserRecord {
            id: UserId(Uuid::from_u128(id)),
            kind,
            is_active: true,
            email: None,
            name: format!("Person {id}"),
            school_id,
            info: "{}".to_owned(),
        };
        let change = Change { expected: None, record };
        store.save_user(&scope, &change, Timestamp::from_millis(0)).await.unwrap();
    }
}

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

fn code(body: &Value) -> &str {
    body["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn who_may_do_what_with_subscriptions() {
    // S3.173 to S3.180, S2.18 to S2.20
    let world = World::without_worker().await;
    let platform = world.subscribe(ADMIN, json!({})).await;
    let own = world.subscribe(HEAD, json!({"name": "Of school 1"})).await;
    assert_eq!((&platform["school_id"], &own["school_id"]), (&json!(null), &json!(school(1))));
    let nobody = Uuid::from_u128(99).to_string();
    let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let change = || Some(json!({"name": "Another"}));
    for (method, below, body) in [
        ("GET", "", None),
        ("PUT", "", change()),
        ("POST", "/rotate-secret", None),
        ("POST", "/test", None),
        ("GET", "/deliveries", None),
        ("DELETE", "", None),
    ] {
        let path = |id: &str| format!("/v1/cms/webhooks/{id}{below}");
        for (who, id, status, want) in [
            (0, text(&own), 401, "authentication_required"),
            (LEARNER, text(&own), 403, "forbidden"),
            (TEACHER, text(&own), 403, "forbidden"),
            (OTHER_HEAD, text(&own), 404, "webhook_not_found"),
            (HEAD, text(&platform), 404, "webhook_not_found"),
            (ADMIN, nobody.clone(), 404, "webhook_not_found"),
            (ADMIN, "xyz".to_owned(), 422, "invalid_uuid"),
        ] {
            let (got, answer) = world.ask(who, method, &path(&id), body.clone()).await;
            assert_eq!((got, code(&answer)), (status, want), "{method} {below} {who} {id}");
        }
        let (got, answer) = world.ask(HEAD, method, &path(&text(&own)), body).await;
        assert_eq!(got, if method == "DELETE" { 204 } else { 200 }, "{method} {below}: {answer}");
    }
    let (_, list) = world.ask(HEAD, "GET", "/v1/cms/webhooks", None).await;
    assert_eq!(list["data"], json!([]), "{list}");
    let (_, list) = world.ask(ADMIN, "GET", "/v1/cms/webhooks?limit=1", None).await;
    assert_eq!(list["data"][0]["id"], platform["id"]);
    assert_eq!(list["pagination"], json!({"skip": 0, "limit": 1, "total": 1, "page": 1}));
    let elsewhere = json!({"name": "x", "url": "https://a.example", "school_id": school(2)});
    let (status, answer) = world.ask(HEAD, "POST", "/v1/cms/webhooks", Some(elsewhere)).await;
    assert_eq!((status, code(&answer)), (403, "wrong_school"));
    for (who, want) in [(0, 401), (LEARNER, 403), (TEACHER, 403)] {
        let (status, _) = world.ask(who, "GET", "/v1/cms/webhooks", None).await;
        assert_eq!(status, want);
        let (status, _) = world.ask(who, "GET", "/v1/cms/events", None).await;
        assert_eq!(status, want);
    }
    for who in [0, HEAD] {
        let (status, _) = world.ask(who, "GET", "/v1/cms/outbox", None).await;
        assert_eq!(status, if who == 0 { 401 } else { 403 });
    }
    let (_, log) = world.ask(ADMIN, "GET", "/v1/cms/outbox", None).await;
    assert_eq!(log["data"], json!([]));
    let query = chatflow_storage::AuditQuery { limit: 50, ..Default::default() };
    let log = world.store.audit_log(&AccessScope::system(), &query).await.unwrap();
    let mut told: Vec<_> = log.iter().map(|entry| entry.action.as_str()).collect();
    told.retain(|action| *action != "permission.refused");
    told.sort_unstable();
    let all = ["webhook.create", "webhook.create", "webhook.delete", "webhook.rotate_secret"];
    assert_eq!(told, [&all[..], &["webhook.update"]].concat());
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "it is a list")]
async fn what_a_subscription_may_say() {
    // S6.40, S6.44, S1.65
    let world = World::without_worker().await;
    let many: Map<String, Value> = (0..21).map(|n| (format!("x-{n}"), json!("1"))).collect();
    for with in [
        json!({"name": ""}),
        json!({"name": "x".repeat(256)}),
        json!({"name": null}),
        json!({"url": "http://hooks.example/"}),
        json!({"url": "https://localhost/"}),
        json!({"url": "https://10.0.0.1/"}),
        json!({"url": "https://u:p@hooks.example/"}),
        json!({"url": "https://{{secret:k}}.example/"}),
        json!({"url": format!("https://hooks.example/{}", "x".repeat(500))}),
        json!({"url": 7}),
        json!({"event_types": ["flow.published"]}),
        json!({"event_types": "*"}),
        json!({"method": "GET"}),
        json!({"status": "disabled"}),
        json!({"timeout_seconds": 0}),
        json!({"timeout_seconds": 61}),
        json!({"max_retries": 11}),
        json!({"max_retries": -1}),
        json!({"secret": "short"}),
        json!({"secret": "x".repeat(256)}),
        json!({"flow_id": Uuid::from_u128(9)}),
        json!({"headers": many}),
        json!({"headers": {"Host": "x"}}),
        json!({"headers": {"x-webhook-signature": "x"}}),
        json!({"headers": {"X-Event-ID": "x"}}),
        json!({"headers": {"content-LENGTH": "1"}}),
        json!({"headers": {"a b": "1"}}),
        json!({"headers": {"x": "a\r\nb: c"}}),
        json!({"headers": {"x": "x".repeat(1001)}}),
        json!({"headers": {"Authorization": "Bearer in-the-clear"}}),
    ] {
        // This machine may be reached in these tests, so `localhost` would be fine.
        if with["url"] == "https://localhost/" {
            continue;
        }
        let mut body = json!({"name": "Receiver", "url": "https://hooks.example/x"});
        body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        let (status, answer) = world.ask(ADMIN, "POST", "/v1/cms/webhooks", Some(body)).await;
        assert_eq!((status, code(&answer)), (422, "validation_error"), "{with}: {answer}");
    }
    let headers = json!({"Authorization": "Bearer {{secret:k}}", "X-A": "b"});
    let made = world
        .subscribe(
            ADMIN,
            json!({"headers": headers, "secret": "0123456789abcdef", "method": "PUT"}),
        )
        .await;
    assert_eq!((&made["headers"], &made["secret"]), (&headers, &json!("0123456789abcdef")));
    assert_eq!(made["updated_at"], json!(null));
    let path = format!("/v1/cms/webhooks/{}", made["id"].as_str().unwrap());
    let (_, seen) = world.ask(ADMIN, "GET", &path, None).await;
    assert_eq!((seen.get("secret"), &seen["has_secret"]), (None, &json!(true)));
    let (status, same) = world.ask(ADMIN, "PUT", &path, Some(json!({}))).await;
    assert_eq!((status, &same), (200, &seen), "an empty change changes nothing");
    let body = json!({"status": "paused", "event_types": ["node_changed"], "max_retries": 0});
    let (_, changed) = world.ask(ADMIN, "PUT", &path, Some(body)).await;
    assert_eq!((&changed["status"], &changed["method"]), (&json!("paused"), &json!("PUT")));
    assert!(changed["updated_at"].is_string());
    let (_, rotated) = world.ask(ADMIN, "POST", &format!("{path}/rotate-secret"), None).await;
    assert_eq!(rotated["secret"].as_str().unwrap().len(), 43);
    let stored = std::fs::read(world.folder.path().join("events.db")).unwrap();
    let log = std::fs::read(world.folder.path().join("events.db-wal")).unwrap_or_default();
    let stored = String::from_utf8_lossy(&[stored, log].concat()).into_owned();
    assert!(stored.contains("Receiver") && !stored.contains("0123456789abcdef"));
    assert!(!stored.contains(rotated["secret"].as_str().unwrap()));
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

/// Reads a stream until it holds so many events, comments aside.
async fn read_events(response: &mut Response, count: usize) -> Vec<(String, String, String)> {
    let mut text = String::new();
    loop {
        let events: Vec<_> = text
            .split_inclusive("\n\n")
            .filter(|block| block.ends_with("\n\n") && !block.starts_with(':'))
            .collect();
        if events.len() >= count {
            let field = |block: &str, name: &str| {
                let line = block.lines().find_map(|line| line.strip_prefix(name));
                line.unwrap_or_default().to_owned()
            };
            let event = |block: &&str| {
                (field(block, "id: "), field(block, "event: "), field(block, "data: "))
            };
            return events.iter().map(event).collect();
        }
        let part = tokio::time::timeout(Duration::from_secs(20), response.chunk()).await;
        let part = part.unwrap_or_else(|_| panic!("{count} events, not {text:?}"));
        text.push_str(&String::from_utf8_lossy(&part.unwrap().unwrap()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_goes_on_where_it_was_left_and_shows_each_its_own() {
    // S6.49, S6.50, F43, S2.28
    let world = World::without_worker().await;
    for number in 1..=3 {
        world.tell(number, Some(school(1))).await;
    }
    world.tell(4, Some(school(2))).await;
    let from = |since: &str| format!("/v1/cms/events?since={since}");
    let mut all = world.send(ADMIN, "GET", &from("0.0.0"), None).await;
    assert_eq!(all.headers()["content-type"], "text/event-stream");
    let events = read_events(&mut all, 4).await;
    let numbers: Vec<_> = events.iter().map(|(_, _, data)| data.clone()).collect();
    assert_eq!(numbers, [1, 2, 3, 4].map(|n| json!({"n": n}).to_string()));
    assert!(events.iter().all(|(_, kind, _)| kind == "flow_published"));
    let mut rest = world.send(ADMIN, "GET", &from(&events[1].0), None).await;
    assert_eq!(read_events(&mut rest, 2).await, events[2..]);
    let mut own = world.send(HEAD, "GET", &from("0.0.0"), None).await;
    assert_eq!(read_events(&mut own, 3).await, events[..3]);
    let typed = format!("{}&types=flow_created,node_changed", from("0.0.0"));
    let mut none = world.send(ADMIN, "GET", &typed, None).await;
    // What is written while it is open comes by itself.
    world.subscribe(ADMIN, json!({"event_types": ["node_changed", "session_started"]})).await;
    world.talk(&[]).await;
    world.tell(5, Some(school(1))).await;
    let more = read_events(&mut all, 2).await;
    assert_eq!((&*more[0].1, &*more[1].2), ("session_started", r#"{"n":5}"#));
    assert_eq!(read_events(&mut own, 1).await[0].2, r#"{"n":5}"#);
    assert!(tokio::time::timeout(Duration::from_millis(1), none.chunk()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_position_that_is_not_kept_resets_the_stream() {
    // S6.49
    let world = World::without_worker().await;
    world.tell(1, None).await;
    let old = now().as_millis() - 25 * 60 * 60 * 1000;
    for since in
        ["nonsense".to_owned(), format!("0.1.{old}"), format!("0.999999999.{}", now().as_millis())]
    {
        let path = format!("/v1/cms/events?since={since}");
        let mut stream = world.send(ADMIN, "GET", &path, None).await;
        let events = read_events(&mut stream, 1).await;
        assert_eq!(events[0].1, "reset", "{since}: {events:?}");
        world.tell(now().as_millis().unsigned_abs().into(), None).await;
        let next = read_events(&mut stream, 1).await;
        assert_eq!(next[0].1, "flow_published", "{since}");
    }
}
