//! The `chatflow` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    chatflow_server::run()
}
