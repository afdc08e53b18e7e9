//! Sheets of Office Open XML (ECMA-376): the few parts that a workbook of plain tables needs. All text stands
//! in its cell, so that nothing is kept in memory.

use std::io::{self, Write};

use super::cells::{Cell, Dataset};

/// How many rows a sheet holds (S5.48).
pub(super) const MOST_ROWS: u64 = 1_048_576;

/// How many characters a cell holds.
const MOST_CHARACTERS: usize = 32_767;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const LINKS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// Begins a sheet, with the names of its columns.
pub(super) fn begin(out: &mut impl Write, columns: &[&str]) -> io::Result<()> {
    write!(out, "{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetData>")?;
    let names: Vec<Cell> = columns.iter().map(|name| Cell::from(*name)).collect();
    row(out, &names)
}

/// A row of a sheet. Text is text whatever it begins with (S5.49).
pub(super) fn row(out: &mut impl Write, cells: &[Cell]) -> io::Result<()> {
    out.write_all(b"<row>")?;
    for cell in cells {
        match cell {
            Cell::Nothing => out.write_all(b"<c/>")?,
            Cell::Text(text) => inline(out, text)?,
            Cell::Time(time) => inline(out, &time.to_string())?,
            Cell::Count(count) => write!(out, "<c><v>{count}</v></c>")?,
            Cell::Number(number) => write!(out, "<c><v>{number}</v></c>")?,
            Cell::Flag(flag) => write!(out, "<c t=\"b\"><v>{}</v></c>", u8::from(*flag))?,
        }
    }
    out.write_all(b"</row>\n")
}

/// Ends a sheet.
pub(super) fn end(out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"</sheetData></worksheet>")
}

/// The name of a sheet's part, counted from 1.
pub(super) fn part(number: usize) -> String {
    format!("xl/worksheets/sheet{number}.xml")
}

/// The other parts of a workbook with these sheets: their names and texts.
pub(super) fn parts(datasets: &[Dataset]) -> [(&'static str, String); 4] {
    let each = |write: &dyn Fn(usize, Dataset) -> String| -> String {
        (1..).zip(datasets).map(|(n, dataset)| write(n, *dataset)).collect()
    };
    let types = each(&|n, _| {
        format!("<Override PartName=\"/{}\" ContentType=\"{KIND}.worksheet+xml\"/>", part(n))
    });
    let sheets = each(&|n, dataset| {
        format!("<sheet name=\"{}\" sheetId=\"{n}\" r:id=\"rId{n}\"/>", dataset.name())
    });
    let links = each(&|n, _| {
        format!(
            "<Relationship Id=\"rId{n}\" Type=\"{LINKS}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>"
        )
    });
    [
        (
            "[Content_Types].xml",
            format!(
                "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
                 ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                 <Override PartName=\"/xl/workbook.xml\" ContentType=\"{KIND}.sheet.main+xml\"/>{types}</Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" \
                 Type=\"{LINKS}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{LINKS}\"><sheets>{sheets}</sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">{links}</Relationships>"
            ),
        ),
    ]
}

fn inline(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(b"<c t=\"inlineStr\"><is><t xml:space=\"preserve\">")?;
    let mut bytes = [0; 4];
    for letter in text.chars().take(MOST_CHARACTERS) {
        match letter {
            '&' => out.write_all(b"&amp;")?,
            '<' => out.write_all(b"&lt;")?,
            '>' => out.write_all(b"&gt;")?,
            // Readers would make a line feed of it.
            '\r' => out.write_all(b"&#13;")?,
            // XML has no way to write these.
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                out.write_all("\u{fffd}".as_bytes())?;
            }
            other => out.write_all(other.encode_utf8(&mut bytes).as_bytes())?,
        }
    }
    out.write_all(b"</t></is></c>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        // S5.49
        let mut out = Vec::new();
        let cells =
            [Cell::from("=1+1 <&>\r\u{1}"), Cell::Nothing, Cell::from(2.5), Cell::from(true)];
        row(&mut out, &cells).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "<row><c t=\"inlineStr\"><is><t xml:space=\"preserve\">=1+1 &lt;&amp;&gt;&#13;\u{fffd}</t></is></c>\
             <c/><c><v>2.5</v></c><c t=\"b\"><v>1</v></c></row>\n"
        );
    }
}
