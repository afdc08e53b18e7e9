//! The instruction-count step.

use crate::test::Outcome;
use crate::{install, shell};

/// Counts instructions under valgrind, whose figures do not depend on how busy the machine is.
pub(crate) fn instruction_counts() -> Result<Outcome, String> {
    if !shell::root().join("benches/counts.rs").exists() {
        return Ok(Outcome::noted("benches/counts.rs does not exist yet: nothing to count"));
    }
    if let Err(why) = install::ensure("valgrind", "valgrind") {
        return Ok(Outcome::skipped(why));
    }
    let words =
        ["run", "--profile", "bench", "--locked", "-p", "chatflow-benches", "--bin", "counts"];
    shell::run(&mut shell::cargo(&words))?;
    Ok(Outcome::whole())
}
