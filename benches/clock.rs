//! CPU time, so that a busy machine does not measure its other work.

use std::time::Duration;

/// The CPU time that this thread has used.
#[cfg(unix)]
pub fn now() -> Duration {
    read(rustix::time::ClockId::ThreadCPUTime)
}

/// The CPU time that all threads of this process have used.
#[cfg(unix)]
pub fn process() -> Duration {
    read(rustix::time::ClockId::ProcessCPUTime)
}

#[cfg(unix)]
fn read(clock: rustix::time::ClockId) -> Duration {
    let time = rustix::time::clock_gettime(clock);
    let nanos = u32::try_from(time.tv_nsec).expect("below a second");
    Duration::new(u64::try_from(time.tv_sec).expect("not before the start"), nanos)
}

/// The time since the first call: there is no clock of CPU time here.
#[cfg(not(unix))]
pub fn now() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

/// The same: there is no clock of CPU time here.
#[cfg(not(unix))]
pub fn process() -> Duration {
    now()
}

/// Nanoseconds that `run` takes.
pub fn nanos<T>(run: impl FnOnce() -> T) -> f64 {
    let before = now();
    std::hint::black_box(run());
    now().saturating_sub(before).as_secs_f64() * 1e9
}

/// Nanoseconds that one call of `run` takes, over as many calls as fill about `sample`.
pub fn nanos_each<T>(sample: Duration, mut run: impl FnMut() -> T) -> f64 {
    let mut calls = 0_u32;
    let before = now();
    loop {
        for _ in 0..16 {
            std::hint::black_box(run());
        }
        calls += 16;
        let spent = now().saturating_sub(before);
        if spent >= sample {
            return spent.as_secs_f64() * 1e9 / f64::from(calls);
        }
    }
}

/// The middle one of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
