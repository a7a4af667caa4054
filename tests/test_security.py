"""What is trusted: no code comes from data, nothing from the network, tables are whole, what is shown is escaped."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import DAMAGED, MENDED, ROOT

from ocrfix import Correction, Evidence, Result
from ocrfix.language import LanguageModel
from ocrfix.resources import lexicons, verify

SOURCE = ROOT / "src" / "ocrfix"
MODULES = sorted(SOURCE.rglob("*.py"))

DANGEROUS_MODULES = {
    *("pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "yaml", "code", "codeop", "runpy", "imp"),
    *("socket", "ssl", "http", "urllib.request", "ftplib", "smtplib", "requests", "httpx", "aiohttp", "asyncio"),
    *("subprocess", "multiprocessing", "pty", "ctypes", "cffi", "xml.sax", "xml.dom", "xml.etree"),
}
DANGEROUS_CALLS = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
DANGEROUS_ATTRIBUTES = {
    *("system", "popen", "spawnl", "spawnv", "execv", "execl", "execvp", "startfile", "fork"),
    *("loads_pickle", "from_pickle", "read_pickle", "allow_pickle"),
}
SHARES_WORK = ("workers.py", "multiprocessing")
"""What may start processes: of this very program, and what they send one another they have made themselves."""
IMPORTED_BY_NAME = {"__init__.py"}
"""Modules that may call import_module: with names of their own, never with what a file says."""


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield f"{path.relative_to(SOURCE)}:{getattr(node, 'lineno', 0)}", node


def test_no_code_comes_from_data_and_nothing_from_the_network() -> None:
    for where, node in nodes():
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            tops = {".".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
            if (where.partition(":")[0], parts[0]) != SHARES_WORK:
                assert not tops & DANGEROUS_MODULES, f"{where}: imports {name}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in DANGEROUS_CALLS, f"{where}: calls {node.func.id}"
        if isinstance(node, ast.Attribute):
            of_re = isinstance(node.value, ast.Name) and node.value.id == "re"
            assert node.attr not in DANGEROUS_ATTRIBUTES | (set() if of_re else {"compile"}), f"{where}: .{node.attr}"
        if isinstance(node, ast.keyword):
            assert node.arg not in {"allow_pickle", "shell"}, f"{where}: {node.arg}="
        if isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            assert name != "import_module" or where.partition(":")[0] in IMPORTED_BY_NAME, f"{where}: import_module"


def test_the_grep_finds_what_it_looks_for() -> None:
    """The twin: each of these would be found, were it there."""
    for program, found in (("import pickle", "pickle"), ("from xml.etree import ElementTree", "xml.etree")):
        (node,) = ast.parse(program).body
        assert isinstance(node, ast.Import | ast.ImportFrom)
        assert found in DANGEROUS_MODULES


WATCHED = """
import os, sys
told = []
def watch(event, args):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork")):
        told.append((event, str(args)))
    if event == "pickle.find_class":
        told.append((event, str(args)))
    if event == "open" and isinstance(args[0], (str, bytes)):
        mode, flags = args[1], args[2] or 0
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        if writes and "__pycache__" not in str(args[0]):
            told.append(("write", os.fsdecode(args[0])))
sys.addaudithook(watch)
from ocrfix.cli import main
code = main(sys.argv[1:])
for event, what in told:
    print(event, what, file=sys.stderr)
sys.exit(code)
"""


def watched(folder: Path, *args: str) -> tuple[int, list[str]]:
    """The command with an audit hook: its exit code, and what it did to network, processes and files."""
    command = [sys.executable, "-c", WATCHED, *args]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stderr.splitlines()


def test_the_command_opens_no_connection_starts_nothing_and_writes_beside_the_file_alone(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(DAMAGED.encode())
    (tmp_path / "ocrfix.toml").write_text('region = "山东省"\nengine = "typed"\n', encoding="utf-8")
    for args in (("check", "-q"), ("check", "-q", "--diff"), ("check", "-q", "--format", "sarif"), ("places", "-q")):
        assert watched(tmp_path, *args, "page.txt") == (1 if args[0] == "check" else 0, [])
    code, told = watched(tmp_path, "check", "-q", "-w", "page.txt")
    assert code == 0
    assert (tmp_path / "page.txt").read_bytes() == MENDED.encode()
    (event,) = told
    assert re.fullmatch(rf"write {re.escape(str(tmp_path))}/\.ocrfix-\w+", event)


def test_a_review_and_what_was_decided_write_where_they_say(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "page.txt").write_bytes(DAMAGED.encode())
    code, told = watched(tmp_path, "review", "-q", "in/page.txt", "-o", "review.html")
    assert code == 0
    assert [re.sub(r"\.ocrfix-\w+", ".ocrfix-", line) for line in told] == [
        "write review.html",
        f"write {tmp_path}/.ocrfix-",
    ]
    report = subprocess.run(
        [sys.executable, "-m", "ocrfix", "check", "--format", "json", "in/page.txt"], cwd=tmp_path, capture_output=True
    )
    row = json.loads(report.stdout) | {"decision": "accept"}
    (tmp_path / "decisions.json").write_text(json.dumps(row), encoding="utf-8")
    code, told = watched(tmp_path, "apply", "-q", "decisions.json")
    assert (code, (tmp_path / "in" / "page.txt").read_bytes()) == (0, MENDED.encode())
    assert [re.sub(r"\.ocrfix-\w+", ".ocrfix-", line) for line in told] == [
        "write decisions.log.jsonl",
        f"write {tmp_path}/in/.ocrfix-",
    ]


def test_settings_that_try_to_be_code(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(DAMAGED.encode())
    for settings in (
        "protect = [\"__import__('os').system('touch owned')\"]",
        'region = "$(touch owned)"',
        'gazetteers = ["|touch owned"]',
        'engine = "!!python/object/apply:os.system [touch owned]"',
        'protect_files = ["/dev/zero"]',
        'gazetteers = ["/dev/zero"]',
    ):
        (tmp_path / "ocrfix.toml").write_text(settings, encoding="utf-8")
        code, told = watched(tmp_path, "check", "-q", "page.txt")
        assert [line for line in told if not line.startswith("ocrfix: ")] == []
        assert code == (2 if told else 1)  # refused, or taken for the words and names that they are
        assert sorted(os.listdir(tmp_path)) == ["ocrfix.toml", "page.txt"]


# ---------------------------------------------------------------------------------------------------------------------
# Tables


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    return Path(shutil.copytree(lexicons(), tmp_path / "lexicons"))


@pytest.mark.parametrize("name", ["models/news.lm", "glyphs.tsv", "channel/ppocr.tsv", "channel/tesseract.tsv"])
def test_a_table_that_is_damaged_in_one_bit_is_known(tables: Path, name: str) -> None:
    assert tables / name in verify(tables)
    data = bytearray((tables / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tables / name).write_bytes(data)
    with pytest.raises(ValueError, match=rf"{name}: expected the SHA-256 .* damaged or of another version"):
        verify(tables)


@pytest.mark.parametrize("change", [b"\0", b"more"])
def test_a_model_with_something_behind_it_is_refused(tables: Path, change: bytes) -> None:
    path = tables / "models" / "news.lm"
    with path.open("ab") as file:
        file.write(change)
    with pytest.raises(ValueError, match=r"news\.lm: expected a whole language model, found it damaged \(\d+ bytes"):
        LanguageModel.open(path)


# ---------------------------------------------------------------------------------------------------------------------
# Reports


def test_reports_escape_what_they_show() -> None:
    evil = '<script>alert("1")</script>&"\'\x1b[2J'
    notes = (Evidence('"><img src=x onerror=y>', 0.0, f'" onmouseover="{evil}'),)
    result = Result(f"在{evil}", (Correction(0, 1, "在", f"茌{evil}", 0.9, "glyph", notes),))
    shown = result._repr_html_()
    assert not re.search(r"<(?!/?(?:del|ins|div)[ >])", shown)
    assert re.findall(r'title="([^"]*)"', shown)
    assert set(re.findall(r"<\w+ (\w+)=", shown)) == {"class", "title"}
    from ocrfix.findings import findings, sarif

    (finding,) = findings("page.txt", result)
    assert "\x1b" not in finding.as_line()
    assert json.loads(finding.as_json())["replacement"] == f"茌{evil}"
    log = sarif([finding], "0")
    assert "\x1b" not in log
    assert json.loads(log)["runs"][0]["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"]
