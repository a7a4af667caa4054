"""Parquet: a column of text, corrected in place."""

from __future__ import annotations

import io
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ocrfix import files, spans
from ocrfix.files import FileError
from ocrfix.formats.document import BREAK, Origin, TextAlone
from ocrfix.model import Correction
from ocrfix.spans import Edit

UNPACKED = 32
"""How many times larger a file may be when its columns are unpacked than any file may be as it lies."""


@dataclass(frozen=True)
class ParquetText(TextAlone):
    """The rows of one column, each a document of its own."""

    name: str
    data: bytes
    column: str
    source: str
    rows: tuple[int, ...]
    parts: Sequence[tuple[int, int]]

    def origin(self, at: int) -> Origin:
        k = self._part(at)
        return Origin(at, f"row {(self.rows[k] if k < len(self.rows) else 0) + 1}")

    def diff(self, corrections: Iterable[Correction], name: str = "", settings: str = "") -> str:
        return spans.unified(self.source, self.edits(corrections), name)

    def rewritten(self, corrections: Iterable[Correction], settings: str = "") -> bytes:
        """The table with the corrections made; schema, row groups, compression and all other columns stay."""
        edits = self.edits(corrections)
        if not edits:
            return self.data
        pyarrow, parquet = pyarrow_for(self.name)
        file = parquet.ParquetFile(io.BytesIO(self.data))
        table = file.read()
        at = table.schema.get_field_index(self.column)
        values = table.column(at).to_pylist()
        own: dict[int, list[Edit]] = {}
        for edit in edits:
            k = self._part(edit.end)
            if k < len(self.parts) and (start := self.parts[k][0]) <= edit.start:  # none reaches from row to row
                own.setdefault(self.rows[k], []).append(Edit(edit.start - start, edit.end - start, edit.replacement))
        for row, changes in own.items():
            values[row] = spans.apply(values[row], changes)
        field = table.schema.field(at)
        try:
            column = pyarrow.array(values, field.type)
        except UnicodeEncodeError as error:
            lacking = error.object[error.start]
            raise FileError(
                f"{self.name}: Parquet can hold no {lacking!r} (U+{ord(lacking):04X}); nothing written"
            ) from None
        table = table.set_column(at, field, column)
        out = io.BytesIO()
        groups = [file.metadata.row_group(k) for k in range(file.metadata.num_row_groups)]
        with parquet.ParquetWriter(out, table.schema, compression=_compression(groups)) as writer:
            start = 0
            for group in groups:
                writer.write_table(table.slice(start, group.num_rows), row_group_size=max(1, group.num_rows))
                start += group.num_rows
        return out.getvalue()

    def _part(self, at: int) -> int:
        """The first row of text that does not end before a place, by number."""
        return bisect_left(self.parts, at, key=lambda part: part[1])


def read(data: bytes, name: str, encoding: str | None = None, column: str = "text") -> ParquetText:
    """The strings of one column; rows where it is null are passed over.

    Raises FileError where pyarrow is not installed, the file is no Parquet, or it has no such column of strings.
    """
    files.refuse_larger(data, name)
    pyarrow, parquet = pyarrow_for(name)
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        _refuse_bomb(file.metadata, name)
        table = file.read()
    except (pyarrow.ArrowException, OSError) as error:
        raise FileError(f"{name}: not a Parquet file that can be read: {error}") from None
    at = table.schema.get_field_index(column)
    if at < 0:
        known = ", ".join(table.schema.names[:10])
        raise FileError(f"{name}: no column {column!r}; the columns are {known}: pass --column")
    kind = table.schema.field(at).type
    if not (pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)):
        raise FileError(f"{name}: expected strings in column {column!r}, found {kind}; pass another --column")
    try:
        values = table.column(at).to_pylist()
    except UnicodeDecodeError:  # pyarrow looks at the bytes of a string when it is asked for
        raise FileError(f"{name}: bytes that are not UTF-8 in column {column!r}; the file is damaged") from None
    rows = tuple(k for k, value in enumerate(values) if value is not None)
    parts, start = [], 0
    for row in rows:
        parts.append((start, start + len(values[row])))
        start += len(values[row]) + len(BREAK)
    return ParquetText(name, data, column, BREAK.join(values[row] for row in rows), rows, tuple(parts))


def _refuse_bomb(metadata: Any, name: str) -> None:
    """Raises FileError where a file says of itself what would take more memory than the like of it may."""
    groups = [metadata.row_group(k) for k in range(metadata.num_row_groups)]
    rows = sum(group.num_rows for group in groups)
    if rows != metadata.num_rows or any(group.num_rows < 0 for group in groups):
        raise FileError(
            f"{name}: expected {metadata.num_rows} rows as the file says, its parts say {rows}; it is damaged"
        )
    refuse_larger(groups, name)


def refuse_larger(groups: Sequence[Any], name: str) -> None:
    """Raises FileError where row groups say of themselves what would take more memory together than a file may."""
    rows, size = sum(group.num_rows for group in groups), sum(group.total_byte_size for group in groups)
    if max(rows, size) > UNPACKED * files.LARGEST:
        raise FileError(f"{name}: unpacks to more than {UNPACKED * files.LARGEST >> 20:,} MB; cut it into parts")


def _compression(groups: Sequence[Any]) -> Any:
    """How the columns of a file are compressed, by name."""
    if not groups:
        return "snappy"
    columns = [groups[0].column(k) for k in range(groups[0].num_columns)]
    names = {c.path_in_schema: "none" if c.compression == "UNCOMPRESSED" else c.compression.lower() for c in columns}
    return names if len(set(names.values())) > 1 else next(iter(names.values()), "snappy")


def pyarrow_for(name: str) -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise FileError(f"{name}: Parquet needs pyarrow: pip install 'ocrfix-zh[parquet]'") from None
    return pyarrow, pyarrow.parquet
