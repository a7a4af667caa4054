"""The dev sets as the benchmarks read them: texts with their golds, which engine read them, and how worn they were.

What engines were counted to misread in these very texts would foretell it too well: each is corrected with a channel
that has been counted on other paragraphs (tools/count_misreadings.py). The weights, some hundred numbers, are
those that were fitted on all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ocrfix import OcrText, Resources

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))
from count_misreadings import held_out
from decision_data import RARE, Text, engine_pairs, fold_of, read_documents

PROFILES = {"rapidocr": "ppocr", "tesseract": "tesseract"}
"""The profile (Config.engine) of what each reader prints; readers by the start of their name."""


class Pair(NamedTuple):
    """A text as it was read, and as the page has it; and with what the engine knew of it, where that is known."""

    noisy: str
    gold: str
    read: OcrText | None = None


class Texts(NamedTuple):
    """The texts of a file. reader: what read the page; severity: how worn it was; both empty where nobody says."""

    name: str
    path: Path
    reader: str
    severity: str
    pairs: tuple[Pair, ...]
    resources: Callable[[Text], Resources] = lambda text: Resources.builtin()

    def unseen(self, pair: Pair) -> Resources:
        """The resources without what was counted of this text."""
        return self.resources(Text(self.name, pair.noisy, pair.gold, fold_of(pair.gold)))

    @property
    def profile(self) -> str:
        """The profile of the engine that read it; generic where none is known."""
        return next((profile for start, profile in PROFILES.items() if self.reader.startswith(start)), "generic")


@cache
def _held_out(dev: Path) -> Callable[[Text], Resources]:
    return held_out(dev, Resources.builtin())


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def lines(path: Path, limit: int | None = None) -> list[str]:
    """The paragraphs of a clean file."""
    return [line for line in read(path).split("\n") if line.strip()][:limit]


def table(path: Path, limit: int | None = None) -> Texts:
    """A table with columns noisy and gold; without names of columns they are the second and the third."""
    rows = [line.split("\t") for line in read(path).rstrip("\n").split("\n")]
    head = rows[0] if "noisy" in rows[0] else ["id", "noisy", "gold"]
    rows = rows[1:] if "noisy" in rows[0] else rows
    noisy, gold = head.index("noisy"), head.index("gold")
    reader, severity = (rows[0][head.index(name)] if name in head else "" for name in ("engine", "severity"))
    return Texts(path.stem, path, reader, severity, tuple(Pair(row[noisy], row[gold]) for row in rows[:limit]))


def pairs(dev: Path, limit: int | None = None) -> Iterator[Texts]:
    """Paragraphs read by engines, a file at a time."""
    for path in sorted((dev / "ocr").glob("*.tsv")):
        yield pairs_of(path, limit)


def pairs_of(path: Path, limit: int | None = None) -> Texts:
    """The paragraphs of one such file; the others that its engine read lie beside it."""
    return table(path, limit)._replace(resources=_held_out(path.parent.parent))


def confident(dev: Path, limit: int | None = None) -> Iterator[Texts]:
    """What engines read with what they knew: paragraphs a file at a time, and whole documents unless limited."""
    of: dict[str, list[Text]] = {}
    for text in [*engine_pairs(dev), *(() if limit else read_documents(dev))]:
        if text.read:
            of.setdefault(text.source, []).append(text)
    for name, texts in of.items():
        path = dev / "ocr" / f"{name.split()[0]}.tsv"
        found = (Pair(str(text.read), text.gold, text.read) for text in texts[:limit])
        yield table(path, 1)._replace(name=name, pairs=tuple(found), resources=_held_out(dev))


def rare_counties(limit: int | None = None) -> Iterator[Texts]:
    """Lines with the names of counties that hold rare characters (rare_counties.py), a file at a time."""
    for path in sorted(RARE.glob("*.tsv")):
        yield table(path, limit)._replace(name=f"{RARE.name}/{path.stem}")


def documents(dev: Path) -> Iterator[Texts]:
    """Whole local documents, each with its gold."""
    for path in sorted((dev / "documents").glob("*.noisy.txt")):
        name = path.name.removesuffix(".noisy.txt")
        gold = path.with_name(path.name.replace(".noisy.", ".gold."))
        yield Texts(name, path, name.rpartition(".")[2], "light", (Pair(read(path), read(gold)),), _held_out(dev))


def typed(dev: Path, limit: int | None = None) -> Iterator[Texts]:
    """Sentences that were typed, not read: their errors are sound-alikes."""
    for path in sorted((dev / "typed").glob("*.tsv")):
        yield table(path, limit)


def clean(dev: Path) -> list[Path]:
    """Files of correct paragraphs, one a line."""
    return sorted(dev.glob("clean_*.txt"))


def files(dev: Path) -> list[Path]:
    """All files that the figures hang on."""
    found = [*dev.glob("clean_*.txt"), *dev.glob("ocr/*.tsv"), *dev.glob("typed/*.tsv"), *dev.glob("documents/*.txt")]
    return sorted(found)
