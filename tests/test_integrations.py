"""The same rows through Ray, datasets and datatrove as through a plain loop, each with the real library.

    pip install -e '.[test,ray,datasets,datatrove]'
    OCRFIX_LINES=100000 pytest -s -m "slow and integration" tests/test_integrations.py

Without OCRFIX_LINES 600 lines are taken. What is not installed is skipped.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import CLEAN, DAMAGED
from pyarrow import parquet
from test_established import PAGE as NAMED

from ocrfix import Corrector, Resources
from ocrfix.corpus import correct_corpus, fields
from ocrfix.tally import Tally

pytestmark = [pytest.mark.slow, pytest.mark.integration]

LINES = int(os.environ.get("OCRFIX_LINES", "600"))
DISTINCT = 2_000
"""Lines that are different: what a loop makes of one is found once."""
SAID = ("{}召开会议。", "{}政府工作报告", "本报{}讯", "在{}调研", "{}第{}版", "{}委书记讲话")


def lines() -> list[str | None]:
    """Lines of a paper, some of them with a character that is wrong; and one in a thousand is none."""
    chance = random.Random(6)
    resources = Resources.builtin()
    counties = [place.name for place in resources.gazetteer.places if place.kind == "county" and place.end is None]
    distinct = [*DAMAGED.splitlines(), CLEAN.strip(), "要坚持以经济建没为中心。", ""]
    while len(distinct) < DISTINCT:
        line = chance.choice(SAID).format(chance.choice(counties), chance.randint(1, 12))
        at = chance.randrange(len(line))
        others = tuple(resources.glyphs.look_alikes(line[at]))
        if others and chance.random() < 0.3:
            line = line[:at] + chance.choice(sorted(others)) + line[at + 1 :]
        distinct.append(line)
    return [chance.choice(distinct) if k % 1000 != 999 else None for k in range(LINES)]


TEXTS = lines()


@pytest.fixture(scope="module")
def survey() -> Tally:
    return Corrector().survey(text for text in TEXTS if text is not None)


@pytest.fixture(scope="module")
def expected(survey: Tally) -> list[dict[str, Any]]:
    """What a plain loop gives."""
    corrector = Corrector()
    found = {text: fields(corrector.correct(text, survey)) for text in set(TEXTS) if text is not None}
    none = {"corrections": [], "counts": {"characters": 0, "corrections": 0, "suggestions": 0}}
    assert sum(bool(row["corrections"]) for row in found.values()) > len(found) / 50
    return [{"id": k, "refused": "expected text, found null" if t is None else None}
            | ({"text": None, **none} if t is None else found[t]) for k, t in enumerate(TEXTS)]  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "lines.parquet"
    parquet.write_table(pa.table({"id": range(LINES), "text": TEXTS}), path, row_group_size=max(50, LINES // 100))
    return path


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """A cluster on this machine: its processes are those that a cluster of many machines has."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")
    pytest.importorskip("ray.data")
    # Two processors for the workers, one for reading, whatever the machine has.
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


def workers(what: str) -> set[int]:
    """The processes that Ray has for some work, by what they call themselves."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return {int(line.split()[0]) for line in listed.splitlines()[1:] if line.split(None, 1)[1].startswith(what)}


def kill_one(what: str, killed: list[int], seconds: float) -> None:
    """Kills one of two workers when both have been at work for a while."""
    while len(workers(what)) < 2:
        time.sleep(0.05)
    time.sleep(seconds)
    victim = min(workers(what))
    os.kill(victim, signal.SIGKILL)
    killed.append(victim)


def test_ray_data_with_a_worker_killed(ray: Any, table: Path, survey: Tally, expected: list[dict[str, Any]]) -> None:
    from ocrfix.integrations.ray import corrected, surveyed

    dataset = ray.data.read_parquet(str(table))
    assert surveyed(dataset, concurrency=2, batch_size=100) == survey
    killed: list[int] = []
    killer = threading.Thread(target=kill_one, args=("ray::MapWorker(MapBatches(Correct", killed, 2 + LINES / 2000))
    killer.start()
    begun = time.monotonic()
    rows = corrected(dataset, survey=survey, concurrency=2, batch_size=max(10, LINES // 500)).take_all()
    seconds = time.monotonic() - begun
    killer.join(timeout=5)
    print(f"\nRay: {LINES} lines, two workers, {killed} killed, {seconds:.0f} s")
    assert len(killed) == 1
    assert sorted(rows, key=lambda row: row["id"]) == expected


def test_ray_groups_share_what_they_say(ray: Any) -> None:
    from ocrfix.integrations.ray import Correct

    page = NAMED.format("汲广村").split("\n")  # a name that the page has six times, and once misread
    rows = [{"issue": issue, "text": text} for issue, some in (("a", page), ("b", page[-1:])) for text in some]
    groups = ray.data.from_items(rows).groupby("issue")
    found = groups.map_groups(
        Correct, fn_constructor_kwargs={"together": True}, batch_format="pyarrow", concurrency=1
    ).take_all()
    assert [row["text"] for row in found if row["issue"] == "a"] == NAMED.format("汲广树").split("\n")
    assert [row["text"] for row in found if row["issue"] == "b"] == page[-1:]


def test_a_corpus_on_ray_is_that_of_this_machine(ray: Any, tmp_path: Path) -> None:
    from ocrfix.integrations.ray import parts_on_ray

    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps({"id": k, "text": t}) + "\n" for k, t in enumerate(TEXTS[:200])))
    totals = [
        correct_corpus(source, tmp_path / name, Corrector(), rows=20, together="all", jobs=2, **more)
        for name, more in (("local", {}), ("ray", {"engine": parts_on_ray}))
    ]
    assert totals[0] == totals[1]
    for path in sorted((tmp_path / "local").glob("part-*")):
        assert path.read_bytes() == (tmp_path / "ray" / path.name).read_bytes()


def test_datasets_map(table: Path, survey: Tally, expected: list[dict[str, Any]]) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed: pip install -e '.[datasets]'")
    from ocrfix.integrations.datasets import corrected

    dataset = datasets.Dataset.from_parquet(str(table), cache_dir=str(table.parent / "cache"))
    begun = time.monotonic()
    found = corrected(dataset, survey=survey, num_proc=2, batch_size=100)
    print(f"\ndatasets: {LINES} lines, two processes, {time.monotonic() - begun:.0f} s")
    assert found.to_list() == expected


DATATROVE = """
import sys
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import JsonlWriter
from ocrfix.integrations.datatrove import OcrFormatter
from ocrfix.tally import Tally
folder, tally = sys.argv[1:]
if __name__ == "__main__":
    survey = Tally.from_bytes(open(tally, "rb").read())
    LocalPipelineExecutor(
        pipeline=[
            ParquetReader(folder + "/in"), OcrFormatter(survey=survey), JsonlWriter(folder + "/out", compression=None)
        ],
        tasks=2, workers=2, logging_dir=folder + "/logs",
    ).run()
"""


def test_datatrove(tmp_path: Path, survey: Tally, expected: list[dict[str, Any]]) -> None:
    pytest.importorskip("datatrove", reason="datatrove is not installed: pip install -e '.[datatrove]'")
    (tmp_path / "in").mkdir()
    for task in range(2):  # datatrove passes over what is no text, before any formatter sees it
        rows = [(str(k), text) for k, text in enumerate(TEXTS) if k % 2 == task and text]
        ids, texts = zip(*rows, strict=True)
        parquet.write_table(pa.table({"id": ids, "text": texts}), tmp_path / "in" / f"{task}.parquet")
    (tmp_path / "survey").write_bytes(survey.to_bytes())
    begun = time.monotonic()
    command = [sys.executable, "-c", DATATROVE, str(tmp_path), str(tmp_path / "survey")]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    print(f"\ndatatrove: {LINES} lines, two tasks, {time.monotonic() - begun:.0f} s")
    found = [json.loads(line) for path in (tmp_path / "out").glob("*.jsonl") for line in path.open(encoding="utf-8")]
    told = {int(row["id"]): (row["text"], row["metadata"]["corrections"], row["metadata"]["counts"]) for row in found}
    assert len(found) == len(told)
    assert told == {row["id"]: (row["text"], row["corrections"], row["counts"]) for row in expected if TEXTS[row["id"]]}
