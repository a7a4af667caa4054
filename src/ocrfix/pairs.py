"""What was printed, and what does the page say: paragraphs side by side, and what was read for what."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from ocrfix.profile import Counts
from ocrfix.spans import Edit, apply
from ocrfix.text import BOUNDARY, HAN, view

_LINE = re.compile(r"[^\r\n]*(?:[\r\n]+|$)")


class Pair(NamedTuple):
    """A paragraph as it was printed, and as it should be; rejected: what was proposed to it in vain."""

    noisy: str
    gold: str
    rejected: tuple[Edit, ...] = ()


def decided(text: str, accepted: Iterable[Edit], rejected: Iterable[Edit] = ()) -> tuple[Pair, ...]:
    """The paragraphs of a text of which somebody decided what is to be corrected and what is not.

    >>> decided("在平区\\n在平原上\\n", [Edit(0, 1, "茌")], [Edit(4, 5, "茌")])[1]
    Pair(noisy='在平原上', gold='在平原上', rejected=(Edit(start=0, end=1, replacement='茌'),))
    """
    return paragraphs(text, apply(text, sorted(accepted)), rejected)


def paragraphs(noisy: str, gold: str, rejected: Iterable[Edit] = ()) -> tuple[Pair, ...]:
    """Two texts cut where both have the end of a line; white space and breaks around the pieces are left out.

    >>> [pair[:2] for pair in paragraphs("一、在平\\n\\n二、经\\n济", "一、茌平\\n二、经济")]
    [('一、在平', '一、茌平'), ('二、经\\n济', '二、经济')]
    """
    cuts = _cuts(noisy, gold)
    rejected = sorted(rejected)
    found = []
    for (start, page), (end, page_end) in pairwise(cuts):
        printed = noisy[start:end]
        lead = len(printed) - len(printed.lstrip())
        own = (e for e in rejected if start + lead <= e.start and e.end <= start + len(printed.rstrip()))
        moved = tuple(Edit(e.start - start - lead, e.end - start - lead, e.replacement) for e in own)
        pair = Pair(printed.strip(), gold[page:page_end].strip(), moved)
        if pair.noisy or pair.gold:
            found.append(pair)
    return tuple(found)


def _cuts(noisy: str, gold: str) -> list[tuple[int, int]]:
    """Where both texts begin, end, and have the end of a line, by position."""
    printed, page = (list(_LINE.finditer(text)) for text in (noisy, gold))
    printed, page = ([line for line in lines if line[0].strip()] for lines in (printed, page))
    ends = [(0, 0)]
    if len(printed) == len(page) and all(
        are_alike(a[0].strip(), b[0].strip()) for a, b in zip(printed, page, strict=True)
    ):
        ends += [(a.end(), b.end()) for a, b in zip(printed, page, strict=True)]
    else:
        for op in Levenshtein.opcodes(noisy, gold):
            if op.tag == "equal":
                breaks = re.finditer(r"[\r\n]+", noisy[op.src_start : op.src_end])
                ends += [(op.src_start + m.end(), op.dest_start + m.end()) for m in breaks]
    return [*ends, (len(noisy), len(gold))]


_UNCOUNTED = re.compile(f"[{BOUNDARY}\ud800-\udfff]")
ALIKE = 0.5
"""How alike two texts are that are taken for one another: what share of their characters is the same."""


def are_alike(one: str, other: str) -> bool:
    """Whether one of two texts may be the other corrected.

    >>> are_alike("在平区召开", "茌平区召开。"), are_alike("在平区召开", "会议强调")
    (True, False)
    """
    return Levenshtein.normalized_similarity(one.strip(), other.strip(), score_cutoff=ALIKE) >= ALIKE


def misread(noisy: str, gold: str) -> Iterator[tuple[str, str]]:
    """What was printed for what the page shows, (printed, true), as the language model sees it; "" for nothing.

    >>> list(misread("在平区召 开了会议", "茌平区召开会议。"))
    [('在', '茌'), ('了', ''), ('', '。')]
    """
    printed, page = (seen(side) for side in (noisy, gold))
    for op in Levenshtein.opcodes(printed, page):
        there, true = printed[op.src_start : op.src_end], page[op.dest_start : op.dest_end]
        if op.tag == "replace":
            yield from zip(there, true, strict=True)
        elif op.tag != "equal":
            yield from ((ch, "") for ch in there)
            yield from (("", ch) for ch in true)


def seen(text: str) -> str:
    """The symbols of a text as the language model sees them."""
    return "".join(map(chr, view(text).codes.tolist()))


def counts(pairs: Iterable[Pair]) -> Counts:
    """How often each symbol stands on the pages, and by printed symbol how often it was read for which.

    What is made up counts by all symbols shown. Line breaks are left out, and what no file can spell.
    """
    shown, times = Counter[str](), dict[str, dict[str, int]]()
    for pair in pairs:
        page = seen(pair.gold).replace(BOUNDARY, "")
        shown.update(page)
        shown[""] += len(page)
        for printed, true in misread(pair.noisy, pair.gold):
            if not _UNCOUNTED.search(printed + true):
                row = times.setdefault(printed, {})
                row[true] = row.get(true, 0) + 1
    return Counts(dict(shown), times)


def folded(text: str) -> str:
    """Without width and white space: edits that leave this alone are of form only."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def han(text: str) -> str:
    """The Han characters of a text alone."""
    return "".join(HAN.findall(unicodedata.normalize("NFKC", text)))


def distance(noisy: str, gold: str) -> tuple[int, int]:
    """How many characters are wrong: Han characters, and all, white space and widths aside.

    >>> distance("在平区 委,", "茌平区委。")
    (1, 2)
    """
    return Levenshtein.distance(han(noisy), han(gold)), Levenshtein.distance(folded(noisy), folded(gold))


def is_right(pair: Pair, edit: Edit) -> bool:
    """Whether an edit, made alone, brings a paragraph nearer to what it should be."""
    return distance(apply(pair.noisy, [edit]), pair.gold)[1] < distance(pair.noisy, pair.gold)[1]


def joined(texts: Sequence[str], between: str = "\n\n") -> tuple[str, list[int]]:
    """Paragraphs as one text, and where each begins in it."""
    starts, at = [], 0
    for text in texts:
        starts.append(at)
        at += len(text) + len(between)
    return between.join(texts), starts
