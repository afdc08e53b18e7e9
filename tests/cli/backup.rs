//! `chatflow backup`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rusqlite::Connection;
use serde_json::json;

use crate::real::{Place, Server, Visitor, chatflow, run};

/// The words of a backup.
fn words<'a>(database: &'a Path, target: &'a Path) -> [&'a Path; 4] {
    [Path::new("backup"), Path::new("--db"), database, target]
}

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().flatten();
    files.map(|file| file.file_name().into_string().unwrap()).collect()
}

#[test]
fn a_copy_of_a_served_database_is_served_like_it() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    visitor.say("one");
    let (database, copy) = (place.database(), place.database().with_file_name("copy.db"));
    let told = run(words(&database, &copy));
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
    assert!(told.out.contains("copy.db`, ") && told.out.ends_with(" bytes, checked\n"), "{told:?}");
    let session = visitor.session();
    visitor.say("two");
    let told = run(words(&database, &copy));
    assert!(told.code == 2 && told.err.contains("--force"), "{told:?}");
    let told = run([Path::new("db"), Path::new("check"), Path::new("--db"), &copy]);
    assert_eq!(told.code, 0, "{told:?}");

    let restored = Server::start(&copy, &[]);
    visitor.client = restored.client();
    assert_eq!(visitor.session(), session);
    visitor.catch_up();
    visitor.say("another two");
}

#[test]
fn a_killed_backup_leaves_no_half_file_under_the_name_of_the_copy() {
    let place = Place::with_flows();
    let database = place.database();
    let hand = Connection::open(&database).unwrap();
    // Large enough that the kill comes on the way.
    hand.execute_batch(
        "CREATE TABLE ballast (b BLOB);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
         INSERT INTO ballast SELECT randomblob(10000) FROM n",
    )
    .unwrap();
    drop(hand);
    let folder = database.parent().unwrap();
    let copy: PathBuf = folder.join("copy.db");
    let mut cut = 0;
    for round in 0..6_u64 {
        let mut child = chatflow()
            .args(words(&database, &copy))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Killed when the first bytes are written, or some more.
        let wanted = round * 6_000_000;
        let written = || {
            let part = names(folder).into_iter().find(|name| name.starts_with("copy.db.part-"));
            part.and_then(|part| std::fs::metadata(folder.join(part)).ok()).map(|part| part.len())
        };
        while child.try_wait().unwrap().is_none() && written().is_none_or(|bytes| bytes < wanted) {
            std::thread::yield_now();
        }
        drop(child.kill());
        let ended = child.wait().unwrap();
        assert_eq!(copy.exists(), ended.success(), "round {round}: {:?}", names(folder));
        if ended.success() {
            std::fs::remove_file(&copy).unwrap();
        } else {
            cut += 1;
        }
        // What was left is named as no backup is, and does not hinder the next.
        for name in names(folder).iter().filter(|name| name.contains(".part-")) {
            std::fs::remove_file(folder.join(name)).unwrap();
        }
    }
    assert!(cut > 0, "no backup was killed on its way");
    assert_eq!(run(words(&database, &copy)).code, 0);
}
