"""`ocrfix places`: the places that documents speak of are printed, and why."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ocrfix.console import count
from ocrfix.runs import CLEAN, Run

if TYPE_CHECKING:
    from ocrfix.activation import Active
    from ocrfix.formats import Page
    from ocrfix.formats.document import Text


def run(args: argparse.Namespace) -> int:
    """Does what the arguments say; returns the exit code."""
    return Places(args).run()


@dataclass
class Places(Run):
    """The places that documents speak of, printed."""

    found: int = 0
    shown: int = 0

    def load(self) -> None:
        self.look("")

    def texts(self, pages: Sequence[Page]) -> Sequence[Text]:
        from ocrfix.formats.together import joined

        return (str(joined([page.document.text for page in pages])),)

    @property
    def look(self) -> Callable[[Text], Any]:
        return self.corrector.places

    def document(self, pages: Sequence[Page], found: Sequence[Any]) -> None:
        from ocrfix.near_names import LEAST

        name = str(pages[0].path) if len(pages) == 1 else f"{pages[0].path} … {pages[-1].path}"
        least = LEAST if self.args.least is None else self.args.least
        found = [active for active in found[0] if active.weight >= least]
        shown = found[: self.args.limit or None]
        self.found += len(found)
        self.shown += len(shown)
        for active in shown:
            print(self.as_json(name, active) if self.args.format == "json" else self.as_line(name, active))

    def as_line(self, path: str, active: Active) -> str:
        from ocrfix.spans import visible

        place, weight, why = active
        around = ", ".join(above.name for above in self.corrector.resources.gazetteer.ancestors(place))
        return visible(f"{path}: {place.name} {place.kind}{around and f' ({around})'} {weight:.1f}  {why}")

    def as_json(self, path: str, active: Active) -> str:
        from ocrfix.model import as_json

        place, weight, why = active
        row = {"code": place.code, "kind": place.kind, "within": place.within, "from": place.start, "to": place.end}
        return as_json({"path": path, "name": place.name} | row | {"weight": weight, "why": why})

    def finish(self) -> int:
        return CLEAN

    def summary(self) -> str:
        hidden = "" if self.shown == self.found else f", {self.shown} shown (--limit 0 shows all)"
        return f"{count(self.found, 'name')} of places{hidden}, in {count(self.seen, 'file')}"
