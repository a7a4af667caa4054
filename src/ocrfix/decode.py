"""Which of the proposals read best together?

Neighbouring errors hide one another: with one of them still in place, the other's correction reads badly too. So all
proposals that touch the same four characters of context compete as a lattice, searched from left to right with a beam;
each proposal's probability is the share of the beam's weight that takes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from ocrfix.language import LanguageModel
from ocrfix.survey import PAD, Survey

BEAM = 12
"""How many readings of a stretch are kept at each step."""


class Option(NamedTuple):
    """A proposal in the lattice.

    start, end: half-open positions in the survey. ids: what to put there. alone: its score where nothing near it
    changes; gain: the part of it that hangs on the context, both in milli-nats (weighted). weight: thousandths of a nat
    that a nat of language counts in it, 0 for a name, which does not hang on the context. row: which one it is.
    """

    start: int
    end: int
    ids: tuple[int, ...]
    alone: int
    gain: int
    weight: int
    row: int


class Taken:
    """The options that a reading takes: the last of them, and those before it, which readings share.

    They are ordered as the lists of their rows are. far: a node further back, at a distance that doubles as it should
    for any node to be reached in a few steps (Myers 1983).
    """

    __slots__ = ("count", "earlier", "far", "option")

    def __init__(self, option: Option | None = None, earlier: Taken | None = None) -> None:
        self.option = option
        self.earlier: Taken = earlier or self
        self.count: int = self.earlier.count + 1 if earlier else 0
        self.far: Taken = self.earlier
        if earlier and earlier.count - earlier.far.count == earlier.far.count - earlier.far.far.count:
            self.far = earlier.far.far

    def __lt__(self, other: Taken) -> bool:
        both = min(self.count, other.count)
        one, two = self.first(both), other.first(both)
        if one is two:
            return self.count < other.count
        while one.earlier is not two.earlier:
            apart = one.far is not two.far
            one, two = (one.far, two.far) if apart else (one.earlier, two.earlier)
        return one.option is not None and two.option is not None and one.option.row < two.option.row

    def first(self, count: int) -> Taken:
        """The first so many of the options."""
        node = self
        while node.count > count:
            node = node.far if node.far.count >= count else node.earlier
        return node

    def rows(self) -> list[int]:
        """The rows of the options, in order."""
        found, node = [], self
        while node.option is not None:
            found.append(node.option.row)
            node = node.earlier
        return found[::-1]


class Reading(NamedTuple):
    """Part of a stretch with some proposals taken.

    score: theirs. taken: the options, in order. tail: the last PAD symbols up to where the last of them ends.
    """

    score: int
    taken: Taken
    tail: tuple[int, ...] = ()

    def allows(self, start: int) -> bool:
        """Whether an option that starts there can be taken too."""
        last = self.taken.option
        return last is None or last.end <= start


def marginals(survey: Survey, options: Sequence[Option], model: LanguageModel) -> dict[int, float]:
    """The probability of each option, by row, given that those near it compete or combine.

    options: sorted by start.
    """
    stretches = [list(_by_start(stretch)) for stretch in _stretches(options)]
    beams: list[list[Reading]] = [[Reading(0, Taken())] for _ in stretches]
    for step in range(max(map(len, stretches), default=0)):
        live = [k for k, groups in enumerate(stretches) if step < len(groups)]
        asked = [
            (reading, option)
            for k in live
            for reading in beams[k]
            if reading.allows(stretches[k][step][0].start)
            for option in stretches[k][step]
        ]
        scores = iter(_extended(survey, asked, model))
        for k in live:
            group = stretches[k][step]
            grown = list(beams[k])
            for reading in beams[k]:
                if reading.allows(group[0].start):
                    grown += [Reading(next(scores), Taken(option, reading.taken), reading.tail) for option in group]
            grown.sort(key=lambda r: (-r.score, r.taken))
            beams[k] = [_with_tail(survey, reading, group[0].start) for reading in grown[:BEAM]]
    result: dict[int, float] = {}
    for beam in beams:
        best = beam[0].score
        shares = [math.exp((reading.score - best) / 1000) for reading in beam]
        total = math.fsum(shares)
        for reading, share in zip(beam, shares, strict=True):
            for row in reading.taken.rows():
                result[row] = result.get(row, 0.0) + share / total
    return result


def _stretches(options: Sequence[Option]) -> Iterator[list[Option]]:
    """Runs of options near enough for one to be context of the next."""
    run: list[Option] = []
    reach = 0
    for option in options:
        if run and option.start - reach >= PAD:
            yield run
            run = []
        run.append(option)
        reach = max(reach, option.end) if len(run) > 1 else option.end
    if run:
        yield run


def _by_start(options: Sequence[Option]) -> Iterator[list[Option]]:
    for _, group in groupby(options, key=lambda o: o.start):
        yield list(group)


def _extended(survey: Survey, asked: Sequence[tuple[Reading, Option]], model: LanguageModel) -> list[int]:
    """The score of each reading with one more option taken."""
    scores = [reading.score + option.alone for reading, option in asked]
    # Only where an option stands within reach of what the reading has changed does its gain have to be asked anew.
    near = [
        k
        for k, (reading, option) in enumerate(asked)
        if (last := reading.taken.option) and option.weight and option.start - last.end < PAD
    ]
    if not near:
        return scores
    rows = []
    for k in near:
        reading, option = asked[k]
        left = _before(survey, reading, option.start)
        right = survey.ids[option.end : option.end + PAD].tolist()
        printed = survey.ids[option.start : option.end].tolist()
        rows += [[*left, *middle, *right] for middle in (option.ids, printed)]
    sums = model.likelihoods(rows, PAD).tolist()
    for i, k in enumerate(near):
        option = asked[k][1]
        scores[k] += option.weight * (sums[2 * i] - sums[2 * i + 1]) // 1000 - option.gain
    return scores


def _before(survey: Survey, reading: Reading, at: int) -> list[int]:
    """The four symbols before `at` as the reading has them."""
    last = reading.taken.option
    since = survey.ids[max(last.end if last else 0, at - PAD) : at].tolist()
    return [*reading.tail, *since][-PAD:]


def _with_tail(survey: Survey, reading: Reading, step: int) -> Reading:
    """A reading with its last symbols, where it has just taken an option that starts at `step`."""
    last = reading.taken.option
    if last is None or last.start != step:
        return reading
    before = _before(survey, reading._replace(taken=reading.taken.earlier), last.start)
    return reading._replace(tail=(*before, *last.ids)[-PAD:])
