"""What speaks for a name, and what against? Evidence of the same kind as in `evidence`, in milli-nats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ocrfix.evidence import (
    CLEARLY,
    OBJECTION,
    Batch,
    Bounds,
    Column,
    Evidence,
    language,
    logs,
)
from ocrfix.far_names import country
from ocrfix.name_index import SHORT
from ocrfix.names import class_lead, classes, printed_name
from ocrfix.proposals import HABIT
from ocrfix.text import code_points

ODD = 9_000
"""Milli-nats. What is printed may be odd for many reasons, and a name is one of them."""
KNOWN = 16_000
"""Milli-nats: how much likelier a text grows with a name that the model knows as well as any."""
ANYTHING = -6_000
"""Milli-nats: an engine that fails on a character altogether prints any of four hundred others for it."""
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
    """By how much the text grows likelier with this very name, up to KNOWN; 0 where the model does not know it."""
    return np.clip(language(b), 0, KNOWN)


def fitting(b: Batch) -> Column:
    """How many names fit what is printed right, as 1000 ln: among many, it may be one that is not even proposed."""
    fitting = country(b.resources.gazetteer, b.resources.language).index.fitting
    only = b.slips.only
    able = (b.numbers >= 0) & (only >= 0) & (b.p.ids.shape[1] <= SHORT)
    return np.where(able, logs(fitting[b.numbers, np.minimum(only, SHORT - 1)] - 1), 0)


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
    return _added_up(b, np.where(_swapped(b), -b.slip_costs, 0))


def misread_prefecture(b: Batch) -> Column:
    """The same of the name of a prefecture, 0 of others: papers are so full of these that it says less."""
    return np.where(prefecture(b) > 0, misread(b), 0)


def slip(b: Batch) -> Column:
    """`misread` with what was dropped or made up, down to HABIT: what engines seldom do they do for many reasons."""
    return np.maximum(_added_up(b, -b.slip_costs), HABIT)


def failing(b: Batch) -> Column:
    """How readily engines fail on these characters of a name, and print what is printed then; or any of ANYTHING."""
    channel = b.resources.channel(b.survey.engine).of_names
    fallible = np.array([channel.fallible(true) for true in b.slips.true], dtype=np.int64)
    return _added_up(b, np.where(_swapped(b), np.maximum(-b.slip_costs, ANYTHING - fallible), 0))


def rarity(b: Batch) -> Column:
    """By how much commoner the misread characters are than the name's: engines print a common one for a rare one."""
    printed, true = code_points(b.slips.printed), code_points(b.slips.true)
    return _added_up(b, np.where(_swapped(b), _commonness(b, printed) - _commonness(b, true), 0))


def rare(b: Batch) -> Column:
    """How rare the characters of a name are that are not printed, by themselves: engines fail on such."""
    true = code_points(b.slips.true)
    return _added_up(b, np.where(true > 0, -_commonness(b, true), 0))


def _commonness(b: Batch, codes: NDArray[np.uint32]) -> Column:
    """The log-probability of each character by itself."""
    model = b.resources.language
    return model.unigrams[model.ids(codes)].astype(np.int64)


def indels(b: Batch) -> Column:
    """How many characters of the name were dropped, or made up within it, a nat each."""
    return _added_up(b, np.where(_swapped(b), 0, 1000))


def dropped(b: Batch) -> Column:
    """How readily engines drop the characters of a name that were dropped: ln P(nothing | true), of all of them."""
    return _added_up(b, np.where(code_points(b.slips.printed) > 0, 0, -b.slip_costs))


def _swapped(b: Batch) -> NDArray[np.bool_]:
    """Which of the different slips are characters read for others."""
    return (code_points(b.slips.printed) > 0) & (code_points(b.slips.true) > 0)


def _added_up(b: Batch, each: Column) -> Column:
    """What is told of each of the different slips, for each name added up."""
    result = np.zeros(len(b.p), dtype=np.int64)
    np.add.at(result, b.slips.row, each[b.slips.pair])
    return result


def _context(b: Batch) -> tuple[Column | int, Column | int]:
    lead = np.clip(ANY_NAME - b.before, -CLEARLY, CLEARLY)
    return -CLEARLY, np.minimum(lead, ODD + b.p.match)


BOUNDS: Mapping[Evidence, Bounds] = {
    context: _context,
    familiar: lambda b: (0, KNOWN),
    rival: lambda b: (-OBJECTION, 0),
}
"""Between what it lies, for what is dear to find out."""
