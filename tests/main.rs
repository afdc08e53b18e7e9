//! Chatflow's behaviour as a whole, in one binary.

mod cli;
mod crash;
mod real;
mod server;
mod tidy;
