"""The command among hostile files, names, streams and folders: nothing lost, nothing steered, no crash."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from conftest import DAMAGED, MENDED, Ran
from test_cli import on_terminal

Run = Callable[..., Ran]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="names, pipes and devices of POSIX")

NAMES = ["a b.txt", "tab\t.txt", "new\nline.txt", 'quote".txt', "back\\slash.txt", "esc\x1b]0;x\x07.txt", "页 面.txt"]
NAMES += ["-dash.txt", "bad\udcff.txt", "#h?%20.txt"]


def shell(command: str, folder: Path) -> tuple[int, bytes, str]:
    """What a shell makes of a command in which OCRFIX stands for ours."""
    ours = f"'{sys.executable}' -m ocrfix"
    done = subprocess.run(["sh", "-c", command.replace("OCRFIX", ours)], cwd=folder, capture_output=True, timeout=120)
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder of damaged files whose names hold what names may hold."""
    for name in NAMES:
        (tmp_path / name).write_bytes(DAMAGED.encode())
    return tmp_path


def test_names_of_any_bytes_are_reported_in_every_format(ocrfix: Run, hostile: Path) -> None:
    lines = ocrfix("check", ".").stdout
    assert len(lines.splitlines()) == len(NAMES)
    assert b"\x1b" not in lines
    records = map(json.loads, ocrfix("check", "--format", "json", ".").out.splitlines())
    assert sorted(record["path"] for record in records) == sorted(NAMES)
    log = json.loads(ocrfix("check", "--format", "sarif", ".").out)
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in log["runs"][0]["results"]]
    assert sorted(unquote_to_bytes(place["uri"]) for place in places) == sorted(map(os.fsencode, NAMES))


@pytest.mark.parametrize("tool", [("patch", "-p1", "-f"), ("git", "apply")], ids=lambda tool: tool[0])
def test_a_diff_finds_its_files_again(ocrfix: Run, hostile: Path, tool: tuple[str, ...]) -> None:
    diff = ocrfix("check", "--diff", ".").stdout
    done = subprocess.run(tool, input=diff, cwd=hostile, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name: path.read_bytes() for path in hostile.iterdir()} == dict.fromkeys(NAMES, MENDED.encode())


ENDS = {
    "mark": ("\ufeff" + DAMAGED, "\ufeff" + MENDED),
    "no end": (DAMAGED[:-1], MENDED[:-1]),
    "crlf": (DAMAGED.replace("\n", "\r\n"), MENDED.replace("\n", "\r\n")),
    "cr": (DAMAGED.replace("\n", "\r"), MENDED.replace("\n", "\r")),
    "form feed": ("\x0c" + DAMAGED + "\x0c\x0b", "\x0c" + MENDED + "\x0c\x0b"),
    "separators": ("\u2028\u2029\x85\n" + DAMAGED + "\u2028", "\u2028\u2029\x85\n" + MENDED + "\u2028"),
    "far": (DAMAGED + "\r\r\n\n" * 9 + DAMAGED[:-1], MENDED + "\r\r\n\n" * 9 + MENDED[:-1]),
}


@pytest.mark.parametrize("tool", [("patch", "-p1", "-f", "--binary"), ("git", "apply")], ids=lambda tool: tool[0])
def test_a_diff_fits_whatever_ends_the_lines(ocrfix: Run, tmp_path: Path, tool: tuple[str, ...]) -> None:
    for name, (damaged, _) in ENDS.items():
        (tmp_path / f"{name}.txt").write_bytes(damaged.encode())
    diff = ocrfix("check", "--diff", ".").stdout
    done = subprocess.run(tool, input=diff, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.stem: path.read_bytes().decode() for path in tmp_path.iterdir()} == {
        n: m for n, (_, m) in ENDS.items()
    }


def test_nothing_of_a_text_steers_the_terminal(tmp_path: Path) -> None:
    hostile = "\x1b]0;owned\x07\x9b2J\u202e\x7f"
    (tmp_path / "page.txt").write_text(hostile + DAMAGED.replace("\n", "\r\n"), encoding="utf-8", newline="")
    (tmp_path / "names.txt").write_text("某\x1b[2J镇\n", encoding="utf-8")
    for args in (["check"], ["check", "--diff"], ["check", "--diff", "--color", "never"]):
        shown, said = on_terminal([*args, "page.txt"], tmp_path, "stdout", NO_COLOR="1")
        assert shown
        assert not {"\x1b", "\x07", "\x9b", "\u202e", "\x7f"} & set((shown + said).decode()), args
    shown, _ = on_terminal(["places", "--gazetteer", "names.txt", "--limit", "0", "page.txt"], tmp_path, "stdout")
    assert b"\x1b" not in shown
    shown, _ = on_terminal(["check", "nowhere\x1b[2J.txt"], tmp_path, "stderr")
    assert b"nowhere\\x1b[2J.txt" in shown
    diff = subprocess.run(
        [sys.executable, "-m", "ocrfix", "check", "--diff", "page.txt"], cwd=tmp_path, capture_output=True
    ).stdout
    assert hostile in diff.decode()  # what `patch` reads is as it is


def test_a_folder_of_links_pipes_and_loops(ocrfix: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    (tmp_path / "nowhere.txt").symlink_to("gone.txt")
    (tmp_path / "folder.txt").symlink_to(".")
    (tmp_path / "zeros.txt").symlink_to("/dev/zero")
    (tmp_path / "page.txt").write_bytes(DAMAGED.encode())
    ran = ocrfix("check", "-w", ".")
    assert ran.code == 2
    assert sorted(ran.stderr.splitlines()) == [
        "1 correction made, in 1 of 1 file; 2 errors",
        "ocrfix: loop.txt: cannot be read: Too many levels of symbolic links",
        "ocrfix: nowhere.txt: cannot be read: No such file or directory",
    ]
    assert (tmp_path / "page.txt").read_bytes() == MENDED.encode()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("check", "n" * 300), "ocrfix: n{300}: cannot be read: File name too long"),
        (("check", "page.txt/x"), "ocrfix: page.txt/x: no such file or folder"),
        (("check", "-w", ""), "expected a path, found an empty one"),
        (("check", "--encoding", "undefined", "page.txt"), "Python knows no encoding 'undefined'"),
        (("check", "--encoding", "", "page.txt"), "Python knows no encoding ''"),
        (("check", "/dev/zero"), "ocrfix: /dev/zero: expected 32 MB at most, found more; cut it into its documents"),
    ],
)
def test_paths_that_are_none(ocrfix: Run, tmp_path: Path, args: tuple[str, ...], message: str) -> None:
    (tmp_path / "page.txt").write_bytes(DAMAGED.encode())
    ran = ocrfix(*args)
    assert (ran.code, ran.out) == (2, "")
    assert re.search(message, ran.stderr)
    assert "Traceback" not in ran.stderr
    assert (tmp_path / "page.txt").read_bytes() == DAMAGED.encode()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("OCRFIX check page.txt >/dev/full", 2),
        ("OCRFIX check --format sarif page.txt >/dev/full", 2),
        ("OCRFIX check -w - <page.txt >/dev/full", 2),
        ("OCRFIX check page.txt >&-", 1),
        ("OCRFIX check page.txt 2>&-", 1),
        ("OCRFIX check page.txt >&- 2>&- <&-", 1),
        ("OCRFIX check page.txt 2>/dev/full", 1),
        ("OCRFIX check - <&-", 0),
    ],
)
def test_streams_that_are_full_or_closed(tmp_path: Path, command: str, code: int) -> None:
    if "/dev/full" in command and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    (tmp_path / "page.txt").write_bytes(DAMAGED.encode())
    found, _, said = shell(command, tmp_path)
    assert found == code
    assert "Traceback" not in said
    if code == 2:
        assert "ocrfix: standard output: No space left on device\n" in said
    assert (tmp_path / "page.txt").read_bytes() == DAMAGED.encode()


def test_no_room_to_write(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(DAMAGED.encode())
    before = (tmp_path / "page.txt").stat()
    code, _, said = shell("ulimit -f 0; OCRFIX check -w page.txt", tmp_path)
    assert (code, said.splitlines()[0]) == (2, "ocrfix: page.txt: cannot be written: File too large; nothing written")
    assert (tmp_path / "page.txt").read_bytes() == DAMAGED.encode()
    assert (tmp_path / "page.txt").stat().st_mtime_ns == before.st_mtime_ns
    assert os.listdir(tmp_path) == ["page.txt"]
