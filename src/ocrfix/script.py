"""Which script is it written in, how does the model read it, and how is an answer written there?

The language model, the gazetteer and the lexicon know Simplified characters. A Traditional paragraph is read as if it
were written in them, one character for one, in context (著 in 睡著 is 着, in 著名 it is not), by OpenCC's tables and
lexicons/variants.tsv. What is corrected there is written in Traditional characters, in the usage of the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from ocrfix.text import BOUNDARY, code_points, distinct, is_han, standard, standards
from ocrfix.usage import USAGES, Usage, Variants, converted

SIMPLIFIED, TRADITIONAL = "simplified", "traditional"

MANY = 5
"""Traditional characters with which a text is Traditional though up to twice as many are Simplified: PP-OCR's pages."""
QUOTED = 3
"""How often at least the two scripts alternate where one is not quoted in the other: a quotation makes two changes."""
APART = 3
"""How many more of the other script a paragraph has at least, to be in another script than most of the document."""
AROUND = 6
"""Characters on either side that tell which of several Traditional forms a Simplified character has."""

THROUGHOUT = 0.01
"""Share of Simplified characters from which they stand throughout a Traditional text; PP-OCR has eight times that."""
ENOUGH = 40
"""Han characters of Traditional text that would hold one at least, were it so."""

Mask = NDArray[np.bool_]


class Written(NamedTuple):
    """An answer in the script of the page, and how sure it is that the page has these forms of the characters."""

    form: str
    sure: float


@dataclass(frozen=True)
class Writing:
    """How a document is written.

    text: as the caller gave it. plain: the same in Simplified characters where paragraphs are Traditional; as long as
    `text`. script: of most of the document. traditional: which code points stand in Traditional paragraphs. alone: for
    each code point 1 where only Traditional text has it, -1 where only Simplified text has it, 0 otherwise.
    """

    text: str
    plain: str
    script: str
    traditional: Mask
    alone: NDArray[np.int8]
    variants: Variants

    @cached_property
    def strangers(self) -> NDArray[np.int64]:
        """Where in Traditional paragraphs a character stands that only Simplified text has."""
        return np.flatnonzero(self.traditional & (self.alone < 0))

    @cached_property
    def is_mixed(self) -> bool | None:
        """Whether Simplified characters stand throughout Traditional text; None where it is too short to tell.

        >>> from ocrfix.resources import Resources
        >>> variants = Resources.builtin().variants
        >>> [read(text, variants).is_mixed for text in ("臺灣的报紙", "臺灣的報紙", "臺灣的報紙" * 10)]
        [True, None, False]
        """
        if not self.traditional.any():
            return None
        size = int((self.traditional & is_han(code_points(self.text))).sum())
        if len(self.strangers) > THROUGHOUT * size:
            return True
        return False if size >= ENOUGH else None

    def written(self, start: int, end: int, form: str, misread: bool = True) -> Written:
        """How `form`, in Simplified characters, is written for the characters start to end of the text.

        What is printed right stays as it is printed. misread: whether what the page has was misread; else it was only
        printed in the other script.

        >>> from ocrfix.resources import Resources
        >>> writing = read("淸晨的上海巿長", Resources.builtin().variants)
        >>> writing.plain, writing.written(5, 7, "市长")
        ('清晨的上海巿长', Written(form='市長', sure=1.0))
        """
        if not self.traditional[max(start - 1, 0) : max(end, start + 1)].any():
            return Written(form, 1.0)
        each = self.in_script(start, end, form, misread)
        for op in Levenshtein.opcodes(self.plain[start:end], form):
            if op.tag == "equal":
                kept = self.text[start + op.src_start : start + op.src_end]
                each[op.dest_start : op.dest_end] = [Written(ch, 1.0) for ch in kept]
        return Written("".join(one.form for one in each), math.prod(one.sure for one in each))

    def in_script(self, start: int, end: int, form: str, misread: bool = True) -> list[Written]:
        """The characters of `form` as the document would write them in place of characters start to end.

        misread: whether what the page has was misread; else it was only printed in the other script.
        """
        before, after = self.plain[max(start - AROUND, 0) : start], self.plain[end : end + AROUND]
        written = converted(before + form + after, self.usage.likeliest)[len(before) : len(before) + len(form)]
        return [Written(*self.usage.form(ch, misread)) for ch in written]

    def read_as(self, ch: str) -> str:
        """What a character is read as where it stands in most of the document."""
        return simplified(ch, self.variants) if self.script == TRADITIONAL else ch

    @cached_property
    def usage(self) -> Usage:
        """Which forms the Traditional paragraphs have of characters that have several."""
        codes = code_points(self.text)[self.traditional]
        return Usage("".join(map(chr, codes[is_han(codes)].tolist())), self.variants)


def read(text: str, variants: Variants) -> Writing:
    """How a text is written.

    >>> from ocrfix.resources import Resources
    >>> variants = Resources.builtin().variants
    >>> read("人民日报", variants).script, read("臺灣的報紙", variants).plain
    ('simplified', '台湾的报纸')
    """
    codes = code_points(text)
    alone = _alone(codes)
    if not (alone > 0).any():
        return Writing(text, text, SIMPLIFIED, np.zeros(len(codes), dtype=bool), alone, variants)
    bounds = distinct(np.concatenate(([0], np.flatnonzero(codes == ord(BOUNDARY)) + 1, [len(codes)])))
    old, new = (np.add.reduceat((alone == sign).astype(np.int64), bounds[:-1]) for sign in (1, -1))
    simplified_alone, traditional_alone = new - 2 * old >= APART, old - new >= APART
    # PP-OCR prints the other script throughout a page; who quotes it does so in paragraphs, and parts of them.
    throughout = (MANY <= old.sum() > new.sum() / 2 or _is_mixed(alone)) and not simplified_alone.any()
    whole = bool(old.sum() > new.sum() or throughout)
    traditional = np.repeat(~simplified_alone if whole else traditional_alone, np.diff(bounds))
    plain = "".join(
        simplified(text[low:high], variants) if traditional[low] else text[low:high]
        for low, high in pairwise(bounds.tolist())
    )
    return Writing(text, plain, TRADITIONAL if whole else SIMPLIFIED, traditional, alone, variants)


def _is_mixed(alone: NDArray[np.int8]) -> bool:
    """Whether a text has both scripts as no quotation has them, and a quarter of what tells is Traditional at least."""
    told = alone[alone != 0]
    old, changes = int((told > 0).sum()), int(np.count_nonzero(np.diff(told)))
    return max(QUOTED, old) <= changes and len(told) < 4 * old


def _alone(codes: NDArray[np.uint32]) -> NDArray[np.int8]:
    """For each code point 1 where only Traditional text has it, -1 where only Simplified text has it, 0 otherwise."""
    found = np.zeros(len(codes), dtype=np.int8)
    odd = np.flatnonzero(_is_odd()[np.minimum(codes, 0xFFFF)])
    found[odd] = _which(codes[odd], _is_traditional)
    if found.any():  # for what is Simplified alone large tables are read
        found -= _which(codes, is_simplified)
    return found


def _which(codes: NDArray[np.uint32], is_such: Callable[[str], bool]) -> NDArray[np.int8]:
    """Which Han characters are such as is asked for: each is asked about once."""
    each = distinct(codes)
    such = np.array(
        [known and is_such(chr(code)) for code, known in zip(each.tolist(), is_han(each).tolist(), strict=True)]
    )
    return such.astype(np.int8)[each.searchsorted(codes)]


@cache
def _is_odd() -> NDArray[np.bool_]:
    """For each code point up to U+FFFF, which here stands for those beyond, whether Simplified text seldom has it."""
    codes = np.arange(0x10000, dtype=np.uint32)
    known = "".join(chr(code) if not 0xD800 <= code < 0xE000 else " " for code in codes.tolist())
    odd = is_han(codes) & ~standards(known)
    odd[-1] = True
    return odd


@cache
def _is_traditional(ch: str) -> bool:
    return not standard(ch) and converted(ch, "tw2s") != ch


@cache
def is_simplified(ch: str) -> bool:
    """Whether a character stands in Simplified text alone: 温 is Hong Kong's form too.

    >>> is_simplified("国"), is_simplified("后"), is_simplified("温")
    (True, False, False)
    """
    return not _in(ch, "big5") and all(converted(ch, usage) != ch for usage in USAGES)


def simplified(text: str, variants: Variants) -> str:
    """A Traditional text in Simplified characters, one for one.

    >>> from ocrfix.resources import Resources
    >>> simplified("著名作家睡著了，裏面、裡面", Resources.builtin().variants)
    '著名作家睡着了，里面、里面'
    """
    return converted(variants.usual(text), "tw2s")


@cache
def simplified_form(ch: str) -> str:
    """The Simplified form of one character, by OpenCC's table of characters; itself where it has none of one character.

    >>> simplified_form("縣"), simplified_form("县")
    ('县', '县')
    """
    return converted(ch, "t2s")


def _in(ch: str, encoding: str) -> bool:
    try:
        ch.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
