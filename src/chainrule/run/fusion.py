"""Steps that run fused because they saturate apart: the logarithm of a softmax.

The graph keeps its separate factors, and they are what is explained; only the value of
log(softmax(x)) is computed as log_softmax(x), which is right where a share rounds to 0.
"""

from __future__ import annotations

from collections.abc import Container

from chainrule.graph.node import Node
from chainrule.ops.algebra import times
from chainrule.ops.choice import compare, where
from chainrule.ops.contract import Composite
from chainrule.ops.elementary import Log, XLogY
from chainrule.ops.making import zeros
from chainrule.ops.naming import Same
from chainrule.ops.normalizing import Softmax, log_softmax

__all__ = ["stand_in"]


def stand_in(node: Node, given: Container[Node] = ()) -> Node | None:
    """The node whose value is computed in place of this one's, or None.

    Nothing reaches past a `given` node: its value is whatever it is given.
    """
    operation = node.operation
    if isinstance(operation, Composite):
        return operation.body(*node.inputs)
    if not isinstance(operation, Log | XLogY):
        return None
    shares = node.inputs[-1]
    while shares not in given and isinstance(shares.operation, Same):
        shares = shares.inputs[0]
    if shares in given or not isinstance(shares.operation, Softmax):
        return None
    logs = log_softmax(shares.inputs[0])
    if isinstance(operation, Log):
        return logs
    weights = node.inputs[0]
    nothing = zeros(weights.shape, weights.dtype)  # 0 · log 0 is 0, and stays so
    return where(compare("!=", weights, nothing), times(weights, logs), nothing)
