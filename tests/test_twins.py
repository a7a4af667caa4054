"""What was made fast gives what the slow and obvious way gives."""

from __future__ import annotations

import math
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import DAMAGED, PAGE
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix import Config, Corrector, Resources
from ocrfix.channel import FAITH, MILDER, UNLISTED, Channel
from ocrfix.characters import foremost
from ocrfix.decode import Option, Taken
from ocrfix.detect import suspects
from ocrfix.evidence import NOTHING, Batch
from ocrfix.expectations import MARKS, expectations
from ocrfix.language import EDGE, FEW, UNKNOWN
from ocrfix.mapped import CharacterRows, Malformed, whole_numbers
from ocrfix.marks import STOPS, _Page
from ocrfix.names import MEMBERS, classes
from ocrfix.near_names import LEAST, _least_wrong, is_near, misreading, near
from ocrfix.places import COLUMNS, Place, read_places
from ocrfix.proposals import Proposals
from ocrfix.propose import propose
from ocrfix.proposed_names import NAMES
from ocrfix.rows import OPEN, Rows
from ocrfix.score import HOPEFUL, all_evidence, score
from ocrfix.spellings import BASES, BLOCK, Ragged, Spellings
from ocrfix.survey import PAD, Survey
from ocrfix.text import BOUNDARY, HAN, code_points, standard, standards

RESOURCES = Resources.builtin()
MODEL = RESOURCES.language


def worn(text: str, seed: int, share: float = 0.05) -> str:
    """A text with some Han characters replaced by others of it."""
    chance = random.Random(seed)
    han = [ch for ch in text if HAN.match(ch)]
    return "".join(chance.choice(han) if HAN.match(ch) and chance.random() < share else ch for ch in text)


PAGES = [worn(PAGE.read_text(encoding="utf-8")[k : k + 500], k) for k in (0, 1500, 3000)]


# --- the language model


def test_what_is_shared_is_scored_as_if_nothing_were() -> None:
    chance = np.random.default_rng(5)
    text = MODEL.ids(code_points(PAGE.read_text(encoding="utf-8").replace("\n", "")))
    for width in (0, 1, 2, 3):
        at = np.sort(chance.choice(np.arange(10, len(text) - 10), 150, replace=False))
        left, right = text[at[:, None] + np.arange(-PAD, 0)], text[at[:, None] + np.arange(PAD)]
        which = np.repeat(np.arange(150), 20)
        assert len(which) >= FEW
        middle = chance.choice(text, (len(which), width))
        middle[chance.random(middle.shape) < 0.05] = UNKNOWN
        rows = np.concatenate((left[which], middle, right[which]), axis=1)
        expected = MODEL.log_probabilities(rows)[:, PAD:].sum(axis=1)
        assert MODEL.between(left, right, which, middle).tolist() == expected.tolist()


@pytest.mark.parametrize("times", [2, FEW // 40 + 1])
def test_pieces_of_several_lengths_are_scored_as_if_each_were_alone(times: int) -> None:
    chance = np.random.default_rng(6)
    text = MODEL.ids(code_points(PAGE.read_text(encoding="utf-8").replace("\n", "")))
    at = np.sort(chance.choice(np.arange(10, len(text) - 10), 40, replace=False))
    left, right = text[at[:, None] + np.arange(-PAD, 0)], text[at[:, None] + np.arange(PAD)]
    which = np.repeat(np.arange(40), times)
    middle, sizes = chance.choice(text, (len(which), 5)), chance.integers(0, 6, len(which))
    found = MODEL.between(left, right, which, middle, sizes).tolist()
    for k, (place, size) in enumerate(zip(which.tolist(), sizes.tolist(), strict=True)):
        row = np.concatenate((left[place], middle[k, :size], right[place]))
        assert found[k] == int(MODEL.log_probabilities(row)[PAD:].sum())


def test_what_comes_before_is_what_is_followed() -> None:
    for ch in "平茌。":
        index = int(MODEL.ids(code_points(ch))[0])
        every = np.arange(len(MODEL.vocabulary) + 2, dtype=np.uint16)
        logp, met = MODEL.following(every, np.full_like(every, index))
        ids, found = MODEL.preceding(index)
        assert (ids.tolist(), found.tolist()) == (every[met].tolist(), logp[met].tolist())
        assert MODEL.seen(ids, np.full_like(ids, index)).tolist() == found.tolist()


def test_what_fits_between_two_is_found_whichever_list_is_shorter() -> None:
    chance = np.random.default_rng(6)
    text = MODEL.ids(code_points(PAGE.read_text(encoding="utf-8").replace("\n", "")))
    at = chance.choice(np.arange(1, len(text) - 1), 25)
    left, right, least = text[at - 1], text[at + 1], chance.integers(-3_000, 6_000, 25)
    able = [k for k, ch in enumerate(MODEL.vocabulary, 2) if ch in MARKS or (HAN.match(ch) and standard(ch))]
    every = np.array(able, dtype=np.uint16)
    expected = []
    for k in range(25):
        one, met_one = MODEL.following(np.full_like(every, left[k]), every)
        two, met_two = MODEL.following(every, np.full_like(every, right[k]))
        fit = one.astype(np.int64) + two - MODEL.unigrams[every]
        good = met_one & met_two & (fit > least[k])
        expected += [(k, *row) for row in zip(every[good].tolist(), fit[good].tolist(), strict=True)]
    found = expectations(left, right, least, MODEL)
    assert list(zip(*(column.tolist() for column in found), strict=True)) == expected


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-9, 9)), max_size=80), st.integers(1, 4))
@settings(deadline=None)
def test_the_foremost_at_each_place(rows: list[tuple[int, int]], most: int) -> None:
    rows.sort(key=lambda row: row[0])
    expected = []
    for place in sorted({place for place, _ in rows}):
        here = [k for k, row in enumerate(rows) if row[0] == place]
        expected += sorted(here, key=lambda k: (-rows[k][1], k))[:most]
    place, score_of = (np.array([row[k] for row in rows], dtype=np.int64) for k in (0, 1))
    assert foremost(place, score_of, most).tolist() == expected


# --- names


@pytest.mark.parametrize("text", [DAMAGED, *PAGES])
def test_names_that_are_nearly_there_are_those_that_trying_all_finds(text: str) -> None:
    survey = Survey(text, RESOURCES, Config())
    forms: dict[str, int] = {}
    for active in survey.places:
        if active.weight >= LEAST:
            of_place = RESOURCES.gazetteer.forms(active.place)
            stem = min(of_place, key=len)
            for form in of_place:
                forms.setdefault(form, len(stem) if form.startswith(stem) else len(form))
    read = survey.read
    expected = set()
    for form, stem in forms.items():
        if len(form) > 4:  # trying all takes long
            continue
        spans = {
            (start, end): misreading(read[start:end], form).wrong
            for start in range(len(read))
            for end in range(start + max(len(form) - 1, 1), min(start + len(form) + 1, len(read)) + 1)
            if (is_near(read[start:end], form, stem) or read[start:end] == form)
            and (len(form) <= end - start or BOUNDARY not in read[max(start - 1, 0) : start] + read[end : end + 1])
        }
        for (start, end), wrong in spans.items():
            if wrong > 0 and all(wrong <= w for (a, b), w in spans.items() if a < end and start < b):
                expected.add((start + PAD, end + PAD, form))
    found = {
        (start, end, one.names[k].form)
        for one in near(survey, RESOURCES.gazetteer)
        for start, end, k in zip(one.start.tolist(), one.end.tolist(), one.name.tolist(), strict=True)
    }
    assert {row for row in found if len(row[2]) <= 4} == expected


# --- what is left out because it can decide nothing


@pytest.mark.parametrize("text", [DAMAGED, *PAGES])
def test_what_is_left_out_would_not_have_counted(text: str) -> None:
    survey = Survey(text, RESOURCES, Config())
    proposals = list(propose(survey, suspects(survey, RESOURCES), RESOURCES))
    expected = set()
    for p, names, raw in all_evidence(survey, proposals, RESOURCES):
        weights = np.array([RESOURCES.weights.get((p.source, name), 0) for name in names])
        expected |= told(p, raw * weights // 1000)
    found = set()
    for scored in score(survey, proposals, RESOURCES):
        found |= told(scored.proposals, scored.evidence)
    assert found == expected
    assert {"substitutions", "omissions"} <= {source for source, *_ in found} or text == DAMAGED


def told(p: Proposals, evidence: np.ndarray) -> set[tuple[object, ...]]:
    """The hopeful rows and all that is said of them."""
    rows = np.flatnonzero(evidence.sum(axis=1) > HOPEFUL).tolist()
    return {(p.source, int(p.start[k]), int(p.end[k]), p.form(k, MODEL), tuple(evidence[k].tolist())) for k in rows}


def test_a_text_may_be_cut_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(PAGES)
    whole = Corrector().correct(text)
    monkeypatch.setattr("ocrfix.survey.PIECE", 40)
    assert len(Survey(text, RESOURCES, Config()).pieces) > 20
    assert Corrector().correct(text) == whole


def test_pieces_end_before_what_is_no_han_character() -> None:
    survey = Survey("会议强调，" * 9_000, RESOURCES, Config())
    pieces = survey.pieces.tolist()
    assert pieces[0] == PAD
    assert pieces[-1] == len(survey.ids) - PAD
    assert len(pieces) == 4
    assert all(survey.symbols(first, first + 1) in "，,\n" for first, _ in pairwise(pieces))


# --- readings of a stretch


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=2, max_size=40), st.data())
@settings(max_examples=50, deadline=None)
def test_readings_are_ordered_as_lists_of_rows_are(steps: list[tuple[int, bool]], data: st.DataObject) -> None:
    known: list[tuple[Taken, list[int]]] = [(Taken(), [])]
    for row, (_, latest) in enumerate(steps):
        node, rows = known[-1] if latest else data.draw(st.sampled_from(known))
        option = Option(row, row + 1, (), 0, 0, 0, steps[row][0] * 100 + row)
        known.append((Taken(option, node), [*rows, option.row]))
    for one, rows in known:
        assert one.rows() == rows
        for two, others in known:
            assert (one < two) == (rows < others)


# --- strings in a text


LETTERS = st.text("在平度市县茌A\ud800𠮷", max_size=6)


@given(st.lists(LETTERS, max_size=12), st.lists(LETTERS, max_size=8).map("".join), st.sampled_from([7, BLOCK]))
@settings(deadline=None)
def test_strings_are_found_as_by_trying_each_everywhere(strings: list[str], text: str, block: int) -> None:
    spelled = Spellings.of(strings)
    assert list(spelled) == [string for string in dict.fromkeys(strings) if string]
    everywhere = [
        (at, -len(string), string) for at in range(len(text)) for string in spelled if text.startswith(string, at)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ocrfix.spellings.BLOCK", block)
        starts, numbers = spelled.everywhere(code_points(text))
        longest = spelled.longest(code_points(text))
    assert [(at, spelled[k]) for at, k in zip(starts.tolist(), numbers.tolist(), strict=True)] == [
        (at, string) for at, _, string in sorted(everywhere)
    ]
    expected, after = list[tuple[int, str]](), 0
    for at, _, string in sorted(everywhere):
        if at >= after:
            expected.append((at, string))
            after = at + len(string)
    assert [(at, spelled[k]) for at, k in longest] == expected


@given(st.lists(LETTERS.filter(bool), max_size=12), st.lists(LETTERS, max_size=6), st.booleans())
@settings(deadline=None)
def test_strings_have_the_numbers_that_a_dictionary_gives_them(
    strings: list[str], sought: list[str], bad: bool
) -> None:
    number = {string: k for k, string in enumerate(dict.fromkeys(strings))}
    with pytest.MonkeyPatch.context() as patch:
        if bad:  # a base with which hashes of strings are the sums of their characters: 在平 and 平在 have the same
            patch.setattr("ocrfix.spellings.BASES", (1, *BASES))
        spelled, which = Spellings.distinct(Ragged.of(strings))
        assert which.tolist() == [number[string] for string in strings]
        assert list(spelled) == list(number)
        assert spelled.numbers(sought).tolist() == [number.get(string, -1) for string in sought]
        assert list(Spellings.of(strings).take(np.arange(len(number))[::-1])) == list(number)[::-1]


# --- the gazetteer's rows


def test_rows_of_the_mapped_table_are_those_that_are_read() -> None:
    path = RESOURCES.gazetteer.path
    rows, places = Rows.open(path), read_places(path)
    assert list(rows) == places
    assert [rows.kinds[k] for k in rows.kind] == [place.kind for place in places]
    assert rows.ends.tolist() == [place.end or OPEN for place in places]
    within, coded = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    for k, place in enumerate(places):
        within[place.within].append(k)
        coded[place.code].append(k)
    assert all(rows.within(code) == numbers for code, numbers in within.items())
    assert all(rows.coded(code) == numbers for code, numbers in coded.items())
    assert (rows.within("371599"), rows.coded("371599"), rows.holds("371503"), rows.holds("37150")) == (
        [],
        [],
        True,
        False,
    )


WRITTEN = (
    lambda table: b"\xef\xbb\xbf" + table,
    lambda table: table.replace(b"\n", b"\r\n"),
    lambda table: table.removesuffix(b"\n"),
    lambda table: table.replace(b"2019", "２０１９".encode()),
)


@pytest.mark.parametrize("change", WRITTEN)
def test_rows_of_a_table_that_is_written_otherwise_are_the_same(
    tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    cells = ("11 北京市 province - - - x", "1101 茌平区 county 11 1980 2019 y", "1101 茌平县 county 11 - 1979 z")
    lines = [row.replace(" ", "\t").replace("-", "") for row in (" ".join(COLUMNS), *cells)]
    plain, other = tmp_path / "plain.tsv", tmp_path / "other.tsv"
    plain.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    other.write_bytes(change(plain.read_bytes()))
    for rows in (Rows.open(plain), Rows.open(other)):
        assert list(rows) == read_places(plain)
        assert (rows.ends.tolist(), list(rows.names.sizes)) == ([OPEN, 2019, 1979], [3, 3, 3])
        assert (rows.code.tolist(), rows.coded("1101"), rows.within("11")) == ([0, 1, 1], [1, 2], [1, 2])


def test_what_bears_a_form_is_what_the_rows_say(tmp_path: Path) -> None:
    # A list that repeats a row of the table adds nothing to what bears its name.
    same = next(place for place in RESOURCES.gazetteer.places if place.code == "371503")
    cells = "\t".join("" if cell is None else str(cell) for cell in same)
    (tmp_path / "names.tsv").write_text("\t".join(COLUMNS) + f"\n{cells}\n\t信发集团\tfirm\t\t\t\t\n", encoding="utf-8")
    gazetteer = RESOURCES.gazetteer.with_files(tmp_path / "names.tsv")
    assert same in gazetteer.user_places
    expected = defaultdict[str, list[Place]](list)
    for full in (True, False):
        for place in gazetteer.places:
            for form in gazetteer.forms(place) if not full or place.name else ():
                if (form == place.name) == full and (full or place.kind != "township"):
                    expected[form].append(place)
    bearers, places = gazetteer.bearers, gazetteer.everywhere
    assert list(bearers.spelled) == list(expected)
    for number, (form, bearing) in enumerate(expected.items()):
        found = [places[k] for k in bearers.of_form(number).tolist()]
        assert found == sorted(dict.fromkeys(bearing), key=lambda place: -(place.end or OPEN)), form
    assert [bearers.spelled[k] for k in bearers.full.tolist()] == [place.name for place in gazetteer.places]


def test_names_that_stand_for_a_class_are_those_that_the_model_finds_likeliest() -> None:
    by_end = defaultdict[str, set[str]](set)
    for place in RESOURCES.gazetteer.places:
        if place.kind in ("prefecture", "county", "township"):
            if len(place.name) > 2 and (place.kind != "township" or place.name[-1] not in "市县区"):
                by_end[place.name[-1]].add(place.name)
            if place.kind != "township":
                by_end[""].update(form for form in RESOURCES.gazetteer.forms(place) if len(form) == 2)
    expected = {}
    for end, names in by_end.items():
        ids = {name: MODEL.ids(code_points(name)) for name in names}
        likely = {
            name: -int(MODEL.log_probabilities(np.concatenate((np.array([EDGE], np.uint16), ids[name])))[1:].sum())
            for name in names
            if len(names) >= MEMBERS
        }
        if likely:
            best = sorted(likely, key=lambda name: (likely[name], name))[:MEMBERS]
            expected[end] = [ids[name].tolist() for name in sorted(best, key=len)]
    kinds, members, sizes = classes(RESOURCES.gazetteer, MODEL)
    found = {
        end: [one[:size] for one, size in zip(members[k].tolist(), sizes[k].tolist(), strict=True)]
        for end, k in kinds.items()
    }
    assert found == expected


@pytest.mark.parametrize("page", PAGES)
def test_what_is_wrong_in_a_batch_of_names_is_what_is_wrong_in_each(page: str) -> None:
    survey = Survey(page, RESOURCES, Config())
    every = [p for p in propose(survey, suspects(survey, RESOURCES), RESOURCES) if p.source in NAMES]
    assert {p.ids.shape[1] - p.width for p in every} >= {0, 1}
    for p in every:
        slips, found = Batch(survey, p, RESOURCES).slips, defaultdict[int, list[tuple[str, str]]](list)
        for row, pair in zip(slips.row.tolist(), slips.pair.tolist(), strict=True):
            found[row].append((slips.printed[pair].strip(NOTHING), slips.true[pair].strip(NOTHING)))
        for k, form in enumerate(p.forms):
            expected = misreading(survey.symbols(int(p.start[k]), int(p.end[k])), form)
            assert sorted(found[k]) == sorted(expected.slips)
            missing = set(range(len(form))) - set(expected.intact)
            alone = expected.wrong == 1 and not expected.made_up
            assert int(slips.only[k]) == (missing.pop() if alone else -1)


@given(
    st.text("茌平区在县城", max_size=14),
    st.lists(st.text("茌平区县城", min_size=2, max_size=5), min_size=1, max_size=4),
)
def test_of_overlapping_spans_of_a_name_those_count_in_which_least_is_wrong(text: str, forms: list[str]) -> None:
    spans = [
        (k, start, end)
        for k, form in enumerate(dict.fromkeys(forms))
        for start in range(len(text))
        for end in range(start + max(1, len(form) - 1), min(start + len(form) + 1, len(text)) + 1)
    ]
    wrong = [misreading(text[start:end], [*dict.fromkeys(forms)][k]).wrong for k, start, end in spans]
    expected = [
        n
        for n, (k, start, end) in enumerate(spans)
        if wrong[n]
        and all(wrong[n] <= w for (j, a, b), w in zip(spans, wrong, strict=True) if j == k and a < end and b > start)
    ]
    windows = np.array(spans, dtype=np.int64).reshape(-1, 3)
    assert _least_wrong(windows, np.array(wrong, dtype=np.int64)).tolist() == expected


# --- tables of which rows are found by a character


def test_readings_are_what_reckoning_one_by_one_gives() -> None:
    channel = RESOURCES.channel("generic")
    worn = [Channel.open(path).worn() for path in channel.paths]
    for printed in ["", *"在平县人一。,", *random.Random(3).sample(MODEL.vocabulary, 60)]:
        found = dict[str, float]()
        for table, counts in zip(worn, channel._counts, strict=True):
            row = {true: p for (shown, true), p in table.items() if shown == printed}
            times = counts.times.get(printed, {})
            for true in row.keys() | times.keys():
                real = FAITH * row.get(true, math.exp(-UNLISTED / 1000)) + MILDER * times.get(true, 0)
                found[true] = found.get(true, 0.0) + real / (FAITH + counts.shown.get(true, 0))
        costs = {true: round(-1000 * math.log(p / len(worn))) for true, p in sorted(found.items())}
        assert channel.readings(printed) == {true: max(min(cost, UNLISTED), 0) for true, cost in costs.items()}


@given(st.text("0123456789 ,-", max_size=12))
def test_whole_numbers_are_what_int_makes_of_them(digits: str) -> None:
    parts = digits.split(" ") if digits else []
    sound = all(part.isdecimal() and len(part) <= 4 for part in parts)
    found = whole_numbers(digits.encode())
    assert (None if found is None else found.tolist()) == ([int(part) for part in parts] if sound else None)


@given(st.lists(st.tuples(st.characters(exclude_categories=["Cs"]), st.text("ab\t", max_size=4)), max_size=6))
def test_rows_are_found_by_their_first_character(rows: list[tuple[str, str]]) -> None:
    rows = [row for row in rows if row[0] not in "\t\n\r"]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "table.tsv")
        lines = [f"{ch}\t{rest}" for ch, rest in rows]
        path.write_text("\n".join(("one\tother", *lines)), encoding="utf-8", newline="")
        if len({ch for ch, _ in rows}) < len(rows):
            with pytest.raises(Malformed, match="expected a character that has no row yet"):
                CharacterRows(path, ("one", "other"))
            return
        table = CharacterRows(path, ("one", "other"))
        assert {ch: table.row(ch) for ch in table} == {
            ch: line.encode() for (ch, _), line in zip(rows, lines, strict=True)
        }
        assert (table.row("在平"), table.body().decode()) == (None, "\n".join(lines))


@given(st.text(max_size=30))
def test_the_standard_characters_of_a_text_are_those_that_are_standard(text: str) -> None:
    assert standards(text).tolist() == [standard(ch) for ch in text]


# --- what the document knows


def test_what_recurs_is_what_counting_finds() -> None:
    survey = Survey(PAGE.read_text(encoding="utf-8"), RESOURCES, Config())
    ids = survey.ids.tolist()
    times = Counter(zip(ids, ids[1:], ids[2:], strict=False))
    runs, found = survey.forms.often(3)
    expected = sorted((run, n) for run, n in times.items() if n >= 3)
    assert [(tuple(run), n) for run, n in zip(runs.tolist(), found.tolist(), strict=True)] == expected
    rows = np.concatenate((survey.ids[:40].reshape(-1, 4), np.full((1, 4), 77, dtype=np.uint16)))
    assert survey.forms.times(rows).tolist() == [[times[tuple(r[k : k + 3])] for k in (0, 1)] for r in rows.tolist()]


@given(st.text("，。、会要\n𠮷 ", max_size=30))
@settings(deadline=None)
def test_the_stops_around_a_place_are_those_that_looking_finds(text: str) -> None:
    page = _Page(Survey(text, RESOURCES, Config()))
    stops = [k for k, code in enumerate(page.codes.tolist()) if chr(code) in STOPS]
    for k in range(len(page.codes)):
        assert page.before[k] == max((at for at in stops if at < k), default=0)
        assert page.after[k] == min((at for at in stops if at > k), default=len(page.codes) - 1)


def test_likelihoods_come_out_right_where_their_sums_wrap_around() -> None:
    survey = Survey("在平" * 40, RESOURCES, Config())
    places = np.arange(10, 40)
    expected = [int(survey.logp[at : at + 2 + PAD].sum()) for at in places.tolist()]
    survey.logp_before = (survey.logp_before.astype(np.int64) + (1 << 31) + 200_000).astype(np.int32)
    assert survey.before(places, places + 2).tolist() == expected
