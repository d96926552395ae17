"""What a function reads besides its arguments is read again at every call, or it is traced anew."""

from __future__ import annotations

import functools
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.trace.reading import (
    ONES,
    TWO,
    Base,
    Counted,
    Derived,
    G,
    Level,
    Namespace,
    Pair,
    Params,
    Slotted,
    X,
)

import chainrule as cr

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


def set_global(name: str, value: Any) -> Callable[[], None]:
    return lambda: globals().__setitem__(name, value)


def set_item(key: Any, value: Any) -> Callable[[], None]:
    return lambda: PARTS.__setitem__(key, value)


# What is read; the parts it is read from; a change; the slope after it (ones before it).
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


COMPILED = pytest.mark.parametrize("compiled", [False, True], ids=["as it is", "compiled"])


@COMPILED
@pytest.mark.parametrize("case", READ_AGAIN.values(), ids=READ_AGAIN)
def test_an_array_is_read_again_at_every_call(case: Any, compiled: bool) -> None:
    global PARTS
    function, parts, change, wanted = case
    PARTS = parts()
    slope = Counted(function, compiled)
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
    "a number in a tuple of a tuple": (
        lambda x: PARTS[1][0] * np.sum(x), lambda: (3, (1.0,)),
        set_global("PARTS", (3, (2.0,))), TWO),
    "another type of number in a tuple": (
        lambda x: np.sum(x) * (2.0 if isinstance(PARTS[0][0], bool) else 1.0), lambda: ((1,),),
        set_global("PARTS", ((True,),)), TWO),
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


@COMPILED
@pytest.mark.parametrize("case", TRACED_ANEW.values(), ids=TRACED_ANEW)
def test_a_function_is_traced_anew_when_something_else_changes(case: Any, compiled: bool) -> None:
    global PARTS
    function, parts, change, wanted = case
    PARTS = parts()
    slope = Counted(function, compiled)
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


@COMPILED
def test_what_was_met_before_is_not_traced_again(compiled: bool) -> None:
    global RATE
    slope = Counted(lambda x: RATE * np.sum(x), compiled)
    for rate in (1.0, 2.0, 1.0, 2.0):
        RATE = rate
        np.testing.assert_array_equal(slope(), rate * ONES)
    assert slope.times == 2


@COMPILED
def test_what_the_function_does_not_read_may_change(compiled: bool) -> None:
    slope = Counted(lambda x: MODEL(x), compiled)
    slope()
    MODEL.steps += 1
    MODEL.history = [1.0]  # type: ignore[attr-defined]
    globals()["RATE"] = 5.0
    slope()
    assert slope.times == 1


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
