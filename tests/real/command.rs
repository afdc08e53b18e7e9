//! Building and running the `chatflow` command.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The one JSON document on stdout.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs `chatflow` to its end.
pub(crate) fn run<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(words: I) -> Ran {
    finish(chatflow().args(words))
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command) -> Ran {
    let output = command.output().expect("chatflow runs");
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        err: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    }
}

/// The command, to be given words. It does not use the database of whoever runs the tests.
pub(crate) fn chatflow() -> Command {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    let build = || program("chatflow-server", ["--bin", "chatflow"]);
    let mut command = Command::new(BINARY.get_or_init(build));
    command.env_remove("CHATFLOW_DB");
    // Tests call more often than people do; those of the limits switch them on again.
    command.env("FLOW_RATE__ENABLED", "false");
    // Whoever wants to see files of exports says where they are to be.
    command.env("FLOW_EXPORTS__DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/exports"));
    command
}

/// Builds a program of a package with the profile of this test and asks cargo where it put it.
///
/// Cargo gives a test the path of its own package's programs only. The build is a no-op after the
/// first time, and holds no lock that the running `cargo test` still has.
///
/// What cargo says of the package under test is not passed on: build scripts that look at it would
/// run again, here and at the next `cargo test`, and everything above them be compiled anew.
pub(crate) fn program(package: &str, [kind, name]: [&str; 2]) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    command.args(["build", "--locked", "--package", package, kind, name]);
    command.arg("--message-format=json");
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        (message["target"]["name"] == name).then_some(())?;
        message["executable"].as_str().map(PathBuf::from)
    };
    messages.lines().find_map(executable).expect("cargo names the program that it built")
}
