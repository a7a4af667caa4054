#!/usr/bin/env python3
"""What a survey of all lines brings to each of them, and what harm it does.

    python benchmarks/together.py --dev FOLDER        leaves results/DATE-together.json

Whole local documents that engines read, each with the channel counted on other texts, and correct text, of which every
change is harm; each corrected in three ways:

  alone      line by line, each by itself
  together   line by line, with a survey of all lines (Corrector.correct_many)
  as one     all lines as one document
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import devdata
import metrics
import numpy as np
import run
from metrics import FIGURES, Gold
from tables import markdown

from ocrfix import Config, Correction, Corrector, Result

WAYS = ("alone", "together", "as one")
TOLD = ("precision", "han_gain", "text_gain")


def corrected(corrector: Corrector, text: str, way: str) -> Result:
    """A text of many lines corrected in one of the ways; positions are those of the whole text.

    >>> [corrected(Corrector(), "经济建没。\\n经济建没。", way).text for way in WAYS] == ["经济建设。\\n经济建设。"] * 3
    True
    """
    if way == "as one":
        return corrector.correct(text)
    lines = text.split("\n")
    survey = corrector.survey(lines) if way == "together" else None
    starts = accumulate((len(line) + 1 for line in lines), initial=0)
    moved: tuple[list[Correction], list[Correction]] = [], []
    for start, result in zip(starts, corrector.correct_many(lines, survey), strict=False):
        for some, all_ in zip((result.corrections, result.suggestions), moved, strict=True):
            all_ += [replace(c, start=c.start + start, end=c.end + start) for c in some]
    return Result(text, *map(tuple, moved))


def judged(texts: devdata.Texts, way: str) -> dict[str, Any]:
    """The figures of a file in one of the ways."""
    counts = []
    for pair in texts.pairs:
        result = corrected(Corrector(texts.unseen(pair), Config()), pair.noisy, way)
        counts.append(Gold(pair.noisy, pair.gold).counts(result.corrections, result.suggestions))
    table = np.array(counts)
    return {"file": texts.name, "way": way, **metrics.summed(table), **metrics.figures(table, FIGURES)}


def main(arguments: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--dev", type=Path, required=True, metavar="FOLDER", help="the dev data (benchmarks/README.md)")
    p.add_argument("--limit", type=int, default=1000, metavar="N", help="paragraphs of each clean file (1,000)")
    p.add_argument("--json", type=Path, metavar="FILE", help="where the record goes, instead of results/")
    p.add_argument("--no-write", action="store_true", help="leave no record")
    args = p.parse_args(arguments)

    read = [texts for texts in devdata.documents(args.dev) if texts.reader in devdata.PROFILES]
    clean = []
    for path in devdata.clean(args.dev):
        text = "\n".join(devdata.lines(path, args.limit))
        clean.append(devdata.Texts(path.stem, path, "", "", (devdata.Pair(text, text),)))
    found = [judged(texts, way) for texts in (*read, *clean) for way in WAYS]
    read_rows = [
        [one["file"], one["way"], str(one["right"] + one["wrong"]), *(f"{one[name]:.3f}" for name in TOLD)]
        for one in found[: len(WAYS) * len(read)]
    ]
    clean_rows = [[one["file"], one["way"], str(one["wrong"])] for one in found[len(WAYS) * len(read) :]]
    print(markdown(["read", "way", "edits", *TOLD], read_rows), "", sep="\n")
    print(markdown([f"clean, {args.limit} lines of each", "way", "wrong edits"], clean_rows))
    if not args.no_write:
        about = run.circumstances(Config(), True, devdata.files(args.dev))
        run.write({**about, "limit": args.limit, "files": found}, "together", args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
