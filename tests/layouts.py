"""What the tests of formats share: the files in tests/formats, and what parsers that are not ours read in them."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from ocrfix.files import Form
from ocrfix.formats import Document, detect, open_document
from ocrfix.formats.document import Spliced
from ocrfix.model import Correction

FOLDER = Path(__file__).parent / "formats"
FILES = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.name != "mets.xml"}
LAYOUT = {name: data for name, data in FILES.items() if detect(data, name) not in ("markdown", "jsonl")}
XML = {name: data for name, data in FILES.items() if data.startswith(b"<?xml")}
NEW = re.compile("ALTERNATIVE|Processing|postProcessingStep|processing|software|MetadataItem|Labels?$|Comments|meta$")
"""Names of elements that are added where something was corrected."""


def opened(name: str) -> Document:
    return open_document(FILES[name], name)


def correction(document: Document, start: int, end: int, replacement: str) -> Correction:
    return Correction(start, end, str(document.text)[start:end], replacement, 0.9, "glyph")


def replaced(document: Document, old: str, new: str) -> Correction:
    """The correction of the first `old` of a document."""
    at = str(document.text).index(old)
    return correction(document, at, at + len(old), new)


def boxes(name: str, data: bytes) -> list[Any]:
    """Where things are on the page and what they are called, read by xml.etree, json or html.parser."""
    if name.endswith(".json"):
        return list(numbers(json.loads(data)))
    if name == "loose.html":
        return [(tag, title_of(dict(attrs).get("title")), dict(attrs).get("id")) for tag, attrs in tags(data)]
    found = []
    for element in ET.fromstring(data).iter():
        tag = element.tag.rpartition("}")[2]
        kept = {k: v for k, v in element.attrib.items() if k not in ("CONTENT", "SUBS_CONTENT", "CC", "CS", "comments")}
        if tag in ("TextEquiv", "Unicode", "PlainText") or NEW.search(tag):
            continue
        if tag == "Variant" or (tag == "Glyph" and "CONTENT" in element.attrib):
            continue  # ALTO's glyphs hold one character: they come and go with it, see glyph_boxes
        found.append((tag, title_of(kept.pop("title", "")), sorted(kept.items())))
    return found


def glyph_boxes(data: bytes) -> list[list[str]]:
    """The boxes of ALTO's glyphs, but for those of characters that were put in, which have none."""
    glyphs = [e for e in ET.fromstring(data).iter() if e.tag.endswith("}Glyph") and e.get("HPOS")]
    return [[e.get(key, "") for key in ("ID", "HPOS", "VPOS", "WIDTH", "HEIGHT")] for e in glyphs]


def numbers(value: Any) -> Iterator[Any]:
    """The numbers and the shape of a JSON value; of a text only that there is one."""
    if isinstance(value, list | dict):
        yield type(value).__name__, len(value)
        for key in value if isinstance(value, dict) else range(len(value)):
            yield key
            yield from numbers(value[key])
    else:
        yield "text" if isinstance(value, str) else value


def title_of(title: str | None) -> str:
    return (title or "").partition("; x_printed")[0]


def tags(data: bytes) -> list[tuple[str, list[tuple[str, str | None]]]]:
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag != "meta":
                found.append((tag, attrs))

    Reader().feed(data.decode())
    return found


def bare(text: str) -> str:
    """A text without white space."""
    return "".join(text.split())


# ---------------------------------------------------------------------------------------------------------------------
# What the schemas of ALTO (2.0, 3.1, 4.4) and PAGE (2013, 2019) say of the elements that are written to: which may
# stand in them, in this order (* any number), and which attributes they may have.

STEP = "processingDateTime processingAgency processingStepDescription* processingStepSettings processingSoftware"
BOX = "ID STYLEREFS HEIGHT WIDTH HPOS VPOS"
STRING = f"{BOX} CONTENT STYLE SUBS_TYPE SUBS_CONTENT WC CC"
RULES: dict[str, dict[str, tuple[str, str | None]]] = {
    "http://www.loc.gov/standards/alto/ns-v2#": {
        "Description": ("MeasurementUnit sourceImageInformation OCRProcessing*", ""),
        "OCRProcessing": ("preProcessingStep* ocrProcessingStep postProcessingStep*", "ID"),
        "postProcessingStep": (STEP, ""),
        "processingSoftware": ("softwareCreator softwareName softwareVersion applicationDescription", ""),
        "TextLine": ("String* SP* HYP", f"{BOX} BASELINE CS"),
        "String": ("ALTERNATIVE*", STRING),
        "ALTERNATIVE": ("", "PURPOSE"),
    },
    "http://www.loc.gov/standards/alto/ns-v3#": {
        "Description": ("MeasurementUnit sourceImageInformation OCRProcessing*", ""),
        "OCRProcessing": ("preProcessingStep* ocrProcessingStep postProcessingStep*", "ID"),
        "postProcessingStep": (STEP, ""),
        "processingSoftware": ("softwareCreator softwareName softwareVersion applicationDescription", ""),
        "String": ("Shape ALTERNATIVE*", f"{STRING} TAGREFS CS LANG"),
        "ALTERNATIVE": ("", "PURPOSE"),
    },
    "http://www.loc.gov/standards/alto/ns-v4#": {
        "Description": ("MeasurementUnit sourceImageInformation OCRProcessing* Processing*", ""),
        "Processing": (f"processingCategory {STEP}", "ID"),
        "processingSoftware": ("softwareCreator softwareName softwareVersion applicationDescription", ""),
        "String": ("Shape ALTERNATIVE* Glyph*", f"{STRING} TAGREFS PROCESSINGREFS CS LANG"),
        "Glyph": ("Shape Variant*", "ID CONTENT GC HEIGHT WIDTH HPOS VPOS"),
        "ALTERNATIVE": ("", "PURPOSE"),
    },
    "http://schema.primaresearch.org/PAGE/gts/pagecontent/2013-07-15": {
        "Metadata": ("Creator Created LastChange Comments", ""),
        "TextRegion": ("Coords TextLine* TextEquiv TextStyle", "id custom comments orientation type"),
        "TextLine": ("Coords Baseline Word* TextEquiv TextStyle", "id primaryLanguage production custom comments"),
        "Word": ("Coords Glyph* TextEquiv TextStyle", "id language production custom comments"),
        "TextEquiv": ("PlainText Unicode", "conf"),
    },
    "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15": {
        "Metadata": ("Creator Created LastChange Comments UserDefined MetadataItem*", "externalRef"),
        "MetadataItem": ("Labels*", "type name value date"),
        "Labels": ("Label*", "externalModel externalId prefix comments"),
        "Label": ("", "value type comments"),
        "TextLine": ("AlternativeImage* Coords Baseline Word* TextEquiv* TextStyle UserDefined Labels*", None),
        "Word": ("AlternativeImage* Coords Glyph* TextEquiv* TextStyle UserDefined Labels*", None),
        "Glyph": ("AlternativeImage* Coords Graphemes TextEquiv* TextStyle UserDefined Labels*", None),
        "TextEquiv": ("PlainText Unicode", "index conf dataType dataTypeDetails comments"),
    },
}


def faults(data: bytes) -> list[str]:
    """What in a file goes against its schema, and where its levels differ."""
    found: list[str] = []
    root = ET.fromstring(data)
    namespace = root.tag[1:].partition("}")[0]
    ids = [e.get("ID") or e.get("id") for e in root.iter() if e.get("ID") or e.get("id")]
    found += [f"ID {ident} twice" for ident in set(ids) if ids.count(ident) > 1]
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name not in RULES.get(namespace, {}):
            continue
        children, attributes = RULES[namespace][name]
        said = "".join(f"{child.tag.rpartition('}')[2]} " for child in element)
        if name != "TextLine" or "alto" not in namespace:
            pattern = "".join(f"(?:{c[:-1]} )*" if c.endswith("*") else f"(?:{c} )?" for c in children.split())
            found += [] if re.fullmatch(pattern, said) else [f"<{name}> holds {said}"]
        if attributes is not None:
            found += [f"<{name}> has {key}" for key in element.attrib if key not in attributes.split()]
        if name == "Glyph" and "alto" in namespace and len(element.get("CONTENT", "")) != 1:
            found.append(f"a glyph of {element.get('CONTENT')!r}")
    return [*found, *differing(root)]


def differing(root: ET.Element) -> Iterator[str]:
    """Where a level of a page says something else than the one below it."""
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name == "String":
            content = element.get("CONTENT", "")
            glyphs = [e.get("CONTENT", "") for e in element if e.tag.endswith("Glyph")]
            digits = re.findall(r"\d", element.get("CC", ""))
            if glyphs and "".join(glyphs) != content:
                yield f"String {content!r} of glyphs {glyphs}"
            if digits and len(digits) != len(content):
                yield f"String {content!r} of CC {digits}"
        if name in ("TextRegion", "TextLine", "Word") and said(element) is not None:
            below = [said(e) for e in element if e.tag.rpartition("}")[2] in ("TextLine", "Word", "Glyph")]
            if below and None not in below and bare("".join(filter(None, below))) != bare(said(element) or ""):
                yield f"{name} {said(element)!r} of {below}"


def said(element: ET.Element) -> str | None:
    """The text of a PAGE element: that of its TextEquiv of the lowest index."""
    found = [e for e in element if e.tag.endswith("}TextEquiv")]
    if not found:
        return None
    first = min(found, key=lambda e: int(e.get("index", -1)))
    return next(e.text or "" for e in first if e.tag.endswith("}Unicode"))


def as_encoded(name: str, encoding: str, bom: bytes = b"") -> tuple[bytes, Form]:
    """An XML file of tests/formats in another encoding, which it declares."""
    text = FILES[name].decode().replace("堅", "坚").replace("經濟", "经济").replace("沒", "没")  # GB 2312 has no others
    text = re.sub("encoding=([\"'])UTF-8", lambda found: f"encoding={found[1]}{encoding}", text, count=1)
    codec = {"utf-16": "utf-16-le"}.get(encoding.lower(), encoding)
    return bom + text.encode(codec), Form(codec, bom)


def source_of(document: Document) -> Spliced:
    assert isinstance(document, Spliced)
    return document


def words(parts: Iterable[str]) -> str:
    return "\n\n".join(parts)
