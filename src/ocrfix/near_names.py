"""Where does the text nearly say a name that the document may well use?

Up to two of its characters may be wrong, dropped or made up. Of any other name of the country see `far_names`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from ocrfix.activation import USERS, Active
from ocrfix.channel import Channel
from ocrfix.gazetteer import Gazetteer
from ocrfix.name_index import Table
from ocrfix.survey import PAD, Survey
from ocrfix.text import BOUNDARY, HAN, code_points, distinct, is_han, stands

LEAST = 2.5
"""Nats of activation that a name needs to be looked for with two characters wrong."""
LISTED = 2_000
"""Names of a user's own that lie within nothing: of more than these only one character may be wrong."""
BLIND = 10.82
"""Nats: the activation of a name that is certain to be the next (ln of the number of names, activation.NAMES)."""
ODD = 12_000
"""Milli-nats: how much the oddness of what is printed speaks for a name at the most, before it is weighed."""
HOPE = 4
"""How many times unlikeness counts when a name is not worth weighing: as much as its context can ever make good."""


FORMERLY: Mapping[str, tuple[str, int]] = {
    **dict.fromkeys(("公社", "人民公社", "大队"), ("township", 3)),
    "专区": ("prefecture", 2),
}
"""What followed the stem of a name in older papers, which no list of names has: of which kind, and how long at least.

Such names are looked for where the document has the word at all. Of communes many are no township today, and differ in
one character from one that is: of a stem of two characters too little is left to tell (姚集公社 is not 姚寨公社).
"""


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
    def slips(self) -> tuple[tuple[str, str], ...]:
        """All that is wrong, as pairs of what is printed and what is true, "" for nothing."""
        return (*self.swaps, *(("", ch) for ch in self.lost), *((ch, "") for ch in self.made_up))

    @property
    def indels(self) -> int:
        """How many characters were lost or made up."""
        return len(self.lost) + len(self.made_up)

    @property
    def missing(self) -> str:
        """The characters of the name that are not printed."""
        return "".join(true for _, true in self.swaps) + self.lost

    @property
    def wrong(self) -> int:
        """How many characters differ."""
        return len(self.swaps) + self.indels

    def cost(self, channel: Channel) -> int:
        """How improbable it is that an engine prints the name so: -ln P, milli-nats."""
        return sum(channel.cost(printed, true) for printed, true in self.slips)


@lru_cache(maxsize=1 << 14)
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
    spoken = tuple(suffix for suffix in FORMERLY if suffix in survey.read)
    index, names, older = _expected(Same(survey.places), gazetteer, spoken)
    spelled = index.names
    for first, last in pairwise((survey.pieces - PAD).tolist()):
        text = survey.read[first : last + 1]  # it begins, and what comes after it begins, with no Han character
        letters = code_points(text).astype(np.int64)
        windows = index.windows(letters)
        good, wrong = _near_enough(text, letters, windows, spelled, names, older)
        name, start, end = windows[good][_least_wrong(windows[good], wrong[good])].T
        yield Near(first + start + PAD, first + end + PAD, name, names)


class Same(NamedTuple):
    """A value that equals itself alone: what follows from the places that many texts share is found once."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


@lru_cache(maxsize=2)
def _expected(
    places: Same, gazetteer: Gazetteer, spoken: tuple[str, ...]
) -> tuple[_Index, tuple[Name, ...], NDArray[np.bool_]]:
    """The names that a document with these places may well use, by form, and which of them are as in FORMERLY.

    spoken: suffixes of FORMERLY in it.
    """
    found: dict[str, Name] = {}
    listed = gazetteer.unplaced.numbers if len(gazetteer.unplaced.numbers) > LISTED else ()
    for active in places.value:  # likeliest first
        if active.weight < LEAST:
            break
        if active.place in listed and active.weight <= USERS:
            continue
        of_place = gazetteer.forms(active.place)
        stem = min(of_place, key=len)
        formerly = ((suffix, *FORMERLY[suffix]) for suffix in spoken)
        of_place += tuple(stem + end for end, kind, size in formerly if active.place.kind == kind and len(stem) >= size)
        for form in of_place:
            found.setdefault(form, Name(form, active, len(stem) if form.startswith(stem) else len(form)))
    names = tuple(name for _, name in sorted(found.items()))
    older = np.array([name.form.endswith(tuple(FORMERLY)) for name in names], dtype=bool)
    return _Index.of(Spelled.of(names)), names, older


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


def _least_wrong(windows: NDArray[np.int64], wrong: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows with something wrong whose spans overlap no other of the same name with less wrong in it, or nothing.

    windows: (n, 3), by name, then by place. wrong: (n,), how many characters.
    """
    name, start, end = windows.T
    # Spans of one name differ in length by two at most: those that reach over a start end near it, or beyond.
    meets_next = (name[:-1] == name[1:]) & (end[:-1] + 2 > start[1:])
    meets = np.concatenate((meets_next, [False])) | np.concatenate(([False], meets_next))
    keep = wrong > 0
    spans = windows.tolist()
    for k in np.flatnonzero(keep & meets).tolist():
        of, start_of_it, end_of_it = spans[k]
        low, high = k, k + 1
        while low > 0 and spans[low - 1][0] == of and spans[low - 1][2] + 2 > start_of_it:
            low -= 1
        while high < len(spans) and spans[high][0] == of and spans[high][1] < end_of_it:
            high += 1
        keep[k] = wrong[k] == wrong[low:high][end[low:high] > start_of_it].min()
    return np.flatnonzero(keep)


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
        name, start, end = np.concatenate(found).T
        inside = (start >= 0) & (start < end) & (end <= len(letters))
        size = len(letters) + 1
        rows, end = np.divmod(distinct((name[inside] * size + start[inside]) * size + end[inside]), size)
        return np.stack((*np.divmod(rows, size), end), axis=1)


def _near_enough(
    text: str,
    letters: NDArray[np.int64],
    windows: NDArray[np.int64],
    names: Spelled,
    of: Sequence[Name],
    older: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which windows hold a name, or may hold a misread one; and how many characters are wrong in these.

    older: which names are as in FORMERLY.
    """
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
    good &= equal | ~older[name]  # 肖庄公社 need not be that of today's 肖家庄
    good &= ~equal | (wrong <= 1) | ((wrong == 2) & (size >= 5))
    for k in np.flatnonzero(good & (~equal | (wrong == 2) | ((names.stems[name] == 1) & (wrong > 0)))).tolist():
        printed, (form, _, stem) = text[start[k] : end[k]], of[name[k]]
        good[k] = is_near(printed, form, stem)
        wrong[k] = misreading(printed, form).wrong
    return good, wrong


def is_near(printed: str, form: str, stem: int) -> bool:
    """Whether a printed form may be a misreading of a name: most of it, and some of its stem, must be right."""
    if printed == form or not all(HAN.match(ch) for ch in printed):
        return False
    found = misreading(printed, form)
    if len(form) == 2:
        return found.wrong == 1 and not found.indels
    if found.wrong > 2 or len(found.intact) < 2 or found.indels > 1 or (len(found.swaps) == 2 and len(form) < 5):
        return False
    ends = ((printed[0], form[0]), (printed[-1], form[-1]))
    if len(printed) > len(form) and any(a != b and (a, b) not in found.swaps for a, b in ends):
        return False  # what is made up stands within a name, not before or after it
    return found.intact[0] < stem


def are_persons(survey: Survey, start: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether what begins here follows a surname, and that what may stand before a person's name: 区长李|在平."""
    codes = np.concatenate((code_points(BOUNDARY * 2), survey.view.codes))
    surname, before = codes[start - PAD + 1], codes[start - PAD]
    return stands(surname, _SURNAMES) & (~is_han(before) | stands(before, _PEOPLE))


SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪姜范"
    "姚谭廖邹熊陆郝崔康邱秦侯邵孟龚"
)
"""Common surnames that are little else."""
PEOPLE = frozenset("长记任表员师家授席理官兵手者友志士民农工夫妻父母儿女兄弟姐妹星人")
"""What the word before a person's name ends with: 区长, 书记, 教授, 农民, 同志."""
_SURNAMES, _PEOPLE = ("".join(sorted(characters)) for characters in (SURNAMES, PEOPLE))
