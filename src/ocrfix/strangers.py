"""Which Simplified characters did an engine print on a Traditional page? They say the same, in another script.

PP-OCR prints one in twenty characters so. What the page has is written back, where the text around is Traditional; of a
quotation in Simplified characters nothing is.
"""

from __future__ import annotations

import re

import numpy as np

from ocrfix.detect import Suspects
from ocrfix.evidence import Batch, Column, Evidence, logs
from ocrfix.proposals import Proposals
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey

SOURCE = "strangers"
_MARK = re.compile(r"[^\w\s]|\n")
"""What a clause ends with."""


def strangers(survey: Survey, suspects: Suspects, resources: Resources) -> list[Proposals]:
    """The Traditional form, for a character of a Traditional paragraph that only Simplified text has."""
    writing = survey.writing
    at = writing.strangers
    if not len(at):
        return []
    forms = tuple(writing.in_script(k, k + 1, writing.plain[k], misread=False)[0].form for k in at.tolist())
    place = np.searchsorted(survey.view.where, at) + PAD
    nothing = np.zeros(len(at), dtype=np.int64)
    return [Proposals(SOURCE, "glyph", place, place + 1, survey.ids[place][:, None], nothing, nothing, nothing, forms)]


def clause_traditional(b: Batch) -> Column:
    """How many characters of its clause only Traditional text has, as 1000 ln(1 + n)."""
    return logs(_in_clause(b, 1))


def clause_simplified(b: Batch) -> Column:
    """How many others of its clause only Simplified text has, as 1000 ln(1 + n)."""
    return logs(_in_clause(b, -1) - 1)


def _in_clause(b: Batch, sign: int) -> Column:
    """How many characters of one script alone stand in the clause of each proposal."""
    writing = b.survey.writing
    ends = np.array([-1, *(m.start() for m in _MARK.finditer(writing.text)), len(writing.text)])
    before = np.concatenate(([0], np.cumsum(writing.alone == sign)))
    at = b.survey.view.where[b.p.start - PAD]
    clause = np.searchsorted(ends, at)
    return np.asarray(before[ends[clause]] - before[ends[clause - 1] + 1])


EVIDENCE: tuple[Evidence, ...] = (clause_traditional, clause_simplified)
"""What tells whether the page is Traditional where a character stands."""
