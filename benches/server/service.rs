//! `chatflow serve` on a database with the flow LONG-1.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use chatflow_benches::std1;
use serde_json::json;

use crate::program::Program;

/// The key of the flow.
pub(crate) const FLOW: &str = "long-1";

/// The program and its database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service<'a> {
    pub(crate) chatflow: &'a Path,
    /// A file or an address.
    pub(crate) database: &'a OsStr,
}

impl Service<'_> {
    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(self.chatflow);
        command.arg(verb).env("CHATFLOW_DB", self.database);
        command
    }

    /// Publishes the flow that never ends.
    pub(crate) fn import(&self, folder: &Path) {
        let flow = json!({
            "seed_key": "load",
            "flows": [{
                "seed_key": FLOW,
                "name": "LONG-1",
                "version": "1.0.0",
                "entry_node_id": "greet",
                "visibility": "wriveted",
                "flow_data": std1::flow_doc(5, true),
            }],
        });
        let path = folder.join("seed.json");
        std::fs::write(&path, flow.to_string()).expect("a file can be written");
        let done = self.command("import").arg(&path).stdout(Stdio::null()).status();
        assert!(done.expect("chatflow starts").success(), "the flow cannot be imported");
    }

    /// Serves, without limits of rate and with as many connections to Postgres as the floor.
    pub(crate) fn serve(&self, connections: u32) -> Program {
        let mut command = self.command("serve");
        command.args(["--listen", "127.0.0.1:0"]);
        command.env("FLOW_RATE__ENABLED", "false");
        command.env("FLOW_DATABASE__MAX_CONNECTIONS", connections.to_string());
        Program::start(&mut command)
    }
}
