"""Files that mean harm, or were cut short: refused with file and line, and nothing is written."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Ran
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import FILES, LAYOUT, replaced

from ocrfix.files import FileError
from ocrfix.formats import open_document

Run = Callable[..., Ran]

ALTO = FILES["alto-3.1.xml"].decode()
PAGE = FILES["page-2019.xml"].decode()
HOCR = FILES["tesseract.hocr"].decode()
LOOSE = FILES["loose.html"].decode()
PADDLE = FILES["paddleocr-2.json"].decode()
RAPID = FILES["rapidocr.json"].decode()


def with_doctype(text: str, doctype: str, inside: str = "") -> bytes:
    """An XML file with a document type of its own, and something put into the first text."""
    head, _, rest = text.partition("?>\n")
    return f"{head}?>\n{doctype}\n{rest}".replace('CONTENT="要"', f'CONTENT="{inside}要"', 1).encode()


BOMB = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
HOSTILE: dict[str, tuple[bytes, str]] = {
    "bomb.xml": (
        with_doctype(ALTO, f'<!DOCTYPE alto [<!ENTITY a "ha">{BOMB}]>', "&i;"),
        r"bomb\.xml:2: declares the entity 'a'",
    ),
    "quadratic.xml": (
        with_doctype(ALTO, f'<!DOCTYPE alto [\n<!ENTITY a "{"ha" * 100_000}">]>', "&a;" * 10_000),
        r"quadratic\.xml:\d+: declares the entity",
    ),
    "external.xml": (
        with_doctype(ALTO, '<!DOCTYPE alto [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
        r"external\.xml:2: declares the entity 'x'",
    ),
    "parameter.xml": (
        with_doctype(ALTO, '<!DOCTYPE alto [<!ENTITY % x SYSTEM "http://example.org/x.dtd"> %x;]>'),
        r"parameter\.xml:2: declares the entity 'x'",
    ),
    "bomb.hocr": (
        HOCR.replace('"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">', '"" [<!ENTITY a "ha">]>').encode(),
        r"bomb\.hocr:3: declares the entity 'a'",
    ),
    "deep.xml": (
        b'<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#">\n' + b"<a>" * 1_000_000,
        r"deep\.xml:2: elements nested more than 200 deep",
    ),
    "deep.html": (b'<html><div class="ocr_page">\n' + b"<b>" * 1_000_000, r"deep\.html:2: elements nested more than"),
    "deep.json": (b"[\n" + b"[" * 1_000_000, r"deep\.json:2: arrays and objects nested more than 200 deep"),
    "deep.jsonl": (b'{"text": "x"}\n{"text": ' + b"[" * 1_000_000, r"deep\.jsonl:2: arrays and objects nested"),
    "namespace.xml": (
        ALTO.replace("/ns-v3#", "/ns-v9#").encode(),
        r"namespace\.xml:2: expected <alto> of .*, found <alto> of http://www.loc.gov/standards/alto/ns-v9#; correct",
    ),
    "none.xml": (
        ALTO.replace(' xmlns="http://www.loc.gov/standards/alto/ns-v3#"', "").encode(),
        r"none\.xml:2: .*found <alto> of no namespace",
    ),
    "foreign.xml": (
        ALTO.replace("<Layout>", '<Layout xmlns="urn:other">').encode(),
        r"foreign\.xml:2: expected a <Layout> in <alto>, found none",
    ),
    "page-namespace.xml": (
        PAGE.replace("2019-07-15", "2009-03-16").encode(),
        r"page-namespace\.xml:2: expected <PcGts> of .*/2013-07-15 to 2019-07-15, found .*/2009-03-16",
    ),
    "other.xml": (b"<?xml version='1.0'?>\n<TEI xmlns='x'/>", r"other\.xml:1: expected ALTO, .*, found <TEI> of x"),
    "empty.xml": (b"", r"empty\.xml:1: not well-formed XML: no element found"),
    "no-layout.xml": (
        b'<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"/>',
        r"no-layout\.xml:1: expected a <Layout>",
    ),
    "no-box.xml": (
        ALTO.replace(' HPOS="32" VPOS="40"', ' VPOS="40"', 1).encode(),
        r"no-box\.xml:28: expected coordinates of a String .*no HPOS",
    ),
    "no-coords.xml": (
        re.sub(r'(<Word id="w2">\s*)<Coords [^>]*/>', r"\1", PAGE).encode(),
        r"no-coords\.xml:\d+: expected <Coords points=…> in <Word>, found none",
    ),
    "no-bbox.hocr": (
        HOCR.replace("title='bbox 94 10 174 30; x_wconf 49'", "title='x_wconf 49'").encode(),
        r"no-bbox\.hocr:\d+: expected `bbox` and four numbers in the title, found 'x_wconf 49'",
    ),
    "no-line-bbox.hocr": (
        HOCR.replace('title="bbox 10 40 310 60; baseline 0 0"', 'title="baseline 0 0"').encode(),
        r"no-line-bbox\.hocr:\d+: expected `bbox`",
    ),
    "no-box.json": (
        re.sub(r"\[\s*10,\s*34\s*\]", '"?"', PADDLE).encode(),
        r"no-box\.json:\d+: expected the corners of a line",
    ),
    "null-box.json": (
        RAPID.replace("[[50.0, 10.0]", "[[null, 10.0]", 1).encode(),
        r"null-box\.json:1: expected the corners",
    ),
    "mixed.xml": (
        ALTO.encode().replace("全面".encode(), "全面".encode("gb18030")),
        r"mixed\.xml:29: bytes that are not UTF-8, as the file declares",
    ),
    "bom.xml": (
        codecs.BOM_UTF8 + ALTO.replace("UTF-8", "GB18030", 1).encode(),
        r"bom\.xml:1: declares GB18030, but begins with the byte order mark of utf-8",
    ),
    "rot13.xml": (ALTO.replace("UTF-8", "rot13", 1).encode(), r"rot13\.xml:1: declares the encoding 'rot13'"),
    "truncated.xml": (ALTO[: ALTO.index("string_4")].encode(), r"truncated\.xml:28: not well-formed XML"),
    "cut-character.xml": (
        ALTO[: ALTO.index("全面") + 1].encode()[:-1],
        r"cut-character\.xml:29: bytes that are not UTF-8",
    ),
    "truncated.hocr": (HOCR[: len(HOCR) // 2].encode(), r"truncated\.hocr:\d+: not well-formed XML"),
    "truncated.html": (LOOSE[: LOOSE.index("<del")].encode(), r"truncated\.html:\d+: <\w+> is never closed"),
    "cut-tag.html": (
        LOOSE[: LOOSE.rindex("</")].encode() + b'<span title="',
        r"cut-tag\.html:\d+: a tag or comment that is never closed; the file is cut short",
    ),
    "truncated.json": (PADDLE[:-20].encode(), r"truncated\.json:\d+: not JSON: the file is cut short"),
    "other.json": (b'{"a": 1}', r"other\.json:1: expected JSON of RapidOCR or PaddleOCR"),
    "twice.xml": (ALTO.replace('WC="0.93"', 'WC="0.93" WC="1"', 1).encode(), r"twice\.xml:22: .*duplicate attribute"),
    "nul.xml": (ALTO.replace("要", "\0", 1).encode(), r"nul\.xml: expected text, found binary data"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_is_refused_with_file_and_line(name: str) -> None:
    data, message = HOSTILE[name]
    with pytest.raises(FileError, match=f"^{message}"):
        open_document(data, name)


def test_the_command_refuses_each_and_writes_nothing(ocrfix: Run, tmp_path: Path) -> None:
    for name, (data, _) in HOSTILE.items():
        (tmp_path / name).write_bytes(data)
    ran = ocrfix("check", "-w", *HOSTILE)
    assert ran.code == 2
    complaints = ran.stderr.splitlines()[:-1]
    assert len(complaints) == len(HOSTILE)
    for line, (_, message) in zip(complaints, HOSTILE.values(), strict=True):
        assert re.match(f"ocrfix: {message}", line)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {n: d for n, (d, _) in HOSTILE.items()}


@pytest.mark.parametrize(
    ("megabytes", "message"), [(30, r"nested more than 200 deep"), (200, r"expected 32 MB at most, found more")]
)
@pytest.mark.parametrize("name", ["page.xml", "page.hocr", "page.json"])
def test_many_megabytes_of_nested_elements(
    ocrfix: Run, tmp_path: Path, name: str, megabytes: int, message: str
) -> None:
    head, one = {
        "page.xml": (b'<?xml version="1.0"?><alto xmlns="http://www.loc.gov/standards/alto/ns-v4#">', b"<a>"),
        "page.hocr": (b"<html><div class='ocr_page'>", b"<b>"),
        "page.json": (b"", b"[[["),
    }[name]
    data = head + one * (megabytes * 1_000_000 // len(one))
    with pytest.raises(FileError, match=f"^{name}(:1)?: .*{message}"):
        open_document(data, name)
    (tmp_path / name).write_bytes(data)
    ran = ocrfix("check", "-w", name)
    assert ran.code == 2
    assert re.match(f"ocrfix: {name}(:1)?: .*{message}", ran.stderr)


@pytest.mark.parametrize(
    "data",
    [
        b"<?x?>" * 20_000,
        b"<!--" * 20_000,
        b"<!doctype a [" + b"]" * 60_000,
        b"<html><div class=ocr_page><span class=ocr_line title='bbox 1 2 3 4 " + b'a "a' * 20_000 + b"'>x</span></div>",
        b'[[[[0, 0], [1, 1]], "x", ' + b"9" * 5_000 + b"]]",
    ],
    ids=["instructions", "comments", "doctype", "title", "number"],
)
def test_nothing_takes_long_to_look_at(data: bytes) -> None:
    for name in ("page.xml", "page.html", "page.json", "page.txt"):
        try:
            open_document(data, name)
        except FileError as error:
            assert str(error).startswith(f"{name}:")


MANY = 30_000
"""So often that what takes the square of it would take minutes."""
ALTO_OF = '<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#">{}<Layout><Page ID="p">{}</Page></Layout></alto>'
PAGE_OF = '<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Page>{}</Page></PcGts>'
REGION = '<TextRegion><Coords points="0,0 1,0 1,1"/></TextRegion>'
LINE = '<span class="ocr_line" title="bbox 1 2 3 4">'
LONG = {
    "a chain": ALTO_OF.format("", "".join(f'<TextBlock ID="{k}" IDNEXT="{k + 1}"/>' for k in range(MANY))),
    "chains that meet": ALTO_OF.format("", "".join(f'<TextBlock ID="{k}" IDNEXT="0"/>' for k in range(MANY))),
    "blocks named together again and again": ALTO_OF.format(
        "<ReadingOrder>" + '<ElementRef REF="p"/>' * MANY + "</ReadingOrder>", "<TextBlock/>" * MANY
    ),
    "regions named together again and again": PAGE_OF.format(
        "<ReadingOrder>" + '<RegionRef regionRef="t"/>' * MANY + "</ReadingOrder>"
        f'<TableRegion id="t">{REGION * MANY}</TableRegion>'
    ),
    "lines within lines": '<html><div class="ocr_page">'
    + LINE * 150
    + "<i></i>" * MANY
    + '<b class="ocrx_word" title="bbox 1 2 3 4">x</b>'
    + "</span>" * 150
    + "</div></html>",
}


@pytest.mark.parametrize("name", LONG)
def test_nothing_takes_the_square_of_its_length(name: str) -> None:
    assert str(open_document(LONG[name].encode(), "page").text) == ("x" if name == "lines within lines" else "")


def test_elements_and_attributes_of_others_are_no_text() -> None:
    foreign = ALTO.replace("<alto ", '<alto xmlns:o="urn:other" ', 1)
    foreign = foreign.replace('CONTENT="要"', 'o:CONTENT="甲" CONTENT="要" o:WC="0"')
    foreign = foreign.replace("</TextLine>", '<o:String CONTENT="乙"/></TextLine>')
    document = open_document(foreign.encode(), "page.xml")
    assert document.text == open_document(ALTO.encode(), "page.xml").text


def test_a_usual_document_type_is_no_matter_and_is_not_fetched() -> None:
    assert b"<!DOCTYPE html PUBLIC" in FILES["tesseract.hocr"]
    known = HOCR.replace("中心。", "中心&hellip;").encode()  # declared by the DTD alone
    assert "中心" in str(open_document(known, "page.hocr").text)


@pytest.mark.parametrize("odd", ["\0", "\x01", "\x1b", "\ud800", "\ufffe"])
@pytest.mark.parametrize("name", LAYOUT)
def test_what_no_file_of_its_kind_can_hold_is_not_written(name: str, odd: str) -> None:
    document = open_document(FILES[name], name)
    change = replaced(document, "没", odd)
    if name.endswith(".json") and (odd != "\ud800" or FILES[name].isascii()):  # it has an escape for any character
        assert odd in str(open_document(document.rewritten([change]), name).text)
        return
    with pytest.raises(FileError, match=rf"^{name}: .* (no|NUL).*; nothing written"):
        document.rewritten([change])


@pytest.mark.parametrize("name", LAYOUT)
def test_who_reviewed_it_breaks_no_file(name: str) -> None:
    document = open_document(FILES[name], name)
    written = document.rewritten([replaced(document, "没", "设")], "reviewed by \x00\x1b\r\n\u202e--><&\"']]>")
    assert "设" in str(open_document(written, name).text)


def test_what_is_put_into_a_section_of_characters_does_not_end_it() -> None:
    document = open_document(FILES["page-2013.xml"], "page.xml")
    assert b"<![CDATA[" in FILES["page-2013.xml"]
    for old, new in (("A", "]]>"), ("A", "]]"), ("&", ">"), ("A", "<a>&amp;")):
        written = document.rewritten([replaced(document, old, new)])
        assert str(open_document(written, "page.xml").text) == str(document.text).replace(old, new, 1)
    with pytest.raises(FileError, match="can hold no"):
        document.rewritten([replaced(document, "A", "\x01")])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(LAYOUT)), st.data())
def test_any_damage_is_read_or_refused(name: str, data: st.DataObject) -> None:
    good = FILES[name]
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.one_of(st.just(len(good)), st.integers(start, min(len(good), start + 20))))
    bad = good[:start] + data.draw(st.binary(max_size=8)) + good[end:]
    try:
        document = open_document(bad, name)
    except FileError as error:
        assert str(error).startswith(f"{name}:")
    else:
        assert document.rewritten(()) == bad
