"""The hooks in a git repository of their own, run by the real pre-commit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import CLEAN, DAMAGED, MENDED, ROOT

pytestmark = pytest.mark.install


def git(folder: Path, *args: str) -> str:
    who = ("-c", "user.name=A Reader", "-c", "user.email=reader@example.org", "-c", "commit.gpgsign=false")
    command = ["git", *who, *args]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path) -> str:
    """All that lies in the folder as one commit of a new repository; its name."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--message", "as it is")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The project as it stands in this folder, committed or not, in a repository that pre-commit can clone."""
    copy = tmp_path_factory.mktemp("project")
    if (ROOT / ".git").exists():
        listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, copy / name)
    else:  # an unpacked sdist
        shutil.copytree(ROOT, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".venv", "build", "dist"))
    return copy, commit(copy)


@pytest.fixture
def archive(project: tuple[Path, str], tmp_path: Path) -> Path:
    """A repository with a damaged page, a clean one, and a file that is no text."""
    folder, revision = project
    repository = tmp_path / "archive"
    repository.mkdir()
    (repository / "page.txt").write_bytes(DAMAGED.encode())
    (repository / "clean.md").write_bytes(CLEAN.encode())
    (repository / "names.json").write_bytes(DAMAGED.encode())
    (repository / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {folder}\n  rev: {revision}\n  hooks:\n  - id: ocrfix\n  - id: ocrfix-check\n"
        "    stages: [manual]\n",
        encoding="utf-8",
    )
    commit(repository)
    return repository


def pre_commit(repository: Path, home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files", *args]
    env = os.environ | {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"}
    return subprocess.run(command, cwd=repository, env=env, capture_output=True, text=True)


def test_hooks_report_then_clean_then_pass(archive: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    before = (archive / "page.txt").stat().st_mtime_ns

    reported = pre_commit(archive, home, "--hook-stage", "manual", "ocrfix-check")
    assert reported.returncode == 1, reported.stdout + reported.stderr
    assert "page.txt:1:" in reported.stdout
    assert (archive / "page.txt").stat().st_mtime_ns == before

    cleaned = pre_commit(archive, home, "ocrfix")
    assert cleaned.returncode == 1, cleaned.stdout + cleaned.stderr
    assert "files were modified by this hook" in cleaned.stdout
    assert (archive / "page.txt").read_bytes() == MENDED.encode()
    assert git(archive, "diff", "--name-only") == "page.txt"

    git(archive, "add", "page.txt")
    for args in (("ocrfix",), ("--hook-stage", "manual", "ocrfix-check")):
        passed = pre_commit(archive, home, *args)
        assert passed.returncode == 0, passed.stdout + passed.stderr
