"""Sums of products: every size, layout and ending, against NumPy in float64."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import product as pairs
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.run.native.running import KERNEL

from chainrule.run.native.emit.blocking import blocking_of
from chainrule.run.native.emit.products import emit_product
from chainrule.run.native.kernels import (
    Access,
    Apply,
    Buffer,
    Copied,
    Expression,
    Index,
    Literal,
    Load,
    Product,
    Store,
)
from chainrule.run.native.loader import load
from chainrule.run.native.machine import compile_object
from chainrule.run.native.processor import AVX2, AVX512, BASELINE, Processor, detect
from chainrule.run.native.ssa import Module
from chainrule.run.native.tensors import row_major

pytest.importorskip("llvmlite")

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]
SINGLE, DOUBLE = np.dtype("f4"), np.dtype("f8")
PROCESSORS = [one for one in (AVX512, AVX2, BASELINE) if one.vector_bytes <= detect().vector_bytes]
CANARY = 64  # numbers on both sides of every array, that nobody may change


class Layout(NamedTuple):
    """The extents of a product and where its factors' entries stand."""

    batch: Shape
    rows: Shape
    columns: Shape
    inner: Shape
    left: Shape
    right: Shape
    result: Shape = ()  # the result's strides, row by row if none are given
    starts: tuple[int, int] = (0, 0)

    @property
    def out(self) -> Shape:
        return (*self.batch, *self.rows, *self.columns)

    @property
    def strides(self) -> Shape:
        return self.result or row_major(self.out)

    def sizes(self) -> tuple[int, int, int]:
        """How many numbers each array has, just enough for what is reached."""
        left = _reach((*self.batch, *self.rows, *self.inner), self.left) + self.starts[0]
        right = _reach((*self.batch, *self.columns, *self.inner), self.right) + self.starts[1]
        return left, right, _reach(self.out, self.strides)


def _reach(extents: Shape, strides: Shape) -> int:
    return 1 + sum((n - 1) * step for n, step in zip(extents, strides, strict=True) if step > 0)


def matrices(m: int, k: int, n: int, kind: str = "NN") -> Layout:
    """A product of two matrices; T for one that is kept transposed, a third letter for the result.

    >>> matrices(2, 3, 4, "TN").left
    (1, 2)
    """
    left = (1, m) if kind[0] == "T" else (k, 1)
    right = (k, 1) if kind[1] == "T" else (1, n)
    return Layout((), (m,), (n,), (k,), left, right, (1, m) if kind[2:] == "T" else (n, 1))


Ending = Callable[[Layout, np.dtype[Any], list[Buffer]], tuple[Store, ...]]


def plain(layout: Layout, dtype: np.dtype[Any], buffers: list[Buffer]) -> tuple[Store, ...]:
    return (Store(Access(buffers[2], 0, layout.strides), Copied(dtype)),)


def product_of(layout: Layout, dtype: np.dtype[Any], ending: Ending = plain) -> Product:
    buffers = [Buffer(number, size, dtype) for number, size in enumerate(layout.sizes())]
    left = Access(buffers[0], layout.starts[0], layout.left)
    right = Access(buffers[1], layout.starts[1], layout.right)
    stores = ending(layout, dtype, buffers)
    return Product(layout.batch, layout.rows, layout.columns, layout.inner, left, right, stores)


class Compiled:
    """Products in one object file."""

    def __init__(self, products: Sequence[Product], processor: Processor) -> None:
        module = Module()
        self.units = [
            emit_product(module, f"product{number}", one, processor)
            for number, one in enumerate(products)
        ]
        self.code = load(compile_object(module.text(), processor), processor)

    def run(
        self, number: int, buffers: Sequence[Array], parts: Sequence[tuple[int, int]] = ()
    ) -> None:
        function = KERNEL(self.code.address(f"product{number}"))
        addresses = np.array([one.ctypes.data for one in buffers], np.uintp)
        errors = np.zeros(1, np.int64)
        for low, high in parts or [(0, self.units[number])]:
            function(errors.ctypes.data, addresses.ctypes.data, low, high)
        assert not errors[0]


def filled(size: int, dtype: np.dtype[Any], seed: int) -> Array:
    """Random numbers with canaries around them."""
    whole = np.full(size + 2 * CANARY, -7, dtype)
    part = whole[CANARY : CANARY + size]
    part[:] = np.random.default_rng(seed).standard_normal(size)
    return part


def canaries(part: Array) -> bool:
    """Whether what is around the numbers is as it was."""
    whole = part.base
    assert whole is not None
    return bool((whole[:CANARY] == -7).all() and (whole[CANARY + part.size :] == -7).all())


def buffers_for(layout: Layout, dtype: np.dtype[Any]) -> list[Array]:
    return [filled(size, dtype, seed) for seed, size in enumerate(layout.sizes())]


def seen(flat: Array, start: int, extents: Shape, strides: Shape) -> Array:
    steps = [step * flat.itemsize for step in strides]
    return np.lib.stride_tricks.as_strided(flat[start:], extents, steps)


def sums(layout: Layout, left: Array, right: Array) -> Array:
    """The sums of products, as NumPy has them of these numbers."""
    batch, rows, columns, inner = (
        list(range(start, start + len(part)))
        for start, part in zip(
            (0, 10, 20, 30), (layout.batch, layout.rows, layout.columns, layout.inner), strict=True
        )
    )
    first = seen(left, layout.starts[0], (*layout.batch, *layout.rows, *layout.inner), layout.left)
    second = seen(
        right, layout.starts[1], (*layout.batch, *layout.columns, *layout.inner), layout.right
    )
    return np.asarray(
        np.einsum(
            first, [*batch, *rows, *inner], second, [*batch, *columns, *inner],
            [*batch, *rows, *columns], optimize=True,
        )
    )  # fmt: skip


class Given(NamedTuple):
    """Two factors, the sums of their products in float64, and how large their terms are."""

    left: Array
    right: Array
    exact: Array
    size: Array


@lru_cache(maxsize=64)  # for each processor the same
def given_to(layout: Layout, dtype: np.dtype[Any]) -> Given:
    left, right, _ = buffers_for(layout, dtype)
    factors = left.astype(DOUBLE), right.astype(DOUBLE)
    exact, size = (sums(layout, *some) for some in (factors, map(abs, factors)))
    return Given(left, right, exact, size)


def check(layouts: Sequence[Layout], dtype: np.dtype[Any], processor: Processor) -> None:
    """Each layout's product, on one processor, is what NumPy says; nothing else is touched."""
    compiled = Compiled([product_of(one, dtype) for one in layouts], processor)
    for number, layout in enumerate(layouts):
        given = given_to(layout, dtype)
        arrays = [given.left, given.right, filled(layout.sizes()[2], dtype, 2)]
        compiled.run(number, arrays)
        found = seen(arrays[2], 0, layout.out, layout.strides)
        terms = int(np.prod(layout.inner)) + 2
        assert (abs(found - given.exact) <= terms * np.finfo(dtype).eps * given.size).all(), layout
        assert all(canaries(one) for one in arrays), layout


SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 67)
KINDS = ["".join(letters) for letters in pairs("NT", repeat=3)]

SHAPES = {
    "rows": [(m, 6, 21) for m in SIZES],
    "sums": [(5, k, 18) for k in SIZES],
    "columns": [(6, 5, n) for n in SIZES],
    "small": [(m, k, n) for m in (1, 2, 5) for k in (1, 3) for n in (1, 2, 10)],
    "large": [(67, 130, 65), (128, 64, 128), (3, 300, 259), (259, 40, 2), (70, 1000, 35)],
}


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda one: one.kind)
@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE], ids=str)
@pytest.mark.parametrize("shapes", SHAPES)
def test_matrices_of_any_size(shapes: str, dtype: np.dtype[Any], processor: Processor) -> None:
    check([matrices(*one) for one in SHAPES[shapes]], dtype, processor)


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda one: one.kind)
@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_matrices_transposed(kind: str, dtype: np.dtype[Any], processor: Processor) -> None:
    shapes = [(33, 18, 37), (16, 16, 16), (5, 40, 10), (20, 3, 4), (40, 35, 7), (1, 9, 20)]
    check([matrices(*shape, kind) for shape in shapes], dtype, processor)


LAYOUTS = {
    "a batch": Layout((4,), (5,), (6,), (7,), (35, 7, 1), (42, 1, 6)),
    "a batch of transposed": Layout((4,), (5,), (18,), (7,), (35, 1, 5), (126, 7, 1)),
    "one factor for all": Layout((2, 3), (9,), (8,), (5,), (0, 45, 5, 1), (120, 40, 1, 8)),
    "the other factor for all": Layout((6,), (9,), (20,), (5,), (45, 5, 1), (0, 1, 20)),
    "every other row and column": Layout((), (9,), (11,), (6,), (24, 2), (2, 44)),
    "backwards": Layout((), (9,), (11,), (6,), (-6, 1), (1, -11), (), (48, 55)),
    "columns backwards": Layout((), (9,), (11,), (6,), (6, -1), (-1, 11), (), (5, 10)),
    "a factor that is one number": Layout((), (9,), (11,), (6,), (0, 0), (1, 11)),
    "the result with gaps": Layout((), (9,), (20,), (6,), (6, 1), (1, 20), (60, 3)),
    "rows along two axes": Layout((), (3, 4), (10,), (6,), (50, 7, 1), (1, 10)),
    "columns along two axes": Layout((), (5,), (3, 9), (6,), (6, 1), (70, 1, 11)),
    "sums along two axes": Layout((), (5,), (20,), (3, 4), (20, 5, 1), (1, 100, 21)),
    "sums along two axes, transposed": Layout((), (5,), (20,), (3, 19), (70, 20, 1), (70, 21, 1)),
    "axes that are one": Layout((), (3, 4), (2, 9), (3, 5), (60, 15, 5, 1), (9, 1, 90, 18)),
    "an image and a filter": Layout((), (2, 6, 6), (5,), (3, 3), (64, 8, 1, 8, 1), (1, 15, 5)),
    "a filter's gradient": Layout((), (3, 3), (5,), (2, 6, 6), (8, 1, 64, 8, 1), (1, 180, 30, 5)),
    "channels first": Layout(
        (2,), (5,), (6, 6), (3, 3, 3), (0, 27, 9, 3, 1), (192, 8, 1, 64, 8, 1)
    ),
    "no sum": Layout((), (9,), (17,), (), (1,), (1,)),
    "no rows": Layout((3,), (), (17,), (5,), (5, 1), (85, 1, 17)),
    "no columns": Layout((3,), (17,), (), (5,), (85, 5, 1), (5, 1)),
    "no axes at all": Layout((), (), (), (), (), ()),
    "axes of length one": Layout((1,), (1, 5), (20, 1), (1, 4), (3, 9, 4, 7, 1), (5, 4, 8, 2, 1)),
}  # fmt: skip


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda one: one.kind)
@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE], ids=str)
def test_arrays_of_any_layout(dtype: np.dtype[Any], processor: Processor) -> None:
    check(list(LAYOUTS.values()), dtype, processor)


# More than the caches hold: parts of the sums one after the other.
LARGE = {
    "as they stand": matrices(700, 1100, 270),
    "both transposed": matrices(290, 1130, 700, "TT"),
    "vectors across": matrices(700, 1100, 75, "NT"),
    "the result transposed": matrices(333, 1500, 600, "NTT"),
    "few rows, a long sum": matrices(3, 9000, 40, "NT"),
    "parts of parts of a sum": matrices(64, 40_000, 32, "NT"),
    "parts of parts, in registers": matrices(7, 40_000, 9, "TN"),
    "sums along two axes": Layout((), (80,), (64,), (9, 500), (9009, 1001, 2), (9018, 1002, 2)),
    "too long to be packed": Layout(
        (), (40,), (20,), (2, 9000), (20020, 10010, 1), (20040, 10020, 1)
    ),
}


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda one: one.kind)
@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE], ids=str)
def test_large_products(dtype: np.dtype[Any], processor: Processor) -> None:
    check(list(LARGE.values()), dtype, processor)


CUT = {  # on AVX-512, in single precision: packed, turned, in parts
    "NN": (matrices(64, 784, 128), (False, False, False)),
    "a gradient by weights": (matrices(784, 64, 128, "TN"), (False, False, False)),
    "a gradient by activations": (matrices(32, 256, 256, "NT"), (True, True, False)),
    "few steps": (matrices(64, 10, 128, "NT"), (True, False, False)),
    "the result transposed": (matrices(64, 784, 128, "NNT"), (False, True, False)),
    "steps far apart": (matrices(128, 512, 1024), (True, False, False)),
    "large": (matrices(1024, 1024, 1024), (True, False, True)),
    "a long sum": (LARGE["few rows, a long sum"], (True, False, True)),
    "sums along two axes": (LARGE["sums along two axes"], (True, False, True)),
    "too long": (LARGE["too long to be packed"], (False, False, False)),
}


@pytest.mark.parametrize("name", CUT)
def test_how_products_are_cut(name: str) -> None:
    layout, expected = CUT[name]
    found = blocking_of(product_of(layout, SINGLE), "float", AVX512)
    assert (found.packed, found.problem.turned, found.depth > 0) == expected


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Axes in any number and order in memory, with gaps, or standing still."""

    def axes(most: int) -> Shape:
        return tuple(draw(st.lists(st.sampled_from([1, 2, 3, 5, 8, 17]), max_size=most)))

    batch, rows, columns, inner = axes(1), axes(2), axes(2), axes(2)

    def strides(extents: Shape) -> Shape:
        order = draw(st.permutations(range(len(extents))))
        found, step = [0] * len(extents), 1
        for axis in order:
            found[axis] = step if draw(st.integers(0, 9)) else 0
            step *= extents[axis] + draw(st.sampled_from([0, 0, 0, 1]))
        return tuple(found)

    def result(extents: Shape) -> Shape:
        order = draw(st.permutations(range(len(extents))))
        found, step = [0] * len(extents), 1
        for axis in order:
            found[axis], step = step, step * extents[axis]
        return tuple(found)

    left, right = strides((*batch, *rows, *inner)), strides((*batch, *columns, *inner))
    return Layout(batch, rows, columns, inner, left, right, result((*batch, *rows, *columns)))


@given(layouts(), st.sampled_from([SINGLE, DOUBLE]), st.sampled_from(PROCESSORS))
@settings(max_examples=60)
def test_random_layouts(layout: Layout, dtype: np.dtype[Any], processor: Processor) -> None:
    check([layout], dtype, processor)


# --- what becomes of the sums -------------------------------------------------------------------


def _apply(function: str, *arguments: Expression) -> Apply:
    return Apply(arguments[0].dtype, function, arguments)


def _bias_and_activation(
    layout: Layout, dtype: np.dtype[Any], buffers: list[Buffer]
) -> tuple[Store, ...]:
    """max(0, sum + bias of the column), and whether it is above 0."""
    bias = Load(dtype, Access(Buffer(3, layout.columns[0], dtype), 0, (0, 1)))
    total = _apply("maximum", _apply("add", Copied(dtype), bias), Literal(dtype, 0.0))
    truth = np.dtype(bool)
    positive = Apply(truth, "greater", (total, Literal(dtype, 0.0)))
    mask = Access(Buffer(4, buffers[2].size, truth), 0, layout.strides)
    return (
            Store(Access(buffers[2], 0, layout.strides), total), Store(mask, positive))  # fmt: skip


def _update(layout: Layout, dtype: np.dtype[Any], buffers: list[Buffer]) -> tuple[Store, ...]:
    """What is there becomes less by a tenth of the sum."""
    here = Access(buffers[2], 0, layout.strides)
    step = _apply("multiply", Copied(dtype), Literal(dtype, 0.1))
    return (Store(here, _apply("subtract", Load(dtype, here), step)),)


def _added(layout: Layout, dtype: np.dtype[Any], buffers: list[Buffer]) -> tuple[Store, ...]:
    return (Store(Access(buffers[2], 0, layout.strides), Copied(dtype), adding=True),)


def _curved(layout: Layout, dtype: np.dtype[Any], buffers: list[Buffer]) -> tuple[Store, ...]:
    """Much to compute: tanh(sum) times the row's number, divided by one more than the column's."""
    whole = np.dtype(np.int64)
    row = Apply(dtype, "cast", (Index(whole, 0),))
    column = _apply("add", Apply(dtype, "cast", (Index(whole, 1),)), Literal(dtype, 1.0))
    value = _apply("divide", _apply("multiply", _apply("tanh", Copied(dtype)), row), column)
    return (Store(Access(buffers[2], 0, layout.strides), value),)


def _kept_twice(layout: Layout, dtype: np.dtype[Any], buffers: list[Buffer]) -> tuple[Store, ...]:
    """As it is, and transposed; bias along the rows."""
    rows, columns = layout.out
    bias = Load(dtype, Access(Buffer(3, rows, dtype), 0, (1, 0)))
    other = Access(Buffer(4, rows * columns, dtype), 0, (1, rows))
    return (*plain(layout, dtype, buffers), Store(other, _apply("add", Copied(dtype), bias)))


class Case(NamedTuple):
    """Stores, the further arrays that they need, and what is then in the result and those."""

    ending: Ending
    more: Callable[[int, int], list[tuple[int, str]]]
    meaning: Callable[[Array, list[Array]], list[Array]]


ENDINGS = {
    "bias and activation": Case(
        _bias_and_activation,
        lambda m, n: [(n, "number"), (m * n, "bool")],
        lambda total, old: [np.maximum(total + old[1], 0), old[1], total + old[1] > 0],
    ),
    "update": Case(_update, lambda m, n: [], lambda total, old: [old[0] - 0.1 * total]),
    "added": Case(_added, lambda m, n: [], lambda total, old: [old[0] + total]),
    "curved": Case(
        _curved,
        lambda m, n: [],
        lambda total, old: [
            np.tanh(total) * np.arange(len(total))[:, None] / (1 + np.arange(total.shape[1]))
        ],
    ),
    "kept twice": Case(
        _kept_twice,
        lambda m, n: [(m, "number"), (m * n, "number")],
        lambda total, old: [total, old[1], (total + old[1][:, None]).T],
    ),
}
ENDED = [
    matrices(m, k, n, kind)
    for (m, k, n), kind in pairs([(33, 20, 37), (5, 2, 10), (16, 33, 64)], ("NN", "NT", "NNT"))
]


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda one: one.kind)
@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE], ids=str)
@pytest.mark.parametrize("name", ENDINGS)
def test_endings(name: str, dtype: np.dtype[Any], processor: Processor) -> None:
    case = ENDINGS[name]
    compiled = Compiled([product_of(one, dtype, case.ending) for one in ENDED], processor)
    for at, layout in enumerate(ENDED):
        m, n = layout.out
        kinds = {"number": dtype, "bool": np.dtype(bool)}
        more = [np.resize([1, 0, 1], size).astype(kinds[kind]) for size, kind in case.more(m, n)]
        arrays = [*buffers_for(layout, dtype), *more]
        old = seen(arrays[2], 0, layout.out, layout.strides).copy()
        before = [old, *[one.copy() for one in more]]
        total = sums(layout, *[one.astype(DOUBLE) for one in arrays[:2]])
        expected = case.meaning(total, before)
        compiled.run(at, arrays)
        found = [
            seen(one, 0, layout.out, layout.strides) if number == 0 or one.dtype == bool else one
            for number, one in enumerate(arrays[2:])
        ]
        close = 1e-4 if dtype == SINGLE else 1e-12
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(
                one.reshape(other.shape).astype(DOUBLE), other, rtol=close, atol=close
            )


def _scaled(layout: Layout, dtype: np.dtype[Any], buffers: list[Buffer]) -> tuple[Store, ...]:
    """The sum times e to the power of a number that is the same for all."""
    rate = Load(dtype, Access(Buffer(3, 1, dtype), 0, (0, 0)))
    value = _apply("multiply", Copied(dtype), _apply("exp", rate))
    return (Store(Access(buffers[2], 0, layout.strides), value),)


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda one: one.kind)
@pytest.mark.parametrize("layout", [*ENDED, matrices(600, 700, 515)], ids=str)
def test_what_is_the_same_for_all_sums_is_computed_once(
    layout: Layout, processor: Processor
) -> None:
    module = Module()
    emit_product(module, "product", product_of(layout, SINGLE, _scaled), processor)
    assert module.text().count("shl i32") == 1


# --- parts of the work --------------------------------------------------------------------------

SPLIT = [
    matrices(200, 70, 100),
    matrices(200, 70, 100, "NT"),
    matrices(130, 90, 120, "NTT"),
    Layout((9,), (40,), (50,), (30,), (1200, 30, 1), (0, 30, 1)),
    Layout((9,), (40,), (50,), (30,), (0, 30, 1), (1500, 30, 1)),
    matrices(1100, 700, 515, "NT"),
]


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda one: one.kind)
def test_parts_of_the_work_give_the_same_bits(processor: Processor) -> None:
    compiled = Compiled([product_of(one, SINGLE, _update) for one in SPLIT], processor)
    for number, layout in enumerate(SPLIT):
        units = compiled.units[number]
        assert units >= 8, layout  # enough for eight threads
        ways = [
            [(0, units)],
            [(at, at + 1) for at in reversed(range(units))],
            [(units // 3, units), (0, units // 3), (5, 5), (units, units)],
        ]
        results = []
        for parts in ways:
            arrays = buffers_for(layout, SINGLE)
            compiled.run(number, arrays, parts)
            results.append(arrays[2].tobytes())
        assert results[0] == results[1] == results[2], layout


def test_little_work_is_not_split() -> None:
    assert Compiled([product_of(matrices(8, 8, 8), SINGLE)], PROCESSORS[0]).units == [1]


# --- nothing outside of the arrays is read ------------------------------------------------------


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def guarded(size: int, dtype: np.dtype[Any], at_end: bool) -> Array:
    """An array that begins or ends where the program has no memory."""
    import mmap

    page = mmap.PAGESIZE
    needed = -(-size * dtype.itemsize // page) * page
    whole = mmap.mmap(-1, needed + 2 * page)
    _KEPT.append(whole)
    start = ctypes.addressof(ctypes.c_char.from_buffer(whole))
    for guard in (start, start + page + needed):
        assert not _libc().mprotect(ctypes.c_void_p(guard), ctypes.c_size_t(page), 0)
    offset = page + (needed - size * dtype.itemsize if at_end else 0)
    part = np.frombuffer(whole, dtype, size, offset)
    part[:] = 1
    return part


_KEPT: list[Any] = []  # guarded memory is not given back: it could not be


def _run_guarded() -> None:
    shapes = [(33, 18, 37), (5, 3, 10), (1, 1, 1), (17, 35, 2)]
    layouts = [matrices(*shape, kind) for shape in shapes for kind in KINDS]
    layouts += [one for one in LAYOUTS.values() if one.starts == (0, 0)]
    for processor in PROCESSORS:
        for dtype in (SINGLE, DOUBLE):
            compiled = Compiled([product_of(one, dtype) for one in layouts], processor)
            for (number, layout), at_end in pairs(enumerate(layouts), (False, True)):
                arrays = [guarded(size, dtype, at_end) for size in layout.sizes()]
                compiled.run(number, arrays)
                found = seen(arrays[2], 0, layout.out, layout.strides)
                assert (found == np.prod(layout.inner)).all(), layout


@pytest.mark.skipif(sys.platform != "linux", reason="mprotect")
def test_nothing_outside_of_the_arrays_is_touched() -> None:
    """In a process of its own: a touch would end it."""
    code = f"import runpy; runpy.run_path({__file__!r})['_run_guarded']()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
