"""Build lexicons/words.tsv and lexicons/phrases.tsv.

    python tools/build_lexicon.py --sources ../shared/lexicon-sources --corpus ../shared/corpus

Words: THUOCL's place names (MIT) that its corpus holds often enough, and ECSpell's words of official writing (MIT).
Phrases: ECSpell's of four characters and more, and pairs such as 稳中有进、稳中向好 that the corpus repeats. From the
corpus come counts alone; laws are left out, being repetitive and far from the press.
"""

from __future__ import annotations

import argparse
import lzma
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

HAN = "\u4e00-\u9fff"
PLACE_FROM = 50  # documents of THUOCL's: below this they are hamlets and headings
PAIR_FROM = 30  # times in the corpus
ONE_NEIGHBOUR = 0.6  # a pair that one character precedes, or follows, this often is a piece of something longer
_WORD = re.compile(f"[{HAN}]{{2,}}")
_PAIR = re.compile(f"(?=([{HAN}]{{4}}、[{HAN}]{{4}}))")
_HAN = re.compile(f"[{HAN}]")
_OPEN = re.compile("[在和是与及对为要将把被从由向给].*|.*[的和是与及了在]")  # begins or ends with what joins it on
_NUMBERED = re.compile("第[一二三四五六七八九十百]+.*")  # 第三十八条


def ecspell(sources: Path) -> list[str]:
    words = []
    for name in ("ecspell_gongwen_wordlist_clean.txt", "ecspell_gongwen_xiezuo.txt"):
        lines = (sources / name).read_text(encoding="utf-8-sig").splitlines()
        words += [line.split("\t")[0].strip() for line in lines]
    return sorted({word for word in words if _WORD.fullmatch(word)})


def places(sources: Path) -> list[str]:
    lines = (sources / "THUOCL_diming.txt").read_text(encoding="utf-8-sig").splitlines()[1:]
    rows = (line.split("\t") for line in lines)
    return sorted({row[0].strip() for row in rows if _WORD.fullmatch(row[0].strip()) and int(row[1]) >= PLACE_FROM})


def pairs(corpus: Path) -> Iterator[tuple[str, int]]:
    """Pairs of four characters and four, joined by 、, that stand as a whole: their neighbours on either side vary."""
    seen, before, after = Counter[str](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for path in sorted(corpus.glob("*.txt.xz")):
        if path.name.startswith("laws"):
            continue
        with lzma.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                for match in _PAIR.finditer(line) if "、" in line else ():
                    pair, start, end = match[1], *match.span(1)
                    left, right = line[max(0, start - 1) : start], line[end : end + 1]
                    seen[pair] += 1
                    before[pair, left] += bool(_HAN.match(left))
                    after[pair, right] += bool(_HAN.match(right))
        print(f"{path.name}: {len(seen):,} pairs so far", file=sys.stderr)
    most_before, most_after = Counter[str](), Counter[str]()
    for most, table in ((most_before, before), (most_after, after)):
        for (pair, _), n in table.items():
            most[pair] = max(most[pair], n)
    for pair, n in seen.items():
        if (
            n >= PAIR_FROM
            and max(most_before[pair], most_after[pair]) < ONE_NEIGHBOUR * n
            and not _OPEN.fullmatch(pair)
        ):
            yield pair, n


def write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in (columns, *rows):
            file.write("\t".join(map(str, row)) + "\n")
    print(f"{path}: {path.stat().st_size:,} bytes", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=Path, default=Path("../shared/lexicon-sources"))
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    parser.add_argument("--out", type=Path, default=ROOT / "lexicons")
    options = parser.parse_args()
    official = ecspell(options.sources)
    words = dict.fromkeys(places(options.sources), ("place", "THUOCL"))
    words |= dict.fromkeys(official, ("official", "ECSpell"))
    write(options.out / "words.tsv", ("word", "kind", "source"), sorted((w, *of) for w, of in words.items()))
    long = (word for word in official if len(word) >= 4)
    whole = (word for word in long if not _NUMBERED.match(word) and not _OPEN.fullmatch(word))
    phrases = dict.fromkeys(whole, (0, "ECSpell"))
    phrases |= {pair: (n, "corpus") for pair, n in pairs(options.corpus)}
    write(options.out / "phrases.tsv", ("phrase", "seen", "source"), sorted((p, *of) for p, of in phrases.items()))


if __name__ == "__main__":
    main()
