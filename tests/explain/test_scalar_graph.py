"""Networks taken apart: where they are cut, what the edges are, sums over paths as gradients."""

from __future__ import annotations

from functools import reduce
from operator import add, mul
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.differentiate.test_programs import Program, programs
from tests.explain.derived import WITH_NUMBERS, ladder, paper

from chainrule.differentiate.jacobian import derivative
from chainrule.explain.scalar.cut import cut
from chainrule.explain.scalar.graph import Gradient, ScalarGraph, entry_symbols, gradient_of
from chainrule.explain.scalar.pieces import taken_apart
from chainrule.explain.source import without_numbers
from chainrule.graph.node import Node, constant
from chainrule.notation.text import show
from chainrule.paper.program import Paper
from chainrule.run.interpreter import evaluate_all

GIVEN = """
x = [0.5, -1, 2]
t = [1, 0, 0]
W = [[1, 2, 0], [0, 1, 1], [1, 1, 1]]
b = [0.1, 0.2, 0.3]
c = 3
"""


def names(read: Paper, of: str, wrt: list[str]) -> list[str]:
    """What the results without a name are that get one."""
    found = cut([read.graph[of]], [read.graph[name] for name in wrt], read.graph.named_nodes)
    shown: dict[Node, str] = {}
    texts = []
    for number, node in enumerate(found.inner, 1):
        known = {**shown}
        texts.append(show(node, lambda one, known=known: read.graph.name_of(one) or known.get(one)))  # type: ignore[misc]
        shown[node] = f"u{number}"
    return texts


@pytest.mark.parametrize(
    ("formula", "inner"),
    [
        # The argument of a function, but not one that is a name, a multiple, a name and a number.
        ("sigmoid(x)", []),
        ("exp(-x / 2)", []),
        ("tanh(1 - x)", []),
        ("sigmoid(W @ x + b)", ["W @ x + b"]),
        ("relu(x + b)", ["x + b"]),
        ("tanh(sigmoid(x))", ["sigmoid(x)"]),
        ("exp(sum(x))", ["sum(x)"]),
        # What is squared: a difference stays.
        ("sum((x - t)^2)", []),
        ("sum((W @ x - t)^2)", ["W @ x - t"]),
        ("(2 * x + 3 * b)^2", ["2 * x + 3 * b"]),
        # Factors: a function whose slope is written with its value has a name of its own.
        ("sigmoid(x) * b", ["sigmoid(x)"]),
        ("sum(t * log(x + 2))", []),
        ("c * x * b", []),
        ("x^2 * b", []),
        ("(x - b) * x", []),
        ("W @ (W @ x)", ["W @ x"]),
        ("W @ concat(1, tanh(x[1:]))", ["tanh(x[1:3])"]),
        # Quotients.
        ("x / c", []),
        ("exp(x) / sum(exp(x))", ["exp(x)", "sum(u1)"]),
        ("1 / (1 + exp(-x))", ["exp(-x)"]),
        # A function of an array has a name, and so has what it is applied to.
        ("softmax(x)", []),
        ("2 * softmax(x)", ["softmax(x)"]),
        ("softmax(2 * x)", ["2 * x"]),
        ("norm(x - b)", ["x - b"]),
        # A composite is what it stands for.
        ("silu(x)", ["sigmoid(x)"]),
        ("cross_entropy(softmax(x), t)", ["softmax(x)"]),
        ("cross_entropy_with_logits(W @ x, t)", ["W @ x"]),
    ],
)
def test_inner_results_with_a_name(formula: str, inner: list[str]) -> None:
    assert names(paper(f"{GIVEN}y = {formula}"), "y", ["x", "W", "b", "c"]) == inner


def test_what_is_on_no_path_gets_no_name() -> None:
    read = paper(f"{GIVEN}y = sigmoid(W @ x) * b")
    assert names(read, "y", ["b"]) == []
    assert names(read, "y", ["b", "x"]) == ["W @ x", "sigmoid(u1)"]


def apart(read: Paper, of: str, *wrt: str) -> ScalarGraph:
    """The scalars of a program between names."""
    return _apart([read.graph[of]], [read.graph[name] for name in wrt], read.graph.named_nodes)


def _apart(ofs: list[Node], wrts: list[Node], named: frozenset[Node]) -> ScalarGraph:
    found = cut(ofs, wrts, named)
    return taken_apart(found.nodes, found, named | set(found.nodes))


@pytest.mark.parametrize(
    ("formula", "edges"),
    [
        ("W @ x", 9),  # each result reads three entries, not all of them
        ("x * b", 3),
        ("sigmoid(x)", 3),
        ("softmax(x)", 9),
        ("cumsum(x)", 6),  # zeros by the form of the operation are left out
        ("x[1:]", 2),
        ("where(x > b, x, 0)", 3),  # a zero by the numbers is not
        ("sum(x)", 3),
        ("sum(x[:1])", 1),
        ("0 * x", 0),
    ],
)
def test_edges_that_are_zero_by_their_form_are_left_out(formula: str, edges: int) -> None:
    read = paper(f"{GIVEN}y = {formula}")
    found = apart(read, "y", "x") if edges else ScalarGraph({}, {})
    assert sum(map(len, found.below.values())) == edges


def as_nodes(found: Gradient) -> list[Node]:
    """The sums over paths as expressions."""
    return [
        reduce(add, [reduce(mul, [edge.node for edge in route], constant(1.0)) for route in routes],
               constant(0.0))
        for routes in [entry.routes for entry in found.entries]
    ]  # fmt: skip


def check_sums(found: Gradient, values: dict[Node, np.ndarray]) -> None:
    """The sums over paths are the entries of the derivative."""
    wanted, *sums = evaluate_all([derivative(found.of, found.wrt), *as_nodes(found)], values)
    scale = max(1.0, float(np.abs(wanted).max(initial=0)))
    np.testing.assert_allclose(
        np.array(sums).reshape(wanted.shape), wanted, rtol=1e-9, atol=1e-11 * scale
    )


@pytest.mark.parametrize("path", WITH_NUMBERS, ids=lambda path: path.stem)
def test_sums_over_paths_are_the_derivatives_of_the_examples(path: Path) -> None:
    read = paper(path.read_text(encoding="utf-8"))
    asked = [one for question in read.questions for one in question.asked]
    for one in asked:
        named = read.graph.named_nodes | {node for _, node in one.names}
        graph = _apart([one.of], [one.wrt], named)
        check_sums(gradient_of(graph, one.of, one.wrt), dict(read.values))


@given(programs)
@settings(max_examples=60)
@pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")
def test_sums_over_paths_are_the_derivatives_of_random_programs(program: Program) -> None:
    output = program.output
    graph = _apart([output], program.inputs, program.named | {output})
    for wrt in program.inputs:
        counts = [graph.counts(top) for top in entry_symbols(output).flat]
        total = sum(found.get(end, 0) for found in counts for end in entry_symbols(wrt).flat)
        if total <= 3_000:
            found = gradient_of(graph, output, wrt)
            assert sum(len(entry.routes) for entry in found.entries) == total
            check_sums(found, program.given)


@pytest.mark.parametrize(
    "formula",
    [
        "sigmoid(tanh(cos(c)) * a + a) + sum(x)",  # a is nothing but cos(c), which has a name, too
        "cross_entropy_with_logits(W @ x, t) * c",  # its body reads the logits in places of its own
        "cross_entropy(softmax(concat(x, x)), concat(t, 0 * t))",  # an entry is read twice
        "logsumexp(concat(x, x, b)) + c",
        "sum(softmax(W)[1:] * W[1:])",
        "sum(cumsum(x * x)) + max(W @ x) * norm(x) + c",
    ],
)
def test_sums_over_paths_where_they_are_easily_missed(formula: str) -> None:
    read = paper(f"{GIVEN}a = cos(c)ᵀ\ny = {formula}")
    for name in ("x", "c"):
        graph = apart(read, "y", "x", "c")
        check_sums(gradient_of(graph, read.graph["y"], read.graph[name]), dict(read.values))


def test_what_is_differentiated_may_be_an_entry() -> None:
    read = paper(f"{GIVEN}h = W @ sigmoid(x)")
    entry, x = read.graph["h"][1], read.graph["x"]
    graph = _apart([entry], [x], read.graph.named_nodes)
    check_sums(gradient_of(graph, entry, x), dict(read.values))


@pytest.mark.parametrize("rungs", [1, 2, 5])
def test_paths_are_counted_without_listing_them(rungs: int) -> None:
    read = paper(ladder(rungs))
    graph = apart(read, "y", "x")
    y, x = read.graph["y"], read.graph["x"]
    (entry,) = gradient_of(graph, y, x).entries
    assert graph.counts(y)[x] == len(entry.routes) == len(set(entry.routes)) == 2 ** (rungs + 1)


def test_the_count_of_a_tall_ladder_is_found_at_once() -> None:
    read = paper(ladder(60))
    assert apart(read, "y", "x").counts(read.graph["y"])[read.graph["x"]] == 2**61


def test_no_path_passes_what_is_differentiated_by() -> None:
    read = paper("x = 2\ny = x^2\nz = x * y\nl = y * z")
    graph = apart(read, "l", "x", "y")
    for wrt, count in [("y", 2), ("x", 3), ("z", 1)]:
        (entry,) = gradient_of(graph, read.graph["l"], read.graph[wrt]).entries
        assert len(entry.routes) == count


def test_derivatives_without_numbers_are_symbols() -> None:
    read = paper("x : R^2\ng : R^2 -> R^2\nu = g(x)\ny = u[0] * u[1]")
    graph = apart(read, "y", "x")
    edges = [edge for below in graph.below.values() for edge in below]
    assert [edge.formula is None for edge in edges] == [True] * 4 + [False] * 2
    assert without_numbers([edge.node for edge in edges], {}) == {edge.node for edge in edges}


@given(st.integers(1, 4), st.integers(1, 4))
def test_a_softmax_of_any_rows_has_every_edge_of_a_row(rows: int, columns: int) -> None:
    read = paper(f"x = ones({rows}, {columns})\ny = 2 * x\nS = softmax(y)")
    edges = [e for below in apart(read, "S", "y").below.values() for e in below]
    assert len(edges) == rows * columns**2
