//! A folder that goes away, with a database in it.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::command::run;
use super::server::Server;

/// A folder of one test.
#[derive(Debug)]
pub(crate) struct Place {
    folder: TempDir,
    database: PathBuf,
}

impl Place {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder can be made");
        let database = folder.path().join("chatflow.db");
        Self { folder, database }
    }

    /// An empty folder beside the database at this address.
    pub(crate) fn beside(address: &str) -> Self {
        Self { database: address.into(), ..Self::new() }
    }

    /// A folder whose database holds the fixture at `path`.
    pub(crate) fn with(path: &Path) -> Self {
        let place = Self::new();
        let words = [Path::new("import"), path, Path::new("--db"), &place.database()];
        let ran = run(words);
        assert_eq!(ran.code, 0, "{ran:?}");
        place
    }

    /// A folder whose database holds the flows of `tests/real/seed.json`.
    pub(crate) fn with_flows() -> Self {
        Self::with(&Path::new(env!("CARGO_MANIFEST_DIR")).join("real/seed.json"))
    }

    /// The database, as `--db` names it.
    pub(crate) fn database(&self) -> PathBuf {
        self.database.clone()
    }

    /// Writes a file.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path
    }

    /// Serves the database, with these answers for the requests of flows.
    pub(crate) fn serve(&self, handlers: &Value) -> Server {
        let handlers = self.file("handlers.json", handlers.to_string());
        Server::start(&self.database(), &[Path::new("--handlers"), &handlers])
    }

    /// Serves the database in development, where accounts sign in with [`Place::token`].
    pub(crate) fn serve_signed(&self) -> Server {
        Server::start(&self.database(), &[Path::new("--env"), Path::new("development")])
    }

    /// Serves the database in development with these variables in the server's environment.
    pub(crate) fn serve_set(&self, settings: &[(&str, &str)]) -> Server {
        Server::start_set(&self.database(), settings)
    }
}
