"""datatrove: a formatter, which corrects the text of each document of a pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from datatrove.pipeline.formatters.base import BaseFormatter

from ocrfix.config import Config
from ocrfix.integrations import Batches, corrector_of
from ocrfix.tally import Tally


class OcrFormatter(BaseFormatter):
    """Corrects documents: `LocalPipelineExecutor(pipeline=[reader, OcrFormatter(), writer])`.

    What was changed goes to the metadata, `corrections` and `counts`; `refused` says why a text was left as it was.
    config: the settings. survey: what all documents say together. batch_size: how many are taken at once.
    """

    name = "ocrfix"

    def __init__(self, config: Config | None = None, survey: Tally | None = None, batch_size: int = 100) -> None:
        super().__init__()
        self.batches, self.batch_size = Batches(config=config, survey=survey), batch_size

    def format(self, text: str) -> str:
        """A text corrected."""
        return corrector_of(self.batches.config).correct(text, self.batches.known).text

    def run(self, data: Iterable[Any], rank: int = 0, world_size: int = 1) -> Iterator[Any]:
        """The documents corrected, in their order."""
        documents = iter(data)
        while batch := list(islice(documents, self.batch_size)):
            with self.track_time("batch"):
                columns = self.batches({"text": [document.text for document in batch]})
            for k, document in enumerate(batch):
                self.stat_update("total")
                self.stat_update("corrections", value=columns["counts"][k]["corrections"], unit="doc")
                document.text = columns["text"][k]
                document.metadata |= {name: column[k] for name, column in columns.items() if name != "text"}
                yield document
