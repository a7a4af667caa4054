"""What did an engine print in type that was set and worn on purpose? The tables of the channel.

A table gives for each printed symbol those that the page may have shown instead, and how improbable the reading is:
-100 ln P(printed | true), in whole centi-nats. `∅` stands for nothing: a symbol dropped, or made up. These tables are
made by tools/build_channel.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from ocrfix.lexicon import TableError
from ocrfix.mapped import CharacterRows, Malformed, whole_numbers
from ocrfix.profile import NOTHING
from ocrfix.text import code_points

UNLISTED = 14_000
"""Milli-nats: what a reading costs that no table lists, one in a million."""
COLUMNS = ("printed", "true", "cost")

Costs = NDArray[np.int16]
Letters = NDArray[np.uint32]


class Readings(NamedTuple):
    """What may have been there where something was printed, 0 for nothing; and what each costs."""

    true: Letters
    costs: Costs


@dataclass(frozen=True, eq=False)
class Worn:
    """What one engine prints for what is shown, in type worn on purpose: a table, whose costs are centi-nats."""

    rows: CharacterRows

    @classmethod
    def open(cls, path: Path) -> Worn:
        """The table in a file, mapped; its rows are found, and all are read when one is asked for.

        Raises FileNotFoundError where there is none, TableError where it cannot be read.
        """
        try:
            return cls(CharacterRows(path, COLUMNS))
        except Malformed as error:
            raise TableError(str(error)) from None

    def row(self, printed: str) -> Readings:
        """The true symbols of a printed one, "" for nothing, and their costs, in the order of the table."""
        number = self.rows.rows.get(printed or NOTHING)
        first, last = (0, 0) if number is None else self._read[2][number : number + 2].tolist()
        return Readings(self._read[0][first:last], self._read[1][first:last])

    @property
    def whole(self) -> Readings:
        """The same of all printed symbols, one after the other."""
        return Readings(*self._read[:2])

    @cached_property
    def _read(self) -> tuple[Letters, Costs, NDArray[np.int64]]:
        """All rows: the true symbols, their costs, and where those of each row begin."""
        cells = self.rows.body().replace(b"\n", b"\t").split(b"\t") if len(self.rows) else []
        true, digits = cells[1 :: len(COLUMNS)], cells[2 :: len(COLUMNS)]
        sizes = [len(cell) for cell in b"\t".join(true).decode(errors="replace").split("\t")] if true else []
        found = whole_numbers(b" ".join(cell for cell in digits if cell))
        even = len(cells) == len(COLUMNS) * len(self.rows)
        symbols = b"".join(true).decode(errors="replace")
        if not even or found is None or sizes != [cell.count(b" ") + 1 if cell else 0 for cell in digits]:
            self._refuse_one()
        if "\ufffd" in symbols:  # what is no UTF-8
            self._refuse_one()
        letters = code_points(symbols)
        letters = np.where(letters == ord(NOTHING), 0, letters).astype(np.uint32)
        return letters, np.minimum(found, UNLISTED // 10).astype(np.int16), np.concatenate(([0], np.cumsum(sizes)))

    def _refuse_one(self) -> NoReturn:
        """Finds the first row that has not a number for each symbol."""
        for printed in self.rows:
            cells = (self.rows.row(printed) or b"").split(b"\t")
            if len(cells) != len(COLUMNS):
                expected = f"expected {len(COLUMNS)} columns, found {len(cells)}; columns are {', '.join(COLUMNS)}"
                raise TableError(f"{self.rows.path}: row {printed!r}: {expected}")
            true, digits = cells[1].decode(errors="replace"), cells[2]
            numbers = whole_numbers(digits)
            if numbers is None or len(numbers) != len(true) or "\ufffd" in true:
                expected = f"expected a whole number for each of {len(true)} symbols"
                raise TableError(f"{self.rows.path}: row {printed!r}: {expected}, found {digits[:40].decode()!r}")
        raise AssertionError("one of the rows was to be refused")


@dataclass(frozen=True)
class Overlaid:
    """A table, and one that knows better what stands for some of the characters."""

    table: Worn
    better: Worn

    def row(self, printed: str) -> Readings:
        """As of Worn."""
        return _beside(self.better.row(printed), self.table.row(printed))

    @property
    def whole(self) -> Readings:
        """As of Worn."""
        return _beside(self.better.whole, self.table.whole)


def _beside(better: Readings, plain: Readings) -> Readings:
    """Readings, and others of what they do not have."""
    left = ~np.isin(plain.true, better.true)
    true, costs = np.concatenate((better.true, plain.true[left])), np.concatenate((better.costs, plain.costs[left]))
    return Readings(true, costs)
