"""ocrfix within what reads, shares out and writes data sets: Ray Data, Hugging Face datasets, datatrove.

Each is a module of its own, a few lines over `Corrector.correct_many`, and needs what `pip install 'ocrfix-zh[ray]'`,
`[datasets]` or `[datatrove]` brings. docs/scale.md shows them at work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from ocrfix.config import Config
from ocrfix.corpus.rows import RowError, fields, text_of
from ocrfix.model import OcrText, Result
from ocrfix.pipeline import Corrector
from ocrfix.tally import Tally

REFUSED = "refused"
"""The column that says why a row was left as it was; null where it was not."""


class Batches:
    """A function from columns to columns: of a batch of rows the texts corrected, with what was changed in each.

    column: the one to correct. config: the settings. survey: what all rows say together, see `Corrector.survey`.
    together: whether the rows of a batch share what they say; for batches that are an issue each, or a year.

    Pickled by these; each process has one corrector. A row that holds no text stays as it is, and the column `refused`
    says why.

    >>> columns = Batches()({"id": [1, 2], "text": ["要坚持以经济建没为中心。", None]})
    >>> columns["text"], columns["refused"]
    (['要坚持以经济建设为中心。', None], [None, 'expected text, found null'])
    >>> sorted(columns)
    ['corrections', 'counts', 'refused', 'text']
    """

    def __init__(
        self, column: str = "text", config: Config | None = None, survey: Tally | None = None, together: bool = False
    ) -> None:
        self.column, self.config, self.known, self.together = column, config or Config(), survey, together

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
        """The columns that are new or changed."""
        values = list(batch[self.column])
        texts, wrong = _texts(values)
        corrector = corrector_of(self.config)
        known = corrector.survey(texts.values()) if self.together else self.known
        results = dict(zip(texts, corrector.correct_many(texts.values(), known), strict=True))
        rows = [
            fields(results[k], self.column) if k in results else {**fields(Result(""), self.column), self.column: value}
            for k, value in enumerate(values)
        ]
        columns = {name: [row[name] for row in rows] for name in fields(Result(""), self.column)}
        return {**columns, REFUSED: [wrong.get(k) for k in range(len(values))]}

    def survey(self, batch: Mapping[str, Sequence[Any]]) -> Tally:
        """What the rows say together; those that are refused say nothing."""
        return corrector_of(self.config).survey(_texts(batch[self.column])[0].values())


@lru_cache(maxsize=2)
def corrector_of(config: Config) -> Corrector:
    """The corrector of this process with these settings."""
    return Corrector(config=config)


def _texts(values: Sequence[Any]) -> tuple[dict[int, str | OcrText], dict[int, str]]:
    """The texts of a column by their places in it, and what is wrong with those that are none."""
    texts, wrong = {}, {}
    for k, value in enumerate(values):
        try:
            texts[k] = text_of(value)
        except RowError as error:
            wrong[k] = str(error)
    return texts, wrong
