"""How sure was the engine of what it printed, and what else did it consider?

An engine's confidence is no probability: of what tesseract prints with .9 a third is wrong, of what PP-OCR does, one in
thirty. lexicons/confidence.tsv has how often each was right and wrong at each step of confidence (histogram binning:
Zadrozny & Elkan 2001); tools/count_confidences.py counts it. Nobody need say which engine it was: the confidences of a
text tell, and with them its habits are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.language import EDGE, LanguageModel
from ocrfix.lexicon import TableError, read_table
from ocrfix.model import OcrText
from ocrfix.text import View, code_points, fold, is_han

COLUMNS = ("engine", "symbols", "step", "right", "wrong")
SYMBOLS = ("other", "han")
STEPS = 19
"""Steps of confidence: the first up to .39, each next halves what is lacking to 1 and a half again: .63, .78, .86, …"""
LITTLE = 0.2
"""Symbols that each step is taken to have besides those counted, half of them wrong."""
SURE = -12_000
"""Milli-nats: the log-odds of an error where nobody can have misread anything, as at a paragraph's edge."""
DOUBT = -4_000
"""Milli-nats, log-odds: what an engine doubts so much is wrong one time in fifty."""
UNLIKELY = -5_000
"""Milli-nats: ln of the least share of the engine's doubt that an alternative can have."""

Steps = NDArray[np.int64]


def steps(confidence: NDArray[np.float64]) -> Steps:
    """The step of each confidence, 0 (doubtful) to STEPS - 1.

    >>> steps(np.array([0.2, 0.5, 0.9, 0.999, 1.0])).tolist()
    [0, 1, 4, 13, 18]
    """
    lacking = np.maximum(1 - confidence, 1e-5)
    return np.clip((-2 * np.log(lacking)).astype(np.int64), 0, STEPS - 1)


class Reading(NamedTuple):
    """What an engine knew of a text, by position in the survey.

    engine: which it was. doubt: (n,), log-odds that a symbol was misread or made up, milli-nats. considered: for those
    positions at which it had others in mind, the ln of each one's share in its doubt, milli-nats, by vocabulary index;
    0 stands for nothing. worn: ln of the share of the symbols that is likely to be wrong, milli-nats.
    """

    engine: str
    doubt: NDArray[np.int64]
    considered: Mapping[int, Mapping[int, int]]
    worn: int

    @property
    def has_alternatives(self) -> bool:
        """Whether the engine said of anything what else it had in mind."""
        return bool(self.considered)


@dataclass(frozen=True, slots=True, eq=False)
class Confidences:
    """How often engines were right, by how sure they were. counts: (engines, SYMBOLS, STEPS, right and wrong)."""

    engines: tuple[str, ...]
    counts: NDArray[np.int64]

    @classmethod
    def open(cls, path: Path) -> Confidences:
        """The table in a file; TableError where it cannot be read."""
        rows = list(enumerate(read_table(path, COLUMNS), 2))
        engines = tuple(sorted({row[0] for _, row in rows}))
        counts = np.zeros((len(engines), len(SYMBOLS), STEPS, 2), dtype=np.int64)
        for number, (engine, symbols, *numbers) in rows:
            if symbols not in SYMBOLS or not all(map(str.isdecimal, numbers)) or int(numbers[0]) >= STEPS:
                expected = f"{' or '.join(SYMBOLS)}, a step below {STEPS} and two whole numbers"
                raise TableError(f"{path}:{number}: expected {expected}, found {symbols!r} and {numbers}")
            step, right, wrong = map(int, numbers)
            counts[engines.index(engine), SYMBOLS.index(symbols), step] = right, wrong
        return cls(engines, counts)

    def log_odds(self, confidence: NDArray[np.float64], han: NDArray[np.bool_], engine: str) -> NDArray[np.int64]:
        """ln P(wrong) / P(right) of each symbol, milli-nats.

        confidence: (n,), 0 to 1, as the engine gave it. han: (n,), which are Han characters. engine: one of `engines`.
        """
        wrong = _wrong(self.counts[self.engines.index(engine)])[han.astype(np.int64), steps(confidence)]
        return np.asarray(np.round(1000 * np.log(wrong / (1 - wrong)))).astype(np.int64)

    def engine(self, confidence: NDArray[np.float64], han: NDArray[np.bool_]) -> str:
        """The engine that is likeliest to have been so sure so often; of equals the first."""
        seen = self.counts.sum(axis=3) + 1.0
        share = np.log(seen / seen.sum(axis=(1, 2), keepdims=True))
        likely = share[:, han.astype(np.int64), steps(confidence)].sum(axis=1)
        return self.engines[int(np.argmax(likely))]


def _wrong(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of what is wrong at each step of each sort of symbols, so that who is surer is never wrong more often.

    Steps that would break the order are pooled (isotonic regression by pool-adjacent-violators: Ayer et al. 1955).
    """
    shares = np.zeros(counts.shape[:-1])
    for at in np.ndindex(shares.shape[:-1]):
        pools: list[tuple[float, float, int]] = []  # wrong, all, steps
        for right, wrong in counts[at].tolist():
            pool = (wrong + LITTLE / 2, right + wrong + LITTLE, 1)
            while pools and pools[-1][0] * pool[1] < pool[0] * pools[-1][1]:
                before = pools.pop()
                pool = (before[0] + pool[0], before[1] + pool[1], before[2] + pool[2])
            pools.append(pool)
        shares[at] = np.concatenate([np.full(size, wrong / total) for wrong, total, size in pools])
    return shares


def reading(
    text: OcrText,
    view: View,
    model: LanguageModel,
    known: Confidences,
    engine: str,
    pad: int,
    plain: Callable[[str], str] = str,
) -> Reading:
    """What the engine knew of each symbol of a text's view, which stands after `pad` edges.

    engine: its name; where that is none of those known, the confidences tell. plain: what a character is read as.
    """
    at = view.where[1:-1]  # the edges of the text are no characters of it
    confidence = np.array(text.confidences, dtype=np.float64)[at]
    codes = view.codes[1:-1]
    considered: dict[int, dict[int, int]] = {}
    for k, where in enumerate(at.tolist()):
        others = text.alternatives[where]
        if not others:
            continue
        same, shares = 0.0, dict[int, float]()
        for form, p in others:
            symbol = fold(code_points(plain(form)))
            symbol = symbol[symbol > 0]
            if len(symbol) == 1 and symbol[0] == codes[k]:
                same += p  # the same in another width
            elif len(symbol) < 2:
                index = int(model.ids(symbol)[0]) if len(symbol) else 0
                shares[index] = shares.get(index, 0.0) + p
        confidence[k] = min(confidence[k] + same, 1.0)
        doubt = max(1 - confidence[k], sum(shares.values()), 1e-9)
        considered[k + 1 + pad] = {
            index: max(round(1000 * float(np.log(max(p / doubt, 1e-9)))), UNLIKELY)
            for index, p in shares.items()
            if index > EDGE or not index
        }
    han = is_han(codes)
    engine = engine if engine in known.engines else known.engine(confidence, han)
    odds = known.log_odds(confidence, han, engine)
    edges = np.full(pad + 1, SURE, dtype=np.int64)
    doubt = np.concatenate((edges, odds, edges))
    doubt[pad + 1 : -pad - 1][codes == ord("\n")] = SURE
    return Reading(engine, doubt, considered, _worn(odds))


def _worn(odds: NDArray[np.int64]) -> int:
    """ln of the share of symbols that is wrong, by the odds of each; one in fifty is taken for granted."""
    likely = float((1 / (1 + np.exp(odds / -1000))).sum())
    return round(1000 * float(np.log((likely + 1) / (len(odds) + 50))))
