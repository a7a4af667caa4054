"""How may a stretch of symbols be read that the engine doubted? A beam search from left to right (Lowerre 1976).

At each symbol what is printed may stand, or what the engine had in mind, what engines misread so, what looks alike, or
what the language expects there; something may have been dropped before it, or it may be made up. What is weighed here
is about what counts later, when all evidence is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.channel import Channel, costs
from ocrfix.characters import figures, foremost, may_stand_for, shapes
from ocrfix.confidence import DOUBT
from ocrfix.expectations import Column, Places, flags, lists, proposable
from ocrfix.glyphs import Glyphs
from ocrfix.language import Context, LanguageModel
from ocrfix.proposals import HABIT
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey
from ocrfix.text import code_points
from ocrfix.trie import Ids

LONGEST = 8
"""Symbols that are read together at most."""
MORE = 2
"""How many may have been dropped among them."""
BEAM = 20
"""How many readings of a stretch are kept from one symbol to the next."""
FINAL = 80
"""How many are read on to what follows the stretch."""
BEST = 10
"""How many readings of a stretch are found."""
LISTED = 48
"""How many are tried of what an engine misreads so, or looks alike."""
EXPECTED = 12
"""How many symbols are tried of what the language expects after a reading."""
ASKED = 6
"""After how many readings it is asked: the foremost of a stretch."""
MARKS = ",。、;:"
"""Marks that may have been dropped or misread among characters."""
DROPPED = -1
"""In place of that for which a symbol stands: for none, it was dropped."""

LANGUAGE, CHANNEL, NOTORIETY, SHAPE, DOUBTED, SHARE = 500, 300, 700, 150, 500, 400
"""What counts here, thousandths."""
CONSIDERED = 4_000
"""Milli-nats, for what the engine itself had in mind."""
NEVER = -30_000
"""Milli-nats, for what may not stand for a symbol."""

Flags = NDArray[np.bool_]
Worth = NDArray[np.int16]


class Readings(NamedTuple):
    """Readings of stretches, or of their first symbols, as arrays of the same number of rows.

    of: which stretch, rising. score: milli-nats. ids: (n, LONGEST + MORE), what is read; places: for which symbol of
    the stretch each of them stands, or DROPPED; size: how many there are. context: what the language model knows of the
    end. more: how many were dropped; open: whether something may have been dropped next.
    """

    of: Places
    score: Column
    ids: Ids
    places: NDArray[np.int8]
    size: Column
    context: Context
    more: Column
    open: Flags

    @classmethod
    def begun(cls, left: Ids, model: LanguageModel) -> Readings:
        """Nothing read yet, after each of some contexts, (n, PAD)."""
        many, room = len(left), LONGEST + MORE
        nothing = np.zeros(many, dtype=np.int64)
        ids, places = np.zeros((many, room), dtype=np.uint16), np.zeros((many, room), dtype=np.int8)
        context, able = model.context(left), np.ones(many, dtype=bool)
        return cls(np.arange(many), nothing, ids, places, nothing, context, nothing, able)

    def take(self, rows: Column) -> Readings:
        """Some of them."""
        first = self.of[rows], self.score[rows], self.ids[rows], self.places[rows], self.size[rows]
        return Readings(*first, tuple(nodes[rows] for nodes in self.context), self.more[rows], self.open[rows])

    def extended(self, rows: Column, ids: Ids, worth: Column, place: int, model: LanguageModel) -> Readings:
        """Some of them with one symbol more each; worth: what that counts for besides the language."""
        logp, context = model.extended(self.context, rows, ids)
        here, end = np.arange(len(rows)), self.size[rows]
        read, places = self.ids[rows], self.places[rows]
        read[here, end], places[here, end] = ids, place
        score = self.score[rows] + worth + LANGUAGE * logp.astype(np.int64) // 1000
        is_more = np.full(len(rows), place == DROPPED)
        return Readings(self.of[rows], score, read, places, end + 1, context, self.more[rows] + is_more, ~is_more)

    def followed(self, symbols: Ids, model: LanguageModel) -> Readings:
        """All of them with one symbol more each that is not part of the stretch."""
        logp, context = model.extended(self.context, np.arange(len(self.of)), symbols)
        return self._replace(score=self.score + LANGUAGE * logp.astype(np.int64) // 1000, context=context)

    def foremost(self, most: int, ahead: Column | int = 0) -> Readings:
        """The best few of each stretch; of equal scores the earlier. ahead: what is known of how each goes on."""
        return self.take(foremost(self.of, self.score + ahead, most))

    def distinct(self) -> Readings:
        """Of those of a stretch that say the same the best."""
        order = np.lexsort((-self.score, self.of))
        known = np.where(np.arange(self.ids.shape[1]) < self.size[:, None], self.ids, 0)
        key = np.column_stack((self.of, self.size, known))[order]
        _, first = np.unique(key, axis=0, return_index=True)
        return self.take(order[np.sort(first)])


def readings(survey: Survey, start: Places, length: int, resources: Resources) -> Readings:
    """The best readings of stretches that begin at some places and have the same length, with that which is printed.

    Positions are those of the survey, which has confidences; what is not doubted stays.
    """
    assert survey.reading
    model, channel = resources.language, resources.channel(survey.engine)
    worth = _worth(model, channel, resources.glyphs)
    found = Readings.begun(survey.ids[start[:, None] + np.arange(-PAD, 0)], model)
    for k in range(length):
        at = start + k
        found = _with_dropped(found, survey, at, worth, model)
        parts = [found.extended(np.arange(len(found.of)), survey.ids[at][found.of], 0 * found.of, k, model)]
        doubted = survey.reading.doubt[at] > DOUBT
        parts += _misread(found, survey, at, doubted, k, worth, model)
        parts.append(_without(found, survey, at, doubted, worth, model))
        found = _joined(parts)
        ahead = _ahead(found, survey.ids[at + 1], survey.reading.doubt[at + 1] <= DOUBT, model)
        found = found.foremost(FINAL if k == length - 1 else BEAM, ahead)
    found = _with_dropped(found, survey, start + length, worth, model).distinct()
    for k in range(PAD):
        found = found.followed(survey.ids[start + length + k][found.of], model)
    return found.foremost(BEST)


def _misread(
    found: Readings, survey: Survey, at: Places, doubted: Flags, place: int, worth: _Worth, model: LanguageModel
) -> list[Readings]:
    """Readings with another symbol for the next that is printed."""
    printed = survey.ids[at]
    assert survey.reading
    offers = [
        _offers(int(i), survey.reading.considered.get(k, {}), worth) if able else _NOTHING
        for i, k, able in zip(printed.tolist(), at.tolist(), doubted.tolist(), strict=True)
    ]
    doubt = DOUBTED * survey.reading.doubt[at] // 1000
    begins = np.cumsum([0, *(len(ids) for ids, _ in offers)])
    times = np.diff(begins)[found.of]
    row = np.repeat(np.arange(len(found.of)), times)
    which = np.repeat(begins[found.of] - (np.cumsum(times) - times), times) + np.arange(len(row))
    ids, known = (np.concatenate(column) for column in zip(*offers, strict=True))
    listed = found.extended(row, ids[which], known[which] + doubt[found.of[row]], place, model)
    row, ids = _expected(found, doubted[found.of], model)
    own = np.array([worth(p)[i] for p, i in zip(printed[found.of[row]].tolist(), ids.tolist(), strict=True)], np.int64)
    fine = np.flatnonzero(own > NEVER)
    row, ids, own = row[fine], ids[fine], own[fine]
    return [listed, found.extended(row, ids, own + doubt[found.of[row]], place, model)]


def _without(
    found: Readings, survey: Survey, at: Places, doubted: Flags, worth: _Worth, model: LanguageModel
) -> Readings:
    """Readings in which the next symbol that is printed is made up; no figure of a number is."""
    assert survey.reading
    printed, considered = survey.ids[at], survey.reading.considered
    own = np.array([int(worth(int(i))[0]) for i in printed.tolist()], dtype=np.int64)
    own += [CONSIDERED if 0 in considered.get(k, ()) else 0 for k in at.tolist()]
    own += DOUBTED * survey.reading.doubt[at] // 1000
    able = doubted & ~figures(model)[printed]
    rest = found.take(np.flatnonzero(able[found.of] & found.open))
    return rest._replace(score=rest.score + own[rest.of])


def _with_dropped(found: Readings, survey: Survey, at: Places, worth: _Worth, model: LanguageModel) -> Readings:
    """Readings, and the best of those with one more that was dropped before the next printed symbol; no figure of a

    number beside another.
    """
    able = found.open & (found.more < MORE)
    row, ids = _expected(found, able, model)
    marks, rest = model.ids(code_points(MARKS)), np.flatnonzero(able)
    row = np.concatenate((row, np.repeat(rest, len(marks))))
    ids = np.concatenate((ids, np.tile(marks, len(rest))))
    numbers = figures(model)
    fine = ~(numbers[ids] & (numbers[survey.ids[at]] | numbers[survey.ids[at - 1]])[found.of[row]])
    row, ids = row[fine], ids[fine]
    more = _joined([found.extended(row, ids, worth(0)[ids].astype(np.int64), DROPPED, model)])
    ahead = _ahead(more, survey.ids[at], np.ones(len(at), dtype=bool), model)
    return _joined([found, more.foremost(BEAM, ahead)])


def _expected(found: Readings, able: Flags, model: LanguageModel) -> tuple[Column, Ids]:
    """What the language expects after the foremost of the readings that are able: rows, and symbols."""
    rows = np.flatnonzero(able)
    rows = rows[foremost(found.of[rows], found.score[rows], ASKED)]
    nodes = zip(*(each[rows].tolist() for each in found.context), strict=True)
    which, ids = lists([_continuations(model)(known) for known in nodes])
    return rows[which], ids


def _ahead(found: Readings, following: Ids, sure: Flags, model: LanguageModel) -> Column:
    """How readily the next printed symbol follows each reading, where it is sure to stand."""
    fit = model.following(found.context[0].astype(np.uint16), following[found.of])[0]
    return np.where(sure[found.of], LANGUAGE * fit.astype(np.int64) // 1000, 0)


def _joined(parts: Sequence[Readings]) -> Readings:
    """Several as one, by stretch."""
    of, score, ids, places, size, contexts, more, able = zip(*parts, strict=True)
    every = Readings(
        *(np.concatenate(of), np.concatenate(score), np.concatenate(ids), np.concatenate(places), np.concatenate(size)),
        tuple(np.concatenate(nodes) for nodes in zip(*contexts, strict=True)),
        *(np.concatenate(more), np.concatenate(able)),
    )
    return every.take(np.argsort(every.of, kind="stable"))


Offers = tuple[Ids, Column]
_Worth = Callable[[int], Worth]
_NOTHING: Offers = (np.zeros(0, dtype=np.uint16), np.zeros(0, dtype=np.int64))


def _offers(printed: int, considered: Mapping[int, int], worth: _Worth) -> Offers:
    """What may stand for a printed symbol, and what speaks for it: what is known, and what the engine had in mind."""
    row = worth(printed)
    known = _listed(worth, printed)
    own = np.array(sorted(i for i in considered if i and row[i] > NEVER), dtype=np.uint16)
    if not len(own):
        return known, row[known].astype(np.int64)
    ids = np.concatenate((own, known[~np.isin(known, own)]))
    score = row[ids].astype(np.int64)
    score[: len(own)] += [CONSIDERED + SHARE * considered[i] // 1000 for i in own.tolist()]
    return ids, score


@lru_cache(maxsize=1 << 13)
def _listed(worth: _Worth, printed: int) -> Ids:
    """The symbols for which most speaks where one is printed."""
    row = worth(printed)
    best = np.argsort(-row, kind="stable")[:LISTED]
    return best[row[best] > NEVER].astype(np.uint16)


@lru_cache(maxsize=8)
def _worth(model: LanguageModel, channel: Channel, glyphs: Glyphs) -> _Worth:
    """For a printed vocabulary index what speaks for each other symbol in its place, milli-nats; of both, 0 is nothing.

    The channel, and how alike they look. NEVER for what may not be proposed.
    """
    able, cost, alike = _proposable(model), costs(channel, model), shapes(model, glyphs)

    @lru_cache(maxsize=1024)
    def of(printed: int) -> Worth:
        reading = -cost(printed).astype(np.int64)
        row = (CHANNEL * reading + NOTORIETY * np.maximum(reading, HABIT)) // 1000
        row[~able] = NEVER
        if printed:
            every = np.arange(len(row), dtype=np.uint16)
            row[1:] += SHAPE * alike(printed).astype(np.int64)[1:] // 1000
            row[1:][~may_stand_for(np.full(len(row), printed, dtype=np.uint16), every, model)[1:]] = NEVER
        return np.asarray(np.maximum(row, NEVER).astype(np.int16))

    return of


@lru_cache(maxsize=4)
def _continuations(model: LanguageModel) -> Callable[[tuple[int, ...]], Ids]:
    """What the language expects most after n-grams that end in the same place, the shortest first."""
    able = _proposable(model)
    able[0] = False

    @lru_cache(maxsize=1 << 14)
    def after(order: int, node: int) -> Ids:
        ids, logp = model.children(order, node)
        keep = able[ids]
        return np.asarray(ids[keep][np.argsort(-logp[keep], kind="stable")[:EXPECTED]])

    def of(nodes: tuple[int, ...]) -> Ids:
        found: dict[int, None] = {}
        for order in range(len(nodes) - 1, -1, -1):
            if nodes[order] >= 0 and len(found) < EXPECTED:
                found.update(dict.fromkeys(after(order, nodes[order]).tolist()))
        return np.array([*found][:EXPECTED], dtype=np.uint16)

    return of


def _proposable(model: LanguageModel) -> Flags:
    """Which vocabulary indices may be read: nothing, the standard Han characters, and marks."""
    able = proposable(model) | flags(model, MARKS)
    able[0] = True
    return able
