//! An async store behind the blocking roles: the way back from [`Blocking`](crate::Blocking).

/// Runs a future to its end on the calling thread.
///
/// It may be called from several threads at once. What it owns beside a runtime is dropped after
/// the store, such as the guard of a database.
pub trait BlockOn: Send + Sync {
    /// Runs `future` to its end.
    fn block_on<F: Future>(&self, future: F) -> F::Output;
}

/// An async store as a blocking one, for programs that do one thing after the other, and for the
/// contract suite. A server has no thread to spare for waiting.
#[derive(Clone, Debug)]
pub struct Waiting<S, R> {
    // In this order, which is the order in which they are dropped.
    pub(crate) store: S,
    pub(crate) runtime: R,
}

impl<S, R: BlockOn> Waiting<S, R> {
    /// Waits for what `store` does on `runtime`.
    pub const fn new(store: S, runtime: R) -> Self {
        Self { store, runtime }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::{BlockOn, Waiting};
    use crate::{Blocking, MemoryStore, contract};

    /// For futures that are ready at once.
    struct AtOnce;

    impl BlockOn for AtOnce {
        fn block_on<F: Future>(&self, future: F) -> F::Output {
            match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(output) => output,
                Poll::Pending => panic!("the future is not ready"),
            }
        }
    }

    #[test]
    fn there_and_back_again_a_store_holds_the_contract() {
        contract::run_all(|| Waiting::new(Blocking(MemoryStore::new()), AtOnce));
    }
}
