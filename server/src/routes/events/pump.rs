//! Reads the stream for one client.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::sse::Event;
use chatflow_storage::{AccessScope, StreamCursor, StreamQuery};
use tokio::sync::mpsc::Sender;
use tokio::time::sleep;

use super::reads::Unreadable;
use crate::app::App;
use crate::host::now;

/// How long to wait before looking again where nobody calls.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// What another client was told so long ago is still news.
const FRESH: Duration = Duration::from_millis(500);
/// A client that takes nothing for so long, while its queue is full, is cut off.
const PATIENCE: Duration = Duration::from_secs(30);
/// How old a position may be that is gone on from, in milliseconds (S6.49).
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// After this time the client signs in anew, so that nobody follows who may no longer.
const LIFETIME: Duration = Duration::from_hours(1);
/// So many failures of the store in a row end a stream.
const FAILURES: u32 = 10;

/// Sends events until the client goes, is too slow, or the service ends.
pub(super) async fn run(
    app: Arc<App>,
    scope: AccessScope,
    query: StreamQuery,
    is_lost: bool,
    client: Sender<Event>,
) {
    let mut stopping = app.options.stopping.clone();
    let stop = async {
        match &mut stopping {
            Some(stopping) => drop(stopping.wait_for(|stop| *stop).await),
            None => std::future::pending().await,
        }
    };
    let follower = Follower { app: &app, scope, query, client: &client };
    tokio::select! {
        () = stop => {}
        () = sleep(LIFETIME) => {}
        () = client.closed() => {}
        () = follower.follow(is_lost) => {}
    }
}

struct Follower<'a> {
    app: &'a App,
    scope: AccessScope,
    query: StreamQuery,
    client: &'a Sender<Event>,
}

impl Follower<'_> {
    /// Until the client is too slow, or the store fails for long.
    async fn follow(mut self, is_lost: bool) {
        let mut heard = self.app.wakes.heard();
        let oldest = now().as_millis().saturating_sub(KEPT_MS);
        let is_old = self.query.after.is_some_and(|cursor| is_kept_no_longer(cursor, oldest));
        if (is_lost || is_old) && !self.reset().await {
            return;
        }
        let mut failures = 0_u32;
        // What was read before this client came is not what it asked for.
        let mut since = Instant::now();
        loop {
            // A call that is not answered by what is read now must not be taken for answered.
            since = since.max(*heard.borrow_and_update());
            match self.pass_on(since).await {
                Ok(Passed::Cut) => return,
                Ok(Passed::Some) => {
                    failures = 0;
                    continue;
                }
                Ok(Passed::None) => failures = 0,
                Err(Unreadable) => {
                    failures = failures.saturating_add(1);
                    if failures >= FAILURES {
                        return;
                    }
                }
            }
            tokio::select! {
                Ok(()) = heard.changed() => since = *heard.borrow_and_update(),
                // What somebody else saw since the last look will do.
                () = sleep(LOOK_AGAIN) => since = before(FRESH),
            }
        }
    }

    /// Sends what is behind the position.
    async fn pass_on(&mut self, since: Instant) -> Result<Passed, Unreadable> {
        self.query.at = now();
        let (store, reads) = (&self.app.store, &self.app.reads);
        let page = reads.page(store, &self.scope, &self.query, since).await?;
        if page.is_lost {
            return Ok(if self.reset().await { Passed::Some } else { Passed::Cut });
        }
        self.query.after = Some(page.next);
        let passed = if page.events.is_empty() { Passed::None } else { Passed::Some };
        for found in &page.events {
            let event = Event::default().id(found.cursor.to_string());
            let event = event.event(&found.event.event_type).data(&found.event.payload);
            if !self.send(event).await {
                return Ok(Passed::Cut);
            }
        }
        Ok(passed)
    }

    /// Tells that the position is lost, and goes on at the end.
    async fn reset(&mut self) -> bool {
        self.query.after = None;
        self.send(Event::default().event("reset").data("{}")).await
    }

    /// False if the client is gone or does not read.
    async fn send(&self, event: Event) -> bool {
        self.client.send_timeout(event, PATIENCE).await.is_ok()
    }
}

/// So long ago, or as long ago as can be told.
fn before(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_sub(time).unwrap_or(now)
}

/// What became of a page.
enum Passed {
    /// It was empty.
    None,
    /// It is sent.
    Some,
    /// The client does not take it.
    Cut,
}

/// The begin of what is kept is asked for on purpose, and so never too old.
fn is_kept_no_longer(cursor: StreamCursor, oldest: i64) -> bool {
    cursor != StreamCursor::default() && cursor.at.as_millis() < oldest
}
