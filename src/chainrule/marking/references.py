"""The values that a line may have: from accepted claims, or from all claims before it."""

from __future__ import annotations

from functools import partial

from chainrule.graph.node import Array, Node
from chainrule.marking.carried import Basis
from chainrule.marking.judge import Reference
from chainrule.marking.memory import Memory
from chainrule.marking.reading.targets import Target
from chainrule.marking.sheet import Sheet
from chainrule.ops.reduction import sum_

__all__ = ["references", "ways"]


def ways(sheet: Sheet, memory: Memory, target: Target) -> list[Node]:
    """The target's own graph, and its products of derivatives that were claimed before."""
    found = [target.node]
    if target.pair is not None and target.node is target.base:
        claimed = {pair: node for pair, node in memory.derivatives.items() if pair != target.pair}
        if claimed:
            found += sheet.routes(target.pair, claimed, target.node)
        if memory.has_examples:
            each = sheet.examples(target.pair)
            found += [] if each is None or each not in memory.every else [sum_(each, axis=0)]
    return found


def references(basis: Basis, nodes: list[Node], verdict: str) -> list[Reference]:
    """What each way gives from these claims, if it rests on any."""
    return [
        Reference(partial(_value, basis, node), verdict, partial(_reach, basis, node))
        for node in nodes
        if basis.rests_on_claims(node)
    ]


def _value(basis: Basis, node: Node) -> Array:
    return basis.value(node).reshape(-1)


def _reach(basis: Basis, node: Node) -> Array:
    return basis.reach(node).reshape(-1)
