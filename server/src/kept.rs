//! Sessions as this process left them, so that the next answer of a visitor need not read them (ADR 0042).
//!
//! A copy may be out of date: another process may have gone on with the session. The store finds out by the copy's
//! mark, before anything is written and before anything outside is asked; then the session is read and the
//! turn is taken anew.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chatflow::{Revision, Session, SessionId};
use chatflow_storage::{SessionMark, Snapshot, StoredSession};
use hashlink::LinkedHashMap;

/// About how many bytes of sessions are kept.
const MOST_BYTES: usize = 32 << 20;

/// A longer session is not kept.
const LONGEST: usize = MOST_BYTES / 64;

/// How long: a visitor who thinks for longer has left.
const KEPT_FOR: Duration = Duration::from_mins(10);

/// What a copy that was out of date costs, in copies that were not.
const LOSS: i32 = 2;

/// As far as trust grows, and falls.
const TRUST: i32 = 50;

/// A session as a turn left it.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) stored: StoredSession,
    pub(crate) live: Live,
}

/// The engine's session of it.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) session: Session,
    /// Tells the store which turn left it so.
    pub(crate) mark: SessionMark,
}

/// The sessions that were talked in last.
#[derive(Debug, Default)]
pub(crate) struct KeptSessions(Mutex<Sessions>);

#[derive(Debug, Default)]
struct Sessions {
    /// Those that were kept first stand first.
    all: LinkedHashMap<SessionId, (Instant, Kept)>,
    bytes: usize,
    /// Whether copies have been up to date of late. Where many processes take turns with each session they are
    /// not, and reading is cheaper than trying.
    trust: i32,
}

impl KeptSessions {
    /// Keeps a session until it goes on.
    pub(crate) fn keep(&self, kept: Kept) {
        let size = size(&kept);
        let mut sessions = self.sessions();
        sessions.remove(kept.stored.head.id);
        if size > LONGEST {
            return;
        }
        sessions.bytes = sessions.bytes.saturating_add(size);
        sessions.all.insert(kept.stored.head.id, (Instant::now(), kept));
        while let Some((id, (since, _))) = sessions.all.front()
            && (sessions.bytes > MOST_BYTES || since.elapsed() > KEPT_FOR)
        {
            let id = *id;
            sessions.remove(id);
        }
    }

    /// The copy of a session, which is kept no longer, and whether it is worth a try. If the visitor says
    /// which revision they have `seen`, nothing else counts.
    pub(crate) fn take(&self, id: SessionId, seen: Option<i64>) -> Option<(Kept, bool)> {
        let mut sessions = self.sessions();
        let (since, kept) = sessions.remove(id)?;
        let Revision(revision) = kept.stored.revision;
        let is_tried = match seen {
            Some(seen) => u64::try_from(seen) == Ok(revision),
            None => sessions.trust >= 0,
        };
        (since.elapsed() <= KEPT_FOR).then_some((kept, is_tried))
    }

    /// Takes note of whether a copy was up to date.
    pub(crate) fn judge(&self, was_current: bool) {
        let mut sessions = self.sessions();
        let change = if was_current { 1 } else { -LOSS };
        sessions.trust = sessions.trust.saturating_add(change).clamp(-TRUST, TRUST);
    }

    /// Nothing that may panic happens while it is locked.
    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sessions {
    fn remove(&mut self, id: SessionId) -> Option<(Instant, Kept)> {
        let found = self.all.remove(&id)?;
        self.bytes = self.bytes.saturating_sub(size(&found.1));
        Some(found)
    }
}

/// About how much it takes: the texts, a multiple of them for the trees of the engine's session, and the rest.
fn size(kept: &Kept) -> usize {
    let Snapshot { state, engine, info, .. } = &kept.stored.snapshot;
    let texts = state.len().saturating_add(engine.len());
    texts.saturating_mul(5).saturating_add(info.len()).saturating_add(1024)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chatflow::{FlowId, FlowRef, NewSession, Seed, Timestamp, TraceLevel};
    use chatflow_storage::{SessionHead, SessionStatus};
    use uuid::Uuid;

    use super::*;

    fn id(n: usize) -> SessionId {
        SessionId(Uuid::from_u128(n as u128))
    }

    fn kept(n: usize, state: usize) -> Kept {
        let head = SessionHead {
            id: id(n),
            user_id: None,
            flow: FlowRef { id: FlowId(Uuid::nil()), seq: 1 },
            flow_version: None,
            token_digest: String::new(),
            token_hint: String::new(),
            csrf_digest: String::new(),
            school_id: None,
            theme_id: None,
            trace_enabled: false,
            trace_level: None,
            started_at: Timestamp::default(),
        };
        let snapshot = Snapshot {
            current_node_id: None,
            current_flow_id: None,
            state: "x".repeat(state),
            engine: String::new(),
            info: String::new(),
            status: SessionStatus::Active,
            state_hash: None,
            turn_hash: None,
            ended_at: None,
            ended_reason: None,
        };
        let session = Session::new(NewSession {
            id: head.id,
            flow: head.flow,
            pins: BTreeMap::new(),
            seed: Seed::from_text(""),
            user_id: None,
            tenant: None,
            trace: TraceLevel::Off,
        });
        let (revision, last_activity_at) = (Revision(7), Timestamp::default());
        let stored = StoredSession { head, snapshot, revision, last_activity_at, lease: None };
        Kept { stored, live: Live { session, mark: SessionMark(1) } }
    }

    #[test]
    fn memory_is_bounded() {
        let sessions = KeptSessions::default();
        let size = (LONGEST - 1024) / 5;
        for n in 0..100 {
            sessions.keep(kept(n, size));
            sessions.keep(kept(n, size));
            assert!(sessions.sessions().bytes <= MOST_BYTES);
        }
        assert_eq!(sessions.sessions().all.len(), 64);
        assert!(sessions.take(id(35), None).is_none(), "the oldest are gone");
        for n in 36..100 {
            assert!(sessions.take(id(n), None).is_some());
            assert!(sessions.take(id(n), None).is_none(), "it is kept until it goes on");
        }
        assert_eq!(sessions.sessions().bytes, 0);
        sessions.keep(kept(1, size));
        sessions.keep(kept(1, size + 1));
        assert!(sessions.take(id(1), None).is_none(), "it has grown too long");
    }

    #[test]
    fn copies_are_tried_as_long_as_that_pays() {
        let sessions = KeptSessions::default();
        let is_tried = |seen| {
            sessions.keep(kept(1, 0));
            sessions.take(id(1), seen).unwrap().1
        };
        assert!(is_tried(None));
        // Two processes that each visitor is sent to by chance: half of the copies are out of date.
        for _ in 0..100 {
            sessions.judge(true);
            sessions.judge(false);
        }
        assert!(!is_tried(None));
        assert!(is_tried(Some(7)), "the visitor knows that it is up to date");
        assert!(!is_tried(Some(6)) && !is_tried(Some(-7)));
        for _ in 0..TRUST {
            sessions.judge(true);
        }
        assert!(is_tried(None) && !is_tried(Some(8)));
    }
}
