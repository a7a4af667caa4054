"""Which of all names nearly stand in a text? Found by keys, not by trying every name.

Short names give as many keys as they have characters, one for each of them left out; so does the text, where a
character may be wrong (the one there is left out) or was dropped (none is). Equal keys are candidates, and candidates
are compared letter by letter (deletion neighbourhoods: Mor & Fraenkel 1982). Of a long name a run of three characters
that is right and rare is enough to find it; how much of the rest is wrong, rapidfuzz says. Looking up costs the same
for a thousand names as for a hundred thousand, but for a logarithm.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from ocrfix.spellings import BASES, BLOCK, Numbers, Spellings, spread
from ocrfix.text import code_points

Keys = NDArray[np.uint64]

SHORT = 6
"""Characters: longer names are found by their runs."""
LONGEST = 64
"""Characters: a longer name is looked for letter by letter only."""
RUN = 3
COMMON_RUN = 40
"""A run that more names share than this (开发区) finds none of them."""
WRONG = 2
"""How many characters of a long name may be wrong, dropped or made up."""

_mixed = np.arange(1, 1 + (SHORT + 1) ** 2, dtype=np.uint64).reshape(SHORT + 1, SHORT + 1) * np.uint64(BASES[0])
_mixed = (_mixed ^ _mixed >> np.uint64(31)) * np.uint64(BASES[1])
_SYMBOL, _LEFT_OUT = _mixed[0] | np.uint64(1), _mixed[1:]  # any numbers will do that have little to do with each other


class Candidates(NamedTuple):
    """Names that nearly stand in a text, (n,) each.

    start, end: half-open positions in the text. name: its number. at: which of its characters is not there; of a long
    name -1.
    """

    start: Numbers
    end: Numbers
    name: Numbers
    at: Numbers

    def take(self, rows: Numbers) -> Candidates:
        """Some of them."""
        return Candidates(*(column[rows] for column in self))


class NameIndex:
    """Names by what remains of them when a character or two is not there.

    names: those of 2 to LONGEST characters, by number. codes: the code points of the short ones, (n, SHORT), 0 where
    there is none. fitting: how many names there are, itself included, that differ from each of them in this character
    alone, (n, SHORT).

    >>> index = NameIndex(Spellings.of(["茌平区", "在平区", "郓城县", "聊城市茌平区人民法院"]))
    >>> found = index.misread(code_points("我到在平区").astype(np.int64), np.array([2]))
    >>> [(index.names[k], int(start)) for k, start in zip(found.name, found.start)]
    [('茌平区', 2)]
    >>> found = index.dropped(code_points("到城县去").astype(np.int64), np.array([1]))
    >>> [(index.names[k], int(start), int(end)) for k, start, end in zip(found.name, found.start, found.end)]
    [('郓城县', 1, 3)]
    >>> found = index.long("他是聊城市在平区人法院院长")
    >>> [(index.names[k], int(start), int(end)) for k, start, end in zip(found.name, found.start, found.end)]
    [('聊城市茌平区人民法院', 2, 11)]
    """

    def __init__(self, names: Spellings) -> None:
        self.names = names.take(np.flatnonzero((names.sizes >= 2) & (names.sizes <= LONGEST)))
        self._sizes = self.names.sizes
        short = np.flatnonzero(self._sizes <= SHORT)
        self.codes = np.zeros((len(self.names), SHORT), dtype=np.int64)
        filled = np.zeros(self.codes.shape, dtype=bool)
        filled[short] = np.arange(SHORT) < self._sizes[short, None]
        self.codes[filled] = self.names.take(short).letters
        self._lengths: list[int] = sorted(set(self._sizes[short].tolist()))
        keys, rows, left_out = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for size in self._lengths:
            same = np.flatnonzero(self._sizes == size)
            terms = self.codes[same, :size].astype(np.uint64) * _SYMBOL[:size]
            keys.append((terms.sum(axis=1, dtype=np.uint64)[:, None] - terms + _LEFT_OUT[size - 1, :size]).ravel())
            rows.append(np.repeat(same, size))
            left_out.append(np.tile(np.arange(size), len(same)))
        every, which = np.concatenate(keys), np.concatenate(rows)
        self._short = Table(every, which)
        self.fitting = np.ones(self.codes.shape, dtype=np.int64)
        self.fitting[which, np.concatenate(left_out)] = self._short.times(every)
        self._long = self._runs()

    def _runs(self) -> Table:
        """Of each long name its runs that are not too common; a value is the name's number and the run's offset."""
        long = np.flatnonzero(self._sizes > SHORT)
        sizes = self._sizes[long]
        names = self.names.take(long)
        offset = spread(np.zeros_like(sizes), sizes - RUN + 1)
        name = np.repeat(np.arange(len(long)), sizes - RUN + 1)
        keys = _packed(names.letters)[names.begins[name] + offset]
        _, which, times = np.unique(keys, return_inverse=True, return_counts=True)
        rare = times[which] <= COMMON_RUN
        return Table(keys[rare], long[name[rare]] * LONGEST + offset[rare])

    def misread(self, text: NDArray[np.integer[Any]], places: Numbers) -> Candidates:
        """Short names that stand in a text but for one character, which stands at one of the places.

        text: (n,) code points; places: positions in it.
        """
        return self._find(text, places, 1)

    def dropped(self, text: NDArray[np.integer[Any]], places: Numbers) -> Candidates:
        """Short names that stand in a text but for one character, which is missing before one of the places."""
        return self._find(text, places, 0)

    def _find(self, text: NDArray[np.integer[Any]], places: Numbers, there: int) -> Candidates:
        keys, places_of = [np.zeros(0, np.uint64)], [np.zeros((0, 3), dtype=np.int64)]
        for size in self._lengths:
            width = size - 1 + there  # in the text
            for at in range(size):
                window, rest = [*range(at), *range(at + there, width)], [*range(at), *range(at + 1, size)]
                start = places - at
                start = start[(start >= 0) & (start + width <= len(text))]
                terms = text[start[:, None] + window].astype(np.uint64) * _SYMBOL[rest]
                keys.append(terms.sum(axis=1, dtype=np.uint64) + _LEFT_OUT[size - 1, at])
                places_of.append(np.stack((start, np.full_like(start, at), np.full_like(start, size)), axis=1))
        which, name = self._short.find(np.concatenate(keys))
        start, at, size = np.concatenate(places_of)[which].T
        # Keys are hashes: what they say is looked at, letter by letter.
        column = np.arange(SHORT)
        where = np.minimum(start[:, None] + column - (1 - there) * (column > at[:, None]), len(text) - 1)
        same = (text[where] == self.codes[name]) | (column >= size[:, None])
        apart = column == at[:, None]
        good = np.flatnonzero(
            (self._sizes[name] == size) & (same | apart).all(axis=1) & ~(there * same & apart).any(axis=1)
        )
        start, name, at = start[good], name[good], at[good]
        return Candidates(start, start + size[good] - 1 + there, name, at)

    def long(self, text: str) -> Candidates:
        """Where a text has all but a character or two of a long name, and not the name itself; by place."""
        return Candidates(*np.array(sorted(set(self._long_names(text))), dtype=np.int64).reshape(-1, 4).T)

    def _long_names(self, text: str) -> Iterator[tuple[int, int, int, int]]:
        if len(text) < SHORT:
            return
        codes = code_points(text)
        blocks = (
            (top, self._long.find(_packed(codes[top : top + BLOCK + RUN - 1]))) for top in range(0, len(text), BLOCK)
        )
        pairs = [(where + top, found) for top, (where, found) in blocks]
        where, found = (np.concatenate(column) for column in zip(*pairs, strict=True))
        starts = where - found % LONGEST
        for name, about in sorted(set(zip((found // LONGEST).tolist(), starts.tolist(), strict=True))):
            form = self.names[name]
            ends = range(about + len(form) - WRONG, about + len(form) + WRONG + 1)
            spans = ((a, b) for a in range(about - WRONG, about + WRONG + 1) for b in ends if 0 <= a < b <= len(text))
            # The fewest wrong; of those equal the one as long as the name.
            ranked = (
                (Levenshtein.distance(text[a:b], form, score_cutoff=WRONG), abs(b - a - len(form)), a, b)
                for a, b in spans
            )
            wrong, _, start, end = min(ranked, default=(0, 0, 0, 0))
            if 0 < wrong <= WRONG:
                yield start, end, name, -1


class Table:
    """Numbers by key; a key may have several."""

    def __init__(self, keys: NDArray[np.integer[Any]], values: Numbers) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys, self._values = keys[order], values[order]
        self._bits = np.uint64(61 - len(keys).bit_length())
        self._may = np.zeros(1 << (64 - int(self._bits)), dtype=np.bool_)
        self._may[self._mark(keys)] = True

    def _mark(self, keys: NDArray[np.integer[Any]]) -> NDArray[np.uint64]:
        """What tells most keys that have no value, at once: one in eight at the most passes by chance."""
        return np.asarray(keys.astype(np.uint64) * np.uint64(BASES[0]) >> self._bits)

    def find(self, keys: NDArray[np.integer[Any]]) -> tuple[Numbers, Numbers]:
        """For each value of any of the keys, which key it is of, (n,), and the value."""
        able = np.flatnonzero(self._may[self._mark(keys)])
        low, high = (np.searchsorted(self._keys, keys[able], side) for side in ("left", "right"))
        times = high - low
        which = np.repeat(np.arange(len(able)), times)
        nth = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
        return able[which], self._values[low[which] + nth]

    def times(self, keys: NDArray[np.integer[Any]]) -> Numbers:
        """How many values each key has."""
        every = np.array(keys)
        low, high = (np.searchsorted(self._keys, every, side) for side in ("left", "right"))
        return np.asarray(high - low)


def _packed(text: NDArray[np.integer[Any]]) -> Keys:
    """Each run of three code points as one number, exactly."""
    wide = text.astype(np.uint64)
    return np.asarray(wide[:-2] << np.uint64(42) | wide[1:-1] << np.uint64(21) | wide[2:])
