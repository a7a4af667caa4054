"""What a correction is, and what comes back: values only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal, NamedTuple

from ocrfix import spans
from ocrfix.spans import Edit

KINDS = (
    "glyph",  # one or more characters misread
    "name",  # a name the gazetteer knows
    "phrase",  # a set phrase or a known word
    "repetition",  # printed once, read twice
    "omission",  # a character the engine dropped
    "insertion",  # a character the engine made up
    "punctuation",
    "spacing",
    "linebreak",  # a paragraph cut by the end of a column
)

Style = Literal["unified", "inline", "json", "html"]


class Evidence(NamedTuple):
    """One reason for a correction.

    name: which kind of evidence, for instance "language"; weight: nats, above 0 in favour; note: for a person to read.
    """

    name: str
    weight: float
    note: str


class Alternative(NamedTuple):
    """Something else that may have stood there, and how likely it is, 0 to 1."""

    replacement: str
    score: float


@dataclass(frozen=True, slots=True)
class Correction:
    """Characters `start` to `end` of the caller's text, and what the page most likely says there.

    start, end: half-open, in code points of the text that the caller gave.
    original: what stands there; empty for an insertion. replacement: what should; empty for a deletion.
    score: the probability that making it is right, 0 to 1. kind: one of KINDS.
    evidence: the reasons. alternatives: what else it may have been, likeliest first.

    >>> Correction(5, 6, "在", "茌", 0.98, "name", (Evidence("name", 5.1, "a county of the page's prefecture"),)).edit
    Edit(start=5, end=6, replacement='茌')

    Raises ValueError where the span does not fit `original`, the score is no probability, or the kind is unknown.
    """

    start: int
    end: int
    original: str
    replacement: str
    score: float
    kind: str
    evidence: tuple[Evidence, ...] = ()
    alternatives: tuple[Alternative, ...] = ()

    def __post_init__(self) -> None:
        if self.start < 0 or self.end - self.start != len(self.original):
            raise ValueError(
                f"correction {self.start}:{self.end}: expected a span as long as its original, found {self.original!r}"
            )
        if not 0 <= self.score <= 1:
            raise ValueError(f"correction {self.start}:{self.end}: expected a score from 0 to 1, found {self.score}")
        if self.kind not in KINDS:
            raise ValueError(
                f"correction {self.start}:{self.end}: expected a kind of {', '.join(KINDS)}, found {self.kind!r}"
            )

    @property
    def edit(self) -> Edit:
        """The same without its reasons."""
        return Edit(self.start, self.end, self.replacement)

    @property
    def note(self) -> str:
        """The reasons for it in one line: what its source knows, then the two weightiest. All are in `evidence`."""
        known = [e.note for e in self.evidence if not e.weight]
        reasons = sorted((e for e in self.evidence if e.weight > 0), key=lambda e: (-e.weight, e.name, e.note))
        return "; ".join((*known, *(e.note for e in reasons[:2])))

    def as_record(self) -> dict[str, Any]:
        """Every field, made of what JSON has; scores to four places, weights to the milli-nat.

        >>> Correction(5, 6, "在", "茌", 0.98, "name").as_record()["replacement"]
        '茌'
        """
        return {
            "start": self.start,
            "end": self.end,
            "original": self.original,
            "replacement": self.replacement,
            "score": round(self.score, 4),
            "kind": self.kind,
            "evidence": [{"name": e.name, "weight": round(e.weight, 3), "note": e.note} for e in self.evidence],
            "alternatives": [{"replacement": a.replacement, "score": round(a.score, 4)} for a in self.alternatives],
        }


@dataclass(frozen=True, slots=True)
class Result:
    """A text, the corrections made to it, and those only suggested.

    source: the text as the caller gave it. corrections: by position, never overlapping.
    suggestions: by position, seen but not made; they may overlap.

    >>> result = Result("中共聊城市在平区委", (Correction(5, 6, "在", "茌", 0.98, "name"),))
    >>> result.text
    '中共聊城市茌平区委'
    >>> print(result.diff("inline"))
    中共聊城市[在→茌]平区委

    Raises ValueError where corrections are out of order, overlap, or quote what `source` does not say.
    """

    source: str
    corrections: tuple[Correction, ...] = ()
    suggestions: tuple[Correction, ...] = ()

    def __post_init__(self) -> None:
        for c in (*self.corrections, *self.suggestions):
            if self.source[c.start : c.end] != c.original or c.end > len(self.source):
                raise ValueError(
                    f"correction {c.start}:{c.end}: expected {c.original!r} in the source, "
                    f"found {self.source[c.start : c.end]!r}"
                )
        for before, after in zip(self.corrections, self.corrections[1:], strict=False):
            if after.start < before.end:
                raise ValueError(
                    f"corrections {before.start}:{before.end} and {after.start}:{after.end}: "
                    "expected them in order and apart"
                )
        starts = [c.start for c in self.suggestions]
        if starts != sorted(starts):
            raise ValueError(f"suggestions: expected them by position, found them at {starts}")

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The corrections without their reasons: replayed on `source` they give `text`."""
        return tuple(c.edit for c in self.corrections)

    @property
    def text(self) -> str:
        """The corrected text."""
        return spans.apply(self.source, self.edits)

    @property
    def inverse(self) -> tuple[Edit, ...]:
        """The edits that take everything back: replayed on `text` they give `source`.

        >>> result = Result("在平区委委", (Correction(4, 5, "委", "", 0.9, "repetition"),))
        >>> result.inverse
        (Edit(start=4, end=4, replacement='委'),)
        >>> spans.apply(result.text, result.inverse) == result.source
        True
        """
        return spans.invert(self.source, self.edits)

    def diff(self, style: Style = "unified", name: str = "") -> str:
        """The corrections for a reader.

        style: "unified" (default), as `patch -p1` takes it; "inline", the text with [在→茌] in it; "json", one
        correction a line with all its fields; "html", a page of its own to decide on, suggestions included, whose
        decisions `ocrfix apply` makes in the file of that name where it holds this text in UTF-8.
        name: the file's name (default: none, and for "html" text).

        Raises ValueError for another style.
        """
        match style:
            case "unified":
                return spans.unified(self.source, self.edits, name)
            case "inline":
                return spans.inline(self.source, self.edits)
            case "json":
                return "".join(as_json(c.as_record()) + "\n" for c in self.corrections)
            case "html":
                return self._page(name or "text")
        raise ValueError(f"diff style: expected unified, inline, json or html, found {style!r}")

    def _page(self, name: str) -> str:
        from hashlib import sha256

        from ocrfix import __version__
        from ocrfix.review.page import Proposal, Sheet, html

        place = spans.lines_of(self.source)
        proposals = [
            Proposal(c.as_record(), c.note, made, *place(c.start), *spans.around(self.source, c.start, c.end))
            for c, made in self.by_position()
        ]
        digest = sha256(self.source.encode("utf-8", "surrogatepass")).hexdigest()
        return html([Sheet(name, digest, self.source, proposals)], version=__version__)

    def by_position(self) -> list[tuple[Correction, bool]]:
        """All corrections and suggestions, each with whether it is made; of one place those that are come first.

        >>> name, twice = Correction(0, 1, "在", "茌", 0.6, "name"), Correction(4, 5, "委", "", 0.9, "repetition")
        >>> [made for _, made in Result("在平区委委", (twice,), (name,)).by_position()]
        [False, True]
        """
        shown = [(c, True) for c in self.corrections] + [(c, False) for c in self.suggestions]
        return sorted(
            shown, key=lambda pair: (pair[0].start, pair[0].end, not pair[1], -pair[0].score, pair[0].replacement)
        )

    def _repr_html_(self) -> str:
        """The text as a notebook shows it: corrections as `<del>` and `<ins>`, their reasons as tool tips."""
        titles = [f"{c.kind} {c.score:.2f}" + (f": {c.note}" if c.note else "") for c in self.corrections]
        return spans.html(self.source, self.edits, titles)


def as_json(record: object, indent: int | None = None) -> str:
    r"""What json.dumps makes of it, readable and always UTF-8: only lone surrogates are escaped.

    >>> as_json({"original": "在\ud800"})
    '{"original": "在\\ud800"}'
    """
    import json

    text = json.dumps(record, ensure_ascii=False, indent=indent)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class OcrText:
    """A text with what the engine knew of each character.

    chars: the text as the engine printed it. confidences: one for each code point, 0 to 1.
    alternatives: for each code point what else the engine considered; an empty replacement: printing nothing.
    `str()` is the text, `len()` counts code points, and a slice is an OcrText again.

    >>> line = OcrText.from_chars([("在", 0.62, [("茌", 0.3), ("", 0.01)]), ("平", 0.99, [])])
    >>> str(line), len(line), line.confidences
    ('在平', 2, (0.62, 0.99))
    >>> line[:1].alternatives
    ((Alternative(replacement='茌', score=0.3), Alternative(replacement='', score=0.01)),)

    Raises ValueError where the three differ in length or a number lies outside 0 to 1.
    """

    chars: str
    confidences: tuple[float, ...]
    alternatives: tuple[tuple[Alternative, ...], ...]

    def __post_init__(self) -> None:
        lengths = len(self.chars), len(self.confidences), len(self.alternatives)
        if len(set(lengths)) > 1:
            raise ValueError(
                "OcrText: expected one confidence and one tuple of alternatives for each character, "
                f"found {lengths[0]} characters, {lengths[1]} confidences, {lengths[2]} tuples"
            )
        for at, (char, confidence, others) in enumerate(
            zip(self.chars, self.confidences, self.alternatives, strict=True)
        ):
            for what, number in [("a confidence", confidence), *(("a probability", a.score) for a in others)]:
                if not 0 <= number <= 1:
                    raise ValueError(
                        f"character {at} {char!r}: expected {what} from 0 to 1, found {number}; "
                        "scale the engine's numbers (tesseract counts to 100)"
                    )

    @classmethod
    def from_chars(cls, cells: Iterable[tuple[str, float, Sequence[tuple[str, float]]]]) -> OcrText:
        """From the engine's cells: what it printed, how sure it was (0 to 1), and what else it considered.

        A cell of several code points is spread over them: each gets the cell's confidence, and the first its
        alternatives. A cell that printed nothing has no place in the text and is left out.

        >>> OcrText.from_chars([("……", 0.8, [("—", 0.1)])]).confidences
        (0.8, 0.8)
        """
        chars: list[str] = []
        confidences: list[float] = []
        alternatives: list[tuple[Alternative, ...]] = []
        for cell, confidence, others in cells:
            chars.append(cell)
            confidences += [confidence] * len(cell)
            alternatives += [
                tuple(Alternative(*other) for other in others) if at == 0 else () for at in range(len(cell))
            ]
        return cls("".join(chars), tuple(confidences), tuple(alternatives))

    @classmethod
    def joined(cls, texts: Sequence[OcrText], between: str) -> OcrText:
        """Texts one after another, with what is put between them, of which nobody has any doubt.

        >>> OcrText.joined([OcrText("在", (0.6,), ((),)), OcrText("平", (0.9,), ((),))], " ").confidences
        (0.6, 1.0, 0.9)
        """
        gap = cls(between, (1.0,) * len(between), ((),) * len(between))
        parts = [part for k, text in enumerate(texts) for part in (*[gap] * (k > 0), text)]
        return cls(
            "".join(part.chars for part in parts),
            tuple(chain.from_iterable(part.confidences for part in parts)),
            tuple(chain.from_iterable(part.alternatives for part in parts)),
        )

    @property
    def tells(self) -> bool:
        """Whether it says more than its characters: where all confidences are the same, nobody measured them.

        >>> OcrText.from_chars([("在", 1.0, []), ("平", 1.0, [])]).tells
        False
        """
        return len(set(self.confidences)) > 1 or any(self.alternatives)

    def __str__(self) -> str:
        return self.chars

    def __len__(self) -> int:
        return len(self.chars)

    def __getitem__(self, at: int | slice) -> OcrText:
        if isinstance(at, int):
            self.chars[at]  # raises IndexError, which ends a loop over the characters
            at = slice(at, at + 1 or None)
        return OcrText(self.chars[at], self.confidences[at], self.alternatives[at])
