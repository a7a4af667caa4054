"""PaddleOCR 2 and 3: lines with boxes, as JSON."""

from __future__ import annotations

from typing import Any

from ocrfix.formats.document import Spliced
from ocrfix.formats.json_source import Located
from ocrfix.formats.lines import Line, Piece, read_lines


def read(data: bytes, name: str, encoding: str | None = None) -> Spliced:
    """Pages as PaddleOCR wrote them.

    Of version 2 a list of [box, [text, score]], or a list of such pages; of version 3 an object with rec_texts,
    rec_scores and rec_polys or rec_boxes, which may stand under "res", or a list of such.

    Lines are put in reading order by their boxes. PaddleOCR gives no confidence of a character.

    Raises FileError, naming the line of the file, for anything else, or a line on the page without its box.
    """
    return read_lines(data, name, encoding, pages_of, "PaddleOCR writes, [box, [text, score]] or rec_texts")


def pages_of(value: Any) -> list[list[Line]] | None:
    """The pages of a result, each with its lines; None where this is not what PaddleOCR writes."""
    if isinstance(value, dict):
        lines = _newer(value.get("res", value))
        return None if lines is None else [lines]
    if not isinstance(value, list) or not value:
        return None
    if all(isinstance(page, dict) for page in value):
        newer = [_newer(page.get("res", page)) for page in value]
        return [page for page in newer if page is not None] if None not in newer else None
    page = _older(value)
    if page is not None:
        return [page]
    pages = [_older(page) if page else [] for page in value if page is None or isinstance(page, list)]
    return [p for p in pages if p is not None] if len(pages) == len(value) and None not in pages else None


def _older(page: Any) -> list[Line] | None:
    """The lines of a page of version 2."""
    if not isinstance(page, list):
        return None
    lines = []
    for number, item in enumerate(page, 1):
        pair = item[1] if isinstance(item, list) and len(item) == 2 else None
        if not isinstance(pair, list) or len(pair) < 2 or not isinstance(pair[0], Located):
            return None
        lines.append(Line(f"line {number}", pair[0], item[0]))
    return lines


def _newer(page: Any) -> list[Line] | None:
    """The lines of a page of version 3."""
    texts = page.get("rec_texts") if isinstance(page, dict) else None
    if not isinstance(texts, list) or not all(isinstance(text, Located) for text in texts):
        return None
    boxes = page.get("rec_polys") or page.get("rec_boxes") or []
    words = page.get("text_word") or []
    lines = []
    for k, text in enumerate(texts):
        parts = words[k] if k < len(words) and isinstance(words[k], list) else []
        pieces = [Piece(part, None, None) for part in parts if isinstance(part, Located)]
        lines.append(Line(f"line {k + 1}", text, boxes[k] if k < len(boxes) else None, pieces))
    return lines
