"""Which values are known exactly: the graph run once more, on numbers that know what is certain.

The operations' own lines run, on arrays of `Entry`, with the few NumPy functions that take objects
as they take numbers.  Whatever needs another one (a factorization, random numbers) is known as
float64 alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.explain.numbers import elimination
from chainrule.explain.numbers.entry import (
    SMALLEST,
    Undecided,
    entry_of,
    rational,
    rough,
    written,
)
from chainrule.explain.numbers.shown import Value
from chainrule.explain.numbers.spans import TOO_SMALL
from chainrule.graph.facts import Fact
from chainrule.graph.node import FLOAT, Array, Constant, Node, Shape
from chainrule.ops.contract import Composite, Operation
from chainrule.run import kernels

__all__ = [
    "as_value",
    "entries_of",
    "objects",
    "part_of",
    "run_exactly",
    "work_of",
    "written_entries",
]

FOR_OBJECTS = """
    abs add_windows all any arange arccos arccosh arcsin arcsinh arctan arctanh broadcast_to
    cbrt ceil concatenate cos cosh cumprod cumsum diagonal divide exp exp2 expm1 eye flip floor
    floor_divide fmax fmin indices inf int64 last_put log log10 log1p log2 logical_and
    logical_not logical_or logical_xor matmul max maximum min minimum moveaxis nan ones
    ones_like pad place power prod reciprocal recurrence remainder replaced reshape scatter_add
    sign sin sinh sqrt square stack sum swapaxes take take_along_axis tan tanh transpose tril
    triu trunc windows wrapped zeros_like
"""  # what NumPy, and the library's own kernels, do with objects as they do it with numbers
FAILURES = (ArithmeticError, AttributeError, ChainruleError, LookupError, TypeError, ValueError)
"""What an operation may raise that cannot run on objects, or on numbers that leave it undecided."""

KNOWN = frozenset(FOR_OBJECTS.split())


class ExactKernels:
    """The array namespace of exact numbers."""

    def __getattr__(self, name: str) -> Any:
        """One of NumPy's functions.

        Raises:
            AttributeError: what it does to objects is not what it does to numbers.
        """
        if name not in KNOWN:
            raise AttributeError(name)
        return getattr(kernels, name)

    def asarray(self, value: Any, dtype: Any = None) -> Array:
        """Truth values and whole numbers as numbers; exact ones stay what they are."""
        if dtype is not None and np.dtype(dtype).kind != "f":
            raise Undecided("asarray")
        array = np.asarray(value)
        return array.astype(np.int64) if array.dtype.kind == "b" else array

    def where(self, condition: Array, a: Any, b: Any) -> Any:
        """One or the other, where that is certain."""
        if np.asarray(condition).dtype.kind != "b":
            raise Undecided("where")
        return np.where(condition, a, b)

    def hypot(self, a: Array, b: Array) -> Any:
        """√(a² + b²): exact numbers do not overflow."""
        return np.sqrt(a * a + b * b)

    inverse = staticmethod(elimination.inverse)
    solve = staticmethod(elimination.solve)

    @property
    def linalg(self) -> Any:
        """Determinants."""
        return SimpleNamespace(det=elimination.determinant, slogdet=elimination.log_determinant)

    # NumPy's own do not look whether a comparison has failed.

    def argmax(self, x: Array, axis: int | None = None) -> Any:
        """Where the first largest entry is."""
        return _along(lambda row: max(range(len(row)), key=row.__getitem__), x, axis)

    def argmin(self, x: Array, axis: int | None = None) -> Any:
        """Where the first smallest entry is."""
        return _along(lambda row: min(range(len(row)), key=row.__getitem__), x, axis)

    def argsort(self, x: Array, axis: int, stable: bool = True) -> Any:
        """Where the entries come from when they are sorted."""
        return _along(lambda row: sorted(range(len(row)), key=row.__getitem__), x, axis)

    def sort(self, x: Array, axis: int, stable: bool = True) -> Any:
        """The entries, the smallest first."""
        return _along(sorted, x, axis, object)

    def einsum(self, pattern: str, *values: Array, optimize: bool = False) -> Any:
        """As it stands: NumPy's faster ways need plain numbers."""
        return np.einsum(pattern, *[np.asarray(value, dtype=object) for value in values])

    def erf(self, x: Array) -> Any:
        """The error function."""
        return _each(lambda entry: entry.applied("erf"), x)

    def erfc(self, x: Array) -> Any:
        """Its complement to 1."""
        return _each(lambda entry: entry.applied("erfc"), x)

    def isfinite(self, x: Array) -> Any:
        """Where a value is a number."""
        return np.isfinite(_floats(np.asarray(x)))

    def isinf(self, x: Array) -> Any:
        """Where a value is infinite."""
        return np.isinf(_floats(np.asarray(x)))

    def isnan(self, x: Array) -> Any:
        """Where a value is undefined."""
        return np.isnan(_floats(np.asarray(x)))


EXACT = ExactKernels()


def run_exactly(
    order: Iterable[Node],
    below: Mapping[Node, Sequence[Node]],
    found: dict[Node, Array | None],
    floats: Mapping[Node, Array],
) -> None:
    """Add to `found` what is certain of each node; None for a choice that is not certain.

    Args:
        order: the nodes, inputs before their users.
        below: what each is computed from.
        found: arrays of entries, or of plain truth values and whole numbers.
        floats: the nodes' values in float64.
    """
    with np.errstate(all="ignore"):
        for node in order:
            found[node] = _result(node, [found[lower] for lower in below[node]], floats[node])


def work_of(node: Node) -> int:
    """About how many operations on single numbers a node takes."""
    if not isinstance(node.operation, Operation):
        return node.size
    return node.operation.cost(*[lower.shape for lower in node.inputs])[1]


def written_entries(array: Array) -> Array:
    """Given numbers: a short decimal is the number that it is written as.

    That holds of a Python function's arguments, too: 0.1 is a tenth, not the float64 next to it.
    What has more digits than float64 is what float64 makes of it.
    """
    if array.dtype.kind != "f":
        return array
    return objects([written(entry) for entry in array.reshape(-1)], array.shape)


def entries_of(value: Value) -> Array:
    """The entries of a value that something else goes on from."""
    if value.exact is not None:
        return _each(rational, value.exact)
    if value.certain is not None:
        return objects(value.certain, value.array.shape)
    lost = rough(0.0, SMALLEST, beyond=TOO_SMALL) if value.has_underflow else rough(0.0)
    return _each(lambda one: rough(one) if one else lost, value.array.astype(FLOAT))


def part_of(value: Value, index: Any) -> Value:
    """An entry, or a part, of a value, with what is known of it."""
    array = np.asarray(value.array[index])
    if value.certain is not None:
        entries = objects(value.certain, value.array.shape)
        return as_value(np.asarray(entries[index], dtype=object), array)
    is_lost = not np.all(array)
    return Value(
        array,
        None if value.exact is None else np.asarray(value.exact[index], dtype=object),
        value.has_underflow and is_lost,
        value.is_rounded,
        value.has_cancelled and is_lost,
        value.is_rounded_to_zero and is_lost,
    )


def as_value(entries: Any, floats: Array) -> Value:
    """Entries, if there are any, as a value: of fractions if all are known exactly.

    Of what may as well be 0, for all that is known of it, no digits are kept.
    """
    array = np.asarray(floats, FLOAT)
    if entries is None:
        return Value(array)
    numbers = [entry_of(entry) for entry in np.asarray(entries).reshape(-1).tolist()]
    known = [number for number in numbers if number is not None]
    exact = [number.exact for number in known if number.exact is not None]
    if len(exact) < array.size:
        noise = [number.is_noise for number in known]
        if len(known) < array.size or not (any(noise) or any(one.is_lost for one in known)):
            return Value(array, certain=known if len(known) == array.size else None)
        return Value(
            np.where(np.reshape(noise, array.shape), 0.0, array),
            has_underflow=any(number.is_underflow for number in known),
            has_cancelled=any(number.has_cancelled for number in known),
            certain=known,
        )
    values = np.array([number.value for number in known]).reshape(array.shape)
    return Value(values, objects(exact, array.shape))


def _result(node: Node, inputs: Sequence[Array | None], floats: Array) -> Array | None:
    operation = node.operation
    if isinstance(operation, Constant):
        return written_entries(operation.value)
    found = _computed(node, inputs)
    if node.dtype.kind != "f":
        is_certain = all(one is not None and one.dtype != object for one in inputs)
        return floats if is_certain else found
    facts = operation.facts if isinstance(operation, Operation) else frozenset()
    sign = 1 if Fact.POSITIVE in facts else -1 if Fact.NEGATIVE in facts else 0
    numbers = np.asarray(floats, FLOAT).reshape(-1).tolist()
    if found is None:
        entries = [rough(value).refined(value, sign) for value in numbers]
    else:
        pairs = zip(found.reshape(-1).tolist(), numbers, strict=True)
        entries = [entry.refined(value, sign) for entry, value in pairs]
    return objects(entries, node.shape)


def _computed(node: Node, inputs: Sequence[Array | None]) -> Array | None:
    """The operation's own line on exact numbers; None where it does not run on them."""
    values = [one for one in inputs if one is not None]
    if len(values) < len(inputs):
        return None
    if isinstance(node.operation, Composite):
        return values[0]
    try:
        found = np.asarray(node.operation.evaluate(EXACT, *values))
        if node.dtype.kind != "f":
            return found.astype(node.dtype) if found.shape == node.shape else None
        entries = [entry_of(entry) for entry in found.reshape(-1).tolist()]
    except FAILURES:
        return None
    is_whole = found.shape == node.shape and all(entry is not None for entry in entries)
    return objects(entries, node.shape) if is_whole else None


def _each(function: Callable[[Any], Any], array: Any) -> Array:
    entries = np.asarray(array)
    return objects(list(map(function, entries.reshape(-1).tolist())), entries.shape)


def objects(entries: Sequence[Any], shape: Shape) -> Array:
    """An array of objects."""
    # Assigned to an array, each would be asked first whether it is one itself.
    return np.fromiter(entries, dtype=object, count=len(entries)).reshape(shape)


def _along(
    function: Callable[[list[Any]], Any], x: Any, axis: int | None, dtype: Any = np.int64
) -> Array:
    """What a function makes of each row along an axis: a number, or another row."""
    array = np.asarray(x)
    rows = array.reshape(-1) if axis is None else np.moveaxis(array, axis, -1)
    lead = rows.shape[:-1]
    found = [function(row.tolist()) for row in rows.reshape(-1, rows.shape[-1])]
    is_number = not isinstance(found[0], list)
    result = np.array(found, dtype).reshape(lead if is_number else rows.shape)
    return result if is_number else np.moveaxis(result, -1, axis or 0)


def _floats(array: Array) -> Array:
    """The float64 values of entries."""
    entries = [entry_of(entry) for entry in array.reshape(-1).tolist()]
    values = [math.nan if entry is None else entry.value for entry in entries]
    return np.array(values, FLOAT).reshape(array.shape)
