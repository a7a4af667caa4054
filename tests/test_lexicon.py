"""Words, set phrases and protected words, and the tables they are read from."""

import pickle
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix import Config, correct
from ocrfix.lexicon import Lexicon, Near, TableError, read_protected, read_table
from ocrfix.pipeline import Corrector
from ocrfix.text import plain

LEXICONS = Path(__file__).parent.parent / "lexicons"
BUILTIN = Lexicon.open(LEXICONS)


@pytest.mark.parametrize("name", ["words", "phrases", "protected"])
def test_tables_are_sorted_and_without_doubles(name: str) -> None:
    lines = (LEXICONS / f"{name}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    first = [line.split("\t")[0] for line in lines]
    assert first == sorted(set(first))


def test_every_protected_word_has_a_reason() -> None:
    assert all(len(reason) > 10 for reason in BUILTIN.protected.values())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"t.tsv:1: expected the columns word, kind, separated by tabs, found \[\]"),
        (b"word,kind\n", r"t.tsv:1: expected the columns word, kind"),
        (b"word\tkind\na\tb\nc\n", r"t.tsv:3: expected 2 columns, found 1; columns are word, kind"),
        (b"word\tkind\n\na\tb\n", r"t.tsv:2: expected 2 columns, found 1"),
        (b"word\tkind\na\tb\tc\n", r"t.tsv:2: expected 2 columns, found 3"),
        (b"word\tkind\n\xff\tb\n", r"t.tsv:2: expected UTF-8, found the byte 0xff"),
    ],
)
def test_a_bad_table_says_where(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes(data)
    with pytest.raises(TableError, match=message):
        read_table(path, ("word", "kind"))


@pytest.mark.parametrize("data", ["word\tkind\n甲\t乙\n", "\ufeffword\tkind\r\n甲\t乙\r\n", "word\tkind\n甲\t乙"])
def test_good_tables(tmp_path: Path, data: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes(data.encode())
    assert read_table(path, ("word", "kind")) == [["甲", "乙"]]


def test_knows() -> None:
    assert all(BUILTIN.knows(word) for word in ("稳中有进", "稳中有进、稳中向好", "优势互补", "徐巿"))
    assert not any(BUILTIN.knows(word) for word in ("", "在平", "稳中有近"))


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("呈现稳中向好、稳中向好的良好态势", (2, 11, "稳中有进、稳中向好")),
        ("呈现稳中有进,稳中向好的良好态势", (2, 11, "稳中有进、稳中向好")),
        ("坚持优势互朴", (2, 6, "优势互补")),
        ("聊城市茌平区人民致府", (6, 10, "人民政府")),
    ],
)
def test_near_phrases(text: str, near: tuple[int, int, str]) -> None:
    assert Near(*near) in BUILTIN.near_phrases(text)


@pytest.mark.parametrize("text", ["", "abc", "稳中有进、稳中向好", "优势互补", "\ud800", "𠮷", "稳\ud800有进"])
def test_nothing_near_what_is_right_or_no_phrase(text: str) -> None:
    assert all(near.phrase not in text for near in BUILTIN.near_phrases(text))
    assert BUILTIN.near_phrases("优势互补") == BUILTIN.near_phrases("") == ()


# --- words that are not to be touched


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("word\treason\n其它\n", r"w.tsv:2: expected 2 columns, found 1; columns are word, reason"),
        ("word\tkind\n", r"w.tsv:1: expected the columns word, reason, separated by tabs, found \['word\\tkind'\]"),
        (
            "word\treason\n其它\tb\n\tb\n",
            r"w.tsv:3: expected a word, and after a tab the reason or nothing, found '<tab>b'",
        ),
        (
            "# ours\n\n其它\n\tno word\n",
            r"w.tsv:4: expected a word, and after a tab the reason or nothing, found '<tab>no",
        ),
        ("其它\n\u200b\tb\n", r"w.tsv:2: expected a word, and after a tab"),
        ("其它\ta\tb\n", r"w.tsv:1: expected a word, and after a tab the reason or nothing, found '其它<tab>a<tab>b'"),
        ("其它\n份子\n".encode("gb18030"), r"w.tsv:1: expected UTF-8, found the byte 0xc6"),
    ],
)
def test_a_bad_list_of_protected_words_says_where(tmp_path: Path, data: str | bytes, message: str) -> None:
    path = tmp_path / "w.tsv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(TableError, match=message):
        BUILTIN.with_files(path)
    with pytest.raises(TableError, match=message):
        Corrector(config=Config(protect_files=(str(path),)))


def test_lists_of_protected_words(tmp_path: Path) -> None:
    table, names, empty = tmp_path / "table.tsv", tmp_path / "names.txt", tmp_path / "empty.txt"
    table.write_bytes("\ufeffword\treason\r\n在平\ta name\r\n".encode())
    names.write_text("# ours\n\n 建没 \n经挤\tof the time\n", encoding="utf-8")
    empty.write_bytes(b"")
    assert read_protected(table) == {"在平": "a name"}
    assert read_protected(names) == {"建没": "", "经挤": "of the time"}
    assert read_protected(empty) == {}
    extended = BUILTIN.with_files(table, names, empty)
    assert extended.protected == BUILTIN.protected | {"在平": "a name", "建没": "", "经挤": "of the time"}
    assert extended != BUILTIN
    copy = pickle.loads(pickle.dumps(extended))
    assert copy == extended
    assert copy.protected == extended.protected
    assert BUILTIN.with_files() is BUILTIN
    with pytest.raises(FileNotFoundError):
        BUILTIN.with_files(tmp_path / "none.txt")


WORDS = ("甲乙", "乙丙", "丙", "Ａ股", "1998", "甲 \n乙丙丁", "", " ", "\ud800", "𠮷野")


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*WORDS, *"甲乙丙丁A Ａ股19981９\n\u3000𠮷野\ud800\udc00"]), max_size=12).map("".join))
def test_what_is_protected_is_what_comparing_finds(text: str) -> None:
    letters, where = plain(text)
    expected = [False] * len(text)
    for word in {plain(word)[0] for word in WORDS} - {""}:
        for start in range(len(letters) - len(word) + 1):
            if letters[start : start + len(word)] == word:
                for at in range(start, start + len(word)):
                    expected[where[at]] = True
    assert BUILTIN.protects(text, WORDS).tolist() == expected


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("要坚持以经济建没为中心。", "建没"),
        ("要坚持以经济建 没为中心。", "建没"),
        ("要坚持以经济建没为中心。", "建　没"),
        ("要坚持以经济建没为中心。", "济建"),
        ("发行Ａ股以经济建没为中心。", "A股以经济建没"),
        ("1998年以经济建没为中心。", "１９９８年以经济建没"),
        ("1998年以经济建 没为中心。", "98年以经济建没"),
    ],
)
def test_a_protected_word_stays(text: str, word: str) -> None:
    assert correct(text).text == text.replace("没", "设")
    kept = Corrector(config=Config(protect=(word,))).correct(text)
    assert kept.text == (text if "没" in word else text.replace("没", "设"))


@pytest.mark.parametrize("word", ["2024年以经济建没", "A998年以经济建没", "经济设没", "年 度"])
def test_another_word_protects_nothing(word: str) -> None:
    text = "1998年以经济建没为中心。"
    assert Corrector(config=Config(protect=(word,))).correct(text).text == text.replace("没", "设")


def test_a_protected_word_that_a_line_break_cuts_stays(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("建没\tfor the test\n", encoding="utf-8")
    text = "大家知道，要坚持以经济建\n没为中心，毫不动摇。"
    assert BUILTIN.with_files(words).protects(text).nonzero()[0].tolist() == [11, 13]
    assert Corrector(config=Config(protect_files=(str(words),))).correct(text).corrections == ()


# --- the slow, obvious twin, on a small lexicon


PHRASES = ["甲乙丙丁", "甲乙丙戊", "丙丁甲乙丙", "甲乙丙丁、戊甲乙丙", "戊戊戊戊丁丁", "丁戊甲乙丙丁"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    folder = tmp_path_factory.mktemp("lexicons")
    rows = "".join(f"{phrase}\t0\ttest\n" for phrase in PHRASES)
    (folder / "phrases.tsv").write_text("phrase\tseen\tsource\n" + rows, encoding="utf-8")
    (folder / "words.tsv").write_text("word\tkind\tsource\n", encoding="utf-8")
    (folder / "protected.tsv").write_text("word\treason\n", encoding="utf-8")
    return Lexicon.open(folder)


def compared(text: str) -> list[Near]:
    """Every phrase at every place, character by character."""
    exact, near = [], []
    for start, phrase in product(range(len(text)), PHRASES):
        there = text[start : start + len(phrase)]
        if len(there) < len(phrase):
            continue
        differ = [(a, b) for a, b in zip(there, phrase, strict=True) if a != b]
        span = (start, start + len(phrase))
        if not differ:
            exact.append(span)
            continue
        allowed = 2 if len(phrase.replace("、", "")) >= 6 else 1
        if len(differ) <= allowed and all(b == "、" or a not in "，、\n" for a, b in differ):
            near.append(Near(*span, phrase))
    return sorted(n for n in near if not any(a <= n.start and n.end <= b for a, b in exact))


@settings(max_examples=300)
@given(st.data())
def test_near_phrases_are_what_comparing_finds(small: Lexicon, data: st.DataObject) -> None:
    pieces = st.sampled_from(PHRASES) | st.text("甲乙丙丁戊、，\n\ud800𠮷", max_size=6)
    characters = list("".join(data.draw(st.lists(pieces, max_size=4))))
    for _ in range(data.draw(st.integers(0, 3))):
        if characters:
            at = data.draw(st.integers(0, len(characters) - 1))
            characters[at] = data.draw(st.sampled_from("甲乙丙丁戊，"))
    text = "".join(characters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ocrfix.lexicon.BLOCK", data.draw(st.sampled_from([2, 5, 1 << 14])))
        assert list(small.near_phrases(text)) == compared(text)


def test_equal_and_pickled() -> None:
    assert Lexicon.open(LEXICONS) == BUILTIN
    BUILTIN.near_phrases("稳中有近")
    copy = pickle.loads(pickle.dumps(BUILTIN))
    assert copy == BUILTIN
    assert copy.near_phrases("坚持优势互朴") == BUILTIN.near_phrases("坚持优势互朴")
    assert len(pickle.dumps(BUILTIN)) < 1000
