//! Chatflow's behaviour as a whole, in one binary.

mod cli;
mod conformance;
mod crash;
mod fixes;
mod linear;
mod properties;
mod real;
mod server;
mod tidy;
