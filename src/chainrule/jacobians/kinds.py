"""Structured linear maps as data: each says its shapes and holds the nodes its entries are.

A map sends a tangent of `input_shape` to one of `output_shape`.  It acts on trailing axes:
further leading axes of what it is applied to are a batch.  No method here builds nodes.

Cumulative operations, `solve` and convolution are `Multilinear` in their own operation, so
that a new linear operation needs no new kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.graph.node import Computation, Node, Shape, size_of
from chainrule.graph.record import Record

__all__ = [
    "Block",
    "Dense",
    "Diagonal",
    "DiagonalMinusOuter",
    "Identity",
    "LinearComputation",
    "LinearMap",
    "Mask",
    "Multilinear",
    "Permute",
    "Product",
    "Reshape",
    "Section",
    "Select",
    "Stride",
    "Sum",
    "SumOver",
    "Transposed",
    "Zero",
]


Stride = tuple[int, int | None, int]  # start, stop, step of a slice; slices do not hash


class LinearMap(Record):
    """Base of the kinds."""

    if TYPE_CHECKING:  # each kind has both, as a field or as a property

        @property
        def output_shape(self) -> Shape:
            """The shape of what comes out."""

        @property
        def input_shape(self) -> Shape:
            """The shape of what goes in."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes that hold the map's numbers."""
        return ()

    @property
    def matrix_shape(self) -> tuple[int, int]:
        """Outputs × inputs, both flattened row by row."""
        return size_of(self.output_shape), size_of(self.input_shape)

    def __repr__(self) -> str:
        rows, columns = self.matrix_shape
        return f"{type(self).__name__}[{rows} × {columns}]"


class Zero(LinearMap):
    """No dependence at all."""

    output_shape: Shape
    input_shape: Shape


class Identity(LinearMap):
    """Every entry goes through unchanged."""

    shape: Shape

    @property
    def output_shape(self) -> Shape:
        return self.shape

    @property
    def input_shape(self) -> Shape:
        return self.shape


class Reshape(LinearMap):
    """The identity between two shapes of equal size, row by row."""

    output_shape: Shape
    input_shape: Shape


class Permute(LinearMap):
    """Axes in another order: output axis `i` is input axis `axes[i]`."""

    axes: tuple[int, ...]
    input_shape: Shape

    @property
    def output_shape(self) -> Shape:
        return tuple(self.input_shape[axis] for axis in self.axes)


class Diagonal(LinearMap):
    """Each entry times its own factor: `n` numbers, never `n²`."""

    entries: Node

    @property
    def output_shape(self) -> Shape:
        return self.entries.shape

    @property
    def input_shape(self) -> Shape:
        return self.entries.shape

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.entries,)


class Mask(LinearMap):
    """A diagonal of zeros and ones.  What it drops is dropped, be it infinite."""

    condition: Node

    @property
    def output_shape(self) -> Shape:
        return self.condition.shape

    @property
    def input_shape(self) -> Shape:
        return self.condition.shape

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.condition,)


class DiagonalMinusOuter(LinearMap):
    """`diag(s) − s sᵀ` along the last axis, for weights `s` that sum to one there."""

    weights: Node

    @property
    def output_shape(self) -> Shape:
        return self.weights.shape

    @property
    def input_shape(self) -> Shape:
        return self.weights.shape

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.weights,)


class SumOver(LinearMap):
    """Sums over `axes`; the result then has `output_shape` (the axes gone, or of length 1)."""

    axes: tuple[int, ...]
    input_shape: Shape
    output_shape: Shape


class Section(LinearMap):
    """The part of an array that a static index names: an integer or a stride an axis."""

    index: tuple[int | Stride, ...]
    input_shape: Shape
    output_shape: Shape


class Select(LinearMap):
    """Output entry `i` is input entry `positions[i]`, counted row by row."""

    positions: Node
    input_shape: Shape

    @property
    def output_shape(self) -> Shape:
        return self.positions.shape

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.positions,)


class LinearComputation(Computation):
    """A computation that is linear in some of its inputs, and says how to transpose itself."""

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        """The computation with a tangent (leading axes: a batch) in place of one operand."""
        raise NotImplementedError

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        """What sends a cotangent of the result (leading axes: a batch) back to that operand."""
        raise NotImplementedError


class Multilinear(LinearMap):
    """A computation, linear in the operand at `position`, seen as a map of that operand alone."""

    operation: LinearComputation
    operands: tuple[Node, ...]
    position: int

    @property
    def output_shape(self) -> Shape:
        return self.operation.shape(*[operand.shape for operand in self.operands])

    @property
    def input_shape(self) -> Shape:
        return self.operands[self.position].shape

    @property
    def nodes(self) -> tuple[Node, ...]:
        before, after = self.operands[: self.position], self.operands[self.position + 1 :]
        return before + after


class Dense(LinearMap):
    """All entries: one node of shape `output_shape + input_shape`."""

    matrix: Node
    output_shape: Shape
    input_shape: Shape

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.matrix,)


class Transposed(LinearMap):
    """Another map, read backwards."""

    of: LinearMap

    @property
    def output_shape(self) -> Shape:
        return self.of.input_shape

    @property
    def input_shape(self) -> Shape:
        return self.of.output_shape

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.of.nodes


class Product(LinearMap):
    """Maps one after the other, written as matrices are: the rightmost acts first."""

    factors: tuple[LinearMap, ...]

    @property
    def output_shape(self) -> Shape:
        return self.factors[0].output_shape

    @property
    def input_shape(self) -> Shape:
        return self.factors[-1].input_shape

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(node for factor in self.factors for node in factor.nodes)

    def __repr__(self) -> str:
        return " · ".join(map(repr, self.factors))


class Sum(LinearMap):
    """Maps side by side, their results added: one term a path."""

    terms: tuple[LinearMap, ...]

    @property
    def output_shape(self) -> Shape:
        return self.terms[0].output_shape

    @property
    def input_shape(self) -> Shape:
        return self.terms[0].input_shape

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(node for term in self.terms for node in term.nodes)

    def __repr__(self) -> str:
        return "(" + " + ".join(map(repr, self.terms)) + ")"


class Block(LinearMap):
    """All paths from one node to another: a part of the graph that is walked, not multiplied out.

    There is at least one path.  `held` are nodes that count as constant.
    """

    output: Node
    input: Node
    held: frozenset[Node] = frozenset()

    @property
    def output_shape(self) -> Shape:
        return self.output.shape

    @property
    def input_shape(self) -> Shape:
        return self.input.shape

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.output, self.input)
