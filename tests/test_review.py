"""The page of `ocrfix review` as a file: whole, safe, and with all that was proposed."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import DAMAGED, PAGE, Ran
from facsimile import LINES, facsimile
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Alternative, Correction, Evidence, Result
from ocrfix.formats import Page, open_document
from ocrfix.formats.scan import Scan
from ocrfix.notes import NOTES
from ocrfix.review.page import MARK, SCRIPTS, Proposal, Sheet, html
from ocrfix.review.pictures import find
from ocrfix.review.sheets import link

Run = Callable[..., Ran]


def blocks(page: str) -> dict[str, Any]:
    """The data of a page, as a browser takes it apart: a script element ends at the first `</script`."""
    found = re.findall(r'<script type="application/json" id="([\w-]+)">(.*?)</script', page, re.DOTALL)
    return {name: json.loads(data) for name, data in found}


NAMES = ("sheet", "made", "line", "column", "before", "after", "element", "note")
NAMES += ("start", "end", "original", "replacement", "score", "kind")


def rows(page: str) -> list[dict[str, Any]]:
    return [dict(zip(NAMES, row, strict=True)) for row in blocks(page)["index"]["items"]]


# ---------------------------------------------------------------------------------------------------------------------
# Any text


@st.composite
def results(draw: st.DrawFn) -> Result:
    """A text of any sort with corrections and suggestions of any sort."""
    text = draw(
        st.text(st.characters(), max_size=30) | st.text(st.sampled_from("在平\r\n\u2028</script>&\0"), max_size=30)
    )
    made, end = [], 0
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(end, len(text)))
        end = draw(st.integers(start, min(len(text), start + 4)))
        made.append(correction(text, start, end, draw(st.text(st.characters(), max_size=3))))
    spans = draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, 4)), max_size=4))
    seen = [correction(text, start, min(len(text), start + size), "茌") for start, size in sorted(spans)]
    return Result(text, tuple(made), tuple(seen))


def correction(text: str, start: int, end: int, replacement: str) -> Correction:
    why = (Evidence("language", 2.0, "</script><script>"), Evidence("names", 0.0, "&<!--"))
    return Correction(start, end, text[start:end], replacement, 0.7, "glyph", why, (Alternative("<b>", 0.1),))


def joined(pieces: list[str]) -> str:
    """Halves of a character that stand side by side are one to JSON, and so they are here."""
    return whole("".join(pieces))


def whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


@given(results())
def test_the_page_holds_the_text_and_every_proposal_and_no_markup_of_theirs(result: Result) -> None:
    page = result.diff("html", "a.txt")
    data = blocks(page)
    assert joined(data["sheet-0"]["pieces"]) == whole(result.source)
    proposed = result.by_position()
    assert [(row["start"], row["end"], row["made"]) for row in rows(page)] == [
        (c.start, c.end, made) for c, made in proposed
    ]
    for row, item, (c, _) in zip(rows(page), data["sheet-0"]["items"], proposed, strict=True):
        first, last = item[:2]
        assert joined(data["sheet-0"]["pieces"][first:last]) == whole(c.original)
        assert (row["original"], row["replacement"]) == (whole(c.original), whole(c.replacement))
    skeleton = re.sub(r'(<script type="application/json"[^>]*>).*?(</script>)', r"\1\2", page, flags=re.DOTALL)
    empty = Result("").diff("html", "a.txt")
    plain = re.sub(r'(<script type="application/json"[^>]*>).*?(</script>)', r"\1\2", empty, flags=re.DOTALL)
    assert skeleton == plain  # the rest of the page is the same for every text


@given(results())
def test_the_same_result_gives_the_same_page(result: Result) -> None:
    assert result.diff("html") == result.diff("html")


def test_reviews_of_different_texts_have_different_names() -> None:
    ids = {blocks(Result(text).diff("html"))["index"]["id"] for text in ("在平", "在平。", "")}
    assert len(ids) == 3


# ---------------------------------------------------------------------------------------------------------------------
# The file by itself


def test_the_policy_names_the_style_and_the_script_and_allows_nothing_from_elsewhere() -> None:
    page = Result("在平").diff("html")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data: file: 'self'"
    assert set(rules) == {"default-src", "img-src", "style-src", "script-src", "base-uri", "form-action"}
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert content
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert not re.search(
        r"""\bstyle=["']|\bon\w+=["']|https?://|@import|url\(|innerHTML|insertAdjacent|\beval\b""", page
    )
    assert len(re.findall("<script>", page)) == len(re.findall("<style>", page)) == 1


def test_every_word_of_the_page_is_said_in_both_languages_and_every_reason_in_chinese() -> None:
    folder = Path(html.__code__.co_filename).parent
    words = (folder / "words.js").read_text(encoding="utf-8")
    english, chinese = words.split("\n  zh: {")
    chinese = chinese.partition("\n};")[0]
    names = [set(re.findall(r"(?:^|[,{]) *(\w+): (?:\(|\"|\{)", part, re.MULTILINE)) for part in (english, chinese)]
    assert names[0] - {"en"} == names[1]
    used = {
        *re.findall(r'data-(?:t|label|title|placeholder)="(\w+)"', (folder / "page.html").read_text(encoding="utf-8"))
    }
    for script in SCRIPTS:
        used |= {*re.findall(r'\bsay\("(\w+)"', (folder / script).read_text(encoding="utf-8"))}
    assert used <= names[0], used - names[0]
    reasons = words.partition("const REASONS = {")[2].partition("};")[0]
    assert set(NOTES) <= {*re.findall(r"(\w+): \"", reasons)}


# ---------------------------------------------------------------------------------------------------------------------
# The command


def test_the_sample_page(ocrfix: Run, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(PAGE.read_bytes())
    ran = ocrfix("review", "page.txt")
    assert (ran.code, ran.out) == (0, "")
    page = (tmp_path / "review.html").read_text(encoding="utf-8")
    report = [
        json.loads(line) for line in ocrfix("check", "--suggestions", "--format", "json", "page.txt").out.splitlines()
    ]
    shown = rows(page)
    said = ("line", "column", "start", "end", "original", "replacement", "before", "after", "score", "kind")
    assert [[row[name] for name in said] for row in shown] == [[row[name] for name in said] for row in report]
    assert [row["made"] for row in shown] == [not row["suggestion"] for row in report]
    path, digest, pictures = blocks(page)["index"]["sheets"][0]
    assert (path, digest, pictures) == ("page.txt", hashlib.sha256(PAGE.read_bytes()).hexdigest(), 0)
    assert f"{sum(row['made'] for row in shown)} corrections" in ran.stderr


def test_a_review_takes_the_place_of_a_review_and_of_no_other_file(ocrfix: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_bytes(DAMAGED.encode())
    assert ocrfix("review", "-q", "page.txt", "-o", "out.html").code == 0
    os.chmod(tmp_path / "out.html", 0o640)
    assert ocrfix("review", "-q", "page.txt", "-o", "out.html").code == 0
    assert (tmp_path / "out.html").stat().st_mode & 0o777 == 0o640
    ran = ocrfix("review", "-q", "page.txt", "-o", "page.txt")
    assert (ran.code, page.read_bytes()) == (2, DAMAGED.encode())
    assert (
        "page.txt: expected no file, or one of the kind that is written, found another; nothing written" in ran.stderr
    )
    for lost in ("nowhere/out.html", "."):
        assert ocrfix("review", "-q", "page.txt", "-o", lost).code == 2
    assert sorted(os.listdir(tmp_path)) == ["out.html", "page.txt"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("review",), "the following arguments are required: PATH"),
        (("review", "-"), "expected files, found - (standard input), in which no decision could be made"),
        (("review", "nowhere.txt"), "nowhere.txt: no such file or folder"),
    ],
)
def test_usage(ocrfix: Run, tmp_path: Path, args: tuple[str, ...], message: str) -> None:
    ran = ocrfix(*args)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.stderr
    assert not (tmp_path / "review.html").exists()


def test_of_several_files_one_that_cannot_be_read_is_told_and_the_others_are_shown(ocrfix: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(DAMAGED.encode())
    (tmp_path / "b.txt").write_bytes(b"\0\1")
    ran = ocrfix("review", ".")
    assert ran.code == 2
    assert "b.txt: expected text" in ran.stderr
    assert [path for path, *_ in blocks((tmp_path / "review.html").read_text(encoding="utf-8"))["index"]["sheets"]] == [
        "a.txt"
    ]


# ---------------------------------------------------------------------------------------------------------------------
# Page images


def test_crops_show_what_the_boxes_say(ocrfix: Run, tmp_path: Path) -> None:
    """Each character of the page image has a grey of its own: the crop of a proposal shows that of its place."""
    images = pytest.importorskip("PIL.Image", reason="crops need Pillow")
    greys = facsimile(tmp_path)
    assert ocrfix("review", "page.hocr").code == 0
    page = (tmp_path / "review.html").read_text(encoding="utf-8")
    sheet = blocks(page)["sheet-0"]
    assert sheet["pictures"] == [["page.png", 800, 400]]
    assert len(rows(page)) > 1
    for row, item in zip(rows(page), sheet["items"], strict=True):
        if row["start"] == row["end"]:  # an insertion, framed with both of its neighbours
            continue
        spots, (src, picture, *view) = item[4:]
        assert picture == 0
        crop = images.open(io.BytesIO(base64.b64decode(src.partition(",")[2]))).convert("L")
        scale = crop.width / (view[2] - view[0])
        (_, left, top, right, bottom) = spots[0]
        middle = (((left + right) / 2 - view[0]) * scale, ((top + bottom) / 2 - view[1]) * scale)
        assert crop.getpixel(tuple(map(int, middle))) == pytest.approx(greys[row["start"]], abs=12)


def test_images_are_linked_relative_to_the_page_or_put_into_it(ocrfix: Run, tmp_path: Path) -> None:
    facsimile(tmp_path / "a b#")
    (tmp_path / "out").mkdir()
    assert ocrfix("review", "-q", "a b#/page.hocr", "-o", "out/r.html").code == 0
    (picture,) = blocks((tmp_path / "out" / "r.html").read_text(encoding="utf-8"))["sheet-0"]["pictures"]
    assert picture[0] == "../a%20b%23/page.png"
    assert ocrfix("review", "-q", "--embed-images", "a b#/page.hocr", "-o", "out/r.html").code == 0
    (picture,) = blocks((tmp_path / "out" / "r.html").read_text(encoding="utf-8"))["sheet-0"]["pictures"]
    assert picture[0].startswith("data:image/webp;base64,")
    assert link(tmp_path / "x.png", tmp_path) == "x.png"


def test_what_browsers_do_not_show_is_told(ocrfix: Run, tmp_path: Path) -> None:
    images = pytest.importorskip("PIL.Image")
    facsimile(tmp_path)
    images.open(tmp_path / "page.png").save(tmp_path / "page.tif")
    (tmp_path / "page.png").unlink()
    ran = ocrfix("review", "page.hocr")
    assert "1 page image of a kind that browsers do not show: --embed-images puts them in" in ran.stderr
    sheet = blocks((tmp_path / "review.html").read_text(encoding="utf-8"))["sheet-0"]
    assert sheet["items"][0][5][0].startswith("data:image/webp")


def test_an_image_that_is_none_is_told_and_the_page_is_written(ocrfix: Run, tmp_path: Path) -> None:
    facsimile(tmp_path)
    (tmp_path / "page.png").write_bytes(b"%!PS\n(owned) print")
    ran = ocrfix("review", "page.hocr")
    assert ran.code == 0
    assert "page.png: cannot be read as an image" in ran.stderr
    sheet = blocks((tmp_path / "review.html").read_text(encoding="utf-8"))["sheet-0"]
    assert sheet["items"][0][5][0] == ""  # the browser makes its crop of the image that is linked


@pytest.mark.skipif(os.name != "posix", reason="names of POSIX")
def test_names_of_images_steer_no_terminal(ocrfix: Run, tmp_path: Path) -> None:
    facsimile(tmp_path)
    os.rename(tmp_path / "page.hocr", tmp_path / "\x1b[2J.hocr")
    (tmp_path / "\x1b[2J.png").write_bytes(b"no image")
    (tmp_path / "page.png").unlink()
    ran = ocrfix("review", ".", "-o", "\x1b]0;r.html")
    assert ran.code == 0
    assert "cannot be read as an image" in ran.stderr
    assert "\x1b" not in ran.stderr


def scan_of(tmp_path: Path, image: str, name: str = "page.xml", folders: tuple[Path, ...] = ()) -> Path | None:
    alto = (
        '<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description><sourceImageInformation>'
        f"<fileName>{image}</fileName></sourceImageInformation></Description><Layout><Page/></Layout></alto>"
    )
    document = open_document(alto.encode(), "page.xml")
    assert document.scans == [Scan(image)]
    return find(document, tmp_path / "in" / name, folders)[0].path


@pytest.mark.parametrize(
    ("image", "name", "files", "found"),
    [
        ("p1.png", "page.xml", ["in/p1.png", "in/page.png"], "in/p1.png"),
        ("images/p1.png", "page.xml", ["in/images/p1.png"], "in/images/p1.png"),
        ("C:\\scans\\p1.png", "page.xml", ["in/p1.png"], "in/p1.png"),
        ("/data/p1.tif", "page.xml", ["in/p1.jpg"], "in/p1.jpg"),
        ("", "page.alto.xml", ["in/page.png"], "in/page.png"),
        ("", "page_res.json", ["in/page.jpeg"], "in/page.jpeg"),
        ("lost.png", "page.xml", ["more/page.tif"], "more/page.tif"),
        ("p1.png", "page.xml", ["more/p1.png"], "more/p1.png"),
        ("../out/p1.png", "page.xml", ["out/p1.png"], None),
        ("..", "page.xml", ["page.png"], None),
        ("link/p1.png", "page.xml", ["out/p1.png"], None),
        ("p1.txt", "page.xml", [], None),
    ],
)
def test_where_a_page_image_is_looked_for(
    tmp_path: Path, image: str, name: str, files: list[str], found: str | None
) -> None:
    for folder in ("in", "in/images", "more", "out"):
        (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    for file in files:
        (tmp_path / file).write_bytes(b"")
    expected = tmp_path / found if found else None
    assert scan_of(tmp_path, image, name, (tmp_path / "more",)) == expected


def test_pages_of_an_issue_are_one_review(ocrfix: Run, tmp_path: Path) -> None:
    for name in ("p1", "p2"):
        facsimile(tmp_path / name)
    assert ocrfix("review", "p1", "p2").code == 0
    page = (tmp_path / "review.html").read_text(encoding="utf-8")
    assert [path for path, *_ in blocks(page)["index"]["sheets"]] == ["p1/page.hocr", "p2/page.hocr"]
    assert blocks(page)["sheet-1"]["pictures"][0][0] == "p2/page.png"


def test_lines_of_the_facsimile_are_those_of_its_text(tmp_path: Path) -> None:
    facsimile(tmp_path)
    page = Page(tmp_path / "page.hocr", open_document((tmp_path / "page.hocr").read_bytes(), "page.hocr"))
    assert str(page.document.text) == "".join(LINES)


def test_a_page_begins_with_its_mark() -> None:
    page = html([Sheet("a", "0", "在", [Proposal(correction("在", 0, 1, "茌").as_record(), "", True, 1, 1, "", "")])])
    assert page.startswith(MARK)
