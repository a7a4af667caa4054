"""The report of a collection: what it counts, and that the file needs nothing and lets nothing through."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import CLEAN, DAMAGED, ROOT, Ran
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Correction, Corrector, Result
from ocrfix.collection import Named, PageFacts, Spot, facts, series, tree
from ocrfix.model import KINDS
from ocrfix.places import Place
from ocrfix.plots import bars, columns
from ocrfix.report import report

Run = Callable[..., Ran]

VOID = {"meta", "input", "rect", "br"}


class Read(HTMLParser):
    """Elements with their attributes, text without scripts and styles; complains of what is not closed."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.raw = "", dict[str, str]()
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            self.raw[self.open[-1]] = self.raw.get(self.open[-1], "") + data
        else:
            self.text += data


def needs_nothing(source: str) -> Read:
    """The report read, after making sure that it asks for nothing, and runs nothing but its own script."""
    read = Read(source)
    names = {name for _, attributes in read.tags for name in attributes}
    assert not names & {"src", "href", "style", "action", "srcset", "data"} and not [n for n in names if n[:2] == "on"]
    assert not re.search(r"https?:|url\(|@import", source)
    tags = [tag for tag, _ in read.tags]
    assert tags.count("script") == tags.count("style") == 1
    policy = next(a["content"] or "" for tag, a in read.tags if tag == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'; ")
    for what, text in read.raw.items():
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{what}-src 'sha256-{digest}'" in policy
    return read


def spot(original: str, replacement: str, score: float = 0.9, made: bool = True, around: str = "|") -> Spot:
    before, _, after = around.partition("|")
    return Spot(original, replacement, score, "glyph", made, before, after)


def page(*spots: Spot, name: str = "page.txt", characters: int = 100, named: tuple[Named, ...] = ()) -> PageFacts:
    return PageFacts(name, characters, spots, named)


ANY = st.text(max_size=4)
SPOTS = st.builds(Spot, ANY, ANY, st.floats(0, 1), st.sampled_from(KINDS), st.booleans(), ANY, ANY)
PAGES = st.lists(st.builds(page, name=ANY, characters=st.integers(0, 99)), max_size=3)


@given(st.lists(st.builds(PageFacts, ANY, st.integers(0, 99), st.lists(SPOTS, max_size=5).map(tuple), st.just(()))))
def test_whatever_pages_say_the_report_is_whole(pages: list[PageFacts]) -> None:
    needs_nothing(report(pages, series(pages, least=1), (), "<b>&"))


@given(st.lists(SPOTS, max_size=8))
def test_each_error_is_of_one_series(spots: list[Spot]) -> None:
    found = series([page(*spots)], least=1)
    assert sorted(s for one in found for s in one.spots) == sorted(spots)
    for one in found:
        first = one.spots[0]
        assert first.original in one.original and first.replacement in one.replacement


def test_what_pages_say_is_shown_as_text() -> None:
    evil = "<script>alert(1)</script>&amp;\u202e\ud800"
    pages = [page(spot(evil, evil, around=f"{evil}|{evil}"), name=evil)] * 2
    named = (Named(Place("", evil, "name", ""), 2, 0),)
    branches = tree([page(named=named)], Corrector().resources.gazetteer)
    read = needs_nothing(report(pages, series(pages), branches, evil[:-1]))
    assert read.text.count("<script>alert(1)</script>&amp;\\u202e\\ud800") >= 4
    assert "\u202e" not in read.text


@pytest.mark.parametrize(
    ("arounds", "expected"),
    [
        (["城市|平区", "，|平经", "上|平区"], [("在平", "茌平", 3)]),
        (["城市|平区", "，|平经", "上|中河"], [("在平", "茌平", 2)]),
        (["新|", "新|，", "新|。"], [("新在", "新茌", 3)]),
        (["甲|乙", "丙|丁"], [("在", "茌", 2)]),
        (["|", "|"], [("在", "茌", 2)]),
        (["甲|乙"], []),
    ],
)
def test_series_are_told_by_what_stands_beside_them(arounds: list[str], expected: list[tuple[str, str, int]]) -> None:
    found = series([page(*(spot("在", "茌", around=around) for around in arounds))])
    assert [(one.original, one.replacement, len(one.spots)) for one in found] == expected


def test_series_know_their_pages() -> None:
    pages = [page(spot("没", "设")), page(), page(spot("没", "设"), spot("没", "设", 0.5, made=False))]
    (one,) = series(pages)
    assert (one.pages, len(one.spots), round(one.mean, 3)) == ((0, 2), 3, 0.767)


def test_what_is_to_be_known_of_a_page() -> None:
    corrector = Corrector()
    found = facts("page.txt", corrector.correct(DAMAGED), corrector.resources, corrector.config)
    assert found.characters == len(DAMAGED) - 2
    assert [(s.original, s.replacement, s.made, s.before, s.after) for s in found.spots] == [
        ("在", "茌", True, "城市", "平区")
    ]
    assert {n.place.name: (n.times, n.restored) for n in found.named} == {"聊城市": (2, 0), "茌平区": (3, 1)}
    assert found.made == 1 and found.rate == pytest.approx(found.suspected / found.characters)


def test_restored_places_are_found_after_shifts() -> None:
    """What was put in, or taken out, before them moves the places of the corrected text."""
    corrector = Corrector()
    text = "会会议在聊城市在平区召开。茌平区、聊城市。"
    corrections = (Correction(0, 1, "会", "", 1.0, "repetition"), Correction(7, 8, "在", "茌", 1.0, "name"))
    found = facts("p", Result(text, corrections), corrector.resources, corrector.config)
    assert {n.place.name: (n.times, n.restored) for n in found.named} == {"聊城市": (2, 0), "茌平区": (2, 1)}


def test_the_tree_of_places() -> None:
    gazetteer = Corrector().resources.gazetteer
    county, city = gazetteer.named("371503")[0], gazetteer.named("3715")[0]
    pages = [page(named=(Named(county, 3, 1), Named(city, 1, 0))), page(named=(Named(county, 2, 0),))]
    (province,) = tree(pages, gazetteer)
    (branch,) = province.within
    assert (province.place.name, province.times, province.total) == ("山东省", 0, 6)
    assert (branch.place, branch.times, branch.pages, branch.total) == (city, 1, 1, 6)
    assert [(b.place, b.times, b.pages, b.restored, b.within) for b in branch.within] == [(county, 5, 2, 1, ())]


def test_what_to_scan_again_and_what_to_review_first() -> None:
    worn = page(*[spot("没", "设", 1.0)] * 30, name="worn.txt")
    doubtful = page(spot("在", "茌", 0.8, made=False), name="doubtful.txt", characters=1000)
    sure = page(spot("在", "茌", 0.99), name="sure.txt", characters=1000)
    text = needs_nothing(report([sure, doubtful, worn], (), (), "")).text
    again, _, rest = text.partition("What to scan again")[2].partition("What to review first")
    first = rest.partition("Errors that recur")[0]
    assert "worn.txt" in again and "doubtful.txt" not in again
    assert 0 < first.index("doubtful.txt") < first.index("sure.txt") and "worn.txt" not in first
    assert "30.00 %" in again and "0.08 %" in first


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_languages_are_there_and_one_is_shown(language: str) -> None:
    read = needs_nothing(report([page()], (), (), "", language))
    checked = [attributes["id"] for tag, attributes in read.tags if tag == "input" and "checked" in attributes]
    assert checked == [language]
    spans = [attributes["lang"] for tag, attributes in read.tags if tag == "span" and "lang" in attributes]
    assert spans.count("zh") == spans.count("en") > 10
    assert "Report of a collection" in read.text and "文集校对报告" in read.text


def test_long_tables_are_folded_and_cut() -> None:
    pages = [page(*(spot(chr(0x4E00 + k), "设", 0.5, made=False) for k in range(600)))] * 2
    read = needs_nothing(report(pages, series(pages), (), ""))
    assert "475 more" in read.text and "100 more are not shown." in read.text


@given(st.lists(st.tuples(ANY, st.floats(0, 1e6), ANY), max_size=5), st.lists(st.integers(0, 10**6), max_size=5))
def test_plots_stay_within_their_frame(rows: list[tuple[str, float, str]], values: list[int]) -> None:
    for drawn in (bars(rows, "<"), columns(values, [str(k) for k in range(len(values))], '"')):
        (frame, attributes), *parts = Read(drawn).tags
        assert frame == "svg"
        _, _, width, height = map(float, (attributes["viewbox"] or "").split())
        for tag, box in parts:
            if tag == "rect":
                x, y, w, h = (float(box[name] or "nan") for name in ("x", "y", "width", "height"))
                assert x >= 0 and y >= 0 and x + w <= width and y + h <= height


def test_every_format_is_reported_on(ocrfix: Run, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    shutil.copytree(ROOT / "tests" / "formats", folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    (folder / "text.txt").write_text(DAMAGED, encoding="utf-8")
    (folder / "big5.txt").write_bytes("聊城縣東門".encode("big5"))
    ran = ocrfix("report", "pages", "-o", "report.html", "--language", "zh")
    assert ran.code == 0, ran.stderr
    read = needs_nothing((tmp_path / "report.html").read_text(encoding="utf-8"))
    for path in folder.iterdir():
        assert (
            f"pages/{path.name}" in read.text or path.name == "mets.xml"
        )  # the pages of an issue are in their own names
    assert "济建没→济建设" in read.text  # in several of them
    assert "茌平区 3 (1 page1 页, 1 restored恢复 1)" in read.text
    assert {path: path.read_bytes() for path in before} == before
    again = ocrfix("report", "-q", "pages", "-o", "report.html", "--language", "zh")
    assert (again.code, again.stderr, again.out) == (0, "", "")


def test_what_cannot_be_read_is_said_and_the_rest_reported(ocrfix: Run, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(CLEAN, encoding="utf-8")
    (tmp_path / "bad.txt").write_bytes(b"\0\1\2")
    ran = ocrfix("report", ".", "-o", "report.html")
    assert ran.code == 2
    assert "bad.txt: expected text, found binary data" in ran.stderr
    assert ran.stderr.endswith("written: report.html, of 1 page; 1 error\n")
    assert "good.txt" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("report", "page.txt"), "the following arguments are required: -o/--output"),
        (("report", "-", "-o", "r.html"), "a report of standard input would be of no collection"),
        (("report", "page.txt", "-o", "page.txt"), "page.txt: expected a report, or nothing yet, found something else"),
        (("report", "none.txt", "-o", "r.html"), "expected pages to report on, found none that can be read"),
        (
            ("report", "page.txt", "-o", "nowhere/r.html"),
            "nowhere/r.html: cannot be written: No such file or directory; nothing written",
        ),
        (("report", "page.txt", "-o", "r.html", "--accept", "7"), "accept: expected a number from 0 to 1"),
    ],
)
def test_usage(ocrfix: Run, tmp_path: Path, args: tuple[str, ...], message: str) -> None:
    (tmp_path / "page.txt").write_text(CLEAN, encoding="utf-8")
    ran = ocrfix(*args)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.stderr
    assert not (tmp_path / "r.html").exists()
    assert (tmp_path / "page.txt").read_text(encoding="utf-8") == CLEAN
