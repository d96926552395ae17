"""A function is traced once for each signature, in any thread, and nothing is left half done."""

from __future__ import annotations

import inspect
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError, TooLarge
from chainrule.functions import signature, staging
from chainrule.trace.recorder import active_recorder

X = np.array([1.0, 2.0, 3.0])


COUNT: list[int] = []


def loss(x: Any, rate: Any = 1.0, *, times: int = 1, kind: str = "") -> Any:
    """What is lost."""
    COUNT.append(1)
    return times * rate * np.sum(x**2)


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    COUNT.clear()


def fresh() -> Any:
    """A derivative of `loss` that has not been called before."""
    return cr.grad.__wrapped__(loss)  # type: ignore[attr-defined]


# Calls in turn, and how often the function is traced in all.
SIGNATURES: dict[str, tuple[list[tuple[tuple[Any, ...], dict[str, Any]]], int]] = {
    "the same": ([((X,), {}), ((X + 1,), {}), ((X.copy(),), {})], 1),
    "another shape": ([((X,), {}), ((X[:2],), {}), ((X,), {})], 2),
    "another order in memory": ([((np.ones((2, 3)),), {}), ((np.ones((3, 2)).T,), {})], 1),
    "another type": ([((X,), {}), ((X.astype(np.float32),), {})], 2),
    "numbers": ([((1.0,), {}), ((2.0,), {}), ((3,), {}), ((np.float64(3),), {})], 2),
    "a number as an argument": ([((X, 1.0), {}), ((X, 2.0), {})], 1),
    "a whole number": ([((X, 1), {}), ((X, 2), {}), ((X, 1), {})], 2),
    "a number beside float32": (
        [((np.float32(X), 1.0), {}), ((np.float32(X), 2.0), {}), ((X, 2.0), {})], 2),
    "a setting": ([((X,), {"times": 1}), ((X,), {"times": 2}), ((X,), {"times": 1})], 2),
    "a text": ([((X,), {"kind": "a"}), ((X,), {"kind": "b"}), ((X,), {"kind": "a"})], 2),
    "True is not 1": ([((X,), {"times": True}), ((X,), {"times": 1})], 2),
    "by position and by name": ([((X, 2.0), {}), ((X,), {"rate": 2.0}), ((X, 3.0), {})], 2),
}  # fmt: skip


@pytest.mark.parametrize(("calls", "times"), SIGNATURES.values(), ids=SIGNATURES)
def test_each_signature_is_traced_once(calls: Any, times: int) -> None:
    slope = fresh()
    for arguments, settings in calls:
        found = slope(*arguments, **settings)
        full = {"rate": 1.0, "times": 1, **settings}
        rate = arguments[1] if len(arguments) > 1 else full["rate"]
        np.testing.assert_allclose(found, 2 * full["times"] * rate * arguments[0], rtol=1e-6)
    assert len(COUNT) == times


MAKERS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda f: cr.grad(f)(X),
    "value_and_grad": lambda f: cr.value_and_grad(f)(X),
    "jacobian": lambda f: cr.jacobian(f)(X),
    "hessian": lambda f: cr.hessian(f)(X),
    "hvp": lambda f: cr.hvp(f)(X, X),
    "vjp": lambda f: cr.vjp(f, X)[1](1.0),
    "jvp": lambda f: cr.jvp(f, (X,), (X,)),
    "per_example_grad": lambda f: cr.per_example_grad(lambda w, x: f(w * x))(X, np.ones((2, 3))),
    "intermediates": lambda f: cr.intermediates(f)(X),
    "factors": lambda f: cr.factors(f)(X),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_every_derivative_traces_once(make: Callable[[Any], Any]) -> None:
    function = loss
    if make is MAKERS["per_example_grad"]:
        staged = cr.per_example_grad(lambda w, x: loss(w * x))
        make = lambda f: staged(X, np.ones((2, 3)))  # noqa: E731
    make(function)
    once = len(COUNT)
    for _ in range(3):
        make(function)
    assert len(COUNT) == once <= 1


def test_old_programs_are_forgotten() -> None:
    slope = fresh()
    for n in range(1, 80):
        slope(np.ones(n))
    assert sum(map(len, slope._programs.values())) == staging.MOST_PROGRAMS
    COUNT.clear()
    slope(np.ones(79))
    assert not COUNT
    slope(np.ones(1))
    assert len(COUNT) == 1


def test_programs_of_one_signature_are_bounded_too() -> None:
    rate = 0.0
    slope = cr.grad(lambda x: rate * np.sum(x))
    for step in range(80):
        rate = float(step)
        assert slope(X)[0] == step
    assert sum(map(len, slope._programs.values())) == staging.MOST_PROGRAMS


def test_old_derivatives_are_forgotten() -> None:
    functions = [lambda x, k=k: k * x for k in range(signature.MOST_KNOWN + 1)]
    kept = [cr.grad(function) for function in functions]
    assert cr.grad(functions[-1]) is kept[-1]
    assert cr.grad(functions[0]) is not kept[0]


def test_it_is_called_like_the_function() -> None:
    slope = cr.grad(loss)
    assert slope.__name__ == "grad(loss)"
    assert slope.__doc__ == "What is lost."
    assert slope.__wrapped__ is loss
    assert repr(slope) == "<grad(loss)>"
    assert list(inspect.signature(slope).parameters) == ["x", "rate", "times", "kind"]
    assert repr(cr.hessian(loss)) == "<jacobian(grad(loss))>"
    assert cr.grad(cr.grad(loss), "rate").wrt == {1, "rate"}


class Interrupted(BaseException):
    """What Ctrl-C raises, but for this test alone."""


@pytest.mark.parametrize("kind", [ValueError, KeyError, Interrupted, RecursionError])
def test_an_exception_leaves_nothing_half_open(kind: type[BaseException]) -> None:
    kept = []

    def fails(x: Any, really: bool) -> Any:
        y = np.sin(x)
        kept.append(y)
        if really:
            raise kind("it")
        return np.sum(y)

    slope = cr.grad(fails)
    with pytest.raises(kind, match="it"):
        slope(X, True)
    assert active_recorder() is None
    assert not kept[0].recorder.is_open
    with pytest.raises(ChainruleError, match="belongs to a call that is over"):
        kept[0] + 1
    np.testing.assert_allclose(slope(X, False), np.cos(X))


def test_the_users_own_exception_shows_the_users_own_lines() -> None:
    def fails(x: Any) -> Any:
        return {}["nothing"] * x  # type: ignore[index]

    with pytest.raises(KeyError) as caught:
        cr.grad(fails)(X)
    assert str(caught.traceback[-1].path) == __file__


def test_threads_trace_and_run_side_by_side() -> None:
    start = threading.Barrier(8)
    slope = fresh()

    def work(number: int) -> bool:
        start.wait()
        for size in range(1, 12):
            x = np.full(size, float(number))
            own = cr.grad(lambda x, k=number: k * np.sum(np.sin(x)))
            if not np.array_equal(slope(x), 2 * x):
                return False
            if not np.allclose(own(x), number * np.cos(x)):
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert len(COUNT) == 11


def test_printing_within_a_traced_function(capsys: pytest.CaptureFixture[str]) -> None:
    def prints(x: Any) -> Any:
        y = np.sum(x**2)
        print(f"{y:.3f}", x)
        return y

    np.testing.assert_array_equal(cr.grad(prints)(X), 2 * X)
    assert capsys.readouterr().out == "<traced float64[]> <traced float64[3]>\n"


def test_no_warning_escapes() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for make in MAKERS.values():
            make(loss)


# Memory.


def vast(x: Any) -> Any:
    """More than processors can address."""
    return np.tanh(np.outer(x, x))


@pytest.mark.parametrize(
    "called",
    [
        lambda x: cr.grad(lambda x: np.sum(vast(x)))(x),
        lambda x: cr.compile(vast)(x),
        lambda x: cr.compile(lambda x: np.sum(np.sort(vast(x))))(x),
        lambda x: cr.training_loop(lambda x: np.sum(np.sort(vast(x))), x, cr.sgd(0.1))(steps=2),
    ],
    ids=["interpreted", "compiled", "compiled in part", "trained"],
)
def test_what_does_not_fit_into_memory(called: Any) -> None:
    with pytest.raises(TooLarge, match=r"shape \(9000000 × 9000000\) .*, and takes 6\.48e\+05 GB"):
        called(np.ones(9 * 10**6))
