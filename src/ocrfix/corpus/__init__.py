"""A corpus of any size: cut into parts, each corrected once and written whole, by whatever runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ocrfix import __version__
from ocrfix.console import progress
from ocrfix.corpus.parts import ROWS, Part, inputs, parts
from ocrfix.corpus.rows import LONGEST, RowError, fields, text_of
from ocrfix.corpus.store import Store
from ocrfix.corpus.work import COUNTED, Work
from ocrfix.files import FileError
from ocrfix.pipeline import Corrector
from ocrfix.workers import BATCH, in_order

__all__ = ["Do", "Engine", "Part", "RowError", "Work", "correct_corpus", "fields", "local", "text_of"]

Do = Callable[[Part], dict[str, int]]
Engine = Callable[[Do, Sequence[Part], int], Iterator[dict[str, int]]]
"""What has each of many parts done by so many processes, and gives what was counted of each, in any order."""


def local(do: Do, todo: Sequence[Part], jobs: int) -> Iterator[dict[str, int]]:
    """Has the parts done by processes of this machine."""
    for _, (found,) in in_order(do, ((None, (part,)) for part in todo), jobs, lambda _: BATCH):
        yield found


def correct_corpus(
    source: Path,
    folder: Path,
    corrector: Corrector,
    *,
    column: str = "text",
    together: str = "",
    rows: int = ROWS,
    longest: int = LONGEST,
    encoding: str | None = None,
    jobs: int = 1,
    engine: Engine = local,
    watch: Callable[[int, str], AbstractContextManager[Callable[[int], None]]] = lambda many, doing: progress(many, ""),
) -> dict[str, int]:
    """Corrects tables or pages into a folder, and returns how many of what there were (`COUNTED`).

    source: a Parquet or JSON Lines file, or a folder of such, or of pages. folder: a new one, or one of this very run
    that was cut: what is done there is not done again. together: see `Work`. rows: how many are a part at the most.
    jobs: how many processes share the work. engine: what has it done. watch: what draws a bar.

    The result is the same whatever `jobs` and `engine` are, and however often the run was cut.

    Raises FileError where the corpus or the folder cannot be used, ValueError for another `together`.
    """
    if together not in ("", "all", "file") and not together.startswith("column:"):
        raise ValueError(f"together: expected all, file or column:NAME, found {together!r}")
    if folder.resolve().is_relative_to(source.resolve()):
        raise FileError(f"{folder}: lies within the corpus {source}, and would be a part of it; name another folder")
    found = inputs(source)
    cut = parts(found, column, rows)
    store = Store(folder)
    config = corrector.config
    states = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in found]
    store.begin(
        {
            "ocrfix": __version__,
            "settings": repr(config),
            "lists": config.lists(),
            "corpus": states,
            "column": column,
            "together": together,
            "rows": rows,
            "longest": longest,
            "encoding": encoding,
        }
    )
    work = Work(source, store, corrector, column, together, longest, encoding)
    if together and not store.surveyed().exists():
        todo = [part for part in cut if not store.surveyed(part).exists()]
        with watch(len(todo), "surveying") as done:
            for counts in engine(work.survey, todo, jobs):
                done(counts["characters"])
        work.merge(cut)
    total = dict.fromkeys(COUNTED, 0)
    todo = []
    for part in cut:
        before = store.done(part)
        if before is None:
            todo.append(part)
        _add(total, before or {})
    with watch(len(todo), "correcting") as done:
        for counts in engine(work.correct, todo, jobs):
            _add(total, counts)
            done(counts["characters"])
    store.finish(total)
    return total


def _add(total: dict[str, int], counts: dict[str, int]) -> None:
    for name, many in counts.items():
        total[name] += many
