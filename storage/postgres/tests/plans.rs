//! What the statements of a conversation cost: their plans, held against what was committed.
//!
//! The statements are those that went over the wire when the store was called, so that none is
//! forgotten. `UPDATE=1` writes what is found.

mod analytics;
mod catalog;
mod evidence;

use std::fmt::Write as _;
use std::path::Path;

use chatflow::{
    ContentId, ContentQuery, FlowId, FlowRef, Revision, SessionId, TenantId, Timestamp,
};
use chatflow_postgres::{Inspector, Options, PostgresStore};
use chatflow_storage::BlockOn;
use chatflow_storage::{
    AccessScope, AccountId, AsyncAccountStore, AsyncContentStore, AsyncEffectStore,
    AsyncEvidenceStore, AsyncExportStore, AsyncFlowStore, AsyncInspect, AsyncOutboxStore,
    AsyncReferenceStore, AsyncSessionAdminStore, AsyncSessionStore, AsyncSubscriptionStore,
    AsyncThemeStore, Commit, DeliveryOutcome, DeliveryQuery, Departure, EffectClaim, EventClaim,
    EventId, EventLock, EventQuery, ExportClaim, ExportId, ExportLease, ExportOutcome,
    ExportProgress, ExportQuery, FlowUserQuery, Health, HistoryQuery, LeaseRequest, LeaseToken,
    OldEvents, OldExports, ReferenceKind, ServiceAccountId, ServiceAccountQuery, SessionEventQuery,
    SessionQuery, Settlement, StreamQuery, SubscriptionId, ThemeId, UserId, UserKey, UserQuery,
    UserType,
};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use uuid::Uuid;

use crate::place::{Database, template};
use crate::proxy::{Proxy, Statement};
use crate::session::{SESSION, commit, full_commit, full_session, new_session};

/// Rows enough that a planner has a choice, with the statistics of a database in use.
const SEED: &str = include_str!("plans/seed.sql");

/// The release whose wording the committed plans have.
const RELEASE: &str = "15";

const MONTHS: &str = "SELECT inhrelid::regclass::text FROM pg_inherits
  WHERE inhrelid::regclass::text ~ '_[0-9]{4}_[0-9]{2}$'";

/// One statement of the conversation's path.
pub(crate) struct Planned {
    /// The call that sends it.
    pub(crate) call: &'static str,
    /// As a person reads it, without costs.
    pub(crate) text: String,
    /// As a program reads it, with outputs.
    pub(crate) plan: Value,
}

/// All statements of a conversation with their plans.
pub(crate) struct Plans {
    /// Those of [`AsyncSessionStore`].
    pub(crate) session: Vec<Planned>,
    /// What a host reads of the library on the way: versions, themes, content.
    pub(crate) library: Vec<Planned>,
    /// What is read of many sessions, by those who look later.
    evidence: Vec<Planned>,
    /// Those of deliverers and of readers of the stream.
    events: Vec<Planned>,
    /// What goes on beside conversations: accounts, jobs, the administration of sessions.
    beside: Vec<Planned>,
    release: String,
}

/// Calls the store and plans what it sent.
pub(crate) fn plans() -> Option<Plans> {
    let database = template()?.clone_database();
    let proxy = Proxy::new(&database.url);
    let options = Options { max_connections: 1, ..Options::default() };
    let connect = PostgresStore::connect_with(&proxy.url, options);
    let store = database.block_on(connect).unwrap();
    // Which months have partitions is the day's; without them the plans are those of the rest.
    for partition in database.rows(MONTHS) {
        database.execute(&format!("DROP TABLE {}", partition.get::<&str, _>(0)));
    }
    database.execute(SEED);
    proxy.prepared();
    let session = database.block_on(call_session(&store, &proxy));
    let library = database.block_on(call_library(&store, &proxy));
    let mut evidence = database.block_on(evidence::call_evidence(&store, &proxy));
    evidence.extend(database.block_on(evidence::call_performance(&store, &proxy)));
    evidence.extend(database.block_on(evidence::call_engagement(&store, &proxy)));
    evidence.extend(database.block_on(evidence::call_audit(&store, &proxy)));
    evidence.extend(database.block_on(analytics::call_analytics(&store, &proxy)));
    let events = database.block_on(call_events(&store, &proxy));
    let mut beside = database.block_on(call_accounts(&store, &proxy));
    beside.extend(database.block_on(call_admin(&store, &proxy)));
    beside.extend(database.block_on(call_references(&store, &proxy)));
    beside.extend(database.block_on(call_exports(&store, &proxy)));
    beside.extend(database.block_on(catalog::call_contents(&store, &proxy)));
    beside.extend(database.block_on(catalog::call_flows(&store, &proxy)));
    let plan = |(call, statements): (&'static str, Vec<Statement>)| {
        let [statement] = statements.try_into().ok().expect(call);
        database.block_on(plan(&database, call, &statement)).expect(call)
    };
    let release = database.rows("SELECT current_setting('server_version_num')::int / 10000");
    Some(Plans {
        session: session.into_iter().map(plan).collect(),
        library: library.into_iter().map(plan).collect(),
        evidence: evidence.into_iter().map(plan).collect(),
        events: events.into_iter().map(plan).collect(),
        beside: beside.into_iter().map(plan).collect(),
        release: release[0].get::<i32, _>(0).to_string(),
    })
}

type Sent = Vec<(&'static str, Vec<Statement>)>;

#[expect(clippy::too_many_lines, reason = "one call after the other")]
async fn call_session(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let token = LeaseToken(Uuid::from_u128(3));
    let (at, until) = (Timestamp::default(), Timestamp::from_millis(10));
    let lease =
        LeaseRequest { session: SESSION, expected: Revision(1), token, until, at, mark: None };
    let all = HistoryQuery { session: SESSION, after_seq: 0, kinds: None, skip: 0, limit: 10 };
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    store.create_session(&new_session()).await.unwrap();
    sends("create_session");
    store.load_session(SESSION).await.unwrap().unwrap();
    sends("load_session");
    store.take_lease(&lease).await.unwrap();
    sends("take_lease");
    store.release_lease(SESSION, token).await.unwrap();
    sends("release_lease");
    store.commit(&commit(Revision(1))).await.unwrap();
    sends("commit");
    store.commit(&commit(Revision(1))).await.unwrap_err();
    sends("commit or take_lease, refused");
    store.history(all).await.unwrap();
    sends("history");
    store.journal(SESSION).await.unwrap();
    sends("journal");
    store.preview(SESSION).await.unwrap();
    sends("preview");
    store.create_session(&full_session(2)).await.unwrap();
    sends("create_session, with all there is");
    store.commit(&full_commit(Revision(2))).await.unwrap();
    sends("commit, with all there is");
    let again = Commit { expected: Revision(3), ..full_commit(Revision(2)) };
    store.commit(&again).await.unwrap_err();
    sends("commit, refused because answered");
    store.recall_request(SESSION, "key 2", at).await.unwrap().unwrap();
    sends("recall_request");
    let shown = SessionEventQuery { session: SESSION, skip: 0, limit: 10 };
    assert_eq!(store.session_content_events(shown).await.unwrap().total, 3);
    sends("session_content_events");
    let effect = |key: &str, lease| EffectClaim {
        key: key.into(),
        request_hash: "a".repeat(64),
        session: SESSION,
        node_id: "hook".into(),
        revision: Revision(3),
        at,
        until,
        expires_at: until,
        lease,
    };
    for how in ["claim_effect, lease held", "claim_effect, not to run"] {
        store.claim_effect(&effect("a", None)).await.unwrap();
        sends(how);
    }
    let lease = LeaseRequest { expected: Revision(3), ..lease };
    store.claim_effect(&effect("b", Some(lease))).await.unwrap();
    sends("claim_effect");
    store.complete_effect("a", 1, at, None).await.unwrap();
    sends("complete_effect");
    store.fail_effect("b", 1, "no answer").await.unwrap();
    sends("fail_effect");
    sent
}

async fn call_accounts(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let scope = AccessScope::system();
    let admin = AccessScope::school_admin(None, vec![TenantId(Uuid::from_u128(1))]);
    let user = UserId(Uuid::from_u128(1));
    let service = ServiceAccountId(Uuid::from_u128(1));
    let at = Timestamp::default();
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    store.find_user(UserKey::Id(user)).await.unwrap();
    sends("find_user by id");
    store.find_user(UserKey::Email("a@b")).await.unwrap();
    sends("find_user by e-mail");
    store.find_service_account(service).await.unwrap();
    sends("find_service_account");
    store.note_login(user, at).await.unwrap();
    sends("note_login");
    let all = UserQuery::all(10);
    store.list_users(&scope, &all).await.unwrap();
    sends("list_users");
    let kind = Some(UserType::Student);
    store.list_users(&scope, &UserQuery { kind, ..all }).await.unwrap();
    sends("list_users of a type");
    store.list_users(&admin, &all).await.unwrap();
    sends("list_users of schools");
    store.list_service_accounts(&scope, &ServiceAccountQuery::all(10)).await.unwrap();
    sends("list_service_accounts");
    store.delete_account(&scope, AccountId::User(user)).await.unwrap();
    sends("delete_account");
    sent
}

async fn call_admin(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let scope = AccessScope::system();
    let school = AccessScope::school_admin(None, vec![TenantId(Uuid::from_u128(1))]);
    let at = Timestamp::default();
    let all = SessionQuery { limit: 10, ..SessionQuery::default() };
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    store.list_sessions(&scope, &all).await.unwrap();
    sends("list_sessions");
    let user = Some(UserId(Uuid::from_u128(1)));
    store.list_sessions(&scope, &SessionQuery { user, ..all }).await.unwrap();
    sends("list_sessions of a user");
    let flow = Some(FlowId(Uuid::from_u128(1)));
    store.list_sessions(&scope, &SessionQuery { flow, ..all }).await.unwrap();
    sends("list_sessions of a flow");
    store.list_sessions(&school, &all).await.unwrap();
    sends("list_sessions of schools");
    store.idle_sessions(&scope, at, at, 10).await.unwrap();
    sends("idle_sessions");
    store.ended_sessions(&scope, at, 10).await.unwrap();
    sends("ended_sessions");
    let departures = [Departure::of(SessionId(Uuid::from_u128(1)))];
    store.abandon_sessions(&scope, &departures, at).await.unwrap();
    sends("abandon_sessions");
    store.delete_sessions(&scope, &departures).await.unwrap();
    sends("delete_sessions");
    store.sweep_effects(at, 10).await.unwrap();
    sends("sweep_effects");
    sent
}

async fn call_references(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let (scope, id) = (AccessScope::system(), Uuid::from_u128(1));
    let query =
        FlowUserQuery { kind: ReferenceKind::Flow, id, live_only: true, after: None, limit: 10 };
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    store.flow_users(&scope, &query).await.unwrap();
    sends("flow_users");
    store.unread_flows(10).await.unwrap();
    sends("unread_flows");
    sent
}

async fn call_exports(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let scope = AccessScope::system();
    let (at, until) = (Timestamp::default(), Timestamp::from_millis(10));
    let id = ExportId(Uuid::from_u128(1));
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    let lease = ExportLease { id, holder: "a".into(), attempt: 1 };
    let claim = ExportClaim { holder: "a".into(), at, until };
    store.claim_export(&claim).await.unwrap().unwrap();
    sends("claim_export");
    let progress = ExportProgress { lease: lease.clone(), progress: 1, at, until };
    store.report_export(&progress).await.unwrap();
    sends("report_export");
    let outcome = ExportOutcome::Failed(String::new());
    store.settle_export(&lease, &outcome, at).await.unwrap();
    sends("settle_export");
    store.cancel_export(&scope, None, id, at).await.unwrap();
    sends("cancel_export");
    store.exports(&scope, ExportQuery::one(id)).await.unwrap();
    sends("exports, one");
    store.exports(&scope, ExportQuery::all(0)).await.unwrap();
    sends("exports");
    let old = OldExports { expired_at: at, forgotten_at: at, limit: 10 };
    store.remove_exports(old).await.unwrap();
    sends("remove_exports");
    sent
}

async fn call_library(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let scope = AccessScope::anonymous();
    let id = Uuid::from_u128(1);
    let flow = FlowRef { id: FlowId(id), seq: 1 };
    let query = ContentQuery { kind: "joke".into(), ..ContentQuery::default() };
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    store.newest_version(&scope, flow.id).await.unwrap();
    sends("newest_version");
    store.pins(&scope, flow).await.unwrap();
    sends("pins");
    store.flow_version(&scope, flow).await.unwrap();
    sends("flow_version");
    store.theme(&scope, ThemeId(id)).await.unwrap();
    sends("theme");
    store.theme_candidates(&scope, &[ThemeId(id)]).await.unwrap();
    sends("theme_candidates");
    store.contents(&scope, &[ContentId(id)]).await.unwrap();
    sends("contents");
    store.candidates(&scope, &query).await.unwrap();
    sends("candidates");
    let trying = scope.clone().with_drafts();
    store.contents(&trying, &[ContentId(id)]).await.unwrap();
    sends("contents of a preview");
    store.candidates(&trying, &query).await.unwrap();
    sends("candidates of a preview");
    sent
}

async fn call_events(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let scope = AccessScope::system();
    let (at, until) = (Timestamp::default(), Timestamp::from_millis(10));
    let (id, subscription) = (EventId(Uuid::from_u128(1)), SubscriptionId(Uuid::from_u128(1)));
    let holder = "a".to_owned();
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    let claim = EventClaim { holder: holder.clone(), at, until, limit: 10 };
    store.claim_events(&claim).await.unwrap();
    sends("claim_events");
    let settlement = Settlement {
        event: id,
        lock: EventLock { holder, until },
        at,
        outcome: DeliveryOutcome::Published,
        attempt: None,
        on_disabled: Vec::new(),
    };
    store.settle_event(&settlement).await.unwrap();
    sends("settle_event");
    store.retry_event(&scope, id, at).await.unwrap_err();
    sends("retry_event");
    store.stream_events(&scope, &StreamQuery::default()).await.unwrap();
    sends("stream_events");
    store.event(&scope, id).await.unwrap();
    sends("event");
    store.events(&scope, &EventQuery::default()).await.unwrap();
    sends("events");
    let old = OldEvents { published_before: at, dead_before: at, limit: 10 };
    store.delete_events(&old).await.unwrap();
    sends("delete_events");
    store.subscription(&scope, subscription).await.unwrap();
    sends("subscription");
    store.take_probe(subscription, &Health::default(), until).await.unwrap();
    sends("take_probe");
    let query = DeliveryQuery { subscription, before: None, limit: 10 };
    store.deliveries(&scope, &query).await.unwrap();
    sends("deliveries");
    store.delete_deliveries(at, 10).await.unwrap();
    sends("delete_deliveries");
    sent
}

/// The statements by which a look at the database pages through its sessions.
fn look() -> Option<Vec<Planned>> {
    let database = template()?.clone_database();
    database.execute(SEED);
    let proxy = Proxy::new(&database.url);
    let statements = database.block_on(async {
        let inspector = Inspector::open(&proxy.url).await.unwrap();
        inspector.inspect(&mut |_| {}).await.unwrap();
        inspector.sessions(None, 100).await.unwrap();
        proxy.prepared()
    });
    let has_pages = |statement: &&Statement| statement.sql.contains("WHERE id >= $1");
    let plan = |statement| database.block_on(plan(&database, "look", statement)).unwrap();
    Some(statements.iter().filter(has_pages).map(plan).collect())
}

/// The plan that serves every execution, whatever the parameters are: that of a prepared statement
/// which has been used for a while.
async fn plan(
    database: &Database,
    call: &'static str,
    statement: &Statement,
) -> sqlx::Result<Planned> {
    let mut connection = PgConnection::connect(&database.url).await?;
    let types: String = sqlx::query(
        "SELECT string_agg(format_type(t.id::oid, NULL), ', ' ORDER BY t.n)
         FROM unnest($1) WITH ORDINALITY AS t (id, n)",
    )
    .bind(statement.types.iter().map(|type_| i64::from(*type_)).collect::<Vec<_>>())
    .fetch_one(&mut connection)
    .await?
    .get(0);
    let prepare = format!(
        "SET plan_cache_mode = force_generic_plan; PREPARE asked ({types}) AS {}",
        statement.sql
    );
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut connection).await?;
    let execute = format!("EXECUTE asked ({})", vec!["NULL"; statement.types.len()].join(", "));
    let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) {execute}"));
    let lines = sqlx::raw_sql(explain).fetch_all(&mut connection).await?;
    let text = lines.iter().map(|line| line.get::<&str, _>(0)).collect::<Vec<_>>().join("\n");
    let explain = AssertSqlSafe(format!("EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) {execute}"));
    let told = sqlx::raw_sql(explain).fetch_one(&mut connection).await?;
    let told: &str = told.try_get_unchecked(0)?;
    let plan = serde_json::from_str(told).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Planned { call, text, plan })
}

/// Compares `found` with the file, or writes it if `UPDATE` is set.
pub(crate) fn compare(path: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == found,
        "{} is not what is found now; UPDATE=1 writes it:\n{found}",
        path.display()
    );
}

#[test]
fn no_statement_of_a_conversation_reads_a_table_from_end_to_end() {
    let Some(plans) = plans() else { return };
    let mut found = format!("Plans of Postgres {RELEASE}, written by tests/plans.rs.\n");
    let Plans { session, library, evidence, events, beside, .. } = &plans;
    for planned in [session, library, evidence, events, beside].into_iter().flatten() {
        // The list of the library may be narrowed by anything: it is walked in its order, and counted to a
        // limit. How, the planner guesses anew with each row.
        if planned.call.starts_with("content_page") {
            assert!(planned.text.contains("Index"), "{}:\n{}", planned.call, planned.text);
            continue;
        }
        // Any filter of a list of flows may fit any number of them, and they are counted: of a table
        // that people fill by hand, all of it is read (S3.80).
        if planned.call == "list_flows" {
            continue;
        }
        // All items count, and people fill that table by hand; what was shown of them is looked up (S5.35).
        if planned.call == "content_kinds" || planned.call == "content_totals" {
            let scans = planned.text.matches("Seq Scan").count();
            let of_items = planned.text.matches("Seq Scan on cms_content").count();
            assert_eq!(scans, of_items, "{}:\n{}", planned.call, planned.text);
            continue;
        }
        assert!(!planned.text.contains("Seq Scan"), "{}:\n{}", planned.call, planned.text);
        // Two ways through the same index cost the same, so that chance decides.
        if planned.call == "list_sessions of schools" {
            assert!(planned.text.contains("ix_conversation_sessions_school"), "{}", planned.text);
            continue;
        }
        // Writing to a String cannot fail.
        let _ = write!(found, "\n== {}\n{}\n", planned.call, planned.text);
    }
    // Other releases word their plans otherwise; that none scans holds for each.
    if plans.release == RELEASE {
        compare("tests/plans/plans.txt", &found);
    }
}

#[test]
fn a_look_finds_each_page_of_sessions_where_the_last_one_ended() {
    let Some(plans) = look() else { return };
    assert_eq!(plans.len(), 2);
    for Planned { text, .. } in plans {
        assert!(!text.contains("Seq Scan") && !text.contains("Sort"), "{text}");
    }
}
