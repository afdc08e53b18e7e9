//! What a turn means to those who follow sessions from outside (R11.40).

use serde::Serialize;

use super::event::Visited;
use super::step::Next;
use super::turn::Turn;

/// What changed most about a session in a turn; each turn is one of these (R11.40).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionChange {
    /// It began.
    SessionStarted,
    /// It ended.
    SessionStatusChanged,
    /// It waits at another node.
    NodeChanged,
    /// Nothing but its revision.
    SessionUpdated,
}

impl Turn {
    /// What to tell of the session after this turn: its status goes before its position, and that
    /// before its revision.
    pub fn change(&self) -> SessionChange {
        let Some(from) = &self.from else { return SessionChange::SessionStarted };
        let at = match &self.next {
            Next::Ended(_) => return SessionChange::SessionStatusChanged,
            Next::Ask(prompt) | Next::Acknowledge(prompt) => {
                Visited { flow: prompt.flow, node: prompt.node.clone() }
            }
            Next::Script(request) => Visited { flow: request.flow, node: request.node.clone() },
            Next::Resolve(_) => return SessionChange::SessionUpdated,
        };
        if at == *from { SessionChange::SessionUpdated } else { SessionChange::NodeChanged }
    }
}
