#!/usr/bin/env python3
"""Fit what a score comes to where the engine's confidences are at hand: rows `calibration` of decision.ENGINE.tsv.

    python tools/fit_calibration.py ../shared/dev --out lexicons

Weights are fitted place by place and source by source (fit_decision.py); a correction is judged as a whole, once all
sources have competed. Of each engine, and of marks and other symbols apart, its log-odds are stretched and shifted so
that as many come true as they say (Platt 1999). Cross-validated over gold texts; a few minutes. Run it again whenever
those weights have changed.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from count_misreadings import held_out
from decision_data import ENGINES, FOLDS, texts_with_confidences
from scipy.optimize import minimize

from ocrfix import Config, Corrector, Resources
from ocrfix.decide import CALIBRATION, symbols

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))
from metrics import Gold

LEAST = 0.2
"""The score from which corrections are judged."""
Rows = np.ndarray
"""(n, 4): the log-odds of all that is proposed in a place, the share of what is made, whether it is right, the fold."""


def judged(dev: Path, resources: Resources, engine: str) -> dict[str, Rows]:
    """Every correction that would be made from LEAST on, by the sort of symbols that it is about."""
    of = held_out(dev, resources)
    found: dict[str, list[tuple[float, float, float, int]]] = {}
    for text in texts_with_confidences(dev):
        if ENGINES[engine] in text.source and text.read:
            result = Corrector(of(text), Config(accept=LEAST, suggest=LEAST)).correct(text.read)
            gold = Gold(text.noisy, text.gold)
            for c in result.corrections:
                together = min(c.score + sum(a.score for a in c.alternatives), 1 - 1e-6)
                odds, share = float(np.log(together / (1 - together))), c.score / together
                for _, right, _ in gold.scored([c], []):
                    found.setdefault(symbols(c.kind), []).append((odds, share, right, text.fold))
    return {name: np.array(rows) for name, rows in found.items()}


def fit(rows: Rows) -> tuple[float, float]:
    """Slope and shift of the log-odds, by maximum likelihood, near 1 and 0."""

    def loss(w: np.ndarray) -> float:
        p = np.clip(chance(rows, *w), 1e-9, 1 - 1e-9)
        return float(-np.log(np.where(rows[:, 2] > 0, p, 1 - p)).sum() + (w[0] - 1) ** 2 + w[1] ** 2)

    slope, shift = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(slope), float(shift)


def chance(rows: Rows, slope: float, shift: float) -> Rows:
    """The calibrated score of each."""
    return np.minimum(rows[:, 1], 1) / (1 + np.exp(-slope * rows[:, 0] - shift))


def error(p: Rows, right: Rows) -> float:
    """Expected calibration error, ten equal bins."""
    bins = np.minimum((10 * p).astype(int), 9)
    return float(sum(abs((p - right)[bins == b].sum()) for b in range(10)) / len(p))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dev", type=Path, help="the folder of dev data")
    parser.add_argument("--out", type=Path, help="the folder of decision.ENGINE.tsv; nothing is written without it")
    args = parser.parse_args()
    known = Resources.builtin()
    plain = {
        engine: {key: weight for key, weight in table.items() if not key[0].startswith(CALIBRATION)}
        for engine, table in known.confident.items()
    }
    resources = replace(known, confident=plain)
    for engine, table in plain.items():
        for name, rows in sorted(judged(args.dev, resources, engine).items()):
            after = np.zeros(len(rows))
            for fold in range(FOLDS):
                after = np.where(rows[:, 3] == fold, chance(rows, *fit(rows[rows[:, 3] != fold])), after)
            slope, shift = fit(rows)
            before, then = (error(p, rows[:, 2]) for p in (chance(rows, 1, 0), after))
            print(
                f"{engine}, {name}: {len(rows)} corrections, slope {slope:.3f}, shift {shift:.3f}; "
                f"calibration error {before:.3f}, cross-validated {then:.3f}",
                flush=True,
            )
            table[f"{CALIBRATION} {name}", "slope"] = round(1000 * slope)
            table[f"{CALIBRATION} {name}", "shift"] = round(1000 * shift)
        if args.out:
            lines = "".join(f"{source}\t{kind}\t{weight}\n" for (source, kind), weight in sorted(table.items()))
            path = args.out / f"decision.{engine}.tsv"
            path.write_text("source\tevidence\tweight\n" + lines, encoding="utf8")


if __name__ == "__main__":
    main()
