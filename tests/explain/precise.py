"""Numbers of ninety digits with what is certain of them, and the graph run on these.

The truth that printed numbers are held against: neither float64 nor what the explanations compute
with has a part in it.  Derivatives are differences here, of quantities known so well that thirty
digits of a difference are right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Context, Decimal, localcontext
from types import SimpleNamespace
from typing import Any

import numpy as np

from chainrule.graph.node import Array, Constant, Node, topological
from chainrule.ops.contract import Composite, lower_nodes
from chainrule.run import kernels

__all__ = [
    "CONTEXT",
    "Precise",
    "Undecided",
    "array_of",
    "is_equal",
    "jacobian",
    "places",
    "precise_values",
    "rounded",
]

CONTEXT = Context(prec=90, Emax=10**9, Emin=-(10**9))
EQUAL = Decimal("1e-30")  # of the largest entry: what two ways of computing may differ by
ZERO, ONE, TWO = Decimal(0), Decimal(1), Decimal(2)


@contextmanager
def places(count: int) -> Iterator[None]:
    """More digits than ninety: where quantities are as small as 1e-40, differences need them."""
    before, CONTEXT.prec = CONTEXT.prec, count
    try:
        yield
    finally:
        CONTEXT.prec = before


class Undecided(ArithmeticError):
    """Two numbers are known too badly to tell which is larger."""


class Precise:
    """A number between two others; both are the same where it is known in full.

    >>> with localcontext(CONTEXT):
    ...     print(Precise(1) / 4, Precise(1, 2) - Precise(1, 2), Precise(0).exp())
    0.25 -1…1 1
    """

    __slots__ = ("high", "low")

    def __init__(self, low: Decimal | int, high: Decimal | int | None = None) -> None:
        self.low = Decimal(low)
        self.high = self.low if high is None else Decimal(high)

    def __repr__(self) -> str:
        return str(self.low) if self.is_known else f"{self.low}…{self.high}"

    @property
    def is_known(self) -> bool:
        return self.low == self.high

    def __add__(self, other: Any) -> Precise:
        b = _precise(other)
        return Precise(self.low + b.low, self.high + b.high)

    def __neg__(self) -> Precise:
        return Precise(-self.high, -self.low)

    def __mul__(self, other: Any) -> Precise:
        b = _precise(other)
        if self.is_known and b.is_known:
            return Precise(self.low * b.low)
        ends = [x * y for x in (self.low, self.high) for y in (b.low, b.high)]
        return Precise(min(ends), max(ends))

    def __truediv__(self, other: Any) -> Precise:
        b = _precise(other)
        if b.low <= 0 <= b.high:
            raise Undecided("a quotient by what may be 0")
        if self.is_known and b.is_known:
            return Precise(self.low / b.low)
        return self * Precise(ONE / b.high, ONE / b.low)

    def __pow__(self, other: Any) -> Precise:
        b = _precise(other)
        assert b.is_known
        if b.low == int(b.low) and self.is_known:
            return Precise(self.low ** int(b.low))
        if b.low == TWO:
            size = abs(self)
            return Precise(size.low * size.low, size.high * size.high)
        return (self.log() * b).exp()

    def __sub__(self, other: Any) -> Precise:
        return self + -_precise(other)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Any) -> Precise:
        return _precise(other) + -self

    def __rtruediv__(self, other: Any) -> Precise:
        return _precise(other) / self

    def __rpow__(self, other: Any) -> Precise:
        return _precise(other) ** self

    def __abs__(self) -> Precise:
        if self.low >= 0 or self.high <= 0:
            return self if self.low >= 0 else -self
        return Precise(0, max(-self.low, self.high))

    # order

    def __lt__(self, other: Any) -> bool:
        b = _precise(other)
        if self.high < b.low or self.low >= b.high:
            return self.high < b.low
        raise Undecided(f"{self} < {b}")

    def __gt__(self, other: Any) -> bool:
        return _precise(other) < self

    def __le__(self, other: Any) -> bool:
        return not _precise(other) < self

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __eq__(self, other: object) -> bool:
        b = _precise(other)
        if self.is_known and b.is_known:
            return self.low == b.low
        if self.high < b.low or b.high < self.low:
            return False
        raise Undecided(f"{self} == {b}")

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return self != 0

    # functions, by the names that NumPy asks objects for

    def _rising(self, function: Any) -> Precise:
        low = function(self.low)
        return Precise(low, low if self.is_known else function(self.high))

    def exp(self) -> Precise:
        return self._rising(Decimal.exp)

    def log(self) -> Precise:
        if self.low <= 0:
            raise Undecided("a logarithm of what may be 0")
        return self._rising(Decimal.ln)

    def sqrt(self) -> Precise:
        return self._rising(Decimal.sqrt)

    def tanh(self) -> Precise:
        return self._rising(lambda x: ONE - TWO / ((TWO * x).exp() + ONE))

    def log1p(self) -> Precise:
        return (self + 1).log()

    def expm1(self) -> Precise:
        return self.exp() - 1


def _precise(value: Any) -> Precise:
    """What an operation's own line computes with; a float is the decimal that it is written as."""
    if isinstance(value, Precise):
        return value
    if isinstance(value, np.ndarray):
        return _precise(value[()])
    if isinstance(value, bool | int | np.bool_ | np.integer):
        return Precise(int(value))
    return Precise(Decimal(str(float(value))))


def array_of(entries: Iterable[Any], shape: tuple[int, ...] | None = None) -> Array:
    """An array of such numbers; without a shape one row of them."""
    numbers = [_precise(one) for one in entries]
    result = np.empty(len(numbers), dtype=object)
    result[:] = numbers
    return result if shape is None else result.reshape(shape)


# The graph on these numbers.


def _asarray(value: Any, dtype: Any = None) -> Array:
    array = np.asarray(value)
    if array.dtype == object or (dtype is not None and np.dtype(dtype).kind != "f"):
        return array
    is_real = array.dtype.kind == "f"
    return array_of(array.reshape(-1), array.shape) if is_real else array.astype(int)


def _einsum(pattern: str, *values: Array, optimize: bool = False) -> Array:
    return np.asarray(np.einsum(pattern, *[np.asarray(one, object) for one in values]))


def _argmax(x: Array, axis: int) -> Array:
    rows = np.moveaxis(x, axis, -1)
    found = [max(range(len(row)), key=row.__getitem__) for row in rows.reshape(-1, rows.shape[-1])]
    return np.array(found).reshape(rows.shape[:-1])


def _never(x: Array) -> Array:
    return np.zeros(np.shape(x), bool)


OWN = {
    "argmax": _argmax,
    "asarray": _asarray,
    "einsum": _einsum,
    "isfinite": lambda x: ~_never(x),
    "isinf": _never,
    "isnan": _never,
    "where": np.where,
}


class _Kernels(SimpleNamespace):
    def __getattr__(self, name: str) -> Any:
        return OWN.get(name) or getattr(kernels, name)


def precise_values(nodes: Sequence[Node], leaves: Mapping[Node, Array]) -> dict[Node, Array]:
    """The values of nodes and of all below them, over leaves that have values.

    Raises:
        Undecided: the leaves are not known well enough.
    """
    order = topological(nodes, lambda node: () if node in leaves else lower_nodes(node))
    found: dict[Node, Array] = dict(leaves)
    with localcontext(CONTEXT):
        for node in order:
            if node not in found:
                found[node] = _value(node, [found[lower] for lower in lower_nodes(node)])
    return found


def _value(node: Node, inputs: list[Array]) -> Array:
    if isinstance(node.operation, Constant):
        value = node.operation.value
        return array_of(value.reshape(-1), value.shape) if value.dtype.kind == "f" else value
    if isinstance(node.operation, Composite):
        return inputs[0]
    value = np.asarray(node.operation.evaluate(_Kernels(), *inputs))
    if node.dtype.kind == "f":
        return array_of(value.reshape(-1), node.shape)
    return value


def jacobian(of: Node, wrt: Node, values: Mapping[Node, Array], held: Iterable[Node] = ()) -> Array:
    """∂of/∂wrt by differences, outputs × inputs; quantities that are `held` stay as they are."""
    leaves = {node: values[node] for node in held if node not in (of, wrt)}
    given = {node: value for node, value in values.items() if not node.inputs}
    columns = []
    with localcontext(CONTEXT):
        moves = Decimal(10) ** -(CONTEXT.prec // 3)
        for at in range(wrt.size):
            ends = []
            for step in (moves, -moves):
                moved = values[wrt].copy().reshape(-1)
                moved[at] = moved[at] + Precise(step)
                moved_leaves = {**given, **leaves, wrt: moved.reshape(wrt.shape)}
                ends.append(precise_values([of], moved_leaves)[of].reshape(-1))
            columns.append((ends[0] - ends[1]) / Precise(2 * moves))
    return np.array(columns, dtype=object).reshape(wrt.size, of.size).T


# Comparing.


def is_equal(a: Array, b: Array) -> bool:
    """Whether two arrays are the same, but for the last digits of ninety."""
    with localcontext(CONTEXT):
        size = max([abs(one.low) for one in (*a.flat, *b.flat)], default=ZERO)
        pairs = zip(a.reshape(-1), b.reshape(-1), strict=True)
        return all(abs(x.low - y.low) <= EQUAL * size for x, y in pairs)


def rounded(number: Decimal, text: str, digits: int) -> bool:
    """Whether a text shows the number, rounded to significant digits (half away from zero).

    >>> rounded(Decimal("0.66666"), "0.6667", 4), rounded(Decimal("0.66666"), "0.6666", 4)
    (True, False)
    >>> rounded(Decimal("2.00004"), "2", 4), rounded(Decimal("2.00004"), "2", 6)
    (True, False)
    """
    shown = Decimal(text)
    if number == 0 or shown == 0:
        return number == shown
    with localcontext(CONTEXT):
        unit = Decimal(10) ** (max(number.adjusted(), shown.adjusted()) + 1 - digits)
        below = Decimal(10) ** (number.adjusted() + 1 - digits)
        at_power = unit if number.adjusted() == shown.adjusted() else below
        return abs(number - shown) * 2 <= at_power
