//! Threads of two processes commit turns to a few sessions of one file: all that they were told
//! fits one order of events, and that order is what is stored.

mod judge;
mod record;
mod talker;

use std::path::Path;
use std::process::Command;

use chatflow::SessionId;
use chatflow_sqlite::SqliteStore;
use chatflow_tests::budget;
use chatflow_tests::report::figure;
use tempfile::TempDir;
use uuid::Uuid;

use self::judge::Judge;
use self::talker::Talker;

const PROCESSES: u64 = 2;
const THREADS: u64 = 3;
const SESSIONS: u128 = 3;
/// Names the folder of the file, the process's number, how much it does, and its seed.
const CHILD: &str = "CHATFLOW_TEST_LINEAR";

fn session(number: u128) -> SessionId {
    SessionId(Uuid::from_u128(number))
}

#[test]
fn what_two_processes_were_told_fits_one_order() {
    // R11.12, S4.33.
    let attempts = budget::cases(60, 20_000);
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path().join("shared.db")).unwrap();
    (1..=SESSIONS).for_each(|number| record::start(&store, session(number)));
    let spawn = |process: u64| {
        let words = format!("{process}\n{attempts}\n{}", budget::seed());
        std::fs::write(folder.path().join(format!("words-{process}")), words).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args([
            "--exact",
            "linear::a_process_commits_turns_at_random",
            "--ignored",
            "--nocapture",
        ]);
        child.env(CHILD, folder.path().join(format!("words-{process}")));
        child.stdout(std::process::Stdio::null()).spawn().unwrap()
    };
    let mut children: Vec<_> = (1..=PROCESSES).map(spawn).collect();
    for process in 1..=PROCESSES {
        await_file(&folder.path().join(format!("ready-{process}")));
    }
    std::fs::write(folder.path().join("go"), "").unwrap();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let logs = (1..=PROCESSES).map(|process| {
        std::fs::read_to_string(folder.path().join(format!("log-{process}"))).unwrap()
    });
    let judge = Judge::read(logs);
    let mut turns = 0;
    for number in 1..=SESSIONS {
        turns += judge.session(&store, session(number));
    }
    assert!(turns > attempts as usize / 2, "{turns} turns of {attempts} attempts a thread");
    assert!(judge.refused() > 0, "no two met");
    figure("turns acknowledged to two processes, stored once, in one order", turns);
    figure("turns refused to one of them, not stored", judge.refused());
}

#[test]
#[ignore = "run by `what_two_processes_were_told_fits_one_order` as the processes"]
fn a_process_commits_turns_at_random() {
    let Some(words) = std::env::var_os(CHILD) else { return };
    let words = Path::new(&words);
    let folder = words.parent().unwrap();
    let text = std::fs::read_to_string(words).unwrap();
    let numbers: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    let [process, attempts, seed] = numbers[..] else { panic!("{numbers:?}") };
    let store = SqliteStore::open(folder.join("shared.db")).unwrap();
    std::fs::write(folder.join(format!("ready-{process}")), "").unwrap();
    await_file(&folder.join("go"));
    let log: String = std::thread::scope(|scope| {
        let talk = |thread| {
            let mut talker = Talker::new(&store, process, thread, seed);
            scope.spawn(move || talker.talk(attempts))
        };
        let threads: Vec<_> = (1..=THREADS).map(talk).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    std::fs::write(folder.join(format!("log-{process}")), log).unwrap();
}

fn await_file(path: &Path) {
    while !path.exists() {
        std::thread::yield_now();
    }
}
