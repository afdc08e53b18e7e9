//! Workbooks (S5.48). Rows go to files of the folder as they come, so that nothing is kept in memory.

use rust_xlsxwriter::{ColNum, Format, RowNum, Workbook, Worksheet, XlsxError};

use super::cells::{Cell, Dataset};
use super::fault::Fault;
use crate::analytics::number;

/// How many rows a sheet holds, the names of its columns among them (S5.48).
const MOST_ROWS: RowNum = 1_048_576;

/// How many characters a cell holds.
const MOST_CHARACTERS: usize = 32_767;

/// A sheet that is being written.
pub(super) struct Table {
    dataset: Dataset,
    sheet: Box<Worksheet>,
    next: RowNum,
}

impl Table {
    /// Begins a sheet, with the names of its columns, which stay in sight.
    pub(super) fn begin(workbook: &mut Workbook, dataset: Dataset) -> Result<Self, Fault> {
        let mut sheet = Box::new(workbook.new_worksheet_with_constant_memory()?);
        sheet.set_name(dataset.name())?.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold();
        for (column, name) in (0..).zip(dataset.names()) {
            sheet.write_string_with_format(0, column, name, &bold)?;
        }
        Ok(Self { dataset, sheet, next: 1 })
    }

    /// Adds a row. Text is text whatever it begins with (S5.49).
    pub(super) fn add(&mut self, cells: &[Cell]) -> Result<(), Fault> {
        let row = self.next;
        if row >= MOST_ROWS {
            return Err(Fault::TooManyRows(self.dataset));
        }
        for (column, cell) in (0..).zip(cells) {
            write(&mut self.sheet, (row, column), cell)?;
        }
        self.next = row.saturating_add(1);
        Ok(())
    }

    pub(super) fn finish(self) -> Worksheet {
        *self.sheet
    }
}

fn write(
    sheet: &mut Worksheet,
    (row, column): (RowNum, ColNum),
    cell: &Cell,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Nothing => return Ok(()),
        Cell::Text(text) => {
            let end = text.char_indices().nth(MOST_CHARACTERS).map(|(end, _)| end);
            let text = end.and_then(|end| text.get(..end)).unwrap_or(text);
            sheet.write_string(row, column, text)
        }
        Cell::Time(time) => sheet.write_string(row, column, time.to_string()),
        Cell::Count(count) => sheet.write_number(row, column, number(*count)),
        Cell::Number(number) => sheet.write_number(row, column, *number),
        Cell::Flag(flag) => sheet.write_boolean(row, column, *flag),
    }
    .map(drop)
}

impl From<XlsxError> for Fault {
    fn from(error: XlsxError) -> Self {
        if let XlsxError::IoError(error) = error {
            return error.into();
        }
        if let XlsxError::ZipError(error) = error {
            return error.into();
        }
        std::io::Error::other(error).into()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::*;

    #[test]
    fn a_text_that_no_cell_holds_is_cut() {
        // S5.48
        let mut workbook = Workbook::new();
        let mut table = Table::begin(&mut workbook, Dataset::Flows).unwrap();
        table.add(&[Cell::from("é".repeat(MOST_CHARACTERS + 1)), Cell::from("=1+1")]).unwrap();
        table.add(&[Cell::from("a\u{1}\u{b}\u{fffe}<b>"), Cell::from("_x0041_")]).unwrap();
        workbook.push_worksheet(table.finish());
        let mut file = Cursor::new(Vec::new());
        workbook.save_to_writer(&mut file).unwrap();
        let mut archive = zip::ZipArchive::new(file).unwrap();
        let mut sheet = String::new();
        archive.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut sheet).unwrap();
        assert_eq!(sheet.matches('é').count(), MOST_CHARACTERS);
        assert!(sheet.contains("<t>=1+1</t>") && !sheet.contains("<f>"), "S5.49");
        // What XML cannot hold, or would read as something else.
        assert!(!sheet.contains(['\u{1}', '\u{b}', '\u{fffe}']) && !sheet.contains("<b>"));
        assert!(sheet.contains("_x005F_x0041_"), "{sheet:?}");
    }
}
