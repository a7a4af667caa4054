"""What a source proposes: replacements of one kind and size, as arrays."""

from __future__ import annotations

import math
from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.glyphs import Glyphs
from ocrfix.language import LanguageModel
from ocrfix.text import NUMERALS, WIDE, code_points, standard

NO_LOOK_ALIKE = 0.05
"""The similarity of two characters that are not in each other's list."""
ALIKE = -1_000
"""ln of a similarity (.37), milli-nats: below it characters are as unlike as any (lexicons/glyphs.README.md)."""

HABIT = -6_000
"""ln P(printed | true), milli-nats: what is less likely than this is no habit of an engine's."""


class Proposals(NamedTuple):
    """Replacements of one kind and one length, as arrays of the same number of rows.

    source: the function that proposes them. kind: one of model.KINDS. start, end: half-open positions in the survey's
    ids. ids: what to put there, (n, length), vocabulary indices. shape: ln of the similarity to what is printed. prior:
    what the source of the proposal knows of it. match: how improbable it is that the characters printed right agree by
    chance. All three in milli-nats. forms: what to write. notes: what its source says of it. gain: by how much the text
    grows likelier, where the source has found it out. places: for which of the printed symbols each of those in ids
    stands, -1 for none, where not each stands for the one in its own place, (n, length).
    """

    source: str
    kind: str
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    ids: NDArray[np.uint16]
    shape: NDArray[np.int64]
    prior: NDArray[np.int64]
    match: NDArray[np.int64]
    forms: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    gain: NDArray[np.int64] | None = None
    places: NDArray[np.int8] | None = None

    def __len__(self) -> int:
        return len(self.start)

    @property
    def width(self) -> int:
        """How many printed symbols each row replaces."""
        return int(self.end[0] - self.start[0]) if len(self.start) else 0

    def take(self, rows: NDArray[np.int64]) -> Proposals:
        """Some of the rows."""
        forms, notes = (tuple(x[k] for k in rows.tolist()) if x else () for x in (self.forms, self.notes))
        arrays = (
            self.start[rows],
            self.end[rows],
            self.ids[rows],
            self.shape[rows],
            self.prior[rows],
            self.match[rows],
        )
        gain = None if self.gain is None else self.gain[rows]
        places = None if self.places is None else self.places[rows]
        return Proposals(self.source, self.kind, *arrays, forms, notes, gain, places)

    def form(self, row: int, model: LanguageModel) -> str:
        """What a row writes."""
        if self.forms:
            return self.forms[row]
        return "".join(model.vocabulary[i - 2] for i in self.ids[row].tolist()).translate(WIDE)


class Row(NamedTuple):
    """One proposal, before it joins others of its size."""

    start: int
    end: int
    form: str
    shape: int = 0
    prior: int = 0
    note: str = ""
    match: int = 0


def batches(source: str, kind: str, rows: list[Row], model: LanguageModel) -> list[Proposals]:
    """Proposals of one source, those of one size together."""
    sizes: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for row in rows:
        sizes[row.end - row.start, len(row.form)].append(row)
    result = []
    for (_, length), same in sorted(sizes.items()):
        start, end, forms, shape, prior, notes, match = zip(*same, strict=True)
        codes = code_points("".join(forms)).reshape(len(same), length)
        columns = (np.array(column, dtype=np.int64) for column in (start, end, shape, prior, match))
        first, last, alike, known, own = columns
        result.append(Proposals(source, kind, first, last, model.ids(codes), alike, known, own, forms, notes))
    return result


def nats(likeness: float) -> int:
    return round(1000 * math.log(max(likeness, NO_LOOK_ALIKE)))


@lru_cache(maxsize=1 << 16)
def resemblance(glyphs: Glyphs, printed: str, true: str) -> int:
    """ln of the similarity of two characters, milli-nats."""
    return nats(glyphs.similarity(printed, true))


NEVER_FOR_EACH_OTHER = (NUMERALS, frozenset("他她它"))
"""Numbers are facts: one is never read as another, however much more usual it would be. Nor is he taken for her."""


def plausible(printed: str, true: str) -> bool:
    """Whether a character may be proposed for another: no number for a number, no variant outside the standard set."""
    return standard(true) and not any(printed in same and true in same for same in NEVER_FOR_EACH_OTHER)
