//! A program that serves, as a child process.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// It is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Program {
    /// Starts it and waits until it says where it listens.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()));
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        output.read_line(&mut line).expect("the pipe reads");
        let address = line.trim().trim_end_matches('/').rsplit("http://").next();
        let address = address.and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("it does not listen: {line:?}"));
        Self { child, address }
    }

    /// The CPU time that it has used, in steps of ten milliseconds.
    pub(crate) fn cpu(&self) -> Duration {
        let path = format!("/proc/{}/stat", self.child.id());
        let text = std::fs::read_to_string(&path).expect("Linux tells of its processes");
        let (_, after) = text.rsplit_once(") ").expect("a name in brackets");
        // The 14th and 15th fields, of which two went with the name (proc_pid_stat(5)); a hundredth
        // of a second each on every Linux there is.
        let ticks: u64 = after
            .split(' ')
            .skip(11)
            .take(2)
            .map(|field| field.parse::<u64>().expect("a number"))
            .sum();
        Duration::from_millis(ticks * 10)
    }

    /// The memory that it holds, in bytes.
    pub(crate) fn resident(&self) -> u64 {
        status(self.child.id(), "VmRSS:").expect("Linux tells of its processes")
    }
}

/// The most memory that a process has held until now, in bytes; `None` once it has ended.
pub(crate) fn most_resident(process: u32) -> Option<u64> {
    status(process, "VmHWM:")
}

/// A line of what Linux tells of a process, in bytes.
fn status(process: u32, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    Some(kilobytes * 1024)
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
