"""Shaping, joining, indexing."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.ops.row import GRID, ONE, Row

from chainrule.graph.node import Array, Node, constant
from chainrule.ops.advanced_indexing import index, take_, take_along
from chainrule.ops.indexing import gather
from chainrule.ops.padding import pad
from chainrule.ops.reduction import argmax
from chainrule.ops.repeating import flip, repeat, roll, tile
from chainrule.ops.replacing import Sources, set_
from chainrule.ops.shaping import array, expand, split, squeeze
from chainrule.ops.transposition import moveaxis

MASK = np.array([[True, False, True], [False, False, True]])


def whole(*numbers: Any) -> Node:
    """Written positions."""
    return constant(np.array(numbers), np.int64)


def np_set(key: Any) -> Any:
    """x[key] = value, on a copy."""

    def formula(x: Array, value: Array) -> Array:
        result = x.copy()
        result[key] = value
        return result

    return formula


def labels(x: Node) -> Node:
    """Whole numbers from 0 to 2, computed on the way."""
    return argmax(x[0], axis=0)


def np_labels(x: Array) -> Any:
    return x[0].argmax()


def by_key(name: str, key: Any, shapes: Any, formula: Any = None) -> Row:
    """x[key], beside NumPy's own."""
    return Row(f"index {name}", lambda x: index(x, key), shapes, formula or (lambda x: x[key]))


def replaced(name: str, key: Any, *shapes: Any) -> Row:
    return Row(f"set {name}", lambda x, value: set_(x, key, value), shapes, np_set(key))


CUBE = (((2, 3, 4),),)
ROWS: tuple[Row, ...] = (
    # positions along an axis
    Row("take", lambda x: take_(x, whole(1, 0, 1)), GRID[::2], lambda x: x[[1, 0, 1]]),
    Row(
        "take of columns",
        lambda x: take_(x, whole([2, -1], [0, 2]), axis=1),
        GRID,
        lambda x: x[:, [[2, 2], [0, 2]]],
    ),
    Row(
        "take at a label",
        lambda x: take_(x, labels(x), axis=1),
        GRID[:2],
        lambda x: x[:, np_labels(x)],
    ),
    Row(
        "take_along",
        lambda x: take_along(x, whole([2, 0], [1, -3]), 1),
        (((2, 3),),),
        lambda x: np.take_along_axis(x, np.array([[2, 0], [1, 0]]), 1),
    ),
    Row(
        "positions",
        lambda x: index(x, (np.array([0, 1, 1]), labels(x))),
        (((2, 3),),),
        lambda x: x[[0, 1, 1], np_labels(x)],
    ),
    # everything that x[key] means
    by_key("new axes", (None, 1, ..., None), (*GRID[::2], ((2,),))),
    by_key("rows", [1, 0, 1], GRID[::2]),
    by_key("pairs", ([0, 1], [2, 0]), GRID[::2]),
    by_key("pairs across", ([[0], [1]], [2, 0]), GRID[::2]),
    by_key("apart", ([0, 1, 1], slice(None, None, 2), [3, 0, 3]), CUBE),
    by_key("number and array apart", (1, slice(None), [3, 0]), CUBE),
    by_key("behind a slice", (slice(None), [[2, 0]], [1, 3]), CUBE),
    by_key("one behind slices", (..., slice(1, None), [3, 0]), CUBE),
    by_key("mask", MASK, GRID[::2]),
    by_key("mask of rows", (np.array([False, True]), slice(1, None)), GRID[::2]),
    # copies with entries replaced
    replaced("entry", (1, -1), ((2, 3), ()), ((2, 3, 2), (2,)), ((2, 3, 2), ())),
    replaced("slice", (..., slice(None, None, -2)), ((2, 3), (2, 2)), ((2, 3), (2,)), ((3,), (1,))),
    replaced("rows", [1, 0, 1], ((2, 2), (3, 2)), ((3,), ())),
    replaced("pairs", ([1, 0, 1], [2, 0, 2]), ((2, 3), (3,)), ((2, 3, 2), (3, 1))),
    replaced("mask", MASK, ((2, 3), ()), ((2, 3), (3,))),
    Row(
        "set at a label",
        lambda x, value: set_(x, (slice(None), labels(x)), value),
        (((2, 3), (2,)),),
        lambda x, value: np_set((slice(None), np_labels(x)))(x, value),
    ),
    Row(
        "set where",
        lambda x, value: set_(x, x > value, value),
        (((3,), ()),),
        lambda x, value: np.where(x > value, value, x),
    ),
    Row(
        "sources",
        lambda x: gather(x, Sources((3,))(whole(2, 0)), 1),
        (((5,),), ((2, 5),)),
        lambda x: x[..., [4, 1, 3]],
    ),
    # entries repeated, turned round, moved along
    Row("flip", flip, (*ONE[:2], ((2, 3, 2),)), np.flip),
    Row("flip columns", lambda x: flip(x, axis=1), GRID, lambda x: x[:, ::-1]),
    Row("roll", lambda x: roll(x, shift=(1,)), ONE, lambda x: np.roll(x, 1)),
    Row(
        "roll columns",
        lambda x: roll(x, shift=(2,), axis=1),
        GRID,
        lambda x: np.roll(x, 2, 1),
    ),
    Row("tile", lambda x: tile(x, times=(2, 1, 3)), ONE, lambda x: np.tile(x, (2, 1, 3))),
    Row("tile short", lambda x: tile(x, times=(2,)), GRID, lambda x: np.tile(x, 2)),
    Row("repeat", lambda x: repeat(x, times=(2,)), ONE, lambda x: np.repeat(x, 2)),
    Row(
        "repeat columns",
        lambda x: repeat(x, times=(2, 0, 1), axis=1),
        GRID,
        lambda x: np.repeat(x, [2, 0, 1], 1),
    ),
    # padding
    Row("pad", lambda x: pad(x, before=(1,), after=(2,)), ONE[:2], lambda x: np.pad(x, (1, 2))),
    Row(
        "pad with a number",
        lambda x, c: pad(x, c, before=(0, 2), after=(1, 0)),
        (((2, 3), ()),),
        lambda x, c: np.pad(x, ((0, 1), (2, 0)), constant_values=c),
    ),
    *[
        Row(
            f"pad {mode}",
            lambda x, mode=mode: pad(x, before=(4,), after=(3,), mode=mode),
            (((3,),), ((1, 2),)),
            lambda x, mode=mode: np.pad(x, (4, 3), mode),
        )
        for mode in ("edge", "reflect", "symmetric", "wrap")
    ],
    # axes, joining
    Row(
        "moveaxis",
        lambda x: moveaxis(x, axis=(0, -1), to=(-1, 0)),
        CUBE,
        lambda x: x.transpose(2, 1, 0),
    ),
    Row("expand", lambda x: expand(x, axis=(0, -1)), ONE, lambda x: x[None, ..., None]),
    Row("squeeze", squeeze, (((1, 3, 1),), ((1,),)), np.squeeze),
    Row(
        "array of rows",
        lambda a, b: array([[a, 1], [b, a]]),
        (((), ()),),
        lambda a, b: np.array([[a, 1], [b, a]]),
    ),
    Row("second part", lambda x: split(x, [1], 1)[1], GRID, lambda x: np.split(x, [1], 1)[1]),
)
