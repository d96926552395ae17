"""Whole numbers that count, and what is read or added at places computed from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.run.native.reference import run_tensors
from tests.run.native.symbols import bits, given_arrays, text

from chainrule.errors import DomainProblem
from chainrule.graph.node import Array
from chainrule.run.native import placing
from chainrule.run.native.builder import Builder
from chainrule.run.native.keeping import in_order
from chainrule.run.native.sums import reduced
from chainrule.run.native.tensors import Join, Pick, Scatter, Tensor
from chainrule.run.native.whole import WHOLE, Span

Build = Callable[..., Tensor]
SCORES = np.array([[0.0, 1, 2, 3], [9, 0, 0, 0], [0, 5, 0, 0]])

Expression = tuple[Any, ...]
leaf = st.one_of(
    st.tuples(st.just("count"), st.integers(-6, 6), st.integers(-3, 3)),
    st.tuples(st.just("given"), st.integers(-6, 6)),
)
expressions = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["add", "subtract", "maximum", "minimum"]), inner, inner),
        st.tuples(st.just("multiply"), inner, st.tuples(st.just("number"), st.integers(-3, 3))),
        st.tuples(st.just("negative"), inner),
        st.tuples(st.just("where"), inner, inner, inner),
    ),
    max_leaves=6,
)


def built(make: Builder, x: Tensor, expression: Expression) -> Tensor:
    name, *parts = expression
    if name == "count":
        return make.counting((4,), parts[0], (parts[1],))
    if name == "given":
        return make.each("add", reduced(make, "argmax", x, (1,)), parts[0])
    if name == "number":
        return make.spread(make.number(parts[0], WHOLE), (4,))
    inputs = [built(make, x, part) for part in parts]
    if name == "where":
        inputs[0] = make.each("less", inputs[0], 1)
    return make.each(name, *inputs)


def evaluated(x: Array, expression: Expression) -> Array:
    name, *parts = expression
    if name == "count":
        return parts[0] + parts[1] * np.arange(4)
    if name == "given":
        return np.argmax(x, axis=1) + parts[0]
    if name == "number":
        return np.full(4, parts[0])
    inputs = [evaluated(x, part) for part in parts]
    if name == "where":
        return np.where(inputs[0] < 1, inputs[1], inputs[2])
    return np.asarray(getattr(np, name)(*inputs))


@settings(max_examples=300, deadline=None)
@given(expressions, st.integers(0, 99))
def test_what_is_known_of_whole_numbers_is_so(expression: Expression, seed: int) -> None:
    make, values = Builder(), np.random.default_rng(seed).random((4, 5))
    (x,) = given_arrays(make, values)
    tensor = built(make, x, expression)
    wanted = evaluated(values, expression)
    np.testing.assert_array_equal(run_tensors([tensor], [values])[0], wanted)
    span, affine = make.known_of.span(tensor), make.known_of.affine(tensor)
    assert span is not None
    assert span.low <= wanted.min() <= wanted.max() <= span.high
    rest = 0 if affine.rest is None else run_tensors([affine.rest], [values])[0]
    counted = affine.offset + affine.strides[0] * np.arange(4)
    np.testing.assert_array_equal(counted + affine.scale * rest, wanted)


def test_whole_numbers_that_could_wrap_have_no_span() -> None:
    make = Builder()
    large = make.each("multiply", make.counting((4,), 0, (1,)), (1 << 62) - 1)
    assert make.known_of.span(large) is None


def test_comparisons_of_counted_numbers_are_known() -> None:
    make = Builder()
    count = make.counting((4,), 0, (1,))
    assert text(make.each("less", count, 0)) == "False"
    assert text(make.each("where", make.each("less", count, 4), count, 7)) == "counting()"
    assert text(make.each("minimum", count, 3)) == "counting()"


READ: list[tuple[str, Build, str]] = [
    ("places that count", lambda k, x, at: pick(k, x, k.counting((3,), 1, (2,))), "x"),
    ("a number", lambda k, x, at: pick(k, k.known(np.full(8, 2.0)), at), "2.0"),
    (
        "a range",
        lambda k, x, at: pick(k, k.counting((8,), 3, (2,)), at),
        "add(counting(), multiply(argmax(y), 2))",
    ),
    (
        "a part of an array",
        lambda k, x, at: pick(k, k.view(x, (4,), 1, (2,)), at),
        "pick(x, argmax(y))",
    ),
    (
        "each in its row",
        lambda k, x, at: pick(k, x, k.each("add", at, k.counting((3,), 0, (2,)))),
        "pick(x, argmax(y))",
    ),
]


def found(make: Builder, y: Tensor) -> Tensor:
    """Three numbers from 0 to 3 that depend on others."""
    return reduced(make, "argmax", y, (1,))


def pick(make: Builder, x: Tensor, places: Tensor) -> Tensor:
    return placing.pick(make, x, 0, (0,) * len(places.shape), 1, x.size, places)


@pytest.mark.parametrize(("what", "build", "form"), READ, ids=[row[0] for row in READ])
def test_reading_at_places(what: str, build: Build, form: str) -> None:
    make, x = Builder(), np.arange(8.0) ** 2
    given_x, given_y = given_arrays(make, x, SCORES)
    tensor = build(make, given_x, found(make, given_y))
    assert text(tensor) == form
    at = np.array([3, 0, 1])
    wanted = {
        "places that count": x[1:7:2],
        "a number": np.full(3, 2.0),
        "a range": 3 + 2 * at,
        "a part of an array": x[1::2][at],
        "each in its row": x[at + np.array([0, 2, 4])],
    }
    np.testing.assert_array_equal(run_tensors([tensor], [x, SCORES])[0], wanted[what])


ADDED: list[tuple[str, Build, set[type]]] = [
    ("in rows", lambda k, at: k.each("add", at, k.counting((3,), 0, (4,))), set()),
    (
        "in columns",
        lambda k, at: k.each("add", k.each("multiply", at, 3), k.counting((3,), 0, (1,))),
        set(),
    ),
    ("anywhere", lambda k, at: at, {Scatter}),
    ("in rows that meet", lambda k, at: k.each("add", at, k.counting((3,), 0, (3,))), {Scatter}),
    ("in steps", lambda k, at: k.counting((3,), 11, (-4,)), {Join}),
    ("at one place", lambda k, at: k.counting((3,), 5, (0,)), {Join}),
]


@pytest.mark.parametrize(("what", "build", "kinds"), ADDED, ids=[row[0] for row in ADDED])
def test_adding_at_places(what: str, build: Build, kinds: set[type]) -> None:
    make, numbers = Builder(), np.array([1.0, -0.0, np.nan])
    values, given_y = given_arrays(make, numbers, SCORES)
    at = build(make, found(make, given_y))
    total = placing.scatter(make, values, (0,), 1, 12, at, (12,))
    used = {type(one.kind) for one in in_order([total])}
    assert used & {Join, Scatter, Pick} == kinds
    wanted = np.zeros(12)
    np.add.at(wanted, run_tensors([at], [numbers, SCORES])[0], numbers)
    assert bits(run_tensors([total], [numbers, SCORES])[0]) == bits(wanted)


def test_checked_places_are_known_to_be_inside_or_an_error() -> None:
    make = Builder()
    (labels,) = given_arrays(make, np.array([0, 1]))
    labels = make.cast(labels, WHOLE)
    inside = placing.checked(make, labels, 3)
    assert make.known_of.span(inside) == Span(0, 2)
    assert run_tensors([inside], [np.array([2, 1])])[0].tolist() == [2, 1]
    with pytest.raises(DomainProblem):
        run_tensors([inside], [np.array([2, 3])])
    (table,) = given_arrays(make, np.zeros((5, 3)))
    rows = make.spread(make.view(inside, (2, 1), 0, (1, 0)), (2, 3))
    read = placing.pick(make, table, 0, (0, 1), 3, 5, rows)
    assert read.kind == Pick(0, (0, 1), 3, 3)
    assert text(read) == "pick(x, x)", "what reads there marks the error by itself"
