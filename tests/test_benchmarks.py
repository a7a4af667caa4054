"""How the benchmarks count: against slow and obvious twins, by hand, and on a small folder of dev data."""

from __future__ import annotations

import json
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix import Correction, Corrector, OcrText, Result


@cache
def module(name: str) -> ModuleType:
    """A program of benchmarks/, which is a folder and no package."""
    folder = str(ROOT / "benchmarks")
    sys.path.insert(0, folder)
    try:
        return import_module(name)
    finally:
        sys.path.remove(folder)


metrics, limits = module("metrics"), module("limits")

# --- the counts of a text, against their definition

texts = st.text("在茌平区，,。 １1a\n", max_size=12)


@st.composite
def judged(draw: st.DrawFn) -> tuple[str, str, Result]:
    """A text, its gold, and corrections and suggestions somewhere in it."""
    noisy, gold = draw(texts), draw(texts)
    made, at = [], 0
    while at < len(noisy) and draw(st.booleans()):
        start = draw(st.integers(at, len(noisy)))
        end = draw(st.integers(start, min(start + 3, len(noisy))))
        new = draw(st.text("在茌平区，, 1", min_size=start == end, max_size=3))
        if new != noisy[start:end]:
            made.append(
                Correction(start, end, noisy[start:end], new, draw(st.floats(0, 1)), draw(st.sampled_from(KINDS)))
            )
        at = end + 1
    cut = draw(st.integers(0, len(made)))
    return noisy, gold, Result(noisy, tuple(made[:cut]), tuple(made[cut:]))


KINDS = ("glyph", "name")


def distance(a: str, b: str) -> int:
    """Levenshtein's, by the book."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


def plain(text: str) -> str:
    return "".join({"，": ",", "１": "1"}.get(ch, ch) for ch in text if not ch.isspace())


def only_han(text: str) -> str:
    return "".join(ch for ch in text if ch in "在茌平区")


def replaced(text: str, edits: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def twin(noisy: str, gold: str, result: Result) -> dict[str, float]:
    """What counts() counts, each edit and each text anew."""
    count = dict.fromkeys(metrics.COUNTS, 0.0)
    goal, before = plain(gold), distance(plain(noisy), plain(gold))
    right = []
    for c in result.corrections:
        verdicts = []
        for start, end, new in module("run").smallest(c):
            if plain(noisy[start:end]) == plain(new):
                count["form"] += 1
                continue
            good = distance(plain(replaced(noisy, [(start, end, new)])), goal) < before
            verdicts.append(good)
            right += [(start, end, new)] if good else []
            count["right" if good else "wrong"] += 1
            if only_han(noisy[start:end]) != only_han(new):
                count["han_right" if good else "han_wrong"] += 1
        if verdicts:
            count["scored"] += 1
            count[f"bin{min(int(c.score * 10), 9)}"] += c.score - all(verdicts)
    for c in result.suggestions:
        if plain(c.original) != plain(c.replacement):
            good = distance(plain(replaced(noisy, [(c.start, c.end, c.replacement)])), goal) < before
            count["scored"] += 1
            count[f"bin{min(int(c.score * 10), 9)}"] += c.score - good
    after, recalled = result.text, replaced(noisy, right)
    count |= {"texts": 1, "altered": after != noisy, "characters": len(noisy)}
    for layer, of in (("han", only_han), ("text", plain)):
        count[f"{layer}_gold"] = len(of(gold))
        for name, text in (("before", noisy), ("after", after), ("recalled", recalled)):
            count[f"{layer}_{name}"] = distance(of(text), of(gold))
    count["nearer"], count["further"] = distance(plain(after), goal) < before, distance(plain(after), goal) > before
    return count


@given(judged())
@settings(max_examples=300, deadline=None)
def test_counts_are_what_they_say(example: tuple[str, str, Result]) -> None:
    noisy, gold, result = example
    counts = metrics.Gold(noisy, gold).counts(result.corrections, result.suggestions)
    assert dict(zip(metrics.COUNTS, counts, strict=True)) == pytest.approx(twin(noisy, gold, result))


@given(st.lists(judged(), min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_figures_of_several_texts_are_of_their_sums(examples: list[tuple[str, str, Result]]) -> None:
    """As a table for a person would be reckoned: one loop, no arrays."""
    rows = [twin(*example) for example in examples]
    counts = np.array([metrics.Gold(n, g).counts(r.corrections, r.suggestions) for n, g, r in examples])
    total = {name: sum(row[name] for row in rows) for name in metrics.COUNTS}

    def share(above: float, below: float) -> float | None:
        return above / below if below else None

    expected = {
        "harm_per_10k": share(1e4 * total["wrong"], total["characters"]),
        "precision": share(total["right"], total["right"] + total["wrong"]),
        "han_cer_before": share(total["han_before"], total["han_gold"]),
        "han_gain": share(total["han_before"] - total["han_after"], total["han_before"]),
        "text_recall": share(total["text_before"] - total["text_recalled"], total["text_before"]),
        "ece": share(sum(abs(total[f"bin{b}"]) for b in range(10)), total["scored"]),
    }
    figures = metrics.figures(counts)
    for name, value in expected.items():
        assert figures[name] == (None if value is None else pytest.approx(value)), name


def counted(**known: float) -> list[float]:
    return [float(known.get(name, 0)) for name in metrics.COUNTS]


def test_f05_weighs_precision_above_recall() -> None:
    counts = [counted(texts=1, characters=100, right=8, wrong=2, text_before=20, text_after=14, text_recalled=12)]
    figures = metrics.figures(np.array(counts))
    assert (figures["precision"], figures["text_recall"], figures["text_gain"]) == (0.8, 0.4, 0.3)
    assert figures["text_f05"] == pytest.approx(1.25 * 0.8 * 0.4 / (0.25 * 0.8 + 0.4))
    nothing_made = metrics.figures(np.array([counted(texts=1, text_before=20, text_after=20, text_recalled=20)]))
    assert (nothing_made["precision"], nothing_made["text_f05"]) == (None, 0)


def test_reliability_holds_what_the_error_is_reckoned_from() -> None:
    scored = [metrics.Scored(0.95, True, True), metrics.Scored(1.0, False, True), metrics.Scored(0.55, True, False)]
    bins = metrics.reliability(scored)
    assert [b["made"]["count"] for b in bins] == [0] * 9 + [2]
    assert [b["suggested"]["count"] for b in bins] == [0] * 5 + [1] + [0] * 4
    assert bins[9]["made"] == {"count": 2, "mean_score": pytest.approx(0.975), "right": 1}


# --- intervals


def test_intervals_hold_the_figure_and_are_always_the_same() -> None:
    rng = np.random.default_rng(1)
    right, wrong = rng.poisson(3, 80), rng.poisson(1, 80)
    counts = [counted(texts=1, characters=50, right=r, wrong=w) for r, w in zip(right, wrong, strict=True)]
    wanted = {"precision": metrics.FIGURES["precision"]}
    (low, high) = metrics.intervals(counts, range(80), wanted)["precision"]
    assert low < metrics.figures(np.array(counts))["precision"] < high
    assert high - low < 0.15
    assert metrics.intervals(counts, range(80), wanted)["precision"] == [low, high]


def test_readings_of_one_paragraph_are_drawn_together() -> None:
    """A paragraph read twice is no second witness."""
    once = [counted(texts=1, characters=50, right=k % 3, wrong=1 + k % 2) for k in range(20)]
    wanted = {"precision": metrics.FIGURES["precision"]}
    assert metrics.intervals(once + once, [*range(20)] * 2, wanted) == metrics.intervals(once, range(20), wanted)
    assert metrics.intervals(once, ["the same"] * 20, wanted) == {"precision": None}


def test_where_all_is_well_the_interval_says_how_well() -> None:
    counts = [counted(texts=1, characters=100, right=1)] * 60
    found = metrics.intervals(counts, range(60), {**metrics.FIGURES, **metrics.CLEAN_FIGURES})
    assert found["precision"] == [pytest.approx(0.025 ** (1 / 60)), 1.0]
    assert found["altered_share"] == [0.0, pytest.approx(1 - 0.025 ** (1 / 60))]
    assert found["harm_per_10k"] == [0.0, pytest.approx(3.689 * 1e4 / 6000, rel=1e-3)]


# --- where errors are lost


@pytest.mark.parametrize(
    ("printed", "true", "layer", "kind"),
    [
        ("没", "设", "Han", "one misread"),
        ("没没", "建设", "Han", "two side by side misread"),
        ("没没没", "经济建", "Han", "three side by side"),
        ("没没没没没", "以经济建设", "Han", "four or more side by side"),
        ("", "城", "Han", "dropped"),
        ("委", "", "Han", "made up"),
        ("木目", "相", "Han", "two for one"),
        ("没", "建设", "Han", "one for two"),
        ("健没", "经济建设", "Han", "of another length"),
        ("一", "-", "Han", "beside a mark"),
        ("一", "-", "marks", "beside a mark"),
        (".", ",", "marks", "one misread"),
        ("", "。", "marks", "dropped"),
    ],
)
def test_types_of_errors(printed: str, true: str, layer: str, kind: str) -> None:
    assert limits.type_of(printed, true, layer) == kind


views = st.text("在平区,。", max_size=10)


@given(views, views)
@settings(max_examples=300, deadline=None)
def test_errors_are_what_differs_and_mending_one_is_felt(noisy: str, gold: str) -> None:
    page = limits.Page(noisy, gold)
    assert replaced(noisy, [(e.first, e.last, gold[e.low : e.high]) for e in page.errors]) == gold
    for error in page.errors:
        printed, true = page.parts(error)
        assert printed != true
        for kept in limits.LAYERS.values():
            wrong = distance(limits.only(kept, printed), limits.only(kept, true))
            assert page.nearer(limits.Change(error.first, error.last, true), kept) <= wrong


def test_a_dropped_character_may_be_put_back_on_either_side() -> None:
    page, han = limits.Page("一人民", "一人人民"), limits.LAYERS["Han"]
    assert [page.nearer(limits.Change(at, at, "人"), han) for at in (1, 2)] == [1, 1]
    assert page.nearer(limits.Change(2, 2, "民"), han) < 1


def test_every_wrong_character_is_lost_somewhere() -> None:
    gold = "会议强调，要坚持以经济建设为中心，发展社会主义市场经济。"
    noisy = gold.replace("建设", "建没").replace("，发", "发").replace("市场", "巿扬")
    found = list(limits.fates(noisy, gold, Corrector()))
    assert all(sum(fate.stages.values()) > 0 for fate in found)
    by_layer = {layer: sum(sum(f.stages.values()) for f in found if f.layer == layer) for layer in limits.LAYERS}
    assert by_layer == {"Han": 3, "marks": 1}
    assert sum(f.stages["made"] for f in found) >= 1
    assert not list(limits.fates(gold, gold, Corrector()))


@pytest.mark.parametrize(("others", "expected"), [("设", True), ("投", False), ("", False)])
def test_whether_an_engine_had_the_right_one_in_mind(others: str, expected: bool) -> None:
    gold = "要坚持以经济建设为中心。"
    cells = [(ch, 0.5 if ch == "没" else 0.999, [(o, 0.3) for o in others]) for ch in gold.replace("设", "没")]
    (fate,) = limits.fates(OcrText.from_chars(cells), gold, Corrector())
    assert (fate.type, fate.in_mind) == ("one misread", expected)


# --- the programs


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    """A folder laid out as the dev data are, with sentences made up for it."""
    gold = ["会议强调，要坚持以经济建设为中心。", "要抓好各项工作的落实。", "全国人民代表大会常务委员会今天举行会议。"]
    noisy = [gold[0].replace("建设", "建没"), gold[1], gold[2].replace("常务", "常务务")]
    for folder in ("ocr", "documents", "typed"):
        (tmp_path / folder).mkdir()
    rows = [f"{k}\trapidocr\tmedium\t{n}\t{g}" for k, (n, g) in enumerate(zip(noisy, gold, strict=True))]
    (tmp_path / "ocr" / "rapidocr_medium.tsv").write_text(
        "\n".join(["id\tengine\tseverity\tnoisy\tgold", *rows]) + "\n"
    )
    (tmp_path / "typed" / "typed.tsv").write_text(f"1\t{noisy[0]}\t{gold[0]}\n")
    (tmp_path / "documents" / "page.rapidocr.noisy.txt").write_text("\n\n".join(noisy))
    (tmp_path / "documents" / "page.rapidocr.gold.txt").write_text("\n\n".join(gold))
    (tmp_path / "clean_made_up.txt").write_text("\n".join(gold) + "\n")
    return tmp_path


def test_accuracy_measures_every_set_and_leads_with_harm(dev: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accuracy = module("accuracy")
    assert accuracy.main(["--dev", str(dev), "--json", str(dev / "record.json")]) == 0
    shown = capsys.readouterr().out
    assert shown.index("### Harm") < shown.index("### Character error rates")
    record: dict[str, Any] = json.loads((dev / "record.json").read_text(encoding="utf-8"))
    assert {"machine", "versions", "settings", "sha256"} <= set(record)
    assert [(one["texts"], one["altered"], one["whole"]) for one in record["clean"]] == [(3, 0, False), (1, 0, True)]
    (generic, own) = record["pairs"]
    assert (generic["engine"], own["engine"]) == ("generic", "ppocr")
    assert sum(right for right, _ in generic["kinds"].values()) == generic["right"] >= 1
    (default,) = [rung for rung in generic["ladder"] if rung["accept"] == record["settings"]["accept"]]
    assert {name: generic[name] for name in default if name in generic} | {"accept": default["accept"]} == default
    assert generic["ladder"][0]["edits"] >= generic["edits"] >= generic["ladder"][-1]["edits"]
    assert record["documents"][0]["intervals"]["precision"] is None
    assert "会议强调" not in (dev / "record.json").read_text(encoding="utf-8").replace(json.dumps(record["page"]), "")


def test_where_one_pass_would_say_otherwise_each_threshold_gets_its_own(
    dev: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accuracy = module("accuracy")
    texts = next(module("devdata").pairs(dev))
    assert accuracy.measured(texts, "generic", with_ladder=True).ladder_by == "one pass"
    one = accuracy.measured(texts, "generic", with_ladder=True).ladder
    monkeypatch.setattr(accuracy, "cut", lambda result, threshold: ())
    again = accuracy.measured(texts, "generic", with_ladder=True)
    assert (again.ladder, again.ladder_by) == (one, "a pass each")


def test_limits_and_ablation_run(dev: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert limits.main(["--dev", str(dev), "--no-write"]) == 0
    assert "| page.rapidocr |" in capsys.readouterr().out
    proposers = import_module("ocrfix.propose").PROPOSERS
    arguments = ["--dev", str(dev), "--all", "--only", "substitutions", "language", "--json", str(dev / "record.json")]
    assert module("ablation").main(arguments) == 0
    assert import_module("ocrfix.propose").PROPOSERS is proposers
    found = json.loads((dev / "record.json").read_text(encoding="utf-8"))["without"]
    assert list(found) == ["nothing", "source substitutions", "evidence language"]
    assert found["nothing"]["pairs"]["right"] > found["evidence language"]["pairs"]["right"]


def test_pictures_are_made_from_records_alone(dev: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    results = ROOT / "benchmarks" / "results"
    if not list(results.glob("*-accuracy.json")):
        pytest.skip("no record of accuracy.py")
    assert module("plots").main(["--results", str(results), "--out", str(dev / "figures")]) == 0
    made = {path.name: path.stat().st_size for path in (dev / "figures").iterdir()}
    assert set(made) == {"harm-gain.png", "reliability.png", "cer.png", "names.png", "speed.png"}
    assert max(made.values()) <= 60 * 1024


# --- what becomes of names

names = module("names")
GOLD = "聊城市茌平区和郓城县、莒县的代表到会。"


@pytest.mark.parametrize(
    ("noisy", "read"),
    [
        ("聊城市茌平区和郓城县、莒县的代表到会。", ["intact"] * 4),
        ("聊城市在平区和郓城县、莒县的代表到会。", ["intact", "misread", "intact", "intact"]),
        ("聊城市在乎区和郓城县、莒县的代表到会。", ["intact", "misread", "intact", "intact"]),
        ("聊城市在乎这和郓城县、莒县的代表到会。", ["intact", "otherwise", "intact", "intact"]),
        ("聊城市茌平区和城县、莒县的代表到会。", ["intact", "intact", "otherwise", "intact"]),
        ("聊城市茌平区和郓城县、莒县的代人到会。", ["intact"] * 4),
        ("聊城市茌平区和郓城城县、莒县的代表到会。", ["intact", "intact", "otherwise", "intact"]),
    ],
)
def test_how_names_were_read(noisy: str, read: list[str]) -> None:
    assert [name.read for name in names.names(noisy, GOLD, Corrector().resources)] == read


def test_names_are_counted_before_and_after() -> None:
    noisy = GOLD.replace("茌", "在").replace("莒", "营")
    mended = Correction(3, 4, "在", "茌", 0.9, "name")
    spoilt = Correction(0, 1, "聊", "柳", 0.9, "name")
    result = Result(noisy, (spoilt, mended), ())
    counts = names.count(noisy, GOLD, result, Corrector().resources)
    assert (counts["intact"], counts["intact and there"]) == (2, 1)
    assert (counts["misread"], counts["misread and there"]) == (2, 1)
    assert (counts["right edits"], counts["wrong edits"]) == (1, 1)


# --- how long it takes


def test_speed_is_told_in_every_way(dev: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "speed.json"
    clean, pairs = sorted(dev.glob("clean_*.txt"))[:1], sorted((dev / "ocr").glob("*.tsv"))[:1]
    arguments = ["--clean", *map(str, clean), "--pairs", *map(str, pairs), "--repeats", "1", "--longest", "1000"]
    arguments += ["--processes", "2"]
    assert module("speed").main([*arguments, "--json", str(record)]) == 0
    figures = json.loads(record.read_text(encoding="utf-8"))
    ours = {one["way"]: one["characters_per_second"] for one in figures["throughput"] if one["system"] == "ocrfix"}
    assert set(ours) == {"as one", "line by line", "4 % noise", "read"}
    assert all(rate > 0 for rate in ours.values())
    sources = {name.removeprefix("propose: ") for name in figures["stages"]["as one"]["seconds"] if "propose" in name}
    assert sources == {proposer.__name__ for proposer in import_module("ocrfix.propose").PROPOSERS}
    assert [one["bytes"] for one in figures["growth"]] == [1000]
    assert [one["processes"] for one in figures["processes"]] == [1, 2]
    assert "Characters a second of one processor:" in capsys.readouterr().out


def test_what_lines_say_together_is_told_beside_what_they_say_alone(
    dev: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "together.json"
    assert module("together").main(["--dev", str(dev), "--limit", "3", "--json", str(record)]) == 0
    ways = [one["way"] for one in json.loads(record.read_text(encoding="utf-8"))["files"]]
    assert ways == ["alone", "together", "as one"] * (len(ways) // 3)
    assert "wrong edits" in capsys.readouterr().out


@given(st.text("会议强调，。1a\n", max_size=200))
@settings(deadline=None)
def test_noise_is_of_han_characters_alone_and_always_the_same(text: str) -> None:
    noisy = module("speed").noisy(text)
    assert noisy == module("speed").noisy(text)
    assert [ch for ch in noisy if ch in "，。1a\n"] == [ch for ch in text if ch in "，。1a\n"]
    assert len(noisy) == len(text)
