"""The noisy channel: tables, counts that back off to them, and what is not listed."""

from __future__ import annotations

import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix.channel import FAITH, MILDER, SOUND, UNLISTED, Channel, costs
from ocrfix.lexicon import TableError
from ocrfix.profile import Counts, Profile
from ocrfix.resources import Resources

TABLE = "printed\ttrue\tcost\n在\t茌左\t20 300\n∅\t一城\t100 400\n没\t设∅\t50 700\n"
COUNTS = "true\tshown\tprinted\ttimes\n∅\t5000\t一\t3\n左\t400\t\t\n茌\t10\t在∅\t6 1\n设\t90\t没\t2\n"


def written(folder: Path, table: str = TABLE, counts: str | None = COUNTS, name: str = "one") -> Path:
    path = folder / f"{name}.tsv"
    path.write_text(table, encoding="utf-8")
    if counts is not None:
        (folder / f"{name}.counts.tsv").write_text(counts, encoding="utf-8")
    return path


def test_without_counts_the_table_speaks(tmp_path: Path) -> None:
    channel = Channel.open(written(tmp_path, counts=None))
    assert channel.readings("在") == {"茌": 200, "左": 3000}
    assert channel.cost("没", "") == 7000
    assert channel.cost("", "城") == 4000
    assert channel.cost("在", "城") == channel.cost("城", "在") == UNLISTED


@pytest.mark.parametrize(
    ("printed", "true", "cost", "times", "shown"),
    [
        ("在", "茌", 0.2, 6, 10),
        ("在", "左", 3.0, 0, 400),  # never misread so, where it might have been
        ("没", "设", 0.5, 2, 90),
        ("", "茌", 14.0, 1, 10),  # dropped, which the table does not list
        ("一", "", 14.0, 3, 5000),  # made up
        ("", "城", 4.0, 0, 0),  # never shown
    ],
)
def test_counts_back_off_to_the_table(
    tmp_path: Path, printed: str, true: str, cost: float, times: int, shown: int
) -> None:
    """The mean of a Dirichlet posterior, as a textbook has it."""
    channel = Channel.open(written(tmp_path))
    expected = (FAITH * math.exp(-cost) + MILDER * times) / (FAITH + shown)
    assert channel.cost(printed, true) == min(round(-1000 * math.log(expected)), UNLISTED)


def test_of_several_engines_any_may_have_read_it(tmp_path: Path) -> None:
    one, other = written(tmp_path), written(tmp_path, "printed\ttrue\tcost\n在\t茌\t320\n", None, "other")
    parts = [math.exp(-Channel.open(path).cost("在", "茌") / 1000) for path in (one, other)]
    assert Channel.open(one, other).cost("在", "茌") == pytest.approx(-1000 * math.log(sum(parts) / 2), abs=1)


@given(st.integers(0, 100_000), st.integers(0, 10_000))
@settings(max_examples=200, deadline=None)
def test_a_cost_is_whole_and_within_bounds_whatever_was_counted(shown: int, times: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        counts = f"true\tshown\tprinted\ttimes\n茌\t{shown}\t在\t{times}\n"
        cost = Channel.open(written(Path(name), counts=counts)).cost("在", "茌")
    assert isinstance(cost, int) and 0 <= cost <= UNLISTED


@pytest.mark.parametrize(
    ("table", "counts", "message"),
    [
        ("printed\ttrue\tcost\n在在\t茌\t20\n", None, r"one\.tsv:2: expected one printed character"),
        (
            "printed\ttrue\tcost\n在\t茌\t20\n在\t左\t9\n",
            None,
            r"one\.tsv:3: expected a character that has no row yet \(在 has line 2\)",
        ),
        (TABLE, "true\tshown\tprinted\ttimes\n茌\tten\t在\t6\n", r"one\.counts\.tsv:2: expected whole numbers"),
        (TABLE, "true\tshown\tprinted\ttimes\n茌\t10\t在左\t6\n", r"one\.counts\.tsv:2: expected whole numbers"),
        (TABLE, "true\tshown\tprinted\ttimes\n茌\t-10\t在\t6\n", r"one\.counts\.tsv:2: expected whole numbers"),
        (TABLE, "true\tshown\tprinted\ttimes\n茌\t9\t\t\n茌\t8\t\t\n", r"one\.counts\.tsv:3: expected one symbol"),
        (TABLE, "true\tshown\n", r"one\.counts\.tsv:1: expected the columns true, shown, printed, times"),
    ],
)
def test_a_bad_table_is_named(tmp_path: Path, table: str, counts: str | None, message: str) -> None:
    with pytest.raises(TableError, match=message):
        Channel.open(written(tmp_path, table, counts))


def test_a_bad_row_is_named_when_it_is_asked_for(tmp_path: Path) -> None:
    for row in ("在\t茌左\t20".encode(), "在\t茌左\t20 x".encode(), "在\t茌".encode() + b"\xff\t20 9"):
        path = written(tmp_path, "printed\ttrue\tcost\n平\t\t\n", None)
        path.write_bytes(path.read_bytes() + row + b"\n")
        channel = Channel.open(path)
        with pytest.raises(TableError, match="row '在': expected a whole number for each of 2 symbols"):
            channel.readings("在")
    path.write_bytes("printed\ttrue\tcost\n在\t茌\n".encode())
    with pytest.raises(TableError, match="row '在': expected 3 columns, found 2"):
        Channel.open(path).readings("在")


def test_a_table_without_rows_lists_nothing(tmp_path: Path) -> None:
    channel = Channel.open(written(tmp_path, "printed\ttrue\tcost\n", None))
    assert (channel.readings("在"), channel.cost("在", "茌"), channel.worn()) == ({}, UNLISTED, {})
    assert channel.fallible("茌") == Channel.open(written(tmp_path)).fallible("乙") == SOUND


def test_of_names_what_was_read_of_them_counts(tmp_path: Path) -> None:
    """In place of what the table says of these characters; it says the rest. Counts of real pages are added to both."""
    path = written(tmp_path)
    (tmp_path / "one.names.tsv").write_text("printed\ttrue\tcost\n在\t茌\t10\n左\t茌\t230\n", encoding="utf-8")
    channel = Channel.open(path)
    names = channel.of_names
    assert (channel.cost("左", "茌"), channel.cost("在", "左")) == (UNLISTED, names.cost("在", "左"))
    for printed, cost, times in (("在", 0.1, 6), ("左", 2.3, 0)):
        expected = (FAITH * math.exp(-cost) + MILDER * times) / (FAITH + 10)
        assert names.cost(printed, "茌") == round(-1000 * math.log(expected))
    assert names.fallible("茌") < channel.fallible("茌")
    assert names.fallible("设") == channel.fallible("设")
    assert pickle.loads(pickle.dumps(channel)).of_names.readings("左") == names.readings("左")


def test_without_a_table_of_names_they_are_read_as_all_else(tmp_path: Path) -> None:
    channel = Channel.open(written(tmp_path))
    assert channel.of_names.readings("在") == channel.readings("在")


def test_a_profile_counts_for_names_too(tmp_path: Path) -> None:
    profile = Profile(counts=Counts({"茌": 5}, {"左": {"茌": 5}}))
    channel = Channel.open(written(tmp_path)).with_profile(profile)
    assert channel.of_names.cost("左", "茌") < UNLISTED
    assert pickle.loads(pickle.dumps(channel)).cost("左", "茌") == channel.cost("左", "茌") < UNLISTED


def test_a_channel_has_a_table() -> None:
    with pytest.raises(FileNotFoundError, match="expected the table of one engine"):
        Channel.open()


def test_pickled_by_its_files(tmp_path: Path) -> None:
    channel = Channel.open(written(tmp_path))
    data = pickle.dumps(channel)
    assert len(data) < 1000
    assert pickle.loads(data).readings("在") == channel.readings("在")


def test_rows_of_costs_are_what_the_channel_says() -> None:
    resources = Resources.builtin()
    model, channel = resources.language, resources.channel("ppocr")
    rows = costs(channel, model)
    for printed in ("在", "没", ""):
        index = int(model.ids(np.array([ord(printed)], dtype=np.uint32))[0]) if printed else 0
        row = rows(index)
        assert row[0] == channel.cost(printed, "")
        for true in ("茌", "设", "在", "城", "一"):
            assert row[int(model.ids(np.array([ord(true)], dtype=np.uint32))[0])] == channel.cost(printed, true)


@pytest.mark.parametrize("engine", ["ppocr", "generic"])
@pytest.mark.parametrize(("rare", "common"), [("茌", "在"), ("郯", "郑"), ("兖", "充"), ("峄", "峰")])
def test_a_channel_has_a_direction(engine: str, rare: str, common: str) -> None:
    """Engines print common characters for rare ones, and seldom the reverse."""
    channel = Resources.builtin().channel(engine)
    assert channel.cost(common, rare) < channel.cost(rare, common)


def test_an_engine_without_a_table_is_any_of_them() -> None:
    resources = Resources.builtin()
    assert resources.channel("typed") is resources.channel("generic")
