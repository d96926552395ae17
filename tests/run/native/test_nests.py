"""Nests as machine code do what NumPy does, however they are split, and touch nothing else."""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.run.native.reference_kernels import run_nest
from tests.run.native.running import PROCESSORS, Array, Compiled, on_every_processor

from chainrule.run.native.emit.nests import emit_nest
from chainrule.run.native.kernels import (
    Access,
    Apply,
    Buffer,
    Expression,
    Index,
    Literal,
    Load,
    LoadAt,
    Nest,
    Reduced,
    Reduction,
    Stage,
    Store,
)
from chainrule.run.native.processor import Processor, detect

Type = np.dtype[Any]
SINGLE: Type = np.dtype(np.float32)
DOUBLE: Type = np.dtype(np.float64)
WHOLE: Type = np.dtype(np.int64)
SHORT: Type = np.dtype(np.int32)
TRUTH: Type = np.dtype(bool)

# Sizes around the widths of registers, and some that take loops.
LENGTHS = [1, 2, 3, 7, 8, 10, 15, 16, 17, 31, 33, 64, 67, 100, 129, 1000]


# Words for kernels.


def load(number: int, size: int, strides: tuple[int, ...], dtype: Type = SINGLE) -> Load:
    return Load(dtype, Access(Buffer(number, size, dtype), 0, strides))


def store(number: int, size: int, strides: tuple[int, ...], value: Expression, **how: Any) -> Store:
    return Store(Access(Buffer(number, size, value.dtype), 0, strides), value, **how)


def apply(function: str, *arguments: Expression, dtype: Type | None = None) -> Apply:
    return Apply(dtype or arguments[-1].dtype, function, arguments)


def number(value: float, dtype: Type = SINGLE) -> Literal:
    return Literal(dtype, value)


def agrees(
    nest: Nest,
    buffers: Mapping[int, Array],
    processor: Processor,
    tolerance: float = 0.0,
) -> tuple[dict[int, Array], bool]:
    """Compiled and in NumPy alike, whole and in parts; exactly, or as near as is said."""
    compiled = Compiled(emit_nest, nest, processor)
    expected = {number: array.copy() for number, array in buffers.items()}
    has_failed = run_nest(nest, expected)
    found, failed = compiled(buffers)
    for at, array in expected.items():
        if tolerance:
            np.testing.assert_allclose(found[at], array, rtol=tolerance, atol=tolerance)
        else:
            np.testing.assert_array_equal(found[at], array)
    assert failed == has_failed
    parts, _ = compiled(buffers, splits=[0, compiled.units // 3, compiled.units // 2])
    for at, array in found.items():
        assert array.tobytes() == parts[at].tobytes(), "a split changes bits"
    return found, failed


# Maps.


@on_every_processor
@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE, WHOLE, SHORT], ids=str)
@pytest.mark.parametrize("length", LENGTHS)
def test_maps_of_every_length(length: int, dtype: Type, processor: Processor) -> None:
    x, y = load(0, length, (1,), dtype), load(1, length, (1,), dtype)
    value = apply("maximum", apply("add", x, y), apply("multiply", x, y))
    nest = Nest((), (Stage((length,), (), (store(2, length, (1,), value),)),))
    buffers = {0: counted(length, dtype), 1: counted(length, dtype)[::-1], 2: zeros(length, dtype)}
    agrees(nest, buffers, processor)


@on_every_processor
@pytest.mark.parametrize(
    ("strides", "size"),
    [
        ((7, 1), 35),
        ((1, 5), 35),
        ((0, 1), 7),
        ((1, 0), 5),
        ((0, 0), 1),
        ((14, 2), 70),
        ((21, 3), 105),
        ((40, 6), 200),
        ((1, 1), 11),
    ],
)
@pytest.mark.parametrize("flip", [False, True], ids=["forwards", "backwards"])
def test_loads_with_strides(
    strides: tuple[int, int], size: int, flip: bool, processor: Processor
) -> None:
    sign = -1 if flip else 1
    steps = tuple(sign * step for step in strides)
    access = Access(Buffer(0, size, SINGLE), size - 1 if flip else 0, steps)
    nest = Nest((), (Stage((5, 7), (), (store(1, 35, (7, 1), Load(SINGLE, access)),)),))
    agrees(nest, {0: counted(size), 1: zeros(35)}, processor)


@on_every_processor
@pytest.mark.parametrize("strides", [(7, 1), (1, 5), (-7, -1), (14, 2), (40, 6), (-1, -5)])
def test_stores_with_strides(strides: tuple[int, int], processor: Processor) -> None:
    reach = [step * (n - 1) for step, n in zip(strides, (5, 7), strict=True)]
    offset = -sum(one for one in reach if one < 0)
    size = offset + sum(one for one in reach if one > 0) + 1
    target = Access(Buffer(1, size, SINGLE), offset, strides)
    nest = Nest((), (Stage((5, 7), (), (Store(target, load(0, 35, (7, 1))),)),))
    agrees(nest, {0: counted(35), 1: zeros(size)}, processor)


@on_every_processor
@pytest.mark.parametrize("length", LENGTHS)
def test_truth_values_in_memory_are_bytes(length: int, processor: Processor) -> None:
    x = load(0, length, (1,))
    mask = load(1, length, (1,), TRUTH)
    positive = apply("greater", x, number(0), dtype=TRUTH)
    both = apply("bitwise_and", positive, mask)
    chosen = apply("where", mask, x, number(-1))
    stores = (store(2, length, (1,), both), store(3, length, (1,), chosen))
    nest = Nest((length,), (Stage((), (), stores),))
    buffers = {
        0: counted(length) - length // 2,
        1: np.arange(length) % 3 == 0,
        2: zeros(length, TRUTH),
        3: zeros(length),
    }
    agrees(nest, buffers, processor)


@on_every_processor
def test_places_along_axes_are_numbers(processor: Processor) -> None:
    total = apply("add", apply("multiply", Index(WHOLE, 0), number(10, WHOLE)), Index(WHOLE, 1))
    stores = (
        store(0, 77, (11, 1), total),
        store(1, 77, (11, 1), apply("cast", Index(WHOLE, 1), dtype=SINGLE)),
    )
    nest = Nest((), (Stage((7, 11), (), stores),))
    agrees(nest, {0: zeros(77, WHOLE), 1: zeros(77)}, processor)


@on_every_processor
def test_all_loads_of_a_point_come_before_its_stores(processor: Processor) -> None:
    """Adam's update in place: the new momentum is stored while the old one is still asked for."""
    length = 100
    parameter, momentum, slope = (load(at, length, (1,)) for at in range(3))
    moved = apply("add", apply("multiply", momentum, number(2)), slope)
    stores = (
        store(1, length, (1,), moved),
        store(0, length, (1,), apply("subtract", parameter, apply("add", moved, momentum))),
    )
    nest = Nest((), (Stage((length,), (), stores),))
    agrees(nest, {0: counted(length), 1: counted(length), 2: counted(length)}, processor)


# Sums and their kin.

REDUCTIONS = ["sum", "prod", "max", "min", "argmax", "argmin"]


@on_every_processor
@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE, WHOLE], ids=str)
@pytest.mark.parametrize("along", ["rows", "columns", "both"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (5, 3), (4, 10), (33, 17), (20, 200), (200, 20)])
def test_reductions(shape: tuple[int, int], along: str, dtype: Type, processor: Processor) -> None:
    rows, columns = shape
    size = rows * columns
    outer, inner, strides = {
        "rows": ((rows,), (columns,), (columns, 1)),
        "columns": ((columns,), (rows,), (1, columns)),
        "both": ((), (rows, columns), (columns, 1)),
    }[along]
    x = load(0, size, strides, dtype)
    sign = apply("where", apply("less", x, number(3, dtype), dtype=TRUTH), number(-1, dtype),
                 number(1, dtype))  # fmt: skip
    values = {"prod": sign}
    reductions = tuple(Reduction(name, values.get(name, x)) for name in REDUCTIONS)
    kept = max(size // max(int(np.prod(inner)), 1), 1)
    own = (1,) if outer else ()
    types = [dtype] * 4 + [WHOLE] * 2
    stores = tuple(store(at + 1, kept, own, Reduced(type_, at)) for at, type_ in enumerate(types))
    nest = Nest(outer, (Stage(inner, reductions), Stage((), (), stores)))
    buffers = {0: shuffled(size, dtype)}
    buffers |= {at + 1: zeros(kept, type_) for at, type_ in enumerate(types)}
    agrees(nest, buffers, processor)


@on_every_processor
@pytest.mark.parametrize("length", LENGTHS)
def test_any_and_all(length: int, processor: Processor) -> None:
    size = 5 * length
    mask = load(0, size, (length, 1), TRUTH)
    reductions = (Reduction("any", mask), Reduction("all", mask))
    stores = tuple(store(at, 5, (1,), Reduced(TRUTH, at - 1)) for at in (1, 2))
    nest = Nest((5,), (Stage((length,), reductions), Stage((), (), stores)))
    rows = np.zeros((5, length), bool)
    rows[1, -1] = rows[2, 0] = rows[3:, :] = True
    rows[4, length // 2] = False
    agrees(nest, {0: rows.reshape(-1), 1: zeros(5, TRUTH), 2: ~zeros(5, TRUTH)}, processor)


@on_every_processor
@pytest.mark.parametrize("place", [0, 1, 9, 16, 40, 66])
@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("strides", [(67, 1), (1, 3)], ids=["rows", "columns"])
def test_nan_and_infinity_are_found_as_numpy_does(
    strides: tuple[int, int], special: float, place: int, processor: Processor
) -> None:
    x = load(0, 201, strides)
    names = ["max", "min", "argmax", "argmin"]
    types = [SINGLE, SINGLE, WHOLE, WHOLE]
    stores = tuple(store(at + 1, 3, (1,), Reduced(type_, at)) for at, type_ in enumerate(types))
    reductions = tuple(Reduction(name, x) for name in names)
    nest = Nest((3,), (Stage((67,), reductions), Stage((), (), stores)))
    values = shuffled(201)
    every = values[strides[0] : strides[0] + 67 * strides[1] : strides[1]]
    every[place] = every[66] = special
    values[: 67 if strides[1] == 1 else 1] = special
    buffers = {0: values} | {at + 1: zeros(3, type_) for at, type_ in enumerate(types)}
    agrees(nest, buffers, processor)


@on_every_processor
@pytest.mark.parametrize("length", [5_000, 100_003, 1_000_000])
def test_long_sums_are_as_accurate_as_numpys(length: int, processor: Processor) -> None:
    nest = Nest(
        (),
        (
            Stage((length,), (Reduction("sum", load(0, length, (1,))),)),
            Stage((), (), (store(1, 1, (), Reduced(SINGLE, 0)),)),
        ),
    )
    values = np.random.default_rng(length).random(length, np.float32)
    found, _ = Compiled(emit_nest, nest, processor)({0: values, 1: zeros(1)})
    exact = values.sum(dtype=np.float64)
    assert abs(float(found[1][0]) - exact) <= 4 * np.finfo(np.float32).eps * exact


@on_every_processor
def test_long_column_sums_are_more_accurate_than_one_after_the_other(processor: Processor) -> None:
    rows = 100_000
    x = load(0, rows * 3, (1, 3))
    stages = (Stage((rows,), (Reduction("sum", x),)),
              Stage((), (), (store(1, 3, (1,), Reduced(SINGLE, 0)),)))  # fmt: skip
    values = np.random.default_rng(1).random((rows, 3), np.float32)
    found, _ = Compiled(emit_nest, Nest((3,), stages), processor)({0: values, 1: zeros(3)})
    exact = values.sum(axis=0, dtype=np.float64)
    error = np.abs(found[1] - exact).max()
    assert error <= 16 * np.finfo(np.float32).eps * exact.max()
    assert error < np.abs(values.cumsum(axis=0)[-1] - exact).max()


@on_every_processor
@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize("strides", [(1, 20), (1, 21), (7, 1), (8, 1), (-7, -1)])
def test_places_are_counted_row_by_row_however_the_rows_lie(
    strides: tuple[int, int], name: str, processor: Processor
) -> None:
    reach = [step * (n - 1) for step, n in zip(strides, (20, 7), strict=True)]
    size, offset = sum(map(abs, reach)) + 1, -sum(one for one in reach if one < 0)
    x = Load(SINGLE, Access(Buffer(0, size, SINGLE), offset, strides))
    stages = (
        Stage((20, 7), (Reduction(name, x),)),
        Stage((), (), (store(1, 1, (), Reduced(WHOLE, 0)),)),
    )
    agrees(Nest((), stages), {0: shuffled(size), 1: zeros(1, WHOLE)}, processor)


# Rows at a time.


def softmax(rows: int, columns: int, dtype: Type) -> Nest:
    size = rows * columns
    x = load(0, size, (columns, 1), dtype)
    again = load(0, size, (columns, 1), dtype)  # an equal one: known already in a short row
    e, f = (
        apply("exp", apply("subtract", one, Reduced(dtype, 0)), dtype=dtype) for one in (x, again)
    )
    return Nest(
        (rows,),
        (
            Stage((columns,), (Reduction("max", x),)),
            Stage((columns,), (Reduction("sum", e),)),
            Stage(
                (columns,),
                (),
                (store(1, size, (columns, 1), apply("divide", f, Reduced(dtype, 1))),),
            ),
            Stage((), (), (store(2, rows, (1,), apply("log", Reduced(dtype, 1))),)),
        ),
    )


@on_every_processor
@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE], ids=str)
@pytest.mark.parametrize("columns", [1, 2, 3, 5, 10, 16, 33, 64, 100, 128, 300])
@pytest.mark.parametrize("rows", [1, 5, 40])
def test_softmax_of_rows(rows: int, columns: int, dtype: Type, processor: Processor) -> None:
    size = rows * columns
    values = np.random.default_rng(size).normal(size=size).astype(dtype)
    buffers = {0: values, 1: zeros(size, dtype), 2: zeros(rows, dtype)}
    agrees(softmax(rows, columns, dtype), buffers, processor, 8 * float(np.finfo(dtype).eps))


def test_a_short_row_is_loaded_once_and_its_exponentials_are_computed_once() -> None:
    compiled = Compiled(emit_nest, softmax(64, 10, SINGLE), detect())
    assert compiled.text.count("call <16 x float> @llvm.masked.load") == 1
    assert compiled.text.count("shl <16 x i32>") == 1


def test_what_a_short_row_has_stored_is_known_still() -> None:
    """Memory takes long to give back what it just got, longer still what was stored by a mask."""
    x, y = load(0, 640, (10, 1)), load(1, 640, (10, 1))
    exponential = Stage((10,), (), (store(1, 640, (10, 1), apply("exp", x)),))
    more = Stage((10,), (), (store(2, 640, (10, 1), apply("add", y, number(1))),))
    compiled = Compiled(emit_nest, Nest((64,), (exponential, more)), detect())
    assert compiled.text.count("call <16 x float> @llvm.masked.load") == 1
    assert "masked.store" not in compiled.text


@on_every_processor
@pytest.mark.parametrize("columns", [10, 100, 1000])
def test_what_is_known_of_a_row_is_computed_before_its_entries(
    columns: int, processor: Processor
) -> None:
    rows = 6
    x, row = load(0, rows * columns, (columns, 1)), load(1, rows, (1, 0))
    total = Reduction("sum", apply("multiply", x, apply("exp", row)))
    result = Stage((), (), (store(2, 1, (), Reduced(SINGLE, 0)),))
    nest = Nest((), (Stage((rows, columns), (total,)), result))
    buffers = {0: counted(rows * columns) / 100, 1: counted(rows) / 7, 2: zeros(1)}
    agrees(nest, buffers, processor, 1e-5)
    assert Compiled(emit_nest, nest, processor).text.count("= shl ") == 1  # one of e^x


@on_every_processor
@pytest.mark.parametrize("rows", [1, 6])
@pytest.mark.parametrize("columns", [1, 20, 300])
def test_what_a_stage_stores_the_next_one_loads(
    columns: int, rows: int, processor: Processor
) -> None:
    size = rows * columns
    steps = (columns if rows > 1 else 0, 1 if columns > 1 else 0)
    x, y = load(0, size, steps), load(1, size, steps)
    turned = Access(Buffer(1, size, SINGLE), columns - 1, (steps[0], -steps[1]))
    other = Load(SINGLE, turned)
    first = Stage((columns,), (), (store(1, size, steps, apply("multiply", x, y)),))
    second = Stage((columns,), (), (store(2, size, steps, apply("add", y, other)),))
    nest = Nest((rows,), (first, second))
    agrees(nest, {0: counted(size) + 2, 1: counted(size) + 1, 2: zeros(size)}, processor)


@on_every_processor
def test_several_sums_of_several_axes_with_what_is_stored_on_the_way(processor: Processor) -> None:
    """Normalisation of channels: sums over the batch and the pixels, which are not neighbours."""
    channels, batch, rows, columns = 15, 4, 3, 12
    size, image = channels * batch * rows * columns, rows * columns
    strides = (image, channels * image, columns, 1)
    x = load(0, size, strides)
    mean = apply("multiply", Reduced(SINGLE, 0), number(1 / 16))
    centred = apply("subtract", x, mean)
    spread = apply("multiply", centred, number(4))
    nest = Nest(
        (channels,),
        (
            Stage((batch, rows, columns), (Reduction("sum", x),)),
            Stage((batch, rows, columns), (Reduction("max", centred),)),
            Stage((batch, rows, columns), (), (store(1, size, strides, spread),)),
            Stage((), (), (store(2, channels, (1,), apply("add", mean, Reduced(SINGLE, 1))),)),
        ),
    )
    agrees(nest, {0: counted(size) % 7, 1: zeros(size), 2: zeros(channels)}, processor)


# Computed places.


@on_every_processor
@pytest.mark.parametrize("columns", [1, 3, 10, 16, 33, 784])
@pytest.mark.parametrize("wrong", [None, -1, 50, 2**40])
def test_rows_are_gathered(columns: int, wrong: int | None, processor: Processor) -> None:
    rows, total = 13, 50
    source = Access(Buffer(0, total * columns, SINGLE), 0, (0, 1))
    place = load(1, rows, (1, 0), WHOLE)
    value = LoadAt(SINGLE, source, place, columns, total)
    nest = Nest((), (Stage((rows, columns), (), (store(2, rows * columns, (columns, 1), value),)),))
    places = np.random.default_rng(columns).integers(0, total, rows)
    if wrong is not None:
        places[7] = wrong
    buffers = {0: counted(total * columns), 1: places, 2: zeros(rows * columns)}
    _, failed = agrees(nest, buffers, processor)
    assert failed == (wrong is not None)


@on_every_processor
@pytest.mark.parametrize("rows", [1, 5, 16, 37])
@pytest.mark.parametrize("wrong", [None, 0, 11])
def test_each_row_gives_its_own_entry(rows: int, wrong: int | None, processor: Processor) -> None:
    source = Access(Buffer(0, 10 * rows, SINGLE), 0, (10,))
    counted_from_one = load(1, rows, (1,), WHOLE)
    place = apply("subtract", counted_from_one, number(1, WHOLE))
    value = LoadAt(SINGLE, source, place, 1, 10)
    nest = Nest((), (Stage((rows,), (), (store(2, rows, (1,), value),)),))
    places = np.arange(rows) * 7 % 10 + 1
    places[-1] = places[-1] if wrong is None else wrong
    agrees(nest, {0: counted(10 * rows), 1: places, 2: zeros(rows)}, processor)


@on_every_processor
@pytest.mark.parametrize("adding", [True, False], ids=["added", "put"])
@pytest.mark.parametrize("wrong", [None, -3, 8])
def test_rows_are_scattered_in_order(adding: bool, wrong: int | None, processor: Processor) -> None:
    rows, columns, total = 30, 19, 8
    source = load(0, rows * columns, (columns, 1))
    target = Access(Buffer(2, total * columns, SINGLE), 0, (0, 1))
    place = load(1, rows, (1, 0), WHOLE)
    one = Store(target, source, adding, place, columns, total)
    nest = Nest((), (Stage((rows, columns), (), (one,)),))
    places: Array = np.random.default_rng(3).integers(0, total, rows)
    if wrong is not None:
        places[5] = wrong
    values = np.random.default_rng(4).normal(size=rows * columns).astype(np.float32)
    buffers = {0: values, 1: places, 2: zeros(total * columns)}
    agrees(nest, buffers, processor)
    assert Compiled(emit_nest, nest, processor).units == 1


@on_every_processor
def test_entries_that_meet_are_added_in_order(processor: Processor) -> None:
    """Rounding shows the order: the sums are those of one addition after the other."""
    values = np.random.default_rng(0).normal(size=500).astype(np.float32)
    place = load(1, 500, (1,), WHOLE)
    target = Access(Buffer(2, 7, SINGLE), 0, (0,))
    nest = Nest((), (Stage((500,), (), (Store(target, load(0, 500, (1,)), True, place, 1, 7),)),))
    agrees(nest, {0: values, 1: np.arange(500) % 7, 2: zeros(7)}, processor)


@on_every_processor
@pytest.mark.parametrize("strides", [(3, 1), (0, 1), (1, 0), (1, 1), (0, 0), (9, 1)])
def test_points_that_meet_are_added_by_one_thread(
    strides: tuple[int, int], processor: Processor
) -> None:
    values = np.random.default_rng(0).normal(size=200).astype(np.float32)
    size = strides[0] * 19 + strides[1] * 9 + 1
    one = store(
        1, size, strides, apply("add", load(0, 200, (10, 1)), load(2, 10, (0, 1))), adding=True
    )
    nest = Nest((), (Stage((20, 10), (), (one,)),))
    agrees(nest, {0: values, 1: counted(size), 2: counted(10)}, processor)
    assert Compiled(emit_nest, nest, processor).units == 1


@on_every_processor
@pytest.mark.parametrize("strides", [(10, 1), (-10, 1), (1, 300), (40, 3)])
def test_points_that_do_not_meet_are_added_by_many(
    strides: tuple[int, int], processor: Processor
) -> None:
    values = np.random.default_rng(0).normal(size=3000).astype(np.float32)
    reach = [step * (n - 1) for step, n in zip(strides, (300, 10), strict=True)]
    size, offset = sum(map(abs, reach)) + 1, -sum(one for one in reach if one < 0)
    target = Access(Buffer(1, size, SINGLE), offset, strides)
    value = apply("add", load(0, 3000, (10, 1)), load(2, 10, (0, 1)))
    nest = Nest((), (Stage((300, 10), (), (Store(target, value, adding=True),)),))
    agrees(nest, {0: values, 1: counted(size), 2: counted(10)}, processor)
    assert Compiled(emit_nest, nest, processor).units > 1


# Any kernel.


class Some(NamedTuple):
    """A kernel, and numbers for its buffers: small whole ones, so that every sum is exact."""

    nest: Nest
    buffers: dict[int, Array]


@st.composite
def nests(draw: st.DrawFn) -> Some:
    """A map or a nest of sums, over arrays that lie in memory in any way."""
    return _Drawing(draw).nest()


class _Drawing:
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.dtype: Type = draw(st.sampled_from([SINGLE, DOUBLE, WHOLE, SHORT]))
        self.sizes: list[tuple[int, Type]] = []
        lengths = st.sampled_from([1, 1, 2, 3, 4, 5, 7, 8, 16, 17, 33])
        self.outer = tuple(draw(st.lists(lengths, max_size=2)))
        self.inner = tuple(draw(st.lists(lengths, max_size=2)))

    def nest(self) -> Some:
        results: list[Reduced] = []
        stages: list[Stage] = []
        for _ in range(self.draw(st.integers(0, 2))):
            names = self.draw(st.lists(st.sampled_from(REDUCTIONS), min_size=1, max_size=2))
            stage = Stage(self.inner, tuple(self.reduction(name, results) for name in names))
            for name in names:
                type_ = WHOLE if name.startswith("arg") else self.dtype
                results.append(Reduced(type_, len(results)))
            stages.append(stage)
        stages.append(Stage(self.inner, (), self.stores(self.inner, results)))
        if results:
            stages.append(Stage((), (), self.stores((), results)))
        random = np.random.default_rng(self.draw(st.integers(0, 100)))
        buffers = {
            at: random.integers(-3, 4, size).astype(dtype)
            for at, (size, dtype) in enumerate(self.sizes)
        }
        return Some(Nest(self.outer, tuple(stages)), buffers)

    def reduction(self, name: str, results: list[Reduced]) -> Reduction:
        value = self.value((*self.outer, *self.inner), results, 2)
        if name == "prod":
            small = Apply(TRUTH, "greater", (value, number(0, self.dtype)))
            value = Apply(
                self.dtype, "where", (small, number(1, self.dtype), number(-1, self.dtype))
            )
        return Reduction(name, value)

    def stores(self, inner: tuple[int, ...], results: list[Reduced]) -> tuple[Store, ...]:
        extents = (*self.outer, *inner)
        count = self.draw(st.integers(1, 2))
        values = [self.value(extents, results, 3) for _ in range(count)]
        found = [Store(self.access(extents, one.dtype, apart=True), one) for one in values]
        if self.draw(st.booleans()):
            whole = Apply(TRUTH, "less_equal", (values[0], number(1, self.dtype)))
            found.append(Store(self.access(extents, TRUTH, apart=True), whole))
        return tuple(found)

    def access(self, extents: tuple[int, ...], dtype: Type, apart: bool = False) -> Access:
        """A new buffer, and a way through it; entries may be met twice unless they lie apart."""
        order = self.draw(st.permutations(range(len(extents))))
        strides, step = [0] * len(extents), 1
        for axis in order:
            kinds = ["on", "on", "back", "gap"] + ([] if apart else ["still", "close"])
            kind = self.draw(st.sampled_from(kinds))
            if kind == "gap":
                step += self.draw(st.integers(1, 4))
            strides[axis] = {"still": 0, "back": -step, "close": 1}.get(kind, step)
            if kind != "still":
                step *= extents[axis]
        reach = [step * (n - 1) for step, n in zip(strides, extents, strict=True)]
        offset = -sum(one for one in reach if one < 0) + self.draw(st.integers(0, 2))
        size = offset + sum(one for one in reach if one > 0) + 1
        self.sizes.append((size, dtype))
        return Access(Buffer(len(self.sizes) - 1, size, dtype), offset, tuple(strides))

    def value(self, extents: tuple[int, ...], results: list[Reduced], depth: int) -> Expression:
        kinds = ["load", "load", "number", "index", "reduced"]
        kind = self.draw(st.sampled_from([*kinds, *["apply"] * 6] if depth else kinds))
        if kind == "index" and extents:
            axis = self.draw(st.integers(0, len(extents) - 1))
            return Apply(self.dtype, "cast", (Index(WHOLE, axis),))
        if kind == "reduced" and results:
            result = self.draw(st.sampled_from(results))
            small = Apply(result.dtype, "minimum", (result, number(5, result.dtype)))
            small = Apply(result.dtype, "maximum", (small, number(-5, result.dtype)))
            return Apply(self.dtype, "cast", (small,))
        if kind == "number":
            return number(self.draw(st.integers(-3, 3)), self.dtype)
        if kind != "apply":
            return Load(self.dtype, self.access(extents, self.dtype))
        parts = [self.value(extents, results, depth - 1) for _ in range(2)]
        name = self.draw(
            st.sampled_from(["add", "subtract", "maximum", "minimum", "where", "times"])
        )
        if name == "times":
            return Apply(self.dtype, "multiply", (parts[0], number(2, self.dtype)))
        if name == "where":
            first = Apply(TRUTH, "less", (parts[0], parts[1]))
            return Apply(self.dtype, "where", (first, parts[1], parts[0]))
        return Apply(self.dtype, name, tuple(parts))


@settings(max_examples=80, deadline=None)
@given(some=nests(), processor=st.sampled_from(PROCESSORS))
def test_any_kernel(some: Some, processor: Processor) -> None:
    agrees(some.nest, some.buffers, processor)


# Nothing else.


@pytest.mark.skipif(sys.platform != "linux", reason="guard pages by Linux's mprotect")
@on_every_processor
@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE, TRUTH], ids=str)
@pytest.mark.parametrize("at_end", [False, True], ids=["start", "end"])
@pytest.mark.parametrize("length", [1, 3, 10, 17, 67, 200])
def test_nothing_is_read_beyond_the_ends(
    length: int, at_end: bool, dtype: Type, processor: Processor
) -> None:
    """Arrays lie at the very end, or the start, of memory that can be read at all."""
    x = load(0, 3 * length, (length, 1), dtype)
    back = Load(dtype, Access(Buffer(0, 3 * length, dtype), length - 1, (length, -1)))
    far = Load(dtype, Access(Buffer(0, 3 * length, dtype), 0, (1, 3)))
    value = apply("maximum", apply("maximum", x, back), far)
    nest = Nest(
        (3,),
        (
            Stage((length,), (Reduction("max", value),)),
            Stage((length,), (), (store(1, 3 * length, (length, 1), value),)),
            Stage((), (), (store(2, 3, (1,), Reduced(dtype, 0)),)),
        ),
    )
    agrees(nest, {0: zeros(3 * length, dtype), 1: zeros(3 * length, dtype), 2: zeros(3, dtype)},
           processor)  # fmt: skip
    compiled = Compiled(emit_nest, nest, processor)
    fenced = [Fenced(zeros(n, dtype), at_end) for n in (3 * length, 3 * length, 3)]
    assert not compiled.do([one.address for one in fenced], 0, compiled.units)


class Fenced:
    """An array next to a page that may not be touched: a slip ends the process."""

    def __init__(self, array: Array, at_end: bool) -> None:
        page = mmap.PAGESIZE
        room = -(-array.nbytes // page) * page
        self._memory = mmap.mmap(-1, room + 2 * page)
        whole = np.frombuffer(self._memory, np.uint8)
        start = page + (room - array.nbytes if at_end else 0)
        whole[start : start + array.nbytes] = array.view(np.uint8)
        self.address = whole.ctypes.data + start
        protect = ctypes.CDLL(None).mprotect
        protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        for fence in (0, page + room):
            assert protect(whole.ctypes.data + fence, page, 0) == 0


def test_no_units_are_no_work() -> None:
    nest = Nest((), (Stage((100,), (), (store(1, 100, (1,), load(0, 100, (1,))),)),))
    compiled = Compiled(emit_nest, nest, detect())
    found, _ = compiled({0: counted(100), 1: zeros(100)}, splits=[0, 0])
    np.testing.assert_array_equal(found[1], counted(100))
    given, nothing = counted(100), np.zeros(100, np.float32)
    compiled.do([given.ctypes.data, nothing.ctypes.data], 1, 1)
    assert not nothing.any()


def test_work_is_split_by_rows_and_by_blocks() -> None:
    x, size = load(0, 8192, (128, 1)), 8192
    whole = Nest((), (Stage((64, 128), (), (store(1, size, (128, 1), x),)),))
    biased = apply("add", x, load(2, 128, (0, 1)))
    rows = Nest((), (Stage((64, 128), (), (store(1, size, (128, 1), biased),)),))
    assert Compiled(emit_nest, whole, detect()).units == 8
    assert Compiled(emit_nest, rows, detect()).units == 64


# Numbers.


def counted(length: int, dtype: Type = SINGLE) -> Array:
    return (np.arange(length) % 97).astype(dtype)


def zeros(length: int, dtype: Type = SINGLE) -> Array:
    return np.zeros(length, dtype)


def shuffled(length: int, dtype: Type = SINGLE) -> Array:
    """Whole numbers, some of them equal."""
    return np.random.default_rng(length).integers(-9, 10, length).astype(dtype)
