"""Where on its page images does a text stand?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

VERTICAL = 1.5
"""A word of several characters that is so many times as high as wide is set from top to bottom."""
SAME_LINE = 0.5
"""Of the height of the lower of two boxes: so much they share where they stand on one line."""


class Box(NamedTuple):
    """A rectangle on a page image: left, top, right, bottom, in the unit of its file, to the right and down."""

    left: float
    top: float
    right: float
    bottom: float


class Area(NamedTuple):
    """A rectangle, and the number, from 0, of the page image that it lies on."""

    scan: int
    box: Box


class Scan(NamedTuple):
    """A page image as a file speaks of it.

    image: its name there, empty where it has none. width, height: in the unit of the boxes; 0 where it is pixels of
    the image itself.
    """

    image: str = ""
    width: float = 0
    height: float = 0


def shared_out(area: Area, weights: Sequence[float]) -> list[Area]:
    """The area of a word in parts, side by side or one below the other, one for each of its characters.

    weights: how much room each takes.

    >>> [tuple(part.box)[:3:2] for part in shared_out(Area(0, Box(0, 0, 50, 20)), (1, 1, 0.5))]
    [(0.0, 20.0), (20.0, 40.0), (40.0, 50.0)]
    """
    scan, (left, top, right, bottom) = area
    upright = len(weights) > 1 and bottom - top > VERTICAL * (right - left)
    whole = sum(weights) or 1.0
    parts = []
    past = 0.0
    for weight in weights:
        first, last = past / whole, (past + weight) / whole
        past += weight
        if upright:
            box = Box(left, top + first * (bottom - top), right, top + last * (bottom - top))
        else:
            box = Box(left + first * (right - left), top, left + last * (right - left), bottom)
        parts.append(Area(scan, box))
    return parts


def spots(areas: Sequence[Area | None], start: int, end: int) -> tuple[Area, ...]:
    """What characters start to end of a text cover on the page images: a rectangle for each line that they stand on.

    areas: of each character of the text. Of an insertion it is the characters on either side.

    >>> line = [Area(0, Box(x, 0, x + 10, 12)) for x in (0, 10, 20)] + [Area(0, Box(0, 15, 10, 27))]
    >>> [tuple(spot.box) for spot in spots(line, 1, 4)]
    [(10, 0, 30, 12), (0, 15, 10, 27)]
    """
    within: Iterable[int] = range(max(0, start), min(end, len(areas)))
    if not any(areas[at] for at in within):
        before = next((at for at in range(min(start, len(areas)) - 1, -1, -1) if areas[at]), None)
        after = next((at for at in range(max(0, end), len(areas)) if areas[at]), None)
        within = [at for at in (before, after) if at is not None]
    found: list[Area] = []
    last: Area | None = None
    for area in filter(None, (areas[at] for at in within)):
        if last and last.scan == area.scan and _on_one_line(last.box, area.box):
            found[-1] = Area(area.scan, around((found[-1].box, area.box)))
        else:
            found.append(area)
        last = area
    return tuple(found)


def around(boxes: Iterable[Box]) -> Box:
    """The box around boxes; raises ValueError where there are none."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return Box(min(left), min(top), max(right), max(bottom))


def number_box(text: str) -> Box | None:
    """The box that four numbers make, with white space between them; None where they are none.

    >>> number_box("148 26 186 86"), number_box("148 26")
    (Box(left=148.0, top=26.0, right=186.0, bottom=86.0), None)
    """
    try:
        numbers = [float(part) for part in text.split()]
    except ValueError:
        return None
    return proper(*numbers) if len(numbers) == 4 else None


def points_box(text: str) -> Box | None:
    """The box around points: "x,y x,y …", or the same numbers without commas; None where they are none.

    >>> points_box("10,20 30,20 30,44 10,44")
    Box(left=10.0, top=20.0, right=30.0, bottom=44.0)
    """
    try:
        numbers = [float(part) for part in text.replace(",", " ").split()]
    except ValueError:
        return None
    if not numbers or len(numbers) % 2:
        return None
    across, down = numbers[::2], numbers[1::2]
    return proper(min(across), min(down), max(across), max(down))


def proper(left: float, top: float, right: float, bottom: float) -> Box | None:
    """A box, if it is one that has a place on a page: finite, and not the wrong way round."""
    if all(abs(side) < 1e9 for side in (left, top, right, bottom)) and left <= right and top <= bottom:
        return Box(left, top, right, bottom)
    return None


def _on_one_line(one: Box, other: Box) -> bool:
    """Whether two characters that are read one after the other stand side by side, or one below the other, and close.

    At the same height in two columns they lie too far apart.
    """
    across = min(one.right, other.right) - max(one.left, other.left)  # below 0: so much white is between them
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    wide = min(one.right - one.left, other.right - other.left)
    high = min(one.bottom - one.top, other.bottom - other.top)
    return (down > SAME_LINE * high and -across < 2 * high) or (across > SAME_LINE * wide and -down < wide)
