//! Chatflow's behaviour as a whole, in one binary.

mod tidy;
