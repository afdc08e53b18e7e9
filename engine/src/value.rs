//! Values of a session's state.

pub(crate) mod option;
