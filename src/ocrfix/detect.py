"""Where does it look wrong?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.channel import misread
from ocrfix.confidence import DOUBT
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey
from ocrfix.text import is_han

GATE = -7_500
"""Milli-nats. A character is odd when it, or one of the two after it, is less likely than this in its place."""


CERTAIN = 1_000_000
"""ln of odds, milli-nats, beyond any that come up."""


class Odds(NamedTuple):
    """What counts for the odds that a character was misread, thousandths, and what they are without any, milli-nats.

    The log-probability of the character `here`, of the one `following` it, and how `common` that is by itself; how
    readily engines print the character for another (`misread`). tools/fit_detection.py fits them.
    """

    here: int
    following: int
    common: int
    misread: int
    apart: int


ODDS = Odds(here=-566, following=-590, common=937, misread=616, apart=-4_019)


class Suspects(NamedTuple):
    """Han characters that look wrong, rising, (n,); and ln of the odds that each is a misreading, milli-nats, (n,)."""

    at: NDArray[np.int64]
    odds: NDArray[np.int64]

    @classmethod
    def every(cls, at: NDArray[np.int64]) -> Suspects:
        """As if all of them were misread: what is fitted on them sees also what need not be looked at."""
        return cls(at, np.full(len(at), CERTAIN))

    def likelier(self, least: int) -> NDArray[np.int64]:
        """Where the odds are better than this."""
        return self.at[self.odds > least]


def suspects(survey: Survey, resources: Resources) -> Suspects:
    """The characters that the language model finds odd, or that the engine doubted, and how odd they are.

    >>> from ocrfix.config import Config
    >>> resources = Resources.builtin()
    >>> survey = Survey("要坚持以经济建没为中心。", resources, Config())
    >>> at = suspects(survey, resources).likelier(0)
    >>> [survey.symbols(k, k + 1) for k in at.tolist()]
    ['没']
    """
    at, model = odd(survey), resources.language
    total = ODDS.here * survey.logp[at].astype(np.int64) + ODDS.following * survey.logp[at + 1]
    total += ODDS.common * model.unigrams[survey.ids[at + 1]]
    total += ODDS.misread * misread(resources.channel(survey.engine), model, survey.ids[at])
    odds = total // 1000 + ODDS.apart
    if survey.reading:
        doubt = survey.reading.doubt[at]
        odds = np.where(doubt > DOUBT, np.maximum(odds, doubt), odds)
    return Suspects(at, odds)


def odd(survey: Survey, gate: int = GATE) -> NDArray[np.int64]:
    """Positions of Han characters that the language model finds unlikely, or after which it does, rising.

    And of those that the engine doubted by more than DOUBT, where that is known.

    A wrong character lowers the probability of itself and of the four after it; the worst of three tells the most for
    the least (docs/design.md).
    """
    logp = survey.logp
    worst = np.minimum(np.minimum(logp[:-2], logp[1:-1]), logp[2:])
    low = worst < gate
    if survey.reading:
        low |= survey.reading.doubt[:-2] > DOUBT
    at = np.flatnonzero(low)
    at = at[(at >= PAD) & (at < PAD + len(survey.view.codes))]
    return at[is_han(survey.view.codes[at - PAD])]
