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
from ocrfix.far_names import anywhere
from ocrfix.glyphs import Glyphs
from ocrfix.language import EDGE, UNKNOWN, LanguageModel
from ocrfix.lexicon import Lexicon
from ocrfix.marks import slips
from ocrfix.near_names import (
    BLIND,
    HOPE,
    LEAST,
    ODD,
    Name,
    Near,
    Spelled,
    are_persons,
    misreading,
    near,
)
from ocrfix.proposals import Proposals, Row, batches, nats, plausible
from ocrfix.repeats import repeats
from ocrfix.rereading import rereadings
from ocrfix.resources import Resources
from ocrfix.sounds import Sounds
from ocrfix.strangers import strangers
from ocrfix.survey import PAD, Survey
from ocrfix.text import BOUNDARY, HAN, code_points, distinct

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

    Of two sources: `names` of which the document speaks, and `far_names`, of which it does not; and those of two
    characters, which much else looks like, are apart from either.
    """
    for found in zip(near(survey, resources.gazetteer), anywhere(survey, odd(survey), resources), strict=True):
        yield from _weighed(survey, found, resources)


def _weighed(survey: Survey, found: Iterable[Near], resources: Resources) -> Iterator[Proposals]:
    """Of what is nearly a name, what is worth weighing."""
    rows: dict[str, dict[tuple[int, int, str], Row]] = {source: {} for source in NAMES}
    for one in found:
        weighed = dict[tuple[str, int], Row | None]()  # a text may have one misreading again and again
        good, shape, match = _single(survey, one, resources)
        able = np.flatnonzero(good)
        columns = (column[able].tolist() for column in (*one[:3], shape, match))
        names = ((number, one.names[number]) for number in distinct(one.name[able]).tolist())
        known = {number: (rows[_source(name)], name.form, _prior(name), _note(name)) for number, name in names}
        for start, end, number, alike, agrees in zip(*columns, strict=True):
            source, form, prior, note = known[number]
            if (start, end, form) not in source:
                if alike > UNSEEN:
                    source[start, end, form] = Row(start, end, form, alike, prior, note, agrees)
                    continue
                printed = survey.symbols(start, end)
                if (printed, number) not in weighed:
                    weighed[printed, number] = _named(survey, start, end, one.names[number], resources)
                if row := weighed[printed, number]:
                    source[start, end, form] = row._replace(start=start, end=end)
    for name, of in rows.items():
        yield from batches(name, "name", list(of.values()), resources.language)


NEAR_NAMES = ("names", "short_names")
"""The sources of names of which the document speaks."""
FAR_NAMES = ("far_names", "far_short_names")
"""The sources of names of which it does not."""
NAMES = (*NEAR_NAMES, *FAR_NAMES)


def _source(name: Name) -> str:
    """Which of NAMES proposes a name."""
    of_any_length, of_two_characters = NEAR_NAMES if name.active.weight >= LEAST else FAR_NAMES
    return of_two_characters if len(name.form) == 2 else of_any_length


UNSEEN = -1_000_000
"""Milli-nats: in the place of a shape that is not known yet."""


def _single(
    survey: Survey, found: Near, resources: Resources
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Which names may be worth weighing, and of those with one character read for another shape and match, as of a Row.

    Where more differs it is looked at one by one: shape is UNSEEN.
    """
    names, letters = Spelled.of(found.names), survey.letters
    first, size = found.start - PAD, names.sizes[found.name]
    inside = np.arange(names.codes.shape[1]) < size[:, None]
    printed = letters[np.minimum(first[:, None] + np.arange(inside.shape[1]), len(letters) - 1)].astype(np.int64)
    wrong = inside & (printed != names.codes[found.name])
    good = ~((size == 2) & are_persons(survey, found.start))
    single = np.flatnonzero(good & (found.end - found.start == size) & (wrong.sum(axis=1) == 1))
    at = wrong[single].argmax(axis=1)
    swaps, which = np.unique(printed[single, at] << 21 | names.codes[found.name[single], at], return_inverse=True)
    alike = np.array([_shape(resources.glyphs, chr(s >> 21), chr(s & 0x1FFFFF)) for s in swaps.tolist()], np.int64)
    channel = resources.channel(survey.engine)
    cost = np.array([channel.cost(chr(s >> 21), chr(s & 0x1FFFFF)) for s in swaps.tolist()], np.int64)
    own = inside & ~wrong & (np.arange(inside.shape[1]) < names.stems[found.name][:, None])
    common = _commonness(resources.language)[resources.language.ids(names.codes.astype(np.uint32))]
    shape, match = np.full(len(good), UNSEEN), np.zeros(len(good), dtype=np.int64)
    shape[single] = alike[which]
    match[single] = -np.where(own[single], common[found.name[single]], 0).sum(axis=1)
    prior = np.array([_prior(name) for name in found.names], dtype=np.int64)[found.name[single]]
    far = prior < 1000 * (LEAST - BLIND)  # what `anywhere` finds has been looked at in this way
    good[single] = far | (ODD + match[single] + prior + np.maximum(HOPE * shape[single], -cost[which]) > 0)
    return good, shape, match


def _named(survey: Survey, start: int, end: int, name: Name, resources: Resources) -> Row | None:
    """A name for what is printed, where that may be worth weighing."""
    channel, model = resources.channel(survey.engine), resources.language
    read = misreading(survey.symbols(start, end), name.form)
    shape = sum(_shape(resources.glyphs, a, b) for a, b in read.swaps)
    own = model.ids(code_points("".join(name.form[k] for k in read.intact if k < name.stem)))
    match = -int(_commonness(model)[own].sum())
    likely = max(HOPE * (shape - 1000 * read.indels), -read.cost(channel))
    if ODD + match + _prior(name) + likely <= 0:
        return None
    return Row(start, end, name.form, shape, _prior(name), _note(name), match)


@lru_cache(maxsize=1 << 16)
def _note(name: Name) -> str:
    return f"{name.active.place.name}: {name.active.why}"


def _prior(name: Name) -> int:
    return round(1000 * (name.active.weight - BLIND))


@lru_cache(maxsize=4)
def _commonness(model: LanguageModel) -> NDArray[np.int64]:
    """The log-probability of each vocabulary index by itself, milli-nats; the least of all for the unknown."""
    common = model.unigrams.astype(np.int64)
    common[UNKNOWN] = common[2:].min()
    return common


def established(survey: Survey, suspects: Suspects, resources: Resources) -> list[Proposals]:
    """One character for another, where the document then says what it says elsewhere: most likely a name of its own."""
    model, channel = resources.language, resources.channel(survey.engine)
    rows = []
    for at, true, form, times in zip(*(column.tolist() for column in nearly(survey, odd(survey), model)), strict=True):
        printed, meant = survey.symbols(at, at + 1), model.vocabulary[true - 2]
        if plausible(printed, meant):
            whole = "".join(model.vocabulary[k - 2] for k in form)
            often, note = round(1000 * math.log(times)), f"{whole}: {times} times in the document"
            shape, prior = _shape(resources.glyphs, printed, meant), -channel.cost(printed, meant)
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
        shape = sum(_shape(resources.glyphs, a, b) for a, b in zip(printed, phrase, strict=True) if a != b)
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


@lru_cache(maxsize=1 << 16)
def _shape(glyphs: Glyphs, printed: str, true: str) -> int:
    """ln of the similarity of two characters, milli-nats."""
    return nats(glyphs.similarity(printed, true))


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
