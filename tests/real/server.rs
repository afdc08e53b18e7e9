//! `chatflow serve` as a child process.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::client::Client;
use super::command::chatflow;

/// A running server; it is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: String,
    printed: Vec<JoinHandle<String>>,
}

impl Server {
    /// Starts a server on a free port and waits until it says that it listens.
    pub(crate) fn start(database: &Path, more: &[&Path]) -> Self {
        let mut command = chatflow();
        command.args(["serve", "--listen", "127.0.0.1:0", "--db"]).arg(database).args(more);
        Self::spawn(command)
    }

    /// Starts a server on the database at this address, which its command line does not show.
    pub(crate) fn start_on(address: &str, more: &[&Path]) -> Self {
        let mut command = chatflow();
        command.env("CHATFLOW_DB", address);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(more);
        Self::spawn(command)
    }

    /// Starts a server in development with these variables in its environment.
    pub(crate) fn start_set(database: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = chatflow();
        command.args(["serve", "--listen", "127.0.0.1:0", "--env", "development", "--db"]);
        command.arg(database).envs(settings.iter().copied());
        Self::spawn(command)
    }

    /// Starts a server on a free port, with these further words and variables.
    pub(crate) fn start_as(database: &Path, words: &[&str], settings: &[(&str, &str)]) -> Self {
        Self::start_at("127.0.0.1:0", database, words, settings)
    }

    /// The same, at an address.
    pub(crate) fn start_at(
        address: &str,
        database: &Path,
        words: &[&str],
        settings: &[(&str, &str)],
    ) -> Self {
        let mut command = chatflow();
        command.env("CHATFLOW_DB", database).envs(settings.iter().copied());
        command.args(["serve", "--listen", address]).args(words);
        Self::spawn(command)
    }

    /// Asks the server to end, as `kill` does, and answers how long that took, with all that it has
    /// printed.
    pub(crate) fn stop(&mut self) -> (Duration, String) {
        let began = Instant::now();
        self.terminate();
        let status = self.child.wait().expect("a child can be waited for");
        assert!(status.success(), "the server ends with {status}");
        (began.elapsed(), self.printed())
    }

    /// Asks the server to end, and does not wait for it.
    pub(crate) fn terminate(&self) {
        let mut kill = Command::new("kill");
        let sent = kill.arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(sent.success(), "the server is there");
    }

    /// How many bytes of memory it has; none where the system does not tell.
    pub(crate) fn memory(&self) -> Option<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(kib * 1024)
    }

    /// Where it listens: a host and a port.
    pub(crate) fn socket(&self) -> &str {
        self.address.trim_start_matches("http://").trim_end_matches('/')
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("chatflow starts");
        let errors = collect(child.stderr.take().expect("stderr is a pipe"));
        let mut output = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let mut line = String::new();
        output.read_line(&mut line).expect("stdout reads");
        let address = line.trim().strip_prefix("Chatflow listens on ").map(str::to_owned);
        let Some(address) = address else {
            drop(child.kill());
            panic!("the server did not listen: {line:?} {:?}", errors.join());
        };
        Self { child, address, printed: vec![collect(output), errors] }
    }

    /// A client of this server, with connections of its own.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.address.trim_end_matches('/'))
    }

    /// Kills the server as `kill -9` does, and answers with all that it has printed.
    pub(crate) fn kill(&mut self) -> String {
        self.die();
        self.printed()
    }

    /// All that it has printed, once it has ended.
    fn printed(&mut self) -> String {
        let printed = std::mem::take(&mut self.printed);
        printed.into_iter().map(|text| text.join().expect("a pipe reads")).collect()
    }

    fn die(&mut self) {
        // On Unix this is SIGKILL; it fails only if the process is gone.
        drop(self.child.kill());
        self.child.wait().expect("a child can be waited for");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.die();
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        drop(pipe.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
