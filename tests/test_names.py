"""Names misread: found through an index as by trying each, and weighed where the document says nothing of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Config, Corrector, Resources
from ocrfix.far_names import country
from ocrfix.gazetteer import Gazetteer
from ocrfix.name_index import SHORT, NameIndex
from ocrfix.near_names import are_persons, is_near, misreading
from ocrfix.spellings import Spellings
from ocrfix.survey import PAD, Survey
from ocrfix.text import code_points

RESOURCES = Resources.builtin()

# --- the index, against its slow and obvious twin

few = st.text("甲乙丙县", min_size=1, max_size=5)
names = st.lists(st.text("甲乙丙县", min_size=2, max_size=SHORT), max_size=8, unique=True)
places = st.lists(st.integers(0, 12), max_size=6, unique=True)


def found(index: NameIndex, text: str, at: list[int], dropped: bool) -> set[tuple[int, int, str]]:
    look = index.dropped if dropped else index.misread
    where = np.array([place for place in at if place < len(text)], dtype=np.int64)
    candidates = look(code_points(text).astype(np.int64), where)
    rows = zip(candidates.start.tolist(), candidates.end.tolist(), candidates.name.tolist(), strict=True)
    return {(start, end, index.names[name]) for start, end, name in rows}


@given(names, st.text("甲乙丙县丁", max_size=12), places)
def test_misread_names_are_those_that_differ_in_the_character_at_a_place(
    known: list[str], text: str, at: list[int]
) -> None:
    expected = {
        (start, start + len(name), name)
        for name in known
        for start in range(len(text) - len(name) + 1)
        for wrong in [[k for k, ch in enumerate(name) if text[start + k] != ch]]
        if len(wrong) == 1 and start + wrong[0] in at
    }
    assert found(NameIndex(Spellings.of(known)), text, at, dropped=False) == expected


@given(names, st.text("甲乙丙县丁", max_size=12), places)
def test_names_with_a_character_dropped_are_those_that_lack_it_before_a_place(
    known: list[str], text: str, at: list[int]
) -> None:
    expected = {
        (place - k, place - k + len(name) - 1, name)
        for name in known
        for place in at
        if place < len(text)
        for k in range(len(name))
        if place >= k and text[place - k : place - k + len(name) - 1] == name[:k] + name[k + 1 :]
        if place - k + len(name) - 1 <= len(text)
    }
    assert found(NameIndex(Spellings.of(known)), text, at, dropped=True) == expected


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("由聊城市在平区人民法院审理", (1, 11)),  # one misread
        ("由聊城市茌平区人法院审理", (1, 10)),  # one dropped
        ("由聊城市在平区人民去院审理", (1, 11)),  # two misread
        ("由聊城市茌平区人民法院审理", None),  # as it is
        ("由聊城市在乎区人民去院审理", None),  # three misread
        ("", None),
    ],
)
def test_long_names_with_two_wrong(text: str, span: tuple[int, int] | None) -> None:
    index = NameIndex(Spellings.of(["聊城市茌平区人民法院"]))
    candidates = index.long(text)
    assert list(zip(candidates.start.tolist(), candidates.end.tolist(), strict=True)) == ([span] if span else [])


@given(names)
def test_names_that_fit_are_those_that_differ_in_one_character_alone(known: list[str]) -> None:
    index = NameIndex(Spellings.of(known))
    for number, name in enumerate(index.names):
        rest = [(other[:k], other[k + 1 :]) for other in known for k in range(len(other))]
        expected = [rest.count((name[:k], name[k + 1 :])) for k in range(len(name))]
        assert index.fitting[number, : len(name)].tolist() == expected


@pytest.mark.parametrize(
    ("printed", "form", "near"),
    [
        ("在中华河", "茌中河", True),  # 华 was made up within it
        ("在平平区", "茌平区", True),
        ("和杜朗口镇", "杜郎口镇", False),  # 和 stands before it
        ("洪官屯公", "洪官屯", False),
        ("洪官屯镇", "洪官屯镇", False),
    ],
)
def test_what_is_made_up_stands_within_a_name(printed: str, form: str, near: bool) -> None:
    assert is_near(printed, form, len(form)) is near


def test_an_empty_index_finds_nothing() -> None:
    index = NameIndex(Spellings.of([]))
    assert not found(index, "甲乙丙", [0, 1, 2], dropped=False)
    assert not len(index.long("甲乙丙丁戊己庚").start)


# --- how a name was misread, and what it costs


@given(few, few)
def test_what_was_misread_adds_up(printed: str, form: str) -> None:
    found = misreading(printed, form)
    assert len(found.intact) + len(found.swaps) + len(found.lost) == len(form)
    assert len(found.intact) + len(found.swaps) + len(found.made_up) == len(printed)
    assert all(form[k] in printed for k in found.intact)


def test_what_engines_fail_on_costs_less() -> None:
    channel = RESOURCES.channel("ppocr")
    assert misreading("在平", "茌平").cost(channel) < misreading("高平", "茌平").cost(channel)
    assert channel.fallible("茌") < channel.fallible("平")
    assert misreading("平区", "茌平区").cost(channel) == channel.cost("", "茌")


# --- every name of the country


def test_each_name_has_its_own_characters_and_a_weight() -> None:
    known = country(RESOURCES.gazetteer, RESOURCES.language)
    number = {name: k for k, name in enumerate(known.index.names)}
    stems = {name: int(known.stem[number[name]]) for name in ("茌平区", "莒县", "茌平", "聊城市", "东华门街道")}
    assert stems == {"茌平区": 2, "莒县": 2, "茌平": 2, "聊城市": 2, "东华门街道": 3}
    weight = {name: known.weight[number[name]] for name in ("聊城市", "茌平区", "东华门街道")}
    assert weight["聊城市"] > weight["茌平区"] > weight["东华门街道"]
    assert "和平" not in number  # a common word


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("李在平、孙在山", True),
        ("区长李在平说", True),
        ("记者李在平", True),
        ("王在平", True),
        ("中共聊城市在平区委", False),
        ("在平区", False),
        ("他说在平区", False),
        ("邻居老李在平区", False),  # 李 after 老: somebody, who is in 平区; nothing tells
    ],
)
def test_a_surname_before_it_makes_a_person(text: str, person: bool) -> None:
    survey = Survey(text, RESOURCES, Config())
    assert are_persons(survey, np.array([survey.read.index("在") + PAD])).tolist() == [person]


# --- lists of the user's own


def test_a_list_of_many_names_is_looked_through(tmp_path_factory: pytest.TempPathFactory) -> None:
    """More than LISTED names that lie within nothing go through the index: the same answer."""
    folder = tmp_path_factory.mktemp("lists")
    digits = "零壹贰叁肆伍陆柒捌玖"
    many = [f"鑫{''.join(digits[int(d)] for d in str(k))}庄" for k in range(3_000)]
    found = []
    for rows in ([], many):
        path = folder / f"{len(rows)}.txt"
        path.write_text("\n".join(["茌山书院旧址", *rows]) + "\n", encoding="utf-8")
        result = Corrector(config=Config(gazetteers=(str(path),))).correct("我们参观了在山书院旧址，听了讲解。")
        found.append(result.text)
    assert found == ["我们参观了茌山书院旧址，听了讲解。"] * 2


def test_a_gazetteer_may_have_too_few_names_to_say_where_one_belongs(tmp_path: Path) -> None:
    builtin = Resources.builtin()
    head, *rows = builtin.gazetteer.path.read_text(encoding="utf-8").splitlines()
    few = [row for row in rows if row.split("\t")[1] in ("山东省", "聊城市", "茌平区", "茌平县")]
    (tmp_path / "few.tsv").write_text("\n".join([head, *few, ""]), encoding="utf-8")
    corrector = Corrector(replace(builtin, gazetteer=Gazetteer.open(tmp_path / "few.tsv")))
    text = "本报聊城讯，聊城市在平区今天开会。"
    assert corrector.correct(text).text == text
