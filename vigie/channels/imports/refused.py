"""The error file: refused rows with the reason, in the columns of the source, ready to be corrected and imported."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

from django.utils import translation

from vigie.channels.imports.rules.sheet import OWN_COLUMNS, Row, armed
from vigie.kernel.refusal import Refusal
from vigie.toolkit.refusals import sentence


@dataclass(frozen=True, slots=True)
class RefusedRow:
    row: Row
    refusal: Refusal

    @property
    def sentence(self) -> str:
        with translation.override("en"):
            return sentence(self.refusal)


def write_refused(file: TextIO, columns: Sequence[str], rows: Iterable[RefusedRow]) -> None:
    """Write them all. A cell that a spreadsheet would compute is disarmed; reading the file back arms it again."""
    writer = csv.writer(file)
    writer.writerow([*OWN_COLUMNS, *columns])
    for one in sorted(rows, key=lambda one: one.row.number):
        cells = (armed(cell) for cell in one.row.cells)
        writer.writerow([one.row.number, one.refusal.code, armed(one.sentence), *cells])
