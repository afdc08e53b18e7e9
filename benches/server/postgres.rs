//! Goals 13 and 14, on Postgres.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use chatflow_benches::clock::median;
use chatflow_benches::goal::{AtLeast, Goal, Judged};
use chatflow_throwaway::Server;
use tokio::runtime::Runtime;

use crate::program::Program;
use crate::service::{FLOW, Service};
use crate::visitors::{self, Asked, Conversation, count};
use crate::{ROUNDS, cold, floor};

/// How many connections there are at a time.
const CONNECTIONS: [usize; 2] = [16, 64];

/// Connections of both programs to the database.
const POOL: u32 = 32;

const SAMPLE: Duration = Duration::from_secs(3);

/// Conversations of the service; each connection has its share of them.
const CONVERSATIONS: usize = 2_048;

const SPEED: AtLeast = AtLeast {
    name: "goal 13, interact, requests a second / minimal program",
    must: 0.7,
    target: 0.9,
};
const SLOWEST: Goal =
    Goal { name: "goal 13, interact, p99 / minimal program", must: 2.0, target: 1.3 };
const CPU: Goal = Goal {
    name: "goal 13, interact, CPU time of a request / minimal program",
    must: 1.6,
    target: 1.25,
};
const PGBENCH: AtLeast =
    AtLeast { name: "goal 14, interact, requests a second / pgbench", must: 0.45, target: 0.65 };

/// What one program did in one round.
struct Sample {
    per_second: f64,
    /// Milliseconds that half of the answers, and 99 in a hundred, kept to.
    p50: f64,
    p99: f64,
    /// Of the program alone, a request, in microseconds.
    cpu: f64,
    refused: usize,
}

/// All sides in one round.
struct Round {
    service: Sample,
    floor: Sample,
    pgbench: f64,
}

/// A program that serves, and the conversations with it.
struct Side {
    program: Program,
    conversations: Vec<Conversation>,
}

/// Holds the service against both; says why where it cannot.
pub(crate) fn measure(runtime: &Runtime, chatflow: &Path) -> bool {
    let measured = Server::start_durable().and_then(|server| {
        let url = server.url().to_owned();
        let pgbench = chatflow_throwaway::program("pgbench").ok_or("there is no `pgbench`")?;
        Ok((server, url, pgbench))
    });
    let (_server, url, pgbench) = match measured {
        Ok(found) => found,
        Err(why) => {
            for name in [SPEED.name, PGBENCH.name] {
                println!("{name}: not measured: {why}");
            }
            return true;
        }
    };
    runtime.block_on(floor::prepare(&url)).expect("the tables of the minimal program are made");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = folder.path().join("turn.sql");
    std::fs::write(&script, floor::pgbench_script()).expect("a file can be written");
    let own = Service { chatflow, database: OsStr::new(&url) };
    own.import(folder.path());
    let mut passes = cold::measure(runtime, &own, &url, POOL, "Postgres");

    let service = own.serve(POOL);
    let conversations = runtime.block_on(visitors::start(service.address, FLOW, CONVERSATIONS));
    let service = Side { program: service, conversations };
    let floor = floor_side(&url);
    for connections in CONNECTIONS {
        let sample = |side: &Side| side.sample(runtime, connections);
        let bench = || run_pgbench(&pgbench, &url, &script, connections);
        // Connections and statements are made ready before any is measured.
        let _ = (sample(&service), sample(&floor));
        let round = |n: usize| {
            // Who begins takes turns.
            if n.is_multiple_of(2) {
                let service = sample(&service);
                Round { service, floor: sample(&floor), pgbench: bench() }
            } else {
                let (pgbench, floor) = (bench(), sample(&floor));
                Round { service: sample(&service), floor, pgbench }
            }
        };
        let rounds: Vec<_> = (0..ROUNDS).map(round).collect();
        passes &= tell(&rounds, connections);
    }
    passes
}

/// The minimal program, which is this one.
fn floor_side(url: &str) -> Side {
    let program = floor_program(url, POOL);
    let conversation = |n| Conversation { path: format!("/turn?t=tok-{}", n + 1), csrf: None };
    Side { program, conversations: (0..floor::SESSIONS).map(conversation).collect() }
}

/// Starts the minimal program.
pub(crate) fn floor_program(url: &str, connections: u32) -> Program {
    let own = std::env::current_exe().expect("a program knows its place");
    Program::start(Command::new(own).args(["floor", url, &connections.to_string()]))
}

impl Side {
    fn sample(&self, runtime: &Runtime, connections: usize) -> Sample {
        let Self { program, conversations } = self;
        let before = program.cpu();
        let asked = visitors::go_on(program.address, conversations, connections, SAMPLE);
        let asked = runtime.block_on(asked);
        Sample::of(&asked, program.cpu().saturating_sub(before))
    }
}

impl Sample {
    fn of(asked: &Asked, cpu: Duration) -> Self {
        Self {
            per_second: asked.per_second(),
            p50: asked.latency(500),
            p99: asked.latency(990),
            cpu: cpu.as_secs_f64() * 1e6 / count(asked.turns),
            refused: asked.refused,
        }
    }
}

/// Transactions a second.
fn run_pgbench(program: &PathBuf, url: &str, script: &Path, clients: usize) -> f64 {
    let seconds = SAMPLE.as_secs().to_string();
    let output = Command::new(program)
        .args(["-n", "-M", "prepared", "-j", "2", "-T", &seconds, "-c", &clients.to_string(), "-f"])
        .arg(script)
        .arg(url)
        .stdin(Stdio::null())
        .output()
        .expect("pgbench starts");
    let told = String::from_utf8_lossy(&output.stdout);
    let line = told.lines().find_map(|line| line.strip_prefix("tps = "));
    let figure = line.and_then(|line| line.split(' ').next()?.parse().ok());
    figure.unwrap_or_else(|| panic!("{told} {}", String::from_utf8_lossy(&output.stderr)))
}

/// Prints the medians and holds their ratios against the goals.
fn tell(rounds: &[Round], connections: usize) -> bool {
    let of = |figure: &dyn Fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    let about = format!("{connections} connections");
    for (name, sample) in [
        ("service", (|round| &round.service) as fn(&Round) -> &Sample),
        ("minimal program", |round| &round.floor),
    ] {
        let refused: usize = rounds.iter().map(|round| sample(round).refused).sum();
        println!(
            "  {about}, {name}: {:.0} requests/s, p50 {:.1} ms, p99 {:.1} ms, CPU {:.0} µs a request, {refused} refused",
            of(&|round| sample(round).per_second),
            of(&|round| sample(round).p50),
            of(&|round| sample(round).p99),
            of(&|round| sample(round).cpu),
        );
        if refused > 0 {
            println!("goal 13, {name}, {about}: {refused} requests were refused: missed");
        }
    }
    println!("  {about}, pgbench: {:.0} transactions/s", of(&|round| round.pgbench));
    let refused = rounds.iter().any(|round| round.service.refused > 0);
    let ratio =
        |figure: fn(&Sample) -> f64| of(&|round| figure(&round.service) / figure(&round.floor));
    [
        SPEED.judge(ratio(|sample| sample.per_second)),
        SLOWEST.judge(ratio(|sample| sample.p99)),
        CPU.judge(ratio(|sample| sample.cpu)),
        PGBENCH.judge(of(&|round| round.service.per_second / round.pgbench)),
    ]
    .map(|judged: Judged| {
        let judged = judged.about(&about);
        println!("{judged}");
        judged.passes()
    })
    .iter()
    .all(|passes| *passes)
        && !refused
}
