"""Where corrections stand in their file, against slow twins; and what each format says of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Alternative, Correction, Evidence, Result
from ocrfix.findings import coloured, findings, sarif
from ocrfix.model import KINDS
from ocrfix.spans import AROUND, around, lines_of

texts = st.text(st.sampled_from("在平\r\n\u2028\x0c"), max_size=30)


@given(texts, st.integers(0, 30))
def test_line_and_column_are_those_of_an_editor(text: str, at: int) -> None:
    at = min(at, len(text))
    if text[at - 1 : at + 1] == "\r\n" and at:
        at -= 1  # no place lies within a line's end
    before = text[:at].replace("\r\n", "\n").replace("\r", "\n")
    assert lines_of(text)(at) == (before.count("\n") + 1, len(before) - before.rfind("\n"))


@given(st.text(max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_around_is_what_stands_beside(text: str, a: int, b: int) -> None:
    start, end = sorted((min(a, len(text)), min(b, len(text))))
    before, after = around(text, start, end)
    assert text[:start].endswith(before)
    assert text[end:].startswith(after)
    assert (len(before), len(after)) == (min(start, AROUND), min(len(text) - end, AROUND))


REASONS = (Evidence("name", 0.0, "known\nname"), Evidence("language", 2.0, "reads better"))
MADE = Correction(3, 4, "在", "茌", 0.985, "name", REASONS, (Alternative("", 0.3), Alternative("存", 0.02)))
SEEN = Correction(0, 2, "一\n", "", 0.5, "linebreak")
RESULT = Result("一\n二在平", (MADE,), (SEEN,))


def test_a_line_for_a_person() -> None:
    (finding,) = findings("p.txt", RESULT)
    why = "known⏎name; reads better; or nothing 0.30, 存 0.02"
    assert finding.as_line() == f"p.txt:2:2: [在→茌] name 0.98  {why}"
    assert finding.as_line(colour=True) == (
        f"\x1b[1mp.txt\x1b[0m:2:2: [\x1b[31m在\x1b[0m→\x1b[32m茌\x1b[0m] name 0.98  \x1b[2m{why}\x1b[0m"
    )
    suggested, made = findings("p.txt", RESULT, suggestions=True)
    assert made == finding
    assert suggested.as_line() == "p.txt:1:1: suggestion [一⏎→] linebreak 0.50"


def test_json_for_a_program() -> None:
    (finding,) = findings("p.txt", RESULT)
    assert json.loads(finding.as_json()) == {
        **{"path": "p.txt", "line": 2, "column": 2, "end_line": 2, "end_column": 3, "suggestion": False},
        **{"before": "一\n二", "after": "平"},
        **MADE.as_record(),
    }
    assert json.loads(findings("p.txt", RESULT, suggestions=True)[0].as_json())["suggestion"] is True


def test_sarif_for_editors() -> None:
    log = json.loads(sarif(findings("/a b/p.txt", RESULT, suggestions=True), "1.2"))
    (run,) = log["runs"]
    driver = {"name": "ocrfix", "version": "1.2", "rules": [{"id": kind} for kind in KINDS]}
    assert run["tool"] == {"driver": driver}
    suggested, made = run["results"]
    region = {"startLine": 2, "startColumn": 2, "endLine": 2, "endColumn": 3}
    location = {"uri": "file:///a%20b/p.txt"}
    assert made == {
        **{"ruleId": "name", "ruleIndex": KINDS.index("name"), "level": "warning"},
        "message": {"text": "[在→茌] 0.98 known\nname; reads better"},
        "locations": [{"physicalLocation": {"artifactLocation": location, "region": region}}],
        "fixes": [
            {
                "artifactChanges": [
                    {
                        "artifactLocation": location,
                        "replacements": [{"deletedRegion": region, "insertedContent": {"text": "茌"}}],
                    }
                ]
            }
        ],
        "properties": MADE.as_record(),
    }
    assert (suggested["level"], suggested["message"]["text"]) == ("note", "[一⏎→] 0.50")


def test_places_with_several_are_in_order() -> None:
    one, other = (Correction(0, 1, "在", new, score, "glyph") for new, score in (("茌", 0.9), ("存", 0.3)))
    third, whole = Correction(0, 1, "在", "左", 0.35, "glyph"), Correction(0, 2, "在平", "茌平", 0.4, "name")
    found = findings("p", Result("在平", (one,), (whole, third, other)), suggestions=True)
    assert [f.correction for f in found] == [one, third, other, whole]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("-一\n", "\x1b[31m-一\x1b[0m\n"),
        ("+一\r\n", "\x1b[32m+一\r\x1b[0m\n"),
        ("@@ -1 +1 @@\n", "\x1b[36m@@ -1 +1 @@\x1b[0m\n"),
        (" 一\n", " 一\n"),
        ("\\ No newline at end of file\n", "\\ No newline at end of file\n"),
    ],
)
def test_colours_of_a_diff(line: str, shown: str) -> None:
    assert coloured(line) == shown
