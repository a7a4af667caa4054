"""Which places are called so? Names and short forms, each once, with the rows of the gazetteer that bear it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ocrfix.places import Place
from ocrfix.rows import OPEN, Rows
from ocrfix.short_forms import SUFFIXES, all_short_forms
from ocrfix.spellings import Numbers, Ragged, Spellings, spread
from ocrfix.text import distinct


@dataclass(frozen=True, eq=False)
class Everywhere:
    """All places that a gazetteer knows, by number: the rows of its table, then those of the lists.

    rows: the table. listed: what the lists add.
    """

    rows: Rows
    listed: tuple[Place, ...]

    def __len__(self) -> int:
        return len(self.rows) + len(self.listed)

    def __getitem__(self, number: int) -> Place:
        return self.rows[number] if number < len(self.rows) else self.listed[number - len(self.rows)]

    @cached_property
    def names(self) -> Ragged:
        """Their names, in order."""
        return self.rows.names + Ragged.of([place.name for place in self.listed])

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """What kinds of places there are."""
        return tuple(dict.fromkeys((*self.rows.kinds, *(place.kind for place in self.listed))))

    @cached_property
    def kind(self) -> NDArray[np.int64]:
        """Of which of `kinds` each is."""
        number = {kind: k for k, kind in enumerate(self.kinds)}
        more = np.array([number[place.kind] for place in self.listed], dtype=np.int64)
        return np.concatenate((self.rows.kind.astype(np.int64), more))

    @cached_property
    def ends(self) -> Numbers:
        """The last year of each name, OPEN where it is still in use."""
        more = np.array([place.end or OPEN for place in self.listed], dtype=np.int64)
        return np.concatenate((self.rows.ends, more))

    @cached_property
    def code(self) -> Numbers:
        """Which of all codes each has."""
        number = {}
        for new, code in enumerate(dict.fromkeys(place.code for place in self.listed), len(self.rows)):
            same = self.rows.coded(code)
            number[code] = int(self.rows.code[same[0]]) if same else new
        more = [number[place.code] for place in self.listed]
        return np.concatenate((self.rows.code, np.array(more, dtype=np.int64)))

    @cached_property
    def unplaced(self) -> Numbers:
        """Those that lie within nothing."""
        more = [len(self.rows) + k for k, place in enumerate(self.listed) if not place.within]
        return np.array([*self.rows.within(""), *more], dtype=np.int64)

    def of_kinds(self, *kinds: str) -> NDArray[np.bool_]:
        """Which of them are of one of these kinds."""
        return np.array([kind in kinds for kind in self.kinds], dtype=bool)[self.kind]


@dataclass(frozen=True, eq=False)
class Bearers:
    """Forms, and the numbers of the places that bear each: today's first, then the latest, each once.

    spelled: the forms. begins: where the bearers of each begin in `places`, (n + 1,). full: the number of each place's
    full name among the forms.
    """

    spelled: Spellings
    begins: Numbers
    places: Numbers
    full: Numbers

    @classmethod
    def of(cls, known: Everywhere) -> Bearers:
        """The full names, in the order of the places, and then the short forms of all but townships."""
        shortened = np.flatnonzero(known.of_kinds(*(kind for kind in SUFFIXES if kind != "township")))
        short, which = all_short_forms(known.names.take(shortened), known.kind[shortened], known.kinds)
        places = np.concatenate((np.arange(len(known)), shortened[which]))
        spelled, form = Spellings.distinct(known.names + short)
        # By form, then the latest first; places of one form and one year stay in their order.
        order = np.argsort(form << 14 | (OPEN - known.ends[places]), kind="stable")
        form_of, place_of = form[order], places[order]
        first = _same_place_before(known, form_of, place_of)
        form_of, place_of = form_of[first], place_of[first]
        begins = np.searchsorted(form_of, np.arange(len(spelled) + 1))
        return cls(spelled, begins, place_of, form[: len(known)])

    def of_form(self, number: int) -> Numbers:
        """The numbers of the places that bear a form."""
        return self.places[self.begins[number] : self.begins[number + 1]]

    @cached_property
    def many(self) -> Numbers:
        """How many places bear each form."""
        return np.diff(self.begins)

    @property
    def first(self) -> Numbers:
        """The number of the first place that bears each form."""
        return self.places[self.begins[:-1]]

    def take(self, forms: Numbers) -> Bearers:
        """Some of the forms."""
        many = self.many[forms]
        places = self.places[spread(self.begins[forms], many)]
        return Bearers(self.spelled.take(forms), np.concatenate(([0], np.cumsum(many))), places, self.full[:0])


def _same_place_before(known: Everywhere, form: Numbers, place: Numbers) -> NDArray[np.bool_]:
    """Which entries, by form, are not the same row as an earlier one of the form: a list may repeat what is known."""
    keep = np.ones(len(form), dtype=bool)
    shared = np.flatnonzero(np.bincount(form)[form] > 1)
    alike = (form[shared] << 21 | known.code[place[shared]]) << 14 | known.ends[place[shared]]
    rising = np.sort(alike)
    twice = distinct(rising[1:][rising[1:] == rising[:-1]])
    seen: dict[tuple[int, Place], int] = {}
    for k in shared[np.isin(alike, twice)].tolist() if len(twice) else ():
        keep[k] = seen.setdefault((int(form[k]), known[int(place[k])]), k) == k
    return keep
