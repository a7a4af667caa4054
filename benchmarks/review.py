"""How large a review may be: how long its page takes to open in a browser, and how long a decision takes.

    python benchmarks/review.py [--pages 500] [--proposals 20] [--images]

Pages of invented text, each with its proposals, are put into one review (with --images, a page image each and crops of
it), and opened in Chromium, driven by playwright: pip install -e '.[browser]', apt-get install chromium.

- built: seconds until the file is written, from results that are at hand; size: of the file.
- opens: from asking for the page to its first proposal on the screen, the median of five times, each in a new profile.
- key: from a key to the next frame that the browser has painted, of 200 decisions, median and the second slowest;
  moves: the same for going down the list; far: for going to the page at the other end and back.
- group: the stroke that decides all of the largest group. reload: opening with all of them decided.
- heap: megabytes that the page's script holds after all this.

Writes results/DATE-review.json; --no-write: not.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import platform
import random
import shutil
import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from ocrfix import Alternative, Correction, Evidence, Result, __version__
from ocrfix.formats import Page, open_document
from ocrfix.review.sheets import Review

HERE = Path(__file__).resolve().parent
LINE, LINES = 20, 90  # characters in a line, lines on a page
CHARACTERS = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种"
SWAPS = [("在", "茌"), ("没", "设"), ("城", "域"), ("目", "日"), ("人", "入"), ("郑", "郯"), ("充", "兖"), ("毫", "亳")]

PAINTED = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"""
TIMED = """async ([key, times]) => {
    const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const took = [];
    for (let k = 0; k < times; k++) {
        await painted();
        const start = performance.now();
        const pressed = Array.isArray(key) ? key[k % key.length] : key;
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: pressed, bubbles: true, cancelable: true }));
        await painted();
        took.push(performance.now() - start);
    }
    return took;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--proposals", type=int, default=20, help="on each page (default: 20)")
    parser.add_argument("--images", action="store_true", help="with a page image each, and crops of it")
    parser.add_argument("--no-write", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        record = {"date": str(date.today()), "ocrfix": __version__, **machine(), "pages": args.pages}
        record |= {"proposals": args.proposals * args.pages, "images": args.images}
        record |= build(Path(folder), args.pages, args.proposals, args.images)
        record |= browse(Path(folder) / "review.html")
    for name, value in record.items():
        print(f"{name:12} {value}")
    if not args.no_write:
        name = f"{record['date']}-review{'-images' if args.images else ''}.json"
        (HERE / "results" / name).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    processor = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), processor)
    return {"python": platform.python_version(), "processor": processor}


def build(folder: Path, pages: int, proposals: int, images: bool) -> dict[str, Any]:
    """Writes the review of pages of invented text; the same each time."""
    dice = random.Random(1)
    if images:
        draw(folder, dice)
    review = Review(folder / "review.html")
    made = [page_of(folder, number, dice, images) for number in range(pages)]
    results = [(page, result_of(str(page.document.text), proposals, dice)) for page in made]
    start = time.perf_counter()
    for page, result in results:
        review.add(page, result)
    review.write()
    took = time.perf_counter() - start
    return {"built_s": round(took, 2), "size_mb": round((folder / "review.html").stat().st_size / 1e6, 1)}


def draw(folder: Path, dice: random.Random) -> None:
    """A page image of squares, as large as a scan of a tabloid at 150 dots an inch."""
    from PIL import Image, ImageDraw

    image = Image.new("L", (1700, 2300), 240)
    pen = ImageDraw.Draw(image)
    for x, y in ((x, y) for y in range(40, 2260, 24) for x in range(40, 1660, 26)):
        pen.rectangle((x, y, x + dice.randrange(8, 20), y + dice.randrange(8, 18)), fill=dice.randrange(30, 120))
    image.save(folder / "page.png")


def page_of(folder: Path, number: int, dice: random.Random, images: bool) -> Page:
    swapped = "".join(old for old, _ in SWAPS)
    lines = ["".join(dice.choices(CHARACTERS + swapped, k=LINE)) for _ in range(LINES)]
    if not images:
        data = "\n".join(lines).encode()
        return Page(Path(f"page-{number:03}.txt"), open_document(data, f"page-{number:03}.txt"))
    found = []
    for k, text in enumerate(lines):
        left, top = 40 + 540 * (k % 3), 40 + 72 * (k // 3)
        found.append([[[left, top], [left + 520, top], [left + 520, top + 26], [left, top + 26]], text, 0.9])
    data = json.dumps(found, ensure_ascii=False).encode()
    (folder / f"page-{number:03}.png").hardlink_to(folder / "page.png")
    return Page(folder / f"page-{number:03}.json", open_document(data, f"page-{number:03}.json"))


def result_of(text: str, proposals: int, dice: random.Random) -> Result:
    swaps = dict(SWAPS)
    places = [at for at, ch in enumerate(text) if ch in swaps]
    rest = [at for at, ch in enumerate(text) if ch not in swaps and not ch.isspace()]
    places = sorted(
        [*dice.sample(places, min(proposals, len(places))), *dice.sample(rest, max(0, proposals - len(places)))]
    )
    why = tuple(Evidence(f"evidence_{k}", 3.0 - k, f"a reason of the kind that counts for {k} nats") for k in range(9))
    found = [
        Correction(
            at,
            at + 1,
            text[at],
            swaps.get(text[at], "龙"),
            dice.uniform(0.5, 1),
            "glyph",
            why,
            (Alternative("又", 0.2),),
        )
        for at in places
    ]
    return Result(text, tuple(found[::2]), tuple(found[1::2]))


def browse(path: Path) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("expected chromium on the PATH, found none: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        opens = [opened(browser, path)[1] for _ in range(5)]
        page, _ = opened(browser, path)
        keys = page.evaluate(TIMED, [["a", "r", "a", "2"], 200])
        moves = page.evaluate(TIMED, ["j", 200])
        far = page.evaluate(TIMED, [["End", "Home"], 20])
        page.evaluate(TIMED, ["g", 1])
        page.evaluate(TIMED, ["Home", 1])
        group = page.evaluate(TIMED, ["a", 1])
        page.evaluate(TIMED, ["g", 1])
        page.keyboard.press("Alt+a")
        page.wait_for_timeout(500)
        start = time.perf_counter()
        page.reload()
        page.wait_for_selector("html[data-ready]")
        page.evaluate(PAINTED)
        reload = time.perf_counter() - start
        heap = page.evaluate("performance.memory.usedJSHeapSize / 1e6")
        version = browser.version
        browser.close()
    return {
        "chromium": version,
        "opens_s": round(statistics.median(opens), 2),
        "key_ms": [round(statistics.median(keys)), round(sorted(keys)[-2])],
        "moves_ms": [round(statistics.median(moves)), round(sorted(moves)[-2])],
        "far_ms": round(statistics.median(far)),
        "group_ms": round(group[0]),
        "reload_s": round(reload, 2),
        "heap_mb": round(heap),
    }


def opened(browser: Any, path: Path) -> tuple[Any, float]:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    start = time.perf_counter()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.evaluate(PAINTED)
    return page, time.perf_counter() - start


if __name__ == "__main__":
    main()
