"""The rows of a gazetteer's table: found by their codes in the mapped file, and read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from sys import intern
from typing import overload

import numpy as np
from numpy.typing import NDArray

from ocrfix.lexicon import LARGEST, TableError
from ocrfix.mapped import mapped
from ocrfix.places import COLUMNS, Place, read_places
from ocrfix.spellings import Numbers, Ragged, spread
from ocrfix.text import code_points

WIDE = 16
"""Bytes that a code or a kind has at most, for a table to be found by them as it stands."""
OPEN = 9999
"""The last year of a name that is still in use."""

Cells = NDArray[np.bytes_]
CODE, NAME, KIND, WITHIN, FROM, TO, SOURCE = range(len(COLUMNS))


class Rows(Sequence[Place]):
    """The places of a table, by number; row k stands on line k + 2.

    names: their names. kinds, kind: what kinds there are, and which each is, (n,). ends: the last year of each.

    >>> rows = Rows.open(Path("lexicons/gazetteer.tsv"))
    >>> [rows[k].name for k in rows.coded("371503")], len(rows.within("371503"))
    (['茌平区', '茌平县'], 14)
    """

    def __init__(self, path: Path, data: NDArray[np.uint8], stops: NDArray[np.int32]) -> None:
        self.path = path
        self._data = data
        self._stops = stops  # where each cell ends, those of the columns' names first, and -1 before them

    @classmethod
    def open(cls, path: Path) -> Rows:
        """The rows of a table in the columns of a gazetteer.

        Raises what `read_places` does.
        """
        return cls._mapped(path) or cls.of(path, read_places(path))

    @classmethod
    def of(cls, path: Path, places: Sequence[Place]) -> Rows:
        """Rows that have been read from a table; TableError where a code or a kind has more than WIDE bytes."""
        lines = ["\t".join("" if cell is None else str(cell) for cell in place) for place in places]
        rows = cls._parsed(path, np.frombuffer("\n".join(["\t".join(COLUMNS), *lines, ""]).encode(), dtype=np.uint8))
        if rows is None:
            raise TableError(f"{path}: expected codes and kinds of {WIDE} bytes at most, found longer ones")
        return rows

    @classmethod
    def _mapped(cls, path: Path) -> Rows | None:
        """The rows of a table that is written as the library's own is; None for one that has to be looked at."""
        data = mapped(path)
        ends = bool(len(data)) and data[-1] == ord("\n")
        return cls._parsed(path, data) if ends and len(data) <= LARGEST and not (data == ord("\r")).any() else None

    @classmethod
    def _parsed(cls, path: Path, data: NDArray[np.uint8]) -> Rows | None:
        try:
            str(data.data, "utf-8")
        except UnicodeDecodeError:
            return None
        stops = np.flatnonzero((data - ord("\t")) < 2).astype(np.int32)  # a tab, or the line's end that comes after it
        if len(stops) % len(COLUMNS):
            return None
        marks = data[stops].reshape(-1, len(COLUMNS))
        if (marks[:, -1] != ord("\n")).any() or (marks[:, :-1] != ord("\t")).any():
            return None
        rows = cls(path, data, np.concatenate((np.array([-1], dtype=np.int32), stops)))
        return rows if rows._line(-1) == list(COLUMNS) and rows._sound() else None

    def _sound(self) -> bool:
        """Whether each row has a name, a kind, codes that are not too long, and years that are years."""
        longest = max(int(self._column(k)[1].max(initial=0)) for k in (CODE, KIND, WITHIN))
        if longest > WIDE or not all(self._column(k)[1].all() for k in (NAME, KIND)):
            return False
        years = [self._column(k) for k in (FROM, TO)]
        figures = np.concatenate([self._data[spread(*column)] for column in years])
        return all(int(sizes.max(initial=0)) <= 4 for _, sizes in years) and bool((figures - ord("0") < 10).all())

    def __len__(self) -> int:
        return len(self._stops) // len(COLUMNS) - 1

    @overload
    def __getitem__(self, at: int) -> Place: ...
    @overload
    def __getitem__(self, at: slice) -> list[Place]: ...
    def __getitem__(self, at: int | slice) -> Place | list[Place]:
        if isinstance(at, slice):
            return [self[k] for k in range(*at.indices(len(self)))]
        return next(self.read([range(len(self))[at]]))

    def __iter__(self) -> Iterator[Place]:
        return self.read(range(len(self)))

    def read(self, numbers: Sequence[int]) -> Iterator[Place]:
        """Some of the rows."""
        first = (np.array(numbers, dtype=np.int64) + 1) * len(COLUMNS)
        bounds = zip((self._stops[first] + 1).tolist(), self._stops[first + len(COLUMNS)].tolist(), strict=True)
        whole = self._data.data
        for begin, end in bounds:
            code, name, kind, within, since, until, source = str(whole[begin:end], "utf-8").split("\t")
            years = int(since) if since else None, int(until) if until else None
            kind, within, source = map(intern, (kind, within, source))  # few are many rows'
            yield tuple.__new__(Place, (code, name, kind, within, *years, source))

    def coded(self, code: str) -> list[int]:
        """The rows of the place with a code, in their order."""
        codes, order = self._codes
        cell = code.encode("utf-8", "surrogatepass")
        low, high = (codes.searchsorted(cell, side) for side in ("left", "right")) if len(cell) <= WIDE else (0, 0)
        return [k for k in order[low:high].tolist() if self._cell(k, CODE) == code]

    def within(self, code: str) -> list[int]:
        """The rows of what lies directly within the place with a code, in their order; "" for what lies in nothing."""
        bounds, order = self._by_parent
        found: list[int] = order[slice(*bounds.get(code, (0, 0)))].tolist()
        return found

    def holds(self, code: str) -> bool:
        """Whether anything lies within the place with a code."""
        return code in self._by_parent[0]

    @cached_property
    def names(self) -> Ragged:
        """The names, in order."""
        begins, sizes = self._column(NAME)
        spelled = self._data[spread(begins, sizes)]
        before = np.concatenate(([0], np.cumsum((spelled & 0xC0) != 0x80)))  # characters, not bytes
        return Ragged(code_points(spelled.tobytes().decode()), before[np.concatenate(([0], np.cumsum(sizes)))])

    @cached_property
    def _kinds(self) -> tuple[tuple[str, ...], NDArray[np.int8]]:
        cells = self._cells(KIND)
        kinds, kind = list[str](), np.full(len(cells), -1, dtype=np.int8)
        while len(left := np.flatnonzero(kind < 0)):
            kind[cells == cells[left[0]]] = len(kinds)
            kinds.append(self._cell(int(left[0]), KIND))
        return tuple(kinds), kind

    @property
    def kinds(self) -> tuple[str, ...]:
        return self._kinds[0]

    @property
    def kind(self) -> NDArray[np.int8]:
        return self._kinds[1]

    @cached_property
    def code(self) -> Numbers:
        """Which of all codes each row has, in order of the codes."""
        codes, order = self._codes
        number = np.empty(len(codes), dtype=np.int64)
        number[order] = np.cumsum(np.concatenate(([False], codes[1:] != codes[:-1])))
        return number

    @cached_property
    def ends(self) -> Numbers:
        """The last year of each name, OPEN where it is still in use."""
        ends = np.full(len(self), OPEN, dtype=np.int64)
        former = np.flatnonzero(self._column(TO)[1])
        ends[former] = [int(self._cell(k, TO)) for k in former.tolist()]
        return ends

    @cached_property
    def _codes(self) -> tuple[Cells, Numbers]:
        return _sorted(self._cells(CODE))

    @cached_property
    def _by_parent(self) -> tuple[dict[str, tuple[int, int]], Numbers]:
        """Where in a list of rows those stand that lie within each parent; and this list."""
        codes, order = _sorted(self._cells(WITHIN))
        begins = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
        parents = [code.decode() for code in codes[begins].tolist()]
        bounds = zip(begins.tolist(), [*begins[1:].tolist(), len(codes)], strict=True)
        return dict(zip(parents, bounds, strict=True)), order

    def _column(self, column: int) -> tuple[Numbers, Numbers]:
        """Where the cells of a column begin, and how many bytes each has."""
        at = slice(len(COLUMNS) + column, -1, len(COLUMNS))
        begins = self._stops[at].astype(np.int64) + 1
        return begins, self._stops[1:][at.start :: len(COLUMNS)] - begins

    def _line(self, row: int) -> list[str]:
        first = (row + 1) * len(COLUMNS)
        return self._text(first, first + len(COLUMNS)).split("\t")

    def _cell(self, row: int, column: int) -> str:
        first = (row + 1) * len(COLUMNS) + column
        return self._text(first, first + 1)

    def _text(self, first: int, last: int) -> str:
        return self._data[int(self._stops[first]) + 1 : int(self._stops[last])].tobytes().decode()

    def _cells(self, column: int) -> Cells:
        """The cells of a column, cut to WIDE bytes, (n,)."""
        begins, sizes = self._column(column)
        cells = np.zeros((len(self), WIDE), dtype=np.uint8)
        whole = np.flatnonzero(begins + WIDE <= len(self._data))  # all but the last ones
        cells[whole] = np.lib.stride_tricks.sliding_window_view(self._data, WIDE)[begins[whole]]
        for k in range(len(whole), len(self)):
            cells[k, : sizes[k]] = self._data[begins[k] : begins[k] + sizes[k]]
        inside = np.where(np.arange(WIDE) < np.arange(WIDE + 1)[:, None], 0xFF, 0).astype(np.uint8)
        covered = cells.view(np.uint64) & inside.view(np.uint64)[np.minimum(sizes, WIDE)]
        return covered.view(f"S{WIDE}").ravel()


def _sorted(cells: Cells) -> tuple[Cells, Numbers]:
    order = np.argsort(cells, kind="stable")
    return cells[order], order
