//! CPU time per turn of STD-1 beside the same work written by hand, and of longer and wider flows.

use std::process::ExitCode;
use std::time::Duration;

use chatflow_benches::clock::{median, nanos, nanos_each};
use chatflow_benches::engine::{Talk, load, unread};
use chatflow_benches::goal::{Goal, Judged};
use chatflow_benches::hand::Hand;
use chatflow_benches::std1::{ANSWERS, TURNS, flow_doc};
use serde_json::Value;

/// Rounds, each of which measures both sides one after the other.
const ROUNDS: usize = 5;

/// CPU time of one side in one round.
const SAMPLE: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    chatflow_benches::check_results();
    let judged: Vec<Judged> = std1().into_iter().chain(long1()).chain(wide1()).collect();
    println!("\nGoals");
    for judged in &judged {
        println!("  {judged}");
    }
    println!("  goal 5, a condition alone: not measured (the engine offers none compiled)");
    println!("  goal 7, bytes per node, and goal 8, bytes at rest: not measured");
    if judged.iter().all(Judged::passes) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Goals 1 and 3.
fn std1() -> [Judged; 2] {
    println!("STD-1, CPU ns per turn: by hand, engine, ratio");
    let (hand, mut talk) = (Hand::new(), Talk::std1());
    let in_memory = rounds("in memory", TURNS, || {
        (nanos_each(SAMPLE, || hand.in_memory()), nanos_each(SAMPLE, || talk.in_memory(unread)))
    });
    let persisted = rounds("persisted", TURNS, || {
        (nanos_each(SAMPLE, || hand.persisted()), nanos_each(SAMPLE, || talk.persisted(unread)))
    });
    [
        Goal { name: "goal 1, in-memory turn / by hand", must: 4.0, target: 2.5 }.judge(in_memory),
        Goal { name: "goal 3, persisted turn / by hand", must: 2.0, target: 1.4 }.judge(persisted),
    ]
}

/// Goal 6: a session does not get slower or larger as it goes on.
fn long1() -> [Judged; 2] {
    const BLOCKS: u32 = 10;
    const BLOCK: u32 = 10_000;
    println!("\nLONG-1, {} turns of one session", BLOCKS * BLOCK);
    let mut talk = Talk::of(&flow_doc(1, true));
    let mut growth = 0.0;
    let ratio = rounds("first and last 10 000, CPU ns per turn", f64::from(BLOCK), || {
        let mut session = talk.session();
        drop(talk.start(&mut session));
        let size = |session: &chatflow::Session| {
            let bytes = session.state_json().len() + session.engine_json().len();
            f64::from(u32::try_from(bytes).expect("a small session"))
        };
        let before = size(&session);
        let mut blocks = (0..BLOCKS).map(|_| {
            nanos(|| {
                for answer in ANSWERS.iter().cycle().take(BLOCK as usize) {
                    drop(std::hint::black_box(talk.answer(&mut session, answer)));
                }
            })
        });
        let first = blocks.next().expect("ten blocks");
        let last = blocks.last().expect("ten blocks");
        growth = size(&session) - before;
        (first, last)
    });
    [
        Goal { name: "goal 6, last / first 10 000 turns", must: 1.1, target: 1.05 }.judge(ratio),
        Goal { name: "goal 6, bytes that the session grew", must: 64.0, target: 16.0 }
            .judge(growth),
    ]
}

/// Goals 7 and 7b: reading and compiling a flow costs no more than a few times reading its JSON,
/// and ten times the nodes cost ten times as much.
fn wide1() -> [Judged; 2] {
    let [wide, narrow] = [1000, 100].map(|rounds| flow_doc(rounds, false).to_string());
    println!("\nWIDE-1, a flow of 5002 nodes, {} bytes", wide.len());
    let parse = || nanos(|| serde_json::from_str::<Value>(&wide).expect("JSON"));
    let to_parse = rounds("JSON alone and load, CPU ns", 1.0, || (parse(), nanos(|| load(&wide))));
    let to_narrow = rounds("load of 502 and of 5002 nodes, CPU ns", 1.0, || {
        (nanos(|| load(&narrow)), nanos(|| load(&wide)))
    });
    [
        Goal { name: "goal 7, load / JSON alone", must: 8.0, target: 4.0 }.judge(to_parse),
        Goal { name: "goal 7b, load of 5002 / of 502 nodes", must: 12.0, target: 11.0 }
            .judge(to_narrow),
    ]
}

/// Measures two sides in interleaved rounds, prints their medians per unit, and gives the median
/// of the ratios.
fn rounds(name: &str, units: f64, mut both: impl FnMut() -> (f64, f64)) -> f64 {
    // The first call warms caches and is not counted.
    let _ = both();
    let measured: Vec<(f64, f64)> = (0..ROUNDS).map(|_| both()).collect();
    let of = |figure: fn(&(f64, f64)) -> f64| median(measured.iter().map(figure).collect());
    let (base, side, ratio) = (of(|m| m.0) / units, of(|m| m.1) / units, of(|m| m.1 / m.0));
    println!("  {name}: {base:.0}, {side:.0}, {ratio:.2}");
    ratio
}
