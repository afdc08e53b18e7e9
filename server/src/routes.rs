//! One file per resource: authenticate, load, drive, commit, render.

pub(crate) mod access;
pub(crate) mod history;
pub(crate) mod interact;
pub(crate) mod listing;
pub(crate) mod page;
pub(crate) mod session;
pub(crate) mod start;
pub(crate) mod turn;
