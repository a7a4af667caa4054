"""What is done with each part of a corpus, in whichever process it is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ocrfix.corpus.contents import Content, Fields, Row, content
from ocrfix.corpus.parts import Part
from ocrfix.corpus.rows import LONGEST, RowError, fields, text_of
from ocrfix.corpus.store import Store, groups, survey
from ocrfix.files import FileError
from ocrfix.model import OcrText, as_json
from ocrfix.pipeline import Corrector
from ocrfix.tally import Tally

COUNTED = ("rows", "rejected", "characters", "altered", "corrections", "suggestions")
"""What is counted of each part, and of all."""

QUOTED = 200
"""Characters of a refused row that are told."""


@dataclass(frozen=True)
class Work:
    """A corpus, where its results go, and how it is corrected; pickled, and sent to who does a part.

    together: which rows share what they say: "" none, "all", "file" those of a file, "column:NAME" those that have the
    same in that column. longest: characters; a longer text is refused. encoding: of pages of text.
    """

    source: Path
    store: Store
    corrector: Corrector
    column: str = "text"
    together: str = ""
    longest: int = LONGEST
    encoding: str | None = None

    def survey(self, part: Part) -> dict[str, int]:
        """Keeps what the rows of a part say, group by group; returns how many characters that are."""
        tallies: dict[str, list[Tally]] = defaultdict(list)
        characters = 0
        try:
            held = self.content(part)
        except FileError:
            held = None  # it is told when it is corrected
        for at, row in enumerate(held.rows if held else ()):
            try:
                text = self.text(row)
            except RowError:
                continue
            characters += len(text)
            assert held
            tallies[self.group(held, at)].append(self.corrector.survey([text]))
        self.store.write_surveys(((name, Tally.total(some)) for name, some in sorted(tallies.items())), part)
        return {"characters": characters}

    def correct(self, part: Part) -> dict[str, int]:
        """Writes the rows of a part, corrected, and those that are refused; returns how many of what there were."""
        counts = dict.fromkeys(COUNTED, 0)
        done: dict[int, Fields] = {}
        rejects: list[str] = []
        try:
            held = self.content(part)
        except FileError as error:
            counts["rejected"] = max(1, part.stop - part.start) if part.kind == "parquet" else 1
            rejects.append(_reject(Row(part.paths[0], part.row), str(error)))
            return self.written(part, {}, rejects, counts)
        for at, row in enumerate(held.rows):
            try:
                result = self.corrector.correct(self.text(row), self.known(held, at))
            except RowError as error:
                rejects.append(_reject(row, str(error)))
            except Exception as error:  # a mistake of ours, at one row of millions
                rejects.append(_reject(row, f"could not be corrected: {type(error).__name__}: {error}"))
            else:
                new = done[at] = fields(result, self.column)
                counts["altered"] += bool(result.corrections)
                for name, many in new["counts"].items():
                    counts[name] += many
        counts |= {"rows": len(done), "rejected": len(rejects)}
        return self.written(part, {Path(part.name + held.suffix): held.written(done)}, rejects, counts)

    def written(
        self, part: Part, files: dict[Path, bytes], rejects: list[str], counts: dict[str, int]
    ) -> dict[str, int]:
        """Writes what came of a part."""
        if rejects:
            files[Path("_rejects", f"{part.name}.jsonl")] = "".join(f"{line}\n" for line in rejects).encode()
        self.store.write(part, files, counts)
        return counts

    def content(self, part: Part) -> Content:
        """What a part holds."""
        return content(part, self.source, self.column, self.encoding)

    def text(self, row: Row) -> str | OcrText:
        """The text of a row; raises RowError."""
        if row.wrong:
            raise RowError(row.wrong)
        return text_of(row.text, self.longest)

    def group(self, held: Content, at: int) -> str:
        """Which rows a row shares what it says with."""
        if self.together.startswith("column:"):
            return as_json(held.value(at, self.together.removeprefix("column:")))
        return str(held.rows[at].path) if self.together == "file" else ""

    def known(self, held: Content, at: int) -> Tally | None:
        """What these rows say together."""
        if not self.together:
            return None
        path = self.store.surveyed()
        return _survey(path, _groups(path)[self.group(held, at)])

    def merge(self, parts: tuple[Part, ...]) -> None:
        """Adds up what the parts say, group by group."""
        held = [(self.store.surveyed(part), groups(self.store.surveyed(part))) for part in parts]
        names = sorted({name for _, members in held for name in members})

        def of_all(name: str) -> Tally:
            return Tally.total(survey(path, members[name]) for path, members in held if name in members)

        self.store.write_surveys(_each(names, of_all))


def _each(names: list[str], of: Any) -> Iterator[tuple[str, Tally]]:
    return ((name, of(name)) for name in names)


@lru_cache(maxsize=1)
def _groups(path: Path) -> dict[str, str]:
    return groups(path)


@lru_cache(maxsize=2)
def _survey(path: Path, member: str) -> Tally:
    return survey(path, member)


def _reject(row: Row, reason: str) -> str:
    """A refused row as the file of rejects has it."""
    return as_json({"path": str(row.path), "row": row.number, "reason": reason, "value": repr(row.text)[:QUOTED]})
