"""What do the engine's own doubts say of a proposal? Evidence where its confidences are at hand, in milli-nats."""

from __future__ import annotations

import numpy as np

from ocrfix.confidence import DOUBT
from ocrfix.evidence import Batch, Column, Evidence


def doubted(b: Batch) -> Column:
    """How much the engine doubted what it printed: ln of the odds that it is wrong, of all symbols that would change.

    Of what is put between two symbols, the odds of that one of them which it doubted more.
    """
    assert b.survey.reading
    doubt = b.survey.reading.doubt
    if not b.p.width:
        return np.maximum(doubt[b.p.start - 1], doubt[b.p.start])
    if b.p.places is not None:
        rows, at, _ = b.swaps
        here = doubt[b.p.start[:, None] + np.arange(b.p.width)].max(axis=1)
        summed = np.bincount(rows, doubt[at], len(b.p)).astype(np.int64)
        return np.where(np.bincount(rows, minlength=len(b.p)) > 0, summed, here)
    here = doubt[b.p.start[:, None] + np.arange(b.p.width)]
    if not b.p.ids.shape[1]:
        return np.asarray(here.sum(axis=1))
    if b.p.ids.shape[1] != b.p.width:  # one of them was dropped, or made up
        return np.asarray(here.max(axis=1))
    return np.asarray(np.where(b.printed != b.p.ids, here, 0).sum(axis=1))


def trusted(b: Batch) -> Column:
    """The same from DOUBT downwards: how much surer the engine was than where it is wrong one time in fifty."""
    return np.minimum(doubted(b) - DOUBT, 0)


def considered(b: Batch) -> Column:
    """A nat for each symbol for which the engine itself had in mind what is proposed."""
    return b.considered[:, 0]


def share(b: Batch) -> Column:
    """How much of the engine's doubt that took: ln of its share, of all such symbols."""
    return b.considered[:, 1]


def overlooked(b: Batch) -> Column:
    """A nat for each symbol for which the engine had others in mind, and not what is proposed."""
    return b.considered[:, 2]


def worn(b: Batch) -> Column:
    """How much the engine doubted the whole text: ln of the share of its symbols that it is likely to have misread."""
    assert b.survey.reading
    return np.full(len(b.p), b.survey.reading.worn, dtype=np.int64)


MISREAD: tuple[Evidence, ...] = (doubted, trusted, considered, share, overlooked)
"""What counts for what is put in the place of something."""
DROPPED: tuple[Evidence, ...] = (doubted, trusted)
"""What counts for what is put between."""
