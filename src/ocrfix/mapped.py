"""Tables of which a row is found by the one character that it begins with, in the mapped file."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

TAB, END = ord("\t"), ord("\n")
BOM = b"\xef\xbb\xbf"
LONGEST = 4
"""Bytes of one character at the most."""


def mapped(path: Path) -> NDArray[np.uint8]:
    """The bytes of a file, mapped and not read: processes that open the same share them."""
    with path.open("rb") as file:
        if not file.seek(0, 2):
            return np.zeros(0, dtype=np.uint8)
        return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), dtype=np.uint8)


class Malformed(ValueError):
    """A table that cannot be read: file, line, what was expected, and what was found."""

    def __init__(self, path: Path, number: int, expected: str, line: bytes, advice: str = "") -> None:
        found = line.decode(errors="replace")
        found = found if len(found) <= 60 else found[:60] + "…"
        super().__init__(f"{path}:{number}: expected {expected}, found {found!r}{advice and '; '}{advice}")


class CharacterRows:
    """The rows of a tab-separated table, each by the character in its first column; read when they are asked for.

    path, data: the file, and its bytes. rows: the number of each character's row; row k stands on line k + 2. bounds:
    where each line ends, that of the columns first.
    """

    def __init__(self, path: Path, columns: Sequence[str], advice: str = "") -> None:
        """The table in a file whose line 1 names these columns.

        advice: what an error says besides. Raises OSError where there is no such file, Malformed for other columns, a
        row that does not begin with one character, or a second row of one character.
        """
        self.path, self._advice = path, advice
        self.data = data = mapped(path)
        ends = np.flatnonzero(data == END)
        if len(data) and data[-1] != END:
            ends = np.append(ends, len(data))
        self.bounds = ends
        head = self._line(-1) if len(ends) else b""
        if head.removeprefix(BOM) != "\t".join(columns).encode():
            raise Malformed(path, 1, f"the columns {', '.join(columns)}", head, advice)
        self.rows = self._found()

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __contains__(self, ch: object) -> bool:
        return ch in self.rows

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def row(self, ch: str) -> bytes | None:
        """The line of a character; None where it has none."""
        number = self.rows.get(ch)
        return None if number is None else self._line(number)

    def body(self) -> bytes:
        """All lines but that of the columns, without the end of the last."""
        begin = int(self.bounds[0]) + 1
        return self.data[begin : int(self.bounds[-1])].tobytes().replace(b"\r\n", b"\n").removesuffix(b"\r")

    def refuse(self, ch: str, expected: str) -> NoReturn:
        """Says what was expected of the row of a character. Raises Malformed."""
        number = self.rows[ch]
        raise Malformed(self.path, number + 2, expected, self._line(number), self._advice)

    def _line(self, number: int) -> bytes:
        begin = int(self.bounds[number]) + 1 if number >= 0 else 0
        return self.data[begin : int(self.bounds[number + 1])].tobytes().removesuffix(b"\r")

    def _found(self) -> dict[str, int]:
        """The number of each character's row."""
        begins = self.bounds[:-1] + 1
        start = self.data[np.minimum(begins[:, None] + np.arange(LONGEST + 1), max(len(self.data) - 1, 0))]
        stops = (start == TAB) | (start == END) | (begins[:, None] + np.arange(LONGEST + 1) >= len(self.data))
        inside = ~np.logical_or.accumulate(stops, axis=1)
        single = stops.any(axis=1) & (((start & 0xC0 != 0x80) & inside).sum(axis=1) == 1)
        try:
            characters = start[inside].tobytes().decode()
        except UnicodeDecodeError:
            characters = ""
        rows = dict(zip(characters, range(len(characters)), strict=True))
        if len(rows) != len(single) or not single.all():
            self._refuse_one()
        return rows

    def _refuse_one(self) -> NoReturn:
        """Finds the first row that does not begin with a character of its own."""
        seen = dict[str, int]()
        for number in range(len(self)):
            line = self._line(number)
            ch = line.split(b"\t", 1)[0].decode(errors="replace")
            if len(ch) != 1:
                raise Malformed(self.path, number + 2, "one printed character", line, self._advice)
            if seen.setdefault(ch, number) != number:
                expected = f"a character that has no row yet ({ch} has line {seen[ch] + 2})"
                raise Malformed(self.path, number + 2, expected, line, self._advice)
        raise AssertionError("one of the rows was to be refused")


def whole_numbers(digits: bytes) -> NDArray[np.int64] | None:
    """Numbers of at most four figures with a space between each two; None for anything else.

    >>> whole_numbers(b"7 1200 35"), whole_numbers(b"7  35"), whole_numbers(b"")
    (array([   7, 1200,   35]), None, array([], dtype=int64))
    """
    if not digits:
        return np.zeros(0, dtype=np.int64)
    figures = np.frombuffer(digits + b" ", dtype=np.uint8)
    ends = np.flatnonzero(figures == ord(" "))
    sizes = np.diff(ends, prepend=-1) - 1
    others = np.count_nonzero(figures - ord("0") > 9)
    if int(sizes.min()) < 1 or int(sizes.max()) > 4 or others > len(ends):
        return None
    numbers = figures[ends - 1].astype(np.int64) - ord("0")
    for back in range(2, 5):
        some = np.flatnonzero(sizes >= back)
        numbers[some] += (figures[ends[some] - back].astype(np.int64) - ord("0")) * 10 ** (back - 1)
    return numbers
