//! A blocking store behind the async twins.

use crate::changes::{AsyncChanges, Changes, Observed};
use crate::content::{AsyncContentStore, ContentStore};
use crate::flow::{AsyncFlowStore, FlowStore};
use crate::library::{AsyncLibraryStore, LibraryStore};
use crate::outbox::{AsyncOutboxStore, OutboxStore};
use crate::session::{AsyncSessionStore, SessionStore};
use crate::subscription::{AsyncSubscriptionStore, SubscriptionStore};

/// A blocking store behind the async roles; its futures are ready at once.
///
/// Each call blocks its thread for as long as the store takes: microseconds for memory and for
/// SQLite's reads, one disk flush for its commits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Blocking<S>(pub S);

/// All blocking roles in one bound.
pub trait Store:
    FlowStore
    + ContentStore
    + LibraryStore
    + SessionStore
    + OutboxStore
    + SubscriptionStore
    + Changes
    + Observed
    + Send
    + Sync
{
}

impl<S> Store for S where
    S: FlowStore
        + ContentStore
        + LibraryStore
        + SessionStore
        + OutboxStore
        + SubscriptionStore
        + Changes
        + Observed
        + Send
        + Sync
{
}

/// All async roles in one bound.
pub trait AsyncStore:
    AsyncFlowStore
    + AsyncContentStore
    + AsyncLibraryStore
    + AsyncSessionStore
    + AsyncOutboxStore
    + AsyncSubscriptionStore
    + AsyncChanges
    + Observed
    + Send
    + Sync
{
}

impl<S> AsyncStore for S where
    S: AsyncFlowStore
        + AsyncContentStore
        + AsyncLibraryStore
        + AsyncSessionStore
        + AsyncOutboxStore
        + AsyncSubscriptionStore
        + AsyncChanges
        + Observed
        + Send
        + Sync
{
}
