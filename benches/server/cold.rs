//! Goal 15: how soon the service answers, and what it holds while nobody calls.

use std::time::{Duration, Instant};

use chatflow_benches::clock::median;
use chatflow_benches::goal::Goal;
use hyper::{Method, StatusCode};
use tokio::runtime::Runtime;

use crate::ROUNDS;
use crate::postgres::floor_program;
use crate::program::Program;
use crate::service::Service;
use crate::visitors::Client;

const START: Goal =
    Goal { name: "goal 15, start to first answer / minimal program", must: 4.0, target: 2.0 };
const MEMORY: Goal =
    Goal { name: "goal 15, memory of an idle service, MB", must: 40.0, target: 20.0 };

/// Starts both on the same database, in turns, on one where all tables are there.
pub(crate) fn measure(
    runtime: &Runtime,
    own: &Service<'_>,
    floor: &str,
    pool: u32,
    about: &str,
) -> bool {
    let own = || timed(runtime, || own.serve(pool));
    let floor = || timed(runtime, || floor_program(floor, pool));
    // What is read from disk for the first time is read now.
    let _ = (own(), floor());
    let rounds: Vec<_> = (0..ROUNDS).map(|_| (own(), floor())).collect();
    let of =
        |figure: &dyn Fn(&(Started, Started)) -> f64| median(rounds.iter().map(figure).collect());
    println!(
        "  {about}: first answer after {:.1} ms, minimal program {:.1} ms; memory {:.1} MB, {:.1} MB",
        of(&|(own, _)| own.after),
        of(&|(_, floor)| floor.after),
        of(&|(own, _)| own.memory),
        of(&|(_, floor)| floor.memory),
    );
    let start = START.judge(of(&|(own, floor)| own.after / floor.after)).about(about);
    let memory = MEMORY.judge(of(&|(own, _)| own.memory)).about(about);
    println!("{start}\n{memory}");
    start.passes() && memory.passes()
}

struct Started {
    /// Milliseconds.
    after: f64,
    /// Megabytes.
    memory: f64,
}

/// From the start of the process to its first good answer.
fn timed(runtime: &Runtime, start: impl FnOnce() -> Program) -> Started {
    let began = Instant::now();
    let program = start();
    let answer = runtime.block_on(async {
        let mut client = Client::connect(program.address).await.expect("it listens");
        client.ask(Method::GET, "/healthz", None, "").await.expect("an answer").0
    });
    let after: Duration = began.elapsed();
    assert_eq!(answer, StatusCode::OK);
    // The service answers that before it is whole; this waits until it is. The minimal program does not know it.
    let whole = runtime.block_on(async {
        let mut client = Client::connect(program.address).await.expect("it listens");
        client.ask(Method::GET, "/v1/version", None, "").await.expect("an answer").0
    });
    assert!([StatusCode::OK, StatusCode::NOT_FOUND].contains(&whole), "{whole}");
    let memory = u32::try_from(program.resident() / 1024).expect("less than a terabyte");
    Started { after: after.as_secs_f64() * 1e3, memory: f64::from(memory) / 1024.0 }
}
