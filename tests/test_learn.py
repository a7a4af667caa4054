"""What corrected pages teach, and that no profile is written that does harm."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import DAMAGED, MENDED, Ran
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Config, Corrector, Resources
from ocrfix.learn import Outcome, Trial, learn, learn_and_try, likeliest_engine, names, protected
from ocrfix.pairs import Pair
from ocrfix.profile import Counts, read_profile, table
from ocrfix.spans import Edit

Run = Callable[..., Ran]

NAME = (
    "会议由汲广树主持，各部门负责人参加。",
    "汲广树强调，要坚持稳中求进工作总基调。",
    "随后，汲广树来到企业车间，详细了解生产情况。",
    "汲广树指出，要加强基层基础工作。",
    "昨日，汲广树会见了客商一行。",
)
"""A person's name that no list has."""
MISREAD = (NAME[0].replace("汲", "没"), NAME[1].replace("树", "村"), *NAME[2:])
PAIRS = tuple(Pair(noisy, gold) for noisy, gold in zip(MISREAD, NAME, strict=True))


def test_a_name_that_was_misread_again_and_again_is_learnt() -> None:
    resources = Resources.builtin()
    assert names(PAIRS, resources) == {"汲广树": 5}
    assert names(PAIRS[1:], resources) == {}  # misread once: many forms are
    assert names(PAIRS[:2], resources) == {}  # it has stood there twice
    assert names([Pair(gold, gold) for gold in NAME], resources) == {}


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=3), st.data())
def test_whatever_pages_say_makes_a_profile_that_reads_back(texts: list[tuple[str, str]], data: st.DataObject) -> None:
    pairs = []
    for noisy, gold in texts:
        at = data.draw(st.integers(0, len(noisy)))
        pairs.append(Pair(noisy, gold, (Edit(at, min(at + 1, len(noisy)), gold),)))
    profile = learn(pairs, Resources.builtin())
    with TemporaryDirectory() as folder:
        path = Path(folder, "p.tsv")
        path.write_text(table(profile), encoding="utf-8", newline="\n")
        assert table(read_profile(path)) == table(profile)
        Corrector(config=Config(profile=str(path)))


def test_a_listed_name_is_none_of_the_collection_s_own() -> None:
    gold = ("在茌平召开会议。", "前往茌平调研。", "来到茌平检查。", "支持茌平发展。")
    pairs = [Pair(text.replace("茌", "在"), text) for text in gold]
    assert names(pairs, Resources.builtin()) == {}


@pytest.mark.parametrize("engine", ["ppocr", "tesseract"])
def test_an_engine_is_known_by_its_misreadings(engine: str) -> None:
    resources = Resources.builtin()
    worn = resources.channel(engine).worn()
    han = {pair: p for pair, p in worn.items() if all("一" <= ch <= "鿿" for ch in pair) and pair[0] != pair[1]}
    commonest = sorted(han, key=lambda pair: (-han[pair], pair))[:40]
    times: dict[str, dict[str, int]] = {}
    for printed, true in commonest:
        times.setdefault(printed, {})[true] = 1
    assert likeliest_engine(Counts({}, times), resources) == engine
    assert likeliest_engine(Counts({}, {}), resources) == "generic"


@pytest.mark.parametrize(
    ("text", "edit", "expected"),
    [
        ("在平原上", Edit(0, 1, "茌"), {}),  # nothing stands before it: too short to be known again
        ("他在平原上", Edit(1, 2, "茌"), {"他在平": "在→茌 was rejected"}),
        ("他在平原上", Edit(1, 3, "茌平"), {"他在平原": "在平→茌平 was rejected"}),
        ("他在，原上", Edit(1, 2, "茌"), {}),
        ("他在平原上", Edit(1, 1, "茌"), {}),
        ("召开，会议", Edit(2, 3, "。"), {}),
        ("他在平原上", Edit(1, 2, "茌\t\n平"), {"他在平": "在→茌 平 was rejected"}),
    ],
)
def test_what_was_rejected_is_protected(text: str, edit: Edit, expected: dict[str, str]) -> None:
    assert protected([], [Pair(text, text, (edit,))], Resources.builtin()) == expected


def test_a_word_that_was_ever_wrong_is_not_protected() -> None:
    rejected = Pair("他在平原上", "他在平原上", (Edit(1, 3, "茌平"),))
    assert protected([Pair("他在平原", "他茌平原")], [rejected], Resources.builtin()) == {}
    twice = protected([rejected, rejected], [], Resources.builtin())
    assert twice == {"他在平原": "在平→茌平 was rejected 2 times"}


@pytest.mark.parametrize(
    ("without", "own", "harm"),
    [
        (Outcome(9, 9, 5, 1, 0), Outcome(7, 7, 7, 1, 0), ""),
        (Outcome(9, 9, 5, 1, 0), Outcome(9, 9, 5, 1, 0), ""),
        (Outcome(9, 9, 5, 1, 0), Outcome(4, 4, 10, 2, 0), ""),  # five of six that are new are right
        (Outcome(9, 9, 5, 1, 0), Outcome(8, 8, 7, 2, 0), "of what it adds 1 would be wrong and 2 right"),
        (Outcome(9, 9, 5, 1, 0), Outcome(9, 9, 4, 2, 0), "of what it adds 1 would be wrong and 0 right"),
        (Outcome(9, 9, 5, 1, 0), Outcome(10, 8, 6, 1, 0), "Han characters left wrong would be 10, not 9"),
        (Outcome(9, 9, 5, 1, 0), Outcome(4, 4, 10, 1, 1), "corrections made to right text would be 1, not 0"),
    ],
)
def test_what_speaks_against_a_profile(without: Outcome, own: Outcome, harm: str) -> None:
    assert Trial(Outcome(), without, own, accept=0.83).harm == harm


def test_each_tenth_is_tried_with_what_the_others_teach() -> None:
    """Twenty paragraphs; the same one, again and again, is never learnt from where it is tried."""
    resources = Resources.builtin()
    once = [Pair("要坚持以经济建没为中心。", "要坚持以经济建设为中心。")] * 20
    steps: list[None] = []
    learnt = learn_and_try(once, resources, Config(), lambda: steps.append(None))
    assert len(steps) == 20
    assert learnt.trial.before == Outcome(20, 20)
    assert learnt.trial.without == learnt.trial.with_it == Outcome(0, 0, 20, 0, 0)
    assert learnt.profile.counts == Counts({"设": 20}, {"没": {"设": 20}})


def test_in_vain_means_protected() -> None:
    """What would be corrected although it is right is left alone afterwards."""
    text = "没广树指出，要坚持以经济建没为中心。"
    learnt = learn_and_try([Pair(text, text)], Resources.builtin(), Config())
    assert list(learnt.profile.protected) == ["建没为"]
    assert learnt.trial.harm == ""


def test_the_name_is_restored_with_the_profile(ocrfix: Run, tmp_path: Path) -> None:
    for folder, texts in (("read", MISREAD), ("right", NAME)):
        (tmp_path / folder).mkdir()
        for k, text in enumerate(texts):
            ending = ".txt" if folder == "read" else ".corrected.md"
            (tmp_path / folder / f"{k}{ending}").write_text(text + "\n", encoding="utf-8")
    ran = ocrfix("learn", "read", "right", "-o", "profile.tsv")
    assert (ran.code, ran.stderr) == (0, "written: profile.tsv\n")
    lines = ran.out.splitlines()
    assert "names: 1: 汲广树 5" in lines
    assert "confusions of Han characters: 2: 村 for 树 1 of 5, 没 for 汲 1 of 5" in lines
    assert read_profile(tmp_path / "profile.tsv").names == {"汲广树": 5}

    page = tmp_path / "page.txt"
    page.write_text("县委书记汲广村到乡镇调研，强调要抓好粮食生产。\n", encoding="utf-8")
    assert ocrfix("check", "--format", "json", "page.txt").out == ""
    found = ocrfix("check", "--format", "json", "--profile", "profile.tsv", "page.txt")
    assert [(row["original"], row["replacement"]) for row in map(json.loads, found.out.splitlines())] == [("村", "树")]
    (tmp_path / "ocrfix.toml").write_text('profile = "profile.tsv"\n', encoding="utf-8")
    (tmp_path / "sub").mkdir()
    assert ocrfix("check", "--format", "json", "../page.txt", cwd=tmp_path / "sub").out.count("\n") == 1


def test_a_report_looked_through_teaches(ocrfix: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(DAMAGED + "要坚持以经济建没为中心。\n", encoding="utf-8")
    rows = [json.loads(row) for row in ocrfix("check", "--format", "json", "page.txt").out.splitlines()]
    assert [row["original"] for row in rows] == ["在", "没"]
    rows[1]["decision"] = "reject"
    rows.append({**rows[1], "replacement": "役"})  # a rival for the same place
    report = tmp_path / "report.json"
    report.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    ran = ocrfix("learn", "--decisions", "report.json", "-o", "profile.tsv")
    assert (ran.code, ran.stderr) == (0, "written: profile.tsv\n")
    profile = read_profile(tmp_path / "profile.tsv")
    assert profile.counts.times == {"在": {"茌": 1}}
    assert list(profile.protected) == ["建没为"]
    left = ocrfix("check", "--format", "json", "--profile", "profile.tsv", "page.txt").out
    assert [json.loads(row)["original"] for row in left.splitlines()] == ["在"]
    page.write_text(MENDED, encoding="utf-8")
    stale = ocrfix("learn", "--decisions", "report.json")
    assert stale.code == 2
    assert "page.txt:1: expected '在' at column 6, found '茌'; the file has changed" in stale.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("learn",), "expected pages and the same corrected, or --decisions REPORT, found neither"),
        (("learn", "a.txt"), "expected pages as they were read and the same corrected, found one of the two"),
        (("learn", "a.txt", "b.txt"), "a.txt: cannot be read: No such file or directory"),
        (("learn", "page.txt", "folder"), "expected two files or two folders, found page.txt and folder"),
        (("learn", "folder", "folder"), "folder: expected text files in this folder"),
        (("learn", "page.txt", "page.txt", "-o", "page.txt"), "page.txt: expected a profile, or nothing yet"),
        (("learn", "empty.txt", "empty.txt"), "expected text to learn from, found none"),
        (("learn", "page.txt", "other.txt"), "page.txt: expected the same page as other.txt, found another; left out"),
        (("learn", "page.txt", "page.txt", "--accept", "2"), "accept: expected a number from 0 to 1, found 2"),
        (("learn", "page.txt", "page.txt", "--encoding", "utf-9"), "Python knows no encoding 'utf-9'"),
        (("learn", "--decisions", "page.txt"), "page.txt:1: expected JSON as ocrfix check --format json prints it"),
        (("check", "--profile", "page.txt", "page.txt"), "page.txt:1: expected the columns what, form, printed"),
        (("check", "--profile", "none.tsv", "page.txt"), "none.tsv: No such file or directory"),
    ],
)
def test_usage(ocrfix: Run, tmp_path: Path, args: tuple[str, ...], message: str) -> None:
    (tmp_path / "page.txt").write_text(MENDED, encoding="utf-8")
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    (tmp_path / "other.txt").write_text(NAME[1], encoding="utf-8")
    (tmp_path / "folder").mkdir()
    ran = ocrfix(*args)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.stderr
    assert (tmp_path / "page.txt").read_text(encoding="utf-8") == MENDED


def test_pages_without_another_are_left_out(ocrfix: Run, tmp_path: Path) -> None:
    for folder, files in (("read", ("1.txt", "2.txt")), ("right", ("1.txt", "2.txt", "2.md"))):
        (tmp_path / folder).mkdir()
        for name in files:
            (tmp_path / folder / name).write_text(MENDED, encoding="utf-8")
    ran = ocrfix("learn", "read", "right")
    assert ran.code == 0
    assert ran.stderr.splitlines() == [
        f"ocrfix: {Path('read', '2.txt')}: expected one file of this name in right, found "
        f"{Path('right', '2.md')} and {Path('right', '2.txt')}; left out",
        "nothing written: --output FILE writes the profile",
    ]


def test_a_profile_that_does_harm_is_not_written(ocrfix: Run, tmp_path: Path) -> None:
    """Another person has nearly the same name: with the one learnt the other would be changed."""
    other = "县委书记汲广村到乡镇调研，强调要抓好粮食生产。"
    for name, texts in (("read.txt", MISREAD), ("right.txt", NAME)):
        (tmp_path / name).write_text("\n".join((*texts, other)), encoding="utf-8")
    ran = ocrfix("learn", "read.txt", "right.txt", "-o", "profile.tsv")
    assert ran.code == 1
    assert ran.stderr == "ocrfix: nothing is written: corrections made to right text would be 1, not 0\n"
    assert "corrections of right text                    0         1" in ran.out
    assert not (tmp_path / "profile.tsv").exists()
