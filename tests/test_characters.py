"""Candidates for characters: what may have stood there, and what is never proposed."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from ocrfix.characters import LOOKED_AT, MOST, insertions, omissions, pairs, substitutions
from ocrfix.config import Config
from ocrfix.detect import suspects
from ocrfix.proposals import NEVER_FOR_EACH_OTHER, Proposals
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey

RESOURCES = Resources.builtin()


def found(source, text: str) -> dict[tuple[int, str], set[str]]:  # type: ignore[no-untyped-def]
    """What a source proposes, by place in the text and what is printed there; the view begins with an edge."""
    survey = Survey(text, RESOURCES, Config())
    result: dict[tuple[int, str], set[str]] = {}
    for p in source(survey, suspects(survey, RESOURCES), RESOURCES):
        for k in range(len(p)):
            first, last = int(p.start[k]), int(p.end[k])
            form = p.form(k, RESOURCES.language)
            result.setdefault((first - PAD - 1, survey.symbols(first, last)), set()).add(form)
    return result


@pytest.mark.parametrize(
    ("source", "text", "place", "form"),
    [
        (substitutions, "要坚持以经济建没为中心，扎实推进。", (7, "没"), "设"),
        (substitutions, "全年国内生产总值增长6.5务，好于预期。", (13, "务"), "%"),
        (substitutions, "全体党员要坚持以人民为中心的发恩思想。", (15, "恩"), "展"),
        (omissions, "中华人共和国成立以来，我国发生了翻天覆地的变化。", (3, ""), "民"),
        (insertions, "要坚持以经济建城设为中心，扎实推进。", (7, "城"), ""),
    ],
)
def test_the_right_one_is_among_them(source, text: str, place: tuple[int, str], form: str) -> None:  # type: ignore[no-untyped-def]
    assert form in found(source, text)[place]


def test_two_side_by_side_are_proposed_together() -> None:
    proposals = found(pairs, "要坚持以经济健没为中心，扎实推进各项工作。")
    assert "建设" in proposals[6, "健没"]
    assert all(a != c and b != d for (_, (a, b)), forms in proposals.items() for c, d in forms)


def test_few_are_weighed() -> None:
    text = "要坚挣以经挤建没为中必，扎买推讲各顼工作。"
    for source in (substitutions, pairs, omissions):
        assert all(1 <= len(forms) <= MOST < LOOKED_AT for forms in found(source, text).values())


@pytest.mark.parametrize("source", [substitutions, pairs])
def test_no_number_for_a_number_and_no_variant(source) -> None:  # type: ignore[no-untyped-def]
    text = "今年三月五曰，七百九十位代袁岀席了夭会，她们都是咱己人。"
    for (_, printed), forms in found(source, text).items():
        for form in forms:
            for a, b in zip(printed, form, strict=True):
                assert a != b
                assert not any(a in same and b in same for same in NEVER_FOR_EACH_OTHER)


@pytest.mark.parametrize("source", [substitutions, pairs])
def test_one_that_answers_another_stays(source) -> None:  # type: ignore[no-untyped-def]
    assert not [1 for (_, printed) in found(source, "他们一前一夭走着，一心一薏地干活。") if "一" in printed]


@pytest.mark.parametrize("text", ["", "。", "abc 123", "\n\n", "在", "没没"])
def test_little_text_gives_little(text: str) -> None:
    survey = Survey(text, RESOURCES, Config())
    for source in (substitutions, pairs, omissions, insertions):
        for p in source(survey, suspects(survey, RESOURCES), RESOURCES):
            assert isinstance(p, Proposals)
            assert np.all((p.start >= PAD) & (p.end <= PAD + len(survey.view.codes)))


def test_gain_is_what_the_model_says_of_the_whole_text() -> None:
    """The slow twin: the likelihood of the text with the change made, less that of the text."""
    model = RESOURCES.language
    survey = Survey("要坚持以经济建没为中心，扎实推进。", RESOURCES, Config())
    at = np.array([PAD + 7, PAD + 5, PAD + 7], dtype=np.int64)
    ids = model.ids(np.array([[ord("设")], [ord("挤")], [ord("没")]], dtype=np.uint32))
    for k, (first, row) in enumerate(zip(at.tolist(), ids, strict=True)):
        changed = np.concatenate((survey.ids[:first], row, survey.ids[first + 1 :]))
        whole = model.log_probabilities(changed).sum(dtype=np.int64) - survey.logp.sum(dtype=np.int64)
        assert survey.gain(at[k : k + 1], at[k : k + 1] + 1, row[None])[0] == whole


def test_pairs_do_not_hang_on_the_order_of_a_set() -> None:
    """Strings hash anew in every process: what was taken from a set in its own order would change ties."""
    program = (
        "from ocrfix import Config, Resources; from ocrfix.survey import Survey; from ocrfix.detect import suspects\n"
        "from ocrfix.characters import pairs; import hashlib; r = Resources.builtin()\n"
        "s = Survey('要坚挣以经挤健没为中必，扎买推讲各顼工作。' * 3, r, Config())\n"
        "print([hashlib.sha256(p.ids.tobytes()).hexdigest() for p in pairs(s, suspects(s, r), r)])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
