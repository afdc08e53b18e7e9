//! Compares what the threads were told with each other and with what is stored.
//!
//! A session is a register that is written by comparing its revision. Every turn has a revision
//! of its own, so the revisions are the one order there can be. What was told fits it if whatever
//! was told before something else was asked is not later in that order.

use std::collections::{BTreeMap, BTreeSet};

use chatflow::SessionId;
use chatflow_sqlite::SqliteStore;
use chatflow_storage::{HistoryQuery, SessionStore as _};

/// Something that a thread was told.
#[derive(Clone, Debug)]
struct Told {
    asked: u128,
    answered: u128,
    session: String,
    what: String,
    revision: u64,
    name: String,
}

pub(super) struct Judge(Vec<Told>);

impl Judge {
    pub(super) fn read(logs: impl Iterator<Item = String>) -> Self {
        let told = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            let [asked, answered, session, what, revision, name] = words[..] else {
                panic!("{line}")
            };
            Told {
                asked: asked.parse().unwrap(),
                answered: answered.parse().unwrap(),
                session: session.to_owned(),
                what: what.to_owned(),
                revision: revision.parse().unwrap(),
                name: name.to_owned(),
            }
        };
        Self(logs.flat_map(|log| log.lines().map(told).collect::<Vec<_>>()).collect())
    }

    /// How many turns were refused.
    pub(super) fn refused(&self) -> usize {
        self.0.iter().filter(|told| matches!(told.what.as_str(), "late" | "busy")).count()
    }

    /// Judges one session; answers with the number of its turns.
    pub(super) fn session(&self, store: &SqliteStore, id: SessionId) -> usize {
        let name = id.to_string();
        let told: Vec<Told> = self.0.iter().filter(|told| told.session == name).cloned().collect();
        let stored = stored(store, id);
        let acknowledged: BTreeMap<u64, &str> = told
            .iter()
            .filter(|told| told.what == "turn")
            .map(|told| (told.revision, told.name.as_str()))
            .collect();
        // None is lost, none is there that nobody was told of, and none is in another's place.
        let after_start: BTreeMap<u64, &str> =
            stored.iter().skip(1).map(|(revision, name)| (*revision, name.as_str())).collect();
        assert_eq!(acknowledged, after_start);
        assert_eq!(acknowledged.len(), told.iter().filter(|told| told.what == "turn").count());
        // None is there twice.
        assert_eq!(stored.values().collect::<BTreeSet<_>>().len(), stored.len());
        for seen in told.iter().filter(|told| told.what == "read") {
            assert_eq!(stored.get(&seen.revision), Some(&seen.name), "{seen:?}");
        }
        in_order(told.clone()).unwrap();
        acknowledged.len()
    }
}

/// The names of the turns by revision, which journal, history and session agree on.
fn stored(store: &SqliteStore, id: SessionId) -> BTreeMap<u64, String> {
    let name = |text: &str| text.trim_matches('"').to_owned();
    let journal = store.journal(id).unwrap();
    let turns: BTreeMap<u64, String> =
        journal.iter().map(|row| (row.revision.0, name(&row.entry.input))).collect();
    let session = store.load_session(id).unwrap().unwrap();
    assert!(turns.keys().copied().eq(1..=session.revision.0), "a gap in {id}");
    assert_eq!(turns.values().last(), session.snapshot.turn_hash.as_ref());
    let query = HistoryQuery { session: id, after_seq: 0, kinds: None, skip: 0, limit: 1_000_000 };
    let rows = store.history(query).unwrap().rows;
    assert!(rows.iter().map(|row| row.seq).eq(1..=2 * session.revision.0), "a gap in {id}");
    let twice = turns.values().flat_map(|turn| [turn, turn]);
    assert!(rows.iter().map(|row| name(&row.row.content)).eq(twice.cloned()), "rows out of place");
    turns
}

/// Nobody was told of an earlier revision than one that had been told before they asked.
fn in_order(mut told: Vec<Told>) -> Result<(), String> {
    // Who is refused because of a lease learns no revision.
    told.retain(|told| told.what != "busy");
    let mut by_end = told.clone();
    by_end.sort_by_key(|told| told.answered);
    told.sort_by_key(|told| told.asked);
    let (mut ended, mut newest) = (by_end.iter().peekable(), 0);
    for this in &told {
        while let Some(before) = ended.next_if(|before| before.answered < this.asked) {
            newest = newest.max(before.revision);
        }
        let fits =
            if this.what == "turn" { this.revision > newest } else { this.revision >= newest };
        if !fits {
            return Err(format!("revision {newest} had been told before {this:?} was asked"));
        }
    }
    Ok(())
}

#[test]
fn a_log_that_fits_no_order_is_found() {
    let judge = |lines: &str| in_order(Judge::read(std::iter::once(lines.to_owned())).0).is_ok();
    assert!(judge("1 4 s turn 2 a\n2 3 s read 1 start\n5 6 s read 2 a"));
    assert!(!judge("1 4 s turn 2 a\n5 6 s read 1 start"), "a read of what had been replaced");
    assert!(!judge("1 4 s turn 3 a\n5 6 s turn 2 b"), "turns against the order of time");
    assert!(!judge("1 4 s read 2 a\n5 6 s turn 2 a"), "a read of what is yet to come");
}
