//! Measures what was asked for on the command line.

use std::time::Duration;

/// CPU time of one figure.
const SAMPLE: Duration = Duration::from_millis(300);

/// Turns of one conversation.
const TURNS: f64 = 5.0;

/// Prints CPU nanoseconds per turn of the case named by the first argument.
pub fn print<P: FnMut()>(in_memory: impl FnMut(), persisted: impl FnOnce() -> P) {
    let case = std::env::args().nth(1);
    let nanos = match case.as_deref() {
        Some("in-memory") => warm(in_memory),
        Some("persisted") => warm(persisted()),
        _ => panic!("usage: in-memory|persisted"),
    };
    println!("{:.1}", nanos / TURNS);
}

fn warm(mut run: impl FnMut()) -> f64 {
    let _ = super::clock::nanos_each(SAMPLE / 4, &mut run);
    super::clock::nanos_each(SAMPLE, run)
}
