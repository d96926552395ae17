"""The part of a graph in which a mistake is looked for: from a line's target to what was known.

A mutant is the target with some nodes in it replaced.  Composite operations are written out, so
that a slip inside of `cross_entropy` can be made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from chainrule.errors import ChainruleError
from chainrule.graph.node import Constant, Node, fresh, topological
from chainrule.graph.record import Record
from chainrule.notation.text import show
from chainrule.ops.broadcasting import Broadcast, Cast, literal
from chainrule.ops.contract import Composite
from chainrule.ops.indexing import Take
from chainrule.paper.program import Paper

__all__ = ["Change", "Mutator", "Scene", "bare"]

DEEPEST = 4  # named steps below the line's own formula
LONGEST = 40  # characters of a formula that stands for a place


class Change(Record):
    """A mistake: its code, where, what is put in the place of which nodes."""

    code: str
    where: str
    new: tuple[tuple[Node, Node], ...]
    details: tuple[tuple[str, str], ...] = ()


class Scene:
    """A target and the nodes between it and the stops.

    `order` has inputs before users; `depth` counts the named quantities that lie between a node
    and the target; `users` are within the scene.  `others` are claimed quantities elsewhere.
    """

    def __init__(
        self,
        target: Node,
        stops: frozenset[Node],
        paper: Paper,
        others: frozenset[Node] = frozenset(),
    ) -> None:
        self.paper = paper
        self.stops = stops - {target}
        self.others = others
        self._texts: dict[Node, str] = {}
        self.names = {paper.graph[name]: name for name in paper.graph.names}
        self.names |= {one.new: f"new({self.names[one.old]})" for one in paper.updates}
        self.labels = {one.node: one.text for one in paper.questions if one.is_derivative}
        self.labels |= self.names
        self.target = self._unfolded(target)
        self.order = topological([self.target], self.below)
        self.users: dict[Node, list[Node]] = {node: [] for node in self.order}
        self.depth: dict[Node, int] = {self.target: 0}
        for node in reversed(self.order):
            step = int(node in self.names and node is not self.target)
            for lower in self.below(node):
                self.users[lower].append(node)
                depth = self.depth[node] + step
                self.depth[lower] = min(self.depth.get(lower, depth), depth)

    @cached_property
    def nearest_first(self) -> list[Node]:
        """The nodes in which mistakes are looked for."""
        found = [node for node in reversed(self.order) if self.depth[node] <= DEEPEST]
        return sorted(found, key=self.depth.__getitem__)

    def below(self, node: Node) -> Iterable[Node]:
        """The inputs, or none of what is known."""
        return () if node in self.stops else node.inputs

    def is_known(self, node: Node) -> bool:
        """Whether a node is carried, given or a constant."""
        return node in self.stops or not node.inputs

    def is_quantity(self, node: Node) -> bool:
        """Whether a person would have a name for it: named, claimed, or given."""
        return node in self.names or node in self.stops

    def is_backward(self, node: Node) -> bool:
        """Whether a node belongs to a derivative, not to the formula of a named quantity."""
        return self.depth[node] == 0 and self.target not in self.names

    @cached_property
    def cut(self) -> frozenset[Node]:
        """The nodes whose values are put in: the stops, and quantities that lie elsewhere."""
        elsewhere = {*self.names, *self.labels, *self.others}.difference(self.order)
        return self.stops | (elsewhere - {self.target})

    def where(self, node: Node) -> str:
        """A node as it would be written, shortened."""
        if node not in self._texts:
            self._texts[node] = _shortened(show(bare(node), self.labels.get))
        return self._texts[node]

    def formula(self, node: Node) -> str:
        """What a node is computed from, shortened, even if it has a name."""
        return _shortened(show(node, lambda one: None if one is node else self.labels.get(one)))

    def slope(self, y: Node) -> str:
        """∂y/∂x for the activation that `y` is the value of."""
        y = bare(y)
        if not y.inputs:
            return f"{self.where(y)}′"
        below = self.where(y.inputs[0])
        below = below if y.inputs[0] in self.labels else f"({below})"
        return f"∂{self.where(y)}/∂{below}"

    def mutant(self, new: Mapping[Node, Node]) -> Node | None:
        """The target with other nodes in the place of some; None if the shapes do not fit."""
        found = dict(new)
        try:
            for node in self.order:
                if node not in found and any(lower in found for lower in self.below(node)):
                    inputs = [found.get(lower, lower) for lower in node.inputs]
                    is_cut = isinstance(node.operation, Take)  # of an array of one shape only
                    if is_cut and inputs[0].shape != node.inputs[0].shape:
                        return None
                    found[node] = node.operation(*inputs)
        except ChainruleError:
            return None
        return found.get(self.target)

    def _unfolded(self, target: Node) -> Node:
        """The target with every composite operation written out, down to the stops."""
        found: dict[Node, Node] = {}
        for node in topological([target], self.below):
            inputs = tuple([found[lower] for lower in self.below(node)])
            same = self.is_known(node) or inputs == node.inputs
            if isinstance(node.operation, Composite) and not self.is_known(node):
                found[node] = self._unfolded(node.operation.body(*inputs))
            elif same:
                found[node] = node
            else:
                make = fresh if node.distinct else type(node.operation).__call__
                found[node] = make(node.operation, *inputs)
            for known in (self.names, self.labels):
                if node in known:
                    known.setdefault(found[node], known[node])
        return found[target]


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 2].rstrip()} …"


Mutator = Callable[[Node, Scene], Iterator[Change]]


def bare(node: Node) -> Node:
    """What is repeated or read as a number, without that."""
    while isinstance(node.operation, Broadcast | Cast) and not node.distinct:
        node = node.inputs[0]
    return node


def number_of(node: Node) -> float | None:
    """The number that a node is, if it is one that is written."""
    return literal(node) if isinstance(bare(node).operation, Constant) else None
