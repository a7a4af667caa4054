"""A page image of an invented text, and its hOCR: each character a square in a grey of its own."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

LINES = (
    "中共聊城市在平区委、茌平区政府召开会议。",
    "聊城市茌平区委书记出席会议并讲话，",
    "要坚持以经济建没为中心。<&>",
)
LEFT, TOP, SIZE, LEADING = 40, 40, 32, 60


def facsimile(folder: Path) -> list[int]:
    """Writes page.png and page.hocr; returns the grey of each character of the text."""
    from PIL import Image, ImageDraw

    folder.mkdir(exist_ok=True)
    image = Image.new("L", (800, 400), 255)
    draw = ImageDraw.Draw(image)
    greys: list[int] = []
    lines = []
    for number, line in enumerate(LINES):
        top = TOP + number * LEADING
        for k in range(len(line)):
            greys.append(20 + 53 * len(greys) % 200)
            draw.rectangle((left(k), top, left(k) + SIZE - 1, top + SIZE - 1), fill=greys[-1])
        words = (
            f'<span class="ocrx_word" title="{box(top, *word.span())}; x_wconf 90">{escape(word[0])}</span>'
            for word in re.finditer(r"[!-~]+|.", line)
        )
        lines.append(f'<span class="ocr_line" title="{box(top, 0, len(line))}">{"".join(words)}</span>')
    image.save(folder / "page.png")
    (folder / "page.hocr").write_text(
        "<!DOCTYPE html><html><head><title>page</title></head><body>"
        '<div class="ocr_page" title="image &quot;page.png&quot;; bbox 0 0 800 400">'
        f"{''.join(lines)}</div></body></html>",
        encoding="utf-8",
    )
    return greys


def left(k: int) -> int:
    return LEFT + k * (SIZE + 2)


def box(top: int, first: int, last: int) -> str:
    return f"bbox {left(first)} {top} {left(last) - 2} {top + SIZE}"
