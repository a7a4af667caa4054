#!/usr/bin/env python3
"""What each source of proposals and each kind of evidence brings: the figures without it, one at a time.

    python benchmarks/ablation.py --dev ../shared/dev           a subset of files; eight minutes or so
    python benchmarks/ablation.py --dev ../shared/dev --all     all pairs, documents and clean text
    python benchmarks/ablation.py --dev ../shared/dev --only language shape names      some alone

A source is taken out of PROPOSERS, a kind of evidence gets the weight 0 wherever it counts. The other weights stay as
they were fitted together with it: this shows what the library leans on, not how well it would do had it
been fitted without. Pairs are taken together, and so are documents. Markdown to stdout, and
results/DATE-ablation.json (--json FILE: there instead; --no-write: nowhere).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import devdata
import metrics
import numpy as np
import run
from metrics import Gold
from tables import markdown

import ocrfix.propose
from ocrfix import Config, Corrector, Resources

SUBSET = ("cities_tesseract_light", "rapidocr_medium", "tesseract_medium")
"""Pairs measured unless all are asked for."""
DOCUMENTS = ("rapidocr", "tesseract")
"""Readers of the documents measured: of names-only there is too little to tell."""
CLEAN = 300
"""Paragraphs of each clean file, unless all are asked for."""
Sets = dict[str, list[tuple[devdata.Pair, Resources]]]
"""What is corrected, each text with a channel that was counted on others."""
Weights = Mapping[tuple[str, str], int]


def sets(dev: Path, everything: bool) -> Sets:
    """What is corrected again and again: correct text, paragraphs read by engines, whole documents."""
    lines = [line for path in devdata.clean(dev) for line in devdata.lines(path, None if everything else CLEAN)]
    pairs = [texts for texts in devdata.pairs(dev) if everything or texts.name in SUBSET]
    whole = [texts for texts in devdata.documents(dev) if everything or texts.reader in DOCUMENTS]
    read = {"pairs": pairs, "documents": whole}
    worn = {
        name: [(pair, texts.unseen(pair)) for texts in files for pair in texts.pairs] for name, files in read.items()
    }
    return {"clean": [(devdata.Pair(line, line), Resources.builtin()) for line in lines], **worn}


def measured(weights: Weights, texts: Sets) -> dict[str, dict[str, Any]]:
    """The figures of each set."""
    found = {}
    for name, pairs in texts.items():
        results = [Corrector(replace(own, weights=weights)).correct(pair.noisy) for pair, own in pairs]
        counts = np.array(
            [Gold(p.noisy, p.gold).counts(r.corrections) for (p, _), r in zip(pairs, results, strict=True)]
        )
        found[name] = {**metrics.summed(counts), **metrics.figures(counts, wanted(name))}
    return found


def wanted(name: str) -> dict[str, metrics.Figure]:
    figures = metrics.CLEAN_FIGURES if name == "clean" else metrics.FIGURES
    return {name: figure for name, figure in figures.items() if name != "ece"}


@contextmanager
def without_source(name: str) -> Iterator[None]:
    """The pipeline without one source of proposals, here and now alone."""
    before = ocrfix.propose.PROPOSERS
    ocrfix.propose.PROPOSERS = tuple(source for source in before if source.__name__ != name)
    try:
        yield
    finally:
        ocrfix.propose.PROPOSERS = before


def without_evidence(weights: Weights, name: str) -> Weights:
    """The same weights, but that one kind of evidence weighs nothing."""
    return {key: 0 if key[1] == name else weight for key, weight in weights.items()}


def table(found: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Harm first; what is worse than with all stands against the first row."""
    head = ["without", "clean: altered", "pairs: wrong", "precision", "Han gain", "text gain"]
    head += ["documents: wrong", "precision", "Han gain", "text gain"]
    rows = []
    for name, figures in found.items():
        cells = [f"{figures['clean']['altered']} of {figures['clean']['texts']:,}"]
        for read in (figures["pairs"], figures["documents"]):
            precision = read["precision"]
            cells.append(str(read["wrong"]))
            cells.append("–" if precision is None else f"{precision:.3f}")
            cells += [f"{read['han_gain']:.3f}", f"{read['text_gain']:.3f}"]
        rows.append([name, *cells])
    return markdown(head, rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", type=Path, required=True, help="a folder with clean_*.txt, ocr/ and documents/")
    parser.add_argument("--all", action="store_true", help="all files instead of a subset")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="leave out these alone, one at a time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the record goes, instead of results/")
    parser.add_argument("--no-write", action="store_true", help="leave no record")
    args = parser.parse_args(arguments)
    begun = time.perf_counter()

    weights = Resources.builtin().weights
    texts = sets(args.dev, args.all)
    sources = [source.__name__ for source in ocrfix.propose.PROPOSERS]
    kinds = list(dict.fromkeys(key[1] for key, weight in sorted(weights.items()) if weight))
    if unknown := set(args.only or ()) - {*sources, *kinds}:
        parser.error(f"--only: expected some of {', '.join([*sources, *kinds])}; found {', '.join(sorted(unknown))}")
    found = {"nothing": measured(weights, texts)}
    for name in chosen(sources, args.only):
        with without_source(name):
            found[f"source {name}"] = measured(weights, texts)
        print(name, file=sys.stderr)
    for name in chosen(kinds, args.only):
        found[f"evidence {name}"] = measured(without_evidence(weights, name), texts)
        print(name, file=sys.stderr)
    print(table(found))
    if not args.no_write:
        circumstances = run.circumstances(Config(), True, devdata.files(args.dev))
        record = {**circumstances, "all": args.all, "seconds": round(time.perf_counter() - begun), "without": found}
        run.write(record, "ablation", args.json)
    return 0


def chosen(names: Iterable[str], only: Sequence[str] | None) -> list[str]:
    return [name for name in names if only is None or name in only]


if __name__ == "__main__":
    sys.exit(main())
