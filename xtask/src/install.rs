//! Finds what a step needs beside Rust, or installs it when this machine allows it.

use std::path::{Path, PathBuf};

use crate::shell;

/// Makes `program` available: found, or installed from Debian's `package` when run as root.
///
/// # Errors
///
/// Why it is not there, in one line, for the step to skip with.
pub(crate) fn ensure(program: &str, package: &str) -> Result<(), String> {
    if is_there(program) { Ok(()) } else { install(program, package) }
}

/// The oldest Node that the package for npm runs in and the studio is built by.
const NODE: u32 = 20;

/// Makes Node available, in a version that will do.
///
/// # Errors
///
/// Why it is not there, in one line, for the step to skip with.
pub(crate) fn ensure_node() -> Result<(), String> {
    ensure("node", "nodejs")?;
    let version = shell::output(shell::program("node").arg("--version")).unwrap_or_default();
    if major(&version).is_some_and(|major| major >= NODE) {
        return Ok(());
    }
    Err(format!("node is {version}, but {NODE} or newer is needed"))
}

/// The first number of what Node says of its version.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Makes the programs of a Postgres server available, which Debian keeps off the path.
///
/// # Errors
///
/// Why they are not there, in one line, for the step to skip with.
pub(crate) fn ensure_postgres() -> Result<(), String> {
    if chatflow_throwaway::is_installed() {
        return Ok(());
    }
    install("Postgres", "postgresql").map_err(|why| format!("{why}; or set DATABASE_URL"))
}

fn install(program: &str, package: &str) -> Result<(), String> {
    if !is_root() || !is_there("apt-get") {
        return Err(format!("{program} is not installed (Debian: apt-get install {package})"));
    }
    println!("{program} is missing: installing Debian's {package}");
    // Package lists may be absent or old on a fresh machine, so a failure is tried again after an update.
    let installed = apt(&["install", "--yes", "--no-install-recommends", package]).or_else(|_| {
        apt(&["update"])?;
        apt(&["install", "--yes", "--no-install-recommends", package])
    });
    installed.map_err(|why| format!("{program} could not be installed: {why}"))
}

/// Makes the WebAssembly target of the toolchain available.
///
/// # Errors
///
/// Why it is not there, in one line, for the step to skip with.
pub(crate) fn ensure_wasm_target() -> Result<(), String> {
    const TARGET: &str = "wasm32-unknown-unknown";
    if has_target(TARGET) {
        return Ok(());
    }
    if is_there("rustup") {
        println!("the target {TARGET} is missing: adding it");
        shell::run(shell::program("rustup").args(["target", "add", TARGET]))
            .map_err(|why| format!("the target {TARGET} could not be added: {why}"))?;
        return Ok(());
    }
    Err(format!(
        "this Rust has no target {TARGET} (install Rust with rustup, which reads rust-toolchain.toml, \
         or your distribution's package of that target)"
    ))
}

/// Makes an environment of Python with the packages of `requirements` in `folder`; what is there already stays.
///
/// # Errors
///
/// Why it is not there, in one line.
pub(crate) fn ensure_python(folder: &Path, requirements: &Path) -> Result<(), String> {
    let wanted = std::fs::read_to_string(requirements)
        .map_err(|error| format!("cannot read {}: {error}", requirements.display()))?;
    let installed = folder.join("installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|known| known == wanted) {
        return Ok(());
    }
    ensure("python3", "python3")?;
    let make = || shell::run(shell::program("python3").args(["-m", "venv", "--clear"]).arg(folder));
    // Debian keeps this module in a package of its own.
    make().or_else(|_| install("Python's venv", "python3-venv").and_then(|()| make()))?;
    let mut pip = shell::program(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
    shell::run(pip.args(["--no-deps", "--requirement"]).arg(requirements))
        .map_err(|why| format!("Python's packages could not be installed: {why}"))?;
    std::fs::write(&installed, wanted)
        .map_err(|error| format!("cannot write {}: {error}", installed.display()))
}

/// Whether the program answers to `--version`.
pub(crate) fn is_there(program: &str) -> bool {
    shell::output(shell::program(program).arg("--version")).is_some()
}

fn has_target(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = shell::program(rustc);
    command.args(["--print", "target-libdir", "--target", target]);
    shell::output(&mut command).is_some_and(|folder| Path::new(&folder).is_dir())
}

fn is_root() -> bool {
    shell::output(shell::program("id").arg("-u")).as_deref() == Some("0")
}

fn apt(words: &[&str]) -> Result<(), String> {
    shell::run(shell::program("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(words))
}

/// The path of Chromium: that of `CHROMIUM`, or Debian's, installed if that is possible.
pub(crate) fn chromium() -> Result<PathBuf, String> {
    let given = std::env::var_os("CHROMIUM").filter(|path| !path.is_empty());
    if let Some(path) = given {
        return Ok(path.into());
    }
    let usual = Path::new("/usr/bin/chromium");
    // Asking it for its version would start half of it.
    if !usual.exists() {
        ensure("chromium", "chromium")?;
    }
    Ok(usual.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{is_there, major};

    #[test]
    fn the_version_of_node_is_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major(""), None);
    }

    #[test]
    fn a_program_that_does_not_exist_is_not_there() {
        assert!(!is_there("chatflow-no-such-program"));
    }
}
