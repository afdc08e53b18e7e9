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
use super::sheet::{Finished, Sheets};

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
    let Finished { rows: records, files, mut workbook } = sheets.finish()?;
    let file = BufWriter::new(folder.part(name)?);
    let mut out = Measured { file, digest: Sha256::new(), size: 0, most };
    match format {
        Format::Csv if files.len() > 1 => out = archive(out, files)?,
        Format::Csv | Format::Ndjson => joined(&mut out, files)?,
        Format::Json => object(&mut out, files)?,
        Format::Xlsx => workbook.save_to_writer(&mut out)?,
    }
    let hex = |byte: &u8| format!("{byte:02x}");
    let sha256 = out.digest.finalize().iter().map(hex).collect();
    let file = out.file.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok((Whole { size: out.size, sha256, records }, file))
}

fn joined(out: &mut Measured, files: Vec<(Dataset, File)>) -> Result<(), Fault> {
    for (_, mut file) in files {
        io::copy(&mut file, out)?;
    }
    Ok(())
}

/// One JSON object, keyed by dataset.
fn object(out: &mut Measured, files: Vec<(Dataset, File)>) -> Result<(), Fault> {
    for (n, (dataset, mut file)) in files.into_iter().enumerate() {
        let before = if n == 0 { "{" } else { ",\n" };
        write!(out, "{before}\"{}\":", dataset.name())?;
        io::copy(&mut file, out)?;
    }
    out.write_all(b"}\n")?;
    Ok(())
}

/// A zip with a file of csv for each dataset.
fn archive(out: Measured, files: Vec<(Dataset, File)>) -> Result<Measured, Fault> {
    // Where it is written to is never gone back to, so that it can be digested on the way.
    let mut zip = ZipWriter::new_stream(out);
    for (dataset, mut file) in files {
        let is_large = file.metadata()?.len() > u32::MAX.into();
        let options = SimpleFileOptions::default().large_file(is_large);
        zip.start_file(format!("{}.csv", dataset.name()), options)?;
        io::copy(&mut file, &mut zip)?;
    }
    Ok(zip.finish()?.into_inner())
}
