//! What an export of everything takes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::program;

/// How much more memory may an export of all days need than one of a tenth of them.
const GROWTH: f64 = 1.25;

/// Exports all days and the last tenth of them; whether ten times as much needs no more memory.
pub(super) fn measure(command: &dyn Fn() -> Command, folder: &Path, days: (&str, &str)) -> bool {
    let export = |from: &str| {
        let mut command = command();
        command.args(["--format", "ndjson", "--include", EVERYTHING, "--from", from]);
        Export::run(command, &folder.join("all.ndjson"))
    };
    let (few, many) = (export(days.0), export(days.1));
    let growth = many.memory / few.memory;
    let verdict = if growth < GROWTH { "met" } else { "missed" };
    println!(
        "export of all days: {:.1} s, {:.1} MB of file, {:.1} MB of memory at most; of a tenth of them {:.1} s, \
         {:.1} MB, {:.1} MB; {growth:.2} times the memory (below {GROWTH}): {verdict}",
        many.seconds, many.length, many.memory, few.seconds, few.length, few.memory,
    );
    growth < GROWTH
}

/// All that is told of sessions.
const EVERYTHING: &str = "flows,daily,nodes,sessions,responses";

/// What an export took.
struct Export {
    seconds: f64,
    /// How long the file is, in megabytes.
    length: f64,
    /// The most memory that it held, in megabytes.
    memory: f64,
}

impl Export {
    fn run(mut command: Command, file: &Path) -> Self {
        let begun = Instant::now();
        command.arg("--out").arg(file).stdout(Stdio::null());
        let mut child = command.spawn().expect("chatflow starts");
        let mut memory = 0;
        let done = loop {
            // The last look comes at most that much before the end.
            std::thread::sleep(Duration::from_millis(20));
            memory = memory.max(program::most_resident(child.id()).unwrap_or_default());
            if let Some(done) = child.try_wait().expect("a child can be waited for") {
                break done;
            }
        };
        let seconds = begun.elapsed().as_secs_f64();
        assert!(done.success(), "the export fails");
        let length = std::fs::metadata(file).expect("the file is there").len();
        std::fs::remove_file(file).expect("the file can be removed");
        let megabytes = |bytes: u64| {
            f64::from(u32::try_from(bytes / 1024).expect("less than four terabytes")) / 1024.0
        };
        Self { seconds, length: megabytes(length), memory: megabytes(memory) }
    }
}
