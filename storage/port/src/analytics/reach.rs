//! Which sessions a scope reports on.

use std::collections::BTreeMap;

use chatflow::{FlowId, TenantId};

use crate::scope::{AccessScope, RowAccess};

/// Which sessions of some flows a scope is told of (S2.30).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reach {
    /// The flows of which it is told anything, ascending.
    pub flows: Vec<FlowId>,
    /// Those of them of which it is told everything, ascending.
    pub whole: Vec<FlowId>,
    /// The schools whose sessions it is told of in the others.
    pub schools: Vec<TenantId>,
}

impl Reach {
    /// What `scope` is told of `asked`, of `school` only if there is one; `access` says who may see
    /// and change the flows that are there. Of a flow that is gone the platform alone is told.
    pub fn of(
        scope: &AccessScope,
        asked: &[FlowId],
        access: &[(FlowId, RowAccess)],
        school: Option<TenantId>,
    ) -> Self {
        let own: Vec<_> = scope
            .oversees()
            .iter()
            .copied()
            .filter(|own| school.is_none_or(|school| school == *own))
            .collect();
        let access: BTreeMap<_, _> = access.iter().map(|(id, row)| (id, row)).collect();
        let mut reach = Self::default();
        for flow in asked {
            let row = access.get(flow).copied();
            let is_all = scope.is_system() || row.is_some_and(|row| scope.edits(row));
            let is_own = row.is_some_and(|row| scope.views(row)) && !own.is_empty();
            if is_all || is_own {
                reach.flows.push(*flow);
            }
            if is_all && school.is_none() {
                reach.whole.push(*flow);
            }
        }
        for flows in [&mut reach.flows, &mut reach.whole] {
            flows.sort_unstable();
            flows.dedup();
        }
        reach.schools = school.map_or(own, |school| vec![school]);
        reach
    }

    /// What is left of it where flows are gone through in order and `flow` is come to.
    #[must_use]
    pub fn going_on_at(mut self, flow: Option<FlowId>) -> Self {
        self.flows.retain(|other| flow.is_none_or(|flow| *other >= flow));
        self
    }

    /// Whether it is told nothing.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }

    /// Whether it is told of a session of that flow and school.
    pub fn holds(&self, flow: FlowId, school: Option<TenantId>) -> bool {
        let is_own = || school.is_some_and(|school| self.schools.contains(&school));
        self.flows.contains(&flow) && (self.whole.contains(&flow) || is_own())
    }
}
