//! The service on an SQLite file beside the raw loop of goal 11; figures without a goal.

use std::path::Path;
use std::time::Duration;

use chatflow_benches::clock::median;
use chatflow_store_benches::sqlite::RawLoop;
use tokio::runtime::Runtime;

use crate::service::{FLOW, Service};
use crate::visitors;
use crate::{ROUNDS, cold};

const CONNECTIONS: [usize; 2] = [1, 16];

const SAMPLE: Duration = Duration::from_millis(1500);

/// Says whether what has a goal meets it.
pub(crate) fn measure(runtime: &Runtime, chatflow: &Path) -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = folder.path().join("chatflow.db");
    let own = Service { chatflow, database: database.as_os_str() };
    own.import(folder.path());
    // The minimal program connects when it is asked for a turn, which it is not here.
    let passes = cold::measure(runtime, &own, "postgres://nobody@localhost/nothing", 1, "SQLite");
    let service = own.serve(1);
    let conversations = runtime.block_on(visitors::start(service.address, FLOW, 512));
    let raw = RawLoop::new();
    for connections in CONNECTIONS {
        let round = |_| {
            let asked = visitors::go_on(service.address, &conversations, connections, SAMPLE);
            let asked = runtime.block_on(asked);
            assert_eq!(asked.refused, 0);
            (asked.per_second(), asked.latency(990), raw.per_second(connections))
        };
        let rounds: Vec<_> = (0..ROUNDS).map(round).collect();
        let of = |figure: fn(&(f64, f64, f64)) -> f64| median(rounds.iter().map(figure).collect());
        println!(
            "  SQLite, {connections} connections: {:.0} requests/s, p99 {:.1} ms; raw loop {:.0} turns/s",
            of(|round| round.0),
            of(|round| round.1),
            of(|round| round.2),
        );
        println!(
            "goal 13, SQLite, requests a second / raw loop, FULL, {connections} connections: {:.2} (no goal)",
            of(|round| round.0 / round.2),
        );
    }
    passes
}
