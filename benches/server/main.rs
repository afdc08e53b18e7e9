//! Goals 13 to 15: the HTTP service beside a minimal program, and beside the database alone.
//!
//! `load CHATFLOW` measures the program at that path; `load analytics CHATFLOW [SESSIONS]` how long its numbers take. `load floor ADDRESS CONNECTIONS` is the minimal program.

mod analytics;
mod cold;
mod floor;
mod postgres;
mod program;
mod service;
mod sqlite;
mod visitors;

use std::path::Path;
use std::process::ExitCode;

use tokio::runtime::Runtime;

/// Rounds, each of which measures all sides one after the other.
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime = Runtime::new().expect("a runtime starts");
    let passes = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["floor", url, connections] => {
            runtime.block_on(floor::serve(url, connections.parse().expect("a number")));
            true
        }
        ["analytics", chatflow] => analytics::measure(&runtime, Path::new(chatflow), 1_000_000),
        ["analytics", chatflow, sessions] => {
            let sessions = sessions.parse().expect("a number");
            analytics::measure(&runtime, Path::new(chatflow), sessions)
        }
        [chatflow] => {
            let chatflow = Path::new(chatflow);
            let size = std::fs::metadata(chatflow).expect("the program is there").len();
            println!("goal 15, size of the program: {size} bytes (no goal)");
            let on_postgres = postgres::measure(&runtime, chatflow);
            sqlite::measure(&runtime, chatflow) && on_postgres
        }
        _ => panic!("`load CHATFLOW`, or `load analytics CHATFLOW [SESSIONS]`"),
    };
    if passes { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
