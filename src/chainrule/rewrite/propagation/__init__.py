"""What follows for a node from what is known of its inputs.

`rule` says what a rule is, `signs` is a table of the signs of results, `entries` and `matrices`
hold the rules about entries, rows and matrices.

>>> from chainrule.graph.node import variable
>>> from chainrule.ops.transposition import transpose
>>> A = variable((2, 3))
>>> [(reason, found)] = follows(A @ transpose(A), unknown)
>>> reason, [fact.name for fact in found.true]
('a product that reads the same when it is transposed is symmetric', ['SYMMETRIC'])
"""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.graph.facts import Fact, Known
from chainrule.graph.node import Computation, Node
from chainrule.rewrite.propagation import entries, matrices
from chainrule.rewrite.propagation.rule import RULES, Ask, Rule

__all__ = ["Ask", "entries", "follows", "matrices", "unknown"]

_looked_up: dict[type[Computation], tuple[Rule, ...]] = {}


def follows(node: Node, holds: Ask) -> Iterator[tuple[str, Known]]:
    """What each rule finds of a node, with the reason in words."""
    for found in rules_of(type(node.operation)):
        result = found(node, holds)
        if result.true or result.false:
            reason = (found.__doc__ or "").removesuffix(".")
            yield reason[:1].lower() + reason[1:], result


def rules_of(operation: type[Computation]) -> tuple[Rule, ...]:
    """The rules about an operation and about what it is a case of."""
    if operation not in _looked_up:
        kinds = operation.__mro__
        _looked_up[operation] = tuple(found for kind in kinds for found in RULES.get(kind, ()))
    return _looked_up[operation]


def unknown(node: Node, fact: Fact) -> bool | None:
    """What is known of a node if nothing is."""
    return None
