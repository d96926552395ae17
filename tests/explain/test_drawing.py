"""Drawings: what is drawn, and that its numbers are true."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest
from tests.explain.drawings import EXAMPLES, LECTURE, drawing, edge_between, named, paper_in

from chainrule.errors import DataProblem, TooLarge
from chainrule.explain.drawing.build import drawing_of
from chainrule.explain.drawing.graph import Block, Edge, Gradient
from chainrule.explain.options import Options
from chainrule.explain.solution import solve

UNIT = "x = [1, 2]\nW = [[1, 0], [2, 1]]\nh = x @ W\ns = sigmoid(h)\nl = sum(s^2)\ndl/dW\ndl/dx"


def numbers(text: str) -> list[float]:
    """The numbers of a value as it is shown."""
    plain = re.sub(
        "×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)",
        lambda found: "e" + found[1].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")),
        text,
    )
    found = re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?(?:/\d+)?", plain)
    return [float(Fraction(one)) for one in found]


# --- what is drawn --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_quantity_of_an_example_is_drawn_once(name: str) -> None:
    paper = paper_in(name)
    found = drawing_of(paper)
    drawn = [one.name for one in found.quantities]
    beside = {constant.name for one in found.quantities for constant in one.constants}
    beside |= {constant.name for constant in found.aside}
    own = set(paper.graph.names)
    assert own <= {*drawn, *beside}
    assert not own & set(drawn) & beside
    assert len([name for name in drawn if name in own]) == len(own & set(drawn))


@pytest.mark.parametrize("name", EXAMPLES)
def test_inputs_stand_before_what_reads_them(name: str) -> None:
    assert all(edge.lower < edge.upper for edge in drawing_of(paper_in(name)).edges)


@pytest.mark.parametrize(
    ("lower", "upper", "lines"),
    [
        ("I", "h", ("W0ᵀ",)),
        ("W0", "h", ("kron(I, eye(2))",)),
        ("h", "L", ("diag(h > 0)",)),
        ("L", "O", ("W1ᵀ",)),
        ("O", "S", ("diag(S) - outer(S, S)",)),
        ("S", "l", ("-label / S",)),
    ],
)
def test_the_local_derivatives_of_the_lecture(
    lower: str, upper: str, lines: tuple[str, ...]
) -> None:
    assert edge_between(drawing_of(LECTURE), lower, upper).text == lines


@pytest.mark.parametrize(
    ("text", "lower", "upper", "lines", "number"),
    [
        ("a = 3\nb = sigmoid(a)", "a", "b", ("b(1-b)",), "≈ 0.04518"),
        ("a = 3\nb = a + 1", "a", "b", ("1",), None),
        ("x = [1, 2, 3]\na = 5 * x[2]\nda/dx", "x", "a", ("∂a/∂x2 = 5",), None),
        ("x = [1, 2, 3]\nw = 4\na = w * x[2]\nda/dx", "x", "a", ("∂a/∂x2 = w",), "= 4"),
        ("a = [[1, 2]]\nb = sigmoid(a)", "a", "b", ("diag(vec(b * (1 - b)))",), None),
        ("w = 2\nx = [1, 2]\nb = x * w\nl = sum(b)", "w", "b", ("x",), None),
        ("x = [3, 1, 2, 5, 4, 6]\nb = cumsum(x)\nl = sum(b)", "x", "b", ("(6 × 6)",), None),
        ("x : R^n\nA : R^(m x n)\nf : R -> R\ny = f(A @ x)\nl = sum(y)\ndl/dx", "x", "y",
         ("diag(f'(A @ x)) @ A",), None),
    ],
)  # fmt: skip
def test_a_local_derivative_stands_on_its_edge(
    text: str, lower: str, upper: str, lines: tuple[str, ...], number: str | None
) -> None:
    found = edge_between(drawing(text), lower, upper)
    assert found.text == lines
    assert (found.number and found.number.text) == number


def test_constants_stand_beside_what_reads_them() -> None:
    found = drawing_of(paper_in("002-A.chain"))
    assert [one.name for one in found.aside] == ["α"]
    assert [one.name for one in named(found, "L").constants] == ["Y"]
    assert not {"α", "Y"} & {one.name for one in found.quantities}


def test_the_labels_of_a_traced_function_are_constants() -> None:
    found = drawing_of(paper_in("network.py:loss"))
    assert [one.text for one in named(found, "loss").constants] == ["T = [1 0; 0 1; 1 0]"]
    assert named(found, "W1").gradient is not None


def test_between_two_quantities_all_else_is_constant() -> None:
    found = drawing(UNIT, "s", "W")
    assert [one.name for one in found.quantities] == ["W", "h", "s"]
    assert [one.text for one in named(found, "h").constants] == ["x = [1 2]"]


def test_a_part_is_what_a_quantity_is_computed_from() -> None:
    assert [one.name for one in drawing(UNIT, "h").quantities] == ["x", "W", "h"]


def test_two_losses_and_what_stands_alone() -> None:
    found = drawing("x = 2\ny = 3\na = x^2\nb = y^3\nc = 5\nda/dx\ndb/dy")
    shown = {one.name: one.gradient and one.gradient.symbol for one in found.quantities}
    assert shown == {"x": "∂a/∂x", "a": "∂a/∂a", "y": "∂b/∂y", "b": "∂b/∂b"}
    assert [one.text for one in found.aside] == ["c = 5"]


def test_a_function_is_drawn_at_the_point_it_is_differentiated_at() -> None:
    found = drawing("f(x, y) = x * y\ngrad(f)(2, 3)")
    assert [(one.name, one.value and one.value.text) for one in found.quantities] == [
        ("(x, y)", "= [2 3]"),
        ("f", "= 6"),
    ]
    gradient = found.quantities[0].gradient
    assert gradient is not None
    assert numbers(gradient.value.text) == [3, 2]


def test_without_numbers_there_are_spaces_and_closed_forms() -> None:
    found = drawing("x : R^n\nA : R^(n x n)\ny = A @ x\nl = x · y\ndl/dx\ndl/dy")
    assert named(found, "y").value == Block("∈", ("ℝ^n",))
    gradient = named(found, "y").gradient
    assert gradient == Gradient("∂l/∂y", Block("=", ("x",)))


@pytest.mark.parametrize(
    ("text", "of", "wrt", "said"),
    [
        ("", None, (), "names no quantity"),
        ("grad(f)(1)\nf(x) = x", None, (), None),
        ("x = 1\ny = 2\nz = x^2", "z", ("y",), "z does not depend on y"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    text: str, of: str | None, wrt: tuple[str, ...], said: str | None
) -> None:
    if said is None:
        assert drawing(text, of, *wrt).quantities
        return
    with pytest.raises(DataProblem, match=said):
        drawing(text, of, *wrt)


def test_more_than_anybody_reads_is_refused() -> None:
    chain = "\n".join(f"x{at} = 2 * x{at - 1}" for at in range(1, 301))
    with pytest.raises(TooLarge, match="--of NAME or --wrt NAMES"):
        drawing(f"x0 = 1\n{chain}")
    assert len(drawing(f"x0 = 1\n{chain}", "x40").quantities) == 41


# --- the numbers are true -------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
def test_values_and_gradients_are_those_that_solve_finds(name: str) -> None:
    paper = paper_in(name)
    found = drawing_of(paper, options=Options(digits=12))
    solution = solve(paper)
    values = {one.name: one.value for one in solution.values} | dict(solution.givens)
    answers = {one.text.replace("d", "∂"): one.value for one in solution.answers}
    for quantity in found.quantities:
        if quantity.value is not None and quantity.name in values:
            _assert_close(quantity.value, values[quantity.name])
        if quantity.gradient is not None and quantity.gradient.symbol in answers:
            _assert_close(quantity.gradient.value, answers[quantity.gradient.symbol])


def _assert_close(shown: Block, value: np.ndarray) -> None:
    if shown.sign != "∈":
        np.testing.assert_allclose(numbers(shown.text), value.reshape(-1), rtol=1e-11, atol=1e-300)


@pytest.mark.parametrize("name", ["003-1.x1.chain", "003-1.x2.chain", "003-1.x3.chain"])
def test_a_gradient_is_the_sum_over_the_edges_of_local_derivative_times_gradient(name: str) -> None:
    found = drawing_of(paper_in(name), options=Options(digits=14))
    gradients = [numbers(one.gradient.value.text) for one in found.quantities if one.gradient]
    assert len(gradients) == len(found.quantities)
    for number, quantity in enumerate(found.quantities):
        above = [edge for edge in found.edges if edge.lower == number]
        if not above or quantity.shape != ():
            continue
        total = sum(_local_number(edge) * gradients[edge.upper][0] for edge in above)
        assert total == pytest.approx(gradients[number][0], rel=1e-10)


def _local_number(edge: Edge) -> float:
    (number,) = numbers(edge.number.text if edge.number else edge.text[0])
    return float(number)


def test_what_passes_no_derivative_on_has_a_gradient_of_zero() -> None:
    found = drawing("x = [1.5, 2.5]\ny = floor(x)\nl = sum(y)\ndl/dx")
    assert named(found, "x").gradient == Gradient("∂l/∂x", Block("=", ("0  0",), True))
    assert edge_between(found, "x", "y").text == ("0",)


@pytest.mark.parametrize(
    "text",
    [
        f"x = ones(900)\ny = {' + '.join(f'x[{at}]' for at in range(900))}\ndy/dx",
        f"x : R\ny = {' + '.join(['sin(x)'] * 900)}\ndy/dx",
        "x : R\n" + "\n".join(f"x{at + 1} = x{at} * x{at}" for at in range(60)).replace("x0", "x"),
    ],
)
def test_what_is_too_long_to_be_written_stands_as_its_shape(text: str) -> None:
    found = drawing(text)
    gradient = found.quantities[0].gradient
    assert gradient is not None
    assert len(gradient.value.text) < 40
    assert all(len(line) <= 26 for edge in found.edges for line in edge.text)


def test_equal_and_about_are_used_truthfully() -> None:
    found = drawing("x = 3\ny = x / 2\nz = sin(y)")
    signs = {one.name: one.value.sign for one in found.quantities if one.value}
    assert signs == {"x": "=", "y": "=", "z": "≈"}
