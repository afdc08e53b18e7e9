//! Where the tests run: a server, and databases that are made for them and go with them.

use std::io::Write as _;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use chatflow_postgres::PostgresStore;
use chatflow_storage::BlockOn;
use chatflow_throwaway::Server;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tokio::runtime::Runtime;

/// The server of this run, with a runtime to talk to it.
pub(crate) struct Place {
    runtime: Runtime,
    url: String,
    /// Stopped when the process ends: nobody drops what is static.
    _server: Option<Server>,
}

/// `None` where there is no server and nobody demands one; then the test says that it was skipped.
pub(crate) fn place() -> Option<&'static Place> {
    static PLACE: OnceLock<Option<Place>> = OnceLock::new();
    PLACE.get_or_init(find).as_ref()
}

fn find() -> Option<Place> {
    let given = std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty());
    let (url, server) = match given {
        Some(url) => (url, None),
        None => match Server::start() {
            Ok(server) => (server.url().to_owned(), Some(server)),
            Err(why) => {
                skip(&why);
                return None;
            }
        },
    };
    let runtime = Runtime::new().expect("a runtime starts");
    Some(Place { runtime, url, _server: server })
}

/// Says that nothing is tested, on the terminal and in the report of `cargo xtask test`.
fn skip(why: &str) {
    let strict = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
    assert!(!strict, "CI is set, where nothing may be skipped: {why}");
    // Past the harness, which hides what passing tests print.
    let _ = writeln!(std::io::stderr(), "\nSKIPPED: the tests of the Postgres store: {why}\n");
    if let Some(path) = std::env::var_os("CHATFLOW_REPORT") {
        let report = std::fs::OpenOptions::new().append(true).create(true).open(path);
        let line = format!("skip\tpostgres\t{why}\n");
        report.and_then(|mut file| file.write_all(line.as_bytes())).expect("the report is written");
    }
}

impl Place {
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// The address of another database of the server.
    fn url_of(&self, database: &str) -> String {
        let settings = PgConnectOptions::from_str(&self.url).expect("DATABASE_URL is an address");
        settings.database(database).to_url_lossy().to_string()
    }

    fn run(&self, sql: String) -> sqlx::Result<()> {
        self.block_on(execute(&self.url, sql))
    }

    /// An empty database that cannot hold every text.
    pub(crate) fn new_latin_database(&'static self) -> Database {
        let name = new_name();
        let sql = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
        self.run(sql).expect("a database is made");
        Database { place: self, url: self.url_of(&name), name }
    }

    /// An empty database.
    pub(crate) fn new_database(&'static self) -> Database {
        let name = new_name();
        // Where it can be had, an order of texts that is not that of their bytes.
        let sql = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        let icu = format!("{sql} LOCALE_PROVIDER icu ICU_LOCALE 'en'");
        self.run(icu).or_else(|_| self.run(sql)).expect("a database is made");
        Database { place: self, url: self.url_of(&name), name }
    }
}

fn new_name() -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("chatflow_test_{}_{number}", std::process::id())
}

async fn execute(url: &str, sql: String) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    connection.close().await
}

/// A database with tables and nothing in them, to be copied; it goes with its last user.
pub(crate) struct Template(Database);

pub(crate) fn template() -> Option<Arc<Template>> {
    static TEMPLATE: Mutex<Weak<Template>> = Mutex::new(Weak::new());
    let place = place()?;
    let mut current = TEMPLATE.lock().expect("no test failed here");
    if let Some(template) = current.upgrade() {
        return Some(template);
    }
    let database = place.new_database();
    drop(database.open());
    let template = Arc::new(Template(database));
    *current = Arc::downgrade(&template);
    Some(template)
}

impl Template {
    pub(crate) fn clone_database(self: &Arc<Self>) -> Database {
        let Database { place, name: from, .. } = &self.0;
        let name = new_name();
        // A connection that was closed a moment ago may still be there.
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{from}'"
        );
        place.run(end).expect("connections end");
        place.run(format!("CREATE DATABASE {name} TEMPLATE {from}")).expect("a database is copied");
        Database { place, url: place.url_of(&name), name }
    }
}

/// A database that is dropped when it is.
pub(crate) struct Database {
    place: &'static Place,
    pub(crate) name: String,
    pub(crate) url: String,
}

impl Database {
    pub(crate) fn open(&self) -> PostgresStore {
        self.block_on(PostgresStore::connect(&self.url)).expect("the store opens")
    }

    /// Runs statements past the store.
    pub(crate) fn execute(&self, sql: &str) {
        self.block_on(execute(&self.url, sql.to_owned())).expect("the statement runs");
    }

    /// Reads past the store.
    pub(crate) fn rows(&self, sql: &str) -> Vec<PgRow> {
        self.block_on(async {
            let mut connection = PgConnection::connect(&self.url).await?;
            let query = sqlx::query(AssertSqlSafe(sql.to_owned()));
            query.fetch_all(&mut connection).await
        })
        .expect("the statement runs")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // What is left behind when this fails goes with the server, or can be seen by its name.
        let _ = self.place.run(format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

impl BlockOn for Database {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.place.block_on(future)
    }
}
