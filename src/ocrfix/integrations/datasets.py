"""Hugging Face datasets: a function for `Dataset.map`, and the features of what it makes."""

from __future__ import annotations

from typing import Any

from ocrfix.config import Config
from ocrfix.corpus.rows import CORRECTIONS, COUNTS
from ocrfix.integrations import REFUSED, Batches
from ocrfix.tally import Tally


def corrected(
    dataset: Any,
    column: str = "text",
    config: Config | None = None,
    survey: Tally | None = None,
    **settings: Any,
) -> Any:
    """A data set with its texts corrected, and the columns `corrections`, `counts` and `refused`.

    survey: what all rows say together; for instance `Corrector().survey(dataset["text"])`. settings: what else
    `Dataset.map` takes: `num_proc=2`, `batch_size=200`.

    The same by hand: `dataset.map(Batches(…), batched=True, features=features(dataset.features))`.

    Raises ImportError where datasets is not installed.
    """
    return dataset.map(
        Batches(column, config, survey), batched=True, features=features(dataset.features, column), **settings
    )


def features(before: Any, column: str = "text") -> Any:
    """The features of a corrected data set; of a batch without corrections alone nobody could tell them."""
    try:
        from datasets import Features, List, Value
    except ImportError:
        raise ImportError("datasets is needed for this: pip install 'ocrfix-zh[datasets]'") from None
    whole, text = Value("int64"), Value("string")
    change = {
        "start": whole,
        "end": whole,
        "original": text,
        "replacement": text,
        "score": Value("float64"),
        "kind": text,
    }
    return Features(
        {
            **before,
            column: text,
            CORRECTIONS: List({**change, "score": Value("float64"), "kind": text}),
            COUNTS: {name: whole for name in ("characters", "corrections", "suggestions")},
            REFUSED: text,
        }
    )
