"""Of which places a document speaks, how likely each is to be named in it, and why."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import repeat
from typing import NamedTuple

from ocrfix.gazetteer import Gazetteer, Unplaced
from ocrfix.places import Place


class Active(NamedTuple):
    """A name that a document may well use, with its weight and the reason.

    `weight`, in nats, to thousandths: how much likelier the next name in this document is to be this one than one
    drawn blindly from the names of the country, ln(P(name | document) * NAMES). 0 is no likelier; 10.8 is certain.
    Of 茌平区 it is 10 where nothing else is named, 7 where 聊城市 is, 3 where that is one of 50 prefectures, 1 where
    only 山东省 is.
    """

    place: Place
    weight: float
    why: str


NAMES = 50_000
"""Names in the country, about: the unit of `Active.weight`."""
FLOOR = 1.0
"""Nats: a weight below this is not worth a row. It keeps a text that names everything from activating everything."""


class Spread(NamedTuple):
    """Where the next name comes from when a place has been named; the four add up to one."""

    itself: float
    around: float  # what it lies in
    beside: float  # what lies in the same
    within: float  # what lies in it


SPREADS: Mapping[str, Spread] = {
    # News that names one province goes on to others; a county's paper stays within its prefecture.
    "province": Spread(0.50, 0.00, 0.40, 0.10),
    "prefecture": Spread(0.50, 0.05, 0.10, 0.35),
    "county": Spread(0.50, 0.10, 0.20, 0.20),
    "township": Spread(0.50, 0.30, 0.20, 0.00),
}
ELSEWHERE = Spread(0.60, 0.35, 0.05, 0.00)  # a hill, a farm, a firm
DEEPER = 0.3  # of what comes from within a place, this part comes from within something in it: its townships
RANK: Mapping[str, float] = {"province": 1.0, "prefecture": 1.0, "county": 0.5, "township": 0.1}
"""Of places that share a name, how readily each is meant, before the document decides."""
LOWEST_RANK = 0.05
FORMER = 0.2  # a name that is not of the time is this much less likely than one that is
NAME_SHARE = 0.15  # of the occurrences of a short form that is only ever a name, those with 县 or the like after it
LEAST_CHANCE = 0.3  # that a short form of a county is no name where it stands, however good it looks in the corpus
RARE_CHANCE = 0.5  # the same for one too rare for the corpus to tell
CHANCE: Mapping[str, float] = {"township": 0.05, "zone": 0.7, "farm": 0.7}  # that a full name is none: 高铁新区
TWO_CHARACTERS = 200  # a full name of two characters seen this often in the corpus is as likely chance: (建)成县(城)
OWN_WORD = 0.1  # what a prefecture's own mentions count against those of others when namesakes are told apart
DATELINE = 5  # a place in the dateline counts as named this many times more
REGION = 20  # a region given by the user counts as named this many times, or as often as all others together
LESSER = 0.3  # development zones and state farms are named this much less than townships
USERS = 6.0  # nats: the weight of a name of the user's own that lies within nothing
BACKGROUND = 1.0  # mentions that could be of any place: one mention alone is half trusted

_DATELINE = re.compile(r"本报(?P<place>[\u4e00-\u9fff]{2,12}?)(?:\d{1,2}月\d{1,2}日)?[讯电]")


def names_in(gazetteer: Gazetteer, text: str) -> Mapping[str, int]:
    """The names of places that a text holds, in order, and how often each counts as named.

    >>> from pathlib import Path
    >>> names_in(Gazetteer.open(Path("lexicons/gazetteer.tsv")), "本报聊城讯 茌平区举办茌平区运动会")
    {'聊城': 6, '茌平区': 2}
    """
    times: dict[str, int] = defaultdict(int)
    datelines = {match.start("place") for match in _DATELINE.finditer(text)}
    for start, _, form, _ in gazetteer.mentions(text):
        times[form] += 1 + (DATELINE if start in datelines else 0)
    return dict(times)


def activate(
    gazetteer: Gazetteer, text: str | Mapping[str, int], region: Iterable[str] = (), date: int | None = None
) -> tuple[Active, ...]:
    """The names of which a document speaks, likeliest first; none for a text that names no place.

    A cache model over the tree of divisions: each mention says that the next name will be the same one, what it lies
    in, what lies beside it, or what lies in it (`SPREADS`). Mentions of many regions share what there is to share. A
    name that several places bear is split among them, a second time by what the first reading made of the document.

    text: the document, or the names that many hold and how often each counts (`names_in`).
    region: names or codes of places that the user knows the document to speak of; ValueError for one that is unknown.
    date: the year of the document; names not in use then weigh ln(FORMER) less, as former names do without a date.
    Names of local lists count only where what they lie within does. Names of the user's own that lie within nothing
    always count (`USERS`).

    >>> from pathlib import Path
    >>> gazetteer = Gazetteer.open(Path("lexicons/gazetteer.tsv"))
    >>> actives = activate(gazetteer, "中共聊城市在平区委")
    >>> actives[0].place.name, round(actives[0].weight, 1), actives[0].why
    ('聊城市', 9.4, 'named once')
    >>> [(round(active.weight, 1), active.why) for active in actives if active.place.name == "茌平区"]
    [(6.6, 'within 聊城市, named once')]
    """
    names = names_in(gazetteer, text) if isinstance(text, str) else text
    given = _region(gazetteer, region)
    if not names and not given and not gazetteer.user_places:
        return ()
    named = [_Named(form, times, places) for form, times in names.items() if (places := gazetteer.called(form))]
    tree = _Tree(gazetteer, date)
    before = tree.shared_out(named, given, {}, {})
    counts = tree.shared_out(named, given, before, tree.spread(before))
    reached = tree.spread(counts)
    return _with_users(sorted(tree.actives(reached, named, given), key=_order), gazetteer.unplaced)


def _with_users(found: Sequence[Active], unplaced: Unplaced) -> tuple[Active, ...]:
    """What was reached, and those of the user's names that lie within nothing and were not; likeliest first.

    There may be 200,000 of them: they are in order already, and all of one weight.
    """
    rest = list(_users(unplaced))
    numbers = (unplaced.numbers.get(active.place) for active in found)
    for number in sorted((number for number in numbers if number is not None), reverse=True):
        del rest[number]
    first, last = (side(found, -USERS, key=lambda active: -active.weight) for side in (bisect_left, bisect_right))
    for active in found[first:last] if rest else ():
        insort(rest, active, key=_order)
    return (*found[:first], *(rest or found[first:last]), *found[last:])


@lru_cache(maxsize=4)
def _users(unplaced: Unplaced) -> tuple[Active, ...]:
    return tuple(Active(place, USERS, "in the user's list") for place in unplaced.numbers)


def _order(active: Active) -> tuple[float, str, str, str, int]:
    place = active.place
    return -active.weight, place.code, place.name, place.within, place.start or 0


# ---------------------------------------------------------------------------------------------------------------------


class _Named(NamedTuple):
    """A form that the text holds, how often, and what bears it."""

    form: str
    times: int
    places: tuple[Place, ...]


def _region(gazetteer: Gazetteer, region: Iterable[str]) -> list[str]:
    """The codes of what the user names; of several places of one name, those of the widest kind."""
    codes: list[str] = []
    for name in region:
        places = gazetteer.named(name) or gazetteer.called(name)
        places = tuple(place for place in places if place.code)
        if not places:
            raise ValueError(
                f"expected the name or the code of a place as region, found {name!r}; see lexicons/gazetteer.tsv"
            )
        widest = max(RANK.get(place.kind, LOWEST_RANK) for place in places)
        codes += [place.code for place in places if RANK.get(place.kind, LOWEST_RANK) == widest]
    return list(dict.fromkeys(codes))


def _key(place: Place) -> str:
    """Which place a name is one of: its code, or for a row without a code the row itself."""
    return place.code or f"{place.within}/{place.name}"


class _Reached(NamedTuple):
    """The share of the next name that falls to one place, and where most of that came from."""

    share: float
    from_others: float  # the part of the share that mentions of other places bring
    most: float
    how: str  # "named", "around", "beside", "near" or "within"
    source: str  # the key of the place whose mentions it comes from


class _Tree:
    """The model for one document: the places it touches, and how a mention of one spreads to others."""

    def __init__(self, gazetteer: Gazetteer, date: int | None) -> None:
        self.gazetteer = gazetteer
        self.date = date
        self.uncoded: dict[str, Place] = {}
        self.times: dict[str, float] = {}
        self.local = frozenset(gazetteer.local_places)
        self.parts = _parts(gazetteer, date)

    def names(self, key: str) -> tuple[Place, ...]:
        return (self.uncoded[key],) if key in self.uncoded else self.gazetteer.named(key)

    def key(self, place: Place) -> str:
        key = _key(place)
        if not place.code:
            self.uncoded[key] = place
        return key

    def timely(self, place: Place) -> float:
        return _timely(place, self.date)

    def shared_out(
        self,
        named: Sequence[_Named],
        given: Sequence[str],
        before: Mapping[str, float],
        first: Mapping[str, _Reached],
    ) -> dict[str, float]:
        """How often each place is named, each mention split among those that bear the name.

        `before` and `first` are the counts of an earlier round and what they reached: they decide between places of one
        name, between a name and chance, and whether local names are admitted.
        """
        counts: dict[str, float] = defaultdict(float)
        self.times = defaultdict(float)
        everything = math.fsum(before.values())
        for form, times, places in named:
            ranks: dict[str, float] = defaultdict(float)
            chance, support = 1.0, 0.0
            for place in places:
                if place in self.local and place.within not in first:
                    continue
                key = self.key(place)
                found = first.get(key)
                # Of many places of one name, what else is named tells which; that the name itself is there does not.
                rank = RANK.get(place.kind, LOWEST_RANK)
                likely = found.from_others + OWN_WORD * rank * found.share if found else 0.0
                ranks[key] += rank * self.timely(place) * (likely + 1 / NAMES)
                chance = min(chance, self.chance(form, place))
                support = max(support, found.from_others * NAMES if found else 0.0)
            if not ranks:
                continue
            # Chance repeats itself: 商城 twenty times over, where nothing else is of 信阳, is one word, not a county.
            elsewhere = everything - max(map(before.get, ranks, repeat(0.0)))
            odds = (1 - chance) * (support + 1 / (1 + elsewhere))
            worth = times * odds / (odds + chance)
            total = math.fsum(ranks.values())
            for key, rank in ranks.items():
                counts[key] += worth * rank / total
                self.times[key] += times * rank / total
        if given:
            weight = max(REGION, math.fsum(counts.values()))
            for code in given:
                counts[code] += weight / len(given)
        return dict(counts)

    def chance(self, form: str, place: Place) -> float:
        """How likely a form is to be no name where it stands, by what the corpus uses it for."""
        seen, named = self.gazetteer.usage_of(form)
        if form == place.name:
            return seen / (seen + TWO_CHARACTERS) if len(form) == 2 else CHANCE.get(place.kind, 0.0)
        if place.kind in ("province", "prefecture"):
            return 0.0
        return max(LEAST_CHANCE, 1 - named / seen / NAME_SHARE) if seen else RARE_CHANCE

    def spread(self, counts: Mapping[str, float]) -> dict[str, _Reached]:
        """What share of the next name falls to each place: to the named, and to what lies around, beside and in them.

        A pool of shares is dealt out among what lies within a place only where one of them comes to `FLOOR` nats.
        """
        total = math.fsum(counts.values()) + BACKGROUND
        reached: dict[str, _Reached] = {}
        pools: list[dict[str, _Reached]] = [{}, {}, {}, {}, {}]  # by depth: of the country, of provinces, ...
        for key, count in counts.items():
            place = self.names(key)[0]
            spread, share = SPREADS.get(place.kind, ELSEWHERE), count / total
            above = place.within
            _add(reached, key, share * spread.itself, "named", key)
            depth = self.depth(place)
            self.spread_around(reached, pools, key, place, share * spread.around)
            if above or place.kind == "province":
                _add(pools[depth - 1], above, share * spread.beside, "beside", key)
            if spread.within:
                _add(pools[depth], key, share * spread.within, "within", key)
        least = math.exp(FLOOR) / NAMES
        for depth, pool in enumerate(pools[:-1]):
            for code, (share, _, _, how, source) in pool.items():
                within = self.within(code)
                if share * within.most < least:
                    continue
                for key, part, parted in within.shares:
                    dealt = share * part
                    if parted:
                        _add(pools[depth + 1], key, dealt * DEEPER, how if how == "within" else "near", source)
                        dealt *= 1 - DEEPER
                    _add(reached, key, dealt, how, source)
        return reached

    def spread_around(
        self, reached: dict[str, _Reached], pools: list[dict[str, _Reached]], key: str, place: Place, share: float
    ) -> None:
        """To what a place lies in, and the part DEEPER to what that lies in and to its neighbours there."""
        ancestors = self.gazetteer.ancestors(place)[:2]
        if len(ancestors) == 2:
            wider = ancestors[1]
            _add(reached, wider.code, share * DEEPER / 2, "around", key)
            _add(pools[self.depth(wider)], wider.code, share * DEEPER / 2, "near", key)
            share *= 1 - DEEPER
        if ancestors:
            _add(reached, ancestors[0].code, share, "around", key)

    def depth(self, place: Place) -> int:
        return min(4, 1 + len(self.gazetteer.ancestors(place)))

    def within(self, code: str) -> Parts:
        """What lies within a place, each with its part of what falls to them together."""
        parts = self.parts(code)
        self.uncoded.update(parts.uncoded)
        return parts

    def actives(
        self, reached: Mapping[str, _Reached], named: Sequence[_Named], given: Sequence[str]
    ) -> Iterable[Active]:
        in_full = {form for form, _, _ in named}
        for key, found in reached.items():
            names = self.names(key)
            best = max(map(self.timely, names), default=1.0)
            why = self.why(key, found, given)
            for place in names:
                timely = 1.0 if place.name in in_full else self.timely(place) / best
                weight = round(math.log(found.share * timely * NAMES), 3)
                if place in self.gazetteer.unplaced.numbers:
                    weight = max(weight, USERS)
                if weight >= FLOOR:
                    yield Active(place, weight, why)

    def why(self, key: str, found: _Reached, given: Sequence[str]) -> str:
        times = round(self.times.get(found.source, 0.0)) or 1
        count = "given by the user" if found.source in given else "named once" if times == 1 else f"named {times} times"
        if found.how == "named":
            return count
        source = self.names(found.source)[0].name
        if found.how == "around":
            return f"{source}, {count}, lies in it"
        return f"{found.how} {source}, {count}"


def _timely(place: Place, date: int | None) -> float:
    """1 for a name of the document's time (of today, where no date is given), FORMER for any other."""
    if date is None:
        return 1.0 if place.end is None else FORMER
    return 1.0 if (place.start or 0) <= date <= (place.end or 9999) else FORMER


class Parts(NamedTuple):
    """What lies within a place.

    shares: of each its key, its part of what falls to them together, and whether anything lies within it. most: the
    largest part, 0 where there is none. uncoded: those without a code, by key.
    """

    shares: tuple[tuple[str, float, bool], ...]
    most: float
    uncoded: Mapping[str, Place]


@lru_cache(maxsize=8)
def _parts(gazetteer: Gazetteer, date: int | None) -> Callable[[str], Parts]:
    """The parts of each place in documents of a date, found when they are first asked for."""

    @cache
    def of(code: str) -> Parts:
        weights: dict[str, float] = {}
        uncoded = {}
        for place in gazetteer.children(code):
            weight = _timely(place, date) * (LESSER if place.kind in ("zone", "farm") else 1.0)
            key = _key(place)
            weights[key] = max(weight, weights.get(key, 0.0))
            if not place.code:
                uncoded[key] = place
        total = math.fsum(weights.values())
        shares = tuple((key, weight / total, gazetteer.holds(key)) for key, weight in weights.items())
        return Parts(shares, max((part for _, part, _ in shares), default=0.0), uncoded)

    return of


def _add(table: dict[str, _Reached], key: str, share: float, how: str, source: str) -> None:
    if share <= 0.0:
        return
    others = 0.0 if source == key else share
    old = table.get(key)
    if old is None:
        table[key] = _Reached(share, others, share, how, source)
    elif share > old.most:
        table[key] = _Reached(old.share + share, old.from_others + others, share, how, source)
    else:
        table[key] = old._replace(share=old.share + share, from_others=old.from_others + others)
