//! A service with accounts, in this process, on a real socket.

use std::sync::{Arc, OnceLock};

use chatflow::{TenantId, Timestamp};
use chatflow_server::{DatabaseIdentity, ServiceOptions, Subject, TokenRules, router, sign};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, Batch, Change, SchoolRecord, SchoolState, ServiceAccountId,
    ServiceAccountRecord, ServiceAccountType, UserId, UserRecord, UserType,
};
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::client::{Answer, Client};
use super::described::Description;

const SECRET: &[u8] = b"a secret of forty characters for testing";

/// A running service over a store, with two schools and the accounts of [`Who`].
pub(crate) struct Served {
    client: Client,
    pub(crate) store: AnyStore,
    /// Every answer is held against it.
    description: Description,
}

/// Who sends a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Who {
    /// Nobody: no token.
    Nobody,
    /// Runs the platform.
    Platform,
    /// Runs school 1 or 2.
    Admin(u128),
    /// Teaches at school 1 or 2.
    Educator(u128),
    /// Also teaches there.
    Colleague(u128),
    /// Learns there.
    Student(u128),
    /// A program that reads what educators of school 1 or 2 may see.
    Reader(u128),
    /// A program that runs both schools.
    Schools,
}

impl Who {
    /// Everybody who signs in.
    pub(crate) const ALL: [Self; 12] = [
        Self::Platform,
        Self::Admin(1),
        Self::Admin(2),
        Self::Educator(1),
        Self::Educator(2),
        Self::Colleague(1),
        Self::Colleague(2),
        Self::Student(1),
        Self::Student(2),
        Self::Reader(1),
        Self::Reader(2),
        Self::Schools,
    ];

    /// The id of the account.
    pub(crate) fn id(self) -> Uuid {
        Uuid::from_u128(match self {
            Self::Nobody => 0,
            Self::Platform => 0xa0,
            Self::Admin(school) => 0xb0 + school,
            Self::Educator(school) => 0xc0 + school,
            Self::Colleague(school) => 0xd0 + school,
            Self::Student(school) => 0xe0 + school,
            Self::Reader(school) => 0xf0 + school,
            Self::Schools => 0xff0,
        })
    }

    fn token(self) -> Option<String> {
        let subject = match self {
            Self::Nobody => return None,
            Self::Reader(_) | Self::Schools => Subject::Service(self.id()),
            _ => Subject::User(self.id()),
        };
        let at = Timestamp::from_millis(now());
        let token = sign(SECRET, "wriveted", subject, at, 3600, Map::new());
        Some(token.expect("the secret is long enough"))
    }

    fn user(self) -> Option<UserRecord> {
        let (kind, school) = match self {
            Self::Platform => (UserType::Wriveted, None),
            Self::Admin(school) => (UserType::SchoolAdmin, Some(school)),
            Self::Educator(school) | Self::Colleague(school) => (UserType::Educator, Some(school)),
            Self::Student(school) => (UserType::Student, Some(school)),
            Self::Nobody | Self::Reader(_) | Self::Schools => return None,
        };
        Some(UserRecord {
            id: UserId(self.id()),
            kind,
            is_active: true,
            email: None,
            name: format!("{self:?}"),
            school_id: school.map(school_id),
            info: "{}".to_owned(),
        })
    }

    fn program(self) -> Option<ServiceAccountRecord> {
        let (kind, schools) = match self {
            Self::Reader(school) => (ServiceAccountType::Lms, vec![school_id(school)]),
            Self::Schools => (ServiceAccountType::School, vec![school_id(1), school_id(2)]),
            _ => return None,
        };
        Some(ServiceAccountRecord {
            id: ServiceAccountId(self.id()),
            kind,
            is_active: true,
            name: format!("{self:?}"),
            schools,
            info: "{}".to_owned(),
        })
    }
}

fn school_id(n: u128) -> TenantId {
    TenantId(Uuid::from_u128(n))
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.expect("it is after 1970").as_millis()).expect("it is before 292 million")
}

/// The runtime of all such services.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime starts"))
}

impl Served {
    /// Serves a store that [`runtime`] may use.
    pub(crate) fn on(store: AnyStore) -> Self {
        runtime().block_on(fill(&store));
        let rules = TokenRules::secret(SECRET).expect("the secret is long enough");
        let identity = Arc::new(DatabaseIdentity::new(store.clone(), rules));
        let options = ServiceOptions { identity: Some(identity), ..ServiceOptions::default() };
        let service = router(store.clone(), options);
        let address = runtime().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener.local_addr().expect("a socket has an address");
            tokio::spawn(async move { axum::serve(listener, service).await });
            address
        });
        let client = Client::new(&format!("http://{address}"));
        let description = Description::of(client.get("/v1/openapi.json").body);
        Self { client, store, description }
    }

    /// Sends a request on somebody's behalf.
    pub(crate) fn send(&self, who: Who, line: (&str, &str), body: &Value) -> Answer {
        self.send_with(who, line, &[], body)
    }

    /// The same, with further headers.
    pub(crate) fn send_with(
        &self,
        who: Who,
        line: (&str, &str),
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let bearer = who.token().map(|token| format!("Bearer {token}"));
        let mut all = headers.to_vec();
        all.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        let answer = if body.is_null() {
            self.client.send(line, &all, b"")
        } else {
            self.client.send_json(line, &all, body)
        };
        self.description.check(line, &answer);
        answer
    }

    /// Reads on somebody's behalf.
    pub(crate) fn get(&self, who: Who, path: &str) -> Answer {
        self.send(who, ("GET", path), &Value::Null)
    }
}

async fn fill(store: &AnyStore) {
    let scope = AccessScope::system();
    let at = Timestamp::from_millis(now());
    let school = |n| SchoolRecord {
        id: school_id(n),
        seed_key: None,
        name: format!("School {n}"),
        state: SchoolState::Active,
        theme_id: None,
        info: "{}".to_owned(),
    };
    let schools = [1, 2].map(|n| Change { expected: None, record: school(n) });
    let batch = Batch { at, schools: schools.into(), ..Batch::default() };
    store.apply(&scope, &batch).await.expect("schools are stored");
    for who in Who::ALL {
        if let Some(record) = who.user() {
            let change = Change { expected: None, record };
            store.save_user(&scope, &change, at).await.expect("a user is stored");
        }
        if let Some(record) = who.program() {
            let change = Change { expected: None, record };
            store.save_service_account(&scope, &change, at).await.expect("an account is stored");
        }
    }
}
