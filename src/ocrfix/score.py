"""How much better would it read? Each kind of evidence is a function of its own; EVIDENCE says which count for what.

Evidence counts in milli-nats, before it is weighed; the weights stand in lexicons/decision.tsv.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.language import MilliNats
from ocrfix.names import ODD, Misreading, class_lead, classes, misreading, printed_name
from ocrfix.propose import Proposals
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey

Column = NDArray[np.int64]


class Scored(NamedTuple):
    """Proposals with their evidence.

    names: which evidence, by column. evidence: (n, columns), milli-nats, weighed. score: its sum, (n,): how much
    likelier the proposal is than what is printed.
    """

    proposals: Proposals
    names: tuple[str, ...]
    evidence: Column
    score: Column


def language(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """By how much the text grows likelier, over all places that a replacement touches."""
    return _likelihood(survey, p, resources) - (survey.logp_before[p.end + PAD] - survey.logp_before[p.start])


def fluency(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """How well the text reads afterwards, as the mean over the places touched: around names it reads badly anyway."""
    return np.asarray(_likelihood(survey, p, resources) // (p.ids.shape[1] + PAD))


def shape(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """How alike the printed and the proposed characters look, or sound: ln of their similarity."""
    return p.shape


def prior(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """What the source of the proposal knows of it: of a name, how readily this document speaks of the place."""
    return p.prior


def context(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """How much likelier any name of the same kind is here than what is printed."""
    known = classes(resources.gazetteer, resources.language)
    lead = class_lead(survey, p.start, p.end, p.forms, known, resources.language)
    return np.minimum(lead, ODD + p.match)


def rival(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """How well what is printed reads as another name; 0 or below."""
    return printed_name(survey, p.start, p.end, resources.gazetteer, resources.language)


def indels(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """How many characters of the name were dropped, or made up within it, a nat each."""
    return np.array([1000 * m.indels for m in _misreadings(survey, p)])


def rarity(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """By how much commoner the misread characters are than the name's: engines print a common one for a rare one."""
    unigrams = resources.language.unigrams.astype(np.int64)
    result = []
    for m in _misreadings(survey, p):
        a, b = (resources.language.ids(np.array([ord(s[k]) for s in m.swaps], dtype=np.uint32)) for k in (0, 1))
        result.append(int(unigrams[a].sum() - unigrams[b].sum()))
    return np.array(result)


def rarity_printed(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """How common the printed characters are by themselves: a rare one is seldom a mistake."""
    return np.asarray(resources.language.unigrams[_middle(survey, p)].sum(axis=1, dtype=np.int64))


def rarity_proposed(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """How common the proposed characters are by themselves."""
    return np.asarray(resources.language.unigrams[p.ids].sum(axis=1, dtype=np.int64))


def recurs_printed(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """How often the printed form stands elsewhere in the document, as 1000 ln(1 + times)."""
    return _log_times(_form_times(survey, p, _middle(survey, p)) - 1)


def recurs_proposed(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """How often the proposed form stands elsewhere in the document, as 1000 ln(1 + times)."""
    itself = 0 if p.ids.shape[1] else 1  # where something is only taken away, what is left was printed too
    return _log_times(_form_times(survey, p, p.ids) - itself)


def doubled(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """How much more readily the last character of a run is followed by itself, and that by the next, than by chance."""
    last, after = survey.ids[p.end - 1], survey.ids[p.end + p.width]
    twice = resources.language.log_probabilities(np.stack((last, last, after), axis=1)).astype(np.int64)
    once = resources.language.log_probabilities(np.stack((last, after), axis=1))[:, 1]
    return twice[:, 1] - resources.language.unigrams[last] + twice[:, 2] - once


def junction(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """How readily one word ends and another begins with the doubled character: 机会|会更, 省委|委员.

    The lesser of two attractions: of the symbol before to the first, of the second to the symbol after.
    """
    first, second, after = survey.ids[p.start], survey.ids[p.end], survey.ids[p.end + 1]
    ends = _attraction(survey.ids[p.start - 1], first, resources)
    return np.minimum(ends, _attraction(second, after, resources))


def length(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """How long the removed run is, as 1000 ln of its symbols: long ones are not repeated by chance."""
    return _log_times(p.end - p.start - 1)


def register(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """How familiar the language around is: the median log-probability of the hundred symbols on either side."""
    around = p.start[:, None] + np.concatenate((np.arange(-100, -2), np.arange(4, 102)))
    near = survey.logp[np.clip(around, PAD, len(survey.logp) - PAD - 1)]
    return np.asarray(np.median(near, axis=1), dtype=np.int64)


def change(survey: Survey, p: Proposals, resources: Resources) -> Column:
    """One nat for every proposal: what a change costs in itself."""
    return np.full(len(p), 1000, dtype=np.int64)


Evidence = Callable[[Survey, Proposals, Resources], Column]
_CHARACTERS: tuple[Evidence, ...] = (
    language,
    shape,
    rarity_printed,
    rarity_proposed,
    recurs_printed,
    recurs_proposed,
    change,
)
EVIDENCE: Mapping[str, tuple[Evidence, ...]] = {
    "look_alikes": _CHARACTERS,
    "sound_alikes": _CHARACTERS,
    "phrases": (*_CHARACTERS, fluency),
    "names": (context, prior, rival, shape, rarity, indels, change),
    "doubled_clauses": (language, change),
    "doubled_characters": (language, fluency, doubled, junction, register, recurs_printed, change),
    "repetitions": (language, fluency, length, recurs_printed, recurs_proposed, change),
    "cut_paragraphs": (language, change),
}


def score(survey: Survey, proposals: list[Proposals], resources: Resources) -> list[Scored]:
    """All evidence for each proposal, weighed and added up."""
    result = []
    for p, names, raw in all_evidence(survey, proposals, resources):
        weights = np.array([resources.weights.get((p.source, name), 0) for name in names], dtype=np.int64)
        evidence = raw * weights // 1000
        result.append(Scored(p, names, evidence, evidence.sum(axis=1)))
    return result


def all_evidence(
    survey: Survey, proposals: list[Proposals], resources: Resources
) -> Iterator[tuple[Proposals, tuple[str, ...], Column]]:
    """For each batch the names of its evidence, and the evidence, not yet weighed: (n, names), milli-nats."""
    raw = [np.stack([kind(survey, p, resources) for kind in EVIDENCE[p.source]], axis=1) for p in proposals]
    likely = [_evident(p, columns) for p, columns in zip(proposals, raw, strict=True)]
    whole = tuple(kind(survey, proposals, likely) for kind in DOCUMENT)
    for k, (p, columns) in enumerate(zip(proposals, raw, strict=True)):
        names = (*(kind.__name__ for kind in EVIDENCE[p.source]), *(kind.__name__ for kind in DOCUMENT))
        yield p, names, np.concatenate((columns, np.stack([column[k] for column in whole], axis=1)), axis=1)


EVIDENT = 9_000
"""Milli-nats. Where a look-alike reads better by so much, its unlikeness counted three times, there is a misreading."""


def _evident(p: Proposals, columns: Column) -> NDArray[np.bool_]:
    """Which proposals are good enough by themselves to say something of the rest of the document."""
    by_name = {kind.__name__: column for kind, column in zip(EVIDENCE[p.source], columns.T, strict=True)}
    if p.source == "look_alikes":
        return np.asarray(by_name["language"] + 3 * by_name["shape"] > EVIDENT)
    if p.source == "names":
        known = by_name["prior"] + by_name["rival"] + by_name["shape"] - by_name["indels"]
        return np.asarray(by_name["context"] + 2 * known > 0)
    return np.zeros(len(p), dtype=bool)


def damage(survey: Survey, proposals: list[Proposals], likely: list[NDArray[np.bool_]]) -> list[Column]:
    """How damaged the rest of the document is: ln of its evident misreadings in a thousand characters.

    Half of one in five hundred characters is taken for granted. What lies within PAD of a proposal does not count.
    """
    size = len(survey.ids)
    found = np.zeros(size + 1, dtype=np.int64)
    for p, evident in zip(proposals, likely, strict=True):
        found[p.start[evident] + 1] = 1
    before = np.cumsum(found)
    result = []
    for p in proposals:
        low, high = np.maximum(p.start - PAD, 0), np.minimum(p.end + PAD, size)
        rest = before[-1] - (before[high] - before[low])
        result.append(np.round(1000 * np.log((rest + 0.5) / (size + 500) * 1000)).astype(np.int64))
    return result


def series(survey: Survey, proposals: list[Proposals], likely: list[NDArray[np.bool_]]) -> list[Column]:
    """At how many other places the same character was read for the same one in a name, as 1000 ln(1 + times)."""
    places: dict[tuple[str, str], set[int]] = defaultdict(set)
    swapped = [_misreadings(survey, p) if p.source == "names" else [] for p in proposals]
    for p, evident, found in zip(proposals, likely, swapped, strict=True):
        for k in np.flatnonzero(evident).tolist() if found else ():
            for swap in found[k].swaps:
                places[swap].add(int(p.start[k]))
    result = []
    for p, found in zip(proposals, swapped, strict=True):
        times = np.zeros(len(p), dtype=np.int64)
        for k, one in enumerate(found):
            times[k] = min(
                (len(places[s]) - (int(p.start[k]) in places[s]) for s in one.swaps if s in places), default=0
            )
        result.append(_log_times(times))
    return result


DOCUMENT = (damage, series)
"""Evidence that the document gives as a whole, once each proposal has been looked at by itself."""


def _likelihood(survey: Survey, p: Proposals, resources: Resources) -> Column:
    before = survey.ids[p.start[:, None] + np.arange(-PAD, 0)]
    after = survey.ids[p.end[:, None] + np.arange(PAD)]
    rows = np.concatenate((before, p.ids, after), axis=1)
    return np.asarray(resources.language.log_probabilities(rows)[:, PAD:].sum(axis=1, dtype=np.int64))


def _misreadings(survey: Survey, p: Proposals) -> list[Misreading]:
    printed = (survey.symbols(first, last) for first, last in zip(p.start.tolist(), p.end.tolist(), strict=True))
    return [misreading(x, form) for x, form in zip(printed, p.forms, strict=True)]


def _middle(survey: Survey, p: Proposals) -> NDArray[np.uint16]:
    return np.asarray(survey.ids[p.start[:, None] + np.arange(p.width)])


def _form_times(survey: Survey, p: Proposals, middle: NDArray[np.uint16]) -> NDArray[np.int64]:
    left = survey.ids[p.start[:, None] + np.arange(-2, 0)]
    right = survey.ids[p.end[:, None] + np.arange(2)]
    return np.asarray(survey.forms.times(np.concatenate((left, middle, right), axis=1)).max(axis=1))


def _attraction(first: NDArray[np.uint16], second: NDArray[np.uint16], resources: Resources) -> Column:
    """ln P(second after first) - ln P(second)."""
    rows = np.stack((first, second), axis=1)
    model = resources.language
    return model.log_probabilities(rows)[:, 1].astype(np.int64) - model.unigrams[second]


_LOG_TIMES: MilliNats = np.array([round(1000 * float(np.log1p(k))) for k in range(64)], dtype=np.int32)


def _log_times(times: NDArray[np.int64]) -> Column:
    return _LOG_TIMES[np.clip(times, 0, 63)].astype(np.int64)
