"""NumPy source of expressions: what it looks like, and that it has the interpreter's values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from tests.ops.cases import CASES
from tests.ops.row import Row

from chainrule.differentiate.scan import scan
from chainrule.differentiate.walk import adjoints
from chainrule.errors import DataProblem
from chainrule.export.helpers import made_source
from chainrule.graph.node import Array, Node, Shape, constant, topological, variable
from chainrule.notation import numpy_helpers
from chainrule.notation.numpy import NumpyWriter
from chainrule.ops.abstract import AbstractElementwise, AbstractFunction
from chainrule.ops.activation import relu, sigmoid
from chainrule.ops.arithmetic import PowerOf, divide, multiply, negate, power, subtract
from chainrule.ops.broadcasting import reshape
from chainrule.ops.choice import where
from chainrule.ops.contract import lower_nodes
from chainrule.ops.elementary import exp, log
from chainrule.ops.indexing import take
from chainrule.ops.linear import matmul, outer
from chainrule.ops.losses import cross_entropy, mse
from chainrule.ops.making import Extent
from chainrule.ops.normalizing import softmax
from chainrule.ops.random_bits import RandomMask, RandomNormal, RandomUniform
from chainrule.ops.reduction import mean, sum_
from chainrule.ops.transposition import transpose
from chainrule.run.fusion import stand_in
from chainrule.run.interpreter import evaluate_all

REFUSED = (AbstractFunction, AbstractElementwise, RandomMask, RandomNormal, RandomUniform)
SIZED = (Extent,)  # read from a shape by the file that the expression stands in

x, y, c = variable((3,)), variable((3,)), variable((3,))
A, B, n = variable((3, 3)), variable((3, 3)), variable(())
NAMES = {x: "x", y: "y", c: "c", A: "A", B: "B", n: "n"}

WRITTEN: Mapping[str, Node] = {
    "x + y": x + y,
    "x - (y - c)": subtract(x, subtract(y, c)),
    "x - y - c": subtract(subtract(x, y), c),
    "x / (y * c)": divide(x, multiply(y, c)),
    "-(x + y)": negate(x + y),
    "-x * y": negate(multiply(x, y)),
    "x * (-y)": multiply(x, negate(y)),
    "x**2": PowerOf(2.0)(x),
    "(x - y) ** 2": PowerOf(2.0)(x - y),
    "1 / (x + y)": PowerOf(-1.0)(x + y),
    "np.sqrt(x)": PowerOf(0.5)(x),
    "x**y": power(x, y),
    "(-x) ** y": power(negate(x), y),
    "0.20 * x": multiply(constant(0.2, text=("0.20",)), x),
    "A @ B @ x": matmul(matmul(A, B), x),
    "A @ (B @ x)": matmul(A, matmul(B, x)),
    "A.T @ x": matmul(transpose(A), x),
    "(A @ B).T": transpose(matmul(A, B)),
    "np.outer(x, y)": outer(x, y),
    "np.maximum(x, 0)": relu(x),
    "sigmoid(A @ x)": sigmoid(matmul(A, x)),
    "np.exp(x - y)": exp(x - y),
    "A + x": A + x,
    "np.sum(A, axis=0)": sum_(A, axis=0),
    "np.sum(A, axis=1, keepdims=True)": reshape(sum_(A, axis=1), to=(3, 1)),
    "np.mean((x - y) ** 2)": mse(x, y),
    "-np.sum(y * np.log(softmax(x)))": cross_entropy(softmax(x), y),
    "x[:, None]": reshape(x, to=(3, 1)),
    "A.reshape(-1)": reshape(A, to=(9,)),
    "x[1]": take(x, 1),
    "A[0, ::-1]": take(A, (0, slice(None, None, -1))),
    "y * (x > 0)": where(x > 0, y, 0 * constant(np.zeros(3))),
    "(n if n > 0 else 2 * n)": where(n > 0, n, 2 * n),
    "np.array([1.0, 2.5])": constant([1.0, 2.5]),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_what_a_person_would_write(text: str) -> None:
    assert NumpyWriter().write(WRITTEN[text], NAMES.get) == text


def test_a_careful_writer_keeps_zero_times_log_zero() -> None:
    loss = cross_entropy(x, y)
    assert NumpyWriter().write(loss, NAMES.get) == "-np.sum(y * np.log(x))"
    assert NumpyWriter(careful=True).write(loss, NAMES.get) == "-np.sum(xlogy(y, x))"


# --- every operation, and every adjoint of it ----------------------------------------------------


def executed(writer: NumpyWriter, text: str, values: Mapping[str, Any]) -> Any:
    """The value of our own text, with the functions it calls."""
    space = {name: getattr(numpy_helpers, name) for name in numpy_helpers.__all__}
    space |= {"np": np, "math": math, "Array": Any, "npt": np.typing}
    for helper in writer.helpers.values():
        exec(made_source(helper, []), space)
    with np.errstate(all="ignore"):
        return eval(text, space, dict(values))


def compared(node: Node, inputs: list[Node], values: list[Array], careful: bool) -> None:
    """The source has the interpreter's value and shape."""
    names = {one: f"x{at}" for at, one in enumerate(inputs)}
    writer = NumpyWriter(careful, stand_in) if careful else NumpyWriter()
    text = writer.write(node, names.get)
    given = {
        names[one]: value if value.shape else float(value)
        for one, value in zip(inputs, values, strict=True)
    }
    found = executed(writer, text, given)
    wanted = evaluate_all([node], dict(zip(inputs, values, strict=True)))[0]
    assert np.shape(found) == wanted.shape
    np.testing.assert_allclose(np.asarray(found, wanted.dtype), wanted, rtol=1e-10, atol=1e-14)


def of_kind(nodes: list[Node], kinds: tuple[type, ...]) -> bool:
    return any(isinstance(node.operation, kinds) for node in topological(nodes, lower_nodes))


def written_of(row: Row, shapes: tuple[Shape, ...]) -> tuple[list[Node], list[Node]]:
    """The row's inputs; its result and the adjoints of the inputs."""
    inputs = row.inputs(shapes)
    output = row.build(*inputs)
    if not row.smooth or output.dtype.kind != "f":
        return inputs, [output]
    found = adjoints(sum_(output), inputs)
    return inputs, [output, *[found[one] for one in inputs if one in found]]


@pytest.mark.parametrize("careful", [False, True], ids=["plain", "careful"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].name} {case[1]}")
def test_source_of_every_operation_has_its_value(
    case: tuple[Row, tuple[Shape, ...]], careful: bool
) -> None:
    row, shapes = case
    inputs, nodes = written_of(row, shapes)
    for node in nodes:
        if of_kind([node], REFUSED):
            with pytest.raises(DataProblem):
                NumpyWriter(careful).write(node, dict.fromkeys(inputs, "x").get)
        elif not of_kind([node], SIZED):
            compared(node, inputs, row.values(shapes), careful)


def test_every_refusal_is_needed() -> None:
    refused = {
        type(node.operation)
        for row, shapes in CASES
        for node in topological(written_of(row, shapes)[1], lower_nodes)
        if isinstance(node.operation, REFUSED)
    }
    assert refused == set(REFUSED)


# --- loops ---------------------------------------------------------------------------------------


def test_a_loop_is_written_as_a_loop() -> None:
    W, xs, h0 = variable((2, 2)), variable((4, 2)), variable((2,))

    def step(carries: list[Node], parts: list[Node]) -> tuple[list[Node], list[Node]]:
        h = sigmoid(W @ carries[0] + parts[0])
        return [h], []

    last = scan(step, [h0], [xs])[0][0]
    inputs = [W, xs, h0]
    random = np.random.default_rng(1)
    values = [random.normal(size=one.shape) for one in inputs]
    loss = sum_(last)
    found = adjoints(loss, inputs)
    for node in (loss, *[found[one] for one in inputs]):
        compared(node, inputs, values, False)
    writer = NumpyWriter()
    writer.write(loss, {W: "W", xs: "xs", h0: "h0"}.get)
    (helper,) = writer.helpers.values()
    assert "for at in range(4):" in made_source(helper, [])


# --- operations of one's own ---------------------------------------------------------------------


def own_operation(line: Callable[..., Any]) -> Node:
    from chainrule.ops.contract import Elementwise

    class Own(Elementwise):
        name = "own"

        def evaluate(self, k: Any, *values: Any) -> Any:
            return line(k, *values)

    return Own()(x)


def test_an_operation_of_ones_own_is_written_by_its_own_line() -> None:
    node = own_operation(lambda k, v: v / (1 + k.abs(v)))
    assert NumpyWriter().write(node, NAMES.get) == "own(x)"
    compared(node, [x], [np.array([-1.0, 0.5, 2.0])], False)
    short = own_operation(lambda k, v: k.tanh(v) + 1)
    assert NumpyWriter().write(short, NAMES.get) == "np.tanh(x) + 1"


def test_an_operation_that_decides_by_numbers_is_refused() -> None:
    node = own_operation(lambda k, v: v if v[0] > 0 else -v)
    with pytest.raises(DataProblem, match=r"own cannot be written in NumPy: it decides by"):
        NumpyWriter().write(log(node), NAMES.get)


def test_means_keep_their_name() -> None:
    assert NumpyWriter().write(mean(A, axis=0), NAMES.get) == "np.mean(A, axis=0)"
