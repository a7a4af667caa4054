#!/usr/bin/env python3
"""What a language model is worth: accuracy against size.

    python benchmarks/language_model.py lexicons/models/news.lm [OTHER.lm ...] --dev ../shared/dev

For every substitution of one Han character for another in the dev pairs, all characters of the vocabulary compete at
its place, the rest of the paragraph as printed; and the same at random places of clean text, where none should win.
Prints a Markdown table:

  first      share of substitutions at which the true character comes first
  mended     ... comes first and leads the printed one by 9 nats or more
  lured      clean places at which another character leads the printed one by 9 nats or more, per 1,000
  bits       cross-entropy of the clean text, bits a symbol
  chars/s    symbols of clean text scored in a second, as one row, one process, the best of three

The model alone chooses here: no look-alikes, no gazetteer, no survey.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from ocrfix.language import LanguageModel, MilliNats
from ocrfix.text import HAN, code_points, view

LEAD = 9_000
"""Milli-nats by which a character must lead the printed one to be taken for it."""
PAIRS = ("rapidocr_medium", "tesseract_medium", "cities_rapidocr_light")
CLEAN = ("clean_people_daily_1998", "clean_news_2026")


class Substitution(NamedTuple):
    """A paragraph as printed, the place of a wrong character in it, and the right one."""

    printed: str
    at: int
    true: str


def substitutions(path: Path, limit: int) -> list[Substitution]:
    """Han characters misread as others, a sample of at most `limit`."""
    found = []
    for line in path.read_text(encoding="utf8").splitlines()[1:]:
        noisy, gold = line.split("\t")[3:5]
        for op in Levenshtein.opcodes(noisy, gold):
            if op.tag == "replace":
                for k in range(op.src_end - op.src_start):
                    at, true = op.src_start + k, gold[op.dest_start + k]
                    if HAN.match(noisy[at]) and HAN.match(true):
                        found.append(Substitution(noisy, at, true))
    return random.Random(1).sample(found, min(limit, len(found)))


def clean_places(lines: list[str], many: int) -> list[tuple[str, int]]:
    """Han characters of clean text, at random."""
    rng = random.Random(2)
    places: list[tuple[str, int]] = []
    while len(places) < many:
        line = rng.choice(lines)
        at = rng.randrange(len(line))
        if HAN.match(line[at]):
            places.append((line, at))
    return places


def compete(model: LanguageModel, text: str, at: int) -> NDArray[np.int64]:
    """For every symbol of the vocabulary, the summed log-probability of the five places it touches, in milli-nats."""
    v = view(text)
    place = int(np.searchsorted(v.where, at))
    window = model.ids(v.codes)[max(0, place - 4) : place + 5]
    column = min(place, 4)
    rows = np.repeat(window[None], len(model.vocabulary) + 2, axis=0)
    rows[:, column] = np.arange(len(rows))
    return np.asarray(model.log_probabilities(rows)[:, column:].sum(axis=1, dtype=np.int64))


def mended(model: LanguageModel, rows: list[Substitution]) -> str:
    """Shares of substitutions at which the true character comes first, and leads by LEAD besides."""
    first = led = 0
    for printed, at, true in rows:
        scores = compete(model, printed, at)
        right, wrong = model.ids(code_points(true + printed[at])).tolist()
        best = int(scores.argmax()) == right
        first += best
        led += best and bool(scores[right] - scores[wrong] >= LEAD)
    return f"{first / len(rows):.3f} / {led / len(rows):.3f}"


def lured(model: LanguageModel, places: list[tuple[str, int]]) -> float:
    """Places per 1,000 at which another character leads the printed one by LEAD."""
    count = 0
    for line, at in places:
        scores = compete(model, line, at)
        printed = int(model.ids(code_points(line[at]))[0])
        count += bool(scores.max() - scores[printed] >= LEAD)
    return 1000 * count / len(places)


def speed(model: LanguageModel, text: str) -> tuple[MilliNats, float]:
    """The log-probabilities of a text, and how many symbols are scored in a second."""
    ids = model.ids(view(text).codes)
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        logp = model.log_probabilities(ids)
        seconds.append(time.perf_counter() - begun)
    return logp, len(ids) / min(seconds)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("models", nargs="+", type=Path, metavar="MODEL")
    p.add_argument("--dev", type=Path, default=Path("../shared/dev"), help="the dev set, default ../shared/dev")
    p.add_argument("--limit", type=int, default=800, help="substitutions a set, and half the clean places; default 800")
    args = p.parse_args()
    pairs = {name: substitutions(args.dev / "ocr" / f"{name}.tsv", args.limit) for name in PAIRS}
    clean = [
        line
        for name in CLEAN
        for line in (args.dev / f"{name}.txt").read_text(encoding="utf8").splitlines()
        if len(line) > 20
    ]
    places = clean_places(clean, 2 * args.limit)
    heads = [f"{name} ({len(rows)}) first / mended" for name, rows in pairs.items()]
    print("| " + " | ".join(["model", "MB", "n-grams", *heads, f"lured ({len(places):,})", "bits", "chars/s"]) + " |")
    print("| --- " * (6 + len(pairs)) + "|")
    for path in args.models:
        model = LanguageModel.open(path)
        logp, rate = speed(model, "\n".join(clean))
        cells = [
            path.name,
            f"{path.stat().st_size / 1e6:.0f}",
            f"{len(model) / 1e6:.1f} M",
            *(mended(model, rows) for rows in pairs.values()),
            f"{lured(model, places):.1f}",
            f"{-logp[1:].mean() / 1000 / np.log(2):.3f}",
            f"{rate / 1e6:.1f} M",
        ]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
