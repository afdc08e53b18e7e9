//! Following the stream of events.

use std::fmt;

use chatflow::{FlowId, SessionId, Timestamp};

use super::event::NewEvent;

/// A position in the stream. Clients pass it back as they got it, as text; what it means is the
/// business of the store that gave it (F44).
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct StreamCursor {
    /// What orders events before their numbers do.
    pub epoch: u64,
    /// The number of the last event before this position.
    pub seq: u64,
    /// The age of the position: nothing after it was written earlier than about then.
    pub at: Timestamp,
}

impl StreamCursor {
    /// Reads what [`Display`](fmt::Display) wrote; `None` if it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let cursor = Self {
            epoch: parts.next()?.parse().ok()?,
            seq: parts.next()?.parse().ok()?,
            at: Timestamp::from_millis(parts.next()?.parse().ok()?),
        };
        parts.next().is_none().then_some(cursor)
    }

    /// What decides the order.
    pub const fn place(&self) -> (u64, u64) {
        (self.epoch, self.seq)
    }
}

impl fmt::Display for StreamCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.epoch, self.seq, self.at.as_millis())
    }
}

/// Asks for what is behind a position.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct StreamQuery {
    /// The position; `None` for the end, behind which there is nothing yet. The default position is
    /// the begin of what is kept.
    pub after: Option<StreamCursor>,
    /// Only events of these types; empty for all.
    pub event_types: Vec<String>,
    /// Only events of this flow.
    pub flow_id: Option<FlowId>,
    /// Only events of this session.
    pub session_id: Option<SessionId>,
    /// How many at most.
    pub limit: u32,
    /// The present, for the age of positions.
    pub at: Timestamp,
}

/// An event of the stream.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StreamEvent {
    /// The position behind it.
    pub cursor: StreamCursor,
    /// What was written.
    pub event: NewEvent,
}

/// What is behind a position.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StreamPage {
    /// The events, in the order of the stream.
    pub events: Vec<StreamEvent>,
    /// Where to go on.
    pub next: StreamCursor,
    /// Whether the position asked for was none of this database, which was restored from a copy,
    /// say. There are no events then, and the reader must load anew whatever it shows.
    pub is_lost: bool,
}

impl StreamPage {
    /// The events found for a query, and where to go on: behind the last, or at `end`, up to where
    /// the store looked, if there are no more.
    pub fn of(events: Vec<StreamEvent>, query: &StreamQuery, end: StreamCursor) -> Self {
        let is_full = u32::try_from(events.len()).is_ok_and(|count| count >= query.limit);
        let last = events.last().map(|event| event.cursor).or(query.after);
        let next = if is_full { last.unwrap_or(end) } else { end };
        Self { events, next, is_lost: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_as_text() {
        let at = Timestamp::from_millis(-5);
        for cursor in [StreamCursor::default(), StreamCursor { epoch: u64::MAX, seq: 3, at }] {
            assert_eq!(StreamCursor::parse(&cursor.to_string()), Some(cursor));
        }
        for text in ["", "1", "1.2", "1.2.3.4", "1.-2.3", "a.b.c"] {
            assert_eq!(StreamCursor::parse(text), None, "{text}");
        }
    }
}
