//! How many connections there is room for.

/// Files that are left for everything else: databases, requests that leave, certificates, logs.
const OTHERS: usize = 128;

/// Raises how many files the process may have open to what it is allowed, and tells how many. Most
/// systems start programs with about a thousand, which are soon used up by open streams.
#[cfg(unix)]
fn files() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Where it cannot be raised, it stays.
    let is_raised = setrlimit(Resource::Nofile, raised).is_ok();
    let files = if is_raised { limit.maximum } else { limit.current };
    files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX)
}

/// There is no such limit here.
#[cfg(not(unix))]
const fn files() -> usize {
    usize::MAX
}

/// As many connections as there may be files, less those for everything else.
pub(super) fn connections() -> usize {
    let files = files();
    files.saturating_sub(OTHERS).max(files / 2)
}
