#!/usr/bin/env python3
"""What harm is done, and what is mended of real OCR noise: all dev sets, with the settings as they come.

    python benchmarks/accuracy.py --dev FOLDER                    generic, beside the profile of each file's engine
    python benchmarks/accuracy.py --dev FOLDER --engine generic   generic alone; or NAME: generic beside NAME
    python benchmarks/accuracy.py --dev FOLDER --limit 50         fifty paragraphs a file, for a first look

Markdown to stdout, leading with harm; all figures, with machine, versions and the hashes of tables and data, to
results/DATE-accuracy.json (--json FILE: there instead; --no-write: nowhere). Five minutes or so on one core.

metrics.py opens with what each figure means. Recall counts errors, not edits: it is the gain that would be left had no
wrong edit been made. In brackets stand 95 % bootstrap intervals over paragraphs; where files are taken together, all
readings of one paragraph are drawn as one. A whole document is a single text: no interval can be given. Each text is
corrected with a channel that was counted on others (devdata.py).

The ladder shows what a higher or lower `accept` brings. A correction is made where its score reaches `accept`,
likeliest first, so what one pass at the lowest threshold makes holds what any higher one would make. That is checked,
not taken for granted: where the pass, cut at the default threshold, differs in any text of a file from what the
default settings make, each threshold gets a pass of its own. The record says which it was.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import devdata
import metrics
import numpy as np
import run
from metrics import CLEAN_FIGURES, FIGURES, Counts, Gold, Scored
from tables import report

from ocrfix import Config, Correction, Corrector, Result
from ocrfix.decide import is_sure

WEAR = ("light", "medium", "heavy")
LADDER = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
ON_RUNGS = ("harm_per_10k", "precision", "han_gain", "han_recall", "han_f05", "text_gain", "text_f05")
COUNTED_ON_RUNGS = ("texts", "altered", "edits", "right", "wrong", "han_before", "han_after")
"""What the record says of each threshold."""


class Measured(NamedTuple):
    """A file with its results under one setting. clusters: what belongs together when texts are drawn anew."""

    file: str
    reader: str
    severity: str
    engine: str
    counts: Counts
    clusters: list[str]
    kinds: dict[str, list[int]]
    scored: list[Scored]
    seconds: float
    ladder: list[dict[str, Any]]
    ladder_by: str


def measured(texts: devdata.Texts, engine: str, with_ladder: bool = False, clean: bool = False) -> Measured:
    """Every text of a file corrected with the default settings, and judged."""
    config = Config(engine=engine)
    results, seconds = corrected(texts, config)
    golds = [Gold(pair.noisy, pair.gold) for pair in texts.pairs]
    counts = np.array([g.counts(r.corrections, r.suggestions) for g, r in zip(golds, results, strict=True)])
    kinds = added(g.kinds(r.corrections) for g, r in zip(golds, results, strict=True))
    scored = [s for g, r in zip(golds, results, strict=True) for s in g.scored(r.corrections, r.suggestions)]
    rungs, by = ladder(texts, config, golds, results, clean) if with_ladder else ([], "")
    clusters = [pair.gold for pair in texts.pairs]
    about = (texts.name, texts.reader, texts.severity, engine)
    print(f"{texts.name}, {engine}: {seconds:.1f} s", file=sys.stderr)
    return Measured(*about, counts, clusters, kinds, scored, seconds, rungs, by)


def corrected(texts: devdata.Texts, config: Config) -> tuple[list[Result], float]:
    """The result for each text, and the seconds of one processor that they took once the tables were open."""
    correctors = [Corrector(texts.unseen(pair), config) for pair in texts.pairs]
    for corrector in {id(each.resources.channels): each for each in correctors}.values():
        corrector.correct("会议强调。")
    begun = time.process_time()
    results = [each.correct(pair.noisy) for each, pair in zip(correctors, texts.pairs, strict=True)]
    return results, time.process_time() - begun


def ladder(
    texts: devdata.Texts, config: Config, golds: Sequence[Gold], results: Sequence[Result], clean: bool
) -> tuple[list[dict[str, Any]], str]:
    """The figures at each threshold, and how they were come by."""
    thresholds = sorted({*LADDER, config.accept})
    lowest, _ = corrected(texts, at(config, thresholds[0]))
    one_pass = all(
        [c.edit for c in cut(low, config.accept)] == [c.edit for c in result.corrections]
        for low, result in zip(lowest, results, strict=True)
    )
    rungs = []
    for threshold in thresholds:
        if one_pass:
            made = [cut(low, threshold) for low in lowest]
        else:
            made = [r.corrections for r in corrected(texts, at(config, threshold))[0]]
        counts = np.array([gold.counts(corrections) for gold, corrections in zip(golds, made, strict=True)])
        figures = metrics.figures(counts, CLEAN_FIGURES if clean else {name: FIGURES[name] for name in ON_RUNGS})
        numbers = {name: n for name, n in metrics.summed(counts).items() if name in COUNTED_ON_RUNGS}
        rungs.append({"accept": threshold, **numbers, **figures})
    return rungs, "one pass" if one_pass else "a pass each"


def at(config: Config, threshold: float) -> Config:
    return replace(config, accept=threshold, suggest=min(config.suggest, threshold))


def cut(result: Result, threshold: float) -> tuple[Correction, ...]:
    return tuple(c for c in result.corrections if is_sure(c, threshold))


def added(parts: Iterable[dict[str, list[int]]]) -> dict[str, list[int]]:
    """Right and wrong edits of each kind, over several texts."""
    total: dict[str, list[int]] = {}
    for part in parts:
        for kind, (right, wrong) in part.items():
            known = total.setdefault(kind, [0, 0])
            total[kind] = [known[0] + right, known[1] + wrong]
    return dict(sorted(total.items()))


def record(parts: Sequence[Measured], name: str = "", clean: bool = False) -> dict[str, Any]:
    """The figures of one file, or of several taken together."""
    first = parts[0]
    wanted = CLEAN_FIGURES if clean else FIGURES
    counts = np.concatenate([part.counts for part in parts])
    total = metrics.summed(counts)
    found: dict[str, Any] = {
        **{"file": name or first.file, "reader": first.reader, "severity": first.severity, "engine": first.engine},
        **total,
        **metrics.figures(counts, wanted),
        "intervals": metrics.intervals(counts, [c for part in parts for c in part.clusters], wanted),
        "kinds": added(part.kinds for part in parts),
        "characters_per_second": round(total["characters"] / sum(part.seconds for part in parts)),
    }
    if name:
        found["reliability"] = metrics.reliability(s for part in parts for s in part.scored)
    return found | ({"ladder": first.ladder, "ladder_by": first.ladder_by} if len(parts) == 1 and first.ladder else {})


def harm(dev: Path, limit: int | None) -> list[dict[str, Any]]:
    """Correct text, line by line and as one document: every change is harm."""
    found = []
    for path in devdata.clean(dev):
        lines = devdata.lines(path, limit)
        for whole, rows in ((False, lines), (True, ["\n\n".join(lines)])):
            texts = devdata.Texts(path.stem, path, "", "", tuple(devdata.Pair(row, row) for row in rows))
            one = record([measured(texts, "generic", with_ladder=not whole, clean=True)], clean=True)
            found.append({**one, "whole": whole, "paragraphs": len(lines)})
    return found


def engines(texts: devdata.Texts, choice: str) -> list[str]:
    """The profiles that a file is corrected with: generic, and the chosen one beside it."""
    return list(dict.fromkeys(["generic", texts.profile if choice == "own" else choice]))


def groups(parts: Sequence[Measured]) -> list[dict[str, Any]]:
    """Files taken together: all, by the engine that read them, and by how worn they were."""
    sets = {
        "all pairs": list(parts),
        "lines of rare names": [p for p in parts if is_dense(p)],
        "all but those": [p for p in parts if not is_dense(p)],
    }
    for part in sorted(sets["all but those"], key=lambda p: (p.reader, WEAR.index(p.severity))):
        sets.setdefault(f"read by {part.reader}", []).append(part)
        sets.setdefault(f"read by {part.reader}, {part.severity}", []).append(part)
    found = []
    for name, chosen in sets.items():
        for engine in ("generic", "own"):
            if these := [p for p in chosen if (p.engine == "generic") == (engine == "generic")]:
                found.append({**record(these, name), "engine": engine})
    return found


def is_dense(part: Measured) -> bool:
    """Lines made up to be dense with rare names, apart from what newspapers print."""
    return part.file.startswith("rare_names")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", type=Path, required=True, help="a folder with clean_*.txt, ocr/, documents/, typed/")
    parser.add_argument("--engine", default="own", help="own (default), generic, or the name of a profile")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N paragraphs of each file")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the record goes, instead of results/")
    parser.add_argument("--no-write", action="store_true", help="leave no record")
    args = parser.parse_args(arguments)
    begun = time.perf_counter()

    files = list(devdata.pairs(args.dev, args.limit))
    pairs = [measured(t, e, with_ladder=e == "generic") for t in files for e in engines(t, args.engine)]
    whole = [
        measured(t, e, with_ladder=e == "generic") for t in devdata.documents(args.dev) for e in engines(t, args.engine)
    ]
    typed = [measured(t, e) for t in devdata.typed(args.dev, args.limit) for e in ("generic", "typed")]
    figures: dict[str, Any] = {
        "engine": args.engine,
        "limit": args.limit,
        "clean": harm(args.dev, args.limit),
        "pairs": [record([one]) for one in pairs],
        "groups": groups(pairs),
        "documents": [record([one]) for one in whole],
        "typed": [record([one]) for one in typed],
        "page": run.page(Corrector(), run.SAMPLE),
    }
    data = [*devdata.files(args.dev), run.SAMPLE / "page.txt", run.SAMPLE / "edits.tsv"]
    circumstances = run.circumstances(Config(), True, data)
    figures = {**circumstances, **figures, "seconds": round(time.perf_counter() - begun)}
    print(report(figures))
    if not args.no_write:
        run.write(figures, "accuracy", args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
