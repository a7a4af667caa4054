"""Where does the text nearly say a name?

Of a name that the document may well use up to two characters may be wrong, dropped or made up. Of any other name of the
country one, at a place that looks wrong, or two of a long one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from ocrfix.activation import LOWEST_RANK, NAMES, RANK, USERS, Active
from ocrfix.channel import Channel
from ocrfix.gazetteer import SUFFIXES, Gazetteer
from ocrfix.language import LanguageModel
from ocrfix.name_index import Candidates, NameIndex, Table
from ocrfix.places import Place
from ocrfix.proposals import nats
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey
from ocrfix.text import BOUNDARY, HAN, code_points, is_han

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


class Name(NamedTuple):
    """What may be meant, why it is thought of, and how many characters of the form are its own; 街道 is not."""

    form: str
    active: Active
    stem: int


class Near(NamedTuple):
    """Stretches that differ from known names in a character or two, (n,) each.

    start, end: half-open positions in the survey's ids. name: the number of the name in `names`.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    name: NDArray[np.int64]
    names: tuple[Name, ...]


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
    """Where the text nearly says a name that the document may well use: piece by piece, by form, then by place."""
    found: dict[str, Name] = {}
    listed = gazetteer.unplaced.numbers if len(gazetteer.unplaced.numbers) > LISTED else ()
    for active in survey.places:  # likeliest first
        if active.weight < LEAST:
            break
        if active.place in listed and active.weight <= USERS:
            continue
        of_place = gazetteer.forms(active.place)
        stem = min(of_place, key=len)
        for form in of_place:
            found.setdefault(form, Name(form, active, len(stem) if form.startswith(stem) else len(form)))
    names = tuple(name for _, name in sorted(found.items()))
    spelled = Spelled.of(names)
    index = _Index.of(spelled)
    for first, last in pairwise((survey.pieces - PAD).tolist()):
        text = survey.read[first : last + 1]  # it begins, and what comes after it begins, with no Han character
        letters = code_points(text).astype(np.int64)
        windows = index.windows(letters)
        windows = windows[_near_enough(text, letters, windows, spelled, names)]
        name, start, end = windows[_least_wrong(text, windows, names)].T
        yield Near(first + start + PAD, first + end + PAD, name, names)


class Spelled(NamedTuple):
    """Names as arrays. codes: (n, longest) code points, 0 beyond the end; sizes, stems: (n,)."""

    codes: NDArray[np.int64]
    sizes: NDArray[np.int64]
    stems: NDArray[np.int64]

    @classmethod
    def of(cls, names: Sequence[Name]) -> Spelled:
        sizes = np.array([len(name.form) for name in names], dtype=np.int64)
        codes = np.zeros((len(names), max(sizes, default=2)), dtype=np.int64)
        codes[np.arange(codes.shape[1]) < sizes[:, None]] = code_points("".join(name.form for name in names))
        return cls(codes, sizes, np.array([name.stem for name in names], dtype=np.int64))


def _least_wrong(text: str, windows: NDArray[np.int64], names: Sequence[Name]) -> list[int]:
    """The rows whose spans overlap no other of the same name with less wrong in it.

    windows: (n, 3), by name, then by place.
    """
    spans = windows.tolist()
    wrong = [misreading(text[start:end], names[name].form).wrong for name, start, end in spans]
    keep = []
    for k, (name, start, end) in enumerate(spans):
        least = wrong[k]
        low, high = k - 1, k + 1
        # Spans of one name differ in length by two at most: those that reach over its start lie right before it.
        while low >= 0 and spans[low][0] == name and spans[low][2] > start:
            least, low = min(least, wrong[low]), low - 1
        while high < len(spans) and spans[high][0] == name and spans[high][1] < end:
            least, high = min(least, wrong[high]), high + 1
        if wrong[k] <= least:
            keep.append(k)
    return keep


class _Index(NamedTuple):
    """Names by what is enough to think of them: a character of a short one, two characters of a longer one.

    single: names of two characters, by either. pairs: rows of `pieces`, by two characters at a distance of one or two.
    pieces: (n, 3): name, where in it the first of the two stands, and how far behind it the second.
    """

    names: Spelled
    single: tuple[Table, Table]
    pairs: Table
    pieces: NDArray[np.int64]

    @classmethod
    def of(cls, names: Spelled) -> _Index:
        codes, sizes, stems = names
        two = np.flatnonzero(sizes == 2)
        keys, pieces = [np.zeros(0, dtype=np.int64)], [np.zeros((0, 3), dtype=np.int64)]
        for at in range(codes.shape[1] - 1):
            for gap in (1, 2):  # one of the two is of its stem: 街道 alone says nothing
                able = np.flatnonzero((at < stems) & (at + gap < sizes) & (sizes > 2))
                keys.append(codes[able, at] << 21 | codes[able, min(at + gap, codes.shape[1] - 1)])
                pieces.append(np.stack((able, np.full_like(able, at), np.full_like(able, gap)), axis=1))
        every = np.concatenate(pieces)
        single = Table(codes[two, 0], two), Table(codes[two, 1], two)
        return cls(names, single, Table(np.concatenate(keys), np.arange(len(every))), every)

    def windows(self, letters: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where names might stand: stretches that share two characters with a name at about the right distance.

        Returns (n, 3): number of the name, start, end; by name, then by place.
        """
        found = [np.zeros((0, 3), dtype=np.int64)]
        for at, table in enumerate(self.single):
            where, name = table.find(letters)
            found.append(np.stack((name, where - at, where - at + 2), axis=1))
        for distance in (1, 2, 3):
            where, piece = self.pairs.find(letters[:-distance] << 21 | letters[distance:])
            name, at, gap = self.pieces[piece].T
            for between in (-1, 0, 1):  # made up (1) or dropped (-1) characters between the two, before and after them
                some = np.flatnonzero(distance - gap == between)
                around = [(0, 0)] if between else [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]
                for before, after in around:
                    start = where[some] - at[some] - before
                    end = start + self.names.sizes[name[some]] + before + between + after
                    found.append(np.stack((name[some], start, end), axis=1))
        windows = np.concatenate(found)
        _, start, end = windows.T
        return np.unique(windows[(start >= 0) & (start < end) & (end <= len(letters))], axis=0)


def _near_enough(
    text: str, letters: NDArray[np.int64], windows: NDArray[np.int64], names: Spelled, of: Sequence[Name]
) -> NDArray[np.bool_]:
    """Which windows may hold a misread name."""
    name, start, end = windows.T
    edge = np.concatenate(([False], letters == ord(BOUNDARY), [False]))
    other = np.concatenate(([0], np.cumsum(~is_han(letters.astype(np.uint32)))))
    size = names.sizes[name]
    good = other[end] == other[start]
    good &= ~((size > end - start) & (edge[start] | edge[end + 1]))  # the rest of the name stands on the next line
    wrong = np.zeros(len(windows), dtype=np.int64)
    for k in range(names.codes.shape[1]):
        there = letters[np.minimum(start + k, len(letters) - 1)]
        wrong += (k < size) & (there != names.codes[name, k])
    # Where both are as long, one is wrong, or of a long name two: of three, one would be dropped and another made up.
    equal = size == end - start
    good &= ~equal | (wrong == 1) | ((wrong == 2) & (size >= 5))
    for k in np.flatnonzero(good & (~equal | (wrong == 2) | (names.stems[name] == 1))).tolist():
        good[k] = is_near(text[start[k] : end[k]], *of[name[k]][::2])
    return np.asarray(good)


def is_near(printed: str, form: str, stem: int) -> bool:
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
    """Where the text nearly says any name at all, at places that look wrong: piece by piece, the likeliest names."""
    known = country(resources.gazetteer, resources.language)
    letters = code_points(survey.read).astype(np.int64)
    weight = _weight(survey, known, resources.gazetteer)
    other = np.concatenate(([0], np.cumsum(~is_han(letters.astype(np.uint32)))))
    long = np.stack(known.index.long(survey.read)[:3], axis=1)
    for (first, last), at in zip(pairwise(survey.pieces.tolist()), survey.by_piece(suspects), strict=True):
        rows = _likeliest(survey, letters, at - PAD, weight, known, resources)
        there = long[(long[:, 0] >= first - PAD) & (long[:, 0] < last - PAD)]
        start, end, name = np.concatenate((rows, there)).T
        good = other[end] == other[start]
        numbers, which = np.unique(name[good], return_inverse=True)
        names = tuple(_name(known, k, float(weight[k]), resources.gazetteer) for k in numbers.tolist())
        yield Near(start[good] + PAD, end[good] + PAD, which, names)


def _likeliest(
    survey: Survey,
    letters: NDArray[np.int64],
    at: NDArray[np.int64],
    weight: NDArray[np.float64],
    known: Country,
    resources: Resources,
) -> NDArray[np.int64]:
    """Of the short names that may be misread at some places, the likeliest for each stretch: start, end, name."""
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
    return rows[rank < MOST][:, [0, 1, 3]]


def _name(known: Country, number: int, weight: float, gazetteer: Gazetteer) -> Name:
    place = known.places[number]
    why = "in the user's list" if place in gazetteer.unplaced.numbers else "named nowhere else"
    return Name(known.index.names[number], Active(place, weight, why), int(known.stem[number]))


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


def are_persons(survey: Survey, start: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether what begins here follows a surname, and that what may stand before a person's name: 区长李|在平."""
    codes = np.concatenate((code_points(BOUNDARY * 2), survey.view.codes))
    surname, before = codes[start - PAD + 1], codes[start - PAD]
    known = np.isin(surname, code_points("".join(sorted(SURNAMES))))
    return known & (~is_han(before) | np.isin(before, code_points("".join(sorted(PEOPLE)))))


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
