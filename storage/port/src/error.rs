//! What a read can end in.

use std::error::Error;

/// Why a read did not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store broke; the source says what it was doing.
    #[error("the store failed")]
    Store(#[source] Box<dyn Error + Send + Sync>),
}
