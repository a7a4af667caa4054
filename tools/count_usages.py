#!/usr/bin/env python3
"""Count how often engines misread each form of a character that usages of Traditional print differ in.

    python tools/count_usages.py FOLDER --out lexicons/usages.tsv

FOLDER is one that benchmarks/traditional.py has made. Numbers and single characters; no text is contained.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from decision_data import engine_pairs
from rapidfuzz.distance import Levenshtein

from ocrfix.resources import lexicons
from ocrfix.script import simplified
from ocrfix.usage import Variants, variants_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, help="where to write the table; without it, it is printed")
    args = parser.parse_args()
    variants, shown, misread = Variants.open(lexicons()), Counter[str](), Counter[str]()
    for text in engine_pairs(args.folder):
        noisy, gold = (simplified(side, variants) for side in (text.noisy, text.gold))
        several = {at for at, ch in enumerate(text.gold) if len(variants_of(ch)) > 1}
        wrong = {at for op in Levenshtein.editops(gold, noisy) if op.tag != "insert" for at in (op.src_pos,)}
        shown.update(text.gold[at] for at in several)
        misread.update(text.gold[at] for at in several & wrong)
    table = "form\tshown\tmisread\n" + "".join(f"{form}\t{n}\t{misread[form]}\n" for form, n in sorted(shown.items()))
    if args.out:
        args.out.write_text(table, encoding="utf-8", newline="\n")
    else:
        print(table, end="")


if __name__ == "__main__":
    main()
