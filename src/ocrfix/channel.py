"""What does an engine print for what the page shows? A noisy channel (Shannon 1948; Kernighan, Church & Gale 1990).

Tables have what engines print of type that was worn on purpose (`worn`). Beside each may lie what the engine made of
characters of names on which it fails, read more often, and what it printed of real pages, counted
(tools/count_misreadings.py): counts back off to the table, as a Dirichlet prior that is worth FAITH characters (MacKay
& Peto 1995). What a user's profile has counted of the pages at hand backs off to all this in the same way, as far as it
makes a misreading likelier.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrfix.language import EDGE, LanguageModel
from ocrfix.lexicon import TableError, read_table
from ocrfix.profile import NOTHING as NOTHING  # as much the channel's
from ocrfix.profile import Counts, Profile
from ocrfix.text import distinct
from ocrfix.trie import Ids
from ocrfix.worn import UNLISTED as UNLISTED
from ocrfix.worn import Costs, Letters, Overlaid, Readings, Worn

SOUND = 7_000
"""Milli-nats: how seldom an engine fails on a symbol of which nothing is known, one time in a thousand."""
COUNTED = ("true", "shown", "printed", "times")
FAITH = 200
"""How many characters of real pages the table of worn type is worth."""
MILDER = 4
"""How many times rarer misreadings are on the pages that were counted than on those that were worn on purpose."""

MOST_MISREAD = 3_000
"""Milli-nats: twenty to one; hardly a character is printed for another more readily than that."""


@dataclass(frozen=True, eq=False)
class Channel:
    """The readings of one engine, or of several that are as likely as each other.

    Pickled by the files that it was read from; threads may share it.

    >>> from ocrfix.resources import Resources
    >>> channel = Resources.builtin().channel("ppocr")
    >>> channel.cost("在", "茌") < channel.cost("茌", "在") <= UNLISTED
    True
    """

    paths: tuple[Path, ...]
    _tables: tuple[Worn | Overlaid, ...] = field(repr=False)
    _counts: tuple[Counts, ...] = field(repr=False)
    profile: Profile | None = None
    _names: tuple[Worn | None, ...] = field(default=(), repr=False)

    @classmethod
    def open(cls, *paths: Path, profile: Profile | None = None) -> Channel:
        """The tables in files, one an engine, each with its counts in a file NAME.counts.tsv where there is one.

        And what it makes of names, in NAME.names.tsv. Raises FileNotFoundError where there is none, TableError where
        it cannot be read.
        """
        engines = ((path, path.with_suffix(".names.tsv")) for path in map(Path, paths))
        each = ((path, Worn.open(names) if names.is_file() else None) for path, names in engines)
        return cls.of([cls((path,), (Worn.open(path),), (_counts(path),), profile, (own,)) for path, own in each])

    @classmethod
    def of(cls, engines: Sequence[Channel]) -> Channel:
        """Several channels as one. Raises FileNotFoundError where there is none."""
        if not engines:
            raise FileNotFoundError(
                "channel: expected the table of one engine at least, found none; install ocrfix anew"
            )
        return cls(
            tuple(chain.from_iterable(engine.paths for engine in engines)),
            tuple(chain.from_iterable(engine._tables for engine in engines)),
            tuple(chain.from_iterable(engine._counts for engine in engines)),
            engines[0].profile,
            tuple(chain.from_iterable(engine._names for engine in engines)),
        )

    def beside(self, other: Channel) -> Channel:
        """The readings of the engines of both, each as likely as any; what is of both counts twice."""
        return Channel.of((self, other))

    def with_profile(self, profile: Profile) -> Channel:
        """The same with what a profile has counted of the pages at hand."""
        return replace(self, profile=profile)

    @cached_property
    def of_names(self) -> Channel:
        """The same as far as names go: what engines make of characters on which they fail was read more often there.

        Elsewhere that does harm: it makes too much of characters that stand in names alone.
        """
        both = zip(self._tables, self._names, strict=True)
        tables = (Overlaid(table, names) if names and isinstance(table, Worn) else table for table, names in both)
        return replace(self, _tables=tuple(tables))

    def among(self, printed: str) -> Readings:
        """What may have been there where `printed` stands ("" for nothing), rising, and what each costs, milli-nats.

        With several engines, -ln of their mean probability.
        """
        return _readings(self, printed)

    def readings(self, printed: str) -> dict[str, int]:
        """The same by symbol, "" for nothing."""
        symbols, costs = _spelled(self, printed)
        return {true.strip("\0"): cost for true, cost in zip(symbols, costs.tolist(), strict=True)}

    def cost(self, printed: str, true: str) -> int:
        """-ln P(printed | true), milli-nats; UNLISTED for a pair that no table has; "" for nothing."""
        symbols, costs = _spelled(self, printed)
        at = symbols.find(true or "\0")
        return int(costs[at]) if at >= 0 else UNLISTED

    def fallible(self, true: str) -> int:
        """-ln P(misread | true), milli-nats: how seldom an engine fails on a symbol, whatever it prints then."""
        known = _fallible(self)
        p = float(known[code]) if (code := _code(true)) < len(known) else 0.0
        return min(max(round(-1000 * math.log(p)), 0), SOUND) if p and true else SOUND

    def worn(self) -> dict[tuple[str, str], float]:
        """P(printed | true) of the first engine in type worn on purpose, by (printed, true); "" for nothing."""
        table = self._tables[0] if isinstance(self._tables[0], Worn) else self._tables[0].table
        symbols = (printed.replace(NOTHING, "") for printed in table.rows)
        rows = ((printed, *table.row(printed)) for printed in symbols)
        return {
            (printed, _symbol(true)): math.exp(-cost / 100)
            for printed, every, costs in rows
            for true, cost in zip(every.tolist(), costs.tolist(), strict=True)
        }

    @cached_property
    def _shown(self) -> tuple[NDArray[np.int64], ...]:
        """For each engine how often each symbol stood on real pages, by code point; beyond what stood there, 0."""
        result = []
        for counts in self._counts:
            codes = [*map(_code, counts.shown)]
            shown = np.zeros(max(codes, default=0) + 2, dtype=np.int64)
            shown[codes] = [*counts.shown.values()]
            result.append(shown)
        return tuple(result)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Channel.open, profile=self.profile) if self.profile else Channel.open, self.paths


def _symbol(code: int) -> str:
    return chr(code) if code else ""


def _code(symbol: str) -> int:
    return ord(symbol) if symbol else 0


@lru_cache(maxsize=1 << 14)
def _readings(channel: Channel, printed: str) -> Readings:
    rows = [table.row(printed) for table in channel._tables]
    counted = [counts.times.get(printed, {}) for counts in channel._counts]
    codes = [np.array([*map(_code, times)], dtype=np.uint32) for times in counted]
    symbols = distinct(np.concatenate([*(row.true for row in rows), *codes]))
    found = np.zeros(len(symbols))
    for row, times, read, shown in zip(rows, counted, codes, channel._shown, strict=True):
        listed, seen = symbols.searchsorted(row.true), symbols.searchsorted(read)
        worn = np.full(len(symbols), _probabilities()[-1])
        worn[listed] = _probabilities()[row.costs]
        real = FAITH * worn
        real[seen] += MILDER * np.array([*times.values()], dtype=np.float64)
        here = np.zeros(len(symbols), dtype=bool)
        here[listed] = here[seen] = True
        found += np.where(here, real / (FAITH + shown.take(symbols, mode="clip")), 0.0)
    found /= len(rows)
    if channel.profile:
        symbols, found = _with_own(symbols, found, channel.profile.counts, printed)
    costs = np.round(-1000 * np.log(found))
    return Readings(symbols, np.clip(costs, 0, UNLISTED).astype(np.int16))


@lru_cache(maxsize=1 << 14)
def _spelled(channel: Channel, printed: str) -> tuple[str, Costs]:
    """The readings as one string, "\\0" for nothing, and what each costs: smaller than a dictionary, and as quick."""
    true, costs = _readings(channel, printed)
    return true.tobytes().decode("utf-32-le"), costs


def _with_own(
    symbols: Letters, known: NDArray[np.float64], counts: Counts, printed: str
) -> tuple[Letters, NDArray[np.float64]]:
    """Probabilities of readings, by true symbol, with what was counted of the pages at hand."""
    times = counts.times.get(printed, {})
    codes = np.array([*map(_code, times)], dtype=np.uint32)
    every = distinct(np.concatenate((symbols, codes)))
    found = np.full(len(every), math.exp(-UNLISTED / 1000))
    found[every.searchsorted(symbols)] = known
    own = every.searchsorted(codes)
    found[own] = _raised(found[own], [*times.values()], [counts.shown.get(true, 0) for true in times])
    return every, found


def _raised(before: NDArray[np.float64], times: list[int], shown: list[int]) -> NDArray[np.float64]:
    """Probabilities with what was counted. Only what was seen is made likelier: the weights were fitted on all sorts of

    pages, and good ones would else count against every misreading.
    """
    counted, of = np.array(times, dtype=np.float64), np.array(shown, dtype=np.float64)
    return np.maximum(before, (FAITH * before + MILDER * counted) / (FAITH + of))


@cache
def _probabilities() -> NDArray[np.float64]:
    """The probability that each cost of a table stands for, centi-nats."""
    return np.array([math.exp(-cost / 100) for cost in range(UNLISTED // 10 + 1)])


@lru_cache(maxsize=32)
def _fallible(channel: Channel) -> NDArray[np.float64]:
    """P(misread | true) by code point, 0 where nothing is known of it."""
    size = max(len(shown) for shown in channel._shown)
    size = max(size, *(int(table.whole.true.max(initial=0)) + 1 for table in channel._tables))
    found = np.zeros(size)
    for table, counts, shown in zip(channel._tables, channel._counts, channel._shown, strict=True):
        true, costs = table.whole
        wrong = np.bincount(true, np.exp(costs / -100), size)  # as far as the table lists what was printed instead
        for misread in counts.times.values():
            for symbol, times in misread.items():
                wrong[_code(symbol)] += MILDER * times / FAITH
        found += wrong / (1 + np.pad(shown, (0, size - len(shown))) / FAITH)
    found /= len(channel.paths)
    return _failing(found, channel.profile.counts) if channel.profile else found


def _failing(known: NDArray[np.float64], counts: Counts) -> NDArray[np.float64]:
    """How often each symbol is misread, by code point, with what was counted of the pages at hand."""
    failed: Counter[str] = Counter()
    for misread in counts.times.values():
        failed.update({true: times for true, times in misread.items() if true})
    if not failed:
        return known
    codes = np.array([*map(ord, failed)])
    found = np.pad(known, (0, max(int(codes.max()) + 1 - len(known), 0)))
    before = np.where(found[codes] > 0, found[codes], math.exp(-SOUND / 1000))
    found[codes] = _raised(before, [*failed.values()], [counts.shown.get(true, 0) for true in failed])
    return found


def costs(channel: Channel, model: LanguageModel) -> Callable[[int], Costs]:
    """For a printed vocabulary index, what it costs for each index to have been read so; 0 stands for nothing."""
    return _costs(channel, model)


@lru_cache(maxsize=32)
def _costs(channel: Channel, model: LanguageModel) -> Callable[[int], Costs]:
    @lru_cache(maxsize=1024)
    def of(index: int) -> Costs:
        row = np.full(len(model.vocabulary) + 2, UNLISTED, dtype=np.int16)
        if index > EDGE or not index:
            true, what = channel.among(model.vocabulary[index - 2] if index else "")
            ids = model.ids(true)
            row[ids[ids > EDGE]] = what[ids > EDGE]
            row[0] = what[0] if len(true) and not true[0] else UNLISTED
        row.setflags(write=False)
        return row

    return of


def misread(channel: Channel, model: LanguageModel, printed: Ids) -> NDArray[np.int64]:
    """How likely it is that printed vocabulary indices stand for another, whatever is around them.

    printed: (n,). Returns (n,): ln of the odds, milli-nats, between -UNLISTED and MOST_MISREAD; even ones for what the
    model has not met.
    """
    each = distinct(printed)
    return np.array([_misread(channel, model)(i) for i in each.tolist()], dtype=np.int64)[each.searchsorted(printed)]


@lru_cache(maxsize=32)
def _misread(channel: Channel, model: LanguageModel) -> Callable[[int], int]:
    common = np.exp(model.unigrams / 1000)

    @lru_cache(maxsize=1 << 14)
    def of(index: int) -> int:
        if index <= EDGE:
            return 0
        true, what = channel.among(model.vocabulary[index - 2])
        ids = model.ids(true)
        others = (ids > EDGE) & (ids != index)
        instead = float((common[ids[others]] * np.exp(what[others] / -1000)).sum())
        odds = max(instead / float(common[index]), math.exp(-UNLISTED / 1000))
        return min(round(1000 * math.log(odds)), MOST_MISREAD)

    return of


def _counts(path: Path) -> Counts:
    """What was counted of an engine's real pages; nothing where there is no such file."""
    path = path.with_suffix(".counts.tsv")
    counts = Counts({}, {})
    for number, (true, shown, printed, times) in enumerate(read_table(path, COUNTED) if path.is_file() else (), 2):
        if len(true) != 1 or true.replace(NOTHING, "") in counts.shown:
            raise TableError(f"{path}:{number}: expected one symbol that has no row yet, found {true!r}")
        true = "" if true == NOTHING else true
        try:
            counts.shown[true] = _natural(shown)
            for ch, n in zip(printed, map(_natural, times.split()), strict=True):
                counts.times.setdefault("" if ch == NOTHING else ch, {})[true] = n
        except ValueError:
            found = f"{shown!r} and {times[:40]!r} for {len(printed)} symbols"
            raise TableError(f"{path}:{number}: expected whole numbers, one for each symbol, found {found}") from None
    return counts


def _natural(number: str) -> int:
    """A whole number that is not below 0; ValueError for anything else."""
    if not number.isdecimal():
        raise ValueError(number)
    return int(number)
