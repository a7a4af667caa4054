#!/usr/bin/env python3
"""What is mended of real OCR noise, and what is spoilt, at a ladder of thresholds.

    python benchmarks/accuracy.py --dev ../shared/dev              pairs, whole documents, clean text: a Markdown table
    python benchmarks/accuracy.py --dev ../shared/dev --limit 50   fifty paragraphs a file

Every text is corrected once; a correction is made where its score reaches the threshold.

  altered    clean text: paragraphs changed, in per cent
  gain       (Han CER before - Han CER after) / Han CER before, over the whole file
  precision  smallest edits (Levenshtein) that bring the text nearer to the gold when made alone / all of them
"""

from __future__ import annotations

import argparse
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from rapidfuzz.distance import Levenshtein
from run import folded, smallest

from ocrfix import Config, Corrector
from ocrfix.model import Result
from ocrfix.spans import apply
from ocrfix.text import HAN

LADDER = (0.5, 0.75, 0.85, 0.95)
NOT_HAN = re.compile(f"(?!{HAN.pattern}).", re.DOTALL)


def pairs(path: Path, limit: int | None) -> Iterator[tuple[str, str]]:
    """The rows of a table with columns noisy and gold."""
    head, *rows = (line.split("\t") for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n"))
    noisy, gold = head.index("noisy"), head.index("gold")
    for row in rows[:limit]:
        yield row[noisy], row[gold]


def han(text: str) -> str:
    """The Han characters of a text alone."""
    return NOT_HAN.sub("", unicodedata.normalize("NFKC", text))


def mended(results: list[tuple[Result, str]], threshold: float) -> str:
    """Gain and precision over results with their golds, as a cell of the table."""
    before = after = good = bad = 0
    for result, gold in results:
        text, target = result.source, folded(gold)
        made = [c for c in result.corrections if c.score >= threshold]
        before += Levenshtein.distance(han(text), han(gold))
        after += Levenshtein.distance(han(apply(text, [c.edit for c in made])), han(gold))
        distance = Levenshtein.distance(folded(text), target)
        for edit in (e for c in made for e in smallest(c)):
            nearer = Levenshtein.distance(folded(apply(text, [edit])), target) < distance
            good, bad = good + nearer, bad + (not nearer)
    gain = (before - after) / before if before else 0.0
    return f"{gain:.2f}, {good / (good + bad):.3f} of {good + bad}" if good + bad else f"{gain:.2f}, none made"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", type=Path, required=True, help="a folder with ocr/, documents/ and clean_*.txt")
    parser.add_argument("--limit", type=int, help="paragraphs a file")
    args = parser.parse_args()
    correct = Corrector(config=Config(accept=LADDER[0], suggest=LADDER[0])).correct
    ladder = " | ".join(f"≥ {t}" for t in LADDER)

    print(f"| clean text: altered | {ladder} |\n|" + " --- |" * (1 + len(LADDER)))
    for path in sorted(args.dev.glob("clean_*.txt")):
        lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()][: args.limit]
        best = [max((c.score for c in correct(line).corrections), default=0.0) for line in lines]
        cells = " | ".join(f"{100 * sum(b >= t for b in best) / len(best):.2f} %" for t in LADDER)
        print(f"| {path.stem} | {cells} |", flush=True)

    print(f"\n| read by engines: gain, precision | {ladder} |\n|" + " --- |" * (1 + len(LADDER)))
    files: list[tuple[str, list[tuple[str, str]]]] = []
    for path in sorted((args.dev / "ocr").glob("*.tsv")):
        files.append((path.stem, list(pairs(path, args.limit))))
    for path in sorted((args.dev / "documents").glob("*.noisy.txt")):
        gold = path.with_name(path.name.replace(".noisy.", ".gold."))
        whole = (path.read_text(encoding="utf-8"), gold.read_text(encoding="utf-8"))
        files.append((f"{path.name.removesuffix('.noisy.txt')}, whole", [whole]))
    for name, rows in files:
        results = [(correct(noisy), gold) for noisy, gold in rows]
        print(f"| {name} | {' | '.join(mended(results, t) for t in LADDER)} |", flush=True)


if __name__ == "__main__":
    main()
