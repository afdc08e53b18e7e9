//! `stores` measures goals 11 and 12; `stores grow [FEW MANY]` compares a database of many sessions with one of few
//! instead.

use std::process::ExitCode;

use chatflow_store_benches::{grow, on_postgres, on_sqlite};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let passes = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {
            let sqlite = on_sqlite();
            on_postgres() && sqlite
        }
        ["grow"] => grow::run(10_000, 1_000_000),
        ["grow", few, many] => {
            grow::run(few.parse().expect("a number"), many.parse().expect("a number"))
        }
        _ => panic!("`stores`, or `stores grow [FEW MANY]`"),
    };
    if passes { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
