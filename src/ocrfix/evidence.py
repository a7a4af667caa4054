"""What speaks for a proposal, and what against? Each kind of evidence is a function of its own, in milli-nats.

What they weigh stands in lexicons/decision.tsv; which count for what, in score.EVIDENCE.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.established import established
from ocrfix.far_names import country
from ocrfix.names import class_lead, classes
from ocrfix.near_names import misreading
from ocrfix.proposals import ALIKE, HABIT, Proposals
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey
from ocrfix.text import code_points
from ocrfix.trie import Ids, MilliNats

Column = NDArray[np.int64]

PLAIN = 8_000
"""Milli-nats: what reads better by so much plainly reads better; more says less."""
CLEARLY = 40_000
"""Milli-nats: what belongs, or does not belong, by so much clearly does; more says nothing."""
OBJECTION = 1_000_000
"""Milli-nats: more than any name that is printed can object to another."""
NOTORIOUS = -3_000
"""ln P(printed | true), milli-nats: what is likelier than this, one time in twenty, an engine is notorious for."""


@dataclass(frozen=True)
class Batch:
    """Proposals of one source and size in their document, and what several kinds of evidence ask of them."""

    survey: Survey
    p: Proposals
    resources: Resources

    def take(self, rows: Column) -> Batch:
        """Some of the proposals."""
        return Batch(self.survey, self.p.take(rows), self.resources)

    @cached_property
    def before(self) -> Column:
        """The log-likelihood of what is printed, over all places that a replacement touches."""
        return self.survey.before(self.p.start, self.p.end)

    @cached_property
    def after(self) -> Column:
        """The log-likelihood of what is proposed, over all places that it touches."""
        if self.p.gain is not None:
            return self.before + self.p.gain
        return self.survey.after(self.p.start, self.p.end, self.p.ids)

    @cached_property
    def printed(self) -> Ids:
        """What is printed, (n, width)."""
        return np.asarray(self.survey.ids[self.p.start[:, None] + np.arange(self.p.width)])

    @cached_property
    def slips(self) -> Slips:
        """Where printed forms differ from names."""
        size = self.p.ids.shape[1]
        meant = code_points("".join(self.p.forms)).astype(np.int64).reshape(len(self.p), size)
        only, slips = np.full(len(self.p), -1, dtype=np.int64), list[tuple[int, int, int]]()
        if size == self.p.width:  # nearly all have one character read for another
            printed = self.survey.letters[self.p.start[:, None] - PAD + np.arange(size)].astype(np.int64)
            wrong = printed != meant
            one = np.flatnonzero(wrong.sum(axis=1) == 1)
            only[one] = wrong[one].argmax(axis=1)
            slips += zip(one.tolist(), printed[one, only[one]].tolist(), meant[one, only[one]].tolist(), strict=True)
        for k in np.flatnonzero(only < 0).tolist():
            found = misreading(self.survey.symbols(int(self.p.start[k]), int(self.p.end[k])), self.p.forms[k])
            slips += ((k, ord(a or NOTHING), ord(b or NOTHING)) for a, b in found.slips)
            if len(found.slips) == 1 and found.missing:
                only[k] = next(n for n, at in enumerate((*found.intact, -1)) if n != at)
        row, shown, true = np.array(slips, dtype=np.int64).reshape(-1, 3).T
        pairs, which = np.unique(shown << 21 | true, return_inverse=True)
        printed_side, true_side = ("".join(map(chr, side.tolist())) for side in (pairs >> 21, pairs & 0x1FFFFF))
        return Slips(row, which, printed_side, true_side, only)

    @cached_property
    def slip_costs(self) -> Column:
        """How improbable each of the different slips is: -ln P(printed | true), where names are looked for."""
        channel = self.resources.channel(self.survey.engine).of_names
        printed, true = ([ch.strip(NOTHING) for ch in side] for side in (self.slips.printed, self.slips.true))
        return np.array([*map(channel.cost, printed, true)], dtype=np.int64)

    @cached_property
    def numbers(self) -> Column:
        """The number of each form among the names of the country, -1 where it is none."""
        return country(self.resources.gazetteer, self.resources.language).index.names.numbers(self.p.forms)

    @cached_property
    def lead(self) -> Column:
        """How much likelier any name of the same kind is here than what is printed, up to CLEARLY either way."""
        model, known = self.resources.language, classes(self.resources.gazetteer, self.resources.language)
        lead = class_lead(self.survey, self.p.start, self.p.end, self.p.forms, known, model)
        return np.clip(lead, -CLEARLY, CLEARLY)

    def times(self, middle: Ids) -> Column:
        """How often the likeliest run of three symbols around or in `middle` stands in the document."""
        left = self.survey.ids[self.p.start[:, None] + np.arange(-2, 0)]
        right = self.survey.ids[self.p.end[:, None] + np.arange(2)]
        return np.asarray(self.survey.forms.times(np.concatenate((left, middle, right), axis=1)).max(axis=1))

    def bonds(self, middle: Ids) -> tuple[Column, Column]:
        """How readily the characters in `middle` stand beside their neighbours: before the first, after the last."""
        left, right = self.survey.ids[self.p.start - 1], self.survey.ids[self.p.end]
        return self.attraction(left, middle[:, 0]), self.attraction(middle[:, -1], right)

    def attraction(self, first: Ids, second: Ids) -> Column:
        """ln P(second after first) - ln P(second): pointwise mutual information (Church & Hanks 1990)."""
        model = self.resources.language
        return model.following(first, second)[0].astype(np.int64) - model.unigrams[second]

    @cached_property
    def swaps(self) -> tuple[Column, Column, Ids]:
        """Where symbols stand for others: the row, the position of what is printed, what is proposed; 0 for nothing.

        Of names and phrases that are longer or shorter than what is printed none is known.
        """
        ids, places = self.p.ids, self.p.places
        if places is None:
            ids = ids if ids.shape[1] else np.zeros((len(self.p), self.p.width), dtype=np.uint16)
            places = np.tile(np.arange(ids.shape[1]), (len(self.p), ids.shape[1] == self.p.width))
            ids = ids[:, : places.shape[1]]
        new = np.zeros((len(self.p), self.p.width), dtype=np.uint16)
        rows, columns = np.nonzero(places >= 0)
        new[rows, places[rows, columns]] = ids[rows, columns]
        rows, columns = np.nonzero((self.printed != new) & (places.shape[1] > 0))
        return rows, self.p.start[rows] + columns, new[rows, columns]

    @cached_property
    def considered(self) -> Column:
        """What the engine had in mind: (n, 3), the columns `considered`, `share` and `overlooked`, below."""
        told = np.zeros((len(self.p), 3), dtype=np.int64)
        if self.survey.reading:
            considered = self.survey.reading.considered
            for row, at, true in zip(*(column.tolist() for column in self.swaps), strict=True):
                if at in considered:
                    part = considered[at].get(true)
                    told[row] += (0, 0, 1000) if part is None else (1000, part, 0)
        return told


class Slips(NamedTuple):
    """How printed forms differ from names: characters read for others, dropped, and made up.

    row: (n,), the proposal each is of. pair: (n,), which of the different ones it is. printed, true: of these the
    characters, NOTHING for none. only: (proposals,), which character of the name is the only one that is not there; -1
    where more is wrong, or something was made up.
    """

    row: Column
    pair: Column
    printed: str
    true: str
    only: Column

    @property
    def swaps(self) -> dict[int, list[tuple[str, str]]]:
        """Of each proposal that has any the characters read for others: what is printed, and what is true."""
        pairs, swaps = [*zip(self.printed, self.true, strict=True)], dict[int, list[tuple[str, str]]]()
        for row, pair in zip(self.row.tolist(), self.pair.tolist(), strict=True):
            if NOTHING not in pairs[pair]:
                swaps.setdefault(row, []).append(pairs[pair])
        return swaps


NOTHING = "\0"
"""Stands for what was dropped, and for what was made up."""
Evidence = Callable[[Batch], Column]


def language(b: Batch) -> Column:
    """By how much the text grows likelier."""
    return b.after - b.before


def plainly(b: Batch) -> Column:
    """The same up to PLAIN."""
    return np.minimum(language(b), PLAIN)


def fluency(b: Batch) -> Column:
    """How well the text reads afterwards, as the mean over the places touched: around names it reads badly anyway."""
    return np.asarray(b.after // (b.p.ids.shape[1] + PAD))


def channel(b: Batch) -> Column:
    """How readily engines print it so: ln P(printed | true)."""
    return b.p.prior


def habit(b: Batch) -> Column:
    """The same down to HABIT: what engines seldom do they do for many reasons."""
    return np.maximum(b.p.prior, HABIT)


def notorious(b: Batch) -> Column:
    """The same down to NOTORIOUS: what engines do more often than not."""
    return np.maximum(b.p.prior, NOTORIOUS)


def shape(b: Batch) -> Column:
    """How alike the printed and the proposed characters look, or sound: ln of their similarity."""
    return b.p.shape


def unlike(b: Batch) -> Column:
    """By how much the characters look less alike than ALIKE: beyond that they are as unlike as any."""
    return np.minimum(b.p.shape - ALIKE, 0)


def bond_printed(b: Batch) -> Column:
    """How readily what is printed goes with that neighbour with which it goes best: it may be a word."""
    return np.maximum(*b.bonds(b.printed))


def strain_printed(b: Batch) -> Column:
    """How readily what is printed goes with the other neighbour."""
    return np.minimum(*b.bonds(b.printed))


def bond_proposed(b: Batch) -> Column:
    """How readily what is proposed goes with that neighbour with which it goes best."""
    return np.maximum(*b.bonds(b.p.ids))


def strain_proposed(b: Batch) -> Column:
    """How readily what is proposed goes with the other neighbour."""
    return np.minimum(*b.bonds(b.p.ids))


def often(b: Batch) -> Column:
    """How often the document has the form, as 1000 ln of the times."""
    return b.p.match


def crowded(b: Batch) -> Column:
    """How many forms the document has established, as 1000 ln: among many, one resembles another by chance."""
    many = len(established(b.survey, b.resources.language)[0])
    return np.full(len(b.p), round(1000 * math.log(1 + many)), dtype=np.int64)


def rarity_printed(b: Batch) -> Column:
    """How common the printed characters are by themselves: a rare one is seldom a mistake."""
    return np.asarray(b.resources.language.unigrams[b.printed].sum(axis=1, dtype=np.int64))


def rarity_proposed(b: Batch) -> Column:
    """How common the proposed characters are by themselves."""
    return np.asarray(b.resources.language.unigrams[b.p.ids].sum(axis=1, dtype=np.int64))


def recurs_printed(b: Batch) -> Column:
    """How often the printed form stands elsewhere in the document, as 1000 ln(1 + times)."""
    return log_times(b.times(b.printed) - 1)


def recurs_proposed(b: Batch) -> Column:
    """How often the proposed form stands elsewhere in the document, as 1000 ln(1 + times)."""
    itself = 0 if b.p.ids.shape[1] else 1  # where something is only taken away, what is left was printed too
    return log_times(b.times(b.p.ids) - itself)


def doubled(b: Batch) -> Column:
    """How much more readily the last character of a run is followed by itself, and that by the next, than by chance."""
    model = b.resources.language
    last, after = b.survey.ids[b.p.end - 1], b.survey.ids[b.p.end + b.p.width]
    twice = model.log_probabilities(np.stack((last, last, after), axis=1)).astype(np.int64)
    once = model.log_probabilities(np.stack((last, after), axis=1))[:, 1]
    return twice[:, 1] - model.unigrams[last] + twice[:, 2] - once


def junction(b: Batch) -> Column:
    """How readily one word ends and another begins with the doubled character: 机会|会更, 省委|委员.

    The lesser of two attractions: of the symbol before to the first, of the second to the symbol after.
    """
    first, second, after = b.survey.ids[b.p.start], b.survey.ids[b.p.end], b.survey.ids[b.p.end + 1]
    return np.minimum(b.attraction(b.survey.ids[b.p.start - 1], first), b.attraction(second, after))


def length(b: Batch) -> Column:
    """How long the removed run is, as 1000 ln of its symbols: long ones are not repeated by chance."""
    return log_times(b.p.end - b.p.start - 1)


def register(b: Batch) -> Column:
    """How familiar the language around is: the median log-probability of the hundred symbols on either side."""
    around = b.p.start[:, None] + np.concatenate((np.arange(-100, -2), np.arange(4, 102)))
    near = b.survey.logp[np.clip(around, PAD, len(b.survey.logp) - PAD - 1)]
    return np.asarray(np.median(near, axis=1), dtype=np.int64)


def change(b: Batch) -> Column:
    """One nat for every proposal: what a change costs in itself."""
    return np.full(len(b.p), 1000, dtype=np.int64)


Bounds = Callable[[Batch], tuple[Column | int, Column | int]]


def _often(b: Batch) -> tuple[Column | int, Column | int]:
    return 0, MOST_TIMES


BOUNDS: Mapping[Evidence, Bounds] = {
    recurs_printed: _often,
    recurs_proposed: _often,
}
"""Between what it lies, for what is dear to find out."""

_LOG_TIMES: MilliNats = np.array([round(1000 * float(np.log1p(k))) for k in range(64)], dtype=np.int32)

MOST_TIMES = int(_LOG_TIMES[-1])


def log_times(times: NDArray[np.int64]) -> Column:
    """1000 ln(1 + times), for up to 63 times."""
    return _LOG_TIMES[np.clip(times, 0, 63)].astype(np.int64)


def logs(counts: NDArray[np.integer[Any]]) -> Column:
    """1000 ln(1 + n) for each count, however large; for one below 0 as for none."""
    return np.asarray(np.round(1000 * np.log1p(np.maximum(counts, 0)))).astype(np.int64)
