"""How a corpus is cut: parts that are read, corrected and written by themselves, the same ones each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ocrfix import files, formats
from ocrfix.corpus.rows import CORRECTIONS, COUNTS
from ocrfix.files import FileError
from ocrfix.formats.parquet import pyarrow_for

ROWS = 10_000
"""Rows of a part at the most, unless the caller says otherwise."""
BYTES = 3_000_000
"""Bytes of text in it at the most, about; one row may hold more. A minute or two of work, which a cut may cost."""

TABLES = {".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}


class Part(NamedTuple):
    """Some rows of a corpus.

    kind: "parquet", "jsonl" or "pages". paths: the file that they are in; of pages, one file each. start, stop: of
    Parquet rows, of JSON Lines bytes. row: the number of the first row in its file, from 1.
    """

    number: int
    kind: str
    paths: tuple[Path, ...]
    start: int = 0
    stop: int = 0
    row: int = 1

    @property
    def name(self) -> str:
        """What the files that belong to it are called."""
        return f"part-{self.number:05}"


def inputs(source: Path) -> tuple[Path, ...]:
    """The files of a corpus: the one that is named, or all tables in a folder, or all its pages; sorted.

    Raises FileError where there are none, or tables and pages together.
    """
    found = files.find(source, lambda path: path.suffix.lower() in TABLES or formats.is_layout(path))
    tables = [path for path in found if path.suffix.lower() in TABLES]
    if tables and len(tables) < len(found):
        other = next(path for path in found if path not in tables)
        raise FileError(f"{source}: expected tables or pages, found both ({tables[0]}, {other}); name one of them")
    return found


def parts(found: Sequence[Path], column: str = "text", rows: int = ROWS) -> tuple[Part, ...]:
    """The parts of a corpus, in order: of `rows` rows at the most, and of about BYTES.

    Raises FileError where a table cannot be read, lacks the column, or has one that would be overwritten.
    """
    cut: list[Part] = []
    if not (found and found[0].suffix.lower() in TABLES):
        bounds = _bounds([_size(path) for path in found], rows)
        return tuple(Part(n, "pages", tuple(found[a:b]), row=a + 1) for n, (a, b) in enumerate(bounds))
    for path in found:
        kind = TABLES[path.suffix.lower()]
        for start, stop, row in _of_parquet(path, column, rows) if kind == "parquet" else _of_lines(path, rows):
            cut.append(Part(len(cut), kind, (path,), start, stop, row))
    return tuple(cut)


def _bounds(sizes: Sequence[int], rows: int) -> Iterator[tuple[int, int]]:
    """Where to cut what has these sizes, so that no piece has too many or too much."""
    start = held = 0
    for at, size in enumerate(sizes):
        if at - start >= rows or (at > start and held + size > BYTES):
            yield start, at
            start, held = at, 0
        held += size
    if sizes:
        yield start, len(sizes)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it is refused when it is read
        return 0


def _of_parquet(path: Path, column: str, rows: int) -> Iterator[tuple[int, int, int]]:
    pyarrow, parquet = pyarrow_for(str(path))
    try:
        with parquet.ParquetFile(path) as file:
            names, about = file.schema_arrow.names, file.metadata
    except (pyarrow.ArrowException, OSError) as error:
        raise FileError(f"{path}: not a Parquet file that can be read: {error}") from None
    if column not in names:
        raise FileError(f"{path}: no column {column!r}; the columns are {', '.join(names[:10])}: pass --column")
    for taken in {CORRECTIONS, COUNTS} & set(names):
        raise FileError(f"{path}: has a column {taken!r} already, which would be overwritten; rename it")
    size = sum(about.row_group(k).total_byte_size for k in range(about.num_row_groups))
    step = max(1, min(rows, about.num_rows * BYTES // max(size, 1)))
    for start in range(0, about.num_rows, step):
        yield start, min(start + step, about.num_rows), start + 1


def _of_lines(path: Path, rows: int) -> Iterator[tuple[int, int, int]]:
    start, at, row = 0, 0, 1
    try:
        file = path.open("rb")
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    with file:
        for number, line in enumerate(file, 1):
            if number - row >= rows or (at > start and at + len(line) - start > BYTES):
                yield start, at, row
                start, row = at, number
            at += len(line)
    if at > start:
        yield start, at, row
