"""What do corrected pages teach of others of their collection, and does it help there? A profile, and its trial.

A profile is tried before it is written: each tenth of the pages is corrected with what the other nine teach, and
without.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from ocrfix.channel import Channel
from ocrfix.config import Config
from ocrfix.established import ODD
from ocrfix.language import LanguageModel
from ocrfix.pairs import Pair, counts, distance, folded, is_right, joined, seen
from ocrfix.pipeline import Corrector
from ocrfix.profile import Counts, Profile, table
from ocrfix.resources import Resources
from ocrfix.spans import Edit, apply
from ocrfix.text import BOUNDARY, HAN, code_points

NAMED, MISREAD = 3, 2
"""How often a name must, and in how many paragraphs it must have been misread: a chance form seldom is again."""
LONGEST = 8
"""Characters of a name at the most."""
WHOLE = 0.9
"""The share of its places at which a name is longer by a character, if that is of it."""
SURE = 10.0
"""Nats by which misreadings must be likelier of one engine than of any other, for it to be named."""
FORM = 3
"""Han characters by which a name is found."""
TENTHS = 10
TRIED = 20_000
"""Characters of a tenth that are tried at the most."""


def learn(
    pairs: Sequence[Pair], resources: Resources, engine: str = "generic", in_vain: Sequence[Pair] = ()
) -> Profile:
    """What paragraphs, as they were printed and as they should be, teach of others like them. It is not tried.

    engine: what read them; where it is "generic", what their misreadings look like. in_vain: paragraphs that count only
    for what was proposed to them and rejected.

    >>> pairs = [Pair("中共聊城市在平区委", "中共聊城市茌平区委")] * 3
    >>> profile = learn(pairs, Resources.builtin(), "ppocr")
    >>> profile.counts.times["在"], profile.counts.shown["茌"]
    ({'茌': 3}, 3)
    """
    found = counts(pairs)
    if engine == "generic":
        engine = likeliest_engine(found, resources)
    misread = {true for row in found.times.values() for true in row}
    shown = {true: found.shown.get(true, 0) for true in sorted(misread)}
    words = protected(pairs, in_vain, resources)
    return Profile(engine, Counts(shown, found.times), names(pairs, resources), words)


def likeliest_engine(found: Counts, resources: Resources) -> str:
    """The engine whose misreadings these look like by SURE nats; "generic" where there is none."""
    total = dict[str, int]()
    for name, channel in resources.channels.items():
        if name != "generic":
            total[name] = sum(
                times * _given_misread(channel, printed, true)
                for printed, row in found.times.items()
                for true, times in row.items()
                if HAN.match(printed) and HAN.match(true)
            )
    first, *others = sorted(total, key=lambda name: (-total[name], name))
    return first if all(total[first] - total[other] >= 1000 * SURE for other in others) else "generic"


def _given_misread(channel: Channel, printed: str, true: str) -> int:
    """ln P(printed | true, and misread), milli-nats: on worn pages engines fail more often, not otherwise."""
    return min(channel.fallible(true) - channel.cost(printed, true), 0)


def names(pairs: Sequence[Pair], resources: Resources) -> dict[str, int]:
    """Names that the corrected text has NAMED times, that were misread in MISREAD paragraphs, and that no list has.

    As in `established`, what the language model knows as words it judges better by itself.
    """
    model = resources.language
    whole = BOUNDARY.join(seen(gold) for gold in sorted({pair.gold for pair in pairs}))
    wrong = Counter(form for _, form in {(pair.gold, form) for pair in pairs for form in _misread_forms(pair)})
    forms = sorted(form for form, n in wrong.items() if n >= MISREAD and whole.count(form) >= NAMED)
    if not forms:
        return {}
    logp = model.log_probabilities(model.ids(code_points("".join(forms))).reshape(-1, FORM))[:, 1:].sum(axis=1)
    found = {_whole_name(form, whole) for form, odd in zip(forms, (logp < ODD).tolist(), strict=True) if odd}
    own = {name for name in found if _is_odd(name, model) and not _is_known(name, resources)}
    return {name: whole.count(name) for name in sorted(own) if not any(name != o and name in o for o in own)}


def _is_odd(name: str, model: LanguageModel) -> bool:
    """Whether the model finds it as odd as a form must be, all along: 深入实施 is odd at one place only."""
    logp = model.log_probabilities(model.ids(code_points(name)))[1:]
    return float(logp.mean()) < ODD / (FORM - 1)


def _is_known(name: str, resources: Resources) -> bool:
    """Whether a list has it, or all but a character of it: 在枣庄 is no name."""
    gazetteer = resources.gazetteer
    parts = (name, name[1:], name[:-1])
    return resources.lexicon.knows(name) or any(map(gazetteer.called, parts)) or name in gazetteer.common_forms


def _misread_forms(pair: Pair) -> set[str]:
    """The runs of FORM Han characters of a paragraph in which one was misread."""
    noisy, gold = seen(pair.noisy), seen(pair.gold)
    places = {
        at
        for op in Levenshtein.opcodes(noisy, gold)
        if op.tag == "replace" or op.tag == "insert"
        for at in range(op.dest_start, op.dest_end)
    }
    runs = {gold[k : k + FORM] for at in places for k in range(max(0, at - FORM + 1), at + 1)}
    return {run for run in runs if len(run) == FORM and all(map(HAN.match, run))}


def _whole_name(form: str, text: str) -> str:
    """A form with what nearly always stands beside it."""
    for _ in range(LONGEST - len(form)):
        at = _places(form, text)
        after = Counter(text[k + len(form)] for k in at if HAN.match(text[k + len(form) : k + len(form) + 1]))
        before = Counter(text[k - 1] for k in at if k and HAN.match(text[k - 1]))
        (right, times), (left, earlier) = ((c.most_common(1) or [("", 0)])[0] for c in (after, before))
        if max(times, earlier) < WHOLE * len(at):
            break
        form = form + right if times >= earlier else left + form
    return form


def _places(form: str, text: str) -> list[int]:
    found, at = list[int](), text.find(form)
    while at >= 0:
        found.append(at)
        at = text.find(form, at + 1)
    return found


def protected(pairs: Sequence[Pair], in_vain: Sequence[Pair], resources: Resources) -> dict[str, str]:
    """Words that were printed rightly where a correction was proposed, and that were never wrong.

    The word is what was to be changed with a neighbour on either side.
    """
    times, proposed = Counter[str](), dict[str, str]()
    for text, _, rejected in (*pairs, *in_vain):
        for edit in rejected:
            if word := _word(text, edit):
                times[word] += 1
                proposed.setdefault(word, f"{text[edit.start : edit.end]}→{edit.replacement.strip() or 'nothing'}")
    wrong = {word for noisy, gold, _ in pairs for word in times if noisy.count(word) > gold.count(word)}
    return {
        word: " ".join(proposed[word].split()) + " was rejected" + (f" {n} times" if n > 1 else "")
        for word, n in sorted(times.items())
        if word not in wrong and not resources.lexicon.protects(word).all()
    }


def _word(text: str, edit: Edit) -> str:
    """What an edit would change, with a neighbour on either side; empty where that is no run of Han characters.

    Less would say too much: 在平 is no word to be left alone because 他在平原上 was right.
    """
    word = text[max(edit.start - 1, 0) : edit.end + 1]
    within = edit.start > 0 and edit.end < len(text) and edit.start < edit.end
    return word if within and all(map(HAN.match, word)) else ""


# ---------------------------------------------------------------------------------------------------------------------


class Outcome(NamedTuple):
    """What came of a correction of pages that have been corrected by hand.

    han_left, left: characters that are still wrong, Han characters and all. right, wrong: corrections that bring their
    paragraph nearer to what it should be, and those that do not. harmed: corrections made to text that was right.
    """

    han_left: int = 0
    left: int = 0
    right: int = 0
    wrong: int = 0
    harmed: int = 0

    def plus(self, other: Outcome) -> Outcome:
        """The sum of both."""
        return Outcome(*map(sum, zip(self, other, strict=True)))


class Trial(NamedTuple):
    """What a profile brought, a tenth at a time. before: what was wrong to begin with."""

    before: Outcome
    without: Outcome
    with_it: Outcome
    accept: float

    @property
    def harm(self) -> str:
        """What speaks against the profile, in words; empty where nothing does.

        What it adds must be right as often as `accept` asks of any correction, and no right text may suffer by it.
        """
        without, own = self.without, self.with_it
        right, wrong = own.right - without.right, own.wrong - without.wrong
        if own.harmed > without.harmed:
            return f"corrections made to right text would be {own.harmed}, not {without.harmed}"
        if own.han_left > without.han_left:
            return f"Han characters left wrong would be {own.han_left}, not {without.han_left}"
        if wrong > 0 and right < self.accept * (right + wrong):
            return f"of what it adds {wrong} would be wrong and {max(right, 0)} right"
        return ""


class Learnt(NamedTuple):
    """A profile, and its trial."""

    profile: Profile
    trial: Trial


def learn_and_try(
    pairs: Sequence[Pair], resources: Resources, config: Config, step: Callable[[], object] = lambda: None
) -> Learnt:
    """What paragraphs teach, and what that brought in each tenth of them when it was learnt from the other nine.

    What is proposed without a profile and is wrong counts as rejected. step: called after each tenth, twice.
    """
    config = replace(config, profile=None)
    plain = Corrector(resources, config)
    parts = [pairs[len(pairs) * k // TENTHS : len(pairs) * (k + 1) // TENTHS] for k in range(TENTHS)]
    before = without = with_it = Outcome()
    in_vain = list[list[Pair]]()
    for part in parts:
        for pair in _first(part):
            before = before.plus(Outcome(*distance(pair.noisy, pair.gold)))
        tally, rejected = _tried(_first(part), plain)
        without = without.plus(tally)
        in_vain.append(rejected)
        step()
    with TemporaryDirectory() as folder:
        path = Path(folder, "profile.tsv")
        for k, part in enumerate(parts):
            unseen = {pair.gold for pair in part}
            others = [pair for n, other in enumerate(parts) if n != k for pair in other if pair.gold not in unseen]
            rejected = [pair for n, other in enumerate(in_vain) if n != k for pair in other if pair.gold not in unseen]
            found = learn(others, resources, config.engine, rejected)
            path.write_text(table(found), encoding="utf-8", newline="\n")
            corrector = Corrector(resources, replace(config, profile=str(path)))
            with_it = with_it.plus(_tried(_first(part), corrector)[0])
            step()
    profile = learn(pairs, resources, config.engine, [pair for part in in_vain for pair in part])
    return Learnt(profile, Trial(before, without, with_it, config.accept))


def _first(pairs: Sequence[Pair]) -> Sequence[Pair]:
    """Of paragraphs those that can be tried in good time."""
    ends = list(accumulate(len(pair.noisy) for pair in pairs))
    return pairs[: bisect_right(ends, TRIED) + 1]


def _tried(pairs: Sequence[Pair], corrector: Corrector) -> tuple[Outcome, list[Pair]]:
    """What comes of a correction of paragraphs, and those of them to which something was proposed in vain."""
    total, in_vain = Outcome(), list[Pair]()
    made = _corrected([pair.noisy for pair in pairs], corrector)
    unneeded = _corrected([pair.gold for pair in pairs], corrector)
    for pair, edits, harm in zip(pairs, made, unneeded, strict=True):
        told = [edit for edit in edits if folded(pair.noisy[edit.start : edit.end]) != folded(edit.replacement)]
        wrong = tuple(edit for edit in told if not is_right(pair, edit))
        left = distance(apply(pair.noisy, edits), pair.gold)
        total = total.plus(Outcome(*left, len(told) - len(wrong), len(wrong), len(harm)))
        rejected = (Pair(pair.noisy, pair.gold, wrong), Pair(pair.gold, pair.gold, harm))
        in_vain += [each for each in rejected if each.rejected]
    return total, in_vain


def _corrected(texts: Sequence[str], corrector: Corrector) -> list[tuple[Edit, ...]]:
    """The corrections of each paragraph, made in one document; what reaches over the end of one is left out."""
    whole, starts = joined(texts)
    found = list[list[Edit]]([] for _ in texts)
    for start, end, replacement in corrector.correct(whole).edits:
        k = bisect_right(starts, start) - 1
        if end <= starts[k] + len(texts[k]):
            found[k].append(Edit(start - starts[k], end - starts[k], replacement))
    return [tuple(edits) for edits in found]
