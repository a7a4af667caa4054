"""Correct OCR noise in Chinese newspapers, and explain every change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocrfix.config import Config
from ocrfix.model import Alternative, Correction, Evidence, OcrText, Result

if TYPE_CHECKING:
    from ocrfix.pipeline import Corrector, correct
    from ocrfix.resources import Resources

__all__ = [
    "Alternative",
    "Config",
    "Correction",
    "Corrector",
    "Evidence",
    "OcrText",
    "Resources",
    "Result",
    "__version__",
    "correct",
]
__version__ = "0.1.0"

# What needs numpy and the tables is imported when first asked for, so `import ocrfix` and `ocrfix --version` are quick.
_LATER = {"Corrector": "ocrfix.pipeline", "correct": "ocrfix.pipeline", "Resources": "ocrfix.resources"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_LATER[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
