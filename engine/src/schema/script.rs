//! Scripts (R10.2).

use schemars::JsonSchema;
use serde_json::{Map, Value};

/// Runs code in the client.
#[derive(JsonSchema)]
pub(super) struct Script {
    /// The code.
    #[schemars(length(min = 1, max = 100_000))]
    code: Option<String>,
    /// Its language.
    #[schemars(extend("default" = "javascript", "examples" = ["javascript", "typescript"]))]
    language: Option<String>,
    /// How much the code may do.
    #[schemars(extend("default" = "strict"))]
    sandbox: Option<Sandbox>,
    /// Names and the paths of the values that the code gets.
    #[schemars(extend("default" = {}))]
    inputs: Option<Map<String, Value>>,
    /// The names of what the code returns.
    #[schemars(extend("default" = []))]
    outputs: Option<Vec<String>>,
    /// Modules that are loaded first, from the hosts that are allowed.
    #[schemars(extend("default" = []))]
    dependencies: Option<Vec<Dependency>>,
    /// How long it may take, in milliseconds.
    #[schemars(range(min = 1_000, max = 60_000), extend("default" = 5000))]
    timeout: Option<u64>,
    /// For people.
    description: Option<String>,
    /// Where it runs; only the client is possible.
    #[schemars(extend("default" = "frontend"))]
    execution_context: Option<String>,
}

/// How much a script may do: `strict`, `permissive`, or whether it is strict.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Sandbox {
    /// By name.
    Name(String),
    /// Whether it is strict.
    Strict(bool),
}

/// A module: its https URL, or that with a hash.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Dependency {
    /// The URL.
    Url(String),
    /// With a hash.
    Checked(CheckedDependency),
}

/// A module whose content is checked.
#[derive(JsonSchema)]
struct CheckedDependency {
    /// The URL.
    url: String,
    /// Its hash, as in HTML.
    integrity: Option<String>,
}
