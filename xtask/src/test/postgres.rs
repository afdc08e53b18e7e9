//! The step of the Postgres store and of what is above it.

use chatflow_throwaway::Server;

use crate::report::{self, Report};
use crate::test::Outcome;
use crate::{install, shell};

/// How the tests of `chatflow-tests` begin that want a Postgres server.
pub(super) const FILTER: &str = "postgres::";

/// Tests the store, and conversations and servers on it, on the server that `DATABASE_URL` names,
/// else on one that ends with the step.
pub(crate) fn postgres() -> Result<Outcome, String> {
    let path = Report::begin()?;
    let mut store = shell::cargo(&["test", "--locked", "--package", "chatflow-postgres"]);
    let words = ["test", "--locked", "--package", "chatflow-tests", "--test", "main"];
    let mut above = shell::cargo(&words);
    above.args(["--", FILTER]);
    let given = std::env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty());
    let server = if given {
        None
    } else {
        if let Err(why) = install::ensure_postgres() {
            return Ok(Outcome::skipped(why));
        }
        Some(Server::start()?)
    };
    for command in [&mut store, &mut above] {
        if let Some(server) = &server {
            command.env("DATABASE_URL", server.url());
        }
        shell::run(command.env(report::VARIABLE, &path))?;
    }
    let corpus = std::env::var_os("CHATFLOW_CORPUS");
    let mut outcome = Report::read(&path)?.outcome(corpus.as_deref());
    outcome.notes.extend(given.then(|| "on the server of DATABASE_URL".to_owned()));
    Ok(outcome)
}
