"""Which of many strings stand in a text? They are kept as arrays, and found all at once by hashes of their characters.

What begins as some string does is looked up by its first two characters, and each stretch as long as a string that
begins so by the hash of all of them (Karp & Rabin 1987). What is found is compared letter by letter, so that hashes
decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from ocrfix.text import code_points, distinct

Numbers = NDArray[np.int64]
Letters = NDArray[np.uint32]
Keys = NDArray[np.uint64]

BLOCK = 1 << 16
"""Characters of a text that are looked through together."""
SIEVE = 1 << 18
"""What begins like no string is known by one look at a table of so many flags, for the most part."""
BASES = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93)
"""Odd numbers of 64 bits: of hashes by the first that tells all strings apart."""
_OF_SIZE = np.uint64(0xFF51AFD7ED558CCD)


class Ragged(NamedTuple):
    """Strings one after the other. letters: the code points of all; begins: (n + 1,), where each begins in it."""

    letters: Letters
    begins: Numbers

    @classmethod
    def of(cls, strings: Sequence[str]) -> Ragged:
        sizes = np.array([len(string) for string in strings], dtype=np.int64)
        return cls(code_points("".join(strings)), np.concatenate(([0], np.cumsum(sizes))))

    @property
    def sizes(self) -> Numbers:
        return np.diff(self.begins)

    def take(self, rows: Numbers, cut: Numbers | int = 0) -> Ragged:
        """Some of them, without their last `cut` characters."""
        sizes = self.sizes[rows] - cut
        return Ragged(self.letters[spread(self.begins[rows], sizes)], np.concatenate(([0], np.cumsum(sizes))))

    def __add__(self, other: object) -> Ragged:
        assert isinstance(other, Ragged)
        begins = np.concatenate((self.begins, other.begins[1:] + self.begins[-1]))
        return Ragged(np.concatenate((self.letters, other.letters)), begins)


def spread(begins: Numbers, sizes: Numbers) -> Numbers:
    """The numbers from each beginning on, so many of each, one after the other."""
    ends = np.cumsum(sizes)
    return np.repeat(begins - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)


class Index(NamedTuple):
    """Strings by their hashes: these, rising, the number of each string, and the base of the hashes."""

    keys: Keys
    order: Numbers
    base: int


class Spellings(Sequence[str]):
    """Strings, each once and none of them empty, by number. Immutable, shared between threads.

    >>> names = Spellings.of(["平度", "平度市", "在平"])
    >>> names[1], names.number("在平"), names.number("茌平")
    ('平度市', 2, None)
    >>> [(start, names[k]) for start, k in names.longest(code_points("在平度市"))]
    [(0, '在平')]
    """

    def __init__(self, spelled: Ragged, index: Index | None = None) -> None:
        self.letters, self.begins = spelled
        self.sizes = spelled.sizes
        self._known = index

    @classmethod
    def of(cls, strings: Iterable[str]) -> Spellings:
        """These strings in their order, without what is empty or has been there before."""
        return cls(Ragged.of([string for string in dict.fromkeys(strings) if string]))

    @classmethod
    def distinct(cls, spelled: Ragged) -> tuple[Spellings, Numbers]:
        """What different strings there are, in order of their first appearance, and which of them each is.

        spelled: strings of which none is empty.
        """
        for base in BASES:
            hashed = _hashes(spelled, base)
            order = np.argsort(hashed, kind="stable")
            new = np.diff(hashed[order], prepend=hashed[order[:1]] - np.uint64(1)) != 0
            first = np.empty_like(order)  # for each the first that has the same hash
            first[order] = order[new][np.cumsum(new) - 1]
            if _same(spelled, first):
                itself = first == np.arange(len(first))
                number = np.cumsum(itself) - 1
                index = Index(hashed[order[new]], number[order[new]], base)
                return cls(spelled.take(np.flatnonzero(itself)), index), number[first]
        raise ValueError(
            f"expected strings that one of {len(BASES)} hashes tells apart, found some that were made alike"
        )

    @property
    def _ragged(self) -> Ragged:
        return Ragged(self.letters, self.begins)

    def take(self, numbers: Numbers) -> Spellings:
        """Some of them, each once, numbered anew."""
        keys, order, base = self._index
        now = np.full(len(self), -1, dtype=np.int64)
        now[numbers] = np.arange(len(numbers))
        some = np.flatnonzero(now[order] >= 0)
        return Spellings(self._ragged.take(numbers), Index(keys[some], now[order[some]], base))

    def __len__(self) -> int:
        return len(self.sizes)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[k] for k in range(*at.indices(len(self)))]
        begin, size = int(self.begins[at]), int(self.sizes[at])
        return self.letters[begin : begin + size].tobytes().decode("utf-32-le", "surrogatepass")

    def number(self, string: str) -> int | None:
        """The number of a string, None where it is none of them."""
        number = int(self.numbers([string])[0])
        return None if number < 0 else number

    def numbers(self, strings: Sequence[str]) -> Numbers:
        """The number of each string, -1 where it is none of them."""
        numbers = np.full(len(strings), -1, dtype=np.int64)
        able = np.array([bool(string) for string in strings], dtype=bool)
        if len(self) and able.any():
            sought = Ragged.of([string for string in strings if string])
            keys, order, base = self._index
            number = order[np.minimum(keys.searchsorted(_hashes(sought, base)), len(keys) - 1)]
            equal = self.sizes[number] == sought.sizes
            rows = np.flatnonzero(equal)
            ours, theirs = self._ragged.take(number[rows]), sought.take(rows)
            if len(rows):
                equal[rows] = np.logical_and.reduceat(ours.letters == theirs.letters, ours.begins[:-1])
            numbers[able] = np.where(equal, number, -1)
        return numbers

    def longest(self, text: Letters) -> list[tuple[int, int]]:
        """Where they stand in a text, and which: from left to right, of several at one place the longest, none twice.

        What overlaps one that begins before it is left out.
        """
        found, after = [], 0
        for starts, numbers in self._found(text):
            first = np.diff(starts, prepend=-1) != 0
            starts, numbers = starts[first], numbers[first]
            for start, number, size in zip(
                starts.tolist(), numbers.tolist(), self.sizes[numbers].tolist(), strict=True
            ):
                if start >= after:
                    found.append((start, number))
                    after = start + size
        return found

    def everywhere(self, text: Letters) -> tuple[Numbers, Numbers]:
        """Where they stand in a text, and which: all of them, by place, and of one place the longer first."""
        parts = list(self._found(text))
        starts, numbers = zip(*parts, strict=True) if parts else ((), ())
        nothing = np.zeros(0, dtype=np.int64)
        return np.concatenate((nothing, *starts)), np.concatenate((nothing, *numbers))

    def _found(self, text: Letters) -> Iterator[tuple[Numbers, Numbers]]:
        if len(self):
            reach = int(self.sizes.max())
            for top in range(0, len(text), BLOCK):
                starts, numbers = self._within(text[top : top + BLOCK + reach - 1], min(BLOCK, len(text) - top))
                yield starts + top, numbers

    def _within(self, text: Letters, many: int) -> tuple[Numbers, Numbers]:
        """What stands in a text at its first so many places, as `everywhere` gives it."""
        keys, order, base = self._index
        starts, sizes = self._begun(text, many)
        inside = starts + sizes <= len(text)
        starts, sizes = starts[inside], sizes[inside]
        powers, inverses = _powers(base, 1 << max(10, len(text).bit_length()))
        before = np.zeros(len(text) + 1, dtype=np.uint64)
        np.cumsum(text * powers[: len(text)], out=before[1:])
        hashed = (before[starts + sizes] - before[starts]) * inverses[starts] + sizes.astype(np.uint64) * _OF_SIZE
        at = np.minimum(keys.searchsorted(hashed), len(keys) - 1)
        equal = keys[at] == hashed
        starts, numbers = starts[equal], order[at[equal]]
        ours = self._ragged.take(numbers)
        there = text[spread(starts, self.sizes[numbers])] == ours.letters
        right = np.logical_and.reduceat(there, ours.begins[:-1]) if len(numbers) else np.zeros(0, dtype=bool)
        starts, numbers = starts[right], numbers[right]
        by_place = np.lexsort((-self.sizes[numbers], starts))
        return starts[by_place], numbers[by_place]

    def _begun(self, text: Letters, many: int) -> tuple[Numbers, Numbers]:
        """Where a text begins as one of them does, and how long that one is."""
        sieve, firsts, lengths, single = self._beginnings
        pairs = text.astype(np.int64)
        pairs[:-1] = pairs[:-1] << 21 | pairs[1:]
        pairs[-1:] = -1
        pairs = pairs[:many]
        starts = np.flatnonzero(sieve[_sifted(pairs)])
        low, high = (firsts.searchsorted(pairs[starts] + k << 20) for k in (0, 1))
        starts, which = np.repeat(starts, high - low), spread(low, high - low)
        sizes = lengths[firsts[which] & ((1 << 20) - 1)]
        if len(single):
            alone = np.flatnonzero(np.isin(text[:many], single))
            starts, sizes = np.concatenate((starts, alone)), np.concatenate((sizes, np.ones_like(alone)))
        return starts, sizes

    @cached_property
    def _index(self) -> Index:
        if self._known:
            return self._known
        for base in BASES:
            keys = _hashes(self._ragged, base)
            order = np.argsort(keys, kind="stable")
            keys = keys[order]
            if (keys[1:] != keys[:-1]).all():
                return Index(keys, order, base)
        raise ValueError(
            f"expected strings that one of {len(BASES)} hashes tells apart, found some that were made alike"
        )

    @cached_property
    def _beginnings(self) -> tuple[NDArray[np.bool_], Numbers, Numbers, Letters]:
        """How they begin: the sieve, two characters with a length's number, the lengths, and those of one character."""
        there = np.bincount(self.sizes) > 0
        lengths, which = np.flatnonzero(there), (np.cumsum(there) - 1)[self.sizes]
        longer = np.flatnonzero(self.sizes > 1)
        begins = self.begins[longer]
        pairs = self.letters[begins].astype(np.int64) << 21 | self.letters[begins + 1]
        sieve = np.zeros(SIEVE, dtype=bool)
        sieve[_sifted(pairs)] = True
        firsts = distinct(pairs << 20 | which[longer])
        return sieve, firsts, lengths, self.letters[self.begins[:-1][self.sizes == 1]]


_MASK = (1 << 64) - 1


def _sifted(pairs: Numbers) -> Numbers:
    """The place in the sieve for two characters."""
    return (pairs * 0x9E3779B1 >> 20) & (SIEVE - 1)


def _hashes(spelled: Ragged, base: int) -> Keys:
    """A hash of each string."""
    if len(spelled.begins) < 2:
        return np.zeros(0, dtype=np.uint64)
    sizes = spelled.sizes
    powers, _ = _powers(base, 1 << max(10, int(sizes.max()).bit_length()))
    within = np.arange(len(spelled.letters)) - np.repeat(spelled.begins[:-1], sizes)
    hashed = np.add.reduceat(spelled.letters * powers[within], spelled.begins[:-1])
    return np.asarray(hashed + sizes.astype(np.uint64) * _OF_SIZE)


@lru_cache(maxsize=8)
def _powers(base: int, many: int) -> tuple[Keys, Keys]:
    """The powers of a base and those of its inverse, from the first on, in numbers of 64 bits."""
    result = []
    for number in (base, pow(base, -1, 1 << 64)):
        powers = np.full(many, number, dtype=np.uint64)
        powers[0] = 1
        result.append(np.cumprod(powers, dtype=np.uint64))
    return result[0], result[1]


def _same(spelled: Ragged, other: NDArray[np.integer[Any]]) -> bool:
    """Whether each string is the same as another one of them."""
    sizes = spelled.sizes
    if (sizes != sizes[other]).any():
        return False
    return bool((spelled.letters == spelled.letters[spread(spelled.begins[other], sizes)]).all())
