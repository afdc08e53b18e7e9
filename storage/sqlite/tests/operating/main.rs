//! What an operator meets: broken disks and files, checks, and copies of a database in use.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the lints spare test functions but not what they call"
)]

mod backup;
mod faults;
mod inspect;
mod rights;
mod talk;
