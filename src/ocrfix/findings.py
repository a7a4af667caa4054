"""Where the corrections of a file stand, line by line: for people, for programs, and as SARIF."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from ocrfix import spans
from ocrfix.formats.document import Document, Origin
from ocrfix.model import KINDS, Correction, Result, as_json
from ocrfix.spans import around, lines_of

_RED, _GREEN, _CYAN, _BOLD, _FAINT, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[1m", "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Finding:
    """A correction in its file; lines and columns count from 1, columns in code points, the end half-open.

    made: False for one that is only suggested. before, after: the few characters on either side. element: what carries
    it in a layout file, if that has a name.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    correction: Correction
    made: bool
    before: str = ""
    after: str = ""
    element: str = ""

    def as_line(self, colour: bool = False) -> str:
        """For a person: where, what, and why.

        >>> result = Result("在平区", (Correction(0, 1, "在", "茌", 0.98, "name"),))
        >>> findings("page.txt", result)[0].as_line()
        'page.txt:1:1: [在→茌] name 0.98'
        """
        c = self.correction
        red, green, bold, faint, plain = (_RED, _GREEN, _BOLD, _FAINT, _PLAIN) if colour else ("",) * 5
        change = f"[{red}{spans.visible(c.original)}{plain}→{green}{spans.visible(c.replacement)}{plain}]"
        others = ", ".join(f"{spans.visible(a.replacement) or 'nothing'} {a.score:.2f}" for a in c.alternatives)
        why = "; ".join(part for part in (c.note, others and f"or {others}") if part)
        return (
            f"{bold}{spans.visible(self.path)}{plain}:{self.line}:{self.column}: "
            f"{self.element and spans.visible(self.element) + ' '}"
            f"{'' if self.made else 'suggestion '}{change} {c.kind} {c.score:.2f}"
            + (f"  {faint}{spans.visible(why)}{plain}" if why else "")
        )

    def as_json(self) -> str:
        """For a program, `ocrfix apply` among them: one line of JSON with all that is known."""
        place = {"path": self.path, "line": self.line, "column": self.column}
        end = {"end_line": self.end_line, "end_column": self.end_column}
        status = {"suggestion": not self.made, "before": self.before, "after": self.after}
        place |= {"element": self.element} if self.element else {}
        return as_json(place | end | status | self.correction.as_record())

    def as_sarif(self) -> dict[str, Any]:
        """One `result` of a SARIF log, the correction as its fix."""
        c = self.correction
        location = {"uri": _uri(self.path)}
        region = {
            "startLine": self.line,
            "startColumn": self.column,
            "endLine": self.end_line,
            "endColumn": self.end_column,
        }
        change = spans.mark(c.original, c.replacement)
        replacement = {"deletedRegion": region, "insertedContent": {"text": c.replacement}}
        fix = {"artifactChanges": [{"artifactLocation": location, "replacements": [replacement]}]}
        where: dict[str, Any] = {"physicalLocation": {"artifactLocation": location, "region": region}}
        if self.element:
            where["logicalLocations"] = [{"name": self.element}]
        return {
            "ruleId": c.kind,
            "ruleIndex": KINDS.index(c.kind),
            "level": "warning" if self.made else "note",
            "message": {"text": f"{change} {c.score:.2f}" + (f" {c.note}" if c.note else "")},
            "locations": [where],
            # An element spells its text more than once, and is marked as corrected: that is for --write to do.
            **({} if self.element else {"fixes": [fix]}),
            "properties": c.as_record(),
        }


def findings(
    path: str, result: Result, suggestions: bool = False, document: Document | None = None
) -> tuple[Finding, ...]:
    r"""Every correction of a result with its line and column, by position; with `suggestions`, those too.

    document: what the text was read from, if not a file of this text alone; lines and columns are those of the file.
    Lines end at \n, \r\n or \r, as an editor shows them.
    """
    text = result.source
    place = lines_of(text if document is None else document.source)

    def origin(at: int) -> Origin:
        return Origin(at) if document is None else document.origin(at)

    def found(c: Correction, made: bool) -> Finding:
        first = origin(c.start)
        # Blocks that are read one after another may stand the other way round in the file.
        end = max(first.at, origin(c.end - 1).at + 1) if c.original else first.at
        return Finding(
            path, *place(first.at), *place(end), c, made, *around(text, c.start, c.end), element=first.element
        )

    return tuple(found(c, made) for c, made in result.by_position() if made or suggestions)


def sarif(found: Iterable[Finding], version: str) -> str:
    """A SARIF 2.1.0 log, which code hosts and editors read; version: of ocrfix."""
    driver = {"name": "ocrfix", "version": version, "rules": [{"id": kind} for kind in KINDS]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [finding.as_sarif() for finding in found],
    }
    schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    log = {"$schema": schema, "version": "2.1.0", "runs": [run]}
    return as_json(log, indent=2) + "\n"


def coloured(diff: str) -> str:
    """A unified diff as a terminal shows it: what goes red, what comes green."""
    tints = {"-": _RED, "+": _GREEN, "@": _CYAN}
    return "".join(
        f"{tints[line[0]]}{line.removesuffix(chr(10))}{_PLAIN}\n" if line[0] in tints else line
        for line in re.findall(r"[^\n]*\n", diff)
    )


def _uri(path: str) -> str:
    pure = PurePath(path)
    return pure.as_uri() if pure.is_absolute() else quote(os.fsencode(pure.as_posix()))
