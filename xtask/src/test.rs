//! `cargo xtask test`: every check in order, stopping at the first failure.

mod browser;
mod client;
mod counts;
mod postgres;
mod rust;
mod studio;
mod wasm;

use std::time::{Duration, Instant};

/// What a step did beside passing.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Outcome {
    /// What was left out though it belongs to the step; a failure where `CI` is set.
    pub(crate) skips: Vec<String>,
    /// What else is worth a line.
    pub(crate) notes: Vec<String>,
}

impl Outcome {
    /// Nothing to add: the step ran whole.
    pub(crate) fn whole() -> Self {
        Self::default()
    }

    /// The step could not run.
    pub(crate) fn skipped(why: String) -> Self {
        Self { skips: vec![why], notes: Vec::new() }
    }

    /// The step ran, or need not, and has this to say.
    pub(crate) fn noted(what: impl Into<String>) -> Self {
        Self { skips: Vec::new(), notes: vec![what.into()] }
    }
}

/// One check, runnable by its name.
struct Step {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<Outcome, String>,
}

const STEPS: [Step; 11] = [
    Step { name: "fmt", about: "formatting", run: rust::fmt },
    Step { name: "clippy", about: "lints", run: rust::clippy },
    Step { name: "doc", about: "documentation builds and its links hold", run: rust::doc },
    Step { name: "tests", about: "unit, property, contract and doc tests", run: rust::tests },
    Step {
        name: "wasm",
        about: "WebAssembly and its package: build, results, imports, size, use",
        run: wasm::wasm,
    },
    Step { name: "browser", about: "the chat, in Chromium", run: browser::browser },
    Step { name: "studio", about: "the studio: model, build, Chromium", run: studio::studio },
    Step {
        name: "postgres",
        about: "the store and the service on Postgres",
        run: postgres::postgres,
    },
    Step { name: "client", about: "the TypeScript client of the service", run: client::client },
    Step { name: "counts", about: "instruction counts", run: counts::instruction_counts },
    Step { name: "deny", about: "licences, bans and sources of dependencies", run: rust::deny },
];

/// Prints the steps.
pub(crate) fn list() {
    println!("Steps:");
    for step in &STEPS {
        println!("  {:<12}{}", step.name, step.about);
    }
}

/// Runs the named steps, or all if none is named, in the order of the list.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    let steps = select(names)?;
    let strict = in_ci();
    let started = Instant::now();
    for step in &steps {
        println!("== {}: {}", step.name, step.about);
        let begun = Instant::now();
        let judged = (step.run)().and_then(|outcome| judge(&outcome, strict));
        let took = seconds(begun.elapsed());
        match judged {
            Ok(lines) => {
                for line in lines {
                    println!("{line}");
                }
                println!("== {} done in {took}", step.name);
            }
            Err(why) => return Err(format!("== {} FAILED after {took}\n{why}", step.name)),
        }
    }
    println!("== {} of {} steps done in {}", steps.len(), STEPS.len(), seconds(started.elapsed()));
    Ok(())
}

fn select(names: &[&str]) -> Result<Vec<&'static Step>, String> {
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        return Err(format!("no step `{unknown}`; `cargo xtask test --list` names them"));
    }
    Ok(STEPS.iter().filter(|step| names.is_empty() || names.contains(&step.name)).collect())
}

/// The lines to print for an outcome, or the failure that it is in CI.
fn judge(outcome: &Outcome, strict: bool) -> Result<Vec<String>, String> {
    if strict && !outcome.skips.is_empty() {
        let skips = outcome.skips.join("\n  ");
        return Err(format!("CI is set, where nothing may be skipped:\n  {skips}"));
    }
    let skips = outcome.skips.iter().map(|why| format!("skipped: {why}"));
    let notes = outcome.notes.iter().map(|what| format!("note: {what}"));
    Ok(skips.chain(notes).collect())
}

fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::{Outcome, judge, select};

    #[test]
    fn named_steps_run_in_the_order_of_the_list() {
        let names: Vec<&str> =
            select(&["wasm", "fmt"]).unwrap().iter().map(|step| step.name).collect();
        assert_eq!(names, ["fmt", "wasm"]);
        assert_eq!(select(&[]).unwrap().len(), super::STEPS.len());
    }

    #[test]
    fn an_unknown_step_is_refused() {
        let why = select(&["fmt", "tset"]).err();
        assert_eq!(why.as_deref(), Some("no step `tset`; `cargo xtask test --list` names them"));
    }

    #[test]
    fn a_skip_is_a_line_at_home_and_a_failure_in_ci() {
        let outcome = Outcome::skipped("no node".to_owned());
        assert_eq!(judge(&outcome, false).unwrap(), ["skipped: no node"]);
        assert!(judge(&outcome, true).unwrap_err().contains("no node"));
    }

    #[test]
    fn a_note_is_never_a_failure() {
        assert_eq!(judge(&Outcome::noted("optional"), true).unwrap(), ["note: optional"]);
    }
}
