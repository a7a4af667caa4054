"""Where does the text nearly say a name?

Of a name that the document may well use up to two characters may be wrong, dropped or made up. Of any other name of the
country one, at a place that looks wrong, or two of a long one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from ocrfix.activation import LOWEST_RANK, NAMES, RANK, USERS, Active
from ocrfix.channel import Channel
from ocrfix.gazetteer import SUFFIXES, Gazetteer
from ocrfix.language import LanguageModel
from ocrfix.name_index import Candidates, NameIndex
from ocrfix.places import Place
from ocrfix.proposals import nats
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey
from ocrfix.text import BOUNDARY, HAN, code_points

LEAST = 2.5
"""Nats of activation that a name needs to be looked for with two characters wrong."""
LISTED = 2_000
"""Names of a user's own that lie within nothing: of more than these only one character may be wrong."""
BLIND = 10.82
"""Nats: the activation of a name that is certain to be the next (ln of the number of names, activation.NAMES)."""
ODD = 12_000
"""Milli-nats: how much the oddness of what is printed speaks for a name at the most, before it is weighed."""
AT_BEST = 18_000
"""Milli-nats: how improbable a name and the four symbols after it are at the least, whichever name it is."""
MOST = 8
"""How many names are weighed for what stands at one place."""
HOPE = 4
"""How many times unlikeness counts when a name is not worth weighing: as much as its context can ever make good."""


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
    """How a printed form differs from a name: characters read for others, lost and made up, and which are right."""

    swaps: tuple[tuple[str, str], ...]
    lost: str
    made_up: str
    intact: tuple[int, ...]

    @property
    def indels(self) -> int:
        """How many characters were lost or made up."""
        return len(self.lost) + len(self.made_up)

    @property
    def wrong(self) -> int:
        """How many characters differ."""
        return len(self.swaps) + self.indels

    def cost(self, channel: Channel) -> int:
        """How improbable it is that an engine prints the name so: -ln P, milli-nats."""
        pairs = (*self.swaps, *(("", ch) for ch in self.lost), *((ch, "") for ch in self.made_up))
        return sum(channel.cost(printed, true) for printed, true in pairs)


@lru_cache(maxsize=1 << 16)
def misreading(printed: str, form: str) -> Misreading:
    """The fewest changes that turn what is printed into a name.

    >>> misreading("在中华河", "茌中河")
    Misreading(swaps=(('在', '茌'),), lost='', made_up='华', intact=(1, 2))
    """
    swaps, lost, made_up, intact = list[tuple[str, str]](), "", "", list[int]()
    for op in Levenshtein.opcodes(printed, form):
        if op.tag == "equal":
            intact += range(op.dest_start, op.dest_end)
        elif op.tag == "replace":
            swaps += zip(printed[op.src_start : op.src_end], form[op.dest_start : op.dest_end], strict=True)
        else:
            lost += form[op.dest_start : op.dest_end]
            made_up += printed[op.src_start : op.src_end]
    return Misreading(tuple(swaps), lost, made_up, tuple(intact))


def near(survey: Survey, gazetteer: Gazetteer) -> Iterator[Near]:
    """Where the text nearly says a name that the document may well use: by place, then by form."""
    forms: dict[str, Active] = {}
    stems: dict[str, int] = {}
    listed = gazetteer.unplaced.numbers if len(gazetteer.unplaced.numbers) > LISTED else ()
    for active in survey.places:  # likeliest first
        if active.weight < LEAST:
            break
        if active.place in listed and active.weight <= USERS:
            continue
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
    codes = code_points(text).astype(np.int64)
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


# ---------------------------------------------------------------------------------------------------------------------
# Names of which the document says nothing


@dataclass(frozen=True)
class Country:
    """Every name by all but one of its characters.

    index: the names. numbers: of each name its number. places: what bears each. weight: how likely each is to be the
    next name where nothing is known, in the nats of Active.weight. stem: how many characters of each are its own.
    match: how improbable it is that all of these but one are right by chance, by the one, milli-nats, (n, SHORT); 0 for
    long names.
    """

    index: NameIndex
    numbers: dict[str, int]
    places: tuple[Place, ...]
    weight: NDArray[np.float64]
    stem: NDArray[np.int64]
    match: NDArray[np.int64]


@lru_cache(maxsize=4)
def country(gazetteer: Gazetteer, model: LanguageModel) -> Country:
    """The names of a gazetteer, short forms of townships and common words left out."""
    forms = gazetteer.searched
    index = NameIndex(forms)
    rank = {place: RANK.get(place.kind, LOWEST_RANK) for place in gazetteer.places}
    all_of_them = math.fsum(rank.values())
    shares = np.array([sum(map(rank.__getitem__, forms[form])) for form in index.names]) / all_of_them
    weight = np.log(shares * NAMES)
    places = tuple(forms[form][0] for form in index.names)
    users = gazetteer.unplaced.numbers
    if users:
        weight[[k for k, place in enumerate(places) if place in users]] = USERS
    stem = np.array(
        [stem_of(form, place.kind) for form, place in zip(index.names, places, strict=True)], dtype=np.int64
    )
    own = (np.arange(index.codes.shape[1]) < stem[:, None]) & (index.codes > 0)
    rarity = np.where(own, -model.unigrams[model.ids(index.codes.astype(np.uint32))], 0)
    match = rarity.sum(axis=1, dtype=np.int64)[:, None] - rarity
    return Country(index, {form: k for k, form in enumerate(index.names)}, places, weight, stem, match)


def stem_of(form: str, kind: str) -> int:
    """How many characters of a name are its own; 街道 is not, and 县 is only where one character is left (莒县)."""
    for suffix in SUFFIXES.get(kind, ()):
        if form.endswith(suffix):
            return len(form) - len(suffix) if len(form) > len(suffix) + 1 else len(form)
    return len(form)


def anywhere(survey: Survey, suspects: NDArray[np.int64], resources: Resources) -> Iterator[Near]:
    """Where the text nearly says any name at all, at places that look wrong: of each place the likeliest names."""
    known = country(resources.gazetteer, resources.language)
    letters, at = code_points(survey.read).astype(np.int64), suspects - PAD
    weight = _weight(survey, known, resources.gazetteer)
    misread, dropped = known.index.misread(letters, at), known.index.dropped(letters, at)
    dropped = dropped.take(np.flatnonzero(dropped.end - dropped.start > 1))  # one character of two says too little
    rows = np.concatenate(
        [
            _hopeful(survey, misread, letters[misread.start + misread.at], weight, known, resources),
            _hopeful(survey, dropped, np.zeros_like(dropped.at), weight, known, resources),
        ]
    )
    rows = rows[np.lexsort(rows.T[::-1])]
    _, first, times = np.unique(rows[:, :2], axis=0, return_index=True, return_counts=True)
    rank = np.arange(len(rows)) - np.repeat(first, times)
    long = known.index.long(survey.read)
    for start, end, name in np.concatenate((rows[rank < MOST][:, [0, 1, 3]], np.stack(long[:3], axis=1))).tolist():
        if all(HAN.match(ch) for ch in survey.read[start:end]):
            place = known.places[name]
            why = "in the user's list" if place in resources.gazetteer.unplaced.numbers else "named nowhere else"
            active = Active(place, float(weight[name]), why)
            yield Near(start + PAD, end + PAD, known.index.names[name], active, int(known.stem[name]))


def _weight(survey: Survey, known: Country, gazetteer: Gazetteer) -> NDArray[np.float64]:
    """How likely each name is to be the next in this document, in the nats of Active.weight."""
    weight, users = known.weight.copy(), gazetteer.unplaced.numbers
    for active in survey.places:
        for form in gazetteer.forms(active.place) if active.place not in users else ():
            if (number := known.numbers.get(form)) is not None:
                weight[number] = max(weight[number], active.weight)
    return weight


def _hopeful(
    survey: Survey,
    found: Candidates,
    printed: NDArray[np.int64],
    weight: NDArray[np.float64],
    known: Country,
    resources: Resources,
) -> NDArray[np.int64]:
    """Candidates that may come to something, (n, 4): start, end, how unlikely they are, name.

    printed: what stands for the character that is not there, 0 where it was dropped.
    """
    pairs, which = np.unique(printed << 21 | known.index.codes[found.name, found.at], return_inverse=True)
    hopes = [hope(chr(p >> 21).strip("\0"), chr(p & 0x1FFFFF), survey.engine, resources) for p in pairs.tolist()]
    likely = np.array(hopes, dtype=np.int64)[which] + known.match[found.name, found.at]
    likely += np.round(1000 * (weight[found.name] - BLIND)).astype(np.int64)
    odd = -survey.before(found.start + PAD, found.end + PAD) - AT_BEST
    good = np.flatnonzero(np.minimum(odd, ODD) + likely > 0)
    return np.stack((found.start, found.end, -likely, found.name), axis=1)[good]


def is_person(survey: Survey, start: int) -> bool:
    """Whether what begins here follows a surname, and that what may stand before a person's name: 区长李|在平."""
    if start <= PAD:
        return False
    before = survey.symbols(start - 2, start - 1) if start > PAD + 1 else BOUNDARY
    return survey.symbols(start - 1, start) in SURNAMES and (not HAN.match(before) or before in PEOPLE)


SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪姜范"
    "姚谭廖邹熊陆郝崔康邱秦侯邵孟龚"
)
"""Common surnames that are little else."""
PEOPLE = frozenset("长记任表员师家授席理官兵手者友志士民农工夫妻父母儿女兄弟姐妹星人")
"""What the word before a person's name ends with: 区长, 书记, 教授, 农民, 同志."""


def hope(printed: str, true: str, engine: str, resources: Resources) -> int:
    """How likely one character of a name is printed so, at the most hopeful: by its looks or by an engine's habit."""
    cost = resources.channel(engine).cost(printed, true)
    alike = nats(resources.glyphs.similarity(printed, true)) if printed else -1000
    return max(HOPE * alike, -cost)
