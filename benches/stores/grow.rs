//! What a call costs with many sessions in the database beside a few: `stores grow [FEW MANY]`.
//!
//! Both databases of a store are filled first and measured in interleaved rounds, so that a disk that is slow for a while
//! is slow for both.

use std::time::{Duration, Instant};

use chatflow::{FlowId, SessionId};
use chatflow_benches::clock::median;
use chatflow_storage::{HistoryQuery, NewSession, SessionQuery};
use uuid::Uuid;

use crate::{ROUNDS, plural, postgres, sqlite, turn};

/// How often each call is timed in a round.
const CALLS: usize = 2_000;

/// A p99 may grow by less than this.
const MOST: f64 = 2.0;

/// The history rows of a session.
pub(crate) const ROWS: i64 = 10;

/// How many sessions are filled in by one statement.
pub(crate) const BATCH: usize = 2_000;

/// The columns of a session that are copied from the first; its id, revision and number of rows are not, and
/// sessions start at different times.
pub(crate) const COLUMNS: &str =
    "user_id, flow_id, flow_seq, flow_version, session_token, token_hint, csrf_hash, school_id,
     theme_id, trace_enabled, trace_level, status, last_activity_at, ended_at,
     ended_reason, lease_token, lease_expires_at, current_node_id, current_flow_id, state_hash,
     turn_hash, info, state, engine";

/// A store that waits for its answers.
pub(crate) trait Filled {
    /// Loads a session and commits a turn of it; how long either took.
    fn turn(&self, id: SessionId) -> (Duration, Duration);
    /// Reads a page of its history.
    fn history(&self, query: HistoryQuery);
    /// Starts a session.
    fn start(&self, session: &NewSession);
    /// Lists the newest sessions of the flow, and how many there are.
    fn list(&self, query: &SessionQuery);
}

/// What is timed.
const NAMES: [&str; 5] = ["load", "commit", "history", "start", "list"];

/// Times in microseconds that 99 of 100 calls stay under, in the order of [`NAMES`].
fn p99(store: &impl Filled, ids: &[Uuid], round: usize) -> [f64; 5] {
    let mut times = NAMES.map(|_| Vec::new());
    let of_flow =
        SessionQuery { flow: Some(FlowId(turn::FLOW)), limit: 50, ..SessionQuery::default() };
    // Each round meets sessions that no round before it has met, as far as there are enough.
    let chosen = ids.iter().cycle().skip(round * CALLS % ids.len()).take(CALLS);
    for (n, id) in chosen.enumerate() {
        let session = SessionId(*id);
        let (load, commit) = store.turn(session);
        let begun = Instant::now();
        store.history(HistoryQuery { session, after_seq: 0, kinds: None, skip: 0, limit: 20 });
        let history = begun.elapsed();
        let new = turn::sessions(&[Uuid::new_v5(id, &(round * CALLS + n).to_be_bytes())]);
        let begun = Instant::now();
        store.start(&new[0]);
        let start = begun.elapsed();
        let mut list = None;
        // It counts up to ten thousand sessions, so that it takes longer than all others together.
        if n % 10 == 0 {
            let begun = Instant::now();
            store.list(&of_flow);
            list = Some(begun.elapsed());
        }
        let taken = [Some(load), Some(commit), Some(history), Some(start), list];
        for (times, time) in times.iter_mut().zip(taken) {
            times.extend(time.map(|time| time.as_secs_f64() * 1e6));
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() * 99 / 100]
    })
}

fn compare<S: Filled>(name: &str, few: (&S, &[Uuid]), many: (&S, &[Uuid])) -> bool {
    let rounds: Vec<_> =
        (0..ROUNDS).map(|n| (p99(few.0, few.1, n), p99(many.0, many.1, n))).collect();
    let mut passes = true;
    for (n, call) in NAMES.into_iter().enumerate() {
        let [of_few, of_many] = [
            median(rounds.iter().map(|(few, _)| few[n]).collect()),
            median(rounds.iter().map(|(_, many)| many[n]).collect()),
        ];
        let grown = median(rounds.iter().map(|(few, many)| many[n] / few[n]).collect());
        let verdict = if grown < MOST { "met" } else { "missed" };
        println!(
            "growth, {name}, p99 of {call}: {of_many:.0} µs beside {of_few:.0} µs: {grown:.2} (below {MOST}): {verdict}"
        );
        passes &= grown < MOST;
    }
    passes
}

/// Fills and compares both stores; whether none grows too much.
pub fn run(few: usize, many: usize) -> bool {
    println!("{many} sessions beside {few}, {ROWS} history rows each, {}", plural(1));
    let (few, many) = (turn::ids_of(few), turn::ids_of(many));
    let mut passes = {
        let (small, large) = (sqlite::Grown::fill(&few), sqlite::Grown::fill(&many));
        compare("SQLite", (&small, &few), (&large, &many))
    };
    match postgres::Grown::fill(&few, &many) {
        Err(why) => println!("growth, Postgres: not measured: {why}"),
        Ok(place) => {
            let (small, large) = place.both();
            passes &= compare("Postgres", (small, &few), (large, &many));
        }
    }
    passes
}
