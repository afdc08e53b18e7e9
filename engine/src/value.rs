//! JSON values: what comes in, and how it is written down.

mod canonical;
mod clean;
mod number;

pub use canonical::state_hash;
pub(crate) use canonical::{
    canonical, canonical_len, canonical_value, sha256_hex, state_hash_of_canonical,
};
pub use clean::{Cleaned, clean};
pub(crate) use clean::{MAX_DEPTH, is_deeper_than};
pub(crate) use number::{settle, settle_number};
