"""JSON Lines: an object a line, of which one member is text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from ocrfix import files
from ocrfix.files import FileError
from ocrfix.formats.document import BREAK, Inline, Spelling, Spliced, Word
from ocrfix.formats.json_source import JsonSource, Located, letters


def read(data: bytes, name: str, encoding: str | None = None, column: str = "text") -> Spliced:
    """The strings of one column, each row a document of its own; all else in the file stays as it is.

    Rows in which the column is missing or null are passed over.

    Raises FileError, naming the line, for a row that is no JSON object, or in which the column is no string; and where
    no row has it.
    """
    source, form = files.decode(data, name, encoding)
    values: list[Located] = []
    numbers: list[int] = []
    members: set[str] = set()
    for number, line in enumerate(re.finditer(r"[^\n]+", source), 1):
        if not line[0].strip():
            continue
        row = JsonSource(name, source, line.start(), line.end())
        if not isinstance(row.value, dict):
            raise row.error(line.start(), f"expected a JSON object, found {line[0][:40]!r}")
        members |= set(row.value)
        value = row.value.get(column)
        if isinstance(value, Located):
            values.append(value)
            numbers.append(number)
        elif value is not None:
            raise row.error(line.start(), f"expected a string in column {column!r}, found {value!r}")
    if members and not values:
        known = ", ".join(sorted(members)[:10])
        raise FileError(f"{name}: no row has text in column {column!r}; the columns are {known}: pass --column")
    starts = list(accumulate((len(value) + len(BREAK) for value in values), initial=0))
    words = [
        Word(start, start + len(value), f"row {number}")
        for start, value, number in zip(starts, values, numbers, strict=False)
    ]
    parts = tuple((word.start, word.end) for word in words)
    text = BREAK.join(values)
    return Spliced(name, data, source, form, text, _Spelled(source, values, starts), words, own_parts=parts)


class _Spelled(Sequence[tuple[Spelling, ...]]):
    """What spells each character of the rows, found when it is asked for: of most rows it never is."""

    def __init__(self, source: str, values: Sequence[Located], starts: Sequence[int]) -> None:
        self.source, self.values, self.starts = source, values, starts
        self.row: int | None = None
        self.letters: list[tuple[str, Inline]] = []

    def __len__(self) -> int:
        return max(0, self.starts[-1] - len(BREAK))

    def __getitem__(self, at: Any) -> Any:
        row = bisect_right(self.starts, at) - 1
        value = self.values[row]
        if row != self.row:
            self.row, self.letters = row, letters(self.source, value.start, value.end)
        at -= self.starts[row]
        return (self.letters[at][1],) if at < len(value) else ()
