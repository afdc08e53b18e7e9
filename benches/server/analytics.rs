//! How long numbers take with many sessions on Postgres: `load analytics CHATFLOW [SESSIONS]`.
//!
//! Sessions of twenty flows are filled in by statements, over four hundred days until now; the program's own job takes
//! the numbers of the days, and then the program is asked, without repeating an answer. In the end everything is
//! exported, beside a tenth of it: an export of ten times as much must not need much more memory.

mod export;
mod fill;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use axum::http::{Method, StatusCode};
use chatflow_benches::clock::median;
use chatflow_throwaway::Server;
use tokio::runtime::Runtime;

use self::fill::{DAYS, day, fill, fixture};
use crate::program::Program;
use crate::visitors::Client;

/// How often each question is asked.
const ASKED: usize = 5;

/// An answer must not take longer, in milliseconds.
const MOST: f64 = 200.0;

/// Fills, takes the numbers of the days, and asks; whether every answer came in time.
pub(crate) fn measure(runtime: &Runtime, chatflow: &Path, sessions: usize) -> bool {
    let server = match Server::start_durable() {
        Ok(server) => server,
        Err(why) => {
            println!("numbers of many sessions: not measured: {why}");
            return true;
        }
    };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let command = |verb: &str| {
        let mut command = Command::new(chatflow);
        command.arg(verb).env("CHATFLOW_DB", server.url());
        command
    };
    let seed = folder.path().join("seed.json");
    std::fs::write(&seed, fixture().to_string()).expect("a file can be written");
    let done = command("import").arg(&seed).stdout(Stdio::null()).status();
    assert!(done.expect("chatflow starts").success(), "the flows cannot be imported");
    let serve = || {
        let mut serve = command("serve");
        serve.args(["--listen", "127.0.0.1:0", "--env", "development"]);
        serve.env("FLOW_AUTH__IDENTITY", "none").env("FLOW_RATE__ENABLED", "false");
        serve.env("FLOW_ANALYTICS__CACHE_SECONDS", "0").env("FLOW_JOBS__ENABLED", "false");
        Program::start(&mut serve)
    };
    let flows = runtime.block_on(fill(&serve(), server.url(), sessions));
    let begun = Instant::now();
    let job = command("job").arg("analytics-rollup").status();
    assert!(job.expect("chatflow starts").success(), "the job fails");
    println!(
        "numbers of {sessions} sessions: the days took {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    let first_day = |ago| runtime.block_on(day(server.url(), ago));
    let (tenth, whole) = (first_day(DAYS / 10), first_day(DAYS));
    let passes = ask_all(runtime, &serve(), &flows, &whole);
    passes & export::measure(&|| command("export"), folder.path(), (&tenth, &whole))
}

/// Asks what is asked of all numbers; `whole` is the first of all days.
fn ask_all(runtime: &Runtime, program: &Program, flows: &[String], whole: &str) -> bool {
    let funnel = format!("/v1/cms/flows/{}/analytics/funnel", flows[0]);
    let compare = format!("/v1/cms/flows/analytics/compare?flow_ids={}", flows.join(","));
    let questions = [
        ("dashboard", "/v1/cms/analytics/dashboard".to_owned()),
        ("funnel of all days", format!("{funnel}?start_date={whole}")),
        ("compare of all days", format!("{compare}&start_date={whole}")),
        ("funnel", funnel),
        ("compare", compare),
        ("summary", "/v1/cms/analytics/summary".to_owned()),
        ("best flows", "/v1/cms/analytics/flows/top".to_owned()),
    ];
    let mut passes = true;
    for (name, path) in questions {
        let took = runtime.block_on(ask(program, &path));
        let is_goal = !matches!(name, "summary" | "best flows");
        let verdict = match (is_goal, took < MOST) {
            (false, _) => "no goal",
            (true, true) => "met",
            (true, false) => "missed",
        };
        println!("numbers, {name}: {took:.1} ms, median of {ASKED} (below {MOST}): {verdict}");
        passes &= !is_goal || took < MOST;
    }
    passes
}

/// The median of so many answers, in milliseconds, behind one that nobody counts.
async fn ask(program: &Program, path: &str) -> f64 {
    let mut client = Client::connect(program.address).await.expect("the service listens");
    let mut times = Vec::new();
    for _ in 0..=ASKED {
        let begun = Instant::now();
        let (status, _) = client.ask(Method::GET, path, None, "").await.expect("an answer");
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        assert_eq!(status, StatusCode::OK, "{path}");
    }
    median(times.split_off(1))
}
