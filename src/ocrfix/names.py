"""Which names might have stood here, and does a name belong here at all?

A name that the document may well use is looked for with up to two characters wrong, dropped or made up. What stands
there is then weighed against a whole class of names: the probability that the language model gives to all well-known
names of its kind in this place together, whatever it thinks of the one in question, which it may never have met
(class-based models: Brown et al. 1992).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from ocrfix.activation import Active
from ocrfix.gazetteer import Gazetteer
from ocrfix.language import EDGE, Ids, LanguageModel
from ocrfix.survey import PAD, Survey
from ocrfix.text import BOUNDARY, HAN

LEAST = 2.5
"""Nats of activation that a name needs to be looked for."""
MEMBERS = 48
"""How many names stand for a class: the best known ones carry nearly all of its probability."""
BLIND = 10.82
"""Nats: the activation of a name that is certain to be the next (ln of the number of names, activation.NAMES)."""

ODD = 9_000
"""Milli-nats. What is printed may be odd for many reasons, and a name is one of them: context speaks for it by no more

than this, and as much again as it is improbable that the characters printed right agree with the name by chance.
"""
LONGER = 20_000
"""Milli-nats: what a longer real name in the same place counts for."""


class Near(NamedTuple):
    """A stretch that differs from a known name in a character or two.

    start, end: half-open positions in the survey's ids. stem: how many characters of the form are its own; 街道 is not.
    """

    start: int
    end: int
    form: str
    active: Active
    stem: int


class Misreading(NamedTuple):
    """How a printed form differs from a name: characters read for others, how many lost or made up, which are right."""

    swaps: tuple[tuple[str, str], ...]
    indels: int
    intact: tuple[int, ...]

    @property
    def wrong(self) -> int:
        """How many characters differ."""
        return len(self.swaps) + self.indels


@lru_cache(maxsize=1 << 14)
def misreading(printed: str, form: str) -> Misreading:
    """The fewest changes that turn what is printed into a name.

    >>> misreading("在中华河", "茌中河")
    Misreading(swaps=(('在', '茌'),), indels=1, intact=(1, 2))
    """
    swaps, indels, intact = list[tuple[str, str]](), 0, list[int]()
    for op in Levenshtein.opcodes(printed, form):
        if op.tag == "equal":
            intact += range(op.dest_start, op.dest_end)
        elif op.tag == "replace":
            swaps += zip(printed[op.src_start : op.src_end], form[op.dest_start : op.dest_end], strict=True)
        else:
            indels += op.src_end - op.src_start + op.dest_end - op.dest_start
    return Misreading(tuple(swaps), indels, tuple(intact))


def near(survey: Survey, gazetteer: Gazetteer) -> Iterator[Near]:
    """Where the text nearly says a name that the document may well use: by place, then by form."""
    forms: dict[str, Active] = {}
    stems: dict[str, int] = {}
    for active in survey.places:  # likeliest first
        if active.weight < LEAST:
            break
        of_place = gazetteer.forms(active.place)
        stem = min(of_place, key=len)
        for form in of_place:
            forms.setdefault(form, active)
            stems.setdefault(form, len(stem) if form.startswith(stem) else len(form))
    text = survey.read
    found: dict[str, dict[tuple[int, int], int]] = defaultdict(dict)
    for form, start, end in _windows(text, stems):
        if len(form) > end - start and BOUNDARY in text[max(start - 1, 0) : start] + text[end : end + 1]:
            continue  # the rest of the name stands on the next line
        if (start, end) not in found[form] and _near_enough(text[start:end], form, stems[form]):
            found[form][start, end] = misreading(text[start:end], form).wrong
    for form, wrongs in sorted(found.items()):
        for start, end in _least_wrong(wrongs):
            yield Near(start + PAD, end + PAD, form, forms[form], stems[form])


def _least_wrong(wrongs: dict[tuple[int, int], int]) -> Iterator[tuple[int, int]]:
    """The spans of one name that overlap no other with less wrong in it, by place."""
    spans = sorted(wrongs)
    for k, (start, end) in enumerate(spans):
        near = [k]
        while near[0] and spans[near[0] - 1][1] > start:  # spans of one name differ in length by two at most:
            near.insert(0, near[0] - 1)  # those that reach over its start lie right before it
        while near[-1] + 1 < len(spans) and spans[near[-1] + 1][0] < end:
            near.append(near[-1] + 1)
        if wrongs[start, end] <= min(wrongs[spans[other]] for other in near):
            yield start, end


def _windows(text: str, stems: dict[str, int]) -> Iterator[tuple[str, int, int]]:
    """Where names might stand: stretches that share two characters with a name at about the right distance.

    Of a name of two characters one is enough. One of those shared is of its stem: 街道 alone says nothing.
    """
    codes = np.array([ord(ch) for ch in text], dtype=np.int64)
    singles: dict[int, list[tuple[str, int]]] = defaultdict(list)
    pairs: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
    for form, stem in stems.items():
        if len(form) == 2:
            for at, ch in enumerate(form):
                singles[ord(ch)].append((form, at))
        for at in range(min(stem, len(form) - 1)):
            for gap in (1, 2):
                if at + gap < len(form):
                    pairs[ord(form[at]) << 21 | ord(form[at + gap])].append((form, at, gap))
    for at in np.flatnonzero(np.isin(codes, np.array(sorted(singles), dtype=np.int64))).tolist():
        for form, offset in singles[int(codes[at])]:
            if 0 <= at - offset <= len(text) - 2:
                yield form, at - offset, at - offset + 2
    known = np.array(sorted(pairs), dtype=np.int64)
    for distance in (1, 2, 3):
        packed = codes[:-distance] << 21 | codes[distance:]
        for at in np.flatnonzero(np.isin(packed, known)).tolist():
            for form, offset, gap in pairs[int(packed[at])]:
                if len(form) == 2 or abs(distance - gap) > 1:
                    continue
                between = distance - gap  # made up (1) or dropped (-1) characters between the two
                for before in (-1, 0, 1) if not between else (0,):
                    for after in (-1, 0, 1) if not (between or before) else (0,):
                        start, end = at - offset - before, at - offset + len(form) + between + after
                        if 0 <= start < end <= len(text):
                            yield form, start, end


def _near_enough(printed: str, form: str, stem: int) -> bool:
    """Whether a printed form may be a misreading of a name: most of it, and some of its stem, must be right."""
    if printed == form or not all(HAN.match(ch) for ch in printed):
        return False
    found = misreading(printed, form)
    if len(form) == 2:
        return found.wrong == 1 and not found.indels
    if found.wrong > 2 or len(found.intact) < 2 or found.indels > 1 or (len(found.swaps) == 2 and len(form) < 5):
        return False
    if len(printed) > len(form) and printed[0] != form[0] and printed[-1] != form[-1]:
        return False  # what is made up stands within a name, not before or after it
    return found.intact[0] < stem


class Classes(NamedTuple):
    """Well-known names that stand for all of their kind, by what they end with; "" for two characters."""

    members: dict[str, list[tuple[int, ...]]]

    def of(self, form: str) -> list[tuple[int, ...]]:
        return self.members.get(form[-1], self.members[""]) if len(form) > 2 else self.members[""]


@lru_cache(maxsize=4)
def classes(gazetteer: Gazetteer, model: LanguageModel) -> Classes:
    """The classes of a gazetteer: for each ending of full names, those that the language model finds likeliest."""
    by_end: dict[str, set[str]] = defaultdict(set)
    for place in gazetteer.places:
        if place.kind in ("prefecture", "county", "township"):
            if len(place.name) > 2 and (place.kind != "township" or place.name[-1] not in "市县区"):
                by_end[place.name[-1]].add(place.name)
            if place.kind != "township":
                by_end[""].update(form for form in gazetteer.forms(place) if len(form) == 2)
    members = {}
    for end, names in by_end.items():
        known = sorted(names)
        if len(known) < MEMBERS:
            continue
        rows = np.full((len(known), max(map(len, known)) + 1), EDGE, dtype=np.uint16)
        for k, name in enumerate(known):
            rows[k, 1 : 1 + len(name)] = model.ids(np.array([ord(ch) for ch in name], dtype=np.uint32))
        logp = model.log_probabilities(rows)
        logp[rows == EDGE] = 0
        best = np.lexsort((np.arange(len(known)), -logp.sum(axis=1)))[:MEMBERS]
        members[end] = [tuple(i for i in rows[k].tolist() if i != EDGE) for k in best.tolist()]
    return Classes(members)


def class_lead(
    survey: Survey,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    forms: Sequence[str],
    known: Classes,
    model: LanguageModel,
) -> NDArray[np.int64]:
    """How much likelier any name of a form's class is in its place than what is printed there, (n,), milli-nats."""
    result = np.zeros(len(forms), dtype=np.int64)
    groups: dict[int, list[int]] = defaultdict(list)
    for k, form in enumerate(forms):
        groups[id(known.of(form))].append(k)
    for rows in groups.values():
        members = known.of(forms[rows[0]])
        first, last = start[rows], end[rows]
        left = survey.ids[first[:, None] + np.arange(-PAD, 0)]
        right = survey.ids[last[:, None] + np.arange(PAD)]
        scores = np.concatenate([_score(left, right, same, model) for same in _by_length(members)], axis=1)
        printed = survey.logp_before[last + PAD] - survey.logp_before[first]
        lead = np.logaddexp.reduce((scores - printed[:, None]) / 1000, axis=1)
        result[rows] = np.round(1000 * lead)
    return result


def printed_name(
    survey: Survey, start: NDArray[np.int64], end: NDArray[np.int64], gazetteer: Gazetteer, model: LanguageModel
) -> NDArray[np.int64]:
    """How well what is printed reads as another name that shares a character with the span; 0 or below, milli-nats.

    The longer real name wins: one that reaches beyond the span is an objection of LONGER (平度市 in 在平度市).
    """
    weights = {active.place: active.weight for active in survey.places}
    claimed = np.zeros(len(survey.ids) + 1, dtype=np.int64)
    np.add.at(claimed, start, 1)
    np.add.at(claimed, end, -1)
    within = np.concatenate(([0], np.cumsum(np.cumsum(claimed) > 0)))  # positions before each that a span claims
    mentions = [m for m in gazetteer.mentions(survey.read) if within[m.end + PAD] > within[m.start + PAD]]
    if not mentions:
        return np.zeros(len(start), dtype=np.int64)
    known = classes(gazetteer, model)
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


def _by_length(members: list[tuple[int, ...]]) -> list[Ids]:
    lengths: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for member in members:
        lengths[len(member)].append(member)
    return [np.array(same, dtype=np.uint16) for _, same in sorted(lengths.items())]


def _score(left: Ids, right: Ids, members: Ids, model: LanguageModel) -> NDArray[np.int64]:
    """Log-probability of each member between each pair of contexts, (places, members), milli-nats."""
    places, many = len(left), len(members)
    rows = np.concatenate(
        (np.repeat(left, many, axis=0), np.tile(members, (places, 1)), np.repeat(right, many, axis=0)), axis=1
    )
    total = model.log_probabilities(rows)[:, PAD:].sum(axis=1, dtype=np.int64)
    return np.asarray(total.reshape(places, many))
