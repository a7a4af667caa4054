"""What else are places called? 茌平 for 茌平区, 积石山 for 积石山保安族东乡族撒拉族自治县."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrfix.spellings import Numbers, Ragged, Spellings
from ocrfix.text import code_points

PEOPLES = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|"
    "纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|"
    "德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺|各|汉"
)
"""The peoples that names of autonomous areas carry (族 apart), which people leave out when they speak of the place."""

NAMED_WITHOUT_ZU = ("蒙古", "维吾尔", "哈萨克", "柯尔克孜", "塔吉克", "锡伯", "达斡尔")
"""Peoples whose 族 such a name may lack: 新疆维吾尔自治区, 察布查尔锡伯自治县."""

SUFFIXES: Mapping[str, tuple[str, ...]] = {
    # Longest first: the first that fits is taken off.
    "province": ("特别行政区", "自治区", "省", "市"),
    "prefecture": ("自治州", "地区", "市", "盟", "县"),  # 县: those of Taiwan
    "county": ("行政委员会", "自治县", "自治旗", "林区", "特区", "新区", "县", "市", "区", "旗"),
    "township": ("街道办事处", "人民公社", "民族乡", "办事处", "街道", "苏木", "公社", "地区", "镇", "乡", "市", "区"),
}
"""What a short form leaves out, by kind."""

_SUFFIXES_BY_END = {
    (kind, end): tuple(suffix for suffix in suffixes if suffix[-1] == end)
    for kind, suffixes in SUFFIXES.items()
    for end in {suffix[-1] for suffix in suffixes}
}
_PEOPLES = re.compile(f"(?:(?:{PEOPLES})族|{'|'.join(NAMED_WITHOUT_ZU)})+$")
_AUTONOMOUS = {
    "自治区": "",
    "自治州": "州",
    "自治县": "县",
    "自治旗": "旗",
    "民族乡": "乡",
    "镇": "镇",
    "乡": "乡",
    "区": "区",
}
"""Suffixes that follow the name of a people, and what remains of them: 恩施州, 于家务乡."""


@lru_cache(maxsize=1 << 17)
def short_forms(name: str, kind: str) -> tuple[str, ...]:
    """What else a place of this name and kind is called; never one character, never the name itself.

    >>> short_forms("茌平区", "county"), short_forms("温陈街道", "township"), short_forms("莒县", "county")
    (('茌平',), ('温陈',), ())
    >>> short_forms("积石山保安族东乡族撒拉族自治县", "county"), short_forms("恩施土家族苗族自治州", "prefecture")
    (('积石山', '积石山县'), ('恩施', '恩施州'))
    """
    for suffix in _SUFFIXES_BY_END.get((kind, name[-1:]), ()):
        if name.endswith(suffix):
            break
    else:
        return ()
    stem = name.removesuffix(suffix)
    if len(stem) < 2 or (suffix == "旗" and len(stem) > 3 and stem[-1] in "前后左右中"):
        return ()  # 科尔沁左翼中旗: nobody says 科尔沁左翼中
    if suffix not in _AUTONOMOUS or not (stem[-1] == "族" or stem.endswith(NAMED_WITHOUT_ZU)):
        return (stem,)
    bare = _PEOPLES.sub("", stem)
    if len(bare) < 2:  # 鄂温克族自治旗: the people's name is the place's, and 内蒙古 is one word
        bare = stem.removesuffix("族")
    return tuple(form for form in dict.fromkeys((bare, bare + _AUTONOMOUS[suffix])) if form != name)


def stem_of(form: str, kind: str) -> int:
    """How many characters of a name are its own; 街道 is not, and 县 is only where one character is left (莒县).

    >>> stem_of("茌平区", "county"), stem_of("莒县", "county"), stem_of("温陈", "township")
    (2, 2, 2)
    """
    for suffix in SUFFIXES.get(kind, ()):
        if form.endswith(suffix):
            return len(form) - len(suffix) if len(form) > len(suffix) + 1 else len(form)
    return len(form)


# ---------------------------------------------------------------------------------------------------------------------
# The same for many at once


def stems(names: Ragged | Spellings, kind: NDArray[np.integer[Any]], kinds: Sequence[str]) -> Numbers:
    """`stem_of` of each of many names. kind: of which of `kinds` each is, (n,)."""
    suffix, sizes = _suffix_sizes(names, kind, kinds), names.sizes
    return np.where(sizes > suffix + 1, sizes - suffix, sizes)


def all_short_forms(names: Ragged, kind: NDArray[np.integer[Any]], kinds: Sequence[str]) -> tuple[Ragged, Numbers]:
    """The `short_forms` of many names, in their order, and of which name each is."""
    suffix, sizes = _suffix_sizes(names, kind, kinds), names.sizes
    able = np.flatnonzero((suffix > 0) & (sizes - suffix >= 2))
    last = names.letters[names.begins[able] + sizes[able] - suffix[able] - 1]  # of what the suffix leaves
    end = names.letters[names.begins[able] + sizes[able] - 1]
    odd = np.isin(last, _ENDS_OF_PEOPLES) | (end == ord("旗"))
    plain, others = able[~odd], able[odd].tolist()
    found = [short_forms(_spelled(names, k), kinds[kind[k]]) for k in others]
    rows = np.concatenate((plain, np.repeat(np.array(others, dtype=np.int64), list(map(len, found)))))
    order = np.argsort(rows, kind="stable")
    whole = names.take(plain, suffix[plain]) + Ragged.of([form for forms in found for form in forms])
    return whole.take(order), rows[order]


_ENDS_OF_PEOPLES = code_points("".join(sorted({"族", *(people[-1] for people in NAMED_WITHOUT_ZU)})))


def _suffix_sizes(names: Ragged | Spellings, kind: NDArray[np.integer[Any]], kinds: Sequence[str]) -> Numbers:
    """How many characters the suffix has that a short form of each name leaves out; 0 where it has none."""
    found, sizes = np.zeros(len(kind), dtype=np.int64), names.sizes
    for number, what in enumerate(kinds):
        rows = np.flatnonzero(kind == number) if what in SUFFIXES else np.zeros(0, dtype=np.int64)
        ends, many = names.begins[rows] + sizes[rows] - 1, sizes[rows]
        for suffix in SUFFIXES.get(what, ())[::-1]:  # the longest last
            fits = many >= len(suffix)
            for back, ch in enumerate(reversed(suffix)):
                fits &= names.letters[np.maximum(ends - back, 0)] == ord(ch)
            found[rows[fits]] = len(suffix)
    return found


def _spelled(names: Ragged, row: int) -> str:
    return names.letters[names.begins[row] : names.begins[row + 1]].tobytes().decode("utf-32-le", "surrogatepass")
