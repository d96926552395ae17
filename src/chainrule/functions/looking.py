"""Looking at the numbers of a traced function when it is first run for a signature."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.differentiate.batched import replaced
from chainrule.graph.node import Array, Input, Node, topological
from chainrule.run.interpreter import Plan
from chainrule.trace.tracer import Trace

__all__ = ["values_at"]


def values_at(traced: Trace, values: Sequence[Array], wanted: Sequence[Node]) -> dict[Node, Array]:
    """The values of those nodes that the inputs determine; of a row of a batch, the first row's."""
    nodes = dict(zip(wanted, replaced(wanted, traced.samples), strict=True))
    known = set(traced.inputs)
    for node in topological(list(nodes.values())):
        if not isinstance(node.operation, Input) and known.issuperset(node.inputs):
            known.add(node)
    found = [node for node in nodes if nodes[node] in known]
    computed = Plan([nodes[node] for node in found], traced.inputs)(*values)
    return dict(zip(found, computed, strict=True))
