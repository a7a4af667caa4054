"""Which form of a character does the page have? 裏 or 裡, 爲 or 為: as Taiwan, Hong Kong or older print writes it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ocrfix.lexicon import TableError, read_table
from ocrfix.text import BOUNDARY, standard

USAGES = ("s2tw", "s2hk", "s2t")
"""OpenCC's names of usages: Taiwan's, Hong Kong's, and its own, which is that of older print."""
FAITHFUL = 0.98
"""How much of a page is in one usage."""
CHANCE = (1, 20)
"""Times that a form of which nothing is known is taken to have been misread, and shown."""
ITSELF = 2.0
"""What it counts for, a nat of how often the page has a form, beside what that says of its usage."""


@dataclass(frozen=True, eq=False)
class Variants:
    """What is known of the forms that characters have beside the usual one.

    simplified: the Simplified character for each form of older print. shown, misread: of forms that usages differ in,
    how often each was on pages that engines read, and how often it was misread there.
    """

    simplified: Mapping[str, str]
    shown: Mapping[str, int]
    misread: Mapping[str, int]

    @classmethod
    def open(cls, folder: Path) -> Variants:
        """The tables variants.tsv and usages.tsv of a folder.

        Raises TableError, naming file and line, where a row is not as it should be; OSError where there is no table.
        """
        simplified, shown, misread = dict[str, str](), dict[str, int](), dict[str, int]()
        path = folder / "variants.tsv"
        for number, (form, plain) in enumerate(read_table(path, ("variant", "simplified")), 2):
            if len(form) != 1 or len(plain) != 1 or form in simplified:
                expected = "expected a variant that has no row yet and one character"
                raise TableError(f"{path}:{number}: {expected}, found {form!r} and {plain!r}")
            simplified[form] = plain
        path = folder / "usages.tsv"
        for number, (form, times, wrong) in enumerate(read_table(path, ("form", "shown", "misread")), 2):
            if len(form) != 1 or form in shown or not times.isdecimal() or not wrong.isdecimal():
                expected = "expected a form that has no row yet and two whole numbers"
                raise TableError(f"{path}:{number}: {expected}, found {form!r}, {times!r} and {wrong!r}")
            shown[form], misread[form] = int(times), int(wrong)
        return cls(simplified, shown, misread)

    def usual(self, text: str) -> str:
        """A text with the usual character for each form of older print."""
        return text.translate(self._translation)

    def fallible(self, form: str) -> float:
        """ln of the share of a form that engines misread."""
        wrong, of = CHANCE
        return math.log((self.misread.get(form, 0) + wrong) / (self.shown.get(form, 0) + of))

    @cached_property
    def _translation(self) -> dict[int, str]:
        return {ord(form): plain for form, plain in self.simplified.items()}


class Usage:
    """The usage of a page. printed: its Traditional text."""

    def __init__(self, printed: str, variants: Variants) -> None:
        self._forms, self._variants = Counter(printed), variants
        self._likely = [0.0] * len(USAGES)
        for form, forms in _by_usage().items():
            for k, own in enumerate(forms):
                self._likely[k] += self._forms[form] * math.log(FAITHFUL if own == form else 1 - FAITHFUL)

    @cached_property
    def likeliest(self) -> str:
        """The usage that agrees best with what is printed, by its name in OpenCC; of equals the first of USAGES."""
        return USAGES[self._likely.index(max(self._likely))]

    def form(self, ch: str, misread: bool) -> str:
        """The form that the page most likely has of a Traditional character. misread: whether it was misread there.

        What engines fail on is what was misread: tesseract prints 為 for nearly every 為, and hardly ever 爲 for 爲.
        """
        forms = _by_usage().get(ch)
        if forms is None:
            return ch
        return max(dict.fromkeys(forms), key=lambda form: (self._chance(form, forms, misread), form == ch))

    def _chance(self, form: str, forms: tuple[str, ...], misread: bool) -> float:
        best = max(likely for own, likely in zip(forms, self._likely, strict=True) if own == form)
        own = ITSELF * math.log1p(self._forms[form])
        return best + own + (self._variants.fallible(form) if misread else 0.0)


def variants_of(ch: str) -> tuple[str, ...]:
    """A Traditional character, and the forms that it has in other usages.

    >>> variants_of("裡")
    ('裏', '裡')
    """
    return tuple(sorted(set(_by_usage().get(ch, (ch,)))))


@cache
def _by_usage() -> Mapping[str, tuple[str, ...]]:
    """For each form of a character in which usages differ, its form in each of USAGES."""
    han = [chr(code) for code in range(0x4E00, 0x9FFF + 1) if standard(chr(code))]
    each = [converted(BOUNDARY.join(han), usage)[::2] for usage in USAGES]
    differing = [forms for forms in zip(*each, strict=True) if len(set(forms)) > 1]
    return {form: forms for forms in differing for form in forms}


def converted(text: str, how: str) -> str:
    """A text through one of OpenCC's conversions that keep its length.

    >>> converted("为了里面", "s2tw")
    '為了裡面'
    """
    other = str(_opencc(how).convert(text))
    return other if len(other) == len(text) else "".join(_one(ch, how) for ch in text)


@cache
def _one(ch: str, how: str) -> str:
    other = str(_opencc(how).convert(ch))
    return other if len(other) == 1 else ch


@cache
def _opencc(how: str) -> Any:
    from opencc import OpenCC  # reads its tables when made: a text in Simplified characters never needs them

    return OpenCC(how)
