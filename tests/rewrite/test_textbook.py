"""The table of textbook derivatives: each closed form is what the book prints, and is right."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.rewrite.drawing import draw
from tests.rewrite.textbook import SIZES, TEXTBOOK, Row

from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.maps import matrix
from chainrule.differentiate.walk import gradient
from chainrule.graph.facts import Fact
from chainrule.graph.node import Array, Node
from chainrule.graph.source import Source
from chainrule.notation.text import Written, operation_text, show, write
from chainrule.ops.arithmetic import Add, Multiply, Subtract
from chainrule.ops.naming import Same
from chainrule.paper.elaborate import elaborate
from chainrule.paper.knowledge import knowledge_of
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper
from chainrule.rewrite.closed import Definition, closed_form, closed_jacobian
from chainrule.run.interpreter import evaluate_all

NameOf = Callable[[Node], str | None]
SEEDS = (0, 1)


def read(*texts: str, **sizes: int) -> Paper:
    """What a program means, with numbers for its sizes or without."""
    return elaborate(parse(Source("\n".join(texts))), sizes)


def output(paper: Paper) -> Node:
    """What the last definition computes."""
    return paper.definitions[-1].node


def found(paper: Paper, row: Row) -> tuple[Definition, ...]:
    """The closed form of a row's derivatives."""
    of = output(paper)
    wrt = [paper.graph[name] for name in row.wrt.split()]
    known = knowledge_of(paper, wrt)
    if of.shape == ():
        return closed_form(of, wrt, paper.graph, known).definitions
    return (closed_jacobian(of, wrt[0], paper.graph, known),)


def lines(row: Row, definitions: tuple[Definition, ...]) -> dict[str, str]:
    """The expected forms by name; a row with one derivative need not name it."""
    if "=" not in row.expected.split("(")[0] and "\n" not in row.expected:
        return {definitions[-1].name: row.expected}
    parts = [line.partition(" = ") for line in row.expected.splitlines()]
    return {name: form for name, _, form in parts}


def canonical(node: Node, name_of: NameOf) -> str:
    """The node's text with the terms of sums and the factors of products in order.

    Only what commutes is put in order: x + y and y + x, x * y and y * x, entry by entry; the sign
    of a product counts as a factor.
    """
    terms: dict[Node, list[str]] = {}
    factors: dict[Node, list[str]] = {}

    def form(lower: Node, inner: list[Node], texts: list[Written]) -> Written:
        plain = [text for text, _ in texts]
        if isinstance(lower.operation, Add | Subtract):
            first, second = [terms.get(n, [t]) for n, t in zip(inner, plain, strict=True)]
            if isinstance(lower.operation, Subtract):
                second = [text[1:] if text.startswith("-") else f"-{text}" for text in second]
            terms[lower] = sorted(first + second)
            return f"({' + '.join(terms[lower])})", LEVEL
        if isinstance(lower.operation, Multiply):
            parts = [factors.get(n, [t]) for n, t in zip(inner, plain, strict=True)]
            signs = sum(text.startswith("-") for text in parts[0] + parts[1]) % 2
            bare = [text.removeprefix("-") for text in parts[0] + parts[1]]
            factors[lower] = ["-"] * signs + sorted(filter(None, bare))
            return f"({' * '.join(factors[lower])})", LEVEL
        text, level = operation_text(lower, inner, texts)
        return text, level

    return write(node, name_of, form)


LEVEL = 100  # of what stands in parentheses


def parsed(row: Row, expected: dict[str, str], **sizes: int) -> Paper:
    """The row's program with the expected forms as further definitions."""
    return read(row.program, *[f"{name} = {form}" for name, form in expected.items()], **sizes)


def problems(row: Row) -> list[str]:
    """What differs between the forms that are found and those that the table has, in words."""
    paper = read(row.program)
    definitions = found(paper, row)
    expected = lines(row, definitions)
    names = {one.symbol: one.name for one in definitions}
    got = {one.name: one for one in definitions}

    def name_of(node: Node) -> str | None:
        return names.get(node) or paper.graph.name_of(node)

    texts = {name: show(one.expression, name_of) for name, one in got.items()}
    if got.keys() != expected.keys():
        return [f"{row}:\n    got      {texts}\n    expected {expected}"]
    book = parsed(row, expected)
    again = parsed(row, texts)
    found_problems = []
    for name, one in got.items():
        mine = canonical(one.expression, name_of)
        if mine != definition(book, name):
            found_problems.append(
                f"{row}:\n    got      {texts[name]}\n    expected {expected[name]}"
            )
        if definition(again, name) != mine:
            found_problems.append(f"{row}: {texts[name]} is read as something else")
    return found_problems


def definition(paper: Paper, name: str) -> str:
    """The canonical text of what a name is defined as."""
    node = paper.graph[name]
    if isinstance(node.operation, Same):
        return canonical(node.inputs[0], paper.graph.name_of)
    return canonical(node, lambda one: None if one is node else paper.graph.name_of(one))


@pytest.mark.parametrize("row", TEXTBOOK, ids=str)
def test_the_closed_form_is_what_the_textbook_prints(row: Row) -> None:
    differences = problems(row)
    assert not differences, "\n".join(differences)


def derivative(of: Node, wrt: Node) -> Node:
    """The derivative as the walk through the graph builds it, with no rule applied."""
    return gradient(of, wrt) if of.shape == () else matrix(jacobian(of, wrt))


def numbers(paper: Paper, seed: int) -> dict[Node, Array]:
    """Random numbers for the declared quantities, of which what is declared holds."""
    random = np.random.default_rng(seed)
    facts: dict[Node, set[Fact]] = {one.node: set() for one in paper.declared}
    for stated in paper.declarations:
        if stated.node in facts:
            facts[stated.node].add(stated.fact)
    return {node: draw(node.shape, stated, random) for node, stated in facts.items()}


@pytest.mark.parametrize("row", TEXTBOOK, ids=str)
def test_what_the_textbook_prints_is_the_derivative(row: Row) -> None:
    expected = lines(row, found(read(row.program), row))
    paper = parsed(row, expected, **SIZES)
    (of,) = [paper.definitions[-1 - len(expected)].node]
    wrt = row.wrt.split()
    by = {f"d{name}": paper.graph[name] for name in wrt}
    forms = [paper.graph[f"d{name}"] if of.shape == () else output(paper) for name in wrt]
    raw = [derivative(of, node) for node in by.values()]
    for seed in SEEDS:
        values = evaluate_all([*forms, *raw], numbers(paper, seed))
        for one, other in zip(values[: len(wrt)], values[len(wrt) :], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


def test_the_table_is_as_large_as_it_should_be() -> None:
    assert len(TEXTBOOK) >= 100
    assert len(set(TEXTBOOK)) == len(TEXTBOOK)
