"""What a user knows of a quantity and says: facts that simplification and warnings may rely on."""

from __future__ import annotations

from chainrule.graph.facts import Fact
from chainrule.ops.contract import paper_operation
from chainrule.ops.naming import Same

__all__ = ["assumed_nonnegative", "assumed_positive"]


class AssumedPositive(Same):
    """x itself, of which every entry is above 0."""

    name = "assumed_positive"
    sentence = "It is the same quantity, known to be positive; its Jacobian is the identity."
    facts = frozenset({Fact.POSITIVE, Fact.NONNEGATIVE})
    domain = ((0.3, 2.0),)


class AssumedNonnegative(Same):
    """x itself, of which no entry is below 0."""

    name = "assumed_nonnegative"
    sentence = "It is the same quantity, known not to be negative; its Jacobian is the identity."
    facts = frozenset({Fact.NONNEGATIVE})
    domain = ((0.3, 2.0),)


assumed_positive = paper_operation(AssumedPositive())
assumed_nonnegative = paper_operation(AssumedNonnegative())
