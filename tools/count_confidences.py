#!/usr/bin/env python3
"""Count how often each engine was right, by how sure it was: lexicons/confidence.tsv.

    python tools/count_confidences.py ../shared/dev --out lexicons/confidence.tsv

Over the dev pairs that have confidences, aligned by Levenshtein distance. A few seconds. Numbers alone; no text is
contained. `ocrfix.confidence` says what they are for.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from decision_data import ENGINES, Text, engine_pairs
from rapidfuzz.distance import Levenshtein

from ocrfix.confidence import COLUMNS, SYMBOLS, steps
from ocrfix.text import is_han, view

Counts = Counter[tuple[str, int, bool]]


def counted(texts: list[Text]) -> Counts:
    """How many symbols there are of each sort, at each step of confidence, right and wrong."""
    counts = Counts()
    for text in texts:
        assert text.read
        seen, gold = view(str(text.read)), view(text.gold).codes.tolist()
        wrong = np.ones(len(seen.codes), dtype=bool)
        for op in Levenshtein.opcodes(seen.codes.tolist(), gold):
            if op.tag == "equal":
                wrong[op.src_start : op.src_end] = False
        inner = slice(1, -1)  # the edges are no symbols of the text
        step = steps(np.array(text.read.confidences, dtype=np.float64)[seen.where[inner]])
        han = is_han(seen.codes[inner])
        counts.update(
            (SYMBOLS[a], b, c) for a, b, c in zip(han.astype(int), step.tolist(), wrong[inner].tolist(), strict=True)
        )
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dev", type=Path, help="the folder of dev data")
    parser.add_argument("--out", type=Path, help="where to write the table (default: to standard output)")
    args = parser.parse_args()
    lines = ["\t".join(COLUMNS)]
    for engine, of in sorted(ENGINES.items()):
        counts = counted([text for text in engine_pairs(args.dev) if text.read and of in text.source])
        for symbols, step in sorted({(symbols, step) for symbols, step, _ in counts}):
            right, wrong = counts[symbols, step, False], counts[symbols, step, True]
            lines.append(f"{engine}\t{symbols}\t{step}\t{right}\t{wrong}")
    table = "\n".join(lines) + "\n"
    if args.out:
        args.out.write_text(table, encoding="utf8", newline="\n")
    else:
        print(table, end="")


if __name__ == "__main__":
    main()
