"""Many files: with any number of processes the same in the same order; cut at any moment, and gone on with."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CLEAN, DAMAGED, MENDED, Ran
from test_cli import on_terminal, posix
from test_crash import fill
from test_many import they_end

from ocrfix.files import FileError
from ocrfix.journal import Journal

Run = Callable[..., Ran]


def several(folder: Path) -> None:
    """Files of several kinds, one of which cannot be read."""
    (folder / "1.txt").write_bytes(DAMAGED.encode())
    (folder / "2.txt").write_bytes(CLEAN.encode())
    (folder / "3.txt").write_bytes(b"\xff\xfe\xff")
    rows = ({"id": n, "text": text} for n, text in enumerate((*DAMAGED.splitlines(), CLEAN, "") * 10))
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "4.jsonl").write_bytes(lines.encode())
    (folder / "5.txt").write_bytes(b"")
    (folder / "6.txt").write_bytes(DAMAGED.encode("gbk"))


def told(ran: Ran) -> tuple[int, str, str]:
    return ran.code, ran.out, ran.stderr


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_any_number_of_processes_say_and_write_the_same(ocrfix: Run, tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()
        several(tmp_path / name)
    alone = ocrfix("check", ".", cwd=tmp_path / "a")
    assert alone.code == 2
    assert "\nocrfix: 3.txt: " in f"\n{alone.stderr}"
    assert told(ocrfix("check", "-j", "2", ".", cwd=tmp_path / "a")) == told(alone)
    written = [ocrfix("check", "-w", "-j", jobs, ".", cwd=tmp_path / name) for jobs, name in (("1", "b"), ("2", "c"))]
    assert told(written[0]) == told(written[1])
    assert contents(tmp_path / "b") == contents(tmp_path / "c") != contents(tmp_path / "a")
    places = [ocrfix("places", "-j", jobs, "1.txt", "6.txt", cwd=tmp_path / "a") for jobs in "12"]
    assert told(places[0]) == told(places[1])
    assert places[0].out


def test_number_of_processes(ocrfix: Run, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(CLEAN.encode())
    assert ocrfix("check", "-j", "0", "page.txt").code == 0
    for wrong in ("-1", "two", ""):
        ran = ocrfix("check", "-j", wrong, "page.txt")
        assert ran.code == 2
        assert "expected a whole number" in ran.stderr or "expected one argument" in ran.stderr


@posix
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_interrupted_with_processes(tmp_path: Path) -> None:
    """As from a terminal: all processes of the command are interrupted together."""
    expected = fill(tmp_path, 60)
    command = [sys.executable, "-u", "-m", "ocrfix", "check", "-w", "-q", "-j", "2", "."]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=pipe, stderr=pipe, start_new_session=True, preexec_fn=hears_interrupts
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline()
        workers = children(running.pid)
        os.killpg(running.pid, signal.SIGINT)
        begun = time.monotonic()
        _, complaint = running.communicate()
    assert (running.returncode, complaint) == (130, b"ocrfix: interrupted\n")
    assert time.monotonic() - begun < 20  # not: when the rest is done
    assert workers
    assert they_end(workers)
    assert all(path.read_bytes() in whole for path, whole in expected.items())
    assert any(path.read_bytes() == old for path, (old, _) in expected.items())


def hears_interrupts() -> None:  # a shell has what it starts in the background pass over them
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


# --- a run that was cut goes on


def test_what_is_done_is_passed_over_and_counted(ocrfix: Run, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.txt").write_bytes(DAMAGED.encode())
    first = ocrfix("check", "--resume", "run.journal", "a.txt")
    both = ocrfix("check", "--resume", "run.journal", "a.txt", "b.txt")
    plain = ocrfix("check", "a.txt", "b.txt")
    assert (both.code, both.stderr) == (plain.code, plain.stderr)
    assert first.out + both.out == plain.out
    again = ocrfix("check", "--resume", "run.journal", "a.txt", "b.txt")
    assert (again.code, again.out, again.stderr) == (1, "", plain.stderr)
    (tmp_path / "a.txt").write_bytes(CLEAN.encode())  # it is another: it is looked at again
    assert "in 1 of 2 files" in ocrfix("check", "--resume", "run.journal", "a.txt", "b.txt").stderr


def test_a_journal_in_which_a_line_is_spoilt_knows_the_others(tmp_path: Path) -> None:
    path, page = tmp_path / "run.journal", {"page.txt": b"x"}
    with Journal(path, "s") as journal:
        journal.note(page, {"corrections": 1})
    path.write_bytes(path.read_bytes() + b"[" * 100_000 + b"\n\xff\n7\n{}\n")
    with Journal(path, "s") as journal:
        assert journal.done(page) == {"corrections": 1}
        assert journal.done({"other.txt": b"x"}) is None


def test_a_journal_of_other_settings_or_another_file_is_refused(ocrfix: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_bytes(DAMAGED.encode())
    assert ocrfix("check", "--resume", "run.journal", "page.txt").code == 1
    for options, name, message in (
        (("-w",), "run.journal", "expected a journal of this run, found one of other settings"),
        (("--accept", "0.9"), "run.journal", "expected a journal of this run, found one of other settings"),
        ((), "page.txt", "expected a journal that ocrfix wrote, found another file"),
        ((), "no/run.journal", "no/run.journal: cannot be read and written: No such file or directory"),
    ):
        ran = ocrfix("check", *options, "--resume", name, "page.txt")
        assert (ran.code, message in ran.stderr) == (2, True)
        assert page.read_bytes() == DAMAGED.encode()
    words = tmp_path / "words.txt"
    for word, code in (("经济建没", 1), ("茌平", 2)):  # the same list, with other words in it
        words.write_text(f"{word}\n", encoding="utf-8")
        assert ocrfix("check", "--protect-file", "words.txt", "--resume", "2.journal", "page.txt").code == code
    for more in (("--format", "sarif", "page.txt"), ("-",)):
        assert "--resume: expected files" in ocrfix("check", "--resume", "run.journal", *more).stderr


def test_a_journal_cut_anywhere_holds_what_was_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    pages = {f"{n}.txt": str(n).encode() for n in range(4)}
    with Journal(path, "a") as journal:
        for name, data in pages.items():
            journal.note({name: data}, {"corrections": 1})
    whole = path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == 0x0A]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        with Journal(path, "a") as journal:
            kept = [bool(journal.done({name: data})) for name, data in pages.items()]
            assert sum(kept) == max(0, sum(end <= cut for end in ends) - 1)
            for name, data in pages.items():
                journal.note({name: data}, {"corrections": 1})
        with Journal(path, "a") as journal:
            assert all(journal.done({name: data}) for name, data in pages.items())
        with pytest.raises(FileError, match="found one of other settings"):
            Journal(path, "b")


def resumed_until_done(folder: Path, many: int, seed: int, jobs: int) -> int:
    """Has many files written, killed at random moments and gone on with; returns how often it was killed."""
    expected = fill(folder, many)
    chance = random.Random(seed)
    kills = 0
    command = [sys.executable, "-m", "ocrfix", "check", "-w", "-j", str(jobs), "--resume", "run.journal", "."]
    while True:
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
            assert running.stderr is not None
            waiting = [path for path, (old, _) in expected.items() if path.read_bytes() == old]
            last = waiting[min(chance.randrange(many // 2), len(waiting) - 1)] if waiting else None
            while last and running.poll() is None and last.read_bytes() == expected[last][0]:
                time.sleep(0.001)
            if last:
                time.sleep(chance.uniform(0, 0.05))
                running.kill()
            said = running.stderr.read().decode()
        kills += running.returncode != 0
        assert all(path.read_bytes() in whole for path, whole in expected.items())
        if running.returncode == 0:
            assert all(path.read_bytes() == new for path, (_, new) in expected.items())
            assert said.startswith(f"{many} corrections made, in {many} of {many} files")
            return kills


@posix
@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_and_resumed(tmp_path: Path, jobs: int) -> None:
    assert resumed_until_done(tmp_path, many=24, seed=jobs, jobs=jobs) > 0


@posix
def test_the_bar_tells_how_fast(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}.txt").write_bytes(MENDED.encode())
    bar, _ = on_terminal(["check", "-j", "2", "."], tmp_path, "stderr")
    assert b"8/8" in bar
    assert b"characters/s" in bar
