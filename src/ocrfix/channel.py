"""What does an engine print for what the page shows? A noisy channel (Shannon 1948; Kernighan, Church & Gale 1990).

A table gives for each printed symbol those that the page may have shown instead, and how improbable the reading is:
-100 ln P(printed | true), in whole centi-nats. `∅` stands for nothing: a symbol dropped, or made up. The tables are
made by tools/build_channel.py from what engines print of worn type.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrfix.language import EDGE, LanguageModel
from ocrfix.lexicon import TableError, read_table

NOTHING = "∅"
UNLISTED = 14_000
"""Milli-nats: what a reading costs that no table lists, one in a million."""
COLUMNS = ("printed", "true", "cost")

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

    @classmethod
    def open(cls, *paths: Path) -> Channel:
        """The tables in files, one an engine.

        Raises FileNotFoundError where there is none, TableError where it cannot be read.
        """
        return cls(tuple(map(Path, paths)), tuple(_table(Path(path)) for path in paths))

    def readings(self, printed: str) -> dict[str, int]:
        """What may have been there where `printed` stands ("" for nothing), and what each costs, milli-nats.

        With several engines, -ln of their mean probability.
        """
        return dict(_readings(self, printed))

    def cost(self, printed: str, true: str) -> int:
        """-ln P(printed | true), milli-nats; UNLISTED for a pair that no table has; "" for nothing."""
        return _readings(self, printed).get(true, UNLISTED)

    def __reduce__(self) -> tuple[Any, ...]:
        return Channel.open, self.paths


@lru_cache(maxsize=1 << 14)
def _readings(channel: Channel, printed: str) -> dict[str, int]:
    found: dict[str, float] = {}
    for path, table in zip(channel.paths, channel._tables, strict=True):
        for true, cost in _row(path, printed, table.get(printed or NOTHING, ("", ""))):
            found[true] = found.get(true, 0.0) + math.exp(-cost / 100)
    return {true: min(round(-1000 * math.log(p / len(channel.paths))), UNLISTED) for true, p in found.items()}


def costs(channel: Channel, model: LanguageModel) -> Callable[[int], Costs]:
    """For a printed vocabulary index, what it costs for each index to have been read so; 0 stands for nothing."""
    return _costs(channel, model)


@lru_cache(maxsize=8)
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


def _row(path: Path, printed: str, row: tuple[str, str]) -> list[tuple[str, int]]:
    true, cost = row
    try:
        found = list(zip(("" if ch == NOTHING else ch for ch in true), map(int, cost.split()), strict=True))
    except ValueError:
        expected = f"expected a whole number for each of {len(true)} symbols"
        raise TableError(f"{path}: row {printed or NOTHING!r}: {expected}, found {cost[:40]!r}") from None
    return found
