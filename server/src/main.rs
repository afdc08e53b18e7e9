//! The `chatflow` command.

use std::process::ExitCode;

/// A turn asks for memory some hundred times, most of it for the trees of JSON, and on several threads at once (ADR 0034).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    chatflow_server::run()
}
