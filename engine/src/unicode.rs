//! What of Unicode the engine needs, from tables that take a fifth of what they take elsewhere (ADR 0040). Tests hold every
//! character against the crate and the standard library that the tables are made of.

mod case;
mod decompose;
mod packed;
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "numbers of characters are small")]
mod packing;

pub(crate) use case::{fold_case, lower, lowercase};
pub(crate) use decompose::{combining_class, decompose};
