//! The datasets of an export while they are written, each in a file of its own and in the form that the whole
//! will have (S5.48).

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rust_xlsxwriter::Workbook;

use super::ask::Format;
use super::cells::{Cell, Dataset};
use super::fault::Fault;
use super::folder::Folder;
use super::xlsx::Table;

/// What a spreadsheet takes for a formula if a cell begins so (S5.49).
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The datasets of an export, open for rows.
pub(crate) struct Sheets {
    sheets: Vec<Sheet>,
    /// What sheets of xlsx belong to; it has no others.
    workbook: Workbook,
}

/// One of them.
struct Sheet {
    dataset: Dataset,
    rows: u64,
    out: Out,
}

enum Out {
    Csv(Box<csv::Writer<Piece>>),
    Json(Piece),
    Ndjson(Piece),
    Xlsx(Table, Room),
}

/// The datasets when they are whole.
pub(super) struct Finished {
    pub(super) rows: u64,
    /// Each to be read from its beginning; none of xlsx.
    pub(super) files: Vec<(Dataset, File)>,
    /// Those of xlsx.
    pub(super) workbook: Workbook,
}

/// How many more bytes all of an export may have.
#[derive(Clone)]
struct Room(Arc<AtomicU64>);

impl Room {
    fn take(&self, bytes: usize) -> io::Result<()> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let left = self.0.load(Ordering::Relaxed).checked_sub(bytes);
        self.0.store(left.ok_or(io::ErrorKind::FileTooLarge)?, Ordering::Relaxed);
        Ok(())
    }
}

/// A file that grows as long as there is room.
struct Piece {
    file: BufWriter<File>,
    room: Room,
}

impl Write for Piece {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.room.take(bytes.len())?;
        self.file.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Sheets {
    /// Files in a folder whose names begin so, of at most `most` bytes together.
    pub(crate) fn begin(
        folder: &Folder,
        begin: &str,
        format: Format,
        (datasets, most): (&[Dataset], u64),
    ) -> Result<Self, Fault> {
        let room = Room(Arc::new(AtomicU64::new(most)));
        let piece = |dataset: Dataset| -> io::Result<Piece> {
            let file = folder.part(&piece_name(begin, dataset))?;
            Ok(Piece { file: BufWriter::new(file), room: room.clone() })
        };
        let mut workbook = Workbook::new();
        if format == Format::Xlsx {
            workbook.set_tempdir(folder.path()?)?;
        }
        let begin = |dataset: &Dataset| -> Result<Sheet, Fault> {
            let dataset = *dataset;
            let out = match format {
                Format::Csv => {
                    let lines = csv::Terminator::CRLF;
                    let mut csv = csv::WriterBuilder::new();
                    let mut csv = csv.terminator(lines).from_writer(piece(dataset)?);
                    csv.write_record(dataset.names())?;
                    Out::Csv(Box::new(csv))
                }
                Format::Json => {
                    let mut piece = piece(dataset)?;
                    piece.write_all(b"[")?;
                    Out::Json(piece)
                }
                Format::Ndjson => Out::Ndjson(piece(dataset)?),
                Format::Xlsx => Out::Xlsx(Table::begin(&mut workbook, dataset)?, room.clone()),
            };
            Ok(Sheet { dataset, rows: 0, out })
        };
        let sheets = datasets.iter().map(begin).collect::<Result<_, _>>()?;
        Ok(Self { sheets, workbook })
    }

    /// Removes what is being written of a file of this name and of its datasets, and nothing else.
    pub(crate) fn remove_parts(
        folder: &Folder,
        begin: &str,
        datasets: &[Dataset],
    ) -> io::Result<()> {
        folder.remove_part(begin)?;
        datasets.iter().try_for_each(|dataset| folder.remove_part(&piece_name(begin, *dataset)))
    }

    /// Whether somebody wants this dataset.
    pub(crate) fn has(&self, dataset: Dataset) -> bool {
        self.sheets.iter().any(|sheet| sheet.dataset == dataset)
    }

    /// Adds a row to a dataset, if somebody wants it. There is a cell for each column.
    pub(crate) fn add(&mut self, dataset: Dataset, cells: &[Cell]) -> Result<(), Fault> {
        match self.sheets.iter_mut().find(|sheet| sheet.dataset == dataset) {
            Some(sheet) => sheet.add(cells),
            None => Ok(()),
        }
    }

    pub(super) fn finish(self) -> Result<Finished, Fault> {
        let Self { sheets, mut workbook } = self;
        let rows = sheets.iter().fold(0_u64, |sum, sheet| sum.saturating_add(sheet.rows));
        let mut files = Vec::new();
        for Sheet { dataset, rows, out } in sheets {
            let piece = match out {
                Out::Csv(csv) => csv.into_inner().map_err(csv::IntoInnerError::into_error)?,
                Out::Json(mut piece) => {
                    piece.write_all(if rows == 0 { b"]" } else { b"\n]" })?;
                    piece
                }
                Out::Ndjson(piece) => piece,
                Out::Xlsx(table, _) => {
                    workbook.push_worksheet(table.finish());
                    continue;
                }
            };
            let mut file = piece.file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.seek(SeekFrom::Start(0))?;
            files.push((dataset, file));
        }
        Ok(Finished { rows, files, workbook })
    }
}

/// What the file of a dataset is called while it is written.
fn piece_name(begin: &str, dataset: Dataset) -> String {
    format!("{begin}.{}", dataset.name())
}

impl Sheet {
    fn add(&mut self, cells: &[Cell]) -> Result<(), Fault> {
        self.rows = self.rows.saturating_add(1);
        match &mut self.out {
            Out::Csv(csv) => csv.write_record(cells.iter().map(csv_text))?,
            Out::Json(piece) => {
                piece.write_all(if self.rows == 1 { b"\n{" } else { b",\n{" })?;
                members(piece, self.dataset, cells)?;
                piece.write_all(b"}")?;
            }
            Out::Ndjson(piece) => {
                write!(piece, "{{\"dataset\":\"{}\",", self.dataset.name())?;
                members(piece, self.dataset, cells)?;
                piece.write_all(b"}\n")?;
            }
            Out::Xlsx(table, room) => {
                room.take(cells.iter().map(|cell| csv_text(cell).len()).sum())?;
                table.add(cells)?;
            }
        }
        Ok(())
    }
}

/// A cell as text: RFC 3339 times, `.` decimals, and no formula (S5.48, S5.49).
fn csv_text(cell: &Cell) -> String {
    match cell {
        Cell::Nothing => String::new(),
        Cell::Text(text) if text.starts_with(FORMULA) => format!("'{text}"),
        Cell::Text(text) => text.clone(),
        Cell::Count(count) => count.to_string(),
        Cell::Number(number) => number.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Time(time) => time.to_string(),
    }
}

/// The inside of a JSON object, in the order of the columns.
fn members(out: &mut impl Write, dataset: Dataset, cells: &[Cell]) -> io::Result<()> {
    for (n, (column, cell)) in dataset.names().zip(cells).enumerate() {
        write!(out, "{}\"{column}\":", if n == 0 { "" } else { "," })?;
        match cell {
            Cell::Nothing => out.write_all(b"null")?,
            Cell::Text(text) => serde_json::to_writer(&mut *out, text)?,
            Cell::Count(count) => write!(out, "{count}")?,
            Cell::Number(number) => serde_json::to_writer(&mut *out, number)?,
            Cell::Flag(flag) => write!(out, "{flag}")?,
            Cell::Time(time) => write!(out, "\"{time}\"")?,
        }
    }
    Ok(())
}
