"""One run of the command over the documents that it was given: what is read, looked at, and said at the end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ocrfix import settings
from ocrfix.console import complain, count, progress

if TYPE_CHECKING:
    from ocrfix.files import FileError
    from ocrfix.formats import Page
    from ocrfix.formats.document import Text

CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130
"""How the command ends: nothing to correct, corrections to make, an error, Ctrl-C."""

BAR_FROM = 5
"""Files; fewer are done before a bar could be read."""


class Opened(NamedTuple):
    """The pages of a file, or why there are none; passed_over: whether a run that was cut has done them already."""

    pages: Sequence[Page] = ()
    error: FileError | None = None
    passed_over: bool = False


@dataclass
class Run:
    """One run of the command over the documents that it was given, and how many it has read and refused so far."""

    args: argparse.Namespace
    seen: int = 0
    errors: int = 0

    doing = "reading"

    def run(self) -> int:
        """Does each document; returns the exit code."""
        from ocrfix import files
        from ocrfix.pipeline import Corrector
        from ocrfix.workers import WorkerError

        if "-" in self.args.paths and len(self.args.paths) > 1:
            self.args.error("- (standard input) stands alone: leave out the other paths")
        if "" in self.args.paths:
            self.args.error("expected a path, found an empty one; for this folder say .")
        if self.args.encoding is not None and not files.is_encoding(self.args.encoding):
            self.args.error(f"--encoding: Python knows no encoding {self.args.encoding!r}")
        try:
            self.corrector = Corrector(config=settings.config(self.args))
            self.load()
        except (
            OSError,
            TypeError,
            ValueError,
            files.FileError,
        ) as error:  # nothing has been read or written yet
            complain(error)
            return FAILED
        try:
            if self.from_stdin:
                self.standard_input()
            else:
                self.files()
        except WorkerError as error:
            self.refuse(error)
        code = self.finish()
        if not self.args.quiet:
            print(self.summary() + (f"; {count(self.errors, 'error')}" if self.errors else ""), file=sys.stderr)
        return FAILED if self.errors else code

    @property
    def from_stdin(self) -> bool:
        return bool(self.args.paths == ["-"])

    def load(self) -> None:
        """Reads the tables, so that a list that cannot be read is known before any file is touched."""
        raise NotImplementedError

    def texts(self, pages: Sequence[Page]) -> Sequence[Text]:
        """What is to be looked at of a document: a file, or the pages of an issue."""
        raise NotImplementedError

    @property
    def look(self) -> Callable[[Text], Any]:
        """What is to be done with each of these texts; it may be done in another process."""
        raise NotImplementedError

    def document(self, pages: Sequence[Page], found: Sequence[Any]) -> None:
        """Does the rest, with what was found in the texts; FileError where a file cannot be written."""
        raise NotImplementedError

    def is_done(self, pages: Sequence[Page]) -> bool:
        """Whether the document was done by a run that was cut, and is now counted as it was then."""
        return False

    def finish(self) -> int:
        """Writes what comes last; returns the exit code of a run without errors."""
        raise NotImplementedError

    def summary(self) -> str:
        """What was done, in a line."""
        raise NotImplementedError

    def files(self) -> None:
        from ocrfix import files, formats
        from ocrfix.workers import in_order

        found: dict[Path, None] = {}
        for name in self.args.paths:
            try:
                found.update(dict.fromkeys(files.find(Path(name), formats.is_layout)))
            except files.FileError as error:
                self.refuse(error)
        bar = len(found) >= BAR_FROM and sys.stderr.isatty() and not self.args.quiet
        looked = in_order(self.look, self.opened(found), self.args.jobs)
        with progress(len(found), self.doing if bar else "") as done, closing(looked):
            for document, results in looked:
                try:
                    if document.error:
                        raise document.error
                    if not document.passed_over:
                        self.document(document.pages, results)
                    self.seen += len(document.pages)
                except files.FileError as error:
                    self.refuse(error)
                done(sum(len(page.document.text) for page in document.pages))

    def opened(self, paths: Iterable[Path]) -> Iterator[tuple[Opened, Sequence[Text]]]:
        """What each file holds, and what is to be looked at of it."""
        from ocrfix import files, formats

        for path in paths:
            try:
                pages = formats.open_pages(path, self.args.input_format, **self.reading)
            except files.FileError as error:
                yield Opened(error=error), ()
            else:
                passed_over = self.is_done(pages)
                yield Opened(pages, passed_over=passed_over), () if passed_over else self.texts(pages)

    def standard_input(self) -> None:
        from ocrfix import files, formats

        name = self.args.stdin_filename or "<stdin>"
        data = sys.stdin.buffer.read(files.LARGEST + 1)
        try:
            document = formats.open_document(data, name, self.args.input_format, **self.reading)
            pages = [formats.Page(Path(name), document)]
            self.document(pages, [self.look(text) for text in self.texts(pages)])
            self.seen += 1
        except files.FileError as error:
            self.refuse(error)

    @property
    def reading(self) -> dict[str, str]:
        """How files are to be read."""
        return {"encoding": self.args.encoding, "column": self.args.column}

    def refuse(self, error: Exception) -> None:
        self.errors += 1
        complain(error)


@dataclass
class Correcting(Run):
    """A run that has its documents corrected; what becomes of the corrections is for the verb to say."""

    doing = "correcting"

    def texts(self, pages: Sequence[Page]) -> Sequence[Text]:
        from ocrfix import formats

        return formats.texts_of([page.document for page in pages])

    @property
    def look(self) -> Callable[[Text], Any]:
        return self.corrector.correct
