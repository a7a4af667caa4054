"""Where does it look wrong?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ocrfix.confidence import DOUBT
from ocrfix.survey import PAD, Survey
from ocrfix.text import is_han

GATE = -7_500
"""Milli-nats. A character is looked at when it, or one of the two after it, is less likely than this in its place."""


def suspects(survey: Survey, gate: int = GATE) -> NDArray[np.int64]:
    """Positions of Han characters that the language model finds unlikely, or after which it does, rising.

    And of those that the engine doubted by more than DOUBT, where that is known.

    A wrong character lowers the probability of itself and of the four after it; the worst of three tells the most for
    the least (docs/design.md).
    """
    logp = survey.logp
    worst = np.minimum(np.minimum(logp[:-2], logp[1:-1]), logp[2:])
    odd = worst < gate
    if survey.reading:
        odd |= survey.reading.doubt[:-2] > DOUBT
    low = np.flatnonzero(odd)
    low = low[(low >= PAD) & (low < PAD + len(survey.view.codes))]
    codes = survey.view.codes[low - PAD]
    return low[is_han(codes)]
