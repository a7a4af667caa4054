"""What a result is worth: the counts of each text, the figures that they add up to, and how sure those are.

Nothing but a result is judged: `.text`, `.corrections`, `.suggestions`. A correction is taken apart into its smallest
edits (Levenshtein), and each is judged alone: right where it brings the text nearer to the gold when made alone, of
form where it changes width and white space only, wrong otherwise. Texts are compared without width and white space.

  han_cer, text_cer    Levenshtein distance over Han characters, or all, divided by those of the gold
  han_gain, text_gain  (before - after) / before, over all texts together
  precision            right edits / right and wrong ones
  han_recall, ...      the gain if the wrong edits had not been made: errors, not edits, are what is recalled
  han_f05, text_f05    F0.5 of precision and recall; of Han, over the edits that change Han characters
  harm_per_10k         wrong edits per 10,000 characters
  form_per_10k         edits of form per 10,000 characters; on clean text they are harm
  ece                  expected calibration error of `score`, corrections and suggestions, ten equal bins
  altered, edits_per_10k   clean text: share of texts changed, and smallest edits, which are all harm
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from run import folded, smallest

from ocrfix.model import Correction, Result
from ocrfix.spans import Edit, apply
from ocrfix.text import HAN

BINS = 10
RESAMPLES = 1000
COUNTS = (
    *("texts", "altered", "characters", "han_gold", "han_before", "han_after", "han_recalled"),
    *("text_gold", "text_before", "text_after", "text_recalled", "right", "wrong", "form"),
    *("han_right", "han_wrong", "nearer", "further", "scored", *(f"bin{b}" for b in range(BINS))),
)
"""What is counted of each text. recalled: the distance with the right edits alone; han_right, han_wrong: edits that
change Han characters; nearer, further: whether the whole text came nearer to its gold; bin: scores less outcomes."""

Counts = NDArray[np.float64]
"""One row a text, one column for each of COUNTS."""
Columns = Mapping[str, NDArray[np.float64]]
Figure = Callable[[Columns], NDArray[np.float64]]


class Judged(NamedTuple):
    """A smallest edit, the correction it is of, and whether it is right, wrong or of form."""

    edit: Edit
    correction: Correction
    verdict: str


class Scored(NamedTuple):
    """A score, whether it came true, and whether the correction was made or only suggested."""

    score: float
    right: bool
    made: bool


def han(text: str) -> str:
    """The Han characters of a text alone.

    >>> han("在平区，2021年")
    '在平区年'
    """
    return "".join(HAN.findall(unicodedata.normalize("NFKC", text)))


class Gold:
    """What a text should say, and whether an edit brings it nearer; each edit is looked at once."""

    def __init__(self, text: str, gold: str) -> None:
        self.text = text
        self.folded, self.han = folded(gold), han(gold)
        self.distance = Levenshtein.distance(folded(text), self.folded)
        self._known: dict[Edit, bool] = {}

    def nearer(self, edit: Edit) -> bool:
        """Whether the text is nearer to the gold with this one edit."""
        if edit not in self._known:
            after = folded(apply(self.text, [edit]))
            found = Levenshtein.distance(after, self.folded, score_cutoff=max(self.distance - 1, 0))
            self._known[edit] = found < self.distance
        return self._known[edit]

    def judged(self, corrections: Iterable[Correction]) -> Iterator[Judged]:
        """The smallest edits of corrections, with what each is worth."""
        for c in corrections:
            for edit in smallest(c):
                of_form = folded(self.text[edit.start : edit.end]) == folded(edit.replacement)
                yield Judged(edit, c, "form" if of_form else "right" if self.nearer(edit) else "wrong")

    def scored(self, corrections: Iterable[Correction], suggestions: Iterable[Correction]) -> Iterator[Scored]:
        """Scores with what they promised: a correction is right where all its edits are, a suggestion as a whole."""
        verdicts: dict[Correction, list[bool]] = {}
        for _, c, verdict in self.judged(corrections):
            if verdict != "form":
                verdicts.setdefault(c, []).append(verdict == "right")
        yield from (Scored(c.score, all(right), True) for c, right in verdicts.items())
        for c in suggestions:
            if folded(c.original) != folded(c.replacement):
                yield Scored(c.score, self.nearer(c.edit), False)

    def counts(self, corrections: Sequence[Correction], suggestions: Sequence[Correction] = ()) -> list[float]:
        """One row of COUNTS."""
        edits = list(self.judged(corrections))
        after = apply(self.text, [c.edit for c in corrections])
        recalled = apply(self.text, [j.edit for j in edits if j.verdict == "right"])
        distance = Levenshtein.distance(folded(after), self.folded)
        verdicts = [j.verdict for j in edits]
        of_han = [j.verdict for j in edits if han(self.text[j.edit.start : j.edit.end]) != han(j.edit.replacement)]
        scored = list(self.scored(corrections, suggestions))
        bins = [0.0] * BINS
        for s in scored:
            bins[which_bin(s.score)] += s.score - s.right
        return [
            *(1, after != self.text, len(self.text)),
            *(len(self.han), *(Levenshtein.distance(han(t), self.han) for t in (self.text, after, recalled))),
            *(len(self.folded), self.distance, distance, Levenshtein.distance(folded(recalled), self.folded)),
            *(verdicts.count(verdict) for verdict in ("right", "wrong", "form")),
            *(of_han.count("right"), of_han.count("wrong")),
            *(distance < self.distance, distance > self.distance, len(scored), *bins),
        ]

    def kinds(self, corrections: Iterable[Correction]) -> dict[str, list[int]]:
        """Right and wrong edits of each kind."""
        found: dict[str, list[int]] = {}
        for _, c, verdict in self.judged(corrections):
            if verdict != "form":
                found.setdefault(c.kind, [0, 0])[verdict == "wrong"] += 1
        return found


def which_bin(score: float) -> int:
    """Of ten equal bins, the one that a probability falls into."""
    return min(int(score * BINS), BINS - 1)


def clean_counts(result: Result) -> list[float]:
    """One row of COUNTS for a text in which nothing is wrong: it is its own gold."""
    return Gold(result.source, result.source).counts(result.corrections, result.suggestions)


# ---------------------------------------------------------------------------------------------------------------------
# Figures of counts added up. Each takes columns by name, numbers or arrays of them, so that resamples are one call.


def ratio(above: Any, below: Any) -> NDArray[np.float64]:
    """above / below; not a number where there is nothing to divide by."""
    above, below = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
    return np.asarray(np.divide(above, below, out=np.full(np.broadcast(above, below).shape, np.nan), where=below != 0))


def gain(layer: str, after: str) -> Figure:
    return lambda t: ratio(t[f"{layer}_before"] - t[f"{layer}_{after}"], t[f"{layer}_before"])


def f05(layer: str, prefix: str) -> Figure:
    """F0.5: precision counts for more than recall; 0 where nothing is made."""

    def figure(t: Columns) -> NDArray[np.float64]:
        right, wrong = t[f"{prefix}right"], t[f"{prefix}wrong"]
        precision = np.nan_to_num(ratio(right, right + wrong))
        recall = gain(layer, "recalled")(t)
        mean = np.nan_to_num(ratio(1.25 * precision * recall, 0.25 * precision + recall))
        return np.where(np.isnan(recall), np.nan, mean)

    return figure


def ece(t: Columns) -> NDArray[np.float64]:
    """Expected calibration error: how far scores and outcomes are apart within a bin, over all that is scored."""
    return ratio(sum(np.abs(t[f"bin{b}"]) for b in range(BINS)), t["scored"])


FIGURES: dict[str, Figure] = {
    "harm_per_10k": lambda t: ratio(1e4 * t["wrong"], t["characters"]),
    "form_per_10k": lambda t: ratio(1e4 * t["form"], t["characters"]),
    "precision": lambda t: ratio(t["right"], t["right"] + t["wrong"]),
    "han_cer_before": lambda t: ratio(t["han_before"], t["han_gold"]),
    "han_cer_after": lambda t: ratio(t["han_after"], t["han_gold"]),
    "han_gain": gain("han", "after"),
    "han_recall": gain("han", "recalled"),
    "han_f05": f05("han", "han_"),
    "text_cer_before": lambda t: ratio(t["text_before"], t["text_gold"]),
    "text_cer_after": lambda t: ratio(t["text_after"], t["text_gold"]),
    "text_gain": gain("text", "after"),
    "text_recall": gain("text", "recalled"),
    "text_f05": f05("text", ""),
    "ece": ece,
    "preference": lambda t: ratio(t["nearer"] - t["further"], t["texts"]),
}
CLEAN_FIGURES: dict[str, Figure] = {
    "altered_share": lambda t: ratio(t["altered"], t["texts"]),
    "edits_per_10k": lambda t: ratio(1e4 * (t["right"] + t["wrong"] + t["form"]), t["characters"]),
    "form_per_10k": FIGURES["form_per_10k"],
}


def summed(counts: Counts) -> dict[str, int]:
    """The numbers that figures are of: the sum of each of COUNTS but for the scores, and all edits of substance."""
    total = columns(np.asarray(counts).sum(axis=0))
    found = {name: int(total[name]) for name in COUNTS[: COUNTS.index("scored")]}
    return {**found, "edits": found["right"] + found["wrong"]}


def columns(counts: Counts) -> dict[str, NDArray[np.float64]]:
    return dict(zip(COUNTS, np.moveaxis(np.asarray(counts, dtype=float), -1, 0), strict=True))


def figures(counts: Counts, wanted: Mapping[str, Figure] = FIGURES) -> dict[str, float | None]:
    """Each figure over all rows; None where it has nothing to divide by."""
    total = columns(np.asarray(counts, dtype=float).sum(axis=0))
    return {name: number(figure(total)) for name, figure in wanted.items()}


def intervals(
    counts: Counts, clusters: Sequence[object], wanted: Mapping[str, Figure] = FIGURES
) -> dict[str, list[float] | None]:
    """95 % intervals: the percentile bootstrap (Efron 1979) over texts, those of one cluster drawn together.

    Where no edit is wrong, or no text altered, every resample says the same. Then, and where all are, the interval is
    the exact binomial one (Clopper & Pearson 1934), and for edits per 10,000 characters the exact one of Poisson.
    None where a figure is none, or there is but one cluster.
    """
    names = {cluster: k for k, cluster in enumerate(dict.fromkeys(clusters))}
    member = np.array([names[cluster] for cluster in clusters])
    rows = np.zeros((len(names), len(COUNTS)))
    np.add.at(rows, member, np.asarray(counts, dtype=float))
    if len(names) < 2:
        return dict.fromkeys(wanted)
    draws = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
    resampled, total = columns(draws @ rows), columns(rows.sum(axis=0))
    result: dict[str, list[float] | None] = {}
    for name, figure in wanted.items():
        value = number(figure(total))
        drawn = figure(resampled)
        ends = np.nanpercentile(drawn, [2.5, 97.5]).tolist() if value is not None and (drawn == drawn).any() else None
        result[name] = exact(name, value, total) or ends
    return result


def exact(name: str, value: float | None, total: Columns) -> list[float] | None:
    """The interval of a figure of which nothing, or everything, came true; None for any other."""
    if name in ("precision", "altered_share") and value in (0.0, 1.0):
        trials = float(total["right"] + total["wrong"] if name == "precision" else total["texts"])
        reach = 0.025 ** (1 / trials)
        return [0.0, 1 - reach] if value == 0 else [reach, 1.0]
    if name in ("harm_per_10k", "edits_per_10k") and value == 0:
        return [0.0, float(-np.log(0.025) * 1e4 / total["characters"])]
    return None


def number(value: Any) -> float | None:
    """A number as it is written down, None for none."""
    return None if np.isnan(value) else float(value)


def reliability(scored: Iterable[Scored]) -> list[dict[str, Any]]:
    """Of each bin, what was made and what was only suggested: how many, their mean score, how many came true."""
    bins: list[dict[str, list[Scored]]] = [{"made": [], "suggested": []} for _ in range(BINS)]
    for s in scored:
        bins[which_bin(s.score)]["made" if s.made else "suggested"].append(s)
    return [
        {
            "from": b / BINS,
            **{
                what: {
                    "count": len(found),
                    "mean_score": sum(s.score for s in found) / len(found) if found else None,
                    "right": sum(s.right for s in found),
                }
                for what, found in part.items()
            },
        }
        for b, part in enumerate(bins)
    ]
