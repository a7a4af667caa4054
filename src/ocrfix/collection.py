"""What do the corrections of many pages say together: how bad is each, which errors recur, which places are named?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from ocrfix.config import Config
from ocrfix.gazetteer import Gazetteer
from ocrfix.model import Correction, Result
from ocrfix.near_names import LEAST
from ocrfix.places import Place
from ocrfix.resources import Resources
from ocrfix.survey import Survey
from ocrfix.text import HAN

BESIDE = 2
"""Characters on either side of a correction that tell which others are of its series."""
RESCAN = 0.02
"""The suspected error rate of a page that is worn badly: twice as much is wrong, and two thirds of that stay so."""


class Spot(NamedTuple):
    """A correction or a suggestion, and the characters beside it. made: False for a suggestion."""

    original: str
    replacement: str
    score: float
    kind: str
    made: bool
    before: str
    after: str


class Named(NamedTuple):
    """A place that a page names: how often, and at how many of these places a correction was made."""

    place: Place
    times: int
    restored: int


class PageFacts(NamedTuple):
    """A page: its name, how many characters it has, what was found in it, and which places it names."""

    name: str
    characters: int
    spots: tuple[Spot, ...]
    named: tuple[Named, ...]

    @property
    def suspected(self) -> float:
        """How many errors have been found, each as likely as its score."""
        return sum(spot.score for spot in self.spots)

    @property
    def rate(self) -> float:
        """The same for each character."""
        return self.suspected / max(self.characters, 1)

    @property
    def made(self) -> int:
        """How many corrections are made."""
        return sum(spot.made for spot in self.spots)

    @property
    def doubtful(self) -> float:
        """How many errors a person is likely to mend who decides all that was found: what is made wrongly, and what

        is suggested rightly.
        """
        return sum(1 - spot.score if spot.made else spot.score for spot in self.spots)


class Series(NamedTuple):
    """An error that was found again and again, with what always stands beside it; pages: by number, in order."""

    original: str
    replacement: str
    spots: tuple[Spot, ...]
    pages: tuple[int, ...]

    @property
    def mean(self) -> float:
        """The mean score."""
        return sum(spot.score for spot in self.spots) / len(self.spots)


class Branch(NamedTuple):
    """A place, how often it is named itself, on how many pages, how often restored, and the places within it."""

    place: Place
    times: int
    pages: int
    restored: int
    within: tuple[Branch, ...]

    @property
    def total(self) -> int:
        """How often it is named, or what lies in it."""
        return self.times + sum(branch.total for branch in self.within)


def facts(name: str, result: Result, resources: Resources, config: Config) -> PageFacts:
    """What is to be known of a page once it has been corrected.

    >>> from ocrfix import Corrector
    >>> corrector = Corrector()
    >>> result = corrector.correct("聊城市在平区召开会议。")
    >>> page = facts("page.txt", result, corrector.resources, corrector.config)
    >>> [(named.place.name, named.times, named.restored) for named in page.named]
    [('聊城市', 1, 0), ('茌平区', 1, 1)]
    """
    spots = (_spot(result.source, c, k < len(result.corrections)) for k, c in enumerate(_every(result)))
    return PageFacts(name, len("".join(result.source.split())), tuple(spots), _named(result, resources, config))


def _every(result: Result) -> tuple[Correction, ...]:
    return result.corrections + result.suggestions


def _spot(text: str, c: Correction, made: bool) -> Spot:
    before, after = text[max(0, c.start - BESIDE) : c.start], text[c.end : c.end + BESIDE]
    return Spot(c.original, c.replacement, c.score, c.kind, made, before, after)


def _named(result: Result, resources: Resources, config: Config) -> tuple[Named, ...]:
    """The places that the corrected text names, as far as it speaks of them."""
    text = result.text
    weights = {active.place: active.weight for active in Survey(text, resources, config).places}
    changed = _changed(result.corrections)
    times, restored = dict[Place, int](), dict[Place, int]()
    for mention in resources.gazetteer.mentions(text):
        place = max(mention.places, key=lambda p: weights.get(p, 0.0))  # the first of those that weigh the same
        if weights.get(place, 0.0) >= LEAST:
            times[place] = times.get(place, 0) + 1
            hit = any(start < mention.end and mention.start < max(end, start + 1) for start, end in changed)
            restored[place] = restored.get(place, 0) + hit
    return tuple(Named(place, n, restored[place]) for place, n in times.items())


def _changed(corrections: Sequence[Correction]) -> list[tuple[int, int]]:
    """Where corrections stand in the corrected text."""
    shifts = accumulate((len(c.replacement) - len(c.original) for c in corrections), initial=0)
    return [(c.start + d, c.start + d + len(c.replacement)) for c, d in zip(corrections, shifts, strict=False)]


def series(pages: Sequence[PageFacts], least: int = 2) -> tuple[Series, ...]:
    """Errors that were found `least` times and more, most frequent first.

    Of 在→茌, those before 平 are a series of their own, 在平→茌平, where they are most of it.
    """
    found: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for number, page in enumerate(pages):
        for spot in page.spots:
            found[spot.original, spot.replacement].append((number, spot))
    every = [_series(part) for rows in found.values() for part in _parted(rows) if len(part) >= least]
    return tuple(sorted(every, key=lambda s: (-len(s.spots), s.original, s.replacement)))


Found = tuple[int, Spot]


def _parted(rows: list[Found]) -> tuple[list[Found], list[Found]]:
    """Those that have the Han character behind or before them that most have, and the others."""
    sides = [Counter(filter(HAN.match, (side(spot) for _, spot in rows))) for side in (_after, _before)]
    (right, times), (left, earlier) = ((side.most_common(1) or [("", 0)])[0] for side in sides)
    if 2 * max(times, earlier) <= len(rows):
        return rows, []
    char, side = (right, _after) if times >= earlier else (left, _before)
    return [row for row in rows if side(row[1]) == char], [row for row in rows if side(row[1]) != char]


def _after(spot: Spot) -> str:
    return spot.after[:1]


def _before(spot: Spot) -> str:
    return spot.before[-1:]


def _series(rows: list[Found]) -> Series:
    spots = tuple(spot for _, spot in rows)
    alone = len(rows) == 1
    left = "" if alone else _shared([spot.before[::-1] for spot in spots])[::-1]
    right = "" if alone else _shared([spot.after for spot in spots])
    numbers = tuple(sorted({number for number, _ in rows}))
    return Series(left + spots[0].original + right, left + spots[0].replacement + right, spots, numbers)


def _shared(sides: Sequence[str]) -> str:
    """What all begin with, as far as it is Han characters: 在→茌 before 平 is 在平→茌平."""
    shared = ""
    for column in zip(*sides, strict=False):
        if len(set(column)) > 1 or not HAN.match(column[0]):
            break
        shared += column[0]
    return shared


def tree(pages: Iterable[PageFacts], gazetteer: Gazetteer) -> tuple[Branch, ...]:
    """The places that pages name, within what they lie in; the most named first."""
    times, on, restored = dict[Place, int](), dict[Place, int](), dict[Place, int]()
    below: dict[Place | None, dict[Place, None]] = defaultdict(dict)
    for page in pages:
        for place, n, again in page.named:
            times[place] = times.get(place, 0) + n
            on[place] = on.get(place, 0) + 1
            restored[place] = restored.get(place, 0) + again
            inner = place
            for above in gazetteer.ancestors(place):
                below[above][inner] = None
                inner = above
            below[None][inner] = None
    return _branches(None, below, (times, on, restored))


Counted = tuple[Mapping[Place, int], Mapping[Place, int], Mapping[Place, int]]


def _branches(
    above: Place | None, below: Mapping[Place | None, dict[Place, None]], counted: Counted
) -> tuple[Branch, ...]:
    times, on, restored = counted
    found = [
        Branch(p, times.get(p, 0), on.get(p, 0), restored.get(p, 0), _branches(p, below, counted))
        for p in below.get(above, {})
    ]
    return tuple(sorted(found, key=lambda branch: (-branch.total, branch.place.code, branch.place.name)))
