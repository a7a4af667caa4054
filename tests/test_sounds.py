"""Which characters sound alike: what a typist slips on, what is no slip, and what holds for every character."""

from __future__ import annotations

import copy
import itertools
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix.sounds import (
    CONFUSABLE,
    FINALS,
    INITIALS,
    SAME_READING,
    SAME_SYLLABLE,
    SHARED_READING,
    SHARED_SYLLABLE,
    Sounds,
)

# A page's worth of characters: with several readings, with one, rare, traditional, and what is no character at all.
VOCABULARY = (
    "的一了是我不在人有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都"
    "然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实"
    "回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听"
    "世气信北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期"
    "叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统色"
    "字请交爱让认算论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花快条院变联言权往展该领传近留红治决周保达办运武半候"
    "七必城父强步完革深区即求品士转量空甚众技轻程告江语英基派满式李息写呢识极令黄德收脸钱党倒未持取设始版双历越史商千片容研"
    "像找友孩站广改议形委早房音火际则首单据导影失拿网香似斯专石若兵弟谁校读志飞观争究包组造落视济喜离虽坏兴切除注宣航巷杭许省"
    "徐需須長樂園圆茌郓。，、A1 "
)
SOUNDS = Sounds.of(VOCABULARY)
KNOWN = st.sampled_from(VOCABULARY)
ANY = st.one_of(KNOWN, st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), st.characters())
GRADES = {1.0, SAME_READING, SAME_SYLLABLE, SHARED_READING, CONFUSABLE, SHARED_SYLLABLE, 0.0}


def plainly(ch: str, vocabulary: str) -> str:
    """The slow, obvious twin: ask for the likeness of every character there is."""
    alike = [other for other in dict.fromkeys(vocabulary) if other != ch and SOUNDS.likeness(ch, other) > 0]
    return "".join(sorted(alike, key=lambda other: -SOUNDS.likeness(ch, other)))


# --- one pair at a time -----------------------------------------------------------------------------------------------

ALIKE = [
    *(
        ("原元", SAME_READING),
        ("责则", SAME_READING),
        ("部步", SAME_READING),
        ("地第", SAME_READING),
        ("着者", SAME_SYLLABLE),
    ),
    *(("须許", SAME_SYLLABLE), ("盯订", SAME_SYLLABLE), ("原远", SAME_SYLLABLE), ("的得", SAME_READING)),
    *(("长常", SHARED_READING), ("乐越", SHARED_READING), ("行航", SHARED_READING), ("还换", SHARED_SYLLABLE)),
    *(("自制", CONFUSABLE), ("擦查", CONFUSABLE), ("素术", CONFUSABLE), ("泥力", CONFUSABLE), ("乐热", CONFUSABLE)),
    *(("湖妇", CONFUSABLE), ("费会", CONFUSABLE), ("画发", CONFUSABLE), ("洪冯", CONFUSABLE), ("伐划", CONFUSABLE)),
    *(("民名", CONFUSABLE), ("陈成", CONFUSABLE), ("产厂", CONFUSABLE), ("县项", CONFUSABLE), ("关光", CONFUSABLE)),
    *(("烟央", CONFUSABLE), ("万望", CONFUSABLE), ("女率", CONFUSABLE)),
    *(("森生", CONFUSABLE), ("冷任", CONFUSABLE)),  # both initial and final
]


@pytest.mark.parametrize("pair, likeness", ALIKE)
def test_alike(pair: str, likeness: float) -> None:
    one, other = pair
    assert SOUNDS.likeness(one, other) == SOUNDS.likeness(other, one) == likeness
    assert Sounds.of(pair).sound_alikes(one) == other


UNLIKE = [
    *("在茌", "日曰", "未末", "冷陈", "人入"),  # what looks alike, or what an engine prints, is no matter of sound
    *("中冲", "见欠", "一鱼", "叶月"),  # near as they sound, no commoner than chance where people type
    *("你日", "恒丰", "海饭"),  # n is l and l is r, yet n is not r; h is f before u only
    *("元。", "A诶", "１一", "ab"),
]


@pytest.mark.parametrize("pair", UNLIKE)
def test_unlike(pair: str) -> None:
    one, other = pair
    assert SOUNDS.likeness(one, other) == SOUNDS.likeness(other, one) == 0.0
    assert Sounds.of(pair).sound_alikes(one) == ""


def test_nearest_first() -> None:
    assert Sounds.of("脏暂场涨常掌。长").sound_alikes("长") == "涨掌场常脏暂"
    assert Sounds.of("森省声").sound_alikes("升") == "声省森"


def test_what_is_as_near_stands_as_in_the_vocabulary() -> None:
    assert Sounds.of("园圆元").sound_alikes("原") == "园圆元"
    assert Sounds.of("元圆园元").sound_alikes("原") == "元圆园"


@pytest.mark.parametrize("ch", ["。", "A", "１", " ", "\n", "\0", "\ud800", "\U0010ffff", "ㄅ", "カ", "😀"])
def test_what_has_no_reading(ch: str) -> None:
    assert SOUNDS.sound_alikes(ch) == ""
    assert SOUNDS.likeness(ch, "元") == 0.0
    assert SOUNDS.likeness(ch, ch) == 1.0
    assert Sounds.of(ch).sound_alikes("元") == ""


@pytest.mark.parametrize("text", ["", "原元", "e\u0301"])
def test_one_character_at_a_time(text: str) -> None:
    with pytest.raises(ValueError, match=f"expected one character, found {len(text)}"):
        SOUNDS.sound_alikes(text)
    with pytest.raises(ValueError, match=f"expected one character, found {len(text)}"):
        SOUNDS.likeness("元", text)
    with pytest.raises(ValueError, match=f"expected one character, found {len(text)}"):
        SOUNDS.likeness(text, text)


# --- for every character ----------------------------------------------------------------------------------------------


@given(ANY, ANY)
def test_likeness_is_a_grade_and_goes_both_ways(one: str, other: str) -> None:
    assert SOUNDS.likeness(one, other) == SOUNDS.likeness(other, one)
    assert SOUNDS.likeness(one, other) in GRADES
    assert (SOUNDS.likeness(one, other) == 1) == (one == other)


@given(ANY)
def test_sound_alikes_are_what_the_twin_finds(ch: str) -> None:
    assert SOUNDS.sound_alikes(ch) == plainly(ch, VOCABULARY)


@given(ANY, st.text(KNOWN, max_size=30))
def test_a_vocabulary_is_all_there_is(ch: str, vocabulary: str) -> None:
    found = Sounds.of(vocabulary).sound_alikes(ch)
    assert found == plainly(ch, vocabulary)
    assert set(found) <= set(vocabulary) - {ch}
    assert len(found) == len(set(found))


@given(KNOWN)
def test_sounding_alike_goes_both_ways(ch: str) -> None:
    assert all(ch in SOUNDS.sound_alikes(other) for other in SOUNDS.sound_alikes(ch))


# --- the tables -------------------------------------------------------------------------------------------------------


def test_the_grades_fall() -> None:
    grades = [1.0, SAME_READING, SAME_SYLLABLE, SHARED_READING, CONFUSABLE, SHARED_SYLLABLE, 0.0]
    assert all(nearer > farther for nearer, farther in itertools.pairwise(grades))


@pytest.mark.parametrize("mergers", [INITIALS, FINALS])
def test_mergers_have_reasons_and_stand_once(mergers: tuple[tuple[str, str, str], ...]) -> None:
    assert all(one != other and reason for one, other, reason in mergers)
    assert len({frozenset(merger[:2]) for merger in mergers}) == len(mergers)


# A reason closes with a slip: "成 typed 陈". It must be one that this merger lets through.
@pytest.mark.parametrize("merger", [*INITIALS, *FINALS], ids=lambda merger: f"{merger.one}-{merger.other}")
def test_a_reason_gives_an_example(merger: tuple[str, str, str]) -> None:
    meant, typed, wrong = merger[2].rpartition(": ")[2].split()
    assert typed == "typed"
    assert SOUNDS.likeness(wrong, meant) == CONFUSABLE


# --- as a value -------------------------------------------------------------------------------------------------------


def test_made_once_for_a_vocabulary() -> None:
    assert Sounds.of("元原") is Sounds.of("元原")
    assert Sounds.of("元原") == Sounds.of("元原") != Sounds.of("原元")
    assert hash(Sounds.of("元原")) == hash(pickle.loads(pickle.dumps(Sounds.of("元原"))))
    assert repr(Sounds.of("元原")) == "Sounds(vocabulary='元原')"


def test_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        SOUNDS.vocabulary = ""  # type: ignore[misc]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda sounds: pickle.loads(pickle.dumps(sounds))])
def test_copied(again) -> None:  # type: ignore[no-untyped-def]
    assert again(SOUNDS) == SOUNDS
    assert again(SOUNDS).sound_alikes("原") == SOUNDS.sound_alikes("原")


def test_pickled_by_its_vocabulary() -> None:
    assert len(pickle.dumps(SOUNDS)) < 100 + len(VOCABULARY.encode())


def test_threads_share_one() -> None:
    alone = [SOUNDS.sound_alikes(ch) for ch in VOCABULARY]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            assert list(pool.map(lambda ch: Sounds.of(VOCABULARY).sound_alikes(ch), VOCABULARY)) == alone


def python(program: str, seed: str = "0") -> str:
    command = [sys.executable, "-X", "utf8", "-c", program]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(command, capture_output=True, check=True, env=environment, encoding="utf-8")
    return done.stdout


def test_import_brings_no_pypinyin() -> None:
    assert python("import sys, ocrfix.sounds; print('pypinyin' in sys.modules)").strip() == "False"
    program = "import sys; from ocrfix.sounds import Sounds; Sounds.of('元'); print('pypinyin' in sys.modules)"
    assert python(program).strip() == "True"


def test_the_same_in_every_process() -> None:
    program = (
        f"from ocrfix.sounds import Sounds; s = Sounds.of({VOCABULARY!r}); print(*map(s.sound_alikes, '原行长的和'))"
    )
    here = " ".join(map(SOUNDS.sound_alikes, "原行长的和")) + "\n"
    assert python(program, "1") == python(program, "2") == here


def test_threads_that_come_first_to_a_fresh_process() -> None:
    program = (
        "from concurrent.futures import ThreadPoolExecutor; from ocrfix.sounds import Sounds\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    print(set(pool.map(lambda ch: Sounds.of('元园').sound_alikes(ch), '原' * 64)))"
    )
    assert python(program).strip() == "{'元园'}"


def test_leaves_pypinyin_as_it_was() -> None:
    program = (
        "from pypinyin.constants import PHRASES_DICT, PINYIN_DICT; from ocrfix.sounds import Sounds\n"
        "before = dict(PINYIN_DICT), dict(PHRASES_DICT)\n"
        "Sounds.of('元原长。').sound_alikes('长')\n"
        "print(before == (PINYIN_DICT, PHRASES_DICT))"
    )
    assert python(program).strip() == "True"
