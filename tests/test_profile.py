"""A profile is a table that a person can read, and what it says counts."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Config, Corrector, Resources
from ocrfix.channel import FAITH, MILDER, UNLISTED
from ocrfix.decide import WITH_PROFILE
from ocrfix.lexicon import TableError, read_protected
from ocrfix.places import read_list
from ocrfix.profile import Counts, Profile, read_profile, table

HEAD = "what\tform\tprinted\ttimes\tamong\tnote\n"
SYMBOL = st.sampled_from([*"茌在平，0a", ""])


def written(folder: Path, rows: str, name: str = "profile.tsv") -> Path:
    path = folder / name
    path.write_text(HEAD + rows, encoding="utf-8")
    return path


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    pairs = draw(st.dictionaries(st.tuples(SYMBOL, SYMBOL), st.integers(0, 99)))
    times: dict[str, dict[str, int]] = {}
    for (printed, true), n in pairs.items():
        times.setdefault(printed, {})[true] = n
    shown = {true: draw(st.integers(0, 999)) for _, true in pairs}
    names = draw(st.dictionaries(st.text("汲广树德", min_size=2, max_size=4), st.integers(0, 9)))
    words = draw(st.dictionaries(st.text("汲广树德", min_size=2, max_size=4), st.text("甲乙 ", max_size=3)))
    return Profile(draw(st.sampled_from(["generic", "ppocr", "tesseract"])), Counts(shown, times), names, words)


@given(profiles())
def test_what_is_written_is_read(profile: Profile) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "p.tsv")
        path.write_text(table(profile), encoding="utf-8", newline="\n")
        found = read_profile(path)
        assert replace(found, path=None).__reduce__()[1] == profile.__reduce__()[1]
        assert table(found) == table(profile)
        assert {row.place.name for row in read_list(path)} == set(profile.names)
        assert set(read_protected(path)) == set(profile.protected)
        assert pickle.loads(pickle.dumps(found)).counts == found.counts


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            "misread\t茌\t在\tmany\t18\t\n",
            "profile.tsv:2: expected whole numbers, found misread<tab>茌<tab>在",
        ),
        ("misread\t茌平\t在\t1\t18\t\n", "profile.tsv:2: expected one symbol, or ∅"),
        ("misread\t茌\t在\t1\t18\t\nmisread\t茌\t左\t1\t17\t\n", "profile.tsv:3: expected the same in `among`"),
        ("engine\tabbyy\t\t\t\t\n", "profile.tsv:2: expected one engine of generic, ppocr"),
        ("engine\tppocr\t\t\t\t\nengine\ttesseract\t\t\t\t\n", "profile.tsv:3: expected one engine"),
        ("word\t茌平\t\t\t\t\n", "profile.tsv:2: expected engine, misread, name or protected under `what`"),
        ("name\t茌平\n", "profile.tsv:2: expected 6 columns, found 2"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(TableError, match=message):
        read_profile(written(tmp_path, rows))


def test_what_is_no_profile(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("信发集团\n", encoding="utf-8")
    with pytest.raises(TableError, match="names.txt:1: expected the columns what, form"):
        Corrector(config=Config(profile=str(path)))
    with pytest.raises(FileNotFoundError):
        Corrector(config=Config(profile=str(tmp_path / "none.tsv")))


def test_what_was_seen_grows_likelier_and_nothing_else_changes(tmp_path: Path) -> None:
    plain = Resources.builtin()
    path = written(tmp_path, "engine\tppocr\t\t\t\t\nmisread\t芷\t止\t9\t10\t\nmisread\t域\t城\t1\t90000\t\n")
    before, after = plain.channel("ppocr"), plain.with_profile(path).channel("ppocr")
    p = [2.718281828 ** (-cost / 1000) for cost in (before.cost("止", "芷"), after.cost("止", "芷"))]
    assert p[1] == pytest.approx((FAITH * p[0] + MILDER * 9) / (FAITH + 10), rel=0.01)
    assert after.cost("城", "域") == before.cost("城", "域")  # once in 90,000 is less than the table has it
    assert after.fallible("芷") < before.fallible("芷")
    for printed in "在没人":
        assert after.readings(printed) == before.readings(printed)
    assert plain.with_profile(path).channel("tesseract") is plain.channel("tesseract")


def test_the_engine_that_a_profile_names_counts_twice(tmp_path: Path) -> None:
    plain = Resources.builtin()
    own = plain.with_profile(written(tmp_path, "engine\tppocr\t\t\t\t\n"))
    engines = [2.718281828 ** (-plain.channel(name).cost("城", "域") / 1000) for name in ("ppocr", "tesseract")]
    mixed = 2.718281828 ** (-own.channel("generic").cost("城", "域") / 1000)
    assert mixed == pytest.approx((2 * engines[0] + engines[1]) / 3, rel=0.01)
    assert own.channel("generic").cost("城", "域") < UNLISTED


def test_counts_of_an_unknown_engine_are_any_engine_s(tmp_path: Path) -> None:
    plain = Resources.builtin()
    own = plain.with_profile(written(tmp_path, "misread\t芷\t止\t9\t10\t\n"))
    for name in ("generic", "ppocr", "tesseract"):
        assert own.channel(name).cost("止", "芷") < plain.channel(name).cost("止", "芷")


def test_names_and_protected_words_count(tmp_path: Path) -> None:
    text = "要坚持以经济建没为中心。"
    path = written(tmp_path, "protected\t经济建没\t\t\t\tas the firm spells it\n")
    assert [c.original for c in Corrector().correct(text).corrections] == ["没"]
    corrector = Corrector(config=Config(profile=str(path)))
    assert corrector.correct(text).corrections == ()
    again = pickle.loads(pickle.dumps(corrector))
    assert again.correct(text).corrections == ()
    named = Resources.builtin().with_profile(written(tmp_path, "name\t汲广树\t\t6\t\t\n"))
    assert [place.name for place in named.gazetteer.user_places] == ["汲广树"]


def test_with_a_profile_a_correction_may_have_less_doubt(tmp_path: Path) -> None:
    """An empty one changes no score."""
    text, path = "提升服务水干。", str(written(tmp_path, ""))
    (found,) = Corrector(config=Config(accept=0.5)).correct(text).corrections
    just = found.score - 0.001
    assert len(Corrector(config=Config(accept=just)).correct(text).corrections) == 1
    doubted = Corrector(config=Config(accept=just, profile=path)).correct(text)
    assert (len(doubted.corrections), [c.score for c in doubted.suggestions]) == (0, [found.score])
    less = 1 - (1 - just) / WITH_PROFILE
    assert len(Corrector(config=Config(accept=less, profile=path)).correct(text).corrections) == 1
