//! The steps that need cargo only.

use crate::report::{self, Report};
use crate::shell;
use crate::test::{Outcome, postgres};

/// Formatting is rustfmt's.
pub(crate) fn fmt() -> Result<Outcome, String> {
    shell::run(&mut shell::cargo(&["fmt", "--all", "--check"]))?;
    Ok(Outcome::whole())
}

/// No warning, neither rustc's nor clippy's.
pub(crate) fn clippy() -> Result<Outcome, String> {
    let words = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    shell::run(&mut shell::cargo(&words))?;
    Ok(Outcome::whole())
}

/// The documentation builds without a warning.
pub(crate) fn doc() -> Result<Outcome, String> {
    let mut command = shell::cargo(&["doc", "--no-deps", "--workspace", "--locked"]);
    shell::run(command.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::whole())
}

/// All tests of all crates, doctests included, but for those on Postgres, which have a step of their own.
pub(crate) fn tests() -> Result<Outcome, String> {
    let path = Report::begin()?;
    let words = ["test", "--workspace", "--exclude", "chatflow-postgres", "--locked"];
    let mut command = shell::cargo(&words);
    command.args(["--", "--skip", postgres::FILTER]);
    shell::run(command.env(report::VARIABLE, &path))?;
    let corpus = std::env::var_os("CHATFLOW_CORPUS");
    Ok(Report::read(&path)?.outcome(corpus.as_deref()))
}

/// What `deny.toml` asks of dependencies. Optional: cargo-deny cannot be had on every machine.
pub(crate) fn deny() -> Result<Outcome, String> {
    if shell::output(&mut shell::cargo(&["deny", "--version"])).is_none() {
        return Ok(Outcome::noted("optional, not run: cargo-deny is not installed"));
    }
    shell::run(&mut shell::cargo(&["deny", "--locked", "check", "licenses", "bans", "sources"]))?;
    Ok(Outcome::whole())
}
