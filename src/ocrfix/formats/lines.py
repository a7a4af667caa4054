"""A page that an engine left as a list of lines with boxes: put in order, and read as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from ocrfix.files import Form
from ocrfix.formats.assembly import Assembly, agree, aligned
from ocrfix.formats.document import Cell, Spliced
from ocrfix.formats.json_source import JsonSource, Located, parsed
from ocrfix.formats.reading_order import Gutter, gutters, reading_order
from ocrfix.formats.scan import Area, Box, Scan, around, shared_out

HANGING = 0.4
"""Of the width of a character: so much white has a line at least where it was put together of two columns."""


class Piece(NamedTuple):
    """A character or word of a line, how sure the engine was of it, and its box; None where it did not say."""

    text: Located
    confidence: float | None
    box: Any


class Line(NamedTuple):
    """A line as an engine wrote it.

    text: what it read. box: its corners, [[x, y], …], or left, top, right, bottom. pieces: characters or words of it,
    where it gives them.
    """

    name: str
    text: Located
    box: Any
    pieces: Sequence[Piece] = ()


def document(json: JsonSource, data: bytes, form: Form, pages: Sequence[Sequence[Line]]) -> Spliced:
    """The pages of lines as one document; a page begins a block.

    A line that runs across the gutter between columns is read in pieces, where the boxes of its characters tell.
    The score of a whole line says nothing of a character, and is not handed on.

    Raises FileError, naming the line of the file, where a line on the page has no box.
    """
    assembly = Assembly()
    for number, lines in enumerate(pages):
        boxes = [[b for b in map(_box, (piece.box for piece in line.pieces)) if b] for line in lines]
        em = median([b.right - b.left for row in boxes for b in row] or [0.0])
        between = gutters(boxes, em, slack=em / 4)
        segments = [segment for line in lines for segment in _segments(json, line, number, between, em)]
        for place in reading_order([segment.box for segment in segments]):
            if place.begins:
                assembly.end_block()
            segment = segments[place.line]
            assembly.word(segment.cells, segment.name, area=Area(number, segment.box))
        assembly.end_block()
    scans, areas = (Scan(),) * len(pages), assembly.areas
    text, words = assembly.text, tuple(assembly.words)
    return Spliced(json.name, data, json.source, form, text, assembly.spelled, words, scans=scans, areas=areas)


def read_lines(
    data: bytes, name: str, encoding: str | None, pages_of: Callable[[Any], Sequence[Sequence[Line]] | None], what: str
) -> Spliced:
    """The lines of a JSON file as one document.

    pages_of: what makes pages of lines of its value, None where it is something else; what: what it should have been.

    Raises FileError, naming the line of the file, where it is something else, and as document does.
    """
    json, form = parsed(data, name, encoding)
    pages = pages_of(json.value)
    if pages is None:
        raise json.error(0, f"expected what {what}, found something else")
    return document(json, data, form, pages)


class _Segment(NamedTuple):
    name: str
    box: Box
    cells: list[Cell]


def _segments(json: JsonSource, line: Line, scan: int, between: Sequence[Gutter], em: float) -> Iterator[_Segment]:
    """A line, in as many pieces as there are columns that it runs across; scan: the number of its page."""
    box = _box(line.box)
    if box is None:
        raise json.error(line.text.start, f"expected the corners of a line, found {str(line.box)[:40]}")
    cells = [Cell(ch, (place,)) for ch, place in json.letters(line.text)]
    pieces = [_piece(json, piece, scan) for piece in line.pieces]
    fine = [cell for piece in pieces for cell in piece]
    if not fine or not agree(cells, fine):
        yield _Segment(line.name, box, cells)
        return
    cells = aligned(cells, fine)
    boxes = [b for b in (_box(piece.box) for piece in line.pieces) if b]
    if len(boxes) < len(pieces):
        yield _Segment(line.name, box, cells)
        return
    first = 0
    for last in (*_cuts(boxes, between, em), len(pieces)):
        count = sum(not cell.char.isspace() for piece in pieces[first:last] for cell in piece)
        taken, cells = _taken(cells, count)
        yield _Segment(line.name, around(boxes[first:last]), taken)
        first = last


def _cuts(boxes: Sequence[Box], between: Sequence[Gutter], em: float) -> list[int]:
    """The pieces of a line with which another column begins: after the widest white near a gutter, if there is enough.

    A mark at the end of a line may hang in the gutter, so all the white around it counts.
    """
    found = []
    for gutter in between:
        gaps = {
            k: max(0.0, after.left - before.right)
            for k, (before, after) in enumerate(pairwise(boxes), 1)
            if abs((before.right + after.left) - (gutter.left + gutter.right)) <= 2 * em
        }
        if gaps and sum(gaps.values()) >= HANGING * em:
            found.append(max(gaps, key=lambda k: (gaps[k], -k)))
    return sorted(set(found))


def _piece(json: JsonSource, piece: Piece, scan: int) -> list[Cell]:
    """The characters of a piece; its box is that of its one character, or of all together."""
    letters = json.letters(piece.text)
    box = _box(piece.box)
    areas = shared_out(Area(scan, box), [1] * len(letters)) if box else [None] * len(letters)
    return [Cell(ch, (place,), piece.confidence, area=area) for (ch, place), area in zip(letters, areas, strict=True)]


def _taken(cells: list[Cell], count: int) -> tuple[list[Cell], list[Cell]]:
    """The cells up to the `count`th that is no white space, and the rest."""
    for at, cell in enumerate(cells):
        if not cell.char.isspace():
            if not count:
                return cells[:at], cells[at:]
            count -= 1
    return cells, []


def _box(corners: Any) -> Box | None:
    """The upright box around corners [[x, y], …], or left, top, right, bottom; None where they are neither."""
    if not isinstance(corners, list | tuple) or not corners:
        return None
    points = corners if all(isinstance(p, list | tuple) and len(p) == 2 for p in corners) else None
    if points is None:
        points = [corners[:2], corners[2:]] if len(corners) == 4 else []
    if not points or not all(_is_number(n) for p in points for n in p):
        return None
    across, down = zip(*points, strict=True)
    return Box(min(across), min(down), max(across), max(down))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
