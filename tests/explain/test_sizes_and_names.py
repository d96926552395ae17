"""Derivations of what is large, of what is small, and the names of entries."""

from __future__ import annotations

import numpy as np
import pytest
from tests.explain.derived import (
    asked,
    derived,
    equation_of,
    example,
    explained,
    lines,
    result_of,
    text_of,
)

from chainrule.graph.node import Array


def norm(values: Array) -> float:
    return float(np.sqrt(np.sum(values**2)))


def large_layer() -> str:
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=30).round(2), rng.normal(size=(30, 40)).round(2)
    return f"x = {x.tolist()}\nW = {W.tolist()}\nh = tanh(x @ W)\nl = sum(h^2)"


@pytest.mark.parametrize("of", ["l", "h"])
def test_a_large_array_is_not_printed_in_full(of: str) -> None:
    found = derived(large_layer(), of, "W")
    shown = lines(large_layer(), of, "W")
    assert result_of(found).size == (1200 if of == "l" else 48_000)
    assert sum(map(len, shown)) < 8_000
    shape = "30 × 40" if of == "l" else "40 × 1200"
    low, high = result_of(found).min(), result_of(found).max()
    summary = f"array {shape} of [{low:.6g}, {high:.6g}], norm {norm(result_of(found)):.6g}: "
    assert any(line.startswith(f"∂{of}/∂W ") and summary in line for line in shown)
    assert found.verified is not None
    assert found.verified.relative_error < 1e-6
    assert "random directions" in found.verified.method


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("x = 1e-10\ny = x^2", "= 2e-10"),
        ("x = -30\ny = sigmoid(x)", "≈ 9.35762e-14"),
        ("x = [1e-5, 1]\ny = x^3", "= diag(3e-10, 3)"),
        ("x = 0.0004\ny = x^2", "= 0.0008"),
    ],
)
def test_small_numbers_keep_their_digits(text: str, numbers: str) -> None:
    assert equation_of("∂y/∂x", lines(text, "y", "x")).endswith(numbers)


def test_names_count_from_one_where_the_file_does() -> None:
    text = """
        index_base 1
        x = [2, 3]
        W = [[1, 2], [3, 4]]
        a = x[1]
        b = a * x[2]
        h = W @ x
        t = x[1:2]
    """
    assert "= [W11 W12; W21 W22]" in equation_of("∂h/∂x", lines(text, "h", "x"))
    assert "= [x1 x2 0 0; 0 0 x1 x2]" in equation_of("∂h/∂W", lines(text, "h", "W"))
    found = lines(text, "b", "a")
    assert "a = x[1] = 2" in found
    assert "∂b/∂a = x2 = 3" in found
    assert "t = x[1:2] = [2 3]" in lines(text, "t", "x")


def test_entries_have_brackets_where_their_short_name_is_taken() -> None:
    text = """
        h = [1, 2, 3]
        h1 = 4
        y = h * h1
        l = sum(h^2)
    """
    assert "= [h0; h[1]; h2]" in equation_of("∂y/∂h1", lines(text, "y", "h1"))
    assert "= diag(h1, h1, h1)" in equation_of("∂y/∂h", lines(text, "y", "h"))
    assert "= [2h0  2h[1]  2h2]" in equation_of("∂l/∂h", lines(text, "l", "h"))


def test_a_composition_is_a_chain_through_the_value_between() -> None:
    *_, composed = asked(example("003-2c"))
    assert text_of(composed.chain) == "∂(F∘G)/∂G · ∂G/∂x"
    shown = explained(example("003-2c"))
    assert equation_of("∂(F∘G)/∂G", shown) == "= [2G0 2; 3 8G1] = [4 2; 3 32]"
    assert "∂(F∘G)/∂x = [12; 131]" in shown


def test_a_factor_too_large_to_write_out_has_the_operations_own_rule() -> None:
    said = lines("x = ones(9)\ny = softmax(x)", "y", "x")
    rule = "S_i (1 - S_i) where i = j, else -S_i S_j"
    assert f"Too large to write out; in general this derivative is {rule}." in said
    assert not any("in general" in line for line in lines("x = [1, 2]\ny = softmax(x)", "y", "x"))
