//! The store on a real server: one of its own, or the one that `DATABASE_URL` names.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the lints spare test functions but not what they call"
)]

mod contract;
mod events;
mod inspect;
mod many;
mod microseconds;
mod opening;
mod partitions;
mod place;
mod plans;
mod proxy;
mod rows;
mod scaling;
mod session;
mod turns;
