#!/usr/bin/env python3
"""How many errors of the sample page are mended, and what harm is done.

    python benchmarks/run.py                      the sample page, as a table; leaves results/DATE-sample.json
    python benchmarks/run.py --no-local           the same without lexicons/local/
    python benchmarks/run.py --clean FILE ...     correct text, one paragraph a line (--whole: one document): harm alone

Every figure comes from `correct()` alone: its corrections, its suggestions, and the clock.

  wrong      smallest edits (Levenshtein) of corrections that mend no error of edits.tsv; they lead the table
  found      errors after whose correction the page reads as edits.tsv wants it, however wide the correction was cut
  suggested  errors that a suggestion would mend; they are missed all the same
  certain, likely   what edits.tsv says of the error: the first must be mended, the second is a bonus
  seconds    for the page once the tables are open; first_seconds includes opening them
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import platform
import re
import sys
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein

import ocrfix
from ocrfix import Config, Correction, Corrector, Resources, Result
from ocrfix.resources import lexicons
from ocrfix.spans import Edit, apply

HERE = Path(__file__).resolve().parent
SAMPLE = HERE / "sample"
RESULTS = HERE / "results"
REACH = 6
"""Code points by which a correction may be cut wider than the error, on either side."""
AROUND = 8
"""Code points of context that a listing shows."""
CERTAINTIES = ("certain", "likely")
OUTCOMES = ("found", "missed", "suggested")


class Wanted(NamedTuple):
    """An error of the page and how it is mended: a row of edits.tsv."""

    start: int
    end: int
    original: str
    correction: str
    kind: str
    certainty: str
    note: str


class Judgement(NamedTuple):
    """What became of each error, and the smallest edits that mend none."""

    found: tuple[Wanted, ...]
    missed: tuple[Wanted, ...]
    suggested: tuple[Wanted, ...]
    wrong: tuple[tuple[Edit, Correction], ...]


def read_wanted(path: Path) -> tuple[Wanted, ...]:
    r"""The errors of a page, by position; in the table a line break is `\n`."""
    with path.open(encoding="utf-8", newline="") as file:
        next(file)  # the names of the columns
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(Wanted(int(row[0]), int(row[1]), *(cell.replace("\\n", "\n") for cell in row[2:])) for row in rows)


def judge(wanted: Iterable[Wanted], result: Result) -> Judgement:
    """Compares a result with the errors of its page."""
    found, missed, suggested, good = [], [], [], []
    for error in wanted:
        if span := mended(result.source, result.edits, error):
            found.append(error)
            good.append(span)
            continue
        missed.append(error)
        if any(mended(result.source, (suggestion.edit,), error) for suggestion in result.suggestions):
            suggested.append(error)
    wrong = tuple(
        (edit, c)
        for c in result.corrections
        if not any(low <= c.start and c.end <= high for low, high in good)
        for edit in smallest(c)
    )
    return Judgement(tuple(found), tuple(missed), tuple(suggested), wrong)


def mended(text: str, edits: Sequence[Edit], error: Wanted) -> tuple[int, int] | None:
    """The narrowest span around an error that reads as it should after the edits; None where there is none."""
    start, end = error.start, error.end
    for low in range(start, max(start - REACH, 0) - 1, -1):
        for high in range(end, min(end + REACH, len(text)) + 1):
            if became(text, edits, low, high) == text[low:start] + error.correction + text[end:high]:
                return low, high
    # Of 稳中向好、稳中向好 nobody can tell which half was misread: one 稳中向好 will do as well.
    once, comma, _ = text[start:end].partition("、")
    if error.kind == "repetition" and comma:
        now = became(text, edits, start, end)
        if now is not None and now != text[start:end] and now.strip("、") == once:
            return start, end
    return None


def became(text: str, edits: Iterable[Edit], low: int, high: int) -> str | None:
    """What the edits make of text[low:high]; None where one reaches across its ends."""
    inside = []
    for edit in edits:
        at_an_end = edit.start == edit.end in (low, high)  # an insertion there is outside
        if low <= edit.start and edit.end <= high and (low == high or not at_an_end):
            inside.append(Edit(edit.start - low, edit.end - low, edit.replacement))
        elif edit.start < high and low < edit.end:
            return None
    return apply(text[low:high], inside)


def smallest(c: Correction) -> Iterator[Edit]:
    """A correction taken apart, so that a wide one hides nothing."""
    for op in Levenshtein.opcodes(c.original, c.replacement):
        if op.tag != "equal":
            yield Edit(c.start + op.src_start, c.start + op.src_end, c.replacement[op.dest_start : op.dest_end])


def page(correct: Corrector, folder: Path) -> dict[str, Any]:
    """The figures of a page: page.txt and edits.tsv in a folder."""
    text = (folder / "page.txt").read_text(encoding="utf-8")
    wanted = read_wanted(folder / "edits.tsv")
    _, first = timed(correct, text)
    result, seconds = timed(correct, text)
    judgement = judge(wanted, result)
    suggested = judgement.suggested
    kinds = sorted({error.kind for error in wanted} | {c.kind for _, c in judgement.wrong})
    return {
        "wrong": counted((c.kind for _, c in judgement.wrong), kinds),
        **{
            sure: {o: counted((e.kind for e in getattr(judgement, o) if e.certainty == sure), kinds) for o in OUTCOMES}
            for sure in CERTAINTIES
        },
        "characters": len(text),
        **{"seconds": round(seconds, 3), "first_seconds": round(first, 3)},
        "characters_per_second": round(len(text) / seconds),
        "listed": {
            "wrong": [f"{c.kind} {c.score:.3f} {shown(text, edit)}" for edit, c in judgement.wrong],
            "missed": [
                f"{e.kind} {e.certainty} {shown(text, Edit(*e[:2], e.correction))}" + " suggested" * (e in suggested)
                for e in judgement.missed
            ],
        },
    }


def counted(found: Iterable[str], kinds: Iterable[str]) -> dict[str, int]:
    """How many in all, and of each kind."""
    names = list(found)
    return {"all": len(names), **{kind: names.count(kind) for kind in kinds}}


def page_table(figures: dict[str, Any]) -> str:
    """The figures of a page for a reader: harm first."""
    lines = [f"{'':12} {'wrong':>6}  {'certain: found':>14} {'missed':>7} {'suggested':>10}  {'likely: found':>13}"]
    for kind in figures["wrong"]:
        (found, missed, suggested), (bonus, lacking, _) = ([figures[s][o][kind] for o in OUTCOMES] for s in CERTAINTIES)
        certain, likely = f"{found} of {found + missed}", f"{bonus} of {bonus + lacking}"
        lines.append(f"{kind:12} {figures['wrong'][kind]:6}  {certain:>14} {missed:7} {suggested:10}  {likely:>13}")
    lines += ["", *(f"{what:7} {line}" for what, listed in figures["listed"].items() for line in listed)]
    speed = "{characters:,} characters in {seconds} s, {characters_per_second:,} a second; {first_seconds} s at first"
    return "\n".join([*lines, "", speed.format_map(figures)])


def clean(correct: Corrector, path: Path, whole: bool, limit: int | None) -> tuple[dict[str, Any], list[str]]:
    """The figures of a file of correct paragraphs, and the edits made: all of them are harm."""
    rows = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()][:limit]
    rows = ["\n\n".join(rows)] if whole else rows
    correct.correct("会议强调。")  # opens the tables
    altered = edits = form = characters = 0
    seconds, listed = 0.0, []
    for text in rows:
        result, took = timed(correct, text)
        seconds += took
        characters += len(text)
        altered += bool(result.corrections)
        for c in result.corrections:
            for edit in smallest(c):
                edits += 1
                form += folded(text[edit.start : edit.end]) == folded(edit.replacement)
                listed.append(f"{c.kind} {c.score:.3f} {shown(text, edit)}")
    return {
        "file": path.name,
        "paragraphs": len(rows),
        "altered": altered,
        "altered_share": round(altered / max(len(rows), 1), 5),
        "edits": edits,
        "edits_per_10k": round(1e4 * edits / max(characters, 1), 3),
        "form_per_10k": round(1e4 * form / max(characters, 1), 3),
        "characters": characters,
        "seconds": round(seconds, 3),
        "characters_per_second": round(characters / max(seconds, 1e-9)),
    }, listed


def clean_lines(figures: dict[str, Any], listed: Iterable[str]) -> str:
    """The figures of a file for a reader, and the edits to show."""
    cells = (f"{name} {value:,}" for name, value in figures.items() if name != "file")
    return "\n    ".join(["  ".join([figures["file"], *cells]), *listed])


def folded(text: str) -> str:
    """Without width and white space: edits that leave this alone are of form only."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def timed(correct: Corrector, text: str) -> tuple[Result, float]:
    begun = time.perf_counter()
    result = correct.correct(text)
    return result, time.perf_counter() - begun


def shown(text: str, edit: Edit) -> str:
    before, after = text[max(0, edit.start - AROUND) : edit.start], text[edit.end : edit.end + AROUND]
    return f"{before}[{text[edit.start : edit.end]}→{edit.replacement}]{after}".replace("\n", "⏎")


def circumstances(config: Config, local: bool, data: Iterable[Path]) -> dict[str, Any]:
    """Whatever a figure may hang on: machine, versions, settings, and the hashes of all data."""
    tables = (path for path in lexicons().rglob("*") if path.suffix in (".tsv", ".lm"))
    used = {str(path.relative_to(lexicons())): path for path in tables if local or path.parent.name != "local"}
    return {
        "date": date.today().isoformat(),
        "machine": {"cpu": cpu(), "cores": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}"},
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "ocrfix": ocrfix.__version__},
        "settings": {**asdict(config), "local": local},
        "sha256": {name: sha256(path) for name, path in sorted({**used, **{p.name: p for p in data}}.items())},
    }


def write(record: dict[str, Any], name: str, file: Path | None = None) -> None:
    """Leaves a record where it was asked for, or in results/ under its date and name; numbers to six places."""
    file = file or RESULTS / f"{date.today().isoformat()}-{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    rounded = json.loads(json.dumps(record), parse_float=lambda number: round(float(number), 6))
    text = json.dumps(rounded, ensure_ascii=False, indent=1)
    text = re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda inner: re.sub(r"\n *", " ", inner[0]), text)  # one line each
    file.write_text(text + "\n", encoding="utf-8")
    print(f"written: {os.path.relpath(file)}", file=sys.stderr)


def cpu() -> str:
    """The processor's name, where the system tells."""
    info = Path("/proc/cpuinfo")
    names = re.findall(r"^model name\s*:\s*(.+)", info.read_text(), re.MULTILINE) if info.exists() else []
    return names[0] if names else platform.processor() or "unknown"


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--clean", nargs="+", type=Path, metavar="FILE", help="measure harm on correct text instead")
    p.add_argument("--whole", action="store_true", help="with --clean: a file is one document")
    p.add_argument("--limit", type=int, metavar="N", help="with --clean: the first N paragraphs of a file")
    p.add_argument("--show", type=int, default=0, metavar="K", help="with --clean: list K of the edits made")
    p.add_argument("--no-local", action="store_true", help="take the local lists of names away")
    p.add_argument("--json", action="store_true", help="print JSON instead of a table")
    p.add_argument("--out", type=Path, default=RESULTS, metavar="DIR", help="where the dated result file goes")
    p.add_argument("--no-write", action="store_true", help="leave no result file")
    args = p.parse_args(arguments)

    config = Config()
    resources = Resources.builtin()
    if args.no_local:
        resources = replace(resources, gazetteer=replace(resources.gazetteer, local=()))
    correct = Corrector(resources, config)
    if args.clean:
        measured = [clean(correct, path, args.whole, args.limit) for path in args.clean]
        figures: dict[str, Any] = {"whole": args.whole, "limit": args.limit, "files": [one for one, _ in measured]}
        table = "\n".join(clean_lines(one, listed[: args.show]) for one, listed in measured)
    else:
        figures = page(correct, SAMPLE)
        table = page_table(figures)
    data = args.clean or [SAMPLE / "page.txt", SAMPLE / "edits.tsv"]
    record = json.dumps({**circumstances(config, not args.no_local, data), **figures}, ensure_ascii=False, indent=2)
    print(record if args.json else table)
    if not args.no_write:
        name = ("clean" if args.clean else "sample") + "-whole" * args.whole + "-no-local" * args.no_local
        file = args.out / f"{date.today().isoformat()}-{name}.json"
        args.out.mkdir(parents=True, exist_ok=True)
        file.write_text(record + "\n", encoding="utf-8")
        print(f"written: {os.path.relpath(file)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
