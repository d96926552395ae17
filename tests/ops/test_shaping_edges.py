"""Shaping, joining and indexing at their corners: ties, nothing at all, types, infinities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.differentiate.maps import dense
from chainrule.differentiate.walk import adjoints, gradient
from chainrule.errors import DataProblem, DomainProblem, ShapeError, TooLarge
from chainrule.graph.node import Array, Node, constant, variable
from chainrule.ops.advanced_indexing import index, positions, take_, take_along
from chainrule.ops.contract import edges
from chainrule.ops.indexing import gather, scatter
from chainrule.ops.padding import pad
from chainrule.ops.reduction import sum_
from chainrule.ops.repeating import flip, repeat, roll, tile
from chainrule.ops.replacing import put, set_
from chainrule.ops.shaping import array, concatenate, expand, split, squeeze, stack
from chainrule.ops.transposition import moveaxis, permute, transpose
from chainrule.run.gradient_check import check
from chainrule.run.interpreter import evaluate, evaluate_all

INF, NAN = np.inf, np.nan
ALL = slice(None)
X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
SEED = np.array([[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]])


def whole(numbers: Any) -> Node:
    return constant(np.array(numbers), np.int64)


def pulled(build: Callable[..., Node], seed: Any, *values: Any) -> list[Array]:
    """The adjoints of the inputs, given the result's."""
    inputs = [variable(np.shape(value)) for value in values]
    output = build(*inputs)
    found = adjoints(output, inputs, constant(np.broadcast_to(seed, output.shape)))
    return evaluate_all([found[node] for node in inputs], dict(zip(inputs, values, strict=True)))


# --- entries replaced ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "by_x", "by_value"),
    [
        ((0, 1), 7.0, [[10, 0, 30], [40, 50, 60]], 20),
        (0, 7.0, [[0, 0, 0], [40, 50, 60]], 60),
        (0, [7.0, 8.0, 9.0], [[0, 0, 0], [40, 50, 60]], [10, 20, 30]),
        ((ALL, slice(None, None, -2)), [7.0, 8.0], [[0, 20, 0], [0, 50, 0]], [90, 50]),
        (([0, 0], [1, 1]), [7.0, 8.0], [[10, 0, 30], [40, 50, 60]], [0, 20]),
        (([0, 1, 0], [1, 1, 1]), 7.0, [[10, 0, 30], [40, 0, 60]], 70),
        (np.array([[True, False, True], [False] * 3]), 7.0, [[0, 20, 0], [40, 50, 60]], 40),
        (([0, 1], ALL), [7.0, 8.0, 9.0], [[0, 0, 0], [0, 0, 0]], [50, 70, 90]),
    ],
)
def test_what_is_replaced_has_no_slope_and_the_value_has_all_of_it(
    key: Any, value: Any, by_x: Any, by_value: Any
) -> None:
    found = pulled(lambda x, v: set_(x, key, v), SEED, X, np.array(value))
    for one, other in zip(found, (by_x, by_value), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("key", [(0, 1), ([0], [1])])
def test_what_is_replaced_may_be_infinite(key: Any) -> None:
    x, seed = X.copy(), SEED.copy()
    x[0, 1] = NAN
    seed[0, 1] = INF
    by_x, by_value = pulled(lambda x, v: set_(x, key, v), seed, x, np.array(7.0))
    np.testing.assert_array_equal(by_x, [[10, 0, 30], [40, 50, 60]])
    assert by_value == INF


def test_replacing_everything_or_nothing() -> None:
    x, value = variable((2, 3)), variable((3,))
    assert set_(x, slice(0, 0), value) is x
    assert set_(x, [], value) is x
    assert set_(x, np.zeros((2, 3), bool), constant(1.0)) is x
    assert evaluate(set_(x, ..., value), {x: X, value: [7, 8, 9]}).tolist() == [[7, 8, 9]] * 2
    scalar = variable(())
    assert set_(scalar, (), constant(2.0)) is constant(2.0)


def test_replaced_entries_of_each_of_a_batch() -> None:
    x, value = variable((2, 3)), variable((2,))
    ways = dict(edges(set_(x, (ALL, -1), value)))
    assert evaluate(dense(ways[x])).reshape(6, 6).diagonal().tolist() == [1, 1, 0, 1, 1, 0]
    assert evaluate(dense(ways[value])).reshape(6, 2).T.nonzero()[1].tolist() == [2, 5]


def test_put_needs_a_value_for_each_position() -> None:
    with pytest.raises(ShapeError, match=r"\(3\) cannot be put at positions of \(2\)"):
        put(variable((4,)), variable((3,)), whole([0, 1]))
    with pytest.raises(DomainProblem, match="position 9 lies outside"):
        evaluate(put(constant(np.zeros(4)), constant([1.0]), whole([9])))


# --- positions ----------------------------------------------------------------------------------


LABELS = np.array([2, -1, 0])


@pytest.mark.parametrize(
    "build",
    [
        lambda x, at: index(x, at),
        lambda x, at: index(x, (at, ALL, 0)),
        lambda x, at: index(x, (at, 0)),
        lambda x, at: index(x, (at, [0, 1, 0])),
        lambda x, at: index(x, (ALL, 0, at)),
        lambda x, at: index(x, (at, ALL, at)),
        lambda x, at: take_(x, at, axis=2),
        lambda x, at: set_(x, at, x * x),
        lambda x, at: set_(x, (ALL, 1, at), index(x, (ALL, 0, ALL))),
    ],
)
def test_computed_positions_have_the_slopes_that_differences_find(
    build: Callable[[Node, Node], Node],
) -> None:
    x, at = variable((3, 3, 3)), variable((3,), np.int64)
    values = np.random.default_rng(1).normal(size=(3, 3, 3))
    output = build(x, at)
    assert gradient(sum_(output), x).dtype == np.float64
    assert check(sum_(output**3), x, {x: values, at: LABELS}).relative_error < 1e-8
    second = sum_(gradient(sum_(output**3), x) ** 2)
    assert check(second, x, {x: values, at: LABELS}).relative_error < 1e-7


def test_positions_have_no_slope() -> None:
    x, at = variable((3,)), variable((2,), np.int64)
    assert set(adjoints(sum_(take_(x, at)))) == {x, take_(x, at), sum_(take_(x, at))}
    assert edges(positions(at, at, of=(3, 3))) == ()


def test_known_positions_are_counted_when_the_graph_is_built() -> None:
    assert positions(whole([0, -1]), whole([[2], [0]]), of=(2, 3)) is whole([[2, 5], [0, 3]])
    with pytest.raises(ShapeError, match=r"index 3 is out of range for axis 1 of \(2 × 3\)"):
        positions(whole([0]), whole([3]), of=(2, 3))
    with pytest.raises(ShapeError, match=r"1 indices name no entry of \(2 × 3\)"):
        positions(whole([0]), of=(2, 3))
    with pytest.raises(ShapeError, match="positions are whole numbers"):
        take_(variable((3,)), constant([0.5]))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64"])
def test_positions_may_be_whole_numbers_of_any_type(dtype: str) -> None:
    x, at = variable((2, 3)), variable((3,), dtype)
    given = {x: X, at: np.array([1, 0, 1])}
    assert evaluate(index(x, (at, at)), given).tolist() == [5, 1, 5]
    assert evaluate(gradient(sum_(index(x, at)), x), given).tolist() == [[1] * 3, [2] * 3]
    known = index(x, given[at].astype(dtype))
    assert evaluate(known, given).tolist() == X[[1, 0, 1]].tolist()


def test_positions_out_of_range_when_they_are_computed() -> None:
    x, at = variable((2, 3)), variable((1,), np.int64)
    for lies in (2, -3):
        with pytest.raises(DomainProblem, match=f"index {lies} lies outside an axis of 2 entries"):
            evaluate(take_(x, at), {x: X, at: [lies]})


def test_take_along_needs_as_many_axes() -> None:
    with pytest.raises(ShapeError, match=r"\(2 × 3\) and positions of \(2\)"):
        take_along(variable((2, 3)), whole([0, 1]), 0)
    for build in (take_, take_along):
        with pytest.raises(ShapeError, match=r"axis 2 does not exist in \(2 × 3\)"):
            build(variable((2, 3)), whole([[0]]), axis=2)


def test_nothing_is_taken() -> None:
    x = variable((0, 3))
    for node in (take_(x, whole([])), index(x, ([], [])), index(x, (ALL, [0, 0]))):
        value, slope = evaluate_all([node, gradient(sum_(node), x)], {x: np.zeros((0, 3))})
        assert value.shape == node.shape
        assert slope.shape == (0, 3)


# --- types --------------------------------------------------------------------------------------


MOVES: list[Callable[[Node], Node]] = [
    flip,
    transpose,
    squeeze,
    lambda x: permute(x, (1, 0)),
    lambda x: moveaxis(x, axis=(0,), to=(1,)),
    lambda x: expand(x, axis=(1,)),
    lambda x: tile(x, times=(2,)),
    lambda x: repeat(x, times=(2,), axis=1),
    lambda x: repeat(x, times=(2, 1), axis=0),
    lambda x: roll(x, shift=(1,)),
    lambda x: roll(x, shift=(1,), axis=1),
    lambda x: pad(x, before=(1,), after=(0,)),
    lambda x: pad(x, constant(1.0), before=(1,), after=(0,)),
    lambda x: pad(x, before=(1,), after=(0,), mode="edge"),
    lambda x: split(x, [1], 0)[1],
    lambda x: stack(x, x),
    lambda x: concatenate(x, x),
    lambda x: array([x, x]),
    lambda x: take_(x, whole([0])),
    lambda x: index(x, ([0], [1])),
    lambda x: gather(x, whole([0]), 1),
    lambda x: scatter(x, whole([0, 1]), (3,)),
    lambda x: set_(x, 0, constant(1.0)),
    lambda x: set_(x, [0], constant(1.0)),
]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("build", MOVES)
def test_what_moves_entries_keeps_their_type(build: Callable[[Node], Node], dtype: str) -> None:
    x = variable((2, 2), dtype)
    node = build(x)
    assert node.dtype == dtype
    assert evaluate(node, {x: np.array([[0, 1], [1, 0]], dtype)}).dtype == dtype


@pytest.mark.parametrize("build", [concatenate, stack])
def test_a_written_number_takes_the_precision_it_meets(build: Callable[..., Node]) -> None:
    x, whole_one = variable((), "float32"), variable((), np.int64)
    assert build(x, constant(1.0)).dtype == np.float32
    assert build(constant(1.0), x).dtype == np.float32
    assert build(x, whole_one).dtype == np.float32
    assert build(whole_one, constant(1.5)).dtype == np.float64
    assert build(whole_one, variable((), np.int32)).dtype == np.int64
    with pytest.raises(DataProblem, match="float32 and float64 do not mix"):
        build(x, variable(()))


# --- nothing, numbers, single entries -----------------------------------------------------------


@pytest.mark.parametrize("shape", [(0,), (0, 2), (2, 0), (1,), (1, 1)])
def test_arrays_without_entries(shape: tuple[int, ...]) -> None:
    x = variable(shape)
    value = np.ones(shape)
    for found, wanted in (
        (flip(x), np.flip(value)),
        (roll(x, shift=(3,)), np.roll(value, 3)),
        (roll(x, shift=(-1,), axis=0), np.roll(value, -1, 0)),
        (tile(x, times=(2, 3)), np.tile(value, (2, 3))),
        (tile(x, times=(0,)), np.tile(value, 0)),
        (repeat(x, times=(2,), axis=0), np.repeat(value, 2, 0)),
        (pad(x, before=(1,), after=(2,)), np.pad(value, (1, 2))),
        (concatenate(x, x, axis=-1), np.concatenate([value, value], -1)),
        (stack(x, x), np.stack([value, value])),
        (squeeze(x), np.squeeze(value)),
    ):
        np.testing.assert_array_equal(evaluate(found, {x: value}), wanted)
        slope = evaluate(gradient(sum_(found), x), {x: value})
        assert slope.shape == shape


def test_a_number_is_rolled_flipped_and_tiled() -> None:
    x = variable(())
    assert flip(x) is x
    assert pad(x, before=(1,), after=(1,)) is x
    assert evaluate(roll(x, shift=(1,)), {x: 2.0}) == 2
    assert evaluate(tile(x, times=(2,)), {x: 2.0}).tolist() == [2, 2]
    assert evaluate(repeat(x, times=(3,)), {x: 2.0}).tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda x: flip(x, axis=2), "axis 2 does not exist"),
        (lambda x: roll(x, shift=(1, 2), axis=(0, 1, 0)), "2 shifts along 3 axes"),
        (lambda x: repeat(x, times=(1, 2), axis=1), "2 counts for the 3 entries"),
        (lambda x: pad(x, before=(1,), after=(1, 2, 3)), "3 counts for the axes"),
        (lambda x: pad(x, before=(1,), after=(1,), mode="mean"), "no way to pad called 'mean'"),
        (lambda x: squeeze(x, axis=0), "axis 0 of .* has 2 entries, not 1"),
        (lambda x: moveaxis(x, axis=(0, 1), to=(0,)), "2 axes are moved to 1 places"),
        (lambda x: split(x, [1], 5), "axis 5 does not exist"),
    ],
)
def test_a_problem_says_what_was_found(build: Callable[[Node], Node], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        build(variable((2, 3)))


def test_too_many_copies_are_refused_before_they_are_made() -> None:
    x = variable((2, 3))
    for build in (
        lambda: repeat(x, times=(1 << 60, 1), axis=0),
        lambda: pad(x, before=(1 << 60,), after=(0,), mode="edge"),
    ):
        with pytest.raises(TooLarge, match="at most 16,777,216 fit"):
            build()
    assert tile(x, times=(1 << 60,)).shape == (2, 3 << 60)
    many = whole(np.zeros(5000, int))
    counted = positions(whole([[0]] * 5000), many, of=(1, 1))
    assert counted.operation.name == "positions"
