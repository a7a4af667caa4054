"""Which form of a character does the page have? 裏 or 裡, 爲 or 為: as Taiwan, Hong Kong or older print writes it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from ocrfix.lexicon import TableError, read_table
from ocrfix.text import BOUNDARY, standard

USAGES = ("s2tw", "s2hk", "s2t")
"""OpenCC's names of usages: Taiwan's, Hong Kong's, and its own, which is that of older print."""
FAITHFUL = 0.98
"""How much of a page is in one usage."""
FEW = 5
"""How many times that a form was shown say as much as FAITHFUL."""
CHANCE = (1, 20)
"""Times that a form of which nothing is known is taken to have been misread, and shown."""
ITSELF = 1.0
"""What it counts for, a nat of how often the page has a form, beside what that says of its usage."""
COLUMNS = ("form", "shown", "misread", "others", "times")


class Seen(NamedTuple):
    """What became of a form on pages that engines read.

    shown: how often it stood there. misread: how often another character was printed. others: how often other forms of
    it were.
    """

    shown: int
    misread: int
    others: Mapping[str, int]


NEVER = Seen(0, 0, {})


@dataclass(frozen=True, eq=False)
class Variants:
    """What is known of the forms that characters have beside the usual one.

    simplified: the Simplified character for each form of older print. seen: what became of those forms that usages
    differ in.
    """

    simplified: Mapping[str, str]
    seen: Mapping[str, Seen]

    @classmethod
    def open(cls, folder: Path) -> Variants:
        """The tables variants.tsv and usages.tsv of a folder.

        Raises TableError, naming file and line, where a row is not as it should be; OSError where there is no table.
        """
        simplified, seen = dict[str, str](), dict[str, Seen]()
        path = folder / "variants.tsv"
        for number, (form, plain) in enumerate(read_table(path, ("variant", "simplified")), 2):
            if len(form) != 1 or len(plain) != 1 or form in simplified:
                expected = "expected a variant that has no row yet and one character"
                raise TableError(f"{path}:{number}: {expected}, found {form!r} and {plain!r}")
            simplified[form] = plain
        path = folder / "usages.tsv"
        for number, (form, shown, misread, others, times) in enumerate(read_table(path, COLUMNS), 2):
            numbers = [int(n) for n in (shown, misread, *times.split()) if n.isdecimal()]
            known = len(form) == 1 and form not in seen and len(numbers) == len(others) + 2
            if not known or sum(numbers[1:]) > numbers[0] or len(times.split()) != len(others):
                expected = (
                    "expected a form that has no row yet, how often it was shown, and of these misread and others"
                )
                raise TableError(f"{path}:{number}: {expected}, found {(form, shown, misread, others, times)}")
            seen[form] = Seen(numbers[0], numbers[1], dict(zip(others, numbers[2:], strict=True)))
        return cls(simplified, seen)

    def usual(self, text: str) -> str:
        """A text with the usual character for each form of older print."""
        return text.translate(self._translation)

    def fallible(self, form: str) -> float:
        """ln of the share of a form that engines misread for another character."""
        wrong, of = CHANCE
        seen = self.seen.get(form, NEVER)
        return math.log((seen.misread + wrong) / (seen.shown + of))

    def printed_for(self, printed: str, form: str) -> float:
        """ln of the share of a form that is printed as `printed`, itself or another form, where it is not misread.

        >>> from ocrfix.resources import Resources
        >>> variants = Resources.builtin().variants
        >>> variants.printed_for("為", "爲") > variants.printed_for("爲", "為")
        True
        """
        seen = self.seen.get(form, NEVER)
        of = seen.shown - seen.misread
        times = of - sum(seen.others.values()) if printed == form else seen.others.get(printed, 0)
        usual = FAITHFUL if printed == form else 1 - FAITHFUL
        return math.log((times + FEW * usual) / (of + FEW))

    @cached_property
    def _translation(self) -> dict[int, str]:
        return {ord(form): plain for form, plain in self.simplified.items()}


@dataclass(frozen=True, eq=False)
class Usage:
    """The usage of a page. printed: its Traditional text."""

    printed: str
    variants: Variants = field(repr=False)

    @cached_property
    def likeliest(self) -> str:
        """The usage that agrees best with what is printed, by its name in OpenCC; of equals the first of USAGES.

        Engines print one form for another, too: tesseract 說 for every 説, and 為 for most that is 爲.
        """
        return USAGES[self._likely.index(max(self._likely))]

    def form(self, ch: str, misread: bool) -> tuple[str, float]:
        """The form that the page most likely has of a Traditional character, and how likely that is.

        misread: whether it was misread there. What engines fail on is what was misread: tesseract reads nearly every
        為, and hardly ever 爲.
        """
        forms = _by_usage().get(ch)
        if forms is None:
            return ch, 1.0
        each = [self._chance(form, k, misread) for k, form in enumerate(forms)]
        most = max(each)
        together = dict.fromkeys(forms, 0.0)
        for form, chance in zip(forms, each, strict=True):
            together[form] += math.exp(chance - most)
        best = max(together, key=lambda form: (together[form], form == ch))
        return best, together[best] / sum(together.values())

    @cached_property
    def _forms(self) -> Counter[str]:
        return Counter(self.printed)

    @cached_property
    def _likely(self) -> list[float]:
        """How likely it is that the page is in each usage: ln, but for what is common to them."""
        likely = [0.0] * len(USAGES)
        for printed, forms in _by_usage().items():
            if times := self._forms[printed]:
                for k, own in enumerate(forms):
                    likely[k] += times * self.variants.printed_for(printed, own)
        return likely

    def _chance(self, form: str, usage: int, misread: bool) -> float:
        own = ITSELF * math.log1p(self._forms[form])
        return self._likely[usage] + own + (self.variants.fallible(form) if misread else 0.0)


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
