"""From a text to its corrections: the stages in the order in which they run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial
from typing import Any

from ocrfix.activation import Active
from ocrfix.config import Config
from ocrfix.decide import decide
from ocrfix.detect import suspects
from ocrfix.model import OcrText, Result
from ocrfix.propose import propose
from ocrfix.resources import Resources
from ocrfix.score import score
from ocrfix.survey import Survey
from ocrfix.tally import Tally
from ocrfix.workers import in_order


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

    def correct(self, text: str | OcrText, survey: Tally | None = None) -> Result:
        """The corrections to a text, and those only suggested.

        text: one document: its paragraphs on lines of their own. Positions in the result are code points of it. Of
            an OcrText the confidences and alternatives are evidence, and the alternatives candidates.
        survey: what the texts say together of which this is one, itself included (`Corrector.survey`): a name that is
            printed rightly in one then helps another. By default a text stands alone.

        >>> result = Corrector().correct("要坚持以经济建没为中心。")
        >>> print(result.diff("inline"))
        要坚持以经济建[没→设]为中心。

        Raises TypeError where text is neither str nor OcrText, ValueError where the survey was made with another
        language model.
        """
        if not isinstance(text, str | OcrText):
            raise TypeError(f"correct: expected str or OcrText, found {type(text).__name__}; decode bytes first")
        known = Survey(text, self.resources, self.config, survey)
        resources = known.resources
        where = suspects(known, resources)
        proposals = propose(known, where, resources)
        scored = score(known, proposals, resources)
        decision = decide(known, scored, resources, self.config)
        return Result(known.text, decision.corrections, decision.suggestions)

    def correct_many(
        self, texts: Iterable[str | OcrText], survey: Tally | None = None, jobs: int = 1
    ) -> Iterator[Result]:
        """What `correct` makes of each text, one after another, as they are asked for.

        survey: what they say together; the result for a text then depends on it and the text alone, not on how many
            are given at once, in which order, and to how many processes. By default each text stands alone.
        jobs: processes that do the work; with more than one a script needs `if __name__ == "__main__":`, since each of
            them imports it.

        >>> corrector = Corrector()
        >>> pages = ["汲广树强调，要坚定信心。", "汲广树一行来到企业车间。", "区委书记汲广树主持会议并讲话。"] * 2
        >>> pages += ["最后，区委书记汲广村作总结讲话。"]
        >>> survey = corrector.survey(pages)
        >>> [list(corrector.correct_many(pages, known))[-1].text for known in (None, survey)]
        ['最后，区委书记汲广村作总结讲话。', '最后，区委书记汲广树作总结讲话。']

        Raises as `correct` does, when the text is reached; WorkerError where a process dies again and again.
        """
        alone = ((None, (text,)) for text in texts)
        for _, results in in_order(partial(self.correct, survey=survey), alone, jobs):
            yield from results

    def survey(self, texts: Iterable[str | OcrText], jobs: int = 1) -> Tally:
        """What texts say together, for `correct` and `correct_many`. Surveys of parts add up to that of the whole.

        >>> survey = Corrector().survey
        >>> survey(["聊城市", "茌平区"]) == survey(["茌平区"]) + survey(["聊城市"])
        True

        Raises TypeError where one is neither str nor OcrText.
        """
        alone = ((None, (text,)) for text in texts)
        return Tally.total(tally for _, tallies in in_order(self._tally, alone, jobs) for tally in tallies)

    def places(self, text: str | OcrText) -> tuple[Active, ...]:
        """The places that a text speaks of, likeliest first, each with its weight and the reason.

        >>> [(active.place.name, active.why) for active in Corrector().places("聊城市委")][:1]
        [('聊城市', 'named once')]
        """
        return Survey(text, self.resources, self.config).places

    def _tally(self, text: str | OcrText) -> Tally:
        if not isinstance(text, str | OcrText):
            raise TypeError(f"survey: expected str or OcrText, found {type(text).__name__}; decode bytes first")
        return Survey(text, self.resources, self.config).tally

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
