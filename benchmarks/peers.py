#!/usr/bin/env python3
"""What harm ocrfix and its peers do to the same text in the same run, and what each mends of the sample page.

    python benchmarks/peers.py                            the sample page; leaves results/DATE-peers.json
    python benchmarks/peers.py --clean FILE ...           and correct text, one paragraph a line: every change is harm
    python benchmarks/peers.py --clean FILE --limit 1000  the first thousand paragraphs of each file
    python benchmarks/peers.py --pairs FILE ...           and what engines read, columns noisy and gold: what is mended

Peers go into an environment of their own; one that is not installed is skipped. pycorrector asks for transformers and
imports torch, but its ProperCorrector needs neither:

    python -m venv peers && . peers/bin/activate
    pip install -e . autocorrect-py ftfy jieba loguru && pip install --no-deps pycorrector

Each system gets the text by its own documented call with its defaults, and is judged as in run.py, by nothing but the
text that it gives back: the smallest edits (Levenshtein) that lead from the one to the other. Clean paragraphs are
given one by one, and so are those that engines read; the page whole. The tables lead with harm:

  altered    share of correct paragraphs that came back changed
  edits      smallest edits per 10,000 characters of correct text; of form: those of width and white space alone
  extra      smallest edits of the page that mend no error of sample/edits.tsv
  mended     the certain errors that are mended, however wide the edit
  a second   characters a second of one processor: over the clean text, or over the page at second sight
  precision, gain   on what engines read: as metrics.py defines them
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import devdata
import metrics
import numpy as np
import run

from ocrfix import Config, Correction, Corrector, Resources, Result

Call = Callable[[str], str]
"""What a system does, all that run.py asks of it: text in, text out."""


class Judged:
    """A system in the place of a Corrector: its result is read off the text that it gives back, its time off the call.

    >>> judged = Judged(lambda text: text.replace("在平", "茌平"))
    >>> judged.correct("在平区委").edits
    (Edit(start=0, end=1, replacement='茌'),)
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.calls: list[tuple[int, float]] = []
        """Characters and seconds of each call."""

    def correct(self, text: str) -> Result:
        begun = time.process_time()
        after = self.call(text)
        self.calls.append((len(text), time.process_time() - begun))
        edits = run.smallest(Correction(0, len(text), text, after, 1.0, "glyph"))
        return Result(text, tuple(Correction(i, j, text[i:j], new, 1.0, "glyph") for i, j, new in edits))


def speed(calls: Iterable[tuple[int, float]]) -> int:
    """Characters a second."""
    characters, seconds = map(sum, zip(*calls, strict=True))
    return round(characters / seconds)


# ---------------------------------------------------------------------------------------------------------------------
# The systems. Each is opened when its turn comes; ImportError means that it is not installed.


def ocrfix(local: bool = True, resources: Resources | None = None) -> Call:
    resources = resources or Resources.builtin()
    if not local:
        resources = replace(resources, gazetteer=replace(resources.gazetteer, local=()))
    correct = Corrector(resources).correct
    return lambda text: correct(text).text


def proper_corrector(names: Iterable[str]) -> Call:
    """pycorrector's correction of proper names with these; with none, with the 13 idioms that it brings along."""
    if "pycorrector" not in sys.modules:  # opened unexecuted: the package imports torch, the module in it needs none
        if not (spec := importlib.util.find_spec("pycorrector")):
            raise ModuleNotFoundError("No module named 'pycorrector'")
        sys.modules["pycorrector"] = importlib.util.module_from_spec(spec)
    from pycorrector.proper_corrector import ProperCorrector

    lines = "\n".join(sorted(names))
    with tempfile.TemporaryDirectory() as folder:
        (path := Path(folder, "names.txt")).write_text(lines, encoding="utf-8")
        corrector = ProperCorrector(proper_name_path=str(path)) if lines else ProperCorrector()
    return lambda text: corrector.correct(text)["target"]


def counties(short: bool = False) -> set[str]:
    """Today's counties of our gazetteer; with their short forms, other than those that are common words (和平)."""
    gazetteer = Resources.builtin().gazetteer
    today = [place for place in gazetteer.places if place.kind == "county" and place.end is None]
    if short:
        return {form for place in today for form in gazetteer.forms(place)} - gazetteer.common_forms
    return {place.name for place in today}


def autocorrect() -> Call:
    import autocorrect_py

    return autocorrect_py.format


def ftfy() -> Call:
    from ftfy import fix_text

    return fix_text


SYSTEMS: dict[str, Callable[[], Call]] = {
    "ocrfix": ocrfix,
    "ocrfix, no local lists": lambda: ocrfix(local=False),
    "pycorrector, own list": lambda: proper_corrector(()),
    "pycorrector, counties": lambda: proper_corrector(counties()),
    "pycorrector, counties, short forms too": lambda: proper_corrector(counties(short=True)),
    "autocorrect": autocorrect,
    "ftfy": ftfy,
}
DISTRIBUTIONS = ("pycorrector", "autocorrect-py", "ftfy")
"""As the package index calls the peers; their versions are recorded."""


def mended(call: Call, path: Path, is_ours: bool) -> dict[str, Any]:
    """The figures of a system on paragraphs that an engine read; of ours, with a channel counted on others."""
    texts = devdata.pairs_of(path)
    golds = [metrics.Gold(pair.noisy, pair.gold) for pair in texts.pairs]
    calls = [ocrfix(resources=texts.unseen(pair)) if is_ours else call for pair in texts.pairs]
    results = [Judged(one).correct(gold.text) for one, gold in zip(calls, golds, strict=True)]
    counts = np.array([gold.counts(r.corrections) for gold, r in zip(golds, results, strict=True)])
    wanted = {name: figure for name, figure in metrics.FIGURES.items() if name != "ece"}  # peers give no scores
    about = {"file": path.name, **metrics.summed(counts), **metrics.figures(counts, wanted)}
    return about | {"intervals": metrics.intervals(counts, [pair.gold for pair in texts.pairs], wanted)}


def measure(
    call: Call, files: Iterable[Path], limit: int | None, pairs: Iterable[Path] = (), is_ours: bool = False
) -> dict[str, Any]:
    """The figures of a system. No sentence of a clean file is among them."""
    judged = Judged(call)
    page = run.page(judged, run.SAMPLE)
    calls_for_page = len(judged.calls)
    clean = [run.clean(judged, path, whole=False, limit=limit)[0] for path in files]
    found, missed = (page["certain"][outcome]["all"] for outcome in ("found", "missed"))
    return {
        "clean": [{name: n for name, n in one.items() if "second" not in name} for one in clean],
        "page": {"extra": page["wrong"]["all"], "mended": found, "of": found + missed},
        "characters_per_second": speed(judged.calls[calls_for_page:] or judged.calls[-1:]),
        "pairs": [mended(call, path, is_ours) for path in pairs],
    }


def table(systems: dict[str, dict[str, Any]]) -> str:
    """The figures in Markdown, harm first."""
    first = next(iter(systems.values()))
    heads = [f"{one['file'].removesuffix('.txt')}: altered | edits per 10k (of form)" for one in first["clean"]]
    heads = ["", *heads, "page: extra", f"mended of {first['page']['of']}", "characters a second"]
    lines = [f"| {' | '.join(heads)} |", "|---|" + "--:|" * (2 * len(first["clean"]) + 3)]
    for name, figures in systems.items():
        cells = [
            f"{one['altered_share']:.2%} | {one['edits_per_10k']:,.2f} ({one['form_per_10k']:,.2f})"
            for one in figures["clean"]
        ]
        page = figures["page"]
        cells += [f"{page['extra']:,}", str(page["mended"]), f"{figures['characters_per_second']:,}"]
        lines.append(f"| {' | '.join([name, *cells])} |")
    return "\n".join(lines)


def table_of_pairs(systems: dict[str, dict[str, Any]]) -> str:
    """What each system mends of what engines read, in Markdown, harm first; empty where nothing was given."""
    files = next(iter(systems.values()))["pairs"]
    heads = [f"{one['file'].removesuffix('.tsv')}: {figure}" for one in files for figure in ("precision", "Han gain")]
    lines = [f"| | {' | '.join(heads)} |", "|---|" + "--:|" * len(heads)]
    for name, figures in systems.items():
        cells = []
        for one in figures["pairs"]:
            precision = "none made" if one["precision"] is None else f"{one['precision']:.3f} of {one['edits']:,}"
            cells += [precision, f"{one['han_gain']:.2f}"]
        lines.append(f"| {' | '.join([name, *cells])} |")
    return "\n".join(lines) if files else ""


def main(arguments: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--clean", nargs="+", type=Path, default=[], metavar="FILE", help="correct text, a paragraph a line")
    p.add_argument("--pairs", nargs="+", type=Path, default=[], metavar="FILE", help="tables with noisy and gold")
    p.add_argument("--limit", type=int, metavar="N", help="the first N paragraphs of each file")
    p.add_argument("--out", type=Path, default=run.RESULTS, metavar="DIR", help="where the dated result file goes")
    p.add_argument("--no-write", action="store_true", help="leave no result file")
    args = p.parse_args(arguments)

    record = run.circumstances(
        Config(), True, [*args.clean, *args.pairs, run.SAMPLE / "page.txt", run.SAMPLE / "edits.tsv"]
    )
    record["versions"] |= {d.name: d.version for d in distributions() if d.name in DISTRIBUTIONS}
    systems = {}
    for name, opened in SYSTEMS.items():
        try:
            call = opened()
        except ImportError as error:
            print(f"{name}: skipped, not installed ({error}); --help says what to install", file=sys.stderr)
            continue
        systems[name] = measure(call, args.clean, args.limit, args.pairs, name.startswith("ocrfix"))
        print(f"{name}: done", file=sys.stderr)
    print(table(systems))
    if args.pairs:
        print("\n" + table_of_pairs(systems))
    if not args.no_write:
        file = args.out / f"{date.today().isoformat()}-peers.json"
        args.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**record, "limit": args.limit, "systems": systems}, ensure_ascii=False, indent=2)
        file.write_text(text + "\n", encoding="utf-8")
        print(f"written: {os.path.relpath(file)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
