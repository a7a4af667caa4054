"""`ocrfix check`: corrections are reported, shown as a diff, or made."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrfix import __version__, settings
from ocrfix.console import count, show, wants_colour
from ocrfix.runs import CLEAN, FOUND, Correcting

if TYPE_CHECKING:
    from ocrfix.findings import Finding
    from ocrfix.formats import Page
    from ocrfix.journal import Journal
    from ocrfix.model import Result


def run(args: argparse.Namespace) -> int:
    """Does what the arguments say; returns the exit code."""
    if args.diff and args.format != "text":
        args.error("--diff is a format of its own: leave out --format")
    if args.resume and (args.format == "sarif" or args.paths == ["-"]):
        args.error("--resume: expected files, and a report that is said file by file; leave out - and --format sarif")
    return Check(args).run()


@dataclass
class Check(Correcting):
    """Corrections reported, or made."""

    altered: int = 0
    corrections: int = 0
    suggestions: int = 0

    def __post_init__(self) -> None:
        self.colour = wants_colour(self.args.color, sys.stdout)
        self.kept: list[Finding] = []  # SARIF is one document, written at the end
        self.journal: Journal | None = None

    def load(self) -> None:
        self.corrector.correct("")
        if self.args.resume:
            from ocrfix.journal import Journal

            self.journal = Journal(Path(self.args.resume), settings.that_count(self.args, self.corrector.config))

    def is_done(self, pages: Sequence[Page]) -> bool:
        if self.journal is None:
            return False
        before = self.journal.done({str(page.path): page.document.data for page in pages})
        self.count(before or {})
        return before is not None

    def count(self, found: Mapping[str, int]) -> None:
        self.altered += found.get("altered", 0)
        self.corrections += found.get("corrections", 0)
        self.suggestions += found.get("suggestions", 0)

    def document(self, pages: Sequence[Page], found: Sequence[Any]) -> None:
        from ocrfix import files, formats

        results = formats.results_of([page.document for page in pages], found)
        done = list(zip(pages, results, strict=True))
        counts = {
            "altered": sum(bool(result.corrections) for result in results),
            "corrections": sum(len(result.corrections) for result in results),
            "suggestions": sum(len(result.suggestions) for result in results),
        }
        if self.args.write:
            said = settings.in_a_line(self.corrector.config)
            # All pages of an issue are put together before any of them is written.
            written = [page.document.rewritten(result.corrections, said) for page, result in done]
            if self.journal:  # first: what is written and not noted would be corrected twice
                self.journal.note({str(page.path): data for page, data in zip(pages, written, strict=True)}, counts)
            for page, data in zip(pages, written, strict=True):
                if self.from_stdin:
                    sys.stdout.flush()
                    sys.stdout.buffer.write(data)
                elif data != page.document.data:
                    files.write_bytes(page.path, page.document.data, data)
        self.count(counts)
        for page, result in done:
            if not (self.args.write and self.from_stdin):
                self.report(page, result)
        if self.journal and not self.args.write:
            sys.stdout.flush()  # what is noted must have been said
            self.journal.note({str(page.path): page.document.data for page in pages}, counts)

    def report(self, page: Page, result: Result) -> None:
        from ocrfix.findings import findings

        if self.args.diff:
            said = settings.in_a_line(self.corrector.config)
            show(page.document.diff(result.corrections, page.path.as_posix(), said), self.colour)
            return
        shown = self.args.suggestions or self.args.strict
        found = findings(str(page.path), result, suggestions=shown, document=page.document)
        if self.args.format == "sarif":
            self.kept += found
        for finding in found:
            if self.args.format == "text":
                print(finding.as_line(self.colour))
            elif self.args.format == "json":
                print(finding.as_json())

    def finish(self) -> int:
        if self.args.format == "sarif" and not (self.args.write and self.from_stdin):
            from ocrfix.findings import sarif

            sys.stdout.write(sarif(self.kept, __version__))
        if self.args.strict and self.suggestions:
            return FOUND
        if self.args.write and not self.args.exit_non_zero_on_fix:
            return CLEAN
        return FOUND if self.corrections else CLEAN

    def summary(self) -> str:
        done = f"{count(self.corrections, 'correction')} {'made' if self.args.write else 'to make'}"
        line = f"{done}, in {self.altered} of {count(self.seen, 'file')}"
        if self.suggestions:
            shown = self.args.suggestions or self.args.strict
            line += f"; {count(self.suggestions, 'suggestion')}" + ("" if shown else " (--suggestions shows them)")
        return line
