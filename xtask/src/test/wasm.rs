//! The WebAssembly step: build, bind, compare with the engine in Node, and inspect.

use std::path::{Path, PathBuf};

use crate::test::Outcome;
use crate::{install, shell};

/// The gate on the module's gzip size, in bytes: it may not grow. The goal is 350,000 (ADR 0014).
const GZIP_LIMIT: &str = "515000";

/// Builds the module, runs its tests, and checks what it imports and weighs.
pub(crate) fn wasm() -> Result<Outcome, String> {
    let ready = install::ensure_wasm_target().and_then(|()| install::ensure("node", "nodejs"));
    if let Err(why) = ready {
        return Ok(Outcome::skipped(why));
    }
    let package = shell::target_folder().join("wasm-package/nodejs");
    bind(&build()?, &package)?;
    shell::run(shell::program("node").arg("tests/wasm/run.mjs").arg(&package))?;
    let mut inspect = shell::program("node");
    inspect.arg("xtask/inspect-wasm.mjs").arg(package.join("chatflow_bg.wasm")).arg(GZIP_LIMIT);
    shell::run(&mut inspect)?;
    Ok(Outcome::whole())
}

/// Compiles the bindings and returns the module's path.
fn build() -> Result<PathBuf, String> {
    let target = shell::target_folder();
    let mut command = shell::cargo(&["build", "--locked", "--package", "chatflow-wasm"]);
    command.args(["--target", "wasm32-unknown-unknown", "--profile", "wasm", "--target-dir"]);
    shell::run(command.arg(&target))?;
    Ok(target.join("wasm32-unknown-unknown/wasm/chatflow_wasm.wasm"))
}

/// Writes the package of a module for Node into a folder.
pub(crate) fn bind(module: &Path, package: &Path) -> Result<(), String> {
    let mut command = shell::cargo(&["run", "--quiet", "--locked", "--package", "xtask-bindgen"]);
    shell::run(command.args(["--", "nodejs"]).arg(module).arg(package))
}
