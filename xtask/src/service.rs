//! A running `chatflow serve` with an account that runs the platform, for what talks to it from outside.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::{shell, studio};

/// What is imported before the service starts, so that there is something to ask for.
const FIXTURES: [&str; 2] = ["server/demo/seed.json", "tests/real/seed.json"];

/// Seals the secrets of subscriptions that are thrown away with the run.
const SECRETS_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The service on a fresh database; it is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Service {
    child: Child,
    address: String,
    token: String,
    errors: PathBuf,
}

impl Service {
    /// Builds the command, fills the database at this address and serves it without limits of rate.
    ///
    /// What the service says of errors goes into a file of `folder`.
    pub(crate) fn start(database: &str, folder: &Path) -> Result<Self, String> {
        let program = build()?;
        for fixture in FIXTURES {
            shell::run(on(&program, database).args(["import", fixture]).stderr(Stdio::null()))?;
        }
        let account = ["user", "add", "--type", "wriveted", "--name", "Asker"];
        let account = line(on(&program, database).args(account))?;
        let token = ["token", "--env", "development", "--user", &account];
        let token = line(on(&program, database).args(token))?;
        let errors = folder.join("errors.txt");
        let kept = std::fs::File::create(&errors)
            .map_err(|error| format!("cannot create {}: {error}", errors.display()))?;
        let mut serve = on(&program, database);
        serve.args(["serve", "--env", "development", "--listen", "127.0.0.1:0"]);
        serve.args(["--handlers", "server/demo/handlers.json", "--no-egress"]);
        serve.env("FLOW_RATE__ENABLED", "false").env("FLOW_SECRETS__KEY", SECRETS_KEY);
        // Whatever was built last, if there is one.
        let built = studio::built();
        if built.is_dir() {
            serve.env("FLOW_STUDIO__DIR", built);
        }
        serve.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(kept);
        let spawned = serve.spawn();
        let child = spawned.map_err(|error| format!("cannot start the service: {error}"))?;
        let mut service = Self { child, address: String::new(), token, errors };
        service.address = service.first_line()?;
        Ok(service)
    }

    /// The same, on a database in the folder that this makes anew.
    pub(crate) fn start_fresh(folder: &Path) -> Result<Self, String> {
        let database = folder.join("chatflow.db");
        for end in ["", "-wal", "-shm"] {
            let mut path = database.clone().into_os_string();
            path.push(end);
            // It is there after an interruption only.
            let _ = std::fs::remove_file(path);
        }
        Self::start(&database.to_string_lossy(), folder)
    }

    /// Where it listens, without a slash at the end.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A token of the account.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// What it said of errors so far.
    pub(crate) fn errors(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap_or_default()
    }

    fn first_line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        if let Some(output) = self.child.stdout.take() {
            let read = BufReader::new(output).read_line(&mut line);
            read.map_err(|error| format!("the service cannot be read: {error}"))?;
        }
        let address = line.trim().strip_prefix("Chatflow listens on ");
        let address = address.map(|address| address.trim_end_matches('/').to_owned());
        address.ok_or_else(|| format!("the service did not start: {line}{}", self.errors()))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The dev build: what it is asked matters here, not how fast it answers; and an overflow is a failure in it.
pub(crate) fn build() -> Result<PathBuf, String> {
    let words = ["build", "--locked", "--package", "chatflow-server", "--bin", "chatflow"];
    shell::run(&mut shell::cargo(&words))?;
    Ok(shell::target_folder().join("debug/chatflow"))
}

fn on(program: &Path, database: &str) -> Command {
    let mut command = shell::program(program);
    command.env("CHATFLOW_DB", database);
    command
}

fn line(command: &mut Command) -> Result<String, String> {
    shell::output(command).ok_or_else(|| format!("`{}` failed", shell::spelled(command)))
}
