//! How many cases a randomised test runs, and from which seed.
//!
//! An ordinary run is short and always the same. `cargo xtask test --long` runs the same tests in batches and sets
//! `CHATFLOW_BATCH` to `I/N`: each batch is the N-th part of the full count, with seeds of its own.

/// The number of cases to run: `usual`, or this batch's share of `full` in a long run.
pub fn cases(usual: u32, full: u32) -> u32 {
    batch().map_or(usual, |(_, batches)| full.div_ceil(batches))
}

/// The seed to start from: `0` in an ordinary run, the batch's number in a long one.
pub fn seed() -> u64 {
    batch().map_or(0, |(number, _)| u64::from(number))
}

fn batch() -> Option<(u32, u32)> {
    let text = std::env::var("CHATFLOW_BATCH").ok()?;
    Some(
        parse(&text)
            .unwrap_or_else(|| panic!("CHATFLOW_BATCH is `{text}`, not I/N with 1 ≤ I ≤ N")),
    )
}

fn parse(text: &str) -> Option<(u32, u32)> {
    let (number, batches) = text.split_once('/')?;
    let (number, batches) = (number.parse().ok()?, batches.parse().ok()?);
    (1..=batches).contains(&number).then_some((number, batches))
}
