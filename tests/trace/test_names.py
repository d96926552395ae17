"""Local names become the names of quantities, and each step knows its line and columns."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import chainrule as cr
from chainrule.functions.staging import Staged
from chainrule.trace.tracer import Trace, called

X = np.array([0.1, 0.2])
scale = np.array([2.0, 3.0])


@dataclass
class Params:
    W: Any
    b: Any


class Layer(NamedTuple):
    W: Any
    b: Any


def traced(function: Callable[..., Any], *arguments: Any) -> Trace:
    program, _ = Staged(function, called).program(arguments, {})
    return program.trace


def names_of(function: Callable[..., Any], *arguments: Any) -> list[str]:
    return list(traced(function, *arguments).graph.names)


def plain(x: Any) -> Any:
    h = np.tanh(x)
    y = 2 * h
    return np.sum(y)


def in_a_loop(x: Any) -> Any:
    h = x
    for _ in range(3):
        h = np.tanh(h)
    return np.sum(h)


def in_a_while_loop(x: Any) -> Any:
    n = 0
    while n < 2:
        x = np.sin(x)
        n += 1
    return np.sum(x)


def unpacked(x: Any) -> Any:
    a, b = np.sin(x), np.cos(x)
    return np.sum(a * b)


def unpacked_right_before_return(x: Any) -> Any:
    total, (half, *others) = np.sum(x), [x / 2, x / 3, x / 4]  # noqa: F841
    return total


def unpacked_from_an_array(x: Any) -> Any:
    first, second = x
    return first * second


def bound_by_a_walrus(x: Any) -> Any:
    return np.sum((h := np.tanh(x)) * h)


def in_a_comprehension(x: Any) -> Any:
    parts = [np.sum(k * (part := x)) for k in range(2)]
    return parts[0] + parts[1] + np.sum(part)


def in_a_helper(x: Any) -> Any:
    def layer(value: Any) -> Any:
        inner = np.tanh(value)
        outer = inner * 2
        return outer  # noqa: RET504

    h = layer(x)
    return np.sum(h)


def in_a_closure(x: Any) -> Any:
    h = np.tanh(x)

    def add(y: Any) -> Any:
        z = h + y
        return z  # noqa: RET504

    return np.sum(add(x))


def by_nonlocal(x: Any) -> Any:
    state = np.sum(x)

    def move() -> None:
        nonlocal state
        state = state * 2

    move()
    return state


def rebinds_its_argument(x: Any) -> Any:
    x = np.tanh(x)
    x = x * 2
    return np.sum(x)


def calls_itself(x: Any, n: int = 2) -> Any:
    h = np.tanh(x)
    return np.sum(h) if n == 0 else calls_itself(h, n - 1)


def generated(x: Any) -> Any:
    def steps() -> Any:
        for k in range(2):
            term = (k + 1) * x
            yield term

    return sum(np.sum(one) for one in steps())


def two_names_for_one(x: Any) -> Any:
    first = np.tanh(x)
    second = first
    return np.sum(second)


def thrown_away(x: Any) -> Any:
    _ = np.tanh(x)
    return np.sum(_)


def equal_formulas(x: Any) -> Any:
    a = 2 * x
    b = 2 * x
    return np.sum(a * b)


def unpacks_a_list(parts: Any) -> Any:
    W, b = parts
    return np.sum(W * b)


def reads_parts(parts: Any) -> Any:
    return np.sum(parts["W"] * parts["b"][0])


def reads_attributes(p: Any) -> Any:
    return np.sum(p.W * p.b)


def unpacks_layers(layers: Any) -> Any:
    h = 1.0
    for W, b in layers:
        h = W * h + b
    return np.sum(h)


def takes_many(*xs: Any) -> Any:
    return np.sum(xs[0] * xs[1])


def reads_a_global(x: Any) -> Any:
    return np.sum(x * scale)


def under_taken_names(x: Any) -> Any:
    h_1 = np.sin(x)
    h = np.cos(h_1)
    h = np.tanh(h)
    return np.sum(h)


class Model:
    def __init__(self) -> None:
        self.W = np.ones(2)

    def loss(self, x: Any) -> Any:
        hidden = self.W * x
        return np.sum(hidden)


NAMES: list[tuple[Callable[..., Any], tuple[Any, ...], list[str]]] = [
    (plain, (X,), ["x", "h", "y"]),
    (in_a_loop, (X,), ["x", "h_1", "h_2", "h_3"]),
    (in_a_while_loop, (X,), ["x", "x_1", "x_2"]),
    (unpacked, (X,), ["x", "a", "b"]),
    (unpacked_right_before_return, (X,), ["x", "total", "half"]),
    (unpacked_from_an_array, (X,), ["x", "first", "second"]),
    (bound_by_a_walrus, (X,), ["x", "h"]),
    (in_a_comprehension, (X,), ["x"]),
    (in_a_helper, (X,), ["x", "inner", "outer"]),
    (in_a_closure, (X,), ["x", "h", "z"]),
    (by_nonlocal, (X,), ["x", "state_1", "state_2"]),
    (rebinds_its_argument, (X,), ["x", "x_1", "x_2"]),
    (calls_itself, (X,), ["x", "h_1", "h_2", "h_3"]),
    (generated, (X,), ["x", "term_1", "term_2"]),
    (two_names_for_one, (X,), ["x", "first"]),
    (thrown_away, (X,), ["x"]),
    (equal_formulas, (X,), ["x", "a", "b"]),
    (unpacks_a_list, ([X, X],), ["W", "b"]),
    (reads_parts, ({"W": X, "b": [X]},), ["parts.W", "parts.b[0]"]),
    (reads_attributes, (Params(X, X),), ["p.W", "p.b"]),
    (reads_attributes, (Layer(X, X),), ["p.W", "p.b"]),
    (unpacks_layers, ([(X, X), (X, X)],), ["W_1", "b_1", "W_2", "b_2", "h_1", "h_2"]),
    (takes_many, (X, X), ["xs_0", "xs_1"]),
    (reads_a_global, (X,), ["x", "scale"]),
    (under_taken_names, (X,), ["x", "h_1", "h_2", "h_3"]),
    (Model().loss, (X,), ["x", "self.W", "hidden"]),
    (lambda u: np.sum((v := u + 1) * v), (X,), ["u", "v"]),
]


@pytest.mark.parametrize(
    ("function", "arguments", "wanted"), NAMES, ids=lambda one: getattr(one, "__name__", "")
)
def test_local_names_are_names_of_quantities(
    function: Callable[..., Any], arguments: tuple[Any, ...], wanted: list[str]
) -> None:
    found = names_of(function, *arguments)
    assert sorted(found) == sorted(wanted)
    assert found == wanted or function in (unpacks_layers,)


def test_equal_formulas_stay_two_quantities() -> None:
    graph = traced(equal_formulas, X).graph
    assert graph["a"] is not graph["b"]
    found = cr.intermediates(equal_formulas)(X)
    np.testing.assert_allclose(found["a"].adjoint, 2 * X)
    np.testing.assert_allclose(found["b"].adjoint, 2 * X)
    np.testing.assert_allclose(found["x"].adjoint, 8 * X)


def test_what_bears_no_name_is_shared() -> None:
    def loss(x: Any) -> Any:
        return np.sum(np.tanh(x) * np.tanh(x))

    (output,) = traced(loss, X).outputs
    product = output.inputs[0]
    assert product.inputs[0] is product.inputs[1]


@pytest.mark.parametrize(
    ("name", "written"),
    [("h", "np.tanh(x)"), ("y", "2 * h")],
)
def test_a_step_knows_its_line_and_columns(name: str, written: str) -> None:
    found = traced(plain, X)
    place = found.places[found.graph[name]]
    lines, first = inspect.getsourcelines(plain)
    assert lines[place.line - first].strip() == f"{name} = {written}" == place.text
    assert place.path.endswith("test_names.py")
    problem = place.pin(cr.errors.ShapeError("it"))
    assert problem.source is not None
    assert problem.span is not None
    assert problem.source.slice(problem.span) == written


def test_a_step_over_several_lines_and_in_text_that_is_not_at_hand() -> None:
    def loss(x: Any) -> Any:
        return np.sum(
            x
            + np.ones(3)
        )  # fmt: skip

    with pytest.raises(cr.errors.ShapeError, match=r"x is \(2\)") as caught:
        cr.grad(loss)(X)
    assert "test_names.py" in str(caught.value)
    space: dict[str, Any] = {"np": np}
    exec("def loss(x):\n    y = x + np.ones(3)\n    return np.sum(y)", space)
    with pytest.raises(cr.errors.ShapeError, match=r"<string>:2:1: x is \(2\)"):
        cr.grad(space["loss"])(X)


def test_steps_of_a_helper_stand_on_the_helpers_lines() -> None:
    found = traced(in_a_helper, X)
    assert found.places[found.graph["inner"]].text == "inner = np.tanh(value)"


def test_names_outlive_an_exception_that_is_caught() -> None:
    def loss(x: Any) -> Any:
        try:
            before = np.tanh(x)
            raise KeyError
        except KeyError:
            after = before * 2
        return np.sum(after)

    assert names_of(loss, X) == ["x", "before", "after"]


def test_nested_derivatives_name_their_own_quantities() -> None:
    def inner(y: Any) -> Any:
        square = y**2
        return np.sum(square)

    def loss(x: Any) -> Any:
        slope = cr.grad(inner)(x)
        return np.sum(slope)

    found = names_of(loss, X)
    assert found[0] == "x"
    assert {"square", "slope"} <= set(found)
