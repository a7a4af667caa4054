#!/usr/bin/env python3
"""Fit what a score comes to where the engine's confidences are at hand: rows `calibration` of decision.ENGINE.tsv.

    python tools/fit_calibration.py ../shared/dev --out lexicons

Weights are fitted place by place and source by source (fit_decision.py); a correction is judged as a whole, once all
sources have competed. Of each engine and kind the odds are stretched and shifted so that as many come true as they say
(beta calibration: Kull, Silva Filho & Flach 2017); kinds of which there are few are taken together. Cross-validated
over gold texts; a few minutes. Run it again whenever those weights have changed.
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
from ocrfix.decide import CALIBRATION, OTHERS, Calibration

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))
from metrics import Gold

LEAST = 0.2
"""The score from which corrections are judged."""
FEW = 80
"""Corrections of one kind. Where there are fewer they are not calibrated by themselves."""
Rows = np.ndarray
"""(n, 4): how likely all is that is proposed in a place, the share of what is made, whether it is right, the fold."""


def judged(dev: Path, resources: Resources, engine: str) -> dict[str, Rows]:
    """Every correction that would be made from LEAST on, by its kind, or as one of OTHERS."""
    of = held_out(dev, resources)
    found: dict[str, list[tuple[float, float, float, int]]] = {}
    for text in texts_with_confidences(dev):
        if ENGINES[engine] in text.source and text.read:
            result = Corrector(of(text), Config(accept=LEAST, suggest=LEAST)).correct(text.read)
            gold = Gold(text.noisy, text.gold)
            for c in result.corrections:
                together = min(c.score + sum(a.score for a in c.alternatives), 1 - 1e-6)
                for _, right, _ in gold.scored([c], []):
                    found.setdefault(c.kind, []).append((together, c.score / together, right, text.fold))
    few = [kind for kind, rows in found.items() if len(rows) < FEW]
    found[OTHERS] = [row for kind in sorted(few) for row in found[kind]]
    return {name: np.array(rows) for name, rows in found.items() if rows and name not in few}


def fit(rows: Rows) -> np.ndarray:
    """The numbers of a Calibration, not yet in thousandths, by maximum likelihood; near those that change nothing."""
    known = np.array(Calibration()) / 1000

    def loss(w: np.ndarray) -> float:
        p = np.clip(chance(rows, w), 1e-9, 1 - 1e-9)
        return float(-np.log(np.where(rows[:, 2] > 0, p, 1 - p)).sum() + ((w - known) ** 2).sum())

    return np.asarray(minimize(loss, known, method="Nelder-Mead", options={"maxiter": 2000}).x)


def chance(rows: Rows, w: np.ndarray) -> Rows:
    """The calibrated score of each."""
    together = rows[:, 0]
    odds = w[0] * np.log(together) - w[1] * np.log(1 - together) + w[2]
    return np.minimum(rows[:, 1], 1) / (1 + np.exp(-odds))


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
                after = np.where(rows[:, 3] == fold, chance(rows, fit(rows[rows[:, 3] != fold])), after)
            found = Calibration(*np.round(1000 * fit(rows)).astype(int).tolist())
            before, then = (error(p, rows[:, 2]) for p in (chance(rows, np.array(Calibration()) / 1000), after))
            print(
                f"{engine}, {name}: {len(rows)} corrections, {found}; "
                f"calibration error {before:.3f}, cross-validated {then:.3f}",
                flush=True,
            )
            table.update({(f"{CALIBRATION} {name}", what): n for what, n in found._asdict().items()})
        if args.out:
            lines = "".join(f"{source}\t{kind}\t{weight}\n" for (source, kind), weight in sorted(table.items()))
            path = args.out / f"decision.{engine}.tsv"
            path.write_text("source\tevidence\tweight\n" + lines, encoding="utf8")


if __name__ == "__main__":
    main()
