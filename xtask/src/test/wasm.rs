//! The WebAssembly step: the package for npm is built, compared with the native engine, inspected, and tried as those
//! who embed it would: in Node, by the TypeScript compiler, and through Vite in a browser.

use std::path::{Path, PathBuf};

use crate::package::{self, MODULE};
use crate::test::Outcome;
use crate::{install, npm, shell};

/// The gate on the module's gzip size, in bytes: it may not grow. The goal is 350,000 (ADR 0040).
const GZIP_LIMIT: &str = "565000";

/// What the package is tried with.
const TYPESCRIPT: &str = "typescript@7.0.2";
const VITE: &str = "vite@8.3.8";
const PLAYWRIGHT: &str = "playwright-core@1.65.1";

/// Builds the package, compares its module with the engine, and tries it.
pub(crate) fn wasm() -> Result<Outcome, String> {
    let ready = install::ensure_wasm_target().and_then(|()| install::ensure_node());
    if let Err(why) = ready {
        return Ok(Outcome::skipped(why));
    }
    let package = package::package()?;
    let module = package.join(MODULE);
    let mut compare = shell::program("node");
    compare.arg("tests/wasm/run.mjs").arg(package.join("glue.js")).arg(&module);
    shell::run(compare.env("RECORDINGS", package::recordings()))?;
    let mut inspect = shell::program("node");
    shell::run(inspect.arg("xtask/inspect-wasm.mjs").arg(&module).arg(GZIP_LIMIT))?;
    let folder = shell::target_folder().join("npm/tried");
    let mut outcome = Outcome::whole();
    outcome.skips.extend(npm::ensure(&folder, &[TYPESCRIPT, VITE, PLAYWRIGHT]).err());
    unpack(&package, &folder)?;
    shell::run(node(&folder).args(["--test-reporter=dot", "conversation.mjs"]))?;
    if outcome.skips.is_empty() {
        shell::run(node(&folder).args(["node_modules/typescript/bin/tsc", "--project", "."]))?;
        shell::run(node(&folder).args(["node_modules/vite/bin/vite.js", "build", "page"]))?;
        match install::chromium() {
            Ok(chromium) => {
                let mut try_page = node(&folder);
                try_page.args(["browser.mjs", "page/dist"]).env("CHROMIUM", chromium);
                shell::run(&mut try_page)?;
            }
            Err(why) => outcome.skips.push(why),
        }
    }
    Ok(outcome)
}

/// Packs the package and unpacks it where the tests find it as `chatflow`, with what `npm publish` would publish.
fn unpack(package: &Path, folder: &Path) -> Result<(), String> {
    let installed = folder.join("node_modules/chatflow");
    if installed.is_dir() {
        std::fs::remove_dir_all(&installed)
            .map_err(|error| package::told("remove", &installed, &error))?;
    }
    std::fs::create_dir_all(&installed)
        .map_err(|error| package::told("create", &installed, &error))?;
    copy_all(&shell::root().join("tests/wasm/package"), folder)?;
    if !install::is_there("npm") {
        return copy_all(package, &installed);
    }
    let mut pack = shell::program("npm");
    pack.arg("pack").arg(package).arg("--pack-destination").arg(folder).arg("--silent");
    shell::run(&mut pack)?;
    let archive = folder.join(format!("chatflow-{}.tgz", env!("CARGO_PKG_VERSION")));
    let mut tar = shell::program("tar");
    tar.arg("-xzf").arg(archive).arg("-C").arg(&installed).arg("--strip-components=1");
    shell::run(&mut tar)
}

fn copy_all(from: &Path, to: &Path) -> Result<(), String> {
    std::fs::create_dir_all(to).map_err(|error| package::told("create", to, &error))?;
    let entries = std::fs::read_dir(from).map_err(|error| package::told("list", from, &error))?;
    for entry in entries {
        let path: PathBuf = entry.map_err(|error| package::told("list", from, &error))?.path();
        let Some(name) = path.file_name() else { continue };
        let target = to.join(name);
        if path.is_dir() { copy_all(&path, &target)? } else { package::copy(&path, &target)? }
    }
    Ok(())
}

/// Node in a folder.
fn node(folder: &Path) -> std::process::Command {
    let mut command = shell::program("node");
    command.current_dir(folder);
    command
}
