//! The studio of `web-demo/`, built on the package of the engine that is built here.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{install, package, shell};

/// Where the studio is.
const STUDIO: &str = "web-demo";

/// Makes available what the studio is built with.
///
/// # Errors
///
/// Why it is not there, in one line, for the caller to go on without.
pub(crate) fn ready() -> Result<(), String> {
    install::ensure_wasm_target()?;
    install::ensure_node()?;
    install::ensure("npm", "npm")?;
    packages(&folder())
}

/// Builds the package of the engine and the studio on it, and says where the studio is.
pub(crate) fn build() -> Result<PathBuf, String> {
    package::package()?;
    script("build", &[])?;
    Ok(built())
}

/// Where the built studio is.
pub(crate) fn built() -> PathBuf {
    folder().join("dist")
}

/// Runs a script of the studio, with these variables.
pub(crate) fn script(name: &str, variables: &[(&str, &str)]) -> Result<(), String> {
    let engine = shell::target_folder().join("npm/chatflow");
    let mut command = npm(&folder());
    command.args(["run", "--silent", name]).envs(variables.iter().copied());
    shell::run(command.env("CHATFLOW_PACKAGE", engine))
}

fn folder() -> PathBuf {
    shell::root().join(STUDIO)
}

/// Installs what the studio is built with, unless that is there already.
fn packages(folder: &Path) -> Result<(), String> {
    let mark = shell::target_folder().join("studio/package-lock.json");
    let lock = folder.join("package-lock.json");
    let wanted =
        std::fs::read(&lock).map_err(|error| format!("cannot read {}: {error}", lock.display()))?;
    let is_there = folder.join("node_modules").is_dir();
    if is_there && std::fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    shell::run(npm(folder).args(["ci", "--no-audit", "--no-fund"]))
        .map_err(|why| format!("the studio's packages cannot be installed: {why}"))?;
    mark.parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(&mark, wanted))
        .map_err(|error| format!("cannot write {}: {error}", mark.display()))
}

fn npm(folder: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder);
    npm
}
