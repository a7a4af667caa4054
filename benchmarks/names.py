#!/usr/bin/env python3
"""What becomes of names: how many of those that a reading damaged are restored, and how many a correction spoils.

    python benchmarks/names.py --dev ../shared/dev                     every table below
    python benchmarks/names.py --dev ../shared/dev --engine own        with the profile of the engine that read the page
    python benchmarks/names.py --dev ../shared/dev --no-speed          without the timings

Markdown to stdout, and results/DATE-names.json (--json FILE: there instead; --no-write: nowhere). Ten minutes or so.

A name is what the built-in gazetteer finds in the gold, letter by letter (Gazetteer.mentions: full names, and short
forms of counties and wider, common words left out). It is damaged where the reading has other characters for it:

  misread    one or two characters read for others, none dropped and none made up
  otherwise  more than that, or of another length

and restored where the corrected text has it again, by whatever kind of correction; suggested where it has not, but a
suggestion, or one of its alternatives, would put it there. A name that was read rightly and is no longer there
afterwards is spoilt. A wrong change is an edit of kind `name` that brings the text no nearer to the
gold. Each text is corrected with a channel that was counted on other paragraphs, as in accuracy.py; the weights were
fitted on all of them, the lines of rare_counties/ included (cross-validated: tools/fit_decision.py).

Timings are of one run: the same two texts, with gazetteers of so many rows drawn from the built-in one, in turn, the
best of ROUNDS.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import devdata
import run
from metrics import Gold
from rapidfuzz.distance import Levenshtein
from tables import markdown

from ocrfix import Config, Corrector, Resources
from ocrfix.gazetteer import Gazetteer
from ocrfix.model import Correction, Result

SIZES = (1_000, 5_000, 10_000, 20_000, 46_567)
TIMED = 12_000
"""Characters of each text that is timed."""
ROUNDS = 3
LONGEST = 12
"""Characters on either side of a suggestion in which a name is looked for."""


class Name(NamedTuple):
    """A name in the gold, half-open, and how it was read: `intact`, `misread`, `otherwise`."""

    start: int
    end: int
    read: str


def names(noisy: str, gold: str, resources: Resources) -> Iterator[Name]:
    """The names in a gold text, and what the reading made of each."""
    ops = Levenshtein.opcodes(noisy, gold)
    for mention in resources.gazetteer.mentions(gold):
        swaps, others = 0, 0
        for op in ops:
            inside = min(op.dest_end, mention.end) - max(op.dest_start, mention.start)
            if op.tag == "delete":  # made up within it; before or after it is none of its own
                others += mention.start < op.dest_start < mention.end
            elif inside > 0 and op.tag == "replace":
                swaps += inside
            elif inside > 0 and op.tag == "insert":
                others += inside
        read = "intact" if not swaps + others else "misread" if not others and swaps <= 2 else "otherwise"
        yield Name(mention.start, mention.end, read)


def stands(text: str, gold: str) -> set[int]:
    """The places of the gold whose character the text has, followed by what follows it there."""
    found: set[int] = set()
    for op in Levenshtein.opcodes(text, gold):
        if op.tag == "equal":
            found.update(range(op.dest_start, op.dest_end))
    return found


def count(noisy: str, gold: str, result: Result, resources: Resources) -> Counter[str]:
    """Of one text: names by how they were read, how many of them stand afterwards, and changes of kind `name`."""
    there = stands(result.text, gold)
    counts, left = Counter[str](), Counter[str]()
    for name in names(noisy, gold, resources):
        counts[name.read] += 1
        back = there.issuperset(range(name.start, name.end))
        counts[f"{name.read} and there"] += back
        left[gold[name.start : name.end]] += name.read == "misread" and not back
    offers = [offered(noisy, suggestion) for suggestion in result.suggestions]
    for form, times in left.items():
        counts["suggested"] += min(times, sum(any(form in text for text in texts) for texts in offers))
    for _, correction, verdict in Gold(noisy, gold).judged(result.corrections):
        if correction.kind == "name":
            counts[f"{verdict} edits"] += 1
    return counts


def offered(noisy: str, suggestion: Correction) -> list[str]:
    """What would stand around a suggestion if it were made, or one of its alternatives."""
    before, after = noisy[max(suggestion.start - LONGEST, 0) : suggestion.start], noisy[suggestion.end :][:LONGEST]
    written = (suggestion.replacement, *(each.replacement for each in suggestion.alternatives))
    return [before + replacement + after for replacement in written]


def of_texts(texts: devdata.Texts, engine: str) -> dict[str, Any]:
    """The counts of a file."""
    config = Config(engine=texts.profile if engine == "own" else engine)
    total = Counter[str]()
    for pair in texts.pairs:
        resources = texts.unseen(pair)
        total += count(pair.noisy, pair.gold, Corrector(resources, config).correct(pair.noisy), resources)
    return {"file": texts.name, "reader": texts.reader, **dict(sorted(total.items()))}


def clean(path: Path) -> dict[str, Any]:
    """Edits of kind `name` in correct paragraphs, one by one and as one document."""
    corrector, lines = Corrector(), devdata.lines(path)

    def changes(texts: Iterable[str]) -> int:
        return sum(c.kind == "name" for text in texts for c in corrector.correct(text).corrections)

    return {
        "file": path.stem,
        "paragraphs": len(lines),
        "one by one": changes(lines),
        "as one": changes(["\n\n".join(lines)]),
    }


def timings(dev: Path) -> list[dict[str, Any]]:
    """Seconds for the same texts with gazetteers of several sizes."""
    texts = [devdata.read(devdata.clean(dev)[0])[:TIMED], next(devdata.documents(dev)).pairs[0].noisy[:TIMED]]
    resources = Resources.builtin()
    head, *rows = devdata.read(resources.gazetteer.path).rstrip("\n").split("\n")
    rows.sort(key=lambda row: (row.split("\t")[2] != "province", zlib.crc32(row.encode())))
    with TemporaryDirectory() as name:
        correctors = []
        for size in SIZES:
            path = Path(name, f"{size}.tsv")
            path.write_text("\n".join([head, *sorted(rows[:size])]) + "\n", encoding="utf-8")
            gazetteer = replace(Gazetteer.open(path), usage=resources.gazetteer.usage)
            correctors.append(Corrector(replace(resources, gazetteer=gazetteer)))
        best = [float("inf")] * len(SIZES)
        for _ in range(ROUNDS):
            for k, corrector in enumerate(correctors):
                corrector.correct(texts[0][:200])  # opens the tables: of so many gazetteers not all stay open
                begun = time.perf_counter()
                for text in texts:
                    corrector.correct(text)
                best[k] = min(best[k], time.perf_counter() - begun)
    return [
        {"names": min(size, len(rows)), "seconds": seconds, "ratio": seconds / best[0]}
        for size, seconds in zip(SIZES, best, strict=True)
    ]


def report(figures: dict[str, Any]) -> str:
    """The tables, harm first."""
    parts = ["Correct text, every change of a name harm:"]
    rows = [[f["file"], f"{f['paragraphs']:,}", str(f["one by one"]), str(f["as one"])] for f in figures["clean"]]
    parts.append(markdown(["", "paragraphs", "names changed, one by one", "as one document"], rows))
    parts.append("What engines read:")
    head = ["", "names", "spoilt", "wrong changes", "misread", "restored", "suggested", "otherwise damaged", "restored"]
    parts.append(markdown(head, [row(f) for f in figures["files"]]))
    if figures.get("speed"):
        parts.append(f"Time of the same {2 * TIMED:,} characters, against the number of names:")
        rows = [[f"{f['names']:,}", f"{f['seconds']:.2f}", f"{f['ratio']:.2f}"] for f in figures["speed"]]
        parts.append(markdown(["names", "seconds", "ratio"], rows))
    return "\n\n".join(parts)


def row(f: dict[str, Any]) -> list[str]:
    """One file in the table."""
    spoilt = f.get("intact", 0) - f.get("intact and there", 0)
    every = sum(f.get(read, 0) for read in ("intact", "misread", "otherwise"))
    misread, back = f.get("misread", 0), f.get("misread and there", 0)
    share = f"{back}: {100 * back / misread:.0f}%" if misread else ""
    others = [str(f.get(name, 0)) for name in ("otherwise", "otherwise and there")]
    told = [str(f.get(name, 0)) for name in ("wrong edits", "misread")]
    return [f["file"], str(every), str(spoilt), *told, share, str(f.get("suggested", 0)), *others]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", type=Path, required=True, help="a folder with clean_*.txt, ocr/ and documents/")
    parser.add_argument("--engine", default="generic", help="generic (default), own, or the name of a profile")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N lines of each file; nothing else")
    parser.add_argument("--no-speed", action="store_true", help="no timings")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the record goes, instead of results/")
    parser.add_argument("--no-write", action="store_true", help="leave no record")
    args = parser.parse_args(arguments)

    files = list(devdata.rare_counties(args.limit))
    rare = [text.path for text in files]
    files += [text for text in devdata.pairs(args.dev, args.limit) if text.name.startswith(("rare_names", "cities"))]
    whole = args.limit is None
    files += devdata.documents(args.dev) if whole else ()
    figures: dict[str, Any] = {
        **run.circumstances(Config(), True, [*devdata.files(args.dev), *rare]),
        "engine": args.engine,
        "limit": args.limit,
        "clean": [clean(path) for path in devdata.clean(args.dev)] if whole else [],
        "files": [of_texts(texts, args.engine) for texts in files],
        "speed": timings(args.dev) if whole and not args.no_speed else [],
    }
    print(report(figures))
    if not args.no_write:
        run.write(figures, "names", args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
