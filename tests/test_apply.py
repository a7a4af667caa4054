"""What `check --format json` printed is made by `apply`: where the text is still the same, in every file or in none."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import DAMAGED, MENDED, Ran
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Correction, Result
from ocrfix.changes import Change, ChangesError, made, read_changes
from ocrfix.findings import findings

Run = Callable[..., Ran]

ROW: dict[str, Any] = {
    "path": "page.txt",
    "line": 1,
    "column": 6,
    "start": 5,
    "end": 6,
    "original": "在",
    "replacement": "茌",
    "before": "中共聊城市",
    "after": "平区委、茌平区政",
}


def row(**other: Any) -> str:
    return json.dumps(ROW | other)


@st.composite
def results(draw: st.DrawFn) -> Result:
    """A text of any sort with corrections of any sort."""
    text = draw(st.text(st.characters(), max_size=30) | st.text(st.sampled_from("在平\r\n\u2028 "), max_size=30))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
    made = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        replacement = draw(st.text(st.characters(), max_size=3))
        made.append(Correction(start, end, text[start:end], replacement, 0.9, "glyph"))
    return Result(text, tuple(made))


@given(results())
def test_what_is_reported_can_be_replayed(result: Result) -> None:
    report = "".join(finding.as_json() + "\n" for finding in findings("page.txt", result))
    changes = read_changes(report.encode("utf-8"), "changes.json").get("page.txt", [])
    assert made(result.source, changes) == result.text


def test_check_and_apply_make_what_write_makes(ocrfix: Run, tmp_path: Path) -> None:
    forms = {"utf-8": "\n", "utf-8-sig": "\r\n", "utf-16": "\n", "gb18030": "\r"}
    for encoding, end in forms.items():
        (tmp_path / f"{encoding}.txt").write_bytes(DAMAGED.replace("\n", end).encode(encoding))
    (tmp_path / "changes.json").write_bytes(ocrfix("check", "--format", "json", ".").stdout)
    ran = ocrfix("apply", "changes.json")
    assert (ran.code, ran.out, ran.stderr) == (0, "", "4 corrections made, in 4 of 4 files\n")
    for encoding, end in forms.items():
        assert (tmp_path / f"{encoding}.txt").read_bytes() == MENDED.replace("\n", end).encode(encoding)
    again = ocrfix("apply", "-q", "changes.json")
    assert again.code == 2
    assert "gb18030.txt:1: expected '在' at column 6, found '茌'; the file has changed" in again.stderr


def test_lines_taken_out_are_left_and_suggestions_set_to_false_are_made(ocrfix: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_bytes(DAMAGED.encode())
    args = ("check", "--accept", "1", "--suggest", "0.3", "--suggestions", "--format", "json", "page.txt")
    suggested = ocrfix(*args).stdout
    assert ocrfix("apply", "-", stdin=suggested).stderr == "0 corrections made, in 0 of 0 files\n"
    assert page.read_bytes() == DAMAGED.encode()
    wanted = [line for line in suggested.splitlines() if json.loads(line)["replacement"] == "茌"]
    ran = ocrfix("apply", "-", stdin=b"\n".join(wanted).replace(b'"suggestion": true', b'"suggestion": false'))
    assert (ran.code, page.read_bytes()) == (0, MENDED.encode())


def test_one_text_that_has_changed_and_nothing_is_written(ocrfix: Run, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_bytes(DAMAGED.encode())
    (tmp_path / "changes.json").write_bytes(ocrfix("check", "--format", "json", ".").stdout)
    (tmp_path / "b.txt").write_bytes(("。" + DAMAGED).encode())
    (tmp_path / "c.txt").unlink()
    ran = ocrfix("apply", "changes.json")
    assert (ran.code, ran.out) == (2, "")
    stale = "the file has changed since the report (changes.json:2): make it anew"
    assert ran.stderr.splitlines() == [
        f"ocrfix: b.txt:1: expected '在' at column 6, found '市'; {stale}",
        "ocrfix: c.txt: cannot be read: No such file or directory",
        "0 corrections made, in 0 of 3 files",
    ]
    assert (tmp_path / "a.txt").read_bytes() == DAMAGED.encode()


@pytest.mark.parametrize(
    ("text", "change", "message"),
    [
        ("在平", {"start": 5, "end": 6}, "expected '在' at column 6, found ''"),
        ("中共聊城市平平", {}, "page.txt:1: expected '在' at column 6, found '平'"),
        ("\n共聊城市在平区委、茌平区政府", {}, "expected '在' here, found it at line 2, column 5"),
        (
            "中共聊城市在平区委、茌平区政府",
            {"line": 2, "column": 1},
            "expected '在' here, found it at line 1, column 6",
        ),
        ("中共聊城县在平区委、茌平区政府", {}, "expected '中共聊城市' before column 6, found '中共聊城县'"),
        ("中共聊城市在平区委、茌平区长", {}, "expected '平区委、茌平区政' after column 6, found '平区委、茌平区长'"),
        (
            "中共聊城市代大会",
            {"original": "", "end": 5, "after": "大会"},
            "expected '大会' after column 6, found '代大会'",
        ),
    ],
)
def test_what_the_text_no_longer_says(text: str, change: dict[str, Any], message: str) -> None:
    changes = read_changes(row(**change).encode(), "changes.json")["page.txt"]
    with pytest.raises(ChangesError, match=re.escape(message)):
        made(text, changes)


def test_changes_may_lie_side_by_side() -> None:
    text = "中共聊城市在平区委、茌平区政府"
    beside = row(start=6, end=7, column=7, original="平", replacement="坪", before=None, after=None)
    inserted = row(start=5, end=5, original="", replacement="，", before=None, after=None)
    changes = read_changes("\n".join((beside, row(), inserted)).encode(), "changes.json")["page.txt"]
    assert made(text, changes) == "中共聊城市，茌坪区委、茌平区政府"


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (b"{", "changes.json:1: expected JSON as ocrfix check --format json prints it"),
        (b"\n\n[1]", r"changes.json:3: expected an object, found '\[1\]'"),
        (b"[" * 100_000, "changes.json:1: expected JSON"),
        (b'{"line": ' + b"9" * 5_000 + b"}", "changes.json:1: expected JSON"),
        (b"\xff", "changes.json:1: expected UTF-8, found the byte 0xff"),
        (b"\n\xff", "changes.json:2: expected UTF-8, found the byte 0xff"),
        (b"\n\n\n\xff", "changes.json:4: expected UTF-8, found the byte 0xff"),
        (row(path=3), "changes.json:1: path: expected a string, found 3"),
        (row(path=""), "path: expected the name of a file, found ''"),
        (row(path="a\0b"), "path: expected the name of a file"),
        (row(path="a\ud800b"), "path: expected the name of a file"),  # half of a character, spelled in JSON
        (row(start=True, end=2), "start: expected a whole number, found True"),
        (row(start=5.0), "start: expected a whole number, found 5.0"),
        (row(original=None), "original: expected a string, found None"),
        (row(before=3), "before: expected a string, found 3"),
        (row(suggestion="no"), "suggestion: expected true or false, found 'no'"),
        (row(start=-1, end=0), "expected a span as long as its original, found -1:0 and '在'"),
        (row(end=9), "expected a span as long as its original, found 5:9 and '在'"),
        (
            row() + "\n" + row(),
            r"changes.json:2: expected changes that lie apart, found 5:6 over 5:6 \(changes.json:1\)",
        ),
        (row(end=7, original="在平") + "\n" + row(start=6, end=7, original="平"), "expected changes that lie apart"),
    ],
)
def test_reports_that_are_none(report: bytes | str, message: str) -> None:
    with pytest.raises(ChangesError, match=message):
        read_changes(report if isinstance(report, bytes) else report.encode(), "changes.json")


def test_insertions_on_either_side_of_a_change_lie_apart() -> None:
    changes = [Change("", "p", 1, at + 1, at, at, "", ch) for at, ch in ((0, "甲"), (1, "乙"))]
    changes.insert(1, Change("", "p", 1, 1, 0, 1, "在", "茌"))
    assert made("在平", changes) == "甲茌乙平"


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_report_reaches_no_file_elsewhere(ocrfix: Run, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    (there / "page.txt").write_bytes(DAMAGED.encode())
    (here / "link.txt").symlink_to(there / "page.txt")
    for path in ("../there/page.txt", str(there / "page.txt"), "link.txt"):
        ran = ocrfix("apply", "-", stdin=row(path=path).encode(), cwd=here)
        assert ran.code == 2
        assert f"{path}: expected a file in {here}, found it elsewhere; --within FOLDER allows others" in ran.stderr
        assert (there / "page.txt").read_bytes() == DAMAGED.encode()
    assert ocrfix("apply", "--within", "..", "-", stdin=row(path="link.txt").encode(), cwd=here).code == 0
    assert (there / "page.txt").read_bytes() == MENDED.encode()
    assert (here / "link.txt").is_symlink()


def test_one_file_under_two_names(ocrfix: Run, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(DAMAGED.encode())
    ran = ocrfix("apply", "-", stdin=(row() + "\n" + row(path="./page.txt")).encode())
    assert ran.code == 2
    assert "./page.txt: expected one name for one file, found page.txt too; use one of them" in ran.stderr
    assert (tmp_path / "page.txt").read_bytes() == DAMAGED.encode()


def test_a_character_that_one_encoding_lacks(ocrfix: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(DAMAGED.encode())
    (tmp_path / "b.txt").write_bytes(DAMAGED.encode("gbk"))
    ran = ocrfix("apply", "-", stdin=(row(path="a.txt") + "\n" + row(path="b.txt", replacement="䶮")).encode())
    assert (ran.code, (tmp_path / "a.txt").read_bytes()) == (2, DAMAGED.encode())
    assert "b.txt: gbk has no '䶮'" in ran.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("apply",), "the following arguments are required: DECISIONS"),
        (("apply", "nowhere.json"), "ocrfix: nowhere.json: No such file or directory"),
        (("apply", "--encoding", "utf-9", "x"), "Python knows no encoding 'utf-9'"),
    ],
)
def test_usage(ocrfix: Run, args: tuple[str, ...], message: str) -> None:
    ran = ocrfix(*args)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.stderr
