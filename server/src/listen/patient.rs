//! A stream whose other side must take what it is sent (S12.10).
//!
//! Without it, a client that asks and never reads keeps its answer, and all that belongs to it, for
//! as long as it likes.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A stream that fails once nothing of what is to be written was taken for a while.
#[derive(Debug)]
pub(super) struct Patient<S> {
    inner: S,
    patience: Duration,
    /// Runs out while nothing is taken. It is made when it is first needed, which for most
    /// connections is never.
    clock: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
}

impl<S> Patient<S> {
    pub(super) const fn new(inner: S, patience: Duration) -> Self {
        Self { inner, patience, clock: None, is_waiting: false }
    }

    /// Lets the clock run while nothing goes on.
    fn watch<T>(&mut self, polled: Poll<Result<T>>, context: &mut Context<'_>) -> Poll<Result<T>> {
        if polled.is_ready() {
            self.is_waiting = false;
            return polled;
        }
        let patience = self.patience;
        let clock = self.clock.get_or_insert_with(|| Box::pin(sleep(patience)));
        if !self.is_waiting {
            self.is_waiting = true;
            let until = Instant::now().checked_add(patience);
            clock.as_mut().reset(until.unwrap_or_else(Instant::now));
        }
        match clock.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(Error::from(ErrorKind::TimedOut))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.watch(polled, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.watch(polled, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_flush(context);
        self.watch(polled, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_shutdown(context);
        self.watch(polled, context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(100);

    #[tokio::test]
    async fn who_takes_nothing_is_given_up() {
        let (own, other) = duplex(4);
        let mut own = Patient::new(own, PATIENCE);
        let begun = Instant::now();
        let error = own.write_all(b"longer than four").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(begun.elapsed() >= PATIENCE);
        drop(other);
    }

    #[tokio::test]
    async fn who_takes_little_but_takes_it_gets_all() {
        let (own, mut other) = duplex(1);
        let mut own = Patient::new(own, PATIENCE);
        let begun = Instant::now();
        let reads = async {
            let mut byte = [0];
            let mut pace = tokio::time::interval(PATIENCE / 5);
            for _ in 0..8 {
                pace.tick().await;
                other.read_exact(&mut byte).await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(own.write_all(&[7; 8]), reads);
        written.unwrap();
        assert!(begun.elapsed() > PATIENCE, "longer than anybody waits at once");
    }
}
