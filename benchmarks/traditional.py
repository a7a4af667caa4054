#!/usr/bin/env python3
"""Makes a set of Traditional pages, as two engines read them, from clean text in either script.

    python benchmarks/traditional.py --clean FILE… --out FOLDER --wheel WHEEL
    python benchmarks/traditional.py --measure FOLDER
    python benchmarks/run.py --clean FOLDER/*.txt
    python benchmarks/traditional.py --vertical --clean FILE… --out FOLDER

The first makes it (the head of tools/build_channel.py says what to install), the others measure on it: what is mended,
engine="generic", and what harm is done. `--json FILE` keeps what the second prints.

Paragraphs of LENGTH characters are drawn from the files, converted by OpenCC into the usages of
Taiwan, Hong Kong or its own, set in Traditional faces, worn and scanned as in tools/channel_pages.py, and read as in
benchmarks/rare_counties.py: each engine at each wear has the same paragraphs. FOLDER/ocr gets the pairs, and FOLDER the
files whole, converted, for harm. Everything is drawn from seeded generators. The texts stay outside of the project.

With `--vertical` lines run from top to bottom, the first on the right, with marks as they stand there, and are read by
tesseract's chi_tra_vert (Debian tesseract-ocr-chi-tra-vert) as a whole page.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import accuracy
import devdata
import numpy as np
import run
from rare_counties import COLUMNS, WORN, PrintedPPOCR, PrintedTesseract, Worn, measure
from tables import Record, cell, markdown, rate

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))
import channel_pages as pages
import cv2
from build_channel import FANDOL
from channel_readings import PPOCR, Tesseract
from decision_data import half_of
from numpy.typing import NDArray

from ocrfix import Config
from ocrfix.usage import converted

SEED = 1949
LENGTH = (40, 160)
MEASURE = (16, 22)  # characters a line
WEAR = {
    ("rapidocr", "light"): WORN["rapidocr", "light"],
    ("rapidocr", "medium"): WORN["rapidocr", "medium"],
    ("tesseract", "light"): Worn((20.5, 23.5), (45, 62), (0.3, 0.6), 0.35, 0.07),
    ("tesseract", "medium"): Worn((19.5, 22.5), (42, 58), (0.4, 0.7), 0.4, 0.065),
}
"""Tesseract's pages are worn more than its Simplified ones: it reads chi_tra better, and libraries' scans are worse."""


def in_usages(texts: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Texts in Traditional characters, each in one of channel_pages.USAGES."""
    return pages.in_traditional([converted(text, "t2s") for text in texts], rng)


UPRIGHT = str.maketrans("，。、：；！？（）「」『』《》〈〉—…", "︐︒︑︓︔︕︖︵︶﹁﹂﹃﹄︽︾︿﹀︱︙")
"""Marks as they stand where lines run from top to bottom."""
LEVEL = {after: before for before, after in UPRIGHT.items()}
WIDE = {at: at + 0xFEE0 for at in range(0x21, 0x7F)}
APART = (1.06, 0.45)
"""Ems from character to character of a line that runs from top to bottom, and between such lines."""


class VerticalTesseract:
    """Tesseract, reading lines from top to bottom; its symbols as they are, white space is left out."""

    def read(self, image: NDArray[np.uint8]) -> str:
        """What it prints of a page."""
        command = ["tesseract", "-", "-", "-l", "chi_tra_vert", "--psm", "5"]
        png = cv2.imencode(".png", image)[1].tobytes()
        printed = subprocess.run(command, input=png, capture_output=True, check=True).stdout.decode("utf8", "replace")
        return "".join(printed.split()).translate(LEVEL)


def read_vertical(
    text: str, engine: VerticalTesseract, worn: Worn, faces: list[pages.Face], rng: np.random.Generator
) -> tuple[str, ...]:
    """What the engine printed of a paragraph set in lines that run from top to bottom, and the rest of a row."""
    face = drawn_face(text, faces, rng)
    size = int(rng.integers(*MEASURE))
    set_text = text.translate(WIDE)
    set_text = "".join(up if (up := ch.translate(UPRIGHT)) in face.has else ch for ch in set_text)
    columns = [set_text[at : at + size].ljust(size, "\u3000") for at in range(0, len(text), size)]
    rows = ["".join(row) for row in zip(*reversed(columns), strict=True)]
    page = pages.set_page(rows, face, worn.draw(rng), rng, APART)
    return engine.read(page.image), text, face.name, f"{page.wear.px:.1f}", str(page.wear.jpeg)


def read_paragraph(
    text: str, engine: PPOCR | Tesseract, worn: Worn, faces: list[pages.Face], rng: np.random.Generator
) -> tuple[str, ...]:
    """What the engine printed of a paragraph, the paragraph, the page's font, px and jpeg."""
    face = drawn_face(text, faces, rng)
    size = int(rng.integers(*MEASURE))
    lines = [text[at : at + size] for at in range(0, len(text), size)]
    page = pages.set_page(lines, face, worn.draw(rng), rng)
    printed = "".join(each.symbol for line in engine.read(page, rng) if line for each in line.printed)
    return printed, text, face.name, f"{page.wear.px:.1f}", str(page.wear.jpeg)


def drawn_face(text: str, faces: list[pages.Face], rng: np.random.Generator) -> pages.Face:
    """The face of a page; the widest where the one that is drawn lacks a character of it."""
    shares = np.array([share for _, share in pages.FACES["traditional"]])
    face = faces[int(rng.choice(len(faces), p=shares / shares.sum()))]
    return face if face.has.issuperset(text) else next(f for f in faces if f.name == pages.WIDEST["traditional"])


def measured(folder: Path) -> list[Record]:
    """The figures of each file of a folder made here, as benchmarks/accuracy.py has them."""
    return [accuracy.record([accuracy.measured(texts, "generic")]) for texts in devdata.pairs(folder)]


def shown(found: Sequence[Record]) -> str:
    """The figures as a table."""
    head = ("read by", "precision of edits", "", "error rate, Han characters", "Han gain", "text gain")
    rows = []
    for one in found:
        made = f"{one['right']} of {one['right'] + one['wrong']}"
        rows.append(
            (one["file"], cell(one, "precision"), made, rate(one, "han"), cell(one, "han_gain"), cell(one, "text_gain"))
        )
    return markdown(head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clean", type=Path, nargs="+", help="clean text, a paragraph a line")
    parser.add_argument("--out", type=Path, help="folder that the files are written to")
    parser.add_argument("--measure", type=Path, metavar="FOLDER", help="make nothing, measure on what was made")
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    parser.add_argument("--wheel", type=Path, default=Path("rapidocr_onnxruntime-1.4.4-py3-none-any.whl"))
    parser.add_argument("--fonts", type=Path, default=FANDOL, help="folder of more fonts")
    parser.add_argument("--paragraphs", type=int, default=150, help="how many are drawn, from all files together")
    parser.add_argument("--half", type=int, choices=(0, 1), help="draw from one half of them, by their hash")
    parser.add_argument("--engine", choices=("rapidocr", "tesseract"), help="one engine's files alone")
    parser.add_argument("--vertical", action="store_true", help="lines from top to bottom, read by tesseract alone")
    args = parser.parse_args()
    if args.measure:
        found = measured(args.measure)
        print(shown(found))
        if args.json:
            data = sorted((args.measure / "ocr").glob("*.tsv"))
            run.write({**run.circumstances(Config(), True, data), "files": found}, "traditional", args.json)
        return
    if not args.clean or not args.out:
        parser.error("expected --clean FILE… and --out FOLDER, or --measure FOLDER")
    cv2.setNumThreads(1)
    rng = np.random.default_rng(SEED)
    (args.out / "ocr").mkdir(parents=True, exist_ok=True)
    faces = pages.open_faces(args.fonts, "traditional")
    widest = next(face for face in faces if face.name == pages.WIDEST["traditional"]).has
    texts = list[str]()
    for path in args.clean:
        lines = in_usages(path.read_text(encoding="utf-8").splitlines(), rng)
        (args.out / path.name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        able = [line for line in lines if LENGTH[0] <= len(line) <= LENGTH[1] and widest.issuperset(line)]
        able = [line for line in able if args.half in (None, half_of(line))]
        texts += [able[at] for at in rng.permutation(len(able))[: args.paragraphs // len(args.clean)].tolist()]
    for nth, ((name, severity), worn) in enumerate(WEAR.items(), start=1):
        if args.engine in (None, name) and not (args.vertical and name != "tesseract"):
            rng = np.random.default_rng([SEED, nth])
            if args.vertical:
                read = partial(read_vertical, engine=VerticalTesseract(), worn=worn, faces=faces, rng=rng)
            else:
                engine = {"rapidocr": PrintedPPOCR, "tesseract": PrintedTesseract}[name](args.wheel, "traditional")
                read = partial(read_paragraph, engine=engine, worn=worn, faces=faces, rng=rng)
            table: list[tuple[str, ...]] = [COLUMNS]
            table += [(f"{number:03}", name, severity, *read(text)) for number, text in enumerate(texts, start=1)]
            path = args.out / "ocr" / f"{name}_{severity}.tsv"
            path.write_text("".join("\t".join(row) + "\n" for row in table), encoding="utf-8")
            print(measure(path), flush=True)


if __name__ == "__main__":
    main()
