"""What stands twice where the page has it once: doubled characters, phrases and clauses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ocrfix.language import EDGE, UNKNOWN
from ocrfix.survey import PAD, Survey
from ocrfix.text import BOUNDARY, HAN, NUMERALS, code_points, is_han
from ocrfix.trie import Ids

LONGEST = 40
"""Symbols: the longest run that is looked for at once after itself."""


@lru_cache(maxsize=1)
def repeats(survey: Survey) -> tuple[tuple[int, int], ...]:
    """Spans whose removal leaves what stands before or after them: the first of two equal runs.

    Adjacent runs (委委), and equal clauses around a mark (稳中向好、稳中向好). Positions are the survey's. Of each
    stretch that repeats only its first unit is given, shorter units before longer ones.
    """
    return tuple(_repeats(survey))


def _repeats(survey: Survey) -> Iterator[tuple[int, int]]:
    codes = np.zeros(len(survey.view.codes), dtype=np.uint32)
    codes[1:-1] = code_points(survey.text)[survey.view.where[1:-1]]  # unfolded: 11 is not 13
    han = is_han(survey.view.codes)
    size = len(codes)
    for length in range(1, LONGEST + 1):
        if size < 2 * length:
            return
        for gap in (0, 1):
            step = length + gap
            same = codes[:-step] == codes[step:]
            for first, last in _runs(same & han[:-step] if not gap else same):
                if last - first >= length and _may_be_mistake(survey, first + PAD, length, gap):
                    yield first + PAD, first + step + PAD


def _may_be_mistake(survey: Survey, at: int, length: int, gap: int) -> bool:
    """Whether a run that stands twice is not a way of speaking: 凄凄惨惨, 大、大, 加油！加油！"""
    if NUMERALS.issuperset(survey.symbols(at, at + length)):
        return False  # 三三 may be 十三 misread
    if UNKNOWN in survey.ids[at : at + length]:
        return False  # nobody can tell how what the model has not met is used
    if not gap:
        return not (_in_fours(survey.ids, at) if length == 1 else _exclaimed(survey, at, length))
    mark = survey.symbols(at + length, at + length + 1)
    run = survey.symbols(at, at + length)
    if HAN.match(mark) or BOUNDARY in run + mark or not HAN.search(run):
        return False
    return length >= (ENUMERATED if mark == "、" else SAID_TWICE)


ENUMERATED, SAID_TWICE = 3, 6
"""Symbols that a clause has at least for its repeat to be looked at: after 、, and after any other mark."""


def _in_fours(ids: Ids, at: int) -> bool:
    """Whether a doubled character is half of an AABB word: 凄凄惨惨."""
    return bool(ids[at - 2] == ids[at - 1] != EDGE or ids[at + 2] == ids[at + 3] != EDGE)


def _exclaimed(survey: Survey, at: int, length: int) -> bool:
    """Whether a short run stands twice between two marks, as people say it: 谢谢谢谢, 请坐请坐."""
    ends = survey.symbols(at - 1, at) + survey.symbols(at + 2 * length, at + 2 * length + 1)
    return length <= 4 and not any(HAN.match(ch) for ch in ends)


def _runs(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Half-open runs of True."""
    if not flags.any():
        return
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
