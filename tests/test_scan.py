"""Where a text stands on its page images: of every format that says so, and in every way that boxes can lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import LAYOUT, opened

from ocrfix.formats import open_document
from ocrfix.formats.scan import Area, Box, Scan, around, points_box, shared_out, spots

NAMED = {
    "alto-2.0.xml": Scan("", 800, 1000),
    "alto-3.1.xml": Scan("page.png", 800, 1000),
    "loose.html": Scan("", 800, 1000),
    "page-2013.xml": Scan("page.png", 800, 1000),
    "page-2019.xml": Scan("page.png", 800, 1000),
    "rapidocr.json": Scan(),
    "tesseract.hocr": Scan("page; 1.png", 800, 1000),
}


@pytest.mark.parametrize("name", NAMED)
def test_the_page_image_that_a_file_names(name: str) -> None:
    assert tuple(opened(name).scans) == (NAMED[name],)


@pytest.mark.parametrize("name", LAYOUT)
def test_every_character_that_a_word_or_line_spells_has_its_place(name: str) -> None:
    document = opened(name)
    if name == "page-2013.xml":  # one of its regions knows of no lines
        return
    without = [ch for ch, area in zip(str(document.text), document.areas, strict=True) if area is None]
    assert not "".join(without).strip()


def test_the_box_of_a_character_goes_before_its_share_of_the_word() -> None:
    for name, text in (("tesseract.hocr", "要坚"), ("alto-4.4.xml", "要坚")):
        document = opened(name)
        at = str(document.text).find(text)
        if at >= 0:
            one, other = spots(document.areas, at, at + 1), spots(document.areas, at + 1, at + 2)
            assert one[0].box.right <= other[0].box.left + 1


def test_pages_of_one_file_have_an_image_each() -> None:
    page = """<div class="ocr_page" title="image &quot;{0}.png&quot;; bbox 0 0 100 200"><span class="ocr_line"
        title="bbox 10 {0}0 90 30"><span class="ocrx_word" title="bbox 10 {0}0 90 30">人民日报</span></span></div>"""
    document = open_document("".join(map(page.format, (1, 2))).encode(), "page.hocr")
    assert tuple(document.scans) == (Scan("1.png", 100, 200), Scan("2.png", 100, 200))
    assert [area and area.scan for area in document.areas] == [0] * 4 + [None] * 2 + [1] * 4
    assert spots(document.areas, 7, 9) == (Area(1, Box(30, 20, 70, 30)),)


def test_a_file_of_several_pages_that_names_one_image_names_nobody_s() -> None:
    words = (
        '<TextBlock><TextLine><String HPOS="1" VPOS="2" WIDTH="40" HEIGHT="10" CONTENT="日报"/></TextLine></TextBlock>'
    )
    alto = (
        '<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description><sourceImageInformation><fileName>a.png'
        f'</fileName></sourceImageInformation></Description><Layout><Page WIDTH="9" HEIGHT="8">{words}</Page>{{0}}'
        "</Layout></alto>"
    )
    assert open_document(alto.format("").encode(), "x.xml").scans == [Scan("a.png", 9, 8)]
    two = open_document(alto.format(f"<Page>{words}</Page>").encode(), "x.xml")
    assert two.scans == [Scan("", 9, 8), Scan()]
    assert [area and area.scan for area in two.areas] == [0, 0, None, None, 1, 1]


ROW = [Area(0, Box(x, 0, x + 10, 12)) for x in (0, 10, 20)]
BELOW = Area(0, Box(0, 15, 10, 27))


@pytest.mark.parametrize(
    ("areas", "start", "end", "expected"),
    [
        (ROW, 0, 3, [(0, 0, 30, 12)]),
        ([*ROW, BELOW], 1, 4, [(10, 0, 30, 12), (0, 15, 10, 27)]),
        ([*ROW, None, None, BELOW], 3, 5, [(20, 0, 30, 12), (0, 15, 10, 27)]),  # the end of a paragraph
        (ROW, 1, 1, [(0, 0, 20, 12)]),  # an insertion
        (ROW, 0, 0, [(0, 0, 10, 12)]),
        (ROW, 3, 3, [(20, 0, 30, 12)]),
        ([Area(0, Box(0, y, 10, y + 10)) for y in (0, 11)], 0, 2, [(0, 0, 10, 21)]),  # from top to bottom
        ([Area(0, Box(x, 0, x + 10, 10)) for x in (0, 90)], 0, 2, [(0, 0, 10, 10), (90, 0, 100, 10)]),  # two columns
        ([Area(0, Box(0, 0, 9, 9)), Area(1, Box(9, 0, 18, 9))], 0, 2, [(0, 0, 9, 9), (9, 0, 18, 9)]),  # two pages
        ([None, None], 0, 2, []),
        ([], 4, 9, []),
    ],
)
def test_what_a_span_covers(areas: list[Area | None], start: int, end: int, expected: list[tuple[float, ...]]) -> None:
    assert [tuple(spot.box) for spot in spots(areas, start, end)] == expected


sides = st.integers(0, 50)
boxes = st.tuples(sides, sides, sides, sides).map(lambda s: Box(s[0], s[1], s[0] + s[2], s[1] + s[3]))


@given(st.lists(st.none() | boxes.map(lambda box: Area(0, box)), max_size=8), st.integers(0, 8), st.integers(0, 8))
def test_what_a_span_covers_is_what_its_characters_cover(areas: list[Area | None], one: int, other: int) -> None:
    start, end = sorted((one, other))
    own = [area.box for area in areas[start:end] if area]
    found = [spot.box for spot in spots(areas, start, end)]
    if own:
        assert around(found) == around(own)
        assert len(found) <= len(own)
    else:
        assert len(found) <= 2


@given(boxes, st.lists(st.sampled_from((0.5, 1)), min_size=1, max_size=6))
def test_parts_of_a_word_make_it_up(box: Box, weights: list[float]) -> None:
    parts = [part.box for part in shared_out(Area(0, box), weights)]
    assert len(parts) == len(weights)
    assert around(parts) == pytest.approx(box)


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "a,b", "inf,0 1,1", "nan,0 1,1"])
def test_points_that_are_none(text: str) -> None:
    assert points_box(text) is None
