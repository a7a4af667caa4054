#!/usr/bin/env python3
"""What the engine's confidences bring: the same paragraphs corrected as plain text, and with what the engine knew.

    python benchmarks/confidence.py --dev ../shared/dev                 pairs, and whole documents
    python benchmarks/confidence.py --dev ../shared/dev --engine own    with the profile of the engine that read them
    python benchmarks/confidence.py --dev ../shared/dev --limit 50      fifty paragraphs a file, for a first look

Markdown to stdout, leading with harm; and results/DATE-confidence.json (--json FILE: there instead; --no-write:
nowhere). Five minutes or so on one core.

Files with confidences are those beside which a FILE.confidence.jsonl lies; documents are put together from their
paragraphs. Harm is counted on the paragraphs that the engine read rightly: every edit there is wrong, and their
confidences are real. Figures as in metrics.py; channels counted on other paragraphs, as in accuracy.py; the weights
(lexicons/decision.ENGINE.tsv) were fitted on all of them (cross-validated: tools/fit_decision.py --confidence ENGINE).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import devdata
import metrics
import numpy as np
import run
from metrics import FIGURES, Gold
from tables import markdown

from ocrfix import Config, Corrector, OcrText

WANTED = ("precision", "han_gain", "text_gain", "han_cer_before", "han_cer_after", "ece")


class Measured(NamedTuple):
    """What came of one file. altered: how many of the texts that were right were changed, in how many edits."""

    file: str
    with_confidence: bool
    texts: int
    right: int
    altered: int
    edits_in_right: int
    characters_in_right: int
    figures: dict[str, float | None]
    intervals: dict[str, Any]
    edits: int


def measured(texts: devdata.Texts, engine: str, with_confidence: bool) -> Measured:
    """Every text of a file corrected with or without its confidences."""
    config = Config(engine=texts.profile if engine == "own" else engine)
    counts, golds = [], []
    right = altered = edits = characters = 0
    for pair in texts.pairs:
        assert pair.read
        given: OcrText | str = pair.read if with_confidence else pair.noisy
        result = Corrector(texts.unseen(pair), config).correct(given)
        gold = Gold(pair.noisy, pair.gold)
        counts.append(gold.counts(result.corrections, result.suggestions))
        golds.append(pair.gold)
        if not gold.distance:
            judged = [edit for c in result.corrections for edit in run.smallest(c)]
            right, altered = right + 1, altered + bool(judged)
            edits, characters = edits + len(judged), characters + len(pair.gold)
    table = np.array(counts)
    wanted = {name: FIGURES[name] for name in WANTED if name in FIGURES}
    total = metrics.summed(table)
    return Measured(
        *(texts.name, with_confidence, len(counts), right, altered, edits, characters),
        metrics.figures(table, wanted),
        metrics.intervals(table, golds, wanted),
        round(total["right"] + total["wrong"]),
    )


def report(rows: Sequence[tuple[Measured, Measured]]) -> str:
    """The tables, harm first; plain text before, with confidences after."""
    harm = [
        [plain.file, str(plain.right), *(f"{m.altered}; {m.edits_in_right}" for m in (plain, sure))]
        for plain, sure in rows
    ]
    columns = ("precision", "han_gain", "text_gain", "ece")
    gains = [[row[0].file, *(cell(m, name) for name in columns for m in row)] for row in rows]
    head = ["", "paragraphs read rightly", "altered; edits", "with confidences"]
    names = [
        *("", "precision", "with", "Han gain", "with", "text gain", "with", "calibration error", "with"),
    ]
    return "\n\n".join(
        [
            "Paragraphs that the engine read rightly, every change harm:",
            markdown(head, harm),
            "What it misread, plain and with its confidences:",
            markdown(names, gains),
        ]
    )


def cell(m: Measured, name: str) -> str:
    """A figure with the number of edits behind it, or its interval."""
    value = m.figures[name]
    if value is None:
        return "none made"
    if name == "precision":
        return f"{value:.3f} of {m.edits}"
    interval = m.intervals.get(name) if name == "han_gain" else None
    return f"{value:.2f}" + (f" [{interval[0]:.2f}, {interval[1]:.2f}]" if interval else "")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", type=Path, required=True, help="a folder with ocr/")
    parser.add_argument("--engine", default="generic", help="generic (default), own, or the name of a profile")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N paragraphs of each file; no documents")
    parser.add_argument("--only", nargs="*", metavar="FILE", help="the files so called alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the record goes, instead of results/")
    parser.add_argument("--no-write", action="store_true", help="leave no record")
    args = parser.parse_args(arguments)

    files = list(devdata.confident(args.dev, args.limit))
    files = [texts for texts in files if not args.only or texts.name in args.only]
    rows = [tuple(measured(texts, args.engine, sure) for sure in (False, True)) for texts in files]
    figures: dict[str, Any] = {
        **run.circumstances(Config(), True, devdata.files(args.dev)),
        "engine": args.engine,
        "limit": args.limit,
        "files": [m._asdict() for row in rows for m in row],
    }
    print(report(rows))
    if not args.no_write:
        run.write(figures, "confidence", args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
