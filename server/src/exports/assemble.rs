//! Puts the datasets of an export together to one file, and tells what it is.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use sha2::{Digest as _, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::ask::Format;
use super::cells::Dataset;
use super::fault::Fault;
use super::folder::Folder;
use super::sheet::{Sheets, Written};
use super::xlsx;

/// What a file is that is whole.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Whole {
    /// In bytes.
    pub(crate) size: u64,
    /// SHA-256, in hex.
    pub(crate) sha256: String,
    /// How many rows there are in it.
    pub(crate) records: u64,
}

/// A file that counts and digests what is written, up to a length.
struct Measured {
    file: BufWriter<File>,
    digest: Sha256,
    size: u64,
    most: u64,
}

impl Write for Measured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.size = self.size.saturating_add(length);
        if self.size > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.digest.update(bytes);
        self.file.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes the file of this name out of its datasets; it is still to be given the name.
pub(crate) fn assemble(
    folder: &Folder,
    name: &str,
    (sheets, format, most): (Sheets, Format, u64),
) -> Result<(Whole, File), Fault> {
    let pieces = sheets.finish()?;
    let records = pieces.iter().fold(0_u64, |sum, piece| sum.saturating_add(piece.rows));
    let file = BufWriter::new(folder.part(name)?);
    let out = Measured { file, digest: Sha256::new(), size: 0, most };
    let out = match format {
        Format::Csv if pieces.len() > 1 => {
            archive(out, Vec::new(), pieces, |_, dataset| format!("{}.csv", dataset.name()))?
        }
        Format::Csv | Format::Ndjson => joined(out, pieces)?,
        Format::Json => object(out, pieces)?,
        Format::Xlsx => {
            let datasets: Vec<Dataset> = pieces.iter().map(|piece| piece.dataset).collect();
            let parts = xlsx::parts(&datasets).into();
            archive(out, parts, pieces, |number, _| xlsx::part(number))?
        }
    };
    let hex = |byte: &u8| format!("{byte:02x}");
    let sha256 = out.digest.finalize().iter().map(hex).collect();
    let file = out.file.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok((Whole { size: out.size, sha256, records }, file))
}

fn joined(mut out: Measured, pieces: Vec<Written>) -> Result<Measured, Fault> {
    for mut piece in pieces {
        io::copy(&mut piece.file, &mut out)?;
    }
    Ok(out)
}

/// One JSON object, keyed by dataset.
fn object(mut out: Measured, pieces: Vec<Written>) -> Result<Measured, Fault> {
    for (n, mut piece) in pieces.into_iter().enumerate() {
        let before = if n == 0 { "{" } else { ",\n" };
        write!(out, "{before}\"{}\":", piece.dataset.name())?;
        io::copy(&mut piece.file, &mut out)?;
    }
    out.write_all(b"}\n")?;
    Ok(out)
}

/// A zip of these texts, then of the datasets, which are called by their number, from 1.
fn archive(
    out: Measured,
    texts: Vec<(&'static str, String)>,
    pieces: Vec<Written>,
    name: impl Fn(usize, Dataset) -> String,
) -> Result<Measured, Fault> {
    // Where it is written to is never gone back to, so that it can be digested on the way.
    let mut zip = ZipWriter::new_stream(out);
    for (name, text) in texts {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(text.as_bytes())?;
    }
    for (number, mut piece) in (1..).zip(pieces) {
        let is_large = piece.file.metadata()?.len() > u32::MAX.into();
        let options = SimpleFileOptions::default().large_file(is_large);
        zip.start_file(name(number, piece.dataset), options)?;
        io::copy(&mut piece.file, &mut zip)?;
    }
    Ok(zip.finish()?.into_inner())
}
