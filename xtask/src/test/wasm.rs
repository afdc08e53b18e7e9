//! The WebAssembly step: build, bind, compare with the engine in Node, and inspect. The module is built twice (ADR 0015).

use std::path::{Path, PathBuf};

use crate::test::Outcome;
use crate::{install, shell};

/// One way of building the module.
struct Build {
    profile: &'static str,
    /// The folder of its package, below `wasm-package`.
    package: &'static str,
    /// The gate on its gzip size, in bytes: it may not grow.
    gzip_limit: &'static str,
}

const BUILDS: [Build; 2] = [
    // The goal is 350,000 (ADR 0014).
    Build { profile: "wasm", package: "nodejs", gzip_limit: "515000" },
    Build { profile: "wasm-fast", package: "nodejs-fast", gzip_limit: "790000" },
];

/// Builds the modules, runs their tests, and checks what they import and weigh.
pub(crate) fn wasm() -> Result<Outcome, String> {
    let ready = install::ensure_wasm_target().and_then(|()| install::ensure("node", "nodejs"));
    if let Err(why) = ready {
        return Ok(Outcome::skipped(why));
    }
    for Build { profile, package, gzip_limit } in BUILDS {
        let package = shell::target_folder().join("wasm-package").join(package);
        bind(&build(profile)?, &package)?;
        shell::run(shell::program("node").arg("tests/wasm/run.mjs").arg(&package))?;
        let mut inspect = shell::program("node");
        inspect.arg("xtask/inspect-wasm.mjs").arg(package.join("chatflow_bg.wasm")).arg(gzip_limit);
        shell::run(&mut inspect)?;
    }
    Ok(Outcome::whole())
}

/// Compiles the bindings and returns the module's path.
fn build(profile: &str) -> Result<PathBuf, String> {
    let target = shell::target_folder();
    let mut command = shell::cargo(&["build", "--locked", "--package", "chatflow-wasm"]);
    command.args(["--target", "wasm32-unknown-unknown", "--profile", profile, "--target-dir"]);
    shell::run(command.arg(&target))?;
    Ok(target.join(format!("wasm32-unknown-unknown/{profile}/chatflow_wasm.wasm")))
}

/// Writes the package of a module for Node into a folder.
pub(crate) fn bind(module: &Path, package: &Path) -> Result<(), String> {
    let mut command = shell::cargo(&["run", "--quiet", "--locked", "--package", "xtask-bindgen"]);
    shell::run(command.args(["--", "nodejs"]).arg(module).arg(package))
}
