"""The forms that settings take, by the annotation of the parameter they are for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import PaperError
from chainrule.graph.sizes import Size

__all__ = ["in_form"]

WORDS = {"True": True, "False": False}
PRECISIONS = {name: np.dtype(name) for name in ("float32", "float64")}
WRAPPED = frozenset({"Axes", "Shape"})  # one number stands for brackets around it, _ for none


def in_form(name: str, form: str, value: Any) -> Any:
    """A setting's value in the form that the annotation `form` asks for.

    >>> in_form("axes", "Axes", 1)
    (1,)

    Raises:
        PaperError: the value has another form.
    """
    if form in WRAPPED and (value is None or isinstance(value, int)):
        value = () if value is None else (value,)
    if form == "bool":
        value = WORDS.get(value, value)
    if form == "np.dtype[Any]" and isinstance(value, str):
        value = PRECISIONS.get(value, value)
    fits, description = FORMS.get(form, FORMS["Any"])
    if not fits(value):
        raise PaperError(f"The setting {name} is {description}; found {_shown(value)}.")
    return value


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return "_" if value is None else str(value)


def _is_anything(value: Any) -> bool:
    return True


def _is_flag(value: Any) -> bool:
    return value in (0, 1)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, Size)


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or _is_whole(value)


def _is_sizes(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(n, int) and n >= 0 for n in value)


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _are_whole(value: Any) -> bool:
    return isinstance(value, tuple) and all(map(_is_whole, value))


def _are_words(value: Any) -> bool:
    return isinstance(value, tuple) and all(map(_is_word, value))


def _is_index(value: Any) -> bool:
    return isinstance(value, tuple) and all(map(_is_index_entry, value))


def _is_index_entry(entry: Any) -> bool:
    """A whole number, or a stride [start, stop, step] whose stop may be left out as _."""
    if not isinstance(entry, tuple):
        return isinstance(entry, int)
    start, stop, step = entry if len(entry) == 3 else (None, None, None)
    return isinstance(start, int) and _is_whole(step) and isinstance(stop, int | None)


def _is_precision(value: Any) -> bool:
    return isinstance(value, np.dtype)


def _or_none(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


WHOLE_NUMBERS = "whole numbers in brackets, such as [0, 1]"
FORMS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "Any": (_is_anything, "anything"),
    "bool": (_is_flag, "0 or 1"),
    "int": (_is_whole, "a whole number"),
    "float": (_is_number, "a number"),
    "Node | int | None": (_or_none(_is_whole), "a whole number, such as 7"),
    "int | None": (_or_none(_is_whole), "a whole number, such as 0"),
    "int | Axes | None": (
        _or_none(lambda value: _is_whole(value) or _are_whole(value)),
        "an axis, such as 0, or several in brackets",
    ),
    "Axes": (_are_whole, WHOLE_NUMBERS),
    "Shape": (_is_sizes, "sizes in brackets, such as [3, 2]"),
    "tuple[int, ...]": (_are_whole, WHOLE_NUMBERS),
    "tuple[int, ...] | None": (_or_none(_are_whole), WHOLE_NUMBERS),
    "tuple[str, ...]": (_are_words, "words in brackets, such as [ij, jk]"),
    "np.dtype[Any]": (_is_precision, "float32 or float64"),
    "str": (_is_word, "a word, such as ik"),
    "Index": (_is_index, "indices in brackets, such as [0, [0, 2, 1]]"),
}
