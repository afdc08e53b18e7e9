//! Chatflow's behaviour as a whole, in one binary.

mod conformance;
mod properties;
mod tidy;
