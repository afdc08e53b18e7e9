//! The variables of a flow, for whoever writes it.

use serde::Serialize;

use super::network::Network;
use super::touch::Touch;
use super::{Known, declared};
use crate::check::place::Places;
use crate::check::report::{Pointer, Report};
use crate::extend::Extensions;
use crate::flow::FlowDefinition;
use crate::id::NodeId;
use crate::table::{Set, Table};

/// A variable that a flow sets, uses or declares.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct FlowVariable {
    /// As it is written, e.g. `temp.score`.
    pub path: String,
    /// The nodes that may set it, in document order; of an inline composite the composite.
    pub set_by: Vec<NodeId>,
    /// The nodes that use it.
    pub read_by: Vec<NodeId>,
    /// Whether the flow declares it, or needs it at entry.
    pub declared: bool,
}

impl FlowDefinition {
    /// The variables that the flow names, by path.
    ///
    /// ```
    /// use chatflow::FlowDefinition;
    ///
    /// let (definition, _) = FlowDefinition::read_json(r#"{"nodes": [
    ///     {"id": "ask", "type": "question", "content": {"question": "Name?", "variable": "user.name"}},
    ///     {"id": "hi", "type": "message", "content": {"text": "Hi {{user.name}} of {{context.town}}!"}}
    /// ], "connections": [{"source": "ask", "target": "hi"}]}"#);
    /// let variables = definition.ok_or("not a flow")?.variables();
    /// let paths: Vec<_> = variables.iter().map(|variable| &*variable.path).collect();
    /// assert_eq!(paths, ["context.town", "user.name"]);
    /// assert_eq!(variables[1].set_by[0].as_str(), "ask");
    /// assert_eq!(variables[1].read_by[0].as_str(), "hi");
    /// # Ok::<(), &'static str>(())
    /// ```
    pub fn variables(&self) -> Vec<FlowVariable> {
        let mut found: Table<String, FlowVariable> = Table::new();
        for path in declared(self) {
            found.or_default(path).declared = true;
        }
        let places = Places::of(self);
        let node = |at: &Pointer| places.of_pointer(at).node.map(|(_, node)| node.id.clone());
        let extensions = &Extensions::default();
        let report = &mut Report::default();
        let network = Network::of(self, &|_, _| Known::default(), extensions, report);
        let mut told = Set::new();
        for touch in network.points.iter().flat_map(|point| &point.touches) {
            let (text, at, is_set) = match touch {
                Touch::Read { variable, at, .. } => (&variable.text, at, false),
                Touch::Given { text, at } => (text, at, false),
                Touch::Write { text, at, .. } => (text, at, true),
                Touch::Require { .. } | Touch::Everything => continue,
            };
            let Some(node) = node(at) else { continue };
            if told.insert((text, node.clone(), is_set)) {
                let variable = found.or_default(text.clone());
                if is_set { variable.set_by.push(node) } else { variable.read_by.push(node) }
            }
        }
        let named = |(path, variable)| FlowVariable { path, ..variable };
        found.into_iter().map(named).collect()
    }
}
