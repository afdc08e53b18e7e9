//! A Postgres server for one run of tests, in a temporary folder, without a network port.
//!
//! ```no_run
//! let server = chatflow_throwaway::Server::start()?;
//! println!("{}", server.url());
//! # Ok::<(), String>(())
//! ```

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// A running server. It is stopped and its folder removed when it is dropped, and also when this
/// process ends without dropping it, however it ends.
#[derive(Debug)]
pub struct Server {
    url: String,
    control: Control,
    watchdog: Child,
}

/// How `pg_ctl` is run on this server.
#[derive(Debug)]
struct Control {
    user: User,
    bin: PathBuf,
    folder: PathBuf,
    more: &'static str,
}

/// Waits for the end of its input, which is the end of this process, then stops the server.
const WATCHDOG: &str = r#"trap '' INT TERM HUP; folder=$1; shift; cat; "$@"; rm -rf "$folder""#;

/// What every server here needs.
const SETTINGS: &str = "-c listen_addresses='' -c max_connections=200";

/// Nothing that a test writes is worth keeping, so nothing waits for a disk.
const HASTY: &str = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off \
  -c shared_buffers=32MB -c autovacuum=off";

/// Whether the programs of a Postgres server are on this machine.
pub fn is_installed() -> bool {
    programs().is_some()
}

/// Where a program of the Postgres on this machine is, such as `pg_dump`: that of the servers here,
/// or else the first on the path.
pub fn program(name: &str) -> Option<PathBuf> {
    let folder = programs()?;
    // A link leads to the folder where all of its release are.
    let server = std::fs::canonicalize(folder.join("postgres")).ok();
    let own = server.and_then(|server| Some(server.parent()?.to_owned()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = own.into_iter().chain([folder]).chain(std::env::split_paths(&path));
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

impl Server {
    /// Starts a server. As root it is run by the user `postgres`, since Postgres refuses root.
    ///
    /// # Errors
    /// Why there is none, in one line.
    pub fn start() -> Result<Self, String> {
        Self::start_with(HASTY)
    }

    /// Starts a server that keeps what it says it kept: with the settings that Postgres comes
    /// with, for measuring and for tests that stop it.
    ///
    /// # Errors
    /// Why there is none, in one line.
    pub fn start_durable() -> Result<Self, String> {
        Self::start_with("")
    }

    fn start_with(more: &'static str) -> Result<Self, String> {
        let bin = programs().ok_or(
            "there is no Postgres on this machine (Debian: apt-get install postgresql); \
             set DATABASE_URL to use a server elsewhere",
        )?;
        let folder = new_folder()?;
        let user = User::current(&folder)?;
        let control = Control { user, bin, folder, more };
        // From here on the folder is cleared away, whatever happens.
        let watchdog = watch(&control.folder, &control.stop())?;
        let server = Self { url: url(&control.folder)?, control, watchdog };
        let mut initdb = server.control.in_data("initdb");
        initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        run(&mut initdb)?;
        server.go_on()?;
        Ok(server)
    }

    /// Stops the server at once, without a word to its clients and without tidying up.
    ///
    /// # Errors
    /// Why it was not stopped, in one line.
    pub fn crash(&self) -> Result<(), String> {
        run(&mut self.control.stop())
    }

    /// Starts the server again after [`Server::crash`], and waits until it has recovered.
    ///
    /// # Errors
    /// Why it did not start, in one line.
    pub fn go_on(&self) -> Result<(), String> {
        run(&mut self.control.start())
    }

    /// The address of a database that others can be made from: the server's `postgres`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Control {
    fn in_data(&self, program: &str) -> Command {
        let mut command = self.user.command(&self.bin.join(program));
        command.current_dir(&self.folder).arg("-D").arg(self.folder.join("data"));
        command
    }

    fn start(&self) -> Command {
        let mut start = self.in_data("pg_ctl");
        start.arg("-w").arg("-l").arg(self.folder.join("log"));
        start.arg("-o").arg(format!("-k '{}' {SETTINGS} {}", self.folder.display(), self.more));
        start.arg("start");
        start
    }

    fn stop(&self) -> Command {
        let mut stop = self.in_data("pg_ctl");
        stop.args(["-m", "immediate", "stop"]);
        stop
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        // It ends by itself; waiting only keeps the folder from outliving the tests.
        let _ = self.watchdog.wait();
    }
}

/// The folder of `initdb` and `pg_ctl`: on the path, or where Debian keeps them.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let release = entry.file_name().to_str()?.parse().ok()?;
            Some((release, entry.path().join("bin")))
        })
        .collect();
    debian.sort();
    let newest_first = debian.into_iter().rev().map(|(_, folder)| folder);
    let has_all = |folder: &PathBuf| {
        ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file())
    };
    std::env::split_paths(&path).chain(newest_first).find(has_all)
}

fn new_folder() -> Result<PathBuf, String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let name = format!("chatflow-postgres-{}-{now}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir(&folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    Ok(folder)
}

/// Who runs the server.
#[derive(Debug)]
enum User {
    Me,
    Postgres,
}

impl User {
    fn current(folder: &Path) -> Result<Self, String> {
        let me = Command::new("id").arg("-u").stdin(Stdio::null()).output();
        if !me.is_ok_and(|output| output.stdout.trim_ascii() == b"0") {
            return Ok(Self::Me);
        }
        run(Command::new("chown").arg("postgres").arg(folder))?;
        Ok(Self::Postgres)
    }

    fn command(&self, program: &Path) -> Command {
        match self {
            Self::Me => Command::new(program),
            Self::Postgres => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
                command.arg(program);
                command
            }
        }
    }
}

fn watch(folder: &Path, stop: &Command) -> Result<Child, String> {
    let mut command = Command::new("sh");
    command.current_dir("/").args(["-c", WATCHDOG, "sh"]).arg(folder);
    command.arg(stop.get_program()).args(stop.get_args());
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map_err(|error| format!("cannot start `sh`: {error}"))
}

/// Runs a command to its end; what it said is shown if it fails.
fn run(command: &mut Command) -> Result<(), String> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let name = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("cannot start `{name}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{name}` failed ({}): {}", output.status, said.trim()))
}

/// The folder stands where a host would, so what an address gives a meaning is escaped.
fn url(folder: &Path) -> Result<String, String> {
    let folder = folder.to_str().ok_or("the temporary folder's name is not UTF-8")?;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let escaped = folder.bytes().map(|byte| {
        if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    });
    let host: String = escaped.collect();
    Ok(format!("postgres://postgres@{host}/postgres"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::url;

    #[test]
    fn a_folder_becomes_the_host_of_an_address() {
        let url = url(Path::new("/tmp/a b")).unwrap();
        assert_eq!(url, "postgres://postgres@%2Ftmp%2Fa%20b/postgres");
    }
}
