"""RapidOCR: lines with boxes, as JSON or as Python results, with their characters where they were asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ocrfix.files import FileError
from ocrfix.formats.document import Spliced
from ocrfix.formats.json_source import Located
from ocrfix.formats.lines import Line, Piece, read_lines


def read(data: bytes, name: str, encoding: str | None = None) -> Spliced:
    """A page as RapidOCR wrote it: a list of [box, text, score], of [box, text, score, boxes, characters, scores]
    (`return_word_box`, `return_single_char_box`), or of {"box": …, "txt": …, "score": …}.

    Its lines stand as they were found, across the columns: they are put in reading order by their boxes. Scores of
    characters are confidences; that of a line is not.

    Raises FileError, naming the line of the file, for anything else, or a line on the page without its box.
    """

    def pages_of(value: Any) -> list[list[Line]] | None:
        lines = lines_of(value)
        return None if lines is None else [lines]

    return read_lines(data, name, encoding, pages_of, "RapidOCR writes, a list of [box, text, score]")


def from_rapidocr(result: Any, name: str = "rapidocr") -> Spliced:
    """A document from what RapidOCR returns in Python, of version 1 (`result, elapse = engine(image)`) to 3.

    Its `rewritten` gives the corrected page as JSON, in the form that read() reads.

    >>> page = from_rapidocr([[[[0, 0], [40, 0], [40, 10], [0, 10]], "人民曰报", 0.93]])
    >>> str(page.text)
    '人民曰报'

    Raises FileError where it is no such result.
    """
    if isinstance(result, tuple) and len(result) == 2 and not hasattr(result, "txts"):
        result = result[0]
    if hasattr(result, "txts"):
        result = list(_output(result))
    try:
        written = json.dumps(_plain(result or []), ensure_ascii=False)
    except TypeError as error:
        raise FileError(f"{name}: expected a result of RapidOCR: {error}") from None
    return read(written.encode(), name)


def lines_of(value: Any) -> list[Line] | None:
    """The lines of a page; None where this is not what RapidOCR writes."""
    if not isinstance(value, list):
        return None
    lines = [_line(item, k) for k, item in enumerate(value, 1)]
    return [line for line in lines if line] if all(lines) else None


def _line(item: Any, number: int) -> Line | None:
    if isinstance(item, dict) and isinstance(item.get("txt"), Located):
        return Line(f"line {number}", item["txt"], item.get("box"))
    if not isinstance(item, list) or len(item) < 3 or not isinstance(item[1], Located):
        return None
    pieces: list[Piece] = []
    if len(item) >= 6 and _alike(item[3:6]) and all(isinstance(ch, Located) for ch in item[4]):
        pieces = [Piece(ch, _score(score), box) for box, ch, score in zip(*item[3:6], strict=True)]
    return Line(f"line {number}", item[1], item[0], pieces)


def _alike(lists: list[Any]) -> bool:
    return all(isinstance(each, list) for each in lists) and len({len(each) for each in lists}) == 1


def _score(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value <= 1 else None


def _output(result: Any) -> Iterable[list[Any]]:
    """The lines of a RapidOCROutput: box, text, score, and where they were asked for, the words of each."""
    if result.txts is None:
        return
    words = getattr(result, "word_results", None) or ()
    for k, text in enumerate(result.txts):
        line = [result.boxes[k], text, result.scores[k]]
        if k < len(words) and words[k] and all(len(word) == 3 for word in words[k]):
            texts, scores, boxes = zip(*words[k], strict=True)
            line += [list(boxes), list(texts), list(scores)]
        yield line


def _plain(value: Any) -> Any:
    """Lists and numbers of Python for those of numpy."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
