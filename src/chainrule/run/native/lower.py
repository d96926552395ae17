"""A graph as tensors: every operation's own `evaluate`, run on arrays that only remember.

What stays opaque, and is computed by NumPy, is what has no kernel: factorizations and what is
computed by them (svd, eigenvalues and -vectors, qr, cholesky, det, solve, inverse), sorting and the
places that it is done by, where entries come from that were put at computed places, sums that run
over many entries and loops of many steps, and functions of the user's own.

>>> from chainrule.graph.node import variable
>>> from chainrule.ops.activation import sigmoid
>>> x = variable((2,))
>>> lower([2 * sigmoid(x)], [x])
([multiply(2) of float64], [given(2) of float64])
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, DataProblem
from chainrule.graph.node import Constant, Input, Node, topological
from chainrule.ops.naming import Same
from chainrule.run import kernels
from chainrule.run.fusion import stand_in
from chainrule.run.native.builder import NATIVE, Builder, NotNative
from chainrule.run.native.namespace import Namespace
from chainrule.run.native.symbolic import Symbolic
from chainrule.run.native.tensors import Counting, Filled, Given, Number, Opaque, Tensor, View

__all__ = ["lower"]

MOST_FOLDED = 1 << 12  # numbers of a constant that are computed now, and kept
MOST_MADE = 1 << 12  # arrays that one operation is made of; with more, NumPy is as fast


def lower(outputs: Sequence[Node], inputs: Sequence[Node]) -> tuple[list[Tensor], list[Tensor]]:
    """The outputs as tensors, made of those of the inputs: `Given(0)`, `Given(1)`, ….

    Raises:
        DataProblem: an output depends on an input that is not among `inputs`.
    """
    lowering = _Lowering(inputs)
    found = lowering.tensors(outputs)
    lowering.builder.settle()
    return found, [lowering.found[node] for node in inputs]


class _Lowering:
    def __init__(self, inputs: Sequence[Node]) -> None:
        self.builder = Builder()
        self.namespace = Namespace(self.builder)
        self.found: dict[Node, Tensor] = {
            node: self.builder.tensor(Given(number), (), node.shape, node.dtype)
            for number, node in enumerate(inputs)
        }
        self.given = frozenset(inputs)

    def tensors(self, outputs: Sequence[Node]) -> list[Tensor]:
        standing: dict[Node, Node] = {}

        def below(node: Node) -> Iterable[Node]:
            if node in self.given:
                return ()
            is_same = isinstance(node.operation, Same)
            other = node.inputs[0] if is_same else stand_in(node, self.given)
            if other is None:
                return node.inputs
            standing[node] = other
            return (other,)

        for node in topological(outputs, below):
            if node not in self.found:
                other = standing.get(node)
                self.found[node] = self._tensor(node) if other is None else self.found[other]
        return [self._handed_out(self.found[node]) for node in outputs]

    def _handed_out(self, x: Tensor) -> Tensor:
        """An output; no kernel copies a given one of another type, such as float16."""
        if x.dtype in NATIVE:
            return x
        return self.builder.tensor(Opaque("copy", np.array), (x,), x.shape, x.dtype)

    def _tensor(self, node: Node) -> Tensor:
        operation = node.operation
        if isinstance(operation, Input):
            raise DataProblem("the value of an input is missing")
        inputs = [self.found[lower] for lower in node.inputs]
        if not NATIVE.issuperset([node.dtype, *[one.dtype for one in inputs]]):
            return self._opaque(node, inputs)
        if isinstance(operation, Constant):
            return self.builder.known(np.asarray(operation.value))
        if inputs and node.size <= MOST_FOLDED and all(map(_is_known, inputs)):
            return self._folded(node, inputs)
        found = self._native(node, inputs)
        return self._opaque(node, inputs) if found is None else found

    def _native(self, node: Node, inputs: Sequence[Tensor]) -> Tensor | None:
        """What `evaluate` makes of arrays without numbers; None if it needs more than there is."""
        self.builder.most = len(self.builder) + MOST_MADE
        try:
            symbols = [Symbolic(self.builder, one) for one in inputs]
            value = node.operation.evaluate(self.namespace, *symbols)
            found = self.namespace.asarray(value).tensor
        except _expected(node.operation):
            return None
        finally:
            self.builder.most = math.inf
        return found if (found.shape, found.dtype) == (node.shape, node.dtype) else None

    def _folded(self, node: Node, inputs: Sequence[Tensor]) -> Tensor:
        """All inputs are known: so is the result."""
        with np.errstate(all="ignore"):
            value = node.operation.evaluate(kernels, *map(_value, inputs))
        return self.builder.known(np.asarray(value, node.dtype))

    def _opaque(self, node: Node, inputs: Sequence[Tensor]) -> Tensor:
        operation: Any = node.operation
        kind = Opaque(operation.name, partial(operation.evaluate, kernels))
        return self.builder.tensor(kind, tuple(inputs), node.shape, node.dtype)


def _expected(operation: Any) -> Any:
    """What `evaluate` may raise on symbols; an error of the data comes when it is run, too.

    Operations that others define may use more of NumPy than our own do.
    """
    is_ours = type(operation).__module__.startswith("chainrule.")
    return (NotNative, ChainruleError) if is_ours else Exception


def _is_known(x: Tensor) -> bool:
    base = x.inputs[0] if isinstance(x.kind, View) else x
    return isinstance(base.kind, Number | Filled | Counting)


def _value(x: Tensor) -> Any:
    """The numbers of an array that is known."""
    kind = x.kind
    if isinstance(kind, View):
        places = np.full(x.shape, kind.offset)
        for axis, step in enumerate(kind.strides):
            behind = (1,) * (len(x.shape) - 1 - axis)
            places += (step * np.arange(x.shape[axis])).reshape(-1, *behind)
        return np.asarray(_value(x.inputs[0])).reshape(-1)[places]
    if isinstance(kind, Number):
        return x.dtype.type(kind.value)
    return kind.values if isinstance(kind, Filled) else np.arange(x.size)
