"""What speaks for a name, and what against? Evidence of the same kind as in `evidence`, in milli-nats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ocrfix.evidence import CLEARLY, NOTORIOUS, OBJECTION, PLAIN, Batch, Bounds, Column, Evidence, language, logs
from ocrfix.far_names import country
from ocrfix.name_index import SHORT
from ocrfix.names import class_lead, classes, printed_name
from ocrfix.near_names import Misreading
from ocrfix.proposals import HABIT
from ocrfix.text import code_points

ODD = 9_000
"""Milli-nats. What is printed may be odd for many reasons, and a name is one of them."""
ANY_NAME = 100
"""Milli-nats: how likely all names that stand for a class are together at the most: certain, but for rounding."""


def prior(b: Batch) -> Column:
    """What the source of the proposal knows of it: of a name, how readily this document speaks of the place."""
    return b.p.prior


def context(b: Batch) -> Column:
    """How much likelier any name of the same kind is here than what is printed.

    Up to ODD, and as much again as it is improbable that what is printed right agrees by chance.
    """
    return np.minimum(b.lead, ODD + b.p.match)


def ask_at_once(batches: Sequence[Batch]) -> None:
    """Find out the context of several batches at once: to ask costs as much as eighty answers."""
    if len(batches) > 1:
        b, parts = batches[0], [batch.p for batch in batches]
        start, end = (np.concatenate([getattr(p, side) for p in parts]) for side in ("start", "end"))
        known = classes(b.resources.gazetteer, b.resources.language)
        class_lead(b.survey, start, end, [form for p in parts for form in p.forms], known, b.resources.language)


def familiar(b: Batch) -> Column:
    """By how much the text grows likelier with this very name, up to PLAIN; 0 where the model does not know it."""
    return np.clip(language(b), 0, PLAIN)


def fitting(b: Batch) -> Column:
    """How many names fit what is printed right, as 1000 ln: among many, it may be one that is not even proposed."""
    index = country(b.resources.gazetteer, b.resources.language).index
    different, which = b.different
    number = np.zeros(len(different), dtype=np.int64)
    number[which] = b.numbers
    result = np.zeros(len(different), dtype=np.int64)
    for k, (name, m) in enumerate(zip(number.tolist(), different, strict=True)):
        if name >= 0 and m.wrong == 1 and not m.made_up and len(m.intact) < SHORT:
            missing = next(n for n, at in enumerate((*m.intact, -1)) if n != at)
            result[k] = index.fitting[name, missing]
    return logs(result - 1)[which]


def prefecture(b: Batch) -> Column:
    """A nat for the name of a prefecture, or of a city of that rank."""
    return _of_kind(b, "prefecture")


def county(b: Batch) -> Column:
    """A nat for the name of a county, or of a district or city of that rank."""
    return _of_kind(b, "county")


def township(b: Batch) -> Column:
    """A nat for the name of a township, or of a town or street office."""
    return _of_kind(b, "township")


def _of_kind(b: Batch, kind: str) -> Column:
    """A nat for the name of what is of a kind; of several places that bear it the first counts."""
    known = country(b.resources.gazetteer, b.resources.language)
    kinds = known.places.kinds
    if kind not in kinds:
        return np.zeros(len(b.p), dtype=np.int64)
    of_kind = known.places.kind[known.place[b.numbers]] == kinds.index(kind)
    return np.where((b.numbers >= 0) & of_kind, 1000, 0)


def rival(b: Batch) -> Column:
    """How well what is printed reads as another name; 0 or below."""
    return printed_name(b.survey, b.p.start, b.p.end, b.resources.gazetteer, b.resources.language)


def misread(b: Batch) -> Column:
    """How readily engines print the wrong characters of a name so: ln P(printed | true), of all of them."""
    channel = b.resources.channel(b.survey.engine)
    return _of_each(b, lambda m: -sum(channel.cost(printed, true) for printed, true in m.swaps))


def slip(b: Batch) -> Column:
    """The same with what was dropped or made up, down to HABIT: what engines seldom do they do for many reasons."""
    channel = b.resources.channel(b.survey.engine)
    return _of_each(b, lambda m: max(-m.cost(channel), HABIT))


def fallible(b: Batch) -> Column:
    """How readily engines fail on these characters of a name, whatever they print then; down to NOTORIOUS."""
    channel = b.resources.channel(b.survey.engine)
    return _of_each(b, lambda m: max(-sum(map(channel.fallible, m.missing)), NOTORIOUS))


def rarity(b: Batch) -> Column:
    """By how much commoner the misread characters are than the name's: engines print a common one for a rare one."""
    model = b.resources.language
    different, which = b.different
    swaps = [(k, *swap) for k, m in enumerate(different) for swap in m.swaps]
    row, printed, true = zip(*swaps, strict=True) if swaps else ((), (), ())
    common, rare = (model.unigrams[model.ids(code_points("".join(side)))] for side in (printed, true))
    result = np.zeros(len(different), dtype=np.int64)
    np.add.at(result, np.array(row, dtype=np.int64), common.astype(np.int64) - rare)
    return result[which]


def rare(b: Batch) -> Column:
    """How rare the characters of a name are that are not printed, by themselves: engines fail on such."""
    model = b.resources.language
    different, which = b.different
    missing = [(k, ch) for k, m in enumerate(different) for ch in m.missing]
    row, true = zip(*missing, strict=True) if missing else ((), ())
    result = np.zeros(len(different), dtype=np.int64)
    rarity = -model.unigrams[model.ids(code_points("".join(true)))].astype(np.int64)
    np.add.at(result, np.array(row, dtype=np.int64), rarity)
    return result[which]


def indels(b: Batch) -> Column:
    """How many characters of the name were dropped, or made up within it, a nat each."""
    return _of_each(b, lambda m: 1000 * m.indels)


def dropped(b: Batch) -> Column:
    """How readily engines drop the characters of a name that were dropped: ln P(nothing | true), of all of them."""
    channel = b.resources.channel(b.survey.engine)
    return _of_each(b, lambda m: -sum(channel.cost("", true) for true in m.lost))


def _of_each(b: Batch, told: Callable[[Misreading], int]) -> Column:
    """What is told of each misreading, found once of those that are the same."""
    different, which = b.different
    return np.array([told(one) for one in different], dtype=np.int64)[which]


def _context(b: Batch) -> tuple[Column | int, Column | int]:
    lead = np.clip(ANY_NAME - b.before, -CLEARLY, CLEARLY)
    return -CLEARLY, np.minimum(lead, ODD + b.p.match)


BOUNDS: Mapping[Evidence, Bounds] = {
    context: _context,
    familiar: lambda b: (0, PLAIN),
    rival: lambda b: (-OBJECTION, 0),
}
"""Between what it lies, for what is dear to find out."""
