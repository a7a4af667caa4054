"""Mutants of modules, drawn by chance: how many do their tests kill, and which survive?

    pip install cosmic-ray
    python tools/mutants.py src/ocrfix/changes.py src/ocrfix/applying.py --tests "tests/test_apply.py" --number 40

The files that git tracks are copied to --folder, where one mutant after another is made and tested, so that what is
worked on is left alone. Annotations are not drawn: nothing runs them. A run that was cut goes on in the same folder.
Prints the figures by module, and the difference that each survivor makes.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SESSION = "mutants.sqlite"
COSMIC_RAY = str(Path(sys.executable).with_name("cosmic-ray"))

Place = tuple[int, int]


def annotations(source: str) -> Iterator[tuple[Place, Place]]:
    """Where the annotations of a module stand: lines from 1, columns from 0."""
    for node in ast.walk(ast.parse(source)):
        found = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        for each in found:
            if isinstance(each, ast.expr):
                yield (each.lineno, each.col_offset), (each.end_lineno or 0, each.end_col_offset or 0)


def copied(folder: Path) -> None:
    """The tracked files, as they are now, in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    packed = subprocess.run(
        ["tar", "cf", "-", "--null", "-T", "-"], cwd=ROOT, check=True, input=tracked, capture_output=True
    )
    subprocess.run(["tar", "xf", "-"], cwd=folder, check=True, input=packed.stdout)


def begun(folder: Path, modules: list[str], tests: str, number: int, seed: int) -> None:
    """A session of cosmic-ray in the folder, in which all but so many mutants are passed over."""
    from cosmic_ray.work_db import use_db
    from cosmic_ray.work_item import WorkerOutcome, WorkResult

    listed = ", ".join(f'"{module}"' for module in modules)
    command = f"{sys.executable} -m pytest -x -q -p no:randomly -p no:cacheprovider {tests}"
    (folder / "mutants.toml").write_text(
        f"[cosmic-ray]\nmodule-path = [{listed}]\ntimeout = 300.0\nexcluded-modules = []\n"
        f'test-command = {json.dumps(command)}\n\n[cosmic-ray.distributor]\nname = "local"\n',
        encoding="utf-8",
    )
    subprocess.run([COSMIC_RAY, "init", "mutants.toml", SESSION], cwd=folder, check=True)
    spans = {module: list(annotations((folder / module).read_text(encoding="utf-8"))) for module in modules}
    with use_db(str(folder / SESSION)) as session:
        items = sorted(session.work_items, key=lambda item: (str(item.mutations[0]), item.job_id))
        able = [
            item.job_id
            for item in items
            if not any(a <= item.mutations[0].start_pos < b for a, b in spans[str(item.mutations[0].module_path)])
        ]
        print(f"{len(able):,} mutants outside of annotations", flush=True)
        drawn = set(random.Random(seed).sample(able, min(number, len(able))))
        passed = [item.job_id for item in items if item.job_id not in drawn]
        session.set_multiple_results(passed, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))


def told(folder: Path) -> None:
    """Prints what came of it."""
    from cosmic_ray.work_db import use_db
    from cosmic_ray.work_item import WorkerOutcome

    drawn, killed, survivors = Counter[str](), Counter[str](), []
    with use_db(str(folder / SESSION)) as session:
        for item, result in session.completed_work_items:
            if result.worker_outcome != WorkerOutcome.SKIPPED:
                module = str(item.mutations[0].module_path)
                drawn[module] += 1
                killed[module] += result.is_killed
                survivors += [] if result.is_killed else [result.diff]
        waiting = len(list(session.pending_work_items))
    print("| module | mutants | killed |\n| --- | --: | --: |")
    for module in sorted(drawn):
        print(f"| {module} | {drawn[module]} | {killed[module]} |")
    print(f"| all | {drawn.total()} | {killed.total()} |\n\n{waiting} wait")
    print(*survivors, sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="+", help="paths from the root of the repository")
    parser.add_argument("--tests", required=True, help="what pytest is given")
    parser.add_argument("--number", type=int, default=100, help="how many mutants are drawn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "ocrfix-mutants"))
    args = parser.parse_args()
    copied(args.folder)
    if not (args.folder / SESSION).exists():
        begun(args.folder, args.modules, args.tests, args.number, args.seed)
    # What is tested is the copy, whatever is installed.
    there = os.environ | {"PYTHONPATH": str(args.folder.resolve() / "src")}
    subprocess.run([COSMIC_RAY, "exec", "mutants.toml", SESSION], cwd=args.folder, check=True, env=there)
    told(args.folder)


if __name__ == "__main__":
    main()
