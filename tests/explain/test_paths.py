"""Derivations: forward lines, forks, and quantities read both directly and through others."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tests.explain.derived import (
    WITH_NUMBERS,
    asked,
    dense,
    derived,
    every_example,
    explained,
    forward,
    lines,
    paper,
    product,
    result_of,
    text_of,
)

from chainrule.explain.derivation import Derivation, FactorStep, ForkStep

# Forward lines: formula = numbers put in = value.


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = [1, 2]\ny = 3 * x^2", "y = 3 * x^2 = 3 * [1, 2]^2 = [3 12]"),
        ("x = -2\ny = x^2", "y = x^2 = (-2)^2 = 4"),
        ("x = 0.25\ny = sqrt(x)", "y = sqrt(x) = sqrt(0.25) = 0.5"),
        ("x = [5, 6]\ny = x[1] * x[0]", "y = x[1] * x[0] = 6 * 5 = 30"),
        ("x = [1, 2]\ny = [x[0] + x[1], 1]", "y = [x[0] + x[1], 1] = [1 + 2, 1] = [3 1]"),
        ("x = [[1, 2], [3, 4]]\ny = xᵀ", "y = xᵀ = [[1, 2], [3, 4]]ᵀ = [1 3; 2 4]"),
        ("x = 1e-9\ny = x / 3", "y = x / 3 = (1e-9) / 3 ≈ 3.33333e-10"),
        ("x = 2\ny = x", "y = x = 2"),  # nothing to put in
        ("x = ones(37)\ny = sum(x)", "y = sum(x) = 37"),  # 37 numbers are no help
        ("x = ones(100)\ny = 2 * x", "y = 2 * x ≈ array 100 of [2, 2], norm 20: 2, 2, 2, 2, …"),
        ("x = 1000\ny = exp(x)", "y = exp(x) = exp(1000) ≈ inf"),
    ],
)
def test_a_forward_line_has_the_numbers_put_in(text: str, line: str) -> None:
    assert line in lines(text, "y", "x")


def test_more_digits_are_put_in_when_asked_for() -> None:
    found = forward(paper("x = 2\ny = sqrt(x)\nz = 2 * y\ndz/dx"), digits=12)
    assert text_of(found[1].substituted) == "2 * 1.41421356237"


def test_a_forward_value_is_shown_once() -> None:
    text = explained("x = 2\ny = x^2\nz = y^3\ndy/dx\ndz/dy")
    assert text.count("y = x^2 = 2^2 = 4") == 1
    assert text.index("z = y^3 = 4^3 = 64") < text.index("∂y/∂x")


def test_a_function_at_another_point_has_other_forward_values() -> None:
    text = explained("f(x) = x^3\nD(f)(1)\nD(f)(2)")
    assert "f = x^3 = 1^3 = 1" in text
    assert "f = x^3 = 2^3 = 8" in text


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("f(x) = x^3\nD(f)(2)", "∂f/∂x at x = 2"),
        ("f(x) = sum(x^2)\ngrad(f)([1, -2])", "∂f/∂x at x = [1 -2]"),
        ("F(x, y) = [x + y, x * y]\nD(F)(1, 2)", "∂F/∂(x, y) at (x, y) = [1 2]"),
        ("f(t) = sum(t)\ngrad(f)(ones(2, 3))", "∂f/∂t at t = [1 1 1; 1 1 1]"),
        ("f(t) = sum(t)\ngrad(f)(ones(7))", "∂f/∂t"),  # a longer point stands in Forward alone
        ("f(x) = x^3\nD(f)(1/3)", "∂f/∂x at x = 1/3"),
        ("x = 2\ny = x^3\ndy/dx", "∂y/∂x"),  # a quantity of the file is where it is
    ],
)
def test_a_function_has_its_point_in_the_title(text: str, title: str) -> None:
    assert title in explained(text, digits=4)


@pytest.mark.parametrize(
    "text",
    [
        "F(x, y) = [x^2 + y, x * y]\nD(F)(1, 2)",
        "F(x) = [sum(x), x[0]]\nG(t) = [t, t^2]\nD(F∘G)(2)",
        "f(x) = sin(x)\nD(D(f))(2)",
        "f(x) = x[1] * x[0]\nD(grad(f))([1, 2])",
        "f(x, y) = concat(x, y)\nD(f)([1, 2], [3])",
        "X = ones(2, 2)\nb = [1, 2]\ny = (X + b)[0] * b\n∂(2 * y)/∂b",
    ],
)
def test_no_line_shows_how_it_is_done_inside(text: str) -> None:
    shown = "\n".join(explained(text))
    assert not re.search(r"same\(|place\(|broadcast\(|<input>|\]\[", shown), shown


# Forks.


def chain_and_links(found: list[str]) -> str:
    """What is printed from the chain to the product or the result."""
    ends = [found.index(end) for end in ("Product, from the left", "Result") if end in found]
    return "\n".join(found[found.index("Chain") : min(ends) - 1])


def test_a_fork_is_a_sum_over_its_paths() -> None:
    text = """
        x = 3
        a = x^2
        b = 5 * x
        y = a * b
    """
    other = "The derivative of a product with respect to one factor is the other factor."
    shown = lines(text, "y", "x")
    assert shown[shown.index("chain rule") : shown.index("Result")] == [
        "chain rule",
        "∂y/∂x = ∂y/∂a · ∂a/∂x + ∂y/∂b · ∂b/∂x",
        "sum over 2 paths",
        "A quantity that is used in several places affects the result along every path.",
        "∂y/∂x = ∂y/∂a · ∂a/∂x + ∂y/∂b · ∂b/∂x = 135",
        "path 1",
        "∂y/∂a · ∂a/∂x = 90",
        "product",
        other,
        "∂y/∂a = b = 15",
        "power",
        "The exponent comes down in front and drops by one.",
        "∂a/∂x = 2x = 6",
        "path 2",
        "∂y/∂b · ∂b/∂x = 45",
        "product",
        other,
        "∂y/∂b = a = 9",
        "product",
        other,
        "∂b/∂x = 5",
    ]


def test_a_fork_amid_a_chain_stands_in_parentheses() -> None:
    text = """
        x = [1, 2]
        u = exp(x)
        a = 2 * u
        y = a * u
        l = sum(y)
    """
    assert text_of(derived(text, "l", "x").chain) == "∂l/∂y · (∂y/∂a · ∂a/∂u + ∂y/∂u) · ∂u/∂x"


@pytest.mark.parametrize(
    ("formula", "chain"),
    [
        ("a + b + c", "∂y/∂a · ∂a/∂x + ∂y/∂b · ∂b/∂x + ∂y/∂c · ∂c/∂x"),
        ("c * (b - a)", "∂y/∂c · ∂c/∂x + ∂y/∂b · ∂b/∂x + ∂y/∂a · ∂a/∂x"),
        ("b / x", "∂y/∂b · ∂b/∂x + ∂y/∂x"),
        ("x / b", "∂y/∂x + ∂y/∂b · ∂b/∂x"),
        ("sin(c) * a + c", "∂y/∂c · ∂c/∂x + ∂y/∂a · ∂a/∂x"),
    ],
)
def test_paths_stand_in_the_order_of_the_formula(formula: str, chain: str) -> None:
    text = f"x = 0.5\na = sin(x)\nb = cos(x)\nc = exp(x)\ny = {formula}"
    assert text_of(derived(text, "y", "x").chain) == chain


# Read directly and through others: ∂ is the direct part, d the whole.

DIRECT = """
a = 2
y = a^2
z = y * a
l = z^2
k = 3 * a
"""


@pytest.mark.parametrize(
    ("of", "wrt", "equation"),
    [
        ("z", "a", "dz/da = ∂z/∂y · ∂y/∂a + ∂z/∂a"),
        ("l", "a", "∂l/∂a = ∂l/∂z · (∂z/∂y · ∂y/∂a + ∂z/∂a)"),
        ("y", "a", "∂y/∂a = ∂y/∂a"),
        ("z", "y", "∂z/∂y = ∂z/∂y"),
        ("l", "y", "∂l/∂y = ∂l/∂z · ∂z/∂y"),
    ],
)
def test_the_total_is_written_with_d_where_a_path_is_direct(
    of: str, wrt: str, equation: str
) -> None:
    found = derived(DIRECT, of, wrt)
    assert f"{found.symbol.text} = {text_of(found.chain)}" == equation
    shown = lines(DIRECT, of, wrt)
    part = shown[shown.index("Forward pass") :]
    assert found.symbol.text in part
    assert any(line.startswith(f"{found.symbol.text} = ") for line in part)


def test_no_symbol_has_two_values() -> None:
    """In a derivation each ∂ or d stands for one matrix, wherever it is printed."""
    forks = 0
    for text in [path.read_text(encoding="utf-8") for path in WITH_NUMBERS]:
        for derivation in asked(text):
            steps = [*factors_of(derivation), *derivation.products]
            named = [(step.symbol.text, dense(step).reshape(-1).tolist()) for step in steps]
            named.append((derivation.symbol.text, result_of(derivation).reshape(-1).tolist()))
            forks += any(isinstance(link, ForkStep) for link in derivation.links)
            values: dict[str, list[float]] = {}
            for symbol, numbers in named:
                np.testing.assert_allclose(numbers, values.setdefault(symbol, numbers), rtol=1e-9)
    assert forks > 5


def factors_of(derivation: Derivation) -> list[FactorStep | ForkStep]:
    """The links, and the factors on their paths."""
    found: list[FactorStep | ForkStep] = list(derivation.links)
    for link in derivation.links:
        if isinstance(link, ForkStep):
            found += [factor for path in link.paths for factor in path]
    return found


def test_a_direct_path_has_no_product_of_its_own() -> None:
    shown = lines(DIRECT, "l", "a")
    equations = [line for line in shown if line.startswith(("∂", "dz/da")) and " = " in line]
    assert equations == [
        "∂l/∂a = ∂l/∂z · (∂z/∂y · ∂y/∂a + ∂z/∂a)",
        "∂l/∂z = 2z = 16",
        "dz/da = ∂z/∂y · ∂y/∂a + ∂z/∂a = 12",
        "∂z/∂y · ∂y/∂a = 8",
        "∂z/∂y = a = 2",
        "∂y/∂a = 2a = 4",
        "∂z/∂a = y = 4",
        "∂l/∂a = ∂l/∂z · dz/da = 192",
        "∂l/∂a = 192",
    ]


@every_example
def test_the_products_of_the_paths_sum_to_the_total(path: Path) -> None:
    for derivation in asked(path.read_text(encoding="utf-8")):
        for link in derivation.links:
            if isinstance(link, FactorStep):
                continue
            for factors, shown in zip(link.paths, link.path_products, strict=True):
                total, size = product(factors)
                assert (np.abs(total - dense(shown)) <= 1e-13 * size).all()
                assert text_of(shown.formula) == " · ".join(
                    factor.symbol.text for factor in factors
                )
            total = np.sum([dense(one) for one in link.path_products], axis=0)
            np.testing.assert_allclose(total, dense(link), rtol=1e-12, atol=1e-13)


def test_a_factor_of_several_paths_is_written_out_once() -> None:
    text = """
        x = 0.5
        a = sin(x)
        b = a^2
        c = exp(a)
        u = b * c
        v = 2 * u + x
    """
    found = lines(text, "v", "x")
    assert "dv/dx = ∂v/∂u · ∂u/∂b · ∂b/∂a · ∂a/∂x + ∂v/∂u · ∂u/∂c · ∂c/∂a · ∂a/∂x + ∂v/∂x" in found
    for symbol in ("∂v/∂u", "∂u/∂b", "∂b/∂a", "∂a/∂x", "∂u/∂c", "∂c/∂a", "∂v/∂x"):
        assert any(line.startswith((f"{symbol} = ", f"{symbol} ≈ ")) for line in found)
    assert "∂v/∂u: as above." in found  # on the second path
    assert "∂a/∂x: as above." in found
