"""Which characters look alike, and how much."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ocrfix.mapped import CharacterRows

COLUMNS = ("printed", "true", "similarity")
ADVICE = "tools/build_glyphs.py writes this table"


class Row(NamedTuple):
    """What looks like a character: the true ones, best first, and how alike each is, in hundredths."""

    true: str
    hundredths: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Glyphs:
    """For every printed character, what the page may show instead, and how alike the two look.

    >>> from ocrfix.resources import lexicons
    >>> glyphs = Glyphs.open(lexicons() / "glyphs.tsv")
    >>> "茌" in glyphs.look_alikes("在"), "。" in glyphs.look_alikes("在")
    (True, False)
    >>> glyphs.similarity("末", "未") > glyphs.similarity("末", "朱") > 0.5
    True

    Opening maps the file and finds its rows; a row is read when it is first asked for, so a malformed one is met there
    (`check` meets them all). Threads may share it: two of them at one row do the same work twice and keep the same
    answer. Two are equal when they are one. Pickled and copied by its path: the file is opened again.
    """

    path: Path
    _rows: CharacterRows = field(repr=False)
    _read: dict[str, Row] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, path: Path | str) -> Glyphs:
        """The table in `path`: tab-separated, one row a printed character (`lexicons/glyphs.README.md`).

        Raises OSError if it cannot be read; ValueError, naming file and line, if the columns are not the expected, if a
        row does not begin with one character, or if two rows begin with the same.
        """
        return cls(Path(path), CharacterRows(Path(path), COLUMNS, ADVICE))

    def look_alikes(self, ch: str) -> str:
        """What may stand on the page where `ch` was printed, most alike first; "" when the table does not know `ch`.

        >>> from ocrfix.resources import lexicons
        >>> Glyphs.open(lexicons() / "glyphs.tsv").look_alikes("日")[:2]
        '目曰'
        """
        return self.row(ch).true

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
        for one, other in ((printed, true), (true, printed)):
            row = self.row(one)
            if len(other) == 1 and (at := row.true.find(other)) >= 0:
                return row.hundredths[at] / 100
        return 0.0

    def check(self) -> int:
        """Read every row, and say how many there are.

        Raises ValueError, naming file and line, for the first that is malformed.
        """
        for printed in self._rows:
            self.row(printed)
        return len(self._rows)

    def __reduce__(self) -> tuple[Any, ...]:
        return Glyphs.open, (self.path,)

    def __contains__(self, ch: object) -> bool:
        return ch in self._rows

    def row(self, printed: str) -> Row:
        """The look-alikes of a character, and how alike they are; none where the table does not know it."""
        known = self._read.get(printed)
        if known is None:
            line = self._rows.row(printed)
            if line is None:  # what the table does not know is not kept: there is no end to it
                return _NONE
            known = self._read[printed] = self._parsed(printed, line)
        return known

    def _parsed(self, printed: str, line: bytes) -> Row:
        try:
            _, true, hundredths = line.decode().split("\t")
            similarities = [*map(int, hundredths.split(" "))] if true or hundredths else []
        except ValueError:
            self._rows.refuse(printed, f"three columns ({', '.join(COLUMNS)}), the last of whole numbers")
        if len(true) != len(similarities):
            self._rows.refuse(printed, f"as many similarities as characters ({len(true)}), not {len(similarities)}")
        if len({printed, *true}) != 1 + len(true):
            self._rows.refuse(printed, f"every look-alike once, and {printed} not among them")
        if similarities != sorted(similarities, reverse=True) or any(
            not 0 <= s <= 99 for s in similarities[:1] + similarities[-1:]
        ):
            self._rows.refuse(printed, "similarities in hundredths, 0 to 99, highest first")
        return Row(true, bytes(similarities))


_NONE = Row("", b"")
