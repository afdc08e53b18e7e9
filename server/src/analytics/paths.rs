//! How visitors come to a node and where they go from there (S5.20).

use std::collections::BTreeMap;

use chatflow::NodeId;
use chatflow_storage::{SessionFacts, SessionOutcome};
use serde::Serialize;
use utoipa::ToSchema;

use super::node::Place;
use super::rate::{percentage, rate};
use super::reporter::ScopeEcho;
use super::window::{TimePeriod, Window};

/// What stands for the node before the first.
const START: &str = "(start)";

/// The longest path that is told of, in nodes.
const LONGEST: usize = 25;

/// How many paths are told of.
const TOP: usize = 10;

/// So many paths are told apart; sessions that take another one after that are counted without it.
const MOST_PATHS: usize = 20_000;

/// The ways through a node, in sessions that are still there.
#[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Paths {
    node_id: String,
    incoming_paths: Incoming,
    outgoing_paths: Outgoing,
    path_distribution: PathDistribution,
    time_period: TimePeriod,
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

/// Where visits came from.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Incoming {
    /// The nodes visited just before, the most frequent first; `(start)` if there was none.
    previous_nodes: Vec<String>,
    /// The part of all arrivals, 0 to 100.
    path_percentages: BTreeMap<String, f64>,
}

/// Where visits went.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Outgoing {
    /// The nodes visited next, the most frequent first.
    next_nodes: Vec<String>,
    /// The part of all departures, 0 to 100.
    path_percentages: BTreeMap<String, f64>,
    /// The part of all departures that went nowhere.
    exit_percentage: f64,
}

/// The paths of whole sessions.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct PathDistribution {
    /// The nodes of the most frequent path, 25 around this node at most.
    most_common_path: Vec<String>,
    /// The part of the sessions that visited the node which reached the end of the flow.
    completion_rate: f64,
    top_paths: Vec<TopPath>,
}

/// A path.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct TopPath {
    path: Vec<String>,
    /// How many sessions took it.
    sessions: u64,
    completion_rate: f64,
}

/// Sessions and those of them that reached the end.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    sessions: u64,
    completed: u64,
}

/// The ways through a node, as sessions are looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ways {
    arrivals: BTreeMap<String, u64>,
    departures: BTreeMap<String, u64>,
    exits: u64,
    all: Taken,
    paths: BTreeMap<Vec<NodeId>, Taken>,
}

impl Taken {
    const fn add(&mut self, is_complete: bool) {
        self.sessions = self.sessions.saturating_add(1);
        self.completed = self.completed.saturating_add(if is_complete { 1 } else { 0 });
    }
}

impl Ways {
    /// Takes the ways that a session went through a node.
    pub(crate) fn add(&mut self, session: &SessionFacts, place: &Place) {
        let story = session.story();
        let visits = story.visits.as_slice();
        let is_here = |n: &usize| {
            let visit = visits.get(*n);
            visit.is_some_and(|visit| visit.flow == place.flow && visit.node == place.node)
        };
        let name = |n: usize| visits.get(n).map(|visit| visit.node.to_string());
        let here: Vec<usize> = (0..visits.len()).filter(is_here).collect();
        for n in &here {
            let before = n.checked_sub(1).and_then(name).unwrap_or_else(|| START.to_owned());
            let count = self.arrivals.entry(before).or_default();
            *count = count.saturating_add(1);
            match name(n.saturating_add(1)) {
                Some(next) => {
                    let count = self.departures.entry(next).or_default();
                    *count = count.saturating_add(1);
                }
                None => self.exits = self.exits.saturating_add(1),
            }
        }
        let Some(first) = here.first() else { return };
        let is_complete = session.outcome() == SessionOutcome::Completed;
        self.all.add(is_complete);
        let mut path: Vec<(NodeId, bool)> = Vec::new();
        for (n, visit) in visits.iter().enumerate() {
            let is_first = n == *first;
            match path.last_mut() {
                Some((last, around)) if *last == visit.node => *around |= is_first,
                _ => path.push((visit.node.clone(), is_first)),
            }
        }
        let path = cut(path);
        if self.paths.len() < MOST_PATHS || self.paths.contains_key(&path) {
            self.paths.entry(path).or_default().add(is_complete);
        }
    }

    /// Whether a session went through the node at all.
    pub(crate) const fn is_empty(&self) -> bool {
        self.all.sessions == 0
    }
}

/// What of a path is told of: so many nodes around the one that is marked.
fn cut(path: Vec<(NodeId, bool)>) -> Vec<NodeId> {
    let place = path.iter().position(|(_, is_it)| *is_it).unwrap_or_default();
    let last = path.len().saturating_sub(LONGEST);
    let begin = place.saturating_sub(LONGEST / 2).min(last);
    path.into_iter().skip(begin).take(LONGEST).map(|(node, _)| node).collect()
}

impl Paths {
    /// What was found of a node.
    pub(crate) fn of(id: &NodeId, ways: &Ways, window: Window, scope: Option<ScopeEcho>) -> Self {
        let sum =
            |map: &BTreeMap<String, u64>| map.values().fold(0_u64, |a, b| a.saturating_add(*b));
        let arrivals = sum(&ways.arrivals);
        let departures = sum(&ways.departures).saturating_add(ways.exits);
        let parts = |map: &BTreeMap<String, u64>, of: u64| {
            map.iter().map(|(id, count)| (id.clone(), percentage(*count, of))).collect()
        };
        let mut paths: Vec<_> = ways.paths.iter().collect();
        paths.sort_by(|(a, x), (b, y)| y.sessions.cmp(&x.sessions).then_with(|| a.cmp(b)));
        let names = |path: &[NodeId]| path.iter().map(NodeId::to_string).collect::<Vec<_>>();
        let top = |(path, taken): &(&Vec<NodeId>, &Taken)| TopPath {
            path: names(path),
            sessions: taken.sessions,
            completion_rate: rate(taken.completed, taken.sessions),
        };
        Self {
            node_id: id.to_string(),
            incoming_paths: Incoming {
                previous_nodes: by_count(&ways.arrivals),
                path_percentages: parts(&ways.arrivals, arrivals),
            },
            outgoing_paths: Outgoing {
                next_nodes: by_count(&ways.departures),
                path_percentages: parts(&ways.departures, departures),
                exit_percentage: percentage(ways.exits, departures),
            },
            path_distribution: PathDistribution {
                most_common_path: paths.first().map(|(path, _)| names(path)).unwrap_or_default(),
                completion_rate: rate(ways.all.completed, ways.all.sessions),
                top_paths: paths.iter().take(TOP).map(top).collect(),
            },
            time_period: window.echo(),
            scope,
        }
    }
}

/// The most frequent first, then by name.
fn by_count(map: &BTreeMap<String, u64>) -> Vec<String> {
    let mut all: Vec<_> = map.iter().collect();
    all.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    all.into_iter().map(|(id, _)| id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cut_around_its_node() {
        // S5.20
        let path = |length: usize, at: usize| {
            let node = |n: usize| (NodeId::from(format!("n{n}").as_str()), n == at);
            let cut = cut((0..length).map(node).collect());
            (cut.len(), cut[0].to_string(), cut[cut.len() - 1].to_string())
        };
        let is = |length, first: &str, last: &str| (length, first.to_owned(), last.to_owned());
        assert_eq!(path(25, 20), is(25, "n0", "n24"));
        assert_eq!(path(60, 3), is(25, "n0", "n24"));
        assert_eq!(path(60, 30), is(25, "n18", "n42"));
        assert_eq!(path(60, 59), is(25, "n35", "n59"));
        assert_eq!(path(2, 1), is(2, "n0", "n1"));
    }
}
