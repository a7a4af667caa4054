"""What a part of a corpus holds, row by row, and how what came of its rows is written."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ocrfix import files, formats
from ocrfix.corpus.parts import Part
from ocrfix.corpus.rows import CORRECTIONS, COUNTS
from ocrfix.files import FileError
from ocrfix.formats.parquet import pyarrow_for, refuse_larger
from ocrfix.model import as_json

Fields = Mapping[str, Any]


class Row(NamedTuple):
    """A row: its file and its number in it, from 1; what stands in the column of the text, or what is wrong with it."""

    path: Path
    number: int
    text: object = None
    wrong: str = ""


class Content(Protocol):
    """The rows of a part.

    suffix: what the name of a file ends in that holds such rows.
    """

    @property
    def rows(self) -> Sequence[Row]: ...
    @property
    def suffix(self) -> str: ...

    def value(self, at: int, column: str) -> object:
        """What stands in a column of the row at this place; None where there is no such column."""

    def written(self, fields: Mapping[int, Fields]) -> bytes:
        """The rows at these places with their other columns as they were, in a file; fields: those that are new."""


def content(part: Part, source: Path, column: str = "text", encoding: str | None = None) -> Content:
    """What a part holds. source: the corpus; pages are named as they lie below it. encoding: of pages of text.

    Raises FileError where the part cannot be read as a whole.
    """
    try:
        match part.kind:
            case "parquet":
                return ParquetRows.read(part, column)
            case "jsonl":
                return JsonRows.lines(part, column)
            case _:
                return JsonRows.pages(part, source, encoding)
    except OSError as error:
        raise FileError(f"{part.paths[0]}: cannot be read: {error}") from error


class JsonRows(NamedTuple):
    """Rows that are objects of JSON."""

    rows: Sequence[Row]
    columns: Sequence[Mapping[str, Any]]
    suffix: str = ".jsonl"

    @classmethod
    def lines(cls, part: Part, column: str) -> JsonRows:
        """Those of JSON Lines; empty lines are none."""
        path = part.paths[0]
        with path.open("rb") as file:
            file.seek(part.start)
            lines = file.read(part.stop - part.start).split(b"\n")
        found = [(k, line, _parsed(line, column)) for k, line in enumerate(lines, part.row) if line.strip()]
        return cls(
            [Row(path, k, columns.get(column, line), wrong) for k, line, (columns, wrong) in found],
            [columns for _, _, (columns, _) in found],
        )

    @classmethod
    def pages(cls, part: Part, source: Path, encoding: str | None) -> JsonRows:
        """Pages, each a row: its path below the corpus, its folder, its text."""
        rows, columns = [], []
        for number, path in enumerate(part.paths, part.row):
            below = path.relative_to(source) if path != source else Path(path.name)
            columns.append({"path": below.as_posix(), "folder": below.parent.as_posix()})
            try:
                page = formats.open_document(files.read_bytes(path), str(path), encoding=encoding)
            except FileError as error:
                rows.append(Row(path, number, wrong=str(error)))
            else:
                rows.append(Row(path, number, page.text))
        return cls(rows, columns)

    def value(self, at: int, column: str) -> object:
        return self.columns[at].get(column)

    def written(self, fields: Mapping[int, Fields]) -> bytes:
        return "".join(as_json({**self.columns[at], **new}) + "\n" for at, new in fields.items()).encode()


def _parsed(line: bytes, column: str) -> tuple[Mapping[str, Any], str]:
    """The members of a line of JSON Lines, and what is wrong with it."""
    try:
        columns = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {}, f"no JSON: {error}"
    if not isinstance(columns, dict):
        return {}, f"expected a JSON object, found {type(columns).__name__}"
    if taken := {CORRECTIONS, COUNTS} & columns.keys():
        return columns, f"has {min(taken)!r} already, which would be overwritten"
    return columns, "" if column in columns else f"no {column!r} in it"


class ParquetRows(NamedTuple):
    """Rows of a table."""

    rows: Sequence[Row]
    table: Any
    column: str
    suffix: str = ".parquet"

    @classmethod
    def read(cls, part: Part, column: str) -> ParquetRows:
        """Those of a part of a Parquet file; only the row groups that they lie in are read."""
        path = part.paths[0]
        pyarrow, parquet = pyarrow_for(str(path))
        try:
            with parquet.ParquetFile(path) as file:
                groups, before, at = list[int](), 0, 0
                for k in range(file.metadata.num_row_groups):
                    end = at + file.metadata.row_group(k).num_rows
                    if at < part.stop and part.start < end:
                        before = before if groups else at
                        groups.append(k)
                    at = end
                refuse_larger([file.metadata.row_group(k) for k in groups], str(path))
                table = file.read_row_groups(groups).slice(part.start - before, part.stop - part.start)
        except pyarrow.ArrowException as error:
            raise FileError(f"{path}: rows {part.start + 1} to {part.stop} cannot be read: {error}") from None
        values = values_of(table.column(column))
        return cls([Row(path, k, value) for k, value in enumerate(values, part.row)], table, column)

    def value(self, at: int, column: str) -> object:
        return self.table.column(column)[at].as_py() if column in self.table.column_names else None

    def written(self, fields: Mapping[int, Fields]) -> bytes:
        pyarrow, parquet = pyarrow_for("")
        table = self.table.take(pyarrow.array(list(fields), pyarrow.int64()))
        place = table.schema.get_field_index(self.column)
        field = table.schema.field(place)
        if not (pyarrow.types.is_string(field.type) or pyarrow.types.is_large_string(field.type)):
            field = field.with_type(pyarrow.string())
        texts = pyarrow.array([new[self.column] for new in fields.values()], field.type)
        table = table.set_column(place, field, texts)
        for name, kind in columns_of(pyarrow).items():
            table = table.append_column(name, pyarrow.array([new[name] for new in fields.values()], kind))
        out = io.BytesIO()
        parquet.write_table(table, out)
        return out.getvalue()


def values_of(column: Any) -> list[Any]:
    """What stands in a column of an Arrow table; strings as bytes, since they may be no UTF-8."""
    import pyarrow

    if pyarrow.types.is_string(column.type) or pyarrow.types.is_large_string(column.type):
        column = column.cast(pyarrow.large_binary())
    values: list[Any] = column.to_pylist()
    return values


def columns_of(pyarrow: Any) -> dict[str, Any]:
    """The Arrow types of the columns that are added."""
    whole, text = pyarrow.int64(), pyarrow.string()
    change = {"start": whole, "end": whole, "original": text, "replacement": text}
    return {
        CORRECTIONS: pyarrow.list_(pyarrow.struct([*change.items(), ("score", pyarrow.float64()), ("kind", text)])),
        COUNTS: pyarrow.struct([(name, whole) for name in ("characters", "corrections", "suggestions")]),
    }
