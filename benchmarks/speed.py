#!/usr/bin/env python3
"""How long it takes: throughput beside peers, where the time goes, start-up, memory, against length and processes.

    python benchmarks/speed.py --clean FILE ... --pairs FILE ...    leaves results/DATE-speed.json

Seconds are those of the processor, so that what else the machine does counts less; all systems take their turns within
each repeat, and the median of the repeats is told. Ratios are what counts: they hold on other machines, seconds do not.

  as one         the paragraphs of the clean files, a text of them all
  line by line   each paragraph by itself
  4 % noise      the same as one, one Han character in 25 replaced by another of the text, always the same
  read           the paragraphs that engines read, each by itself

jieba (`pip install jieba`) segments the same texts; pycorrector (`benchmarks/peers.py` says how) corrects them with the
list of counties. They are left out where they are not installed, and the script says so.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import devdata
import peers
import run
from tables import markdown

import ocrfix.propose
from ocrfix import Config, Corrector, Resources
from ocrfix.decide import decide
from ocrfix.detect import suspects
from ocrfix.score import score
from ocrfix.survey import Survey

Record = dict[str, Any]
NOISE = 0.04
"""The share of Han characters that are replaced."""
SLOW = 3_000
"""Characters that a slow peer is given of each text."""
BYTES_A_CHARACTER = 3


def jieba() -> Callable[[str], object]:
    import jieba

    jieba.setLogLevel(60)
    jieba.initialize()
    return jieba.lcut


SYSTEMS: dict[str, Callable[[], Callable[[str], object]]] = {
    "ocrfix": lambda: Corrector().correct,
    "jieba.lcut": jieba,
    "pycorrector, counties": lambda: peers.proper_corrector(peers.counties()),
}
SLOW_ONES = ("pycorrector, counties",)


def noisy(text: str) -> str:
    """A text with one Han character in 25 replaced; always the same ones.

    >>> sum(a != b for a, b in zip("会议强调" * 100, noisy("会议强调" * 100))) in range(4, 17)
    True
    """
    chance = random.Random(4)
    han = re.findall(r"[\u4e00-\u9fff]", text)
    return "".join(chance.choice(han) if "\u4e00" <= ch <= "\u9fff" and chance.random() < NOISE else ch for ch in text)


def ways(clean: Sequence[Path], pairs: Sequence[Path], limit: int | None) -> dict[str, list[str]]:
    """The texts that are timed, by how they are given."""
    lines = [line for path in clean for line in devdata.lines(path, limit)]
    found = {"as one": ["\n\n".join(lines)], "line by line": lines, "4 % noise": [noisy("\n\n".join(lines))]}
    read = [pair.noisy for path in pairs for pair in devdata.table(path, limit).pairs]
    return {name: texts for name, texts in (found | {"read": read}).items() if any(texts)}


def throughput(texts: dict[str, list[str]], repeats: int) -> list[Record]:
    """Characters a second of each system in each way."""
    calls = {}
    for name, opened in SYSTEMS.items():
        try:
            calls[name] = opened()
            calls[name]("会议强调，要坚持以经济建设为中心。")
        except ImportError as error:
            print(f"{name}: skipped, not installed ({error}); --help says what to install", file=sys.stderr)
    rates: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(repeats):
        for way, some in texts.items():
            for name, call in calls.items():
                given = list(shortened(some)) if name in SLOW_ONES else some
                seconds = timed(lambda call=call, given=given: [call(text) for text in given])
                rates[way, name].append(sum(map(len, given)) / seconds)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [
        {"way": way, "system": name, "characters_per_second": round(statistics.median(found)), "all": rounded(found)}
        for (way, name), found in rates.items()
    ]


def rounded(rates: Sequence[float]) -> list[int]:
    return sorted(map(round, rates))


def shortened(texts: Sequence[str]) -> Iterator[str]:
    """The first of the texts, SLOW characters of them."""
    left = SLOW
    for text in texts:
        if left > 0:
            yield text[:left]
            left -= len(text)


def timed(call: Callable[[], object]) -> float:
    """Seconds of the processor."""
    begun = time.process_time()
    call()
    return max(time.process_time() - begun, 1e-9)


def stages(text: str, repeats: int) -> Record:
    """Seconds of each stage, and of each source of proposals; what each leaves to the next."""
    resources, config = Resources.builtin(), Config()
    seconds: dict[str, list[float]] = defaultdict(list)
    for _ in range(repeats):
        begun = time.process_time()

        def done(stage: str) -> None:
            nonlocal begun
            now = time.process_time()
            seconds[stage].append(now - begun)
            begun = now

        survey = Survey(text, resources, config)
        done("survey: language model")
        _ = survey.places
        done("survey: places")
        _ = survey.protected
        done("survey: protected")
        where = suspects(survey, resources)
        done("detect")
        found = []
        for proposer in ocrfix.propose.PROPOSERS:
            found += [p for p in proposer(survey, where, resources) if len(p)]
            done(f"propose: {proposer.__name__}")
        scored = score(survey, found, resources)
        done("score")
        decide(survey, scored, resources, config)
        done("decide")
    return {
        "characters": len(text),
        "suspects": len(where.at),
        "proposals": sum(map(len, found)),
        "left to decide": sum(len(s.score) for s in scored),
        "seconds": {stage: round(statistics.median(times), 4) for stage, times in seconds.items()},
    }


PAGE = str(run.SAMPLE / "page.txt")
START = {
    "python": "pass",
    "python, numpy": "import numpy",
    "import ocrfix": "import numpy, ocrfix",
    "first correct of a page": f"import numpy, ocrfix; ocrfix.correct(open({PAGE!r}, encoding='utf-8').read())",
    "ocrfix --version": "from ocrfix.cli import main; main(['--version'])",
}


def starts(repeats: int) -> Record:
    """Seconds of the processor from a cold process, by what it does; compiled before, as what pip installs is."""
    found: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": compiled}
        for _ in range(1 + repeats):
            for name, program in START.items():
                before = os.times()
                command = [sys.executable, "-c", program]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
                after = os.times()
                spent = after.children_user + after.children_system - before.children_user - before.children_system
                found[name].append(spent)
    return {name: round(statistics.median(times[1:]), 3) for name, times in found.items()}


FIRST = """
import json, sys
from pathlib import Path
import speed
page = Path(sys.argv[1]).read_text(encoding="utf-8")
print(json.dumps([speed.stages(page, 1)["seconds"], speed.stages(page, 3)["seconds"]]))
"""


def first_page() -> Record:
    """Seconds of each stage of a process's first page, with the tables that it needs, and of the same page again."""
    program = [sys.executable, "-c", FIRST, PAGE]
    here = Path(__file__).parent
    first, again = json.loads(subprocess.run(program, check=True, capture_output=True, text=True, cwd=here).stdout)
    return {stage: {"first": first[stage], "again": again[stage]} for stage in first}


GROWTH = r"""
import re, sys, time
from ocrfix import Corrector
def memory(what):  # what getrusage says is inherited from the process that started this one
    return int(re.search(what + r":\s+(\d+) kB", open("/proc/self/status").read())[1])
size, path = int(sys.argv[1]), sys.argv[2]
correct = Corrector().correct
correct("会议强调，要坚持以经济建没为中心。")
before, private = memory("VmRSS"), memory("RssAnon")
lines = open(path, encoding="utf-8").read()
text = (lines * (1 + size // len(lines)))[:size]
begun = time.process_time()
correct(text)
print(time.process_time() - begun, before, private, memory("VmHWM"))
"""
"""Needs Linux, for the memory."""


def growth(path: Path, longest: int) -> list[Record]:
    """Time and peak memory against the length of one text, each in a process of its own; after it has been warmed."""
    rows, size = [], 1_000
    while size <= longest:
        program = [sys.executable, "-c", GROWTH, str(size // BYTES_A_CHARACTER), str(path)]
        spent, before, private, peak = subprocess.run(
            program, check=True, capture_output=True, text=True
        ).stdout.split()
        rows.append(
            {
                "bytes": size,
                "seconds": round(float(spent), 3),
                "characters_per_second": round(size / BYTES_A_CHARACTER / float(spent)),
                "resident_before_mb": round(int(before) / 1024),
                "private_before_mb": round(int(private) / 1024),
                "peak_mb": round(int(peak) / 1024),
            }
        )
        size *= 10
    return rows


def processes(lines: Sequence[str], most: int) -> list[Record]:
    """Characters a second by the clock, line by line with so many processes; and the seconds until the first is done.

    These are seconds of the clock, since it is waiting that processes spare: on a machine with other work to do they
    tell how much of it was left.
    """
    corrector = Corrector()
    corrector.correct("会议强调，要坚持以经济建没为中心。")
    rows, jobs = [], 1
    while jobs <= most:
        begun = time.perf_counter()
        results = corrector.correct_many(lines, jobs=jobs)
        next(results)
        first = time.perf_counter() - begun
        for _ in results:
            pass
        seconds = time.perf_counter() - begun
        rows.append(
            {
                "processes": jobs,
                "first_seconds": round(first, 2),
                "seconds": round(seconds, 2),
                "characters_per_second": round(sum(map(len, lines)) / seconds),
            }
        )
        jobs *= 2
    return rows


def report(figures: Record) -> str:
    """The tables."""
    by_way: dict[str, dict[str, int]] = defaultdict(dict)
    for one in figures["throughput"]:
        by_way[one["way"]][one["system"]] = one["characters_per_second"]
    systems = list(dict.fromkeys(one["system"] for one in figures["throughput"]))
    rows = [
        [
            way,
            *(f"{rates[name]:,}" if name in rates else "" for name in systems),
            *(f"{rates['ocrfix'] / rates[name]:.3g}" for name in systems[1:]),
        ]
        for way, rates in by_way.items()
    ]
    parts = [
        "Characters a second of one processor:",
        markdown(["", *systems, *(f"ocrfix / {name}" for name in systems[1:])], rows),
    ]
    for name, one in figures["stages"].items():
        total = sum(one["seconds"].values())
        rows = [
            [stage, f"{1e6 * spent / one['characters']:.2f}", f"{spent / total:.1%}"]
            for stage, spent in one["seconds"].items()
        ]
        said = f"{one['characters']:,} characters, {one['suspects']:,} suspects, {one['proposals']:,} proposals, "
        parts += [
            f"{name}: {said}{one['left to decide']:,} left to decide.",
            markdown(["stage", "microseconds a character", "share"], rows),
        ]
    rows = [[name, f"{seconds:.3f}"] for name, seconds in figures["starts"].items()]
    parts += ["From a cold process:", markdown(["", "seconds"], rows)]
    rows = [[stage, f"{one['first']:.3f}", f"{one['again']:.3f}"] for stage, one in figures["first page"].items()]
    parts += ["The first page of a process, and the same again:", markdown(["stage", "seconds", "again"], rows)]
    rows = [
        [f"{one['bytes']:,}", f"{one['seconds']:.3f}", f"{one['characters_per_second']:,}", f"{one['peak_mb']:,}"]
        for one in figures["growth"]
    ]
    for one in figures["growth"][:1]:
        before, private = one["resident_before_mb"], one["private_before_mb"]
        parts.append(f"After a first short text {before} MB are resident, {private} of them a process's own.")
    parts += ["Against the length of one text:", markdown(["bytes", "seconds", "characters a second", "peak MB"], rows)]
    rows = [
        [
            str(one["processes"]),
            f"{one['first_seconds']:.2f}",
            f"{one['seconds']:.2f}",
            f"{one['characters_per_second']:,}",
        ]
        for one in figures["processes"]
    ]
    head = ["processes", "seconds until the first line", "seconds", "characters a second"]
    parts += ["Line by line against processes, by the clock:", markdown(head, rows)]
    return "\n\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument(
        "--clean", nargs="+", type=Path, required=True, metavar="FILE", help="correct text, a paragraph a line"
    )
    p.add_argument("--pairs", nargs="+", type=Path, default=[], metavar="FILE", help="tables with noisy and gold")
    p.add_argument("--limit", type=int, default=300, metavar="N", help="paragraphs of each file (300)")
    p.add_argument("--repeats", type=int, default=5, metavar="N", help="how often all is measured (5)")
    p.add_argument("--longest", type=int, default=10_000_000, metavar="BYTES", help="the longest text (10 MB)")
    p.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, metavar="N", help="at the most (all there are)"
    )
    p.add_argument("--json", type=Path, metavar="FILE", help="where the record goes, instead of results/")
    p.add_argument("--no-write", action="store_true", help="leave no record")
    args = p.parse_args(arguments)

    texts = ways(args.clean, args.pairs, args.limit)
    figures: Record = {
        **run.circumstances(Config(), True, [*args.clean, *args.pairs, run.SAMPLE / "page.txt"]),
        "limit": args.limit,
        "repeats": args.repeats,
        "throughput": throughput(texts, args.repeats),
        "stages": {way: stages(texts[way][0], args.repeats) for way in ("as one", "4 % noise")}
        | {"one line": stages(max(texts["line by line"][:20], key=len), args.repeats)},
        "starts": starts(args.repeats),
        "first page": first_page(),
        "growth": growth(args.clean[0], args.longest),
        "processes": processes(texts["line by line"], args.processes),
    }
    print(report(figures))
    if not args.no_write:
        run.write(figures, "speed", args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
