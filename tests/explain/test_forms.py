"""How Jacobians, matrices and numbers are written: one table for each form."""

from __future__ import annotations

import numpy as np
import pytest
from tests.explain.derived import (
    derived,
    text_of,
)

from chainrule.explain.derivation import FactorStep
from chainrule.explain.plain_solution import matrix_text, shape_text
from chainrule.notation.numbers import exact, significant

MATRIX = "W = [[1, 2], [3, 4]]\nx = [5, 6]\n"
PAIR = "x = [3, 4]\nt = [0, 1]\n"
NUMBER = "x = 3\n"


def factor(text: str, wrt: str) -> FactorStep:
    """The one local Jacobian of ∂y/∂wrt."""
    (found,) = derived(text, "y", wrt).links
    assert isinstance(found, FactorStep)
    return found


@pytest.mark.parametrize(
    ("text", "wrt", "symbolic"),
    [
        # products
        (MATRIX + "y = W @ x", "W", "[x0 x1 0 0; 0 0 x0 x1]"),
        (MATRIX + "y = x @ W", "W", "[x0 0 x1 0; 0 x0 0 x1]"),
        (MATRIX + "y = W @ x", "x", "[W00 W01; W10 W11]"),
        (MATRIX + "y = x @ W", "x", "[W00 W10; W01 W11]"),
        ("u = [1, 2]\nv = [3, 4]\ny = outer(u, v)", "u", "[v0 0; v1 0; 0 v0; 0 v1]"),
        ("u = [1, 2]\nv = [3, 4]\ny = outer(u, v)", "v", "[u0 0; 0 u0; u1 0; 0 u1]"),
        (PAIR + "y = t @ x", "x", "[t0 t1]"),
        # entry by entry
        (PAIR + "y = x + t", "t", "diag(1, 1)"),
        (PAIR + "y = x - t", "t", "diag(-1, -1)"),
        (PAIR + "y = x * t", "x", "diag(t0, t1)"),
        (PAIR + "y = x^2", "x", "diag(2x0, 2x1)"),
        (PAIR + "y = x^3", "x", "diag(3x0², 3x1²)"),
        (PAIR + "y = 1 / x", "x", "diag(-y0/x0, -y1/x1)"),
        (PAIR + "y = log(x)", "x", "diag(1/x0, 1/x1)"),
        (PAIR + "y = sqrt(x)", "x", "diag(1/(2y0), 1/(2y1))"),
        (PAIR + "y = exp(x)", "x", "diag(y0, y1)"),
        (PAIR + "y = sigmoid(x)", "x", "diag(y0(1-y0), y1(1-y1))"),
        (PAIR + "y = tanh(x)", "x", "diag(1-y0², 1-y1²)"),
        (PAIR + "y = relu(x)", "x", "diag([x0>0], [x1>0])"),
        (PAIR + "y = softplus(x)", "x", "diag(sigmoid(x0), sigmoid(x1))"),
        (PAIR + "k = 2\ny = k * x", "k", "[x0; x1]"),
        (PAIR + "k = 2\ny = x / k", "x", "diag(1/k, 1/k)"),
        (PAIR + "k = 2\ny = x / k", "k", "[-y0/k; -y1/k]"),
        # shares, sums, losses
        (
            "x = [1, 2, 3]\ny = softmax(x)",
            "x",
            "[y0(1-y0)  -y0y1  -y0y2; -y1y0  y1(1-y1)  -y1y2; -y2y0  -y2y1  y2(1-y2)]",
        ),
        (PAIR + "y = sum(x)", "x", "[1 1]"),
        (PAIR + "y = mean(x)", "x", "[1/2 1/2]"),
        (PAIR + "y = cross_entropy(x, t)", "x", "[-t0/x0  -t1/x1]"),
        (PAIR + "y = squared_error(x, t)", "x", "[2(x0-t0)  2(x1-t1)]"),
        # moving entries
        ("x = [1, 2, 3]\ny = x[1]", "x", "[0 1 0]"),
        ("x = [1, 2]\ny = concat(1, x)", "x", "[0 0; 1 0; 0 1]"),
        (MATRIX + "y = Wᵀ", "W", "[1 0 0 0; 0 0 1 0; 0 1 0 0; 0 0 0 1]"),
        ("X = [[1, 2], [3, 4]]\nb = [5, 6]\ny = X + b", "b", "[1 0; 0 1; 1 0; 0 1]"),
        # numbers
        (NUMBER + "y = x^3", "x", "3x²"),
        (NUMBER + "y = exp(-x)", "x", "-y"),
        (NUMBER + "y = [x, x^2, 7]", "x", "[1; 2x; 0]"),
        (NUMBER + "y = 2.5e-7 * x", "x", "2.5e-7"),
        # names
        ("ŷ = [1, 2]\nσ1 = [0, 1]\ny = sum((ŷ - σ1)^2)", "ŷ", "[2(ŷ0-σ1[0])  2(ŷ1-σ1[1])]"),
        ("net_h1 = [1, 2]\ny = net_h1^2", "net_h1", "diag(2·net_h1[0], 2·net_h1[1])"),
        ("x = ones(12)\ny = x[10] * x[11]", "x", "[0  0  0  0  0  0  0  0  0  0  x[11]  x[10]]"),
        # names of several letters have a dot between them
        (NUMBER + "qty = 4\ntax = 1.1\ny = x * qty * tax", "x", "qty·tax"),
        (NUMBER + "qty = 4\ntax = 1.1\ny = 2 * x * qty / tax", "x", "2(qty/tax)"),
        (NUMBER + "r = 2\ny = x * r * sin(0.5 * r)", "x", "r·sin(0.5·r)"),
        (NUMBER + "net = 4\nS = [0.2, 0.8]\ny = x * net * (1 - S[0])", "x", "net·(1-S0)"),
        (NUMBER + "r = 2\nh = [4, 5]\ny = x * r * h[0]", "x", "rh0"),
        # a choice: [c], and [c] times what is chosen
        (NUMBER + "y = max(x, 0)", "x", "[x>0]"),
        (NUMBER + "y = max(0, x)", "x", "[0<x]"),
        (NUMBER + "y = where(x > 1, x^2, 0)", "x", "2x·[x>1]"),
        ("W1 = [[1, -2]]\ny = relu(W1)", "W1", "diag([W1[0,0]>0], [W1[0,1]>0])"),
        # no room: the diagonal as one expression, a matrix not at all
        ("x = ones(70)\ny = tanh(x)", "x", "diag(1 - y^2)"),
        ("x = ones(9)\ny = softmax(x)", "x", None),
        # no entries to be written by sums and products alone
        (PAIR + "y = max(x)", "x", None),
    ],
)
def test_the_entries_are_written_out(text: str, wrt: str, symbolic: str | None) -> None:
    assert text_of(factor(text, wrt).symbolic) == symbolic


@pytest.mark.parametrize(
    ("text", "wrt", "closed"),
    [
        (MATRIX + "y = W @ x", "x", "W"),
        (MATRIX + "y = x @ W", "x", "Wᵀ"),
        (PAIR + "y = x + t", "t", "I (2 × 2)"),
        (PAIR + "y = x", "x", "I (2 × 2)"),
        (PAIR + "y = cross_entropy(x, t)", "x", "-(t / x)"),
        (PAIR + "y = sum(t * x)", "x", "t"),
        (NUMBER + "y = exp(-x)", "x", "-y"),
        (NUMBER + "y = sin(x)", "x", "cos(x)"),
        (NUMBER + "y = x^3", "x", "3 * x^2"),
        (PAIR + "y = sum(x^2)", "x", "2 * x"),
        # a flattened matrix is not the expression it is flattened from
        (MATRIX + "y = W @ x", "W", None),
        # diag(...) says it already
        (PAIR + "y = x - t", "t", None),
        (PAIR + "y = sigmoid(x)", "x", None),
        # a number alone is no expression
        (NUMBER + "y = 2 * x", "x", None),
        (PAIR + "y = sum(x)", "x", None),
        # too long to be a help
        (NUMBER + "y = sin(x) * cos(x) * exp(x) * tanh(x) * sigmoid(x)", "x", None),
    ],
)
def test_a_matrix_is_one_expression_where_that_is_short(
    text: str, wrt: str, closed: str | None
) -> None:
    assert text_of(factor(text, wrt).closed) == closed


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (3.0, "3"),
        ([3.0], "3"),
        ([1, 2.5, -3], "[1 2.5 -3]"),
        ([[1, 2], [3, 4]], "[1 2; 3 4]"),
        ([[1], [2]], "[1; 2]"),
        ([[1, 2]], "[1 2]"),
        ([[[1, 2]], [[3, 4]]], "[[[1, 2]], [[3, 4]]]"),
        ([-0.0, 1e-300, np.inf, -np.inf, np.nan], "[0 1e-300 inf -inf nan]"),
        (np.arange(160), "[" + " ".join(map(str, range(160))) + "]"),
        (np.arange(161), "161 numbers from 0 to 160"),
        (np.arange(-200, 200).reshape(20, 20) / 3, "20 × 20 numbers from -66.6667 to 66.3333"),
    ],
)
def test_a_matrix_in_one_line(values: object, text: str) -> None:
    assert matrix_text(np.array(values, float)) == text


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((), "a number"),
        ((1,), "1 entry"),
        ((4,), "4 entries"),
        ((2, 3), "2 × 3"),
        ((2, 1, 3), "2 × 1 × 3"),
    ],
)
def test_a_shape_in_words(shape: tuple[int, ...], text: str) -> None:
    assert shape_text(shape) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1 / 3, 6, "0.333333"),
        (1 / 3, 1, "0.3"),
        (1 / 3, 17, "0.33333333333333331"),
        (2.789468092e-10, 6, "2.78947e-10"),
        (0.00012345678, 6, "0.000123457"),
        (0.000012345678, 6, "1.23457e-5"),
        (-3584912847.13, 6, "-3.58491e9"),
        (123456789.0, 6, "123456789"),  # whole numbers in full
        (1e9, 6, "1e9"),
        (123456.7, 6, "123457"),
        (22.000000000278947, 6, "22"),
        (22.000000000278947, 14, "22.000000000279"),
        (5e-324, 3, "4.94e-324"),
        (-0.0, 6, "0"),
        (float("inf"), 6, "inf"),
        (float("nan"), 6, "nan"),
    ],
)
def test_a_number_has_significant_digits(value: float, digits: int, text: str) -> None:
    assert significant(value, digits) == text


@pytest.mark.parametrize("value", [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 1e15, 1e16, -2.0])
def test_an_exact_number_reads_back(value: float) -> None:
    assert float(exact(value)) == value
