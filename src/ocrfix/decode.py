"""Which of the proposals read best together?

Neighbouring errors hide one another: with one of them still in place, the other's correction reads badly too. So all
proposals that touch the same four characters of context compete as a lattice, searched from left to right with a beam;
each proposal's probability is the share of the beam's weight that takes it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby, product
from typing import Any, NamedTuple

from ocrfix.language import LanguageModel
from ocrfix.survey import PAD, Survey

BEAM = 12
"""How many readings of a stretch are kept at each step."""
KEPT = 1 << 14
"""Of how many contexts it is kept what the options there are worth: a text that repeats itself asks again and again."""

Symbols = tuple[int, ...]


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


class Context(NamedTuple):
    """What a reading has before a place. before: the last PAD symbols. changed: whether an option ends within them."""

    before: Symbols
    changed: bool


class Reading(NamedTuple):
    """Part of a stretch with some proposals taken.

    score: theirs. taken: the options, in order. tail: the last PAD symbols up to where the last of them ends.
    """

    score: int
    taken: Taken
    tail: Symbols = ()

    def allows(self, start: int) -> bool:
        """Whether an option that starts there can be taken too."""
        last = self.taken.option
        return last is None or last.end <= start

    def context(self, start: int, ids: Sequence[int]) -> Context:
        """What it has before a place. ids: the symbols as they are printed."""
        last = self.taken.option
        if last is None or start - last.end >= PAD:
            return Context(tuple(ids[start - PAD : start]), False)
        return Context((*self.tail, *ids[last.end : start])[-PAD:], True)


class Worth:
    """What the options at a place add to the score of a reading, by what it has before them; remembered for a while."""

    def __init__(self, ids: Sequence[int], model: LanguageModel) -> None:
        self._ids, self._model = ids, model
        self._places: dict[tuple[Any, ...], int] = {}
        self._known: dict[tuple[int, Context], list[int]] = {}

    def of(self, asked: Sequence[tuple[Sequence[Option], Sequence[Context]]]) -> list[list[list[int]]]:
        """What each of the options at a place is worth in each of the contexts, for each place that is asked."""
        if len(self._known) + len(self._places) > KEPT:
            self._known.clear()
            self._places.clear()
        keys = [list(product((self._place(group),), contexts)) for group, contexts in asked]
        groups = {key: group for (group, _), of_place in zip(asked, keys, strict=True) for key in of_place}
        new = {key: group for key, group in groups.items() if key not in self._known}
        self._known.update(
            zip(new, self._looked_up([(context, group) for (_, context), group in new.items()]), strict=True)
        )
        return [[self._known[key] for key in of_place] for of_place in keys]

    def _place(self, group: Sequence[Option]) -> int:
        """A number for options and for what is printed around them, wherever they stand."""
        first, last = group[0].start, max(option.end for option in group)
        options = tuple((o.end - first, o.ids, o.alone, o.gain, o.weight) for o in group)
        return self._places.setdefault((options, *self._ids[first : last + PAD]), len(self._places))

    def _looked_up(self, asked: Sequence[tuple[Context, Sequence[Option]]]) -> list[list[int]]:
        # Only where an option stands within reach of what the reading has changed does its gain have to be asked anew.
        pieces = [
            [self._pieces(context, option) if context.changed and option.weight else None for option in group]
            for context, group in asked
        ]
        likely = self._likelihoods({piece for row in pieces for both in row if both for piece in both})
        return [
            [
                option.alone
                + (option.weight * (likely[both[0]] - likely[both[1]]) // 1000 - option.gain if both else 0)
                for option, both in zip(group, row, strict=True)
            ]
            for (_, group), row in zip(asked, pieces, strict=True)
        ]

    def _pieces(self, context: Context, option: Option) -> tuple[Symbols, Symbols]:
        """The text around an option, with it and as it is printed."""
        printed, after = self._ids[option.start : option.end], self._ids[option.end : option.end + PAD]
        return (*context.before, *option.ids, *after), (*context.before, *printed, *after)

    def _likelihoods(self, pieces: Collection[Symbols]) -> dict[Symbols, int]:
        """The log-likelihood of pieces of text after the first PAD symbols of each, milli-nats."""
        if not pieces:
            return {}
        likely = self._model.likelihoods([*pieces], PAD)
        return dict(zip(pieces, likely.tolist(), strict=True))


def marginals(survey: Survey, options: Sequence[Option], model: LanguageModel) -> dict[int, float]:
    """The probability of each option, by row, given that those near it compete or combine.

    options: sorted by start.
    """
    ids = survey.ids.tolist()
    worth = Worth(ids, model)
    stretches = [list(_by_start(stretch)) for stretch in _stretches(options)]
    beams: list[list[Reading]] = [[Reading(0, Taken())] for _ in stretches]
    for step in range(max(map(len, stretches), default=0)):
        live = {k: groups[step] for k, groups in enumerate(stretches) if step < len(groups)}
        able = {k: _able(beams[k], group[0].start, ids) for k, group in live.items()}
        added = worth.of([(group, [context for _, context in able[k]]) for k, group in live.items()])
        for (k, group), more in zip(live.items(), added, strict=True):
            beams[k] = _foremost(beams[k], [(*one, each) for one, each in zip(able[k], more, strict=True)], group)
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


def _able(beam: Sequence[Reading], start: int, ids: Sequence[int]) -> list[tuple[Reading, Context]]:
    """The readings that can take an option that starts there, and what they have before it."""
    return [(reading, reading.context(start, ids)) for reading in beam if reading.allows(start)]


def _foremost(
    beam: Sequence[Reading], able: Sequence[tuple[Reading, Context, list[int]]], group: Sequence[Option]
) -> list[Reading]:
    """The best of a beam's readings as they are, and of those with one option more, each worth so much there."""
    # What cannot be among the best is not written down: most of it, where all places have many options.
    least: float = beam[-1].score if len(beam) == BEAM else -math.inf
    grown = [
        (total, reading, context, option)
        for reading, context, worth in able
        for option, more in zip(group, worth, strict=True)
        if (total := reading.score + more) >= least
    ]
    scores = sorted([*(reading.score for reading in beam), *(total for total, *_ in grown)], reverse=True)
    least = scores[:BEAM][-1]
    kept = [reading for reading in beam if reading.score >= least]
    kept += [
        Reading(total, Taken(option, reading.taken), (*context.before, *option.ids)[-PAD:])
        for total, reading, context, option in grown
        if total >= least
    ]
    return sorted(kept, key=lambda r: (-r.score, r.taken))[:BEAM]
