"""Many texts: what they say adds up, and nothing hangs on how the work is cut, in which order, or by how many."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import reduce
from itertools import count, islice
from operator import add
from pathlib import Path

import numpy as np
import pytest
from conftest import DAMAGED, PAGE
from hypothesis import given, settings
from hypothesis import strategies as st
from test_established import PAGE as NAMED
from test_properties import texts

from ocrfix import Config, Corrector, OcrText, Resources
from ocrfix.activation import names_in
from ocrfix.survey import Survey
from ocrfix.tally import Forms, Tally
from ocrfix.workers import BATCH, WorkerError, in_order

CORRECTOR = Corrector()
LINES = [
    *(line for line in NAMED.format("汲广村").split("\n")),
    *DAMAGED.splitlines(),
    "在平区委召开会议。",
    "",
    "要坚持以经济建没为中心。",
]
SURVEY = CORRECTOR.survey(LINES)
lists = st.lists(st.one_of(texts, st.sampled_from(LINES)), max_size=6)


# --- surveys add up


@given(lists, st.data())
def test_a_survey_is_the_same_however_texts_are_cut_and_ordered(some: list[str], data: st.DataObject) -> None:
    whole = CORRECTOR.survey(some)
    shuffled = data.draw(st.permutations(some))
    cut = data.draw(st.integers(0, len(some)))
    first, second = CORRECTOR.survey(shuffled[:cut]), CORRECTOR.survey(shuffled[cut:])
    assert first + second == second + first == whole
    assert reduce(add, (CORRECTOR.survey([text]) for text in shuffled), Tally()) == whole
    assert hash(first + second) == hash(whole)
    for again in (Tally.from_bytes(whole.to_bytes()), pickle.loads(pickle.dumps(whole))):
        assert again == whole
        assert list(again.names) == sorted(again.names)


@given(lists)
def test_a_survey_counts_what_a_slow_count_does(some: list[str]) -> None:
    runs: Counter[tuple[int, ...]] = Counter()
    names: Counter[str] = Counter()
    for text in some:
        ids = Survey(text, CORRECTOR.resources, Config()).ids.tolist()
        runs.update(zip(ids, ids[1:], ids[2:], strict=False))
        names.update(names_in(CORRECTOR.resources.gazetteer, text))
    tally = CORRECTOR.survey(some)
    forms, times = tally.forms.often(1)
    assert dict(zip(map(tuple, forms.tolist()), times.tolist(), strict=True)) == runs
    assert tally.names == names
    asked = np.array([*runs, (7, 7, 7)], dtype=np.uint16)
    assert tally.forms.times(asked).ravel().tolist() == [runs[run] for run in map(tuple, asked.tolist())]


def test_adding_up_many_is_adding_them_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [CORRECTOR.survey([line]) for line in LINES * 3]
    one_by_one = reduce(add, parts)
    monkeypatch.setattr("ocrfix.tally.AT_ONCE", 50)
    assert Tally.total(parts) == one_by_one


def test_surveys_of_two_language_models_do_not_mix() -> None:
    other = Tally(SURVEY.forms, SURVEY.names, 1)
    with pytest.raises(ValueError, match="counted with one language model, found 2; survey anew"):
        _ = SURVEY + other
    with pytest.raises(ValueError, match="expected one made with this language model, found another's"):
        CORRECTOR.correct("会议", other)
    assert SURVEY + Tally() == SURVEY


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no zip", pickle.dumps(SURVEY), SURVEY.to_bytes()[:-30]])
def test_bytes_of_something_else_are_no_survey(data: bytes) -> None:
    with pytest.raises(ValueError, match="expected what Tally.to_bytes gives"):
        Tally.from_bytes(data)


def test_a_survey_that_would_run_code_is_refused() -> None:
    file = io.BytesIO()
    np.savez(file, keys=np.array([print], dtype=object), counts=[1], names=[1], vocabulary=1)
    with pytest.raises(ValueError, match="expected what Tally.to_bytes gives"):
        Tally.from_bytes(file.getvalue())


def test_what_is_no_text_is_refused() -> None:
    for call in (CORRECTOR.survey, lambda some: list(CORRECTOR.correct_many(some))):
        with pytest.raises(TypeError, match="expected str or OcrText, found bytes; decode bytes first"):
            call([b"\xd4\xda"])  # type: ignore[arg-type,operator]


# --- what texts say together helps each of them


def test_a_text_alone_is_corrected_as_ever() -> None:
    assert list(CORRECTOR.correct_many(LINES)) == [CORRECTOR.correct(line) for line in LINES]


@pytest.mark.parametrize("text", [PAGE.read_text(encoding="utf-8"), NAMED.format("汲厂树"), DAMAGED])
def test_with_its_own_survey_a_text_is_corrected_as_alone(text: str) -> None:
    """But for which of two places that are equally near a reason names."""
    alone, together = CORRECTOR.correct(text), CORRECTOR.correct(text, CORRECTOR.survey([text]))
    assert together.edits == alone.edits
    for one, other in zip(alone.corrections, together.corrections, strict=True):
        assert one.score == pytest.approx(other.score)


def test_what_others_say_restores_a_name() -> None:
    alone, together = ([r.text for r in CORRECTOR.correct_many(LINES, survey)] for survey in (None, SURVEY))
    misread = LINES.index(next(line for line in LINES if "汲广村" in line))
    assert (alone[misread], together[misread]) == (LINES[misread], LINES[misread].replace("汲广村", "汲广树"))
    assert together[LINES.index("在平区委召开会议。")] == "茌平区委召开会议。"


@settings(max_examples=5)
@given(st.permutations(LINES), st.integers(0, len(LINES)))
def test_given_a_survey_order_and_cut_do_not_matter(some: list[str], cut: int) -> None:
    expected = dict(zip(LINES, CORRECTOR.correct_many(LINES, SURVEY), strict=True))
    survey = CORRECTOR.survey(some[cut:]) + CORRECTOR.survey(some[:cut])
    found = [*CORRECTOR.correct_many(some[:cut], survey), *Corrector().correct_many(some[cut:], survey)]
    assert found == [expected[line] for line in some]


def test_the_number_of_processes_does_not_matter() -> None:
    some = [*LINES, OcrText.from_chars([("建", 0.99, []), ("没", 0.4, [("设", 0.3)])])] * 3
    assert CORRECTOR.survey(some, jobs=2) == CORRECTOR.survey(some)
    expected = list(CORRECTOR.correct_many(some, SURVEY))
    assert list(CORRECTOR.correct_many(iter(some), SURVEY, jobs=2)) == expected


def test_settings_and_lists_reach_the_processes() -> None:
    corrector = Corrector(Resources.builtin(), Config(protect=("经济建没",), accept=0.9))
    found = list(corrector.correct_many(["要坚持以经济建没为中心。"] * 2, jobs=2))
    assert [result.corrections for result in found] == [(), ()]


# --- processes


def slowly(number: int) -> int:
    time.sleep(0.05 if number % 7 == 0 else 0)
    return number * number


def test_results_come_in_the_order_of_what_was_given() -> None:
    items = [(name, range(many)) for name, many in zip("abcdefgh", (0, 3, 40, 0, 0, 1, 9, 0), strict=True)]
    expected = [(name, [n * n for n in parts]) for name, parts in items]
    assert list(in_order(slowly, items, 1)) == expected
    assert list(in_order(slowly, items, 3, lambda _: BATCH // 2)) == expected
    assert list(in_order(slowly, [], 3, lambda _: BATCH)) == []


def test_what_is_given_is_taken_as_it_is_needed() -> None:
    taken = []
    endless = ((taken.append(n) or n, (n,)) for n in count())
    found = list(islice(in_order(slowly, endless, 2, lambda _: BATCH), 20))
    assert found == [(n, [n * n]) for n in range(20)]
    assert len(taken) < 30


def reciprocal(number: int) -> float:
    return 1 / number


def test_what_is_raised_there_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_order(reciprocal, [("a", [1, 0])], 2, lambda _: 1))
    with pytest.raises(ValueError, match="jobs: expected 1 or more, found 0"):
        list(in_order(slowly, [], 0, lambda _: BATCH))


def die_once(path: str) -> int:
    """Kills its process the first time that it is asked."""
    if os.path.exists(path):
        os.unlink(path)
        os.kill(os.getpid(), signal.SIGKILL)
    return 1


def die(_: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_process_that_is_killed_is_begun_again(tmp_path: Path) -> None:
    fatal = tmp_path / "fatal"
    fatal.touch()
    items = [(n, [str(fatal) if n == 5 else "none"]) for n in range(12)]
    assert list(in_order(die_once, items, 2, lambda _: BATCH)) == [(n, [1]) for n in range(12)]
    with pytest.raises(WorkerError, match="a process died 3 times at one batch"):
        list(in_order(die, [(0, [1])], 2, lambda _: BATCH))


ENDLESS = """
import itertools, os, signal, sys
from test_many import report
from ocrfix.workers import BATCH, in_order
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what it runs in the background ignore it
    for _, (pid,) in in_order(report, ((n, [n]) for n in itertools.count()), 2, lambda _: BATCH):
        print(pid, flush=True)
"""


def report(number: int) -> int:
    time.sleep(0.02)
    return os.getpid()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


def they_end(pids: set[int]) -> bool:
    """Whether processes are gone after ten seconds at the most."""
    for _ in range(500):
        if not any(map(is_running, pids)):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_processes_end_with_the_one_that_began_them(how: int) -> None:
    here = os.path.dirname(__file__)
    command = [sys.executable, "-c", ENDLESS]
    with subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        assert running.stdout
        pids = {int(next(running.stdout)) for _ in range(40)}
        os.kill(running.pid, how)
        running.wait(timeout=20)
    assert pids
    assert they_end(pids)


def test_forms_of_nothing() -> None:
    none = Forms.total(())
    assert none.times(np.array([[1, 2, 3]], dtype=np.uint16)).tolist() == [[0]]
    assert len(none.often(1)[0]) == 0
