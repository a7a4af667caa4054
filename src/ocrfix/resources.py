"""All that the library knows, as one frozen value: language model, look-alikes, gazetteer, lexicon, weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from os import PathLike
from pathlib import Path

from ocrfix.channel import Channel
from ocrfix.confidence import Confidences
from ocrfix.gazetteer import Gazetteer
from ocrfix.glyphs import Glyphs
from ocrfix.language import LanguageModel
from ocrfix.lexicon import Lexicon, TableError, read_table
from ocrfix.profile import read_profile
from ocrfix.script import TRADITIONAL
from ocrfix.usage import Variants

Weights = Mapping[tuple[str, str], int]
"""What each kind of evidence weighs for each source of proposals, in thousandths."""


READS = {True: "ppocr", False: "tesseract"}
"""Which engine prints both scripts, whichever the page has, and which one alone."""
SURE = 4
"""How often it counts beside all engines, one of them, where the text gives it away."""


@dataclass(frozen=True)
class Print:
    """The tables of another script, by the Simplified characters that its own are read as; opened when first asked for.

    look_alikes: the file that says what looks alike. misread: the folder of the channels. decision: the weights' file;
    decision_mixed: that of what counts otherwise where a text has characters of Simplified print throughout.
    """

    look_alikes: Path
    misread: Path
    decision: Path
    decision_mixed: Path

    @cached_property
    def glyphs(self) -> Glyphs:
        """Which characters look alike in this script."""
        return Glyphs.open(self.look_alikes)

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """What each engine makes of this script."""
        return channels(self.misread)

    def read(self, mixed: bool | None) -> Mapping[str, Channel]:
        """The same for a text of which it is known whether it has both scripts: "generic" is more of one engine then.

        What other engines do is no bad guess, since there are others.
        """
        return self.channels if mixed is None else self._read[mixed]

    @cached_property
    def _read(self) -> Mapping[bool, Mapping[str, Channel]]:
        known = self.channels
        likely = {mixed: [known[engine]] * SURE for mixed, engine in READS.items() if engine in known}
        return {mixed: {**known, "generic": Channel.of([known["generic"], *likely.get(mixed, ())])} for mixed in READS}

    @cached_property
    def weights(self) -> Weights:
        """What evidence weighs in this script."""
        return _weights(self.decision)

    @cached_property
    def weights_mixed(self) -> Weights:
        """The same for a text that has both scripts."""
        return beside(self.weights, _weights(self.decision_mixed))


@dataclass(frozen=True)
class Resources:
    """The tables a Corrector works with. Extend them with `dataclasses.replace` or a method `with_…`.

    >>> from ocrfix.resources import Resources
    >>> "在" in Resources.builtin().glyphs.look_alikes("茌")
    True
    """

    language: LanguageModel
    glyphs: Glyphs
    gazetteer: Gazetteer
    lexicon: Lexicon
    channels: Mapping[str, Channel]
    weights: Weights
    confidences: Confidences
    confident: Mapping[str, Weights]
    """What evidence weighs where the confidences of an engine are at hand, by its name."""
    variants: Variants
    """Forms that characters have in older and Traditional print."""
    traditional: Print
    """How Traditional print looks, and how it is misread."""

    @classmethod
    def builtin(cls) -> Resources:
        """The tables that come with the library, opened once in a process."""
        return _builtin()

    @classmethod
    def open(cls, folder: str | PathLike[str]) -> Resources:
        """Tables from a folder laid out as `lexicons/`.

        Raises FileNotFoundError where one is missing, ValueError where one cannot be read.
        """
        folder = Path(folder)
        confidences = Confidences.open(folder / "confidence.tsv")
        return cls(
            language=LanguageModel.open(folder / "models" / "news.lm"),
            glyphs=Glyphs.open(folder / "glyphs.tsv"),
            gazetteer=Gazetteer.open(folder / "gazetteer.tsv", local=folder / "local"),
            lexicon=Lexicon.open(folder),
            channels=channels(folder / "channel"),
            weights=_weights(folder / "decision.tsv"),
            confidences=confidences,
            confident={engine: _weights(folder / f"decision.{engine}.tsv") for engine in confidences.engines},
            variants=Variants.open(folder),
            traditional=Print(
                folder / "glyphs.traditional.tsv",
                folder / "channel" / "traditional",
                folder / "decision.traditional.tsv",
                folder / "decision.traditional.mixed.tsv",
            ),
        )

    def channel(self, engine: str) -> Channel:
        """What an engine prints for what the page shows; of all engines together where it is none of them."""
        return self.channels.get(engine, self.channels["generic"])

    def printed_in(self, script: str, mixed: bool | None = None) -> Resources:
        """The same for what is printed in a script: its look-alikes, what engines make of it, and what counts there.

        mixed: whether the text has characters of the other script throughout, as far as that is known.
        """
        if script != TRADITIONAL:
            return self
        own = self.traditional
        weights = own.weights_mixed if mixed else own.weights
        return replace(self, glyphs=own.glyphs, channels=own.read(mixed), weights=weights)

    def with_gazetteers(self, paths: Iterable[str | PathLike[str]]) -> Resources:
        """The same with users' lists of names added."""
        return replace(self, gazetteer=self.gazetteer.with_files(*map(Path, paths)))

    def with_protected(self, paths: Iterable[str | PathLike[str]]) -> Resources:
        """The same with users' lists of words that are not to be touched."""
        return replace(self, lexicon=self.lexicon.with_files(*map(Path, paths)))

    def with_profile(self, path: str | PathLike[str]) -> Resources:
        """The same with what was learnt of the collection: confusions, names, protected words.

        "generic" becomes the engine that the profile names for two parts in three: what other engines do is no bad
        guess. Raises ValueError for a file that is no profile, OSError where there is none.
        """
        profile = read_profile(Path(path))
        channels, engine = dict(self.channels), profile.engine
        is_known = engine in channels and engine != "generic"
        if is_known:
            channels["generic"] = channels["generic"].beside(channels[engine])
        for name in {engine, "generic"} if is_known else set(channels):
            channels[name] = channels[name].with_profile(profile)
        own = replace(self, channels=channels)
        return own.with_gazetteers([path] if profile.names else []).with_protected([path] if profile.protected else [])


def lexicons() -> Path:
    """Where the built-in tables lie: inside the package when installed, beside `src/` in a checkout.

    Raises FileNotFoundError where neither is there.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "lexicons", here.parent.parent / "lexicons"):
        if (folder / "models").is_dir():
            return folder
    raise FileNotFoundError(
        f"lexicons: expected in {here / 'lexicons'} or beside src/, found neither; install ocrfix anew"
    )


def verify(folder: Path) -> tuple[Path, ...]:
    """The files below a folder of tables whose hash stands beside them, each found to be what it was made as.

    What is opened is always asked for its size, header and columns; this reads every byte, in a tenth of a second.

    >>> [path.name for path in verify(lexicons()) if path.parent == lexicons()]
    ['glyphs.tsv', 'glyphs.traditional.tsv']

    Raises ValueError, naming the file, for one that is another; FileNotFoundError where one is missing.
    """
    import hashlib
    import json

    checked = []
    for record in sorted(folder.rglob("*.json")):
        about = json.loads(record.read_bytes())
        made = record.name.endswith(".provenance.json")
        path = record.with_name(record.name.replace(".provenance.json", ".tsv") if made else f"{record.stem}.lm")
        expected = about["table"]["sha256"] if made else about["sha256"]
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected:
            raise ValueError(
                f"{path}: expected the SHA-256 {expected} that {record.name} names, found {found}: it is damaged or of "
                "another version; install ocrfix anew"
            )
        checked.append(path)
    return tuple(checked)


def beside(plain: Weights, own: Weights) -> Weights:
    """What evidence weighs in a case of its own; a source that has no weights for that keeps those it has."""
    known = {source for source, _ in own}
    return {**{key: weight for key, weight in plain.items() if key[0] not in known}, **own}


def _weights(path: Path) -> Weights:
    weights = {}
    for number, (source, name, weight) in enumerate(read_table(path, ("source", "evidence", "weight")), 2):
        try:
            weights[source, name] = int(weight)
        except ValueError:
            raise TableError(f"{path}:{number}: expected a whole number of thousandths, found {weight!r}") from None
    return weights


def channels(folder: Path) -> Mapping[str, Channel]:
    """The channel of each engine that has a table, and "generic", which is any of them."""
    paths = sorted(path for path in folder.glob("*.tsv") if "." not in path.stem)  # NAME.counts.tsv belongs to NAME.tsv
    engines = {path.stem: Channel.open(path) for path in paths}
    return engines | {"generic": Channel.of([*engines.values()])}


@cache
def _builtin() -> Resources:
    return Resources.open(lexicons())
