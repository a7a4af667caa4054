"""JSON Lines: an object a line, of which one member is text."""

from __future__ import annotations

import re

from ocrfix import files
from ocrfix.files import FileError
from ocrfix.formats.document import BREAK, Inline, Spelling, Spliced, Word
from ocrfix.formats.json_source import JsonSource, Located


def read(data: bytes, name: str, encoding: str | None = None, column: str = "text") -> Spliced:
    """The strings of one column, each row a document of its own; all else in the file stays as it is.

    Rows in which the column is missing or null are passed over.

    Raises FileError, naming the line, for a row that is no JSON object, or in which the column is no string; and where
    no row has it.
    """
    source, form = files.decode(data, name, encoding)
    text: list[str] = []
    spelled: list[tuple[Spelling, ...]] = []
    words: list[Word] = []
    members: set[str] = set()
    rows = 0
    for number, line in enumerate(re.finditer(r"[^\n]+", source), 1):
        if not line[0].strip():
            continue
        row = JsonSource(name, source, line.start(), line.end())
        rows += 1
        if not isinstance(row.value, dict):
            raise row.error(line.start(), f"expected a JSON object, found {line[0][:40]!r}")
        members |= set(row.value)
        value = row.value.get(column)
        if value is None:
            continue
        if not isinstance(value, Located):
            raise row.error(line.start(), f"expected a string in column {column!r}, found {value!r}")
        if words:
            text += BREAK
            spelled += [()] * len(BREAK)
        letters: list[tuple[str, Inline]] = row.letters(value)
        words.append(Word(len(text), len(text) + len(letters), f"row {number}"))
        text += (ch for ch, _ in letters)
        spelled += ((place,) for _, place in letters)
    if rows and not words:
        known = ", ".join(sorted(members)[:10])
        raise FileError(f"{name}: no row has text in column {column!r}; the columns are {known}: pass --column")
    parts = tuple((word.start, word.end) for word in words)
    return Spliced(name, data, source, form, "".join(text), spelled, words, own_parts=parts)
