#!/usr/bin/env python3
"""Builds rare_counties/: lines that name counties whose names hold a rare character, as two engines read them.

    python benchmarks/rare_counties.py --wheel WHEEL --fonts FOLDER      all four files; the head of
                                                                         tools/build_channel.py says what to install
    python benchmarks/rare_counties.py --measure                         Han error rates of the files that are there

A character is rare if the project's language model gives it, by itself, at most RARE milli-nats, or does not know it.
Every county of today whose own name (without 县, 区, 市, 旗 and peoples) holds one gets a line: a template of ours,
invented but for the name, what the county lies in and its townships. Other names are drawn from the whole country,
half of them from counties with a rare name. All files have the same lines.

Lines are set, worn and scanned as in tools/channel_pages.py and read as in tools/channel_readings.py, but as printed:
widths, digits and marks are not folded. Everything is drawn from seeded generators: with the same versions the same
command writes the same files.
"""

from __future__ import annotations

import argparse
import html
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein

from ocrfix import Resources
from ocrfix.gazetteer import Place, read_places, short_forms
from ocrfix.language import UNKNOWN
from ocrfix.resources import lexicons

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))
import channel_pages as pages
import cv2
from build_channel import FANDOL
from channel_readings import PPOCR, Printed, Reading, Tesseract

OUT = Path(__file__).resolve().parent / "rare_counties"
COLUMNS = ("id", "engine", "severity", "noisy", "gold", "font", "px", "jpeg")
RARE = -9_700  # milli-nats: one character in 16,300
SEED = 1503
LINES_A_PAGE = 8


class Worn(NamedTuple):
    """How worn pages are. pixels a character and JPEG quality: as the dev pages of that engine and severity have them;
    severity: within the 0 to 1 of draw_wear; harsh, and how far ink spreads beyond what draw_wear says (ems): so that
    characters that are not rare are misread about as often as on those pages."""

    pixels: tuple[float, float]
    jpeg: tuple[int, int]
    severity: tuple[float, float]
    harsh: float
    spread: float

    def draw(self, rng: np.random.Generator) -> pages.Wear:
        low, high = self.severity
        while not low <= (wear := pages.draw_wear(rng, self.pixels, self.jpeg, self.harsh)).severity <= high:
            pass
        px, jpeg = round(float(rng.uniform(*self.pixels)), 1), int(rng.integers(*self.jpeg, endpoint=True))
        return replace(wear, px=px, jpeg=jpeg, spread=wear.spread + self.spread)


WORN = {
    ("rapidocr", "light"): Worn((18.6, 21.5), (36, 53), (0.0, 0.2), 0.2, 0.05),
    ("rapidocr", "medium"): Worn((16.9, 20.7), (35, 48), (0.3, 0.5), 0.4, 0.05),
    ("tesseract", "light"): Worn((22.1, 25.2), (52, 68), (0.0, 0.2), 0.1, 0.08),
    ("tesseract", "medium"): Worn((19.8, 23.0), (43, 60), (0.3, 0.5), 0.25, 0.09),
}

TEMPLATES = (OUT / "templates.txt").read_text(encoding="utf-8").split()
"""{A}: the county; {B}, {C}: others; {a}, {b}, {c}: their short forms, the full name where there is none (莒县);
{k}: its 县, 区, 市 or 旗; {P}: what it lies in; {t}: a township of it."""


class Names:
    """The names that lines are made of, rare ones apart."""

    def __init__(self, places: Sequence[Place]) -> None:
        today = [place for place in places if place.end is None and place.code.isdecimal()]
        self.named = {place.code: place.name for place in today}
        self.towns = defaultdict[str, list[str]](list)
        for place in today:
            if place.kind == "township":
                self.towns[place.within].append(place.name)
        known = {place.name: place for place in today if place.kind in ("county", "prefecture")}
        self.all = sorted(place for place in known.values() if place.name[-1] in "县区市旗州盟")
        self.rare = [place for place in self.all if place.kind == "county" and holds_rare(short(place))]

    def line(self, template: str, place: Place, rng: np.random.Generator) -> str:
        others = list[Place]()
        while len(others) < 2:
            among = self.rare if rng.random() < 0.5 else self.all
            other = among[int(rng.integers(len(among)))]
            if other.name not in (place.name, *(each.name for each in others)):
                others.append(other)
        towns = self.towns[place.code] or ["城关镇"]
        return template.format(
            **{key: each.name for key, each in zip("ABC", (place, *others), strict=True)},
            **{key: short(each) for key, each in zip("abc", (place, *others), strict=True)},
            k=place.name[-1],
            P=self.named.get(place.within, ""),
            t=towns[int(rng.integers(len(towns)))],
        )

    def lines(self, rng: np.random.Generator) -> Iterator[str]:
        """A line for each rare county, in any order; templates in turns."""
        turns = list[int]()
        for at in rng.permutation(len(self.rare)).tolist():
            turns = turns or rng.permutation(len(TEMPLATES)).tolist()
            yield self.line(TEMPLATES[turns.pop()], self.rare[at], rng)


def short(place: Place) -> str:
    """How people call a place: 茌平 for 茌平区, 彭水 for 彭水苗族土家族自治县; 莒县 has no shorter name."""
    return next(iter(short_forms(place.name, place.kind)), place.name)


def holds_rare(text: str) -> bool:
    """Whether the language model holds any character at most as likely as RARE, or does not know it."""
    model = Resources.builtin().language
    ids = model.ids(np.array([ord(ch) for ch in text if pages.is_han(ch)], np.uint32))
    return bool(np.any((model.unigrams[ids] <= RARE) | (ids == UNKNOWN)))


# ---------------------------------------------------------------- reading


class PrintedPPOCR(PPOCR):
    """PP-OCRv4 with its symbols as they are; white space is left out."""

    def __init__(self, wheel: Path, script: str = "simplified") -> None:
        super().__init__(wheel, script)
        listed = self.session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self.classes = ["", *(ch.strip() for ch in listed), ""]


class PrintedTesseract(Tesseract):
    """Tesseract with its symbols as they are. A line that it cuts in two is joined again; spaces are left out."""

    def _lines(self, hocr: str, page: pages.Page) -> list[Reading | None]:
        back = np.asarray(cv2.invertAffineTransform(page.turn), np.float64)
        middles = np.array([(line.box[1] + line.box[3]) / 2 for line in page.lines])
        found: list[list[tuple[float, list[Printed]]]] = [[] for _ in page.lines]
        for match in self.SYMBOL.finditer(hocr):
            if match["line"]:
                x, y = self._middle(match["line"], back)
                into = list[Printed]()
                found[int(np.abs(middles - y).argmin())].append((x, into))
            elif match["box"] and (symbol := html.unescape(match["symbol"]).strip()):
                into.append(Printed(symbol, 0.0, {}))
        joined = [[one for _, part in sorted(parts, key=lambda part: part[0]) for one in part] for parts in found]
        return [Reading(printed, lambda place: {}, slack=0.8) if printed else None for printed in joined]


def read(
    texts: Sequence[str], engine: PPOCR | Tesseract, worn: Worn, faces: list[pages.Face], rng: np.random.Generator
) -> Mapping[str, tuple[str, ...]]:
    """What the engine printed for each text, the text, the page's font, px and jpeg; none where it printed nothing."""
    rows = {}
    for face, some in pages.plan(list(texts), faces, LINES_A_PAGE, rng):
        if some:
            page = pages.set_page(some, face, worn.draw(rng), rng)
            font, px, jpeg = face.name, f"{page.wear.px:.1f}", str(page.wear.jpeg)
            for text, reading in zip(some, engine.read(page, rng), strict=True):
                if noisy := "".join(each.symbol for each in reading.printed) if reading else "":
                    rows[text] = (noisy, text, font, px, jpeg)
    return rows


def measure(path: Path) -> str:
    """A file's rows and Han error rate, and the shares of rare and of other characters that are misread or dropped."""
    rows = [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in path.read_text("utf-8").splitlines()[1:]]
    wrong, of = Counter[str](), Counter[str]()
    for row in rows:
        noisy, gold = ("".join(filter(pages.is_han, row[column])) for column in ("noisy", "gold"))
        edits = Levenshtein.editops(gold, noisy)
        lost = {edit.src_pos for edit in edits if edit.tag != "insert"}
        wrong["all"] += len(edits)
        of["all"] += len(gold)
        for at, ch in enumerate(gold):
            kind = "rare" if holds_rare(ch) else "other"
            of[kind] += 1
            wrong[kind] += at in lost
    shares = ", ".join(f"{kind} {wrong[kind] / of[kind]:.2%} of {of[kind]:,}" for kind in ("all", "rare", "other"))
    return f"{path.name}: {len(rows)} rows; {shares}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=Path, default=Path("rapidocr_onnxruntime-1.4.4-py3-none-any.whl"))
    parser.add_argument("--fonts", type=Path, default=FANDOL, help="folder of the Fandol fonts")
    parser.add_argument("--out", type=Path, default=OUT, help="folder that the files are written to")
    parser.add_argument("--measure", action="store_true", help="read and write nothing new, print the error rates")
    args = parser.parse_args()
    if not args.measure:
        build(args.wheel, args.fonts, args.out)
    for path in sorted(args.out.glob("*.tsv")):
        print(measure(path))


def build(wheel: Path, fonts: Path, out: Path) -> None:
    cv2.setNumThreads(1)
    faces, names = pages.open_faces(fonts), Names(read_places(lexicons() / "gazetteer.tsv"))
    texts = list(names.lines(np.random.default_rng(SEED)))
    engines: dict[str, PPOCR | Tesseract] = {"rapidocr": PrintedPPOCR(wheel), "tesseract": PrintedTesseract(wheel)}
    print(len(names.rare), "counties;", *(f"{k} {v}" for e in engines.values() for k, v in e.version.items()))
    out.mkdir(exist_ok=True)
    for nth, ((engine, severity), worn) in enumerate(WORN.items(), start=1):
        rows = read(texts, engines[engine], worn, faces, np.random.default_rng([SEED, nth]))
        table: list[tuple[str, ...]] = [COLUMNS]
        for number, text in enumerate(texts, start=1):
            if text in rows:
                table.append((f"{number:03}", engine, severity, *rows[text]))
        lines = "".join("\t".join(row) + "\n" for row in table)
        (out / f"{engine}_{severity}.tsv").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
