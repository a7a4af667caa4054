"""Which names are worth weighing for what nearly is one? Of all that `near_names` and `far_names` think of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ocrfix.detect import odd
from ocrfix.far_names import anywhere
from ocrfix.language import UNKNOWN, LanguageModel
from ocrfix.near_names import BLIND, HOPE, LEAST, ODD, Name, Near, Spelled, are_persons, misreading, near
from ocrfix.proposals import Proposals, resemblance
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey
from ocrfix.text import code_points, distinct

FAR_NAMES = ("far_names", "far_short_names")
"""The sources of names of which the document does not speak: longer ones, and those of two characters."""
NAMES = ("names", *FAR_NAMES)


def proposed_names(survey: Survey, resources: Resources) -> Iterator[Proposals]:
    """Names for what differs from them in a character or two: piece by piece, those of one of NAMES and of one size."""
    for found in zip(near(survey, resources.gazetteer), anywhere(survey, odd(survey), resources), strict=True):
        yield from _proposals(survey, found, resources)


def _proposals(survey: Survey, found: Iterable[Near], resources: Resources) -> Iterator[Proposals]:
    """Of what is nearly a name, what is worth weighing; what is found twice, once."""
    names: dict[str, int] = {}
    told, rows = list[tuple[int, int, str]](), list[NDArray[np.int64]]()
    for one in found:
        good, shape, match = _worth_weighing(survey, one, resources)
        able = np.flatnonzero(good)
        number = np.full(len(one.names), -1, dtype=np.int64)
        for k in distinct(one.name[able]).tolist():
            name = one.names[k]
            number[k] = names.setdefault(name.form, len(names))
            if number[k] == len(told):
                told.append((_source(name), _prior(name), _note(name)))
        rows.append(np.stack((one.start, one.end, number[one.name], shape, match), axis=1)[able])
    every = np.concatenate(rows)
    _, first = np.unique((every[:, 0] << 7 | every[:, 1] - every[:, 0]) << 24 | every[:, 2], return_index=True)
    start, end, name, shape, match = every[np.sort(first)].T
    forms, notes = tuple(names), tuple(note for *_, note in told)
    source, prior = np.array([row[:2] for row in told], dtype=np.int64).reshape(-1, 2).T
    sizes = np.array([len(form) for form in forms], dtype=np.int64)
    groups, which = np.unique(np.stack((source[name], end - start, sizes[name])), axis=1, return_inverse=True)
    for k, (of, _, size) in enumerate(groups.T.tolist()):
        same = np.flatnonzero(which.ravel() == k)
        spelled = tuple(forms[n] for n in name[same].tolist())
        ids = resources.language.ids(code_points("".join(spelled))).reshape(-1, size)
        said = tuple(notes[n] for n in name[same].tolist())
        columns = (shape[same], prior[name[same]], match[same])
        yield Proposals(NAMES[of], "name", start[same], end[same], ids, *columns, spelled, said)


def _worth_weighing(
    survey: Survey, found: Near, resources: Resources
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Which names may be worth weighing, and of those shape and match, as of Proposals."""
    names, letters = Spelled.of(found.names), survey.letters
    first, size = found.start - PAD, names.sizes[found.name]
    inside = np.arange(names.codes.shape[1]) < size[:, None]
    printed = letters[np.minimum(first[:, None] + np.arange(inside.shape[1]), len(letters) - 1)].astype(np.int64)
    wrong = inside & (printed != names.codes[found.name])
    good = ~((size == 2) & are_persons(survey, found.start))
    single = good & (found.end - found.start == size) & (wrong.sum(axis=1) == 1)
    others, single = np.flatnonzero(good & ~single), np.flatnonzero(single)
    at = wrong[single].argmax(axis=1)
    swaps, which = np.unique(printed[single, at] << 21 | names.codes[found.name[single], at], return_inverse=True)
    pairs = [(chr(swap >> 21), chr(swap & 0x1FFFFF)) for swap in swaps.tolist()]
    channel = resources.channel(survey.engine).of_names
    alike = np.array([resemblance(resources.glyphs, *pair) for pair in pairs], dtype=np.int64)
    own = inside & ~wrong & (np.arange(inside.shape[1]) < names.stems[found.name][:, None])
    common = _commonness(resources.language)[resources.language.ids(names.codes.astype(np.uint32))]
    shape, match = np.zeros(len(good), dtype=np.int64), np.zeros(len(good), dtype=np.int64)
    shape[single] = alike[which]
    match[single] = -np.where(own[single], common[found.name[single]], 0).sum(axis=1)
    prior = np.array([_prior(name) for name in found.names], dtype=np.int64)[found.name]
    spoken = np.flatnonzero(prior[single] >= 1000 * (LEAST - BLIND))  # of others far_names has asked the same
    cost = np.zeros(len(pairs), dtype=np.int64)
    for k in distinct(which[spoken]).tolist():
        cost[k] = channel.cost(*pairs[k])
    ask = single[spoken]
    good[ask] = ODD + match[ask] + prior[ask] + np.maximum(HOPE * shape[ask], -cost[which[spoken]]) > 0
    known = dict[tuple[str, int], tuple[bool, int, int]]()  # a text may have one misreading again and again
    for k, start, end, number in zip(others.tolist(), *(column[others].tolist() for column in found[:3]), strict=True):
        what = survey.symbols(start, end), number
        if what not in known:
            known[what] = _looked_at(what[0], found.names[number], survey, resources)
        good[k], shape[k], match[k] = known[what]
    return good, shape, match


def _looked_at(printed: str, name: Name, survey: Survey, resources: Resources) -> tuple[bool, int, int]:
    """The same of one name, whatever is wrong with it."""
    channel, model = resources.channel(survey.engine).of_names, resources.language
    read = misreading(printed, name.form)
    shape = sum(resemblance(resources.glyphs, a, b) for a, b in read.swaps)
    own = model.ids(code_points("".join(name.form[k] for k in read.intact if k < name.stem)))
    match = -int(_commonness(model)[own].sum())
    likely = max(HOPE * (shape - 1000 * read.indels), -read.cost(channel))
    return ODD + match + _prior(name) + likely > 0, shape, match


def _source(name: Name) -> int:
    """Which of NAMES proposes a name."""
    return 0 if name.active.weight >= LEAST else 1 + (len(name.form) == 2)


@lru_cache(maxsize=1 << 16)
def _note(name: Name) -> str:
    return f"{name.active.place.name}: {name.active.why}"


def _prior(name: Name) -> int:
    return round(1000 * (name.active.weight - BLIND))


@lru_cache(maxsize=4)
def _commonness(model: LanguageModel) -> NDArray[np.int64]:
    """The log-probability of each vocabulary index by itself, milli-nats; the least of all for the unknown."""
    common = model.unigrams.astype(np.int64)
    common[UNKNOWN] = common[2:].min()
    return common
