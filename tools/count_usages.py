#!/usr/bin/env python3
"""Count what engines print for each form of a character that usages of Traditional print differ in.

    python tools/count_usages.py FOLDER --out lexicons/usages.tsv

FOLDER is one that benchmarks/traditional.py has made. Numbers and single characters; no text is contained.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path

from decision_data import engine_pairs
from rapidfuzz.distance import Levenshtein

from ocrfix.resources import lexicons
from ocrfix.script import simplified
from ocrfix.usage import COLUMNS, Variants, variants_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, help="where to write the table; without it, it is printed")
    args = parser.parse_args()
    variants, shown = Variants.open(lexicons()), Counter[str]()
    misread, others = Counter[str](), defaultdict[str, Counter[str]](Counter)
    for text in engine_pairs(args.folder):
        noisy, gold = (simplified(side, variants) for side in (text.noisy, text.gold))
        several = {at for at, ch in enumerate(text.gold) if len(variants_of(ch)) > 1}
        shown.update(text.gold[at] for at in several)
        for op in Levenshtein.opcodes(gold, noisy):
            for at in several.intersection(range(op.src_start, op.src_end)):
                form = text.gold[at]
                if op.tag == "equal":
                    others[form].update(text.noisy[op.dest_start + at - op.src_start])
                else:
                    misread[form] += 1
    rows = []
    for form, n in sorted(shown.items()):
        del others[form][form]
        what = sorted(others[form].items())
        times = " ".join(str(k) for _, k in what)
        rows.append(f"{form}\t{n}\t{misread[form]}\t{''.join(ch for ch, _ in what)}\t{times}\n")
    table = "\t".join(COLUMNS) + "\n" + "".join(rows)
    if args.out:
        args.out.write_text(table, encoding="utf-8", newline="\n")
    else:
        print(table, end="")


if __name__ == "__main__":
    main()
