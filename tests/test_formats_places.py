"""Where in its file each character stands, and what becomes of what is put in beside it: every place of every file."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import pytest
from layouts import FILES, LAYOUT, bare, correction, faults, opened, replaced, source_of

from ocrfix import OcrText
from ocrfix.files import FileError
from ocrfix.formats import open_document
from ocrfix.formats.document import BREAK, Origin

layout = pytest.mark.parametrize("name", LAYOUT)


@layout
def test_a_break_or_an_insertion_stands_where_its_nearest_character_does(name: str) -> None:
    document = source_of(opened(name))
    text = str(document.text)
    for at in range(len(text) + 1):
        # Before it, for a break; only at the very beginning of something there is none.
        near = next((k for k in (at, at - 1, at + 1, at + 2) if 0 <= k < len(text) and document.spelled[k]), None)
        assert near is not None
        (start, *_) = sorted(spelling.start for spelling in document.spelled[near])
        names = [word.name for word in document.words if word.start <= near < word.end]
        assert document.origin(at) == Origin(start, *names)
    assert document.origin(len(text) + 2) == Origin(0)


@layout
def test_an_insertion_anywhere_is_found_again(name: str) -> None:
    document = opened(name)
    text = str(document.text)
    for at in range(len(text) + 1):
        made = correction(document, at, at, "鑫")
        inside = text[at - 1 : at + 1] == BREAK  # between two lines of nothing
        assert document.carries(made) != inside
        if not inside:
            written = document.rewritten([made])
            again = str(open_document(written, name).text)
            assert bare(again) == bare(text[:at] + "鑫" + text[at:])
            assert faults(written) == [] if name.endswith(".xml") else True
            assert again.split(BREAK)[text[:at].count(BREAK)].count("鑫") == 1 or BREAK not in text


@layout
def test_each_character_can_go(name: str) -> None:
    document = opened(name)
    text = str(document.text)
    for at in range(len(text)):
        made = correction(document, at, at + 1, "")
        if text[at].isspace():
            continue
        assert document.carries(made)
        written = document.rewritten([made])
        assert bare(str(open_document(written, name).text)) == bare(text[:at] + text[at + 1 :])
        if name.endswith(".xml"):
            assert faults(written) == []


def test_a_further_reading_has_a_number_of_its_own() -> None:
    """The engine's readings may be numbered in any way: even, odd, or not at all."""
    word = re.compile(r'(<Word id="w2">.*?)(<TextEquiv.*?)(</Word>)', re.DOTALL)
    for numbers in ([0], [0, 1], [0, 1, 2], [1, 4], [None], [3]):
        readings = "".join(
            f'<TextEquiv index="{n}"><Unicode>经济建{ch}</Unicode></TextEquiv>'
            for n, ch in zip(numbers, "没设殁", strict=False)
        ).replace(' index="None"', "")
        page = re.sub(r"<Glyph .*?</Glyph>", "", FILES["page-2019.xml"].decode(), flags=re.DOTALL)
        data = word.sub(lambda found, new=readings: found[1] + new + found[3], page).encode()
        document = open_document(data, "page.xml")
        written = document.rewritten([replaced(document, "没", "社")])
        (found,) = [e for e in ET.fromstring(written).iter() if e.get("id") == "w2"]
        said = {e.get("index"): "".join(e.itertext()) for e in found if e.tag.endswith("}TextEquiv")}
        assert len(said) == len(numbers) + 1
        assert said[min(said, key=lambda n: int(n or 0))] == "经济建社"
        assert said[max(said, key=lambda n: int(n or 0))] == "经济建没"


def test_page_2013_gets_a_comment_where_it_has_none_and_keeps_an_empty_one() -> None:
    comment = "<pc:Comments>checked twice</pc:Comments>"
    for instead, said in (("", "corrected by ocrfix"), ("<pc:Comments></pc:Comments>", "")):
        data = FILES["page-2013.xml"].decode().replace(comment, instead)
        document = open_document(data.encode(), "page.xml")
        written = document.rewritten([replaced(document, "没", "设")], "accept=0.83")
        assert faults(written) == []
        (found,) = [e for e in ET.fromstring(written).iter() if e.tag.endswith("}Comments")]
        assert (found.text or "").startswith(said)
        assert ("accept=0.83" in (found.text or "")) == bool(said)


@pytest.mark.parametrize("before", ["", " ", "  "])
def test_page_2013_gets_a_comment_wherever_the_line_stands(before: str) -> None:
    data = FILES["page-2013.xml"].decode().replace("checked twice", f"checked twice{before}")
    document = open_document(data.encode(), "page.xml")
    written = document.rewritten([replaced(document, "发展", "进步")])
    (line,) = [e for e in ET.fromstring(written).iter() if e.get("id") == "l2"]
    assert line.get("comments") == "printed: 为中心，A&B全面发展。"


def test_html_in_gbk_need_not_say_so() -> None:
    data = FILES["loose.html"].decode().replace("<META charset=utf-8>", "").replace("&#65292;", "，")
    document = open_document(data.encode("gbk"), "page.html")
    assert data.startswith("<!DOCTYPE")
    assert document.text == opened("loose.html").text
    assert document.rewritten([replaced(document, "没", "设")]).decode("gbk").count("设") == 1


@pytest.mark.parametrize("name", ["alto-3.1.xml", "loose.html"])
def test_elements_are_counted_one_by_one(name: str) -> None:
    many = len(re.findall(rb"<[A-Za-z]", FILES[name]))
    for most, fits in ((many, True), (many - 1, False)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ocrfix.formats.markup.ELEMENTS", most)
            if fits:
                open_document(FILES[name], name)
                continue
            with pytest.raises(FileError, match=rf"^{name}:\d+: more than {most} elements; split the file"):
                open_document(FILES[name], name)


@pytest.mark.parametrize("side", ["HPOS", "VPOS", "WIDTH", "HEIGHT"])
def test_a_string_of_alto_without_a_side_is_where_its_shape_is(side: str) -> None:
    data = re.sub(r"<a:Glyph .*(/>|</a:Glyph>)\s*", "", FILES["alto-4.4.xml"].decode())
    data = re.sub(rf'(ID="s1" [^>]*) {side}="\d+"', r"\1", data)
    document = open_document(data.encode(), "page.xml")
    areas = [area for area in document.areas[:8] if area]
    assert (areas[0].box.left, areas[0].box.top, areas[-1].box.right, areas[-1].box.bottom) == (10, 10, 170, 30)


def test_hocr_is_tesseracts_where_it_says_so_under_that_name_alone() -> None:
    word = '<div class="ocr_page"><span class="ocrx_word" title="bbox 1 2 3 4; x_wconf 75">经济</span></div>'
    head = '<html><head><meta name="ocr-system" content="{}"><meta name="generator" content="{}"></head>'
    for system, other, sure in (("ocropus 1.3", "tesseract 5", 0.75), ("tesseract 5.3", "ocropus 1", 1 - 0.25 / 7)):
        text = open_document(f"{head.format(system, other)}{word}</html>".encode(), "page.html").text
        assert isinstance(text, OcrText)
        assert text.confidences == pytest.approx([sure, sure])


def test_boxes_of_paddleocr_may_be_four_numbers() -> None:
    page = json.loads(FILES["paddleocr-3.json"])
    corners = open_document(json.dumps(page).encode(), "page.json").areas
    del page["res"]["rec_polys"]
    assert open_document(json.dumps(page).encode(), "page.json").areas == corners
    for boxes in ([[10, 10, 170], [10, 34, 90]], [[10, 10, 170, 30, 1]] * 2, [[], []]):
        page["res"]["rec_boxes"] = boxes
        with pytest.raises(FileError, match=r"^page\.json:1: expected the corners of a line"):
            open_document(json.dumps(page).encode(), "page.json")
