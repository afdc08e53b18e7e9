//! Events between several processes on one file.

#![expect(clippy::unwrap_used, reason = "the lints spare test functions but not what they call")]

mod changes;
mod outbox;

use std::path::Path;
use std::process::{Child, Command, Stdio};

use chatflow::{ContentId, SessionId, Timestamp, Visibility};
use chatflow_sqlite::{Durability, Options, SqliteStore};
use chatflow_storage::{
    AccessScope, Batch, Change, ContentRecord, ContentStatus, Destination, EventId, LibraryStore,
    NewEvent, Priority, SubscriptionId,
};
use uuid::Uuid;

/// Tells a process the file, and what it is to do there.
const FILE: &str = "CHATFLOW_TEST_EVENTS_FILE";
const TASK: &str = "CHATFLOW_TEST_EVENTS_TASK";

/// Starts this program again, to run one test that is ignored otherwise.
fn process(test: &str, file: &Path, task: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command.env(FILE, file).env(TASK, task);
    command.stdout(Stdio::null()).spawn().unwrap()
}

/// What this process was told.
fn told() -> Option<(SqliteStore, String)> {
    let file = std::env::var_os(FILE)?;
    Some((open(Path::new(&file)), std::env::var(TASK).unwrap()))
}

fn open(path: &Path) -> SqliteStore {
    let options = Options { durability: Durability::Normal, ..Options::default() };
    SqliteStore::open_with(path, options).unwrap()
}

fn hook(n: u128) -> NewEvent {
    NewEvent {
        id: EventId(Uuid::from_u128(n)),
        event_type: "node_changed".into(),
        event_version: "1.0".into(),
        source_service: "chatflow".into(),
        destination: Destination::Webhook(SubscriptionId(Uuid::from_u128(n % 3))),
        routing_key: None,
        payload: "{}".into(),
        headers: None,
        priority: Priority::Normal,
        max_retries: 3,
        correlation_id: None,
        causation_id: None,
        user_id: None,
        session_id: Some(SessionId(Uuid::from_u128(n % 101))),
        flow_id: None,
        school_id: None,
        created_at: Timestamp::default(),
    }
}

fn content(n: u128) -> Change<ContentRecord> {
    let record = ContentRecord {
        id: ContentId(Uuid::from_u128(n)),
        seed_key: None,
        kind: "joke".into(),
        content: format!("{{\"n\":{n}}}"),
        info: "{}".into(),
        tags: Vec::new(),
        is_active: true,
        status: ContentStatus::Draft,
        visibility: Visibility::Wriveted,
        school_id: None,
        created_by: None,
        variants: Vec::new(),
    };
    Change { expected: None, record }
}

fn fill(store: &SqliteStore, contents: Vec<Change<ContentRecord>>, events: Vec<NewEvent>) {
    let batch = Batch { contents, events, ..Batch::default() };
    store.apply(&AccessScope::system(), &batch).unwrap();
}
