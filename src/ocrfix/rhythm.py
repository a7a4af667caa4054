"""How clauses run in correct text, and which marks engines read for which: the two tables of marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ocrfix.lexicon import TableError, read_table
from ocrfix.text import stands

Column = NDArray[np.int64]

MARKS = ",。、;:"
"""The marks that divide sentences and clauses, as the language model sees them."""
STOPS = "\n,。、;:!?"
"""Where a clause begins and ends."""
BOUNDS = (2, 4, 6, 9, 14, 20, 30)
"""Clauses of one rhythm are at most so many symbols long; there is one kind more."""


def beat(before: Column, since: Column, after: Column, until: Column) -> Column:
    """The number of a rhythm: which stops stand before and after a mark, and how far.

    before, after: the stops' code points; since, until: the symbols between. All of one shape, as is the result.

    >>> comma, one = np.array([ord(",")]), np.array([1])
    >>> beat(comma, one, comma, one).tolist(), beat(comma, one, comma, 30 * one).tolist()
    ([392], [398])
    """
    bounds = np.array(BOUNDS)
    many = len(BOUNDS) + 1
    kind = [np.select([stop == ord(ch) for ch in MARKS], range(1, len(MARKS) + 1), 0) for stop in (before, after)]
    kind = [np.where(stands(stop, "!?"), 2, k) for stop, k in zip((before, after), kind, strict=True)]
    row = kind[0] * many + np.searchsorted(bounds, since)
    return np.asarray((row * (len(MARKS) + 1) + kind[1]) * many + np.searchsorted(bounds, until))


RHYTHMS = ((len(MARKS) + 1) * (len(BOUNDS) + 1)) ** 2
"""How many rhythms there are."""


@lru_cache(maxsize=4)
def rhythms(folder: Path) -> NDArray[np.int64]:
    """ln of the share of each of MARKS in each rhythm, milli-nats: (RHYTHMS, marks). 0 for a rhythm never met.

    folder: where rhythm.tsv lies. Raises TableError where it cannot be read.

    >>> from pathlib import Path
    >>> rhythms(Path("lexicons")).shape
    (2304, 5)
    """
    table = np.zeros((RHYTHMS, len(MARKS)), dtype=np.int64)
    for number, row in _whole(folder / "rhythm.tsv", ("rhythm", "comma", "stop", "pause", "semicolon", "colon"), 0):
        if not 0 <= row[0] < RHYTHMS:
            raise TableError(f"{folder / 'rhythm.tsv'}:{number}: expected a rhythm below {RHYTHMS}, found {row[0]}")
        table[row[0]] = row[1:]
    return table


@lru_cache(maxsize=4)
def confusions(folder: Path) -> Mapping[tuple[str, str], int]:
    """ln of how often a mark of the page is read as another, by (printed, page), milli-nats; "" for no mark.

    folder: where misread_marks.tsv lies. Raises TableError where it cannot be read.

    >>> from pathlib import Path
    >>> confusions(Path("lexicons"))[",", "。"] > confusions(Path("lexicons"))["。", ","]
    True
    """
    path, columns = folder / "misread_marks.tsv", ("printed", "page", "nats")
    pairs = [(printed, page) for printed, page, _ in read_table(path, columns)]
    return {pair: row[0] for pair, (_, row) in zip(pairs, _whole(path, columns, 2), strict=True)}


def _whole(path: Path, columns: tuple[str, ...], first: int) -> Iterator[tuple[int, list[int]]]:
    """The rows of a table from a column on, whole numbers, each with its line."""
    for number, row in enumerate(read_table(path, columns), 2):
        try:
            yield number, [int(value) for value in row[first:]]
        except ValueError:
            raise TableError(f"{path}:{number}: expected whole numbers, found {row[first:]}") from None
