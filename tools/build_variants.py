"""Build lexicons/variants.tsv: forms of a character that older and Traditional print has beside the usual one.

    apt-get install unicode-data
    pip install opencc-python-reimplemented==0.1.7
    python tools/build_variants.py            # --check builds again and compares, and writes nothing

From Unihan's kSemanticVariant and kZVariant: a variant is taken where neither GB 2312 nor OpenCC's tables know it, and
all characters that Unihan names are, read as Simplified, one character of GB 2312. OLD adds what Unihan does not name:
the forms of metal type before the reforms of print.
"""

from __future__ import annotations

import argparse
import bz2
import sys
from collections import defaultdict
from pathlib import Path

from ocrfix.text import HAN, standard
from ocrfix.usage import converted

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "lexicons" / "variants.tsv"
OLD = dict(zip("淸靑旣敎卽鄕敍緖頴衞", "清青既教即乡叙绪颖卫", strict=True))
PROPERTIES = ("kSemanticVariant", "kZVariant")


def read_as(ch: str) -> str:
    """The Simplified form of a character, and of that: 么 stands for 幺 in Traditional print."""
    return converted(converted(ch, "tw2s"), "tw2s")


def variants(unihan: Path) -> dict[str, str]:
    """The Simplified character that each variant stands for."""
    named = defaultdict[str, set[str]](set)
    with bz2.open(unihan, "rt", encoding="utf-8") as file:
        for line in file:
            if line.startswith("U+") and line.split("\t")[1] in PROPERTIES:
                code, _, others = line.rstrip("\n").split("\t")
                named[chr(int(code[2:], 16))] |= {chr(int(other.split("<")[0][2:], 16)) for other in others.split(" ")}
    found = dict(OLD)
    for ch, others in named.items():
        meant = {plain for other in others if standard(plain := read_as(other))}
        if HAN.fullmatch(ch) and len(ch.encode("utf-16-le")) == 2 and len(meant) == 1:
            found.setdefault(ch, meant.pop())
    return {ch: plain for ch, plain in sorted(found.items()) if not standard(converted(ch, "tw2s"))}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unihan", type=Path, default=Path("/usr/share/unicode/Unihan_Variants.txt.bz2"))
    parser.add_argument("--check", action="store_true", help="compare with the committed table, write nothing")
    args = parser.parse_args()
    table = "variant\tsimplified\n" + "".join(f"{ch}\t{plain}\n" for ch, plain in variants(args.unihan).items())
    if args.check:
        same = TABLE.read_text(encoding="utf-8") == table
        print(f"{TABLE.name}: {'the same' if same else 'differs'}")
        return 0 if same else 1
    TABLE.write_text(table, encoding="utf-8", newline="\n")
    print(f"{TABLE}: {table.count(chr(10)) - 1} variants")
    return 0


if __name__ == "__main__":
    sys.exit(main())
