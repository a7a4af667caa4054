#!/usr/bin/env python3
"""Fit what each kind of evidence weighs, from what engines printed and what the page said.

    python tools/fit_decision.py ../shared/dev --out lexicons/decision.tsv
    python tools/fit_decision.py ../shared/dev --confidence --out lexicons/decision.tsv
    python tools/fit_decision.py FOLDER --traditional --out lexicons/decision.tsv

At every place for which there are proposals, the printed text and the proposals compete; a multinomial logit with a
quadratic penalty finds the weights under which the right one wins as often as it should (McFadden 1974). It is
cross-validated over gold texts: a paragraph read by two engines is never on both sides, and the printed figures are of
the folds left out. About eight minutes. `decision_data.py` says what the texts are.

The second command does the same for what comes with an engine's confidences, and writes decision.ENGINE.tsv beside it:
weights of all engines first, then of each what departs from them, which has a penalty of its own. Sources of which
there are too few proposals keep their weights, scaled together, and what confidence weighs is fitted beside them.

The third does it for Traditional print, from a folder that benchmarks/traditional.py has made: what departs from the
weights of the first has a penalty of its own. Sources that are not in PRINTED keep their weights. Those in MIXED are
weighed apart for texts that have both scripts, and written to decision.traditional.mixed.tsv.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from count_misreadings import held_out
from decision_data import ENGINES, FOLDS, Text, texts_for, texts_in_print, texts_with_confidences
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from scipy.optimize import minimize

from ocrfix.characters import substitutions
from ocrfix.config import Config
from ocrfix.detect import Suspects, odd
from ocrfix.marks import SOURCES
from ocrfix.proposals import Proposals
from ocrfix.propose import PROPOSERS, marks, names, rereadings, strangers
from ocrfix.proposed_names import FAR_NAMES, NAMES
from ocrfix.resources import Resources
from ocrfix.score import CONFIDENCE, DOCUMENT, EVIDENCE, EVIDENT, all_evidence
from ocrfix.script import SIMPLIFIED, TRADITIONAL, read
from ocrfix.survey import PAD, Survey
from ocrfix.text import code_points, view
from ocrfix.text import fold as folded

BY_NAME = {EVIDENT: substitutions} | {each.__name__: each for each in PROPOSERS if each is not marks}
BY_NAME |= dict.fromkeys(SOURCES, marks) | dict.fromkeys(NAMES, names)
REMOVALS = ("doubled_characters", "repetitions", "cut_paragraphs")
MOST = 12
"""Proposals that compete at one place."""
AROUND = 40
"""Symbols on either side within which a mark is compared with what the page has."""
PRINTED = ("substitutions", "pairs", "omissions", "insertions", "phrases", "strangers")
"""Sources that are weighed anew where the page is printed in another script."""
MIXED = ("substitutions", "pairs", "omissions", "insertions", "phrases")
"""Those of them that are weighed apart for texts that have both scripts."""
UNTOLD = {
    # No page at hand has a set pair doubled rightly, so nothing tells where it would be.
    "doubled_clauses": ("damage", "series"),
    # Where forms are misread on purpose, nothing else is.
    "established": ("damage",),
    # Of a line that was set for its names, the rest says nothing.
    **dict.fromkeys(FAR_NAMES, ("damage",)),
}
"""What the texts of the fit cannot tell, and what therefore weighs nothing, by source."""
FEW = (*NAMES, "established", "phrases", "doubled_characters", "repetitions")
"""Sources of which texts with confidences have too few proposals to weigh all evidence anew."""
DEPARTING = 3.0
"""The penalty on what one engine's weights differ from those of all."""
CONFIDENT = {kind.__name__ for kinds in CONFIDENCE.values() for kind in kinds}
LADDER = (0.5, 0.85, 0.9, 0.97)


class Choices(NamedTuple):
    """Places at which the printed text and its proposals compete.

    features: (n, k) of all proposals, nats. place: (n,) which place each belongs to, rising. right: (n,) whether it is
    what the page said. fold, wrong, source: (places,); wrong: the page does not have what is printed.
    """

    features: NDArray[np.float64]
    place: NDArray[np.int64]
    right: NDArray[np.bool_]
    fold: NDArray[np.int64]
    wrong: NDArray[np.bool_]
    source: NDArray[np.str_]


def collect(texts: list[Text], names: Sequence[str], resources_for: Callable[[Text], Resources]) -> dict[str, Choices]:
    """The choices for sources of proposals: at each place the best few by language and shape."""
    found: dict[str, list[Place]] = {name: [] for name in names}
    proposers = {substitutions, marks, *map(BY_NAME.__getitem__, names)}  # the first two tell how damaged it all is
    engine = "typed" if "sound_alikes" in names else "generic"  # confidences tell which it was
    for text in texts:
        resources = resources_for(text)
        survey = Survey(text.noisy if text.read is None else text.read, resources, Config(engine=engine))
        where = Suspects.every(odd(survey))
        resources = survey.resources
        target = view(read(text.gold, resources.variants).plain).codes.tolist()
        gold = "".join(map(chr, view(text.gold).codes.tolist()))
        answers = places_in_gold(survey.view.codes.tolist(), target)
        proposals = [p for one in PROPOSERS if one in proposers for p in one(survey, where, resources) if len(p)]
        anew: list[Anew] = []
        for p, _, table in all_evidence(survey, proposals, resources):
            wanted = [name for name in names if p.source == (substitutions.__name__ if name == EVIDENT else name)]
            if not wanted:
                continue
            if p.source == rereadings.__name__:  # of whatever size, they compete where they overlap
                rows = np.arange(len(p))
                good = judge(survey, p, rows, target, answers, resources)[0]
                anew += zip(p.start.tolist(), p.end.tolist(), table / 1000, good.tolist(), strict=True)
                continue
            order = np.lexsort((-(table[:, 0] + p.shape), p.start))
            bounds = np.flatnonzero(np.diff(p.start[order], prepend=-1, append=-1))
            for low, high in zip(bounds.tolist(), bounds[1:].tolist(), strict=False):
                rows = order[low:high][:MOST]
                good, bad = judge(survey, p, rows, target, answers, resources)
                if p.source == strangers.__name__:  # the same character, in the script of the page
                    at = answers[int(p.start[rows[0]]) - PAD]
                    good = np.array([gold[at : at + 1] == p.form(k, resources.language) for k in rows.tolist()])
                    bad = bool(good.any())
                place = Place(table[rows] / 1000, good, text.fold, bad, text.source)
                for name in wanted:
                    found[name].append(place)
        for same in overlapping(anew):
            good = np.array([one[3] for one in same])
            table = np.stack([one[2] for one in same])
            found[rereadings.__name__].append(Place(table, good, text.fold, bool(good.any()), text.source))
    return {name: choices(places) for name, places in found.items() if places}


Anew = tuple[int, int, NDArray[np.float64], bool]
"""Where a reading of several symbols begins and ends, its evidence, and whether it is right."""


def overlapping(found: list[Anew]) -> list[list[Anew]]:
    """Readings of several symbols, those together that overlap."""
    groups: list[list[Anew]] = []
    reach = 0
    for one in sorted(found, key=lambda one: one[:2]):
        if one[0] >= reach:
            groups.append([])
        reach = max(reach, one[1])
        groups[-1].append(one)
    return groups


class Place(NamedTuple):
    """A place and its proposals: their evidence, which are right; and whether what is printed there is wrong."""

    features: NDArray[np.float64]
    right: NDArray[np.bool_]
    fold: int
    wrong: bool
    source: str


def choices(places: Sequence[Place]) -> Choices:
    """All places together."""
    features, right, fold, wrong, source = zip(*places, strict=True)
    place = np.repeat(np.arange(len(places)), [len(one) for one in right])
    arrays = (np.array(fold), np.array(wrong), np.array(source))
    return Choices(np.concatenate(features), place, np.concatenate(right), *arrays)


def judge(
    survey: Survey, p: Proposals, rows: NDArray[np.int64], target: list[int], answers: list[int], resources: Resources
) -> tuple[NDArray[np.bool_], bool]:
    """Of proposals at one place, which are right; and whether what is printed there is wrong."""
    if p.source in SOURCES:
        good = np.array([mends(survey, p, k, target, answers, resources) for k in rows.tolist()])
        return good, bool(good.any())
    at = int(p.start[rows[0]])
    first, last = at - PAD, at - PAD + p.width
    if p.source == rereadings.__name__:
        good = np.array([mends_all(survey, p, k, target, answers, resources) for k in rows.tolist()])
        return good, bool(good.any())
    if p.source in REMOVALS:  # right where it brings the text nearer to what the page has, by all that it removes
        codes = survey.view.codes.tolist()
        after = codes[:first] + codes[last:]
        gain = Levenshtein.distance(codes, target) - Levenshtein.distance(after, target)
        return np.full(len(rows), gain == p.width), gain == p.width
    if not p.width:  # one of the characters that were dropped there
        lost = "".join(map(chr, target[answers[first - 1] + 1 : answers[first]])) if first else ""
        return np.array([p.form(k, resources.language) in lost for k in rows]), lost != ""
    # What the page had there, with what was dropped before it and without.
    spans = [(answers[first], answers[last]), (answers[first - 1] + 1, answers[last])]
    page = ["".join(map(chr, target[a:b])) for a, b in spans]
    forms = (p.form(k, resources.language) for k in rows.tolist())
    good = np.array(["".join(map(chr, folded(code_points(form)))) in page for form in forms])
    return good, survey.symbols(at, at + p.width) not in page


def mends(survey: Survey, p: Proposals, row: int, target: list[int], answers: list[int], resources: Resources) -> bool:
    """Whether a proposal brings the text nearer to what the page has, compared within AROUND symbols of it."""
    return nearer(survey, p, row, target, answers, resources)[0] > 0


def mends_all(
    survey: Survey, p: Proposals, row: int, target: list[int], answers: list[int], resources: Resources
) -> bool:
    """Whether each of a proposal's changes does."""
    found, changes = nearer(survey, p, row, target, answers, resources)
    return found == changes


def nearer(
    survey: Survey, p: Proposals, row: int, target: list[int], answers: list[int], resources: Resources
) -> tuple[int, int]:
    """How many symbols fewer are wrong with a proposal made, and how many it changes."""
    first, last = int(p.start[row]) - PAD, int(p.end[row]) - PAD
    new = folded(code_points(p.form(row, resources.language))).tolist()
    low, high = max(first - AROUND, 0), min(last + AROUND, len(answers) - 1)
    page = target[answers[low] : answers[high]]
    codes = survey.view.codes[low:high].tolist()
    after = codes[: first - low] + new + codes[last - low :]
    before = Levenshtein.distance(codes, page)
    return before - Levenshtein.distance(after, page), Levenshtein.distance(codes[first - low : last - low], new)


def places_in_gold(noisy: list[int], gold: list[int]) -> list[int]:
    """For each place between symbols of the noisy text, the place in the gold text that answers to it."""
    result = [0] * (len(noisy) + 1)
    for op in Levenshtein.opcodes(noisy, gold):
        for k in range(op.src_end - op.src_start):
            result[op.src_start + k] = min(op.dest_start + k, op.dest_end)
    result[len(noisy)] = len(gold)
    return result


def chances(weights: NDArray[np.float64], c: Choices) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The probability of each proposal, and of each printed text, where they compete."""
    score = np.exp(np.minimum(c.features @ weights, 500))
    total = 1 + np.bincount(c.place, weights=score, minlength=len(c.fold))
    return score / total[c.place], 1 / total


def only(c: Choices, use: NDArray[np.bool_]) -> Choices:
    """Some of the places."""
    rows = use[c.place]
    place = np.cumsum(use)[c.place[rows]] - 1
    return Choices(c.features[rows], place, c.right[rows], c.fold[use], c.wrong[use], c.source[use])


def fit(
    c: Choices, use: NDArray[np.bool_], names: list[str], penalty: float, known: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Weights by maximum likelihood on the places in `use`; the penalty is on what departs from those known, if any."""
    part = only(c, use)
    taken = np.bincount(part.place, weights=part.right, minlength=len(part.fold)) > 0
    centre = np.zeros(len(names)) if known is None else known

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        p, stay = chances(w, part)
        right = np.bincount(part.place, weights=p * part.right, minlength=len(part.fold))
        value = -np.log(np.maximum(np.where(taken, right, stay), 1e-300)).sum()
        share = p * part.right / np.maximum(right, 1e-300)[part.place]  # where several are right, one of them wins
        away = w - centre
        return value + penalty * away @ away / 2, part.features.T @ (p - share) + penalty * away

    guess = {"language": 0.5, "context": 0.5, "shape": 1.0, "change": -4.0}
    start = np.array([guess.get(name, 0.0) for name in names]) if known is None else known
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x)


def beside(
    known: NDArray[np.float64], c: Choices, use: NDArray[np.bool_], names: list[str], penalty: float
) -> NDArray[np.float64]:
    """Weights known from texts without confidences, scaled alike, and beside them those of confidence and a change."""
    free = [k for k, name in enumerate(names) if name in (*CONFIDENT, "change")]
    plain = (c.features @ known)[:, None]
    layers = Choices(np.concatenate((plain, c.features[:, free]), axis=1), *c[1:])
    start = np.array([1.0] + [0.0] * len(free))
    found = fit(layers, use, ["known", *(names[k] for k in free)], penalty, start)
    weights = known * found[0]
    weights[free] += found[1:]
    return weights


def departing(engine: str, c: Choices, use: NDArray[np.bool_], names: list[str], penalty: float) -> NDArray[np.float64]:
    """The weights of one engine: those of all, and what departs from them."""
    of_all = fit(c, use, names, penalty)
    return fit(c, use & is_of(engine, c), names, DEPARTING, of_all)


def is_of(engine: str, c: Choices) -> NDArray[np.bool_]:
    """Which places an engine read; or which stand in texts that have one script, or both."""
    if engine in ENGINES:
        return np.array([ENGINES[engine] in source for source in c.source.tolist()])
    mixed = np.array(["rapidocr" in source or "quoting" in source for source in c.source.tolist()])
    return mixed == (engine == TRADITIONAL_MIXED)


def report(c: Choices, p: NDArray[np.float64]) -> None:
    """Print for each source what would be made at a ladder of thresholds, and how often probabilities come true."""
    best = np.zeros(len(c.fold))
    np.maximum.at(best, c.place, p)
    right = np.bincount(c.place, weights=c.right & (p >= best[c.place] - 1e-12), minlength=len(c.fold)) > 0
    offered = np.bincount(c.place, weights=c.right, minlength=len(c.fold)) > 0
    print("| source | places | wrong | offered |" + "".join(f" ≥ {t}: made, right |" for t in LADDER))
    print("| --- " * (4 + len(LADDER)) + "|")
    for name in dict.fromkeys(c.source.tolist()):
        s = c.source == name
        made = [s & (best >= t) for t in LADDER]
        cells = "".join(f" {m.sum()}, {(m & right).sum()} |" for m in made)
        print(f"| {name} | {s.sum()} | {(s & c.wrong).sum()} | {(s & c.wrong & offered).sum()} |{cells}")
    loss = -np.log(np.maximum(np.where(c.right, p, 1 - p), 1e-9)).sum()
    print(f"log-loss: {loss:.0f} nats; offered {offered.sum()} of {c.wrong.sum()} wrong")
    bins = np.minimum((p * 10).astype(int), 9)
    told = (
        f"{p[bins == b].mean():.2f} came true {c.right[bins == b].mean():.2f}"
        for b in range(1, 10)
        if (bins == b).any()
    )
    print("reliability: " + "; ".join(told))


def batches(sources: Sequence[str], mode: str) -> list[list[str]]:
    """What is weighed on the same texts, and can be at once: what tells how damaged a document is comes first."""
    if mode == PLAIN:
        told = (rereadings.__name__, strangers.__name__)  # by confidences, and by the script of the page
        far, rest = ([name for name in sources if (name in FAR_NAMES) is far] for far in (True, False))
        return [[name] for name in rest if name not in told] + ([far] if far else [])
    able = PRINTED if mode == TRADITIONAL else CONFIDENCE
    first, rest = [name for name in sources if name == EVIDENT], [name for name in sources if name in able]
    return [names for names in (first, rest) if names]


PLAIN, CONFIDENCE_MODE, TRADITIONAL_MIXED = "plain", "confidence", f"{TRADITIONAL}.mixed"
"""What weights are for: text alone, or text that an engine's confidences come with; or TRADITIONAL print."""
Table = dict[tuple[str, str], int]
Weigh = Callable[[Choices, NDArray[np.bool_], list[str], float], NDArray[np.float64]]


def cross_validated(
    c: Choices, its: NDArray[np.bool_], columns: list[str], weigh: Weigh, penalty: float
) -> NDArray[np.float64]:
    """The weights fitted on all folds; printed with what those fitted on the others do on each of its places."""
    p = np.zeros(len(c.place))
    for fold in range(FOLDS):
        rows = c.fold[c.place] == fold
        p[rows] = chances(weigh(c, c.fold != fold, columns, penalty), c)[0][rows]
    report(only(c, its), p[its[c.place]])
    weights = weigh(c, np.ones(len(c.fold), dtype=bool), columns, penalty)
    print("weights: " + ", ".join(f"{name} {w:.3f}" for name, w in zip(columns, weights, strict=True)), flush=True)
    return weights


def with_weights(resources: Resources, tables: dict[str, Table], mode: str, folder: Path) -> Resources:
    """The resources with the weights fitted so far: what counts for the damage of a document counts for all else."""
    if mode == CONFIDENCE_MODE:
        return replace(resources, confident=tables)
    if mode == PLAIN:
        return replace(resources, weights=tables[PLAIN])
    paths = {kind: folder / f"decision.{kind}.tsv" for kind in (TRADITIONAL, TRADITIONAL_MIXED)}
    for kind, path in paths.items():
        write(path, tables[kind])
    own = replace(resources.traditional, decision=paths[TRADITIONAL], decision_mixed=paths[TRADITIONAL_MIXED])
    return replace(resources, traditional=own)


def weigher(mode: str, engine: str, name: str, columns: list[str], resources: Resources) -> Weigh:
    """How a source is weighed."""
    known = np.array([resources.weights.get((name, c), 0) / 1000 for c in columns])
    if mode == TRADITIONAL and name != strangers.__name__:
        part = partial(is_of, engine) if name in MIXED else lambda c: True
        return lambda c, use, names, penalty: fit(c, use & part(c), names, DEPARTING, known)
    if mode == CONFIDENCE_MODE:
        return partial(beside, known) if name in FEW else partial(departing, engine)
    return fit


def write(path: Path, table: Table) -> None:
    """A table of weights."""
    rows = "".join(f"{source}\t{name}\t{weight}\n" for (source, name), weight in sorted(table.items()))
    path.write_text("source\tevidence\tweight\n" + rows, encoding="utf8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dev", type=Path, help="the folder of dev data")
    parser.add_argument("--out", type=Path, help="where to write the weights; nothing is written without it")
    parser.add_argument("--sources", nargs="*", default=list(BY_NAME), choices=list(BY_NAME), metavar="SOURCE")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--confidence",
        dest="mode",
        action="store_const",
        const=CONFIDENCE_MODE,
        default=PLAIN,
        help="weigh evidence where confidences are at hand",
    )
    mode.add_argument(
        "--traditional", dest="mode", action="store_const", const=TRADITIONAL, help="weigh it for Traditional print"
    )
    parser.add_argument("--without", nargs="*", default=[], metavar="EVIDENCE", help="what is to weigh nothing")
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        tables = fitted(args, Path(folder))
    for engine, table in tables.items() if args.out else ():
        write(args.out if engine == PLAIN else args.out.with_suffix(f".{engine}.tsv"), table)


def fitted(args: argparse.Namespace, folder: Path) -> dict[str, Table]:
    """The weights of each engine, or of all together; or those for Traditional print."""
    builtin = resources = Resources.builtin()
    kinds = {PLAIN: (PLAIN,), CONFIDENCE_MODE: tuple(ENGINES), TRADITIONAL: (TRADITIONAL, TRADITIONAL_MIXED)}[args.mode]
    known = dict(resources.weights)
    if args.mode == TRADITIONAL:
        anew = (EVIDENT, *PRINTED)
        known = {key: weight for key, weight in known.items() if key[0] not in anew}
        known |= {key: weight for key, weight in resources.traditional.weights.items() if key[0] in anew}
    mixed = {key: weight for key, weight in resources.traditional.weights_mixed.items() if key[0] in MIXED}
    tables = {kind: dict(mixed if kind == TRADITIONAL_MIXED else known) for kind in kinds}
    for together in batches(args.sources, args.mode):
        resources = with_weights(resources, tables, args.mode, folder)
        if args.mode == PLAIN:
            texts = [text._replace(read=None) for text in texts_for(together[0], args.dev, resources)]
        else:
            texts = texts_with_confidences(args.dev) if args.mode == CONFIDENCE_MODE else texts_in_print(args.dev)
        resources_for = held_out(args.dev, resources, TRADITIONAL if args.mode == TRADITIONAL else SIMPLIFIED)
        for name, found in collect(texts, together, resources_for).items():
            print(f"\n## {name}: {len(texts)} texts, {len(found.fold)} places, {len(found.place)} proposals\n")
            source = substitutions.__name__ if name == EVIDENT else name
            own = EVIDENCE[source] + (CONFIDENCE[source] if args.mode == CONFIDENCE_MODE else ())
            columns = [kind.__name__ for kind in (*own, *DOCUMENT)]
            if name == EVIDENT:  # by itself: what the rest of the document says comes of it
                columns, found = columns[: len(own)], found._replace(features=found.features[:, : len(own)])
            told = [c not in (*args.without, *UNTOLD.get(name, ())) for c in columns]
            found = found._replace(features=found.features * told)
            penalty = 0.05 if name == "doubled_clauses" else 1.0
            for engine, table in tables.items():
                if engine == TRADITIONAL_MIXED and name not in MIXED:
                    continue
                weigh = weigher(args.mode, engine, name, columns, builtin)
                apart = engine in ENGINES or (args.mode == TRADITIONAL and name in MIXED)
                its = is_of(engine, found) if apart else np.ones(len(found.fold), dtype=bool)
                weights = cross_validated(found, its, columns, weigh, penalty)
                for key in [key for key in table if key[0] == name]:  # evidence that counts no longer has no row
                    del table[key]
                table.update({(name, c): round(1000 * w) for c, w in zip(columns, weights, strict=True)})
    return tables


if __name__ == "__main__":
    main()
