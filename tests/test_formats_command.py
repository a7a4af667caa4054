"""The command on layout files, folders of them, and issues."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import DAMAGED, MENDED, Ran
from layouts import FILES, FOLDER, LAYOUT

from ocrfix.formats import open_document
from ocrfix.spans import Edit, apply

Run = Callable[..., Ran]

METS = (FOLDER / "mets.xml").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of every layout file, and of others that are none."""
    for name, data in LAYOUT.items():
        (tmp_path / "in" / "deeper").mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / ("deeper" if name.endswith(".json") else "") / name).write_bytes(data)
    (tmp_path / "in" / "settings.json").write_text('{"text": "经济建没"}')
    (tmp_path / "in" / "tei.xml").write_text("<TEI>经济建没</TEI>")
    (tmp_path / "in" / "page.html").write_text("<html><p>经济建没</p></html>")
    (tmp_path / "in" / "mets.xml").write_text(METS)
    (tmp_path / "in" / ".hidden.xml").write_bytes(LAYOUT["alto-3.1.xml"])
    return tmp_path / "in"


def test_a_folder_is_searched_for_layout_files_and_the_rest_is_passed_over(ocrfix: Run, folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    ran = ocrfix("check", "in")
    assert ran.code == 1
    assert re.match(f"{len(LAYOUT)} corrections to make, in {len(LAYOUT)} of {len(LAYOUT)} files", ran.stderr)
    assert {path: path.read_bytes() for path in before} == before
    assert ocrfix("check", "-w", "in").code == 0
    for path, data in before.items():
        if path.name in LAYOUT:
            assert str(open_document(path.read_bytes(), path.name).text) == str(
                open_document(data, path.name).text
            ).replace("没", "设")
        else:
            assert path.read_bytes() == data
    assert ocrfix("check", "in").code == 0


@pytest.mark.parametrize(
    ("name", "element"),
    [("alto-4.4.xml", "s1"), ("tesseract.hocr", "word_1_3"), ("page-2019.xml", "w2"), ("rapidocr.json", "line 1")],
)
def test_a_finding_names_the_element_and_where_it_stands_in_the_file(
    ocrfix: Run, tmp_path: Path, name: str, element: str
) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    line, column = re.match(rf"{name}:(\d+):(\d+): {element} \[没→设\] \w+ ", ocrfix("check", name).out).groups()
    assert FILES[name].decode().split("\n")[int(line) - 1][int(column) - 1] == "没"
    found = json.loads(ocrfix("check", "--format", "json", name).out)
    assert (found["element"], found["line"], found["column"]) == (element, int(line), int(column))
    sarif = json.loads(ocrfix("check", "--format", "sarif", name).out)["runs"][0]["results"][0]
    assert sarif["locations"][0]["logicalLocations"] == [{"name": element}]
    assert sarif["locations"][0]["physicalLocation"]["region"]["startLine"] == int(line)
    assert "fixes" not in sarif


def test_the_diff_of_a_layout_file_is_one_that_patch_takes(ocrfix: Run, tmp_path: Path) -> None:
    (tmp_path / "page.xml").write_bytes(FILES["alto-2.0.xml"])
    diff = ocrfix("check", "--diff", "page.xml")
    assert diff.code == 1
    shutil.copy(tmp_path / "page.xml", tmp_path / "other.xml")
    assert ocrfix("check", "-w", "other.xml").code == 0
    patch = ["patch", "--binary", "-p1"]
    subprocess.run(patch, input=diff.stdout, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "page.xml").read_bytes() == (tmp_path / "other.xml").read_bytes()
    assert b"accept=0.83; engine=generic" in (tmp_path / "page.xml").read_bytes()


@pytest.mark.parametrize("name", ["alto-4.4.xml", "tesseract.hocr", "rapidocr.json", "page.md", "rows.jsonl"])
def test_a_report_of_any_file_can_be_applied(ocrfix: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    report = ocrfix("check", "--format", "json", name)
    assert report.code == 1
    (tmp_path / "changes.json").write_bytes(report.stdout)
    assert ocrfix("apply", "changes.json").code == 0
    before, after = (str(open_document(data, name).text) for data in (FILES[name], (tmp_path / name).read_bytes()))
    made = [json.loads(line) for line in report.out.splitlines()]
    assert after == apply(before, [Edit(c["start"], c["end"], c["replacement"]) for c in made]) != before
    stale = ocrfix("apply", "changes.json")
    assert (stale.code, "the file has changed since the report" in stale.stderr) == (2, True)


@pytest.mark.parametrize("name", LAYOUT)
def test_standard_input_is_recognised_too(ocrfix: Run, name: str) -> None:
    ran = ocrfix("check", "-w", "-", stdin=FILES[name])
    assert ran.code == 0
    assert str(open_document(ran.stdout, name).text) == str(open_document(FILES[name], name).text).replace("没", "设")


def test_input_format_overrides_what_the_content_says(ocrfix: Run, tmp_path: Path) -> None:
    (tmp_path / "page.xml").write_bytes("<TEI>要坚持以经济建没为中心。</TEI>\n".encode())
    refused = ocrfix("check", "page.xml")
    assert refused.code == 2
    assert "found <TEI> of no namespace; pass --input-format text" in refused.stderr
    assert ocrfix("check", "-w", "--input-format", "text", "page.xml").code == 0
    assert (tmp_path / "page.xml").read_bytes() == "<TEI>要坚持以经济建设为中心。</TEI>\n".encode()
    wrong = ocrfix("check", "--input-format", "page", "page.xml")
    assert (wrong.code, wrong.stderr.partition(" of ")[0]) == (2, "ocrfix: page.xml:1: expected <PcGts>")
    assert ocrfix("check", "--input-format", "docx", "page.xml").code == 2


def test_an_encoding_given_takes_the_place_of_a_declared_one(ocrfix: Run, tmp_path: Path) -> None:
    wrong = FILES["alto-3.1.xml"].decode().replace("UTF-8", "GB18030", 1).encode()
    (tmp_path / "page.xml").write_bytes(wrong)
    assert ocrfix("check", "-w", "--encoding", "utf-8", "page.xml").code == 0
    assert (
        "经济建设" in (tmp_path / "page.xml").read_text().replace('建"/>', "建")
        or b'CONTENT="\xe8\xae\xbe"' in (tmp_path / "page.xml").read_bytes()
    )


# ---------------------------------------------------------------------------------------------------------------------
# METS


def alto(*blocks: str) -> bytes:
    """A page of one line a block."""
    box = 'HPOS="0" VPOS="0" WIDTH="9" HEIGHT="9"'
    lines = "".join(
        f'<TextBlock ID="b{k}"><TextLine><String {box} CONTENT="{block}"/></TextLine></TextBlock>\n'
        for k, block in enumerate(blocks)
    )
    page = f'<Layout><Page ID="p" PHYSICAL_IMG_NR="1"><PrintSpace>{lines}</PrintSpace></Page></Layout>'
    return f'<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#">{page}</alto>'.encode()


@pytest.fixture
def issue(tmp_path: Path) -> Path:
    """An issue whose first page names a county rightly, and whose second has it misread once."""
    first = DAMAGED.split("。\n")[1]
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "page1.xml").write_bytes(alto(first + "。", "茌平区政府。"))
    (tmp_path / "text" / "page 2.xml").write_bytes(alto("聊城市在平区委。"))
    (tmp_path / "mets.xml").write_text(METS)
    return tmp_path / "mets.xml"


def test_an_issue_is_one_document_in_the_order_of_its_pages(ocrfix: Run, issue: Path) -> None:
    pages = [issue.parent / "text" / name for name in ("page1.xml", "page 2.xml")]
    before = [page.read_bytes() for page in pages]
    ran = ocrfix("check", "mets.xml")
    assert ran.code == 1
    assert re.fullmatch(r"text/page 2\.xml:1:\d+: \[在→茌\] name .*named \d+ times.*\n", ran.out)
    assert ran.stderr == "1 correction to make, in 1 of 2 files\n"
    assert ocrfix("check", "-w", "mets.xml").code == 0
    assert [page.read_bytes() == data for page, data in zip(pages, before, strict=True)] == [True, False]
    assert 'CONTENT="聊城市茌平区委。"' in pages[1].read_text()
    assert issue.read_text() == METS
    assert "茌平区" in ocrfix("places", "mets.xml").out


def test_pages_of_an_issue_come_in_its_order(ocrfix: Run, issue: Path) -> None:
    for name in ("page1.xml", "page 2.xml"):
        (issue.parent / "text" / name).write_bytes(FILES["alto-3.1.xml"])
    out = ocrfix("check", "mets.xml").out
    assert re.findall(r"^(.*?):\d+:\d+: string", out, re.MULTILINE) == ["text/page1.xml", "text/page 2.xml"]


@pytest.mark.parametrize(
    ("href", "message"),
    [
        ("../page1.xml", "'../page1.xml' lies outside the folder of the METS file"),
        ("text/../../page1.xml", "lies outside the folder"),
        ("%2e%2e/page1.xml", "lies outside the folder"),
        ("/etc/passwd", "found '/etc/passwd'; nothing else is followed"),
        ("file:///etc/passwd", "found 'file:///etc/passwd'; nothing else"),
        ("http://example.org/page1.xml", "found 'http://example.org/page1.xml'; nothing else"),
        ("link/page1.xml", "lies outside the folder"),
        ("text/none.xml", "no such file: text/none.xml"),
        ("", "expected an <FLocat> with xlink:href"),
    ],
)
def test_nothing_outside_the_folder_of_an_issue_is_followed(
    ocrfix: Run, issue: Path, tmp_path_factory: pytest.TempPathFactory, href: str, message: str
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "page1.xml"
    outside.write_bytes(FILES["alto-3.1.xml"])
    (issue.parent / "link").symlink_to(outside.parent)
    issue.write_text(METS.replace("text/page1.xml", href))
    before = (issue.parent / "text" / "page 2.xml").read_bytes()
    ran = ocrfix("check", "-w", "mets.xml")
    assert (ran.code, ran.out) == (2, "")
    assert re.match(r"ocrfix: mets\.xml:(9|10): ", ran.stderr)
    assert message in ran.stderr
    assert (issue.parent / "text" / "page 2.xml").read_bytes() == before
    assert outside.read_bytes() == FILES["alto-3.1.xml"]


def test_a_page_that_cannot_be_read_stops_the_whole_issue(ocrfix: Run, issue: Path) -> None:
    (issue.parent / "text" / "page1.xml").write_bytes(FILES["alto-3.1.xml"])
    (issue.parent / "text" / "page 2.xml").write_bytes(FILES["alto-3.1.xml"][:-20])
    ran = ocrfix("check", "-w", "mets.xml")
    assert ran.code == 2
    assert "text/page 2.xml:34: not well-formed XML" in ran.stderr
    assert (issue.parent / "text" / "page1.xml").read_bytes() == FILES["alto-3.1.xml"]


def test_mets_needs_a_path(ocrfix: Run) -> None:
    ran = ocrfix("check", "-", stdin=METS.encode())
    assert ran.code == 2
    assert "METS names the files of an issue; pass its path" in ran.stderr


# ---------------------------------------------------------------------------------------------------------------------
# Plain text is what it was.


def test_plain_text_that_looks_a_little_like_something_else_is_text(ocrfix: Run, tmp_path: Path) -> None:
    for name, text in {"a.txt": "<本报讯>" + DAMAGED, "b.txt": "[本报讯]" + DAMAGED, "c": "{" + DAMAGED}.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        assert ocrfix("check", "-w", name).code == 0
        assert (tmp_path / name).read_bytes() == text.replace(DAMAGED, MENDED).encode()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_layout_file_of_a_folder_that_cannot_be_read_is_an_error(ocrfix: Run, folder: Path) -> None:
    (folder / "alto-3.1.xml").chmod(0)
    assert "alto-3.1.xml: cannot be read" in ocrfix("check", "in").stderr
