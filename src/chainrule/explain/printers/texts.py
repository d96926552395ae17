"""Small things that several printers write alike."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chainrule.graph.node import Shape

__all__ = ["shape_in_brackets", "visible", "visible_lines"]

UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    r"""A text without characters that steer a terminal or turn the direction of reading.

    >>> visible("a\x1b[31mb")
    'a�[31mb'
    """
    return UNSEEN.sub("\ufffd", text)


def visible_lines(lines: Iterable[str]) -> str:
    """Lines of a document, without such characters either."""
    return "\n".join([visible(line) for part in lines for line in part.split("\n")])


def shape_in_brackets(shape: Shape | None) -> str:
    """A shape beside a formula; of a number, nothing.

    >>> shape_in_brackets((2, 3)), shape_in_brackets((4,)), shape_in_brackets(())
    ('(2 × 3)', '(4)', '')
    """
    return f"({' × '.join(map(str, shape))})" if shape else ""
