//! Two sides in interleaved rounds.

use std::time::Duration;

use chatflow_benches::clock::median;

/// What one side did in one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    turns: f64,
    wall: Duration,
    /// Of this process; a server's is not in it.
    cpu: Duration,
}

/// All rounds of two sides.
#[derive(Debug, Default)]
pub(crate) struct Rounds(Vec<(Sample, Sample)>);

/// Medians of the ratios store / bound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratios {
    pub(crate) speed: f64,
    pub(crate) cpu: f64,
}

impl Sample {
    pub(crate) fn new(turns: u32, wall: Duration, cpu: Duration) -> Self {
        assert!(turns > 0, "no turn was finished");
        Self { turns: f64::from(turns), wall, cpu }
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.turns / self.wall.as_secs_f64()
    }

    fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.turns
    }
}

impl Rounds {
    /// Runs both sides in each round; who begins takes turns.
    pub(crate) fn run(
        rounds: usize,
        mut store: impl FnMut() -> Sample,
        mut bound: impl FnMut() -> Sample,
    ) -> Self {
        let round = |n: usize| {
            if n.is_multiple_of(2) {
                let store = store();
                (store, bound())
            } else {
                let bound = bound();
                (store(), bound)
            }
        };
        Self((0..rounds).map(round).collect())
    }

    pub(crate) fn ratios(&self) -> Ratios {
        let of = |figure: fn(&Sample) -> f64| {
            median(self.0.iter().map(|(store, bound)| figure(store) / figure(bound)).collect())
        };
        Ratios { speed: of(Sample::per_second), cpu: of(Sample::cpu_micros) }
    }

    /// Prints the medians of both sides, which are only comparable within a run.
    pub(crate) fn show(&self, what: &str) {
        let of = |figure: fn(&Sample) -> f64| {
            let store = median(self.0.iter().map(|(store, _)| figure(store)).collect());
            (store, median(self.0.iter().map(|(_, bound)| figure(bound)).collect()))
        };
        let ((speed, bound_speed), (cpu, bound_cpu)) =
            (of(Sample::per_second), of(Sample::cpu_micros));
        println!(
            "  {what}: {speed:.0} turns/s, bound {bound_speed:.0}; CPU {cpu:.0} µs a turn, bound {bound_cpu:.0}"
        );
    }
}
