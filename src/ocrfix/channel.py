"""What does an engine print for what the page shows? A noisy channel (Shannon 1948; Kernighan, Church & Gale 1990).

A table gives for each printed symbol those that the page may have shown instead, and how improbable the reading is:
-100 ln P(printed | true), in whole centi-nats. `∅` stands for nothing: a symbol dropped, or made up. These tables are
made by tools/build_channel.py from what engines print of type that was set and worn on purpose. Beside each may lie
what the engine printed of real pages, counted (tools/count_misreadings.py): counts back off to the table, as a
Dirichlet prior that is worth FAITH characters (MacKay & Peto 1995). What a user's profile has counted of the pages at
hand backs off to all this in the same way, as far as it makes a misreading likelier.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrfix.language import EDGE, LanguageModel
from ocrfix.lexicon import TableError, read_table
from ocrfix.profile import NOTHING as NOTHING  # as much the channel's
from ocrfix.profile import Counts, Profile
from ocrfix.text import code_points

UNLISTED = 14_000
"""Milli-nats: what a reading costs that no table lists, one in a million."""
SOUND = 7_000
"""Milli-nats: how seldom an engine fails on a symbol of which nothing is known, one time in a thousand."""
COLUMNS = ("printed", "true", "cost")
COUNTED = ("true", "shown", "printed", "times")
FAITH = 200
"""How many characters of real pages the table of worn type is worth."""
MILDER = 4
"""How many times rarer misreadings are on the pages that were counted than on those that were worn on purpose."""

Costs = NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """The readings of one engine, or of several that are as likely as each other.

    Pickled by the files that it was read from; threads may share it.

    >>> from ocrfix.resources import Resources
    >>> channel = Resources.builtin().channel("ppocr")
    >>> channel.cost("在", "茌") < channel.cost("茌", "在") <= UNLISTED
    True
    """

    paths: tuple[Path, ...]
    _tables: tuple[dict[str, tuple[str, str]], ...] = field(repr=False)
    _counts: tuple[Counts, ...] = field(repr=False)
    profile: Profile | None = None

    @classmethod
    def open(cls, *paths: Path, profile: Profile | None = None) -> Channel:
        """The tables in files, one an engine, each with its counts in a file NAME.counts.tsv where there is one.

        Raises FileNotFoundError where there is none, TableError where it cannot be read.
        """
        if not paths:
            raise FileNotFoundError(
                "channel: expected the table of one engine at least, found none; install ocrfix anew"
            )
        tables = tuple(_table(Path(path)) for path in paths)
        return cls(tuple(map(Path, paths)), tables, tuple(_counts(Path(path)) for path in paths), profile)

    def beside(self, other: Channel) -> Channel:
        """The readings of the engines of both, each as likely as any; what is of both counts twice."""
        tables, counts = self._tables + other._tables, self._counts + other._counts
        return Channel(self.paths + other.paths, tables, counts, self.profile)

    def with_profile(self, profile: Profile) -> Channel:
        """The same with what a profile has counted of the pages at hand."""
        return replace(self, profile=profile)

    def readings(self, printed: str) -> dict[str, int]:
        """What may have been there where `printed` stands ("" for nothing), and what each costs, milli-nats.

        With several engines, -ln of their mean probability.
        """
        return dict(_readings(self, printed))

    def cost(self, printed: str, true: str) -> int:
        """-ln P(printed | true), milli-nats; UNLISTED for a pair that no table has; "" for nothing."""
        return _readings(self, printed).get(true, UNLISTED)

    def fallible(self, true: str) -> int:
        """-ln P(misread | true), milli-nats: how seldom an engine fails on a symbol, whatever it prints then."""
        return _fallible(self).get(true, SOUND)

    def worn(self) -> dict[tuple[str, str], float]:
        """P(printed | true) of the first engine in type worn on purpose, by (printed, true); "" for nothing."""
        path, table = self.paths[0], self._tables[0]
        rows = ((y if y != NOTHING else "", _row(path, y, row)) for y, row in table.items())
        return {(printed, true): math.exp(-cost / 100) for printed, row in rows for true, cost in row}

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Channel.open, profile=self.profile) if self.profile else Channel.open, self.paths


@lru_cache(maxsize=1 << 16)
def _readings(channel: Channel, printed: str) -> dict[str, int]:
    found: dict[str, float] = {}
    for path, table, counts in zip(channel.paths, channel._tables, channel._counts, strict=True):
        row = dict(_row(path, printed, table.get(printed or NOTHING, ("", ""))))
        times = counts.times.get(printed, {})
        for true in row.keys() | times.keys():
            worn = _probabilities()[row.get(true, UNLISTED // 10)]
            real = FAITH * worn + MILDER * times.get(true, 0)
            found[true] = found.get(true, 0.0) + real / (FAITH + counts.shown.get(true, 0))
    mean = {true: p / len(channel.paths) for true, p in sorted(found.items())}
    if channel.profile:
        mean = _with_own(mean, channel.profile.counts, channel.profile.counts.times.get(printed, {}), UNLISTED)
    return {true: max(min(round(-1000 * math.log(p)), UNLISTED), 0) for true, p in mean.items()}


def _with_own(known: dict[str, float], counts: Counts, times: dict[str, int], unknown: int) -> dict[str, float]:
    """Probabilities of readings, by true symbol, with what was counted of the pages at hand.

    Only what was seen there is made likelier: the weights were fitted on all sorts of pages, and good ones would else
    count against every misreading. times: how often each was read so there. unknown: milli-nats, of a symbol that is
    not among the known.
    """
    found = dict(known)
    for true, n in times.items():
        before = known.get(true, math.exp(-unknown / 1000))
        found[true] = max(before, (FAITH * before + MILDER * n) / (FAITH + counts.shown.get(true, 0)))
    return dict(sorted(found.items()))


@cache
def _probabilities() -> list[float]:
    """The probability that each cost of a table stands for, centi-nats."""
    return [math.exp(-cost / 100) for cost in range(UNLISTED // 10 + 1)]


@lru_cache(maxsize=32)
def _fallible(channel: Channel) -> dict[str, int]:
    found: dict[str, float] = {}
    for path, table, counts in zip(channel.paths, channel._tables, channel._counts, strict=True):
        wrong = _failures(path, table)
        for misread in counts.times.values():
            for true, times in misread.items():
                wrong[true] = wrong.get(true, 0.0) + MILDER * times / FAITH
        for true, p in wrong.items():
            found[true] = found.get(true, 0.0) + p / (1 + counts.shown.get(true, 0) / FAITH)
    mean = {true: p / len(channel.paths) for true, p in sorted(found.items()) if true}
    if channel.profile:
        failed = dict[str, int]()
        for misread in channel.profile.counts.times.values():
            for true, times in misread.items():
                failed[true] = failed.get(true, 0) + times * (true != "")
        mean = _with_own(mean, channel.profile.counts, failed, SOUND)
        mean.pop("", None)
    return {true: min(max(round(-1000 * math.log(p)), 0), SOUND) for true, p in mean.items()}


def _failures(path: Path, rows: dict[str, tuple[str, str]]) -> dict[str, float]:
    """How often each symbol of worn type was misread, as far as a table lists what was printed instead."""
    true = "".join(true for true, _ in rows.values())
    costs = " ".join(cost for _, cost in rows.values())
    if len(true) != len(costs.split()) or not costs.replace(" ", "").isdecimal():
        for printed, row in rows.items():
            _row(path, printed, row)  # says which row is wrong
    symbols, which = np.unique(code_points(true), return_inverse=True)
    sums = np.bincount(which, np.exp(np.fromstring(costs, dtype=np.int64, sep=" ") / -100))
    return {ch: p for ch, p in zip(map(chr, symbols.tolist()), sums.tolist(), strict=True) if ch != NOTHING}


def costs(channel: Channel, model: LanguageModel) -> Callable[[int], Costs]:
    """For a printed vocabulary index, what it costs for each index to have been read so; 0 stands for nothing."""
    return _costs(channel, model)


@lru_cache(maxsize=32)
def _costs(channel: Channel, model: LanguageModel) -> Callable[[int], Costs]:
    @lru_cache(maxsize=2048)
    def of(index: int) -> Costs:
        row = np.full(len(model.vocabulary) + 2, UNLISTED, dtype=np.int16)
        if index > EDGE or not index:
            found = channel.readings(model.vocabulary[index - 2] if index else "")
            true = model.ids(np.array([ord(ch) if ch else 0 for ch in found], dtype=np.uint32))
            what = np.array(list(found.values()), dtype=np.int16)
            nothing = np.array([not ch for ch in found], dtype=bool)
            row[true[true > EDGE]] = what[true > EDGE]
            row[0] = what[nothing][0] if nothing.any() else UNLISTED
        row.setflags(write=False)
        return row

    return of


def _table(path: Path) -> dict[str, tuple[str, str]]:
    table: dict[str, tuple[str, str]] = {}
    for number, (printed, true, cost) in enumerate(read_table(path, COLUMNS), 2):
        if len(printed) != 1 or printed in table:
            raise TableError(f"{path}:{number}: expected one symbol that has no row yet, found {printed!r}")
        table[printed] = true, cost
    return table


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


def _row(path: Path, printed: str, row: tuple[str, str]) -> list[tuple[str, int]]:
    true, cost = row
    try:
        found = list(zip(("" if ch == NOTHING else ch for ch in true), map(_natural, cost.split()), strict=True))
        found = [(ch, min(c, UNLISTED // 10)) for ch, c in found]
    except ValueError:
        expected = f"expected a whole number for each of {len(true)} symbols"
        raise TableError(f"{path}: row {printed or NOTHING!r}: {expected}, found {cost[:40]!r}") from None
    return found


def _natural(number: str) -> int:
    """A whole number that is not below 0; ValueError for anything else."""
    if not number.isdecimal():
        raise ValueError(number)
    return int(number)
