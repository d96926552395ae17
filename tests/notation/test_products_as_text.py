"""Products of matrices beside products of entries, as text: no riddle which comes first."""

from __future__ import annotations

import pytest

from chainrule.graph.source import Source
from chainrule.notation.text import show
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse

DECLARED = "a, b, h : R^3\nA, B : R^(3 x 3)\ns : R\n"
WRITTEN: list[tuple[str, str]] = [
    ("A @ a * b", "(A @ a) * b"),
    ("A @ a * (h > 0)", "(A @ a) * (h > 0)"),
    ("b * (A @ a)", "b * (A @ a)"),
    ("A @ a / b", "(A @ a) / b"),
    ("a * b @ A", "(a * b) @ A"),
    ("a / b @ A", "(a / b) @ A"),
    ("a / 3 @ A", "(a / 3) @ A"),
    # a number in front, or as a divisor, is no riddle
    ("2 * A @ a", "2 * A @ a"),
    ("s * A @ a", "s * A @ a"),
    ("A @ a * s", "A @ a * s"),
    ("A @ a / 3", "A @ a / 3"),
    ("A @ a / s", "A @ a / s"),
    ("A @ B @ a", "A @ B @ a"),
    ("A @ a + b", "A @ a + b"),
    # arrays of one number
    ("A @ zeros(3)", "A @ zeros(3)"),
    ("ones(2, 3) @ A", "ones(2, 3) @ A"),
]


@pytest.mark.parametrize(("expression", "text"), WRITTEN)
def test_products(expression: str, text: str) -> None:
    paper = elaborate(parse(Source(f"{DECLARED}{expression}\n{text}")))
    first, second = paper.questions
    assert show(first.node, paper.graph.name_of) == text
    assert first.node is second.node
