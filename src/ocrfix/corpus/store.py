"""Where the results of a corpus lie, and what is noted of a run, so that each part is there once and whole."""

from __future__ import annotations

import io
import json
import os
import shutil
import uuid
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocrfix.corpus.parts import Part
from ocrfix.files import FileError
from ocrfix.model import as_json
from ocrfix.tally import Tally


@dataclass(frozen=True)
class Store:
    """A folder of results: `part-00000.parquet` (or `.jsonl`) and so on, each with a part of the rows.

    `_rejects/` has the rows that were refused, with the reasons. `_ocrfix/` has what belongs to the run: the manifest,
    which says what it is a run of, and of each part that is done how much was in it. Names that begin with an
    underscore are passed over by what reads such folders.
    """

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "_ocrfix"

    def begin(self, manifest: Mapping[str, Any]) -> None:
        """Makes the folder, or finds that it holds a part of this very run.

        Raises FileError where it holds another, or anything else, or cannot be written to.
        """
        path = self.state / "manifest.json"
        try:
            if path.exists():
                found = json.loads(path.read_bytes())
                if other := sorted(key for key in manifest if found.get(key) != json.loads(as_json(manifest[key]))):
                    raise FileError(
                        f"{self.folder}: expected a run of the same corpus and settings, found one with other "
                        f"{', '.join(other)}; name another folder"
                    )
                return
            if self.folder.exists() and not self.state.exists() and any(self.folder.iterdir()):
                raise FileError(f"{self.folder}: expected a new or an empty folder, found something in it")
            self.put(path, as_json(manifest, 1).encode())
        except (OSError, ValueError) as error:
            raise FileError(f"{self.folder}: cannot be used: {error}") from error

    def put(self, path: Path, data: bytes) -> None:
        """A file with this content: whole, on the disk, under its name, or not there at all."""
        beside = self.state / "new" / uuid.uuid4().hex
        for folder in (path.parent, beside.parent):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)

    def done(self, part: Part) -> dict[str, int] | None:
        """How much was in a part, if it is done."""
        try:
            counts: dict[str, int] = json.loads((self.state / f"{part.name}.json").read_bytes())
            return counts
        except FileNotFoundError:
            return None

    def write(self, part: Part, files: Mapping[Path, bytes], counts: Mapping[str, int]) -> None:
        """Writes what came of a part, and then that it is done: a part of which that is not noted is done again."""
        for path, data in files.items():
            self.put(self.folder / path, data)
        self.put(self.state / f"{part.name}.json", as_json(counts).encode())

    def finish(self, total: Mapping[str, int]) -> None:
        """Notes that all is done, and takes away what killed processes have left."""
        self.put(self.state / "total.json", as_json(total).encode())
        shutil.rmtree(self.state / "new", ignore_errors=True)

    # --- surveys

    def surveyed(self, part: Part | None = None) -> Path:
        """Where the surveys of a part lie, or those of all parts together."""
        return self.state / "survey" / f"{part.name if part else 'whole'}.zip"

    def write_surveys(self, surveys: Iterable[tuple[str, Tally]], part: Part | None = None) -> None:
        """Keeps a survey for each group of rows."""
        out, names = io.BytesIO(), list[str]()
        with zipfile.ZipFile(out, "w") as file:
            for name, tally in surveys:
                file.writestr(zipfile.ZipInfo(str(len(names))), tally.to_bytes())
                names.append(name)
            file.writestr(zipfile.ZipInfo("groups.json"), as_json(names))
        self.put(self.surveyed(part), out.getvalue())


def groups(path: Path) -> dict[str, str]:
    """The groups of which a file has surveys, and the name of each in it."""
    with zipfile.ZipFile(path) as file:
        return {name: str(number) for number, name in enumerate(json.loads(file.read("groups.json")))}


def survey(path: Path, member: str) -> Tally:
    """A survey out of such a file."""
    with zipfile.ZipFile(path) as file:
        return Tally.from_bytes(file.read(member))
