"""The command as a user runs it: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import codecs
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CLEAN, DAMAGED, MENDED, Ran

Run = Callable[..., Ran]
REPORT = re.compile(r"page\.txt:1:\d+: \[[^]]*→[^]]*\] \w+ (0\.\d\d|1\.00)(  .+)?")
PLACE = re.compile(r"page\.txt: \S+ \w+( \([^)]+\))? \d+\.\d  .+")
posix = pytest.mark.skipif(os.name != "posix", reason="signals, pipes and terminals of POSIX")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.txt"
    path.write_bytes(DAMAGED.encode())
    return path


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    """What a folder holds, and when each file was written."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_report_says_where_what_and_why_and_changes_nothing(ocrfix: Run, page: Path, tmp_path: Path) -> None:
    before = state(tmp_path)
    ran = ocrfix("check", "page.txt")
    assert ran.code == 1
    assert ran.out
    assert all(REPORT.fullmatch(line) for line in ran.out.splitlines())
    assert re.match(r"\d+ corrections? to make, in 1 of 1 file", ran.stderr)
    assert state(tmp_path) == before


def test_nothing_to_correct(ocrfix: Run, tmp_path: Path) -> None:
    (tmp_path / "clean.txt").write_bytes(CLEAN.encode())
    ran = ocrfix("check", "clean.txt")
    assert (ran.code, ran.out) == (0, "")
    assert ran.stderr == "0 corrections to make, in 0 of 1 file\n"
    assert ocrfix("check", "-w", "--exit-non-zero-on-fix", "clean.txt").code == 0


def test_quiet_leaves_the_report(ocrfix: Run, page: Path) -> None:
    ran = ocrfix("check", "-q", "page.txt")
    assert (ran.code, ran.stderr) == (1, "")
    assert REPORT.fullmatch(ran.out.splitlines()[0])


def test_diff_is_one_that_patch_takes(ocrfix: Run, page: Path, tmp_path: Path) -> None:
    ran = ocrfix("check", "--diff", "page.txt")
    assert ran.code == 1
    assert ran.out.startswith("--- a/page.txt\n+++ b/page.txt\n@@ -1,2 +1,2 @@\n")
    assert page.read_bytes() == DAMAGED.encode()
    subprocess.run(["patch", "-p1"], input=ran.stdout, cwd=tmp_path, check=True, capture_output=True)
    assert page.read_bytes() == MENDED.encode()


def test_write_makes_the_corrections_once(ocrfix: Run, page: Path, tmp_path: Path) -> None:
    ran = ocrfix("check", "--write", "page.txt")
    assert (ran.code, page.read_bytes()) == (0, MENDED.encode())
    assert re.match(r"\d+ corrections? made, in 1 of 1 file", ran.stderr)
    written = state(tmp_path)
    assert ocrfix("check", "--write", "page.txt").code == 0
    assert state(tmp_path) == written


def test_exit_non_zero_on_fix(ocrfix: Run, page: Path) -> None:
    assert [ocrfix("check", "-w", "--exit-non-zero-on-fix", "page.txt").code for _ in range(2)] == [1, 0]
    assert page.read_bytes() == MENDED.encode()


def test_json_lines(ocrfix: Run, page: Path) -> None:
    ran = ocrfix("check", "--format", "json", "page.txt")
    records = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, bool(records)) == (1, True)
    text = DAMAGED
    for record in reversed(records):
        assert (record["path"], record["line"], record["suggestion"]) == ("page.txt", 1, False)
        assert (record["column"], record["end_column"]) == (record["start"] + 1, record["end"] + 1)
        assert text[record["start"] : record["end"]] == record["original"]
        assert all(evidence["name"] and evidence["note"] for evidence in record["evidence"])
        text = text[: record["start"]] + record["replacement"] + text[record["end"] :]
    assert text == MENDED


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_lines_and_columns_are_those_of_an_editor(ocrfix: Run, page: Path, end: str) -> None:
    page.write_bytes(("𠀀首行\n\n" + DAMAGED).replace("\n", end).encode())
    records = [json.loads(line) for line in ocrfix("check", "--format", "json", "page.txt").out.splitlines()]
    assert records
    line = DAMAGED.split("\n")[0]
    for record in records:
        assert record["line"] == 3
        assert line[record["column"] - 1 : record["end_column"] - 1] == record["original"]


def test_sarif(ocrfix: Run, page: Path) -> None:
    ran = ocrfix("check", "--format", "sarif", "page.txt")
    log = json.loads(ran.out)
    assert (ran.code, log["version"]) == (1, "2.1.0")
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        location = result["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uri"] == "page.txt"
        change = result["fixes"][0]["artifactChanges"][0]["replacements"][0]
        assert change["deletedRegion"] == location["region"]
        assert change["insertedContent"]["text"] == result["properties"]["replacement"]


def test_sarif_of_nothing_is_a_log_too(ocrfix: Run, tmp_path: Path) -> None:
    (tmp_path / "clean.txt").write_bytes(CLEAN.encode())
    ran = ocrfix("check", "--format", "sarif", "clean.txt")
    assert (ran.code, json.loads(ran.out)["runs"][0]["results"]) == (0, [])


def test_suggestions_are_findings_only_when_strict(ocrfix: Run, page: Path, tmp_path: Path) -> None:
    before = state(tmp_path)
    sure = ("--accept", "1", "--suggest", "0.3", "page.txt")
    plain, shown, strict = (ocrfix("check", *more, *sure) for more in ((), ("--suggestions",), ("--strict",)))
    assert (plain.code, plain.out) == (0, "")
    assert re.search(r"; \d+ suggestions? \(--suggestions shows them\)\n", plain.stderr)
    assert (shown.code, strict.code) == (0, 1)
    assert shown.out == strict.out
    assert re.match(r"page\.txt:1:\d+: suggestion \[", shown.out)
    records = ocrfix("check", "--suggestions", "--format", "json", *sure).out.splitlines()
    assert [json.loads(line)["suggestion"] for line in records] == [True] * len(shown.out.splitlines())
    assert ocrfix("check", "--strict", "--write", *sure).code == 1
    assert state(tmp_path) == before


def test_protected_words_are_left(ocrfix: Run, page: Path, tmp_path: Path) -> None:
    assert ocrfix("check", "--protect", "在平", "page.txt").code == 0
    (tmp_path / "ocrfix.toml").write_text('protect = ["在平"]\n', encoding="utf-8")
    assert ocrfix("check", "page.txt").code == 0
    assert ocrfix("check", "--isolated", "page.txt").code == 1
    (tmp_path / "settings.toml").write_text("date = 2022\n", encoding="utf-8")
    assert ocrfix("check", "--config", "settings.toml", "page.txt").code == 1


def test_lists_of_protected_words(ocrfix: Run, page: Path, tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "words.tsv").write_text("word\treason\n在平\ta name\n", encoding="utf-8")
    assert ocrfix("check", "--protect-file", "lists/words.tsv", "page.txt").code == 0
    (tmp_path / "ocrfix.toml").write_text('protect_files = ["lists/words.tsv"]\n', encoding="utf-8")
    assert ocrfix("check", "page.txt").code == 0
    assert ocrfix("check", "page.txt", cwd=tmp_path / "lists").code == 2  # no such page there
    assert ocrfix("check", "../page.txt", cwd=tmp_path / "lists").code == 0
    assert ocrfix("check", "--isolated", "page.txt").code == 1


def test_standard_input(ocrfix: Run, tmp_path: Path) -> None:
    ran = ocrfix("check", "-", "--stdin-filename", "page.txt", stdin=DAMAGED.encode())
    assert ran.code == 1
    assert all(REPORT.fullmatch(line) for line in ran.out.splitlines())
    assert ocrfix("check", "-", stdin=DAMAGED.encode()).out.startswith("<stdin>:1:")
    for encoding in ("utf-8-sig", "gb18030"):
        written = ocrfix("check", "-w", "-", stdin=DAMAGED.replace("\n", "\r\n").encode(encoding))
        assert (written.code, written.stdout) == (0, MENDED.replace("\n", "\r\n").encode(encoding))
    assert state(tmp_path) == {}


def test_every_encoding_and_line_end_is_kept(ocrfix: Run, tmp_path: Path) -> None:
    written: dict[Path, bytes] = {}
    for encoding in ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "gb18030"):
        mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
        for name, end in (("lf", "\n"), ("crlf", "\r\n"), ("cr", "\r")):
            path = tmp_path / f"{encoding}.{name}.txt"
            path.write_bytes(mark + DAMAGED.replace("\n", end).encode(encoding))
            written[path] = mark + MENDED.replace("\n", end).encode(encoding)
    ran = ocrfix("check", "-w", ".")
    assert ran.code == 0
    assert {path: path.read_bytes() for path in written} == written
    assert sorted(tmp_path.iterdir()) == sorted(written)


BAD_FILES = [
    ("nowhere.txt", None, "ocrfix: nowhere.txt: no such file or folder"),
    ("folder", "folder", r"ocrfix: folder: expected text files in this folder \(.*\), found none; name them outright"),
    (
        "johab.txt",
        "한국어 신문 기사를 읽습니다".encode("johab"),
        "ocrfix: johab.txt: bytes in no known encoding .*--encoding",
    ),
    ("page.png", b"\x89PNG\r\n\x1a\n\0\0", "ocrfix: page.png: expected text, found binary data.*"),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD_FILES, ids=[name for name, _, _ in BAD_FILES])
def test_a_bad_file_is_named_and_left_and_the_others_are_done(
    ocrfix: Run, page: Path, tmp_path: Path, name: str, content: bytes | str | None, message: str
) -> None:
    if content == "folder":
        (tmp_path / name).mkdir()
    elif isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    before = state(tmp_path)
    checked = ocrfix("check", name)
    assert (checked.code, checked.out) == (2, "")
    assert re.fullmatch(message, checked.stderr.splitlines()[0])
    assert len(checked.stderr.splitlines()) == 2  # the other is the summary
    assert state(tmp_path) == before
    assert ocrfix("check", "-w", name, "page.txt").code == 2
    assert page.read_bytes() == MENDED.encode()
    after = state(tmp_path)
    del before[str(page)], after[str(page)]
    assert after == before


HEADER = "code\tname\tkind\twithin\tfrom\tto\tsource\n"
BAD_SETTINGS = [
    ("ocrfix.toml", "\nacept = 0.9\n", (), r"ocrfix: .*ocrfix\.toml:2: unknown key 'acept', did you mean 'accept'\?.*"),
    ("pyproject.toml", "[tool.ocrfix]\nsugest = 1\n", (), r"ocrfix: .*pyproject\.toml:2: unknown key 'sugest'.*"),
    ("ocrfix.toml", "accept = 90\n", (), r"ocrfix: .*ocrfix\.toml:1: accept: expected a number from 0 to 1, found 90"),
    ("ocrfix.toml", "accept = \n", (), r"ocrfix: .*ocrfix\.toml:1: expected TOML.*"),
    ("ocrfix.toml", 'gazetteers = ["none.tsv"]\n', (), r"ocrfix: .*none\.tsv: .*"),
    ("names.tsv", HEADER + "1\t某镇\n", ("--gazetteer", "names.tsv"), r"ocrfix: .*names\.tsv:2: expected 7 columns.*"),
    ("names.txt", "某镇\n和平\n", ("--gazetteer", "names.txt"), r"ocrfix: names\.txt:2: 和平 is a common word: .*"),
    ("none", "", ("--gazetteer", "nowhere.tsv"), r"ocrfix: .*nowhere\.tsv: .*"),
    (
        "words.txt",
        "其它\n\twhy\n",
        ("--protect-file", "words.txt"),
        r"ocrfix: words\.txt:2: expected a word, and after .*",
    ),
    ("none", "", ("--protect-file", "nowhere.txt"), r"ocrfix: .*nowhere\.txt: .*"),
    ("none", "", ("--config", "nowhere.toml"), r"ocrfix: nowhere\.toml: cannot be read: No such file.*"),
    ("none", "", ("--accept", "0.2"), r"ocrfix: suggest: expected at most accept, which is 0\.2, found 0\.5; set both"),
]


@pytest.mark.parametrize(("name", "content", "args", "message"), BAD_SETTINGS)
def test_bad_settings_stop_before_anything_is_written(
    ocrfix: Run, page: Path, tmp_path: Path, name: str, content: str, args: tuple[str, ...], message: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    before = state(tmp_path)
    ran = ocrfix("check", "-w", *args, "page.txt")
    assert (ran.code, ran.out) == (2, "")
    assert re.fullmatch(message + "\n", ran.stderr)
    assert state(tmp_path) == before


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "usage: ocrfix"),
        (("page.txt",), "expected a verb, found 'page.txt'; try: ocrfix check page.txt"),
        (("check",), "the following arguments are required: PATH"),
        (("check", "-w", "--diff", "page.txt"), "not allowed with argument"),
        (("check", "--diff", "--format", "json", "page.txt"), "leave out --format"),
        (("check", "-", "page.txt"), "standard input.*stands alone"),
        (("check", "--encoding", "utf-9", "page.txt"), "Python knows no encoding 'utf-9'"),
        (("check", "--engine", "abbyy", "page.txt"), "invalid choice: 'abbyy'"),
        (("places",), "the following arguments are required: PATH"),
        (("places", "-", "page.txt"), "standard input.*stands alone"),
        (("places", "--encoding", "utf-9", "page.txt"), "Python knows no encoding 'utf-9'"),
        (("places", "--write", "page.txt"), "unrecognized arguments: --write"),
        (("places", "--least", "nan", "page.txt"), "--least: expected a number of nats, for instance 2.5, found 'nan'"),
        (("places", "--limit", "-1", "page.txt"), "--limit: expected a whole number, 0 for all, found '-1'"),
    ],
)
def test_usage(ocrfix: Run, page: Path, args: tuple[str, ...], message: str) -> None:
    ran = ocrfix(*args)
    assert (ran.code, ran.out) == (2, "")
    assert re.search(message, ran.stderr)
    assert page.read_bytes() == DAMAGED.encode()


def test_places_likeliest_first_and_why(ocrfix: Run, page: Path, tmp_path: Path) -> None:
    before = state(tmp_path)
    ran = ocrfix("places", "page.txt")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert re.fullmatch(r"page\.txt: 聊城市 prefecture \(山东省\) \d+\.\d  named 2 times", lines[0])
    assert re.search(r"page\.txt: 茌平区 county \(聊城市, 山东省\) \d+\.\d  named 2 times\n", ran.out)
    assert all(PLACE.fullmatch(line) for line in lines)
    assert len(lines) == 40
    assert re.fullmatch(r"\d+ names of places, 40 shown \(--limit 0 shows all\), in 1 file\n", ran.stderr)
    assert ocrfix("places", "-q", "page.txt").stderr == ""
    assert state(tmp_path) == before


def test_places_as_json(ocrfix: Run, page: Path) -> None:
    ran = ocrfix("places", "--format", "json", "--limit", "0", "page.txt")
    records = [json.loads(line) for line in ran.out.splitlines()]
    columns = ["path", "name", "code", "kind", "within", "from", "to", "weight", "why"]
    assert all(list(record) == columns for record in records)
    weights = [record.pop("weight") for record in records]
    row = {"name": "茌平区", "code": "371503", "kind": "county", "within": "3715", "from": 2019, "to": None}
    assert {"path": "page.txt", **row, "why": "named 2 times"} in records
    assert weights == sorted(weights, reverse=True)
    assert min(weights) >= 2.5
    assert ran.stderr == f"{len(records)} names of places, in 1 file\n"


def test_places_by_weight_and_number(ocrfix: Run, page: Path) -> None:
    def names(*args: str) -> list[str]:
        return ocrfix("places", *args, "page.txt").out.splitlines()

    everything = names("--limit", "0")
    assert names("--limit", "3") == everything[:3]
    assert names("--least", "99") == []
    assert len(names("--least", "0", "--limit", "0")) > len(everything)
    assert 0 < len(names("--least", "6", "--limit", "0")) < len(everything)


def test_places_takes_settings(ocrfix: Run, page: Path, tmp_path: Path) -> None:
    (tmp_path / "clean.txt").write_bytes(CLEAN.encode())
    assert ocrfix("places", "clean.txt").out == ""
    assert "聊城市 prefecture (山东省)" in ocrfix("places", "--region", "聊城", "clean.txt").out
    then = ocrfix("places", "--date", "1986", "page.txt").out
    assert then.index(": 聊城地区 ") < then.index(": 聊城市 ")
    (tmp_path / "names.txt").write_text("某某集团\n", encoding="utf-8")
    listed = "clean.txt: 某某集团 name 6.0  in the user's list\n"
    assert ocrfix("places", "--gazetteer", "names.txt", "clean.txt").out == listed
    (tmp_path / "ocrfix.toml").write_text('gazetteers = ["names.txt"]\n', encoding="utf-8")
    assert ocrfix("places", "clean.txt").out == listed
    assert ocrfix("places", "--isolated", "clean.txt").out == ""
    piped = ocrfix("places", "--isolated", "-", stdin=DAMAGED.encode("gb18030"))
    assert piped.out.startswith("<stdin>: 聊城市 prefecture")
    named = ocrfix("places", "--encoding", "big5", "--stdin-filename", "a.txt", "-", stdin="臺北市".encode("big5"))
    assert (named.code, named.stderr[-10:]) == (0, "in 1 file\n")


def test_places_of_a_bad_file_among_others(ocrfix: Run, page: Path, tmp_path: Path) -> None:
    ran = ocrfix("places", "--limit", "1", "nowhere.txt", "page.txt")
    assert (ran.code, len(ran.out.splitlines())) == (2, 1)
    assert ran.stderr.startswith("ocrfix: nowhere.txt: no such file or folder\n")
    assert ran.stderr.endswith(", in 1 file; 1 error\n")
    bad = ocrfix("places", "--region", "乌有县", "page.txt")
    assert (bad.code, bad.out) == (2, "")
    assert "expected the name or the code of a place as region, found '乌有县'" in bad.stderr


def test_version(ocrfix: Run) -> None:
    from ocrfix import __version__

    assert ocrfix("--version").out == f"ocrfix {__version__}\n"


@posix
def test_interrupt(page: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")  # nothing ever comes: the command waits here for its end
    command = [sys.executable, "-u", "-m", "ocrfix", "check", "page.txt", "pipe.txt"]

    def as_from_a_terminal() -> None:  # a shell has what it starts in the background pass over interrupts
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, preexec_fn=as_from_a_terminal) as running:
        assert running.stdout is not None
        assert running.stdout.readline()
        running.send_signal(signal.SIGINT)
        _, complaint = running.communicate()
    assert (running.returncode, complaint) == (130, b"ocrfix: interrupted\n")


@posix
def test_a_reader_that_leaves(page: Path, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "ocrfix", "check", "-q", "page.txt"]
    done = subprocess.run(command, cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (2, b"")


def on_terminal(args: list[str], cwd: Path, stream: str, **env: str) -> tuple[bytes, bytes]:
    """What the command shows on a terminal that is its standard output or error, and what the other one gets."""
    screen, terminal = os.openpty()
    other = "stderr" if stream == "stdout" else "stdout"
    outside = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    handles = {stream: terminal, other: subprocess.PIPE}
    command = [sys.executable, "-m", "ocrfix", *args]
    shown = b""
    with subprocess.Popen(command, cwd=cwd, env=outside | {"TERM": "xterm"} | env, **handles) as running:  # type: ignore[call-overload]
        os.close(terminal)
        while True:
            try:
                chunk = os.read(screen, 4096)
            except OSError:  # Linux says so where others say that there is no more
                break
            if not chunk:
                break
            shown += chunk
        said = getattr(running, other).read()
    os.close(screen)
    return shown, said


@posix
def test_colours_only_on_a_terminal(ocrfix: Run, page: Path, tmp_path: Path) -> None:
    colour = b"\x1b["
    assert colour in on_terminal(["check", "page.txt"], tmp_path, "stdout")[0]
    assert colour in on_terminal(["check", "--diff", "page.txt"], tmp_path, "stdout")[0]
    assert colour not in on_terminal(["check", "page.txt"], tmp_path, "stdout", NO_COLOR="1")[0]
    assert colour not in on_terminal(["check", "--color", "never", "page.txt"], tmp_path, "stdout")[0]
    assert colour not in ocrfix("check", "page.txt").stdout
    assert colour in ocrfix("check", "--color", "always", "page.txt").stdout


@posix
def test_a_bar_for_many_files_on_a_terminal_only(page: Path, tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}.txt").write_bytes(DAMAGED.encode())
    bar, report = on_terminal(["check", "."], tmp_path, "stderr")
    assert b"correcting" in bar
    assert b"correcting" not in report
    assert len(report.splitlines()) >= 9
    assert b"correcting" not in on_terminal(["check", "page.txt"], tmp_path, "stderr")[0]
    assert b"correcting" not in on_terminal(["check", "-q", "."], tmp_path, "stderr")[0]
