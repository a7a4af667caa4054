"""Which forms does the document itself establish, and where does it nearly say one?

Local papers are full of names that no list has: of people, firms, villages. One that stands six times and is misread
once gives itself away: 汲广树 six times, 没广树 once. What is looked for are runs of three Han characters that the
document has again and again and the language model finds odd; what it knows as words it judges better by itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.expectations import standard_han
from ocrfix.language import LanguageModel
from ocrfix.name_index import Table
from ocrfix.survey import Survey
from ocrfix.tally import Forms
from ocrfix.trie import Ids

OFTEN = 3
"""How many times a form stands in the document at least."""
SELDOM = 3
"""How many times commoner it is at least than what is printed."""
ODD = -8_000
"""Milli-nats: how improbable its second and third character are together at least, each after those before it."""
LENGTH = 3

Places = NDArray[np.int64]


class Nearly(NamedTuple):
    """Places where one character parts the text from an established form.

    at: (n,), positions in the survey. true: (n,), the form's character there. form: (n, LENGTH). times: (n,), how often
    the document has it.
    """

    at: Places
    true: Ids
    form: Ids
    times: NDArray[np.int64]


def nearly(survey: Survey, at: Places, model: LanguageModel) -> Nearly:
    """Where the document nearly says what it says elsewhere, at some of its places; by place, then by character.

    at: the places that are looked at, rising. Of several forms that put the same character in a place the commonest is
    told.
    """
    han = standard_han(model)
    windows = _windows(survey)
    forms, times_of, but = _known(survey.forms, model)
    found: list[Nearly] = []
    for hole in range(LENGTH):
        begins = at - hole
        begins = begins[(begins >= 0) & (begins < len(windows))]
        begins = begins[han[windows[begins]].all(axis=1)]
        place, form = but[hole].find(_but(windows[begins], hole))
        place = begins[place]
        other = windows[place, hole] != forms[form, hole]
        place, form = place[other], form[other]
        clear = survey.forms.times(windows[place]).ravel() * SELDOM <= times_of[form]
        place, form = place[clear], form[clear]
        found.append(Nearly(place + hole, forms[form, hole], forms[form], times_of[form]))
    every = Nearly(*(np.concatenate(column) for column in zip(*found, strict=True)))
    order = np.lexsort((-every.times, every.true, every.at))
    key = (every.at << 16 | every.true)[order]
    first = order[np.diff(key, prepend=-1) != 0]
    return Nearly(*(column[first] for column in every))


def established(survey: Survey, model: LanguageModel) -> tuple[Ids, NDArray[np.int64]]:
    """The forms that a document has often and the model finds odd, (n, LENGTH), and how often each stands there."""
    return _known(survey.forms, model)[:2]


class _Known(NamedTuple):
    """The established forms, how often each is there, and by what remains of them without each character in turn."""

    forms: Ids
    times: NDArray[np.int64]
    but: tuple[Table, ...]


@lru_cache(maxsize=2)
def _known(runs: Forms, model: LanguageModel) -> _Known:
    """Found once where many texts share what they establish."""
    forms, times = runs.often(OFTEN)
    whole = standard_han(model)[forms].all(axis=1)
    forms, times = forms[whole], times[whole]
    odd = model.log_probabilities(forms)[:, 1:].sum(axis=1) < ODD
    forms, times = forms[odd], times[odd]
    numbers = np.arange(len(forms))
    return _Known(forms, times, tuple(Table(_but(forms, hole), numbers) for hole in range(LENGTH)))


def _windows(survey: Survey) -> Ids:
    return np.lib.stride_tricks.sliding_window_view(survey.ids, LENGTH)


def _but(rows: Ids, hole: int) -> NDArray[np.int64]:
    """Rows without one of their columns, each as one number."""
    left, right = (rows[:, k].astype(np.int64) for k in range(LENGTH) if k != hole)
    return left << 16 | right
