//! What must hold of the figures of a database, whatever database it is.

use super::{Finding, Problem};

/// A session's own figures beside those of its rows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SessionFigures {
    /// The session.
    pub id: String,
    /// The number of its turns, as it says.
    pub revision: i64,
    /// The number of its last history row, as it says.
    pub history_seq: i64,
    /// The hash of its last turn, as it says.
    pub turn_hash: Option<String>,
    /// Its history rows.
    pub history: Numbers,
    /// Its journal entries.
    pub journal: Numbers,
    /// The hash of its last journal entry.
    pub chain: Option<String>,
}

/// How many rows there are, and their first and last numbers: 1 and 0 where there is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Numbers {
    /// How many.
    pub count: i64,
    /// The least.
    pub first: i64,
    /// The greatest.
    pub last: i64,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { count: 0, first: 1, last: 0 }
    }
}

impl Numbers {
    /// Whether every number from one to the last is there; numbers are keys, so none is twice.
    fn are_all_to(self, last: i64) -> bool {
        self == Self { count: last, first: 1, last }
    }
}

impl SessionFigures {
    /// History and journal have every number from one to the session's, and the chain's end is its.
    pub fn judge(&self, tell: &mut dyn FnMut(Finding)) {
        let mut fault = |problem, what: String| {
            tell(Finding::new(problem, format!("session {}", self.id), what));
        };
        let Numbers { count, first, last } = self.history;
        if !self.history.are_all_to(self.history_seq) {
            let wanted = self.history_seq;
            let what = format!("{count} rows of history from {first} to {last}, not 1 to {wanted}");
            fault(Problem::HistoryGap, what);
        }
        // A program may keep no journal at all; then there is no hash of it either.
        if self.journal.count == 0 && self.turn_hash.is_none() {
            return;
        }
        let Numbers { count, first, last } = self.journal;
        if !self.journal.are_all_to(self.revision) {
            let wanted = self.revision;
            let what = format!("{count} journal entries from {first} to {last}, not 1 to {wanted}");
            fault(Problem::JournalGap, what);
        } else if self.turn_hash.is_some() && self.turn_hash != self.chain {
            let what = "the hash of the last journal entry is not the session's".to_owned();
            fault(Problem::JournalChanged, what);
        }
    }
}

/// Sessions that are pinned to a version of a flow which is not stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LostVersion {
    /// The flow.
    pub flow: String,
    /// The version; 0 is of a program that brings its flows itself.
    pub seq: i64,
    /// How many sessions.
    pub sessions: i64,
    /// One of them.
    pub one: String,
    /// Whether the flow is there, at least.
    pub has_flow: bool,
}

impl LostVersion {
    /// A flow that the database never had may be the program's own.
    pub fn judge(&self) -> Finding {
        let Self { flow, seq, sessions, one, has_flow } = self;
        let problem =
            if *seq > 0 && *has_flow { Problem::VersionMissing } else { Problem::FlowUnknown };
        let what = format!("is not stored, but {sessions} sessions are pinned to it, e.g. {one}");
        Finding::new(problem, format!("flow {flow}, version {seq}"), what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: i64, first: i64, last: i64) -> Numbers {
        Numbers { count, first, last }
    }

    /// A session of three turns that is as it should be.
    fn sound() -> SessionFigures {
        let hash = Some("hash".to_owned());
        SessionFigures {
            id: "one".into(),
            revision: 3,
            history_seq: 7,
            turn_hash: hash.clone(),
            history: numbers(7, 1, 7),
            journal: numbers(3, 1, 3),
            chain: hash,
        }
    }

    fn problems(figures: &SessionFigures) -> Vec<Problem> {
        let mut problems = Vec::new();
        figures.judge(&mut |finding| {
            assert_eq!(finding.place, "session one");
            problems.push(finding.problem);
        });
        problems
    }

    #[test]
    fn every_number_from_one_to_the_sessions_is_there() {
        use Problem::{HistoryGap, JournalChanged, JournalGap};
        assert_eq!(problems(&sound()), []);
        let none = Numbers::default();
        for history in
            [numbers(6, 1, 7), numbers(6, 2, 7), numbers(8, 1, 8), numbers(7, 0, 6), none]
        {
            assert_eq!(problems(&SessionFigures { history, ..sound() }), [HistoryGap]);
        }
        for journal in [numbers(2, 1, 3), numbers(2, 1, 2), numbers(3, 2, 4), none] {
            assert_eq!(problems(&SessionFigures { journal, ..sound() }), [JournalGap]);
        }
        let other = Some("other".to_owned());
        assert_eq!(problems(&SessionFigures { chain: other.clone(), ..sound() }), [JournalChanged]);
        assert_eq!(problems(&SessionFigures { turn_hash: other, ..sound() }), [JournalChanged]);
        // No journal is kept, or none was kept of the last turns.
        let none = SessionFigures { journal: none, turn_hash: None, chain: None, ..sound() };
        assert_eq!(problems(&none), []);
        assert_eq!(problems(&SessionFigures { turn_hash: None, ..sound() }), []);
        // A session without any rows of history.
        let quiet = SessionFigures { history_seq: 0, history: Numbers::default(), ..sound() };
        assert_eq!(problems(&quiet), []);
    }

    #[test]
    fn only_a_version_of_a_flow_that_is_there_can_be_missing() {
        let lost =
            LostVersion { flow: "f".into(), seq: 2, sessions: 5, one: "s".into(), has_flow: true };
        assert_eq!(lost.judge().problem, Problem::VersionMissing);
        assert_eq!(lost.judge().place, "flow f, version 2");
        let unknown = LostVersion { has_flow: false, ..lost.clone() };
        assert_eq!(unknown.judge().problem, Problem::FlowUnknown);
        assert_eq!(LostVersion { seq: 0, ..lost }.judge().problem, Problem::FlowUnknown);
    }
}
