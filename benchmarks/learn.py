#!/usr/bin/env python3
"""What a profile, learnt from corrected pages, brings on others of their collection.

    python benchmarks/learn.py --dev FOLDER                  some ten minutes on one core
    python benchmarks/learn.py --dev FOLDER --no-clean       without the harm to clean text: two

Three collections, each halved; what one half teaches is measured on the other, and the other way round:

  reports, PP-OCRv4; reports, tesseract   the city report that was read, against that of the other city, each whole
  all of PP-OCRv4                         a city report, whole, and half of the paragraphs of the news, by themselves

Halves are made of documents and gold texts, never of rows: a paragraph that was read twice is on one side. Without a
profile, and beneath it, stands a channel that was counted without the half that is measured: for the reports on no
local report at all, for all of PP-OCRv4 on everything but that half. It is the generic one; the row `engine` is what
it brings to say which engine it was, and no more. In brackets: 95 % bootstrap intervals over gold texts, of the news.

Harm: paragraphs of clean text that are altered with the shipped tables, without a profile and with that of each half
of all of PP-OCRv4. Figures as in metrics.py; the record goes to results/DATE-learn.json.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import devdata
import metrics
import numpy as np
import run
from metrics import Gold
from tables import markdown

from ocrfix import Config, Corrector, Resources
from ocrfix.learn import learn
from ocrfix.pairs import paragraphs
from ocrfix.profile import Profile, table

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))
from count_misreadings import counted_on
from decision_data import FOLDS, Text, engine_pairs

FIGURES = ("han_gain", "precision", "text_gain")
NUMBERS = ("han_before", "han_after", "right", "wrong")


class Half(NamedTuple):
    """What is learnt from, what is measured, and the resources that know neither what is measured nor a profile."""

    collection: str
    measured: str
    teach: tuple[Text, ...]
    test: tuple[Text, ...]
    resources: Resources


def halves(dev: Path) -> Iterator[Half]:
    """Each collection, either way."""
    lines, resources = engine_pairs(dev), Resources.builtin()
    elsewhere = counted_on((text for text in lines if not text.source.startswith("cities")), resources)
    for reader, name in (("rapidocr", "PP-OCRv4"), ("tesseract", "tesseract")):
        for other, here in pairs_of(reports(dev, reader)):
            yield Half(f"reports, {name}", here.source, (other,), (here,), elsewhere)
    news = [text for text in lines if text.source.startswith("rapidocr")]
    for k, (other, here) in enumerate(pairs_of(reports(dev, "rapidocr"))):
        teach = [other, *(text for text in news if side(text) != k)]
        test = [here, *(text for text in news if side(text) == k)]
        known = {pair.gold for text in test for pair in paragraphs(text.noisy, text.gold)}
        rest = counted_on((text for text in lines if text.gold.strip() not in known), resources)
        yield Half("all of PP-OCRv4", f"{here.source}, and half of the news", tuple(teach), tuple(test), rest)


def reports(dev: Path, reader: str) -> list[Text]:
    """The whole city reports that an engine read."""
    found = [texts for texts in devdata.documents(dev) if texts.name.endswith(f".{reader}")]
    return [Text(texts.name, pair.noisy, pair.gold, 0) for texts in found for pair in texts.pairs]


def pairs_of(texts: list[Text]) -> list[tuple[Text, Text]]:
    """Each of two texts with the other before it."""
    one, other = texts
    return [(other, one), (one, other)]


def side(text: Text) -> int:
    """The half that a gold text is of, apart from its fold."""
    return zlib.crc32(text.gold.encode()) // FOLDS % 2


def taught(half: Half) -> Profile:
    return learn([pair for text in half.teach for pair in paragraphs(text.noisy, text.gold)], half.resources)


def measured(texts: Iterable[Text], corrector: Corrector) -> tuple[metrics.Counts, list[str]]:
    """The counts of each text, and what belongs together when texts are drawn anew."""
    texts = list(texts)
    results = [corrector.correct(text.noisy) for text in texts]
    counts = [Gold(t.noisy, t.gold).counts(r.corrections, r.suggestions) for t, r in zip(texts, results, strict=True)]
    return np.array(counts), [text.gold for text in texts]


def arms(half: Half, folder: Path) -> dict[str, Corrector]:
    """Without a profile, with one that only names the engine, and with all that was learnt."""
    profile = taught(half)
    found = {"without": Corrector(half.resources)}
    for name, each in (("engine", Profile(profile.engine)), ("profile", profile)):
        path = folder / f"{name}.tsv"
        path.write_text(table(each), encoding="utf-8", newline="\n")
        found[name] = Corrector(half.resources, Config(profile=str(path)))
    return found


def records(half: Half, folder: Path) -> Iterator[dict[str, Any]]:
    """The figures of each arm, over all that is measured, and over reports and news apart."""
    parts = {"": half.test}
    if len(half.test) > 1:
        parts |= {"the report": half.test[:1], "the news": half.test[1:]}
    for arm, corrector in arms(half, folder).items():
        for part, texts in parts.items():
            counts, clusters = measured(texts, corrector)
            figures = {name: metrics.FIGURES[name] for name in FIGURES}
            found = metrics.summed(counts)
            yield {
                **{"collection": half.collection, "measured": half.measured, "part": part, "arm": arm},
                **{name: found[name] for name in NUMBERS},
                **metrics.figures(counts, figures),
                "intervals": metrics.intervals(counts, clusters, figures) if part == "the news" else {},
            }


def harm(dev: Path, folder: Path, profiles: dict[str, Profile]) -> Iterator[dict[str, Any]]:
    """How many clean paragraphs are altered, with the shipped tables."""
    correctors = {"none": Corrector()}
    for k, (name, profile) in enumerate(profiles.items()):
        path = folder / f"clean{k}.tsv"
        path.write_text(table(profile), encoding="utf-8", newline="\n")
        correctors[name] = Corrector(config=Config(profile=str(path)))
    for name, corrector in correctors.items():
        for path in devdata.clean(dev):
            rows = devdata.lines(path)
            altered = sum(bool(corrector.correct(row).corrections) for row in rows)
            yield {"profile": name, "file": path.name, "paragraphs": len(rows), "altered": altered}


def report(found: list[dict[str, Any]], clean: list[dict[str, Any]]) -> str:
    columns = ("collection", "measured on", "", "Han wrong", "left", "Han gain", "edits right", "wrong", "text gain")
    rows = []
    for row in found:
        low, high = row["intervals"].get("han_gain", ("", ""))
        interval = f" [{low:.2f}, {high:.2f}]" if low != "" else ""
        rows.append(
            (
                *(row["collection"], row["part"] or row["measured"], row["arm"]),
                *(f"{row['han_before']:,}", f"{row['han_after']:,}", f"{row['han_gain']:.3f}{interval}"),
                *(str(row["right"]), str(row["wrong"]), f"{row['text_gain']:.3f}"),
            )
        )
    text = markdown(columns, rows)
    if clean:
        names = ("profile", "file", "paragraphs", "altered")
        text += "\n\n" + markdown(names, [tuple(str(row[name]) for name in names) for row in clean])
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", type=Path, required=True, help="a folder with clean_*.txt, ocr/, documents/")
    parser.add_argument("--no-clean", action="store_true", help="leave out the harm to clean text")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the record goes, instead of results/")
    parser.add_argument("--no-write", action="store_true", help="leave no record")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        every = list(halves(args.dev))
        found = [record for half in every for record in records(half, folder)]
        of_all = {half.measured: taught(half) for half in every if half.collection.startswith("all")}
        learnt = {f"learnt for {measured}": profile for measured, profile in of_all.items()}
        clean = [] if args.no_clean else list(harm(args.dev, folder, learnt))
    print(report(found, clean))
    if not args.no_write:
        record = run.circumstances(Config(), True, devdata.files(args.dev))
        run.write({**record, "halves": found, "clean": clean}, "learn", args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
