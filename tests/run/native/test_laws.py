"""Every operation, compiled: value, reverse and forward mode are the interpreter's.

The rows are those of `tests/ops/cases.py`, so that a new operation is held to these laws as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain

import numpy as np
import pytest
from tests.ops.cases import CASES, ROWS
from tests.ops.row import Row
from tests.run.native.comparing import assert_compiled_is_interpreted
from tests.run.native.test_lower import OPAQUE

from chainrule.differentiate.walk import adjoints, tangents
from chainrule.errors import ChainruleError
from chainrule.graph.node import Array, Node, Shape, size_of, variable
from chainrule.ops.contract import Operation
from chainrule.run.interpreter import Plan
from chainrule.run.native.keeping import in_order
from chainrule.run.native.lower import lower
from chainrule.run.native.tensors import Opaque

Case = tuple[Row, tuple[Shape, ...]]

SIZES = (1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 64, 67)  # around the widths of registers
MOST = 1 << 15  # entries of all inputs together, or of the result


def label(case: Case) -> str:
    return f"{case[0].name} {case[1]}"


class Instance:
    """An operation with both its modes, as functions of its inputs, a seed and a direction."""

    def __init__(self, case: Case, dtype: str = "float64") -> None:
        row, shapes = case
        arguments = row.inputs(shapes, dtype)
        result = row.build(*arguments)
        self.inputs, self.outputs = arguments, [result]
        self.values = row.values(shapes, dtype)
        if row.smooth:
            self._differentiate(arguments, result)

    def _differentiate(self, arguments: list[Node], result: Node) -> None:
        seed = variable(result.shape, result.dtype)
        moves = {node: variable(node.shape, node.dtype) for node in arguments}
        slopes = adjoints(result, arguments, seed)
        pushed = tangents([result], moves)
        self.outputs += [slopes[node] for node in arguments if node in slopes]
        self.outputs += [pushed[result]] if result in pushed else []
        self.inputs = [*arguments, seed, *moves.values()]
        random = np.random.default_rng(3)
        for node in self.inputs[len(arguments) :]:
            drawn: Array = np.asarray(random.normal(size=node.shape))
            self.values.append(drawn.astype(node.dtype))

    def check(self, tolerance: float | None = None) -> None:
        assert_compiled_is_interpreted(self.outputs, self.inputs, self.values, tolerance)


@pytest.mark.parametrize("case", CASES, ids=label)
def test_value_and_both_modes(case: Case) -> None:
    Instance(case).check()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_single_precision(row: Row) -> None:
    Instance((row, row.shapes[-1]), "float32").check()


@pytest.mark.soak
@pytest.mark.parametrize("case", CASES, ids=label)
def test_single_precision_of_all_shapes(case: Case) -> None:
    Instance(case, "float32").check()


# Other sizes: one number, a full register, one more, one less.


def resized(row: Row, first: int) -> tuple[Shape, ...]:
    """The row's first shapes with other lengths: what is equal stays equal, and 1 stays 1."""
    lengths = sorted({n for shape in row.shapes[0] for n in shape if n > 1})
    sizes = {n: SIZES[(first + 5 * at) % len(SIZES)] for at, n in enumerate(lengths)}
    return tuple(tuple(sizes.get(n, n) for n in shape) for shape in row.shapes[0])


def fits(row: Row, shapes: tuple[Shape, ...]) -> bool:
    """Whether the operation takes these shapes, and is small enough to be tested on them."""
    if sum(map(size_of, shapes)) > MOST:
        return False
    try:
        inputs = row.inputs(shapes)
        node = row.build(*inputs)
        if not isinstance(node.operation, Operation):
            return False  # an input as it stands: one entry rolled on
        Plan([node], inputs)(*row.values(shapes))
    except ChainruleError:
        return False
    return node.size <= MOST


@cache
def of_other_sizes(first: int) -> tuple[Case, ...]:
    """Each row with lengths of `SIZES`, from another one on for each row."""
    cases = [(row, resized(row, first + at)) for at, row in enumerate(ROWS)]
    return tuple(
        (row, shapes) for row, shapes in cases if shapes != row.shapes[0] and fits(row, shapes)
    )


def test_most_operations_come_in_other_sizes() -> None:
    assert len(of_other_sizes(0)) > 0.8 * len(ROWS)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("part", range(8))
def test_other_sizes(part: int, dtype: str) -> None:
    """Every other row in each precision; the slow group has more of them."""
    every_other = slice(None, None, 2) if dtype == "float32" else slice(1, None, 2)
    for case in of_other_sizes(0)[part::8][every_other]:
        check_size(case, dtype)


@pytest.mark.soak
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("first", range(len(SIZES)))
def test_all_sizes(first: int, dtype: str) -> None:
    """Each row of every size; of every other size in single precision."""
    cases = of_other_sizes(first)
    for case in cases[first % 2 :: 2] if dtype == "float32" else cases:
        check_size(case, dtype)


def check_size(case: Case, dtype: str) -> None:
    try:
        Instance(case, dtype).check(1e-11 if dtype == "float64" else 5e-4)
    except AssertionError as problem:
        problem.add_note(f"{label(case)} of {dtype}")
        raise


# Whole numbers and truth values.


def of_whole_numbers(row: Row, dtype: str) -> tuple[list[Node], Node, list[Array]] | None:
    """The row on whole numbers, where it takes them and says of which type its result is."""
    shapes = row.shapes[0]
    inputs = row.inputs(shapes, dtype)
    random = np.random.default_rng(5)
    low, high = {"b": (0, 2), "i": (-3, 7), "u": (0, 10)}[np.dtype(dtype).kind]
    values = [np.asarray(random.integers(low, high, shape)).astype(dtype) for shape in shapes]
    try:
        node = row.build(*inputs)
        (found,) = Plan([node], inputs)(*values)
    except (ChainruleError, TypeError, ValueError):  # NumPy has no such function of them
        return None
    return (inputs, node, values) if found.dtype == node.dtype else None


WHOLE = ("bool", "uint8", "int32", "int64")


@pytest.mark.parametrize("dtype", WHOLE)
def test_whole_numbers(dtype: str) -> None:
    """Every other row of each type; the slow group has all of them."""
    check_whole_numbers(dtype, ROWS[WHOLE.index(dtype) % 2 :: 2])


@pytest.mark.soak
@pytest.mark.parametrize("dtype", [*WHOLE, "int8", "int16", "uint16", "uint32", "uint64"])
def test_all_whole_numbers(dtype: str) -> None:
    check_whole_numbers(dtype, ROWS)


def check_whole_numbers(dtype: str, rows: Sequence[Row]) -> None:
    taken = set()
    for row in rows:
        made = of_whole_numbers(row, dtype)
        if made is None or opaque_in([made[1]], made[0]):
            continue
        inputs, node, values = made
        taken.add(row.name)
        try:
            assert_compiled_is_interpreted([node], inputs, values)
        except AssertionError as problem:
            problem.add_note(f"{row.name} of {dtype}")
            raise
    assert len(taken) > 0.45 * len(rows)


# Nobody falls back unnoticed: `test_lower.py` has the table, of value and reverse mode.


def opaque_in(outputs: list[Node], inputs: list[Node]) -> set[str]:
    """What NumPy computes of them."""
    tensors, _ = lower(outputs, inputs)
    return {one.kind.name for one in in_order(tensors) if isinstance(one.kind, Opaque)}


def test_forward_mode_falls_back_where_reverse_mode_does() -> None:
    expected = set(chain.from_iterable(OPAQUE.values()))
    for case in CASES:
        made = Instance(case)
        assert opaque_in(made.outputs, made.inputs) <= expected, label(case)
