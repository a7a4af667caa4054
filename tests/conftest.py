"""What the tests share: the command run as a user runs it, a text that it corrects, and how long they take.

Properties are tried on 50 examples each, with HYPOTHESIS_PROFILE=ci on 1,000, with HYPOTHESIS_PROFILE=long on 10,000.
Tests marked `slow` are left out unless -m speaks of them: pytest -m slow.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

for name, examples in (("default", 50), ("ci", 1_000), ("long", 10_000)):
    settings.register_profile(
        name,
        max_examples=examples,
        deadline=None,
        derandomize=name == "ci",  # the same examples each time: what fails there fails for a change, not by chance
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=name != "ci",
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "benchmarks" / "sample" / "page.txt"

# The county's name is misread once and read rightly twice, so that the document speaks for it.
DAMAGED = "中共聊城市在平区委、茌平区政府召开会议。\n聊城市茌平区委书记出席会议并讲话。\n"
MENDED = "中共聊城市茌平区委、茌平区政府召开会议。\n聊城市茌平区委书记出席会议并讲话。\n"
CLEAN = "会议强调,要坚持稳中求进工作总基调。\n"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "slow" not in config.option.markexpr:
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


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
