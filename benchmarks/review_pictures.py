"""The pictures of a review in docs/figures/: the sample page as text, and a piece of it in type, with its page image.

    python benchmarks/review_pictures.py [--font FILE] [--out DIR]

review-text.png is the review of sample/page.txt, in the dark. For review-scan.png paragraphs of the sample page are set
in columns as they should read, a little worn, and reviewed as they were read: as RapidOCR would have written it down.

Needs Chromium, playwright (pip install -e '.[browser]') and a font of Chinese characters (apt-get: fonts-noto-cjk).
"""

from __future__ import annotations

import argparse
import io
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter, ImageFont

HERE = Path(__file__).resolve().parent
FONT = Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SIZE, LEADING, COLUMNS, ACROSS, LINES = 34, 52, 3, 15, 26  # pixels; pixels; columns, characters and lines in each
MARGIN, GUTTER = 60, 54


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--font", type=Path, default=FONT)
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "figures")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(HERE / "sample" / "page.txt", folder)
        printed(folder, args.font)
        for review, source in (("text.html", "page.txt"), ("scan.html", "p2.json")):
            command = [sys.executable, "-m", "ocrfix", "review", "-q", source, "-o", review]
            subprocess.run(command, cwd=folder, check=True)
        for picture, review, how in (
            ("review-text.png", "text.html", {"color_scheme": "dark", "locale": "zh-CN"}),
            ("review-scan.png", "scan.html", {"color_scheme": "light", "locale": "en-GB"}),
        ):
            keys = ("a", "a", "r", "g") if "text" in review else ("a", "a", "j", "j", "z")
            save(shot(folder / review, keys, how), args.out / picture)


def printed(folder: Path, font: Path) -> None:
    """Writes p2.png, paragraphs as they should read, and p2.json, as they were read."""
    image = Image.new(
        "L", (2 * MARGIN + COLUMNS * ACROSS * SIZE + (COLUMNS - 1) * GUTTER, 2 * MARGIN + LINES * LEADING), 236
    )
    pen = ImageDraw.Draw(image)
    type_ = ImageFont.truetype(str(font), SIZE)
    found = []
    for number, (truth, read) in enumerate(lines()):
        column, row = divmod(number, LINES)
        if column == COLUMNS:
            break
        top = MARGIN + row * LEADING
        left = MARGIN + column * (ACROSS * SIZE + GUTTER)
        places = [left + k * SIZE for k in range(len(truth))]
        for x, ch in zip(places, truth, strict=True):
            pen.text((x, top), ch, font=type_, fill=40)
        start = next((k for k, ch in enumerate(read) if ch != "\u3000"), 0)
        boxes = [[[x, top + 6], [x + SIZE, top + 6], [x + SIZE, top + 46], [x, top + 46]] for x in places[start:]]
        if boxes:
            around = [boxes[0][0], boxes[-1][1], boxes[-1][2], boxes[0][3]]
            found.append([around, read[start:], 0.97, boxes, list(read[start:]), [0.99] * len(boxes)])
    dice = random.Random(3)
    worn = image.load()
    for _ in range(image.width * image.height // 300):
        x, y = dice.randrange(image.width), dice.randrange(image.height)
        worn[x, y] = max(0, min(255, worn[x, y] + dice.randrange(-60, 60)))
    image.filter(ImageFilter.GaussianBlur(0.9)).save(folder / "p2.png")
    (folder / "p2.json").write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def lines() -> Iterator[tuple[str, str]]:
    """Lines of print, as they should read and as they were read: paragraphs in which both are of the same length."""
    pages = [(HERE / "sample" / name).read_text(encoding="utf-8").split("\n") for name in ("gold.txt", "page.txt")]
    gold = {paragraph[:20]: paragraph for paragraph in pages[0]} | {
        paragraph[-20:]: paragraph for paragraph in pages[0]
    }
    for read in pages[1]:
        truth = gold.get(read[:20]) or gold.get(read[-20:])
        if not truth or len(truth) != len(read) or len(read) < 100:
            continue
        for start in range(-2, len(read), ACROSS):
            indent = "\u3000" * max(0, -start)
            end = start + ACROSS
            yield indent + truth[max(0, start) : end], indent + read[max(0, start) : end]


def shot(path: Path, keys: tuple[str, ...], how: dict[str, Any]) -> Image.Image:
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        sys.exit(f"expected one of {', '.join(CHROMIUM)} on the PATH, found none: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1320, "height": 820}, **how).new_page()
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]")
        page.wait_for_timeout(500)
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_timeout(500)
        image = Image.open(io.BytesIO(page.screenshot()))
        image.load()
        browser.close()
    return image


def save(image: Image.Image, path: Path) -> None:
    """As a small file: in 200 colours."""
    image.convert("RGB").quantize(200, kmeans=3, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
