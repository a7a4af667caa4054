#!/usr/bin/env python3
"""Fit the odds that a character which looks odd is a misreading: detect.ODDS, and from where on it is looked at.

    python tools/fit_detection.py ../shared/dev

Everything that looks odd is looked at, as if there were no odds. Where a correction or a suggestion then stands,
looking paid; a logit of what is cheap to know foretells it, cross-validated over gold texts. Printed are its weights,
and for each bar how many corrections and suggestions of single characters (SINGLE in characters.py), of pairs (PAIRED)
and of what was dropped (BESIDE) would be left, and how much there is to look at. Some five minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from count_misreadings import held_out
from decision_data import CLEAN, FOLDS, Text, texts_for
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from ocrfix import Config, Resources
from ocrfix.channel import misread
from ocrfix.decide import decide
from ocrfix.detect import ODDS, Suspects, odd
from ocrfix.propose import propose
from ocrfix.score import score
from ocrfix.survey import PAD, Survey

SORTS = ("single", "pair", "dropped")
BARS = (-7.0, -6.5, -6.0, -5.7, -5.5, -5.0, -4.5, -4.3, -4.0, -3.5, -3.0)


class Looked(NamedTuple):
    """The odd characters of a text. known: (n, 4), nats, as in detect.Odds; paid: (n, SORTS), 2 where a correction

    stands, 1 where a suggestion does.
    """

    text: Text
    known: NDArray[np.float64]
    paid: NDArray[np.int64]


def looked_at(text: Text, resources: Resources) -> Looked:
    """What there is to know of each odd character of a text, and whether looking there paid."""
    config = Config()
    survey = Survey(text.noisy, resources, config)
    resources, at = survey.resources, odd(survey)
    proposals = propose(survey, Suspects.every(at), resources)
    decision = decide(survey, score(survey, proposals, resources), resources, config)
    paid = np.zeros((len(survey.ids) + 1, len(SORTS)), dtype=np.int64)
    for found, worth in ((decision.suggestions, 1), (decision.corrections, 2)):
        for c in found:
            if c.kind in ("glyph", "insertion", "omission"):
                first, last = np.searchsorted(survey.view.where, [c.start, c.end]) + PAD
                sort = 2 if first == last else 1 if last - first == 2 else 0
                paid[first : max(last, first + 1), sort] = worth
    ids, model = survey.ids, resources.language
    columns = (survey.logp[at], survey.logp[at + 1], model.unigrams[ids[at + 1]])
    stands_for = misread(resources.channel(survey.engine), model, ids[at])
    return Looked(text, np.stack([*columns, stands_for], axis=1) / 1000, paid[at])


def fit(known: NDArray[np.float64], paid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights of the logit, and what stands apart, by maximum likelihood."""
    table = np.concatenate((known, np.ones((len(known), 1))), axis=1)

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = table @ w
        wrong = expit(odds) - paid
        return float(np.logaddexp(0, odds).sum() - odds[paid].sum()), wrong @ table

    found: NDArray[np.float64] = minimize(loss, np.zeros(table.shape[1]), jac=True, method="L-BFGS-B").x
    return found


def table(odds: NDArray[np.float64], paid: NDArray[np.int64], clean: NDArray[np.bool_]) -> Iterator[str]:
    """For each bar what is left, and what there is to look at."""
    yield "| odds of | " + " | ".join(f"{sort}: made, suggested" for sort in SORTS) + " | looked at: clean | worn |"
    yield "| --: |" + " --: |" * (len(SORTS) + 2)
    for bar in BARS:
        cells = []
        for k in range(len(SORTS)):
            made, told = (odds[paid[:, k] == worth] for worth in (2, 1))
            cells.append(f"{(made > bar).sum()} of {len(made)}, {(told > bar).sum()} of {len(told)}")
        shares = (f"{np.mean(odds[some] > bar):.2f}" for some in (clean, ~clean))
        yield f"| {bar} | " + " | ".join([*cells, *shares]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dev", type=Path, help="the folder of dev data")
    args = parser.parse_args()
    resources = Resources.builtin()
    of = held_out(args.dev, resources)
    looked = [looked_at(text, of(text)) for text in texts_for("substitutions", args.dev, resources)]
    known, paid = (np.concatenate(column) for column in zip(*((one.known, one.paid) for one in looked), strict=True))
    sizes = [len(one.known) for one in looked]
    fold = np.repeat([one.text.fold for one in looked], sizes)
    clean = np.repeat([one.text.source in CLEAN for one in looked], sizes)
    any_paid = paid.max(axis=1) > 0
    odds = np.zeros(len(known))
    for k in range(FOLDS):
        *weights, apart = fit(known[fold != k], any_paid[fold != k])
        odds = np.where(fold == k, known @ weights + apart, odds)
    print("\n".join(table(odds, paid, clean)))
    best = fit(known, any_paid)
    print(", ".join(f"{name}={round(1000 * w)}" for name, w in zip(ODDS._fields, best.tolist(), strict=True)))


if __name__ == "__main__":
    sys.exit(main())
