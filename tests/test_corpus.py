"""A corpus: each row once, whatever it holds, however it is cut, by however many, and however often it is killed."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import CLEAN, DAMAGED, Ran
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from test_cli import posix
from test_established import PAGE as NAMED

from ocrfix import Config, Corrector
from ocrfix.corpus import correct_corpus, fields
from ocrfix.corpus.contents import content
from ocrfix.corpus.parts import inputs, parts
from ocrfix.corpus.rows import RowError, text_of
from ocrfix.files import FileError

Run = Callable[..., Ran]
CORRECTOR = Corrector()
TEXTS = (*DAMAGED.splitlines(), CLEAN.strip(), "", "要坚持以经济建没为中心。", "第12版")


def jsonl(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """All rows of a folder of results, in the order of its parts."""
    found: list[dict[str, Any]] = []
    for path in sorted(folder.glob("part-*")):
        if path.suffix == ".parquet":
            found += parquet.read_table(path).to_pylist()
        else:
            found += map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return found


def rejects_of(folder: Path) -> list[tuple[int, str]]:
    lines = [line for path in sorted(folder.glob("_rejects/*")) for line in path.read_text("utf-8").splitlines()]
    return [(row["row"], row["reason"]) for row in map(json.loads, lines)]


def whole(folder: Path) -> dict[str, bytes]:
    """Every file of a folder of results, but the manifest, which names the corpus."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


# --- rows and columns


def test_json_lines_row_for_row(tmp_path: Path) -> None:
    rows = [{"id": k, "text": TEXTS[k % len(TEXTS)], "tags": ["甲", None], "n": 1.5} for k in range(40)]
    total = correct_corpus(jsonl(tmp_path / "in.jsonl", rows), tmp_path / "out", CORRECTOR, rows=7)
    expected = [row | fields(CORRECTOR.correct(row["text"])) for row in rows]
    assert rows_of(tmp_path / "out") == expected
    assert len(list((tmp_path / "out").glob("part-*"))) == 6
    assert total["rows"] == 40
    assert total["corrections"] == sum(row["counts"]["corrections"] for row in expected) > 0
    assert not (tmp_path / "out" / "_rejects").exists()


def test_parquet_keeps_columns_types_and_order(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array(range(40), pa.int16()),
            "text": pa.array([TEXTS[k % len(TEXTS)] for k in range(40)], pa.large_string()),
            "issue": pa.array(["甲", "乙"] * 20).dictionary_encode(),
        }
    )
    (tmp_path / "in").mkdir()
    parquet.write_table(table, tmp_path / "in" / "a.parquet", row_group_size=9)
    parquet.write_table(table.slice(0, 3), tmp_path / "in" / "b.parquet")
    correct_corpus(tmp_path / "in", tmp_path / "out", CORRECTOR, rows=6)
    found = pa.concat_tables(parquet.read_table(path) for path in sorted((tmp_path / "out").glob("part-*")))
    assert (
        found.select(["id", "issue"]).to_pylist()
        == table.select(["id", "issue"]).to_pylist() + table.select(["id", "issue"]).slice(0, 3).to_pylist()
    )
    assert found.schema.field("text").type == pa.large_string()
    assert found.schema.names == ["id", "text", "issue", "corrections", "counts"]
    for given_, made in zip([*table.to_pylist(), *table.slice(0, 3).to_pylist()], found.to_pylist(), strict=True):
        assert made == given_ | fields(CORRECTOR.correct(given_["text"]))


def test_rows_that_are_refused(tmp_path: Path) -> None:
    lines = [
        json.dumps({"text": "茌平"}),
        json.dumps({"text": None}),
        json.dumps({"text": 12}),
        json.dumps({"other": "茌平"}),
        json.dumps({"text": "\ud800"}),
        json.dumps({"text": "茌平" * 6}),
        json.dumps({"text": "茌平", "counts": 3}),
        "",
        "{",
        "[1]",
        "[" * 100_000,
        json.dumps({"text": "聊城"}),
    ]
    data = "\n".join(lines).encode() + b'\n{"text": "\xff"}\n'
    (tmp_path / "in.jsonl").write_bytes(data)
    total = correct_corpus(tmp_path / "in.jsonl", tmp_path / "out", CORRECTOR, longest=10, rows=4)
    assert [row["text"] for row in rows_of(tmp_path / "out")] == ["茌平", "聊城"]
    found = rejects_of(tmp_path / "out")
    assert [(number, reason.split(":")[0]) for number, reason in found] == [
        (2, "expected text, found null"),
        (3, "expected text, found int"),
        (4, "no 'text' in it"),
        (5, "half a character, which UTF-8 cannot spell, at character 0"),
        (6, "expected at most 10 characters, found 12"),
        (7, "has 'counts' already, which would be overwritten"),
        (9, "no JSON"),
        (10, "expected a JSON object, found list"),
        (11, "no JSON"),
        (13, "no JSON"),
    ]
    assert (total["rows"], total["rejected"]) == (2, 10)


def test_parquet_that_unpacks_to_more_than_memory_is_refused(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"text": ["在" * 1000] * 1000}), tmp_path / "rows.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ocrfix.formats.parquet.UNPACKED", 0)
        assert correct_corpus(tmp_path / "rows.parquet", tmp_path / "out", CORRECTOR)["rejected"] == 1000
    ((number, why),) = rejects_of(tmp_path / "out")
    assert (number, why.endswith("rows.parquet: unpacks to more than 0 MB; cut it into parts")) == (1, True)


def test_parquet_rows_that_are_refused(tmp_path: Path) -> None:
    binary = pa.array([b"\xe8\x8c\x8c", b"\xff", None, b""], pa.binary())
    text = pa.StringArray.from_buffers(4, *binary.buffers()[1:], binary.buffers()[0])
    for name, values in (("binary", binary), ("string", text)):
        parquet.write_table(pa.table({"text": values}), tmp_path / f"{name}.parquet")
        correct_corpus(tmp_path / f"{name}.parquet", tmp_path / name, CORRECTOR)
        assert [row["text"] for row in rows_of(tmp_path / name)] == ["茌", ""]
        assert rejects_of(tmp_path / name) == [
            (2, "bytes that are not UTF-8, at byte 0"),
            (3, "expected text, found null"),
        ]
    parquet.write_table(pa.table({"text": [1, 2]}), tmp_path / "numbers.parquet")
    assert correct_corpus(tmp_path / "numbers.parquet", tmp_path / "out", CORRECTOR)["rejected"] == 2


def test_pages(tmp_path: Path) -> None:
    for name, data in (("a/1.txt", DAMAGED.encode("gbk")), ("a/2.txt", b"\xff\xfe\xff"), ("b/1.txt", CLEAN.encode())):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(data)
    correct_corpus(tmp_path / "in", tmp_path / "out", CORRECTOR, together="column:folder")
    assert [(row["path"], row["folder"], row["text"]) for row in rows_of(tmp_path / "out")] == [
        ("a/1.txt", "a", CORRECTOR.correct(DAMAGED).text),
        ("b/1.txt", "b", CLEAN),
    ]
    assert [number for number, _ in rejects_of(tmp_path / "out")] == [2]


@given(st.lists(st.one_of(st.none(), st.binary(max_size=40), st.text(max_size=12)), max_size=30), st.integers(1, 40))
def test_every_line_is_in_one_part_and_read_once(held: list[bytes | str | None], rows: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "in.jsonl")
        lines = [b"" if h is None else h if isinstance(h, bytes) else json.dumps({"text": h}).encode() for h in held]
        path.write_bytes(b"\n".join(lines))
        data = path.read_bytes()
        cut = parts(inputs(path), "text", rows)
        assert b"".join(data[part.start : part.stop] for part in cut) == data
        found = [row for part in cut for row in content(part, path).rows]
        expected = [(k, line) for k, line in enumerate(data.split(b"\n"), 1) if line.strip()]
        assert [row.number for row in found] == [k for k, _ in expected]
        assert [row.text for row in found if not row.wrong] == [h for h in held if isinstance(h, str)]


def test_text_of() -> None:
    assert text_of("茌平".encode()) == text_of("茌平") == "茌平"
    with pytest.raises(RowError, match="expected text, found list"):
        text_of([])


# --- what rows say together


@pytest.mark.parametrize("together", ["all", "file", "column:issue"])
def test_rows_share_what_they_say(tmp_path: Path, together: str) -> None:
    lines = NAMED.format("汲广村").split("\n")
    for issue in ("a", "b"):
        (tmp_path / "in").mkdir(exist_ok=True)
        some = lines if issue == "a" else lines[-1:]
        jsonl(tmp_path / "in" / f"{issue}.jsonl", [{"issue": issue, "text": line} for line in some])
    correct_corpus(tmp_path / "in", tmp_path / "out", CORRECTOR, together=together, rows=2)
    last = {row["issue"]: row["text"] for row in rows_of(tmp_path / "out")}
    mended = NAMED.format("汲广树").split("\n")[-1]
    assert last == {"a": mended, "b": mended if together == "all" else lines[-1]}


# --- what a run is


def test_any_engine_and_number_of_processes_write_the_same(ocrfix: Run, tmp_path: Path) -> None:
    jsonl(tmp_path / "in.jsonl", [{"text": TEXTS[k % len(TEXTS)]} for k in range(60)] + [{"text": 1}])
    options = ("corpus", "in.jsonl", "--together", "all", "--rows", "9")
    ran = [ocrfix(*options, "-j", jobs, f"out{jobs}") for jobs in "12"]
    assert [one.code for one in ran] == [0, 0]
    assert ran[0].stderr.endswith("rows; 1 row refused, see out1/_rejects\n")
    assert whole(tmp_path / "out1") == whole(tmp_path / "out2")
    again = ocrfix(*options, "out1")
    assert (again.code, again.stderr) == (0, ran[0].stderr)


def test_what_is_not_this_run_is_refused(ocrfix: Run, tmp_path: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"text": CLEAN}])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    assert "expected a new or an empty folder, found something in it" in ocrfix("corpus", source, "full").stderr
    assert ocrfix("corpus", source, "out").code == 0
    for more, what in (
        (("--accept", "0.9"), "settings"),
        (("--rows", "3"), "rows"),
        (("--together", "all"), "together"),
    ):
        ran = ocrfix("corpus", source, "out", *more)
        assert ran.code == 2
        assert f"out: expected a run of the same corpus and settings, found one with other {what};" in ran.stderr
    jsonl(source, [{"text": CLEAN}, {"text": CLEAN}])
    assert "found one with other corpus;" in ocrfix("corpus", source, "out").stderr


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("no.jsonl", "out"), "no.jsonl: no such file or folder"),
        (("in", "out"), "in: expected tables or pages, found both (in/a.jsonl, in/b.txt); name one of them"),
        (("in/a.jsonl", "out", "--together", "issue"), "together: expected all, file or column:NAME, found 'issue'"),
        (("x.parquet", "out"), "x.parquet: not a Parquet file that can be read"),
        (("y.parquet", "out"), "y.parquet: no column 'text'; the columns are counts: pass --column"),
        (("y.parquet", "out", "--column", "counts"), "y.parquet: has a column 'counts' already"),
        (("in", "in/out"), "in/out: lies within the corpus in, and would be a part of it; name another folder"),
        (("in/a.jsonl", "out", "--rows", "0"), "expected 1 or more, found 0"),
        (("in/a.jsonl", "out", "--encoding", "utf-9"), "Python knows no encoding 'utf-9'"),
    ],
)
def test_what_cannot_be_read_is_said(ocrfix: Run, tmp_path: Path, more: tuple[str, ...], message: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").touch()
    (tmp_path / "in" / "b.txt").touch()
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    parquet.write_table(pa.table({"counts": ["a"]}), tmp_path / "y.parquet")
    ran = ocrfix("corpus", *more)
    assert (ran.code, message in ran.stderr) == (2, True)
    assert not list(tmp_path.rglob("out"))


def test_the_engine_that_read_is_another_option(ocrfix: Run, tmp_path: Path) -> None:
    jsonl(tmp_path / "in.jsonl", [{"text": CLEAN}])
    assert ocrfix("corpus", "in.jsonl", "out", "--ocr-engine", "ppocr").code == 0
    manifest = json.loads((tmp_path / "out" / "_ocrfix" / "manifest.json").read_text("utf-8"))
    assert manifest["settings"] == repr(Config(engine="ppocr"))


def test_an_empty_corpus(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").touch()
    parquet.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "in.parquet")
    for name in ("in.jsonl", "in.parquet"):
        assert correct_corpus(tmp_path / name, tmp_path / f"{name}.out", CORRECTOR)["rows"] == 0
    (tmp_path / "none").mkdir()
    with pytest.raises(FileError, match="found none"):
        correct_corpus(tmp_path / "none", tmp_path / "out", CORRECTOR)


# --- killed, and gone on with


def killed_until_done(folder: Path, rows: int, least: int, seed: int) -> int:
    """Corrects a corpus that is killed at random moments; returns how often, and leaves `cut` and `undisturbed`."""
    jsonl(folder / "in.jsonl", [{"id": k, "text": TEXTS[k % len(TEXTS)] if k % 31 else None} for k in range(rows)])
    command = [
        sys.executable,
        "-m",
        "ocrfix",
        "corpus",
        "-q",
        "in.jsonl",
        "--rows",
        "5",
        "--together",
        "all",
        "-j",
        "2",
    ]
    chance = random.Random(seed)
    started = time.monotonic()
    subprocess.run([*command, "undisturbed"], cwd=folder, check=True)
    longest = time.monotonic() - started
    kills = 0
    while True:
        with subprocess.Popen([*command, "cut"], cwd=folder, stderr=subprocess.PIPE) as running:
            try:
                running.wait(timeout=chance.uniform(0.1, 0.6) * longest if kills < least else None)
            except subprocess.TimeoutExpired:
                running.kill()
            assert running.stderr is not None
            running.wait()
        if running.returncode == 0:
            return kills
        assert running.returncode == -signal.SIGKILL
        kills += 1


@posix
def test_killed_and_gone_on_with(tmp_path: Path) -> None:
    assert killed_until_done(tmp_path, rows=60, least=2, seed=1) > 0
    assert whole(tmp_path / "cut") == whole(tmp_path / "undisturbed")


@posix
@pytest.mark.slow
def test_killed_ten_times_and_gone_on_with(tmp_path: Path) -> None:
    kills = 0
    for seed in range(20):
        folder = tmp_path / str(seed)
        folder.mkdir()
        kills += killed_until_done(folder, rows=400, least=10 - kills, seed=seed)
        assert whole(folder / "cut") == whole(folder / "undisturbed")
        if kills >= 10:
            break
        shutil.rmtree(folder)
    print(f"\n400 rows in 80 parts, {kills} kills, the output equal to that of an undisturbed run")
    assert kills >= 10


@posix
def test_interrupted(tmp_path: Path) -> None:
    jsonl(tmp_path / "in.jsonl", [{"text": TEXTS[k % len(TEXTS)]} for k in range(3000)])
    command = [sys.executable, "-m", "ocrfix", "corpus", "in.jsonl", "out", "--rows", "5"]
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    ) as running:
        while not list(tmp_path.glob("out/part-*")) and running.poll() is None:
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate()
    assert (running.returncode, said) == (130, b"ocrfix: interrupted\n")
    assert os.listdir(tmp_path / "out" / "_ocrfix" / "new") == []
