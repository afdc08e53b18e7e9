//! The package for npm: `cargo xtask package` makes `target/npm/chatflow`, ready for `npm publish`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{install, shell};

/// How the module is built (ADR 0033, 0040), and what it is called in the package.
pub(crate) const PROFILE: &str = "wasm";
pub(crate) const MODULE: &str = "chatflow.wasm";

/// What lies at the repository's root and belongs into the package as well.
const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Where the calls are kept that the engine was last seen to make natively.
pub(crate) fn recordings() -> PathBuf {
    shell::target_folder().join("npm/recordings.jsonl")
}

/// Builds the package and says where it is.
pub(crate) fn package() -> Result<PathBuf, String> {
    install::ensure_wasm_target()?;
    let package = shell::target_folder().join("npm/chatflow");
    let sources = shell::root().join("bindings/wasm/package");
    check_version(&sources.join("package.json"))?;
    if package.is_dir() {
        fs::remove_dir_all(&package).map_err(|error| told("remove", &package, &error))?;
    }
    fs::create_dir_all(&package).map_err(|error| told("create", &package, &error))?;
    let entries = fs::read_dir(&sources).map_err(|error| told("list", &sources, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| told("list", &sources, &error))?;
        copy(&entry.path(), &package.join(entry.file_name()))?;
    }
    for license in LICENSES {
        copy(&shell::root().join(license), &package.join(license))?;
    }
    let bound = shell::target_folder().join("wasm-package").join(PROFILE);
    bind("web", &build()?, &bound)?;
    copy(&bound.join("chatflow_bg.wasm"), &package.join(MODULE))?;
    copy(&bound.join("chatflow.js"), &package.join("glue.js"))?;
    Ok(package)
}

/// Compiles the bindings and returns the module's path.
fn build() -> Result<PathBuf, String> {
    let target = shell::target_folder();
    let mut command = shell::cargo(&["build", "--locked", "--package", "chatflow-wasm"]);
    command.args(["--target", "wasm32-unknown-unknown", "--profile", PROFILE, "--target-dir"]);
    shell::run(command.arg(&target))?;
    Ok(target.join(format!("wasm32-unknown-unknown/{PROFILE}/chatflow_wasm.wasm")))
}

/// Writes a module's JavaScript, for `nodejs` or the `web`, into a folder.
pub(crate) fn bind(kind: &str, module: &Path, folder: &Path) -> Result<(), String> {
    let mut command = shell::cargo(&["run", "--quiet", "--locked", "--package", "xtask-bindgen"]);
    shell::run(command.args(["--", kind]).arg(module).arg(folder))
}

/// The package has the version of the workspace.
fn check_version(manifest: &Path) -> Result<(), String> {
    let text = fs::read_to_string(manifest).map_err(|error| told("read", manifest, &error))?;
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    if text.contains(&version) {
        Ok(())
    } else {
        Err(format!("{} lacks {version}", manifest.display()))
    }
}

pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|error| told("copy", from, &error))
}

pub(crate) fn told(what: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {what} {}: {error}", path.display())
}
