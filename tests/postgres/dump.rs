//! A database that is copied with Postgres's own programs while it is served, and restored.

use std::path::Path;
use std::process::Command;

use chatflow_throwaway::{Server as Postgres, program};

use super::check::{on, talked};
use super::place::{Database, available};
use super::rights::Roles;
use crate::real::{Place, Server, finish};

/// Runs a line for the shell, in which `pg_dump` and its kin are those of the server.
fn shell(line: &str, folder: &Path) {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("sh");
    command.args(["-c", line]).env("PATH", format!("{}:{path}", folder.display()));
    let ran = finish(&mut command);
    assert_eq!(ran.code, 0, "{line}: {ran:?}");
}

#[test]
fn conversations_go_on_in_a_restored_database() {
    let Some(postgres) = available(Postgres::start()) else { return };
    let Some((dump, restore)) = program("pg_dump").zip(program("pg_restore")) else {
        drop(available(Err("pg_dump and pg_restore are not beside the server".to_owned())));
        return;
    };
    let folder = dump.parent().expect("a program is in a folder");
    assert!(restore.starts_with(folder));
    let roles = Roles::new(Database::on(postgres.url()));
    let [address, _] = roles.addresses(&roles.database);
    let seed = format!("{}/real/seed.json", env!("CARGO_MANIFEST_DIR"));
    assert_eq!(on(&address, &["import", &seed]).code, 0);
    let server = Server::start_on(&address, &[]);
    let mut visitors = [(); 2].map(|()| talked(&server.client()));

    // The command that the refusal names is the one that works, beside the service.
    let place = Place::new();
    let file = place.file("a copy.dump", "");
    let refused = on(&address, &["backup", file.to_str().expect("UTF-8")]);
    assert_eq!(refused.code, 2, "{refused:?}");
    let (_, rest) = refused.err.split_once('`').expect("a command");
    let (command, _) = rest.split_once('`').expect("a whole command");
    shell(command, folder);
    let before: Vec<_> =
        visitors.iter().map(|visitor| (visitor.session(), visitor.history())).collect();
    // Said after the copy, so not in it.
    visitors[0].say("late");
    drop(server);

    let restored = Database::on(postgres.url());
    let host = command.split_once("--host=").and_then(|(_, rest)| rest.split(' ').next());
    shell(
        &format!(
            "pg_restore --exit-on-error --host={} --username=postgres --dbname={} '{}'",
            host.expect("a host"),
            restored.name,
            file.display()
        ),
        folder,
    );
    roles.restore(&restored);
    let [address, reader] = roles.addresses(&restored);
    let is_sound = || {
        let told = on(&reader, &["db", "check"]);
        assert!(told.code == 0 && told.out.ends_with(": 2 sessions, 0 faults\n"), "{told:?}");
    };
    is_sound();
    let server = Server::start_on(&address, &[]);
    for (visitor, before) in visitors.iter_mut().zip(before) {
        visitor.client = server.client();
        assert_eq!((visitor.session(), visitor.history()), before);
        visitor.catch_up();
        visitor.say("three");
        assert_eq!(visitor.state()["temp"]["count"], 3);
    }
    is_sound();
}
