"""`ocrfix review`: a page on which a person decides about all that is proposed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrfix import __version__, settings
from ocrfix.runs import CLEAN, Correcting

if TYPE_CHECKING:
    from ocrfix.formats import Page


def run(args: argparse.Namespace) -> int:
    """Does what the arguments say; returns the exit code."""
    if "-" in args.paths:
        args.error("expected files, found - (standard input), in which no decision could be made; name the files")
    return ToReview(args).run()


@dataclass
class ToReview(Correcting):
    """Documents whose proposals are put on the page."""

    def load(self) -> None:
        from ocrfix.review.sheets import Review

        self.review = Review(Path(self.args.output), [*map(Path, self.args.images)], self.args.embed_images)
        self.corrector.correct("")

    def document(self, pages: Sequence[Page], found: Sequence[Any]) -> None:
        from ocrfix import formats

        results = formats.results_of([page.document for page in pages], found)
        for page, result in zip(pages, results, strict=True):
            self.review.add(page, result)

    def finish(self) -> int:
        from ocrfix.files import FileError

        try:
            if self.seen:
                self.review.write(settings.in_a_line(self.corrector.config), __version__)
        except FileError as error:
            self.refuse(error)
        return CLEAN

    def summary(self) -> str:
        return self.review.summary()
