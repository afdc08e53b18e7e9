//! Why a file was not made.

use std::io;

use chatflow_storage::StoreError;

use super::cells::Dataset;
use crate::error::chain;

/// Why a file was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It would be too long.
    #[error(
        "the file would be longer than this service allows (help: ask for fewer days, flows or datasets)"
    )]
    TooLarge,
    /// A sheet has no room for so many rows (S5.48).
    #[error(
        "`{}` has more rows than a sheet of xlsx holds (help: ask for csv, or for fewer days)",
        .0.name()
    )]
    TooManyRows(Dataset),
    /// Nobody waits for it any more.
    #[error("the export was stopped")]
    Stopped,
    /// The store broke.
    #[error("the records cannot be read")]
    Store(#[from] StoreError),
    /// The disk did.
    #[error("the file cannot be written")]
    File(#[source] io::Error),
}

impl Fault {
    /// What the one who asked is told; what broke inside is for the log.
    pub(crate) fn told(&self) -> String {
        if let Self::Store(_) | Self::File(_) = self {
            crate::cli::log(format_args!("error: an export failed: {}", chain(self)));
        }
        self.to_string()
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::FileTooLarge { Self::TooLarge } else { Self::File(error) }
    }
}

impl From<csv::Error> for Fault {
    fn from(error: csv::Error) -> Self {
        io::Error::from(error).into()
    }
}

impl From<zip::result::ZipError> for Fault {
    fn from(error: zip::result::ZipError) -> Self {
        io::Error::from(error).into()
    }
}
