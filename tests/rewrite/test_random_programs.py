"""Closed forms of random programs: right, not longer than the gradient, read back, step by step.

`make soak` searches on with 2,000 programs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.rewrite.random_programs import BY, program, programs

from chainrule.differentiate.walk import adjoints, gradient
from chainrule.graph.node import Array, Constant, Node, topological
from chainrule.graph.source import Source
from chainrule.notation.text import show
from chainrule.ops.broadcasting import Broadcast
from chainrule.ops.transposition import Transpose
from chainrule.paper.elaborate import elaborate
from chainrule.paper.knowledge import knowledge_of
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper
from chainrule.rewrite.closed import ClosedForm, closed_form
from chainrule.rewrite.engine import rewritten, simplified
from chainrule.rewrite.rules import guards
from chainrule.run.interpreter import evaluate_all

LONGEST = 8  # definitions
RELATIVE = 1e-10


@st.composite
def texts(draw: Any) -> str:
    return program(
        lambda options: draw(st.sampled_from(list(options))), draw(st.integers(1, LONGEST))
    )


def read(text: str) -> Paper:
    return elaborate(parse(Source(text)))


def form_of(paper: Paper, of: str = "l") -> ClosedForm:
    wrt = [paper.graph[name] for name in BY]
    return closed_form(paper.graph[of], wrt, paper.graph, knowledge_of(paper, wrt))


def is_close(found: Array, wanted: Array) -> bool:
    """To ten digits of the largest entry: what cancels to nothing has no digits of its own."""
    size = max(1.0, float(np.abs(wanted).max()))
    return found.shape == wanted.shape and np.allclose(found, wanted, RELATIVE, RELATIVE * size)


def all_close(found: Sequence[Array], wanted: Sequence[Array]) -> bool:
    return all(is_close(one, other) for one, other in zip(found, wanted, strict=True))


# What holds of the closed form of any program.


def it_is_the_gradient(paper: Paper, form: ClosedForm) -> None:
    wanted = [gradient(paper.graph["l"], paper.graph[name]) for name in BY]
    found = [one.expression for one in form.gradients]
    assert all_close(evaluate_all(found, paper.values), evaluate_all(wanted, paper.values))


def it_reads_back_to_the_same_numbers(paper: Paper, form: ClosedForm) -> None:
    again = read("\n".join([paper.source.text, *printed(paper, form)]))
    found = [again.graph[one.name] for one in form.definitions]
    wanted = [one.expression for one in form.definitions]
    assert all_close(evaluate_all(found, again.values), evaluate_all(wanted, paper.values))


def each_name_is_new_and_each_definition_reads_only_earlier_ones(
    paper: Paper, form: ClosedForm
) -> None:
    names = [*paper.graph.names, *form.names.values()]
    assert len(set(names)) == len(names)
    check_order(form)


def every_step_keeps_the_value(paper: Paper, form: ClosedForm) -> None:
    for one in form.definitions:
        steps = rewritten(one.pulled_back, one.applications)
        nodes = [one.pulled_back, *[node for _, node in steps]]
        assert nodes[-1] is one.expression
        values = evaluate_all(nodes, paper.values)
        assert all(is_close(value, values[0]) for value in values)


def it_is_not_longer_than_the_gradient(paper: Paper, form: ClosedForm) -> None:
    found, raw = lengths(paper, form)
    assert found <= raw


LAWS = (
    it_is_the_gradient,
    it_reads_back_to_the_same_numbers,
    each_name_is_new_and_each_definition_reads_only_earlier_ones,
    every_step_keeps_the_value,
    it_is_not_longer_than_the_gradient,
)


def check_laws(text: str) -> None:
    paper = read(text)
    form = form_of(paper)
    for law in LAWS:
        law(paper, form)


# Two terms of the gradient by y are 0: a step brings back what an earlier one rewrote.
ZEROS = """
X = [[0.5, -1.2], [0.3, 0.8], [-0.7, 1.1]]
x = [0.9, -0.4]
y = [1.3, 0.6, -0.2]
W = [[0.7, -0.3], [-1.1, 0.4]]
V = [[0.2, 1.4, -0.6], [-0.5, 0.1, 0.9]]
c = 0.8
v0 = 2 * y
v2 = 2 * y
v3 = v0 @ y
v5 = v3 - v3
l = sum(v2^2) + c^2 + sum(v5^2)
"""


@given(texts())
@example(ZEROS)
def test_closed_forms(text: str) -> None:
    check_laws(text)


@pytest.mark.soak
@given(texts())
def test_many_closed_forms(text: str) -> None:
    check_laws(text)


def printed(paper: Paper, form: ClosedForm) -> list[str]:
    def name_of(node: Node) -> str | None:
        return paper.graph.name_of(node) or form.names.get(node)

    return [f"{one.name} = {show(one.expression, name_of)}" for one in form.definitions]


def check_order(form: ClosedForm) -> None:
    symbols: set[Node] = set()
    for one in form.definitions:
        assert set(form.names) & set(below_names([one.expression])) <= symbols
        symbols.add(one.symbol)


def check_what_lies_on_the_way(text: str) -> None:
    """Adjoints that are asked for, and that others read, still come before those that read them."""
    paper = read(text)
    for wrt in (("v0", *BY), (*BY, "v0", "l")):
        nodes = [paper.graph[name] for name in wrt]
        form = closed_form(paper.graph["l"], nodes, paper.graph, knowledge_of(paper, nodes))
        again = read("\n".join([text, *printed(paper, form)]))
        found = [again.graph[one.name] for one in form.gradients]
        wanted = [gradient(paper.graph["l"], node) for node in nodes]
        assert all_close(evaluate_all(found, again.values), evaluate_all(wanted, paper.values))
        check_order(form)


@settings(max_examples=40)
@given(texts())
def test_what_is_asked_for_may_lie_on_the_way(text: str) -> None:
    check_what_lies_on_the_way(text)


@pytest.mark.soak
@settings(max_examples=400)
@given(texts())
def test_much_may_lie_on_the_way(text: str) -> None:
    check_what_lies_on_the_way(text)


def test_most_closed_forms_are_shorter() -> None:
    papers = map(read, programs(60))
    pairs = [lengths(paper, form_of(paper)) for paper in papers]
    assert sum(found for found, _ in pairs) < 0.8 * sum(raw for _, raw in pairs)


def lengths(paper: Paper, form: ClosedForm) -> tuple[int, int]:
    """Of the closed form and of the gradient as reverse mode leaves it, as they are written out.

    Counted are operations, names and numbers, down to the user's names; not what reading restores
    (repetition), nor the mark ᵀ.  The first mention of a shared adjoint counts nothing: there the
    gradient has the expression itself.  In the gradient guards are written plainly, as a person
    has no name for `divide_or_zero` or a softmax's pullback.
    """
    raw = adjoints(form.of, [one.quantity for one in form.gradients])
    reached = [one for one in form.definitions if one in form.shared or one.quantity in raw]
    gradients = [raw[one.quantity] for one in form.gradients if one.quantity in raw]
    wrt = [paper.graph[name] for name in BY]
    plain = simplified(gradients, guards.BOOK.rules, knowledge_of(paper, wrt)).nodes
    named = paper.graph.named_nodes
    symbols = named | set(form.names)
    closed = sum(written(one.expression, symbols) for one in reached) - len(form.shared)
    return closed, sum(written(node, named) for node in plain)


def written(node: Node, named: Iterable[Node]) -> int:
    """How many operations, names and numbers are written."""
    known = frozenset(named)
    size: dict[Node, int] = {}
    for lower in topological([node], lambda one: () if one in known else one.inputs):
        is_free = isinstance(lower.operation, Broadcast | Transpose)
        below = () if lower in known or isinstance(lower.operation, Constant) else lower.inputs
        size[lower] = sum(size[one] for one in below) + (0 if is_free and below else 1)
    return size[node]


def below_names(nodes: Sequence[Node]) -> list[Node]:
    return topological(nodes, lambda one: () if one.distinct else one.inputs)


@settings(max_examples=30)
@given(texts())
def test_a_hessian_times_a_vector_has_a_closed_form_too(text: str) -> None:
    """The derivative of u · dl/dW, as a closed form of a closed form's numbers."""
    paper = read(f"{text}\nu = [[0.3, -0.8], [1.2, 0.5]]\nD = dl/dW\ns = sum(u * D)")
    wanted = [gradient(paper.graph["s"], paper.graph[name]) for name in BY]
    found = [one.expression for one in form_of(paper, "s").gradients]
    assert all_close(evaluate_all(found, paper.values), evaluate_all(wanted, paper.values))
