//! Waking those who wait for events, here and in other processes (F17).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chatflow_storage::prelude::*;
use chatflow_storage::{AnyStore, ChangeNotice, Observed as _, Watch};
use tokio::sync::watch;

use crate::error::chain;

/// Turns within this time are told of together.
const TOGETHER: Duration = Duration::from_millis(100);

/// Tells of new events, and is told of them.
pub(crate) struct Wakes {
    is_due: Arc<AtomicBool>,
    heard: watch::Sender<Instant>,
    _watch: Watch,
}

impl Wakes {
    pub(crate) fn new(store: &AnyStore) -> Self {
        let heard = watch::Sender::new(Instant::now());
        let bell = heard.clone();
        let watch = store.observers().watch(move |notice| {
            if matches!(notice, ChangeNotice::Outbox | ChangeNotice::Resync) {
                bell.send_replace(Instant::now());
            }
        });
        Self { is_due: Arc::default(), heard, _watch: watch }
    }

    /// A turn has written events: others are told soon, outside of it.
    pub(crate) fn written(&self, store: &AnyStore) {
        if self.is_due.swap(true, Ordering::AcqRel) {
            return;
        }
        let (store, is_due) = (store.clone(), Arc::clone(&self.is_due));
        tokio::spawn(async move {
            tokio::time::sleep(TOGETHER).await;
            is_due.store(false, Ordering::Release);
            if let Err(error) = store.announce(&[ChangeNotice::Outbox]).await {
                crate::cli::log(format_args!("error: cannot tell of events: {}", chain(&error)));
            }
        });
    }

    /// Changes whenever there may be new events, to when this was heard.
    pub(crate) fn heard(&self) -> watch::Receiver<Instant> {
        self.heard.subscribe()
    }
}
