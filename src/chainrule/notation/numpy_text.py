"""Pieces of NumPy source put together: parentheses, powers, numbers as they were written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chainrule.graph.node import Constant
from chainrule.notation.precedence import places
from chainrule.notation.recorded import number_text
from chainrule.notation.text import Written

__all__ = ["constant_source", "filled", "is_simple"]

POWER = "{0}**{1}"
SIMPLE = re.compile(r"-?[^\W\d][\w.]*|-?[\d.]+(e[+-]?\d+)?")


def filled(
    template: str,
    precedence: str | None,
    given: Sequence[Written],
    loosest: tuple[int, ...] | None = None,
) -> str:
    """A template over its operands' texts, in parentheses where they bind too loosely.

    Without a precedence they stand as they are.

    >>> filled("{0} * {1}", "product", [("a + b", 2), ("c", 8)])
    '(a + b) * c'
    >>> filled("{0}**{1}", "power", [("x", 8), ("2", 8)])
    'x**2'
    """
    parts = [text for text, _ in given]
    if precedence is not None:
        loosest = places(precedence, len(given)) if loosest is None else loosest
        parts = [
            f"({text})" if level < place or (at and place > 0 and text[0] == "-") else text
            for at, ((text, level), place) in enumerate(zip(given, loosest, strict=True))
        ]
    if template == POWER and not all(map(is_simple, parts)):
        template = "{0} ** {1}"
    return template.format(*parts)


def is_simple(text: str) -> bool:
    """Whether a text stands beside ** without spaces, as formatters have it.

    >>> is_simple("x"), is_simple("-2"), is_simple("x[0]"), is_simple("0.5")
    (True, True, False, True)
    """
    return SIMPLE.fullmatch(text) is not None


def constant_source(constant: Constant) -> str:
    """A number or an array in the text it was written in.

    >>> from chainrule.graph.node import constant
    >>> constant_source(constant(0.2, text=("0.20",)).operation)
    '0.20'
    >>> constant_source(constant([1.0, 0.5]).operation)
    'np.array([1.0, 0.5])'
    """
    flat = constant.value.reshape(-1)
    texts = [_text(constant, at) for at in range(flat.size)]
    if constant.of_shape == ():
        return texts[0]
    if constant.of_dtype.kind == "f":
        texts = [text if re.search(r"[.enf]", text) else f"{text}.0" for text in texts]
    return f"np.array({nested(texts, constant.of_shape)})"


def _text(constant: Constant, at: int) -> str:
    value = constant.value.reshape(-1)[at]
    if constant.of_dtype.kind == "b":
        return str(bool(value))
    if constant.text is not None:
        return python_number(constant.text[at], float(value))
    return number_text(float(value)) if constant.of_dtype.kind == "f" else str(int(value))


def python_number(text: str, value: float) -> str:
    """The text a number was written in, if Python reads it as that number.

    >>> python_number("0.20", 0.2), python_number("1/3", 1 / 3), python_number("−2", -2.0)
    ('0.20', '0.3333333333333333', '-2')
    """
    if re.fullmatch(r"-?(0|[1-9]\d*)?(\.\d*)?(e[+-]?\d+)?", text) and text.strip("-."):
        try:
            if float(text) == value:
                return _spelled(text)
        except ValueError:
            pass
    return number_text(value)


def _spelled(text: str) -> str:
    """`.5` and `2.` as formatters write them."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    mantissa, mark, power = digits.partition("e")
    mantissa = f"0{mantissa}" if mantissa.startswith(".") else mantissa
    mantissa = f"{mantissa}0" if mantissa.endswith(".") else mantissa
    return f"{sign}{mantissa}{mark}{power}"


def nested(texts: Sequence[str], shape: tuple[int, ...]) -> str:
    """Brackets within brackets, row by row."""
    if not shape:
        return texts[0]
    rows = len(texts) // max(shape[0], 1)
    parts = [nested(texts[at * rows : (at + 1) * rows], shape[1:]) for at in range(shape[0])]
    return f"[{', '.join(parts)}]"
