"""What an expression means: one short method for each form of the syntax tree.

Exactly what was written is built; nothing is simplified.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import DomainProblem, PaperError, ShapeError, TooLarge
from chainrule.graph.node import Array, Constant, Node, Shape, constant, extent_of, spend
from chainrule.graph.sizes import Size, is_at_least
from chainrule.ops import arithmetic, choice, linear
from chainrule.ops.broadcasting import Broadcast
from chainrule.ops.contract import Elementwise, show_shape
from chainrule.ops.indexing import Take, section_of
from chainrule.ops.making import Extent
from chainrule.ops.shaping import Stack
from chainrule.ops.transposition import transpose
from chainrule.paper.derivatives import Value, chain_product
from chainrule.paper.functions import Functions
from chainrule.paper.limits import MOST_AXES, MOST_ENTRIES
from chainrule.paper.literals import LARGEST, literal_of, whole_number
from chainrule.paper.scope import Local, Scope
from chainrule.paper.syntax import (
    Bracket,
    Call,
    Composition,
    Derivative,
    Expression,
    Index,
    Name,
    Negative,
    Number,
    Power,
    Sequence,
    Slice,
    Transpose,
)

__all__ = ["Expressions"]

NUMBERS = {"pi": math.pi, "π": math.pi}  # unless the user gives the name a meaning
FOLDED = 64  # results of written numbers up to this size are looked at


class Expressions:
    """The meaning of expressions within a scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.functions = Functions(scope, self.value)
        self._computed: dict[Node, Array] = {}
        self._numbers: dict[str, Value] = {}  # by their texts
        self._written: dict[int, Value | None] = {}  # brackets, by identity: many calls read one
        self._others: set[int] = set()  # brackets around more than written numbers

    def forget_brackets(self) -> None:
        """Before another text is read: its brackets may have the identities of those now gone."""
        self._written.clear()
        self._others.clear()

    @property
    def remembered(self) -> tuple[dict[Any, Any], ...]:
        """Results that are kept for the next expression, oldest first."""
        adjoints, unfolded = self.scope.derivatives.adjoints, self.scope.unfolded
        points = self.functions.at_points
        return self._numbers, self._computed, points, unfolded, adjoints

    def value(self, expression: Expression, local: Local) -> Value:
        """The meaning; a problem is pinned to the innermost expression it arises in."""
        return self.scope.pinned(expression.span, self._meaning, expression, local)

    def _meaning(self, expression: Expression, local: Local) -> Value:
        if local:
            spend(1)  # a function's body is read anew for each call
        value = MEANINGS[type(expression)](self, expression, local)
        _check_lengths(value.node.shape)
        if extent_of(value.node.shape) > MOST_ENTRIES:
            raise TooLarge(
                f"This is an array of {show_shape(value.node.shape)}; "
                f"one array holds at most {MOST_ENTRIES:,} numbers."
            )
        if value.node.ndim > MOST_AXES:
            raise TooLarge(
                f"This array has {value.node.ndim} axes; an array has at most {MOST_AXES}."
            )
        return value

    def _node(self, expression: Expression, local: Local) -> Node:
        return self.value(expression, local).node

    def _number(self, number: Number, local: Local) -> Value:
        if number.text not in self._numbers:
            found = literal_of(number)
            assert found is not None
            self._numbers[number.text] = Value(found.node)
        return self._numbers[number.text]

    def _bracket(self, bracket: Bracket, local: Local) -> Value:
        if id(bracket) not in self._written:
            found = literal_of(bracket, self._others)
            self._written[id(bracket)] = None if found is None else Value(found.node)
        written = self._written[id(bracket)]
        if written is not None:
            return written
        return Value(Stack()(*[self._node(item, local) for item in bracket.items]))

    def _name(self, name: Name, local: Local) -> Value:
        found = local.get(name.name) or self.scope.values.get(name.name)
        if found is None and name.name in self.scope.sizes:
            return Value(constant(self.scope.sizes[name.name]))
        if found is None and name.name in NUMBERS:
            return Value(constant(NUMBERS[name.name]))
        if found is None:
            raise self.scope.undefined(name.name, name.span, local)
        return found

    def _negative(self, negative: Negative, local: Local) -> Value:
        inner = self.value(negative.operand, local)
        return Value(arithmetic.negate(inner.node), inner.layout)

    def _transpose(self, expression: Transpose, local: Local) -> Value:
        return Value(transpose(self._node(expression.operand, local)))

    def _power(self, expression: Power, local: Local) -> Value:
        base, exponent = expression.base, expression.exponent
        node = arithmetic.power(self._node(base, local), self._node(exponent, local))
        return Value(self._finite(node, expression))

    def _sequence(self, sequence: Sequence, local: Local) -> Value:
        total = self.value(sequence.first, local)
        read = sequence.first.span
        for symbol, span, operand in sequence.rest:
            other = self.value(operand, local)
            try:
                total = self.scope.pinned(span, combined, symbol, total, other)
            except ShapeError as problem:
                found = (read, total.node), (operand.span, other.node)
                raise self.scope.with_shapes(problem, *found) from None
            read = read.to(operand.span)
            self._finite(total.node, sequence)
        return total

    def _call(self, call: Call, local: Local) -> Value:
        value = self.functions.call(call, local)
        self._finite(value.node, call)
        return value

    def _composition(self, expression: Composition, local: Local) -> Value:
        raise PaperError("A composition of functions needs a point: (F∘G)(2), D(F∘G)(2).")

    def _index(self, expression: Index, local: Local) -> Value:
        node = self._node(expression.operand, local)
        normal, shape = section_of(self._entries(expression, node.shape), node.shape)
        return Value(Take(normal, shape)(node))

    def _entries(self, expression: Index, shape: Shape) -> tuple[int | slice, ...]:
        """The indices into an array of that shape, counted from 0."""
        entries = [
            self._slice(entry) if isinstance(entry, Slice) else self._position(entry)
            for entry in expression.indices
        ]
        base = self.scope.index_base
        for axis, (entry, length) in enumerate(zip(entries, shape, strict=False)):
            if not isinstance(entry, int) or _is_within(entry, length):
                continue
            if isinstance(length, Size):
                problem = (
                    f"index {entry + base} may be out of range for axis {axis} of "
                    f"{show_shape(shape)}: {length} has no number, and may be less."
                )
            else:
                problem = (
                    f"index {entry + base} is out of range for axis {axis} of {show_shape(shape)}, "
                    f"whose indices go from {base} to {length - 1 + base}."
                )
            raise ShapeError(problem).at(self.scope.source, expression.indices[axis].span)
        return tuple(entries)

    def _slice(self, entry: Slice) -> slice:
        start = None if entry.start is None else self._position(entry.start)
        stop = None if entry.stop is None else self._position(entry.stop)
        step = None if entry.step is None else self._whole(entry.step)
        if step == 0:
            raise PaperError("The step of a slice cannot be 0.").at(self.scope.source, entry.span)
        if stop is not None and self.scope.index_base == 1:
            # Counting from 1, x[1:2] names entries 1 and 2, as on paper, and x[2:1:-1] 2 and 1.
            after = stop + 1 if step is None or step > 0 else stop - 1
            stop = None if after < 0 else after
        return slice(start, stop, step)

    def _position(self, expression: Expression) -> int:
        found = self._whole(expression)
        if found < self.scope.index_base == 1:
            problem = f"The file says index_base 1, so indices start at 1; found {found}."
            raise ShapeError(problem).at(self.scope.source, expression.span)
        return found - self.scope.index_base

    def _own_name(self, expression: Expression) -> str:
        """What stands for an expression in a derivation: an entry as it is, else parentheses."""
        text = self.scope.text(expression.span)
        return text if isinstance(expression, Index) else f"({text})"

    def _whole(self, expression: Expression) -> int:
        """A whole number, written here or given under a name."""
        given = (
            self.scope.whole_numbers.get(expression.name) if isinstance(expression, Name) else None
        )
        return whole_number(expression, self.scope.sizes) if given is None else given

    def _derivative(self, expression: Derivative, local: Local) -> Value:
        scope = self.scope
        above = expression.of
        if isinstance(above, Name) and scope.is_function(above.name):
            problem = (
                f"{above.name} is a function; its derivative at a point is D({above.name})(...)."
            )
            raise PaperError(problem).at(scope.source, above.span)
        of = self._node(above, local)
        wrt = expression.wrt
        base = wrt.operand if isinstance(wrt, Index) else wrt
        if not isinstance(base, Name):
            problem = "A derivative is by a named quantity, or by an entry of one."
            raise PaperError(problem).at(scope.source, base.span)
        if scope.is_function(base.name):
            problem = f"{base.name} is a function; a derivative is by a quantity."
            raise PaperError(problem).at(scope.source, base.span)
        node = self._node(base, local)
        if isinstance(node.operation, Extent):
            problem = f"{base.name} is a size; a derivative is by a quantity."
            raise PaperError(problem).at(scope.source, base.span)
        if node.dtype.kind != "f":
            problem = f"{base.name} holds truth values or positions; a derivative is by numbers."
            raise PaperError(problem).at(scope.source, base.span)
        index = self._entries(wrt, node.shape) if isinstance(wrt, Index) else None
        before = len(scope.derivatives.independent)
        names = () if isinstance(above, Name) else ((self._own_name(above), of),)
        value = scope.derivatives.derivative(of, node, index, names)
        if len(scope.derivatives.independent) > before:
            own, upper, lower = (scope.text(e.span) for e in (expression, above, wrt))
            scope.note(f"{own} is 0: {upper} does not depend on {lower}.")
        return value

    def _finite(self, node: Node, expression: Expression) -> Node:
        """Written numbers alone must not overflow: 9^9^9^9 is a mistake, not infinity."""
        is_plain = isinstance(node.operation, Elementwise) and node.size <= FOLDED
        values = self._known_values(node.inputs) if is_plain else []
        if not values:
            return node
        try:
            with np.errstate(all="ignore"):
                result = np.asarray(node.operation.evaluate(np, *values))
        except AttributeError:  # what NumPy lacks, such as erf, does not overflow
            return node
        if not np.isfinite(result).all():
            text = self.scope.text(expression.span)[:60]
            raise DomainProblem(
                f"{text} has no finite value: {LARGEST}, and 1/0, log(0), sqrt(-1) have none."
            )
        self._computed[node] = result
        return node

    def _known_values(self, nodes: tuple[Node, ...]) -> list[Array]:
        """The values of nodes, if all are made of written numbers alone; else nothing."""
        values: list[Array] = []
        for node in nodes:
            value = self._known(node)
            if value is None:
                return []
            values.append(value)
        return values

    def _known(self, node: Node) -> Array | None:
        """The value of what is made of written numbers alone."""
        if isinstance(node.operation, Broadcast) and not node.distinct:
            node = node.inputs[0]
        if isinstance(node.operation, Constant):
            return node.operation.value
        return self._computed.get(node)


def _check_lengths(shape: Shape) -> None:
    """Raises `ShapeError` where a length may be 0, as n - 1 is if n is 1."""
    for length in shape:
        if isinstance(length, Size) and not length.is_length:
            raise ShapeError(
                f"This is an array of {show_shape(shape)}, and {length} is not known to be above 0."
            )


def _is_within(entry: int, length: int) -> bool:
    """Whether an axis of that length is known to have that entry."""
    place = entry + length if entry < 0 else entry
    return is_at_least(place, 0) and is_at_least(length, place + 1)


MEANINGS: dict[type, Callable[[Expressions, Any, Local], Value]] = {
    Number: Expressions._number,
    Bracket: Expressions._bracket,
    Name: Expressions._name,
    Negative: Expressions._negative,
    Transpose: Expressions._transpose,
    Power: Expressions._power,
    Sequence: Expressions._sequence,
    Index: Expressions._index,
    Call: Expressions._call,
    Derivative: Expressions._derivative,
    Composition: Expressions._composition,
}
BINARY: dict[str, Callable[[Node, Node], Node]] = {
    "+": arithmetic.add,
    "-": arithmetic.subtract,
    "*": arithmetic.multiply,
    "/": arithmetic.divide,
    "@": linear.matmul,
    **choice.COMPARISONS,
}


def combined(symbol: str, left: Value, right: Value) -> Value:
    """Two operands and what stands between them; sums and multiples of derivatives stay such."""
    if symbol == "·":
        return _dotted(left, right)
    node = BINARY[symbol](left.node, right.node)
    if symbol in "+-" and left.layout == right.layout:
        return Value(node, left.layout)
    if symbol in "*/" and right.node.shape == () and right.layout is None:
        return Value(node, left.layout)
    if symbol == "*" and left.node.shape == () and left.layout is None:
        return Value(node, right.layout)
    return Value(node)


def _dotted(left: Value, right: Value) -> Value:
    """`·`: the chain product of derivatives, a multiple of anything, else the matrix product."""
    if left.layout is not None and right.layout is not None:
        return chain_product(left, right)
    if () in (left.node.shape, right.node.shape):
        return combined("*", left, right)
    return Value(linear.matmul(left.node, right.node))
