"""In which order are the lines on a page read: columns, and paragraphs that run from one to the next."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ocrfix.formats.scan import Box

GUTTER = 0.4
"""Of the height of a line: so wide is the white between two columns at least."""
CROSSED = 0.08
"""Of the lines of a page: so many may run across the white between two columns, read as one or slipped in."""
INDENT = 1.0
"""Of the height of a line: so far in begins a paragraph at least."""
SHORT = 1.5
"""Of the height of a line: so far from the margin ends a paragraph's last line at least."""
LEADING = 1.2
"""Of the height of a line: so much white between two lines sets them apart."""
DEPTH = 50
"""Cuts within one another; a page has about three."""
SIZE = 1.4
"""So much higher or lower is a line of another size of type at least."""


class Gutter(NamedTuple):
    """The white between two columns, from left to right."""

    left: float
    right: float


class Place(NamedTuple):
    """The index of a line, and whether a paragraph begins with it."""

    line: int
    begins: bool


def reading_order(boxes: Sequence[Box]) -> list[Place]:
    """The lines in the order in which they are read: columns from left to right, of vertical text from right to left.

    A page is cut where white runs through it, down between columns or across above them (Nagy & Seth 1984). A paragraph
    begins where a line is indented, is of another size, follows one that ends early, or stands well below it; it may
    run on in the next column.

    >>> left = [Box(20, 0, 100, 10), Box(0, 12, 100, 22)]
    >>> right = [Box(120, 0, 220, 10), Box(120, 12, 180, 22)]
    >>> reading_order([left[0], right[0], left[1], right[1]])
    [Place(line=0, begins=True), Place(line=2, begins=False), Place(line=1, begins=False), Place(line=3, begins=False)]
    """
    if not boxes:
        return []
    upright = sum(b.bottom - b.top > 1.5 * (b.right - b.left) for b in boxes)
    if 2 * upright > len(boxes):  # vertical text: a page turned by a quarter
        boxes = [Box(b.top, -b.right, b.bottom, -b.left) for b in boxes]
    height = median(b.bottom - b.top for b in boxes)
    boxes = _kept_apart(boxes, height)
    return _paragraphs(boxes, _columns(boxes, range(len(boxes)), height), height)


def gutters(lines: Sequence[Sequence[Box]], em: float, slack: float = 0.0) -> list[Gutter]:
    """Where the white between two columns runs down a page, from left to right.

    lines: of each line its box, or those of its characters. em: the usual size of a character. slack: how far the sides
    of a box may be out. An engine that finds lines may take those of neighbouring columns for one: a few may cross.

    >>> row = [Box(x, 0, x + 10, 10) for x in (0, 11, 22, 60, 71, 82)]
    >>> gutters([row, row], em=10)
    [Gutter(left=32.0, right=60.0)]
    """
    allowed = CROSSED * sum(bool(line) for line in lines)
    steps = Counter[float]()
    for box in (box for line in lines for box in line):
        edge = min(slack, (box.right - box.left) / 4)
        steps[box.left + edge] += 1
        steps[box.right - edge] -= 1
    found: list[Gutter] = []
    covered, end = 0, math.inf
    for at, after in pairwise(sorted(steps)):
        covered += steps[at]
        if covered > allowed:
            if at - end - 2 * slack > GUTTER * em:
                found.append(Gutter(end + slack, at - slack))
            end = after
    return found


def _kept_apart(boxes: Sequence[Box], height: float) -> list[Box]:
    """The boxes of lines, of those that run across a gutter the part on one side: the left, unless it is but an edge.

    A line of larger type may well run across: it is a headline.
    """
    usual = [box for box in boxes if box.bottom - box.top <= SIZE * height]
    between = list(_white(usual, gutters([[box] for box in usual], height), height))
    kept = []
    for box in boxes:
        for gutter in between if box.bottom - box.top <= SIZE * height else ():
            if box.left < gutter.right and gutter.left < box.right:
                slips_in = gutter.right - box.left < min(2 * height, box.right - gutter.left)
                box = box._replace(left=gutter.right) if slips_in else box._replace(right=gutter.left)
        kept.append(box)
    return kept


def _white(boxes: Sequence[Box], between: Sequence[Gutter], height: float) -> Iterator[Gutter]:
    """Gutters without the ends of lines that reach far into them; where a line lies there is a short column, no gutter.

    A mark that hangs in the gutter, or a box that is too wide by a character, does not make it narrower.
    """
    for left, right in between:
        ends = [b.right for b in boxes if b.left < left < b.right - height and b.right < right]
        starts = [b.left for b in boxes if left < b.left < right - height and right < b.right]
        column = any(left <= b.left and b.right <= right for b in boxes)
        gutter = Gutter(max([left, *ends]), min([right, *starts]))
        if gutter.right - gutter.left > GUTTER * height and not column:
            yield gutter


def _columns(boxes: Sequence[Box], lines: Sequence[int], height: float, depth: int = 0) -> list[list[int]]:
    """Lines as columns, in order, each from top to bottom. depth: how many cuts have led here."""
    white = GUTTER * height
    columns = _apart(lines, lambda k: (boxes[k].left, boxes[k].right), white)
    rows = _rows(boxes, lines, height)
    if depth > DEPTH:
        return [[k for row in rows for k in row]]
    if len(columns) > 1:
        return [part for column in columns for part in _columns(boxes, column, height, depth + 1)]
    groups: list[list[int]] = []
    reach: list[list[tuple[float, float]]] = []  # of each group, what its columns cover from left to right
    for row in rows:
        own = _covered([(boxes[k].left, boxes[k].right) for k in row], white)
        both = _covered(own + reach[-1], white) if groups else []
        # Rows stay together while the same white runs down between their columns, or while they have but one.
        if len(both) > 1 or (groups and len(own) == len(reach[-1]) == 1):
            groups[-1] += row
            reach[-1] = both
        else:
            groups.append(list(row))
            reach.append(own)
    if len(groups) > 1:
        return [part for group in groups for part in _columns(boxes, group, height, depth + 1)]
    return [[k for row in rows for k in row]]


def _rows(boxes: Sequence[Box], lines: Sequence[int], height: float) -> list[list[int]]:
    """Lines side by side, from top to bottom; those of a row from left to right, unless one stands above another."""
    shrink = height / 4  # lines on a slope overlap a little
    found = []
    for row in _apart(lines, lambda k: (boxes[k].top + shrink, boxes[k].bottom - shrink), 0):
        beside = len(_covered([(boxes[k].left, boxes[k].right) for k in row], 0)) == len(row)
        found.append(sorted(row, key=lambda k: (boxes[k].left if beside else boxes[k].top, k)))
    return found


def _apart(lines: Sequence[int], span: Callable[[int], tuple[float, float]], white: float) -> list[list[int]]:
    """Lines in parts between which there is white of more than this width, in order."""
    parts: list[list[int]] = []
    reach = -math.inf
    for k in sorted(lines, key=lambda k: (span(k), k)):
        start, end = span(k)
        if parts and start <= reach + white:
            parts[-1].append(k)
        else:
            parts.append([k])
        reach = max(reach, end)
    return parts


def _covered(spans: Sequence[tuple[float, float]], white: float) -> list[tuple[float, float]]:
    """What spans cover, those joined between which there is white of no more than this width."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1] + white:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _paragraphs(boxes: Sequence[Box], columns: Sequence[Sequence[int]], height: float) -> list[Place]:
    places: list[Place] = []
    short = True
    tall = 0.0
    for column in columns:
        left = min(boxes[k].left for k in column)
        right = max(boxes[k].right for k in column)
        above: Box | None = None
        for k in column:
            box = boxes[k]
            beside = above is not None and box.left >= above.right and box.top < above.bottom - height / 4
            begins = short or box.left - left > INDENT * height
            begins = begins or (above is not None and box.top - above.bottom > LEADING * height)
            low, high = sorted((tall, box.bottom - box.top))
            places.append(Place(k, (begins or high > SIZE * low) and not beside))
            short, tall, above = right - box.right > SHORT * height, box.bottom - box.top, box
    return places
