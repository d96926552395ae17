"""Nodes: immutable, shared when anonymous and equal, never merged when named.

>>> import numpy as np
>>> x = variable((2, 3))
>>> x.shape, x.dtype.name
((2, 3), 'float64')
>>> constant(2.0) is constant(2.0), variable(()) is variable(())
(True, False)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakValueDictionary

import numpy as np

from chainrule.errors import DataProblem, TooLarge
from chainrule.graph.record import Record
from chainrule.graph.sizes import Size

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "FLOAT",
    "OPERATORS",
    "Array",
    "Computation",
    "Constant",
    "Input",
    "Kernels",
    "Node",
    "Shape",
    "constant",
    "extent_of",
    "fresh",
    "inputs_of",
    "node_budget",
    "size_of",
    "spend",
    "topological",
    "variable",
]

Array = np.ndarray[tuple[Any, ...], np.dtype[Any]]
Shape = tuple[int, ...]
Kernels = Any  # an array namespace: NumPy's functions, jax.numpy's, … and the few they lack
FLOAT = np.dtype(np.float64)


class Computation(Record):
    """What a node needs to know of its operation: the result's shape and type, and the value.

    The whole contract, with the local Jacobians, is `chainrule.ops.contract.Operation`.
    """

    name: ClassVar[str] = ""

    def shape(self, *shapes: Shape) -> Shape:
        """The result's shape; raises `ShapeError` when the inputs do not fit."""
        raise NotImplementedError

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        """The result's type: the inputs' common one; floats of two widths never mix silently."""
        return common_dtype(self.name, dtypes)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        """The value, written once for every array namespace `k`."""
        raise NotImplementedError

    def __hash__(self) -> int:
        # Every node that is built looks itself up by its operation, so the hash is kept.
        state = self.__dict__
        if "_hash" not in state:
            state["_hash"] = super().__hash__()
        found: int = state["_hash"]
        return found

    def __call__(self, *inputs: Node) -> Node:
        """The shared node of this operation on `inputs`."""
        key = (self, inputs)
        node = _interned.get(key)
        if node is None:
            node = Node(self, inputs)
            _interned[key] = node
        return node


class Node:
    """One quantity: an operation, its inputs, a shape, a dtype.  Compared by identity.

    A `distinct` node is a quantity in its own right (an input, a named definition): it is never
    merged with an equal one, and the operators below never look through it.

    Operators (`a + b`, `a @ b`, `a > b` …) build nodes and leave out what a person would not
    write (`0 + a`, `1 * a`); `chainrule.ops` fills the table they look themselves up in.
    """

    __slots__ = ("__weakref__", "distinct", "dtype", "inputs", "operation", "shape")
    __array_ufunc__ = None  # NumPy scalars leave the operators to us

    operation: Computation
    inputs: tuple[Node, ...]
    shape: Shape
    dtype: np.dtype[Any]
    distinct: bool

    def __init__(
        self, operation: Computation, inputs: tuple[Node, ...], distinct: bool = False
    ) -> None:
        spend(1)
        self.operation = operation
        self.inputs = inputs
        self.distinct = distinct
        self.shape = operation.shape(*[node.shape for node in inputs])
        self.dtype = operation.dtype(*[node.dtype for node in inputs])

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return size_of(self.shape)

    def __repr__(self) -> str:
        return f"<{self.operation.name} {self.dtype.name}{list(self.shape)}>"

    def __add__(self, other: Operand) -> Node:
        return OPERATORS["+"](self, other)

    def __radd__(self, other: Operand) -> Node:
        return OPERATORS["+"](other, self)

    def __sub__(self, other: Operand) -> Node:
        return OPERATORS["-"](self, other)

    def __rsub__(self, other: Operand) -> Node:
        return OPERATORS["-"](other, self)

    def __mul__(self, other: Operand) -> Node:
        return OPERATORS["*"](self, other)

    def __rmul__(self, other: Operand) -> Node:
        return OPERATORS["*"](other, self)

    def __truediv__(self, other: Operand) -> Node:
        return OPERATORS["/"](self, other)

    def __rtruediv__(self, other: Operand) -> Node:
        return OPERATORS["/"](other, self)

    def __matmul__(self, other: Operand) -> Node:
        return OPERATORS["@"](self, other)

    def __pow__(self, other: Operand) -> Node:
        return OPERATORS["^"](self, other)

    def __rpow__(self, other: Operand) -> Node:
        return OPERATORS["^"](other, self)

    def __neg__(self) -> Node:
        return OPERATORS["negate"](self)

    def __gt__(self, other: Operand) -> Node:
        return OPERATORS[">"](self, other)

    def __ge__(self, other: Operand) -> Node:
        return OPERATORS[">="](self, other)

    def __lt__(self, other: Operand) -> Node:
        return OPERATORS["<"](self, other)

    def __le__(self, other: Operand) -> Node:
        return OPERATORS["<="](self, other)

    def __getitem__(self, index: Any) -> Node:
        return OPERATORS["index"](self, index)

    def __iter__(self) -> Iterator[Node]:
        raise TypeError("a node is not iterated: take its entries by index, x[0]")

    def __bool__(self) -> bool:
        raise TypeError("a node has no truth value: choose between two values with where(c, a, b)")


Operand = Node | float
OPERATORS: dict[str, Callable[..., Node]] = {}
WALKED = 2
KEPT = 128
_interned: WeakValueDictionary[tuple[Computation, tuple[Node, ...]], Node] = WeakValueDictionary()


def fresh(operation: Computation, *inputs: Node) -> Node:
    """A node of its own, never merged with an equal one: for what bears a name."""
    return Node(operation, inputs, distinct=True)


class Input(Computation):
    """A quantity whose value is given when the graph runs."""

    name: ClassVar[str] = "input"
    of_shape: Shape
    of_dtype: np.dtype[Any] = FLOAT

    def shape(self, *shapes: Shape) -> Shape:
        return self.of_shape

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return self.of_dtype


class Constant(Computation):
    """A number or an array of numbers, with the text it was written in, if it was written.

    Two constants are the same if their bits and their texts are: `0.2` and `0.20` say
    different things about how well a number is known.
    """

    name: ClassVar[str] = "constant"
    data: bytes
    of_shape: Shape
    of_dtype: np.dtype[Any]
    text: tuple[str, ...] | None = None  # one text an entry, row by row

    @property
    def value(self) -> Array:
        """The read-only array."""
        return np.frombuffer(self.data, self.of_dtype).reshape(self.of_shape)

    def shape(self, *shapes: Shape) -> Shape:
        return self.of_shape

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return self.of_dtype

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.asarray(self.value)


def variable(shape: Shape, dtype: npt.DTypeLike = FLOAT) -> Node:
    """A fresh input of the given shape."""
    return fresh(Input(tuple(shape), np.dtype(dtype)))


def constant(
    value: npt.ArrayLike, dtype: npt.DTypeLike | None = None, text: tuple[str, ...] | None = None
) -> Node:
    """The shared node of a number or an array; of a size, the number that its names stand for.

    Raises:
        DataProblem: the value is not numeric.
    """
    if isinstance(value, Size):
        return OPERATORS["size"](value, FLOAT if dtype is None else np.dtype(dtype))
    array = _as_array(value, dtype)
    if array.dtype.kind not in "fiub":
        raise DataProblem(f"a constant needs numbers, not {array.dtype}")
    spend(array.size // KEPT)
    if dtype is None and array.dtype.kind in "iu":
        array = array.astype(FLOAT)
    return Constant(array.tobytes(), array.shape, array.dtype, text)()


def _as_array(value: npt.ArrayLike, dtype: npt.DTypeLike | None) -> Array:
    if dtype is None or dtype == FLOAT:
        return np.asarray(value, dtype, order="C")
    with np.errstate(over="ignore"):  # a number too large for float32 is infinite there
        return np.asarray(value, dtype, order="C")


def common_dtype(name: str, dtypes: Iterable[np.dtype[Any]]) -> np.dtype[Any]:
    """The one dtype of the inputs; truth values and indices give way to numbers.

    Raises:
        DataProblem: floats of different widths meet.
    """
    found: np.dtype[Any] | None = None
    for dtype in dtypes:
        if found is None or dtype is found or dtype == found:
            found = dtype
        elif dtype.kind == "f" and found.kind == "f":
            raise DataProblem(f"{name}: {found} and {dtype} do not mix; convert one of them")
        elif dtype.kind == "f" or found.kind == "b":
            found = dtype
    return FLOAT if found is None else found


def size_of(shape: Shape) -> int:
    """The number of entries of an array of this shape."""
    size = 1
    for length in shape:
        size *= length
    return size


def extent_of(shape: Shape) -> int:
    """The number of entries, an empty axis taken for one entry: what going through it may take.

    So is an axis whose length only has a name: an array of it is written, never filled.

    >>> extent_of((3, 0)), extent_of((3, 2))
    (3, 6)
    """
    return size_of(tuple([1 if isinstance(length, Size) else length or 1 for length in shape]))


def inputs_of(node: Node) -> Iterable[Node]:
    """The nodes directly below."""
    return node.inputs


def topological(
    outputs: Iterable[Node], below: Callable[[Node], Iterable[Node]] = inputs_of
) -> list[Node]:
    """Every node the outputs depend on through `below`, inputs before their users.

    Without recursion, so that a chain of any length is fine.  Linear in nodes and edges.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    for output in outputs:
        stack: list[tuple[Node, bool]] = [(output, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend([(lower, False) for lower in below(node) if lower not in seen])
    spend(len(order) // WALKED)
    return order


_budget: list[int] = []


@contextmanager
def node_budget(count: int) -> Iterator[None]:
    """Within the block at most `count` nodes are built, whatever the text asked for.

    Walking past `WALKED` nodes counts as building one, and so do `KEPT` numbers of a constant.

    Raises:
        TooLarge: the budget is spent.
    """
    _budget.append(count)
    try:
        yield
    finally:
        _budget.pop()


def spend(count: int) -> None:
    """Take so much of the innermost budget, if there is one."""
    if _budget:
        _budget[-1] -= count
        if _budget[-1] < 0:
            raise TooLarge("the program unfolds to more nodes than the limit allows")
