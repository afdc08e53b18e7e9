//! What a host adds to the language: functions and node types.

mod node;

pub use node::{ContentProblem, CustomNode, CustomOutcome, Performed, View};

use std::sync::Arc;

use serde_json::Value;

use crate::expr::HostFunctions;
use crate::table::Table;

/// Functions and node types of a host. They go into a [`Compiler`](crate::Compiler), with which a
/// [`Catalog`](crate::Catalog) compiles its flows.
///
/// All of them must be pure: the same arguments give the same result on every machine and at any
/// time, without a clock, randomness or anything that changes. A replay relies on it.
///
/// ```
/// use std::sync::Arc;
///
/// use chatflow::{Compiler, Extensions, FlowDefinition, ValueType};
/// use serde_json::json;
///
/// let mut extensions = Extensions::default();
/// extensions.add_function("stars", &[ValueType::Number], Arc::new(|args| {
///     let count = args.first().and_then(|count| count.as_u64()).ok_or("not a count")?;
///     Ok(json!("*".repeat(count.min(5) as usize)))
/// }))?;
/// let compiler = Compiler { extensions, ..Compiler::default() };
/// let flow = |expression: &str| FlowDefinition::read(&json!({"nodes": [
///     {"id": "a", "type": "action", "content": {
///         "type": "calculate", "target": "temp.shown", "expression": expression}}
/// ]})).0;
/// let known = flow("host.stars(3)").ok_or("not a flow")?;
/// assert!(compiler.compile(&known, 1).flow.is_some());
/// let unknown = flow("host.moons(3)").ok_or("not a flow")?;
/// assert!(compiler.compile(&unknown, 1).flow.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Extensions {
    pub(crate) functions: HostFunctions,
    pub(crate) nodes: Table<String, Arc<CustomNode>>,
}

/// What a host function does: JSON values in; a JSON value out, or a reason that an author can
/// read. A reason makes the evaluation fail, as a division by zero does.
pub type HostFunctionBody = Arc<dyn Fn(&[Value]) -> Result<Value, String> + Send + Sync>;

/// What a parameter of a host function takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ValueType {
    /// Anything, null included.
    Any,
    /// True or false.
    Bool,
    /// A number.
    Number,
    /// A text; times and bytes are given as their text.
    Text,
    /// A list.
    List,
    /// A map; the answer to a choice is one.
    Map,
}

/// Why something cannot be added.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtensionError {
    /// A function's name is not `[a-z][A-Za-z0-9_]*` of at most 64 characters, or that of a macro;
    /// a node type's name is not `x_[a-z0-9_]+` of at most 64 characters.
    #[error("`{name}` cannot be the name of an extension")]
    Name {
        /// The name.
        name: String,
    },
    /// There is one of this name (and, for functions, number of parameters).
    #[error("there is already an extension `{name}`")]
    Twice {
        /// The name.
        name: String,
    },
}

/// What the parser takes for a macro whatever stands before it.
const MACROS: [&str; 12] = [
    "all",
    "exists",
    "exists_one",
    "existsOne",
    "filter",
    "has",
    "map",
    "optFlatMap",
    "optMap",
    "sortBy",
    "transformList",
    "transformMap",
];

impl Extensions {
    /// Adds a function that expressions call as `host.name(…)` (X-22): in conditions, predicates,
    /// guards, `calculate` and aggregates.
    ///
    /// Arguments and results follow the number rule, count against the limits of an evaluation by
    /// their size, and are at most 256 KiB. A call with an argument of another type fails.
    ///
    /// # Errors
    ///
    /// [`ExtensionError`] if the name cannot be used or is taken.
    pub fn add_function(
        &mut self,
        name: &str,
        parameters: &[ValueType],
        body: HostFunctionBody,
    ) -> Result<&mut Self, ExtensionError> {
        let plain = name.len() <= 64
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !plain || MACROS.contains(&name) {
            return Err(ExtensionError::Name { name: name.to_owned() });
        }
        if !self.functions.add(name, parameters, body) {
            return Err(ExtensionError::Twice { name: name.to_owned() });
        }
        Ok(self)
    }

    /// Adds a node type (X-23).
    ///
    /// # Errors
    ///
    /// [`ExtensionError`] if its name cannot be used or is taken.
    pub fn add_node(&mut self, node: CustomNode) -> Result<&mut Self, ExtensionError> {
        let name = node.name().to_owned();
        if !is_custom_name(&name) {
            return Err(ExtensionError::Name { name });
        }
        if self.nodes.contains_key(&name) {
            return Err(ExtensionError::Twice { name });
        }
        self.nodes.insert(name, Arc::new(node));
        Ok(self)
    }
}

/// Whether a node type of this name is a host's.
pub(crate) fn is_custom_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    name.len() <= 64
        && name.strip_prefix("x_").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(plain))
}

impl ValueType {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::List => "a list",
            Self::Map => "a map",
        }
    }
}
