"""How pages are corrected: one text, one survey over all of it, and to each page what belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ocrfix.formats.document import BREAK, Document, Text
from ocrfix.model import Correction, OcrText, Result


def correct_together(correct: Callable[[Text], Result], documents: Sequence[Document]) -> tuple[Result, ...]:
    """The corrections of each of several pages, made with what all of them say: a name on page 1 helps page 4.

    correct: for instance `Corrector().correct`. Positions are those of each document's own text. What a file has no
    place for (the end of a line that is none in the text) is left out. A document of many parts, such as the rows of a
    table, is corrected part by part.

    >>> from ocrfix import correct
    >>> from ocrfix.formats import open_document
    >>> texts = "要坚持以经济建没为中心。", "会议强调，要稳中求进。"
    >>> pages = [open_document(text.encode(), "page.txt") for text in texts]
    >>> [len(result.corrections) for result in correct_together(correct, pages)]
    [1, 0]
    """
    return results_of(documents, [correct(text) for text in texts_of(documents)])


def texts_of(documents: Sequence[Document]) -> tuple[Text, ...]:
    """What is to be corrected, each by itself: the parts of a document, or what several pages say together."""
    if len(documents) == 1:
        return tuple(documents[0].text[start:end] for start, end in documents[0].parts)
    return (joined([document.text for document in documents]),)


def results_of(documents: Sequence[Document], found: Sequence[Result]) -> tuple[Result, ...]:
    """The corrections of each document, out of what was found in each of `texts_of(documents)`."""
    if len(documents) == 1:
        return (_of_parts(documents[0], found),)
    (result,) = found
    results = []
    start = 0
    for document in documents:
        end = start + len(document.text)
        results.append(
            Result(
                str(document.text),
                _own(document, result.corrections, start, end),
                _own(document, result.suggestions, start, end),
            )
        )
        start = end + len(BREAK)
    return tuple(results)


def joined(texts: Sequence[Text]) -> Text:
    """Texts one after another, an empty line between them; an OcrText where each that says anything is one.

    Of a page without confidences nobody knows how sure its engine was: with it the others count as plain text too.
    """
    whole = BREAK.join(map(str, texts))
    if not whole.strip() or not all(isinstance(text, OcrText) for text in texts if text):
        return whole
    return OcrText.joined([text if isinstance(text, OcrText) else OcrText("", (), ()) for text in texts], BREAK)


def _of_parts(document: Document, found: Sequence[Result]) -> Result:
    corrections: list[Correction] = []
    suggestions: list[Correction] = []
    for (start, _), result in zip(document.parts, found, strict=True):
        corrections += _own(document, result.corrections, -start)
        suggestions += _own(document, result.suggestions, -start)
    return Result(str(document.text), tuple(corrections), tuple(suggestions))


def _own(
    document: Document, corrections: Iterable[Correction], start: int, end: int | None = None
) -> tuple[Correction, ...]:
    """Of corrections of a longer text those within start to end, counted from there, if the file can take them."""
    within = (c for c in corrections if end is None or (start <= c.start and c.end <= end))
    moved = (replace(c, start=c.start - start, end=c.end - start) for c in within)
    return tuple(c for c in moved if document.carries(c))
