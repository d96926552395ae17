"""What a rule is: a name, one sentence, and how it rewrites a node when its condition holds.

A rule looks at one node (and what is directly below it), and answers with an equal node that is
nearer to what a person would write, or with None.  It relies only on what `Knowledge` says.

>>> from chainrule.rewrite.rules import RULES
>>> sorted({one.subject for one in RULES})[:2]
['arithmetic', 'arranging']
"""

from __future__ import annotations

from collections.abc import Callable

from chainrule.graph.node import Computation, Node
from chainrule.graph.record import Record
from chainrule.rewrite.knowledge import Knowledge

__all__ = ["Rewrite", "Rule", "RuleBook", "rule_book"]

Rewrite = Callable[[Node, Knowledge], Node | None]


class Rule(Record):
    """One rewriting rule.

    `on` are the operations at whose nodes it is tried; the result has the node's shape and type.
    `subject` is the file in `rules/` that holds it.
    """

    name: str
    sentence: str
    subject: str
    on: tuple[type[Computation], ...]
    rewrite: Rewrite

    def __repr__(self) -> str:
        return f"<rule {self.name}>"


class RuleBook:
    """The rules of one subject, in the order they are tried.

    >>> book = rule_book("chainrule.rewrite.rules.example")
    >>> book.subject, book.rules
    ('example', [])
    """

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.rules: list[Rule] = []

    def rule(
        self, name: str, sentence: str, *on: type[Computation]
    ) -> Callable[[Rewrite], Rewrite]:
        """Enter the decorated function as a rule for nodes of these operations."""

        def enter(rewrite: Rewrite) -> Rewrite:
            self.rules.append(Rule(name, sentence, self.subject, on, rewrite))
            return rewrite

        return enter


def rule_book(module: str) -> RuleBook:
    """An empty book for the rules of a module; call it with `__name__`."""
    return RuleBook(module.rpartition(".")[2])
