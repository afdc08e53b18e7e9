//! The repository's tasks: `cargo xtask serve`, `cargo xtask test` and `cargo xtask bench`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program talks to its terminal"
)]

mod bench;
mod evidence;
mod install;
mod long;
mod mutations;
mod npm;
mod package;
mod report;
mod serve;
mod service;
mod shell;
mod studio;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
Usage:
  cargo xtask serve [ARGUMENT...]     import the demo into ./chatflow.db, build the studio, serve both on
                                      127.0.0.1:8000; arguments go to `chatflow serve`
  cargo xtask test [STEP...]          run all checks and tests in order, or the named steps only
  cargo xtask test --list             name the steps and the long suites
  cargo xtask test --long [SUITE...]  run randomised suites at full count, resuming where they stopped, and the
                                      mutations; write docs/evidence/SUITE.md
  cargo xtask package                 build the package for npm in target/npm/chatflow
  cargo xtask bench                   measure the speed goals, beside other engines where those can be had
  cargo xtask bench --server          measure the HTTP service, beside a minimal program on the same database
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["serve", rest @ ..] => serve::serve(rest),
        ["test", "--list"] => {
            test::list();
            long::list();
            Ok(())
        }
        ["test", "--long", suites @ ..] => long::run(suites),
        ["test", steps @ ..] => test::run(steps),
        ["package"] => package::package().map(|folder| println!("{}", folder.display())),
        ["bench"] => bench::run(),
        ["bench", "--server"] => bench::run_server(),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        [] | [_, ..] => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{}", why.trim_end());
            ExitCode::FAILURE
        }
    }
}
