"""Every formula that the worked lectures ask for without numbers, as the library writes it.

The formulas are transcribed from the problems' solutions; a comment has the lecture's own writing
where it differs.
"""

from __future__ import annotations

import pytest
from tests.lectures.table import example

from chainrule.explain.derivation import Derivation, FactorStep
from chainrule.explain.derive import derive_all
from chainrule.explain.solution import solve
from chainrule.graph.source import Source
from chainrule.notation.formula import inline
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Asked, Paper


def read(problem: str) -> Paper:
    return elaborate(parse(Source(example(problem))))


def derived(problem: str, of: str, wrt: str) -> Derivation:
    paper = read(problem)
    return derive_all(paper, [Asked(paper.graph[of], paper.graph[wrt])])[0]


def factor(problem: str, of: str, wrt: str) -> FactorStep:
    """The one local Jacobian of a quantity that is read directly."""
    (found,) = derived(problem, of, wrt).links
    assert isinstance(found, FactorStep)
    return found


NETWORK = "∂l/∂S · ∂S/∂O · ∂O/∂L · ∂L/∂h · ∂h/∂W0"
DEEPER = "∂l/∂S · ∂S/∂O · ∂O/∂L1 · ∂L1/∂h1 · ∂h1/∂L0 · ∂L0/∂h0 · ∂h0/∂W0"


@pytest.mark.parametrize(
    ("problem", "of", "wrt", "chain"),
    [
        ("000-A1", "y", "x", "∂y/∂u · ∂u/∂x"),
        ("000-A2", "y", "x", "∂y/∂u · ∂u/∂x"),
        ("000-A4", "y", "x", "∂y/∂u · ∂u/∂v · ∂v/∂x"),
        ("000-B", "l", "W1", "∂l/∂S · ∂S/∂O · ∂O/∂W1"),
        ("000-B", "l", "W0", NETWORK),
        ("000-D", "l", "W0", DEEPER),
        ("001-B", "loss", "W0", "∂loss/∂y · ∂y/∂z2 · ∂z2/∂z1 · ∂z1/∂W0"),
        ("001-B", "s", "z1", "∂s/∂z · ∂z/∂z1"),
        ("001-C", "y", "x", "∂y/∂z · ∂z/∂x"),
    ],
)
def test_the_chain(problem: str, of: str, wrt: str, chain: str) -> None:
    assert inline(derived(problem, of, wrt).chain) == chain


@pytest.mark.parametrize(
    ("problem", "of", "wrt", "shape", "entries"),
    [
        ("000-A1", "y", "u", (1, 1), "f'(u)"),
        ("000-A1", "u", "x", (1, 1), "g'(x)"),
        ("000-A2", "u", "x", (2, 2), "[∂u1/∂x1  ∂u1/∂x2; ∂u2/∂x1  ∂u2/∂x2]"),
        ("000-A3", "l", "x", (1, 2), "[∂l/∂x0  ∂l/∂x1]"),
        ("000-A3", "V", "x", (3, 2), "[∂V0/∂x0  ∂V0/∂x1; ∂V1/∂x0  ∂V1/∂x1; ∂V2/∂x0  ∂V2/∂x1]"),
        ("000-B", "l", "S", (1, 2), "[-label0/S0  -label1/S1]"),
        ("000-B", "S", "O", (2, 2), "[S0(1-S0)  -S0S1; -S1S0  S1(1-S1)]"),
        ("000-B", "O", "W1", (2, 4), "[L0 0 L1 0; 0 L0 0 L1]"),
        ("000-B", "O", "L", (2, 2), "[W1[0,0]  W1[1,0]; W1[0,1]  W1[1,1]]"),
        ("000-B", "L", "h", (2, 2), "diag([h0>0], [h1>0])"),
        ("000-B", "h", "W0", (2, 4), "[I0 0 I1 0; 0 I0 0 I1]"),
    ],
)
def test_the_factor_entry_by_entry(
    problem: str, of: str, wrt: str, shape: tuple[int, int], entries: str
) -> None:
    found = factor(problem, of, wrt)
    assert found.matrix_shape == shape
    assert found.symbolic is not None
    assert inline(found.symbolic) == entries


@pytest.mark.parametrize(
    ("problem", "of", "wrt", "closed"),
    [
        ("000-A2", "y", "u", "grad(f)(u)"),
        ("000-B", "S", "O", "diag(S) - outer(S, S)"),  # S_i (δ_ij - S_j)
        ("000-B", "O", "L", "W1ᵀ"),
        ("000-B", "L", "h", "diag(h > 0)"),
        ("001-B", "z", "z1", "w5 * eye(m)"),
        ("001-B", "s", "z", "diag(σ'(z))"),
        ("001-C", "y", "z", "w1"),
        ("001-C", "z", "x", "w0"),
    ],
)
def test_the_factor_as_one_expression(problem: str, of: str, wrt: str, closed: str) -> None:
    found = factor(problem, of, wrt).closed
    assert found is not None
    assert found.text == closed


@pytest.mark.parametrize(
    ("problem", "of", "wrt", "closed"),
    [
        ("000-A1", "y", "x", "f'(u) * g'(x)"),
        ("000-A2", "y", "x", "grad(f)(u) @ D(g)(x)"),
        ("000-A4", "y", "x", "grad(f)(u) @ D(g)(v) @ D(h)(x)"),
        ("000-B", "l", "O", "S - label"),  # label is one-hot
        ("000-B", "l", "W1", "outer(L, S - label)"),
        ("000-B", "l", "W0", "outer(I, (W1 @ (S - label)) * (h > 0))"),
        ("001-B", "s", "z1", "w5 * diag(σ'(z))"),
        ("001-C", "y", "x", "w1 @ w0"),
    ],
)
def test_the_derivative_in_closed_form(problem: str, of: str, wrt: str, closed: str) -> None:
    found = derived(problem, of, wrt).closed_form
    assert found is not None
    assert found.text == closed


def test_a_partial_derivative_is_a_sum_over_what_lies_between() -> None:
    """dy/dx_j = Σ_i ∂y/∂u_i ∂u_i/∂x_j, where indices count from 1."""
    by_both, *each = solve(read("000-A2")).symbolic.answers
    assert by_both.text == "dy/dx"
    assert [one.entries for one in each] == [
        "∂y/∂u1·∂u1/∂x1+∂y/∂u2·∂u2/∂x1",
        "∂y/∂u1·∂u1/∂x2+∂y/∂u2·∂u2/∂x2",
    ]


def test_layers_and_the_step_of_gradient_descent() -> None:
    found = solve(read("001-B")).symbolic
    formulas = {one.name: one.formula for one in found.formulas}
    assert formulas["z1"] == "f0(x @ W0 + b0)"
    assert formulas["z2"] == "f1(z1 @ W1 + b1)"
    assert formulas["y"] == "f2(z2 @ W2 + b2)"
    (step,) = found.changes
    assert (step.name, step.formula) == ("W0", "W0 - η * dloss/dW0")
    assert step.closed.startswith("W0 - η * outer(x, ")
