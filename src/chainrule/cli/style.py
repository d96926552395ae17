"""What `explain` and `draw` have in common: digits or decimals, the language, the format."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from pathlib import PurePath

from chainrule.errors import DataProblem
from chainrule.explain.language.catalogue import require_language
from chainrule.explain.options import USUAL, Options

__all__ = ["form_of", "style_of"]


def style_of(options: Namespace) -> Options:
    """Digits or decimals, and the language.

    Raises:
        DataProblem: both are given, or one is outside of what there is.
    """
    if options.digits is not None and options.decimals is not None:
        raise DataProblem("--digits and --decimals do not go together; give one of them.")
    digits = USUAL.digits if options.digits is None else options.digits
    return Options(digits, options.decimals, language=require_language(options.lang)).checked()


def form_of(options: Namespace, endings: Mapping[str, str]) -> str:
    """The format: as `--to` says, else as the name of the file ends, else text.

    Raises:
        DataProblem: the file's name ends in what is no format here.
    """
    if options.to is not None:
        return str(options.to)
    ending = PurePath(options.output or "").suffix.lower().removeprefix(".")
    if ending and ending not in endings:
        known = ", ".join(f".{one}" for one in endings)
        raise DataProblem(
            f"{options.output}: .{ending} is no format here, only {known}; or say which: --to text."
        )
    return endings.get(ending, "text")
