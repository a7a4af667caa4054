"""Which script a text is in, how it is read, and that answers stay in it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Corrector, OcrText, Resources, correct
from ocrfix.lexicon import TableError
from ocrfix.resources import lexicons
from ocrfix.script import (
    SIMPLIFIED,
    TRADITIONAL,
    is_simplified,
    read,
    simplified,
)
from ocrfix.survey import Survey
from ocrfix.text import HAN, standard
from ocrfix.usage import FAITHFUL, Variants, converted, variants_of

VARIANTS = Variants.open(lexicons())
OLD = "國民經濟和社會發展規劃綱要已經通過，各機關應當認真辦理。"
NEW = "国民经济和社会发展规划纲要已经通过，各机关应当认真办理。"


@pytest.mark.parametrize(
    ("text", "script", "traditional"),
    [
        ("", SIMPLIFIED, ""),
        ("人民日报", SIMPLIFIED, ""),
        ("天下大同，人人平等。", SIMPLIFIED, ""),
        (NEW, SIMPLIFIED, ""),
        (OLD, TRADITIONAL, OLD),
        (f"{OLD}\n{NEW}", TRADITIONAL, OLD),
        (f"{NEW}{NEW}\n{OLD}", SIMPLIFIED, OLD),
        (f"{NEW}\n他叫王喆，住在國際大厦。", SIMPLIFIED, ""),
        ("国民经济和社会發展規劃纲要已經通過，", TRADITIONAL, "国民经济和社会發展規劃纲要已經通過，"),
        ("\ud800國際\n", TRADITIONAL, "\ud800國際"),
        ("国民經济和社會发展规划已經通过", TRADITIONAL, "国民經济和社會发展规划已經通过"),
        ("国民经济和「社會發展規劃」已经通过", SIMPLIFIED, ""),
    ],
)
def test_scripts(text: str, script: str, traditional: str) -> None:
    writing = read(text, VARIANTS)
    assert writing.script == script
    marked = "".join(ch for ch, old in zip(text, writing.traditional.tolist(), strict=True) if old)
    assert marked.strip("\n") == traditional


@given(st.text(st.characters(codec="utf-8") | st.sampled_from(OLD + NEW + "\n裏裡爲為臺台")))
def test_read_keeps_the_length_and_what_is_not_traditional(text: str) -> None:
    writing = read(text, VARIANTS)
    assert len(writing.plain) == len(text)
    for ch, plain, old in zip(text, writing.plain, writing.traditional.tolist(), strict=True):
        assert ch == plain or (old and HAN.fullmatch(ch))


@given(st.text(st.characters() | st.sampled_from(OLD + NEW + "温户説𠀀\ud800")))
def test_what_is_of_one_script_alone(text: str) -> None:
    """The slow twin asks of each character by itself."""
    old = [HAN.fullmatch(ch) is not None and not standard(ch) and converted(ch, "tw2s") != ch for ch in text]
    new = [any(old) and HAN.fullmatch(ch) is not None and is_simplified(ch) for ch in text]
    assert read(text, VARIANTS).alone.tolist() == [int(a) - int(b) for a, b in zip(old, new, strict=True)]


@given(st.data(), st.sampled_from(("s2t", "s2tw", "s2hk")))
def test_written_keeps_what_is_printed_right(data: st.DataObject, usage: str) -> None:
    text = converted(NEW, usage)
    writing = read(text, VARIANTS)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert writing.written(start, end, writing.plain[start:end]) == (text[start:end], 1.0)


@pytest.mark.parametrize("usage", ["s2t", "s2tw", "s2hk"])
def test_written_in_the_usage_of_the_page(usage: str) -> None:
    page = converted("为了群众，他们在里面说。", usage)
    form = converted("为群众里说", usage)
    writing = read(f"{page}\n國□□□□□際", VARIANTS)
    start = len(page) + 2
    assert writing.written(start, start + 5, "为群众里说").form == form


def test_a_form_that_nothing_tells_is_no_sure_one() -> None:
    """裏 or 裡? A page that has neither, nor anything of the kind, does not say."""
    told, untold = (read(f"{line}國□際", VARIANTS) for line in ("他住在屋裡，", "他住在國際飯店，"))
    (known, sure), (guess, unsure) = (w.written(len(w.text) - 2, len(w.text) - 1, "里") for w in (told, untold))
    assert known == "裡"
    assert guess in variants_of("裡")
    assert unsure < 0.9 < sure < 1


def test_a_form_that_engines_print_for_another_says_little() -> None:
    """Tesseract prints 說 for each 說 and for each 説: only what it keeps apart tells whose usage it is."""
    assert VARIANTS.printed_for("說", "説") > VARIANTS.printed_for("説", "說")
    assert read("他說國□際", VARIANTS).written(3, 4, "里").sure < read("屋裡國□際", VARIANTS).written(3, 4, "里").sure


@given(st.sampled_from(sorted(VARIANTS.seen)), st.sampled_from(sorted(VARIANTS.seen)))
def test_shares_of_printed_forms(form: str, printed: str) -> None:
    """The slow twin adds up everything that a form is printed as."""
    others = [other for other in VARIANTS.seen[form].others if other != form]
    shares = sum(math.exp(VARIANTS.printed_for(ch, form)) for ch in {form, *others})
    spread = (1 - FAITHFUL) * max(len(others) - 1, 0)  # each form that was never printed is granted as much
    assert shares <= 1 + spread + 1e-9
    assert VARIANTS.printed_for(printed, form) < 0


def test_variants() -> None:
    assert variants_of("為") == variants_of("爲")
    assert variants_of("人") == ("人",)
    for ch, plain in VARIANTS.simplified.items():
        assert standard(plain)
        assert not standard(ch)
        assert simplified(ch, VARIANTS) == plain


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        *(("variants", rows) for rows in ("淸淸\t清", "淸\t", "淸\t清\n淸\t青")),
        *(("usages", rows) for rows in ("裏裏\t1\t0\t\t", "裏\t1\t-1\t\t", "裏\t1\t0\t\t\n裏\t1\t0\t\t")),
        *(("usages", rows) for rows in ("裏\t1\t0\t裡\t", "裏\t3\t0\t裡\t1 2", "裏\t1\t1\t裡\t1", "裏\t1\t0")),
    ],
)
def test_a_bad_table_is_refused(tmp_path: Path, name: str, rows: str) -> None:
    for table in ("variants", "usages"):
        head = (lexicons() / f"{table}.tsv").read_text(encoding="utf-8").split("\n")[0]
        (tmp_path / f"{table}.tsv").write_text(f"{head}\n{rows}\n" if table == name else f"{head}\n", encoding="utf-8")
    with pytest.raises(TableError, match=rf"{name}\.tsv:\d: expected"):
        Variants.open(tmp_path)


@given(st.lists(st.sampled_from(OLD + "建没說話沒設裏裡着著臺台后後发发們個,，。□頭髮頭发"), max_size=60).map("".join))
def test_no_answer_in_the_other_script(text: str) -> None:
    """What is written into a Traditional paragraph is never Simplified, nor the other way."""
    for printed in (OLD + text, NEW + simplified(text, VARIANTS)):
        writing = read(printed, VARIANTS)
        result = correct(printed)
        for c in (*result.corrections, *result.suggestions):
            if writing.traditional[max(c.start - 1, 0) : c.end + 1].all():
                kept = set(c.original)
                assert not any(is_simplified(ch) for ch in c.replacement if ch not in kept), c
            else:
                assert all(standard(ch) or ch in c.original for ch in c.replacement if HAN.match(ch)), c


def test_tables_of_the_script_are_used() -> None:
    resources = Resources.builtin()
    config = Corrector().config
    old, new = (Survey(text, resources, config).resources for text in (OLD, NEW))
    assert new is resources
    assert old.glyphs is resources.traditional.glyphs
    assert old.channels is resources.traditional.read(None)
    assert old.weights is resources.traditional.weights


@pytest.mark.parametrize(
    ("text", "engine"),
    [(OLD * 2, "tesseract"), (OLD.replace("國", "国"), "ppocr"), (OLD, None), (OLD * 9 + "国", "tesseract")],
)
def test_the_script_of_a_page_gives_its_engine_away(text: str, engine: str | None) -> None:
    """PP-OCR prints Simplified characters throughout a Traditional page, tesseract none: "generic" is more of that."""
    resources = Resources.builtin()
    channels = Survey(text, resources, Corrector().config).resources.channels
    known = resources.traditional.channels
    assert all(channels[name] is known[name] for name in known if name != "generic")
    if engine is None:
        assert channels["generic"] is known["generic"]
        return
    for printed, true in (("巿", "市"), ("日", "曰"), ("", "国"), ("没", "设")):
        own, every = (math.exp(-channel.cost(printed, true) / 1000) for channel in (known[engine], known["generic"]))
        told = math.exp(-channels["generic"].cost(printed, true) / 1000)
        assert min(own, every) * 0.99 <= told <= max(own, every) * 1.01


def test_alternatives_in_either_script() -> None:
    """That an engine considered 国 where it printed 國 is no doubt of what the page says."""
    chars = [(ch, 0.99, []) for ch in OLD]
    at = OLD.index("國")
    chars[at] = ("國", 0.6, [("国", 0.39)])
    assert correct(OcrText.from_chars(chars)).text == OLD


def test_protected_words_in_either_script() -> None:
    text = "會議強調，要堅持以經濟建沒為中心，推動社會發展。"
    assert correct(text).text != text
    for word in ("經濟建沒", "经济建没"):
        assert Corrector(config=Corrector().config.__class__(protect=(word,))).correct(text).text == text


def test_the_other_script_is_written_back_with_confidences_too() -> None:
    text = "他在總統府發表講話，強調兩岸关係和平發展的重要性，並說雙方應當繼續保持對話。"
    chars = [(ch, 0.97 if ch == "关" else 0.999, []) for ch in text]
    assert correct(OcrText.from_chars(chars)).text == text.replace("关", "關")
