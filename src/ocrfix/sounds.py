"""Which characters sound alike, and how much, for text that was typed or dictated."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeAlias

_Readings: TypeAlias = tuple[str, ...]  # syllable and tone, "zhang3", the usual one first; tone 5 is the neutral one


class Merger(NamedTuple):
    """Two initials or two finals that many speakers do not tell apart, and who they are."""

    one: str
    other: str
    reason: str


# What a speaker does not tell apart is dictated wrong, and typed wrong: input methods offer these pairs as "fuzzy".
# Each is commoner than chance in the typing errors that `likeness` is measured on; but an and ang were met only twice,
# and ian and uan follow them. What is no commoner than chance is no merger, near as it sounds: zh and ch, j and q, i
# and ü.
INITIALS = (
    Merger("z", "zh", "no retroflex in Wu, Yue, Min, and in much of the south-west: 制 typed 自"),
    Merger("c", "ch", "the same: 查 typed 擦"),
    Merger("s", "sh", "the same: 署 typed 宿"),
    Merger("l", "n", "one sound along the Yangtze, from Sichuan to Nanjing: 力 typed 泥"),
    Merger("l", "r", "no r in Min, nor in parts of Jiangsu: 热 typed 乐"),
    Merger("f", "hu", "one sound in Hunan, Sichuan and among the Hakka: 妇 typed 湖"),
)
FINALS = (
    Merger("in", "ing", "one sound in Wu and in most of the south-west: 名 typed 民"),
    Merger("en", "eng", "the same: 成 typed 陈"),
    Merger("an", "ang", "one sound in parts of Wu and Jianghuai: 厂 typed 产"),
    Merger("ian", "iang", "the same: 项 typed 县"),
    Merger("uan", "uang", "the same: 关 typed 光"),
)

# How alike two characters sound. Where the figures come from: `Sounds.likeness`.
SAME_READING = 0.90  # the syllable in which both are usually read, and a tone in common: 原 元
SAME_SYLLABLE = 0.74  # the syllable in which both are usually read: 需 许
SHARED_READING = 0.50  # a reading in common, tone and all, that for one of the two is not the usual: 长 常
CONFUSABLE = 0.49  # the usual syllables but for a merger in the initial, the final or both: 成 陈
SHARED_SYLLABLE = 0.30  # a syllable in common, neither the tone nor what is usual: 还 换


@dataclass(frozen=True, slots=True)
class Sounds:
    """For every character, what else in a vocabulary is said like it.

    >>> sounds = Sounds.of("元园圆远民名长常。")
    >>> sounds.sound_alikes("原")
    '元园圆远'
    >>> sounds.likeness("民", "名") > sounds.likeness("民", "长") == 0.0
    True

    Two of the same vocabulary are equal. Threads may share one. Pickled and copied by its vocabulary. The readings are
    pypinyin's, which is imported when the first Sounds is made (half a second, some 60 MB), not with this module.
    """

    vocabulary: str
    _place: dict[str, int] = field(repr=False, compare=False)
    _said: dict[str, str] = field(repr=False, compare=False)  # for a syllable, the characters with such a reading

    @classmethod
    def of(cls, vocabulary: str) -> Sounds:
        """The Sounds of these characters, made once for each vocabulary; a character that is not Chinese has none.

        Their order matters: of characters as near as one another, `sound_alikes` names the one that stands first here.

        >>> Sounds.of("园元").sound_alikes("原"), Sounds.of("元园").sound_alikes("原")
        ('园元', '元园')
        """
        return _of(vocabulary)

    def sound_alikes(self, ch: str) -> str:
        """The characters of the vocabulary that sound like `ch`, nearest first, `ch` not among them.

        `ch` need not be in the vocabulary; "" for a character without a reading.

        >>> Sounds.of("航许省徐需。").sound_alikes("需")
        '许徐'
        >>> Sounds.of("元原").sound_alikes("。")
        ''

        Raises ValueError if `ch` is not one character.
        """
        readings = _readings(_one(ch))
        if not readings:
            return ""
        usual, *_ = syllables = _syllables(readings)
        nearby = {*syllables, *(each for each in self._said if _confusable(usual, each))}
        alike = {other: self.likeness(ch, other) for each in nearby for other in self._said.get(each, "")}
        found = (other for other, how in alike.items() if other != ch and how)
        return "".join(sorted(found, key=lambda other: (-alike[other], self._place[other])))

    def likeness(self, typed: str, meant: str) -> float:
        """How alike two characters sound, 0 to 1: 1 for the same, 0 for two that are not said alike.

        >>> sounds = Sounds.of("")
        >>> [sounds.likeness("原", meant) for meant in "原元远日"]
        [1.0, 0.9, 0.74, 0.0]
        >>> sounds.likeness("长", "常"), sounds.likeness("陈", "成"), sounds.likeness("还", "换")
        (0.5, 0.49, 0.3)

        Three times its natural logarithm is how much likelier `typed` is where `meant` was meant than it is anywhere,
        in nats and less a constant. Measured on the 1,575 substituted characters in the typing errors of ECSpell's
        official documents (Lv et al. 2023), aligned by Levenshtein distance: how many there are of each kind, against
        how many there would be if what is typed had nothing to do with what is meant.

            kind               found   by chance   log-odds, nats
            SAME_READING         689         6.7   4.64
            SAME_SYLLABLE        430         7.6   4.04
            SHARED_READING        49         2.9   2.81
            CONFUSABLE            86         5.0   2.84
            SHARED_SYLLABLE       17         4.4   1.35
            none of these        304      1547.1  -1.63

        A likeness is 0.9 · exp((log-odds - 4.64) / 3), so that what `glyphs` and `sounds` say is weighed the same. A
        reading in common and a merger do not differ (±0.1); one is rounded up, one down: the reading comes first.

        Raises ValueError if one of the two is not one character.
        """
        if _one(typed) == _one(meant):
            return 1.0
        one, other = _readings(typed), _readings(meant)
        return _likeness(one, other) if one and other else 0.0

    def __reduce__(self) -> tuple[Any, ...]:
        return Sounds.of, (self.vocabulary,)


@lru_cache(maxsize=8)  # a process seldom has more vocabularies than language models
def _of(vocabulary: str) -> Sounds:
    place = {ch: at for at, ch in reversed(list(enumerate(vocabulary)))}
    said: dict[str, list[str]] = {}
    for ch in dict.fromkeys(vocabulary):
        for syllable in _syllables(_readings(ch)):
            said.setdefault(syllable, []).append(ch)
    return Sounds(vocabulary, place, {syllable: "".join(characters) for syllable, characters in said.items()})


def _one(ch: str) -> str:
    if len(ch) != 1:
        raise ValueError(f"expected one character, found {len(ch)}: {ch!r}; ask for each by itself")
    return ch


@lru_cache(maxsize=1 << 16)
def _likeness(one: _Readings, other: _Readings) -> float:
    ones, others = _syllables(one), _syllables(other)
    shared = not set(one).isdisjoint(other)
    if ones[0] == others[0]:
        return SAME_READING if shared else SAME_SYLLABLE
    if shared:
        return SHARED_READING
    if _confusable(ones[0], others[0]):
        return CONFUSABLE
    return 0.0 if set(ones).isdisjoint(others) else SHARED_SYLLABLE


@lru_cache(maxsize=1 << 16)
def _readings(ch: str) -> _Readings:
    """All readings of a character, the usual one first: ("zhang3", "chang2")."""
    from pypinyin import Style, pinyin

    tones = pinyin(ch, Style.TONE3, heteronym=True, errors="ignore", strict=False, neutral_tone_with_five=True)
    return tuple(tones[0]) if tones else ()


def _syllables(readings: _Readings) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reading[:-1] for reading in readings))


@cache  # at most the square of some 400 syllables
def _confusable(one: str, other: str) -> bool:
    (initial, final), (other_initial, other_final) = _parts(one), _parts(other)
    return one != other and _merged(initial, other_initial, INITIALS) and _merged(final, other_final, FINALS)


def _merged(one: str, other: str, mergers: tuple[Merger, ...]) -> bool:
    return one == other or any({one, other} == {merger.one, merger.other} for merger in mergers)


@cache
def _parts(syllable: str) -> tuple[str, str]:
    """Initial and final, as they are said and not as they are spelled: hui is hu and ei, yan is "" and ian."""
    from pypinyin.contrib.tone_convert import to_finals, to_initials

    initial, final = to_initials(syllable, strict=True), to_finals(syllable, strict=True)
    if initial == "h" and final == "ong":
        final = "ueng"  # so that hong stands to feng as hui stands to fei
    if initial == "h" and final.startswith("u"):
        return "hu", final[1:]
    return initial, "" if (initial, final) == ("f", "u") else final
