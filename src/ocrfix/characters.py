"""Which character might have stood here? What an engine misreads so, what looks like it, what the language expects.

There are thousands of candidates for every page. A first look at each, by its two neighbours, the channel and its
shape, and a second at the best, by all the context that the model sees, leave the few that are worth weighing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.channel import UNLISTED, Channel, costs
from ocrfix.detect import Suspects
from ocrfix.expectations import Column, Places, expectations, flags, han, joined, lists, proposable
from ocrfix.glyphs import Glyphs
from ocrfix.language import LanguageModel
from ocrfix.proposals import ALIKE, HABIT, NEVER_FOR_EACH_OTHER, NO_LOOK_ALIKE, Proposals, nats
from ocrfix.resources import Resources
from ocrfix.survey import Survey
from ocrfix.text import NUMERALS, code_points, distinct
from ocrfix.trie import Ids

LOOK_ALIKES = 80
"""How many look-alikes of a printed character are tried; docs/design.md has recall against number."""
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

CONSIDERED = 4_000
"""Milli-nats at second look, for what the engine itself considered."""
WORTH_ADDING = -1_000
"""At first look, of a character that may have been dropped: there is no end to what might be added."""

PAIRED = -4_500
BESIDE = -5_500
"""ln of the odds, milli-nats, from which a suspect is looked at as one of two that were misread, or as one before which

another was dropped (docs/design.md).
"""

AT_A_TIME = 256
"""Places that are looked at together: what may follow a common character are thousands, at each of them."""
PAIRS_AT_A_TIME = 64
"""The same where each of a hundred characters is paired with each of a hundred."""


class Found(NamedTuple):
    """Candidates as arrays. at: the place of each; ids: (n, width); reading, shape: as in Proposals."""

    at: Places
    ids: Ids
    reading: Column
    shape: Column

    def take(self, rows: Column | NDArray[np.bool_]) -> Found:
        """Some of them."""
        return Found(self.at[rows], self.ids[rows], self.reading[rows], self.shape[rows])


def substitutions(survey: Survey, suspects: Suspects, resources: Resources) -> Iterator[Proposals]:
    """One character for another."""
    model, glyphs, channel = resources.language, resources.glyphs, resources.channel(survey.engine)
    far = -FIRST_LOOK.shape * nats(NO_LOOK_ALIKE) - FIRST_LOOK.resemblance * ALIKE

    def look(contexts: Ids) -> Found:
        left, printed, right = contexts.T
        now = _fit(left, printed, right, model)
        expected = expectations(left, right, now + _least_gain(WORTH_A_LOOK, far, UNLISTED), model)
        alike_at, alike = lists([_misread(model, channel, glyphs)(i) for i in printed.tolist()])
        known, new = expected.at << 16 | expected.ids, alike_at << 16 | alike
        new = new[~_among(new, known)]
        at, ids = new >> 16, (new & 0xFFFF).astype(np.uint16)
        fit = np.concatenate((expected.fit, _fit(left[at], ids, right[at], model)))
        order = np.argsort(np.concatenate((known, new)), kind="stable")
        at, ids = np.concatenate((expected.at, at))[order], np.concatenate((expected.ids, ids))[order]
        allowed = np.flatnonzero(may_stand_for(printed[at], ids, model))
        at, ids, gain = at[allowed], ids[allowed], fit[order[allowed]] - now[at[allowed]]
        shape = _entries(shapes(model, glyphs), printed[at], ids)
        reading = -_entries(costs(channel, model), printed[at], ids)
        keep = _best(at, _look(FIRST_LOOK, gain, reading, shape), WORTH_A_LOOK, LOOKED_AT)
        return Found(at[keep], ids[keep, None], reading[keep], shape[keep])

    start = suspects.at[han(model)[survey.ids[suspects.at]]]
    for some in survey.by_piece(start[~_in_couples(survey, start, model)]):
        found = _with_considered(survey, some, _first_look(survey, some, 1, look), resources)
        yield _second_look("substitutions", "glyph", survey, found, 1)


def _first_look(
    survey: Survey, at: Places, width: int, look: Callable[[Ids], Found], together: int = AT_A_TIME
) -> Found:
    """What a look at the neighbours of each place finds there; where they are the same it is found once.

    look: of contexts (n, width + 2), the printed symbols and their two neighbours, the candidates by row. together: how
    many contexts are looked at together.
    """
    contexts, which = np.unique(survey.ids[at[:, None] + np.arange(-1, width + 1)], axis=0, return_inverse=True)
    parts = [look(contexts[k : k + together]) for k in range(0, len(contexts), together)] or [look(contexts)]
    parts = [part._replace(at=part.at + k * together) for k, part in enumerate(parts)]
    found = _together(parts)
    many = np.bincount(found.at, minlength=len(contexts)).astype(np.int64)
    begins, times = (np.cumsum(many) - many)[which.ravel()], many[which.ravel()]
    rows = np.repeat(begins - (np.cumsum(times) - times), times) + np.arange(times.sum())
    return found.take(rows)._replace(at=np.repeat(at, times))


def _with_considered(survey: Survey, at: Places, found: Found, resources: Resources) -> Found:
    """What was found, and what the engine itself had in mind at these places."""
    if not survey.reading:
        return found
    model, considered = resources.language, survey.reading.considered
    able = proposable(model)
    rows = [(k, true) for k in at.tolist() for true in considered.get(k, ()) if able[true]]
    place = np.array([k for k, _ in rows], dtype=np.int64)
    ids = np.array([true for _, true in rows], dtype=np.uint16)
    new = may_stand_for(survey.ids[place], ids, model)
    new &= ~np.isin(place << 16 | ids, found.at << 16 | found.ids[:, 0].astype(np.int64))
    place, ids = place[new], ids[new]
    printed = survey.ids[place]
    reading = -_entries(costs(resources.channel(survey.engine), model), printed, ids)
    shape = _entries(shapes(model, resources.glyphs), printed, ids)
    more = Found(place, ids[:, None], reading, shape)
    joined = _together([found, more])
    return joined.take(np.argsort(joined.at, kind="stable"))


def _second_look(source: str, kind: str, survey: Survey, found: Found, width: int) -> Proposals:
    """The candidates that are worth weighing, by place."""
    gain = survey.gain(found.at, found.at + width, found.ids)
    score = _look(SECOND_LOOK, gain, found.reading, found.shape)
    if survey.reading and width == found.ids.shape[1]:
        score[_listed(survey, found)] += 1000 * CONSIDERED
    best = _best(found.at, score, WORTH_WEIGHING, MOST)
    at, ids, reading, shape = found.take(best)
    nothing = np.zeros(len(at), dtype=np.int64)
    return Proposals(source, kind, at, at + width, ids, shape, reading, nothing, gain=gain[best])


def _listed(survey: Survey, found: Found) -> NDArray[np.bool_]:
    """Which candidates the engine itself had in mind, at one place at least."""
    assert survey.reading
    considered = survey.reading.considered
    listed = np.zeros(len(found.at), dtype=bool)
    for k in range(found.ids.shape[1]):
        pairs = zip((found.at + k).tolist(), found.ids[:, k].tolist(), strict=True)
        listed |= np.array([true in considered.get(at, ()) for at, true in pairs], dtype=bool)
    return listed


def _look(weigh: Look, gain: Column, reading: Column, shape: Column) -> Column:
    """What candidates come to at a look, micro-nats."""
    total = weigh.language * gain + weigh.channel * reading + weigh.shape * shape
    if weigh.resemblance:
        total += weigh.resemblance * np.maximum(shape, ALIKE)
    if weigh.habit:
        total += weigh.habit * np.maximum(reading, HABIT)
    return np.asarray(total)


def pairs(survey: Survey, suspects: Suspects, resources: Resources) -> Iterator[Proposals]:
    """Two characters for two that stand side by side: each hides the other's error.

    Where the engine told what else it had in mind, more than two are read together (rereading.py).
    """
    if survey.reading and survey.reading.has_alternatives:
        return
    model, glyphs, channel = resources.language, resources.glyphs, resources.channel(survey.engine)
    hans, misread = han(model), _misread(model, channel, glyphs)
    cost, like = costs(channel, model), shapes(model, glyphs)

    def look(contexts: Ids) -> Found:
        left, first, second, right = contexts.T
        at_one, one = lists([misread(i) for i in first.tolist()])
        at_two, two = lists([misread(i) for i in second.tolist()])
        before, met = model.following(left[at_one], one)
        at_one, one, before = at_one[met], one[met], before[met]
        after, met = model.following(two, right[at_two])
        at_two, two, after = at_two[met], two[met], after[met]
        a, b = _each_with_each(at_one, at_two, len(contexts))
        met = model.met_among(one, two, a, b)
        a, b = a[met], b[met]
        at, first_of, second_of = at_one[a], one[a], two[b]
        fit = model.seen(first_of, second_of).astype(np.int64)
        fit += (before - model.unigrams[one])[a]
        fit += (after - model.unigrams[two])[b]
        costs_one, costs_two = _entries(cost, first[at_one], one), _entries(cost, second[at_two], two)
        like_one, like_two = _entries(like, first[at_one], one), _entries(like, second[at_two], two)
        reading, shape = -(costs_one[a] + costs_two[b]), like_one[a] + like_two[b]
        best = foremost(at, _look(FIRST_LOOK, fit, reading, shape), LOOKED_AT)
        ids = np.stack((first_of[best], second_of[best]), axis=1)
        found = Found(at[best], ids, reading[best], shape[best])
        allowed = [
            may_stand_for(printed[found.at], found.ids[:, k], model) for k, printed in enumerate((first, second))
        ]
        return found.take(allowed[0] & allowed[1])

    first = suspects.likelier(PAIRED)
    first = first[:-1][np.diff(first) == 1]
    first = first[hans[survey.ids[first]] & hans[survey.ids[first + 1]]]
    first = first[~(_in_couples(survey, first, model) | _in_couples(survey, first + 1, model))]
    for some in survey.by_piece(first):
        yield _second_look("pairs", "glyph", survey, _first_look(survey, some, 2, look, PAIRS_AT_A_TIME), 2)


def omissions(survey: Survey, suspects: Suspects, resources: Resources) -> Iterator[Proposals]:
    """A character that the engine dropped, before one that is unlikely where it stands; no figure of a number."""
    model = resources.language
    dropped = costs(resources.channel(survey.engine), model)(0).astype(np.int64)
    hans, counts = han(model), figures(model)

    def look(contexts: Ids) -> Found:
        left, right = contexts.T
        now = model.following(left, right)[0].astype(np.int64)
        least = now + _least_gain(WORTH_ADDING, 0, int(dropped[1:].min()))
        at, ids, fit = expectations(left, right, least, model)
        # Marks that were dropped are looked for by themselves (marks.py).
        able = np.flatnonzero(hans[ids] & ~(counts[ids] & (counts[left] | counts[right])[at]))
        at, ids, gain = at[able], ids[able], fit[able] - now[at[able]]
        reading, shape = -dropped[ids], np.zeros(len(at), dtype=np.int64)
        keep = _best(at, _look(FIRST_LOOK, gain, reading, shape), WORTH_ADDING, LOOKED_AT)
        return Found(at[keep], ids[keep, None], reading[keep], shape[keep])

    for some in survey.by_piece(suspects.likelier(BESIDE)):
        yield _second_look("omissions", "omission", survey, _first_look(survey, some, 0, look), 0)


def insertions(survey: Survey, suspects: Suspects, resources: Resources) -> Iterator[Proposals]:
    """Nothing, for a character that the engine made up; no figure of a number is taken away."""
    model = resources.language
    counts = figures(model)
    fact = counts[survey.ids] & (np.roll(counts[survey.ids], 1) | np.roll(counts[survey.ids], -1))
    made_up = costs(resources.channel(survey.engine), model)
    for at in survey.by_piece(suspects.at[(han(model)[survey.ids] & ~fact)[suspects.at]]):
        reading = -np.array([made_up(i)[0] for i in survey.ids[at].tolist()], dtype=np.int64)
        nothing = np.zeros(len(at), dtype=np.int64)
        empty = np.zeros((len(at), 0), dtype=np.uint16)
        yield Proposals("insertions", "insertion", at, at + 1, empty, nothing, reading, nothing)


def _among(sought: Column, known: Column) -> NDArray[np.bool_]:
    """Which numbers are among the known ones, which rise."""
    if not len(known):
        return np.zeros(len(sought), dtype=bool)
    return np.asarray(known[np.minimum(np.searchsorted(known, sought), len(known) - 1)] == sought)


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
    return np.asarray(worth[foremost(at[worth], look[worth], most)])


def foremost(place: Places, score: NDArray[np.signedinteger], most: int) -> NDArray[np.int64]:
    """The rows with the highest scores at each place, by place; of equal scores the earlier row. Places rise."""
    begins = np.flatnonzero(np.diff(place, prepend=-1))
    sizes = np.diff(begins, append=len(place))
    bar = np.full(len(begins), np.iinfo(np.int64).min)
    for k in np.flatnonzero(sizes > 2 * most).tolist():  # where there are many, what cannot be among them is not sorted
        here = score[begins[k] : begins[k] + sizes[k]]
        bar[k] = np.partition(here, sizes[k] - most)[sizes[k] - most]
    able = np.flatnonzero(score >= np.repeat(bar, sizes))
    order = able[np.lexsort((-score[able], place[able]))]
    rank = np.arange(len(order)) - np.searchsorted(place[order], place[order])
    return np.asarray(order[rank < most])


def _each_with_each(at_one: Places, at_two: Places, many: int) -> tuple[Column, Column]:
    """All pairs of an entry of the one and an entry of the other that have the same number; numbers rise."""
    times = np.bincount(at_two, minlength=many)
    begins = np.cumsum(times) - times
    a = np.repeat(np.arange(len(at_one)), times[at_one])
    nth = np.arange(len(a)) - np.repeat(np.cumsum(times[at_one]) - times[at_one], times[at_one])
    return a, begins[at_one][a] + nth


def _together(parts: Sequence[Found]) -> Found:
    return Found(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@lru_cache(maxsize=4)
def _misread(model: LanguageModel, channel: Channel, glyphs: Glyphs) -> Callable[[int], Ids]:
    """What may be meant by a printed character: what engines print so, and its look-alikes."""

    able = proposable(model)

    @lru_cache(maxsize=1 << 13)
    def of(index: int) -> Ids:
        printed = model.vocabulary[index - 2]
        near = code_points(glyphs.look_alikes(printed)[:LOOK_ALIKES])
        ids = model.ids(distinct(np.concatenate((channel.among(printed).true, near))))
        return ids[able[ids]]

    return of


@lru_cache(maxsize=4)
def shapes(model: LanguageModel, glyphs: Glyphs) -> Callable[[int], NDArray[np.int16]]:
    """For a printed vocabulary index, ln of its similarity to each index, milli-nats."""
    alike = np.array([nats(hundredths / 100) for hundredths in range(100)], dtype=np.int16)

    @lru_cache(maxsize=1024)
    def of(index: int) -> NDArray[np.int16]:
        row = np.full(len(model.vocabulary) + 2, nats(NO_LOOK_ALIKE), dtype=np.int16)
        near, hundredths = glyphs.row(model.vocabulary[index - 2])
        row[model.ids(code_points(near))] = alike[np.frombuffer(hundredths, dtype=np.uint8)]
        return row

    return of


def _entries(rows: Callable[[int], NDArray[np.int16]], printed: Ids, true: Ids) -> NDArray[np.int64]:
    """The entry for each pair of indices, where equal ones in `printed` are neighbours for the most part."""
    begins = np.flatnonzero(np.diff(printed.astype(np.int64), prepend=-1)).tolist()
    bounds = zip(begins, [*begins[1:], len(printed)], strict=False)
    return joined([rows(int(printed[a]))[true[a:b]] for a, b in bounds])


def may_stand_for(printed: Ids, true: Ids, model: LanguageModel) -> NDArray[np.bool_]:
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
    return tuple(flags(model, "".join(sorted(group))) for group in NEVER_FOR_EACH_OTHER)


@lru_cache(maxsize=4)
def figures(model: LanguageModel) -> NDArray[np.bool_]:
    """Which vocabulary indices are figures of numbers."""
    return flags(model, "".join(sorted(NUMERALS)) + "0")
