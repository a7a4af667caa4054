"""`ocrfix review`: a page on which a person decides about all that is proposed."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrfix import __version__, settings
from ocrfix.runs import CLEAN, Run

if TYPE_CHECKING:
    from ocrfix.formats import Page
    from ocrfix.formats.document import Text


def run(args: argparse.Namespace) -> int:
    """Does what the arguments say; returns the exit code."""
    if "-" in args.paths:
        args.error("expected files, found - (standard input), in which no decision could be made; name the files")
    return ToReview(args).run()


@dataclass
class ToReview(Run):
    """Documents whose proposals are put on the page."""

    doing = "correcting"

    def load(self) -> None:
        from ocrfix.review.sheets import Review

        self.review = Review(Path(self.args.output), [*map(Path, self.args.images)], self.args.embed_images)
        self.corrector.correct("")

    def texts(self, pages: Sequence[Page]) -> Sequence[Text]:
        from ocrfix import formats

        return formats.texts_of([page.document for page in pages])

    @property
    def look(self) -> Callable[[Text], Any]:
        return self.corrector.correct

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
