"""What a function reads besides its arguments is read again at every call, or it is traced anew."""

from __future__ import annotations

import enum
import functools
import importlib.util
import sys
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

import chainrule as cr

X = np.array([1.0, 2.0, 3.0])
ONES = np.ones(3)


@dataclass
class Params:
    W: Any
    scale: float = 1.0


class Pair(NamedTuple):
    first: Any
    second: Any


class Namespace:
    W = np.ones(3)


class Base:
    shift = np.zeros(3)

    def __init__(self) -> None:
        self.W = np.ones(3)
        self.rate = 1.0
        self.steps = 0

    @property
    def doubled(self) -> Any:
        return 2 * self.W

    @staticmethod
    def total(x: Any) -> Any:
        return np.sum(x * G["static"])

    @classmethod
    def moved(cls, x: Any) -> Any:
        return x + cls.shift

    def forward(self, x: Any) -> Any:
        return self.rate * x * self.W

    def __call__(self, x: Any) -> Any:
        return np.sum(self.forward(x))


class Derived(Base):
    def forward(self, x: Any) -> Any:
        return super().forward(x) * self.doubled


class Slotted:
    __slots__ = ("W",)

    def __init__(self, W: Any) -> None:
        self.W = W


class Level(enum.Enum):
    LOW = 1.0
    HIGH = 2.0


G: dict[str, Any] = {}  # what the functions below read, by the names of the tests
W = np.ones(3)
RATE = 1.0
MODEL = Base()
PARTS: Any = None


@pytest.fixture(autouse=True)
def _fresh_globals() -> Iterator[None]:
    global W, RATE, MODEL, PARTS
    W, RATE, MODEL, PARTS = np.ones(3), 1.0, Base(), None
    G.clear()
    G["static"] = np.ones(3)
    Namespace.W = np.ones(3)
    Base.shift = np.zeros(3)
    return iter([None])


class Counted:
    """A function that counts how often it is traced, in a list that it appends to."""

    def __init__(self, function: Callable[..., Any]) -> None:
        calls: list[int] = []
        self.calls = calls

        def counting(x: Any) -> Any:
            calls.append(1)
            return function(x)

        self.slope = cr.grad(counting)

    def __call__(self) -> Any:
        return self.slope(X)

    @property
    def times(self) -> int:
        return len(self.calls)


def set_global(name: str, value: Any) -> Callable[[], None]:
    return lambda: globals().__setitem__(name, value)


def set_item(key: Any, value: Any) -> Callable[[], None]:
    return lambda: PARTS.__setitem__(key, value)


# What is read; the parts it is read from; a change; the slope after it (ones before it).
TWO = 2 * ONES
READ_AGAIN: dict[str, tuple[Callable[[Any], Any], Callable[[], Any], Callable[[], Any], Any]] = {
    "a global is bound anew": (
        lambda x: np.sum(x * W), lambda: None, set_global("W", TWO), TWO),
    "a global is changed in place": (
        lambda x: np.sum(x * W), lambda: None, lambda: W.__imul__(2), TWO),
    "an entry of a dict is bound anew": (
        lambda x: np.sum(x * PARTS["W"]), lambda: {"W": ONES}, set_item("W", TWO), TWO),
    "a dict is bound anew": (
        lambda x: np.sum(x * PARTS["W"]), lambda: {"W": ONES},
        set_global("PARTS", {"W": TWO}), TWO),
    "an ordered dict": (
        lambda x: np.sum(x * PARTS["W"]), lambda: OrderedDict(W=ONES), set_item("W", TWO), TWO),
    "a dict with defaults": (
        lambda x: np.sum(x * PARTS["W"]), lambda: defaultdict(list, W=ONES),
        set_item("W", TWO), TWO),
    "an item of a list": (
        lambda x: np.sum(x * PARTS[1]), lambda: [0, ONES], set_item(1, TWO), TWO),
    "an item of a list of lists": (
        lambda x: np.sum(x * PARTS[0][0]), lambda: [[ONES]],
        lambda: PARTS[0].__setitem__(0, TWO), TWO),
    "a tuple": (
        lambda x: np.sum(x * PARTS[0]), lambda: (ONES,), set_global("PARTS", (TWO,)), TWO),
    "a named tuple": (
        lambda x: np.sum(x * PARTS.second), lambda: Pair(0, ONES),
        set_global("PARTS", Pair(0, TWO)), TWO),
    "a dataclass, an attribute of it": (
        lambda x: np.sum(x * PARTS.W), lambda: Params(ONES), lambda: setattr(PARTS, "W", TWO), TWO),
    "a dataclass, replaced": (
        lambda x: np.sum(x * PARTS.W), lambda: Params(ONES),
        set_global("PARTS", Params(TWO)), TWO),
    "a dataclass, copied within": (
        lambda x: np.sum(x * replace(PARTS, scale=2.0).W), lambda: Params(ONES),
        lambda: setattr(PARTS, "W", TWO), TWO),
    "an object with slots": (
        lambda x: np.sum(x * PARTS.W), lambda: Slotted(ONES),
        lambda: setattr(PARTS, "W", TWO), TWO),
    "a simple namespace": (
        lambda x: np.sum(x * PARTS.W), lambda: SimpleNamespace(W=ONES),
        lambda: setattr(PARTS, "W", TWO), TWO),
    "an attribute of an object": (
        lambda x: MODEL(x), lambda: None, lambda: setattr(MODEL, "W", TWO), TWO),
    "an attribute is changed in place": (
        lambda x: MODEL(x), lambda: None, lambda: MODEL.W.__imul__(2), TWO),
    "an attribute that a property reads": (
        lambda x: np.sum(x * MODEL.doubled) / 2, lambda: None,
        lambda: setattr(MODEL, "W", TWO), TWO),
    "an attribute by a name that is made up": (
        lambda x: np.sum(x * getattr(MODEL, "".join(["W"]))), lambda: None,
        lambda: setattr(MODEL, "W", TWO), TWO),
    "an attribute from vars()": (
        lambda x: np.sum(x * vars(MODEL)["W"]), lambda: None,
        lambda: setattr(MODEL, "W", TWO), TWO),
    "a global that a static method reads": (
        lambda x: MODEL.total(x), lambda: None, lambda: G.__setitem__("static", TWO), TWO),
    "an array of a class": (
        lambda x: np.sum(x * Namespace.W), lambda: None, lambda: setattr(Namespace, "W", TWO), TWO),
    "an array of a class that a class method reads": (
        lambda x: np.sum(x * MODEL.moved(x)), lambda: None,
        lambda: setattr(Base, "shift", ONES), 2 * X + 1),
    "an array of an object's class": (
        lambda x: np.sum(x * (MODEL.shift + 1)), lambda: None,
        lambda: setattr(Base, "shift", ONES), TWO),
    "a method": (lambda x: PARTS(x), lambda: MODEL.__call__, lambda: setattr(MODEL, "W", TWO), TWO),
    "a partial function": (
        lambda x: PARTS(x), lambda: functools.partial(lambda w, x: np.sum(x * w * W), ONES),
        set_global("W", TWO), TWO),
    "a cached function": (
        lambda x: PARTS(x), lambda: functools.cache(lambda x: np.sum(x * W)),
        set_global("W", TWO), TWO),
    "a derivative": (
        lambda x: np.sum(cr.grad(lambda y: np.sum(y**2 * W) / 2)(x) * ONES), lambda: None,
        set_global("W", TWO), TWO),
    "a derivative made elsewhere": (
        lambda x: np.sum(PARTS(x)), lambda: cr.grad(lambda y: np.sum(y**2 * W) / 2),
        set_global("W", TWO), TWO),
    "the slopes of a custom operation": (
        lambda x: np.sum(PARTS(x)),
        lambda: cr.custom(lambda x: x * W, jacobians=lambda y, x: W + 0 * x),
        set_global("W", TWO), TWO),
}  # fmt: skip


@pytest.mark.parametrize("case", READ_AGAIN.values(), ids=READ_AGAIN)
def test_an_array_is_read_again_at_every_call(case: Any) -> None:
    global PARTS
    function, parts, change, wanted = case
    PARTS = parts()
    slope = Counted(function)
    first = slope()
    np.testing.assert_array_equal(slope(), first)
    kept = PARTS, W, MODEL.W, Base.shift, Namespace.W  # what was there before may live on
    change()
    np.testing.assert_array_equal(slope(), wanted)
    assert slope.times == 1
    assert kept is not None


TRACED_ANEW: dict[str, tuple[Callable[[Any], Any], Callable[[], Any], Callable[[], Any], Any]] = {
    "a number": (lambda x: RATE * np.sum(x), lambda: None, set_global("RATE", 2.0), TWO),
    "a number in a dict": (
        lambda x: PARTS["rate"] * np.sum(x), lambda: {"rate": 1.0}, set_item("rate", 2.0), TWO),
    "a number in a long list": (
        lambda x: PARTS[-1] * np.sum(x), lambda: [0.0] * 20_000 + [1.0], set_item(-1, 2.0), TWO),
    "a number of an object": (
        lambda x: MODEL(x), lambda: None, lambda: setattr(MODEL, "rate", 2.0), TWO),
    "an attribute that was not there": (
        lambda x: np.sum(x) * getattr(MODEL, "extra", 1.0), lambda: None,
        lambda: setattr(MODEL, "extra", 2.0), TWO),
    "another length of a list": (
        lambda x: sum(np.sum(x * w) for w in PARTS), lambda: [ONES],
        lambda: PARTS.append(ONES), TWO),
    "another shape": (
        lambda x: np.sum(x * W.sum()) / 3, lambda: None, set_global("W", np.ones((2, 3))), TWO),
    "another type": (
        lambda x: np.sum(x * W[np.array([0, 1, 2])]), lambda: None,
        set_global("W", np.array([2, 2, 2])), TWO),
    "another function": (
        lambda x: np.sum(PARTS(x)), lambda: (lambda x: x),
        set_global("PARTS", lambda x: 2 * x), TWO),
    "a member of a set": (
        lambda x: np.sum(x) * sum(PARTS), lambda: {1.0},
        lambda: PARTS.add(1.5) or PARTS.remove(1.0),
        1.5 * ONES),
    "a member of an enumeration": (
        lambda x: np.sum(x) * PARTS.value, lambda: Level.LOW, set_global("PARTS", Level.HIGH), TWO),
    "another class": (
        lambda x: MODEL(x), lambda: None, set_global("MODEL", Derived()), TWO),
    "a number of a class": (
        lambda x: np.sum(x) * Params.scale, lambda: None,
        lambda: setattr(Params, "scale", 2.0), TWO),
}  # fmt: skip


@pytest.mark.parametrize("case", TRACED_ANEW.values(), ids=TRACED_ANEW)
def test_a_function_is_traced_anew_when_something_else_changes(case: Any) -> None:
    global PARTS
    function, parts, change, wanted = case
    PARTS = parts()
    slope = Counted(function)
    np.testing.assert_array_equal(slope(), ONES)
    slope()
    assert slope.times == 1
    scale = Params.scale
    change()
    try:
        np.testing.assert_array_equal(slope(), wanted)
        assert slope.times == 2
        slope()
        assert slope.times == 2
    finally:
        Params.scale = scale


def test_what_was_met_before_is_not_traced_again() -> None:
    global RATE
    slope = Counted(lambda x: RATE * np.sum(x))
    for rate in (1.0, 2.0, 1.0, 2.0):
        RATE = rate
        np.testing.assert_array_equal(slope(), rate * ONES)
    assert slope.times == 2


def test_what_the_function_does_not_read_may_change() -> None:
    slope = Counted(lambda x: MODEL(x))
    slope()
    MODEL.steps += 1
    MODEL.history = [1.0]  # type: ignore[attr-defined]
    globals()["RATE"] = 5.0
    slope()
    assert slope.times == 1


def test_enclosing_variables() -> None:
    weights, rate, calls = np.ones(3), 1.0, 0

    def loss(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return rate * np.sum(x * weights)

    slope = cr.grad(loss)
    np.testing.assert_array_equal(slope(X), ONES)
    weights = TWO
    np.testing.assert_array_equal(slope(X), TWO)
    assert calls == 1
    rate = 2.0
    np.testing.assert_array_equal(slope(X), 4 * ONES)
    assert calls == 2


def test_functions_that_call_themselves_and_each_other_read_anew() -> None:
    weights = np.ones(3)

    def even(x: Any, n: int) -> Any:
        return np.sum(x * weights) if n == 0 else odd(x * weights, n - 1)

    def odd(x: Any, n: int) -> Any:
        return even(x * weights, n - 1)

    slope = cr.grad(even)
    np.testing.assert_array_equal(slope(X, 2), ONES)
    weights = TWO
    np.testing.assert_array_equal(slope(X, 2), 8 * ONES)


def test_defaults_are_read_anew() -> None:
    start = np.ones(3)

    def loss(x: Any, w: Any = start, *, v: Any = start) -> Any:
        return np.sum(x * w * v)

    slope = cr.grad(loss)
    np.testing.assert_array_equal(slope(X), ONES)
    start *= 2
    np.testing.assert_array_equal(slope(X), 4 * ONES)
    np.testing.assert_array_equal(slope(X, ONES), TWO)
    np.testing.assert_array_equal(slope(X, v=ONES), TWO)
    outer = cr.grad(lambda x, inner=lambda x: np.sum(x * start): inner(x))
    np.testing.assert_array_equal(outer(X), TWO)
    start *= 2
    np.testing.assert_array_equal(outer(X), 4 * ONES)


def test_decorated_functions_are_looked_into() -> None:
    scale = np.ones(3)

    def scaled(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def made(*arguments: Any, **settings: Any) -> Any:
            return function(*arguments, **settings) * scale.sum() / 3

        return made

    @scaled
    def loss(x: Any) -> Any:
        return np.sum(x * W)

    slope = cr.grad(loss)
    np.testing.assert_array_equal(slope(X), ONES)
    scale *= 2
    W[:] = 2
    np.testing.assert_array_equal(slope(X), 4 * ONES)
    assert slope.__name__ == "grad(loss)"


@pytest.fixture
def helper(tmp_path: Path) -> Iterator[Any]:
    path = tmp_path / "helper_of_a_test.py"
    path.write_text(
        "import numpy as np\nW = np.ones(3)\nRATE = 1.0\ndef forward(x):\n    return RATE * x * W\n"
    )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[path.stem]


def test_another_module_is_looked_into(helper: Any) -> None:
    slope = Counted(lambda x: np.sum(helper.forward(x)) + np.sum(helper.W * x))
    np.testing.assert_array_equal(slope(), TWO)
    helper.W = TWO
    np.testing.assert_array_equal(slope(), 4 * ONES)
    assert slope.times == 1
    helper.RATE = 2.0
    np.testing.assert_array_equal(slope(), 6 * ONES)
    helper.forward = lambda x: 0 * x
    np.testing.assert_array_equal(slope(), TWO)


def test_a_method_is_differentiated() -> None:
    model = Derived()
    slope = cr.grad(model)  # an object that is called
    np.testing.assert_array_equal(slope(X), TWO)
    model.W = TWO
    np.testing.assert_array_equal(slope(X), 8 * ONES)
    found = cr.intermediates(model.__call__)(X)
    assert "self.W" in found
    assert cr.grad(model.__call__) is cr.grad(model.__call__)


def test_objects_that_are_arguments_are_looked_into() -> None:
    model, calls = Base(), []

    def loss(x: Any, model: Any, act: Any) -> Any:
        calls.append(1)
        return act(model(x))

    slope = cr.grad(loss)
    np.testing.assert_array_equal(slope(X, model, lambda y: y), ONES)
    identity = lambda y: y * W.sum() / 3  # noqa: E731
    np.testing.assert_array_equal(slope(X, model, identity), ONES)
    model.W = TWO
    W[:] = 3
    np.testing.assert_array_equal(slope(X, model, identity), 6 * ONES)
    assert len(calls) == 2
    model.rate = 2.0
    np.testing.assert_array_equal(slope(X, model, identity), 12 * ONES)
    np.testing.assert_array_equal(slope(X, Base(), identity), 3 * ONES)


def test_an_array_behind_a_library_is_watched() -> None:
    """Where a library keeps an array, its numbers are compared at every call."""
    from collections import deque

    kept = deque([np.ones(3)])
    slope = cr.grad(lambda x: np.sum(x * kept[0]))
    np.testing.assert_array_equal(slope(X), ONES)
    kept[0] *= 2
    np.testing.assert_array_equal(slope(X), TWO)
    kept[0] = 3 * ONES
    np.testing.assert_array_equal(slope(X), 3 * ONES)


def test_captured_labels_and_truth_values() -> None:
    labels, mask = np.array([0, 2]), np.array([True, False, True])
    slope = cr.grad(lambda x: np.sum(x[labels]) + np.sum(np.where(mask, x, 0.0)))
    np.testing.assert_array_equal(slope(X), [2, 0, 2])
    labels[:], mask[:] = 1, False
    np.testing.assert_array_equal(slope(X), [0, 2, 0])


def test_a_gradient_of_a_gradient_reads_anew() -> None:
    weights = np.ones(3)
    inner = cr.grad(lambda x: np.sum(weights * x**3))
    outer = cr.grad(lambda x: np.sum(inner(x)))
    np.testing.assert_array_equal(outer(X), 6 * X)
    weights = TWO
    np.testing.assert_array_equal(outer(X), 12 * X)


def test_numbers_that_the_function_assigns_are_kept() -> None:
    def loss(x: Any) -> Any:
        global RATE
        RATE = 7.0
        MODEL.steps += 1
        return np.sum(x * W)

    slope = cr.grad(loss)
    slope(X)
    slope(X)
    assert RATE == 7.0
    assert MODEL.steps == 1
