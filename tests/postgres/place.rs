//! Where these tests run: a Postgres server, and databases that go with the tests.

use std::cell::RefCell;
use std::io::Write as _;
use std::str::FromStr as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use chatflow_postgres::PostgresStore;
use chatflow_storage::{BlockOn, Waiting};
use chatflow_tests::report;
use chatflow_throwaway::Server;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use tokio::runtime::Runtime;

/// A database, dropped when it is.
pub(super) struct Database {
    /// The address of another database of its server.
    from: String,
    pub(super) name: String,
    pub(super) url: String,
}

/// The runtime of all these tests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait;

impl BlockOn for Wait {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        static RUNTIME: OnceLock<Runtime> = OnceLock::new();
        RUNTIME.get_or_init(|| Runtime::new().expect("a runtime starts")).block_on(future)
    }
}

/// Lets `check` make as many things as it likes, each on an empty database of its own; does nothing
/// where there is no server.
pub(super) fn with_databases<T>(make: impl Fn(&Database) -> T, check: impl FnOnce(&dyn Fn() -> T)) {
    // They are dropped at the end, after what uses them.
    let all = RefCell::new(Vec::from_iter(database()));
    if all.borrow().is_empty() {
        return;
    }
    check(&|| {
        let next = database().expect("the server is still there");
        let thing = make(&next);
        all.borrow_mut().push(next);
        thing
    });
}

/// An empty database on the server of this run, if there is one.
pub(super) fn database() -> Option<Database> {
    static SERVER: OnceLock<Option<(String, Option<Server>)>> = OnceLock::new();
    let found = SERVER.get_or_init(|| {
        if let Some(url) = std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty()) {
            return Some((url, None));
        }
        let server = available(Server::start())?;
        Some((server.url().to_owned(), Some(server)))
    });
    found.as_ref().map(|(url, _)| Database::on(url))
}

/// The server, or a line that says why these tests have nothing to run on.
pub(super) fn available(server: Result<Server, String>) -> Option<Server> {
    let why = match server {
        Ok(server) => return Some(server),
        Err(why) => why,
    };
    let strict = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
    assert!(!strict, "CI is set, where nothing may be skipped: {why}");
    // Past the harness, which hides what passing tests print.
    let _ = writeln!(std::io::stderr(), "\nSKIPPED: tests on Postgres: {why}\n");
    report::skipped("postgres", &why);
    None
}

impl Database {
    /// An empty database on this server.
    pub(super) fn on(server: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("chatflow_above_{}_{number}", std::process::id());
        let create = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        execute(server, &create).expect("a database is made");
        let settings = PgConnectOptions::from_str(server).expect("an address");
        let url = settings.database(&name).to_url_lossy().to_string();
        Self { from: server.to_owned(), name, url }
    }

    pub(super) fn open(&self) -> Waiting<PostgresStore, Wait> {
        Waiting::new(self.connect(), Wait)
    }

    /// A store that takes the database with it.
    pub(super) fn into_store(self) -> Waiting<PostgresStore, Self> {
        Waiting::new(self.connect(), self)
    }

    pub(super) fn connect(&self) -> PostgresStore {
        Wait.block_on(PostgresStore::connect(&self.url)).expect("the store opens")
    }

    /// Runs statements past the store.
    pub(super) fn execute(&self, sql: &str) {
        self.run(sql).expect("the statements run");
    }

    /// As [`Database::execute`], for statements that may fail.
    pub(super) fn run(&self, sql: &str) -> sqlx::Result<()> {
        execute(&self.url, sql)
    }

    /// The address for another user of this database, who needs no password.
    pub(super) fn url_of(&self, user: &str) -> String {
        let settings = PgConnectOptions::from_str(&self.url).expect("an address");
        settings.username(user).to_url_lossy().to_string()
    }

    /// Reads past the store.
    pub(super) fn rows(&self, sql: &str) -> Vec<PgRow> {
        let rows = Wait.block_on(async {
            let mut connection = PgConnection::connect(&self.url).await?;
            sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await
        });
        rows.expect("the statement runs")
    }
}

impl BlockOn for Database {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        Wait.block_on(future)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // What is left behind when this fails goes with the server, or can be seen by its name.
        let _ = execute(&self.from, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn execute(url: &str, sql: &str) -> sqlx::Result<()> {
    Wait.block_on(async {
        let mut connection = PgConnection::connect(url).await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
        connection.close().await
    })
}
