"""Names of places: what they lie within, from when to when, and where a text names them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from ocrfix.lexicon import read_table
from ocrfix.places import COLUMNS as COLUMNS  # as much the gazetteer's
from ocrfix.places import Listed, Place, check, read_list, read_places

USAGE_COLUMNS = ("form", "seen", "named", "common")
"""The columns of forms.tsv: a form, times seen in the corpus, times as a place for certain, and the mark `common`."""


class Mention(NamedTuple):
    """A stretch of text, half-open in code points, that reads as a name, and the places that bear it.

    `form` is the text itself: a full name or a short form. More than one place: the name is shared.
    """

    start: int
    end: int
    form: str
    places: tuple[Place, ...]


@dataclass(frozen=True, eq=False)
class Unplaced:
    """Names that lie within nothing, in order of code, name and first year, each with its number."""

    numbers: Mapping[Place, int]


# ---------------------------------------------------------------------------------------------------------------------
# Short forms


PEOPLES = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|"
    "纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|"
    "德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺|各|汉"
)
"""The peoples that names of autonomous areas carry (族 apart), which people leave out when they speak of the place."""

NAMED_WITHOUT_ZU = ("蒙古", "维吾尔", "哈萨克", "柯尔克孜", "塔吉克", "锡伯", "达斡尔")
"""Peoples whose 族 such a name may lack: 新疆维吾尔自治区, 察布查尔锡伯自治县."""

SUFFIXES: Mapping[str, tuple[str, ...]] = {
    # Longest first: the first that fits is taken off.
    "province": ("特别行政区", "自治区", "省", "市"),
    "prefecture": ("自治州", "地区", "市", "盟", "县"),  # 县: those of Taiwan
    "county": ("行政委员会", "自治县", "自治旗", "林区", "特区", "新区", "县", "市", "区", "旗"),
    "township": ("街道办事处", "人民公社", "民族乡", "办事处", "街道", "苏木", "公社", "地区", "镇", "乡", "市", "区"),
}
"""What a short form leaves out, by kind."""

_SUFFIXES_BY_END = {
    (kind, end): tuple(suffix for suffix in suffixes if suffix[-1] == end)
    for kind, suffixes in SUFFIXES.items()
    for end in {suffix[-1] for suffix in suffixes}
}
_PEOPLES = re.compile(f"(?:(?:{PEOPLES})族|{'|'.join(NAMED_WITHOUT_ZU)})+$")
_AUTONOMOUS = {
    "自治区": "",
    "自治州": "州",
    "自治县": "县",
    "自治旗": "旗",
    "民族乡": "乡",
    "镇": "镇",
    "乡": "乡",
    "区": "区",
}
"""Suffixes that follow the name of a people, and what remains of them: 恩施州, 于家务乡."""


@lru_cache(maxsize=1 << 17)
def short_forms(name: str, kind: str) -> tuple[str, ...]:
    """What else a place of this name and kind is called; never one character, never the name itself.

    >>> short_forms("茌平区", "county"), short_forms("温陈街道", "township"), short_forms("莒县", "county")
    (('茌平',), ('温陈',), ())
    >>> short_forms("积石山保安族东乡族撒拉族自治县", "county"), short_forms("恩施土家族苗族自治州", "prefecture")
    (('积石山', '积石山县'), ('恩施', '恩施州'))
    """
    for suffix in _SUFFIXES_BY_END.get((kind, name[-1:]), ()):
        if name.endswith(suffix):
            break
    else:
        return ()
    stem = name.removesuffix(suffix)
    if len(stem) < 2 or (suffix == "旗" and len(stem) > 3 and stem[-1] in "前后左右中"):
        return ()  # 科尔沁左翼中旗: nobody says 科尔沁左翼中
    if suffix not in _AUTONOMOUS or not (stem[-1] == "族" or stem.endswith(NAMED_WITHOUT_ZU)):
        return (stem,)
    bare = _PEOPLES.sub("", stem)
    if len(bare) < 2:  # 鄂温克族自治旗: the people's name is the place's, and 内蒙古 is one word
        bare = stem.removesuffix("族")
    return tuple(form for form in dict.fromkeys((bare, bare + _AUTONOMOUS[suffix])) if form != name)


# ---------------------------------------------------------------------------------------------------------------------


_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Gazetteer:
    """Every name that is known, from the built-in table, the local lists and a user's own files.

    It is the paths that it was built from: equal, pickled and shared between threads by them. The files are read when
    first asked for; the first `mentions` of a text with Han characters costs a fifth of a second.

    >>> gazetteer = Gazetteer.open(Path("lexicons/gazetteer.tsv"))
    >>> [(m.start, m.form, m.places[0].name) for m in gazetteer.mentions("中共聊城市茌平区委")]
    [(2, '聊城市', '聊城市'), (5, '茌平区', '茌平区')]
    """

    path: Path
    usage: Path | None = None
    local: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()

    @classmethod
    def open(cls, path: Path, local: Path | None = None) -> Gazetteer:
        """A gazetteer from its table, the table forms.tsv beside it if there is one, and a folder of local lists."""
        usage = path.with_name("forms.tsv")
        return cls(path, usage if usage.exists() else None, tuple(sorted(local.glob("*.tsv"))) if local else ())

    def with_files(self, *paths: Path) -> Gazetteer:
        """The same with users' lists: rows in the columns of a gazetteer, or plain lines of names (`read_list`).

        Read and checked at once (`places.check`), so that a mistake in one is known at once: TableError, naming file
        and line, or OSError where there is no such file. A name that is a common word is refused, unless it is marked
        with `force`; a short form that is one is then not looked for, unless its row is marked.
        """
        if not paths:
            return self
        extended = replace(self, files=(*self.files, *paths))
        _ = extended._listed
        return extended

    def __getstate__(self) -> dict[str, object]:
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}

    # --- what is in it

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """All rows: the table's, the local lists', the user's."""
        return (*self._national, *self.local_places, *self.user_places)

    @cached_property
    def _national(self) -> tuple[Place, ...]:
        return tuple(read_places(self.path))

    @cached_property
    def local_places(self) -> tuple[Place, ...]:
        """The rows of the local lists, which count only where the place that they lie within is spoken of."""
        rows = [row for path in self.local for row in read_list(path)]
        check(rows, self._national, self.path, {})
        return tuple(row.place for row in rows)

    @cached_property
    def user_places(self) -> tuple[Place, ...]:
        """The rows of the user's files."""
        return tuple(row.place for row in self._listed)

    @cached_property
    def unplaced(self) -> Unplaced:
        """The user's names that lie within nothing."""
        places = {place for place in self.user_places if not place.within}
        order = sorted(places, key=lambda p: (p.code, p.name, p.start or 0, p.kind, p.end or 0, p.source))
        return Unplaced({place: number for number, place in enumerate(order)})

    @cached_property
    def _listed(self) -> tuple[Listed, ...]:
        rows = tuple(row for path in self.files for row in read_list(path))
        check(rows, self._national, self.path, {form: self.usage_of(form) for form in self.common_forms})
        return rows

    @cached_property
    def _usage(self) -> Mapping[str, tuple[int, int, bool]]:
        rows = read_table(self.usage, USAGE_COLUMNS) if self.usage else ()
        return {form: (int(seen), int(named), common == "common") for form, seen, named, common in rows}

    @cached_property
    def common_forms(self) -> frozenset[str]:
        """Names and short forms that are common words (和平, 城区): `mentions` leaves out those that no user forces."""
        return frozenset(form for form, (_, _, common) in self._usage.items() if common)

    def usage_of(self, form: str) -> tuple[int, int]:
        """How often the corpus has a form of two or three characters, and how often as a place; (0, 0) if rare.

        >>> Gazetteer.open(Path("lexicons/gazetteer.tsv")).usage_of("和平")
        (13950, 202)
        """
        return self._usage.get(form, (0, 0, False))[:2]

    # --- what lies in what

    @cached_property
    def _by_code(self) -> Mapping[str, tuple[Place, ...]]:
        return _grouped((place.code, place) for place in self.places if place.code)

    @cached_property
    def _by_within(self) -> Mapping[str, tuple[Place, ...]]:
        return _grouped((place.within, place) for place in self.places if place.code or place.within)

    def named(self, code: str) -> tuple[Place, ...]:
        """The names of the place with this code: today's first, then the former ones, latest first; () if none."""
        return self._by_code.get(code, ())

    def parent(self, place: Place) -> Place | None:
        """What a place lies in, under its name of today; None for a province or an unplaced name."""
        return next(iter(self.named(place.within)), None) if place.within else None

    def ancestors(self, place: Place) -> tuple[Place, ...]:
        """What a place lies in, and what that lies in, from near to far.

        >>> gazetteer = Gazetteer.open(Path("lexicons/gazetteer.tsv"))
        >>> [place.name for place in gazetteer.ancestors(gazetteer.named("371503")[0])]
        ['聊城市', '山东省']
        """
        found: list[Place] = []
        above = self.parent(place)
        while above is not None and above not in found:
            found.append(above)
            above = self.parent(above)
        return tuple(found)

    def children(self, code: str) -> tuple[Place, ...]:
        """What lies directly within the place with this code, former names included; "" gives the provinces."""
        return self._by_within.get(code, ())

    def siblings(self, place: Place) -> tuple[Place, ...]:
        """What lies within the same place, other than the place itself under any of its names."""
        return tuple(p for p in self.children(place.within) if p != place and (not p.code or p.code != place.code))

    # --- names in a text

    def forms(self, place: Place) -> tuple[str, ...]:
        """What a place is called: its full name first, then its short forms, those that are common words included."""
        return (place.name, *short_forms(place.name, place.kind))

    def called(self, form: str) -> tuple[Place, ...]:
        """The places with this name or short form, common words included; short forms of townships are not looked up.

        >>> gazetteer = Gazetteer.open(Path("lexicons/gazetteer.tsv"))
        >>> [place.name for place in gazetteer.called("茌平")]
        ['茌平区', '茌平县']
        """
        return self._by_form.get(form, ())

    def mentions(self, text: str, among: Iterable[Place] | None = None) -> tuple[Mention, ...]:
        """Where a text names a place, in full or in short, letter by letter: leftmost, then longest, never overlapping.

        Of the whole country, short forms of townships are left out, since nine in ten that are found are chance (和美,
        里庄), and so are forms that are common words, unless the user's list forces them. `among` looks for these
        places only, under each of their forms: for those of which the document is known to speak. A longer name wins:
        在平度市 names 平度市.

        >>> gazetteer = Gazetteer.open(Path("lexicons/gazetteer.tsv"))
        >>> [m.form for m in gazetteer.mentions("在平度市的温陈街上")]
        ['平度市']
        >>> [m.form for m in gazetteer.mentions("在平度市的温陈街上", among=gazetteer.children("371503"))]
        ['温陈']
        """
        if not _HAN.search(text):
            return ()
        if among is None:
            (forms, matcher), by_form = self._matcher, self._by_form
        else:
            by_form = _grouped((form, place) for place in among for form in self.forms(place))
            forms, matcher = _matcher(by_form)
        return tuple(
            Mention(start, end, forms[index], by_form[forms[index]])
            # A lone surrogate is no character of any name, and the matcher refuses it.
            for index, start, end in matcher.find_matches_as_indexes(_SURROGATES.sub("\ufffd", text))
        )

    @cached_property
    def _by_form(self) -> Mapping[str, tuple[Place, ...]]:
        full = ((place.name, place) for place in self.places)
        short = (
            (form, place)
            for place in self.places
            if place.kind in SUFFIXES and place.kind != "township"
            for form in short_forms(place.name, place.kind)
        )
        return _grouped(chain(full, short))

    @cached_property
    def searched(self) -> Mapping[str, tuple[Place, ...]]:
        """What `mentions` looks for in the whole country: full names and short forms, and what bears each."""
        forced = {form for row in self._listed if row.forced for form in self.forms(row.place)}
        left_out = self.common_forms - forced
        return {form: places for form, places in self._by_form.items() if form not in left_out}

    @cached_property
    def _matcher(self) -> tuple[list[str], AhoCorasick]:
        return _matcher(self.searched)


def _matcher(forms: Iterable[str]) -> tuple[list[str], AhoCorasick]:
    """The forms as a list, and what finds them in a text by their number in it."""
    numbered = list(forms)
    return numbered, AhoCorasick(
        numbered,
        matchkind=MatchKind.LeftmostLongest,
        implementation=Implementation.ContiguousNFA,
        store_patterns=False,
    )


def _grouped(pairs: Iterable[tuple[str, Place]]) -> dict[str, tuple[Place, ...]]:
    """Places by key; today's names first, then the latest, else in the order of the tables."""
    groups: dict[str, tuple[Place, ...]] = {}
    shared: set[str] = set()
    for key, place in pairs:
        if key in groups:
            groups[key] += (place,)
            shared.add(key)
        else:
            groups[key] = (place,)
    for key in shared:
        groups[key] = tuple(sorted(dict.fromkeys(groups[key]), key=lambda place: -(place.end or 9999)))
    return groups
