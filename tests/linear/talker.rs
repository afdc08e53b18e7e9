//! One thread: it reads, takes leases and commits at random, and notes what it was told.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use chatflow::{Revision, SessionId, Timestamp};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::{
    Commit, CommitError, Committed, LeaseRequest, LeaseToken, SessionStore as _,
};
use uuid::Uuid;

use super::{SESSIONS, THREADS, record, session};
use crate::crash::Chance;

/// How long a lease is good for, in milliseconds: holders that go away are not waited for long.
const LEASE: i64 = 3;

pub(super) struct Talker<'a> {
    store: &'a SqliteStore,
    chance: Chance,
    name: String,
    /// The revision of each session, as far as this thread knows.
    known: Vec<Revision>,
    log: String,
}

/// When something was asked, and of which session.
#[derive(Clone, Copy)]
struct Asked {
    at: u128,
    which: usize,
}

impl<'a> Talker<'a> {
    pub(super) fn new(store: &'a SqliteStore, process: u64, thread: u64, seed: u64) -> Self {
        let chance = Chance(seed * 1_000 + process * THREADS + thread);
        let known = (0..SESSIONS).map(|_| Revision(1)).collect();
        Self { store, chance, name: format!("{process}-{thread}"), known, log: String::new() }
    }

    /// Answers with a line for each thing that it was told: when it was asked, when it was told,
    /// the session, what, the revision, and the turn's name.
    pub(super) fn talk(&mut self, attempts: u64) -> String {
        for attempt in 0..attempts {
            let which = self.chance.index(self.known.len());
            if self.chance.up_to(4) == 1 {
                self.read(which);
            }
            let lease = if self.chance.up_to(4) == 1 { self.lease(which) } else { None };
            // A holder may forget about its turn, or give the lease back.
            match (lease, self.chance.up_to(8)) {
                (Some(_), 1) => {}
                (Some(token), 2) => self.store.release_lease(id(which), token).unwrap(),
                _ => self.commit(which, lease, attempt),
            }
        }
        std::mem::take(&mut self.log)
    }

    fn read(&mut self, which: usize) {
        let asked = Asked { at: now(), which };
        let found = self.store.load_session(id(which)).unwrap().unwrap();
        self.known[which] = found.revision;
        let name = found.snapshot.turn_hash.unwrap();
        assert_eq!(found.snapshot.state, record::snapshot(&name).state, "half a session");
        self.note(asked, "read", found.revision, &name);
    }

    fn lease(&mut self, which: usize) -> Option<LeaseToken> {
        let (at, token) = (moment(), LeaseToken(Uuid::from_u128(u128::from(self.chance.next()))));
        let until = Timestamp::from_millis(at.as_millis() + LEASE);
        let (session, expected) = (id(which), self.known[which]);
        let asked = Asked { at: now(), which };
        match self.store.take_lease(&LeaseRequest {
            session,
            expected,
            token,
            until,
            at,
            mark: None,
        }) {
            Ok(()) => Some(token),
            Err(error) => {
                self.refused(asked, &error, "-");
                None
            }
        }
    }

    fn commit(&mut self, which: usize, lease: Option<LeaseToken>, attempt: u64) {
        let name = format!("{}-{attempt}", self.name);
        let (expected, at) = (self.known[which], moment());
        let (snapshot, turn) = (record::snapshot(&name), record::turn(&name));
        let commit = Commit { session: id(which), expected, lease, at, snapshot, turn, mark: None };
        let asked = Asked { at: now(), which };
        match self.store.commit(&commit) {
            Ok(Committed { revision, .. }) => {
                assert_eq!(revision, expected.next());
                self.known[which] = revision;
                self.note(asked, "turn", revision, &name);
            }
            Err(error) => self.refused(asked, &error, &name),
        }
    }

    fn refused(&mut self, asked: Asked, why: &CommitError, name: &str) {
        match why {
            CommitError::Conflict { actual, expected } => {
                assert_ne!(actual, expected);
                self.known[asked.which] = *actual;
                self.note(asked, "late", *actual, name);
            }
            CommitError::Busy { .. } => self.note(asked, "busy", Revision(0), name),
            other => panic!("{other:?}"),
        }
    }

    fn note(&mut self, asked: Asked, what: &str, revision: Revision, name: &str) {
        let (begun, told, id) = (asked.at, now(), id(asked.which));
        writeln!(self.log, "{begun} {told} {id} {what} {} {name}", revision.0).unwrap();
    }
}

fn id(which: usize) -> SessionId {
    session(which as u128 + 1)
}

/// Nanoseconds by the system's clock, which all processes share.
fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()
}

fn moment() -> Timestamp {
    Timestamp::from_millis(i64::try_from(now() / 1_000_000).unwrap())
}
