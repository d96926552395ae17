"""Looking at the numbers of a traced function when it is first run for a signature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.graph.node import Array, Input, Node, topological
from chainrule.run import kernels
from chainrule.run.interpreter import Plan
from chainrule.trace.tracer import Trace

__all__ = ["values_at"]

PIECE = 1 << 18  # so many multiplications at once are not worth a second thread to OpenBLAS


def values_at(traced: Trace, values: Sequence[Array], wanted: Sequence[Node]) -> dict[Node, Array]:
    """The values of those nodes that the inputs determine; of a row of a batch, the first row's."""
    nodes = dict(zip(wanted, _in_first_row(traced, wanted), strict=True))
    known = set(traced.inputs)
    for node in topological(list(nodes.values())):
        if not isinstance(node.operation, Input) and known.issuperset(node.inputs):
            known.add(node)
    found = [node for node in nodes if nodes[node] in known]
    computed = Plan([nodes[node] for node in found], traced.inputs).run(values, _OneThread())
    return dict(zip(found, map(np.asarray, computed), strict=True))


class _OneThread:
    """The interpreter's functions, with products in pieces that are too small for two threads.

    Those would wait for each other on a busy machine: looking took longer there than compiling.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(kernels, name)

    def matmul(self, a: Any, b: Any) -> Any:
        rows = PIECE // max(np.size(b), 1)
        if np.ndim(a) != 2 or np.ndim(b) != 2 or not 1 < rows < len(a):
            return np.matmul(a, b)
        return np.concatenate(
            [np.matmul(part, b) for part in np.array_split(a, -(-len(a) // rows))]
        )


def _in_first_row(traced: Trace, wanted: Sequence[Node]) -> Sequence[Node]:
    """The nodes with the first row of each batch in the place of any."""
    if not traced.samples:
        return wanted
    from chainrule.differentiate.batched import replaced  # loaded only for batches

    return replaced(wanted, traced.samples)
