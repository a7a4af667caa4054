"""Names of places: what they lie within, from when to when, and where a text names them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from ocrfix.bearers import Bearers, Everywhere
from ocrfix.lexicon import read_table
from ocrfix.places import COLUMNS as COLUMNS  # as much the gazetteer's
from ocrfix.places import Listed, Place, check, read_list
from ocrfix.places import read_places as read_places
from ocrfix.rows import OPEN, Rows
from ocrfix.short_forms import short_forms as short_forms
from ocrfix.spellings import Numbers, Spellings
from ocrfix.text import code_points

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


_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True)
class Gazetteer:
    """Every name that is known, from the built-in table, the local lists and a user's own files.

    It is the paths that it was built from: equal, pickled and shared between threads by them. The files are read when
    first asked for; the table is mapped, and a row of it is read when it is asked for.

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
        return (*self._national, *self.everywhere.listed)

    @cached_property
    def everywhere(self) -> Everywhere:
        """The same by number, each read when it is asked for."""
        return Everywhere(self._national, (*self.local_places, *self.user_places))

    @cached_property
    def _national(self) -> Rows:
        return Rows.open(self.path)

    @cached_property
    def local_places(self) -> tuple[Place, ...]:
        """The rows of the local lists, which count only where the place that they lie within is spoken of."""
        rows = [row for path in self.local for row in read_list(path)]
        check(rows, self._coded, self.path, {})
        return tuple(row.place for row in rows)

    def _coded(self, code: str) -> list[tuple[int, Place]]:
        """The rows of the table with a code, each with its line."""
        return [(k + 2, self._national[k]) for k in self._national.coded(code)]

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
        check(rows, self._coded, self.path, {form: self.usage_of(form) for form in self.common_forms} if rows else {})
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
    def _by_code(self) -> _Found[str]:
        listed = _grouped((place.code, place) for place in self.everywhere.listed if place.code)
        return _Found(lambda code: (*self._rows(self._national.coded(code) if code else ()), *listed.get(code, ())))

    @cached_property
    def _by_within(self) -> _Found[str]:
        listed = self._listed_within
        return _Found(lambda code: (*self._rows(self._national.within(code)), *listed.get(code, ())))

    @cached_property
    def _listed_within(self) -> Mapping[str, tuple[Place, ...]]:
        return _grouped((place.within, place) for place in self.everywhere.listed if place.code or place.within)

    def _rows(self, numbers: Iterable[int]) -> Iterator[Place]:
        """Rows of the table, of those that lie in nothing only those that have a code."""
        return (place for place in self._national.read([*numbers]) if place.code or place.within)

    def named(self, code: str) -> tuple[Place, ...]:
        """The names of the place with this code: today's first, then the former ones, latest first; () if none."""
        return self._by_code[code]

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
        return self._by_within[code]

    def holds(self, code: str) -> bool:
        """Whether anything lies directly within the place with this code, which is not empty."""
        return code in self._listed_within or self._national.holds(code)

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
        number = self.bearers.spelled.number(form)
        return () if number is None else self._by_form[number]

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
        letters = code_points(text)
        if among is None:
            forms, numbers, known = self.spoken, self.searched, self._by_form
            found = ((at, forms[k], known[int(numbers[k])]) for at, k in forms.longest(letters))
            return tuple(Mention(at, at + len(form), form, places) for at, form, places in found)
        by_form = _grouped((form, place) for place in among for form in self.forms(place))
        forms = Spellings.of(by_form)
        return tuple(Mention(at, at + len(forms[k]), forms[k], by_form[forms[k]]) for at, k in forms.longest(letters))

    @cached_property
    def bearers(self) -> Bearers:
        """Full names and short forms, those of townships left out, common words included; and what bears each."""
        return Bearers.of(self.everywhere)

    @cached_property
    def searched(self) -> Numbers:
        """The forms that `mentions` looks for in the whole country, by their number in `bearers`."""
        forced = {form for row in self._listed if row.forced for form in self.forms(row.place)}
        left_out = self.bearers.spelled.numbers([*(self.common_forms - forced)])
        wanted = np.ones(len(self.bearers.spelled), dtype=bool)
        wanted[left_out[left_out >= 0]] = False
        return np.flatnonzero(wanted)

    @cached_property
    def spoken(self) -> Spellings:
        """The same as they are spelled, in the same order."""
        return self.bearers.spelled.take(self.searched)

    @cached_property
    def _by_form(self) -> _Found[int]:
        return _Found(lambda number: map(self.everywhere.__getitem__, self.bearers.of_form(number).tolist()))


Key = TypeVar("Key")


class _Found(dict[Key, tuple[Place, ...]]):
    """Places by key, found when first asked for: today's names first, then the latest, else in the order of the tables.

    Keys for which there are none are not kept.
    """

    def __init__(self, find: Callable[[Key], Iterable[Place]]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, key: Key) -> tuple[Place, ...]:
        places = _ordered(self._find(key))
        return self.setdefault(key, places) if places else ()


def _grouped(pairs: Iterable[tuple[str, Place]]) -> dict[str, tuple[Place, ...]]:
    """Places by key; today's names first, then the latest, else in the order of the tables."""
    groups: dict[str, list[Place]] = defaultdict(list)
    for key, place in pairs:
        groups[key].append(place)
    return {key: _ordered(places) for key, places in groups.items()}


def _ordered(places: Iterable[Place]) -> tuple[Place, ...]:
    return tuple(sorted(dict.fromkeys(places), key=lambda place: -(place.end or OPEN)))
