//! Subscriptions, deliveries and streams of events, over HTTP (section 6, S3.173 to S3.184).

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the lints spare test functions but not what they call"
)]

mod deliveries;
mod streams;
mod subscriptions;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;

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

fn code(body: &Value) -> &str {
    body["code"].as_str().unwrap_or_default()
}
