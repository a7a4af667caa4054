"""Where does it look wrong?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.channel import MOST_MISREAD, misread
from ocrfix.confidence import DOUBT
from ocrfix.language import LanguageModel
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey
from ocrfix.text import is_han

GATE = -7_500
"""Milli-nats. A character is odd when it, or one of the two after it, is less likely than this in its place."""
SUSPICIOUS = -7_000
"""ln of the odds, milli-nats, from which a character is a suspect."""
CERTAIN = 1_000_000
"""ln of odds, milli-nats, beyond any that come up."""


class Odds(NamedTuple):
    """What counts for the odds that a character was misread, thousandths, and what they are without any, milli-nats.

    The log-probability of the character `here` and of it by itself (`usual`), of the one `following` it and of that by
    itself (`next_usual`), and how readily engines print the character for another (`misread`). tools/fit_detection.py
    fits them.
    """

    here: int
    usual: int
    following: int
    next_usual: int
    misread: int
    apart: int


ODDS = Odds(here=-698, usual=631, following=-645, next_usual=958, misread=673, apart=-881)


class Suspects(NamedTuple):
    """Han characters that may have been misread, rising, (n,); and ln of the odds that each was, milli-nats, (n,)."""

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
    """The characters that may have been misread, or beside which one may be missing, and how likely that is.

    A wrong character is unlikely where it stands, and the next one after it, as compared with how common both are; and
    engines print some characters for others more readily than others. What the engine doubted by more than DOUBT is a
    suspect however well it reads.

    >>> from ocrfix.config import Config
    >>> resources = Resources.builtin()
    >>> survey = Survey("要坚持以经济建没为中心。", resources, Config())
    >>> at = suspects(survey, resources).likelier(0)
    >>> [survey.symbols(k, k + 1) for k in at.tolist()]
    ['没']
    """
    model, channel = resources.language, resources.channel(survey.engine)
    at = np.flatnonzero(is_han(survey.view.codes)) + PAD
    reads = _reads(survey, at, model)
    doubt = survey.reading.doubt[at] if survey.reading else np.full(len(at), SUSPICIOUS)
    able = np.flatnonzero((reads + ODDS.misread * MOST_MISREAD > 1000 * SUSPICIOUS) | (doubt > DOUBT))
    at, reads, doubt = at[able], reads[able], doubt[able]
    odds = (reads + ODDS.misread * misread(channel, model, survey.ids[at])) // 1000
    odds = np.where(doubt > DOUBT, np.maximum(odds, doubt), odds)
    kept = odds > SUSPICIOUS
    return Suspects(at[kept], odds[kept])


def _reads(survey: Survey, at: NDArray[np.int64], model: LanguageModel) -> NDArray[np.int64]:
    """How much more unlikely the text reads there than its characters are, weighed; micro-nats."""
    usual = model.unigrams.astype(np.int64)
    total = ODDS.here * survey.logp[at].astype(np.int64) + ODDS.usual * usual[survey.ids[at]]
    total += ODDS.following * survey.logp[at + 1].astype(np.int64) + ODDS.next_usual * usual[survey.ids[at + 1]]
    return total + 1000 * ODDS.apart


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
