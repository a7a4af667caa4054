"""Which do we dare to make?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ocrfix.config import Config
from ocrfix.decode import Option, marginals
from ocrfix.model import Alternative, Correction, Evidence
from ocrfix.resources import Resources
from ocrfix.score import Scored
from ocrfix.spans import Edit
from ocrfix.survey import Survey

HOPEFUL = -4_000
"""Milli-nats. A proposal that scores less against the printed text is not looked at again."""
RIVALS = 6
"""How many proposals of one kind compete at one place."""
WORTH_TELLING = 0.02
"""The probability from which an alternative is shown."""


class Decision(NamedTuple):
    """What is made, and what is only suggested; each by position."""

    corrections: tuple[Correction, ...]
    suggestions: tuple[Correction, ...]


def decide(survey: Survey, scored: list[Scored], resources: Resources, config: Config) -> Decision:
    """The corrections whose probability reaches `config.accept`, and the suggestions that reach `config.suggest`."""
    rows = _hopeful(scored)
    weight = resources.weights["look_alikes", "language"]
    options = sorted(
        (_option(scored[b], b, k, n) for n, (b, k) in enumerate(rows)), key=lambda o: (o.start, o.end, o.row)
    )
    probability = marginals(survey, options, resources.language, weight)
    ranked = [(p, *rows[n]) for n, p in sorted(probability.items(), key=lambda item: (-item[1], item[0]))]
    found = _merged([c for c in (_correction(survey, scored[b], k, p, resources) for p, b, k in ranked) if c])
    made: list[Correction] = []
    for c in found:
        if c.score >= config.accept and not any(_overlap(c, other) for other in made):
            made.append(c)
    suggested: list[Correction] = []
    for c in found:
        if not any(_overlap(c, other) for other in (*made, *suggested)):
            rivals = [r for r in found if r is not c and _overlap(r, c)]
            if c.score + sum(r.score for r in rivals if (r.start, r.end) == (c.start, c.end)) >= config.suggest:
                suggested.append(_with_alternatives(c, rivals))
    made = [_with_alternatives(c, [r for r in found if r is not c and _overlap(r, c)]) for c in made]
    return Decision(tuple(_by_place(made)), tuple(_by_place(suggested)))


def _merged(found: list[Correction]) -> list[Correction]:
    """One correction for each edit, likeliest first: what proposes the same adds up, what tells most explains it."""
    same: dict[Edit, Correction] = {}
    for c in sorted(found, key=lambda c: (TELLING.index(c.kind) if c.kind in TELLING else len(TELLING), -c.score)):
        first = same.setdefault(c.edit, c)
        if first is not c:
            same[c.edit] = replace(first, score=min(first.score + c.score, 1.0))
    return sorted(same.values(), key=lambda c: (-c.score, c.start, c.end, c.replacement))


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


def _option(s: Scored, batch: int, row: int, number: int) -> Option:
    gain = int(s.evidence[row, s.names.index("language")]) if "language" in s.names else 0
    p = s.proposals
    return Option(int(p.start[row]), int(p.end[row]), tuple(p.ids[row].tolist()), int(s.score[row]), gain, number)


def _correction(survey: Survey, s: Scored, row: int, probability: float, resources: Resources) -> Correction | None:
    """A proposal in the caller's text, cut to what differs; None where white space lies within it."""
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
    reasons = tuple(
        Evidence(name, weight / 1000, NOTES[name].format(weight / 1000, p.notes[row] if p.notes else ""))
        for name, weight in zip(s.names, s.evidence[row].tolist(), strict=True)
        if weight
    )
    return Correction(*span, survey.text[slice(*span)], form, min(probability, 1.0), p.kind, reasons)


NOTES = {
    "language": "reads better by {0:.1f} nats",
    "fluency": "the whole reads well",
    "shape": "looks alike",
    "prior": "{1}",
    "context": "a name belongs here",
    "rival": "what is printed may be another name",
    "series": "the same was misread elsewhere",
    "rarity": "a common character was read for a rarer one",
    "rarity_printed": "what is printed is common by itself",
    "rarity_proposed": "what is proposed is common by itself",
    "recurs_printed": "the printed form recurs",
    "recurs_proposed": "the proposed form recurs",
    "indels": "a character dropped or made up",
    "doubled": "how readily it follows itself",
    "junction": "how readily one word ends and another begins with it",
    "register": "how familiar the language around is",
    "excused": "no reason to stand twice",
    "length": "a long run",
    "unfinished": "the line is no headline",
    "damage": "how damaged the rest of the document is",
    "change": "what a change has to overcome",
}
"""What each piece of evidence says to a person: {0} its weight in nats, {1} what the source of the proposal says."""


def _overlap(a: Correction, b: Correction) -> bool:
    """Whether two corrections claim the same character, or the same place between two."""
    if a.start == a.end or b.start == b.end:
        return a.start <= b.end and b.start <= a.end
    return a.start < b.end and b.start < a.end


def _with_alternatives(c: Correction, rivals: list[Correction]) -> Correction:
    others = {r.replacement: r.score for r in reversed(rivals) if (r.start, r.end) == (c.start, c.end)}
    others.pop(c.replacement, None)
    told = tuple(
        Alternative(text, p) for text, p in sorted(others.items(), key=lambda o: (-o[1], o[0])) if p >= WORTH_TELLING
    )
    return replace(c, alternatives=told)


def _by_place(corrections: list[Correction]) -> Iterator[Correction]:
    return iter(sorted(corrections, key=lambda c: (c.start, c.end, -c.score, c.replacement)))
