#!/usr/bin/env python3
"""What becomes of names: how many of those that a reading damaged are restored, and how many a correction spoils.

    python benchmarks/names.py --dev ../shared/dev                 every table below
    python benchmarks/names.py --dev ../shared/dev --no-speed      without the timings

Markdown to stdout, and results/DATE-names.json (--json FILE: there instead; --no-write: nowhere). Eight minutes or so.

A name is what the built-in gazetteer finds in the gold, letter by letter (Gazetteer.mentions: full names, and short forms
of counties and wider, common words left out). It is damaged where the reading has other characters for it:

  misread    one or two characters read for others, none dropped and none made up
  otherwise  more than that, or of another length

and restored where the corrected text has it again, by whatever kind of correction. A name that was read rightly and is
no longer there afterwards is spoilt. A wrong change is an edit of kind `name` that brings the text no nearer to the gold.
Each text is corrected with a channel that was counted on other paragraphs, as in accuracy.py.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import devdata
import run
from metrics import Gold
from rapidfuzz.distance import Levenshtein
from tables import markdown

from ocrfix import Config, Corrector, Resources
from ocrfix.model import Result

HERE = Path(__file__).resolve().parent
RARE = HERE / "rare_counties"
"""Lines with the names of counties that hold rare characters, as engines read them (rare_counties.py)."""
SIZES = (1_000, 5_000, 10_000, 20_000, 50_000)


class Name(NamedTuple):
    """A name in the gold, half-open, and how it was read: `intact`, `misread`, `otherwise`."""

    start: int
    end: int
    read: str


def names(noisy: str, gold: str, resources: Resources) -> Iterator[Name]:
    """The names in a gold text, and what the reading made of each."""
    ops = Levenshtein.opcodes(noisy, gold)
    for mention in resources.gazetteer.mentions(gold):
        swaps, others = 0, 0
        for op in ops:
            inside = min(op.dest_end, mention.end) - max(op.dest_start, mention.start)
            if op.tag == "delete":  # made up within it; before or after it is none of its own
                others += mention.start < op.dest_start < mention.end
            elif inside > 0 and op.tag == "replace":
                swaps += inside
            elif inside > 0 and op.tag == "insert":
                others += inside
        read = "intact" if not swaps + others else "misread" if not others and swaps <= 2 else "otherwise"
        yield Name(mention.start, mention.end, read)


def stands(text: str, gold: str) -> set[int]:
    """The places of the gold whose character the text has, followed by what follows it there."""
    found: set[int] = set()
    for op in Levenshtein.opcodes(text, gold):
        if op.tag == "equal":
            found.update(range(op.dest_start, op.dest_end))
    return found


def count(noisy: str, gold: str, result: Result, resources: Resources) -> Counter[str]:
    """Of one text: names by how they were read, how many of them stand afterwards, and changes of kind `name`."""
    there = stands(result.text, gold)
    counts = Counter[str]()
    for name in names(noisy, gold, resources):
        counts[name.read] += 1
        counts[f"{name.read} and there"] += there.issuperset(range(name.start, name.end))
    for _, correction, verdict in Gold(noisy, gold).judged(result.corrections):
        if correction.kind == "name":
            counts[f"{verdict} edits"] += 1
    return counts


def of_texts(texts: devdata.Texts, config: Config) -> Counter[str]:
    """The counts of a file."""
    total = Counter[str]()
    for pair in texts.pairs:
        resources = texts.unseen(pair)
        result = Corrector(resources, config).correct(pair.noisy)
        total += count(pair.noisy, pair.gold, result, resources)
    return total


def clean(path: Path, config: Config) -> dict[str, int]:
    """Edits of kind `name` in correct paragraphs, one by one and as one document."""
    corrector, lines = Corrector(config=config), devdata.lines(path)

    def changes(texts: Iterable[str]) -> int:
        return sum(c.kind == "name" for text in texts for c in corrector.correct(text).corrections)

    return {"paragraphs": len(lines), "one by one": changes(lines), "as one": changes(["\n\n".join(lines)])}
