//! The client of `bindings/client`: its types are those of the description, and a program that uses it works.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::service::Service;
use crate::test::Outcome;
use crate::{install, shell};

/// Where the client is.
const CLIENT: &str = "bindings/client";

/// What of it is needed to build it somewhere else.
const FILES: [&str; 5] =
    ["package.json", "package-lock.json", "tsconfig.json", "client.ts", "example.ts"];

/// What is generated.
const TYPES: &str = "schema.d.ts";

/// Generates the types anew and compares them, or writes them if `UPDATE` is set; compiles the client and its
/// example; runs the example against a service.
pub(crate) fn client() -> Result<Outcome, String> {
    let folder = shell::target_folder().join("client");
    let ready = install::ensure("node", "nodejs").and_then(|()| install::ensure("npm", "npm"));
    if let Err(why) = ready.and_then(|()| prepare(&folder)) {
        return Ok(Outcome::skipped(why));
    }
    types(&folder)?;
    shell::run(&mut tool(&folder, "typescript/bin/tsc"))?;
    converse(&folder)?;
    Ok(Outcome::whole())
}

/// Copies the client and installs what it is built with, unless that is there already.
fn prepare(folder: &Path) -> Result<(), String> {
    let known = std::fs::read(folder.join("package-lock.json")).ok();
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    for name in FILES {
        let own = shell::root().join(CLIENT).join(name);
        std::fs::copy(&own, folder.join(name))
            .map_err(|error| format!("cannot copy {}: {error}", own.display()))?;
    }
    let is_there = folder.join("node_modules/.package-lock.json").is_file();
    if is_there && known == std::fs::read(folder.join("package-lock.json")).ok() {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    shell::run(&mut npm).map_err(|why| format!("the client's packages cannot be installed: {why}"))
}

/// The types that the description gives now are the committed ones.
fn types(folder: &Path) -> Result<(), String> {
    let fresh = folder.join(TYPES);
    let mut generate = tool(folder, "openapi-typescript/bin/cli.js");
    generate.arg(shell::root().join("server/openapi.json")).arg("--output").arg(&fresh);
    // A graph is an object with any keys; what has a default may be left out of a request.
    shell::run(generate.args(["--empty-objects-unknown", "--default-non-nullable=false"]))?;
    let committed = shell::root().join(CLIENT).join(TYPES);
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))
    };
    let text = read(&fresh)?;
    if std::env::var_os("UPDATE").is_some() {
        return std::fs::write(&committed, text)
            .map_err(|error| format!("cannot write {}: {error}", committed.display()));
    }
    if read(&committed)? == text {
        return Ok(());
    }
    Err(format!(
        "{CLIENT}/{TYPES} is not what server/openapi.json gives: run UPDATE=1 cargo xtask test client"
    ))
}

/// Runs the example against a service on a fresh database.
fn converse(folder: &Path) -> Result<(), String> {
    let service = Service::start_fresh(folder)?;
    let mut example = shell::program("node");
    example.arg(folder.join("built/example.js")).args([service.address(), service.token()]);
    // Not by `shell::run`, which would print the token.
    match example.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("the example of {CLIENT} failed\n{}", service.errors())),
        Err(error) => Err(format!("cannot start node: {error}")),
    }
}

/// A program that npm has installed.
fn tool(folder: &Path, script: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("node");
    command.current_dir(folder).arg(folder.join("node_modules").join(Path::new(&script)));
    command
}
