#!/usr/bin/env python3
"""Fit the odds that a character is a misreading: detect.ODDS, and from where on it is looked at.

    python tools/fit_detection.py ../shared/dev

All that looks the least odd is looked at, as if there were no odds. Where a right correction or suggestion then stands,
looking paid; a logit of what is cheap to know foretells it, cross-validated over gold texts. Printed are its weights,
and for each bar how many right corrections and suggestions of single characters (SUSPICIOUS), of pairs (PAIRED)
and of what was dropped (BESIDE) would be left, how many wrong ones, and how much there is to look at. Some ten
minutes.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from count_misreadings import held_out
from decision_data import CLEAN, FOLDS, Text, clean_lines, documents, engine_pairs
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from ocrfix import Config, Resources
from ocrfix.channel import misread
from ocrfix.decide import decide
from ocrfix.detect import GATE, ODDS, Suspects, odd
from ocrfix.propose import propose
from ocrfix.score import score
from ocrfix.survey import PAD, Survey

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))
from metrics import Gold

SORTS = ("single", "pair", "dropped")
TOLD, MENDED, SPOILT = 1, 2, 3
"""What a place has come to: a right suggestion, a right correction, a wrong one."""
LEAST_ODD = -4_500
"""As GATE: what is likelier than this, as the two after it, has hardly ever been misread."""
CLEAN_LINES = 1_000
"""Clean paragraphs of each set."""
BARS = (-7.0, -6.5, -6.0, -5.5, -5.0, -4.5, -4.0)


class Looked(NamedTuple):
    """The characters of a text. known: (n, 5), nats, as in detect.Odds; worst: the least likely of three, nats, (n,);

    came: what looking there came to, (n, SORTS).
    """

    text: Text
    known: NDArray[np.float64]
    worst: NDArray[np.float64]
    came: NDArray[np.int64]


def looked_at(text: Text, resources: Resources) -> Looked:
    """What there is to know of each character of a text that is the least odd, and whether looking there paid."""
    config, gold = Config(), Gold(text.noisy, text.gold)
    survey = Survey(text.noisy, resources, config)
    resources, at = survey.resources, odd(survey, LEAST_ODD)
    proposals = propose(survey, Suspects.every(at), resources)
    decision = decide(survey, score(survey, proposals, resources), resources, config)
    came = np.zeros((len(survey.ids) + 1, len(SORTS)), dtype=np.int64)
    for found, right, wrong in ((decision.suggestions, TOLD, 0), (decision.corrections, MENDED, SPOILT)):
        for c in found:
            if c.kind in ("glyph", "insertion", "omission"):
                first, last = np.searchsorted(survey.view.where, [c.start, c.end]) + PAD
                sort = 2 if first == last else 1 if last - first == 2 else 0
                came[first : max(last, first + 1), sort] = right if gold.nearer(c.edit) else wrong
    ids, logp, model = survey.ids, survey.logp, resources.language
    stands_for = misread(resources.channel(survey.engine), model, ids[at])
    usual = model.unigrams[ids[at]], model.unigrams[ids[at + 1]]
    known = np.stack([logp[at], usual[0], logp[at + 1], usual[1], stands_for], axis=1) / 1000
    return Looked(text, known, np.minimum.reduce([logp[at], logp[at + 1], logp[at + 2]]) / 1000, came[at])


def fit(known: NDArray[np.float64], paid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights of the logit, and what stands apart, by maximum likelihood."""
    table = np.concatenate((known, np.ones((len(known), 1))), axis=1)

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = table @ w
        wrong = expit(odds) - paid
        return float(np.logaddexp(0, odds).sum() - odds[paid].sum()), wrong @ table

    found: NDArray[np.float64] = minimize(loss, np.zeros(table.shape[1]), jac=True, method="L-BFGS-B").x
    return found


def row(name: str, some: NDArray[np.bool_], came: NDArray[np.int64], clean: NDArray[np.bool_]) -> str:
    """What is left of what came of looking where some look, and which share of all they are."""
    cells = [name]
    for k in range(len(SORTS)):
        told, mended, spoilt = (int((came[some, k] == what).sum()) for what in (TOLD, MENDED, SPOILT))
        cells.append(f"{mended}, {told}, {spoilt}")
    cells += [f"{np.mean(some[of]):.2f}" for of in (clean, ~clean)]
    return "| " + " | ".join(cells) + " |"


def table(
    odds: NDArray[np.float64], worst: NDArray[np.float64], came: NDArray[np.int64], clean: NDArray[np.bool_]
) -> Iterator[str]:
    """For each bar what is left, and what there is to look at."""
    yield "| log-odds | " + " | ".join(f"{sort}: mended, told, spoilt" for sort in SORTS) + " | clean | worn |"
    yield "| --: |" + " --: |" * (len(SORTS) + 2)
    yield row("all", np.ones(len(odds), dtype=np.bool_), came, clean)
    yield row(f"odd by {GATE / 1000}", worst < GATE / 1000, came, clean)
    for bar in BARS:
        yield row(f"{bar}", odds > bar, came, clean)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dev", type=Path, help="the folder of dev data")
    args = parser.parse_args()
    resources = Resources.builtin()
    of, rng = held_out(args.dev, resources), random.Random("detection")
    texts = engine_pairs(args.dev) + [text for text in documents(args.dev) if not text.source.startswith("rare_names")]
    texts += [text for name in CLEAN for text in clean_lines(args.dev, name, rng)[:CLEAN_LINES]]
    looked = [looked_at(text, of(text)) for text in texts]
    columns = zip(*((one.known, one.worst, one.came) for one in looked), strict=True)
    known, worst, came = (np.concatenate(column) for column in columns)
    sizes = [len(one.known) for one in looked]
    fold = np.repeat([one.text.fold for one in looked], sizes)
    clean = np.repeat([one.text.source in CLEAN for one in looked], sizes)
    paid = ((came == TOLD) | (came == MENDED)).any(axis=1)
    odds = np.zeros(len(known))
    for k in range(FOLDS):
        *weights, apart = fit(known[fold != k], paid[fold != k])
        odds = np.where(fold == k, known @ weights + apart, odds)
    print("\n".join(table(odds, worst, came, clean)))
    best = fit(known, paid)
    print(", ".join(f"{name}={round(1000 * w)}" for name, w in zip(ODDS._fields, best.tolist(), strict=True)))


if __name__ == "__main__":
    sys.exit(main())
