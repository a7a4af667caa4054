"""How much better would it read? EVIDENCE says which kinds of evidence count for what, DOCUMENT what the whole says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ocrfix import evidence as e
from ocrfix import marks
from ocrfix.evidence import Batch, Column, Evidence
from ocrfix.proposals import Proposals
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey


class Scored(NamedTuple):
    """Proposals with their evidence.

    names: which evidence, by column. evidence: (n, columns), milli-nats, weighed. score: its sum, (n,): how much
    likelier the proposal is than what is printed.
    """

    proposals: Proposals
    names: tuple[str, ...]
    evidence: Column
    score: Column


_WORDS: tuple[Evidence, ...] = (
    e.language,
    e.shape,
    e.rarity_printed,
    e.rarity_proposed,
    e.recurs_printed,
    e.recurs_proposed,
    e.change,
)
_READING: tuple[Evidence, ...] = (e.language, e.plainly, e.channel, e.habit, e.notorious)
_PRINTED: tuple[Evidence, ...] = (e.bond_printed, e.strain_printed, e.rarity_printed, e.recurs_printed)
NAMES = ("names", "far_names")
EVIDENCE: Mapping[str, tuple[Evidence, ...]] = {
    "substitutions": (
        *_READING,
        e.shape,
        *_PRINTED,
        e.bond_proposed,
        e.rarity_proposed,
        e.recurs_proposed,
        e.change,
    ),
    "pairs": (*_READING, e.shape, *_PRINTED, e.bond_proposed, e.rarity_proposed, e.recurs_proposed, e.change),
    "omissions": (*_READING, e.strain_proposed, e.rarity_proposed, e.recurs_proposed, e.change),
    "insertions": (*_READING, *_PRINTED, e.recurs_proposed, e.change),
    "sound_alikes": _WORDS,
    "phrases": (*_WORDS, e.fluency),
    "names": (e.context, e.prior, e.rival, e.shape, e.misread, e.rarity, e.indels, e.change),
    "far_names": (
        *(e.context, e.belongs, e.familiar, e.prior, e.rival, e.short_form, e.bond_printed),
        *(e.shape, e.unlike, e.misread, e.slip, e.fallible, e.rarity, e.indels, e.change),
    ),
    "doubled_clauses": (e.language, e.change),
    "doubled_characters": (e.language, e.fluency, e.doubled, e.junction, e.register, e.recurs_printed, e.change),
    "repetitions": (e.language, e.fluency, e.length, e.recurs_printed, e.recurs_proposed, e.change),
    "cut_paragraphs": (e.language, e.change),
    **{source: (e.language, e.shape, *own, e.change) for source, own in marks.EVIDENCE.items()},
}

_MISREAD: tuple[Evidence, ...] = (e.doubted, e.trusted, e.considered, e.share, e.overlooked)
CONFIDENCE: Mapping[str, tuple[Evidence, ...]] = {
    **dict.fromkeys(("substitutions", "pairs", "insertions", "misread_marks", "made_up_marks"), _MISREAD),
    **dict.fromkeys((*NAMES, "phrases", "doubled_characters", "repetitions"), _MISREAD),
    **dict.fromkeys(("omissions", "dropped_marks", "dropped_stops"), (e.doubted, e.trusted)),
}
"""What counts besides where the engine's confidences are at hand."""


def evidence_for(source: str, survey: Survey) -> tuple[Evidence, ...]:
    """What counts for the proposals of a source in a text."""
    return EVIDENCE[source] + (CONFIDENCE.get(source, ()) if survey.reading else ())


def score(survey: Survey, proposals: list[Proposals], resources: Resources) -> list[Scored]:
    """All evidence for each proposal, weighed and added up."""
    result = []
    for p, names, raw in all_evidence(survey, proposals, resources):
        weights = np.array([survey.weights.get((p.source, name), 0) for name in names], dtype=np.int64)
        evidence = raw * weights // 1000
        result.append(Scored(p, names, evidence, evidence.sum(axis=1)))
    return result


def all_evidence(
    survey: Survey, proposals: list[Proposals], resources: Resources
) -> Iterator[tuple[Proposals, tuple[str, ...], Column]]:
    """For each batch the names of its evidence, and the evidence, not yet weighed: (n, names), milli-nats."""
    batches = [Batch(survey, p, resources) for p in proposals]
    kinds = [evidence_for(p.source, survey) for p in proposals]
    raw = [np.stack([kind(b) for kind in own], axis=1) for b, own in zip(batches, kinds, strict=True)]
    likely = [_likely(b, own, columns) for b, own, columns in zip(batches, kinds, raw, strict=True)]
    whole = tuple(kind(survey, batches, likely) for kind in DOCUMENT)
    for k, (p, own, columns) in enumerate(zip(proposals, kinds, raw, strict=True)):
        names = tuple(kind.__name__ for kind in (*own, *DOCUMENT))
        yield p, names, np.concatenate((columns, np.stack([column[k] for column in whole], axis=1)), axis=1)


EVIDENT = "evident"
"""The source under which the weights stand that say, without the rest of the document, whether something is misread."""


def _likely(b: Batch, kinds: tuple[Evidence, ...], columns: Column) -> Column:
    """How likely each proposal is by itself, thousandths: enough of it says something of the rest of the document."""
    if b.p.source == "substitutions":
        weights = [b.survey.weights.get((EVIDENT, kind.__name__), 0) for kind in kinds]
        score = columns @ np.array(weights, dtype=np.int64) // 1000
        return np.round(1000 / (1 + np.exp(-np.clip(score, -50_000, 50_000) / 1000))).astype(np.int64)
    by_name = {kind.__name__: column for kind, column in zip(kinds, columns.T, strict=True)}
    if b.p.source in marks.SOURCES:
        return np.where(by_name["language"] + by_name["shape"] > marks.EVIDENT, 1000, 0)
    if b.p.source in NAMES:
        known = by_name["prior"] + by_name["rival"] + by_name["shape"] - by_name["indels"]
        return np.where(by_name["context"] + 2 * known > 0, 1000, 0)
    return np.zeros(len(b.p), dtype=np.int64)


def damage(survey: Survey, batches: list[Batch], likely: list[Column]) -> list[Column]:
    """How damaged the rest of the document is: ln of its likely misreadings a character.

    A tenth of one in two hundred characters is taken for granted. What lies within PAD of a proposal does not count.
    """
    size = len(survey.ids)
    found = np.zeros(size + 1, dtype=np.int64)
    for b, probable in zip(batches, likely, strict=True):
        np.maximum.at(found, b.p.start + 1, probable)
    before = np.cumsum(found)
    result = []
    for p in (b.p for b in batches):
        low, high = np.maximum(p.start - PAD, 0), np.minimum(p.end + PAD, size)
        rest = before[-1] - (before[high] - before[low])
        result.append(np.round(1000 * np.log((rest + 100) / 1000 / (size + 200))).astype(np.int64))
    return result


def series(survey: Survey, batches: list[Batch], likely: list[Column]) -> list[Column]:
    """At how many other places the same character was read for the same one in a name, as 1000 ln(1 + times)."""
    places: dict[tuple[str, str], set[int]] = defaultdict(set)
    swapped = [b.misreadings if b.p.source in NAMES else [] for b in batches]
    for p, probable, found in zip((b.p for b in batches), likely, swapped, strict=True):
        for k in np.flatnonzero(probable).tolist() if found else ():
            for swap in found[k].swaps:
                places[swap].add(int(p.start[k]))
    result = []
    for p, found in zip((b.p for b in batches), swapped, strict=True):
        times = np.zeros(len(p), dtype=np.int64)
        for k, one in enumerate(found):
            times[k] = min(
                (len(places[s]) - (int(p.start[k]) in places[s]) for s in one.swaps if s in places), default=0
            )
        result.append(e.log_times(times))
    return result


DOCUMENT = (damage, series)
"""Evidence that the document gives as a whole, once each proposal has been looked at by itself."""

NOTES: Mapping[str, str] = {**e.NOTES, **marks.NOTES}
"""What each piece of evidence says to a person. {0}: what it counts for, in nats."""
