//! Hearing of what other processes change (S6.28, S6.29).

use chatflow_storage::prelude::*;
use chatflow_storage::{AnyStore, Jitter, reconnect_delay};
use tokio::time::sleep;

use crate::cli::log;
use crate::error::chain;

/// Takes in what other processes tell, until `shutdown` comes. One such task is enough for all who
/// observe the store.
pub async fn look_for_changes(store: AnyStore, shutdown: impl Future<Output = ()>) {
    let looking = async {
        let mut failures = 0_u32;
        loop {
            let pause = match store.look().await {
                Ok(pause) => {
                    failures = 0;
                    pause
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    if failures == 1 {
                        log(format_args!("error: cannot hear of changes: {}", chain(&error)));
                    }
                    let random = getrandom::u64().map_or(Jitter::NONE, Jitter::from_random);
                    reconnect_delay(failures, random)
                }
            };
            sleep(pause).await;
        }
    };
    tokio::select! {
        () = shutdown => {}
        () = looking => {}
    }
}
