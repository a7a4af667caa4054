"""How much better would it read? EVIDENCE says which kinds of evidence count for what, DOCUMENT what the whole says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ocrfix import doubts, marks, rereading, strangers
from ocrfix import evidence as e
from ocrfix import name_evidence as n
from ocrfix.detect import odd
from ocrfix.evidence import Batch, Column, Evidence
from ocrfix.proposals import Proposals
from ocrfix.proposed_names import NAMES
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
    rereading.SOURCE: (
        *(e.language, e.plainly, e.channel, e.shape, *rereading.EVIDENCE),
        *(*_PRINTED, e.bond_proposed, e.strain_proposed, e.rarity_proposed, e.recurs_proposed, e.change),
    ),
    "omissions": (*_READING, e.strain_proposed, e.rarity_proposed, e.recurs_proposed, e.change),
    "insertions": (*_READING, *_PRINTED, e.recurs_proposed, e.change),
    "sound_alikes": _WORDS,
    "names": (n.context, n.prior, n.rival, e.shape, n.misread, n.rarity, n.indels, e.change),
    "far_names": (
        *(n.context, n.familiar, n.prior, n.fitting, n.rival),
        *(e.shape, e.unlike, n.misread, n.failing, n.rarity, n.rare, n.indels, n.dropped, e.change),
    ),
    "far_short_names": (
        *(n.context, n.familiar, n.prior, n.prefecture, n.county, n.township, n.fitting, n.rival),
        *(e.bond_printed, e.shape, e.unlike, n.misread, n.misread_prefecture, n.slip, n.failing),
        *(n.rarity, n.rare, e.change),
    ),
    "established": (*_READING, e.shape, e.unlike, *_PRINTED, e.often, e.crowded, e.rarity_proposed, e.change),
    strangers.SOURCE: (*strangers.EVIDENCE, *_PRINTED, e.change),
    "phrases": (*_WORDS, e.fluency),
    "doubled_clauses": (e.language, e.change),
    "doubled_characters": (e.language, e.fluency, e.doubled, e.junction, e.register, e.recurs_printed, e.change),
    "repetitions": (e.language, e.fluency, e.length, e.recurs_printed, e.recurs_proposed, e.change),
    "cut_paragraphs": (e.language, e.change),
    **{source: (e.language, e.shape, *own, e.change) for source, own in marks.EVIDENCE.items()},
}

CONFIDENCE: Mapping[str, tuple[Evidence, ...]] = {
    **dict.fromkeys(("substitutions", "pairs", "insertions", "misread_marks", "made_up_marks"), doubts.MISREAD),
    rereading.SOURCE: (*doubts.MISREAD, doubts.worn),
    **dict.fromkeys((*NAMES, "established", "phrases", "doubled_characters", "repetitions"), doubts.MISREAD),
    **dict.fromkeys(("omissions", "dropped_marks", "dropped_stops"), doubts.DROPPED),
}
"""What counts besides where the engine's confidences are at hand."""


BOUNDS: Mapping[Evidence, e.Bounds] = {**e.BOUNDS, **n.BOUNDS}
"""Between what it lies, for what is dear to find out."""


def kinds(batch: Batch) -> tuple[Evidence, ...]:
    """Which kinds of evidence count for proposals of one source in their text."""
    return EVIDENCE[batch.p.source] + (CONFIDENCE.get(batch.p.source, ()) if batch.survey.reading else ())


HOPEFUL = -4_000
"""Milli-nats. A proposal that scores less against the printed text is not looked at again."""


def score(
    survey: Survey, proposals: Iterable[Proposals], resources: Resources, least: int | None = HOPEFUL
) -> list[Scored]:
    """All evidence, weighed and added up, for each proposal that may score more than `least`; None: for each.

    Where what is known already cannot be made up for by all that is dear to find out, nobody asks.
    """
    result = []
    for p, names, raw in _evidence(survey, proposals, resources, least):
        known = survey.weights_of[p.source]
        weights = np.array([known.get(name, 0) for name in names], dtype=np.int64)
        evidence = raw * weights // 1000
        result.append(Scored(p, names, evidence, evidence.sum(axis=1)))
    sources = list(EVIDENCE)  # in one order, into however many pieces the text was cut
    return sorted(
        result, key=lambda s: (sources.index(s.proposals.source), s.proposals.width, s.proposals.ids.shape[1])
    )


def all_evidence(
    survey: Survey, proposals: Iterable[Proposals], resources: Resources
) -> Iterator[tuple[Proposals, tuple[str, ...], Column]]:
    """For each batch the names of its evidence, and the evidence, not yet weighed: (n, names), milli-nats."""
    return _evidence(survey, proposals, resources, None)


def _evidence(
    survey: Survey, proposals: Iterable[Proposals], resources: Resources, least: int | None
) -> Iterator[tuple[Proposals, tuple[str, ...], Column]]:
    batches, most, likely = list[Batch](), list[Column](), list[Column]()
    # Found as they are asked for, and only few are kept: what they are, not what is known of them.
    for some in _together(Batch(survey, p, resources) for p in proposals):
        known = [_known(batch) for batch in some]
        n.ask_at_once([_named_by_itself(*one) for one in zip(some, known, strict=True) if one[0].p.source in NAMES])
        for batch, columns in zip(some, known, strict=True):
            weights = survey.weights_of[batch.p.source]
            probable, ceiling = _likely(batch, columns), _ceiling(batch, columns, weights)
            if least is not None:
                rows = np.flatnonzero((probable > 0) | (ceiling + _of_document(weights) > 1000 * least))
                batch, probable, ceiling = batch.take(rows), probable[rows], ceiling[rows]
            if len(batch.p):
                batches.append(batch)
                most.append(ceiling)
                likely.append(probable)
    whole = {kind.__name__: kind(survey, batches, likely) for kind in DOCUMENT}
    for left in _together(_not_ruled_out(batches, most, whole, least)):
        n.ask_at_once([batch for batch, _ in left if batch.p.source in NAMES and least is not None])
        for batch, said in left:
            columns = _known(batch) | said
            if least is not None:
                weights = survey.weights_of[batch.p.source]
                batch, columns = _winnowed(batch, columns, weights, lambda ceiling: ceiling > 1000 * least)
            if len(batch.p):
                columns |= {kind.__name__: kind(batch) for kind in kinds(batch) if kind.__name__ not in columns}
                names = (*(kind.__name__ for kind in kinds(batch)), *whole)
                yield batch.p, names, np.stack([columns[name] for name in names], axis=1)


TOGETHER = 32
"""How many batches are looked at together, so that what is dear to find out of names is asked of all at once."""
T = TypeVar("T")


def _together(each: Iterable[T]) -> Iterator[list[T]]:
    """TOGETHER at a time."""
    left = iter(each)
    while some := list(islice(left, TOGETHER)):
        yield some


def _not_ruled_out(
    batches: list[Batch], most: list[Column], whole: Mapping[str, list[Column]], least: int | None
) -> Iterator[tuple[Batch, Columns]]:
    """The proposals that may come to something, once the document has been heard; and what it says of them.

    most: what the evidence of each can come to at most, without that; micro-nats.
    """
    for k, batch in enumerate(batches):
        said, weights = {name: column[k] for name, column in whole.items()}, batch.survey.weights_of[batch.p.source]
        if least is not None:
            ceiling = most[k] + sum(weights.get(name, 0) * column for name, column in said.items())
            rows = np.flatnonzero(ceiling > 1000 * least)
            batch, said = batch.take(rows), {name: column[rows] for name, column in said.items()}
        if len(batch.p):
            yield batch, said


Columns = dict[str, Column]
Able = Callable[[Column], Column | NDArray[np.bool_]]
"""Of sums of evidence, micro-nats, which can decide something."""


def _known(batch: Batch) -> Columns:
    """The evidence that is cheap to find out, by name."""
    return {kind.__name__: kind(batch) for kind in kinds(batch) if kind not in BOUNDS}


def _winnowed(batch: Batch, columns: Columns, weights: Mapping[str, int], able: Able) -> tuple[Batch, Columns]:
    """Those that may be able to decide something, and what is known of them: asked until it is ruled out."""
    dear = [kind for kind in kinds(batch) if kind in BOUNDS and weights.get(kind.__name__)]
    for kind in (None, *dear):
        if kind is not None:
            columns[kind.__name__] = kind(batch)
        rows = np.flatnonzero(able(_ceiling(batch, columns, weights)))
        if len(rows) < len(batch.p):
            batch, columns = batch.take(rows), {name: column[rows] for name, column in columns.items()}
        if not len(rows):
            break
    return batch, columns


def _ceiling(batch: Batch, columns: Columns, weights: Mapping[str, int]) -> Column:
    """What the evidence of proposals can come to at most, micro-nats; what is not known yet, at its best."""
    total = np.zeros(len(batch.p), dtype=np.int64)
    for kind in kinds(batch):
        if kind.__name__ not in columns and (weight := weights.get(kind.__name__, 0)):
            least, most = BOUNDS[kind](batch)
            total += np.maximum(weight * np.asarray(least), weight * np.asarray(most))
    for name, column in columns.items():
        if weight := weights.get(name, 0):
            total += weight * column
    return total


def _of_document(weights: Mapping[str, int]) -> int:
    """What the document as a whole can add to that at most, micro-nats."""
    return sum(max(weights.get(kind.__name__, 0) * end for end in DOCUMENT_BOUNDS[kind]) for kind in DOCUMENT)


EVIDENT = "evident"
"""The source under which the weights stand that say, without the rest of the document, whether something is misread."""


def _likely(batch: Batch, columns: Columns) -> Column:
    """How likely each proposal is by itself, thousandths: enough of it says something of the rest of the document."""
    weights, chance = _by_itself(batch)
    result = np.zeros(len(batch.p), dtype=np.int64)
    if weights:
        columns = {**columns, "row": np.arange(len(batch.p))}
        batch, columns = _winnowed(batch, columns, weights, chance)
        if len(batch.p):
            result[columns["row"]] = chance(_ceiling(batch, columns, weights))
    return result


def _named_by_itself(batch: Batch, columns: Columns) -> Batch:
    """The names in a batch that may be likely by themselves, as far as is known."""
    weights, chance = _by_itself(batch)
    return batch.take(np.flatnonzero(chance(_ceiling(batch, columns, weights))))


def _by_itself(batch: Batch) -> tuple[Mapping[str, int], Callable[[Column], Column]]:
    """What counts when a proposal is looked at by itself, and what the sum, micro-nats, says: thousandths."""
    if batch.p.source == "substitutions":
        return batch.survey.weights_of[EVIDENT], _logistic
    if batch.p.source in marks.SOURCES:
        return {"language": 1000, "shape": 1000}, lambda total: np.where(total > 1000 * marks.EVIDENT, 1000, 0)
    if batch.p.source in NAMES:
        weights = {"context": 1000, "prior": 2000, "rival": 2000, "shape": 2000, "indels": -2000}
        return weights, lambda total: np.where(total > 0, 1000, 0)
    return {}, np.zeros_like


def _logistic(total: Column) -> Column:
    nats = np.clip(total // 1000, -50_000, 50_000) / 1000
    return np.round(1000 / (1 + np.exp(-nats))).astype(np.int64)


def damage(survey: Survey, batches: list[Batch], likely: list[Column]) -> list[Column]:
    """How damaged the rest of the document is: ln of its likely misreadings a character.

    A tenth of one in two hundred characters is taken for granted. What lies within PAD of a proposal does not count,
    nor a character read for another where the text is not odd: the weights were fitted on what is.
    """
    size = len(survey.ids)
    found, strange = np.zeros(size + 1, dtype=np.int16), np.zeros(size, dtype=np.bool_)
    strange[odd(survey)] = True
    for b, probable in zip(batches, likely, strict=True):
        counts = probable * strange[b.p.start] if b.p.source == "substitutions" else probable
        np.maximum.at(found, b.p.start + 1, counts.astype(np.int16))
    before = np.cumsum(found, dtype=np.int64)
    result = []
    for p in (b.p for b in batches):
        low, high = np.maximum(p.start - PAD, 0), np.minimum(p.end + PAD, size)
        rest = before[-1] - (before[high] - before[low])
        result.append(np.round(1000 * np.log((rest + 100) / 1000 / (size + 200))).astype(np.int64))
    return result


def series(survey: Survey, batches: list[Batch], likely: list[Column]) -> list[Column]:
    """At how many other places the same character was read for the same one in a name, as 1000 ln(1 + times)."""
    places: dict[tuple[str, str], set[int]] = defaultdict(set)
    swapped = [b.slips.swaps if b.p.source in NAMES else {} for b in batches]
    for p, probable, found in zip((b.p for b in batches), likely, swapped, strict=True):
        for k, swaps in found.items():
            for swap in swaps if probable[k] else ():
                places[swap].add(int(p.start[k]))
    result = []
    for p, found in zip((b.p for b in batches), swapped, strict=True):
        times = np.zeros(len(p), dtype=np.int64)
        for k, swaps in found.items():
            times[k] = min((len(places[s]) - (int(p.start[k]) in places[s]) for s in swaps if s in places), default=0)
        result.append(e.log_times(times))
    return result


OfDocument = Callable[[Survey, list[Batch], list[Column]], list[Column]]
DOCUMENT: tuple[OfDocument, ...] = (damage, series)
"""Evidence that the document gives as a whole, once each proposal has been looked at by itself."""
DOCUMENT_BOUNDS: Mapping[OfDocument, tuple[int, int]] = {damage: (-e.OBJECTION, 0), series: (0, e.MOST_TIMES)}
"""Between what it lies: a document is never more damaged than in every character."""
