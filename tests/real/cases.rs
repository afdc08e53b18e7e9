//! Cases that are tried on services of their own, whatever store those are on.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs every case on a service of its own, and fails with the names of those that failed.
pub(crate) fn run_cases<T>(
    cases: impl IntoIterator<Item = (&'static str, fn(&T))>,
    serve: impl Fn() -> T,
) {
    let fails = |(_, case): &(&str, fn(&T))| {
        let service = serve();
        catch_unwind(AssertUnwindSafe(|| case(&service))).is_err()
    };
    let failed: Vec<_> = cases.into_iter().filter(fails).map(|(name, _)| name).collect();
    assert!(failed.is_empty(), "{failed:?}");
}
