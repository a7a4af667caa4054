"""What the tests share: the command run as a user runs it, and a text that it corrects."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "benchmarks" / "sample" / "page.txt"

# The county's name is misread once and read rightly twice, so that the document speaks for it.
DAMAGED = "中共聊城市在平区委、茌平区政府召开会议。\n聊城市茌平区委书记出席会议并讲话。\n"
MENDED = "中共聊城市茌平区委、茌平区政府召开会议。\n聊城市茌平区委书记出席会议并讲话。\n"
CLEAN = "会议强调,要坚持稳中求进工作总基调。\n"


@dataclass(frozen=True)
class Ran:
    """What the command said and how it ended."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def out(self) -> str:
        return self.stdout.decode()


@pytest.fixture
def ocrfix(tmp_path: Path) -> Callable[..., Ran]:
    """Runs `ocrfix ARGS` in tmp_path, where no settings file is found but those that a test puts there."""

    def run(*args: str | Path, stdin: bytes = b"", cwd: Path = tmp_path, **env: str) -> Ran:
        outside = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        command = [sys.executable, "-m", "ocrfix", *map(str, args)]
        done = subprocess.run(command, input=stdin, cwd=cwd, capture_output=True, env=outside | env)
        return Ran(done.returncode, done.stdout, done.stderr.decode())

    return run
