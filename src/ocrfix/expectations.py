"""What has the language model met between two neighbours?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.language import EDGE, UNKNOWN, LanguageModel
from ocrfix.text import code_points, is_han, standards
from ocrfix.trie import Ids, MilliNats

MARKS = "—%,。"
"""Marks for which a Han character may have been printed."""

Places = NDArray[np.int64]
Column = NDArray[np.int64]


class Expected(NamedTuple):
    """What may stand between neighbours: index of the pair, id, and how much more readily than by chance (`_fit`)."""

    at: Places
    ids: Ids
    fit: Column


def expectations(left: Ids, right: Ids, least: Column, model: LanguageModel) -> Expected:
    """What the model has met between pairs of neighbours; by pair, then by id.

    left, right, least: (n,); least: how well it must fit in there, milli-nats. Of what follows the one and what comes
    before the other, the shorter list is gone through.
    """
    after, before = (
        [of(i) for i in ids.tolist()] for of, ids in ((_followers(model), left), (_preceders(model), right))
    )
    shorter = np.array([len(a[0]) <= len(b[0]) for a, b in zip(after, before, strict=True)], dtype=bool)
    found = []
    for side, chosen in ((after, np.flatnonzero(shorter)), (before, np.flatnonzero(~shorter))):
        which, ids = lists([side[k][0] for k in chosen.tolist()])
        at, half = chosen[which], joined([side[k][1] for k in chosen.tolist()])
        # The rest is never more than certain, or than what a character that comes before it has of its own.
        good = np.flatnonzero((half if side is after else half - model.unigrams[ids]) > least[at])
        at, ids, half = at[good], ids[good], half[good]
        good = np.flatnonzero(model.met(ids, right[at]) if side is after else model.met(left[at], ids))
        at, ids = at[good], ids[good]
        rest = model.seen(ids, right[at]) if side is after else model.seen(left[at], ids)
        fit = half[good] + rest - (0 if side is after else model.unigrams[ids])
        good = np.flatnonzero(fit > least[at])
        found.append(Expected(at[good], ids[good], fit[good]))
    at, ids, fit = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(at, kind="stable")
    return Expected(at[order], ids[order], fit[order])


@lru_cache(maxsize=4)
def proposable(model: LanguageModel) -> NDArray[np.bool_]:
    """Which vocabulary indices may be proposed for a Han character: those of the standard set, and MARKS."""
    return standard_han(model) | flags(model, MARKS)


@lru_cache(maxsize=4)
def standard_han(model: LanguageModel) -> NDArray[np.bool_]:
    """Which vocabulary indices are Han characters of the standard set."""
    return han(model) & np.concatenate(([False, False], standards(model.vocabulary)))


@lru_cache(maxsize=4)
def han(model: LanguageModel) -> NDArray[np.bool_]:
    """Which vocabulary indices are Han characters."""
    return np.concatenate(([False, False], is_han(code_points(model.vocabulary))))


def flags(model: LanguageModel, symbols: str) -> NDArray[np.bool_]:
    """Which vocabulary indices are one of these symbols."""
    found = np.zeros(len(model.vocabulary) + 2, dtype=bool)
    found[model.ids(code_points(symbols))] = True
    found[[UNKNOWN, EDGE]] = False
    return found


def lists(lists: Sequence[Ids]) -> tuple[Places, Ids]:
    """Of several lists each entry, and the number of its list."""
    numbers = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
    return numbers, np.concatenate([*lists, np.zeros(0, dtype=np.uint16)])


def joined(parts: Sequence[NDArray[np.integer[Any]]]) -> NDArray[np.int64]:
    return np.concatenate([*parts, np.zeros(0, dtype=np.int64)]).astype(np.int64)


@lru_cache(maxsize=4)
def _followers(model: LanguageModel) -> Callable[[int], tuple[Ids, MilliNats]]:
    """The standard Han characters and the MARKS met after another, and how much likelier than by chance."""
    allowed = proposable(model)

    @lru_cache(maxsize=1 << 13)
    def of(index: int) -> tuple[Ids, MilliNats]:
        ids, logp = model.continuations(np.array([index], dtype=np.uint16))
        keep = allowed[ids]
        return ids[keep], (logp - model.unigrams[ids])[keep]

    return of


@lru_cache(maxsize=4)
def _preceders(model: LanguageModel) -> Callable[[int], tuple[Ids, MilliNats]]:
    """The standard Han characters and the MARKS met before another, and how likely it then is."""
    allowed = proposable(model)

    @lru_cache(maxsize=1 << 13)
    def of(index: int) -> tuple[Ids, MilliNats]:
        ids, logp = model.preceding(index)
        keep = allowed[ids]
        return ids[keep], logp[keep]

    return of
