"""The tool that draws mutants: annotations are none, and what it says of a few of them holds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

sys.path.append(str(ROOT / "tools"))
from mutants import annotations

SOURCE = """
class One:
    count: int | None = 1 + 2
def two(at: str | int = "a" + "b", *rest: set[int]) -> float | None:
    return at or None
"""


def test_annotations_are_found_and_nothing_else_is() -> None:
    lines = SOURCE.split("\n")
    said = [lines[start[0] - 1][start[1] : end[1]] for start, end in annotations(SOURCE)]
    assert sorted(said) == ["float | None", "int | None", "set[int]", "str | int"]


@pytest.mark.slow
def test_mutants_are_killed_by_their_tests_and_by_no_others(tmp_path: Path) -> None:
    pytest.importorskip("cosmic_ray")
    for tests, killed in (("src/ocrfix/spans.py tests/test_spans.py", 3), ("src/ocrfix/plots.py", 0)):
        command = [sys.executable, "tools/mutants.py", "src/ocrfix/spans.py", "--tests", tests, "--number", "3"]
        ran = subprocess.run(
            [*command, "--folder", str(tmp_path / str(killed))], cwd=ROOT, check=True, capture_output=True, text=True
        )
        assert re.search(rf"^\| all \| 3 \| {killed} \|$", ran.stdout, re.MULTILINE)
        assert ran.stdout.count("--- mutation diff ---") == 3 - killed
