"""grad, value_and_grad and hvp: what they differentiate by, in which containers; whose memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataProblem, NameProblem, ShapeError

X = np.array([1.0, 2.0, 3.0])
W = np.array([0.5, -1.0, 2.0])


@dataclass
class Params:
    W: Any
    name: str = "layer"


@dataclass(frozen=True, slots=True)
class Frozen:
    W: Any


class Pair(NamedTuple):
    first: Any
    second: Any


def product(x: Any, y: Any, *, z: Any = 1.0) -> Any:
    return np.sum(x * y * z)


WRT: list[tuple[Any, tuple[Any, ...], dict[str, Any], Any]] = [
    (0, (X, W), {}, W),
    (1, (X, W), {}, X),
    (-1, (X, W), {}, X),
    (-2, (X, W), {}, W),
    (np.int64(1), (X, W), {}, X),
    ("x", (X, W), {}, W),
    ("y", (X, W), {}, X),
    ("y", (X,), {"y": W}, X),
    (1, (X,), {"y": W}, X),
    ("x", (), {"y": W, "x": X}, W),
    ("z", (X, W), {"z": W}, X * W),
    ((0, 1), (X, W), {}, (W, X)),
    ([0, 1], (X, W), {}, (W, X)),
    ((1, 0), (X, W), {}, (X, W)),
    (("y", "z"), (X, W), {"z": W}, (X * W, X * W)),
    ((0, -1), (X, W), {}, (W, X)),
    ((0,), (X, W), {}, W),
]


@pytest.mark.parametrize(("wrt", "arguments", "settings", "wanted"), WRT)
def test_what_is_differentiated_by(wrt: Any, arguments: Any, settings: Any, wanted: Any) -> None:
    found = cr.grad(product, wrt)(*arguments, **settings)
    assert type(found) is type(wanted)
    np.testing.assert_array_equal(found, wanted)
    value, again = cr.value_and_grad(product, wrt)(*arguments, **settings)
    assert value == product(*arguments, **settings)
    np.testing.assert_array_equal(again, wanted)


@pytest.mark.parametrize(
    ("wrt", "kind", "said"),
    [
        ("w", NameProblem, "product has the parameters x, y, z"),
        (2, DataProblem, "wrt=2: that argument is not given"),
        (-3, DataProblem, "wrt=-3: that argument is not given"),
        ("z", DataProblem, "wrt='z': that argument is not given"),
        (1.5, DataProblem, r"a position or a parameter's name, not 1\.5"),
    ],
)
def test_what_cannot_be_differentiated_by(wrt: Any, kind: Any, said: str) -> None:
    with pytest.raises(kind, match=said):
        cr.grad(product, wrt)(X, W)


TREES: list[tuple[Callable[[Any], Any], Any, Any]] = [
    (lambda p: np.sum(p["W"] * X), {"W": W}, {"W": X}),
    (lambda p: np.sum(p["W"] * p["b"]), OrderedDict(b=X, W=W), OrderedDict(b=W, W=X)),
    (lambda p: np.sum(p[0] * p[1]), [W, X], [X, W]),
    (lambda p: np.sum(p[0] * p[1]), (W, X), (X, W)),
    (lambda p: np.sum(p.first * p.second), Pair(W, X), Pair(X, W)),
    (lambda p: np.sum(p.W * X), Params(W), Params(X, None)),  # type: ignore[arg-type]
    (lambda p: np.sum(p.W * X), Frozen(W), Frozen(X)),
    (lambda p: np.sum(p["a"][0].W * X), {"a": [Params(W)]}, {"a": [Params(X, None)]}),  # type: ignore[arg-type]
    (lambda p: np.sum(p["W"] * p["rate"]), {"W": X, "rate": 2.0}, {"W": 2 + 0 * X, "rate": 6.0}),
    (lambda p: np.sum(p[0]) * len(p), [X, None, "relu", 3, True], [5 + 0 * X, *[None] * 4]),
    (lambda p: p[0] * p[1] ** 2, (2.0, 3.0), (9.0, 12.0)),
    (lambda p: np.sum(p[()] if isinstance(p, dict) else p), X, np.ones(3)),
]


@pytest.mark.parametrize(("function", "argument", "wanted"), TREES)
def test_a_gradient_has_the_containers_of_its_argument(
    function: Any, argument: Any, wanted: Any
) -> None:
    found = cr.grad(function)(argument)
    assert type(found) is type(wanted)
    same(found, wanted)
    value, again = cr.value_and_grad(function)(argument)
    assert value == function(argument)
    same(again, wanted)


def same(found: Any, wanted: Any) -> None:
    assert type(found) is type(wanted) or np.ndim(wanted) == 0
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        for key in wanted:
            same(found[key], wanted[key])
    elif isinstance(wanted, list | tuple):
        for one, other in zip(found, wanted, strict=True):
            same(one, other)
    elif isinstance(wanted, Params | Frozen):
        same(found.W, wanted.W)
        assert getattr(found, "name", None) is None
    elif wanted is None:
        assert found is None
    else:
        np.testing.assert_array_equal(found, wanted)


KINDS: list[tuple[Any, Any, type]] = [
    (2.0, 12.0, np.float64),
    (2, 12.0, np.float64),
    (np.float64(2), 12.0, np.float64),
    (np.float32(2), 12.0, np.float32),
    (np.array(2.0), 12.0, np.float64),
    (np.array([2.0]), [12.0], np.ndarray),
    (np.zeros(0), np.zeros(0), np.ndarray),
    (np.zeros((2, 0)), np.zeros((2, 0)), np.ndarray),
]


@pytest.mark.parametrize(("argument", "wanted", "kind"), KINDS)
def test_numbers_and_small_arrays(argument: Any, wanted: Any, kind: type) -> None:
    found = cr.grad(lambda x: np.sum(x**3))(argument)
    np.testing.assert_array_equal(found, wanted)
    assert type(found) is kind
    assert np.asarray(found).dtype == (np.float32 if kind is np.float32 else np.float64)


@pytest.mark.parametrize("rate", [2.0, 2, np.float32(2)])
def test_float32_is_kept(rate: Any) -> None:
    def loss(w: Any, x: Any, rate: Any) -> Any:
        return np.mean((w * x - 1) ** 2) * rate + 0.5 * np.sum(w**2)

    w, x = W.astype(np.float32), X.astype(np.float32)
    value, slope = cr.value_and_grad(loss)(w, x, rate)
    assert slope.dtype == value.dtype == np.float32
    np.testing.assert_allclose(slope, 2 * (w * x - 1) * x / 3 * 2 + w, rtol=1e-6)


def test_whole_numbers_text_and_truth_values_are_settings() -> None:
    def loss(x: Any, times: int, kind: str, doubled: bool) -> Any:
        for _ in range(times):
            x = {"sin": np.sin, "cos": np.cos}[kind](x)
        return np.sum(2 * x if doubled else x)

    slope = cr.grad(loss)
    np.testing.assert_allclose(slope(X, 1, "sin", False), np.cos(X))
    np.testing.assert_allclose(slope(X, 1, "cos", True), -2 * np.sin(X))
    np.testing.assert_allclose(slope(X, 2, "sin", False), np.cos(np.sin(X)) * np.cos(X))


def test_labels_are_arguments() -> None:
    slope = cr.grad(lambda x, labels: np.sum(x[labels] ** 2))
    np.testing.assert_array_equal(slope(X, np.array([0, 0])), [4, 0, 0])
    np.testing.assert_array_equal(slope(X, np.array([1, 2])), [0, 4, 6])


OWNED: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "the other argument": (lambda x, y: np.sum(x * y), (X, W)),
    "a constant": (lambda x: np.sum(2 * x), (X,)),
    "an array made within": (lambda x: np.sum(np.arange(3.0) * x), (X,)),
    "a captured array": (lambda x: np.sum(W * x), (X,)),
    "two of the same": (lambda x, y: np.sum(x + y), (X, W)),
    "two of the other": (lambda x, y: np.sum(np.exp(x + y)), (X, W)),
    "a view": (lambda x: np.sum(x.reshape(1, 3) * W), (X,)),
    "a repeated number": (lambda x, s: s * np.sum(x), (X, 2.0)),
    "a part": (lambda x: np.sum(x[:2] * W[1:]), (X,)),
    "a large constant": (lambda x: np.sum(3 * x), (np.ones(100_000),)),
    "an assumption": (lambda x: np.sum(cr.assume(x, positive=True) ** 2) / 2, (X,)),
}  # fmt: skip


@pytest.mark.parametrize(("function", "arguments"), OWNED.values(), ids=OWNED)
def test_results_own_their_memory(function: Any, arguments: Any) -> None:
    before = [np.copy(one) for one in (*arguments, W)]
    wrt = tuple(range(len(arguments)))
    for make in (cr.grad, cr.value_and_grad, cr.jacobian):
        derived = make(function, wrt)
        first = derived(*arguments)
        if make is cr.value_and_grad:
            first = first[1]
        first = first if isinstance(first, tuple) else (first,)
        kept = [np.array(one) for one in first]
        arrays = [np.asarray(one) for one in first if np.ndim(one)]
        for at, array in enumerate(arrays):
            if make is cr.jacobian:  # the entries of a map are read only
                assert not array.flags.writeable
                continue
            array[...] = np.nan
            assert not any(np.isnan(other).any() for other in arrays[at + 1 :])
        for one, other in zip((*arguments, W), before, strict=True):
            np.testing.assert_array_equal(one, other)
        again = derived(*arguments)
        again = again[1] if make is cr.value_and_grad else again
        for one, other in zip(again if isinstance(again, tuple) else (again,), kept, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_pullback_keeps_its_own_numbers() -> None:
    x, y = X.copy(), W.copy()
    value, pullback = cr.vjp(lambda x, y: x * y, x, y)
    x[:] = y[:] = np.nan
    np.testing.assert_array_equal(value, X * W)
    for _ in range(2):
        by_x, by_y = pullback(np.ones(3))
        np.testing.assert_array_equal(by_x, W)
        np.testing.assert_array_equal(by_y, X)
        by_x[:] = by_y[:] = np.nan
    for result in (cr.vjp(lambda x: x, X)[0], *cr.jvp(lambda x: x, (X,), (W,))):
        result[:] = np.nan
    assert not np.isnan(X + W).any()


@pytest.mark.parametrize(
    ("function", "said", "kind"),
    [
        (lambda x: x, r"returns \(3\): sum it", ShapeError),
        (lambda x: (np.sum(x), np.sum(x)), "one number, not a tuple", DataProblem),
        (lambda x: np.sum(x) > 1, "a real number, and this one is of type bool", DataProblem),
        (lambda x: None, "is there a `return` missing", DataProblem),
    ],
)
def test_a_gradient_is_of_one_number(function: Any, said: str, kind: Any) -> None:
    for make in (cr.grad, cr.value_and_grad):
        with pytest.raises(kind, match=said):
            make(function)(X)


def cubes(x: Any, y: Any) -> Any:
    return np.sum(x**3 * y)


HVP: list[tuple[Any, tuple[Any, ...], Any]] = [
    (0, (X, W, np.ones(3)), 6 * X * W),
    (1, (X, W, np.ones(3)), np.zeros(3)),
    ("x", (X, W, np.ones(3)), 6 * X * W),
    (-2, (X, W, np.ones(3)), 6 * X * W),
]


@pytest.mark.parametrize(("wrt", "arguments", "wanted"), HVP)
def test_hessian_times_vector(wrt: Any, arguments: Any, wanted: Any) -> None:
    np.testing.assert_allclose(cr.hvp(cubes, wrt)(*arguments), wanted)


def test_hessian_times_vector_in_containers() -> None:
    def loss(p: Any) -> Any:
        return np.sum(p["W"] ** 2 * p["b"])

    found = cr.hvp(loss)({"W": X, "b": W}, {"b": np.zeros(3), "W": np.ones(3)})
    np.testing.assert_allclose(found["W"], 2 * W)
    np.testing.assert_allclose(found["b"], 2 * X)
    with pytest.raises(ShapeError, match="the same containers"):
        cr.hvp(loss)({"W": X, "b": W}, [X, W])
    with pytest.raises(ShapeError, match=r"the shape of its argument, \(3\), not \(2\)"):
        cr.hvp(cubes)(X, W, np.ones(2))


def test_kept_by_the_function_itself() -> None:
    @dataclass
    class Loss:  # equal ones are told apart; it has no hash
        scale: float

        def __call__(self, x: Any) -> Any:
            return self.scale * np.sum(x)

    one, other = Loss(1.0), Loss(1.0)
    assert cr.grad(one) is cr.grad(one)
    assert cr.grad(one) is not cr.grad(other)
    other.scale = 2.0
    np.testing.assert_array_equal(cr.grad(one)(X), np.ones(3))
    np.testing.assert_array_equal(cr.grad(other)(X), 2 * np.ones(3))
    assert cr.grad(product, [0, 1]) is cr.grad(product, (0, 1))
