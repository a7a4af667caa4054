"""Does a name belong here at all?

What is printed is weighed against a whole class of names: the probability that the language model gives to all
well-known names of its kind in this place together, whatever it thinks of the one in question, which it may never have
met (class-based models: Brown et al. 1992).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.gazetteer import Gazetteer
from ocrfix.language import EDGE, LanguageModel
from ocrfix.near_names import BLIND
from ocrfix.spellings import Spellings
from ocrfix.survey import PAD, Survey
from ocrfix.text import code_points, distinct
from ocrfix.trie import Ids

MEMBERS = 48
"""How many names stand for a class: the best known ones carry nearly all of its probability."""
KEPT = 1 << 16
"""How many answers are kept for when they are asked again: most are within the same piece of a text."""
AT_ONCE = 1 << 10
"""In how many places a class is looked for at once."""
LONGER = 20_000
"""Milli-nats: what a longer real name in the same place counts for."""


class Classes(NamedTuple):
    """Well-known names that stand for all of their kind, by what they end with; "" for two characters.

    kinds: the number of each class. members: MEMBERS of each, the shortest first, as vocabulary indices, (classes,
    MEMBERS, longest). sizes: how many each has, (classes, MEMBERS).
    """

    kinds: dict[str, int]
    members: Ids
    sizes: NDArray[np.int64]

    def of(self, form: str) -> str:
        """The class of a form: what it ends with."""
        return form[-1] if len(form) > 2 and form[-1] in self.kinds else ""


@lru_cache(maxsize=4)
def classes(gazetteer: Gazetteer, model: LanguageModel) -> Classes:
    """The classes of a gazetteer: for each ending of full names, those that the language model finds likeliest."""
    places, bearers = gazetteer.everywhere, gazetteer.bearers
    spelled = bearers.spelled
    last = spelled.letters[spelled.begins[1:] - 1]
    wide, narrow = places.of_kinds("prefecture", "county"), places.of_kinds("township")
    full = bearers.full[wide | (narrow & ~np.isin(last[bearers.full], code_points("市县区")))]
    full = distinct(full[spelled.sizes[full] > 2])
    form = np.repeat(np.arange(len(spelled)), bearers.many)
    short = distinct(form[wide[bearers.places] & (spelled.sizes[form] == 2)])
    times = np.bincount(last[full])
    ends = {chr(end): full[last[full] == end] for end in np.flatnonzero(times >= MEMBERS).tolist()} | {"": short}
    known = np.concatenate((full, short))
    logp = np.zeros(len(spelled), dtype=np.int64)
    logp[known] = _likelihoods(spelled.take(known), model)
    found = {end: _likeliest(spelled, of, logp, model) for end, of in ends.items() if len(of) >= MEMBERS}
    sizes = np.array([[len(one) for one in of] for of in found.values()], dtype=np.int64).reshape(-1, MEMBERS)
    members = np.zeros((*sizes.shape, int(sizes.max(initial=0))), dtype=np.uint16)
    members[np.arange(members.shape[2]) < sizes[:, :, None]] = [i for of in found.values() for one in of for i in one]
    return Classes({end: k for k, end in enumerate(found)}, members, sizes)


def _likelihoods(spelled: Spellings, model: LanguageModel) -> NDArray[np.int64]:
    """The log-likelihood of each string at the beginning of a paragraph, milli-nats."""
    logp, ids = np.zeros(len(spelled), dtype=np.int64), model.ids(spelled.letters)
    for size in distinct(spelled.sizes).tolist():
        same = np.flatnonzero(spelled.sizes == size)
        rows = np.full((len(same), size + 1), EDGE, dtype=np.uint16)
        rows[:, 1:] = ids[spelled.begins[same][:, None] + np.arange(size)]
        logp[same] = model.log_probabilities(rows)[:, 1:].sum(axis=1)
    return logp


def _likeliest(
    spelled: Spellings, among: NDArray[np.int64], logp: NDArray[np.int64], model: LanguageModel
) -> list[tuple[int, ...]]:
    """The MEMBERS strings that are likeliest, as vocabulary indices; the shortest first, then the likeliest."""
    able = among[logp[among] >= np.sort(logp[among])[-MEMBERS]]
    best = sorted((-total, spelled[k]) for total, k in zip(logp[able].tolist(), able.tolist(), strict=True))
    return sorted((tuple(model.ids(code_points(name)).tolist()) for _, name in best[:MEMBERS]), key=len)


def class_lead(
    survey: Survey,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    forms: Sequence[str],
    known: Classes,
    model: LanguageModel,
) -> NDArray[np.int64]:
    """How much likelier any name of a form's class is in its place than what is printed there, (n,), milli-nats.

    0 where a gazetteer has too few names for a class.
    """
    spans = list(zip(map(known.of, forms), start.tolist(), end.tolist(), strict=True))
    # All that the lead hangs on: a text that repeats itself asks again and again.
    around = [(kind, survey.ids[first - PAD : last + PAD].tobytes()) for kind, first, last in spans]
    if len(survey.leads) > KEPT:
        survey.leads.clear()
    asked_of = zip(around, spans, strict=True)
    new = {what: span for what, span in asked_of if what not in survey.leads and what[0] in known.kinds}
    every = sorted(new, key=lambda what: new[what])
    for asked in (every[k : k + AT_ONCE] for k in range(0, len(every), AT_ONCE)):
        first, last = (np.array([new[what][k] for what in asked], dtype=np.int64) for k in (1, 2))
        scores = _scores(survey, first, last, [kind for kind, _ in asked], known, model)
        odds = (scores - survey.before(first, last)[:, None]) / 1000
        leads = np.round(1000 * np.logaddexp.reduce(odds, axis=1)).astype(np.int64)
        survey.leads.update(zip(asked, leads.tolist(), strict=True))
    return np.array([survey.leads.get(what, 0) for what in around], dtype=np.int64)


def printed_name(
    survey: Survey, start: NDArray[np.int64], end: NDArray[np.int64], gazetteer: Gazetteer, model: LanguageModel
) -> NDArray[np.int64]:
    """How well what is printed reads as another name that shares a character with the span; 0 or below, milli-nats.

    The longer real name wins: one that reaches beyond the span is an objection of LONGER (平度市 in 在平度市).
    """
    if not len(start):
        return np.zeros(0, dtype=np.int64)
    first, last = int(start.min()), int(end.max())
    low = bisect_right(survey.mentions, first - PAD, key=lambda mention: mention.end)  # they do not overlap
    high = bisect_left(survey.mentions, last - PAD, key=lambda mention: mention.start)
    claimed = np.zeros(last - first + 1, dtype=np.int64)
    np.add.at(claimed, start - first, 1)
    np.add.at(claimed, end - first, -1)
    before = np.concatenate(([0], np.cumsum(np.cumsum(claimed) > 0)))  # how many positions a span claims, from first on
    mentions = [
        m
        for m in survey.mentions[low:high]
        if before[min(m.end + PAD, last) - first] > before[max(m.start + PAD, first) - first]
    ]
    if not mentions:
        return np.zeros(len(start), dtype=np.int64)
    known, weights = classes(gazetteer, model), {active.place: active.weight for active in survey.places}
    at = np.array([m.start + PAD for m in mentions], dtype=np.int64)
    stop = np.array([m.end + PAD for m in mentions], dtype=np.int64)
    leads = class_lead(survey, at, stop, [m.form for m in mentions], known, model)
    leads += np.array([round(1000 * (max(weights.get(p, 0.0) for p in m.places) - BLIND)) for m in mentions])
    result = np.zeros(len(start), dtype=np.int64)
    for k, (first, last) in enumerate(zip(start.tolist(), end.tolist(), strict=True)):
        low = int(np.searchsorted(stop, first, "right"))  # mentions do not overlap: both are sorted
        while low < len(at) and at[low] < last:
            beyond = len(mentions[low].form) > 2 and (at[low] < first or stop[low] > last)
            result[k] = min(result[k], -leads[low], -LONGER if beyond else 0)
            low += 1
    return result


def _scores(
    survey: Survey,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    kinds: Sequence[str],
    known: Classes,
    model: LanguageModel,
) -> NDArray[np.int64]:
    """The log-likelihood of each member of its class, `kinds`, in each place, (places, MEMBERS), milli-nats."""
    left, right = survey.ids[first[:, None] + np.arange(-PAD, 0)], survey.ids[last[:, None] + np.arange(PAD)]
    kind = np.array([known.kinds[kind] for kind in kinds], dtype=np.int64)
    middle, sizes = known.members[kind], known.sizes[kind].ravel()
    which = np.repeat(np.arange(len(kind)), MEMBERS)
    scores = model.between(left, right, which, middle.reshape(len(which), -1)[:, : sizes.max(initial=0)], sizes)
    return scores.reshape(-1, MEMBERS)
