"""A rule about facts: a function of a node and of what is known of its inputs.

Its docstring is one sentence: the reason that is given for what it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeAlias

from chainrule.graph.facts import Fact, Known
from chainrule.graph.node import Computation, Node

__all__ = [
    "NOTHING",
    "RULES",
    "Ask",
    "Rule",
    "all_hold",
    "common",
    "kept",
    "known_of",
    "rule",
    "say",
]

Ask: TypeAlias = Callable[[Node, Fact], bool | None]
Rule: TypeAlias = Callable[[Node, Ask], Known]

NOTHING = Known()
RULES: dict[type[Computation], list[Rule]] = {}
"""The rules about each operation, and about all that are cases of it."""


def rule(*operations: type[Computation]) -> Callable[[Rule], Rule]:
    """Register a rule about these operations and those derived from them."""

    def register(found: Rule) -> Rule:
        for operation in operations:
            RULES.setdefault(operation, []).append(found)
        return found

    return register


def say(*facts: Fact, when: bool | None = True) -> Known:
    """These facts hold, on that condition; else nothing is said."""
    return Known(frozenset(facts)) if when else NOTHING


def all_hold(holds: Ask, nodes: Iterable[Node], fact: Fact) -> bool:
    """Whether the fact is known of every one of the nodes."""
    return all(holds(node, fact) is True for node in nodes)


def common(nodes: Collection[Node], facts: Collection[Fact], holds: Ask) -> Known:
    """Those of the facts that are known of all the nodes."""
    return Known(frozenset(fact for fact in facts if all_hold(holds, nodes, fact)))


def known_of(x: Node, facts: Collection[Fact], holds: Ask) -> Known:
    """Those of the facts that are known of `x`."""
    return common((x,), facts, holds)


def kept(x: Node, facts: Collection[Fact], holds: Ask) -> Known:
    """What is known of `x` as far as these facts go, be it that they hold or that they do not."""
    said = {fact: holds(x, fact) for fact in facts} if x.size else {}
    return Known(
        frozenset(fact for fact, answer in said.items() if answer is True),
        frozenset(fact for fact, answer in said.items() if answer is False),
    )
