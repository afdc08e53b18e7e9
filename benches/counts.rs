//! Instructions per turn of STD-1 under callgrind, beside the same work written by hand.
//!
//! Without arguments the program counts itself: it starts valgrind on its own file with
//! `--run CASE CONVERSATIONS`, twice for each case, and takes the difference. What it counts may differ by 2 % from
//! `counts.tsv`; `UPDATE=1` writes that file anew.

use std::process::{Command, ExitCode, Stdio};

use chatflow_benches::engine::{Talk, unread};
use chatflow_benches::goal::{Goal, Judged};
use chatflow_benches::hand::Hand;
use chatflow_benches::std1::TURNS;

/// Conversations in the short and in the long run; what they differ in has no start-up cost.
const RUNS: [u32; 2] = [20, 220];

/// What may run, in the order of the baseline.
const CASES: [&str; 4] = ["hand", "engine", "hand-persisted", "engine-persisted"];

/// By how much a count may differ from the baseline before somebody must look.
const TOLERANCE: f64 = 0.02;

/// Instructions per turn of the hand-written bound when the goals were set.
const BOUND: f64 = 13_049.0;

const IN_MEMORY: Goal =
    Goal { name: "goal 1b, instructions per turn / by hand", must: 4.0, target: 2.5 };
const PERSISTED: Goal =
    Goal { name: "goal 3, persisted, instructions per turn / by hand", must: 2.0, target: 1.4 };

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => count_all(),
        ["--run", case, conversations] => {
            play(case, conversations.parse().expect("a number"));
            ExitCode::SUCCESS
        }
        [..] => {
            eprintln!("usage: counts [--run hand|engine|hand-persisted|engine-persisted COUNT]");
            ExitCode::FAILURE
        }
    }
}

/// What runs under callgrind. Both sides are prepared for every case, so that all begin with one heap.
fn play(case: &str, conversations: u32) {
    let (hand, mut talk) = (Hand::new(), Talk::std1());
    match case {
        "hand" => repeat(conversations, || hand.in_memory()),
        "engine" => repeat(conversations, || talk.in_memory(unread)),
        "hand-persisted" => repeat(conversations, || hand.persisted()),
        "engine-persisted" => repeat(conversations, || talk.persisted(unread)),
        other => panic!("no case `{other}`"),
    }
}

fn repeat<T>(conversations: u32, mut conversation: impl FnMut() -> T) {
    for _ in 0..conversations {
        std::hint::black_box(conversation());
    }
}

fn count_all() -> ExitCode {
    chatflow_benches::check_results();
    if !has_valgrind() {
        println!("not measured: valgrind is not installed (Debian: apt-get install valgrind)");
        return ExitCode::from(2);
    }
    let counted = CASES.map(per_turn);
    let [hand, engine, hand_persisted, engine_persisted] = counted;
    println!("STD-1, instructions per turn (callgrind)");
    println!("  in memory: by hand {hand:.0}, engine {engine:.0}");
    println!("  persisted: by hand {hand_persisted:.0}, engine {engine_persisted:.0}");
    let of_bound = hand / BOUND;
    let bound_holds = (0.9..=1.1).contains(&of_bound);
    let verdict = if bound_holds { "passes" } else { "FAILS" };
    println!("the bound by hand: {of_bound:.3} of {BOUND:.0} (0.9 to 1.1): {verdict}");
    let judged =
        [IN_MEMORY.judge(engine / hand), PERSISTED.judge(engine_persisted / hand_persisted)];
    for judged in judged {
        println!("{judged}");
    }
    let stays = stays_at_baseline(&counted);
    if bound_holds && stays && judged.iter().all(Judged::passes) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Holds the counts against those that were committed, or commits to these if told to.
fn stays_at_baseline(counted: &[f64]) -> bool {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.tsv");
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        let line = |(case, count): (&&str, &f64)| format!("{case}\t{count:.0}\n");
        let lines: Vec<String> = CASES.iter().zip(counted).map(line).collect();
        std::fs::write(&path, lines.concat()).expect("the baseline is writable");
        println!("baseline written: {}", path.display());
        return true;
    }
    let text = std::fs::read_to_string(&path).expect("there is a baseline");
    let mut stays = true;
    for (case, count) in CASES.iter().zip(counted) {
        let held = text.lines().find_map(|line| line.strip_prefix(case)?.strip_prefix('\t'));
        let held: f64 = held.and_then(|held| held.parse().ok()).expect("a count of every case");
        let change = count / held - 1.0;
        let within = change.abs() <= TOLERANCE;
        let verdict =
            if within { "within 2 %" } else { "CHANGED by more than 2 %; UPDATE=1 accepts it" };
        println!("baseline of {case}: {held:.0}, {:+.2} %: {verdict}", change * 100.0);
        stays &= within;
    }
    stays
}

fn has_valgrind() -> bool {
    let mut command = Command::new("valgrind");
    let quiet = command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null());
    quiet.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Instructions per turn of a case.
fn per_turn(case: &str) -> f64 {
    let [short, long] = RUNS.map(|conversations| instructions(case, conversations));
    (long - short) / (f64::from(RUNS[1] - RUNS[0]) * TURNS)
}

/// Instructions of one whole run.
fn instructions(case: &str, conversations: u32) -> f64 {
    let own = std::env::current_exe().expect("this program has a file");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(own)
        .args(["--run", case, &conversations.to_string()])
        .output()
        .expect("valgrind starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let collected = told.lines().find_map(|line| line.split_once("Collected :"));
    let (_, count) = collected.unwrap_or_else(|| panic!("no count in: {told}"));
    count.trim().parse().unwrap_or_else(|error| panic!("{error} in: {told}"))
}
