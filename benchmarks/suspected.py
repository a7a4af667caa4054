#!/usr/bin/env python3
"""Whether the pages that a report calls bad are bad: suspected error rates against true ones.

    python benchmarks/suspected.py --dev FOLDER      two minutes or so on one core

The dev pairs of every engine and wear, ten paragraphs of one fold to a page, each corrected with a channel that was
counted on other folds. Suspected: the scores of corrections and suggestions added up, a character (`PageFacts.rate`).
True: Levenshtein distance to the gold over all characters without width and white space; left: the same after the
corrections. Of all pages together: Spearman's rank correlation of suspected and true, and what is true and left of the
pages that reach RESCAN, and of the others. The record goes to results/DATE-suspected.json.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import devdata
import numpy as np
import run
from tables import markdown

from ocrfix import Config, Corrector
from ocrfix.collection import RESCAN
from ocrfix.pairs import distance

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))
from decision_data import FOLDS, fold_of

PAGE = 10
"""Paragraphs of a page."""


class Page(NamedTuple):
    """How many characters it has, and how many of them are suspected, wrong, and wrong after the corrections."""

    characters: int
    suspected: float
    wrong: int
    left: int


def pages(texts: devdata.Texts) -> list[Page]:
    """The pages of a file; what is left over of a fold is none."""
    found = []
    folds = [[pair for pair in texts.pairs if fold_of(pair.gold) == fold] for fold in range(FOLDS)]
    for some in [fold[at : at + PAGE] for fold in folds for at in range(0, len(fold) - PAGE + 1, PAGE)]:
        noisy, gold = ("\n\n".join(pair[side] for pair in some) for side in (0, 1))
        result = Corrector(texts.unseen(some[0])).correct(noisy)
        suspected = sum(c.score for c in (*result.corrections, *result.suggestions))
        size = len("".join(noisy.split()))
        found.append(Page(size, suspected, distance(noisy, gold)[1], distance(result.text, gold)[1]))
    return found


def row(name: str, some: Sequence[Page]) -> tuple[str, ...]:
    size = sum(page.characters for page in some)
    rates = (sum(part) / size for part in zip(*(page[1:] for page in some), strict=True))
    return (name, str(len(some)), *(f"{100 * rate:.2f}%" for rate in rates))


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's: the correlation of the ranks."""
    ranks = [np.argsort(np.argsort(np.array(values))) for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", type=Path, required=True, help="a folder with ocr/")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the record goes, instead of results/")
    parser.add_argument("--no-write", action="store_true", help="leave no record")
    args = parser.parse_args()
    files = [texts for texts in devdata.pairs(args.dev) if not texts.name.startswith("rare_names")]
    of = {texts.name: pages(texts) for texts in files}
    every = [page for some in of.values() for page in some]
    worn = [page for page in every if page.suspected >= RESCAN * page.characters]
    rest = [page for page in every if page not in worn]
    parts = {**of, "all": every, f"suspected from {100 * RESCAN:g}%": worn, "suspected below": rest}
    rows = [row(name, some) for name, some in parts.items() if some]
    rates = [[page[k] / page.characters for page in every] for k in (1, 2)]
    rank = correlation(*rates)
    print(markdown(("", "pages", "suspected", "true", "left"), rows))
    print(f"\nrank correlation of suspected and true: {rank:.2f}")
    if not args.no_write:
        record = run.circumstances(Config(), True, devdata.files(args.dev))
        run.write({**record, "pages": [list(each) for each in rows], "correlation": rank}, "suspected", args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
