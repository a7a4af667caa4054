"""Layout files read and written back: byte for byte without corrections, and with them only where they were made."""

from __future__ import annotations

import codecs
import json
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import (
    FILES,
    LAYOUT,
    XML,
    as_encoded,
    bare,
    boxes,
    correction,
    faults,
    glyph_boxes,
    opened,
    replaced,
    words,
)

from ocrfix import Corrector, OcrText
from ocrfix.files import FileError
from ocrfix.formats import FORMATS, correct_together, detect, from_rapidocr, open_document
from ocrfix.formats.together import joined
from ocrfix.model import Alternative
from ocrfix.options import INPUT_FORMATS
from ocrfix.spans import apply

SAID = {
    "alto-2.0.xml": words(["要坚持以经济建没为中心，全面发展。", "steel production增长8%。"]),
    "alto-3.1.xml": "要坚持以经济建没为中心，R&D全面发展。",
    "alto-4.4.xml": words(["要坚持以经济建没为中心。", "会议强调要稳中求进。"]),
    "loose.html": words(["要坚持以经济建没为中心，全面发展…", "钢铁GDP up"]),
    "paddleocr-2.json": "要坚持以经济建没为中心。",
    "paddleocr-3.json": "要坚持以经济建没为中心。",
    "page-2013.xml": words(["要坚持以经济建没为中心，A&B全面发展。", "会议强调要稳中求进。"]),
    "page-2019.xml": words(["要坚持以经济建没为中心。", "会议强调GDP up。"]),
    "rapidocr-3.json": "要坚持以经济建没为中心。",
    "rapidocr.json": words(
        ["要坚持以经济建没为中心，全面深化改革，不断发展。", "会议强调，要稳中求进，推动各项工作再上新台阶。"]
    ),
    "tesseract.hocr": words(["要坚持以经济建没为中心。", "R&D spending增长。"]),
}
KINDS = {name: re.match("[a-z]+", name)[0] for name in LAYOUT} | {"tesseract.hocr": "hocr", "loose.html": "hocr"}
SURE = {  # of 没, and what else the engine considered
    "alto-2.0.xml": (0.0, ()),
    "alto-3.1.xml": (0.9, ()),
    "alto-4.4.xml": (0.41, (Alternative("设", 0.38), Alternative("殁", 0.02))),
    "page-2019.xml": (0.42, (Alternative("设", 0.38), Alternative("殁", 0.02))),
    "rapidocr.json": (0.42, ()),
    "tesseract.hocr": (0.927, (Alternative("设", 0.3125),)),
}

layout = pytest.mark.parametrize("name", LAYOUT)


def test_there_is_a_file_of_each_layout_format() -> None:
    assert {*KINDS.values()} == {*FORMATS} - {"markdown", "jsonl", "parquet", "text"}
    assert (*FORMATS,) == INPUT_FORMATS


@layout
def test_is_recognised_by_its_content_whatever_it_is_called(name: str) -> None:
    assert detect(FILES[name], name) == KINDS[name]
    assert detect(FILES[name], "page.txt") == KINDS[name]
    assert detect(FILES[name]) == KINDS[name]


@layout
def test_says_its_blocks_in_reading_order(name: str) -> None:
    assert str(opened(name).text) == SAID[name]


@layout
def test_without_corrections_every_byte_is_its_own(name: str) -> None:
    document = opened(name)
    assert document.rewritten(()) == FILES[name]
    assert document.diff(()) == ""


@layout
def test_tells_how_sure_the_engine_was_of_each_character(name: str) -> None:
    text = opened(name).text
    at = str(text).index("没")
    if name not in SURE:  # of none, or too few
        assert isinstance(text, str)
        return
    assert isinstance(text, OcrText)
    sure, others = SURE[name]
    assert (text.confidences[at], text.alternatives[at]) == (pytest.approx(sure), others)
    assert all(p == 1 for ch, p in zip(str(text), text.confidences, strict=True) if ch.isspace())


def test_a_character_of_which_nothing_is_known_is_as_sure_as_most() -> None:
    text = opened("alto-4.4.xml").text
    assert isinstance(text, OcrText)
    assert text.confidences[str(text).index("会")] == 0.99


@layout
def test_what_the_corrector_finds_is_written_and_nothing_else(name: str) -> None:
    document = opened(name)
    (result,) = correct_together(Corrector().correct, [document])
    assert [(c.original, c.replacement) for c in result.corrections] == [("没", "设")]
    written = document.rewritten(result.corrections, "accept=0.83")
    assert str(open_document(written, name).text) == SAID[name].replace("没", "设") == result.text
    assert boxes(name, written) == boxes(name, FILES[name])
    if name in XML:
        assert faults(written) == []
        assert glyph_boxes(written) == glyph_boxes(FILES[name])


@layout
@pytest.mark.parametrize(
    "new", ["设", "设备", "", "设没备", "<设>&\"'"], ids=["one", "longer", "gone", "around", "marks"]
)
def test_a_correction_of_any_length_keeps_boxes_and_ids(name: str, new: str) -> None:
    document = opened(name)
    written = document.rewritten([replaced(document, "没", new)], "engine=generic")
    assert str(open_document(written, name).text) == SAID[name].replace("没", new)
    assert boxes(name, written) == boxes(name, FILES[name])
    if name in XML:
        assert faults(written) == []


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(LAYOUT)), st.data())
def test_any_corrections_are_found_again_in_the_file(name: str, data: st.DataObject) -> None:
    document = opened(name)
    text = str(document.text)
    corrections, at = [], 0
    while at < len(text):
        start = data.draw(st.integers(at, len(text)), "start")
        end = data.draw(st.integers(start, min(len(text), start + 4)), "end")
        made = correction(document, start, end, data.draw(st.text("设备茌。AB<&", max_size=3), "replacement"))
        if document.carries(made):
            corrections.append(made)
        at = end + 1
    written = document.rewritten(corrections)
    # The slow twin: the corrections made in the text. White space between words is the file's, and stays.
    assert bare(str(open_document(written, name).text)) == bare(apply(text, [c.edit for c in corrections]))
    assert boxes(name, written) == boxes(name, FILES[name])
    if name in XML:
        assert faults(written) == []
        assert all(box in glyph_boxes(FILES[name]) for box in glyph_boxes(written))


@pytest.mark.parametrize("name", XML)
def test_files_of_tests_keep_to_their_schemas_before_anything_is_written(name: str) -> None:
    assert faults(FILES[name]) == []


def test_faults_are_found() -> None:
    broken = FILES["alto-4.4.xml"].replace(b' GC="0.41"', b' CS="true"').replace('CONTENT="没"'.encode(), b'CONTENT=""')
    assert {fault.partition(" ")[0] for fault in faults(broken)} == {"<Glyph>", "a", "String"}


@layout
def test_the_diff_is_one_of_the_file_itself(name: str, tmp_path: Path) -> None:
    document = opened(name)
    made = [replaced(document, "没", "设")]
    (tmp_path / name).write_bytes(FILES[name])
    diff = document.diff(made, name, "accept=0.83").encode()
    subprocess.run(["patch", "--binary", "-p1"], input=diff, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / name).read_bytes() == document.rewritten(made, "accept=0.83")


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [
        ("UTF-8", codecs.BOM_UTF8),
        ("UTF-16", codecs.BOM_UTF16_LE),
        ("UTF-16BE", codecs.BOM_UTF16_BE),
        ("UTF-16LE", b""),
        ("UTF-16BE", b""),
        ("GB18030", b""),
        ("GBK", b""),
    ],
)
@pytest.mark.parametrize("name", XML)
def test_encodings_that_a_file_declares_stay(name: str, encoding: str, bom: bytes) -> None:
    data, form = as_encoded(name, encoding, bom)
    document = open_document(data, name)
    assert str(document.text) == SAID[name]
    assert document.rewritten(()) == data
    made = [replaced(document, "没", "设")]
    assert document.rewritten(made).removeprefix(bom).decode(form.encoding) == apply(
        document.source, document.edits(made)
    )
    assert str(open_document(document.rewritten(made), name).text) == SAID[name].replace("没", "设")


@pytest.mark.parametrize("name", XML)
def test_what_an_encoding_lacks_is_written_by_number(name: str) -> None:
    data, _ = as_encoded(name, "GB2312")
    document = open_document(data, name)
    written = document.rewritten([replaced(document, "没", "镕")])
    assert b"&#38229;" in written
    assert str(open_document(written, name).text) == SAID[name].replace("没", "镕")


# ---------------------------------------------------------------------------------------------------------------------
# Each format in its own manner.


def element(name: str, data: bytes, key: str, value: str) -> ET.Element:
    (found,) = [e for e in ET.fromstring(data).iter() if e.get(key) == value]
    return found


@pytest.mark.parametrize(
    ("name", "ident", "marked", "earlier"),
    [("alto-2.0.xml", "S2", "L1", 0), ("alto-3.1.xml", "string_3", "string_3", 0), ("alto-4.4.xml", "s1", "s1", 1)],
)
def test_alto_marks_what_was_corrected_and_keeps_what_was_printed(
    name: str, ident: str, marked: str, earlier: int
) -> None:
    document = opened(name)
    printed = element(name, FILES[name], "ID", ident).get("CONTENT", "")
    written = document.rewritten([replaced(document, "没", "设")], "accept=0.83; engine=generic")
    string = element(name, written, "ID", ident)
    assert string.get("CONTENT") == printed.replace("没", "设")
    kept = [(e.get("PURPOSE"), e.text) for e in string if e.tag.endswith("}ALTERNATIVE")]
    assert kept[earlier:] == [("printed", printed)]
    assert [e.get("ID") for e in ET.fromstring(written).iter() if e.get("CS")] == [marked]
    steps = [e for e in ET.fromstring(written).iter() if re.search(r"}(Processing|postProcessingStep)$", e.tag)]
    said = " ".join(text for step in steps[-1:] for text in step.itertext())
    assert "ocrfix" in said
    assert "accept=0.83; engine=generic" in said
    twice = open_document(written, name)
    again = twice.rewritten([replaced(twice, "设", "社"), replaced(twice, "中心", "核心")])
    assert faults(again) == []
    string = element(name, again, "ID", ident)
    assert [e.text for e in string if e.get("PURPOSE") == "printed"] == [printed]  # the engine's, not ours


def test_alto_reads_a_broken_word_whole_and_mends_all_that_spells_it() -> None:
    document = opened("alto-2.0.xml")
    written = document.rewritten([replaced(document, "production", "produktion")])
    strings = [element("", written, "ID", ident) for ident in ("S6", "S7")]
    assert [s.get("CONTENT") for s in strings] == ["pro", "duktion"]
    assert [s.get("SUBS_CONTENT") for s in strings] == ["produktion", "produktion"]


def test_alto_follows_idnext_where_there_is_no_reading_order() -> None:
    data = FILES["alto-4.4.xml"].decode()
    data = re.sub(r"<a:ReadingOrder>.*</a:ReadingOrder>\s*", "", data, flags=re.DOTALL)
    assert str(open_document(data.encode(), "x").text) == words(reversed(SAID["alto-4.4.xml"].split("\n\n")))
    data = data.replace('<a:TextBlock ID="upper">', '<a:TextBlock ID="upper" IDNEXT="lower">')
    assert str(open_document(data.encode(), "x").text) == SAID["alto-4.4.xml"]
    data = data.replace('<a:TextBlock ID="lower">', '<a:TextBlock ID="lower" IDNEXT="upper">')  # round and round
    assert sorted(str(open_document(data.encode(), "x").text).split("\n\n")) == sorted(
        SAID["alto-4.4.xml"].split("\n\n")
    )


def test_hocr_keeps_what_was_printed_in_the_title() -> None:
    document = opened("tesseract.hocr")
    written = document.rewritten([replaced(document, "没", "设")])
    title = element("", written, "id", "word_1_3").get("title")
    assert title == 'bbox 94 10 174 30; x_wconf 49; x_printed "经济建没"'
    twice = open_document(written, "tesseract.hocr")
    again = twice.rewritten([replaced(twice, "设", "社")])
    assert element("", again, "id", "word_1_3").get("title") == title
    assert element("", written, "name", "ocrfix").get("content", "").startswith("ocrfix ")


def test_hocr_that_says_xhtml_and_is_none_is_read_as_html() -> None:
    sloppy = FILES["tesseract.hocr"].decode().partition("?>\n")[2].replace("&amp;", "&")
    sloppy = re.sub("(<meta [^>]*?) ?/>", r"\1>", sloppy)
    document = open_document(sloppy.encode(), "page.html")
    assert str(document.text) == SAID["tesseract.hocr"]
    assert document.rewritten(()) == sloppy.encode()
    assert "经济建设" in str(open_document(document.rewritten([replaced(document, "没", "设")]), "page.html").text)


def test_page_keeps_what_was_printed_as_a_further_reading() -> None:
    document = opened("page-2019.xml")
    written = document.rewritten([replaced(document, "没", "设")], "accept=0.9")
    word = element("", written, "id", "w2")
    readings = [(e.get("index"), "".join(e.itertext()).strip()) for e in word if e.tag.endswith("}TextEquiv")]
    assert readings == [("0", "经济建设"), ("1", "经济建没")]
    step = element("", written, "type", "processingStep")
    assert step.get("value", "").startswith("ocrfix ")
    assert step[0][0].get("value") == "accept=0.9"
    untouched = element("", written, "id", "w1")
    assert ET.tostring(untouched) == ET.tostring(element("", FILES["page-2019.xml"], "id", "w1"))


def test_page_names_a_table_for_the_regions_in_it() -> None:
    region = '<{0} id="{1}"><Coords points="0,0 1,0 1,1"/>{2}</{0}>'
    cells = [region.format("TextRegion", n, f"<TextEquiv><Unicode>{n}</Unicode></TextEquiv>") for n in "甲乙丙"]
    order = '<ReadingOrder><UnorderedGroup id="o"><RegionRef regionRef="t"/></UnorderedGroup></ReadingOrder>'
    page = f"<Page>{order}{cells[2]}{region.format('TableRegion', 't', cells[0] + cells[1])}</Page>"
    data = f'<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15">{page}</PcGts>'
    assert str(open_document(data.encode(), "page.xml").text) == words("甲乙丙")


def test_page_2013_has_room_for_a_comment_only() -> None:
    document = opened("page-2013.xml")
    written = document.rewritten([replaced(document, "没", "设"), replaced(document, "发展", "进步")])
    assert element("", written, "id", "l1").get("comments") == "faint; printed: 要坚持以经济建没"
    assert "<!-- blurred -->" in written.decode()
    assert "<![CDATA[为中心，A&B]]>全面进步。" in written.decode()
    comments = next(e for e in ET.fromstring(written).iter() if e.tag.endswith("}Comments"))
    assert re.match("checked twice; corrected by ocrfix ", comments.text or "")


def test_page_leaves_a_level_alone_that_said_something_else() -> None:
    data = FILES["page-2019.xml"].replace("<Unicode>经济建没</Unicode>".encode(), "<Unicode>经济</Unicode>".encode())
    document = open_document(data, "page.xml")
    written = document.rewritten([replaced(document, "没", "设")])
    assert "".join(element("", written, "id", "w2").itertext()) == "".join(element("", data, "id", "w2").itertext())
    assert '<TextEquiv index="0"><Unicode>要坚持以 经济建设</Unicode>' in written.decode()


def test_rapidocr_columns_that_were_read_as_one_line_are_told_apart() -> None:
    document = opened("rapidocr.json")
    assert "没为中心" in str(document.text)
    made = [replaced(document, "没", ""), replaced(document, "会议", "大会议")]
    line = json.loads(document.rewritten(made))[0]
    assert line[1] == "要坚持以经济建大会议强调，要稳中"
    assert line[4][6:10] == ["建", "", "大会", "议"]
    assert line[0] == json.loads(FILES["rapidocr.json"])[0][0]


def test_rapidocr_results_of_each_version() -> None:
    first, *_ = lines = json.loads(FILES["rapidocr.json"])
    whole = str(opened("rapidocr.json").text)
    assert str(from_rapidocr(lines).text) == str(from_rapidocr((lines, [0.1, 0.2])).text) == whole
    assert str(from_rapidocr((None, None)).text) == ""
    newer = SimpleNamespace(
        boxes=[line[0] for line in lines],
        txts=tuple(line[1] for line in lines),
        scores=tuple(line[2] for line in lines),
        word_results=tuple(tuple(zip(line[4], line[5], line[3], strict=True)) for line in lines),
    )
    document = from_rapidocr(newer)
    assert document.text == opened("rapidocr.json").text
    assert json.loads(document.rewritten([replaced(document, "没", "设")]))[0][1] == first[1].replace("没", "设")
    without = from_rapidocr(SimpleNamespace(boxes=newer.boxes, txts=newer.txts, scores=newer.scores, word_results=()))
    assert isinstance(without.text, str)
    assert from_rapidocr(SimpleNamespace(boxes=None, txts=None, scores=None)).text == ""
    with pytest.raises(FileError, match="expected"):
        from_rapidocr(["no result"])


@pytest.mark.parametrize("empty", ["[]", "[null]", "[[]]", '{"rec_texts": [], "rec_polys": []}'])
def test_a_page_on_which_nothing_was_read(empty: str) -> None:
    document = open_document(empty.encode(), "page.json")
    assert (str(document.text), document.rewritten(())) == ("", empty.encode())


def test_pages_without_confidences_make_plain_text_of_an_issue() -> None:
    sure = OcrText.from_chars([("在", 0.6, []), ("平", 0.9, [])])
    assert joined([sure, "", sure]) == OcrText("在平\n\n\n\n在平", (0.6, 0.9, 1.0, 1.0, 1.0, 1.0, 0.6, 0.9), ((),) * 8)
    assert joined([sure, "在平"]) == "在平\n\n在平"
    assert joined(["", ""]) == "\n\n"
