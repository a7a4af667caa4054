"""What must come through unchanged, what must be mended, and what we cannot do yet: tests/cases/, a case an object.

A case has a label (its name here), a comment (why it is here), original and fixed; a positive case may have the kind of
the correction that it wants, and a negative one may say why it is tried only by itself. A wrong correction becomes a
case in negative.json before it becomes a patch; a known failure that passes fails the tests, and moves to another file.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from conftest import ROOT

from ocrfix import Corrector, OcrText, Result, correct

CASES = ROOT / "tests" / "cases"
FIELDS = {"label", "comment", "original", "fixed"}

BEFORE = (
    "聊城市茌平区召开城市管理工作会议\n\n"
    "本报讯 5月12日，聊城市茌平区召开城市管理工作会议。茌平区委、区政府有关负责同志出席会议，各镇、街道主要负责人参加。"
    "会议指出，近年来茌平的城市面貌发生了很大变化，茌平的道路更宽了，河水更清了，人民群众更加满意。\n\n"
)
AFTER = (
    "\n\n会议要求，聊城市茌平区各单位要坚持以人民为中心，把群众的事情办好。"
    "茌平区住房和城乡建设局、茌平区交通运输局负责人作了发言。\n"
)
"""A text that names the county again and again, so that it speaks for it as loudly as a paper can."""


@cache
def cases(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads((CASES / f"{name}.json").read_text(encoding="utf-8")))


def over(name: str, *marks: pytest.MarkDecorator) -> pytest.MarkDecorator:
    """A test for every case of a file, named by its label."""
    return pytest.mark.parametrize("case", [pytest.param(c, id=c["label"], marks=marks) for c in cases(name)])


def over_all() -> pytest.MarkDecorator:
    every = [case for path in sorted(CASES.glob("*.json")) for case in cases(path.stem)]
    return pytest.mark.parametrize("case", [pytest.param(c, id=c["label"]) for c in every])


@over("traditional")
def test_traditional_print(case: dict[str, Any]) -> None:
    assert correct(case["original"]).text == case["fixed"]


@over("negative")
def test_left_alone(case: dict[str, Any]) -> None:
    assert changes(correct(case["original"])) == []


@over("negative")
def test_left_alone_where_a_county_is_spoken_of(case: dict[str, Any]) -> None:
    if "alone" in case:
        pytest.skip(case["alone"])
    assert changes(correct(BEFORE + case["original"] + AFTER)) == []


@over("positive")
def test_mended(case: dict[str, Any]) -> None:
    result = correct(case["original"])
    assert result.text == case["fixed"], f"made {changes(result)}, suggested {changes(result, suggested=True)}"
    if "kind" in case:
        assert {c.kind for c in result.corrections} == {case["kind"]}


@over("known-failures", pytest.mark.xfail(strict=True))
def test_not_yet(case: dict[str, Any]) -> None:
    result = correct(case["original"])
    assert result.text == case["fixed"], f"made {changes(result)}, suggested {changes(result, suggested=True)}"


def changes(result: Result, suggested: bool = False) -> list[str]:
    """What was made of a text, or only suggested, each with its neighbours: short enough for a failing test."""
    text = result.source
    return [
        f"{text[max(0, c.start - 6) : c.start]}[{c.original}→{c.replacement}]{text[c.end : c.end + 6]} {c.score:.2f}"
        for c in (result.suggestions if suggested else result.corrections)
    ]


@over_all()
def test_contract(case: dict[str, Any]) -> None:
    text = case["original"]
    result = correct(text)
    assert result.source == text
    pieces, at = [], 0
    for c in result.corrections:  # outside their spans the input is kept as it is
        assert text[c.start : c.end] == c.original != c.replacement
        pieces += [text[at : c.start], c.replacement]
        at = c.end
    assert "".join([*pieces, text[at:]]) == result.text
    assert all(c.evidence for c in (*result.corrections, *result.suggestions))
    assert Corrector().correct(text) == result
    assert correct(OcrText.from_chars([(ch, 1.0, []) for ch in text])) == result


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.name)
def test_files_are_well_formed(path: Any) -> None:
    rows = cases(path.stem)
    assert len({case["label"] for case in rows}) == len(rows)
    for case in rows:
        assert FIELDS <= set(case) <= FIELDS | {"kind", "alone"}, case["label"]
        assert case["label"] and case["comment"], case["label"]
        if path.stem == "negative":
            assert case["fixed"] == case["original"], case["label"]
        if path.stem == "positive":
            assert case["fixed"] != case["original"], case["label"]


def test_no_case_is_in_two_files() -> None:
    originals = [case["original"] for path in CASES.glob("*.json") for case in cases(path.stem)]
    assert len(set(originals)) == len(originals)
