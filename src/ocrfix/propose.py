"""What might the page have said? Each source of candidates is a function of its own; PROPOSERS lists them."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from ocrfix.characters import insertions, omissions, pairs, substitutions
from ocrfix.detect import Suspects, odd
from ocrfix.established import nearly
from ocrfix.language import EDGE, LanguageModel
from ocrfix.lexicon import Lexicon
from ocrfix.marks import slips
from ocrfix.proposals import Proposals, Row, batches, nats, plausible, resemblance
from ocrfix.proposed_names import proposed_names
from ocrfix.repeats import repeats
from ocrfix.rereading import rereadings
from ocrfix.resources import Resources
from ocrfix.sounds import Sounds
from ocrfix.strangers import strangers
from ocrfix.survey import PAD, Survey
from ocrfix.text import BOUNDARY, HAN

SOUND_ALIKES = 80
"""How many sound-alikes of a character are tried."""


def sound_alikes(survey: Survey, suspects: Suspects, resources: Resources) -> list[Proposals]:
    """One character for another that sounds like it, in text that was typed; in print sounds never weigh in."""
    if survey.engine != "typed":
        return []
    return _substitutions("sound_alikes", survey, suspects.at, resources, _sounds(resources.language))


Others = Callable[[int], tuple[NDArray[np.uint16], NDArray[np.int64]]]
"""For a vocabulary index, what may stand in its place, and the ln of how alike they are, milli-nats."""


def _substitutions(
    source: str, survey: Survey, suspects: NDArray[np.int64], resources: Resources, others: Others
) -> list[Proposals]:
    found = [others(i) for i in survey.ids[suspects].tolist()]
    if not found:
        return []
    start = np.repeat(suspects, [len(ids) for ids, _ in found])
    ids = np.concatenate([ids for ids, _ in found])
    alike = np.concatenate([s for _, s in found])
    met = resources.language.met(survey.ids[start - 1], ids) | resources.language.met(ids, survey.ids[start + 1])
    start, ids, alike = start[met], ids[met], alike[met]
    nothing = np.zeros(len(start), dtype=np.int64)
    return [Proposals(source, "glyph", start, start + 1, ids[:, None], alike, nothing, nothing)]


def names(survey: Survey, suspects: Suspects, resources: Resources) -> Iterator[Proposals]:
    """Names for what differs from them in a character or two.

    Of several sources: `names` of which the document speaks, `far_names`, of which it does not, and `far_short_names`
    of two characters, which much else looks like.
    """
    return proposed_names(survey, resources)


def established(survey: Survey, suspects: Suspects, resources: Resources) -> list[Proposals]:
    """One character for another, where the document then says what it says elsewhere: most likely a name of its own."""
    model, channel = resources.language, resources.channel(survey.engine)
    rows = []
    for at, true, form, times in zip(*(column.tolist() for column in nearly(survey, odd(survey), model)), strict=True):
        printed, meant = survey.symbols(at, at + 1), model.vocabulary[true - 2]
        if plausible(printed, meant):
            whole = "".join(model.vocabulary[k - 2] for k in form)
            often, note = round(1000 * math.log(times)), f"{whole}: {times} times in the document"
            shape, prior = resemblance(resources.glyphs, printed, meant), -channel.cost(printed, meant)
            rows.append(Row(at, at + 1, meant, shape, prior, note, often))
    return batches("established", "glyph", rows, model)


def phrases(survey: Survey, suspects: Suspects, resources: Resources) -> list[Proposals]:
    """Set phrases, for what differs from them in a character or two."""
    near = [(n.start + PAD, n.end + PAD, n.phrase) for n in resources.lexicon.near_phrases(survey.read)]
    return _phrases("phrases", near, survey, resources)


def doubled_clauses(survey: Survey, suspects: Suspects, resources: Resources) -> list[Proposals]:
    """A set pair of clauses, where one of the two stands twice: a reader's eye, or a model's, slipped a clause back."""
    clauses = _clauses(resources.lexicon)
    found = []
    for start, end in repeats(survey):
        clause, mark = survey.symbols(start, end - 1), survey.symbols(end - 1, end)
        if mark == PAIR_MARK:
            found += [
                (start, end + len(clause), pair) for pair in clauses.get(clause, ()) if len(pair) == 2 * len(clause) + 1
            ]
    return _phrases("doubled_clauses", found, survey, resources)


PAIR_MARK = "、"


@lru_cache(maxsize=4)
def _clauses(lexicon: Lexicon) -> dict[str, list[str]]:
    """Set pairs of clauses by either clause."""
    clauses: dict[str, list[str]] = defaultdict(list)
    for phrase in lexicon.phrases:
        first, _, second = phrase.partition(PAIR_MARK)
        if second and PAIR_MARK not in second:
            clauses[first].append(phrase)
            clauses[second].append(phrase)
    return clauses


def _phrases(source: str, near: list[tuple[int, int, str]], survey: Survey, resources: Resources) -> list[Proposals]:
    rows = []
    for start, end, phrase in near:
        printed = survey.symbols(start, end)
        shape = sum(resemblance(resources.glyphs, a, b) for a, b in zip(printed, phrase, strict=True) if a != b)
        rows.append(Row(start, end, phrase, shape, 0, f"set phrase {phrase}"))
    return batches(source, "phrase", rows, resources.language)


def doubled_characters(survey: Survey, suspects: Suspects, resources: Resources) -> list[Proposals]:
    """Nothing, for the first of two equal characters."""
    rows = [Row(start, end, "") for start, end in repeats(survey) if end - start == 1]
    return batches("doubled_characters", "repetition", rows, resources.language)


def repetitions(survey: Survey, suspects: Suspects, resources: Resources) -> list[Proposals]:
    """Nothing, for the first of two equal runs of characters, where it is not half of a set pair that slipped."""
    clauses = _clauses(resources.lexicon)
    rows = [
        Row(start, end, "")
        for start, end in repeats(survey)
        if end - start > 1 and survey.symbols(start, end).removesuffix(PAIR_MARK) not in clauses
    ]
    return batches("repetitions", "repetition", rows, resources.language)


def cut_paragraphs(survey: Survey, suspects: Suspects, resources: Resources) -> list[Proposals]:
    """Nothing, for a paragraph's end within a sentence. Verse, tables and headlines have no marks in the line."""
    text = survey.read
    breaks = [at for at, ch in enumerate(text) if ch == BOUNDARY]
    rows = []
    for previous, at, following in zip(breaks, breaks[1:], breaks[2:], strict=False):
        before, after = text[previous + 1 : at], text[at + 1 : following]
        running = len(before) >= RUNNING and len(after) > 1 and not CLAUSE_END.isdisjoint(before)
        # Where lines end singly they may be wrapped by the measure of the column, and stay so.
        apart = len(LINE_END.findall(survey.text[slice(*survey.gap(at + PAD))])) > 1
        if running and apart and HAN.match(before[-1]) and HAN.match(after[0]):
            rows.append(Row(at + PAD, at + PAD + 1, ""))
    return batches("cut_paragraphs", "linebreak", rows, resources.language)


def marks(survey: Survey, suspects: Suspects, resources: Resources) -> list[Proposals]:
    """Marks for marks that were misread, dropped or made up: a batch for each of marks.SOURCES."""
    return slips(survey, resources)


LINE_END = re.compile("\r\n|\r|\n")
RUNNING = 12
"""Symbols that a line of running text has at least."""
CLAUSE_END = frozenset(",。;、:!?")


Proposer = Callable[[Survey, Suspects, Resources], Iterable[Proposals]]
PROPOSERS: tuple[Proposer, ...] = (
    substitutions,
    pairs,
    rereadings,
    omissions,
    insertions,
    sound_alikes,
    names,
    established,
    strangers,
    phrases,
    doubled_clauses,
    doubled_characters,
    repetitions,
    cut_paragraphs,
    marks,
)


def propose(survey: Survey, suspects: Suspects, resources: Resources) -> Iterator[Proposals]:
    """Everything that any source proposes, but for what must stay as it is; found as it is asked for."""
    for proposer in PROPOSERS:
        for p in proposer(survey, suspects, resources):
            if len(p) and len(allowed := _allowed(survey, p)):
                yield allowed


def _allowed(survey: Survey, p: Proposals) -> Proposals:
    """The proposals that touch no protected symbol, and put nothing between two of them."""
    before = survey.protected_before
    within = (p.start == p.end) & survey.protected[p.start - 1] & survey.protected[p.start]
    keep = (before[p.end] == before[p.start]) & ~within
    return p if keep.all() else p.take(np.flatnonzero(keep))


@lru_cache(maxsize=4)
def _sounds(language: LanguageModel) -> Others:
    """The sound-alikes of each character, of those equally alike the commoner first."""
    han = [ch for ch in language.vocabulary if HAN.match(ch)]
    order = np.argsort(
        -language.unigrams[language.ids(np.array([ord(ch) for ch in han], dtype=np.uint32))], kind="stable"
    )
    sounds = Sounds.of("".join(han[k] for k in order.tolist()))
    return _table(language, lambda ch: sounds.sound_alikes(ch)[:SOUND_ALIKES], sounds.likeness)


def _table(language: LanguageModel, alike: Callable[[str], str], likeness: Callable[[str, str], float]) -> Others:
    """What may stand for each character, read once and kept."""

    @cache
    def of(index: int) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
        printed = language.vocabulary[index - 2] if index > EDGE else ""
        if not HAN.match(printed):
            return np.zeros(0, dtype=np.uint16), np.zeros(0, dtype=np.int64)
        others = [ch for ch in alike(printed) if plausible(printed, ch)]
        ids = language.ids(np.array([ord(ch) for ch in others], dtype=np.uint32))
        how = np.array([nats(likeness(printed, ch)) for ch in others], dtype=np.int64)
        return ids[ids > EDGE], how[ids > EDGE]

    return of
