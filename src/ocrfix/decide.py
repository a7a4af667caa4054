"""Which do we dare to make?"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import numpy as np

from ocrfix import strangers
from ocrfix.config import Config
from ocrfix.decode import Option, marginals
from ocrfix.model import Alternative, Correction, Evidence
from ocrfix.notes import NOTES
from ocrfix.resources import Resources, Weights
from ocrfix.score import HOPEFUL, Scored
from ocrfix.script import TRADITIONAL
from ocrfix.spans import Edit
from ocrfix.survey import Survey

RIVALS = 6
"""How many proposals of one source and size compete at one place."""
WORTH_TELLING = 0.02
"""The probability from which an alternative is shown."""


DOUBT = {"punctuation": 0.5, "repetition": 0.25, "names": 0.75, "far_short_names": 0.35, "established": 0.6}
"""How much of the doubt that `accept` leaves a kind, or a source, may have: half of it for marks, a quarter for what
stands twice, three quarters for a name of which the document speaks, a third for one of two characters of which it says
nothing, three fifths for a form that it alone knows. There are so many places for marks, so many words that rightly
begin as the last one ends, and so many names, that rare mistakes among them would be most of what clean text suffers.
"""


DOUBT_READ = {**DOUBT, "punctuation": 0.14}
"""The same where the engine's confidences are at hand: there, harm is done by marks before all (docs/design.md)."""


FAR = -5_500
"""Milli-nats: the median log-probability of a character where a text's language is far from the model's."""
DOUBT_FAR = 0.1
"""How much of the doubt that `accept` leaves any correction may have there, in Traditional print (docs/design.md)."""

WITH_PROFILE = 0.95
"""How much of the doubt a correction may have where a profile is at hand: right text is not to suffer by it."""


class Decision(NamedTuple):
    """What is made, and what is only suggested; each by position."""

    corrections: tuple[Correction, ...]
    suggestions: tuple[Correction, ...]


def decide(survey: Survey, scored: list[Scored], resources: Resources, config: Config) -> Decision:
    """The corrections whose probability reaches `config.accept`, and the suggestions that reach `config.suggest`.

    A place is suggested where all its alternatives together reach it: that something is wrong is worth knowing.
    """
    rows = _hopeful(scored)
    options = sorted(_options(survey, scored, rows), key=lambda o: (o.start, o.end, o.row))
    if survey.reading and survey.reading.has_alternatives:
        options = _best_of_same(options)
    probability = marginals(survey, options, resources.language)
    ranked = [(p, *rows[n]) for n, p in sorted(probability.items(), key=lambda item: (-item[1], item[0]))]
    found = _merged([c for c in (_correction(survey, scored[b], k, p, resources) for p, b, k in ranked) if c])
    if survey.reading:
        found = _calibrated(found, survey)
    rivals = _by_span(found)
    accept = accepted(survey, config)
    made, suggested, taken = list[Correction](), list[Correction](), set[int]()
    for wanted, chosen in ((accept, made), (config.suggest, suggested)):
        for c in found:
            if taken.isdisjoint(_cells(c)):
                others = [r for r in rivals[c.start, c.end] if r is not c]
                together = c.score + sum(r.score for r in others)
                if is_sure(c, wanted, survey.reading is not None) if chosen is made else together >= wanted:
                    taken.update(_cells(c))
                    chosen.append(_with_alternatives(c, others))
    return Decision(_by_place(made), _by_place(suggested))


def accepted(survey: Survey, config: Config) -> float:
    """The score from which corrections of a text are made: that of the settings, or a higher one where harm is near."""
    doubt = 1 - config.accept
    doubt *= DOUBT_FAR if is_far(survey) else 1
    doubt *= WITH_PROFILE if config.profile else 1
    return 1 - doubt if doubt != 1 - config.accept else config.accept


def is_far(survey: Survey) -> bool:
    """Whether a text in Traditional print is of a time or a place whose language the model does not know well."""
    return survey.writing.script == TRADITIONAL and survey.familiar < FAR


def is_sure(c: Correction, accept: float, read: bool = False) -> bool:
    """Whether a correction is sure enough to be made: its doubt is at most what `accept` leaves its kind and source.

    read: whether the text brought the confidences of its engine.
    """
    doubt = DOUBT_READ if read else DOUBT
    may = min(doubt.get(what, 1.0) for what in (c.kind, *(piece.name for piece in c.evidence[:1])))
    return 1 - c.score <= (1 - accept) * may


def _cells(c: Correction) -> range:
    """What a correction claims, characters at odd numbers and the places between them at even ones.

    One that only inserts claims the characters on either side, so that nothing else is changed beside it.
    """
    return range(2 * c.start - 1, 2 * c.start + 2) if c.start == c.end else range(2 * c.start + 1, 2 * c.end)


def _merged(found: list[Correction]) -> list[Correction]:
    """One correction for each edit, likeliest first: what proposes the same adds up, what tells most explains it."""
    same: dict[Edit, Correction] = {}
    for c in sorted(found, key=lambda c: (TELLING.index(c.kind) if c.kind in TELLING else len(TELLING), -c.score)):
        first = same.setdefault(c.edit, c)
        if first is not c:
            same[c.edit] = replace(first, score=min(first.score + c.score, 1.0))
    return sorted(same.values(), key=lambda c: (-c.score, c.start, c.end, c.replacement))


CALIBRATION = "calibration"
"""The source under which the Calibration of each kind stands, and of OTHERS (tools/fit_calibration.py)."""
OTHERS = "others"
"""Kinds of which too few corrections are known for a Calibration of their own."""


class Calibration(NamedTuple):
    """What a probability comes to: the odds for it and those against it are stretched each for itself, and shifted.

    In thousandths, as in a table of weights (beta calibration: Kull, Silva Filho & Flach 2017). unlikely: how much ln p
    counts; likely: how much -ln(1 - p) does; shift: milli-nats.
    """

    unlikely: int = 1000
    likely: int = 1000
    shift: int = 0

    def of(self, score: float) -> float:
        """The calibrated probability.

        >>> Calibration().of(0.6), round(Calibration(1000, 1000, 1000).of(0.6), 2)
        (0.6, 0.8)
        """
        if not 0 < score < 1 or self == (1000, 1000, 0):
            return score
        odds = (self.unlikely * math.log(score) - self.likely * math.log(1 - score) + self.shift) / 1000
        return 1 / (1 + math.exp(min(-odds, 700)))

    @classmethod
    def among(cls, weights: Weights, kind: str) -> Calibration:
        """That of a kind of correction, by a table of weights, or of all others; else one that changes nothing."""
        known = f"{CALIBRATION} {kind}", f"{CALIBRATION} {OTHERS}"
        source = known[(known[0], "shift") not in weights]
        return cls(*(weights.get((source, name), value) for name, value in cls._field_defaults.items()))


def _calibrated(found: list[Correction], survey: Survey) -> list[Correction]:
    """The corrections with scores that come true as often as they say: of a place together; between rivals it stays."""
    result = []
    for rivals in _by_span(found).values():
        together = min(sum(c.score for c in rivals), 1.0)
        for c in rivals:
            share = c.score / together if together else 0.0
            score = share * Calibration.among(survey.weights, c.kind).of(together)
            result.append(replace(c, score=min(score, 1.0)))
    return sorted(result, key=lambda c: (-c.score, c.start, c.end, c.replacement))


def _by_span(found: list[Correction]) -> dict[tuple[int, int], list[Correction]]:
    """Corrections of the same characters, in their order."""
    rivals: dict[tuple[int, int], list[Correction]] = defaultdict(list)
    for c in found:
        rivals[c.start, c.end].append(c)
    return rivals


TELLING = ("name", "phrase")
"""Kinds of which a person learns more than that a character looks like another."""


def _hopeful(scored: list[Scored]) -> list[tuple[int, int]]:
    """(batch, row) of the best few proposals at each place."""
    rows = []
    for b, s in enumerate(scored):
        good = np.flatnonzero(s.score > HOPEFUL)
        order = good[np.lexsort((good, -s.score[good], s.proposals.start[good]))]
        start = s.proposals.start[order]
        rank = np.arange(len(order)) - np.searchsorted(start, start)
        rows += [(b, int(k)) for k in order[rank < RIVALS]]
    return rows


def _options(survey: Survey, scored: list[Scored], rows: list[tuple[int, int]]) -> Iterator[Option]:
    """What is weighed against its neighbours; rows: (batch, row) of each, batch by batch."""
    number = 0
    for b, same in groupby(rows, key=lambda row: row[0]):
        s, p = scored[b], scored[b].proposals
        which = np.array([k for _, k in same], dtype=np.int64)
        gain = s.evidence[which, s.names.index("language")] if "language" in s.names else np.zeros_like(which)
        weight = survey.weights_of[p.source].get("language", 0)
        columns = (column.tolist() for column in (p.start[which], p.end[which], p.ids[which], s.score[which], gain))
        for start, end, ids, score, more in zip(*columns, strict=True):
            yield Option(start, end, tuple(ids), score, more, weight, number)
            number += 1


def _best_of_same(options: Sequence[Option]) -> list[Option]:
    """Of options that put the same in the same place the best: what several sources see is no more than one change."""
    best: dict[tuple[int, int, tuple[int, ...]], Option] = {}
    for option in sorted(options, key=lambda o: (-o.alone, o.row)):
        best.setdefault((option.start, option.end, option.ids), option)
    return sorted(best.values(), key=lambda o: (o.start, o.end, o.row))


def _correction(survey: Survey, s: Scored, row: int, probability: float, resources: Resources) -> Correction | None:
    """A proposal in the caller's text, cut to what differs; None where nothing does, or white space lies within it."""
    p = s.proposals
    first, last = int(p.start[row]), int(p.end[row])
    form = p.form(row, resources.language)
    if p.kind == "linebreak":
        span: tuple[int, int] | None = survey.gap(first)
    else:
        printed = survey.symbols(first, last)
        while form and printed and form[0] == printed[0] and form != printed:
            first, form, printed = first + 1, form[1:], printed[1:]
        while form and printed and form[-1] == printed[-1]:
            last, form, printed = last - 1, form[:-1], printed[:-1]
        span = survey.source_span(first, last)
    if span is None:
        return None
    said = p.notes[row] if p.notes else ""
    told = zip(s.names, s.evidence[row].tolist(), strict=True)
    reasons = tuple(_reason(name, weight) for name, weight in told if weight)
    reasons = (Evidence(p.source, 0.0, said), *reasons) if said else reasons
    reasons += (Evidence("far", 0.0, NOTES["far"]),) if is_far(survey) else ()
    form, sure = survey.writing.written(*span, form, misread=p.source != strangers.SOURCE)
    if form == survey.text[slice(*span)]:  # 复 for 覆 is 覆 in Traditional print
        return None
    return Correction(*span, survey.text[slice(*span)], form, min(probability, 1.0) * sure, p.kind, reasons)


@lru_cache(maxsize=1 << 12)  # a text may have one misreading again and again
def _reason(name: str, weight: int) -> Evidence:
    """A piece of evidence that weighs so many milli-nats."""
    return Evidence(name, weight / 1000, NOTES[name].format(weight / 1000))


def _with_alternatives(c: Correction, rivals: list[Correction]) -> Correction:
    told = sorted((Alternative(r.replacement, r.score) for r in rivals), key=lambda a: (-a.score, a.replacement))
    return replace(c, alternatives=tuple(a for a in told if a.score >= WORTH_TELLING))


def _by_place(corrections: list[Correction]) -> tuple[Correction, ...]:
    return tuple(sorted(corrections, key=lambda c: (c.start, c.end, -c.score, c.replacement)))
