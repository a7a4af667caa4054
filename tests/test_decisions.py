"""What was decided in a review is made by `apply`: nothing else, in every file or in none, and put on record."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import DAMAGED, MENDED, Ran
from layouts import FILES, LAYOUT, correction, opened
from test_apply import ROW as REPORTED

from ocrfix.changes import ChangesError, read_changes
from ocrfix.spans import lines_of

Run = Callable[..., Ran]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


ROW: dict[str, Any] = {
    **REPORTED,
    "decision": "accept",
    "proposed": "茌",
    "kind": "name",
    "score": 0.98,
    "note": "a name belongs here",
    "by": "王",
    "at": "2026-11-25T08:00:00Z",
    "together": 1,
    "sha256": digest(DAMAGED.encode()),
}


def row(**other: Any) -> str:
    return json.dumps({**ROW, **other}, ensure_ascii=False) + "\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.txt"
    path.write_bytes(DAMAGED.encode())
    return path


def log(tmp_path: Path, name: str = "decisions.log.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / name).read_text(encoding="utf-8").splitlines()]


def test_what_was_accepted_is_made_and_what_was_not_is_left(ocrfix: Run, tmp_path: Path, page: Path) -> None:
    place = {"start": 10, "end": 11, "column": 11, "before": DAMAGED[2:10], "after": DAMAGED[11:19]}
    kept = row(**place, original="茌", replacement="在", proposed="在", decision="reject", by="")
    (tmp_path / "decisions.json").write_text(row() + kept, encoding="utf-8")
    ran = ocrfix("apply", "--by", "李", "decisions.json")
    assert (ran.code, page.read_bytes()) == (0, MENDED.encode())
    assert ran.stderr == ("1 correction made, in 1 of 1 file; 1 left as printed; recorded in decisions.log.jsonl\n")
    one, other = log(tmp_path)
    assert (one["by"], one["decision"], one["original"], one["replacement"]) == ("王", "accept", "在", "茌")
    assert (other["by"], other["decision"], other["proposed"]) == ("李", "reject", "在")
    assert (one["sha256"], one["became"]) == (digest(DAMAGED.encode()), digest(MENDED.encode()))
    assert one["note"] == "a name belongs here"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one["applied"])


@pytest.mark.parametrize("suggestion", [True, False])
def test_a_decision_added_to_a_report_counts_whatever_it_was(ocrfix: Run, page: Path, suggestion: bool) -> None:
    report = json.loads(ocrfix("check", "--format", "json", "page.txt").out) | {"suggestion": suggestion}
    for decision, text in (("reject", DAMAGED), ("accept", MENDED)):
        assert ocrfix("apply", "-", stdin=json.dumps(report | {"decision": decision}).encode()).code == 0
        assert page.read_bytes() == text.encode()


def test_a_log_is_added_to_and_stands_where_it_was_said(ocrfix: Run, tmp_path: Path, page: Path) -> None:
    for _ in range(2):
        page.write_bytes(DAMAGED.encode())
        assert ocrfix("apply", "--log", "log.jsonl", "-", stdin=row().encode()).code == 0
    assert len(log(tmp_path, "log.jsonl")) == 2
    assert sorted(os.listdir(tmp_path)) == ["log.jsonl", "page.txt"]


def test_a_report_and_standard_input_have_no_log_unless_asked_for(ocrfix: Run, tmp_path: Path, page: Path) -> None:
    report = ocrfix("check", "--format", "json", "page.txt").stdout
    (tmp_path / "report.json").write_bytes(report)
    assert ocrfix("apply", "report.json").code == 0
    page.write_bytes(DAMAGED.encode())
    assert ocrfix("apply", "-", stdin=row().encode()).code == 0
    assert sorted(os.listdir(tmp_path)) == ["page.txt", "report.json"]
    page.write_bytes(DAMAGED.encode())
    assert ocrfix("apply", "--log", "log.jsonl", "--by", "王", "report.json").code == 0
    (said,) = log(tmp_path, "log.jsonl")
    assert (said["by"], said["decision"], said["replacement"]) == ("王", "accept", "茌")


def test_a_file_that_is_another_is_refused_and_nothing_is_written(ocrfix: Run, tmp_path: Path, page: Path) -> None:
    """The place still says what it said: the hash of the whole file tells."""
    (tmp_path / "other.txt").write_bytes(DAMAGED.encode() + "又".encode())
    (tmp_path / "decisions.json").write_text(row() + row(path="other.txt"), encoding="utf-8")
    ran = ocrfix("apply", "decisions.json")
    assert ran.code == 2
    assert "ocrfix: other.txt: expected the reviewed file (decisions.json:2: SHA-256 " in ran.stderr
    assert "it has changed since: review it anew" in ran.stderr
    assert page.read_bytes() == DAMAGED.encode()
    assert not (tmp_path / "decisions.log.jsonl").exists()


@pytest.mark.parametrize("where", ["nowhere/log.jsonl", "page.txt", "."])
def test_where_nothing_can_be_recorded_nothing_is_written(ocrfix: Run, page: Path, where: str) -> None:
    ran = ocrfix("apply", "--log", where, "-", stdin=row().encode())
    assert (ran.code, page.read_bytes()) == (2, DAMAGED.encode())
    assert "nothing written" in ran.stderr


def test_a_diff_shows_and_writes_nothing(ocrfix: Run, tmp_path: Path, page: Path) -> None:
    (tmp_path / "decisions.json").write_text(row(), encoding="utf-8")
    ran = ocrfix("apply", "--diff", "decisions.json")
    assert ran.code == 0
    assert f"+{MENDED.splitlines()[0]}\n" in ran.out
    assert page.read_bytes() == DAMAGED.encode()
    assert sorted(os.listdir(tmp_path)) == ["decisions.json", "page.txt"]
    subprocess.run(["patch", "-p1", "-s"], input=ran.stdout, cwd=tmp_path, check=True)
    assert page.read_bytes() == MENDED.encode()


def test_decisions_of_two_people_are_joined_by_cat(ocrfix: Run, tmp_path: Path, page: Path) -> None:
    (tmp_path / "more.txt").write_bytes(DAMAGED.encode())
    assert ocrfix("apply", "-", stdin=(row() + row(path="more.txt", by="李")).encode()).code == 0
    assert page.read_bytes() == (tmp_path / "more.txt").read_bytes() == MENDED.encode()
    for other in ({"replacement": "荏", "decision": "replace"}, {"decision": "reject"}, {}):
        ran = ocrfix("apply", "-", stdin=(row() + row(by="李", **other)).encode())
        assert ran.code == 2
        assert "<stdin>:2: expected one decision about a proposal, found another in <stdin>:1" in ran.stderr
    ran = ocrfix("apply", "-", stdin=(row() + row(proposed="荏", replacement="荏")).encode())
    assert ran.code == 2
    assert "expected changes that lie apart" in ran.stderr


@pytest.mark.parametrize("name", LAYOUT)
def test_layout_files_hold_what_was_decided(ocrfix: Run, tmp_path: Path, name: str) -> None:
    """The twin: the file itself, rewritten by its own format."""
    (tmp_path / name).write_bytes(FILES[name])
    document = opened(name)
    text = str(document.text)
    at = next(k for k, ch in enumerate(text) if "\u4e00" <= ch <= "\u9fff")
    from ocrfix.findings import findings
    from ocrfix.model import Result

    made = correction(document, at, at + 1, "龙")
    (finding,) = findings(name, Result(text, (made,)), document=document)
    record = json.loads(finding.as_json()) | {"decision": "replace", "by": "王", "sha256": digest(FILES[name])}
    assert ocrfix("apply", "-", stdin=json.dumps(record).encode()).code == 0
    assert (tmp_path / name).read_bytes() == document.rewritten([made], "reviewed by 王")


def test_what_ocrfix_writes_is_no_text_to_be_corrected(ocrfix: Run, tmp_path: Path, page: Path) -> None:
    """A folder in which a review was worked on can be worked on again."""
    report = ocrfix("check", "--format", "json", ".").out
    (tmp_path / "decisions.json").write_text(json.dumps(json.loads(report) | {"decision": "accept"}), encoding="utf-8")
    (tmp_path / "report.jsonl").write_text(report, encoding="utf-8")
    assert ocrfix("review", "-q", ".").code == 0
    assert ocrfix("apply", "decisions.json").code == 0
    assert (tmp_path / "decisions.log.jsonl").exists()
    ran = ocrfix("check", ".")
    assert (ran.code, ran.stderr) == (0, "0 corrections to make, in 0 of 1 file\n")


def test_what_was_read_as_something_else_is_written_as_that(ocrfix: Run, tmp_path: Path) -> None:
    """A page of markup, reviewed as the text that it is."""
    path = tmp_path / "page.xml"
    path.write_bytes(f"<p>{DAMAGED}</p>".encode())
    assert ocrfix("review", "-q", "--input-format", "text", "page.xml").code == 0
    place = {"start": 8, "end": 9, "column": 9, "before": "<p>中共聊城市", "path": "page.xml"}
    said = row(**place, sha256=digest(path.read_bytes())).encode()
    assert ocrfix("apply", "-", stdin=said).code == 2
    assert ocrfix("apply", "--input-format", "text", "-", stdin=said).code == 0
    assert path.read_bytes() == f"<p>{MENDED}</p>".encode()


def test_what_a_layout_file_has_no_place_for_is_refused(ocrfix: Run, tmp_path: Path) -> None:
    """Between two blocks is white paper: the end of a paragraph is none of the file's characters."""
    (tmp_path / "page.hocr").write_bytes(FILES["tesseract.hocr"])
    text = str(opened("tesseract.hocr").text)
    at = text.index("\n\n")
    line, column = lines_of(FILES["tesseract.hocr"].decode())(opened("tesseract.hocr").origin(at).at)
    place = {"path": "page.hocr", "start": at, "end": at + 2, "original": "\n\n", "line": line, "column": column}
    place |= {
        "before": text[max(0, at - 8) : at],
        "after": text[at + 2 : at + 10],
        "sha256": digest(FILES["tesseract.hocr"]),
    }
    ran = ocrfix("apply", "-", stdin=row(**place, replacement="").encode())
    assert ran.code == 2
    assert "expected a change that the file has a place for" in ran.stderr
    assert (tmp_path / "page.hocr").read_bytes() == FILES["tesseract.hocr"]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (row(decision="maybe"), "decision: expected one of accept, reject, replace, found 'maybe'"),
        (row(decision=None), "decision: expected one of"),
        (row(by=3), "by: expected a string, found 3"),
        (row(sha256=None), "sha256: expected a string, found None"),
    ],
)
def test_decisions_that_are_none(said: str, message: str) -> None:
    with pytest.raises(ChangesError, match=re.escape(f"decisions.json:1: {message}")):
        read_changes(said.encode(), "decisions.json")


def test_what_was_kept_may_lie_where_something_else_was_taken() -> None:
    wide = row(start=5, end=7, original="在平", replacement="茌平", proposed="茌平", decision="reject")
    assert len(read_changes((row() + wide).encode(), "decisions.json")["page.txt"]) == 2


def test_a_review_needs_no_pillow(tmp_path: Path) -> None:
    from facsimile import facsimile

    facsimile(tmp_path)
    program = "import sys; sys.modules['PIL'] = None\nfrom ocrfix.cli import main\nsys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "review", "page.hocr"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0
    assert "Pillow is not installed, so no crops are embedded: pip install 'ocrfix-zh[review]'" in done.stderr
    assert '"page.png",800,400' in (tmp_path / "review.html").read_text(encoding="utf-8")
