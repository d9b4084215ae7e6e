"""A file of rows: its bytes made text, its header checked, its lines kept as they are."""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from vigie.kernel.refusal import Refusal

SIZE_LIMIT = 1 << 30
CELL_LIMIT = 1 << 20
GZIP = b"\x1f\x8b"
NOT_TEXT = {
    b"PK\x03\x04": "ZIP or Excel",
    b"%PDF": "PDF",
    b"\xd0\xcf\x11\xe0": "old Excel",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
OWN_COLUMNS = ("vigie_row", "vigie_code", "vigie_reason")
"""What an error file carries before the columns of the source."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: ``number`` as a spreadsheet shows it (the header is 1)."""

    number: int
    cells: tuple[str, ...]


@dataclass(slots=True)
class Sheet:
    """``encoding`` and ``had_nul`` say what was done to read it; ``odd`` are lines that do not fit the header."""

    columns: tuple[str, ...]
    rows: list[Row]
    encoding: str
    had_nul: bool = False
    odd: list[tuple[Row, Refusal]] = field(default_factory=list)

    def index(self, column: str) -> int:
        return self.columns.index(column)


def read_sheet(data: bytes, delimiter: str, needed: Sequence[str]) -> Sheet:
    """Rows of a CSV file, gzipped or not. Refuses (``imports.*``) what is not one or lacks ``needed`` columns."""
    text, encoding, had_nul = _text(_plain_bytes(data))
    records = _records(text, _own_delimiter(text) or delimiter)
    header = [name.strip() for name in next(records, (0, []))[1]]
    own = tuple(header[: len(OWN_COLUMNS)]) == OWN_COLUMNS
    skipped = len(OWN_COLUMNS) if own else 0
    columns = tuple(header[skipped:])
    _check_header(columns, needed)
    sheet = Sheet(columns, [], encoding, had_nul)
    for number, record in records:
        if not any(record):
            continue
        found = record[skipped:]
        cells = tuple(map(sys.intern, map(unarmed, found) if own else found))
        row = Row(number, cells)
        if len(cells) != len(columns):
            sheet.odd.append((row, Refusal("imports.cell_count", found=len(cells), wanted=len(columns))))
        elif max(map(len, cells)) > CELL_LIMIT:
            sheet.odd.append((row, Refusal("imports.cell_too_long", limit=CELL_LIMIT)))
        else:
            sheet.rows.append(row)
    return sheet


def _plain_bytes(data: bytes) -> bytes:
    if data.startswith(GZIP):
        try:
            with gzip.open(io.BytesIO(data)) as file:
                data = file.read(SIZE_LIMIT + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise Refusal("imports.damaged_gzip") from error
    if len(data) > SIZE_LIMIT:
        raise Refusal("imports.too_large", limit=SIZE_LIMIT >> 20)
    for mark, name in NOT_TEXT.items():
        if data.startswith(mark):
            raise Refusal("imports.not_csv", kind=name)
    if not data.strip():
        raise Refusal("imports.empty")
    return data


def _text(data: bytes) -> tuple[str, str, bool]:
    had_nul = b"\x00" in data
    data = data.replace(b"\x00", b"")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding), encoding.removesuffix("-sig"), had_nul
        except UnicodeDecodeError:
            continue
    raise Refusal("imports.unknown_encoding")


def _own_delimiter(text: str) -> str | None:
    """Of an error file, what stands between its first columns: a spreadsheet saves it in its own way, and its map may
    ask for another than the comma it was written with."""
    found = re.match(rf'"?{OWN_COLUMNS[0]}"?([;,\t|])"?{OWN_COLUMNS[1]}\b', text)
    return found[1] if found else None


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(SIZE_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from enumerate(reader, start=1)
    except csv.Error as error:
        raise Refusal("imports.broken_csv", line=reader.line_num, why=str(error)) from error


def _check_header(columns: Sequence[str], needed: Sequence[str]) -> None:
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise Refusal("imports.column_twice", names=", ".join(twice))
    missing = [name for name in needed if name not in columns]
    if missing:
        raise Refusal("imports.column_missing", names=", ".join(missing), found=", ".join(columns)[:300])


def armed(cell: str) -> str:
    """A cell of the error file: one that a spreadsheet would compute gets an apostrophe before it."""
    return f"'{cell}" if cell.startswith((*FORMULA, "'")) else cell


def unarmed(cell: str) -> str:
    return cell[1:] if cell.startswith("'") else cell
