//! The step of the Postgres store.

use chatflow_throwaway::Server;

use crate::test::Outcome;
use crate::{install, shell};

/// Tests the store on the server that `DATABASE_URL` names, else on one that ends with the step.
pub(crate) fn postgres() -> Result<Outcome, String> {
    let mut command = shell::cargo(&["test", "--locked", "--package", "chatflow-postgres"]);
    if std::env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty()) {
        shell::run(&mut command)?;
        return Ok(Outcome::noted("on the server of DATABASE_URL"));
    }
    if let Err(why) = install::ensure_postgres() {
        return Ok(Outcome::skipped(why));
    }
    let server = Server::start()?;
    shell::run(command.env("DATABASE_URL", server.url()))?;
    Ok(Outcome::whole())
}
