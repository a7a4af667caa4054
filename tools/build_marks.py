#!/usr/bin/env python3
"""Build the two tables of marks: how clauses run in correct text, and which marks engines read for which.

    python tools/build_marks.py ../shared/corpus ../shared/dev --out lexicons

rhythm.tsv: for each mark of the corpus the stop before it, the stop after it and the lengths of the two clauses make a
rhythm (`ocrfix.rhythm.beat`); of each rhythm the shares of the five marks, in which a hundred marks of the corpus at
large count as seen everywhere. misread_marks.tsv: how often each mark of the page was printed as another, over the dev
pairs of all engines. About three minutes.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

import numpy as np
from build_language_model import paragraphs
from decision_data import Misread, engine_pairs
from numpy.typing import NDArray

from ocrfix.rhythm import MARKS, RHYTHMS, STOPS, beat
from ocrfix.text import code_points, view

SHARES = {"gov_reports": 0.2, "laws": 0.0, "news_broadcast_2012_2025": 0.5}
"""How much of each source is read; all of the others."""
LARGE = 100
"""Marks of the corpus at large that count as seen in each rhythm."""
PRINTED = ",。、;:.·"
"""What may be printed for a mark."""
LEAST = 2
"""Times that a confusion was seen, at least."""


def rhythms(corpus: Path) -> NDArray[np.int64]:
    """Of each rhythm the marks of the corpus, counted: (RHYTHMS, marks)."""
    counts = np.zeros(RHYTHMS * len(MARKS), dtype=np.int64)
    texts = paragraphs(corpus, SHARES)
    while batch := list(islice(texts, 20_000)):
        codes = view("\n".join(batch)).codes.astype(np.int64)
        stops = np.flatnonzero(np.isin(codes, code_points(STOPS)))
        order = np.full(0x10000, -1)
        order[code_points(MARKS)] = np.arange(len(MARKS))
        before, at, after = stops[:-2], stops[1:-1], stops[2:]
        mark = order[np.minimum(codes[at], 0xFFFF)]
        row = beat(codes[before], at - before - 1, codes[after], after - at - 1)
        keep = mark >= 0
        counts += np.bincount(row[keep] * len(MARKS) + mark[keep], minlength=len(counts))
    return counts.reshape(RHYTHMS, len(MARKS))


def confusions(dev: Path) -> dict[tuple[str, str], float]:
    """ln of the share of each mark of the page printed as another, or as none; made up marks count by the symbol."""
    seen, read = Misread.of(engine_pairs(dev))
    some = {*((a, b) for a in PRINTED for b in (*MARKS[:-1], "")), *(("", b) for b in ",。、")}
    return {
        pair: float(np.log(read[pair] / seen[pair[1]]))
        for pair in sorted(some)
        if pair[0] != pair[1] and read[pair] >= LEAST
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="the folder of texts")
    parser.add_argument("dev", type=Path, help="the folder of dev data")
    parser.add_argument("--out", type=Path, required=True, help="the folder of tables")
    args = parser.parse_args()
    counts = rhythms(args.corpus)
    share = (counts + LARGE * counts.sum(axis=0) / counts.sum()) / (counts.sum(axis=1, keepdims=True) + LARGE)
    nats = np.round(1000 * np.log(share)).astype(int).tolist()
    rows = sorted((str(k), *map(str, row)) for k, row in enumerate(nats) if counts[k].any())
    head = "rhythm\tcomma\tstop\tpause\tsemicolon\tcolon\n"
    (args.out / "rhythm.tsv").write_text(head + "".join("\t".join(row) + "\n" for row in rows), encoding="utf8")
    found = "".join(f"{a}\t{b}\t{round(1000 * nats)}\n" for (a, b), nats in confusions(args.dev).items())
    (args.out / "misread_marks.tsv").write_text("printed\tpage\tnats\n" + found, encoding="utf8")
    print(f"{counts.sum()} marks, {len(rows)} rhythms")


if __name__ == "__main__":
    main()
