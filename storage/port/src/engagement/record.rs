//! What is asked and told of content that was shown.

use chatflow::{ContentId, FlowId, ImpressionId, NodeId, Revision, SessionId, Timestamp};
use uuid::Uuid;

use crate::analytics::visited;
use crate::day::Day;
use crate::performance::Counters;
use crate::session::SessionStatus;

/// An item, and days of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ContentWindow {
    /// The item.
    pub content: ContentId,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
}

impl ContentWindow {
    /// The first moment of it.
    pub fn begins(&self) -> Timestamp {
        self.from.begins()
    }

    /// The first moment behind it.
    pub fn ends(&self) -> Timestamp {
        self.to.next().begins()
    }
}

/// What became of the sessions that were shown one variant of an item (S5.27).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentArm {
    /// The variant; `None` for what was shown while the item had none.
    pub variant_key: Option<String>,
    /// Sessions that were shown it in the window.
    pub sessions: u64,
    /// Those of them that took it up, then or later.
    pub engaged: u64,
    /// Those of them that reached their end, then or later.
    pub converted: u64,
    /// What was added to its counters by hand, whenever it was: an addition has no day and no school.
    /// Nothing for who is told of some schools only.
    pub by_hand: Counters,
}

/// To how many an item was shown, and when.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ContentAudience {
    /// Sessions that were shown it.
    pub sessions: u64,
    /// Impressions, by the hour of the day in UTC.
    pub hours: [u64; 24],
}

/// A place among impressions: they are ordered by time, then by id.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ImpressionCursor {
    /// When it was.
    pub at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

/// Asks for a page of impressions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ImpressionQuery {
    /// The item and the days.
    pub window: ContentWindow,
    /// Only those before this place.
    pub before: Option<ImpressionCursor>,
    /// How many to return at most.
    pub limit: u32,
}

impl ImpressionQuery {
    /// The page is before this place, which is where an index is to be entered.
    pub fn end(&self) -> ImpressionCursor {
        let last = ImpressionCursor { at: self.window.ends(), id: Uuid::nil() };
        self.before.map_or(last, |before| before.min(last))
    }
}

/// One impression.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ImpressionFacts {
    /// Its id.
    pub id: ImpressionId,
    /// When its turn was committed.
    pub at: Timestamp,
    /// The flow that owns the node.
    pub flow_id: Option<FlowId>,
    /// The node that showed the item.
    pub node_id: Option<NodeId>,
    /// The session, as long as it is there.
    pub session_id: Option<SessionId>,
    /// The revision that the turn made.
    pub revision: Revision,
    /// Its place among the content events of its turn.
    pub ordinal: u32,
}

impl ImpressionFacts {
    /// Its place among impressions.
    pub fn cursor(&self) -> ImpressionCursor {
        ImpressionCursor { at: self.at, id: self.id.0 }
    }
}

/// Impressions and their sessions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ImpressionPage {
    /// The impressions, the newest first.
    pub impressions: Vec<ImpressionFacts>,
    /// Their sessions, each once, ascending by id.
    pub sessions: Vec<ShownSession>,
}

/// A session that was shown an item.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ShownSession {
    /// The session.
    pub id: SessionId,
    /// Where it stands.
    pub status: SessionStatus,
    /// The variables as they stand: a JSON object.
    pub state: String,
    /// Where its turns went, in their order.
    pub turns: Vec<TurnPath>,
}

/// Where a turn went.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TurnPath {
    /// When the turn was.
    pub at: Timestamp,
    /// JSON: the path (F45).
    pub path: String,
}

impl ShownSession {
    /// The nodes that it visited, in order, each with the time of its turn. A path that is not of the
    /// known form tells nothing, as in [`SessionFacts::story`](crate::SessionFacts::story).
    pub fn visits(&self) -> Vec<(Timestamp, FlowId, NodeId)> {
        let of = |turn: &TurnPath| {
            let at = turn.at;
            visited(Some(&turn.path)).into_iter().map(move |(flow, node)| (at, flow, node))
        };
        self.turns.iter().flat_map(of).collect()
    }
}

/// Which items, and which days of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentTotalQuery {
    /// Only of this type.
    pub kind: Option<String>,
    /// Only with at least one of these; empty for all.
    pub tags: Vec<String>,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
}

/// How many items there are of a type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentKindCount {
    /// The type.
    pub kind: String,
    /// How many.
    pub items: u64,
}

/// What became of an item.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentTotal {
    /// The item.
    pub content: ContentId,
    /// Its type.
    pub kind: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// How often what happened.
    pub counters: Counters,
}
