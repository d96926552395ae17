"""Typst source compiled by the `typst` package, with our Hangul font and no other of the system."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from chainrule.errors import DataProblem

if TYPE_CHECKING:
    from typst import Fonts

__all__ = ["FONT", "compiled"]

FONT = "Chainrule Hangul"  # as the file in FOLDER calls itself
FOLDER = Path(__file__).parent / "fonts"
MISSING = "This needs the typst package, which is not installed: run pip install 'chainrule[pdf]'"


def compiled(source: str, form: Literal["pdf", "png"] = "pdf", dots: float = 144.0) -> bytes:
    """A Typst document as PDF, or the only page of one as PNG with so many dots to the inch.

    Fonts are those of the typst package and ours, so that the result is the same everywhere.

    >>> compiled("Hello")[:5]
    b'%PDF-'

    Raises:
        DataProblem: typst is not installed, or it cannot read the document.
    """
    try:
        import typst
    except ImportError:
        raise DataProblem(MISSING) from None
    try:
        return typst.compile(
            source.encode(), format=form, ppi=dots, font_paths=_fonts(), ignore_system_fonts=True
        )
    except RuntimeError as error:
        raise DataProblem(f"Typst cannot set this document: {error}") from None


@cache
def _fonts() -> Fonts:
    from typst import Fonts

    return Fonts(include_system_fonts=False, font_paths=[str(FOLDER)])
