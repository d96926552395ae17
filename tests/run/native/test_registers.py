"""Tiny programs as straight-line code give what the tensor language says, step after step."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.run.native.reference import run_tensors
from tests.run.native.running import PROCESSORS, Array, Guarded, on_every_processor

from chainrule.differentiate.walk import gradient
from chainrule.graph.node import Node, variable
from chainrule.ops.activation import relu, sigmoid
from chainrule.ops.broadcasting import cast
from chainrule.ops.elementary import exp, log
from chainrule.ops.reduction import max_, mean, sum_
from chainrule.run.loop import Loop, run_loop
from chainrule.run.native.builder import Builder
from chainrule.run.native.emit.registers import emit_steps
from chainrule.run.native.lower import lower
from chainrule.run.native.machine import compile_object, load_with_llvm
from chainrule.run.native.namespace import Namespace
from chainrule.run.native.processor import Processor, detect
from chainrule.run.native.ssa import Module
from chainrule.run.native.symbolic import Symbolic
from chainrule.run.native.tensors import Each, Given, Opaque, Tensor
from chainrule.run.native.tiny import is_tiny

Build = Callable[..., Any]
NO_ROWS: Any = np.empty((1, 0), np.int64)


class Program:
    """A program written in registers, compiled, and run on arrays between guards."""

    def __init__(
        self,
        givens: int,
        outputs: Sequence[Tensor],
        processor: Processor | None = None,
        carried: Mapping[int, int] | None = None,
        recorded: Sequence[int] = (),
        counter: int | None = None,
        gathered: Sequence[int] = (),
        layouts: Sequence[int] = (),
    ) -> None:
        assert is_tiny(outputs)
        processor = processor or detect()
        self.outputs = list(outputs)
        self.carried = dict(carried or {})
        self.recorded = list(recorded)
        self.differs = bool(recorded or gathered or counter is not None)
        module = Module(rounds=processor.kind != "baseline")
        emit_steps(
            module,
            "steps",
            givens,
            outputs,
            self.carried,
            recorded,
            counter,
            gathered,
            processor,
            layouts,
        )
        self.text = module.text()
        self._engine = load_with_llvm(compile_object(self.text, processor), processor)
        kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
        self._function = kind(self._engine.get_function_address("steps"))

    def run(
        self, givens: Sequence[Any], steps: int = 1, rows: Array = NO_ROWS, first: float = 1.0
    ) -> tuple[list[Array], list[Array], bool]:
        """Outputs (those that are carried: in the place of the given), records, and failure."""
        sources = [Guarded(np.asarray(one)) for one in givens]
        results = [Guarded(np.zeros(one.shape, one.dtype)) for one in self.outputs]
        kept = [self.outputs[at] for at in self.recorded]
        records = [Guarded(np.zeros((steps, *one.shape), one.dtype)) for one in kept]
        errors = np.zeros(1, np.int64)
        middle = [rows, *[one.array for one in records], np.array([first], float)]
        arrays = [one.array for one in (*sources, *results)]
        arrays += [*middle, errors] if self.differs else [errors]
        table = np.array([one.ctypes.data for one in arrays], np.uintp)
        self._function(table.ctypes.data, steps, 0)
        assert all(one.is_whole() for one in (*sources, *results, *records))
        replacing = {output: number for number, output in self.carried.items()}
        found = [
            sources[replacing[at]].array if at in replacing else one.array
            for at, one in enumerate(results)
        ]
        return found, [one.array for one in records], bool(errors[0])


def tensors(build: Build, *values: Array) -> list[Tensor]:
    """What a function of the array namespace makes of givens like these."""
    builder = Builder()
    symbols = [
        Symbolic(builder, builder.tensor(Given(number), (), one.shape, one.dtype))
        for number, one in enumerate(values)
    ]
    made = build(Namespace(builder), *symbols)
    return [one.tensor for one in (made if isinstance(made, tuple) else (made,))]


def check(
    build: Build,
    *values: Array,
    processor: Processor | None = None,
    layouts: Sequence[int] = (),
) -> None:
    """The machine code agrees with the tensor language."""
    outputs = tensors(build, *values)
    found, _, failed = Program(len(values), outputs, processor, layouts=layouts).run(values)
    assert not failed
    for one, wanted in zip(found, run_tensors(outputs, values), strict=True):
        agree(one, wanted)


def agree(found: Array, wanted: Array, rounding: float = 16.0) -> None:
    if found.dtype.kind == "f":
        limit = rounding * float(np.finfo(found.dtype).eps)
        np.testing.assert_allclose(found, wanted, rtol=limit, atol=limit)
    else:
        np.testing.assert_array_equal(found, wanted)


def numbers(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).uniform(-2, 2, shape)


# What each kind of tensor does.

X, Y = numbers(3, 4), numbers(3, 4, seed=1)
ROW, COLUMN, NUMBER = numbers(4), numbers(3, 1), numbers()
LONG, CUBE = numbers(67), numbers(2, 3, 5)
PLACES = np.array([2, 0, 1, 2])
WITH_NAN = np.array(
    [[1.0, np.nan, 3.0, np.nan], [np.inf, 2.0, np.inf, -1.0], [0.0, -0.0, 0.0, -0.0]]
)

FLOATING: list[tuple[str, Build, tuple[Array, ...]]] = [
    ("a given as it is", lambda k, x: x, (X,)),
    ("a number", lambda k, x: k.full((), 2.5, x.dtype), (X,)),
    ("a number many times", lambda k, x: k.ones((5,), x.dtype), (X,)),
    ("arithmetic", lambda k, x, y: (x + y) * x - y / (2 + x * x), (X, Y)),
    ("more entries than a register has", lambda k, x: k.exp(x) + x, (LONG,)),
    ("numbers alone", lambda k, x: k.tanh(x) * x, (NUMBER,)),
    ("rows and columns", lambda k, x, r, c: (x + r) * c, (X, ROW, COLUMN)),
    ("an outer product", lambda k, r, c: r * c, (ROW, COLUMN)),
    ("a choice", lambda k, x, y: k.where(x > y, x, -y), (X, Y)),
    ("a known power", lambda k, x: x**3, (X,)),
    ("a known divisor", lambda k, x: x / 3, (X,)),
    ("a transposed array", lambda k, x: x.T + 1, (X,)),
    ("a slice with steps", lambda k, x: x[::-1, 1::2] * 2, (X,)),
    ("another shape", lambda k, x: x.reshape(2, 6) + x.reshape(6, 2).T, (X,)),
    ("a diagonal", lambda k, x: k.diagonal(x) * 2, (X,)),
    ("a view as an output", lambda k, x: x[1:, ::2], (X,)),
    ("a sum of everything", lambda k, x: k.sum(x), (X,)),
    ("sums of columns", lambda k, x: k.sum(x, 0), (X,)),
    ("sums of rows", lambda k, x: k.sum(x, 1, keepdims=True) + x, (X,)),
    ("sums of a cube", lambda k, x: k.sum(x, (0, 2)), (CUBE,)),
    ("a product of entries", lambda k, x: k.prod(x, 1), (X,)),
    ("the largest", lambda k, x: (k.max(x, 1), k.min(x, 0)), (X,)),
    ("the largest of NaN", lambda k, x: (k.max(x, 1), k.min(x, 1)), (WITH_NAN,)),
    ("a softmax", lambda k, x: _softmax(k, x), (X,)),
    ("a product of matrices", lambda k, x, y: k.matmul(x, y.T), (X, Y)),
    ("a long product", lambda k, x: k.matmul(x, x), (numbers(7, 7),)),
    ("a product and a row", lambda k, x, y, r: k.matmul(x, y.T)[:, :3] + r[:3], (X, Y, ROW)),
    ("a row and a product", lambda k, x, y, r: r[:3] + k.matmul(x, y.T)[:, :3], (X, Y, ROW)),
    ("sums of squares", lambda k, x: k.sum(x * x, 1), (X,)),
    ("a product that is also wanted", lambda k, x, y: _product_and_sum(k, x, y), (X, Y)),
    ("three factors", lambda k, x, y, r: k.einsum("ij,kj,j->ik", x, y, r), (X, Y, ROW)),
    ("a stack of products", lambda k, x: k.einsum("bij,bkj->bik", x, x), (CUBE,)),
    ("arrays in a row", lambda k, x, y: k.concatenate([x, y[:, :2]], 1), (X, Y)),
    ("an array in zeros", lambda k, x: k.place(x, (slice(1, 4), slice(None)), (5, 4)), (X,)),
    ("entries replaced", lambda k, x, r: k.replaced(x, r, (1,)), (X, ROW)),
    ("windows", lambda k, x: k.sum(k.windows(x, (2, 2), (1, 1), (1, 1)), (2, 3)), (X,)),
    ("windows added", lambda k, x: _windows_added(k, x), (X,)),
    ("entries at places", lambda k, x, at: k.take(x, at, 0), (X, PLACES)),
    ("an entry of each row", lambda k, x, at: k.take_along_axis(x, at[:3, None], 1), (X, PLACES)),
    ("entries added at places", lambda k, x, at: k.scatter_add(x, at, 5), (X, PLACES)),
    ("one result twice", lambda k, x: (x + 1, x + 1, x), (X,)),
]  # fmt: skip

WHOLE: list[tuple[str, Build, tuple[Array, ...]]] = [
    ("whole numbers", lambda k, n: (n * 3 - 1, -n), (PLACES,)),
    ("quotients of three", lambda k, n: (n // (n + 1), n % (n + 1)), (PLACES[:3],)),
    ("sums and extremes", lambda k, n: (k.sum(n), k.max(n), k.prod(n)), (PLACES,)),
    ("counting", lambda k, n: k.arange(3) + n[:3], (PLACES,)),
    ("truth", lambda k, x, y: (x > y, (x > y) & (y > 0)), (X, Y)),
    ("truth that is given", lambda k, c, x: k.where(c, x, 0.0), (X > 0, Y)),
    ("any and all", lambda k, x: (k.any(x > 0, 0), k.all(x > -1, 1)), (X,)),
    ("counted truth", lambda k, x: k.sum(x > 0, 1), (X,)),
    ("first places", lambda k, x: (k.argmax(x, 1), k.argmin(x, 0)), (X,)),
    ("first places of NaN", lambda k, x: (k.argmax(x, 1), k.argmin(x, 1)), (WITH_NAN,)),
    ("casts", lambda k, x: (x.astype(np.int32), (x > 0).astype(x.dtype)), (X,)),
    ("identity matrices", lambda k, x: k.eye(3) + x[:, :3], (X,)),
]


def _softmax(k: Any, x: Any) -> Any:
    shares = k.exp(x - k.max(x, 1, keepdims=True))
    return shares / k.sum(shares, 1, keepdims=True)


def _product_and_sum(k: Any, x: Any, y: Any) -> Any:
    product = x * y
    return product, k.sum(product, 0), k.sum(product, 0) + x[0]


def _windows_added(k: Any, x: Any) -> Any:
    return k.add_windows(k.windows(x, (2, 2), (1, 1), (1, 1)), x.shape, (1, 1), (1, 1))


def _in(dtype: str, values: Sequence[Array]) -> list[Array]:
    return [one.astype(dtype) if one.dtype.kind == "f" else one for one in values]


@on_every_processor
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("build", "values"), [row[1:] for row in FLOATING], ids=[r[0] for r in FLOATING]
)
def test_every_kind(
    build: Build, values: tuple[Array, ...], dtype: str, processor: Processor
) -> None:
    check(build, *_in(dtype, values), processor=processor)


@on_every_processor
@pytest.mark.parametrize(("build", "values"), [row[1:] for row in WHOLE], ids=[r[0] for r in WHOLE])
def test_whole_numbers_and_truth(
    build: Build, values: tuple[Array, ...], processor: Processor
) -> None:
    check(build, *values, processor=processor)


# Many steps.


def program_of(loop: Loop, layouts: Sequence[int] = ()) -> Program:
    """A loop as machine code."""
    inputs = [old for old, _ in loop.carried] + [*loop.gathered, *loop.fixed]
    inputs += [] if loop.counter is None else [loop.counter]
    count = len(loop.carried)
    outputs, givens = lower([*[new for _, new in loop.carried], *loop.recorded], inputs)
    return Program(
        len(givens),
        outputs,
        carried={at: at for at in range(count)},
        recorded=range(count, len(outputs)),
        counter=None if loop.counter is None else len(inputs) - 1,
        gathered=range(count, count + len(loop.gathered)),
        layouts=layouts,
    )


def steps_of(loop: Loop, layouts: Sequence[int] = ()) -> Callable[..., Any]:
    """A loop as machine code, to be called as `run_loop` is."""
    program, count = program_of(loop, layouts), len(loop.carried)

    def run(
        carried: Sequence[Array],
        data: Sequence[Array],
        rows: Array,
        fixed: Sequence[Array] = (),
        first: int = 1,
    ) -> tuple[list[Array], list[Array]]:
        spare = [] if loop.counter is None else [np.zeros(())]
        found, records, _ = program.run([*carried, *data, *fixed, *spare], len(rows), rows, first)
        return found[:count], records

    return run


def same_steps(
    loop: Loop, *arguments: Any, rounding: float = 64.0, layouts: Sequence[int] = ()
) -> None:
    """Machine code and interpreter agree about a loop."""
    found, records = steps_of(loop, layouts)(*arguments)
    wanted, histories = run_loop(loop, *arguments)
    for one, other in zip([*found, *records], [*wanted, *histories], strict=True):
        agree(one, other, rounding)


def rows_of(steps: int, batch: int, examples: int) -> Array:
    return np.random.default_rng(steps).integers(examples, size=(steps, batch))


def without_rows(steps: int) -> Array:
    return np.empty((steps, 0), np.int64)


def test_new_values_are_computed_from_the_old_ones() -> None:
    a, b = variable((3,)), variable((3,))
    loop = Loop(((a, b), (b, a + b)), recorded=(a,))
    found, (history,) = steps_of(loop)([np.zeros(3), np.arange(3.0)], [], without_rows(9))
    assert [one.tolist() for one in found] == [[0.0, 34.0, 68.0], [0.0, 55.0, 110.0]]
    assert history[:, 1].tolist() == [0, 1, 1, 2, 3, 5, 8, 13, 21]


def test_what_nobody_reads_is_replaced_and_what_stays_stays() -> None:
    a, b, x = variable((2,)), variable((2,)), variable((2,))
    loop = Loop(((a, x * x), (b, b)), fixed=(x,), recorded=(b,))
    found, (history,) = steps_of(loop)(
        [np.zeros(2), np.ones(2)], [], without_rows(3), [np.array([2.0, 3.0])]
    )
    assert [one.tolist() for one in found] == [[4.0, 9.0], [1.0, 1.0]]
    assert history.tolist() == [[1.0, 1.0]] * 3


@pytest.mark.parametrize(("batch", "features"), [(1, 1), (3, 2), (5, 7), (2, 16)])
def test_every_step_takes_its_rows(batch: int, features: int) -> None:
    total, x, t = variable((features,)), variable((batch, features)), variable((batch,))
    loop = Loop(((total, 0.9 * total + t @ x),), gathered=(x, t), recorded=(sum_(t),))
    data = [numbers(9, features), numbers(9)]
    same_steps(loop, [numbers(features)], data, rows_of(20, batch, 9))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_counter_goes_on_where_it_is_told_to(dtype: str) -> None:
    kind = np.dtype(dtype)
    w, x, step = variable((2,), kind), variable((1, 2), kind), variable(())
    loop = Loop(((w, w - 0.1 * (w - x[0]) / cast(step, kind)),), (x,), (), step, (w, step))
    data = [numbers(6, 2).astype(dtype)]
    same_steps(loop, [np.ones(2, dtype)], data, rows_of(7, 1, 6), (), 11)


def test_batches_of_which_nothing_is_carried() -> None:
    x = variable((4, 3))
    loop = Loop((), gathered=(x,), recorded=(sum_(exp(x), axis=0),))
    same_steps(loop, [], [numbers(10, 3)], rows_of(5, 4, 10))


# The nets that such programs are for.


def descent(loss: Node, params: Sequence[Node], rate: float) -> tuple[tuple[Node, Node], ...]:
    return tuple((one, one - rate * gradient(loss, one)) for one in params)


def small_classifier(batch: int) -> tuple[Loop, list[Array]]:
    """2-2-2 with cross entropy."""
    A, U = variable((2, 2)), variable((2, 2))
    x, y = variable((batch, 2)), variable((batch, 2))
    scores = relu(x @ A) @ U
    lifted = scores - max_(scores, axis=-1, keepdims=True)
    loss = -mean(sum_(y * (lifted - log(sum_(exp(lifted), axis=-1, keepdims=True))), axis=-1))
    loop = Loop(descent(loss, (A, U), 0.01), fixed=(x, y), recorded=(loss,))
    return loop, [np.array([[1.0, -2.0], [2.0, 5.0]]), np.array([[3.0, -3.0], [-1.0, 1.0]])]


def small_regression() -> tuple[Loop, list[Array]]:
    """1-2-2-1 with sigmoids, batch of 3."""
    shapes = [(1, 2), (2,), (2, 2), (2,), (2, 1), (1,)]
    params = [variable(shape) for shape in shapes]
    x, y = variable((3, 1)), variable((3, 1))
    hidden = sigmoid(sigmoid(x @ params[0] + params[1]) @ params[2] + params[3])
    error = hidden @ params[4] + params[5] - y
    loss = mean(error * error)
    loop = Loop(descent(loss, params, 0.1), fixed=(x, y), recorded=(loss,))
    return loop, [numbers(*shape) for shape in shapes]


def test_a_small_classifier_learns_as_in_the_interpreter() -> None:
    for batch in (1, 4):
        loop, start = small_classifier(batch)
        fixed = [numbers(batch, 2), np.eye(2)[np.arange(batch) % 2]]
        same_steps(loop, start, [], without_rows(100), fixed, rounding=1e4)


def test_only_what_is_recorded_is_stored_in_a_step() -> None:
    """What is carried stays in registers, and what is fixed was loaded before."""
    loop, _ = small_regression()
    text = program_of(loop).text
    step = text[text.index("\nloop") : text.index("\ndone")]
    assert (step.count(" store "), step.count(" load ")) == (1, 0)


@pytest.mark.parametrize("extent", [0, 1, 2, 3])
def test_every_layout_learns_the_same(extent: int) -> None:
    loop, start = small_regression()
    fixed = [np.array([[-1.0], [0.0], [1.0]]), np.array([[1.0], [0.0], [-1.0]])]
    same_steps(loop, start, [], without_rows(100), fixed, rounding=1e4, layouts=[extent])


# What does not fit, and what goes wrong.


@pytest.mark.parametrize("place", [-1, 3, 2**40])
@pytest.mark.parametrize("build", [
    lambda k, x, at: k.take(x, at, 0),
    lambda k, x, at: k.scatter_add(x, at, 3),
])  # fmt: skip
def test_a_place_outside_is_marked_and_reads_nothing(build: Build, place: int) -> None:
    values = [numbers(3), np.array([0, place, 1])]
    (found,), _, failed = Program(2, tensors(build, *values)).run(values)
    assert failed
    expected = [values[0][0], 0.0, values[0][1]]
    if found.shape == values[0].shape and "scatter" in str(build.__code__.co_names):
        expected = [values[0][0], values[0][2], 0.0]
    agree(found, np.array(expected))


def each(function: str, size: int, depth: int = 1, dtype: str = "f8") -> Tensor:
    """A function, many times over."""
    found = Tensor(Given(0), (), (size,), np.dtype(dtype))
    for _ in range(depth):
        found = Tensor(Each(function), (found,), (size,), np.dtype(dtype))
    return found


@pytest.mark.parametrize(("tensor", "expected"), [
    (each("negative", 1), True),
    (each("negative", 256), True),
    (each("negative", 257), False),
    (each("negative", 0), False),
    (each("negative", 4, depth=1000), True),
    (each("negative", 4, depth=2000), False),
    (each("exp", 160), True),
    (each("exp", 160, depth=2), False),
    (each("negative", 4, dtype="f2"), False),
    (Tensor(Opaque("qr", None), (each("negative", 4),), (4,), np.dtype("f8")), False),
])  # fmt: skip
def test_what_is_tiny(tensor: Tensor, expected: bool) -> None:
    assert is_tiny([tensor]) is expected


def test_long_chains_need_no_deep_recursion() -> None:
    found, _, _ = Program(1, [each("negative", 4, depth=999)]).run([np.arange(4.0)])
    assert found[0].tolist() == [0.0, -1.0, -2.0, -3.0]


# Random programs.


def _fit(x: Any, y: Any) -> bool:
    """Whether x @ y is a product."""
    return bool(x.ndim and y.ndim == 2 and x.shape[-1] == y.shape[0])


UNARY = [
    lambda k, x: -x,
    lambda k, x: k.tanh(x),
    lambda k, x: k.flip(x, 0) if x.ndim else x,
    lambda k, x: x.transpose(),
    lambda k, x: x.reshape(-1),
    lambda k, x: k.sum(x, 0) if x.ndim else x,
    lambda k, x: k.max(x, x.ndim - 1, keepdims=True) if x.ndim else x,
    lambda k, x: k.broadcast_to(x, (2, *x.shape)) if x.ndim < 3 else x,
    lambda k, x: k.where(x > 0, x, 0.5 * x),
    lambda k, x: k.concatenate([x, x], 0) if x.ndim else x,
    lambda k, x: x[..., :2] if x.ndim else x,
]
BINARY = [
    lambda k, x, y: x + y,
    lambda k, x, y: x * y,
    lambda k, x, y: k.maximum(x, y),
    lambda k, x, y: k.sum(x * y, 0) if max(x.ndim, y.ndim) else x - y,
    lambda k, x, y: k.matmul(x, y) if _fit(x, y) else x,
]


@st.composite
def programs(draw: st.DrawFn) -> tuple[Build, list[Array]]:
    """A few arrays, and operations on what there is so far."""
    shapes = draw(st.lists(st.lists(st.integers(1, 5), max_size=2), min_size=1, max_size=3))
    chosen = draw(st.lists(st.tuples(*[st.integers(0, 10**6)] * 3), min_size=1, max_size=12))

    def build(k: Any, *values: Any) -> Any:
        made = list(values)
        for which, first, second in chosen:
            x, y = made[first % len(made)], made[second % len(made)]
            functions: list[Any] = [*UNARY, *BINARY]
            function = functions[which % len(functions)]
            try:
                found = function(k, x, y) if function in BINARY else function(k, x)
            except ValueError:
                continue  # shapes that do not fit each other
            if 0 < found.size <= 100:
                made.append(found)
        return tuple(made[len(values) :] or made)

    return build, [numbers(*shape, seed=at) for at, shape in enumerate(shapes)]


@settings(max_examples=60)
@given(programs(), st.sampled_from(PROCESSORS), st.integers(0, 4))
def test_random_programs(
    program: tuple[Build, list[Array]], processor: Processor, extent: int
) -> None:
    build, values = program
    if is_tiny(tensors(build, *values)):
        check(build, *values, processor=processor, layouts=[extent])
