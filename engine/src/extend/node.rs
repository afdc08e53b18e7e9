//! Node types of a host (X-23).

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::flow::ConnectionType;
use crate::table::object;
use crate::value::Lookup;
use crate::value::path::Path;

type Check = Arc<dyn Fn(&Map<String, Value>) -> Vec<ContentProblem> + Send + Sync>;
type Handler = Arc<dyn Fn(&Value, &View<'_>) -> Performed + Send + Sync>;

/// A node type of a host: what its content must be, and what it does.
///
/// ```
/// use chatflow::{CustomNode, Extensions, Performed};
/// use serde_json::json;
///
/// let shout = CustomNode::new("x_shout").run(|content, view| {
///     let name = view.get("user.name").unwrap_or_default();
///     let text = content["text"].as_str().unwrap_or("Hey").to_uppercase();
///     Performed::success()
///         .say(format!("{text}, {}!", name.as_str().unwrap_or("you")))
///         .write("temp.shouted", json!(true))
/// });
/// let mut extensions = Extensions::default();
/// assert!(extensions.add_node(shout).is_ok());
/// assert!(extensions.add_node(CustomNode::new("message")).is_err());
/// ```
#[derive(Clone)]
pub struct CustomNode {
    name: String,
    check: Option<Check>,
    run: Option<Handler>,
}

/// What is wrong with the content of a host's node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentProblem {
    /// A JSON pointer into the content, e.g. `/sides`; empty for the whole.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// What a host's node can see of the session.
pub struct View<'a> {
    scope: &'a dyn Lookup,
}

/// What a host's node did.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the node's handler returns it"]
pub struct Performed {
    /// What it says: the type of each item, and its content.
    pub messages: Vec<(String, Map<String, Value>)>,
    /// The variables that it writes, in order.
    pub writes: Vec<(String, Value)>,
    /// How it ended.
    pub outcome: CustomOutcome,
}

/// How a host's node ended: which connection is taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CustomOutcome {
    /// `success`, else `default`.
    Success,
    /// `failure` or `error`, as of any node that failed.
    Failure {
        /// A stable code.
        code: String,
        /// For the author.
        reason: String,
    },
    /// The connection of this type, e.g. `$0` or a name of one's own; else `default`.
    Connection(ConnectionType),
}

impl CustomNode {
    /// A node type of this name, `x_[a-z0-9_]+`. Without a handler its nodes fail with
    /// `no_handler`: flows may be checked where they cannot be run.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), check: None, run: None }
    }

    /// Checks the content as the author wrote it, references included, when a flow is compiled.
    /// Every problem is an error of the flow.
    #[must_use]
    pub fn check(
        mut self,
        check: impl Fn(&Map<String, Value>) -> Vec<ContentProblem> + Send + Sync + 'static,
    ) -> Self {
        self.check = Some(Arc::new(check));
        self
    }

    /// Runs the node, with its content after substitution. Must be pure, see
    /// [`Extensions`](super::Extensions).
    #[must_use]
    pub fn run(
        mut self,
        run: impl Fn(&Value, &View<'_>) -> Performed + Send + Sync + 'static,
    ) -> Self {
        self.run = Some(Arc::new(run));
        self
    }

    /// The name of the type.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn problems(&self, content: &Map<String, Value>) -> Vec<ContentProblem> {
        self.check.as_ref().map_or_else(Vec::new, |check| check(content))
    }

    /// `None` without a handler.
    pub(crate) fn perform(&self, content: &Value, view: &View<'_>) -> Option<Performed> {
        self.run.as_ref().map(|run| run(content, view))
    }
}

impl<'a> View<'a> {
    pub(crate) fn new(scope: &'a dyn Lookup) -> Self {
        Self { scope }
    }

    /// The value at a path such as `temp.score`; `None` when absent, or when it is no path.
    pub fn get(&self, path: &str) -> Option<Value> {
        let path = Path::parse(path).ok()?;
        self.scope.get(&path).map(std::borrow::Cow::into_owned)
    }
}

impl Performed {
    fn new(outcome: CustomOutcome) -> Self {
        Self { messages: Vec::new(), writes: Vec::new(), outcome }
    }

    /// The node succeeded.
    pub fn success() -> Self {
        Self::new(CustomOutcome::Success)
    }

    /// The node failed, with a stable code and a reason for the author.
    pub fn failure(code: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(CustomOutcome::Failure { code: code.into(), reason: reason.into() })
    }

    /// The node goes on by the connection of this type.
    pub fn by(connection: ConnectionType) -> Self {
        Self::new(CustomOutcome::Connection(connection))
    }

    /// Also says a text.
    pub fn say(self, text: impl Into<String>) -> Self {
        let content = object([("text".to_owned(), Value::from(text.into()))]);
        self.item("text", content)
    }

    /// Also shows an item, as a message node does. Media need a `url` that message nodes allow.
    pub fn item(mut self, kind: &str, content: Map<String, Value>) -> Self {
        self.messages.push((kind.to_owned(), content));
        self
    }

    /// Also writes a variable; one that cannot be written makes the node fail.
    pub fn write(mut self, variable: impl Into<String>, value: Value) -> Self {
        self.writes.push((variable.into(), value));
        self
    }
}

impl fmt::Debug for CustomNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (check, run) = (self.check.is_some(), self.run.is_some());
        write!(f, "CustomNode({}, check: {check}, run: {run})", self.name)
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("View")
    }
}
