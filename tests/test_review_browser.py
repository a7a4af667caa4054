"""The page of `ocrfix review` in a real browser: what a person decides there is what `ocrfix apply` writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from browser import Reader, chromium
from conftest import PAGE, Ran
from facsimile import LINES, facsimile

from ocrfix import Alternative, Correction, Evidence, Result
from ocrfix.spans import Edit, apply

Run = Callable[..., Ran]
Open = Callable[..., Reader]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def reader(browser: Any) -> Iterator[Open]:
    """Opens a page in a profile of its own; at the end nothing may have gone wrong in any."""
    readers: list[Reader] = []

    def opened(path: Path, **how: Any) -> Reader:
        readers.append(Reader(browser, **how))
        return readers[-1].open(path)

    yield opened
    for one in readers:
        one.close()


def report(ocrfix: Run, *paths: str) -> list[dict[str, Any]]:
    out = ocrfix("check", "--suggestions", "--format", "json", *paths).out
    return [json.loads(line) for line in out.splitlines()]


def stands(row: dict[str, Any]) -> str:
    """What shall stand at the place of a decision."""
    return str(row["original"] if row["decision"] == "reject" else row["replacement"])


def decisions(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_sample_page_decided_by_keyboard(ocrfix: Run, reader: Open, tmp_path: Path) -> None:
    """Accepted, kept, typed, undone, decided in a group, saved, applied: the file holds what was decided."""
    path = tmp_path / "page.txt"
    path.write_bytes(PAGE.read_bytes())
    assert ocrfix("review", "-q", "page.txt").code == 0
    found = report(ocrfix, "page.txt")
    at = reader(tmp_path / "review.html")
    assert at.text("#count") == f"0 of {len(found)} decided"

    at.page.fill("#by", "王编辑")
    at.page.locator("#by").press("Escape")
    at.press("a")  # the first is accepted
    at.press("r")  # the second stays as it is printed
    at.press("e")
    at.page.keyboard.insert_text("荏")  # for the third something else is typed
    at.press("Enter", "a", "u")  # the fourth is accepted, and that is taken back
    assert at.text("#count") == f"3 of {len(found)} decided"
    same = [row for row in found if (row["original"], row["replacement"]) == ("在", "茌")]
    at.press("Shift+A")  # all others of 在→茌
    assert at.text("#count") == f"{len(same)} of {len(found)} decided"
    assert f"Accept: {len(same) - 3} places" in at.text("#toast")

    at.page.reload()
    at.page.wait_for_selector("html[data-ready]")
    assert at.text("#count") == f"{len(same)} of {len(found)} decided"
    saved = at.saved()
    (tmp_path / "decisions.json").write_text(saved, encoding="utf-8")

    wanted = {row["start"]: "茌" for row in same} | {found[1]["start"]: "在", found[2]["start"]: "荏"}
    rows = decisions(saved)
    assert {row["start"]: stands(row) for row in rows} == wanted
    said = {row["start"]: (row["decision"], row["by"], row["together"]) for row in rows}
    assert said[found[0]["start"]] == ("accept", "王编辑", 1)
    assert said[found[1]["start"]] == ("reject", "王编辑", 1)
    assert said[found[2]["start"]] == ("replace", "王编辑", 1)
    assert said[same[-1]["start"]] == ("accept", "王编辑", len(same) - 3)

    text = PAGE.read_text(encoding="utf-8")
    expected = apply(text, [Edit(start, start + 1, said) for start, said in sorted(wanted.items())])
    ran = ocrfix("apply", "decisions.json")
    assert (ran.code, path.read_text(encoding="utf-8")) == (0, expected)
    assert ran.stderr.startswith(f"{len(same) - 1} corrections made, in 1 of 1 file; 1 left as printed; recorded in ")
    logged = [json.loads(line) for line in (tmp_path / "decisions.log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["start"], stands(row), row["by"]) for row in logged] == [
        (start, said, "王编辑") for start, said in sorted(wanted.items())
    ]


def test_a_page_with_its_image(ocrfix: Run, reader: Open, tmp_path: Path) -> None:
    """The crop, the page image and its boxes are shown; what is decided is written to the layout file."""
    facsimile(tmp_path)
    assert ocrfix("review", "-q", "page.hocr").code == 0
    found = report(ocrfix, "page.hocr")
    at = reader(tmp_path / "review.html")
    at.until("document.getElementById('image').naturalWidth === 800")
    assert at.page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth)")
    assert at.count("#crop .crop .frame") == 1
    assert at.count("#boxes .box") >= len(found)
    at.press("j")
    assert at.count("#boxes .box.now") >= 1
    frame, view = at.page.locator("#boxes .box.now").first.bounding_box(), at.page.locator("#scan-view").bounding_box()
    assert view["x"] <= frame["x"] <= view["x"] + view["width"]
    at.press("z")
    frame = at.page.locator("#boxes .box.now").first.bounding_box()
    assert view["y"] <= frame["y"] <= view["y"] + view["height"]

    third = next(row for row in found if row["original"] == "没")
    at.page.locator(f"#boxes .box[data-item='{found.index(third)}']").first.click()
    at.press("a", "Home", "a")
    (tmp_path / "decisions.json").write_text(at.saved(), encoding="utf-8")
    assert ocrfix("apply", "--by", "李", "decisions.json").code == 0
    made = {third["start"]: third["replacement"], found[0]["start"]: found[0]["replacement"]}
    text = "".join(LINES)
    expected = "".join(made.get(k, ch) for k, ch in enumerate(text))
    written = (tmp_path / "page.hocr").read_text(encoding="utf-8")
    assert "reviewed by 李" in written or "<meta" not in written
    assert 'x_printed "没"' in written.replace("&quot;", '"')
    (tmp_path / "again.hocr").write_text(written, encoding="utf-8")
    from ocrfix.formats import open_document

    assert str(open_document(written.encode(), "again.hocr").text) == expected


@pytest.mark.parametrize("width", [1440, 1000, 700, 390, 320])
def test_a_page_with_its_image_fits_the_screen(ocrfix: Run, reader: Open, tmp_path: Path, width: int) -> None:
    facsimile(tmp_path / "a-folder-with-a-rather-long-name")
    assert ocrfix("review", "-q", "a-folder-with-a-rather-long-name").code == 0
    at = reader(tmp_path / "review.html", viewport={"width": width, "height": 800})
    for key in ("j", "g", "f", "v", "v"):
        at.press(key)
        assert at.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        ends = "[...document.querySelectorAll('header, main > *')].map((e) => e.getBoundingClientRect().right)"
        assert max(at.page.evaluate(ends)) <= width
    assert at.page.evaluate("[...document.querySelectorAll('#crop img')].every((image) => image.naturalWidth)")


def test_an_image_that_is_gone(ocrfix: Run, reader: Open, tmp_path: Path) -> None:
    facsimile(tmp_path)
    assert ocrfix("review", "-q", "page.hocr").code == 0
    (tmp_path / "page.png").unlink()
    at = reader(tmp_path / "review.html")
    at.until("document.getElementById('scan-none').textContent.includes('cannot be shown')")
    assert at.count("#crop .crop") == 1
    at.troubles[:] = [said for said in at.troubles if "ERR_FILE_NOT_FOUND" not in said]


# ---------------------------------------------------------------------------------------------------------------------
# Groups, undo, and readings that exclude one another

TEXT = "甲乙甲乙甲乙丙丁戊己"


def proposed(start: int, end: int, replacement: str, score: float = 0.9, kind: str = "glyph") -> Correction:
    why = (
        Evidence("names", 0.0, "named 3 times"),
        Evidence("language", 4.2, "reads better, which counts for 4.2 nats"),
    )
    others = (Alternative("申", 0.2), Alternative("", 0.1))
    return Correction(start, end, TEXT[start:end], replacement, score, kind, why, others)


RESULT = Result(
    TEXT,
    (proposed(0, 1, "由"), proposed(2, 3, "由", 0.95), proposed(4, 5, "由", 0.99), proposed(6, 8, "两丁", kind="name")),
    (proposed(7, 9, "十戊", 0.4), proposed(8, 8, "又", 0.3, "omission"), proposed(9, 10, "已", 0.6)),
)


@pytest.fixture
def review(reader: Open, tmp_path: Path) -> Callable[..., Reader]:
    def opened(result: Result = RESULT, **how: Any) -> Reader:
        path = tmp_path / "result.html"
        path.write_bytes(result.diff("html", "甲.txt").encode())
        return reader(path, **how)

    return opened


def test_a_group_is_decided_in_one_stroke_but_for_what_is_left_out(review: Callable[..., Reader]) -> None:
    at = review()
    at.press("g")
    assert "×3" in at.text("#row-0")
    assert at.count("#members .member") == 3
    at.press("ArrowRight", "x")  # the second is left out
    assert "Decides 2 places at once, 1 left out" in at.text("#equal")
    at.press("a")
    rows = decisions(at.saved())
    assert [(row["start"], row["replacement"], row["together"]) for row in rows] == [(0, "由", 2), (4, "由", 2)]
    at.press("u")
    assert at.text("#count") == "0 of 7 decided"
    at.press("Shift+U")
    assert at.text("#count") == "2 of 7 decided"


def test_an_alternative_a_deletion_and_a_decision_taken_back(review: Callable[..., Reader]) -> None:
    at = review()
    at.press("2", "3", "r")
    assert [stands(row) for row in decisions(at.saved())] == ["申", "", "甲"]
    assert [row["decision"] for row in decisions(at.saved())] == ["replace", "replace", "reject"]
    assert [row["suggestion"] for row in decisions(at.saved())] == [False, False, True]
    at.press("Home", "d")
    assert [row["start"] for row in decisions(at.saved())] == [2, 4]


def test_who_types_nothing_keeps_what_is_printed_and_who_empties_the_field_deletes(
    review: Callable[..., Reader],
) -> None:
    at = review()
    at.press("e", "Enter", "e", "Backspace", "Enter", "e", "Escape")
    assert {row["start"]: stands(row) for row in decisions(at.saved())} == {0: "甲", 2: ""}


def test_of_readings_that_overlap_one_is_taken(review: Callable[..., Reader]) -> None:
    at = review()
    at.page.locator("#words .mark[data-item='3']").click()
    at.press("a")  # 丙丁→两丁; 丁戊→十戊 overlaps it
    assert at.text("#count") == "2 of 7 decided"
    at.press("Home", "j", "j", "j", "j")
    assert "another reading" in at.text("#equal")
    at.press("a")  # now the other one
    assert {row["start"]: row["replacement"] for row in decisions(at.saved())} == {7: "十戊"}
    at.press("u")
    assert {row["start"]: row["replacement"] for row in decisions(at.saved())} == {6: "两丁"}
    at.press("u", "Alt+a")  # all at once: of those that overlap the first
    found = {row["start"]: row["replacement"] for row in decisions(at.saved())}
    assert 6 in found and 7 not in found
    edits = [Edit(row["start"], row["end"], row["replacement"]) for row in decisions(at.saved())]
    assert apply(TEXT, edits) == "由乙由乙由乙两丁又戊已"


def test_sorted_and_filtered(review: Callable[..., Reader]) -> None:
    at = review()

    def first() -> str:
        return at.text("#row-0 .meta span:nth-child(2)")

    at.press("s")
    assert first() == "30 %"
    at.press("s")
    assert first() == "99 %"
    at.press("s")
    assert at.text("#row-0 .kind") == "misread"
    at.press("f")
    at.page.fill("#least", "50")
    at.page.fill("#most", "95")
    at.page.locator("#most").press("Tab")
    assert at.text("#shown") == "4 of 7 proposals shown"
    at.page.uncheck("#kinds input[value=name]")
    assert at.text("#shown") == "3 of 7 proposals shown"
    at.page.uncheck("#suggested")
    assert at.text("#shown") == "2 of 7 proposals shown"
    at.page.click("#accept-shown")
    assert [row["start"] for row in decisions(at.saved())] == [0, 2]
    at.page.click("#reset")
    at.page.click("#open")
    assert at.text("#shown") == "5 of 7 proposals shown"


def test_decisions_go_on_in_another_browser(review: Callable[..., Reader], tmp_path: Path) -> None:
    first = review()
    first.press("a", "r")
    saved = first.saved()
    (tmp_path / "d.json").write_text(saved, encoding="utf-8")
    second = review()
    assert second.text("#count") == "0 of 7 decided"
    second.page.set_input_files("#file", tmp_path / "d.json")
    second.until("document.getElementById('count').textContent.startsWith('2')")
    assert decisions(second.saved()) == decisions(saved)
    (tmp_path / "d.json").write_text("no decisions", encoding="utf-8")
    second.page.set_input_files("#file", tmp_path / "d.json")
    second.until("document.getElementById('toast').textContent.startsWith('This is no file')")


def test_what_is_decided_in_one_window_is_decided_in_the_other(review: Callable[..., Reader], tmp_path: Path) -> None:
    at = review()
    one = at.page
    other = at.open(tmp_path / "result.html").page
    other.keyboard.press("a")
    at.page = one
    at.until("document.getElementById('count').textContent.startsWith('1')")


SEEN = """() => {
    const inside = (selector, around) => {
        const [one, room] = [selector, around].map((s) => document.querySelector(s)?.getBoundingClientRect());
        return one && one.height && one.top >= room.top && one.bottom <= room.bottom;
    };
    return inside("#words .mark.now", "#words") && inside("#rows [aria-selected=true]", "#queue");
}"""


def test_in_a_long_text_the_one_that_is_looked_at_is_seen(review: Callable[..., Reader]) -> None:
    text = "\n".join("甲乙丙丁戊己" * (1 + k % 9) for k in range(900))
    places = [at for at, ch in enumerate(text) if ch == "甲"][::7]
    found = tuple(Correction(at, at + 1, "甲", "由", 0.9, "glyph") for at in places)
    at = review(Result(text, found))
    for key in ("End", "Home", "PageDown", "End", "k"):
        at.press(key)
        at.until(SEEN)
    assert at.count("#rows .row-item") < 60


# ---------------------------------------------------------------------------------------------------------------------
# Whoever made the text

EVIL = "<script>owned=1</script>&amp;<img src=x onerror=owned=1>\"'<!--]]>&#60;"


def test_markup_in_a_text_is_shown_as_text(review: Callable[..., Reader]) -> None:
    why = (Evidence("names", 0.0, f"set phrase {EVIL}"), Evidence(EVIL, 1.0, EVIL))
    result = Result(
        f"{EVIL}在平", (Correction(len(EVIL), len(EVIL) + 1, "在", EVIL, 0.9, "glyph", why, (Alternative(EVIL, 0.1),)),)
    )
    at = review(result)
    assert EVIL in at.text("#words")
    shown = EVIL.replace(" ", "␣")
    assert shown in at.text("#change")
    assert EVIL in at.text("#why")
    at.press("g", "a", "g", "l")
    assert EVIL in at.text("#words").replace("␣", " ")
    assert at.page.evaluate("typeof owned") == "undefined"
    assert at.count("#words script, #words img, #card img, #queue img") == 0
    assert decisions(at.saved())[0]["replacement"] == EVIL


ESCAPES = """async (url) => {
    const refused = [];
    document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
    const put = (name, what) => document.body.append(Object.assign(document.createElement(name), what));
    await fetch(url).catch(() => 0);
    new Image().src = `${url}x.png`;
    put("script", { textContent: "globalThis.owned = 1" });
    put("style", { textContent: `@import '${url}x.css'` });
    put("iframe", { src: url });
    put("form", { action: url, method: "post" });
    document.body.lastElementChild.submit();
    await new Promise((done) => setTimeout(done, 300));
    return [...refused, typeof owned];
}"""


def test_the_policy_lets_nothing_out(review: Callable[..., Reader]) -> None:
    """Whatever a script tries, were one to get in: a server that listens hears nothing."""
    heard: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            heard.append(str(self.rfile.readline()))
            self.close_connection = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Listening) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        at = review()
        refused = at.page.evaluate(ESCAPES, url)
        assert {*refused} == {
            *("connect-src", "img-src", "script-src-elem", "style-src-elem", "frame-src", "form-action", "undefined")
        }
        assert heard == []
        with pytest.raises(Exception, match="ERR_EMPTY_RESPONSE"):  # the twin: it does hear who may speak
            at.context.new_page().goto(url)
        assert heard
        server.shutdown()
    at.troubles.clear()  # the browser told of all that it refused


# ---------------------------------------------------------------------------------------------------------------------
# Whoever reads


@pytest.mark.parametrize(
    ("locale", "title", "accept"),
    [("zh-CN", "校对", "接受"), ("en-GB", "Review", "Accept"), ("fr", "Review", "Accept")],
)
def test_the_language_is_the_browser_s_until_another_is_chosen(
    review: Callable[..., Reader], locale: str, title: str, accept: str
) -> None:
    at = review(locale=locale)
    assert (at.text("h1"), at.text("#choices .accept .verb")) == (title, accept)
    at.press("l")
    assert at.text("h1") != title
    at.page.reload()
    at.page.wait_for_selector("html[data-ready]")
    assert at.text("h1") != title


@pytest.mark.parametrize("width", [1440, 1000, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_read(review: Callable[..., Reader], width: int, scheme: str) -> None:
    """Nothing is wider than the screen, and text stands out from its ground as WCAG wants it (AA, 4.5 to 1)."""
    at = review(viewport={"width": width, "height": 800}, color_scheme=scheme)
    at.press("a", "r", "2")
    assert at.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    faint = at.page.evaluate(CONTRAST)
    assert faint == []
    if width < 900:
        shown = [name for name in ("list", "text") if at.page.locator(f"#{name}").is_visible()]
        assert shown == ["text"]
        at.press("v")
        assert at.page.locator("#list").is_visible()
        at.page.click("#row-4")
        assert at.page.locator("#words").is_visible()


CONTRAST = """() => {
    const numbers = (colour) => {
        const context = new OffscreenCanvas(1, 1).getContext("2d");
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data];
    };
    const linear = (n) => (n <= 0.03928 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
    const ground = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const colour = numbers(getComputedStyle(e).backgroundColor);
            if (colour[3] === 255) return colour;
        }
        return [255, 255, 255];
    };
    const found = [];
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!own || !element.checkVisibility()) continue;
        if (element.closest(":disabled, option, script, style, noscript, #toast")) continue;
        const two = [light(numbers(getComputedStyle(element).color)), light(ground(element))];
        const ratio = (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05);
        if (ratio < 4.5) found.push(`${ratio.toFixed(1)} ${element.className || element.id}: ${element.textContent}`);
    }
    return found;
}"""
UNNAMED = """() => [...document.querySelectorAll("button, input, select, [role], section, nav")]
    .filter((e) => e.checkVisibility() && e.getAttribute("role") !== "status")
    .filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length))
    .map((e) => e.outerHTML)"""


def test_whoever_hears_the_page_is_told_what_is_where(review: Callable[..., Reader]) -> None:
    at = review()
    at.press("f")
    unnamed = at.page.evaluate(UNNAMED)
    assert unnamed == []
    assert at.page.get_by_role("listbox", name="Proposals").is_visible()
    assert at.page.locator("#queue").get_by_role("option").first.get_attribute("aria-setsize") == "7"
    assert at.page.get_by_role("progressbar", name="decided").is_visible()
    at.page.locator("#queue").focus()
    at.press("ArrowDown")
    selected = at.page.locator("#queue").get_attribute("aria-activedescendant")
    assert at.page.locator(f"#{selected}").get_attribute("aria-selected") == "true"
    at.press("?")
    assert at.page.get_by_role("dialog").is_visible()
    at.press("Escape", "a")
    assert at.text("#count") == "1 of 7 decided"


def test_nothing_to_decide(review: Callable[..., Reader]) -> None:
    at = review(Result("人民日报"))
    assert "nothing to decide" in at.text("#none")
    at.press("a", "r", "j", "n", "g", "u", "Shift+A", "Alt+a", "w")
    assert "nothing to save" in at.text("#toast")
    assert at.text("#words") == "人民日报"
