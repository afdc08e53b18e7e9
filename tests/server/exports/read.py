"""Reads a file of an export with nothing of ours, and prints its rows as one JSON document (S5.48, S5.49)."""
import csv, io, json, re, sys, zipfile
import xml.etree.ElementTree as xml

FORMULA = tuple("=+-@\t\r")


def value(cell):
    """A cell of csv as what it stands for."""
    assert not cell.startswith(FORMULA), cell
    if cell in ("true", "false"):
        return cell == "true"
    if re.fullmatch(r"\d+(\.\d+)?", cell):
        return float(cell)
    if cell.startswith("'") and cell[1:].startswith(FORMULA):
        return cell[1:]
    return cell or None


def table(data):
    assert not data.startswith(b"\xef\xbb\xbf"), "no byte order mark"
    text = data.decode("utf-8")
    assert text.endswith("\r\n")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    head, rows = rows[0], rows[1:]
    assert all(len(row) == len(head) for row in rows)
    return [dict(zip(head, map(value, row))) for row in rows]


def plain(it):
    """Numbers are numbers, whole or not."""
    if isinstance(it, dict):
        return {key: plain(value) for key, value in it.items()}
    if isinstance(it, list):
        return [plain(value) for value in it]
    return float(it) if isinstance(it, int) and not isinstance(it, bool) else it


def said(text):
    """A text of a workbook, in which letters that XML cannot have stand as `_x000D_`."""
    return re.sub("_x([0-9A-F]{4})_", lambda it: chr(int(it[1], 16)), text) or None


def sheet(data):
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    rows = []
    for row in xml.fromstring(data).iterfind("m:sheetData/m:row", space):
        cells = {}
        for cell in row.iterfind("m:c", space):
            kind, column = cell.get("t", "n"), cell.get("r").rstrip("0123456789")
            if kind == "inlineStr":
                cells[column] = said(cell.find("m:is/m:t", space).text or "")
            else:
                assert cell.find("m:f", space) is None, "no formula"
                number = cell.find("m:v", space).text
                cells[column] = number == "1" if kind == "b" else float(number)
        rows.append(cells)
    return [{name: row.get(column) for column, name in rows[0].items()} for row in rows[1:]]


def workbook(archive):
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    book = xml.fromstring(archive.read("xl/workbook.xml"))
    names = [it.get("name") for it in book.iter(main + "sheet")]
    for part in ("[Content_Types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels"):
        xml.fromstring(archive.read(part))
    parts = [archive.read(f"xl/worksheets/sheet{n}.xml") for n in range(1, len(names) + 1)]
    return {name: sheet(part) for name, part in zip(names, parts)}


def whole(path):
    archive = zipfile.ZipFile(path)
    assert archive.testzip() is None
    return archive


path, form = sys.argv[1], sys.argv[2]
data = open(path, "rb").read()
if form == "csv":
    found = {"": table(data)}
elif form == "zip":
    archive = whole(path)
    found = {name.removesuffix(".csv"): table(archive.read(name)) for name in archive.namelist()}
elif form == "json":
    found = plain(json.loads(data))
elif form == "ndjson":
    found = {}
    for line in data.decode("utf-8").splitlines():
        row = plain(json.loads(line))
        found.setdefault(row.pop("dataset"), []).append(row)
else:
    found = workbook(whole(path))
print(json.dumps(found))
