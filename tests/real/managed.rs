//! A service with schools and accounts, in this process but behind a real socket.

use std::sync::Arc;
use std::time::Duration;

use chatflow::{TenantId, Timestamp};
use chatflow_postgres::PostgresStore;
use chatflow_server::{
    AnalyticsOptions, DatabaseIdentity, Exports, SecretsKey, ServiceOptions, Subject, TokenRules,
    router, sign,
};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, Batch, Blocking, Change, SchoolRecord, SchoolState, ServiceAccountId,
    ServiceAccountRecord, ServiceAccountType, UserId, UserRecord, UserType,
};
use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::client::{Answer, Client};

const SECRET: &[u8] = b"a secret of this test that is long enough";

/// School `n` of the two.
pub(crate) fn school(n: u128) -> TenantId {
    TenantId(Uuid::from_u128(0x5c00_0000 + n))
}

/// The people: names, types, schools. Ids are their places, from 1.
const USERS: [(&str, UserType, Option<u128>); 9] = [
    ("platform", UserType::Wriveted, None),
    ("admin", UserType::SchoolAdmin, Some(1)),
    ("other admin", UserType::SchoolAdmin, Some(2)),
    ("educator", UserType::Educator, Some(1)),
    ("colleague", UserType::Educator, Some(1)),
    ("other educator", UserType::Educator, Some(2)),
    ("learner", UserType::Student, Some(1)),
    ("other learner", UserType::Student, Some(2)),
    ("public", UserType::Public, None),
];

/// The programs. Ids are their places, from 101.
const PROGRAMS: [(&str, ServiceAccountType, &[u128]); 4] = [
    ("backend", ServiceAccountType::Backend, &[]),
    ("reader", ServiceAccountType::Lms, &[1]),
    ("schools", ServiceAccountType::School, &[1, 2]),
    ("kiosk", ServiceAccountType::Kiosk, &[1]),
];

/// A running service.
pub(crate) struct Managed {
    pub(crate) store: AnyStore,
    runtime: Arc<Runtime>,
    client: Client,
    /// What the service says of itself.
    document: Value,
    _folder: Option<TempDir>,
}

impl Managed {
    /// On a file of its own.
    pub(crate) fn on_file() -> Self {
        let folder = TempDir::new().expect("a folder can be made");
        let store = SqliteStore::open(folder.path().join("chatflow.db")).expect("it opens");
        Self::start(|_| AnyStore::new(Blocking(store)), Some(folder))
    }

    /// On the Postgres database at this address.
    pub(crate) fn on_server(url: &str) -> Self {
        let connect = |runtime: &Runtime| {
            AnyStore::new(runtime.block_on(PostgresStore::connect(url)).expect("it connects"))
        };
        Self::start(connect, None)
    }

    fn start(open: impl FnOnce(&Runtime) -> AnyStore, folder: Option<TempDir>) -> Self {
        let runtime = Arc::new(Runtime::new().expect("a runtime starts"));
        let store = open(&runtime);
        runtime.block_on(fill(&store));
        let rules = TokenRules::secret(SECRET).expect("the secret is long enough");
        let identity = Some(Arc::new(DatabaseIdentity::new(store.clone(), rules)) as _);
        let secrets_key = Some(SecretsKey::read(&"5e".repeat(32)).expect("64 digits are a key"));
        let analytics = AnalyticsOptions { cache: Duration::ZERO, ..AnalyticsOptions::default() };
        // Nobody makes the files that are asked for.
        let folder_of_exports = concat!(env!("CARGO_TARGET_TMPDIR"), "/exports");
        let exports = Some(Exports::new(folder_of_exports, 1 << 20, SECRET));
        let usual = ServiceOptions::default();
        let options = ServiceOptions { identity, secrets_key, analytics, exports, ..usual };
        let service = router(store.clone(), options);
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        runtime.spawn(async move { axum::serve(listener, service).await });
        let client = Client::new(&format!("http://{address}"));
        let document = client.get("/v1/openapi.json").body;
        Self { store, runtime, client, document, _folder: folder }
    }

    /// Waits for what the store does.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Sends a request as somebody; `""` is nobody. Null is no body.
    pub(crate) fn send(&self, who: &str, (method, path): (&str, &str), body: &Value) -> Answer {
        self.send_with(who, (method, path), &[], body)
    }

    pub(crate) fn send_with(
        &self,
        who: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let token = format!("Bearer {}", token(who));
        let mut headers = headers.to_vec();
        if !who.is_empty() {
            headers.push(("authorization", &token));
        }
        let answer = if body.is_null() {
            self.client.send((method, path), &headers, b"")
        } else {
            self.client.send_json((method, path), &headers, body)
        };
        self.check(method, path, &answer);
        answer
    }

    pub(crate) fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, ("GET", path), &Value::Null)
    }

    /// Holds an answer against what the service says of itself.
    fn check(&self, method: &str, path: &str, answer: &Answer) {
        if !answer.body.is_object() && !answer.body.is_array() {
            return;
        }
        let path = path.split('?').next().unwrap_or_default();
        let fits = |template: &str| {
            let (mut template, mut path) = (template.split('/'), path.split('/'));
            loop {
                match (template.next(), path.next()) {
                    (None, None) => return true,
                    (Some(part), Some(given)) if part == given || part.starts_with('{') => {}
                    _ => return false,
                }
            }
        };
        let paths = self.document["paths"].as_object().expect("there are paths");
        // Names come before parameters (S3.2).
        let mut found: Vec<_> = paths.keys().filter(|template| fits(template)).collect();
        found.sort_by_key(|template| template.matches('{').count());
        let Some(template) = found.first() else { return };
        let responses = &paths[*template][method.to_lowercase()]["responses"];
        let known = responses.get(answer.status.to_string()).unwrap_or(&responses["default"]);
        let mut schema = known["content"]["application/json"]["schema"].clone();
        if schema.is_null() {
            return;
        }
        schema["components"] = self.document["components"].clone();
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let errors: Vec<_> =
            validator.iter_errors(&answer.body).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{method} {path}: {errors:?}\n{answer:?}");
    }
}

/// The id of a person or a program.
pub(crate) fn account(who: &str) -> Uuid {
    let user = USERS.iter().position(|(name, ..)| *name == who).map(|n| n as u128 + 1);
    let program = || PROGRAMS.iter().position(|(name, ..)| *name == who).map(|n| n as u128 + 101);
    Uuid::from_u128(user.or_else(program).unwrap_or_else(|| panic!("nobody is called {who}")))
}

fn token(who: &str) -> String {
    if who.is_empty() {
        return String::new();
    }
    let is_user = USERS.iter().any(|(name, ..)| *name == who);
    let id = account(who);
    let subject = if is_user { Subject::User(id) } else { Subject::Service(id) };
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since.expect("the clock is past 1970").as_millis();
    let now = Timestamp::from_millis(i64::try_from(millis).expect("it fits"));
    sign(SECRET, "wriveted", subject, now, 3600, Map::new()).expect("it can be signed")
}

async fn fill(store: &AnyStore) {
    let (scope, at) = (AccessScope::system(), Timestamp::from_millis(0));
    let record = |n| SchoolRecord {
        id: school(n),
        seed_key: None,
        name: format!("School {n}"),
        state: SchoolState::Active,
        theme_id: None,
        info: "{}".to_owned(),
    };
    let schools = [1, 2].map(|n| Change { expected: None, record: record(n) });
    let batch = Batch { at, schools: schools.into(), ..Batch::default() };
    store.apply(&scope, &batch).await.expect("schools are stored");
    for (name, kind, of) in USERS {
        let record = UserRecord {
            id: UserId(account(name)),
            kind,
            is_active: true,
            email: None,
            name: name.to_owned(),
            school_id: of.map(school),
            info: "{}".to_owned(),
        };
        let change = Change { expected: None, record };
        store.save_user(&scope, &change, at).await.expect("a user is stored");
    }
    for (name, kind, of) in PROGRAMS {
        let record = ServiceAccountRecord {
            id: ServiceAccountId(account(name)),
            kind,
            is_active: true,
            name: name.to_owned(),
            schools: of.iter().map(|n| school(*n)).collect(),
            info: "{}".to_owned(),
        };
        let change = Change { expected: None, record };
        store.save_service_account(&scope, &change, at).await.expect("a program is stored");
    }
}
