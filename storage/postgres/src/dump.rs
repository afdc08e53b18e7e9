//! How a database is copied: not by this program, but by Postgres's own.

use std::path::Path;

use crate::open::{OpenError, settings};

/// The command that copies the database at `url` to the file `to`. It shows no password; `pg_dump`
/// takes it from `PGPASSWORD` or from a password file.
///
/// # Errors
/// [`OpenError::Address`], if the address cannot be read.
pub fn dump_command(url: &str, to: &Path) -> Result<String, OpenError> {
    let settings = settings(url)?;
    let folder = settings.get_socket().map(|folder| folder.display().to_string());
    let host = folder.unwrap_or_else(|| settings.get_host().to_owned());
    let (user, port) = (settings.get_username(), settings.get_port());
    let database = settings.get_database().unwrap_or(user);
    Ok(format!(
        "pg_dump --format=custom --host={} --port={port} --username={} --dbname={} --file={}",
        quoted(&host),
        quoted(user),
        quoted(database),
        quoted(&to.display().to_string()),
    ))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_everything_but_the_password() {
        let told = |url| dump_command(url, Path::new("a copy.dump")).unwrap_or_default();
        assert_eq!(
            told("postgres://me:secret@db.example:6543/chat"),
            "pg_dump --format=custom --host=db.example --port=6543 --username=me --dbname=chat \
             --file='a copy.dump'"
        );
        let local = told("postgres://o'me@%2Fvar%2Frun/chat");
        assert!(local.contains(r"--host=/var/run --port=5432 --username='o'\''me' "), "{local}");
        assert!(dump_command("mysql://db/chat", Path::new("copy")).is_err());
    }
}
