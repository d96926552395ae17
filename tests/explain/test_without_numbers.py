"""Problems without numbers: factors, products and results in symbols, held against differences."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.explain.derived import (
    WITHOUT_NUMBERS,
    asked,
    derived,
    example,
    explained,
    forward_text,
    lines,
    paper,
    text_of,
)

from chainrule.explain.derivation import Derivation, FactorStep
from chainrule.explain.explain import explanation
from chainrule.explain.plain_solution import solution_lines
from chainrule.explain.printers.terminal import text_lines
from chainrule.explain.schema import explanation_json
from chainrule.explain.solution import solve
from chainrule.explain.topics import topics_of

every_example = pytest.mark.parametrize("path", WITHOUT_NUMBERS, ids=lambda path: path.stem)


def solved(text: str) -> list[str]:
    return [line.strip() for line in solution_lines(solve(paper(text)))]


def test_all_symbolic_problems_are_examples() -> None:
    stems = [path.stem for path in WITHOUT_NUMBERS]
    assert stems == ["000-A1", "000-A2", "000-A3", "000-A4", "000-B", "000-D", "001-B", "001-C"]


# What is said of every example.


@every_example
def test_every_derivative_has_a_closed_form_and_is_checked(path: Path) -> None:
    found = asked(path.read_text(encoding="utf-8"))
    assert found
    for derivation in found:
        assert derivation.result is None
        assert derivation.closed_form
        assert derivation.verified is not None
        assert derivation.verified.at is not None
        assert derivation.verified.relative_error < 1e-6, derivation.chain


@every_example
def test_every_factor_is_written_in_some_way(path: Path) -> None:
    for derivation in asked(path.read_text(encoding="utf-8")):
        for link in derivation.links:
            assert isinstance(link, FactorStep)
            assert link.closed or link.symbolic
            assert link.numbers is None
        for product in derivation.products:
            assert product.closed


@every_example
def test_no_number_of_a_stand_in_is_printed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    shown = [*solved(text), *explained(text)]
    assert len(shown) > 10
    for line in shown:
        if "Verified" not in line:
            assert not re.search(r"\d\.\d", line), line


@every_example
def test_the_json_has_the_same_keys_without_values(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    read = paper(text)
    steps = forward_text(read)
    document = explanation_json(solve(read), steps, asked(text))
    found = json.loads(json.dumps(document, allow_nan=False))
    assert found["declared"]
    for one in (*found["values"].values(), *found["derivatives"].values()):
        assert set(one) == {"shape", "value", "closed"}
        assert one["value"] is None
    for step in found["steps"]:
        if step["kind"] == "derivation":
            assert step["result"] in found["derivatives"].values()
            assert set(step["verified"]) == {"method", "largest_error", "relative_error", "at"}
            assert all(product["closed"] for product in step["products"])
    for change in found["updates"].values():
        assert set(change) == {"old", "gradient", "new", "shape", "closed"}
        assert set(change["closed"]) == {"gradient", "new"}


# Entries of derivatives of functions without a formula.

TWO_STEPS = """
    x : R^2
    g : R^2 -> R^2
    f : R^2 -> R
    u = g(x)
    y = f(u)
"""


def entries(found: Derivation) -> list[str | None]:
    """What is written for the factors and then for the products."""
    factors = [text_of(link.symbolic) for link in found.links]
    return [*factors, *(text_of(product.symbolic) for product in found.products)]


def test_a_gradient_times_a_jacobian_in_entries() -> None:
    assert entries(derived(TWO_STEPS, "y", "x")) == [
        "[∂y/∂u0  ∂y/∂u1]",
        "[∂u0/∂x0  ∂u0/∂x1; ∂u1/∂x0  ∂u1/∂x1]",
        "[∂y/∂u0·∂u0/∂x0+∂y/∂u1·∂u1/∂x0  ∂y/∂u0·∂u0/∂x1+∂y/∂u1·∂u1/∂x1]",
    ]


def test_entries_count_as_the_file_does() -> None:
    found = derived(f"index_base 1\n{TWO_STEPS}".replace("\n    ", "\n"), "y", "x")
    assert entries(found)[0] == "[∂y/∂u1  ∂y/∂u2]"


def test_an_argument_without_a_name_leaves_the_derivative_as_it_is() -> None:
    found = derived("x : R^2\nf : R^2 -> R\ny = f(2 * x)", "y", "x")
    (factor,) = found.links
    assert isinstance(factor, FactorStep)
    assert text_of(factor.symbolic) == "[2·grad(f)(2x)[0]  2·grad(f)(2x)[1]]"


def test_activations_without_a_formula_stay_diagonal() -> None:
    text = "a : R^2\nf : R -> R\nz = f(a)\nt : R^2\nl = sum((z - t)^2)"
    assert entries(derived(text, "l", "a")) == [
        "[2(z0-t0)  2(z1-t1)]",
        "diag(f'(a0), f'(a1))",
        "[2(z0-t0)·f'(a0)  2(z1-t1)·f'(a1)]",
    ]


def test_a_quotient_and_a_product_beside_it_are_kept_apart() -> None:
    """label1/S1·(S1S0), never label1/S1(S1S0), which is another number."""
    (first, *_) = asked(example("000-D"))
    assert text_of(first.products[0].symbolic) == (
        "[label1/S1·(S1S0)-label0/S0·(S0(1-S0))  label0/S0·(S0S1)-label1/S1·(S1(1-S1))]"
    )


def test_two_paths_are_added_in_symbols() -> None:
    text = "x : R\nf : R -> R\ng : R -> R\nu = f(x)\nv = g(x)\ny = u * v"
    shown = lines(text, "y", "x")
    assert "∂y/∂x = ∂y/∂u · ∂u/∂x + ∂y/∂v · ∂v/∂x" in shown
    assert "∂y/∂u · ∂u/∂x = v·f'(x)" in shown
    assert "∂y/∂x = ∂y/∂u · ∂u/∂x + ∂y/∂v · ∂v/∂x = v·f'(x)+u·g'(x)" in shown
    assert "∂y/∂x = v * f'(x) + u * g'(x)" in shown


# Sizes of which only the name is known.


def test_nothing_is_unfolded_that_has_no_size() -> None:
    found = derived("x : R^n\nW : R^(m x n)\nh = W @ x\nl = sum(h^2)", "l", "x")
    assert entries(found) == [None] * 3
    assert [str(link.matrix_shape) for link in found.links] == ["(1, m)", "(m, n)"]
    assert text_of(found.closed_form) == "2 * Wᵀ @ h"


def test_the_shapes_are_said_with_the_names_of_the_sizes() -> None:
    read = paper("x : R^n\nW : R^(m x n)\nh = W @ x\nl = sum(h^2)")
    found = explanation(read, topics_of(read, "l", ["W"]))
    shapes = {text_of(step.what): step.shape for step in found.walk() if step.shape is not None}
    assert str(shapes["h"]) == "(m,)"
    assert str(shapes["∂l/∂W"]) == "(m, n)"
    assert "∂h/∂W  (m × n·m)" in "\n".join(text_lines(found))


# Files of both kinds.

MIXED = """
    a = 3
    b = 2 * a
    x : R
    y = b * x^2
    db/da
    dy/dx
"""


def test_what_has_numbers_keeps_them() -> None:
    shown = solved(MIXED)
    assert "b = 2 * a = 6" in shown
    assert "y = b * x^2 : R" in shown
    assert "db/da = 2" in shown
    assert any(line == "dy/dx = 2 * x * b : R" for line in shown)


def test_a_derivative_that_is_a_number_is_one() -> None:
    shown = solved("x : R^2\ny = 2 * x\ndy/dx")
    assert "dy/dx = [2 0; 0 2]   (2 × 2)" in shown


def test_the_facts_are_repeated_with_the_shapes() -> None:
    shown = solved("p : R^3, one_hot\nA : R^(2 x 2), symmetric\nx : R^2\nl = x @ A @ x\ndl/dx")
    assert shown[1:4] == ["p : R^3, one_hot", "A : R^(2 x 2), symmetric", "x : R^2"]
    assert any(line.startswith("dl/dx = 2 * A @ x : R^2") for line in shown)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("x : R^2\ny = sum(x^2)\ndy/dx", "random numbers"),
        ("x : R^n\ny = sum(x^2)\ndy/dx", "random numbers (n = 2)"),
        ("x : R\nf : R -> R\ny = f(x)\ndy/dx", "random numbers (f replaced by a sine)"),
        ("x : R^2, positive\ny = sum(log(x))\ndy/dx", "random numbers"),
        ("x : R^2, negative\ny = sum(log(-x))\ndy/dx", "random numbers"),
        ("A : R^(2 x 2), positive_definite\ny = logdet(A)\ndy/dA", "random numbers"),
    ],
)
def test_at_which_numbers_a_derivative_is_checked(text: str, at: str) -> None:
    (found,) = asked(text)
    assert found.verified is not None
    assert found.verified.at == at
    assert found.verified.relative_error < 1e-6


def test_an_update_is_written_as_a_formula() -> None:
    shown = solved("w : R^2\nη : R\nE : R^2 -> R\nl = E(w)\nw := w - η * dl/dw")
    assert shown[shown.index("Updates") :][:4] == [
        "Updates",
        "w := w - η * dl/dw : R^2",
        "gradient grad(E)(w)",
        "new      w - η * grad(E)(w)",
    ]


def documents(text: str) -> Any:
    read = paper(text)
    return explanation_json(solve(read), forward_text(read), asked(text))


def test_sizes_in_json_are_texts() -> None:
    found = documents("x : R^n\ny = sum(x^2)\ndy/dx")
    assert found["values"]["x"] == {"shape": ["n"], "value": None, "closed": None}
    assert found["derivatives"]["∂y/∂x"] == {"shape": ["n"], "value": None, "closed": "2 * x"}
    assert found["steps"][-1]["factors"][0]["matrix_shape"] == [1, "n"]
