"""Which character might have stood here? What an engine misreads so, what looks like it, what the language expects.

There are thousands of candidates for every page. A first look at each, by its two neighbours, the channel and its
shape, leaves the few that are worth weighing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.channel import UNLISTED, Channel, costs
from ocrfix.glyphs import Glyphs
from ocrfix.language import EDGE, Ids, LanguageModel, MilliNats
from ocrfix.proposals import ALIKE, HABIT, NEVER_FOR_EACH_OTHER, NO_LOOK_ALIKE, Proposals, nats
from ocrfix.resources import Resources
from ocrfix.survey import Survey
from ocrfix.text import HAN, NUMERALS, standard

LOOK_ALIKES = 80
"""How many look-alikes of a printed character are tried; docs/design.md has recall against number."""
MARKS = "—%,。"
"""Marks for which a Han character may have been printed."""
MOST = 8
"""How many of each place's candidates are weighed: the best at second look."""
LOOKED_AT = 40
"""How many of them get a second look, by all the context that the language model sees: the best at first look."""


class Look(NamedTuple):
    """What counts at a look, thousandths: about what the same counts for when all evidence is weighed."""

    language: int
    channel: int
    habit: int
    shape: int
    resemblance: int


FIRST_LOOK = Look(language=800, channel=400, habit=0, shape=500, resemblance=2_900)
SECOND_LOOK = Look(language=500, channel=400, habit=900, shape=150, resemblance=0)
WORTH_A_LOOK = -9_000
"""Milli-nats at first look, below which a candidate gets no second."""
WORTH_WEIGHING = -10_000
"""Milli-nats at second look, below which a candidate is not weighed."""

WORTH_ADDING = -1_000
"""At first look, of a character that may have been dropped: there is no end to what might be added."""

Places = NDArray[np.int64]
Column = NDArray[np.int64]


def substitutions(survey: Survey, suspects: Places, resources: Resources) -> list[Proposals]:
    """One character for another."""
    model, glyphs, channel = resources.language, resources.glyphs, resources.channel(survey.engine)
    start = suspects[_han(model)[survey.ids[suspects]]]
    now = _fit(survey.ids[start - 1], survey.ids[start], survey.ids[start + 1], model)
    far = -FIRST_LOOK.shape * nats(NO_LOOK_ALIKE) - FIRST_LOOK.resemblance * ALIKE
    place, ids = expectations(survey, start, start + 1, now + _least_gain(WORTH_A_LOOK, far, UNLISTED), model)
    alike = [_misread(model, channel, glyphs)(i) for i in survey.ids[start].tolist()]
    near = np.repeat(np.arange(len(start)), [len(one) for one in alike])
    both = np.sort(np.concatenate((place << 16 | ids.astype(np.int64), near << 16 | _joined(alike))))
    both = both[np.diff(both, prepend=-1) > 0]
    place, ids = both >> 16, (both & 0xFFFF).astype(np.uint16)
    allowed = _plausible(survey.ids[start[place]], ids, model) & ~_in_couples(survey, start, model)[place]
    place, ids = place[allowed], ids[allowed]
    at, printed = start[place], survey.ids[start[place]]
    shape = _entries(_shapes(model, glyphs), printed, ids)
    reading = -_entries(costs(channel, model), printed, ids)
    gain = _fit(survey.ids[at - 1], ids, survey.ids[at + 1], model) - now[place]
    keep = _best(at, _look(FIRST_LOOK, gain, reading, shape), WORTH_A_LOOK, LOOKED_AT)
    at, ids, shape, reading = at[keep], ids[keep, None], shape[keep], reading[keep]
    keep = _second_look(survey, at, at + 1, ids, reading, shape)
    nothing = np.zeros(len(keep), dtype=np.int64)
    found = at[keep], at[keep] + 1, ids[keep], shape[keep], reading[keep], nothing
    return [Proposals("substitutions", "glyph", *found)]


def _look(weigh: Look, gain: Column, reading: Column, shape: Column) -> Column:
    """What candidates come to at a look, micro-nats."""
    own = weigh.shape * shape + weigh.resemblance * np.maximum(shape, ALIKE)
    return np.asarray(weigh.language * gain + weigh.channel * reading + weigh.habit * np.maximum(reading, HABIT) + own)


def _second_look(survey: Survey, start: Places, end: Places, ids: Ids, reading: Column, shape: Column) -> Column:
    """The candidates that are worth weighing, by place."""
    gain = survey.gain(start, end, ids)
    return _best(start, _look(SECOND_LOOK, gain, reading, shape), WORTH_WEIGHING, MOST)


def pairs(survey: Survey, suspects: Places, resources: Resources) -> list[Proposals]:
    """Two characters for two that stand side by side: each hides the other's error."""
    model, glyphs, channel = resources.language, resources.glyphs, resources.channel(survey.engine)
    han = _han(model)
    first = suspects[:-1][np.diff(suspects) == 1]
    first = first[han[survey.ids[first]] & han[survey.ids[first + 1]]]
    cost, like = costs(channel, model), _shapes(model, glyphs)
    found: list[tuple[Places, Ids, Column, Column]] = []
    for at in first.tolist():
        printed = survey.ids[at : at + 2].tolist()
        left, right = survey.ids[at - 1 : at], survey.ids[at + 2 : at + 3]
        one, two = (_misread(model, channel, glyphs)(i).astype(np.uint16) for i in printed)
        before, met_before = model.following(np.broadcast_to(left, one.shape), one)
        after, met_after = model.following(two, np.broadcast_to(right, two.shape))
        k, m = np.flatnonzero(met_before), np.flatnonzero(met_after)
        a, b = np.repeat(k, len(m)), np.tile(m, len(k))
        between, met = model.following(one[a], two[b])
        a, b, between = a[met], b[met], between[met].astype(np.int64)
        if not len(a):
            continue
        fit = before[a] + between + after[b] - model.unigrams[one[a]] - model.unigrams[two[b]]
        ids = np.stack((one[a], two[b]), axis=1)
        reading = -(cost(printed[0])[ids[:, 0]].astype(np.int64) + cost(printed[1])[ids[:, 1]])
        shape = like(printed[0])[ids[:, 0]].astype(np.int64) + like(printed[1])[ids[:, 1]]
        score = _look(FIRST_LOOK, fit, reading, shape)
        best = np.argsort(-score, kind="stable")[:LOOKED_AT]
        found.append((np.full(len(best), at), ids[best], reading[best], shape[best]))
    if not found:
        return []
    at, ids, reading, shape = (np.concatenate(column) for column in zip(*found, strict=True))
    allowed = _plausible(survey.ids[at], ids[:, 0], model) & _plausible(survey.ids[at + 1], ids[:, 1], model)
    at, ids, reading, shape = at[allowed], ids[allowed], reading[allowed], shape[allowed]
    keep = _second_look(survey, at, at + 2, ids, reading, shape)
    nothing = np.zeros(len(keep), dtype=np.int64)
    return [Proposals("pairs", "glyph", at[keep], at[keep] + 2, ids[keep], shape[keep], reading[keep], nothing)]


def omissions(survey: Survey, suspects: Places, resources: Resources) -> list[Proposals]:
    """A character that the engine dropped, before one that is unlikely where it stands; no figure of a number."""
    model = resources.language
    now = model.following(survey.ids[suspects - 1], survey.ids[suspects])[0].astype(np.int64)
    dropped = costs(resources.channel(survey.engine), model)(0).astype(np.int64)
    least = now + _least_gain(WORTH_ADDING, 0, int(dropped[1:].min()))
    place, ids = expectations(survey, suspects, suspects, least, model)
    han = _han(model)[ids]  # marks that were dropped are looked for by themselves (marks.py)
    place, ids = place[han], ids[han]
    counts = _counts(model)
    fact = counts[ids] & (counts[survey.ids[suspects - 1]] | counts[survey.ids[suspects]])[place]
    place, ids = place[~fact], ids[~fact]
    at = suspects[place]
    reading = -dropped[ids]
    gain = _fit(survey.ids[at - 1], ids, survey.ids[at], model) - now[place]
    nothing = np.zeros(len(at), dtype=np.int64)
    keep = _best(at, _look(FIRST_LOOK, gain, reading, nothing), WORTH_ADDING, LOOKED_AT)
    at, ids, reading, nothing = at[keep], ids[keep, None], reading[keep], nothing[keep]
    keep = _second_look(survey, at, at, ids, reading, nothing)
    found = at[keep], at[keep], ids[keep], nothing[keep], reading[keep], nothing[keep]
    return [Proposals("omissions", "omission", *found)]


def insertions(survey: Survey, suspects: Places, resources: Resources) -> list[Proposals]:
    """Nothing, for a character that the engine made up; no figure of a number is taken away."""
    model = resources.language
    counts = _counts(model)
    fact = counts[survey.ids] & (np.roll(counts[survey.ids], 1) | np.roll(counts[survey.ids], -1))
    at = suspects[(_han(model)[survey.ids] & ~fact)[suspects]]
    made_up = costs(resources.channel(survey.engine), model)
    reading = -np.array([made_up(i)[0] for i in survey.ids[at].tolist()], dtype=np.int64)
    nothing = np.zeros(len(at), dtype=np.int64)
    empty = np.zeros((len(at), 0), dtype=np.uint16)
    return [Proposals("insertions", "insertion", at, at + 1, empty, nothing, reading, nothing)]


def expectations(
    survey: Survey, start: Places, end: Places, least: NDArray[np.int64], model: LanguageModel
) -> tuple[Places, Ids]:
    """What the model has met between the neighbours of each place: index of the place, id.

    least: how well it must fit in there, for each place.
    """
    found = [_followers(model)(i) for i in survey.ids[start - 1].tolist()]
    place = np.repeat(np.arange(len(start)), [len(ids) for ids, _ in found])
    ids = np.concatenate([*(one for one, _ in found), np.zeros(0, dtype=np.uint16)])
    drawn = _joined([logp for _, logp in found])
    near = np.flatnonzero(drawn > least[place])  # what follows is never more than certain
    place, ids, drawn = place[near], ids[near], drawn[near]
    after, met = model.following(ids, survey.ids[end][place])
    good = met & (drawn + after > least[place])
    return place[good], ids[good]


def _least_gain(worth: int, unlike: int, reading: int) -> int:
    """How much better than what is printed something must fit in to be worth weighing, whatever it is."""
    return (1000 * worth + unlike + FIRST_LOOK.channel * reading) // FIRST_LOOK.language


def _fit(left: Ids, middle: Ids, right: Ids, model: LanguageModel) -> NDArray[np.int64]:
    """How much more readily a character stands between its neighbours than by chance, milli-nats."""
    beside = model.following(left, middle)[0] + model.following(middle, right)[0]
    return beside.astype(np.int64) - model.unigrams[middle]


def _best(at: Places, look: Column, least: int, most: int) -> Column:
    """The best few candidates at each place, of those that reach the least, by place."""
    worth = np.flatnonzero(look > 1000 * least)
    return np.asarray(worth[_foremost(at[worth], look[worth], most)])


def _foremost(place: Places, score: NDArray[np.signedinteger], most: int) -> NDArray[np.int64]:
    """The rows with the highest scores at each place, by place; of equal scores the earlier row."""
    order = np.lexsort((-score, place))
    rank = np.arange(len(order)) - np.searchsorted(place[order], place[order])
    return np.asarray(order[rank < most])


def _joined(parts: Sequence[NDArray[np.integer[Any]]]) -> NDArray[np.int64]:
    return np.concatenate([*parts, np.zeros(0, dtype=np.int64)]).astype(np.int64)


@lru_cache(maxsize=4)
def _followers(model: LanguageModel) -> Callable[[int], tuple[Ids, MilliNats]]:
    """The standard Han characters and the MARKS met after another, and how much likelier than by chance."""
    allowed = _flags(model, lambda ch: ch in MARKS or (HAN.match(ch) is not None and standard(ch)))

    @lru_cache(maxsize=1 << 13)
    def of(index: int) -> tuple[Ids, MilliNats]:
        ids, logp = model.continuations(np.array([index], dtype=np.uint16))
        keep = allowed[ids]
        return ids[keep], (logp - model.unigrams[ids])[keep]

    return of


@lru_cache(maxsize=4)
def _misread(model: LanguageModel, channel: Channel, glyphs: Glyphs) -> Callable[[int], Ids]:
    """What may be meant by a printed character: what engines print so, and its look-alikes."""

    @lru_cache(maxsize=1 << 13)
    def of(index: int) -> Ids:
        printed = model.vocabulary[index - 2]
        others = {*channel.readings(printed), *glyphs.look_alikes(printed)[:LOOK_ALIKES]} - {""}
        able = [ch for ch in others if (HAN.match(ch) and standard(ch)) or ch in MARKS]
        ids = model.ids(np.array(list(map(ord, able)), dtype=np.uint32))
        return ids[ids > EDGE]

    return of


@lru_cache(maxsize=4)
def _shapes(model: LanguageModel, glyphs: Glyphs) -> Callable[[int], NDArray[np.int16]]:
    """For a printed vocabulary index, ln of its similarity to each index, milli-nats."""

    @lru_cache(maxsize=2048)
    def of(index: int) -> NDArray[np.int16]:
        printed = model.vocabulary[index - 2]
        row = np.full(len(model.vocabulary) + 2, nats(NO_LOOK_ALIKE), dtype=np.int16)
        near = glyphs.look_alikes(printed)
        row[model.ids(np.array([ord(ch) for ch in near], dtype=np.uint32))] = [
            nats(glyphs.similarity(printed, ch)) for ch in near
        ]
        return row

    return of


def _entries(rows: Callable[[int], NDArray[np.int16]], printed: Ids, true: Ids) -> NDArray[np.int64]:
    """The entry for each pair of indices, where equal ones in `printed` are neighbours for the most part."""
    begins = np.flatnonzero(np.diff(printed.astype(np.int64), prepend=-1)).tolist()
    bounds = zip(begins, [*begins[1:], len(printed)], strict=False)
    return _joined([rows(int(printed[a]))[true[a:b]] for a, b in bounds])


def _plausible(printed: Ids, true: Ids, model: LanguageModel) -> NDArray[np.bool_]:
    """Which may be proposed: no number for a number, no he for she, and nothing for itself."""
    allowed = printed != true
    for group in _groups(model):
        allowed &= ~(group[printed] & group[true])
    return np.asarray(allowed)


def _in_couples(survey: Survey, at: Places, model: LanguageModel) -> NDArray[np.bool_]:
    """Which places hold a 一 that answers another: 一前一后. However odd it reads, neither is a dash misread."""
    one = survey.ids == model.ids(np.array([ord("一")], dtype=np.uint32))[0]
    return np.asarray(one[at] & (one[at - 2] | one[at + 2]))


@lru_cache(maxsize=4)
def _groups(model: LanguageModel) -> tuple[NDArray[np.bool_], ...]:
    return tuple(_flags(model, group.__contains__) for group in NEVER_FOR_EACH_OTHER)


@lru_cache(maxsize=4)
def _counts(model: LanguageModel) -> NDArray[np.bool_]:
    """Which vocabulary indices are figures of numbers."""
    return _flags(model, lambda ch: ch in NUMERALS or ch == "0")


@lru_cache(maxsize=4)
def _han(model: LanguageModel) -> NDArray[np.bool_]:
    """Which vocabulary indices are Han characters."""
    return _flags(model, lambda ch: HAN.match(ch) is not None)


def _flags(model: LanguageModel, which: Callable[[str], bool]) -> NDArray[np.bool_]:
    flags: NDArray[np.bool_] = np.array([False, False, *map(which, model.vocabulary)], dtype=bool)
    return flags
