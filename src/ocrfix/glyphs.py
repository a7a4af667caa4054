"""Which characters look alike, and how much."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

TAB = "\t"
COLUMNS = "printed\ttrue\tsimilarity"

_Row: TypeAlias = dict[str, float]  # the true characters, best first, each with its similarity


@dataclass(frozen=True, slots=True, eq=False)
class Glyphs:
    """For every printed character, what the page may show instead, and how alike the two look.

    >>> from ocrfix.resources import lexicons
    >>> glyphs = Glyphs.open(lexicons() / "glyphs.tsv")
    >>> "茌" in glyphs.look_alikes("在"), "。" in glyphs.look_alikes("在")
    (True, False)
    >>> glyphs.similarity("末", "未") > glyphs.similarity("末", "朱") > 0.5
    True

    Opening reads the file and finds its rows; a row is read when it is first asked for, so a malformed one is met there
    (`check` meets them all). Threads may share it: two of them at one row do the same work twice and keep the same
    answer. Two are equal when they are one. Pickled and copied by its path: the file is opened again.
    """

    path: Path
    _lines: dict[str, int] = field(repr=False)
    _unread: list[bytes] = field(repr=False)
    _read: dict[str, _Row] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, path: Path | str) -> Glyphs:
        """The table in `path`: tab-separated, one row a printed character (`lexicons/glyphs.README.md`).

        Raises OSError if it cannot be read; ValueError, naming file and line, if the columns are not the expected, if a
        row does not begin with one character, or if two rows begin with the same.
        """
        path = Path(path)
        first, *rows = path.read_bytes().removesuffix(b"\n").split(b"\n")
        if first != COLUMNS.encode():
            _refuse(path, 1, f"the columns {', '.join(COLUMNS.split(TAB))}", first)
        # Decoded all at once: one by one takes four times as long, and opening is what every user waits for.
        starts = b"\t".join(row.split(b"\t", 1)[0] for row in rows)
        printed = starts.decode(errors="replace").split(TAB) if rows else []
        lines = {ch: at for at, ch in enumerate(printed, start=2)}
        if len(lines) < len(rows) or any(len(ch) != 1 for ch in printed):
            _refuse_one(path, printed, rows)
        return cls(path, lines, rows)

    def look_alikes(self, ch: str) -> str:
        """What may stand on the page where `ch` was printed, most alike first; "" when the table does not know `ch`.

        >>> from ocrfix.resources import lexicons
        >>> Glyphs.open(lexicons() / "glyphs.tsv").look_alikes("日")[:2]
        '目曰'
        """
        return "".join(self._row(ch))

    def among(self, printed: str, k: int) -> str:
        """The first `k` of `look_alikes(printed)`.

        >>> from ocrfix.resources import lexicons
        >>> Glyphs.open(lexicons() / "glyphs.tsv").among("末", 1)
        '未'

        Raises ValueError if `k` is negative.
        """
        if k < 0:
            raise ValueError(f"k: expected 0 or more look-alikes, found {k}")
        return self.look_alikes(printed)[:k]

    def similarity(self, printed: str, true: str) -> float:
        """How alike two characters look, 0 to 1: 1 for the same, 0 for a pair that the table does not hold.

        Looks among the look-alikes of `printed`, then among those of `true`: the lists differ, the measure does not.

        >>> from ocrfix.resources import lexicons
        >>> glyphs = Glyphs.open(lexicons() / "glyphs.tsv")
        >>> glyphs.similarity("在", "在"), glyphs.similarity("在", "。")
        (1.0, 0.0)
        """
        if printed == true:
            return 1.0
        found = self._row(printed).get(true)
        return self._row(true).get(printed, 0.0) if found is None else found

    def check(self) -> int:
        """Read every row, and say how many there are.

        Raises ValueError, naming file and line, for the first that is malformed.
        """
        for printed in self._lines:
            self._row(printed)
        return len(self._lines)

    def __reduce__(self) -> tuple[Any, ...]:
        return Glyphs.open, (self.path,)

    def __contains__(self, ch: object) -> bool:
        return ch in self._lines

    def _row(self, printed: str) -> _Row:
        known = self._read.get(printed)
        if known is None:
            line = self._lines.get(printed)
            known = {} if line is None else _parsed(self.path, printed, line, self._unread[line - 2])
            if line is not None:  # what the table does not know is not kept: there is no end to it
                self._read[printed] = known
        return known


def _parsed(path: Path, printed: str, number: int, line: bytes) -> _Row:
    try:
        _, true, hundredths = line.decode().split("\t")
        similarities = [int(part) for part in hundredths.split(" ")] if true or hundredths else []
    except ValueError:
        _refuse(path, number, f"three columns ({', '.join(COLUMNS.split(TAB))}), the last of whole numbers", line)
    if len(true) != len(similarities):
        _refuse(path, number, f"as many similarities as characters ({len(true)}), not {len(similarities)}", line)
    if len({printed, *true}) != 1 + len(true):
        _refuse(path, number, f"every look-alike once, and {printed} not among them", line)
    if any(not 0 <= each <= 99 for each in similarities) or similarities != sorted(similarities, reverse=True):
        _refuse(path, number, "similarities in hundredths, 0 to 99, highest first", line)
    return {ch: each / 100 for ch, each in zip(true, similarities, strict=True)}


def _refuse_one(path: Path, printed: list[str], rows: list[bytes]) -> NoReturn:
    seen: dict[str, int] = {}
    for number, (ch, row) in enumerate(zip(printed, rows, strict=True), start=2):
        if len(ch) != 1:
            _refuse(path, number, "one printed character", row)
        if seen.setdefault(ch, number) != number:
            _refuse(path, number, f"a character that has no row yet ({ch} has line {seen[ch]})", row)
    raise AssertionError("one of the rows was to be refused")


def _refuse(path: Path, number: int, expected: str, line: bytes) -> NoReturn:
    found = line.decode(errors="replace")
    found = found if len(found) <= 60 else found[:60] + "…"
    raise ValueError(f"{path}:{number}: expected {expected}, found {found!r}; tools/build_glyphs.py writes this table")
