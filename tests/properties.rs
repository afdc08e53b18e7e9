//! What must hold for all flows, sessions and inputs.

mod corpus;
mod definitions;
mod fixes;
mod hostile;
mod limits;
mod replay;
mod requests;
mod sessions;
mod talk;
mod traces;
mod turns;
mod variables;

use chatflow_tests::{budget, report};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestRunner};

/// Runs `test` on 256 values, or on this batch's share of `full` in a long run, and reports how
/// many as the figure `name`.
fn check<S: Strategy>(name: &str, full: u32, strategy: &S, test: impl Fn(S::Value)) {
    let cases = budget::cases(256, full);
    let config = Config {
        cases,
        // A failure is found again by its seed.
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(budget::seed()),
        ..Config::default()
    };
    let run = |value| {
        test(value);
        Ok(())
    };
    if let Err(failure) = TestRunner::new(config).run(strategy, run) {
        panic!("{name}: {failure}");
    }
    report::figure(name, usize::try_from(cases).unwrap());
}
