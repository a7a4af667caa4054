"""The command killed at any moment, and every write failing: each file holds its old text or its new one, whole."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from conftest import DAMAGED, MENDED
from textfiles import read, write

from ocrfix.files import FileError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")

FORMS = {"utf-8": "\n", "utf-8-sig": "\r\n", "gbk": "\n", "utf-16": "\r\n"}


def fill(folder: Path, many: int) -> dict[Path, tuple[bytes, bytes]]:
    """So many small files in several forms, in folders of fifty, each with what it holds and what it shall hold."""
    found = {}
    for number in range(many):
        encoding, end = list(FORMS.items())[number % len(FORMS)]
        path = folder / f"{number // 50:02}" / f"{number:04}.txt"
        path.parent.mkdir(exist_ok=True)
        texts = (f"第{number}版\n{text}".replace("\n", end).encode(encoding) for text in (DAMAGED, MENDED))
        found[path] = (next(texts), next(texts))
        path.write_bytes(found[path][0])
        path.chmod(0o640)
    return found


def kill_until_done(folder: Path, many: int, seed: int, most: int) -> tuple[int, int]:
    """Has many files written by the command, killed and begun again until all are; returns kills, and files left over.

    It is killed when it has written a random number of files, `most` at most, and a random moment more. After every
    kill each file must hold the one or the other of its texts, with its mode.
    """
    expected = fill(folder, many)
    chance = random.Random(seed)
    kills = 0
    while waiting := [path for path, (old, _) in expected.items() if path.read_bytes() == old]:
        folders = sorted({path.parent.name for path in waiting})
        command = [sys.executable, "-m", "ocrfix", "check", "-w", "-q", "--isolated", *folders]
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
            last = waiting[min(chance.randrange(most), len(waiting) - 1)]
            old = last.stat().st_ino
            while running.poll() is None and last.stat().st_ino == old:
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.03))
            running.kill()
            _, said = running.communicate()
        assert (running.returncode, said) in ((-signal.SIGKILL, b""), (0, b""))
        kills += running.returncode != 0
        for path, whole in expected.items():
            assert path.read_bytes() in whole, f"{path} is damaged after {kills} kills"
            assert path.stat().st_mode & 0o7777 == 0o640
    left = [path for path in folder.rglob("*") if path.is_file() and path not in expected]
    assert all(path.name.startswith(".ocrfix-") for path in left)
    assert len(left) <= kills
    return kills, len(left)


def test_killed_at_random_moments(tmp_path: Path) -> None:
    kills, _ = kill_until_done(tmp_path, many=20, seed=1, most=8)
    assert kills > 0


@pytest.mark.slow
def test_killed_at_random_moments_a_thousand_files(tmp_path: Path) -> None:
    started = time.monotonic()
    kills, left = kill_until_done(tmp_path, many=1_000, seed=1, most=60)
    print(f"\n1,000 files, {kills} kills, {left} temporary files left, 0 damaged, {time.monotonic() - started:.0f} s")
    assert kills > 10


REWRITE = """
from pathlib import Path
from ocrfix import files
page = Path("page.txt")
before = files.read_bytes(page)
try:
    files.write_bytes(page, before, before.decode().replace("在平", "茌平").encode())
except files.FileError as error:
    raise SystemExit(str(error))
"""


def rewrite(folder: Path, *prefix: str) -> subprocess.CompletedProcess[str]:
    """One file read and written in a process of its own, under a tool that makes its system calls fail."""
    (folder / "page.txt").write_bytes(DAMAGED.encode())
    command = [*prefix, sys.executable, "-c", REWRITE]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def can_inject() -> bool:
    """Whether strace is here, and may trace."""
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


injecting = pytest.mark.skipif(not can_inject(), reason="strace may not trace here")
FATAL = ("write", "fsync", "chmod", "rename")
"""System calls without which nothing is written; in this order, once each."""


def strace(call: str, what: str) -> tuple[str, ...]:
    return ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{what}:when=1")


@injecting
@pytest.mark.parametrize("code", ["ENOSPC", "EIO", "EDQUOT", "EROFS"])
@pytest.mark.parametrize("call", FATAL)
def test_a_system_call_that_fails_leaves_the_file(tmp_path: Path, call: str, code: str) -> None:
    done = rewrite(tmp_path, *strace(call, f"error={code}"))
    reason = os.strerror(getattr(errno, code))
    assert (done.returncode, done.stderr) == (1, f"page.txt: cannot be written: {reason}; nothing written\n")
    assert (tmp_path / "page.txt").read_bytes() == DAMAGED.encode()
    assert os.listdir(tmp_path) == ["page.txt"]


@injecting
@pytest.mark.parametrize("call", ["chown", "fchown", "listxattr", "setxattr"])
def test_what_cannot_be_kept_keeps_nothing_from_being_written(tmp_path: Path, call: str) -> None:
    done = rewrite(tmp_path, *strace(call, "error=EPERM"))
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "page.txt").read_bytes() == MENDED.encode()


@injecting
@pytest.mark.parametrize("call", [*FATAL, "chown"])
def test_killed_at_each_step(tmp_path: Path, call: str) -> None:
    done = rewrite(tmp_path, *strace(call, "signal=SIGKILL"))
    assert done.returncode != 0
    assert (tmp_path / "page.txt").read_bytes() in (DAMAGED.encode(), MENDED.encode())
    assert rewrite(tmp_path).returncode == 0
    assert (tmp_path / "page.txt").read_bytes() == MENDED.encode()


def test_room_for_some_of_it(tmp_path: Path) -> None:
    """The same with a real limit: whatever part of the new text there is room for."""
    new = MENDED.encode()
    for room in (0, 1, len(new) // 2, len(new) - 1):
        done = rewrite(tmp_path, sys.executable, "-c", LIMITED, str(room))
        expected = f"page.txt: cannot be written: {os.strerror(errno.EFBIG)}; nothing written"
        assert done.stderr.splitlines()[0] == expected  # where coverage is measured, it complains too
        assert (tmp_path / "page.txt").read_bytes() == DAMAGED.encode()
        assert os.listdir(tmp_path) == ["page.txt"]


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_a_folder_in_which_nothing_may_be_made(tmp_path: Path) -> None:
    """The superuser may write anywhere: where the tests are run by him, the process becomes nobody before it writes."""
    program = REWRITE.replace("page = ", NOBODY + "page = ", 1)
    folder = Path(tempfile.mkdtemp(prefix="ocrfix-"))  # tmp_path lies in a folder that nobody may enter
    page = folder / "page.txt"
    try:
        page.write_bytes(DAMAGED.encode())
        for mode, folder_mode, message in (
            (0o666, 0o555, f"cannot be written: {os.strerror(errno.EACCES)}"),
            (0o444, 0o777, "may not be written to"),
        ):
            page.chmod(mode)
            folder.chmod(folder_mode)
            done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
            assert done.stderr.splitlines()[0] == f"page.txt: {message}; nothing written"
            assert page.read_bytes() == DAMAGED.encode()
            assert os.listdir(folder) == ["page.txt"]
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


NOBODY = """
import os
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
"""


def test_what_the_system_keeps_of_a_file(tmp_path: Path) -> None:
    """Mode, owner, attributes and links; another name of the same file keeps the old text."""
    page = tmp_path / "page.txt"
    page.write_bytes(DAMAGED.encode())
    os.link(page, tmp_path / "other name")
    if os.geteuid() == 0:
        os.chown(page, 65534, 65533)
    page.chmod(0o6751)
    marked = hasattr(os, "setxattr")
    try:
        if marked:
            os.setxattr(page, "user.note", b"kept")
    except OSError:
        marked = False
    before = page.stat()
    write(read(page), MENDED)
    after = page.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert not marked or os.getxattr(page, "user.note") == b"kept"
    assert (page.read_bytes(), (tmp_path / "other name").read_bytes()) == (MENDED.encode(), DAMAGED.encode())


def test_a_file_that_vanishes_meanwhile(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_bytes(DAMAGED.encode())
    file = read(page)
    page.unlink()
    with pytest.raises(FileError, match="page.txt: cannot be written: No such file or directory; nothing written"):
        write(file, MENDED)
    page.mkdir()
    with pytest.raises(FileError, match="page.txt: expected an ordinary file to write to; nothing written"):
        write(file, MENDED)
    assert os.listdir(tmp_path) == ["page.txt"]
