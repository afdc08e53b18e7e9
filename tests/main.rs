//! Chatflow's behaviour as a whole, in one binary.

mod cli;
mod conformance;
mod crash;
mod fixes;
mod linear;
mod postgres;
mod properties;
mod real;
mod server;
mod tidy;
