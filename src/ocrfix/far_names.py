"""Where does the text nearly say a name of which the document says nothing?

One character of it may be wrong or dropped, at a place that looks wrong; or two of a long one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ocrfix.activation import LOWEST_RANK, NAMES, RANK, USERS, Active
from ocrfix.bearers import Everywhere
from ocrfix.channel import Channel
from ocrfix.gazetteer import Gazetteer
from ocrfix.glyphs import Glyphs
from ocrfix.language import LanguageModel
from ocrfix.name_index import LONGEST, Candidates, NameIndex
from ocrfix.near_names import BLIND, HOPE, ODD, Name, Near, Same
from ocrfix.proposals import nats
from ocrfix.resources import Resources
from ocrfix.short_forms import stems
from ocrfix.survey import PAD, Survey
from ocrfix.text import distinct, is_han

AT_BEST = 18_000
"""Milli-nats: how improbable a name and the four symbols after it are at the least, whichever name it is."""
ANYTHING = 7_000
"""Milli-nats: how improbable one printed character is where an engine fails altogether: it may be any of a thousand."""
MOST = 12
"""How many names are weighed for what stands at one place."""


@dataclass(frozen=True)
class Country:
    """Every name by all but one of its characters.

    index: the names. place: of each the number of the first place that bears it, in `places`. weight: how likely each
    is to be the next name where nothing is known, in the nats of Active.weight. stem: how many characters of each are
    its own. rarity: how improbable each character is by itself, milli-nats, (n, SHORT). match: how improbable it is
    that all of its own but one are right by chance, by the one, likewise; 0 for long names.
    """

    index: NameIndex
    places: Everywhere
    place: NDArray[np.int64]
    weight: NDArray[np.float64]
    stem: NDArray[np.int64]
    rarity: NDArray[np.int64]
    match: NDArray[np.int64]


@lru_cache(maxsize=4)
def country(gazetteer: Gazetteer, model: LanguageModel) -> Country:
    """The names of a gazetteer, short forms of townships and common words left out."""
    index, places = NameIndex(gazetteer.spoken), gazetteer.everywhere
    sizes = gazetteer.spoken.sizes
    bearers = gazetteer.bearers.take(gazetteer.searched[(sizes >= 2) & (sizes <= LONGEST)])
    first = bearers.first
    ranks = [RANK.get(kind, LOWEST_RANK) for kind in places.kinds]
    times = np.bincount(places.kind[distinct(gazetteer.bearers.places)], minlength=len(ranks)).tolist()
    all_of_them = float(sum(Fraction(rank) * many for rank, many in zip(ranks, times, strict=True)))
    ranked = np.array(ranks)[places.kind[bearers.places]]
    form = np.repeat(np.arange(len(index.names)), bearers.many)
    weight = np.log(np.bincount(form, ranked, len(index.names)) / all_of_them * NAMES)
    if users := gazetteer.unplaced.numbers:
        able = np.flatnonzero(np.isin(first, places.unplaced)).tolist()
        weight[[k for k in able if places[int(first[k])] in users]] = USERS
    stem = stems(index.names, places.kind[first], places.kinds)
    rarity = -model.unigrams[model.ids(index.codes.astype(np.uint32))].astype(np.int64)
    own = np.where((np.arange(index.codes.shape[1]) < stem[:, None]) & (index.codes > 0), rarity, 0)
    match = own.sum(axis=1)[:, None] - own
    return Country(index, places, first, weight, stem, rarity, match)


def anywhere(survey: Survey, suspects: NDArray[np.int64], resources: Resources) -> Iterator[Near]:
    """Where the text nearly says any name at all, at places that look wrong: piece by piece, the likeliest names."""
    known = country(resources.gazetteer, resources.language)
    weight = _weight(survey, known, resources.gazetteer)
    other = np.concatenate(([0], np.cumsum(~is_han(survey.letters), dtype=np.int32)))
    long = np.stack(known.index.long(survey.read)[:3], axis=1)
    for (first, last), at in zip(pairwise(survey.pieces.tolist()), survey.by_piece(suspects), strict=True):
        rows = _likeliest(survey, at - PAD, weight, known, resources)
        there = long[(long[:, 0] >= first - PAD) & (long[:, 0] < last - PAD)]
        start, end, name = np.concatenate((rows, there)).T
        good = other[end] == other[start]
        numbers, which = np.unique(name[good], return_inverse=True)
        weights = zip(numbers.tolist(), weight[numbers].tolist(), strict=True)
        names = tuple(_name(Same(known), k, w, resources.gazetteer) for k, w in weights)
        yield Near(start[good] + PAD, end[good] + PAD, which, names)


def _likeliest(
    survey: Survey,
    at: NDArray[np.int64],
    weight: NDArray[np.float64],
    known: Country,
    resources: Resources,
) -> NDArray[np.int64]:
    """Of the short names that may be misread at some places, the likeliest for each stretch: start, end, name."""
    letters = survey.letters
    misread, dropped = known.index.misread(letters, at), known.index.dropped(letters, at)
    dropped = dropped.take(np.flatnonzero(dropped.end - dropped.start > 1))  # one character of two says too little
    rows = np.concatenate(
        [
            _hopeful(survey, misread, letters[misread.start + misread.at].astype(np.int64), weight, known, resources),
            _hopeful(survey, dropped, np.zeros_like(dropped.at), weight, known, resources),
        ]
    )
    rows = rows[np.lexsort(rows.T[::-1])]
    _, first, times = np.unique(rows[:, :2], axis=0, return_index=True, return_counts=True)
    rank = np.arange(len(rows)) - np.repeat(first, times)
    return rows[rank < MOST][:, [0, 1, 3]]


@lru_cache(maxsize=1 << 13)
def _name(same: Same, number: int, weight: float, gazetteer: Gazetteer) -> Name:
    known = same.value
    place = known.places[int(known.place[number])]
    why = "in the user's list" if place in gazetteer.unplaced.numbers else "named nowhere else"
    return Name(known.index.names[number], Active(place, weight, why), int(known.stem[number]))


def _weight(survey: Survey, known: Country, gazetteer: Gazetteer) -> NDArray[np.float64]:
    """How likely each name is to be the next in this document, in the nats of Active.weight."""
    weight = known.weight.copy()
    number, active = _active(Same(survey.places), Same(known), gazetteer)
    np.maximum.at(weight, number, active)
    return weight


@lru_cache(maxsize=2)
def _active(places: Same, known: Same, gazetteer: Gazetteer) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The names of places that a document speaks of, by number, and how likely each is to be the next."""
    users = gazetteer.unplaced.numbers
    named = [(form, a.weight) for a in places.value if a.place not in users for form in gazetteer.forms(a.place)]
    numbers = known.value.index.names.numbers([form for form, _ in named])
    there = np.flatnonzero(numbers >= 0)
    return numbers[there], np.array([active for _, active in named])[there]


def _hopeful(
    survey: Survey,
    found: Candidates,
    printed: NDArray[np.int64],
    weight: NDArray[np.float64],
    known: Country,
    resources: Resources,
) -> NDArray[np.int64]:
    """Candidates that may come to something, (n, 4): start, end, how unlikely they are, name.

    printed: what stands for the character that is not there, 0 where it was dropped. The rarer that one is, the
    likelier an engine failed on it: of two names the one with the rarer character is looked at first.
    """
    pairs, which = np.unique(printed << 21 | known.index.codes[found.name, found.at], return_inverse=True)
    hopes = map(_hopes(resources.glyphs, resources.channel(survey.engine).of_names), pairs.tolist())
    likely = np.array([*hopes], dtype=np.int64)[which] + known.match[found.name, found.at]
    likely += np.round(1000 * (weight[found.name] - BLIND)).astype(np.int64)
    odd = -survey.before(found.start + PAD, found.end + PAD) - AT_BEST
    good = np.flatnonzero(np.minimum(odd, ODD) + likely > 0)
    likely += known.rarity[found.name, found.at]
    return np.stack((found.start, found.end, -likely, found.name), axis=1)[good]


@lru_cache(maxsize=8)
def _hopes(glyphs: Glyphs, channel: Channel) -> Callable[[int], int]:
    """How likely one character of a name is printed so, at the most hopeful.

    By its looks, by an engine's habit, or because engines fail on it. Of a printed character, 0 for none, and the true
    one, as one number.
    """

    @lru_cache(maxsize=1 << 15)
    def of(pair: int) -> int:
        printed, true = chr(pair >> 21).strip("\0"), chr(pair & 0x1FFFFF)
        alike = nats(glyphs.similarity(printed, true)) if printed else -1000
        return max(HOPE * alike, -channel.cost(printed, true), -channel.fallible(true) - ANYTHING)

    return of
