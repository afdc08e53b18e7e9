//! Instructions under callgrind: per turn of STD-1, beside the same work written by hand, and per node of a load.
//!
//! Without arguments the program counts itself: it starts valgrind on its own file with
//! `--run CASE COUNT`, twice for each case, and takes the difference. What it counts may differ by 2 % from
//! `counts.tsv`; `UPDATE=1` writes that file anew.

use std::process::{Command, ExitCode, Stdio};

use chatflow_benches::engine::{Talk, load, unread};
use chatflow_benches::goal::{Goal, Judged};
use chatflow_benches::hand::Hand;
use chatflow_benches::std1::{TURNS, WIDE, flow_doc, nodes_of};

/// What may run.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    /// How often in the short and in the long run; what they differ in has no start-up cost.
    runs: [u32; 2],
    /// What one of them consists of: turns, or nodes.
    units: f64,
}

/// In the order of the baseline.
fn cases() -> [Case; 6] {
    let talk = |name| Case { name, runs: [20, 220], units: TURNS };
    let load = |name, runs, rounds| Case { name, runs, units: nodes_of(rounds) };
    [
        talk("hand"),
        talk("engine"),
        talk("hand-persisted"),
        talk("engine-persisted"),
        load("load-wide", [1, 3], WIDE[0]),
        load("load-narrow", [2, 12], WIDE[1]),
    ]
}

/// By how much a count may differ from the baseline before somebody must look.
const TOLERANCE: f64 = 0.02;

/// Instructions per turn of the hand-written bound when the goals were set.
const BOUND: f64 = 13_049.0;

const IN_MEMORY: Goal =
    Goal { name: "goal 1b, instructions per turn / by hand", must: 4.0, target: 2.5 };
const LINEAR: Goal = Goal {
    name: "goal 7b, instructions of a load of 1997 / of 197 nodes",
    must: 12.0,
    target: 11.0,
};
const PERSISTED: Goal =
    Goal { name: "goal 3, persisted, instructions per turn / by hand", must: 2.0, target: 1.4 };

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => count_all(),
        ["--run", case, count] => {
            play(case, count.parse().expect("a number"));
            ExitCode::SUCCESS
        }
        [..] => {
            eprintln!("usage: counts [--run CASE COUNT], with a case of counts.tsv");
            ExitCode::FAILURE
        }
    }
}

/// What runs under callgrind. Both sides are prepared for every case, so that all begin with one heap.
fn play(case: &str, count: u32) {
    let (hand, mut talk) = (Hand::new(), Talk::std1());
    let [wide, narrow] = WIDE.map(|rounds| flow_doc(rounds, false).to_string());
    match case {
        "hand" => repeat(count, || hand.in_memory()),
        "engine" => repeat(count, || talk.in_memory(unread)),
        "hand-persisted" => repeat(count, || hand.persisted()),
        "engine-persisted" => repeat(count, || talk.persisted(unread)),
        "load-wide" => repeat(count, || load(&wide)),
        "load-narrow" => repeat(count, || load(&narrow)),
        other => panic!("no case `{other}`"),
    }
}

fn repeat<T>(count: u32, mut run: impl FnMut() -> T) {
    for _ in 0..count {
        std::hint::black_box(run());
    }
}

fn count_all() -> ExitCode {
    chatflow_benches::check_results();
    if !has_valgrind() {
        println!("not measured: valgrind is not installed (Debian: apt-get install valgrind)");
        return ExitCode::from(2);
    }
    let cases = cases();
    let counted = cases.map(per_unit);
    let [hand, engine, hand_persisted, engine_persisted, wide, narrow] = counted;
    println!("STD-1, instructions per turn (callgrind)");
    println!("  in memory: by hand {hand:.0}, engine {engine:.0}");
    println!("  persisted: by hand {hand_persisted:.0}, engine {engine_persisted:.0}");
    println!("a load, instructions per node");
    println!("  of {} nodes {wide:.0}, of {} nodes {narrow:.0}", cases[4].units, cases[5].units);
    let of_bound = hand / BOUND;
    let bound_holds = (0.9..=1.1).contains(&of_bound);
    let verdict = if bound_holds { "passes" } else { "FAILS" };
    println!("the bound by hand: {of_bound:.3} of {BOUND:.0} (0.9 to 1.1): {verdict}");
    let judged = [
        IN_MEMORY.judge(engine / hand),
        PERSISTED.judge(engine_persisted / hand_persisted),
        LINEAR.judge(wide * cases[4].units / (narrow * cases[5].units)),
    ];
    for judged in &judged {
        println!("{judged}");
    }
    let names = cases.map(|case| case.name);
    let stays = stays_at_baseline(&names, &counted);
    if bound_holds && stays && judged.iter().all(Judged::passes) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Holds the counts against those that were committed, or commits to these if told to.
fn stays_at_baseline(names: &[&str], counted: &[f64]) -> bool {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.tsv");
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        let line = |(case, count): (&&str, &f64)| format!("{case}\t{count:.0}\n");
        let lines: Vec<String> = names.iter().zip(counted).map(line).collect();
        std::fs::write(&path, lines.concat()).expect("the baseline is writable");
        println!("baseline written: {}", path.display());
        return true;
    }
    let text = std::fs::read_to_string(&path).expect("there is a baseline");
    let mut stays = true;
    for (case, count) in names.iter().zip(counted) {
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

/// Instructions per turn, or per node, of a case.
fn per_unit(case: Case) -> f64 {
    let [short, long] = case.runs.map(|count| instructions(case.name, count));
    (long - short) / (f64::from(case.runs[1] - case.runs[0]) * case.units)
}

/// Instructions of one whole run.
fn instructions(case: &str, count: u32) -> f64 {
    let own = std::env::current_exe().expect("this program has a file");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(own)
        .args(["--run", case, &count.to_string()])
        .output()
        .expect("valgrind starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let collected = told.lines().find_map(|line| line.split_once("Collected :"));
    let (_, count) = collected.unwrap_or_else(|| panic!("no count in: {told}"));
    count.trim().parse().unwrap_or_else(|error| panic!("{error} in: {told}"))
}
