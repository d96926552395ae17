"""What somebody states of a quantity, and where."""

from __future__ import annotations

from chainrule.graph.facts import Fact
from chainrule.graph.node import Node
from chainrule.graph.record import Record
from chainrule.graph.source import Span

__all__ = ["Declaration"]


class Declaration(Record):
    """A fact that somebody states of a node, and where it is stated, in words."""

    node: Node
    fact: Fact
    where: str
    span: Span | None = None
