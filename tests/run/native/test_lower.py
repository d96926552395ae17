"""Graphs as tensors: the interpreter's numbers, of every operation and of whole nets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from tests.ops.cases import CASES
from tests.ops.row import Row
from tests.run.native.reference import run_tensors

import chainrule as cr
import chainrule.numpy as cnp
from chainrule.differentiate.batched import batched
from chainrule.differentiate.walk import adjoints
from chainrule.errors import DataProblem, DomainProblem
from chainrule.functions.staging import Staged
from chainrule.graph.node import Array, Kernels, Node, Shape, constant, variable
from chainrule.ops.advanced_indexing import index
from chainrule.ops.contract import Elementwise
from chainrule.ops.random_bits import random_mask, random_normal, random_uniform
from chainrule.ops.reduction import sum_
from chainrule.ops.solving import inverse
from chainrule.run.interpreter import Plan
from chainrule.run.native.keeping import in_order
from chainrule.run.native.lower import lower
from chainrule.run.native.tensors import Join, Kind, Opaque, Pick, Scatter, Tensor

Case = tuple[Row, tuple[Shape, ...]]

OPAQUE = {  # what has no kernel, in the table of operations
    "svd": {"svd_u", "svd_v", "svdvals", "pinv", "cofactors"},
    "eigenvalues": {"eigvalsh", "eigvecsh"},
    "other factorizations": {"cholesky", "qr_q", "qr_r"},
    "determinants": {"det", "det_sign", "log_abs_det", "logdet"},
    "equations": {"solve", "inverse"},
    "sorting": {"sort", "argsort"},
    "what is put last": {"sources"},
}


def opaque_names(outputs: Sequence[Tensor]) -> list[str]:
    return [one.kind.name for one in in_order(outputs) if isinstance(one.kind, Opaque)]


def kinds(outputs: Sequence[Tensor]) -> set[type[Kind]]:
    return {type(one.kind) for one in in_order(outputs)}


def assert_same(found: Array, wanted: Array, ulps: int = 64) -> None:
    """Equal, but for the order in which sums are added up."""
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    if wanted.dtype.kind != "f":
        np.testing.assert_array_equal(found, wanted)
        return
    unit = float(ulps * np.finfo(wanted.dtype).eps)
    known = np.abs(wanted[np.isfinite(wanted)])
    np.testing.assert_allclose(found, wanted, rtol=unit, atol=unit * max(known.max(initial=0), 0.1))


# --- every operation ----------------------------------------------------------------------------


def value_and_slopes(case: Case, dtype: str) -> tuple[list[Node], list[Node], list[Array]]:
    """An operation's value, and what reverse mode makes of it; the inputs, and numbers for them."""
    row, shapes = case
    inputs = row.inputs(shapes, dtype)
    output = row.build(*inputs)
    outputs = [output]
    if row.smooth and output.dtype.kind == "f":
        seed = np.random.default_rng(3).normal(size=output.shape).astype(output.dtype)
        found = adjoints(output, inputs, constant(seed))
        outputs += [found[node] for node in inputs if node in found]
    return outputs, inputs, row.values(shapes, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].name} {case[1]}")
def test_every_operation_has_the_interpreters_value_and_slopes(case: Case, dtype: str) -> None:
    outputs, inputs, values = value_and_slopes(case, dtype)
    tensors, givens = lower(outputs, inputs)
    assert [(one.shape, one.dtype) for one in givens] == [(one.shape, one.dtype) for one in inputs]
    found = run_tensors(tensors, values)
    for one, other in zip(found, Plan(outputs, inputs)(*values), strict=True):
        assert_same(one, other)


def test_what_has_no_kernel() -> None:
    found: set[str] = set()
    for case in CASES:
        outputs, inputs, _ = value_and_slopes(case, "float32")
        found.update(opaque_names(lower(outputs, inputs)[0]))
    assert found == set().union(*OPAQUE.values())


# --- whole programs -----------------------------------------------------------------------------


class Lowered(Staged):
    """A function whose programs are lowered, and run by the reference."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function, lambda inner, args, settings: inner(*args, **settings))
        self.tensors: list[Tensor] = []

    def planned(self, outputs: Sequence[Node], inputs: Sequence[Node]) -> Lowered:
        self.tensors, _ = lower(outputs, inputs)
        return self

    def run(self, *values: Any) -> Any:
        """Of a program its outputs; of the function itself its result."""
        return super().run(*values) if len(values) > 1 else run_tensors(self.tensors, values[0])


def leaves(value: Any) -> list[Array]:
    if isinstance(value, tuple | list):
        return [leaf for part in value for leaf in leaves(part)]
    return [np.asarray(value)]


def drawn(*shapes: Shape, dtype: Any = np.float64) -> list[Array]:
    random = np.random.default_rng(sum(map(sum, shapes)))
    return [random.normal(size=shape).astype(dtype) / 2 for shape in shapes]


def mlp(params: Any, x: Any) -> Any:
    for weights, bias in params:
        x = np.tanh(x @ weights + bias)
    return x


def mlp_loss(params: Any, x: Any, y: Any) -> Any:
    return np.mean((mlp(params, x) - y) ** 2)


def classifier(params: Any, x: Any, y: Any) -> Any:
    (w1, b1), (w2, b2) = params
    hidden = np.maximum(x @ w1 + b1, 0)
    return cnp.cross_entropy_with_logits(hidden @ w2 + b2, y) / len(x)


def residual(params: Any, x: Any) -> Any:
    w, scale, shift = params
    hidden = x + cnp.gelu(x @ w)
    centred = hidden - hidden.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return np.sum((centred / deviation * scale + shift) ** 3)


def images(params: Any, x: Any, y: Any) -> Any:
    first, second, w = params
    hidden = cnp.max_pool2d(np.maximum(cnp.conv2d(x, first, padding=1), 0), size=2)
    hidden = cnp.avg_pool2d(np.tanh(cnp.conv2d(hidden, second, stride=2)), size=2, stride=1)
    return cnp.cross_entropy_with_logits(hidden.reshape(len(x), -1) @ w, y)


def attention(params: Any, x: Any) -> Any:
    queries, keys, values = [x @ w for w in params]
    scores = queries @ np.swapaxes(keys, -1, -2) / 2.0
    masked = np.where(np.tril(np.ones(scores.shape[-2:])) > 0, scores, -np.inf)
    return np.sum((cnp.softmax(masked) @ values) ** 2)


def recurrent(params: Any, xs: Any) -> Any:
    w, u = params
    state = np.zeros(3)
    for x in xs:
        gates = np.concatenate([x, state]) @ w
        state = cnp.sigmoid(gates[3:]) * state + np.tanh(gates[:3])
    return np.sum((state @ u) ** 2)


def words(params: Any, at: Any, labels: Any) -> Any:
    table, w = params
    logits = table[at].mean(axis=1) @ w
    logs = logits - np.log(np.sum(np.exp(logits), axis=-1, keepdims=True))
    return -np.mean(logs[np.arange(len(labels)), labels])


LAYERS = list(zip(drawn((3, 4), (4, 4)), drawn((4,), (4,)), strict=True))
ONE_HOT = np.eye(4)[[1, 3, 0, 0, 2]]
PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "an MLP": (cr.value_and_grad(mlp_loss), (LAYERS, *drawn((5, 3), (5, 4)))),
    "a classifier": (cr.value_and_grad(classifier), (LAYERS, *drawn((5, 3)), ONE_HOT)),
    "a residual layer": (cr.value_and_grad(residual), (drawn((4, 4), (4,), (4,)), *drawn((5, 4)))),
    "a conv net": (
        cr.value_and_grad(images),
        (drawn((3, 1, 3, 3), (2, 3, 3, 3), (8, 4)), *drawn((5, 1, 14, 14)), ONE_HOT),
    ),
    "attention": (cr.value_and_grad(attention), (drawn((4, 4), (4, 4), (4, 4)), *drawn((2, 5, 4)))),
    "a recurrent net": (cr.value_and_grad(recurrent), (drawn((5, 6), (3, 2)), *drawn((4, 2)))),
    "a bag of words": (
        cr.value_and_grad(words),
        (drawn((7, 3), (3, 4)), np.array([[1, 2, 0], [-1, 3, 3]]), np.array([3, -2])),
    ),
    "the largest of each row": (
        cr.grad(lambda x: np.sum(np.max(x, axis=1) ** 2)),
        (*drawn((6, 4)),),
    ),
    "a Jacobian": (cr.jacobian(lambda x: mlp(LAYERS, x)), (*drawn((3,)),)),
    "a Jacobian of entries alone": (cr.jacobian(lambda x: np.sin(x) * x), (*drawn((6,)),)),
    "gradients of each example": (
        cr.per_example_grad(mlp_loss),
        (LAYERS, *drawn((5, 3), (5, 4))),
    ),
    "a Hessian": (
        cr.hessian(lambda w: np.sum(cnp.sigmoid(w[:4].reshape(2, 2) @ w[4:]) ** 2)),
        (*drawn((6,)),),
    ),
    "a running sum": (cr.grad(lambda x: np.sum(np.cumsum(x) ** 2)), (*drawn((6,)),)),
}


@pytest.mark.parametrize("what", PROGRAMS)
def test_whole_programs_have_the_interpreters_values(what: str) -> None:
    function, arguments = PROGRAMS[what]
    lowered = Lowered(function)
    found, wanted = leaves(lowered(*arguments)), leaves(function(*arguments))
    for one, other in zip(found, wanted, strict=True):
        assert_same(one, other, ulps=1024)
    assert not opaque_names(lowered.tensors)


def test_the_gradient_of_the_largest_is_a_comparison_with_its_place() -> None:
    """No number is added at a computed place, and the places that are told apart only count."""
    function, arguments = PROGRAMS["the largest of each row"]
    lowered = Lowered(function)
    lowered(*arguments)
    assert not kinds(lowered.tensors) & {Pick, Scatter, Join}


def test_a_relu_is_masked_by_its_result() -> None:
    """x > 0 and max(x, 0) > 0 are the same, and max(x, 0) is kept anyway."""
    function, arguments = PROGRAMS["a classifier"]
    lowered = Lowered(function)
    lowered(*arguments)
    masks = [one for one in in_order(lowered.tensors) if str(one).startswith("greater")]
    assert [str(mask.inputs[0]) for mask in masks] == ["maximum(5, 4) of float64"]


# --- places that depend on numbers --------------------------------------------------------------

OUTSIDE: dict[str, Callable[[Node, Node], Node]] = {
    "rows": lambda x, at: index(x, at),
    "entries": lambda x, at: index(x, (at, at)),
    "columns of rows": lambda x, at: index(x, (np.arange(2), at)),
    "the slope of entries": lambda x, at: adjoints(sum_(index(x, (np.arange(2), at))), [x])[x],
}


@pytest.mark.parametrize("build", OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize("at", [[0, 3], [-4, 0]], ids=str)
def test_a_place_outside_is_an_error_of_the_data(
    build: Callable[[Node, Node], Node], at: list[int]
) -> None:
    x, places = variable((3, 3)), variable((2,), "int64")
    tensors, _ = lower([build(x, places)], [x, places])
    values = [np.arange(9.0).reshape(3, 3), np.array(at)]
    with pytest.raises(DomainProblem, match="lies outside"):
        Plan([build(x, places)], [x, places])(*values)
    with pytest.raises(DomainProblem, match="lies outside"):
        run_tensors(tensors, values)


@pytest.mark.parametrize("build", OUTSIDE.values(), ids=OUTSIDE)
def test_a_place_below_0_counts_from_the_end(build: Callable[[Node, Node], Node]) -> None:
    x, places = variable((3, 3)), variable((2,), "int64")
    values = [np.arange(9.0).reshape(3, 3), np.array([-3, -1])]
    (found,) = run_tensors(lower([build(x, places)], [x, places])[0], values)
    (wanted,) = Plan([build(x, places)], [x, places])(*values)
    np.testing.assert_array_equal(found, wanted)


# --- random numbers, loops, and what is left to NumPy -------------------------------------------


@pytest.mark.parametrize("dtype", [np.dtype("f4"), np.dtype("f8")], ids=str)
@pytest.mark.parametrize("seed", [0, 7, 1 << 40])
def test_random_numbers_are_the_same_bits(dtype: np.dtype[Any], seed: int) -> None:
    key = variable((), "int64")
    outputs = [
        random_mask(key, shape=(3, 5), rate=0.3),
        random_uniform(key, shape=(7,), dtype=dtype),
        random_normal(key, shape=(3,), dtype=dtype),
    ]
    tensors, _ = lower(outputs, [key])
    assert not opaque_names(tensors)
    found = run_tensors(tensors, [np.asarray(seed)])
    for one, other in zip(found, Plan(outputs, [key])(np.asarray(seed)), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("count", "is_native"), [(3, True), (5_000, False)])
def test_what_goes_row_by_row_is_written_out_if_it_is_short(count: int, is_native: bool) -> None:
    """An operation without a rule for batches is done once for each row; many are NumPy's work."""

    class Doubled(Elementwise):
        """An operation of somebody's own, that does not say that it stacks."""

        name = "doubled"
        stacks = False

        def evaluate(self, k: Kernels, *values: Any) -> Any:
            return k.sinh(values[0]) + values[0]

    row, stack = variable((2,)), variable((count, 2))
    (output,) = batched([Doubled()(row)], {row: stack})
    tensors, _ = lower([output], [stack])
    assert bool(opaque_names(tensors)) != is_native
    values = [np.arange(2.0 * count).reshape(count, 2) / count]
    (found,), (wanted,) = run_tensors(tensors, values), Plan([output], [stack])(*values)
    np.testing.assert_allclose(found, wanted, rtol=1e-15)


USERS: dict[str, Callable[..., Any]] = {
    "traced": lambda y, x: 3 * x**2,
    "not traced": lambda y, x: np.array([3 * float(one) ** 2 for one in x]),
}


@pytest.mark.parametrize("slope", USERS.values(), ids=USERS)
def test_a_function_of_the_users_own_is_run_as_it_is(slope: Callable[..., Any]) -> None:
    """It may read what changes, and is never tried on anything but numbers."""
    seen: list[type] = []

    def cube(x: Array) -> Any:
        seen.append(type(x))
        return x * x * x

    own = cr.custom(cube, jacobians=slope)
    lowered = Lowered(cr.value_and_grad(lambda x: np.sum(own(x))))
    value, found = lowered(np.array([1.0, 2.0]))
    assert value == 9
    assert found.tolist() == [3, 12]
    assert "custom" in opaque_names(lowered.tensors)
    assert set(seen) == {np.ndarray}


class Foreign(Elementwise):
    """An operation that uses NumPy by itself, and settings that the namespace lacks."""

    name = "foreign"
    settings_of: tuple[tuple[str, Any], ...]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return np.abs(values[0]) + k.sum(values[0], keepdims=True, **dict(self.settings_of))


@pytest.mark.parametrize(("given", "is_native"), [((), True), ((("initial", 1.0),), False)])
def test_operations_that_others_define(given: tuple[Any, ...], is_native: bool) -> None:
    x = variable((3,))
    output = Foreign(given)(x)
    tensors, _ = lower([output], [x])
    assert bool(opaque_names(tensors)) != is_native
    values = [np.array([1.0, -2.0, 3.0])]
    (found,), (wanted,) = run_tensors(tensors, values), Plan([output], [x])(*values)
    np.testing.assert_array_equal(found, wanted)


def test_errors_of_the_data_come_when_it_is_run() -> None:
    singular = inverse(constant(np.zeros((2, 2))) * variable(()))
    x = variable((2, 2))
    tensors, _ = lower([inverse(x)], [x])
    with pytest.raises(DomainProblem, match="singular"):
        run_tensors(tensors, [np.zeros((2, 2))])
    with pytest.raises(DataProblem, match="the value of an input is missing"):
        lower([singular], [])
