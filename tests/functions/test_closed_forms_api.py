"""cr.closed_form and cr.simplify: formulas of NumPy functions and of texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import (
    ChainruleError,
    DataProblem,
    DomainProblem,
    NameProblem,
    PaperError,
    ShapeError,
)
from chainrule.explain.explanation import Sentence
from chainrule.notation.formula import inline

RANDOM = np.random.default_rng(3)
X, W, V = RANDOM.normal(size=(5, 3)), RANDOM.normal(size=(3, 2)), RANDOM.normal(size=(2, 2))
w, y, T = RANDOM.normal(size=3), RANDOM.normal(size=5), RANDOM.normal(size=(5, 2))
A = RANDOM.normal(size=(3, 3))


def squares(w: Any, X: Any, y: Any) -> Any:
    return np.sum((X @ w - y) ** 2)


def network(W: Any, V: Any, X: Any, T: Any) -> Any:
    h = X @ W
    L = np.maximum(h, 0)
    O = L @ V  # noqa: E741
    return 0.5 * np.sum((O - T) ** 2)


def layer(params: dict[str, Any], x: Any, t: Any) -> Any:
    h = np.tanh(params["W"] @ x + params["b"])
    return 0.5 * np.sum((h - t) ** 2)


def quadratic(x: Any, A: Any) -> Any:
    return x @ A @ x


def symmetric(x: Any, A: Any) -> Any:
    return x @ cr.assume(A, symmetric=True) @ x


ARGUMENTS: dict[Callable[..., Any], tuple[Any, ...]] = {
    squares: (w, X, y),
    network: (W, V, X, T),
    layer: ({"W": A, "b": w}, w, w),
    quadratic: (w, A),
    symmetric: (w, A + A.T),
}
FORMS: list[tuple[Callable[..., Any], Any, str]] = [
    (squares, 0, "dw = 2 * Xᵀ @ (X @ w - y)"),
    (squares, "w", "dw = 2 * Xᵀ @ (X @ w - y)"),
    (squares, ["w"], "dw = 2 * Xᵀ @ (X @ w - y)"),
    (
        network,
        ("V", "W"),
        "dO = O - T\ndV = Lᵀ @ dO\ndW = Xᵀ @ ((dO @ Vᵀ) * (h > 0))",
    ),
    (network, "W", "dW = Xᵀ @ (((O - T) @ Vᵀ) * (h > 0))"),
    (quadratic, 0, "dx = (A + Aᵀ) @ x"),
    (quadratic, 1, "dA = outer(x, x)"),
    (symmetric, 0, "dx = 2 * A @ x"),
]


@pytest.mark.parametrize(("function", "wrt", "expected"), FORMS)
def test_a_closed_form(function: Callable[..., Any], wrt: Any, expected: str) -> None:
    found = cr.closed_form(function, *ARGUMENTS[function], wrt=wrt)
    assert (found.text, str(found), repr(found)) == (expected,) * 3


@pytest.mark.parametrize(("function", "wrt"), [row[:2] for row in FORMS if row[0] is not symmetric])
def test_the_numpy_lines_compute_the_gradient(function: Callable[..., Any], wrt: Any) -> None:
    """The lines are our own: they run with the function's names, and give what cr.grad gives."""
    arguments = ARGUMENTS[function]
    found = cr.closed_form(function, *arguments, wrt=wrt)
    values = cr.intermediates(function)(*arguments)
    names: dict[str, Any] = {"np": np, **{name: one.value for name, one in values.items()}}
    exec(found.numpy, names)
    for one in found.formulas:
        wanted = values[one.name.removeprefix("d")].adjoint
        np.testing.assert_allclose(names[one.name], wanted, rtol=1e-12)


def test_arguments_by_name() -> None:
    assert str(cr.closed_form(squares, w, y=y, X=X)) == "dw = 2 * Xᵀ @ (X @ w - y)"


def test_parameters_in_containers() -> None:
    found = cr.closed_form(layer, *ARGUMENTS[layer])
    assert [one.name for one in found.formulas] == ["dh", "dparams.W", "dparams.b"]
    assert "dparams_W = np.outer(" in found.numpy


def test_of_what_is_no_number_the_derivative_is_a_matrix() -> None:
    found = cr.closed_form(lambda x: A @ np.sin(x), w)
    assert found.formulas[0].steps.shape == (3, 3)
    assert found.formulas[0].text.endswith("@ diag(cos(x))")


def test_one_hot_examples_count_as_labels() -> None:
    def loss(x: Any, label: Any) -> Any:
        S = cr.numpy.softmax(x)
        return -np.sum(label * np.log(S))

    assert cr.closed_form(loss, w, np.array([0.0, 1, 0])).facts == (
        "label : one_hot (as in the example)",
    )
    assert str(cr.closed_form(loss, w, np.array([0.0, 1, 0]))) == "dx = S - label"
    plain = cr.closed_form(loss, w, np.array([0.0, 2, 0]))
    assert (str(plain), plain.facts) == ("dx = S * sum(label) - label", ())


def test_latex() -> None:
    one = cr.closed_form(squares, w, X, y)
    formula = r"2 X^{\top} \, \left(X \, w - y\right)"
    assert one.latex == rf"\frac{{\partial \mathrm{{squares}}}}{{\partial w}} = {formula}"
    assert one._repr_latex_() == f"$\\displaystyle {one.latex}$"
    two = cr.closed_form(network, W, V, X, T, wrt=(0, 1)).latex
    assert two.startswith("\\begin{aligned}\n")
    assert two.count("&=") == 3
    assert two.count(r"\\") == 2


def test_steps_say_how_a_formula_came_about() -> None:
    (steps,) = cr.closed_form(squares, w, X, y).steps
    lines = str(steps).splitlines()
    assert lines[0] == "dw, as the local Jacobians give it"
    assert lines[-1] == "  = 2 * Xᵀ @ (X @ w - y)"


def ratio(x: Any, a: Any) -> Any:
    return np.sum(x / a / x**2)


def surprise(x: Any, label: Any) -> Any:
    S = cr.numpy.softmax(x)
    return -np.sum(label * np.log(S))


DERIVED = [(function, ARGUMENTS[function], wrt) for function, wrt, _ in FORMS]
DERIVED += [(ratio, (w, w), ["x", "a"]), (surprise, (w, np.array([0.0, 1, 0])), "x")]


@pytest.mark.parametrize(("function", "arguments", "wrt"), DERIVED)
def test_the_steps_are_those_of_the_closed_view(
    function: Callable[..., Any], arguments: tuple[Any, ...], wrt: Any
) -> None:
    view = cr.explain(function, *arguments, wrt=wrt, view="closed")
    (derivation,) = (part for part in view.walk() if part.title == Sentence("closed:derivation"))
    shown = [
        [inline(side.formula) for step in line.walk() for side in step.sides]
        for line in derivation.steps
    ]
    found = cr.closed_form(function, *arguments, wrt=wrt).steps
    assert [[one.start, *(step.text for step in one.steps)] for one in found] == shown


def test_a_derivation_starts_as_a_person_writes_it() -> None:
    (steps,) = cr.closed_form(surprise, w, np.array([0.0, 1, 0])).steps
    assert steps.start == "S * (-label / S - sum(S * (-label / S)))"


SIMPLE: list[tuple[str, dict[str, str], str]] = [
    ("x - (2 - x)", {}, "2 * x - 2"),
    ("a * b / a", {"a": "nonzero"}, "b"),
    ("a * b / a", {"a": "R^3, nonzero", "b": "R^3"}, "b"),
    ("A @ x + x @ A", {"A": "R^(n x n), symmetric", "x": "R^n"}, "2 * A @ x"),
    ("(Aᵀ)ᵀ", {"A": "R^(2 x 3)"}, "A"),
    ("x", {}, "x"),
    ("pi * x - x * pi", {}, "0"),
    ("sum(x) / n", {"x": "R^n"}, "sum(x) / n"),
    ("eye(n) @ x", {"x": "R^n"}, "x"),
    # beyond the range of numbers, or of what anybody works out, things stay as they are
    ("(10 * x)^400", {}, "(10 * x)^400"),
    ("((3 * x)^9999)^9999", {}, "((3 * x)^9999)^9999"),
    ("x / 1e-200 / 1e-200", {}, "x / 1e-200 / 1e-200"),
    ("1e-200 * (1e-200 * x)", {}, "1e-200 * (1e-200 * x)"),
]


@pytest.mark.parametrize(("text", "declared", "expected"), SIMPLE)
def test_simplify_a_text(text: str, declared: dict[str, str], expected: str) -> None:
    same = {"2 * x - 2": "2 * (x - 1)"}  # either is what a person writes
    assert str(cr.simplify(text, **declared)) in (expected, same.get(expected))


def test_simplify_a_function() -> None:
    def formula(x: Any) -> Any:
        e = np.exp(x)
        return 2 * e * x / e

    found = cr.simplify(formula, w)
    assert (str(found), found.numpy, found.latex) == ("2 * x", "2 * x", "2 x")
    assert str(found.steps[0]).startswith("As it is written\n  = 2 * exp(x) * x / exp(x)\n")


def test_what_has_no_formula_has_no_source() -> None:
    found = cr.simplify("f(x) + f(x)", f="R^2 -> R", x="R^2")
    assert (str(found), found.numpy) == ("2 * f(x)", "")


def assumed_symmetric(x: Any, A: Any) -> Any:
    return x @ cr.assume(A, "symmetric") @ x


def test_single_precision_stays_single() -> None:
    single = w.astype(np.float32)
    assert str(cr.closed_form(lambda x: np.sin(x) * x, single)).startswith("dresult_dx = diag(")


WRONG: list[tuple[Callable[[], Any], type[ChainruleError], str]] = [
    (lambda: cr.closed_form(lambda x: (x, x), w), DataProblem, "returns one array"),
    (lambda: cr.closed_form(lambda x: x > 0, w), DataProblem, "returns one array of numbers"),
    (lambda: cr.closed_form(3, w), DataProblem, "a function and its example arguments"),  # type: ignore[arg-type]
    (lambda: cr.closed_form(squares, w, X, y, wrt="z"), NameProblem, "w, X, y"),
    (lambda: cr.closed_form(squares, w, X, y, wrt=5), DataProblem, "that argument is not given"),
    (lambda: cr.closed_form(squares, w, X, y, wrt=()), DataProblem, "names no argument"),
    (lambda: cr.closed_form(lambda x: x * 2.0, True), DataProblem, "names no argument"),
    (
        lambda: cr.closed_form(assumed_symmetric, w[:2], np.array([[1.0, 2.0], [3.0, 4.0]])),
        DomainProblem,
        "assumed to be symmetric, and of the example arguments it is not: entry [0, 1] is 2.0",
    ),
    (lambda: cr.closed_form(squares, w, X, X[0]), ShapeError, "do not fit"),
    (lambda: cr.grad(lambda x: cr.closed_form(squares, x, X, y))(w), DataProblem, "outside"),
    (lambda: cr.simplify("x +"), PaperError, "<expression>:1:3"),
    (lambda: cr.simplify("x = 3"), PaperError, "takes one expression"),
    (lambda: cr.simplify("x\ny"), PaperError, "takes one expression"),
    (lambda: cr.simplify(""), PaperError, "takes one expression"),
    (lambda: cr.simplify("x > 0"), PaperError, "states a fact"),
    (lambda: cr.simplify("x", 3), DataProblem, "by keyword"),
    (lambda: cr.simplify("foo(x)"), NameProblem, "There is no function 'foo'"),
    (lambda: cr.simplify("A @ x", A="R^(2 x 3)", x="R^2"), ShapeError, "A is (2 × 3)"),
    (lambda: cr.simplify("x", x="R^3, fast"), NameProblem, "There is no fact 'fast'"),
    (lambda: cr.simplify("x", x=3), DataProblem, "'R^n, positive'"),  # type: ignore[arg-type]
    (lambda: cr.simplify("x", x="R^3\ny = 2"), DataProblem, "'R^n, positive'"),
]


@pytest.mark.parametrize(("call", "kind", "message"), WRONG)
def test_what_is_wrong_is_said(
    call: Callable[[], Any], kind: type[ChainruleError], message: str
) -> None:
    with pytest.raises(kind) as problem:
        call()
    assert message in str(problem.value)
