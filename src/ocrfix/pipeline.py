"""From a text to its corrections: the stages in the order in which they run."""

from __future__ import annotations

from functools import cache
from typing import Any

from ocrfix.config import Config
from ocrfix.decide import decide
from ocrfix.detect import suspects
from ocrfix.model import OcrText, Result
from ocrfix.propose import propose
from ocrfix.resources import Resources
from ocrfix.score import score
from ocrfix.survey import Survey


class Corrector:
    """Corrects texts with given resources and settings. Immutable, shared between threads, pickled by what made it.

    resources: the tables, default those that come with the library. config: the settings, default Config().

    >>> corrector = Corrector(config=Config(accept=0.99))
    >>> corrector.correct("在平凡的岗位上").corrections
    ()

    Raises ValueError where a list named in `config.gazetteers` or `config.protect_files`, or the profile, cannot be
    used, OSError where there is no such file.
    """

    def __init__(self, resources: Resources | None = None, config: Config | None = None) -> None:
        self.config = config or Config()
        self._given = resources
        resources = (resources or Resources.builtin()).with_gazetteers(self.config.gazetteers)
        resources = resources.with_protected(self.config.protect_files)
        self.resources = resources.with_profile(self.config.profile) if self.config.profile else resources

    def correct(self, text: str | OcrText) -> Result:
        """The corrections to a text, and those only suggested.

        text: one document: its paragraphs on lines of their own. Positions in the result are code points of it. Of
            an OcrText the confidences and alternatives are evidence, and the alternatives candidates.

        >>> result = Corrector().correct("要坚持以经济建没为中心。")
        >>> print(result.diff("inline"))
        要坚持以经济建[没→设]为中心。

        Raises TypeError where text is neither str nor OcrText.
        """
        if not isinstance(text, str | OcrText):
            raise TypeError(f"correct: expected str or OcrText, found {type(text).__name__}; decode bytes first")
        survey = Survey(text, self.resources, self.config)
        where = suspects(survey)
        proposals = propose(survey, where, self.resources)
        scored = score(survey, proposals, self.resources)
        decision = decide(survey, scored, self.resources, self.config)
        return Result(survey.text, decision.corrections, decision.suggestions)

    def __reduce__(self) -> tuple[Any, ...]:
        return Corrector, (self._given, self.config)


@cache
def _default() -> Corrector:
    return Corrector()


def correct(text: str | OcrText) -> Result:
    """The corrections to a text with the built-in resources and default settings; the first call loads them.

    >>> correct("人民日报").corrections
    ()

    Raises TypeError where text is neither str nor OcrText.
    """
    return _default().correct(text)
