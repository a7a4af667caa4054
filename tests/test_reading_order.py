"""Lines in the order in which a page is read: columns, headlines, paragraphs, vertical text."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix.formats.reading_order import Box, Place, gutters, reading_order

WIDE, HIGH, WHITE = 200, 20, 30


def page(columns: list[list[tuple[bool, bool]]], headline: bool) -> list[tuple[Box, bool]]:
    """A page in its order: of each line (indented, short), and whether a paragraph begins with it."""
    found: list[tuple[Box, bool]] = []
    top = 0
    if headline:
        found.append((Box(0, 0, len(columns) * (WIDE + WHITE) - WHITE, 40), True))
        top = 60
    before_short = True
    for c, lines in enumerate(columns):
        left = c * (WIDE + WHITE)
        for k, (indented, short) in enumerate(lines):
            box = Box(left + 40 * indented, top + 24 * k, left + WIDE - 60 * short, top + 24 * k + HIGH)
            found.append((box, before_short or indented))
            before_short = short
    return found


# A column tells its margins by a line that is full.
full = st.just((False, False))
columns = st.lists(
    st.tuples(full, st.lists(st.tuples(st.booleans(), st.booleans()), max_size=8)), min_size=1, max_size=4
)


@settings(max_examples=300, deadline=None)
@given(columns, st.booleans(), st.booleans(), st.integers(0, 99))
def test_columns_are_read_one_after_another(
    drawn: list[tuple[tuple[bool, bool], list[tuple[bool, bool]]]], headline: bool, vertical: bool, seed: int
) -> None:
    made = page([[first, *rest] for first, rest in drawn], headline)
    boxes = [box for box, _ in made]
    if vertical:  # the page turned: columns from the right, each from top to bottom
        boxes = [Box(-b.bottom, b.left, -b.top, b.right) for b in boxes]
    order = list(range(len(boxes)))
    random.Random(seed).shuffle(order)  # engines find lines in any order
    read = reading_order([boxes[k] for k in order])
    assert [order[place.line] for place in read] == list(range(len(boxes)))
    assert [place.begins for place in read] == [begins for _, begins in made]


@pytest.mark.parametrize("merged", range(20))
@pytest.mark.parametrize("vertical", [False, True])
def test_a_line_that_was_read_across_two_columns_does_not_part_them(merged: int, vertical: bool) -> None:
    made = [box for box, _ in page([[(False, False)] * 20] * 3, headline=False)]
    boxes = [box for k, box in enumerate(made) if k != 20 + merged]
    boxes[merged] = made[merged]._replace(right=made[20 + merged].right)
    if vertical:
        boxes = [Box(-b.bottom, b.left, -b.top, b.right) for b in boxes]
    read = reading_order(boxes)
    assert [place.line for place in read] == list(range(len(boxes)))
    # The line that is missing in the second column leaves white, after which a paragraph begins.
    assert [k for k, place in enumerate(read) if place.begins] == [0, *([20 + merged] if 0 < merged < 19 else [])]


box = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h), *(st.integers(0, 500),) * 2, st.integers(1, 300), st.integers(1, 60)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(box, max_size=30))
def test_every_line_is_read_once(boxes: list[Box]) -> None:
    assert sorted(place.line for place in reading_order(boxes)) == list(range(len(boxes)))


def test_a_spiral_of_lines_is_read_too() -> None:
    boxes, left, top, right, bottom = [], 0, 0, 100_000, 100_000
    for _ in range(1000):  # each line shuts off one side of what is left
        boxes += [Box(left, top, left + 9, bottom), Box(left + 20, top, right, top + 9)]
        left, top = left + 20, top + 20
    assert sorted(place.line for place in reading_order(boxes)) == list(range(2000))


def test_a_line_that_was_found_in_two_pieces_is_one() -> None:
    lines = [Box(0, 0, 200, 20), Box(104, 25, 200, 44), Box(0, 24, 100, 45), Box(0, 48, 200, 68)]
    assert reading_order(lines) == [Place(0, True), Place(2, False), Place(1, False), Place(3, False)]


def test_a_gutter_is_white_that_few_lines_cross() -> None:
    row = [Box(x, 0, x + 20, 20) for c in (0, 230) for x in range(c, c + 200, 20)]
    across = [Box(x, 0, x + 20, 20) for x in range(0, 430, 20)]
    assert [round(g.left) for g in gutters([row] * 20, em=20)] == [200]
    assert [round(g.left) for g in gutters([row] * 20 + [across], em=20)] == [200]
    assert gutters([row] * 5 + [across] * 5, em=20) == []
    assert gutters([], em=0) == []
