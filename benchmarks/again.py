"""Is a text that has been corrected left alone? Corrects every dev text, and then what came of it.

    python benchmarks/again.py --dev FOLDER             all files of pairs, whole documents, and clean paragraphs

Texts: those of a file. altered: texts that were corrected at all. again: texts in which the second pass makes a
correction more. of these undone: those in which it gives back the text before the first. edits: how many corrections
the first and the second pass make. Exceptions are counted, not shown: no row of the dev data is to be looked at.
The third pass is what the second one leaves to do.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from devdata import clean, documents, lines, pairs, typed

from ocrfix import correct

COLUMNS = ("texts", "altered", "again", "undone", "edits", "edits again", "third pass")


def counts(texts: Iterable[str]) -> tuple[int, ...]:
    """The figures of COLUMNS."""
    rows = []
    for text in texts:
        first = correct(text)
        second = correct(first.text) if first.corrections else first
        third = correct(second.text) if first.corrections and second.corrections else None
        more = second.corrections if first.corrections else ()
        undone = bool(more) and second.text == text
        rows.append((1, bool(first.corrections), bool(more), undone, len(first.corrections), len(more)))
        rows[-1] += (len(third.corrections) if third else 0,)
    return tuple(map(sum, zip(*rows, strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="the first so many texts of each file")
    args = parser.parse_args()
    files = [*pairs(args.dev, args.limit), *documents(args.dev), *typed(args.dev, args.limit)]
    named = [(file.name, [pair.noisy for pair in file.pairs]) for file in files]
    named += [(path.stem, lines(path, args.limit)) for path in clean(args.dev)]
    print(f"| file | {' | '.join(COLUMNS)} |\n| --- | {' | '.join('--:' for _ in COLUMNS)} |")
    total = [0] * len(COLUMNS)
    for name, texts in named:
        row = counts(texts)
        total = [a + b for a, b in zip(total, row, strict=True)]
        print(f"| {name} | {' | '.join(map(str, row))} |", flush=True)
    print(f"| all | {' | '.join(map(str, total))} |")


if __name__ == "__main__":
    main()
