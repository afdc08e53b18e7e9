//! The roles that docs/operating.md makes: what each of them may do.

use serde_json::json;

use super::check::{on, talked};
use super::place::{Database, database};
use crate::real::Server;

/// The roles of the page on a database, under names of their own.
pub(super) struct Roles {
    pub(super) database: Database,
    owner: String,
    reader: String,
}

/// The statements of the page behind this mark.
fn statements(mark: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operating.md");
    let page = std::fs::read_to_string(path).expect("the page is there");
    let begin = format!("<!-- {mark} -->\n```sql\n");
    let (_, rest) = page.split_once(&begin).expect("they begin");
    let (sql, _) = rest.split_once("\n```").expect("they end");
    sql.to_owned()
}

impl Roles {
    pub(super) fn new(database: Database) -> Self {
        let (owner, reader) =
            (format!("{}_owner", database.name), format!("{}_reader", database.name));
        let roles = Self { database, owner, reader };
        roles
            .run(&statements("roles").replace("DATABASE chatflow", "DATABASE {}"), &roles.database);
        roles
    }

    /// Lets them work on a database that was restored from theirs.
    pub(super) fn restore(&self, restored: &Database) {
        self.run(&statements("restored").replace("DATABASE restored", "DATABASE {}"), restored);
    }

    fn run(&self, sql: &str, database: &Database) {
        let sql = sql
            .replace("chatflow_check", &self.reader)
            .replace("chatflow_app", &self.owner)
            .replace("{}", &database.name);
        database.execute(&sql);
    }

    /// The addresses of this database for who runs everything and for who only checks.
    pub(super) fn addresses(&self, database: &Database) -> [String; 2] {
        [&self.owner, &self.reader].map(|role| database.url_of(role))
    }
}

impl Drop for Roles {
    fn drop(&mut self) {
        // What is left behind when this fails goes with the server, or can be seen by its name.
        for role in [&self.reader, &self.owner] {
            let _ = self.database.run(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
        }
    }
}

#[test]
fn a_role_that_owns_only_its_schema_can_run_everything() {
    let Some(database) = database() else { return };
    let roles = Roles::new(database);
    let [address, reader] = roles.addresses(&roles.database);
    let seed = format!("{}/real/seed.json", env!("CARGO_MANIFEST_DIR"));
    for words in [
        &["migrate", "--dry-run"][..],
        &["migrate"],
        &["import", &seed],
        &["import", &seed],
        &["db", "check"],
    ] {
        let ran = on(&address, words);
        assert_eq!(ran.code, 0, "{words:?}: {ran:?}");
    }
    let server = Server::start_on(&address, &[]);
    let visitor = talked(&server.client());
    assert_eq!(visitor.session()["revision"], 3);
    let ran = on(&address, &["replay", "--session", &visitor.id]);
    assert_eq!(ran.code, 0, "{ran:?}");

    // Whoever only checks may read, and nothing else.
    let ran = on(&reader, &["db", "check"]);
    assert!(ran.code == 0 && ran.out.ends_with("is sound: 1 sessions, 0 faults\n"), "{ran:?}");
    assert!(ran.out.contains("pages_unchecked"), "{ran:?}");
    let ran = on(&reader, &["import", &seed]);
    assert!(ran.code == 1 && ran.err.contains("permission denied"), "{ran:?}");
    let server = Server::start_on(&reader, &[]);
    let body = json!({"flow_id": chatflow::FlowId::derived("counter").to_string()}).to_string();
    let headers = [("content-type", "application/json")];
    let refused =
        server.client().try_send(("POST", "/v1/chat/start"), &headers, body.as_bytes()).unwrap();
    assert_eq!(refused.status, 500, "{refused:?}");
    // A right that is missing is no fault of the database.
    let revoke = format!("REVOKE SELECT ON chatflow.session_journal FROM {}", roles.reader);
    roles.database.execute(&revoke);
    let ran = on(&reader, &["db", "check"]);
    assert!(ran.code == 1 && ran.err.contains("permission denied"), "{ran:?}");
}

#[test]
fn indexes_are_checked_by_a_role_that_may() {
    let Some(database) = database() else { return };
    let available = "SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'";
    if database.rows(available).is_empty() {
        return;
    }
    let roles = Roles::new(database);
    let [address, reader] = roles.addresses(&roles.database);
    assert_eq!(on(&address, &["migrate"]).code, 0);
    roles.database.execute("CREATE EXTENSION amcheck SCHEMA public");
    let ran = on(&reader, &["db", "check"]);
    assert!(ran.code == 0 && ran.out.contains("this user may not run `bt_index_check`"), "{ran:?}");
    roles.database.execute(&format!(
        "GRANT EXECUTE ON FUNCTION public.bt_index_check(regclass) TO {}",
        roles.reader
    ));
    let ran = on(&reader, &["db", "check"]);
    assert!(ran.code == 0 && !ran.out.contains("pages_unchecked"), "{ran:?}");
}
